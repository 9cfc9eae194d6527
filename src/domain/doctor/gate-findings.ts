/**
 * Whether what the branch requires is what the gates are. A gate that is required of any app can be forged by everybody
 * who may write checks, and one that is not required holds nothing. A required check that nobody will ever post keeps
 * every pull request waiting.
 */
import type { Gate, Pipeline } from '../config.ts'
import type { DoctorFacts, Finding, FindingLevel, RequiredCheck } from '../doctor.ts'
import { matchesBranch } from '../globs.ts'

type Asked = Pick<DoctorFacts, 'appId' | 'branch' | 'branchFacts' | 'config'>

interface OwnedGate {
  readonly gate: Gate
  readonly pipeline: Pipeline
}

interface Rules {
  readonly appId: number
  readonly branch: string
  readonly checks: readonly RequiredCheck[]
  readonly mergeQueue: boolean
}

export function gateFindings({ appId, branch, branchFacts, config }: Asked): Finding[] {
  if (branchFacts.kind === 'none')
    return [say('problem', `branch ${branch}`, 'does not exist', 'Name a branch of the repository with `--branch`.')]
  if (branchFacts.kind === 'unreadable')
    return [
      say(
        ...(['problem', `branch ${branch}`] as const),
        `has a protection that cannot be read: ${branchFacts.reason}`,
        'Mend what is wrong with the installation, then ask again.',
      ),
    ]
  if (config.kind !== 'good') return []
  const rules: Rules = { appId, branch, checks: branchFacts.checks, mergeQueue: branchFacts.mergeQueue }
  const { pipelines } = config.config
  const owned = pipelines.flatMap((pipeline) => pipeline.gates.map((gate): OwnedGate => ({ gate, pipeline })))
  return [
    ...owned.flatMap((one) => findingsOfGate(one, rules)),
    ...findingsOfOthers(owned, pipelines, rules),
    ...(owned.length === 0 ? [noGate()] : []),
  ]
}

function findingsOfGate({ gate, pipeline }: OwnedGate, rules: Rules): Finding[] {
  const subject = `gate ${gate.name}`
  const required = rules.checks.filter((check) => check.name === gate.name)
  const { pullRequest } = pipeline.on
  const gates = pullRequest !== undefined && matchesBranch(pullRequest.branches, rules.branch)
  if (required.length === 0) {
    // Pushes and tags are not held by anything.
    if (!gates) return []
    const remedy = `Require it, with Signalbox (app ${rules.appId}) as its source: Settings → Rules → Rulesets, or Settings → Branches.`
    return [say('warning', subject, `is not required on ${rules.branch}: it holds no pull request back`, remedy)]
  }
  const findings = [
    ...bindingFindings(subject, required, rules),
    ...(gates ? [] : [neverPosted(subject, pipeline, rules.branch)]),
    ...(rules.mergeQueue ? queueFindings(subject, pipeline, rules.branch) : []),
  ]
  if (findings.length > 0) return findings
  return [say('ok', subject, `is required on ${rules.branch}, of this app alone`, null)]
}

/** Every rule holds: one that names this app is enough against forgery, and one that names another can never pass. */
function bindingFindings(subject: string, required: readonly RequiredCheck[], { appId }: Rules): Finding[] {
  const foreign = required.find((check) => check.appId !== null && check.appId !== appId)
  if (foreign !== undefined)
    return [
      say(
        ...(['problem', subject] as const),
        `is required of the app ${foreign.appId}, which does not post it: pull requests wait for it for ever`,
        `Choose Signalbox (app ${appId}) as the source of the check ${placeOf(foreign)}.`,
      ),
    ]
  const [open] = required
  if (open === undefined || required.some((check) => check.appId === appId)) return []
  return [
    say(
      ...(['problem', subject] as const),
      'is required of any app: whoever may write checks or statuses can post one of this name, and merge',
      `Choose Signalbox (app ${appId}) as the source of the check ${placeOf(open)}.`,
    ),
  ]
}

function neverPosted(subject: string, pipeline: Pipeline, branch: string): Finding {
  const { pullRequest } = pipeline.on
  const why =
    pullRequest === undefined
      ? `its pipeline ${pipeline.name} does not run for pull requests`
      : `its pipeline ${pipeline.name} does not run for pull requests into ${branch}`
  const remedy =
    pullRequest === undefined
      ? `Add \`pull_request: {}\` to \`pipelines.${pipeline.name}.on\`, or require it no more.`
      : `Add ${branch} to \`pipelines.${pipeline.name}.on.pull_request.branches\`, or require it no more.`
  return say('problem', subject, `is required, but ${why}: they wait for it for ever`, remedy)
}

function queueFindings(subject: string, pipeline: Pipeline, branch: string): Finding[] {
  const { mergeGroup } = pipeline.on
  if (mergeGroup !== undefined && matchesBranch(mergeGroup.branches, branch)) return []
  const remedy =
    mergeGroup === undefined
      ? `Add \`merge_group: {}\` to \`pipelines.${pipeline.name}.on\`.`
      : `Add ${branch} to \`pipelines.${pipeline.name}.on.merge_group.branches\`.`
  const why = `${branch} has a merge queue, but the pipeline ${pipeline.name} does not run for it: the queue waits for ever`
  return [say('problem', subject, `is required and ${why}`, remedy)]
}

/** Required checks that no gate of the configuration is. */
function findingsOfOthers(owned: readonly OwnedGate[], pipelines: readonly Pipeline[], rules: Rules): Finding[] {
  const gates = new Set(owned.map(({ gate }) => gate.name))
  const others = new Map(rules.checks.filter((check) => !gates.has(check.name)).map((check) => [check.name, check]))
  return [...others.values()].flatMap((check) => {
    const subject = `required check ${check.name}`
    const isOurs = check.appId === rules.appId
    if (check.appId !== null && !isOurs) return []
    if (isLeg(check.name, pipelines))
      return [
        say(
          ...(['warning', subject] as const),
          'is a leg: when a changed configuration renames it, pull requests wait for ever',
          `Require a gate that needs the leg's job instead, ${placeOf(check)}.`,
        ),
      ]
    if (!isOurs)
      return [
        say(
          ...(['warning', subject] as const),
          'is no gate of the configuration, and may come from any app: unless another one posts it, pull requests wait for ever',
          `Choose the app that posts it as its source, or remove it, ${placeOf(check)}.`,
        ),
      ]
    return [
      say(
        ...(['problem', subject] as const),
        'is required of Signalbox, but the configuration has no such gate: pull requests wait for it for ever',
        `Remove it ${placeOf(check)}, or name a gate so${listOf(gates)}.`,
      ),
    ]
  })
}

function isLeg(name: string, pipelines: readonly Pipeline[]): boolean {
  return pipelines.some((pipeline) =>
    pipeline.jobs.some((job) => {
      const leg = `${pipeline.name} / ${job.name}`
      return name === leg || name.startsWith(`${leg} (`)
    }),
  )
}

function listOf(gates: ReadonlySet<string>): string {
  return gates.size === 0 ? '' : ` (there are: ${[...gates].join(', ')})`
}

function noGate(): Finding {
  const remedy = 'Add one under `pipelines.<name>.gates` that needs the jobs which must pass, and require it.'
  return say('warning', 'gates', 'are none: no one check says whether everything passed', remedy)
}

function placeOf({ source }: RequiredCheck): string {
  return source === 'ruleset'
    ? 'in the ruleset: Settings → Rules → Rulesets (those of the organisation are in its own settings)'
    : 'in the branch protection: Settings → Branches'
}

function say(level: FindingLevel, subject: string, finding: string, remedy: string | null): Finding {
  return { level, subject, finding, remedy }
}
