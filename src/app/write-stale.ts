/**
 * Writes what was decided about issues and pull requests, a few at a time, and what is left instead of what was refused. Where it is
 * not known whether something was written, the item is read and decided again, once it is sure that nothing comes of it any more:
 * what is there by then is not in the decision.
 */
import { TransientError } from '../domain/errors.ts'
import type { Writes } from '../domain/pacing.ts'
import type { StaleDecision, StaleStep } from '../domain/stale.ts'
import type { SweepOutcome } from '../domain/sweep.ts'
import type { Repo } from '../domain/trigger.ts'
import type { ItemsGitHub } from '../ports/sweeps.ts'
import { makeStaleLabels, type StaleLabels } from './stale-labels.ts'
import { type Going, type UnknownSteps, writePhases } from './stale-phases.ts'
import { makeStaleRefusals } from './stale-refusals.ts'
import { type SweepWork, skipped } from './sweep.ts'

export interface WriteStaleDeps {
  readonly github: ItemsGitHub
  readonly repo: Repo
  /** What is to be done about these items now; one of which nothing is to be done is missing. */
  readonly decideAgain: (numbers: readonly number[]) => Promise<ReadonlyMap<number, StaleDecision>>
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

/**
 * GitHub ends what takes longer than 10 s, and until then what it gave no answer to may still take effect. It is looked after each of
 * these times, in ms, one after the other; only after the last one is it written again.
 */
const SETTLING_MS = [2_000, 3_000, 10_000]

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
  if (actions.some((action) => deps.begun.includes(action.subject) && action.steps.some(isComment)))
    await work.pace.rest?.(total(SETTLING_MS))
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

interface Writing extends WriteStaleDeps {
  readonly labels: StaleLabels
}

interface Pending {
  readonly planned: StaleDecision
  readonly operations: number
  /** Null: nothing was written yet. */
  readonly unknown: UnknownSteps | null
}

/** @returns what became of each. */
async function writeSome(
  deps: Writing,
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

/** Waits until what may have been written is there, or will not be. */
async function settle(deps: Writing, pending: readonly Pending[], work: SweepWork): Promise<void> {
  for (const ms of SETTLING_MS) {
    await work.pace.rest?.(ms)
    const fresh = await deps.decideAgain(pending.map(({ planned }) => planned.number))
    if (!pending.some((one) => stillDue(one, fresh.get(one.planned.number)) > 0)) return
  }
}

/** How many of the steps that may have been carried out are to be carried out even so. */
function stillDue({ planned, unknown }: Pending, fresh: StaleDecision | undefined): number {
  if (unknown === null || fresh === undefined || !isSame(fresh, planned)) return 0
  return unknown.steps.filter((step) => fresh.steps.some(({ kind }) => kind === step)).length
}

interface Looked {
  readonly going: readonly { readonly one: Going; readonly planned: StaleDecision }[]
  /** Of those that are not written about any more. */
  readonly outcomes: SweepOutcome[]
}

async function lookAgain(deps: Writing, pending: readonly Pending[], isLast: boolean): Promise<Looked> {
  const fresh = await deps.decideAgain(pending.map(({ planned }) => planned.number))
  await deps.labels.ensure([...fresh.values()])
  const going: { one: Going; planned: StaleDecision }[] = []
  const outcomes: SweepOutcome[] = []
  for (const one of pending) {
    const { planned, unknown } = one
    const action = fresh.get(planned.number)
    const due = stillDue(one, action)
    const operations = one.operations + (unknown?.steps.length ?? 0) - due
    if (action === undefined || !isSame(action, planned)) outcomes.push(changed(one, action, operations))
    else if (isLast && due > 0) outcomes.push(outcomeOf(planned, 'failed', operations, unknown?.message ?? ''))
    else {
      const problem = deps.labels.problemOf(action)
      const note = branchNote(planned, action)
      if (problem !== null) outcomes.push(outcomeOf(planned, 'refused', operations, problem))
      else going.push({ one: { action, operations, note, state: { kind: 'going' } }, planned })
    }
  }
  return { going, outcomes }
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

/** Its steps may be fewer by now. That there are more, or that something else is to be done about it, makes it another action. */
function isSame(one: StaleDecision, planned: StaleDecision): boolean {
  return one.do.join() === planned.do.join() && one.steps.length <= planned.steps.length
}

function changed({ planned, unknown }: Pending, now: StaleDecision | undefined, operations: number): SweepOutcome {
  if (unknown === null) return skipped(planned, 'it has changed since it was looked at')
  const silent = `GitHub gave no answer (${unknown.message}), and`
  if (now === undefined) return outcomeOf(planned, 'done', operations, `${silent} nothing is left to be done`)
  return outcomeOf(planned, 'skipped', operations, `${silent} something else is to be done by now`)
}

function branchNote(planned: StaleDecision, now: StaleDecision): string {
  const refOf = ({ steps }: StaleDecision) => steps.find((step) => step.kind === 'delete_branch')?.ref
  const ref = refOf(planned)
  if (ref === undefined || refOf(now) !== undefined) return ''
  return `its branch ${ref} stays: by now it is protected, or another pull request needs it`
}

function outcomeOf(
  { subject, do: doing }: StaleDecision,
  outcome: SweepOutcome['outcome'],
  operations: number,
  note: string,
): SweepOutcome {
  return { subject, do: doing, outcome, operations, note }
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0)
}
