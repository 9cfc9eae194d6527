/**
 * What the check run of each leg and gate shows. A leg's follows its own state. A gate's compares against the plan: it
 * is in progress until every leg that it needs has concluded, and then passes only if each succeeded or was skipped by
 * the plan itself.
 */
import { createHash } from 'node:crypto'
import { annotationsOfLeg } from './leg-report.ts'
import {
  currentAttempts,
  isOutdated,
  isReleased,
  type LegConclusion,
  type LegState,
  reusedResult,
  workflowOf,
} from './leg-state.ts'
import type {
  Annotation,
  Approval,
  AttemptFacts,
  CancelReason,
  ConfigVerdict,
  GateFacts,
  LegFacts,
  Observed,
  RunFacts,
  TestReport,
} from './run.ts'
import {
  count,
  describeCancel,
  describeConclusion,
  describeFlakiness,
  describeObserved,
  formatDuration,
} from './wording.ts'

export type CheckConclusion = LegConclusion

/** A button on a check run. GitHub's limits: 3 a check, label ≤ 20, description ≤ 40, identifier ≤ 20 characters. */
export interface CheckButton {
  readonly label: string
  readonly description: string
  readonly identifier: 'rerun_failed' | 'cancel'
}

/** One row of a gate's table, or one attempt of a leg. All times are past: nothing changes while time passes. */
export interface CheckRow {
  readonly name: string
  readonly state: 'waiting' | 'running' | LegConclusion
  readonly attempts: number
  /** Of all attempts together, in milliseconds; null: not known yet. */
  readonly durationMs: number | null
  readonly url: string | null
  readonly note: string | null
}

export interface CheckState {
  readonly subject: 'leg' | 'gate'
  /** Leg or gate id: the check run's `external_id`. */
  readonly id: string
  readonly name: string
  readonly status: 'queued' | 'in_progress' | 'completed'
  /** Set when completed. */
  readonly conclusion: CheckConclusion | null
  readonly startedAt: Date
  readonly completedAt: Date | null
  readonly detailsUrl: string | null
  readonly buttons: readonly CheckButton[]
  /** The one line that says what happened, or what is waited for. */
  readonly headline: string
  /** A leg's attempts, a gate's legs. */
  readonly rows: readonly CheckRow[]
  /** What a commit that is not trusted waits for, or who let it go; null: the commit is trusted, or nothing was held. */
  readonly trust: TrustState | null
  /** Places in files, at most 50. */
  readonly annotations: readonly Annotation[]
  /** A leg's test results; null: none. */
  readonly tests: TestReport | null
  /** What a changed configuration changes; none: the check is no such check. */
  readonly differences: ConfigVerdict['differences']
}

export interface TrustState {
  readonly kind: 'held' | 'never' | 'approved'
  /** What a maintainer types to approve the commit: a whole comment. */
  readonly command: string
  readonly approval: Approval | null
}

const RERUN_FAILED: CheckButton = {
  label: 'Re-run failed',
  description: 'Run again whatever did not succeed',
  identifier: 'rerun_failed',
}
const CANCEL: CheckButton = { label: 'Cancel', description: 'Cancel all legs of this run', identifier: 'cancel' }

/** The state that every check run of the run should show, gates last. */
export function deriveCheckStates(run: RunFacts, states: ReadonlyMap<string, LegState>): CheckState[] {
  const legs = run.legs.map((leg) => legCheck(leg, states, run))
  const rows = new Map(run.legs.map((leg) => [leg.plan.name, legRow(leg, states.get(leg.plan.name))]))
  return [...legs, ...run.gates.map((gate) => gateCheck(gate, rows, states, run))]
}

/** Digest of what the check run shows, for telling whether it already shows it. */
export function digestOf(state: CheckState | readonly Annotation[]): string {
  return createHash('sha256').update(JSON.stringify(state)).digest('base64url').slice(0, 22)
}

function legCheck(leg: LegFacts, states: ReadonlyMap<string, LegState>, run: RunFacts): CheckState {
  const state = states.get(leg.plan.name)
  const attempts = currentAttempts(leg)
  const latest = attempts.at(-1)
  const base = {
    subject: 'leg' as const,
    id: leg.id,
    name: leg.plan.name,
    startedAt: attempts[0]?.intendedAt ?? leg.observed?.startedAt ?? run.createdAt,
    detailsUrl: latest?.url ?? leg.observed?.url ?? reusedResult(leg)?.url ?? null,
    rows: leg.attempts.map(attemptRow),
    trust: trustState([leg], run, states),
    // GitHub only ever adds to them: they are shown once the leg is over.
    annotations: state?.kind === 'concluded' ? annotationsOfLeg(leg) : [],
    tests: leg.report,
    differences: [],
  }
  if (state === undefined || state.kind === 'ready' || state.kind === 'waiting') {
    const headline = state?.kind === 'waiting' ? sentence(state.reason) : 'About to be dispatched.'
    return { ...base, status: 'queued', conclusion: null, completedAt: null, buttons: [CANCEL], headline }
  }
  if (state.kind === 'running') {
    const headline = `Attempt ${state.attempt.number - leg.firstAttempt + 1} of at most ${leg.plan.retries.max + 1} runs ${workflowOf(leg)}.`
    return { ...base, status: 'in_progress', conclusion: null, completedAt: null, buttons: [CANCEL], headline }
  }
  if (state.kind === 'observing') {
    const headline = sentence(observingWords(leg, state.observed))
    return {
      ...base,
      status: notBegun(state) === null ? 'in_progress' : 'queued',
      conclusion: null,
      completedAt: null,
      buttons: [CANCEL],
      headline,
    }
  }
  return {
    ...base,
    status: 'completed',
    conclusion: state.conclusion,
    completedAt: concludedAt(leg, run),
    buttons: canRerun(state.conclusion, run.cancel) && !state.planned ? [RERUN_FAILED] : [],
    headline: concludedHeadline(leg, state.conclusion, state.reason, attempts),
  }
}

function observingWords({ plan: { start } }: LegFacts, { status }: Observed): string {
  const what = start.kind === 'dispatch' ? start.workflow : describeObserved(start)
  return status === 'queued' ? `${what} has not begun` : `${what} is under way, and is followed`
}

function concludedHeadline(
  leg: LegFacts,
  conclusion: LegConclusion,
  reason: string | null,
  attempts: readonly AttemptFacts[],
): string {
  if (conclusion === 'success') {
    if (attempts.length > 1) return sentence(passedLate(leg, attempts.length))
    return reason === null ? 'Passed.' : `Passed: ${sentence(reason, false)}`
  }
  const tried = attempts.length > 1 ? ` after ${count(attempts.length, 'attempt')}` : ''
  const what = describeConclusion(conclusion)
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}${tried}: ${sentence(reason ?? `no reason is known for ${leg.plan.name}`, false)}`
}

/** `passed on attempt 2, flaky in 6 of 50 runs`. */
function passedLate(leg: LegFacts, attempts: number): string {
  return [`passed on attempt ${attempts}`, describeFlakiness(leg.history)].filter((part) => part !== null).join(', ')
}

/** Not earlier than anything known of the leg, and the same whenever it is asked. */
function concludedAt(leg: LegFacts, run: RunFacts): Date {
  const latest = leg.attempts.at(-1)
  return latest?.completedAt ?? latest?.intendedAt ?? leg.observed?.completedAt ?? run.createdAt
}

function attemptRow(attempt: AttemptFacts): CheckRow {
  const state =
    attempt.status === 'completed'
      ? rowState(attempt.conclusion)
      : attempt.outcome === 'refused'
        ? 'failure'
        : 'running'
  const jobs = attempt.failedJobs.map((job) => job.name).join(', ')
  return {
    name: `Attempt ${attempt.number}`,
    state: attempt.outcome === 'lost' ? 'cancelled' : state,
    attempts: 1,
    durationMs: durationOf(attempt),
    url: attempt.url,
    note: attempt.refusal ?? (jobs === '' ? null : jobs),
  }
}

function rowState(conclusion: string | null): LegConclusion {
  return conclusion === 'success' || conclusion === 'cancelled' || conclusion === 'timed_out' ? conclusion : 'failure'
}

function durationOf(attempt: AttemptFacts): number | null {
  if (attempt.completedAt === null) return null
  return Math.max(0, attempt.completedAt.getTime() - (attempt.startedAt ?? attempt.intendedAt).getTime())
}

function legRow(leg: LegFacts, state: LegState | undefined): CheckRow {
  const waiting = notBegun(state)
  const attempts = currentAttempts(leg)
  const known = [...attempts.map(durationOf), observedDuration(leg)].filter((ms) => ms !== null)
  return {
    name: leg.plan.name,
    state: rowStateOf(state),
    attempts: attempts.length,
    durationMs: known.length === 0 ? null : known.reduce((sum, ms) => sum + ms, 0),
    url: attempts.at(-1)?.url ?? leg.observed?.url ?? reusedResult(leg)?.url ?? null,
    note: waiting === null ? rowNote(leg, state, attempts.length) : observingWords(leg, waiting),
  }
}

function rowStateOf(state: LegState | undefined): CheckRow['state'] {
  if (state === undefined || state.kind === 'ready' || notBegun(state) !== null) return 'waiting'
  if (state.kind === 'observing') return 'running'
  return state.kind === 'concluded' ? state.conclusion : state.kind
}

/** What the leg follows where GitHub has not begun it; null: it has, or there is nothing yet. */
function notBegun(state: LegState | undefined): Observed | null {
  return state?.kind === 'observing' && state.observed.status === 'queued' ? state.observed : null
}

function rowNote(leg: LegFacts, state: LegState | undefined, attempts: number): string | null {
  if (state?.kind !== 'waiting' && state?.kind !== 'concluded') return null
  if (state.kind === 'concluded' && state.conclusion === 'success' && attempts > 1) return passedLate(leg, attempts)
  const failed = state.kind === 'concluded' && (state.conclusion === 'failure' || state.conclusion === 'timed_out')
  const parts = [state.reason, failed ? describeFlakiness(leg.history) : null]
  return parts.filter((part) => part !== null).join('; ') || null
}

function observedDuration({ observed }: LegFacts): number | null {
  if (observed === null || observed.startedAt === null || observed.completedAt === null) return null
  return Math.max(0, observed.completedAt.getTime() - observed.startedAt.getTime())
}

/** What these legs wait for because their commit is not trusted. */
function trustState(
  legs: readonly LegFacts[],
  run: RunFacts,
  states: ReadonlyMap<string, LegState>,
): TrustState | null {
  if (run.trusted) return null
  const base = { command: `/ok-to-test ${run.trigger.sha}`, approval: run.approval }
  const held = legs.filter((leg) => states.get(leg.plan.name)?.kind !== 'concluded' && !isReleased(leg, run))
  if (held.some((leg) => leg.plan.hold === 'approval')) return { ...base, kind: 'held' }
  if (held.length > 0) return { ...base, kind: 'never' }
  return run.approval === null ? null : { ...base, kind: 'approved' }
}

function gateCheck(
  gate: GateFacts,
  rows: ReadonlyMap<string, CheckRow>,
  states: ReadonlyMap<string, LegState>,
  run: RunFacts,
): CheckState {
  const mine = gate.plan.needs.map((name) => rows.get(name)).filter((row) => row !== undefined)
  const needed = run.legs.filter((leg) => gate.plan.needs.includes(leg.plan.name))
  const trust = trustState(needed, run, states)
  const verdict = heldByRival(gate, judgeGate(gate, mine, states, run, trust), run)
  return {
    subject: 'gate',
    id: gate.id,
    name: gate.plan.name,
    status: verdict.conclusion === null ? 'in_progress' : 'completed',
    conclusion: verdict.conclusion,
    startedAt: run.createdAt,
    completedAt: verdict.conclusion === null ? null : latestEnd(gate, run),
    detailsUrl: null,
    buttons: verdict.conclusion === null ? [CANCEL] : canRerun(verdict.conclusion, run.cancel) ? [RERUN_FAILED] : [],
    headline: verdict.headline,
    rows: mine,
    trust,
    annotations: run.verdict?.annotations ?? [],
    tests: null,
    differences: run.verdict?.differences ?? [],
  }
}

type Verdict = { conclusion: CheckConclusion | null; headline: string }

/** What passes here does not pass while the same commit does not pass a gate of that name elsewhere. */
function heldByRival(gate: GateFacts, verdict: Verdict, run: RunFacts): Verdict {
  const rival = run.rivals.find((other) => other.name === gate.plan.name && !other.passed)
  if (verdict.conclusion !== 'success' || rival === undefined) return verdict
  const headline = `Held: pull request #${rival.pullRequest} has the same commit, and has not passed its gate of this name.`
  return { conclusion: null, headline }
}

function judgeGate(
  gate: GateFacts,
  rows: readonly CheckRow[],
  states: ReadonlyMap<string, LegState>,
  run: RunFacts,
  trust: TrustState | null,
): Verdict {
  const { override } = gate
  if (override !== null && !isOutdated(run.cancel))
    return { conclusion: 'success', headline: `Overridden by ${override.by}: ${sentence(override.reason, false)}` }
  if (run.verdict !== null && run.cancel === null) return run.verdict
  if (run.problem !== null && run.cancel === null) return { conclusion: 'failure', headline: run.problem }
  if (run.skipped !== null)
    return { conclusion: 'success', headline: `Nothing to do for this change: ${sentence(run.skipped, false)}` }
  if (rows.length < gate.plan.needs.length)
    return { conclusion: null, headline: 'Some legs of the plan have not reported yet.' }
  const open = rows.filter((row) => row.state === 'waiting' || row.state === 'running')
  const bad = rows.filter((row) => isBad(row, states))
  // What had passed before the run was cancelled has passed.
  if (run.cancel !== null && (open.length + bad.length > 0 || rows.length === 0))
    return { conclusion: 'cancelled', headline: `Cancelled: ${sentence(describeCancel(run.cancel), false)}` }
  if (open.length > 0 && trust?.kind === 'held')
    return {
      conclusion: null,
      headline: `Held: the commit comes from a fork. To run it, a maintainer comments ${trust.command}`,
    }
  if (open.length > 0 && trust?.kind === 'never')
    return {
      conclusion: null,
      headline: 'Held: the commit comes from a fork, and this repository runs nothing for forks.',
    }
  if (open.length > 0) return { conclusion: null, headline: holdingLine(open, bad) }
  const first = bad[0]
  if (first !== undefined) {
    const more = bad.length > 1 ? ` and ${bad.length - 1} more did not pass` : ` ${describeConclusion(first.state)}`
    return { conclusion: 'failure', headline: `${first.name}${more}.` }
  }
  const skipped = rows.filter((row) => row.state === 'skipped').length
  const passed = rows.length - skipped
  const besides = skipped > 0 ? `; ${count(skipped, 'leg')} skipped by the plan` : ''
  return { conclusion: 'success', headline: `${count(passed, 'leg')} passed${besides}.` }
}

function holdingLine(open: readonly CheckRow[], bad: readonly CheckRow[]): string {
  const first = open.find((row) => row.state === 'running') ?? open[0]
  const others = open.length > 1 ? ` and ${open.length - 1} more` : ''
  const why = first?.state === 'waiting' && first.note !== null ? `: ${first.note}` : ''
  const failed = bad.length > 0 ? ` ${count(bad.length, 'leg')} already did not pass.` : ''
  return `Held by ${first?.name ?? 'a leg'}${others}${why}.${failed}`
}

function isBad(row: CheckRow, states: ReadonlyMap<string, LegState>): boolean {
  if (row.state === 'success' || row.state === 'waiting' || row.state === 'running') return false
  const state = states.get(row.name)
  return !(row.state === 'skipped' && state?.kind === 'concluded' && state.planned)
}

function latestEnd(gate: GateFacts, run: RunFacts): Date {
  const needed = new Set(gate.plan.needs)
  const ends = run.legs.filter((leg) => needed.has(leg.plan.name)).map((leg) => concludedAt(leg, run).getTime())
  return new Date(Math.max(run.createdAt.getTime(), ...ends))
}

function canRerun(conclusion: CheckConclusion, cancel: CancelReason | null): boolean {
  return conclusion !== 'success' && (cancel === null || cancel.kind === 'requested')
}

/** With a full stop, and a capital unless it goes on from something. */
function sentence(text: string, capital = true): string {
  const body = capital ? text.charAt(0).toUpperCase() + text.slice(1) : text
  return /[.!?]$/.test(body) ? body : `${body}.`
}

/** A duration for people, or a dash. */
export function durationCell(ms: number | null): string {
  return ms === null ? '–' : formatDuration(ms)
}
