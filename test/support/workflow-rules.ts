/** What this project asks of a workflow, beyond what actionlint knows: read from the file as it stands. */
import { parse } from 'yaml'

interface Step {
  readonly name?: string
  readonly if?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly if?: string
  readonly needs?: string | readonly string[]
  readonly permissions?: unknown
  readonly env?: Readonly<Record<string, unknown>>
  readonly strategy?: { readonly matrix?: unknown }
  readonly 'timeout-minutes'?: number
  readonly steps?: readonly Step[]
}
interface Workflow {
  readonly on: Readonly<Record<string, { inputs?: Record<string, { type?: string; required?: boolean }> } | null>>
  readonly 'run-name'?: string
  readonly permissions?: unknown
  readonly env?: Readonly<Record<string, unknown>>
  readonly jobs: Readonly<Record<string, Job>>
}

export function readWorkflow(text: string): Workflow {
  return parse(text)
}

/** The names of a workflow's inputs, without `signalbox`. */
export function ownInputs(text: string): string[] {
  return Object.keys(readWorkflow(text).on.workflow_dispatch?.inputs ?? {})
    .filter((name) => name !== 'signalbox')
    .sort()
}

const LEG_SHA = '${{ fromJSON(inputs.signalbox).sha }}'
/** The same where there may be no leg, but a pull request; workflows have it in their environment. */
const RELEVANT_SHA = '${{ inputs.signalbox && fromJSON(inputs.signalbox).sha || github.event.pull_request.head.sha }}'

const ATTEMPT = '${{ fromJSON(inputs.signalbox).attempt }} '
const ATTEMPT_OR_EVENT = '${{ inputs.signalbox && fromJSON(inputs.signalbox).attempt || github.event_name }} '

/** Conditions count to the letter: anything beside them could let more in. */
const TRUSTED_LEG = 'inputs.signalbox && fromJSON(inputs.signalbox).trusted == true'
/** The first is for workflows that are only dispatched: a run that GitHub starts would fail for want of the input. */
const TRUSTED_LEGS = ['fromJSON(inputs.signalbox).trusted == true', TRUSTED_LEG]
const LEGS_ALONE = [TRUSTED_LEG, 'inputs.signalbox && fromJSON(inputs.signalbox).trusted != true']
/** A fork that was deleted has no name; the repository may be a fork itself, so its `fork` says nothing. */
const FROM_FORK = 'github.event.pull_request.head.repo.full_name != github.repository'
const FORKS = [
  `github.event_name == 'workflow_dispatch' || ${FROM_FORK}`,
  `github.event_name == 'pull_request' && ${FROM_FORK}`,
]

/** What is wrong with any workflow of ours. */
export function breaches(text: string): string[] {
  const workflow = readWorkflow(text)
  const found = [...pins(text), ...topPermissions(workflow)]
  if (JSON.stringify(workflow.env ?? {}).includes('secrets.')) found.push('secrets for every job')
  for (const [name, job] of Object.entries(workflow.jobs)) {
    if (!(Number(job['timeout-minutes']) > 0)) found.push(`${name}: no timeout-minutes`)
    for (const step of job.steps ?? []) found.push(...stepBreaches(step).map((problem) => `${name}: ${problem}`))
  }
  return found
}

/** What is wrong with a workflow that Signalbox dispatches. */
export function executorBreaches(text: string): string[] {
  const workflow = readWorkflow(text)
  const input = workflow.on.workflow_dispatch?.inputs?.signalbox
  const found = breaches(text)
  if (Object.keys(workflow.on).some((event) => !['workflow_dispatch', 'pull_request'].includes(event)))
    found.push('on: more than workflow_dispatch and pull_request')
  // Where a filter keeps it from running, whoever follows it waits for nothing.
  if ((workflow.on.pull_request ?? null) !== null) found.push('on: pull_request with filters')
  if (input?.type !== 'string' || input.required !== true) found.push('no required input signalbox of type string')
  if (!workflow['run-name']?.startsWith(isForForks(workflow) ? ATTEMPT_OR_EVENT : ATTEMPT))
    found.push('run-name does not begin with the attempt')
  for (const [name, job] of Object.entries(workflow.jobs))
    found.push(
      ...[...executorJobBreaches(job, workflow), ...forkBreaches(job, workflow)].map(
        (problem) => `${name}: ${problem}`,
      ),
    )
  return found
}

/** Whether GitHub starts it for pull requests, beside what Signalbox dispatches. */
function isForForks({ on }: Workflow): boolean {
  return Object.hasOwn(on, 'pull_request')
}

/** What is wrong with a job of a workflow that GitHub starts for pull requests, too: it is for forks, and has no rights. */
function forkBreaches(job: Job, workflow: Workflow): string[] {
  if (!isForForks(workflow) || isSkippedUnless(LEGS_ALONE, job, workflow)) return []
  const found: string[] = []
  if (!isSkippedUnless(FORKS, job, workflow)) found.push('runs for pull requests that are dispatched already')
  if (JSON.stringify(job.permissions) !== '{"contents":"read"}')
    found.push('has other rights than reading the code, for pull requests of forks')
  if (/fromJSON\(\s*inputs\.signalbox/.test(JSON.stringify(job)))
    found.push('reads a leg, which a pull request does not have')
  // GitHub keeps the variables of the repository from it.
  if (job.steps?.some(({ run }) => run?.includes('npx --yes')) && !namesCommandLine(workflow))
    found.push('runs a command line that the workflow does not name')
  return found
}

function pins(text: string): string[] {
  const used = [...text.matchAll(/^\s*(?:- )?uses: *(.*)$/gm)].map(([, action = '']) => action)
  return used
    .filter((action) => !/^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))
    .map((action) => `not pinned by commit and version: ${action}`)
}

function topPermissions({ permissions }: Workflow): string[] {
  if (permissions === undefined) return ['no permissions']
  return writes(permissions) ? ['permissions to write for every job'] : []
}

function writes(permissions: unknown): boolean {
  if (typeof permissions === 'string') return permissions !== 'read-all'
  return Object.values(permissions ?? {}).includes('write')
}

function stepBreaches({ uses = '', run = '', with: values = {} }: Step): string[] {
  const found: string[] = []
  if (run.includes('${{')) found.push(`an expression in run: ${run.trim()}`)
  if (uses.startsWith('actions/checkout@') && values['persist-credentials'] !== false)
    found.push('checkout keeps its credentials')
  return found
}

function executorJobBreaches(job: Job, workflow: Workflow): string[] {
  const found: string[] = []
  const isTrustedOnly = isSkippedUnless(TRUSTED_LEGS, job, workflow)
  const steps = job.steps ?? []
  if (job.permissions === undefined) found.push('no permissions of its own')
  if (!isTrustedOnly && writes(job.permissions)) found.push('may write, and runs for forks')
  if (!isTrustedOnly && JSON.stringify(job).includes('secrets.')) found.push('has secrets, and runs for forks')
  if (!isTrustedOnly && steps.some(({ uses }) => uses?.startsWith('docker/login-action@')))
    found.push('logs in to a registry, and runs for forks')
  if (!isTrustedOnly && steps.some(({ run }) => run?.includes('--push'))) found.push('pushes, and runs for forks')
  if (steps.some(({ run }) => run?.includes('npx --yes')) && !isSureOfCommandLine(steps, workflow))
    found.push('runs a command line that is neither named in full nor checked to be set')
  if (steps.some(usesCache)) found.push('uses the cache of Actions, which the legs of forks share')
  steps.forEach((step, index) => {
    if (!step.uses?.startsWith('actions/checkout@')) return
    const commit = isForForks(workflow) ? '${{ env.RELEVANT_SHA }}' : LEG_SHA
    const isRelevant = workflow.env?.RELEVANT_SHA === RELEVANT_SHA && job.env?.RELEVANT_SHA === undefined
    if (step.with?.ref !== commit || (isForForks(workflow) && !isRelevant))
      found.push("checks out something else than the leg's commit")
    const isChecked = steps
      .slice(0, index)
      .some(({ run, env }) => env?.SHA === commit && run?.includes('^[0-9a-f]{40}$'))
    if (!isChecked) found.push('checks out a commit that was not checked to be one')
  })
  return found
}

/** A name without a version is whatever is newest, and one of nobody's is whoever registers it first. */
function isSureOfCommandLine(steps: readonly Step[], workflow: Workflow): boolean {
  if (workflow.env?.SIGNALBOX_CLI === '${{ vars.SIGNALBOX_CLI }}')
    return steps[0]?.run?.startsWith('[[ -n "$SIGNALBOX_CLI" ]] ||') === true
  return namesCommandLine(workflow)
}

function namesCommandLine({ env }: Workflow): boolean {
  const written = String(env?.SIGNALBOX_CLI)
  const [, name = ''] = /^\$\{\{ vars\.SIGNALBOX_CLI \|\| '([^']*)' \}\}$/.exec(written) ?? []
  return /^(?:@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+$|^https:\/\/[\w./-]+\.tgz$/.test(name)
}

function isSkippedUnless(conditions: readonly string[], job: Job, workflow: Workflow): boolean {
  if (job.if !== undefined && conditions.includes(job.if)) return true
  // A job is skipped with those that it needs, unless it asks how they ended.
  const needs = [job.needs ?? []].flat().map((name) => workflow.jobs[name])
  const saysOtherwise = /\b(?:always|cancelled|failure|success)\s*\(/i.test(job.if ?? '')
  return !saysOtherwise && needs.some((needed) => needed !== undefined && isSkippedUnless(conditions, needed, workflow))
}

/** What each of these has to be told, since it caches unless it is. */
const WITHOUT_CACHE: Readonly<Record<string, readonly [input: string, value: boolean]>> = {
  'actions/setup-node': ['package-manager-cache', false],
  'actions/setup-go': ['cache', false],
  'astral-sh/setup-uv': ['enable-cache', false],
  'docker/setup-buildx-action': ['cache-binary', false],
  'docker/setup-qemu-action': ['cache-image', false],
  'oven-sh/setup-bun': ['no-cache', true],
}

function usesCache({ uses = '', run = '', with: values = {} }: Step): boolean {
  const [action = ''] = uses.split('@')
  if (action === 'actions/cache' || action.startsWith('actions/cache/') || run.includes('type=gha')) return true
  if (values.cache !== undefined && values.cache !== false) return true
  const told = Object.hasOwn(WITHOUT_CACHE, action) ? WITHOUT_CACHE[action] : undefined
  return told !== undefined && values[told[0]] !== told[1]
}
