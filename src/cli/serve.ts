/** Puts the app together: the store, Probot, the worker, the server. */
import type { Logger } from 'pino'
import { connectApp } from '../adapters/github/github.ts'
import { readCredentials } from '../adapters/registry/credentials.ts'
import { makeRegistry, readPlainHttp } from '../adapters/registry/registry.ts'
import { readTestReports } from '../adapters/reports/read-test-reports.ts'
import { openStore } from '../adapters/store/open-store.ts'
import { startServer } from '../app/server.ts'
import { makeSweepWatch } from '../app/sweep-watch.ts'
import { makeJobHandlers } from '../app/worker.ts'
import type { Store } from '../ports.ts'
import { type Environment, readEnvironment } from './environment.ts'
import { makeProbot } from './make-probot.ts'
import { readOpenImages } from './sweep/open-images.ts'

export interface Serving {
  /** Where the server listens. */
  readonly port: number
  readonly store: Store
  /** Takes nothing new, finishes what is under way, closes the store. */
  stop(): Promise<void>
}

/** @param env with the app's credentials: APP_ID, PRIVATE_KEY or PRIVATE_KEY_PATH, WEBHOOK_SECRET. */
export async function serve(env: NodeJS.ProcessEnv, log: Logger): Promise<Serving> {
  const environment = readEnvironment(env)
  if (environment.WEBHOOK_SECRET === '')
    throw new Error(
      'WEBHOOK_SECRET is not set. It must be the secret in the settings of the GitHub App; without it anybody could send webhooks.',
    )
  const store = await openStore({
    databaseUrl: environment.DATABASE_URL ?? null,
    dataDirectory: environment.SIGNALBOX_DATA_DIR === ':memory:' ? null : environment.SIGNALBOX_DATA_DIR,
    onError: (error) => log.error({ err: error }, 'the queue reports a fault'),
  }).catch((error: unknown) => {
    if (environment.DATABASE_URL === undefined) throw error
    throw new Error(`The PostgreSQL server of DATABASE_URL cannot be used: ${reasonOf(error)}.`, { cause: error })
  })
  try {
    return await startAll(env, environment, store, log)
  } catch (error) {
    await store.close()
    throw error
  }
}

async function startAll(env: NodeJS.ProcessEnv, environment: Environment, store: Store, log: Logger): Promise<Serving> {
  const clock = { now: () => new Date() }
  const stopping = new AbortController()
  let ready = true
  const role = environment.SIGNALBOX_ROLE
  const sweepWatch = makeSweepWatch()
  /** A directory that no other process can open meanwhile. */
  const isStoreOwn = environment.DATABASE_URL === undefined && environment.SIGNALBOX_DATA_DIR !== ':memory:'
  if (role !== 'web') {
    const probot = await makeProbot(env, log)
    const app = connectApp(probot, Number(environment.APP_ID))
    const registry = makeRegistry({ credentials: readCredentials(env), plainHttp: readPlainHttp(env) })
    const previewRepositories = new Set(environment.SIGNALBOX_PREVIEW_REPOSITORIES)
    const readReports = (zip: Uint8Array) => readTestReports(zip)
    const deps = { probot, app, store, clock, log, registry, readReports, previewRepositories }
    const openImages = readOpenImages(env, { onlyPublic: true })
    await store.work(makeJobHandlers({ ...deps, openImages, sweepWatch, stopping: stopping.signal }))
  }
  const server = await startServer({
    host: environment.HOST,
    port: environment.PORT,
    webhookPath: role === 'worker' ? null : environment.WEBHOOK_PATH,
    webhookSecret: environment.WEBHOOK_SECRET,
    sweepWatch: isStoreOwn ? sweepWatch : null,
    store,
    log,
    isReady: () => ready,
  })
  log.info({ role, port: server.port, store: environment.DATABASE_URL ? 'PostgreSQL' : 'PGlite' }, 'Signalbox runs')
  return {
    port: server.port,
    store,
    async stop() {
      ready = false
      stopping.abort()
      await server.stop()
      await store.drain()
      await store.close()
    },
  }
}

/** An attempt at several addresses fails with one error for each, and no words of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
