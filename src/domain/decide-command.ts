/**
 * What a command does to a pull request as it is now, and what its author is told. A command that cannot be carried out
 * changes nothing, and its answer says why and what to type instead. Whether the author may write was asked before;
 * only overriding a gate takes more than that.
 */
import { type Command, MAX_NAMES } from './commands.ts'
import { didYouMean, quote } from './config/problem-wording.ts'
import type { Config, PreviewConfig } from './config.ts'
import { decideRerun, describeRerun, findSubjects, gateNames, legNames, subjectNames } from './decide-rerun.ts'
import { isOutdated } from './leg-state.ts'
import { type CommitIntoBase, labelOn } from './pull-request.ts'
import type { Approval, RunFacts } from './run.ts'
import { isFromRepo, type PullRequest, pullRequestOf, type Repo } from './trigger.ts'

export interface CommandFacts {
  readonly repo: Repo
  /** When the comment was written, in whole seconds, as GitHub tells times. */
  readonly writtenAt: Date
  /** As GitHub has it now. */
  readonly pullRequest: PullRequest
  /** Of its base branch; for previews, of the default branch. */
  readonly config: { readonly kind: 'none' | 'broken' } | { readonly kind: 'good'; readonly config: Config }
  /** Of the present head: the newest of each pipeline. */
  readonly runs: readonly RunFacts[]
  /** Of the present head too, but all that there were, into whatever base; none where that does not matter. */
  readonly runsOfHead: readonly RunFacts[]
  /** Runs that its labels started, the newest of each label; none where that does not matter. */
  readonly labelRuns: readonly RunFacts[]
  /** Commits that its runs were of. */
  readonly knownHeads: ReadonlySet<string>
  /** Of the present head into the present base. */
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
  | { readonly kind: 'approve'; readonly commit: CommitIntoBase }
  /** `gate`: the name of its check run. */
  | { readonly kind: 'override'; readonly commit: CommitIntoBase; readonly gate: string; readonly reason: string }
  | { readonly kind: 'label'; readonly label: string }
  /** Deploy these again, also where the same commit is deployed already. Entered in the audit log together with the deeds. */
  | { readonly kind: 'request_previews'; readonly previews: readonly string[] }
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
  /** The base, where an approval was written for another one. */
  | { readonly kind: 'base-moved'; readonly sha: string; readonly baseRef: string }
  /** What is to be overridden was not there when the comment was written. */
  | { readonly kind: 'too-new-to-override'; readonly sha: string; readonly baseRef: string }
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
      continue
    }
    deeds.push({ action: 'retest', subject: run.id, detail: describeRerun(run, decision) })
    if (decision.kind === 'replan') {
      effects.push({ kind: 'replan', runId: run.id })
      replanned.push(run.pipeline)
    } else {
      const { legIds } = decision
      effects.push({ kind: 'rerun', runId: run.id, legIds })
      legs.push(...legNames(run, legIds))
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
  const { baseRef } = pullRequest
  if (hasMovedBase(facts)) return refuse({ kind: 'base-moved', sha, baseRef })
  return act([{ kind: 'approve', commit: { sha, baseRef } }], { kind: 'approved', sha })
}

/**
 * Whether the pull request may have gone into another branch when the comment was written: its head has runs for
 * another one, and none for the present one that was there by then.
 */
function hasMovedBase({ runsOfHead, pullRequest, writtenAt }: CommandFacts): boolean {
  const { baseRef } = pullRequest
  const wasThere = (run: RunFacts) => isInto(baseRef, run) && run.createdAt < writtenAt
  const present = runsOfHead.filter((run) => run.cancel?.kind !== 'base_changed')
  return runsOfHead.some((run) => !isInto(baseRef, run)) && !present.some(wasThere)
}

function isInto(baseRef: string, { trigger }: RunFacts): boolean {
  return pullRequestOf(trigger)?.baseRef === baseRef
}

type Chosen = { readonly previews: readonly PreviewConfig[] } | { readonly refusal: CommandDecision }

function choosePreviews(name: string | null, { config }: CommandFacts): Chosen {
  if (config.kind !== 'good')
    return { refusal: refuse(config.kind === 'none' ? { kind: 'no-previews' } : { kind: 'broken-config' }) }
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
  const off = labelsOf(chosen.previews).filter((label) => labelOn(pullRequest, label) === undefined)
  const previews = chosen.previews.map((preview) => preview.name)
  // The labels first: what is requested while its label is off means nothing.
  const effects: CommandEffect[] = [
    ...off.map((label) => ({ kind: 'label', label }) as const),
    { kind: 'request_previews', previews },
  ]
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

function decideCancel({ runs, labelRuns, pullRequest }: CommandFacts): CommandDecision {
  const sha = pullRequest.headSha
  const open = [...runs, ...labelRuns].filter((run) => run.open && run.cancel === null)
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
    run.gates.map((gate) => ({ run, name: gate.plan.name, names: gateNames(run, gate.plan) })),
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
  const commit = { sha, baseRef: pullRequest.baseRef }
  if (!wasKnown(gate.run, facts)) return refuse({ kind: 'too-new-to-override', ...commit })
  return act([{ kind: 'override', commit, gate: gate.name, reason }], {
    kind: 'overridden',
    gate: gate.name,
    reason,
    sha,
  })
}

/**
 * Whether the run is of the pull request as its author saw it: the head may have moved while the comment was on its
 * way. GitHub's times are whole seconds, so that one of the same second may be newer.
 */
function wasKnown(run: RunFacts, { writtenAt, pullRequest }: CommandFacts): boolean {
  return run.createdAt < writtenAt && !isOutdated(run.cancel) && isInto(pullRequest.baseRef, run)
}

function unknownNames(what: string, typed: readonly string[], known: readonly string[]): CommandDecision {
  const candidates = [...new Set(known)]
  const names = typed.map((name) => ({ name: quote(name), remedy: didYouMean(name, candidates, 'there are') }))
  return refuse({ kind: 'unknown', what, names })
}
