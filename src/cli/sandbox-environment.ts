/** The environment with which the app runs against the sandbox: for the demo, the tests and the benchmarks. */
import type { Sandbox } from '../sandbox/sandbox.ts'

/**
 * The same variables that an installation sets, and nothing of the environment around.
 * @param databaseUrl a PostgreSQL server; empty: PGlite in `dataDirectory`, or in memory for `:memory:`.
 */
export function sandboxEnvironment(github: Sandbox, dataDirectory: string, databaseUrl = ''): NodeJS.ProcessEnv {
  return {
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKey,
    WEBHOOK_SECRET: github.app.webhookSecret,
    GHE_HOST: github.host,
    GHE_PROTOCOL: 'http',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: databaseUrl,
    SIGNALBOX_DATA_DIR: dataDirectory,
  }
}
