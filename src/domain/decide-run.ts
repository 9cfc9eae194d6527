/**
 * What to do next about a run. First what GitHub is to do (dispatch, look for, cancel), then what people are to see
 * (check runs), then the end. Each step is decided from the facts anew, so that repeating it changes nothing.
 */
import { type CheckState, deriveCheckStates, digestOf } from './check-state.ts'
import { legResults, unreadReport } from './leg-report.ts'
import { deadlineOf, deriveLegStates, isConcluded, isRetagDue, type LegState, observedDeadline } from './leg-state.ts'
import type { LegResult } from './plan.ts'
import { type AttemptFacts, isLive, type LegFacts, type RunFacts } from './run.ts'

export type RunAction =
  /** Ask GitHub to start the attempt's workflow run. Key: the attempt id. */
  | {
      readonly kind: 'dispatch'
      readonly leg: LegFacts
      readonly attemptId: string
      readonly number: number /** When it was intended before; null: it is new. */
      readonly repeats: Date | null
    }
  /** Look for a workflow run whose title starts with the attempt id. */
  | { readonly kind: 'find_workflow_run'; readonly leg: LegFacts; readonly attempt: AttemptFacts }
  /** It was never started, and is not wanted any more. */
  | { readonly kind: 'give_up_attempt'; readonly attempt: AttemptFacts }
  | {
      readonly kind: 'cancel_workflow_run'
      readonly attempt: AttemptFacts
      readonly workflowRunId: number
      readonly force: boolean
    }
  /** Give the image of the earlier leg whose result is reused the tags of this commit. */
  | { readonly kind: 'retag_image'; readonly leg: LegFacts }
  /** Read the test results that the leg's workflow run uploaded. Key: the attempt's id. */
  | {
      readonly kind: 'read_report'
      readonly leg: LegFacts
      readonly attemptId: string
      readonly workflowRunId: number
      readonly artifact: string
    }
  /** Bring the check run to this state. Key: the leg or gate id. */
  | {
      readonly kind: 'write_check'
      readonly check: CheckState
      readonly digest: string
      /** Digest of the annotations that it is to show; null: none, or it shows them already. */
      readonly annotate: string | null
      readonly posted: 'never' | 'unknown' | { readonly nodeId: string }
    }
  | { readonly kind: 'conclude_run'; readonly conclusion: RunConclusion; readonly results: readonly LegResult[] }
  | { readonly kind: 'reopen_run' }

export type RunConclusion = 'success' | 'failure' | 'cancelled'

export interface RunDecision {
  readonly actions: readonly RunAction[]
  /** When time alone changes something; null: never. */
  readonly wakeAt: Date | null
}

/** How long a dispatch whose reply was lost may still take effect, before it is dispatched again. */
export const DISPATCH_SETTLES_MS = 10_000
/** How often a workflow run that did not appear is looked for, and a cancellation that had no effect is repeated. */
export const LOOK_AGAIN_MS = 15_000
export const CANCEL_AGAIN_MS = 120_000

export function decideRun(run: RunFacts): RunDecision {
  const states = deriveLegStates(run)
  const work = run.legs.flatMap((leg) => decideLeg(leg, states, run))
  const wakeAt = earliest(wakeTimes(run, states), run.now)
  // What a dispatch comes to is part of what the checks show; nothing else that GitHub is asked for holds them back.
  if (work.some((action) => action.kind === 'dispatch')) return { actions: work, wakeAt }
  const checks = decideChecks(run, states)
  if (work.length + checks.length > 0) return { actions: [...work, ...checks], wakeAt }
  return { actions: decideEnd(run, states), wakeAt }
}

function decideLeg(leg: LegFacts, states: ReadonlyMap<string, LegState>, run: RunFacts): RunAction[] {
  const state = states.get(leg.plan.name)
  const actions: RunAction[] = []
  const wanted = state?.kind === 'running' ? state.attempt : null
  for (const attempt of leg.attempts) {
    if (!isLive(attempt)) continue
    if (attempt.workflowRunId === null) actions.push(...decideUnseen(leg, attempt, attempt === wanted, run))
    else if (attempt !== wanted && cancelIsDue(attempt, run.now))
      actions.push({
        kind: 'cancel_workflow_run',
        attempt,
        workflowRunId: attempt.workflowRunId,
        force: attempt.cancelRequests >= 2,
      })
  }
  if (state?.kind === 'ready') actions.push(dispatchNext(leg))
  if (isRetagDue(leg, run, states)) actions.push({ kind: 'retag_image', leg })
  const unread = unreadReport(leg)
  if (unread !== null) actions.push({ kind: 'read_report', leg, ...unread })
  return actions
}

function dispatchNext(leg: LegFacts): RunAction {
  const number = (leg.attempts.at(-1)?.number ?? 0) + 1
  return { kind: 'dispatch', leg, attemptId: `${leg.id}.${number}`, number, repeats: null }
}

/** An attempt whose workflow run is not known: look for it before anything else is done about it. */
function decideUnseen(leg: LegFacts, attempt: AttemptFacts, wanted: boolean, run: RunFacts): RunAction[] {
  const now = run.now.getTime()
  const searched = attempt.searchedAt?.getTime() ?? null
  const settled = attempt.intendedAt.getTime() + DISPATCH_SETTLES_MS
  if (attempt.outcome === 'intended') {
    if (searched !== null && searched >= settled) {
      if (!wanted) return [{ kind: 'give_up_attempt', attempt }]
      return [{ kind: 'dispatch', leg, attemptId: attempt.id, number: attempt.number, repeats: attempt.intendedAt }]
    }
    return searched === null || now >= settled ? [{ kind: 'find_workflow_run', leg, attempt }] : []
  }
  return now >= (searched ?? attempt.intendedAt.getTime()) + LOOK_AGAIN_MS
    ? [{ kind: 'find_workflow_run', leg, attempt }]
    : []
}

function cancelIsDue(attempt: AttemptFacts, now: Date): boolean {
  return attempt.cancelRequestedAt === null || now.getTime() >= attempt.cancelRequestedAt.getTime() + CANCEL_AGAIN_MS
}

function decideChecks(run: RunFacts, states: ReadonlyMap<string, LegState>): RunAction[] {
  const posted = new Map([...run.legs, ...run.gates].map((subject) => [subject.id, subject.check]))
  const actions: RunAction[] = []
  for (const check of deriveCheckStates(run, states)) {
    const digest = digestOf(check)
    const known = posted.get(check.id) ?? null
    if (known?.digest === digest) continue
    const nodeId = known?.nodeId
    const annotations = check.annotations.length === 0 ? null : digestOf(check.annotations)
    actions.push({
      kind: 'write_check',
      check,
      digest,
      annotate: annotations === (known?.annotated ?? null) ? null : annotations,
      posted: known === null ? 'never' : nodeId ? { nodeId } : 'unknown',
    })
  }
  return actions
}

function decideEnd(run: RunFacts, states: ReadonlyMap<string, LegState>): RunAction[] {
  const isHeld = deriveCheckStates(run, states).some(
    (check) => check.subject === 'gate' && check.status !== 'completed',
  )
  const over = !isHeld && [...states.values()].every(isConcluded) && !run.legs.some((leg) => leg.attempts.some(isLive))
  if (!over) return run.open ? [] : [{ kind: 'reopen_run' }]
  const conclusion = concludeRun(run, states)
  // What it follows may have changed its mind in one look, with nothing left to do in between.
  if (!run.open && run.conclusion === conclusion) return []
  return [{ kind: 'conclude_run', conclusion, results: legResults(run, states) }]
}

function concludeRun(run: RunFacts, states: ReadonlyMap<string, LegState>): RunConclusion {
  if (run.cancel !== null) return 'cancelled'
  if (run.problem !== null || run.verdict?.conclusion === 'failure') return 'failure'
  const passed = [...states.values()].every(
    (state) => state.kind === 'concluded' && (state.conclusion === 'success' || state.planned),
  )
  return passed ? 'success' : 'failure'
}

function wakeTimes(run: RunFacts, states: ReadonlyMap<string, LegState>): number[] {
  const times: number[] = []
  for (const leg of run.legs) {
    const state = states.get(leg.plan.name)
    if (state?.kind === 'waiting' && state.until !== null) times.push(state.until.getTime())
    if (state?.kind === 'running') times.push(deadlineOf(state.attempt, leg).getTime())
    if (state?.kind === 'observing') times.push(observedDeadline(leg, run).getTime())
    for (const attempt of leg.attempts) {
      if (!isLive(attempt)) continue
      const intended = attempt.intendedAt.getTime()
      if (attempt.outcome === 'intended') times.push(intended + DISPATCH_SETTLES_MS)
      else if (attempt.workflowRunId === null) times.push((attempt.searchedAt?.getTime() ?? intended) + LOOK_AGAIN_MS)
      if (attempt.cancelRequestedAt !== null) times.push(attempt.cancelRequestedAt.getTime() + CANCEL_AGAIN_MS)
    }
  }
  return times
}

function earliest(times: readonly number[], now: Date): Date | null {
  const coming = times.filter((time) => time > now.getTime())
  return coming.length === 0 ? null : new Date(Math.min(...coming))
}
