/**
 * Carries out one sweep, of whatever kind: plan, then apply, with everything written down before it is done and after. A dry run
 * ends after the plan, so that it shows exactly what would be done. A sweep that is opened again plans again: what was done is
 * seen at GitHub, and what was not is done now.
 */
import type { SweepDecision, SweepKind, SweepOutcome, SweepPlan, SweepReport, SweepSpent } from '../domain/sweep.ts'
import type { SweepJournal } from '../ports/sweeps.ts'
import type { Clock, RepoName } from '../ports.ts'
import type { Pace } from './pace.ts'

/** What is particular to a kind of sweep. */
export interface Sweep<Action extends SweepDecision> {
  /** Looks at everything and decides. */
  plan(before: SweptBefore): Promise<SweepPlan<Action>>
  /** Does these, in order, and tells what became of each. Looks again where something changes quickly. */
  apply(actions: readonly Action[], work: SweepWork): Promise<void>
  /** What this was asked of GitHub so far. */
  spent(): SweepSpent
}

/** What was done before this process came. */
export interface SweptBefore {
  /** Operations that the same sweep used up. */
  readonly spent: number
  /** Subjects that the same sweep was at. */
  readonly begun: readonly string[]
  /** Subjects that this sweep, or one that failed before it, deleted or may have deleted. */
  readonly deleted: readonly string[]
}

export interface SweepWork {
  /** Of the sweep; null: it is not kept. */
  readonly id: string | null
  /**
   * Commits the intent to do these; the others are being looked at elsewhere at this moment, and are recorded as skipped.
   * @throws {SweepTakenOver}
   */
  begin<Action extends SweepDecision>(actions: readonly Action[]): Promise<readonly Action[]>
  record(outcomes: readonly SweepOutcome[]): Promise<void>
  /**
   * Commits how many operations were done of what was begun, or may be by now, before its end is known. Replaces what was told before.
   * @throws {SweepTakenOver}
   */
  tally(operations: ReadonlyMap<string, number>): Promise<void>
  readonly pace: Pace
}

/** Another worker goes on with the sweep: this one is done with it. */
export class SweepTakenOver extends Error {
  override readonly name = 'SweepTakenOver'
}

export interface SweepProgress {
  readonly done: number
  readonly of: number
  readonly spent: SweepSpent
}

export interface CarryOutOptions<Action extends SweepDecision> {
  readonly sweep: Sweep<Action>
  readonly journal: SweepJournal
  readonly kind: SweepKind
  readonly repo: RepoName
  readonly target: string | null
  readonly clock: Clock
  readonly dryRun: boolean
  readonly pace: Pace
  /** Told after the plan and whenever something was done. */
  readonly onProgress?: (progress: SweepProgress) => void
}

/** Leaves the sweep open where it throws: `TransientError`, `GitHubError`, `SweepInterrupted`, `SweepTakenOver`. */
export async function carryOut<Action extends SweepDecision>(options: CarryOutOptions<Action>): Promise<SweepReport> {
  const { sweep, journal, dryRun } = options
  const outcomes = new Map(journal.earlier.map((outcome) => [outcome.subject, outcome]))
  const { begun, deleted } = journal
  const before = operationsBefore(journal)
  const spentBefore = [...before.values()].reduce((sum, operations) => sum + operations, 0)
  const plan = await sweep.plan({ spent: spentBefore, begun, deleted })
  const actions = plan.stopped === null ? plan.actions : []
  const spent = () => total(journal.earlierSpent, sweep.spent())
  const planned = outcomes.size + actions.length
  const tell = () => {
    const done = outcomes.size
    options.onProgress?.({ done, of: Math.max(done, planned), spent: spent() })
  }
  tell()
  if (!dryRun && actions.length > 0) {
    const withBefore = (subject: string, operations: number) => operations + (before.get(subject) ?? 0)
    const record = async (some: readonly SweepOutcome[]) => {
      const more = some.map((one) => ({ ...one, operations: withBefore(one.subject, one.operations) }))
      await journal.record(more, sweep.spent())
      for (const outcome of more) outcomes.set(outcome.subject, outcome)
      tell()
    }
    const tally = async (operations: ReadonlyMap<string, number>) => {
      const all = [...operations].map(([subject, count]) => [subject, withBefore(subject, count)] as const)
      if (!(await journal.tally(new Map(all)))) throw new SweepTakenOver(TAKEN_OVER)
    }
    const begin = async <Begun extends SweepDecision>(wanted: readonly Begun[]): Promise<readonly Begun[]> => {
      const free = await journal.begin(wanted.map((action) => action.subject))
      if (free === null) throw new SweepTakenOver(TAKEN_OVER)
      const busy = wanted.filter((action) => !free.has(action.subject))
      if (busy.length > 0) await record(busy.map((action) => skipped(action, 'it is being looked at at this moment')))
      return wanted.filter((action) => free.has(action.subject))
    }
    await sweep.apply(actions, { id: journal.id, begin, record, tally, pace: options.pace })
  }
  const report = makeReport(options, plan, [...outcomes.values()], spent())
  if (!dryRun) await journal.finish(report)
  return report
}

const TAKEN_OVER = 'another worker goes on with the sweep'

/** Subject → what earlier processes used up for it in this sweep. */
function operationsBefore({ earlier, begunOperations }: SweepJournal): ReadonlyMap<string, number> {
  return new Map([...earlier.map(({ subject, operations }) => [subject, operations] as const), ...begunOperations])
}

/** Of a sweep that could not even look. */
export function failedReport(
  options: Omit<CarryOutOptions<SweepDecision>, 'pace' | 'sweep'>,
  problem: string,
  spent: SweepSpent,
): SweepReport {
  const nothing = { decisions: [], actions: [], left: [], stopped: null, problems: [problem] }
  return { ...makeReport(options, nothing, options.journal.earlier, spent), state: 'failed' }
}

function makeReport(
  { journal, kind, repo, target, dryRun, clock }: Omit<CarryOutOptions<SweepDecision>, 'pace' | 'sweep'>,
  plan: SweepPlan<SweepDecision>,
  outcomes: readonly SweepOutcome[],
  spent: SweepSpent,
): SweepReport {
  // Something of it may have been done instead of what was refused.
  const known = new Set(outcomes.map(({ subject }) => subject))
  const rest = plan.left.filter(({ subject }) => !known.has(subject))
  const left = rest.map((decision) => ({
    ...onlyDecision(decision),
    outcome: 'left' as const,
    operations: journal.begunOperations.get(decision.subject) ?? 0,
    note: 'the budget is used up; the next sweep begins with it',
  }))
  return {
    id: journal.id,
    kind,
    repo: { owner: repo.owner, name: repo.name },
    target,
    dryRun,
    state: plan.stopped === null ? 'done' : 'stopped',
    stopped: plan.stopped,
    startedAt: journal.startedAt,
    endedAt: clock.now(),
    spent,
    decisions: plan.decisions.map(onlyDecision),
    outcomes: [...outcomes, ...left.map(({ reason: _, ...outcome }) => outcome)],
    problems: plan.problems,
  }
}

function onlyDecision({ subject, do: doing, reason }: SweepDecision): SweepDecision {
  return { subject, do: doing, reason }
}

export function skipped(action: SweepDecision, note: string): SweepOutcome {
  return { subject: action.subject, do: action.do, outcome: 'skipped', operations: 0, note }
}

function total(one: SweepSpent, other: SweepSpent): SweepSpent {
  return { requests: one.requests + other.requests, points: one.points + other.points }
}

/** Of a sweep that is written down nowhere: of a dry run, or where there is no store. */
export function memoryJournal(now: Date): SweepJournal {
  return {
    id: null,
    startedAt: now,
    earlier: [],
    earlierSpent: { requests: 0, points: 0 },
    begun: [],
    begunOperations: new Map(),
    deleted: [],
    begin: async (subjects) => new Set(subjects),
    tally: async () => true,
    record: async () => {},
    finish: async () => {},
  }
}
