/**
 * Looks again at everything that is open: webhooks that GitHub could not deliver are asked for once more, deliveries
 * that were not finished are handled, and every open run and pull request is compared with GitHub. On start, and every
 * five minutes; a deployed preview at rest on start, and every few hours.
 */
import type { Logger } from 'pino'
import { isHandled } from '../domain/read-event.ts'
import type { Clock, GitHubApp, HookDelivery, Store } from '../ports.ts'

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
/** What was deleted can be brought back for 30 days. */
const KEEP_SWEEPS_MS = 90 * DAY
/** How often deployed previews are looked at of which nothing was heard: the delivery may be lost for good. */
const LOOK_AT_RESTING_MS = 6 * 60 * MINUTE
/** Attempts of one delivery after which it is left alone, and deliveries asked for at once. */
const MAX_ATTEMPTS = 4
const MAX_ASKED = 200

export function makeReconciler(deps: ReconcileDeps): () => Promise<void> {
  let lookedAt: number | null = null
  let restingAt = 0
  return async () => {
    const now = deps.clock.now().getTime()
    await deps.store.deliveries.enqueueUnfinished(new Date(now - MINUTE))
    const open = await deps.store.runs.enqueueReconcile()
    const resting = now >= restingAt
    const pullRequests = await deps.store.pullRequests.enqueueOpen({ resting })
    if (resting) restingAt = now + LOOK_AT_RESTING_MS
    const sweeps = await deps.store.sweeps.enqueueOpen()
    await deps.store.sweeps.removeBefore(new Date(now - KEEP_SWEEPS_MS))
    const removed = await deps.store.deliveries.removeDeliveriesBefore(new Date(now - KEEP_DELIVERIES_MS))
    const since = lookedAt === null ? now - LOST_WITHIN_MS : lookedAt - OVERLAP_MS
    const asked = await recoverDeliveries(deps, new Date(since))
    if (asked !== null) lookedAt = now
    const what = { open, pullRequests, sweeps, removed, asked }
    deps.log.info(
      what,
      'reconciling: open runs, pull requests, sweeps, old deliveries removed, lost deliveries asked for',
    )
  }
}

/**
 * GitHub does not deliver again by itself. A redelivery keeps its id, so one that came after all is not handled twice.
 * @returns how many were asked for; null: GitHub could not be asked.
 */
async function recoverDeliveries(deps: ReconcileDeps, since: Date): Promise<number | null> {
  try {
    const lost = findLost(await deps.app.listHookDeliveries(since))
    const known = await deps.store.deliveries.knownDeliveries(lost.map((delivery) => delivery.guid))
    const missing = lost.filter((delivery) => !known.has(delivery.guid)).slice(0, MAX_ASKED)
    for (const delivery of missing) await deps.app.redeliver(delivery.id)
    return missing.length
  } catch (error) {
    deps.log.warn({ err: error }, 'lost deliveries could not be asked for; they are at the next reconcile')
    return null
  }
}

/**
 * Deliveries that no attempt brought, oldest first. One that we refused ourselves would be refused again, and each asking
 * is one more failed attempt in the list: after a few it is left alone.
 */
export function findLost(tried: readonly HookDelivery[]): HookDelivery[] {
  const byGuid = Map.groupBy(tried, (delivery) => delivery.guid)
  const lost = [...byGuid.values()].flatMap((attempts) => {
    const [newest] = attempts
    const brought = attempts.some((attempt) => attempt.status >= 200 && attempt.status < 500)
    const given = attempts.length >= MAX_ATTEMPTS
    return newest && !brought && !given && isHandled(newest.event, newest.action) ? [newest] : []
  })
  return lost.toReversed()
}
