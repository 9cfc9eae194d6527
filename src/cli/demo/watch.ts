/**
 * Looks at the sandbox after every change, and tells what is new. Of a run that was not seen before, the plan is read
 * from the store first, so that it is always told before anything else of the run.
 */
import { pullRequestOf } from '../../domain/trigger.ts'
import { describeObserved } from '../../domain/wording.ts'
import type { AttemptEvent, PlanEvent, TimedEvent } from './events.ts'
import { lookAtConversations } from './look/conversations.ts'
import { describeDelivery } from './look/deliveries.ts'
import { lookAtPreviews } from './look/previews.ts'
import { lookAtRuns } from './look/runs.ts'
import type { Observation } from './look/sight.ts'
import type { Stage } from './stage.ts'

export interface Watch {
  /** Resolves when all that happened so far was told; rejects when the store could not be read. */
  flush(): Promise<void>
  stop(): void
}

export function watchStage(stage: Stage, tell: (event: TimedEvent) => void): Watch {
  const { state } = stage.github
  const plans = new Map<string, PlanEvent>()
  const told = new Map<string, string>()
  let deliveries = state.deliveries.length
  let queue = Promise.resolve()

  const look = () => {
    const at = new Date()
    const news: Observation[] = state.deliveries.slice(deliveries).map((one) => describeDelivery(one))
    deliveries = state.deliveries.length
    for (const { key, content, event } of [
      ...lookAtConversations(stage),
      ...lookAtRuns(stage),
      ...lookAtPreviews(stage),
    ]) {
      const before = told.get(key)
      told.set(key, content)
      if (before !== content) news.push(event(before === undefined))
    }
    if (news.length > 0) queue = queue.then(() => tellAll(at, news))
    // Whoever flushes hears of a fault; until then it is no unhandled one.
    queue.catch(() => {})
  }
  const planOf = async (at: Date, runId: string): Promise<PlanEvent> => {
    const known = plans.get(runId)
    if (known !== undefined) return known
    const plan = await readPlan(stage, runId)
    plans.set(runId, plan)
    tell({ at, ...plan })
    return plan
  }
  const tellAll = async (at: Date, news: readonly Observation[]) => {
    for (const event of news) {
      if (event.event === 'attempt') tell({ at, ...event, name: nameOf(event, await planOf(at, event.run)) })
      else {
        if (event.event === 'check') await planOf(at, event.run)
        tell({ at, ...event })
      }
    }
  }
  const stop = stage.github.onChange(look)
  return {
    async flush() {
      look()
      await queue
    },
    stop,
  }
}

function nameOf({ leg }: Pick<AttemptEvent, 'leg'>, plan: PlanEvent): string {
  return plan.legs.find(({ id }) => id === leg)?.name ?? leg
}

async function readPlan({ serving }: Stage, runId: string): Promise<PlanEvent> {
  const run = await serving.store.runs.loadRun(runId, new Date())
  if (run === null) throw new Error(`The store knows nothing of the run ${runId}, which GitHub shows.`)
  const { kind, refName, sha } = run.trigger
  const legs = run.legs.map(({ id, plan: { job, name, start, needs } }) => ({
    id,
    job,
    name,
    workflow: start.kind === 'dispatch' ? start.workflow : `observes ${describeObserved(start)}`,
    needs,
  }))
  const gates = run.gates.map(({ id, plan: { name, needs } }) => ({ id, name, needs }))
  const pullRequest = pullRequestOf(run.trigger)?.number ?? null
  return { event: 'plan', run: runId, pipeline: run.pipeline, trigger: kind, refName, pullRequest, sha, legs, gates }
}
