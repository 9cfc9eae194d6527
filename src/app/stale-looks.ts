/**
 * Looks at items once more, right before something is written about them, and after something was of which no end is known: then not
 * before it is sure that nothing comes of it any more, since it would be said twice. What changed is left alone.
 */
import type { StaleDecision } from '../domain/stale.ts'
import type { SweepOutcome } from '../domain/sweep.ts'
import type { StaleLabels } from './stale-labels.ts'
import type { Going, UnknownSteps } from './stale-phases.ts'
import { type SweepWork, skipped } from './sweep.ts'

/**
 * GitHub ends what takes longer than 10 s, and until then what it gave no answer to may still take effect. It is looked after each of
 * these times, in ms, one after the other; only after the last one is it written again.
 */
export const SETTLING_MS = [2_000, 3_000, 10_000]

export interface LookDeps {
  /** What is to be done about these items now; one of which nothing is to be done is missing. */
  readonly decideAgain: (numbers: readonly number[]) => Promise<ReadonlyMap<number, StaleDecision>>
  readonly labels: StaleLabels
}

export interface Pending {
  readonly planned: StaleDecision
  readonly operations: number
  /** Null: nothing was written yet. */
  readonly unknown: UnknownSteps | null
}

/** Waits until what may have been written is there, or will not be. */
export async function settle(
  deps: LookDeps,
  pending: readonly Pending[],
  work: Pick<SweepWork, 'pace'>,
): Promise<void> {
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

export interface Looked {
  readonly going: readonly { readonly one: Going; readonly planned: StaleDecision }[]
  /** Of those that are not written about any more. */
  readonly outcomes: SweepOutcome[]
}

/** @param isLast what may or may not have been written is not written once more. */
export async function lookAgain(deps: LookDeps, pending: readonly Pending[], isLast: boolean): Promise<Looked> {
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

export function outcomeOf(
  { subject, do: doing }: StaleDecision,
  outcome: SweepOutcome['outcome'],
  operations: number,
  note: string,
): SweepOutcome {
  return { subject, do: doing, outcome, operations, note }
}
