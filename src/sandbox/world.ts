/**
 * The sandbox's whole state, and the two things that make it move: a clock and timers. Every operation takes the
 * world first; nothing is kept in modules.
 */
import { type Faults, makeFaults } from './faults.ts'
import type { RateBuckets } from './http/rate-limit.ts'
import type { ApiRequest } from './http/request-log.ts'
import type { Account, App, Artifact, Installation, Permissions, Repository, Team } from './model.ts'
import { nodeId } from './node-id.ts'
import { DEFAULT_PERMISSIONS, KNOWN_EVENTS, type SandboxOptions } from './options.ts'
import { makePackageHost, type PackageHost } from './package-model.ts'
import type { Delivery } from './webhooks/deliver.ts'

/** What an installation token may do. */
export interface TokenGrant {
  readonly installation: Installation
  /** Null: every repository of the installation, also those added later. */
  readonly repositoryIds: ReadonlySet<number> | null
  readonly permissions: Permissions
  readonly expiresAt: Date
  /** The repository whose workflows have this as their GITHUB_TOKEN; without: the token is the app's. */
  readonly workflow?: Repository
}

export interface World {
  readonly options: SandboxOptions
  /** `http://127.0.0.1:PORT`; known once the server listens. */
  origin: string
  readonly now: () => Date
  readonly app: App
  readonly privateKey: string
  /** GitHub's own app, which owns the check runs of workflow jobs. */
  readonly actionsApp: App
  /** By slug. */
  readonly otherApps: Map<string, App>
  webhook: { readonly url: string | null; readonly secret: string }
  /** By lower-case login. */
  readonly accounts: Map<string, Account>
  readonly repositories: Map<number, Repository>
  readonly installations: Map<number, Installation>
  readonly tokens: Map<string, TokenGrant>
  readonly packageHost: PackageHost
  /** By `organisation/slug` in lower case. */
  readonly teams: Map<string, Team>
  /** Secret part of an archive's address → what it serves, and until when. */
  readonly downloads: Map<string, { readonly artifact: Artifact; readonly until: Date }>
  /** How many entries a listing of a tree has at most. */
  treeLimit: number
  readonly rateBuckets: RateBuckets
  readonly deliveries: Delivery[]
  readonly requests: ApiRequest[]
  readonly violations: string[]
  readonly faults: Faults
  readonly counters: Map<string, number>
  readonly timers: Set<NodeJS.Timeout>
  /** What `settle` waits for: webhooks on their way, steps of the runner, requests being answered. */
  readonly busy: { deliveries: number; steps: number; requests: number }
  /** Called after every change that someone may be waiting for. */
  readonly watchers: Set<() => void>
  stopped: boolean
}

/** Ids begin far apart, so that one of the wrong kind is never right by accident. */
const FIRST_IDS: Readonly<Record<string, number>> = {
  account: 1_001,
  app: 900_001,
  installation: 50_000_001,
  repository: 700_000_001,
  conversation: 2_000_000_001,
  label: 6_000_000_001,
  comment: 3_000_000_001,
  reaction: 400_000_001,
  checkRun: 40_000_000_001,
  checkSuite: 30_000_000_001,
  workflow: 100_000_001,
  workflowRun: 17_000_000_001,
  delivery: 80_000_000_001,
  labelEvent: 15_000_000_001,
  milestone: 10_000_001,
  review: 2_700_000_001,
  reviewComment: 1_900_000_001,
  artifact: 2_500_000_001,
  deployment: 1_200_000_001,
  deploymentStatus: 3_300_000_001,
  package: 9_000_001,
  packageVersion: 510_000_001,
  cache: 21_000_000_001,
  release: 170_000_001,
  layer: 1,
}

export function nextId(world: Pick<World, 'counters'>, kind: keyof typeof FIRST_IDS & string): number {
  const id = world.counters.get(kind) ?? FIRST_IDS[kind] ?? 1
  world.counters.set(kind, id + 1)
  return id
}

export function account(
  world: Pick<World, 'accounts' | 'counters'>,
  login: string,
  type: Account['type'] = login.endsWith('[bot]') ? 'Bot' : 'User',
): Account {
  const known = world.accounts.get(login.toLowerCase())
  if (known !== undefined) return known
  const id = nextId(world, 'account')
  const kind = type === 'User' ? 'user' : type === 'Bot' ? 'bot' : 'organization'
  const made: Account = { id, nodeId: nodeId(kind, id), login, type, deleted: false }
  world.accounts.set(login.toLowerCase(), made)
  return made
}

/** The account that acts for an app: `signalbox[bot]`. */
export function botOf(world: World, app: App): Account {
  return account(world, `${app.slug}[bot]`, 'Bot')
}

/** GitHub cuts longer listings of a tree short, and says so. */
export const MAX_TREE_ENTRIES = 100_000

export function makeWorld(options: SandboxOptions, privateKey: string): World {
  const now = options.now ?? (() => new Date())
  const counters = new Map<string, number>()
  const accounts = new Map<string, Account>()
  const github = account({ accounts, counters }, 'github', 'Organization')
  const slug = options.app?.slug ?? 'signalbox'
  const id = options.app?.id ?? nextId({ counters }, 'app')
  const app: App = {
    id,
    nodeId: nodeId('app', id),
    slug,
    name: slug,
    clientId: options.app?.clientId ?? `Iv23li${slug}`,
    owner: github,
    permissions: options.app?.permissions ?? DEFAULT_PERMISSIONS,
    events: options.app?.events ?? KNOWN_EVENTS,
    createdAt: now(),
  }
  return {
    options,
    origin: '',
    now,
    app,
    privateKey,
    actionsApp: { ...app, id: 15368, nodeId: nodeId('app', 15368), slug: 'github-actions', name: 'GitHub Actions' },
    otherApps: new Map(),
    webhook: { url: options.webhook?.url ?? null, secret: options.webhook?.secret ?? 'sandbox-webhook-secret' },
    accounts,
    repositories: new Map(),
    installations: new Map(),
    tokens: new Map(),
    packageHost: makePackageHost(),
    teams: new Map(),
    downloads: new Map(),
    treeLimit: options.maxTreeEntries ?? MAX_TREE_ENTRIES,
    rateBuckets: new Map(),
    deliveries: [],
    requests: [],
    violations: [],
    faults: makeFaults(),
    counters,
    timers: new Set(),
    busy: { deliveries: 0, steps: 0, requests: 0 },
    watchers: new Set(),
    stopped: false,
  }
}

export function changed(world: World): void {
  for (const watch of world.watchers) watch()
}

/** Runs `step` later, unless the sandbox has stopped by then. Returns what calls it off. */
export function after(world: World, ms: number, step: () => void): () => void {
  const timer = setTimeout(() => {
    world.timers.delete(timer)
    if (!world.stopped) step()
  }, ms)
  world.timers.add(timer)
  return () => {
    clearTimeout(timer)
    world.timers.delete(timer)
  }
}

/** Resolves after `ms`, or never once the sandbox has stopped. */
export function pause(world: World, ms: number): Promise<void> {
  return new Promise((resolve) => {
    after(world, ms, resolve)
  })
}
