/** The sandbox of all tests of a file, and the app as it is connected to it without a server. */
import { pino } from 'pino'
import { createProbot } from 'probot'
import { afterAll, afterEach } from 'vitest'
import { connectApp } from '../../src/adapters/github/github.ts'
import { fetchWithTimeout, SignalboxOctokit } from '../../src/adapters/github/octokit.ts'
import type { SweepSubject } from '../../src/ports/sweeps.ts'
import type { GitHubApp } from '../../src/ports.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'

/** More requests an hour than any test makes. */
export const NO_LIMIT = { core: 1_000_000, graphql: 1_000_000 } as const

export interface ConnectedSandbox {
  readonly sandbox: Sandbox
  readonly app: GitHubApp
}

/** Ends with the tests, all of whose replies must have been as GitHub describes them; the faults of a test end with it. */
export async function useSandbox(options: SandboxOptions = {}): Promise<ConnectedSandbox> {
  const sandbox = await startSandbox({ validateReplies: true, ...options })
  afterEach(() => sandbox.faults.clear())
  afterAll(async () => {
    sandbox.assertConforms()
    await sandbox.stop()
  })
  return { sandbox, app: await connectTo(sandbox) }
}

export async function connectTo(
  sandbox: Sandbox,
  fetch: typeof fetchWithTimeout = fetchWithTimeout,
): Promise<GitHubApp> {
  const env = {
    APP_ID: String(sandbox.app.id),
    PRIVATE_KEY: sandbox.app.privateKey,
    WEBHOOK_SECRET: sandbox.app.webhookSecret,
    GHE_HOST: sandbox.host,
    GHE_PROTOCOL: 'http',
  }
  const log = pino({ level: 'silent' })
  const overrides = { log, Octokit: SignalboxOctokit, request: { fetch } }
  return connectApp(await createProbot({ env, overrides }).ready(), sandbox.app.id)
}

/** A repository as the app knows it. */
export async function findSubject(app: GitHubApp, repo: string): Promise<SweepSubject> {
  const [owner = '', name = ''] = repo.split('/')
  const installationId = await app.findInstallation({ owner, name })
  if (installationId === null) throw new Error('the app is not installed')
  const found = await (await app.forSweep(installationId)).getRepository({ owner, name })
  if (found === null) throw new Error('there is no repository')
  return { repo: found, installationId }
}
