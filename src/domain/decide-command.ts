/**
 * What a command does to a pull request as it is now, and what its author is told. A command that cannot be carried out
 * changes nothing, and its answer says why and what to type instead. Whether the author may write was asked before;
 * only overriding a gate takes more than that.
 */
import { type Command, MAX_NAMES } from './commands.ts'
import { didYouMean, quote } from './config/problem-wording.ts'
import type { Config, PreviewConfig } from './config.ts'
import { decideRerun, findSubjects, gateNames, subjectNames } from './decide-rerun.ts'
import { labelOn } from './pull-request.ts'
import type { Approval, RunFacts } from './run.ts'
import { isFromRepo, type PullRequest, type Repo } from './trigger.ts'

export interface CommandFacts {
  readonly repo: Repo
  /** As GitHub has it now. */
  readonly pullRequest: PullRequest
  /** Of its base branch. */
  readonly config: { readonly kind: 'none' | 'broken' } | { readonly kind: 'good'; readonly config: Config }
  /** Of the present head: the newest of each pipeline. */
  readonly runs: readonly RunFacts[]
  /** Commits that its runs were of. */
  readonly knownHeads: ReadonlySet<string>
  /** Of the present head. */
  readonly approval: Approval | null
  /** Whether the author may override gates: an admin, or a member of a team that may. */
  readonly mayOverride: boolean
  /** Those teams. */
  readonly overrideTeams: readonly string[]
}

export type CommandEffect =
  | { readonly kind: 'rerun'; readonly runId: string; readonly legIds: readonly string[] }
  | { readonly kind: 'replan'; readonly runId: string }
  | { readonly kind: 'cancel'; readonly runIds: readonly string[] }
  | { readonly kind: 'approve'; readonly sha: string }
  /** `gate`: the name of its check run. */
  | { readonly kind: 'override'; readonly sha: string; readonly gate: string; readonly reason: string }
  /** `renew`: it is on already, and is put on once more, which is what asks for a deployment. */
  | { readonly kind: 'label'; readonly label: string; readonly renew: boolean }
  | { readonly kind: 'unlabel'; readonly label: string }

/** For the audit log, of what the store does not enter there by itself. */
export interface Deed {
  readonly action: 'retest' | 'cancel' | 'deploy' | 'undeploy'
  readonly subject: string
  readonly detail: string
}

/** What the author is told; the words are in `templates/comments`. */
export type Answer =
  | { readonly kind: 'retested'; readonly legs: readonly string[]; readonly replanned: readonly string[] }
  | { readonly kind: 'nothing-to-retest'; readonly reasons: readonly string[] }
  | { readonly kind: 'too-many-names'; readonly most: number }
  | { readonly kind: 'no-runs'; readonly sha: string }
  | { readonly kind: 'unknown'; readonly what: string; readonly names: readonly UnknownName[] }
  | { readonly kind: 'approved'; readonly sha: string }
  | { readonly kind: 'approved-before'; readonly sha: string; readonly by: string }
  | { readonly kind: 'sha-incomplete'; readonly typed: string; readonly head: string }
  | { readonly kind: 'head-moved'; readonly typed: string; readonly head: string; readonly wasHead: boolean }
  | { readonly kind: 'approval-not-needed' }
  | { readonly kind: 'forks-never' }
  | { readonly kind: 'no-config' }
  | { readonly kind: 'broken-config' }
  | {
      readonly kind: 'deploying'
      readonly previews: readonly string[]
      readonly sha: string
      readonly unapproved: boolean
    }
  | { readonly kind: 'undeploying'; readonly previews: readonly string[] }
  | { readonly kind: 'not-deployed'; readonly previews: readonly string[] }
  | { readonly kind: 'no-previews' }
  | { readonly kind: 'cancelled'; readonly pipelines: readonly string[]; readonly sha: string }
  | { readonly kind: 'nothing-to-cancel'; readonly sha: string }
  | { readonly kind: 'overridden'; readonly gate: string; readonly reason: string; readonly sha: string }
  | { readonly kind: 'override-incomplete'; readonly gate: string; readonly gates: readonly string[] }
  | { readonly kind: 'may-not-override'; readonly teams: readonly string[] }
  | { readonly kind: 'ambiguous-gate'; readonly typed: string; readonly gates: readonly string[] }
  | { readonly kind: 'closed' }
  | { readonly kind: 'help'; readonly unknown: string | null; readonly meant: string | null }
  /** Carried out before a crash; only its answer was lost. */
  | { readonly kind: 'done-before' }
  | { readonly kind: 'failed'; readonly message: string }

export interface UnknownName {
  /** In quotes. */
  readonly name: string
  readonly remedy: string
}

export interface CommandDecision {
  readonly ok: boolean
  /** In order. None: nothing is done. */
  readonly effects: readonly CommandEffect[]
  readonly deeds: readonly Deed[]
  readonly answer: Answer
}

/** Fewer characters are no reason. */
const LEAST_REASON = 3

export function decideCommand(command: Command, facts: CommandFacts): CommandDecision {
  if (command.kind === 'help') {
    const { unknown, meant } = command
    const answer: Answer = { kind: 'help', unknown: unknown === null ? null : quote(unknown), meant }
    return { ok: unknown === null, effects: [], deeds: [], answer }
  }
  if (facts.pullRequest.state === 'closed') return refuse({ kind: 'closed' })
  switch (command.kind) {
    case 'retest':
      return decideRetest(command.names, facts)
    case 'ok-to-test':
      return decideApproval(command.sha, facts)
    case 'deploy':
      return decideDeploy(command.preview, facts)
    case 'undeploy':
      return decideUndeploy(command.preview, facts)
    case 'cancel':
      return decideCancel(facts)
    case 'override':
      return decideOverride(command, facts)
  }
}

function refuse(answer: Answer): CommandDecision {
  return { ok: false, effects: [], deeds: [], answer }
}

function act(effects: readonly CommandEffect[], answer: Answer, deeds: readonly Deed[] = []): CommandDecision {
  return { ok: true, effects, deeds, answer }
}

function decideRetest(names: readonly string[], facts: CommandFacts): CommandDecision {
  const { runs } = facts
  if (names.length > MAX_NAMES) return refuse({ kind: 'too-many-names', most: MAX_NAMES })
  if (runs.length === 0) return refuse({ kind: 'no-runs', sha: facts.pullRequest.headSha })
  const asked = runs.map((run) => names.flatMap((name) => findSubjects(run, name)))
  const unknown = names.filter((name) => runs.every((run) => findSubjects(run, name).length === 0))
  if (unknown.length > 0) return unknownNames('leg, job or gate', unknown, runs.flatMap(subjectNames))
  return retestRuns(
    runs.flatMap((run, index) => {
      const subjects = asked[index] ?? []
      if (names.length > 0 && subjects.length === 0) return []
      return { run, decision: decideRerun(run, names.length > 0 ? subjects : null) }
    }),
  )
}

function retestRuns(
  wanted: readonly { readonly run: RunFacts; readonly decision: ReturnType<typeof decideRerun> }[],
): CommandDecision {
  const effects: CommandEffect[] = []
  const deeds: Deed[] = []
  const legs: string[] = []
  const replanned: string[] = []
  const reasons = new Set<string>()
  for (const { run, decision } of wanted) {
    if (decision.kind === 'nothing') {
      reasons.add(decision.reason)
    } else if (decision.kind === 'replan') {
      effects.push({ kind: 'replan', runId: run.id })
      deeds.push({ action: 'retest', subject: run.id, detail: `planned anew: ${run.pipeline}` })
      replanned.push(run.pipeline)
    } else {
      const { legIds } = decision
      const again = run.legs.filter((leg) => legIds.includes(leg.id)).map((leg) => leg.plan.name)
      effects.push({ kind: 'rerun', runId: run.id, legIds })
      deeds.push({ action: 'retest', subject: run.id, detail: again.join(', ') })
      legs.push(...again)
    }
  }
  if (effects.length === 0) return refuse({ kind: 'nothing-to-retest', reasons: [...reasons] })
  return act(effects, { kind: 'retested', legs, replanned }, deeds)
}

function decideApproval(sha: string, facts: CommandFacts): CommandDecision {
  const { pullRequest, config, approval } = facts
  const head = pullRequest.headSha
  if (isFromRepo(facts.repo, pullRequest)) return refuse({ kind: 'approval-not-needed' })
  if (config.kind === 'none') return refuse({ kind: 'no-config' })
  if (config.kind === 'good' && config.config.forks.policy === 'never') return refuse({ kind: 'forks-never' })
  // A shorter one can be forged: another commit that begins with the same digits is found in minutes.
  if (!/^[0-9a-f]{40}$/.test(sha)) return refuse({ kind: 'sha-incomplete', typed: sha === '' ? '' : quote(sha), head })
  if (sha !== head) return refuse({ kind: 'head-moved', typed: sha, head, wasHead: facts.knownHeads.has(sha) })
  if (approval !== null) return act([], { kind: 'approved-before', sha, by: approval.by })
  return act([{ kind: 'approve', sha }], { kind: 'approved', sha })
}

type Chosen = { readonly previews: readonly PreviewConfig[] } | { readonly refusal: CommandDecision }

function choosePreviews(name: string | null, { config }: CommandFacts): Chosen {
  if (config.kind !== 'good')
    return { refusal: refuse(config.kind === 'none' ? { kind: 'no-config' } : { kind: 'broken-config' }) }
  const { previews } = config.config
  if (previews.length === 0) return { refusal: refuse({ kind: 'no-previews' }) }
  if (name === null) return { previews }
  const chosen = previews.filter((preview) => preview.name.toLowerCase() === name.toLowerCase())
  if (chosen.length > 0) return { previews: chosen }
  return {
    refusal: unknownNames(
      'preview',
      [name],
      previews.map((preview) => preview.name),
    ),
  }
}

function decideDeploy(name: string | null, facts: CommandFacts): CommandDecision {
  const chosen = choosePreviews(name, facts)
  if ('refusal' in chosen) return chosen.refusal
  const { pullRequest, approval, repo } = facts
  const sha = pullRequest.headSha
  const labels = labelsOf(chosen.previews)
  const effects = labels.map(
    (label): CommandEffect => ({ kind: 'label', label, renew: labelOn(pullRequest, label) !== undefined }),
  )
  const previews = chosen.previews.map((preview) => preview.name)
  const unapproved = !isFromRepo(repo, pullRequest) && approval === null
  return act(effects, { kind: 'deploying', previews, sha, unapproved }, deedsFor('deploy', previews, sha))
}

function decideUndeploy(name: string | null, facts: CommandFacts): CommandDecision {
  const chosen = choosePreviews(name, facts)
  if ('refusal' in chosen) return chosen.refusal
  const { pullRequest } = facts
  const on = chosen.previews.filter((preview) => labelOn(pullRequest, preview.label) !== undefined)
  const previews = (on.length > 0 ? on : chosen.previews).map((preview) => preview.name)
  if (on.length === 0) return refuse({ kind: 'not-deployed', previews })
  const effects = labelsOf(on).map((label): CommandEffect => ({ kind: 'unlabel', label }))
  return act(effects, { kind: 'undeploying', previews }, deedsFor('undeploy', previews, pullRequest.headSha))
}

function deedsFor(action: 'deploy' | 'undeploy', previews: readonly string[], sha: string): Deed[] {
  return previews.map((subject) => ({ action, subject, detail: `at ${sha}` }))
}

/** Labels of a repository are told apart without regard to case. */
function labelsOf(previews: readonly PreviewConfig[]): string[] {
  return [...new Map(previews.map(({ label }) => [label.toLowerCase(), label])).values()]
}

function decideCancel({ runs, pullRequest }: CommandFacts): CommandDecision {
  const sha = pullRequest.headSha
  const open = runs.filter((run) => run.open && run.cancel === null)
  if (open.length === 0) return refuse({ kind: 'nothing-to-cancel', sha })
  const pipelines = open.map((run) => run.pipeline)
  const deeds = open.map((run): Deed => ({ action: 'cancel', subject: run.id, detail: run.pipeline }))
  return act([{ kind: 'cancel', runIds: open.map((run) => run.id) }], { kind: 'cancelled', pipelines, sha }, deeds)
}

function decideOverride(command: Extract<Command, { kind: 'override' }>, facts: CommandFacts): CommandDecision {
  const { runs, pullRequest } = facts
  const sha = pullRequest.headSha
  if (!facts.mayOverride) return refuse({ kind: 'may-not-override', teams: facts.overrideTeams })
  const known = runs.flatMap((run) =>
    run.gates.map((gate) => ({ name: gate.plan.name, names: gateNames(run, gate.plan) })),
  )
  if (known.length === 0) return refuse({ kind: 'no-runs', sha })
  const { gate: typed, reason } = command
  if (typed === '' || reason.length < LEAST_REASON) {
    const gates = known.map((gate) => gate.name)
    return refuse({ kind: 'override-incomplete', gate: typed === '' ? '' : quote(typed), gates })
  }
  const meant = known.filter(({ names }) => names.some((name) => name.toLowerCase() === typed.toLowerCase()))
  const [gate, another] = meant
  if (gate === undefined)
    return unknownNames(
      'gate',
      [typed],
      known.flatMap(({ names }) => names),
    )
  if (another !== undefined)
    return refuse({ kind: 'ambiguous-gate', typed: quote(typed), gates: meant.map(({ name }) => name) })
  return act([{ kind: 'override', sha, gate: gate.name, reason }], { kind: 'overridden', gate: gate.name, reason, sha })
}

function unknownNames(what: string, typed: readonly string[], known: readonly string[]): CommandDecision {
  const candidates = [...new Set(known)]
  const names = typed.map((name) => ({ name: quote(name), remedy: didYouMean(name, candidates, 'there are') }))
  return refuse({ kind: 'unknown', what, names })
}
