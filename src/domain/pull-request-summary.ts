/**
 * What the summary of a pull request says of its newest commit: how its gates stand, which images were made of it and
 * how they are started, its previews, and what was not run and why. Only what is worth an edit is in it: that a gate
 * is in progress, never how far. Nothing in it was read from anywhere but the runs of that commit.
 */
import { type CheckState, deriveCheckStates } from './check-state.ts'
import type { SummaryConfig } from './config.ts'
import { deriveLegStates, isOutdated, type LegState } from './leg-state.ts'
import type { Override, RunFacts } from './run.ts'
import { builtLegs, type CommandLine, commandLines, type ImageLine, imageLines } from './summary-images.ts'
import { clip } from './summary-line.ts'
import { count, describeCancel, shortSha } from './wording.ts'

export type GateLineState =
  | 'passed'
  | 'overridden'
  | 'failed'
  | 'cancelled'
  | 'in_progress'
  /** Until a maintainer approves the commit. */
  | 'held'
  /** Nothing is run for forks. */
  | 'never'

/** A gate, or a pipeline that has none. */
export interface GateLine {
  readonly name: string
  readonly state: GateLineState
  /** Null: the state says it all. */
  readonly line: string | null
  /** What ends the line, to be typed as it is. */
  readonly command?: string
}

export interface NotRun {
  readonly reason: string
  /** Of legs, or of a pipeline. */
  readonly names: readonly string[]
}

export interface CommitSummary {
  readonly commit: string
  readonly headline: string
  readonly state: GateLineState | 'nothing'
  readonly gates: readonly GateLine[]
  readonly images: readonly ImageLine[]
  readonly commands: readonly CommandLine[]
  readonly notRun: readonly NotRun[]
}

/** @param runs of the commit `sha`, the newest of each pipeline. */
export function summariseCommit(sha: string, runs: readonly RunFacts[], config: SummaryConfig): CommitSummary {
  const known = runs.map((run) => ({ run, states: deriveLegStates(run) }))
  const gates = known.flatMap(({ run, states }) => gateLines(run, states))
  const built = known.flatMap(({ run, states }) => builtLegs(run, states))
  return {
    commit: shortSha(sha),
    ...judge(shortSha(sha), gates),
    gates,
    images: imageLines(built),
    commands: commandLines(config, built, runs[0]),
    notRun: notRun(runs),
  }
}

// ── Gates ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function gateLines(run: RunFacts, states: ReadonlyMap<string, LegState>): GateLine[] {
  const checks = deriveCheckStates(run, states)
  const gates = checks.filter((check) => check.subject === 'gate')
  if (gates.length === 0) return run.legs.length === 0 ? [] : [pipelineLine(run, checks)]
  const overrides = new Map(run.gates.map((gate) => [gate.id, gate.override]))
  return gates.map((gate) => gateLine(gate, overrides.get(gate.id) ?? null, run))
}

function gateLine(gate: CheckState, override: Override | null, run: RunFacts): GateLine {
  const name = clip(gate.name)
  switch (gate.conclusion) {
    case null:
      return openLine(name, [gate])
    case 'cancelled':
      return { name, state: 'cancelled', line: cancelLine(run) }
    case 'success':
      if (override !== null && !isOutdated(run.cancel))
        return { name, state: 'overridden', line: clip(`by ${override.by}: ${override.reason}`) }
      return { name, state: 'passed', line: run.skipped === null ? null : 'nothing to do for this change' }
    default:
      return { name, state: 'failed', line: clip(gate.headline) }
  }
}

function cancelLine({ cancel }: RunFacts): string | null {
  return cancel === null ? null : clip(describeCancel(cancel))
}

/** Which leg it is held by, and how many are left, changes all the time: the gate's own check run says it. */
function openLine(name: string, checks: readonly CheckState[]): GateLine {
  const held = checks.find((check) => check.trust?.kind === 'held')?.trust
  if (held) return { name, state: 'held', line: 'to run it, a maintainer comments', command: held.command }
  if (checks.some((check) => check.trust?.kind === 'never')) return { name, state: 'never', line: null }
  const rows = checks.flatMap((check) => check.rows)
  const bad = rows.some((row) => row.state === 'failure' || row.state === 'timed_out')
  return { name, state: 'in_progress', line: bad ? 'something already did not pass' : null }
}

function pipelineLine(run: RunFacts, legs: readonly CheckState[]): GateLine {
  const name = `${clip(run.pipeline)} (no gate)`
  const [first, ...others] = legs.filter((leg) => leg.conclusion === 'failure' || leg.conclusion === 'timed_out')
  const open = legs.filter((leg) => leg.conclusion === null)
  if (first !== undefined && open.length === 0) {
    const line = others.length > 0 ? `${clip(first.name)} and ${others.length} more` : clip(first.name)
    return { name, state: 'failed', line }
  }
  if (first !== undefined) return { name, state: 'failed', line: 'something did not pass' }
  if (open.length > 0) return openLine(name, open)
  if (legs.some((leg) => leg.conclusion === 'cancelled')) return { name, state: 'cancelled', line: cancelLine(run) }
  return { name, state: 'passed', line: null }
}

/** The one line above everything else. */
function judge(commit: string, gates: readonly GateLine[]): Pick<CommitSummary, 'headline' | 'state'> {
  const of = (state: GateLineState) => gates.filter((gate) => gate.state === state)
  const named = (state: GateLineState) => {
    const [first, ...others] = of(state)
    return `${clip(first?.name ?? '')}${others.length > 0 ? ` and ${others.length} more` : ''}`
  }
  const open = of('in_progress').length + of('held').length + of('never').length > 0
  if (gates.length === 0) return { state: 'nothing', headline: `Nothing is run for ${commit}.` }
  if (of('failed').length > 0)
    return {
      state: 'failed',
      headline: `${commit}: ${named('failed')} failed.${open ? ' Others are not done yet.' : ''}`,
    }
  if (of('held').length > 0) return { state: 'held', headline: `${commit} waits for a maintainer's approval.` }
  if (of('never').length > 0)
    return { state: 'never', headline: `${commit} comes from a fork, for which this repository runs nothing.` }
  if (open) return { state: 'in_progress', headline: `${commit} is being tested.` }
  if (of('cancelled').length > 0)
    return { state: 'cancelled', headline: `${commit}: ${named('cancelled')} was cancelled.` }
  if (of('overridden').length > 0)
    return { state: 'overridden', headline: `${commit} passed, because ${named('overridden')} was overridden.` }
  return { state: 'passed', headline: `${commit} passed.` }
}

// ── What was not run ──────────────────────────────────────────────────────────────────────────────────────────────

function notRun(runs: readonly RunFacts[]): NotRun[] {
  const byReason = new Map<string, string[]>()
  const add = (reason: string, name: string) => byReason.set(reason, [...(byReason.get(reason) ?? []), name])
  for (const run of runs) {
    if (run.skipped !== null) add(run.skipped, run.pipeline)
    for (const leg of run.legs) if (leg.plan.skip !== null) add(leg.plan.skip, leg.plan.name)
  }
  return [...byReason].map(([reason, names]) => ({ reason: clip(reason), names: firstOf(names) }))
}

const NAMES = 10

function firstOf(names: readonly string[]): string[] {
  if (names.length <= NAMES) return names.map(clip)
  return [...names.slice(0, NAMES - 1).map(clip), count(names.length - NAMES + 1, 'other')]
}
