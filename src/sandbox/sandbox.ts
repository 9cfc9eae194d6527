/**
 * A local stand-in for GitHub: REST under `/api/v3`, GraphQL under `/api/graphql`, its container registry under `/v2/`,
 * signed webhooks out, over real HTTP on loopback. It keeps state, checks who asks, and refuses what GitHub refuses; only the runner is simulated.
 */
import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { makeActs } from './acts.ts'
import { makeReplyChecker } from './conformity.ts'
import type { Faults } from './faults.ts'
import { listen } from './http/server.ts'
import type { SandboxOptions } from './options.ts'
import { makeState, type SandboxState } from './sandbox-state.ts'
import { settle, until, type WaitOptions } from './settle.ts'
import { closeConnections } from './webhooks/deliver.ts'
import { makeWorld } from './world.ts'

export type { RunnerScript, RunScript, SandboxOptions, ScriptedRun } from './options.ts'

export interface Sandbox extends ReturnType<typeof makeActs> {
  /** `127.0.0.1:PORT`: what GHE_HOST is set to, with GHE_PROTOCOL=http. Images are `127.0.0.1:PORT/owner/name`. */
  readonly host: string
  /** `http://127.0.0.1:PORT/api/v3`: what an Octokit's `baseUrl` is set to. */
  readonly baseUrl: string
  readonly app: {
    readonly id: number
    readonly slug: string
    readonly clientId: string
    /** PEM. */
    readonly privateKey: string
    readonly webhookSecret: string
  }
  readonly state: SandboxState
  readonly faults: Faults
  /** With `validateReplies`: every reply, and every request body, that GitHub's description does not allow. */
  readonly violations: readonly string[]
  /** Throws what `violations` holds, if anything. */
  assertConforms(): void
  /** Nothing on its way and nothing due, for 50 ms on end; hung runs do not count. */
  settle(options?: WaitOptions & { readonly quietMs?: number }): Promise<void>
  /** Resolves once `isSo()`; rejects, with `what`, after 45 s. */
  until(what: string, isSo: () => boolean, options?: WaitOptions): Promise<void>
  /** Calls `watch` after every change; returns what ends it. */
  onChange(watch: () => void): () => void
  stop(): Promise<void>
}

async function makePrivateKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const privateKey = options.app?.privateKey ?? (await makePrivateKey())
  const world = makeWorld(options, privateKey)
  const check = options.validateReplies === true ? await makeReplyChecker(world.violations) : null
  const server = await listen(world, check)
  const { id, slug, clientId } = world.app
  return {
    ...makeActs(world),
    host: world.origin.slice('http://'.length),
    baseUrl: `${world.origin}/api/v3`,
    app: { id, slug, clientId, privateKey, webhookSecret: world.webhook.secret },
    state: makeState(world),
    faults: world.faults,
    violations: world.violations,
    assertConforms() {
      if (world.violations.length > 0) throw new Error(`Not as GitHub does it:\n${world.violations.join('\n')}`)
    },
    settle: (wait) => settle(world, wait),
    until: (what, isSo, wait) => until(world, what, isSo, wait),
    onChange(watch) {
      world.watchers.add(watch)
      return () => world.watchers.delete(watch)
    },
    async stop() {
      world.stopped = true
      for (const timer of world.timers) clearTimeout(timer)
      closeConnections(world)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
