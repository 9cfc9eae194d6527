/**
 * What a leg's results say beyond passed or failed: which of its tests failed, and what its attempts say of how reliable
 * it is. A leg that failed and then passed on the same commit is flaky. Test results are read once for each attempt that
 * has ended, however it ended.
 */
import type { LegState } from './leg-state.ts'
import { currentAttempts, deadlineOf } from './leg-state.ts'
import type { LegResult } from './plan.ts'
import type { Annotation, LegFacts, Observed, RunFacts, TestReport } from './run.ts'
import { describeFlakiness } from './wording.ts'

/** The workflow run whose test results are to be read; null: none, or they are read. */
export function unreadReport(leg: LegFacts): { attemptId: string; workflowRunId: number; artifact: string } | null {
  const { report, start } = leg.plan
  if (report === null || start.kind === 'observe_check') return null
  const { artifact } = report
  if (start.kind === 'observe_workflow') {
    const { observed } = leg
    if (observed?.status !== 'completed') return null
    const attemptId = attemptIdOf(observed)
    return leg.report?.attemptId === attemptId ? null : { attemptId, workflowRunId: observed.id, artifact }
  }
  const latest = currentAttempts(leg).at(-1)
  if (latest?.status !== 'completed' || latest.workflowRunId === null || leg.report?.attemptId === latest.id)
    return null
  // A run that GitHub does not know any more has nothing to read.
  if (latest.conclusion === 'deleted' || latest.conclusion === 'abandoned') return null
  return { attemptId: latest.id, workflowRunId: latest.workflowRunId, artifact }
}

function attemptIdOf({ id, runAttempt }: Observed): string {
  return `${id}.${runAttempt}`
}

/** Of its latest attempt alone: GitHub adds annotations to those that are there, so that what an earlier one failed stays. */
export function annotationsOfLeg({ report, attempts, observed }: LegFacts): Annotation[] {
  const latest = attempts.at(-1)
  const attemptId = latest?.id ?? (observed === null ? null : attemptIdOf(observed))
  if (report === null || attemptId !== report.attemptId) return []
  return annotationsOf(report, (latest ?? observed)?.conclusion === 'success')
}

/** What GitHub takes in one request; the rest is counted. */
export const SHOWN_FAILURES = 50

/**
 * Where the failed tests are. A test whose file is not known has no place to point to. In an attempt that passed they
 * were tried again, and only warn.
 */
export function annotationsOf(report: TestReport | null, passed: boolean): Annotation[] {
  const level = passed ? 'warning' : 'failure'
  return (report?.failed ?? []).slice(0, SHOWN_FAILURES).flatMap(({ name, file, line, message, flaky }) => {
    if (file === null) return []
    const rate = flaky === null ? null : describeFlakiness(flaky)
    return [{ path: file, line: line ?? 1, level, title: rate === null ? name : `${name} (${rate})`, message }]
  })
}

/** What the legs of a run that is over ended as; legs that never ran, or were cancelled, are left out. */
export function legResults(run: RunFacts, states: ReadonlyMap<string, LegState>): LegResult[] {
  return run.legs.flatMap((leg): LegResult[] => {
    const state = states.get(leg.plan.name)
    const ran = leg.attempts.length > 0 || leg.observed !== null
    if (state?.kind !== 'concluded' || !ran) return []
    const base = { legId: leg.id, name: leg.plan.name, reusable: null }
    if (state.conclusion === 'failure' || state.conclusion === 'timed_out') return [{ ...base, result: 'failed' }]
    if (state.conclusion !== 'success') return []
    return [{ ...base, result: failedBefore(leg) ? 'flaky' : 'passed', reusable: reusableResult(leg, run) }]
  })
}

function failedBefore(leg: LegFacts): boolean {
  return leg.attempts.some((attempt) => {
    if (attempt.conclusion === 'failure' || attempt.conclusion === 'timed_out') return true
    // It took too long, and we cancelled it.
    return attempt.cancelRequestedAt !== null && attempt.cancelRequestedAt >= deadlineOf(attempt, leg)
  })
}

/** Never of an untrusted leg: its result would stand for a trusted one's. */
function reusableResult(leg: LegFacts, run: RunFacts): LegResult['reusable'] {
  const { reuse, image } = leg.plan
  const latest = currentAttempts(leg).at(-1)
  if (reuse === null || !run.trusted || latest === undefined) return null
  const imageTags = image?.build?.push === true ? image.build.tags : []
  return { key: reuse.key, sha: run.trigger.sha, url: latest.url, imageTags }
}
