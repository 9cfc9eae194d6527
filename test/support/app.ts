/** Signalbox as a user runs it, against the sandbox: real HTTP, real signatures, a real database. */
import { type Logger, pino } from 'pino'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { sandboxEnvironment } from '../../src/cli/sandbox-environment.ts'
import { type Serving, serve } from '../../src/cli/serve.ts'
import { type RunnerScript, type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'

export interface TestApp {
  readonly github: Sandbox
  readonly serving: Serving
  /** Where webhooks are taken in. */
  readonly url: string
  /** `owner/name` → how its workflow runs go; others succeed at once. */
  readonly runners: Map<string, RunnerScript>
  stop(): Promise<void>
}

export interface TestAppOptions {
  readonly sandbox?: SandboxOptions
  /** Default: PGlite in memory. */
  readonly databaseUrl?: string
  /** Beside what every installation sets. */
  readonly env?: NodeJS.ProcessEnv | ((github: Sandbox) => NodeJS.ProcessEnv)
  /** Default: silent, unless TEST_LOG names a level. */
  readonly log?: Logger
}

/** One app for all tests of a file. At its end, everything that was said at GitHub was as GitHub has it. */
export function useApp(options: TestAppOptions = {}): TestApp {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(options)
  })
  afterEach(() => app.github.faults.clear())
  afterAll(async () => {
    await app.github.settle()
    app.github.assertConforms()
    await app.stop()
  })
  return {
    get github() {
      return app.github
    },
    get serving() {
      return app.serving
    },
    get url() {
      return app.url
    },
    get runners() {
      return app.runners
    },
    stop: () => app.stop(),
  }
}

export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const runners = new Map<string, RunnerScript>()
  const runner: RunnerScript = (run) => runners.get(run.repo)?.(run) ?? {}
  const github = await startSandbox({ validateReplies: true, runner, ...options.sandbox })
  const { env = {}, log = makeTestLog() } = options
  const more = typeof env === 'function' ? env(github) : env
  const serving = await serve({ ...makeEnv(github, options.databaseUrl), ...more }, log)
  const url = `http://127.0.0.1:${serving.port}/api/github/webhooks`
  github.setWebhook({ url })
  return {
    github,
    serving,
    url,
    runners,
    async stop() {
      await serving.stop()
      await github.stop()
    },
  }
}

export function makeEnv(github: Sandbox, databaseUrl = ''): NodeJS.ProcessEnv {
  // Registries of tests are on this machine, at whatever port.
  return { ...sandboxEnvironment(github, ':memory:', databaseUrl), SIGNALBOX_INSECURE_REGISTRIES: '127.0.0.1' }
}

/** Silent, unless TEST_LOG names a level. */
export function makeTestLog() {
  return pino({ level: process.env.TEST_LOG ?? 'silent' })
}
