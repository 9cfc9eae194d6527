/** Carries out what was decided about running again. */
import type { RerunDecision } from '../domain/decide-rerun.ts'
import type { RunFacts } from '../domain/run.ts'
import { count } from '../domain/wording.ts'
import type { Clock, GitHub, Store } from '../ports.ts'
import { startRuns } from './start.ts'

export interface RerunDeps {
  readonly github: GitHub
  readonly store: Store
  readonly clock: Clock
  readonly installationId: number
}

/** @returns what happened, in words for a record. */
export async function rerun(deps: RerunDeps, run: RunFacts, decision: RerunDecision, by: string): Promise<string> {
  switch (decision.kind) {
    case 'nothing':
      return decision.reason
    case 'replan':
      return replan(deps, run)
    case 'rerun':
      await deps.store.runs.rerunLegs(run.id, decision.legIds)
      return `${count(decision.legIds.length, 'leg')} to run again, asked for by ${by}`
  }
}

async function replan(deps: RerunDeps, run: RunFacts): Promise<string> {
  const { note, started } = await startRuns(deps, run.trigger)
  // Only what took its place makes it one of the past: the configuration may be as broken as it was.
  if (started.length > 0) {
    await deps.store.runs.reopenRun(run.id)
    await deps.store.runs.cancelRuns([{ runId: run.id, reason: { kind: 'replanned' } }])
  }
  return note
}
