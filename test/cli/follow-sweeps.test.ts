/** A command that follows what a running server sweeps: a real store and real HTTP; what sweeps is the test's own. */
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { openStore } from '../../src/adapters/store/open-store.ts'
import { type RunningServer, startServer } from '../../src/app/server.ts'
import { makeSweepWatch, type WatchedProgress } from '../../src/app/sweep-watch.ts'
import { followSweeps } from '../../src/cli/sweep/follow-sweeps.ts'
import { connectSweepServer } from '../../src/cli/sweep/sweep-server.ts'
import type { SweepKind, SweepReport } from '../../src/domain/sweep.ts'
import type { SweepJournal } from '../../src/ports/sweeps.ts'
import type { Store } from '../../src/ports.ts'

const SECRET = 'a secret of the tests'
const watch = makeSweepWatch()
const nothing = async () => {}
const PATIENT = { timeout: 20_000, interval: 20 }

let store: Store
let server: RunningServer
/** What the worker does with the next sweep. */
let sweep: () => Promise<void>
let repoId = 0

const subject = () => ({
  repo: { id: repoId, nodeId: `R_${repoId}`, owner: 'acme', name: `shop-${repoId}`, defaultBranch: 'main' },
  installationId: 3,
})

function serve(port: number): Promise<RunningServer> {
  return startServer({
    host: '127.0.0.1',
    port,
    webhookPath: null,
    webhookSecret: SECRET,
    sweepWatch: watch,
    store,
    log: pino({ level: 'silent' }),
    isReady: () => true,
  })
}

beforeAll(async () => {
  store = await openStore({ databaseUrl: null, dataDirectory: null, onError: () => {} })
  await store.work({
    delivery: nothing,
    deliveryFailed: nothing,
    run: nothing,
    pullRequest: nothing,
    reconcile: nothing,
    sweep: (key) => (key.startsWith('follow:') ? nothing() : sweep()),
  })
  server = await serve(0)
})
beforeEach(() => {
  repoId++
})
afterAll(async () => {
  await server.stop()
  await store.close()
})

function follow(kind: SweepKind, targets: readonly (string | null)[] = [null]) {
  const env = { HOST: '127.0.0.1', PORT: String(server.port), WEBHOOK_SECRET: SECRET }
  const told: (WatchedProgress | null)[] = []
  const tell = (progress: WatchedProgress | null) => told.push(progress)
  const connected = connectSweepServer(env, './data')
  let unanswered = 0
  const standing: typeof connected.standing = (...asked) =>
    connected.standing(...asked).catch((error: unknown) => {
      unanswered++
      throw error
    })
  const reports = followSweeps({ server: { ...connected, standing }, kind, subject: subject(), targets, tell })
  return { reports, told, unanswered: () => unanswered }
}

function open(kind: SweepKind, target: string | null = null): Promise<SweepJournal> {
  return store.sweeps.open(subject(), kind, target, new Date())
}

async function finish(journal: SweepJournal, kind: SweepKind, target: string | null = null): Promise<void> {
  const report: SweepReport = {
    id: journal.id,
    kind,
    repo: subject().repo,
    target,
    dryRun: false,
    state: 'done',
    stopped: null,
    startedAt: journal.startedAt,
    endedAt: new Date(),
    spent: { requests: 1, points: 0 },
    decisions: [],
    outcomes: [],
    problems: [],
  }
  await journal.finish(report)
}

test('it tells how far the sweep is, and gives the report', { timeout: 60_000 }, async () => {
  const mayEnd = Promise.withResolvers<void>()
  let id: string | null = null
  sweep = async () => {
    const journal = await open('runs')
    id = journal.id
    const watched = watch.start(id, () => ({ requests: 2, points: 0 }))
    await mayEnd.promise
    watched.end()
    await finish(journal, 'runs')
  }
  const { reports, told } = follow('runs')
  await vi.waitFor(() => expect(told).toContainEqual({ done: 0, of: null, spent: { requests: 2, points: 0 } }), PATIENT)
  mayEnd.resolve()
  expect(await reports).toMatchObject([{ id, state: 'done', endedAt: expect.any(Date) }])
})

test('one for each target, also when they end one after the other', { timeout: 60_000 }, async () => {
  const mayEnd = Promise.withResolvers<void>()
  const isOneDone = Promise.withResolvers<void>()
  sweep = async () => {
    await finish(await open('images', 'ghcr.io/acme/a'), 'images', 'ghcr.io/acme/a')
    isOneDone.resolve()
    await mayEnd.promise
    await finish(await open('images', 'ghcr.io/acme/b'), 'images', 'ghcr.io/acme/b')
  }
  const { reports, told } = follow('images', ['ghcr.io/acme/b', 'ghcr.io/acme/a'])
  await isOneDone.promise
  const soFar = told.length
  await vi.waitFor(() => expect(told.length).toBeGreaterThan(soFar + 1), PATIENT)
  mayEnd.resolve()
  expect((await reports).map(({ target }) => target)).toEqual(['ghcr.io/acme/b', 'ghcr.io/acme/a'])
})

test('one that is due later is carried out now', { timeout: 60_000 }, async () => {
  await store.sweeps.enqueue('runs', repoId, new Date(Date.now() + 3_600_000))
  sweep = async () => finish(await open('runs'), 'runs')
  expect(await follow('runs').reports).toMatchObject([{ state: 'done' }])
  await vi.waitFor(async () => expect((await store.sweeps.standing('runs', repoId)).isAwaited).toBe(false), PATIENT)
})

test('a sweep that the server gives up has no report; an older one is none', { timeout: 60_000 }, async () => {
  await finish(await open('stale'), 'stale')
  sweep = nothing
  await expect(follow('stale').reports).rejects.toThrow(
    `The running server gave the sweep of acme/shop-${repoId} up; its log says why.`,
  )
})

test('a server that is started anew meanwhile is waited for', { timeout: 60_000 }, async () => {
  const mayEnd = Promise.withResolvers<void>()
  const isBegun = Promise.withResolvers<void>()
  sweep = async () => {
    const journal = await open('stale')
    isBegun.resolve()
    await mayEnd.promise
    await finish(journal, 'stale')
  }
  const { reports, unanswered } = follow('stale')
  await isBegun.promise
  await server.stop()
  mayEnd.resolve()
  await vi.waitFor(() => expect(unanswered()).toBeGreaterThan(1), PATIENT)
  server = await serve(server.port)
  expect(await reports).toMatchObject([{ kind: 'stale', state: 'done' }])
})
