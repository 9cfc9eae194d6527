/** One of the servers that `ingest.ts` compares, in a process of its own. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { pino } from 'pino'
import { createNodeMiddleware, createProbot } from 'probot'
import { openStore } from '../src/adapters/store/open-store.ts'
import { startServer } from '../src/app/server.ts'
import { SECRET, WEBHOOK_PATH } from './payload.ts'

export type ServerOrder =
  | { readonly kind: 'probot' }
  | { readonly kind: 'signalbox'; readonly databaseUrl: string | null; readonly dataDirectory: string | null }

export type ServerWord =
  | { readonly kind: 'listening'; readonly port: number }
  /** `stored`: deliveries in the database; null: this server keeps none. */
  | { readonly kind: 'stopped'; readonly stored: number | null }

interface Running {
  readonly port: number
  stop(): Promise<number | null>
}

process.once('disconnect', () => process.exit())
process.once('message', async (order: ServerOrder) => {
  const running = order.kind === 'probot' ? await startProbot() : await startSignalbox(order)
  process.once('message', async () => {
    say({ kind: 'stopped', stored: await running.stop() })
    process.disconnect()
    process.exit()
  })
  say({ kind: 'listening', port: running.port })
})

function say(word: ServerWord): void {
  process.send?.(word)
}

/** Probot as fast as it goes: its middleware alone, without the log of each request that its own server writes. */
async function startProbot(): Promise<Running> {
  const probot = createProbot({
    env: { APP_ID: '1', PRIVATE_KEY: await makePrivateKey(), WEBHOOK_SECRET: SECRET, LOG_LEVEL: 'fatal' },
  })
  const middleware = await createNodeMiddleware((app) => app.on('pull_request', () => {}), {
    probot,
    webhooksPath: WEBHOOK_PATH,
  })
  const server = createServer((request, response) => void middleware(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { port, stop: async () => null }
}

async function makePrivateKey(): Promise<string> {
  const { generateKeyPairSync } = await import('node:crypto')
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs1', format: 'pem' })
    .toString()
}

/** The web role of Signalbox: nothing works on what was accepted. */
async function startSignalbox(order: Extract<ServerOrder, { kind: 'signalbox' }>): Promise<Running> {
  const log = pino({ level: 'fatal' })
  const onError = (error: Error) => console.error(error)
  const store = await openStore({ ...order, onError })
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    webhookPath: WEBHOOK_PATH,
    webhookSecret: SECRET,
    sweepWatch: null,
    store,
    log,
    isReady: () => true,
  })
  return {
    port: server.port,
    async stop() {
      await server.stop()
      await store.close()
      return countStored(order)
    },
  }
}

/** Asked of the database itself, opened anew: what is counted was kept. */
async function countStored({ databaseUrl, dataDirectory }: Extract<ServerOrder, { kind: 'signalbox' }>) {
  const count = 'select count(*)::int as stored from deliveries'
  if (databaseUrl === null) {
    const pglite = await PGlite.create(`${dataDirectory}/pglite`)
    return (await pglite.query<{ stored: number }>(count)).rows[0]?.stored ?? null
  }
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ stored: number }>(count)
  await client.end()
  return rows[0]?.stored ?? null
}
