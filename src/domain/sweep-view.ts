/**
 * What a sweep's report shows, in whatever form: what came of it in one line, what was done with its reasons, what was left
 * alone with its reasons. A long report shows what was done first.
 */
import { countDecisions, type SweepDecision, type SweepKind, type SweepOutcome, type SweepReport } from './sweep.ts'
import { count, formatDuration } from './wording.ts'

export const SWEEP_TITLES: Readonly<Record<SweepKind, string>> = {
  stale: 'Stale issues and pull requests',
  runs: 'Old workflow runs',
  images: 'Old images',
}

export interface SweepRow {
  readonly subject: string
  /** `mark, close`; empty: nothing. */
  readonly doing: string
  /** `done`, `refused`, `left` …; empty: it was only decided. */
  readonly outcome: string
  /** Why, and what was said when it was done. */
  readonly reason: string
}

export interface SweepView {
  readonly title: string
  readonly target: string | null
  /** One line: when, what came of it, what it cost. */
  readonly headline: string
  /** Why nothing was done; null: nothing stood in the way. */
  readonly stopped: string | null
  readonly problems: readonly string[]
  /** What was, or in a dry run would be, done. */
  readonly acted: readonly SweepRow[]
  /** What was left as it is. */
  readonly others: readonly SweepRow[]
}

export function viewSweep(report: SweepReport): SweepView {
  const outcomes = new Map(report.outcomes.map((outcome) => [outcome.subject, outcome]))
  const decided = new Set(report.decisions.map((decision) => decision.subject))
  const rows = report.decisions.map((decision) => rowOf(decision, outcomes.get(decision.subject)))
  // What an earlier process did is not decided once more.
  const earlier = report.outcomes
    .filter((outcome) => !decided.has(outcome.subject))
    .map((outcome) => rowOf(null, outcome))
  const all = [...earlier, ...rows]
  return {
    title: SWEEP_TITLES[report.kind],
    target: report.target,
    headline: headlineOf(report),
    stopped: report.stopped,
    problems: report.problems,
    acted: all.filter((row) => row.doing !== '' || row.outcome !== ''),
    others: all.filter((row) => row.doing === '' && row.outcome === ''),
  }
}

function rowOf(decision: SweepDecision | null, outcome: SweepOutcome | undefined): SweepRow {
  const reasons = [decision?.reason ?? '', outcome?.note ?? ''].filter((text) => text !== '')
  return {
    subject: decision?.subject ?? outcome?.subject ?? '',
    doing: (outcome?.do ?? decision?.do ?? []).join(', '),
    outcome: outcome?.outcome ?? '',
    reason: reasons.join('; '),
  }
}

/** `2026-11-30 01:30 UTC: 1,200 looked at; 3 marked … 14 requests, 20 points, 3 s`. */
function headlineOf(report: SweepReport): string {
  const { decisions, outcomes, spent, startedAt, endedAt } = report
  const at = `${startedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const cost = [count(spent.requests, 'request'), ...(spent.points > 0 ? [count(spent.points, 'point')] : [])]
  const took = endedAt === null ? [] : [formatDuration(endedAt.getTime() - startedAt.getTime())]
  return `${at}: ${decisions.length} looked at; ${whatCame(report, decisions, outcomes)}; ${[...cost, ...took].join(', ')}`
}

function whatCame(
  { state, dryRun }: SweepReport,
  decisions: readonly SweepDecision[],
  outcomes: readonly SweepOutcome[],
): string {
  if (dryRun || state === 'stopped') {
    const { none: _, ...would } = countDecisions(decisions)
    return Object.keys(would).length === 0 ? 'nothing would be done' : `it would ${listCounts(would)}`
  }
  const counts: Record<string, number> = {}
  for (const { outcome, do: doing } of outcomes)
    for (const what of outcome === 'done' ? doing : [outcome]) counts[what] = (counts[what] ?? 0) + 1
  const isNothing = Object.keys(counts).length === 0
  if (state === 'failed') return isNothing ? 'it failed' : `it failed after ${listCounts(counts)}`
  return isNothing ? 'nothing was to be done' : listCounts(counts)
}

/** `mark 3, close 1`. */
function listCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, number]) => `${what} ${number}`)
    .join(', ')
}
