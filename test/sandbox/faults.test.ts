/** Misbehaviour on demand: each fault does, and undoes, what it says. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { appClient, installationClient, NAME, type Receiver, SHOP, startReceiver, startShop, tip } from './support.ts'

let receiver: Receiver
let sandbox: Sandbox

beforeAll(async () => {
  receiver = await startReceiver()
  sandbox = (await startShop({ webhook: { url: receiver.url }, webhookTimeoutMs: 150 })).sandbox
})
afterAll(async () => {
  await sandbox.stop()
  await receiver.stop()
})
afterEach(async () => {
  sandbox.faults.clear()
  receiver.answer = { status: 202 }
  await sandbox.settle()
  receiver.received.length = 0
})

const CHECK_RUNS = { method: 'POST', path: '/repos/{owner}/{repo}/check-runs' } as const

async function createCheckRun(name: string, signal?: AbortSignal) {
  const octokit = await installationClient(sandbox)
  const request = signal === undefined ? {} : { request: { signal } }
  return octokit.rest.checks.create({ ...SHOP, name, head_sha: tip(sandbox), ...request })
}

const runsNamed = (name: string) => sandbox.state.checkRuns(NAME).filter((run) => run.name === name).length

test('an answer without the effect', async () => {
  sandbox.faults.respond({ ...CHECK_RUNS, status: 503, body: { message: 'Unicorn' }, headers: { 'x-unicorn': 'yes' } })
  await expect(createCheckRun('refused')).rejects.toMatchObject({
    status: 503,
    response: { data: { message: 'Unicorn' }, headers: { 'x-unicorn': 'yes' } },
  })
  expect(runsNamed('refused')).toBe(0)
  await createCheckRun('refused')
  expect(runsNamed('refused')).toBe(1)
  expect(sandbox.state.requests.filter((one) => one.fault === 'refuse')).toHaveLength(1)
})

test('the effect, and the connection cut', async () => {
  sandbox.faults.loseReply({ ...CHECK_RUNS, skip: 1 })
  await createCheckRun('first')
  await expect(createCheckRun('second')).rejects.toMatchObject({ status: 500 })
  expect([runsNamed('first'), runsNamed('second')]).toEqual([1, 1])
})

test('the effect, and a 502', async () => {
  sandbox.faults.loseReply({ path: /check-runs$/, with: 502, times: 2 })
  await expect(createCheckRun('gateway')).rejects.toMatchObject({ status: 502 })
  await expect(createCheckRun('gateway')).rejects.toMatchObject({ status: 502 })
  await createCheckRun('gateway')
  expect(runsNamed('gateway')).toBe(3)
})

test('an answer that is lost at once, and the effect later', async () => {
  const { promise: once, resolve } = Promise.withResolvers<void>()
  sandbox.faults.loseReply({ ...CHECK_RUNS, with: 502, once })
  await expect(createCheckRun('later')).rejects.toMatchObject({ status: 502 })
  sandbox.faults.loseReply({ ...CHECK_RUNS, once })
  await expect(createCheckRun('later')).rejects.toMatchObject({ status: 500 })
  expect(runsNamed('later')).toBe(0)
  resolve()
  await sandbox.until('both effects', () => runsNamed('later') === 2)
})

test('the effect, and no answer at all', async () => {
  sandbox.faults.hang(CHECK_RUNS)
  await expect(createCheckRun('hanging', AbortSignal.timeout(100))).rejects.toThrow(/abort|timeout/i)
  expect(runsNamed('hanging')).toBe(1)
})

test('rate limits, primary and secondary', async () => {
  const before = Math.floor(Date.now() / 1000)
  sandbox.faults.rateLimit({ ...CHECK_RUNS, limit: 'primary', waitSeconds: 60 })
  const primary = await createCheckRun('limited').catch((error) => error.response)
  expect(primary).toMatchObject({ status: 403, headers: { 'x-ratelimit-remaining': '0' } })
  expect(Number(primary.headers['x-ratelimit-reset'])).toBeGreaterThanOrEqual(before + 60)
  expect(primary.data.message).toMatch(/^API rate limit exceeded for installation ID \d+\.$/)
  sandbox.faults.rateLimit({ ...CHECK_RUNS, limit: 'secondary', status: 429, waitSeconds: 7 })
  const secondary = await createCheckRun('limited').catch((error) => error.response)
  expect(secondary).toMatchObject({ status: 429, headers: { 'retry-after': '7' } })
  expect(secondary.data.message).toContain('You have exceeded a secondary rate limit')
  expect(runsNamed('limited')).toBe(0)
})

test('GraphQL is befallen too', async () => {
  const octokit = await installationClient(sandbox)
  sandbox.faults.respond({ path: '/graphql', status: 502 })
  await expect(octokit.graphql('{ rateLimit { cost } }')).rejects.toMatchObject({ status: 502 })
  sandbox.faults.rateLimit({ path: '/graphql', limit: 'primary' })
  await expect(octokit.graphql('{ rateLimit { cost } }')).rejects.toMatchObject({
    errors: [{ type: 'RATE_LIMITED', message: expect.stringContaining('API rate limit exceeded') }],
    headers: { 'x-ratelimit-remaining': '0' },
  })
  await octokit.graphql('{ rateLimit { cost } }')
})

test('a dropped webhook is logged as failed and can be redelivered', async () => {
  sandbox.faults.webhooks({ drop: ({ event }) => event === 'repository_dispatch' })
  sandbox.repositoryDispatch(NAME, 'signalbox', {}, 'ann')
  await sandbox.settle()
  expect(receiver.names()).toEqual([])
  sandbox.faults.webhooks({})
  const app = await appClient(sandbox)
  const { data } = await app.request('GET /app/hook/deliveries', { status: 'failure' })
  expect(data[0]).toMatchObject({ event: 'repository_dispatch', action: 'signalbox', status: 'timed out' })
  sandbox.redeliver(Number(data[0]?.id))
  await sandbox.settle()
  expect(receiver.received.map(({ guid }) => guid)).toEqual([data[0]?.guid])
})

test('a vanished webhook is not even logged', async () => {
  const before = sandbox.state.deliveries.length
  sandbox.faults.webhooks({ vanish: () => true })
  sandbox.repositoryDispatch(NAME, 'signalbox', {}, 'ann')
  await sandbox.settle()
  expect([receiver.received.length, sandbox.state.deliveries.length - before]).toEqual([0, 0])
})

test('a repeated webhook keeps its id', async () => {
  sandbox.faults.webhooks({ repeat: () => 9 })
  sandbox.repositoryDispatch(NAME, 'signalbox', {}, 'ann')
  await sandbox.settle()
  expect(receiver.received).toHaveLength(10)
  expect(new Set(receiver.received.map(({ guid }) => guid)).size).toBe(1)
})

async function dispatchInOrder(): Promise<(string | undefined)[]> {
  for (const type of ['a', 'b', 'c']) sandbox.repositoryDispatch(NAME, type, {}, 'ann')
  await sandbox.settle()
  return receiver.received.map(({ action }) => action)
}

test('webhooks are reordered within a window, or held back one by one', async () => {
  sandbox.faults.webhooks({ reorderWithinMs: 20 })
  expect(await dispatchInOrder()).toEqual(['c', 'b', 'a'])
  receiver.received.length = 0
  sandbox.faults.webhooks({ delayMs: ({ action }) => (action === 'b' ? 40 : 0) })
  expect(await dispatchInOrder()).toEqual(['a', 'c', 'b'])
})

test('an app that fails, is slow or is gone, is written down and not asked again', async () => {
  receiver.answer = { status: 503 }
  sandbox.repositoryDispatch(NAME, 'one', {}, 'ann')
  await sandbox.settle()
  receiver.answer = null
  sandbox.repositoryDispatch(NAME, 'two', {}, 'ann')
  await sandbox.settle()
  sandbox.setWebhook({ url: 'http://127.0.0.1:9' })
  sandbox.repositoryDispatch(NAME, 'three', {}, 'ann')
  await sandbox.settle()
  sandbox.setWebhook({ url: receiver.url })
  expect(receiver.received.map(({ action }) => action)).toEqual(['one', 'two'])
  const logged = sandbox.state.deliveries
    .slice(-3)
    .map(({ action, status, statusCode }) => [action, status, statusCode])
  expect(logged).toEqual([
    ['one', 'Service Unavailable', 503],
    ['two', 'timed out', 504],
    ['three', 'failed to connect to host', 502],
  ])
})

test('the hourly limit is counted and enforced, and unchanged replies are free', async () => {
  const limited = await startSandbox({ rateLimit: { core: 3 } })
  limited.createRepository({ owner: 'acme', name: 'shop', files: { a: 'b' } })
  const octokit = await installationClient(limited)
  const first = await octokit.rest.repos.get(SHOP)
  const headers = { 'if-none-match': String(first.headers.etag) }
  const path = 'GET /repos/{owner}/{repo}'
  for (let again = 0; again < 5; again++) {
    await expect(octokit.request(path, { ...SHOP, headers })).rejects.toMatchObject({ status: 304 })
  }
  await octokit.rest.repos.get(SHOP)
  const third = await octokit.rest.repos.get(SHOP)
  expect(third.headers).toMatchObject({
    'x-ratelimit-limit': '3',
    'x-ratelimit-used': '3',
    'x-ratelimit-remaining': '0',
  })
  await expect(octokit.rest.repos.get(SHOP)).rejects.toMatchObject({ status: 403 })
  expect((await octokit.rest.rateLimit.get()).data.rate).toMatchObject({ limit: 3, remaining: 0 })
  await limited.stop()
})
