/**
 * What GitHub, and other apps, started on a run's commit by themselves: what its observed legs follow. Only the run's own
 * commit is looked at, and of a check only the app that the configuration names.
 */
import type { ObservedStart } from '../domain/config.ts'
import { isOutdated, isReleased } from '../domain/leg-state.ts'
import { chooseObserved } from '../domain/observed.ts'
import type { Observed, RunFacts } from '../domain/run.ts'
import type { GitHub, Store } from '../ports.ts'

interface Deps {
  readonly github: GitHub
  readonly store: Store
}

/** @returns whether the run has observed legs, so that it is to be loaded again. */
export async function observeCommit({ github, store }: Deps, run: RunFacts): Promise<boolean> {
  // One that is held shows nothing of what it follows, perhaps for months.
  const legs = run.legs.flatMap((leg) =>
    leg.plan.start.kind === 'dispatch' || !isReleased(leg, run) ? [] : [{ leg, start: leg.plan.start }],
  )
  if (legs.length === 0 || isOutdated(run.cancel)) return false
  // Legs of one workflow follow the same run of it.
  const asked = new Map<string, Promise<Observed | null>>()
  const seen = new Map<string, Observed>()
  for (const { leg, start } of legs) {
    const key = JSON.stringify(start)
    const looking = asked.get(key) ?? look(github, run, start)
    asked.set(key, looking)
    const observed = await looking
    if (observed !== null) seen.set(leg.id, observed)
  }
  if (seen.size > 0) await store.runs.recordObserved(seen)
  return true
}

async function look(github: GitHub, run: RunFacts, start: ObservedStart): Promise<Observed | null> {
  const { repo, sha, kind } = run.trigger
  const about = { kind, trusted: run.trusted }
  if (start.kind === 'observe_check')
    return chooseObserved(start, about, { checks: await github.listCheckRunsNamed(repo, sha, start.name) })
  const workflowRuns = await github.listWorkflowRunsOf(repo, start.workflow, sha)
  return chooseObserved(start, about, { workflowRuns })
}
