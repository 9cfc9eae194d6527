/**
 * Opens the database: a PostgreSQL server, or PGlite in a directory of ours. Both speak the same SQL, so everything
 * above this file is written once.
 */
import { mkdir } from 'node:fs/promises'
import { CamelCasePlugin, Kysely, PGliteDialect, PostgresDialect } from 'kysely'
import pg from 'pg'
import { fromPglite, PgBoss } from 'pg-boss'
import { lockDirectory } from './directory-lock.ts'
import { PreparingClient } from './preparing-client.ts'
import type { Tables } from './tables.ts'

export interface Database {
  readonly kysely: Kysely<Tables>
  readonly boss: PgBoss
  /** Whether this process is the only one that can use the database. */
  readonly exclusive: boolean
  /** Runs several statements, without parameters. */
  exec(statements: string): Promise<void>
  close(): Promise<void>
}

const PLUGINS = [new CamelCasePlugin({ maintainNestedObjectKeys: true })]
const INT8 = 20

/** A job whose process died blocks its key until its heartbeat is missed (see `queue.ts`): how often that is looked for, in seconds. */
const BOSS_OPTIONS = { superviseIntervalSeconds: 5, monitorIntervalSeconds: 5, useListenNotify: true } as const

/**
 * A process that is held, or whose machine is gone, in the middle of a transaction would hold its locks for hours, and with them
 * whoever is to go on in its place. It is taken for dead as soon as by its heartbeat.
 */
const IDLE_IN_TRANSACTION_MS = 10_000

/** @param url `postgres://user:password@host:port/database`; passwords are never logged. */
export async function openPostgres(url: string): Promise<Database> {
  const types: pg.CustomTypesConfig = {
    getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)),
  }
  const pool = new pg.Pool({
    Client: PreparingClient,
    connectionString: url,
    max: 8,
    types,
    connectionTimeoutMillis: 5_000,
    onConnect: async (client) => {
      // One that breaks while a transaction has it ends nothing but that: its next query reports the fault.
      client.on('error', () => {})
      await client.query(`set idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`)
    },
  })
  // Without a listener a connection that breaks while idle would end the process; the next query reports the fault.
  pool.on('error', () => {})
  const boss = new PgBoss({ connectionString: url, max: 4, ...BOSS_OPTIONS })
  return {
    kysely: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), plugins: PLUGINS }),
    boss,
    exclusive: false,
    async exec(statements) {
      await pool.query(statements)
    },
    close: () => pool.end(),
  }
}

/** @param directory where the data is kept; null: in memory, gone at the end. */
export async function openPglite(directory: string | null): Promise<Database> {
  const unlock = directory === null ? async () => {} : await makeDirectory(directory)
  // Loaded where it is needed: it is large, and who has a server never needs it.
  const { PGlite } = await import('@electric-sql/pglite')
  const pglite = directory === null ? new PGlite() : new PGlite(`${directory}/pglite`)
  await pglite.waitReady
  return {
    kysely: new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }), plugins: PLUGINS }),
    boss: new PgBoss({ db: fromPglite(pglite), backend: 'pglite', ...BOSS_OPTIONS }),
    exclusive: true,
    async exec(statements) {
      await pglite.exec(statements)
    },
    async close() {
      await pglite.close()
      await unlock()
    },
  }
}

async function makeDirectory(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  return lockDirectory(directory)
}
