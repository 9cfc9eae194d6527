/** Deliveries and installations. */
import { promisify } from 'node:util'
import { constants, zstdCompressSync, zstdDecompress } from 'node:zlib'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { GatePlan } from '../../domain/plan.ts'
import type { Delivery, DeliveryState, DeliveryStore, Installation, InstallationStore } from '../../ports.ts'
import type { Executor, Queue } from './queue.ts'
import type { Tables } from './tables.ts'

const decompress = promisify(zstdDecompress)
/** The fastest level: a payload is a tenth of its size afterwards, at any. Its parts are small ones then. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: 4_096 }
/** So many deliveries are stored together with their jobs; of more it is only noted that they are to be enqueued. */
const MOST_WITH_JOBS = 4
const ARRIVALS_AT_ONCE = 20
/** GitHub's own bound on a body; what unpacks to more was not stored by us. */
const MAX_BODY_BYTES = 25 * 1024 * 1024

export class PgDeliveryStore implements DeliveryStore, InstallationStore {
  readonly #db: Kysely<Tables>
  readonly #queue: Queue

  constructor(db: Kysely<Tables>, queue: Queue) {
    this.#db = db
    this.#queue = queue
  }

  async saveDeliveries(deliveries: readonly Delivery[]): Promise<void> {
    // Always in the same order: transactions that write the same rows then wait for one another, and never in a circle.
    const unique = [...new Map(deliveries.map((delivery) => [delivery.id, delivery])).values()].sort(byId)
    const saved = insertDeliveries(unique)
    if (unique.length > MOST_WITH_JOBS) {
      await sql`${saved} insert into arrivals (delivery_ids) select array_agg(id) from saved having count(*) > 0`.execute(
        this.#db,
      )
      return
    }
    await this.#db.transaction().execute(async (tx) => {
      const { rows } = await sql<{ id: string }>`${saved} select id from saved`.execute(tx)
      await this.#sendDeliveries(tx, rows)
    })
  }

  /** Enqueues the deliveries of bursts, in the order in which these came. */
  async enqueueArrivals(): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      const { rows } = await sql<{ id: string }>`
        with taken as (
          delete from arrivals
          where id in (select id from arrivals order by id limit ${ARRIVALS_AT_ONCE} for update skip locked)
          returning id, delivery_ids
        )
        select unnest(delivery_ids) as id from taken order by taken.id`.execute(tx)
      await this.#sendDeliveries(tx, rows)
    })
  }

  async #sendDeliveries(executor: Executor, rows: readonly { id: string }[]): Promise<void> {
    await this.#queue.sendDeliveries(
      executor,
      rows.map((row) => row.id),
    )
  }

  async loadDelivery(id: string): Promise<(Delivery & { state: DeliveryState }) | null> {
    const row = await this.#db
      .selectFrom('deliveries')
      .select(['id', 'event', 'body', 'state'])
      .where('id', '=', id)
      .executeTakeFirst()
    return row ? { ...row, body: await decompress(row.body, { maxOutputLength: MAX_BODY_BYTES }) } : null
  }

  async finishDelivery(id: string, outcome: { state: 'done' | 'failed'; note: string | null }): Promise<void> {
    await this.#db
      .updateTable('deliveries')
      .set({ ...outcome, finishedAt: new Date() })
      .where('id', '=', id)
      .execute()
  }

  async knownDeliveries(ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set()
    const rows = await this.#db.selectFrom('deliveries').select('id').where('id', 'in', ids).execute()
    return new Set(rows.map((row) => row.id))
  }

  async enqueueUnfinished(receivedBefore: Date): Promise<void> {
    const rows = await this.#db
      .selectFrom('deliveries')
      .select('id')
      .where('state', '=', 'received')
      .where('receivedAt', '<', receivedBefore)
      // A second job beside one that waits to be tried again would be one too many, and end as a dead letter.
      .where(
        sql<boolean>`not exists (select from pgboss.job j where j.name = 'delivery' and j.singleton_key = deliveries.id
          and j.state in ('created', 'retry', 'active'))`,
      )
      .execute()
    await this.#sendDeliveries(this.#db, rows)
  }

  async removeDeliveriesBefore(time: Date): Promise<number> {
    const result = await this.#db
      .deleteFrom('deliveries')
      .where('receivedAt', '<', time)
      .where('state', '<>', 'received')
      .executeTakeFirst()
    return Number(result.numDeletedRows)
  }

  async saveInstallation(installation: Installation): Promise<void> {
    await this.#db
      .insertInto('installations')
      .values(installation)
      .onConflict((conflict) => conflict.column('id').doUpdateSet(installation))
      .execute()
  }

  async removeInstallation(id: number): Promise<void> {
    await this.#db.deleteFrom('installations').where('id', '=', id).execute()
  }

  async getInstallation(id: number): Promise<Installation | null> {
    const row = await this.#db.selectFrom('installations').selectAll().where('id', '=', id).executeTakeFirst()
    return row ?? null
  }

  async lastGoodGates(repoId: number): Promise<readonly GatePlan[]> {
    const row = await this.#db
      .selectFrom('repositories')
      .select('goodGates')
      .where('id', '=', repoId)
      .executeTakeFirst()
    return row?.goodGates ?? []
  }
}

/** The beginning of a statement: `saved` has the ids of those that were not finished before. */
function insertDeliveries(deliveries: readonly Delivery[]): RawBuilder<unknown> {
  const ids = deliveries.map((delivery) => delivery.id)
  const events = deliveries.map((delivery) => delivery.event)
  const { base64, starts, lengths } = packBodies(deliveries)
  return sql`
    with packed as materialized (select decode(${base64}::text, 'base64') as bytes),
    saved as (
      insert into deliveries (id, event, body)
      select one.id, one.event, substring(packed.bytes from one.start for one.length)
      from packed,
        unnest(${ids}::text[], ${events}::text[], ${starts}::integer[], ${lengths}::integer[])
          as one (id, event, start, length)
      on conflict (id) do update set state = 'received', note = null, finished_at = null
        where deliveries.state <> 'done'
      returning id
    )`
}

function byId(a: Delivery, b: Delivery): number {
  return a.id < b.id ? -1 : 1
}

/**
 * All bodies, compressed, as one text parameter: drivers write arrays of bytes several times slower. Compressing a
 * body takes less time than handing it to another thread.
 */
function packBodies(deliveries: readonly Delivery[]): { base64: string; starts: number[]; lengths: number[] } {
  const bodies = deliveries.map(({ body }) => zstdCompressSync(body, { ...COMPRESSION, pledgedSrcSize: body.length }))
  const lengths = bodies.map((body) => body.length)
  let next = 1
  const starts = lengths.map((length) => {
    next += length
    return next - length
  })
  return { base64: Buffer.concat(bodies).toString('base64'), starts, lengths }
}
