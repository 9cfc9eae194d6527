/**
 * What a person's wish to run again means. On a leg it runs that leg, whatever it ended as, and what kept it from
 * running; on a gate, or by button, it runs what did not succeed. What is still at work is left alone, what GitHub
 * started by itself is GitHub's to run again, and what the pull request moved away from stays.
 */
import { deriveLegStates, isOutdated } from './leg-state.ts'
import type { LegFacts, RunFacts } from './run.ts'
import { describeCancel } from './wording.ts'

export type RerunDecision =
  | { readonly kind: 'rerun'; readonly legIds: readonly string[] }
  /** The run could not be planned: it is planned anew. */
  | { readonly kind: 'replan' }
  | { readonly kind: 'nothing'; readonly reason: string }

/** @param subjects ids of the legs and gates that were asked for; null: the whole run. */
export function decideRerun(run: RunFacts, subjects: readonly string[] | null): RerunDecision {
  if (run.cancel !== null && isOutdated(run.cancel))
    return { kind: 'nothing', reason: `the run is not started again: ${describeCancel(run.cancel)}` }
  if (run.problem !== null) return { kind: 'replan' }
  const legs = legsToRerun(run, subjects)
  const ours = legs.filter((leg) => leg.plan.start.kind === 'dispatch')
  if (ours.length > 0) return { kind: 'rerun', legIds: ours.map((leg) => leg.id) }
  const [observed] = legs
  if (observed === undefined) return { kind: 'nothing', reason: 'nothing of it failed' }
  const reason = `${observed.plan.name} follows what GitHub or another app runs by itself, so run it again there`
  return { kind: 'nothing', reason }
}

/** For the audit log. */
export function describeRerun(run: RunFacts, decision: Exclude<RerunDecision, { kind: 'nothing' }>): string {
  if (decision.kind === 'replan') return `planned anew: ${run.pipeline}`
  return legNames(run, decision.legIds).join(', ')
}

/** Names of these legs. */
export function legNames(run: RunFacts, legIds: readonly string[]): string[] {
  return run.legs.filter((leg) => legIds.includes(leg.id)).map((leg) => leg.plan.name)
}

function legsToRerun(run: RunFacts, subjects: readonly string[] | null): LegFacts[] {
  const states = deriveLegStates(run)
  const asked = new Set(subjects)
  const gated = run.gates.filter((gate) => asked.has(gate.id)).flatMap((gate) => gate.plan.needs)
  const named = run.legs.filter((leg) => asked.has(leg.id)).map((leg) => leg.plan.name)
  const wanted = withNeeds(run, [...gated, ...named])
  return run.legs.filter((leg) => {
    const state = states.get(leg.plan.name)
    if (state?.kind !== 'concluded' || state.planned) return false
    if (asked.has(leg.id)) return true
    return (subjects === null || wanted.has(leg.plan.name)) && state.conclusion !== 'success'
  })
}

/** The legs, and those that they need: a leg that was skipped for another's failure passes only when that one does. */
function withNeeds(run: RunFacts, names: readonly string[]): Set<string> {
  const wanted = new Set(names)
  // Every leg comes after those that it needs, so one pass from the end finds them all.
  for (const leg of run.legs.toReversed())
    if (wanted.has(leg.plan.name)) for (const need of leg.plan.needs) wanted.add(need)
  return wanted
}

/** Ids of the legs and gates that people may mean by this name: a leg's or a job's, with or without its pipeline, a gate's name or key. */
export function findSubjects(run: RunFacts, name: string): string[] {
  const wanted = name.toLowerCase()
  return namedSubjects(run).flatMap(({ id, names }) => (names.some((one) => one.toLowerCase() === wanted) ? [id] : []))
}

/** Every name that `findSubjects` knows. */
export function subjectNames(run: RunFacts): string[] {
  return [...new Set(namedSubjects(run).flatMap((subject) => subject.names))]
}

function namedSubjects(run: RunFacts): { id: string; names: string[] }[] {
  const prefix = `${run.pipeline} / `
  const legs = run.legs.map(({ id, plan: { name, job } }) => {
    const short = name.startsWith(prefix) ? [name.slice(prefix.length)] : []
    return { id, names: [job, `${run.pipeline}.${job}`, name, ...short] }
  })
  const gates = run.gates.map(({ id, plan }) => ({ id, names: gateNames(run, plan) }))
  return [...legs, ...gates]
}

/** What a gate may be called: its name, its key, and its key with its pipeline's. */
export function gateNames(
  run: Pick<RunFacts, 'pipeline'>,
  gate: { readonly id: string; readonly name: string },
): string[] {
  return [gate.name, gate.id, `${run.pipeline}.${gate.id}`]
}
