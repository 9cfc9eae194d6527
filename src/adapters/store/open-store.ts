/** The store as the app sees it, put together from its parts. */
import { sql } from 'kysely'
import type { JobHandlers, Store } from '../../ports.ts'
import { type Database, openPglite, openPostgres } from './database.ts'
import { PgDeliveryStore } from './delivery-store.ts'
import { migrate } from './migrate.ts'
import { pullRequestStore } from './pull-request-store.ts'
import { createQueues, Queue } from './queue.ts'
import { repeat } from './repeat.ts'
import { PgRunStore } from './run-store.ts'
import { sweepStore } from './sweep-store.ts'

export interface StoreOptions {
  /** A PostgreSQL server; null: PGlite. */
  readonly databaseUrl: string | null
  /** Where PGlite keeps its files; null: in memory. */
  readonly dataDirectory: string | null
  /** Told of faults in the background: of the queue, of connections. */
  readonly onError: (error: Error) => void
}

/** How long `drain` waits for jobs at work. */
const DRAIN_MS = 25_000
/** How often the deliveries of bursts are enqueued. */
const FORWARD_MS = 250

/** Opens the database, brings its tables to this version, and starts the queue. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const database =
    options.databaseUrl === null ? await openPglite(options.dataDirectory) : await openPostgres(options.databaseUrl)
  try {
    return await assemble(database, options)
  } catch (error) {
    await database.close()
    throw error
  }
}

async function assemble(database: Database, options: StoreOptions): Promise<Store> {
  const { kysely, boss } = database
  await migrate(database)
  boss.on('error', options.onError)
  await boss.start()
  await createQueues(boss)
  const queue = new Queue(boss)
  const deliveries = new PgDeliveryStore(kysely, queue)
  const runs = new PgRunStore(kysely, queue)
  let stopForwarding = async () => {}
  return {
    runs,
    pullRequests: pullRequestStore(kysely, queue),
    deliveries,
    installations: deliveries,
    sweeps: sweepStore(kysely, queue),
    async ping() {
      await sql`select 1`.execute(kysely)
    },
    async work(handlers: JobHandlers) {
      if (database.exclusive) await queue.putBackActiveJobs(kysely)
      await deliveries.enqueueUnfinished(new Date())
      await queue.work(handlers, kysely)
      stopForwarding = repeat(() => deliveries.enqueueArrivals(), FORWARD_MS, options.onError)
      await queue.sendReconcile(kysely)
    },
    async drain() {
      await stopForwarding()
      await boss.stop({ graceful: true, timeout: DRAIN_MS })
    },
    async close() {
      await stopForwarding()
      await boss.stop({ graceful: false })
      await database.close()
    },
  }
}
