import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPglite } from '../../src/adapters/store/database.ts'
import { lockDirectory } from '../../src/adapters/store/directory-lock.ts'
import { decideRun } from '../../src/domain/decide-run.ts'
import type { NewRun, StartRequest, Store } from '../../src/ports.ts'
import {
  later,
  makeLegPlan,
  makeObservation,
  makePullRequestTrigger,
  makeRunPlan,
  NEWER_SHA,
  NOW,
  SHA,
} from '../support/facts.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { makeStart, openTestStore, watchJobs } from '../support/stores.ts'

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const BACKENDS: [string, () => Promise<Store>][] = [
  ['PGlite', () => openTestStore()],
  ['PostgreSQL', async () => openTestStore({ databaseUrl: await postgres.createDatabase('store') })],
]

describe.each(BACKENDS)('the store on %s', (_name, open) => {
  let store: Store
  let number = 100

  beforeAll(async () => {
    store = await open()
  })
  afterAll(() => store.close())

  /** A pull request of its own for each test, so that they do not see one another. */
  function request(overrides: Partial<StartRequest> = {}): StartRequest {
    number++
    return {
      trigger: makePullRequestTrigger({ number }),
      triggerKey: `pull_request ${number} ${SHA} main`,
      trusted: true,
      installationId: number,
      runs: [{ plan: twoLegs, problem: null, verdict: null }],
      supersede: () => [],
      goodGates: null,
      ...overrides,
    }
  }
  const twoLegs = makeRunPlan(
    [makeLegPlan({ job: 'app' }), makeLegPlan({ job: 'test', needs: ['docker / app'] })],
    [{ id: 'tests', name: 'Tests', needs: ['docker / test'] }],
  )

  async function started(overrides: Partial<StartRequest> = {}): Promise<string> {
    const [id] = (await store.runs.startRuns(request(overrides))).started
    if (id === undefined) throw new Error('nothing was started')
    return id
  }

  const start = async (asked: StartRequest) => (await store.runs.startRuns(asked)).started

  async function load(id: string) {
    const run = await store.runs.loadRun(id, NOW)
    if (run === null) throw new Error(`no run ${id}`)
    return run
  }

  test('keeps a run as it was planned', async () => {
    const run = await load(await started())
    expect(run).toMatchObject({ pipeline: 'docker', open: true, cancel: null, problem: null, trusted: true, now: NOW })
    expect(run.legs.map((leg) => leg.plan)).toEqual(twoLegs.legs)
    expect(run.gates.map((gate) => gate.plan)).toEqual(twoLegs.gates)
    expect(run.legs.map((leg) => leg.id)).toEqual([`${run.id}-0`, `${run.id}-1`])
  })

  test('starts the same trigger once, also when asked at the same time', async () => {
    const same = request()
    const ids = await Promise.all([1, 2, 3].map(() => start(same)))
    expect(ids.flat()).toHaveLength(1)
    expect(await start(same)).toEqual([])
  })

  test('starts a trigger again after the pull request moved away and came back', async () => {
    const same = request()
    const [first = ''] = await start(same)
    await store.runs.cancelRuns([{ runId: first, reason: { kind: 'closed' } }])
    const [second] = await start(same)
    expect(second).toBeDefined()
    expect(second).not.toBe(first)
  })

  test('does not start a trigger again that a person cancelled', async () => {
    const same = request()
    const [first = ''] = await start(same)
    await store.runs.cancelRuns([{ runId: first, reason: { kind: 'requested', by: 'ann' } }])
    expect(await start(same)).toEqual([])
  })

  test('plans again what a broken configuration kept from being planned', async () => {
    const plan = makeRunPlan([], [{ id: 'config', name: 'c', needs: [] }])
    const broken: NewRun = { plan, problem: 'broken', verdict: null }
    const same = request({ runs: [broken] })
    const first = await start(same)
    expect(await start(same)).toEqual([])
    const second = await start({ ...same, runs: [{ ...broken, problem: 'broken otherwise' }] })
    const judged = await start({ ...same, runs: [{ ...broken, problem: null }] })
    expect(await start({ ...same, runs: [{ ...broken, problem: null }] })).toEqual([])
    const brokenAfter = await start({ ...same, runs: [{ ...broken, problem: 'half \uD800 of a\0 character' }] })
    expect(await start({ ...same, runs: [{ ...broken, problem: 'half \uD800 of a\0 character' }] })).toEqual([])
    expect(new Set([...first, ...second, ...judged, ...brokenAfter]).size).toBe(4)
  })

  test('supersedes in the same transaction, and keeps the first reason', async () => {
    const old = await started()
    await started({ supersede: () => [{ runId: old, reason: { kind: 'superseded', newerSha: NEWER_SHA } }] })
    await store.runs.cancelRuns([{ runId: old, reason: { kind: 'closed' } }])
    expect((await load(old)).cancel).toEqual({ kind: 'superseded', newerSha: NEWER_SHA })
  })

  test('finds open runs of a pull request, until they are concluded', async () => {
    const id = await started()
    const run = await load(id)
    const open = () => store.runs.openRunsOf(run.trigger.repo.id, number)
    expect(await open()).toEqual([id])
    await store.runs.concludeRun(id, 'success', NOW)
    expect(await open()).toEqual([])
    expect((await load(id)).open).toBe(false)
    await store.runs.reopenRun(id)
    expect((await load(id)).open).toBe(true)
  })

  test('finds the run of a leg or gate in its own repository only', async () => {
    const id = await started()
    expect(await store.runs.findRunOf(1, `${id}-1`)).toBe(id)
    expect(await store.runs.findRunOf(1, `${id}-g0`)).toBe(id)
    expect(await store.runs.findRunOf(2, `${id}-1`)).toBeNull()
    expect(await store.runs.findRunOf(1, "'; drop table runs; --")).toBeNull()
  })

  async function intended(): Promise<{ id: string; attempt: string }> {
    const id = await started()
    await store.runs.intendAttempts(id, [{ id: `${id}-0.1`, legId: `${id}-0`, number: 1, repeats: null }], NOW)
    return { id, attempt: `${id}-0.1` }
  }
  const attemptOf = async (id: string) => (await load(id)).legs[0]?.attempts[0]
  let nextWorkflowRun = 0
  const newWorkflowRun = () => ++nextWorkflowRun + 5_000_000_000

  test('records an intent before, and the outcome after the dispatch', async () => {
    const { id, attempt } = await intended()
    expect(await attemptOf(id)).toMatchObject({
      id: attempt,
      outcome: 'intended',
      intendedAt: NOW,
      workflowRunId: null,
    })
    const workflowRunId = newWorkflowRun()
    await store.runs.recordDispatch(attempt, { kind: 'dispatched', workflowRunId, url: 'https://github.test/1' }, null)
    expect(await attemptOf(id)).toMatchObject({ outcome: 'dispatched', workflowRunId, url: 'https://github.test/1' })
  })

  test('an attempt is dispatched by one of two workers, and once more by one of them', async () => {
    const { id, attempt } = await intended()
    const intend = (repeats: Date | null, now: Date) =>
      store.runs.intendAttempts(id, [{ id: attempt, legId: `${id}-0`, number: 1, repeats }], now)
    expect(await intend(null, later(1))).toEqual(new Set())
    expect(await attemptOf(id)).toMatchObject({ intendedAt: NOW })
    expect(await intend(NOW, later(20))).toEqual(new Set([attempt]))
    expect(await intend(NOW, later(21))).toEqual(new Set())
    expect(await attemptOf(id)).toMatchObject({ intendedAt: later(20) })
  })

  test('a run on another base is of the past, also when it is over or a person cancelled it', async () => {
    const same = request()
    const [first = ''] = await start(same)
    await store.runs.concludeRun(first, 'failure', NOW)
    const reason = { kind: 'base_changed', baseRef: 'dev' } as const
    const other = { ...same, triggerKey: `${same.triggerKey} dev`, supersede: () => [{ runId: first, reason }] }
    expect(await start(other)).toHaveLength(1)
    expect((await load(first)).cancel).toEqual(reason)
    expect(await start(same)).toHaveLength(1)
  })

  test('a re-run is open at once', async () => {
    const id = await started()
    await store.runs.concludeRun(id, 'failure', NOW)
    await store.runs.rerunLegs(id, [`${id}-0`])
    expect((await load(id)).open).toBe(true)
  })

  test('a webhook that came before the reply is not overwritten by it', async () => {
    const { id, attempt } = await intended()
    const workflowRunId = newWorkflowRun()
    const observation = makeObservation({ workflowRunId, title: `${attempt} app`, status: 'in_progress' })
    expect(await store.runs.recordObservations(1, [observation])).toEqual([id])
    await store.runs.recordDispatch(attempt, { kind: 'dispatched', workflowRunId: null, url: null }, null)
    expect(await attemptOf(id)).toMatchObject({ outcome: 'dispatched', workflowRunId, status: 'in_progress' })
  })

  test('refused, deferred and unknown dispatches', async () => {
    const refused = await intended()
    await store.runs.recordDispatch(refused.attempt, { kind: 'refused', status: 404, message: 'x' }, 'gone')
    expect(await attemptOf(refused.id)).toMatchObject({ outcome: 'refused', refusal: 'gone' })
    const deferred = await intended()
    await store.runs.recordDispatch(deferred.attempt, { kind: 'deferred', retryAfterMs: 1, message: 'x' }, null)
    expect(await attemptOf(deferred.id)).toBeUndefined()
    const unknown = await intended()
    await store.runs.recordDispatch(unknown.attempt, { kind: 'unknown', message: 'x' }, null)
    await store.runs.recordSearch(unknown.attempt, later(1))
    expect(await attemptOf(unknown.id)).toMatchObject({ outcome: 'intended', searchedAt: later(1) })
    await store.runs.giveUpAttempt(unknown.attempt)
    expect(await attemptOf(unknown.id)).toMatchObject({ outcome: 'lost' })
  })

  test('an older word never replaces a newer one', async () => {
    const { id, attempt } = await intended()
    const workflowRunId = newWorkflowRun()
    const say = (observation: Parameters<typeof makeObservation>[0]) =>
      store.runs.recordObservations(1, [makeObservation({ workflowRunId, title: `${attempt} app`, ...observation })])
    expect(await say({ status: 'completed', conclusion: 'failure', updatedAt: later(9) })).toEqual([id])
    expect(await say({ status: 'in_progress' })).toEqual([])
    expect(await say({ status: 'completed', conclusion: 'success' })).toEqual([])
    expect(await attemptOf(id)).toMatchObject({ status: 'completed', conclusion: 'failure', completedAt: later(9) })
    await store.runs.recordCancelRequest(attempt, later(10))
    // A re-run at GitHub is newer, whatever its status, and has its time before it again.
    expect(await say({ runAttempt: 2, status: 'in_progress', startedAt: later(20) })).toEqual([id])
    expect(await attemptOf(id)).toMatchObject({
      status: 'in_progress',
      conclusion: null,
      completedAt: null,
      startedAt: later(20),
    })
    expect(await attemptOf(id)).toMatchObject({ intendedAt: later(20), cancelRequestedAt: null, cancelRequests: 0 })
  })

  test("another repository's workflow run cannot pass for an attempt of this one", async () => {
    const { id, attempt } = await intended()
    const forged = makeObservation({
      workflowRunId: newWorkflowRun(),
      title: attempt,
      status: 'completed',
      conclusion: 'success',
    })
    expect(await store.runs.recordObservations(2, [forged])).toEqual([])
    expect(await attemptOf(id)).toMatchObject({ outcome: 'intended', status: null })
  })

  test('failed jobs are kept once, and only those of the latest attempt count', async () => {
    const { id, attempt } = await intended()
    const workflowRunId = newWorkflowRun()
    await store.runs.recordDispatch(attempt, { kind: 'dispatched', workflowRunId, url: null }, null)
    await store.runs.recordObservations(1, [makeObservation({ workflowRunId, status: 'in_progress' })])
    const job = { id: 5, name: 'unit', url: 'https://github.test/jobs/5', runAttempt: 1 }
    await store.runs.recordFailedJob(1, workflowRunId, job)
    await store.runs.recordFailedJob(1, workflowRunId, job)
    await store.runs.recordFailedJob(2, workflowRunId, { ...job, id: 6 })
    expect((await attemptOf(id))?.failedJobs).toEqual([job])
    await store.runs.recordObservations(1, [makeObservation({ workflowRunId, runAttempt: 2 })])
    expect((await attemptOf(id))?.failedJobs).toEqual([])
  })

  test('a re-run counts attempts anew and lifts a cancellation by a person only', async () => {
    const { id } = await intended()
    await store.runs.cancelRuns([{ runId: id, reason: { kind: 'requested', by: 'ann' } }])
    await store.runs.rerunLegs(id, [`${id}-0`])
    const run = await load(id)
    expect(run.cancel).toBeNull()
    expect(run.legs.map((leg) => leg.firstAttempt)).toEqual([2, 1])
    await store.runs.cancelRuns([{ runId: id, reason: { kind: 'closed' } }])
    await store.runs.rerunLegs(id, [])
    expect((await load(id)).cancel).toEqual({ kind: 'closed' })
  })

  test('a vanished workflow run counts as completed without success', async () => {
    const { id, attempt } = await intended()
    await store.runs.recordVanished(attempt, later(3))
    expect(await attemptOf(id)).toMatchObject({ status: 'completed', conclusion: 'deleted', completedAt: later(3) })
  })

  test('an abandoned run is over: nothing of it is live, and it can be started again', async () => {
    const { id } = await intended()
    await store.runs.abandonRuns([id], later(3))
    const run = await load(id)
    expect(run).toMatchObject({ open: false, cancel: { kind: 'uninstalled' } })
    expect(run.legs[0]?.attempts[0]).toMatchObject({
      status: 'completed',
      conclusion: 'abandoned',
      completedAt: later(3),
    })
    expect(decideRun(run).actions.map((action) => action.kind)).not.toContain('reopen_run')
  })

  test('check runs: intent, record, forget', async () => {
    const id = await started()
    await store.runs.intendChecks(id, [`${id}-0`, `${id}-g0`])
    expect((await load(id)).legs[0]?.check).toMatchObject({ nodeId: null, digest: null })
    await store.runs.recordChecks([{ subjectId: `${id}-0`, nodeId: 'CR_1', digest: 'd', annotated: 'a' }])
    await store.runs.intendChecks(id, [`${id}-0`])
    expect((await load(id)).legs[0]?.check).toEqual({ nodeId: 'CR_1', digest: 'd', annotated: 'a' })
    await store.runs.recordChecks([{ subjectId: `${id}-0`, nodeId: 'CR_1', digest: 'e', annotated: null }])
    expect((await load(id)).legs[0]?.check).toEqual({ nodeId: 'CR_1', digest: 'e', annotated: 'a' })
    await store.runs.forgetChecks([`${id}-g0`])
    expect((await load(id)).gates[0]?.check).toBeNull()
  })

  test('cancel requests are counted', async () => {
    const { id, attempt } = await intended()
    await store.runs.recordCancelRequest(attempt, later(1))
    await store.runs.recordCancelRequest(attempt, later(2))
    expect(await attemptOf(id)).toMatchObject({ cancelRequestedAt: later(2), cancelRequests: 2 })
  })

  test('the mark to compare with GitHub is taken once', async () => {
    const id = await started()
    expect(await store.runs.enqueueReconcile()).toBeGreaterThan(0)
    expect(await store.runs.takeReconcileMark(id)).toBe(true)
    expect(await store.runs.takeReconcileMark(id)).toBe(false)
  })

  test('runs of a commit, and of one kind of trigger', async () => {
    const id = await started()
    expect(await store.runs.runsOfCommit(1, SHA)).toContain(id)
    expect(await store.runs.runsOfCommit(1, SHA, 'merge_group')).toEqual([])
    expect(await store.runs.openRunIds({ installationId: number })).toEqual([id])
  })

  test('deliveries keep their bytes, and a finished one stays finished', async () => {
    const body = new Uint8Array([123, 0, 255, 10, 125])
    await store.deliveries.saveDeliveries([
      { id: 'd-1', event: 'push', body },
      { id: 'd-1', event: 'push', body },
    ])
    expect(await store.deliveries.loadDelivery('d-1')).toMatchObject({ event: 'push', state: 'received' })
    expect([...((await store.deliveries.loadDelivery('d-1'))?.body ?? [])]).toEqual([...body])
    await store.deliveries.finishDelivery('d-1', { state: 'failed', note: 'x' })
    await store.deliveries.saveDeliveries([{ id: 'd-1', event: 'push', body }])
    expect(await store.deliveries.loadDelivery('d-1')).toMatchObject({ state: 'received' })
    await store.deliveries.finishDelivery('d-1', { state: 'done', note: null })
    await store.deliveries.saveDeliveries([{ id: 'd-1', event: 'push', body }])
    expect(await store.deliveries.loadDelivery('d-1')).toMatchObject({ state: 'done' })
    expect(await store.deliveries.knownDeliveries(['d-1', 'd-2'])).toEqual(new Set(['d-1']))
    expect(await store.deliveries.loadDelivery('d-2')).toBeNull()
  })

  test('old deliveries are removed, unless they are not finished', async () => {
    const body = new Uint8Array([1])
    await store.deliveries.saveDeliveries([
      { id: 'old-done', event: 'push', body },
      { id: 'old-open', event: 'push', body },
    ])
    await store.deliveries.finishDelivery('old-done', { state: 'done', note: null })
    await store.deliveries.removeDeliveriesBefore(new Date(Date.now() + 60_000))
    expect(await store.deliveries.knownDeliveries(['old-done', 'old-open'])).toEqual(new Set(['old-open']))
  })

  test('installations and the gates of the last good configuration', async () => {
    await store.installations.saveInstallation({ id: 3, account: 'acme', suspended: false })
    await store.installations.saveInstallation({ id: 3, account: 'acme', suspended: true })
    expect(await store.installations.getInstallation(3)).toEqual({ id: 3, account: 'acme', suspended: true })
    await store.installations.removeInstallation(3)
    expect(await store.installations.getInstallation(3)).toBeNull()
    const gates = [{ id: 'tests', name: 'Tests', needs: [] }]
    await started({ goodGates: gates })
    await started()
    expect(await store.installations.lastGoodGates(1)).toEqual(gates)
    expect(await store.installations.lastGoodGates(404)).toEqual([])
  })

  test('carries out jobs: each key one at a time, coalesced, and again after a fault', async () => {
    const handled: string[] = []
    let atWork = 0
    let most = 0
    let faults = 1
    await store.work({
      async delivery(id) {
        handled.push(id)
        if (id === 'job-2' && faults-- > 0) throw new Error('once')
        await store.deliveries.finishDelivery(id, { state: 'done', note: null })
      },
      sweep: async () => {},
      deliveryFailed: async () => {},
      async run() {
        most = Math.max(most, ++atWork)
        await new Promise((resolve) => setTimeout(resolve, 20))
        atWork--
      },
      pullRequest: async () => {},
      reconcile: async () => {},
    })
    const body = new Uint8Array([1])
    await store.deliveries.saveDeliveries(['job-1', 'job-2'].map((id) => ({ id, event: 'push', body })))
    const id = await started()
    for (let i = 0; i < 5; i++) await store.runs.enqueueRun(id)
    await store.runs.wakeRun(id, new Date())
    await expect.poll(() => handled.filter((one) => one === 'job-2').length, { timeout: 15_000 }).toBe(2)
    expect(handled.filter((one) => one === 'job-1')).toHaveLength(1)
    // Those of a burst too, each once: whether it was stored alone, with few or with many.
    const bursts = [1, 4, 5, 40].map((size) => Array.from({ length: size }, (_, index) => `burst-${size}-${index}`))
    for (const ids of bursts) await store.deliveries.saveDeliveries(ids.map((id) => ({ id, event: 'push', body })))
    const ofBursts = () => handled.filter((one) => one.startsWith('burst-')).sort()
    await expect.poll(ofBursts, { timeout: 15_000 }).toEqual(bursts.flat().sort())
    expect(most).toBeGreaterThan(0)
    await store.drain()
  })
})

describe('the data directory', () => {
  test('belongs to one process; that of a dead one is taken over', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'signalbox-data-'))
    const unlock = await lockDirectory(directory)
    await expect(lockDirectory(directory)).rejects.toThrow(/is in use by another Signalbox/)
    await unlock()
    // What a killed process leaves: a socket that nobody listens on.
    const script = `require('node:net').createServer().listen(${JSON.stringify(join(directory, 'signalbox.sock'))}, () => process.kill(process.pid, 'SIGKILL'))`
    await execa(process.execPath, ['-e', script], { reject: false })
    expect(existsSync(join(directory, 'signalbox.sock'))).toBe(true)
    const again = await lockDirectory(directory)
    await expect(lockDirectory(directory)).rejects.toThrow(/is in use/)
    await again()
    await rm(directory, { recursive: true })
  })

  test('with a path that is too long for its lock is refused in words', async () => {
    await expect(lockDirectory(join(tmpdir(), 'x'.repeat(120)))).rejects.toThrow(/too long for the lock/)
  })

  test('of a killed process: its jobs at work are done again, of runs and pull requests that are over too', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'signalbox-data-'))
    const data = join(directory, 'data')
    const open = () => openTestStore({ dataDirectory: data })
    const first = await open()
    const start = makeStart(7, makeRunPlan([makeLegPlan()]))
    const [runId = ''] = (await first.runs.startRuns(start)).started
    await first.runs.concludeRun(runId, 'success', NOW)
    await first.pullRequests.close(1, 7, true)
    await first.runs.wakeRun(runId, NOW)
    await first.close()
    const database = await openPglite(data)
    await database.exec(`update pgboss.job set state = 'active', started_on = now(), heartbeat_on = now()`)
    // One of the same key that waits already does for both.
    await database.exec(`insert into pgboss.job (name, data, singleton_key, policy)
      select name, data, singleton_key, policy from pgboss.job where name = 'run' and state = 'active' limit 1`)
    await database.close()
    const second = await open()
    const seen = await watchJobs(second)
    await expect.poll(() => seen.pullRequests, { timeout: 8_000 }).toEqual(['1#7'])
    await expect.poll(() => seen.runs, { timeout: 8_000 }).toContain(runId)
    await second.close()
    await rm(directory, { recursive: true })
  }, 30_000)

  test('of a store that is closed can be opened again, with what is in it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'signalbox-data-'))
    const open = () => openTestStore({ dataDirectory: directory })
    const first = await open()
    await first.installations.saveInstallation({ id: 3, account: 'acme', suspended: false })
    await first.close()
    const second = await open()
    expect(await second.installations.getInstallation(3)).toMatchObject({ account: 'acme' })
    await second.close()
    await rm(directory, { recursive: true })
  })
})
