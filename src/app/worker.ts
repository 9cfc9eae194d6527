/** What each kind of job does. Only here is it decided whether a fault is tried again or recorded. */
import type { Logger } from 'pino'
import type { Probot } from 'probot'
import { GitHubError, TransientError } from '../domain/errors.ts'
import { cleanText } from '../domain/payload.ts'
import type { OpenImageRepository } from '../ports/sweeps.ts'
import type { Clock, GitHubApp, JobHandlers, ReadReports, Registry, Store } from '../ports.ts'
import { makeConfigCache } from './config-cache.ts'
import { makeFollowSweeps } from './follow-sweeps.ts'
import { registerHandlers } from './handlers.ts'
import { makePaces } from './pace.ts'
import { advancePullRequest } from './pull-request-job.ts'
import { makeReconciler } from './reconcile.ts'
import { advanceRun } from './run-job.ts'
import { advanceSweep } from './sweep-job.ts'
import type { SweepWatch } from './sweep-watch.ts'
import { makeTurns } from './turns.ts'

export interface WorkerDeps {
  readonly probot: Probot
  readonly app: GitHubApp
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  readonly registry: Registry
  readonly readReports: ReadReports
  /** `owner/name` in lower case: previews of whatever repository may be dispatched there. */
  readonly previewRepositories: ReadonlySet<string>
  readonly openImages: OpenImageRepository
  readonly sweepWatch: SweepWatch
  /** Aborted when the process is to stop: sweeps, which may take hours, go on later. */
  readonly stopping: AbortSignal
}

export function makeJobHandlers(deps: WorkerDeps): JobHandlers {
  const notes = new Map<string, string>()
  const faults = new Map<string, number>()
  const pullRequestFaults = new Map<string, number>()
  const sweepFaults = new Map<string, number>()
  const asked = new Map<string, number>()
  const configs = makeConfigCache(deps.clock)
  const inTurn = makeTurns()
  const follows = makeFollowSweeps(deps.store.sweeps)
  const paceOf = makePaces(deps)
  registerHandlers(deps.probot, { ...deps, configs, follows, record: (id, note) => notes.set(id, note) })
  return {
    async delivery(id) {
      try {
        await handleDelivery(deps, id, notes)
      } finally {
        notes.delete(id)
      }
    },
    deliveryFailed: (id) =>
      deps.store.deliveries.finishDelivery(id, { state: 'failed', note: 'given up after many tries; see the log' }),
    run: (id) => advanceRun({ ...deps, faults, inTurn }, id),
    pullRequest: (key) => advancePullRequest({ ...deps, faults: pullRequestFaults, asked, configs }, key),
    sweep: (key) => advanceSweep({ ...deps, faults: sweepFaults, follows, paceOf }, key),
    reconcile: makeReconciler(deps),
  }
}

async function handleDelivery(deps: WorkerDeps, id: string, notes: ReadonlyMap<string, string>): Promise<void> {
  const delivery = await deps.store.deliveries.loadDelivery(id)
  if (delivery === null || delivery.state === 'done') return
  const log = deps.log.child({ delivery: id, event: delivery.event })
  try {
    const payload = JSON.parse(new TextDecoder().decode(delivery.body), (_key, value) =>
      typeof value === 'string' ? cleanText(value) : value,
    )
    await deps.probot.receive({ id, name: delivery.event, payload } as Parameters<Probot['receive']>[0])
    const note = notes.get(id) ?? null
    await deps.store.deliveries.finishDelivery(id, { state: 'done', note })
    log.info({ note }, 'handled')
  } catch (error) {
    const fault = rootOf(error)
    if (!isFinal(fault)) throw fault
    await deps.store.deliveries.finishDelivery(id, { state: 'failed', note: fault.message })
    log.error({ err: fault }, 'failed for good')
  }
}

/** Probot wraps what handlers throw in an AggregateError. */
function rootOf(error: unknown): Error {
  const first = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error ? first : new Error(String(first))
}

/** Whether trying again is pointless: GitHub refused, or our own code is wrong. */
function isFinal(fault: Error): boolean {
  if (fault instanceof TransientError) return false
  return fault instanceof GitHubError || fault instanceof TypeError || fault instanceof SyntaxError || isDefect(fault)
}

function isDefect(fault: Error): boolean {
  return fault.name === 'ZodError' || fault.name === 'InvariantError' || fault.name === 'RangeError'
}
