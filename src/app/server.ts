/** The web server: webhooks, health, metrics, and what commands ask while it has the store. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import type { Logger } from 'pino'
import type { Store } from '../ports.ts'
import { type Metrics, makeMetrics } from './metrics.ts'
import { SWEEP_REQUESTS_PATH } from './sweep-protocol.ts'
import { makeSweepRequestReceiver } from './sweep-requests.ts'
import type { SweepWatch } from './sweep-watch.ts'
import { makeWebhookReceiver } from './webhooks.ts'

export interface ServerOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Null: this process takes no webhooks. */
  readonly webhookPath: string | null
  readonly webhookSecret: string
  /** For what commands on this machine ask about sweeps; null: the store can be opened by them as well. */
  readonly sweepWatch: SweepWatch | null
  readonly store: Store
  readonly log: Logger
  /** Whether this process is to take requests: not while it stops. */
  readonly isReady: () => boolean
}

export interface RunningServer {
  readonly port: number
  /** Takes no new requests, and lets those under way end. */
  stop(): Promise<void>
}

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const metrics = makeMetrics()
  const receive = makeWebhookReceiver({
    secret: options.webhookSecret,
    deliveries: options.store.deliveries,
    metrics,
    log: options.log,
  })
  const answerSweeps = makeAnswerSweeps(options)
  const pages = getRequestListener(makePages(options, metrics).fetch)
  const server = createServer((request, response) => {
    if (request.method === 'POST' && isWebhookPath(options, request.url)) receive(request, response)
    else if (request.method === 'POST' && answerSweeps && request.url === SWEEP_REQUESTS_PATH)
      answerSweeps(request, response)
    else void pages(request, response)
  })
  await listen(server, options)
  const { port } = server.address() as AddressInfo
  return { port, stop: () => stop(server) }
}

function makeAnswerSweeps({ sweepWatch: watch, webhookSecret: secret, store, log }: ServerOptions) {
  if (watch === null) return null
  return makeSweepRequestReceiver({ secret, sweeps: store.sweeps, watch, clock: { now: () => new Date() }, log })
}

/** Also `/`: Probot's setup gives the bare address of the server to the GitHub App that it creates. */
function isWebhookPath({ webhookPath }: ServerOptions, url = '/'): boolean {
  const path = url.split('?', 1)[0]
  return webhookPath !== null && (path === webhookPath || path === '/')
}

function makePages(options: ServerOptions, metrics: Metrics): Hono {
  const app = new Hono()
  app.get('/healthz', (context) => context.text('ok\n'))
  app.get('/readyz', async (context) => {
    if (!options.isReady()) return context.text('stopping\n', 503)
    try {
      await options.store.ping()
      return context.text('ready\n')
    } catch (error) {
      options.log.error({ err: error }, 'the store does not answer')
      return context.text('the store does not answer; see the log\n', 503)
    }
  })
  app.get('/metrics', async (context) => {
    context.header('content-type', metrics.registry.contentType)
    return context.body(await metrics.registry.metrics())
  })
  app.get('/', (context) =>
    context.text(`Signalbox runs. GitHub sends webhooks to ${options.webhookPath ?? 'another process'}.\n`),
  )
  app.notFound((context) => context.text('Not found.\n', 404))
  return app
}

function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${port} on ${host} is in use. Set PORT to another one.`, { cause: error })
          : error,
      ),
    )
    server.listen(port, host, resolve)
  })
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}
