/**
 * What each leg of a run is at, derived from the plan and its attempts. Only a workflow run that ended as `success`
 * makes a leg succeed; a leg whose need did not succeed is skipped and says which; a failed attempt is tried again as
 * often as the plan allows, after its delay.
 */
import type { AttemptFacts, CancelReason, LegFacts, RunFacts } from './run.ts'
import { isLive, neverAppeared } from './run.ts'
import { describeCancel, describeConclusion, formatDuration } from './wording.ts'

export type LegConclusion = 'success' | 'failure' | 'cancelled' | 'timed_out' | 'skipped'

export type LegState =
  | {
      readonly kind: 'waiting'
      readonly reason: string /** When waiting ends by itself. */
      readonly until: Date | null
    }
  /** May be dispatched now. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'running'; readonly attempt: AttemptFacts }
  | {
      readonly kind: 'concluded'
      readonly conclusion: LegConclusion
      readonly reason: string | null
      /** Whether the plan itself recorded the skip: the only skip that a gate lets pass. */
      readonly planned: boolean
    }

/** The state of every leg, by leg name, in the plan's order. */
export function deriveLegStates(run: RunFacts): Map<string, LegState> {
  const states = new Map<string, LegState>()
  for (const leg of run.legs) states.set(leg.plan.name, ownState(leg, run, states))
  failFast(run, states)
  holdBack(run, states)
  return states
}

/** The attempts that count: those since the last re-run that GitHub started, for all we know. */
export function currentAttempts(leg: LegFacts): readonly AttemptFacts[] {
  return leg.attempts.filter((attempt) => attempt.number >= leg.firstAttempt && attempt.outcome !== 'lost')
}

export function isConcluded(state: LegState | undefined): boolean {
  return state?.kind === 'concluded'
}

function concluded(conclusion: LegConclusion, reason: string | null, planned = false): LegState {
  return { kind: 'concluded', conclusion, reason, planned }
}

function ownState(leg: LegFacts, run: RunFacts, states: ReadonlyMap<string, LegState>): LegState {
  if (leg.plan.skip !== null) return concluded('skipped', leg.plan.skip, true)
  const latest = currentAttempts(leg).at(-1)
  if (latest?.status === 'completed' && latest.conclusion === 'success') return concluded('success', null)
  if (run.cancel !== null) return concluded('cancelled', describeCancel(run.cancel))
  if (latest === undefined) return stateBeforeAttempts(leg, run, states)
  return stateOfAttempt(latest, leg, run)
}

function stateBeforeAttempts(leg: LegFacts, run: RunFacts, states: ReadonlyMap<string, LegState>): LegState {
  for (const need of leg.plan.needs) {
    const state = states.get(need)
    if (state?.kind === 'concluded' && state.conclusion !== 'success') {
      const what = state.conclusion === 'skipped' ? 'was skipped' : describeConclusion(state.conclusion)
      return concluded('skipped', `needs ${need}, which ${what}`)
    }
  }
  const pending = leg.plan.needs.filter((need) => !isConcluded(states.get(need)))
  const first = pending[0]
  if (first !== undefined) {
    const more = pending.length > 1 ? ` and ${pending.length - 1} more` : ''
    return { kind: 'waiting', reason: `waits for ${first}${more}`, until: null }
  }
  if (!run.trusted)
    return { kind: 'waiting', reason: 'waits for a maintainer: the commit comes from a fork', until: null }
  return { kind: 'ready' }
}

function stateOfAttempt(attempt: AttemptFacts, leg: LegFacts, run: RunFacts): LegState {
  if (attempt.outcome === 'refused') return concluded('failure', attempt.refusal)
  if (neverAppeared(attempt)) {
    return concluded(
      'failure',
      `GitHub accepted the dispatch of ${leg.plan.workflow}, but no workflow run with ${attempt.id} at the start of its name appeared. ` +
        'Give the workflow a run-name that begins with ${{ fromJSON(inputs.signalbox).attempt }}.',
    )
  }
  if (isLive(attempt)) return stateOfLiveAttempt(attempt, leg, run)
  const failed = failureOf(attempt, leg)
  const triesLeft = currentAttempts(leg).length <= leg.plan.retries.max
  if (!triesLeft || failed.conclusion === 'cancelled') return concluded(failed.conclusion, failed.reason)
  return awaitRetry(attempt.completedAt ?? attempt.intendedAt, leg, run, failed.reason)
}

function stateOfLiveAttempt(attempt: AttemptFacts, leg: LegFacts, run: RunFacts): LegState {
  const deadline = deadlineOf(attempt, leg)
  if (run.now >= deadline) {
    const triesLeft = currentAttempts(leg).length <= leg.plan.retries.max
    return triesLeft ? awaitRetry(deadline, leg, run, timedOut(leg)) : concluded('timed_out', timedOut(leg))
  }
  return { kind: 'running', attempt }
}

function awaitRetry(failedAt: Date, leg: LegFacts, run: RunFacts, why: string): LegState {
  const until = new Date(failedAt.getTime() + leg.plan.retries.delayMs)
  if (run.now >= until) return { kind: 'ready' }
  return { kind: 'waiting', reason: `${why}; is tried again`, until }
}

/** When the attempt has taken too long. It counts from the dispatch, so that a run that never starts ends too. */
export function deadlineOf(attempt: AttemptFacts, leg: LegFacts): Date {
  return new Date(attempt.intendedAt.getTime() + leg.plan.timeoutMs)
}

function timedOut(leg: LegFacts): string {
  return `took longer than its time-out of ${formatDuration(leg.plan.timeoutMs)} and was cancelled`
}

function failureOf(attempt: AttemptFacts, leg: LegFacts): { conclusion: LegConclusion; reason: string } {
  if (attempt.conclusion === 'cancelled' && attempt.cancelRequestedAt !== null) {
    // We asked for it: because of the time-out, or because a sibling failed (`failFast` says so).
    if (attempt.cancelRequestedAt >= deadlineOf(attempt, leg)) return { conclusion: 'timed_out', reason: timedOut(leg) }
    return { conclusion: 'cancelled', reason: 'cancelled by Signalbox' }
  }
  const jobs = attempt.failedJobs.map((job) => job.name)
  const where =
    jobs.length > 0 ? ` in ${jobs.slice(0, 3).join(', ')}${jobs.length > 3 ? ` and ${jobs.length - 3} more` : ''}` : ''
  switch (attempt.conclusion) {
    case 'failure':
      return { conclusion: 'failure', reason: `the workflow run failed${where}` }
    case 'startup_failure':
      return { conclusion: 'failure', reason: 'the workflow run could not start: its file has an error' }
    case 'timed_out':
      return { conclusion: 'timed_out', reason: `the workflow run timed out${where}` }
    case 'cancelled':
      return { conclusion: 'cancelled', reason: 'the workflow run was cancelled at GitHub' }
    default:
      return {
        conclusion: 'failure',
        reason: `the workflow run ended as ${attempt.conclusion ?? 'unknown'}; only success passes`,
      }
  }
}

/** One failed leg of a job with `fail_fast` ends the job's others. */
function failFast(run: RunFacts, states: Map<string, LegState>): void {
  const culprits = new Map<string, string>()
  for (const leg of run.legs) {
    const state = states.get(leg.plan.name)
    const failed = state?.kind === 'concluded' && (state.conclusion === 'failure' || state.conclusion === 'timed_out')
    if (failed && leg.plan.failFast && !culprits.has(leg.plan.job)) culprits.set(leg.plan.job, leg.plan.name)
  }
  if (culprits.size === 0) return
  for (const leg of run.legs) {
    const culprit = culprits.get(leg.plan.job)
    const state = states.get(leg.plan.name)
    if (culprit === undefined || state === undefined) continue
    const byUs =
      state.kind === 'concluded' && state.conclusion === 'cancelled' && leg.attempts.at(-1)?.cancelRequestedAt
    if (state.kind === 'concluded' && !byUs) continue
    states.set(leg.plan.name, concluded('cancelled', `${culprit} failed, and the job fails fast`))
  }
  // What waited for a leg that was just cancelled is skipped now.
  for (const leg of run.legs) {
    const state = states.get(leg.plan.name)
    if (state?.kind === 'waiting' && currentAttempts(leg).length === 0 && run.cancel === null)
      states.set(leg.plan.name, stateBeforeAttempts(leg, run, states))
  }
}

/** `max_parallel`: of the legs that are ready, only as many as GitHub leaves free places: what it still cancels has one. */
function holdBack(run: RunFacts, states: Map<string, LegState>): void {
  const busy = new Map<string, number>()
  for (const leg of run.legs) busy.set(leg.plan.job, (busy.get(leg.plan.job) ?? 0) + leg.attempts.filter(isLive).length)
  for (const leg of run.legs) {
    const { maxParallel, job, name } = leg.plan
    if (maxParallel === null || states.get(name)?.kind !== 'ready') continue
    const taken = busy.get(job) ?? 0
    if (taken < maxParallel) busy.set(job, taken + 1)
    else states.set(name, { kind: 'waiting', reason: `waits for a place: at most ${maxParallel} at once`, until: null })
  }
}

/** Whether the pull request itself moved on, so that nothing of this run should be started again. */
export function isOutdated(cancel: CancelReason | null): boolean {
  return cancel !== null && cancel.kind !== 'requested'
}
