/**
 * What each leg of a run is at, derived from the plan and its attempts. Only a workflow run that ended as `success`
 * makes a leg succeed; a leg whose need did not succeed is skipped and says which; a failed attempt is tried again as
 * often as the plan allows, after its delay.
 */
import type { ObservedStart } from './config.ts'
import type { ReusedResult } from './plan.ts'
import type { AttemptFacts, CancelReason, LegFacts, Observed, RunFacts } from './run.ts'
import { isLive, neverAppeared } from './run.ts'
import { pullRequestOf } from './trigger.ts'
import { describeCancel, describeConclusion, describeObserved, formatDuration, shortSha } from './wording.ts'

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
  /** What the leg follows is under way. */
  | { readonly kind: 'observing'; readonly observed: Observed }
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

/** The earlier result that stands for the leg's own; null: it is run, or was. */
export function reusedResult(leg: LegFacts): ReusedResult | null {
  return leg.retag === 'failed' || leg.attempts.length > 0 ? null : (leg.plan.reuse?.from ?? null)
}

/** Whether the image of an earlier leg is to be given this commit's tags before its result stands for this one's. */
export function isRetagDue(leg: LegFacts, run: RunFacts, states: ReadonlyMap<string, LegState>): boolean {
  return (
    run.cancel === null &&
    stateOfNeeds(leg, states) === null &&
    leg.retag === null &&
    leg.plan.image !== null &&
    reusedResult(leg) !== null
  )
}

/** Whether nothing holds the leg back but its needs: a maintainer's word is there where one is needed. */
export function isReleased(leg: LegFacts, run: RunFacts): boolean {
  return leg.plan.hold === null || (leg.plan.hold === 'approval' && run.approval !== null)
}

function ownState(leg: LegFacts, run: RunFacts, states: ReadonlyMap<string, LegState>): LegState {
  if (leg.plan.skip !== null) return concluded('skipped', leg.plan.skip, true)
  const { start } = leg.plan
  if (start.kind !== 'dispatch') return stateOfObserved(leg, start, run, states)
  const latest = currentAttempts(leg).at(-1)
  if (latest?.status === 'completed' && latest.conclusion === 'success') return concluded('success', null)
  const reused = reusedResult(leg)
  const needing = reused === null || run.cancel !== null ? null : stateOfNeeds(leg, states)
  if (needing !== null) return needing
  if (
    reused !== null &&
    !isRetagDue(leg, run, states) &&
    (run.cancel === null || leg.retag === 'done' || leg.plan.image === null)
  )
    return concluded('success', `same inputs as ${shortSha(reused.sha)}`)
  if (run.cancel !== null) return concluded('cancelled', describeCancel(run.cancel))
  if (reused !== null)
    return {
      kind: 'waiting',
      reason: `gives the image of ${shortSha(reused.sha)} the tags of this commit`,
      until: null,
    }
  if (latest === undefined) return stateBeforeAttempts(leg, run, states)
  return stateOfAttempt(latest, leg, run)
}

/** Nothing is dispatched or cancelled: GitHub, or the other app, decides how it ends, and its time-out when we stop waiting. */
function stateOfObserved(
  leg: LegFacts,
  start: ObservedStart,
  run: RunFacts,
  states: ReadonlyMap<string, LegState>,
): LegState {
  const { observed } = leg
  const held = isReleased(leg, run) ? null : heldState(leg, run)
  if (observed?.status === 'completed' && observed.conclusion === 'success' && held === null)
    return concluded('success', null)
  if (run.cancel !== null) return concluded('cancelled', describeCancel(run.cancel))
  if (held !== null) return held
  if (observed?.status === 'completed') return concluded(...failureOfObserved(observed, start))
  if (observed?.conclusion === 'action_required') {
    const why = 'waits for a maintainer to press «Approve and run» at GitHub'
    return { kind: 'waiting', reason: why, until: null }
  }
  // What it needs has time-outs of its own.
  const needing = stateOfNeeds(leg, states)
  if (needing !== null) return observed === null ? needing : { kind: 'observing', observed }
  const what = describeObserved(start)
  const deadline = observedDeadline(leg, run)
  if (run.now >= deadline) {
    const late = observed === null ? `${what} never reported` : `${what} took too long`
    return concluded('timed_out', `${late}: the time-out is ${formatDuration(leg.plan.timeoutMs)}`)
  }
  if (observed !== null) return { kind: 'observing', observed }
  return { kind: 'waiting', reason: `waits for ${what} to report`, until: deadline }
}

/** When the leg stops waiting for what it follows: counted from its start; until then from when nothing else was waited for. */
export function observedDeadline(leg: LegFacts, run: RunFacts): Date {
  const needed = run.legs.filter((other) => leg.plan.needs.includes(other.plan.name))
  const ends = needed.flatMap((other) => other.attempts.at(-1)?.completedAt ?? other.observed?.completedAt ?? [])
  const since = [run.createdAt, run.approval?.at, leg.observed?.startedAt, ...ends].map((time) => time?.getTime() ?? 0)
  return new Date(Math.max(...since) + leg.plan.timeoutMs)
}

function failureOfObserved(observed: Observed, start: ObservedStart): [LegConclusion, string] {
  const what = describeObserved(start)
  const conclusion = observed.conclusion ?? 'unknown'
  if (conclusion === 'failure' || conclusion === 'timed_out' || conclusion === 'cancelled')
    return [conclusion, `${what} ${describeConclusion(conclusion)}`]
  return ['failure', `${what} ended as ${conclusion}; only success passes`]
}

function needThatFailed(leg: LegFacts, states: ReadonlyMap<string, LegState>): LegState | null {
  for (const need of leg.plan.needs) {
    const state = states.get(need)
    if (state?.kind === 'concluded' && state.conclusion !== 'success') {
      const what = state.conclusion === 'skipped' ? 'was skipped' : describeConclusion(state.conclusion)
      return concluded('skipped', `needs ${need}, which ${what}`)
    }
  }
  return null
}

function heldState(leg: LegFacts, run: RunFacts): LegState {
  const why = pullRequestOf(run.trigger) === null ? '' : ': the commit comes from a fork'
  if (leg.plan.hold === 'never') return { kind: 'waiting', reason: `is not run for forks${why}`, until: null }
  return { kind: 'waiting', reason: `waits for a maintainer${why}`, until: null }
}

function stateBeforeAttempts(leg: LegFacts, run: RunFacts, states: ReadonlyMap<string, LegState>): LegState {
  const needing = stateOfNeeds(leg, states)
  if (needing !== null) return needing
  return isReleased(leg, run) ? { kind: 'ready' } : heldState(leg, run)
}

/** Null: all that it needs succeeded. */
function stateOfNeeds(leg: LegFacts, states: ReadonlyMap<string, LegState>): LegState | null {
  const failedNeed = needThatFailed(leg, states)
  if (failedNeed !== null) return failedNeed
  const pending = leg.plan.needs.filter((need) => !isConcluded(states.get(need)))
  const first = pending[0]
  if (first === undefined) return null
  const more = pending.length > 1 ? ` and ${pending.length - 1} more` : ''
  return { kind: 'waiting', reason: `waits for ${first}${more}`, until: null }
}

function stateOfAttempt(attempt: AttemptFacts, leg: LegFacts, run: RunFacts): LegState {
  if (attempt.outcome === 'refused') return concluded('failure', attempt.refusal)
  if (neverAppeared(attempt)) {
    return concluded(
      'failure',
      `GitHub accepted the dispatch of ${workflowOf(leg)}, but no workflow run with ${attempt.id} at the start of its name appeared. ` +
        'Give the workflow a run-name that begins with ${{ fromJSON(inputs.signalbox).attempt }}.',
    )
  }
  if (isLive(attempt)) return stateOfLiveAttempt(attempt, leg, run)
  const failed = failureOf(attempt, leg)
  if (!hasTriesLeft(leg) || failed.conclusion === 'cancelled') return concluded(failed.conclusion, failed.reason)
  return awaitRetry(attempt.completedAt ?? attempt.intendedAt, leg, run, failed.reason)
}

function hasTriesLeft(leg: LegFacts): boolean {
  const { max, only } = leg.plan.retries
  return currentAttempts(leg).length <= max && (only === 'any' || leg.history.flaky > 0)
}

/** File name of the workflow that the leg dispatches or follows; of another app's check run, the check's name. */
export function workflowOf({ plan: { start } }: Pick<LegFacts, 'plan'>): string {
  return start.kind === 'observe_check' ? start.name : start.workflow
}

function stateOfLiveAttempt(attempt: AttemptFacts, leg: LegFacts, run: RunFacts): LegState {
  const deadline = deadlineOf(attempt, leg)
  if (run.now >= deadline) {
    return hasTriesLeft(leg) ? awaitRetry(deadline, leg, run, timedOut(leg)) : concluded('timed_out', timedOut(leg))
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
      states.set(leg.plan.name, ownState(leg, run, states))
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
