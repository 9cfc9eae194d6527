/**
 * The queues, all pg-boss's, in the same database as the state that they act on. Jobs are keyed by their subject: of
 * each key one is at work and one waits, however often it is asked for.
 */
import type { Kysely, Transaction } from 'kysely'
import { fromKysely, type Job, type PgBoss } from 'pg-boss'
import { jitterMs, SWEEP_KINDS, sweepKey } from '../../domain/sweep.ts'
import type { SweepSchedule } from '../../ports/sweeps.ts'
import type { JobHandlers } from '../../ports.ts'
import type { Tables } from './tables.ts'

/** Anything that runs statements: the database, or a transaction in which jobs are to be sent. */
export type Executor = Kysely<Tables> | Transaction<Tables>

/**
 * A job of a killed process blocks its key until its heartbeat is missed; ten seconds is pg-boss's least. Done jobs are
 * of no more use: what happened is in the tables.
 */
const COMMON = { heartbeatSeconds: 10, deleteAfterSeconds: 3_600 } as const

/** Of jobs that look at something and go on from there: one that fails is tried again until it is over. */
const LOOKS = {
  policy: 'stately',
  notify: true,
  retryLimit: 1_000,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 300,
  ...COMMON,
} as const

/** A sweep may have to wait for GitHub's limits again and again. */
const LONGEST_SWEEP_SECONDS = 20 * 3_600

const QUEUES = {
  /** Retries go on for about two hours, then the dead letter queue marks the delivery as failed. */
  delivery: {
    policy: 'stately',
    notify: true,
    retryLimit: 12,
    retryDelay: 2,
    retryBackoff: true,
    retryDelayMax: 900,
    deadLetter: 'delivery-dead',
    ...COMMON,
  },
  'delivery-dead': { policy: 'standard', retryLimit: 5, retryDelay: 10, ...COMMON },
  run: LOOKS,
  'run-timer': { policy: 'short', retryLimit: 10, retryDelay: 1, ...COMMON },
  'pull-request': LOOKS,
  'pull-request-timer': { policy: 'short', retryLimit: 10, retryDelay: 1, ...COMMON },
  sweep: { ...LOOKS, expireInSeconds: LONGEST_SWEEP_SECONDS },
  'sweep-item': LOOKS,
  /** What schedules make: the sweep itself begins a little later, not in all repositories at once. */
  'sweep-due': { policy: 'short', notify: true, retryLimit: 10, retryDelay: 1, ...COMMON },
  reconcile: { policy: 'stately', retryLimit: 3, retryDelay: 5, retryBackoff: true, ...COMMON },
} as const

type QueueName = keyof typeof QUEUES

/** Jobs of one queue that a process works on at once. */
const WORKERS_PER_QUEUE = 4

/** They are long, and none is urgent. */
const WORKERS_OF_SWEEPS = 2
/** Over how long the sweeps of one schedule are spread. */
const JITTER_MS = 10 * 60_000

const PROMPT = { pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 5 } as const

/** How often every open run is compared with GitHub. */
const RECONCILE_CRON = '*/5 * * * *'

export async function createQueues(boss: PgBoss): Promise<void> {
  // The dead letter queue first: another one names it.
  for (const name of Object.keys(QUEUES).toReversed()) await boss.createQueue(name, QUEUES[name as QueueName])
}

export class Queue {
  readonly #boss: PgBoss

  constructor(boss: PgBoss) {
    this.#boss = boss
  }

  async sendDeliveries(executor: Executor, ids: readonly string[]): Promise<void> {
    await this.#send(executor, 'delivery', ids)
  }

  async sendRuns(executor: Executor, ids: readonly string[]): Promise<void> {
    await this.#send(executor, 'run', inOrder(ids))
  }

  /**
   * In a transaction after `sendRuns`, as in every other one: those that send the same jobs wait for one another.
   * @param keys of `pullRequestKey`.
   */
  async sendPullRequests(executor: Executor, keys: readonly string[]): Promise<void> {
    await this.#send(executor, 'pull-request', inOrder(keys))
  }

  /** Of several times for one run or pull request the last one sent holds. */
  async sendTimer(executor: Executor, queue: 'run-timer' | 'pull-request-timer', id: string, at: Date): Promise<void> {
    await this.#boss.upsert(queue, { id }, { singletonKey: id, startAfter: at, db: fromKysely(executor) })
  }

  /** @param key of `sweepKey` or `sweepItemKey`. @param at not before. */
  async sendSweep(executor: Executor, key: string, at?: Date): Promise<void> {
    const queue = sweepQueue(key)
    const options = { singletonKey: key, db: fromKysely(executor) }
    if (at === undefined) await this.#boss.send(queue, { id: key }, options)
    else await this.#boss.upsert(queue, { id: key }, { ...options, startAfter: at })
  }

  /** Whether the job waits or is at work. */
  async isSent(executor: Executor, key: string): Promise<boolean> {
    const jobs = await this.#boss.findJobs(sweepQueue(key), { key, db: fromKysely(executor) })
    return jobs.some(({ state }) => state === 'created' || state === 'retry' || state === 'active')
  }

  /** Replaces what was scheduled for the repository. A time that was missed while nothing ran is made up for, once. */
  async scheduleSweeps(executor: Executor, repoId: number, schedules: readonly SweepSchedule[]): Promise<void> {
    const db = fromKysely(executor)
    for (const kind of SWEEP_KINDS) {
      const id = sweepKey(kind, repoId)
      const name = scheduleName(id)
      const wanted = schedules.find((schedule) => schedule.kind === kind)
      if (wanted === undefined) await this.#boss.unschedule('sweep-due', name, { db })
      else
        await this.#boss.schedule(
          'sweep-due',
          wanted.cron,
          { id },
          { key: name, singletonKey: id, tz: 'UTC', missed: 'once', db },
        )
    }
  }

  async sendReconcile(executor: Executor): Promise<void> {
    await this.#boss.send('reconcile', {}, { singletonKey: 'all', db: fromKysely(executor) })
  }

  async #send(executor: Executor, queue: QueueName, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    const jobs = ids.map((id) => ({ data: { id }, singletonKey: id }))
    await this.#boss.insert(queue, jobs, { db: fromKysely(executor) })
  }

  /**
   * Only where no other process can be at work: a job that a killed process left active would block its key, and what it
   * was to do may be done by half. It waits again, unless another one of its key does.
   */
  async putBackActiveJobs(database: Kysely<Tables>): Promise<void> {
    for (const name of Object.keys(QUEUES)) {
      const jobs = await this.#boss.findJobs<object>(name, { queued: false, limit: 100_000 })
      const active = jobs.filter((job) => job.state === 'active')
      if (active.length === 0) continue
      const waiting = active.map(({ data, singletonKey }) =>
        singletonKey === null ? { data } : { data, singletonKey },
      )
      await database.transaction().execute(async (tx) => {
        const db = fromKysely(tx)
        await this.#boss.deleteJob(
          name,
          active.map((job) => job.id),
          { db },
        )
        await this.#boss.insert(name, waiting, { db })
      })
    }
  }

  /** @param executor what the jobs that timers make are sent with. */
  async work(handlers: JobHandlers, executor: Executor): Promise<void> {
    await this.#workPromptly('delivery', handlers.delivery)
    await this.#workPromptly('run', handlers.run)
    await this.#workPromptly('pull-request', handlers.pullRequest)
    const each = (handle: (id: string) => Promise<void>) => async (jobs: Job<{ id: string }>[]) => {
      for (const job of jobs) await handle(job.data.id)
    }
    await this.#boss.work('delivery-dead', each(handlers.deliveryFailed))
    const timers = { pollingIntervalSeconds: 0.5, batchSize: 20 }
    const due = (jobs: Job<{ id: string }>[]) => jobs.map((job) => job.data.id)
    await this.#boss.work('run-timer', timers, (jobs: Job<{ id: string }>[]) => this.sendRuns(executor, due(jobs)))
    await this.#boss.work('pull-request-timer', timers, (jobs: Job<{ id: string }>[]) =>
      this.sendPullRequests(executor, due(jobs)),
    )
    await this.#workPromptly('sweep', handlers.sweep, WORKERS_OF_SWEEPS)
    await this.#workPromptly('sweep-item', handlers.sweep)
    await this.#boss.work('sweep-due', { pollingIntervalSeconds: 1 }, async (jobs: Job<{ id: string }>[]) => {
      for (const { data } of jobs)
        await this.sendSweep(executor, data.id, new Date(Date.now() + jitterMs(data.id, JITTER_MS)))
    })
    await this.#boss.work('reconcile', { pollingIntervalSeconds: 1 }, () => handlers.reconcile())
    await this.#boss.schedule('reconcile', RECONCILE_CRON, {}, { singletonKey: 'all' })
  }

  /**
   * Workers that look for the next job as soon as one is done: pg-boss's own wait for the next notice or poll, though
   * more than one job may have come with one notice, or may have waited for the key of the one that was at work.
   */
  async #workPromptly(
    queue: QueueName,
    handle: (id: string) => Promise<void>,
    workers = WORKERS_PER_QUEUE,
  ): Promise<void> {
    for (let worker = 0; worker < workers; worker++) {
      const workerId: string = await this.#boss.work(queue, PROMPT, async (jobs: Job<{ id: string }>[]) => {
        for (const job of jobs) await handle(job.data.id)
        this.#boss.notifyWorker(workerId)
      })
    }
  }
}

/** Always in the same order: transactions that send the same jobs then wait for one another, and never in a circle. */
function inOrder(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort()
}

/** pg-boss takes no colon in the key of a schedule. */
function scheduleName(key: string): string {
  return key.replace(':', '.')
}

function sweepQueue(key: string): QueueName {
  return key.startsWith('item:') ? 'sweep-item' : 'sweep'
}
