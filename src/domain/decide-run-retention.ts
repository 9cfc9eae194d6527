/**
 * Decides which workflow runs and Actions caches go. A run goes when it is completed, nothing open refers to it, the filters match,
 * it is older than the days that are kept, and newer ones enough are there. What is not known counts for keeping: runs that were not
 * looked at only make others seem newer than they are.
 */
import { makeRunFilter, makeRunKeeps, workflowTitle } from './run-filters.ts'
import type {
  CacheFacts,
  RetentionDecision,
  RunFactsToKeep,
  RunRetentionConfig,
  RunRetentionFacts,
  WorkflowFacts,
} from './run-retention.ts'
import type { SweepPlan } from './sweep.ts'
import { count } from './wording.ts'

const DAY_MS = 86_400_000
/** Longest part of a cache's key that is shown. */
const MAX_KEY = 100

export interface RunRetentionPlan extends SweepPlan<RetentionDecision> {
  readonly left: readonly RetentionDecision[]
}

/**
 * @param spent runs and caches that an interrupted sweep is known to have deleted.
 * @param begun subjects that it was at: those that are not there any more it deleted, too.
 */
export function decideRunRetention(
  facts: RunRetentionFacts,
  config: RunRetentionConfig,
  spent: number,
  begun: readonly string[] = [],
): RunRetentionPlan {
  const runs = newestFirst(facts.runs)
  const judge = makeJudge(facts, config)
  const rankOf = makeRanking()
  const decided = [
    ...runs.map((run) => ({ at: run.createdAt, decision: decideRun(run, judge(run), rankOf(run)) })),
    ...facts.caches.map((cache) => ({ at: cache.lastUsedAt, decision: decideCache(cache, facts, config) })),
  ]
  const wanted = decided
    .filter(({ decision }) => decision.do.length > 0)
    .sort((one, other) => one.at.getTime() - other.at.getTime() || one.decision.target.id - other.decision.target.id)
    .map(({ decision }) => decision)
  const decisions = decided.map(({ decision }) => decision)
  const there = new Set(decisions.map(({ subject }) => subject))
  const gone = begun.filter((subject) => !there.has(subject)).length
  const most = Math.max(0, config.operationsPerRun - spent - gone)
  return {
    decisions,
    actions: wanted.slice(0, most),
    left: wanted.slice(most),
    stopped: null,
    problems: [],
  }
}

/** Newest runs that have to be known before it can be said which of the older ones may go. */
export interface WantedRuns {
  readonly workflowId: number
  /** Null: of all branches. */
  readonly branch: string | null
  readonly most: number
}

/** For every workflow, and every branch that is kept in its own right, of which something might go. */
export function wantedNewestRuns(facts: RunRetentionFacts, config: RunRetentionConfig): WantedRuns[] {
  const judge = makeJudge(facts, config)
  const wanted = new Map<string, WantedRuns>()
  for (const run of facts.runs) {
    const verdict = judge(run)
    if (verdict.kind === 'kept' || verdict.minimumRuns === 0) continue
    const { workflowId } = run
    const { branch, minimumRuns: most } = verdict
    wanted.set(groupOf(workflowId, branch), { workflowId, branch, most })
  }
  return [...wanted.values()]
}

/** Of the days that are kept, the fewest: what is younger stays in any case. */
export function fewestDays(config: RunRetentionConfig): number {
  return Math.min(config.days, ...config.branches.map(({ days }) => days))
}

/** The pull request that a cache was made for; null: for none. */
export function pullRequestOfCache(ref: string): number | null {
  const [, number] = /^refs\/pull\/([1-9]\d{0,8})\/(?:merge|head)$/.exec(ref) ?? []
  return number === undefined ? null : Number(number)
}

// ── Runs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Verdict =
  | { readonly kind: 'kept'; readonly reason: string }
  /** Goes unless it is among the newest `minimumRuns`. */
  | {
      readonly kind: 'old'
      readonly reason: string
      readonly minimumRuns: number
      /** The branch that these are counted in; null: in all branches. */
      readonly branch: string | null
      readonly workflow: string
    }

interface Rank {
  /** How many runs of its workflow are newer. */
  readonly inWorkflow: number
  /** Of these, how many of its branch. */
  readonly inBranch: number
}

function decideRun({ id }: RunFactsToKeep, verdict: Verdict, rank: Rank): RetentionDecision {
  const base = { subject: `run ${id}`, target: { kind: 'run', id } as const }
  if (verdict.kind === 'kept') return { ...base, do: [], reason: verdict.reason }
  const { reason, minimumRuns, branch, workflow } = verdict
  if (minimumRuns === 0) return { ...base, do: ['delete'], reason }
  const where = branch === null ? workflow : `${workflow} on ${branch}`
  const newest = minimumRuns === 1 ? `the newest run of ${where}` : `one of the ${minimumRuns} newest of ${where}`
  if ((branch === null ? rank.inWorkflow : rank.inBranch) < minimumRuns)
    return { ...base, do: [], reason: `it is ${newest}` }
  return { ...base, do: ['delete'], reason: `${reason}, and not ${newest}` }
}

function makeJudge(facts: RunRetentionFacts, config: RunRetentionConfig): (run: RunFactsToKeep) => Verdict {
  const { now, inUse } = facts
  const workflows = new Map(facts.workflows.map((workflow) => [workflow.id, workflow]))
  const exclusionOf = makeRunFilter(config)
  const keepOf = makeRunKeeps(config)
  return (run) => {
    if (run.status !== 'completed')
      return kept(run.status === '' ? 'it is not completed' : `it is not completed, but ${run.status}`)
    if (inUse.has(run.id)) return kept('an open run, gate or deployment refers to it')
    const workflow = workflows.get(run.workflowId) ?? deletedWorkflow(run)
    const exclusion = exclusionOf(run, workflow)
    if (exclusion !== null) return kept(exclusion)
    const { days, minimumRuns, branch } = keepOf(run)
    const age = now.getTime() - run.createdAt.getTime()
    const wholeDays = count(Math.max(0, Math.floor(age / DAY_MS)), 'day')
    if (age <= days * DAY_MS) return kept(`it is ${wholeDays} old, and ${count(days, 'day is', 'days are')} kept`)
    const old = `it is ${wholeDays} old, more than the ${count(days, 'day')} that are kept`
    if (config.deletedWorkflows && workflow.state === 'deleted')
      return { kind: 'old', reason: `${old}, of a deleted workflow`, minimumRuns: 0, branch, workflow: '' }
    return { kind: 'old', reason: old, minimumRuns, branch, workflow: workflowTitle(workflow) }
  }
}

function kept(reason: string): Verdict {
  return { kind: 'kept', reason }
}

function deletedWorkflow({ workflowId, workflowPath, name }: RunFactsToKeep): WorkflowFacts {
  return { id: workflowId, path: workflowPath, name, state: 'deleted' }
}

/** Each run once: counted twice, it would push an older one out. */
function newestFirst(runs: readonly RunFactsToKeep[]): RunFactsToKeep[] {
  const distinct = new Map(runs.map((run) => [run.id, run]))
  return [...distinct.values()].sort(
    (one, other) => other.createdAt.getTime() - one.createdAt.getTime() || other.id - one.id,
  )
}

/** To be asked for each run once, newest first. */
function makeRanking(): (run: RunFactsToKeep) => Rank {
  const counts = new Map<string, number>()
  const next = (group: string): number => {
    const rank = counts.get(group) ?? 0
    counts.set(group, rank + 1)
    return rank
  }
  return ({ workflowId, branch }) => ({
    inWorkflow: next(groupOf(workflowId, null)),
    inBranch: branch === null ? 0 : next(groupOf(workflowId, branch)),
  })
}

function groupOf(workflowId: number, branch: string | null): string {
  return branch === null ? String(workflowId) : `${workflowId} ${branch}`
}

// ── Caches ────────────────────────────────────────────────────────────────────────────────────────────────────────

function decideCache(cache: CacheFacts, facts: RunRetentionFacts, config: RunRetentionConfig): RetentionDecision {
  const { id, key, ref } = cache
  const shown = key.length <= MAX_KEY ? key : `${key.slice(0, MAX_KEY).toWellFormed()}…`
  // Several caches may have one key: one for each branch, and for each set of paths.
  const base = { subject: `cache ${shown} (${id})`, target: { kind: 'cache', id } as const }
  const pullRequest = pullRequestOfCache(ref)
  if (pullRequest === null) return { ...base, do: [], reason: `it is of ${ref}, and of no pull request` }
  if (!facts.closedPullRequests.has(pullRequest))
    return { ...base, do: [], reason: `#${pullRequest} is not known to be closed` }
  if (!config.closedPullRequestCaches)
    return { ...base, do: [], reason: 'caches of closed pull requests are not cleaned' }
  return { ...base, do: ['delete'], reason: `#${pullRequest} is closed` }
}
