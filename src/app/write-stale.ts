/**
 * Writes what was decided about issues and pull requests, a few at a time, and instead of what was refused what the budget had left.
 * Where it is not known whether something was written, the item is read and decided again: what is there already is not in the
 * decision any more.
 */
import { TransientError } from '../domain/errors.ts'
import type { Writes } from '../domain/pacing.ts'
import type { StaleDecision, StaleStep } from '../domain/stale.ts'
import type { SweepOutcome } from '../domain/sweep.ts'
import { makeStaleLabels } from './stale-labels.ts'
import { type LookDeps, lookAgain, outcomeOf, type Pending, SETTLING_MS, settle } from './stale-looks.ts'
import { type Going, type PhaseDeps, writePhases } from './stale-phases.ts'
import { makeStaleRefusals } from './stale-refusals.ts'
import type { SweepWork } from './sweep.ts'

export interface WriteStaleDeps extends Omit<LookDeps & PhaseDeps, 'labels'> {
  /** Operations that may be done. */
  readonly room: number
  /** What is done instead of what was refused or needed nothing any more, in order: what is refused each time starves nobody. */
  readonly spare: readonly StaleDecision[]
  /** Subjects that another process was at, which may have ended a moment ago. */
  readonly begun: readonly string[]
}

/** Items whose writes share requests: their comments fit into a minute's limit, with room. */
const ITEMS_AT_ONCE = 20
/** How often something is written of which it is not known whether it was. */
const MOST_TRIES = 3
/** So many in a row of which it is not known: it is not about them. */
const MOST_FAILED = 5

export async function writeStale(
  deps: WriteStaleDeps,
  actions: readonly StaleDecision[],
  work: SweepWork,
): Promise<void> {
  const labels = makeStaleLabels(deps)
  const refusals = makeStaleRefusals()
  let room = deps.room
  let failed = 0
  const watched: SweepWork = {
    ...work,
    async record(outcomes) {
      await work.record(outcomes)
      for (const outcome of outcomes) {
        room -= outcome.operations
        failed = outcome.outcome === 'failed' ? failed + 1 : 0
        if (failed === MOST_FAILED) throw new TransientError(`Nothing is written at the moment: ${outcome.note}`)
      }
    },
  }
  const write = async (some: readonly StaleDecision[]) => {
    await labels.ensure(some)
    const whyNot = (action: StaleDecision) => refusals.whyNot(action) ?? labels.problemOf(action)
    const hopeless = some.flatMap((action) => refusedFor(action, whyNot(action)))
    if (hopeless.length > 0) await work.record(hopeless)
    const hopeful = some.filter((action) => whyNot(action) === null)
    if (hopeful.length === 0) return
    // Before the last look, which must not be an hour old when something is written.
    await work.pace(writesOf(hopeful))
    const begun = await work.begin(hopeful)
    if (begun.length > 0) refusals.take(begun, await writeSome({ ...deps, labels }, begun, watched))
  }
  const begunBefore = new Set(deps.begun)
  const isPerhapsSaid = ({ subject, steps }: StaleDecision) => begunBefore.has(subject) && steps.some(isComment)
  if ([...actions, ...deps.spare].some(isPerhapsSaid)) await work.pace.rest?.(total(SETTLING_MS))
  for (let start = 0; start < actions.length; start += ITEMS_AT_ONCE)
    await write(actions.slice(start, start + ITEMS_AT_ONCE))
  for (let rest = deps.spare; !refusals.areTooMany(); ) {
    const some = takeFitting(rest, room, (action) => (refusals.whyNot(action) === null ? action.steps.length : 0))
    if (some.length === 0) break
    rest = rest.slice(some.length)
    await write(some)
  }
}

/** What does not fit ends it: what is older must not wait for what is smaller. */
function takeFitting(
  rest: readonly StaleDecision[],
  room: number,
  costOf: (action: StaleDecision) => number,
): readonly StaleDecision[] {
  let cost = 0
  const end = rest.slice(0, ITEMS_AT_ONCE).findIndex((action) => {
    cost += costOf(action)
    return cost > room
  })
  return rest.slice(0, end < 0 ? ITEMS_AT_ONCE : end)
}

function refusedFor(action: StaleDecision, why: string | null): SweepOutcome[] {
  return why === null ? [] : [outcomeOf(action, 'refused', 0, why)]
}

/** @returns what became of each. */
async function writeSome(
  deps: LookDeps & PhaseDeps,
  begun: readonly StaleDecision[],
  work: SweepWork,
): Promise<readonly SweepOutcome[]> {
  const all: SweepOutcome[] = []
  let pending: readonly Pending[] = begun.map((planned) => ({ planned, operations: 0, unknown: null }))
  for (let tries = 0; pending.length > 0; tries++) {
    if (tries > 0) {
      await settle(deps, pending, work)
      await work.pace(writesOf(pending.map(({ planned }) => planned)))
    }
    const { going, outcomes } = await lookAgain(deps, pending, tries > MOST_TRIES - 1)
    await writePhases(
      deps,
      going.map(({ one }) => one),
      work,
    )
    outcomes.push(...going.flatMap(({ one, planned }) => ended(one, planned)))
    pending = going.flatMap(({ one: { state, operations }, planned }) =>
      state.kind === 'unknown' ? [{ planned, operations, unknown: state }] : [],
    )
    await work.record(outcomes)
    all.push(...outcomes)
  }
  return all
}

function ended({ action, operations, note, state }: Going, planned: StaleDecision): SweepOutcome[] {
  if (state.kind === 'unknown') return []
  if (state.kind === 'refused') return [outcomeOf(planned, 'refused', operations, state.message)]
  return [outcomeOf(action, 'done', operations, note)]
}

const isComment = ({ kind }: StaleStep): boolean => kind === 'comment'

function writesOf(actions: readonly StaleDecision[]): Writes {
  const steps = actions.flatMap((action) => action.steps)
  return { content: steps.filter(isComment).length, all: steps.length }
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0)
}
