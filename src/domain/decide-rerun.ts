/**
 * What a person's wish to run again means. On a leg it runs that leg, whatever it ended as, and what kept it from
 * running; on a gate, or by button, it runs what did not succeed. What is still at work is left alone, and what the
 * pull request moved away from stays.
 */
import { deriveLegStates, isOutdated } from './leg-state.ts'
import type { RunFacts } from './run.ts'
import { describeCancel } from './wording.ts'

export type RerunDecision =
  | { readonly kind: 'rerun'; readonly legIds: readonly string[] }
  /** The run could not be planned: it is planned anew. */
  | { readonly kind: 'replan' }
  | { readonly kind: 'nothing'; readonly reason: string }

/** @param subjectId the leg or gate that was asked for; null: the whole run. */
export function decideRerun(run: RunFacts, subjectId: string | null): RerunDecision {
  if (run.cancel !== null && isOutdated(run.cancel))
    return { kind: 'nothing', reason: `the run is not started again: ${describeCancel(run.cancel)}` }
  if (run.problem !== null) return { kind: 'replan' }
  const states = deriveLegStates(run)
  const gate = run.gates.find((candidate) => candidate.id === subjectId)
  const subject = run.legs.filter((leg) => leg.id === subjectId).map((leg) => leg.plan.name)
  const wanted = withNeeds(run, gate?.plan.needs ?? subject)
  const legs = run.legs.filter((leg) => {
    const state = states.get(leg.plan.name)
    if (state?.kind !== 'concluded' || state.planned) return false
    if (leg.id === subjectId) return true
    return (subjectId === null || wanted.has(leg.plan.name)) && state.conclusion !== 'success'
  })
  if (legs.length === 0) return { kind: 'nothing', reason: 'nothing of it failed' }
  return { kind: 'rerun', legIds: legs.map((leg) => leg.id) }
}

/** The legs, and those that they need: a leg that was skipped for another's failure passes only when that one does. */
function withNeeds(run: RunFacts, names: readonly string[]): Set<string> {
  const wanted = new Set(names)
  // Every leg comes after those that it needs, so one pass from the end finds them all.
  for (const leg of run.legs.toReversed())
    if (wanted.has(leg.plan.name)) for (const need of leg.plan.needs) wanted.add(need)
  return wanted
}
