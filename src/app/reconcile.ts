/**
 * Looks again at everything that is open: webhooks that GitHub could not deliver are asked for once more, deliveries
 * that were not finished are handled, and every open run is compared with GitHub. On start, and every five minutes.
 */
import type { Logger } from 'pino'
import { isHandled } from '../domain/read-event.ts'
import type { Clock, GitHubApp, Store } from '../ports.ts'

export interface ReconcileDeps {
  readonly app: GitHubApp
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** How far back lost deliveries are looked for the first time; afterwards since the last time, and a little more. */
const LOST_WITHIN_MS = DAY
const OVERLAP_MS = 10 * MINUTE
/** As long as GitHub keeps its own record. */
const KEEP_DELIVERIES_MS = 3 * DAY

export function makeReconciler(deps: ReconcileDeps): () => Promise<void> {
  let lookedAt: number | null = null
  return async () => {
    const now = deps.clock.now().getTime()
    await deps.store.deliveries.enqueueUnfinished(new Date(now - MINUTE))
    const open = await deps.store.runs.enqueueReconcile()
    const removed = await deps.store.deliveries.removeDeliveriesBefore(new Date(now - KEEP_DELIVERIES_MS))
    const since = lookedAt === null ? now - LOST_WITHIN_MS : lookedAt - OVERLAP_MS
    const asked = await recoverDeliveries(deps, new Date(since))
    if (asked !== null) lookedAt = now
    deps.log.info({ open, removed, asked }, 'reconciling: open runs, old deliveries removed, lost deliveries asked for')
  }
}

/**
 * GitHub does not deliver again by itself. A redelivery keeps its id, so one that came after all is not handled twice.
 * @returns how many were asked for; null: GitHub could not be asked.
 */
async function recoverDeliveries(deps: ReconcileDeps, since: Date): Promise<number | null> {
  try {
    const tried = await deps.app.listHookDeliveries(since)
    const delivered = new Set(tried.filter((delivery) => delivery.ok).map((delivery) => delivery.guid))
    const lost = new Map(
      tried
        .filter((delivery) => !delivered.has(delivery.guid) && isHandled(delivery.event, delivery.action))
        .map((delivery) => [delivery.guid, delivery]),
    )
    const known = await deps.store.deliveries.knownDeliveries([...lost.keys()])
    const missing = [...lost.values()].filter((delivery) => !known.has(delivery.guid))
    for (const delivery of missing.toReversed()) await deps.app.redeliver(delivery.id)
    return missing.length
  } catch (error) {
    deps.log.warn({ err: error }, 'lost deliveries could not be asked for; they are at the next reconcile')
    return null
  }
}
