import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { DispatchOutcome, GitHub } from '../../src/ports.ts'
import { DescribedGitHub, type ScriptedReply, TOKEN } from '../support/described-github.ts'
import { makeRepo } from '../support/facts.ts'

const api = new DescribedGitHub()
const repo = makeRepo()
let github: GitHub

beforeAll(() => api.start())
// One of its own for each test: a limit that one meets is not the other's.
beforeEach(async () => {
  github = await api.connectInstallation()
  // The token is fetched ahead, so that what follows is about the request alone.
  api.answer('GET', '/repos/acme/shop/pulls/1', { status: 404, body: { message: 'Not Found' } })
  await github.getPullRequest(repo, 1)
  api.requests.length = 0
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  api.verify()
})
afterAll(() => api.stop())

describe('dispatching a workflow', () => {
  const path = '/repos/acme/shop/actions/workflows/build.yml/dispatches'
  const inputs = { signalbox: '{"attempt":"r1-0.1"}', name: 'a "b" ${{ c }} 🚂' }
  const dispatch = () => github.dispatchWorkflow(repo, { workflow: 'build.yml', ref: 'main', inputs })
  const bodies = () => api.requests.map((request) => request.requestBody)
  const withDetails = { ref: 'main', inputs, return_run_details: true }

  test('GitHub tells which run it started', async () => {
    const body = {
      workflow_run_id: 12_345_678_901,
      run_url: 'https://api.github.com/repos/acme/shop/actions/runs/12345678901',
      html_url: 'https://github.com/acme/shop/actions/runs/12345678901',
    }
    api.answer('POST', path, { body })
    expect(await dispatch()).toEqual({ kind: 'dispatched', workflowRunId: 12_345_678_901, url: body.html_url })
    expect(bodies()).toEqual([withDetails])
  })

  test('or does not tell', async () => {
    api.answer('POST', path, { status: 204 })
    expect(await dispatch()).toEqual({ kind: 'dispatched', workflowRunId: null, url: null })
  })

  test.each([
    [422, 'Invalid request.\n\n"return_run_details" is not a permitted key.'],
    [400, 'return_run_details: unknown field'],
  ])(
    'a server that does not know the field refuses it by name (%i), and is asked without it',
    async (status, message) => {
      api.answer('POST', path, { status, body: { message } })
      api.answer('POST', path, { status: 204 })
      expect(await dispatch()).toEqual({ kind: 'dispatched', workflowRunId: null, url: null })
      expect(bodies()).toEqual([withDetails, { ref: 'main', inputs }])
    },
  )

  const REFUSALS: [number, string][] = [
    [404, 'Not Found'],
    [403, 'Resource not accessible by integration'],
    [422, "Workflow does not have 'workflow_dispatch' trigger"],
    [422, 'Unexpected inputs provided: ["signalbox"]'],
    [422, "Required input 'tag' not provided"],
    [422, 'No ref found for: main'],
    [422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow"],
    [409, 'Repository was archived so is read-only.'],
  ]
  test.each(REFUSALS)('refused with %i: %s', async (status, message) => {
    api.answer('POST', path, { status, body: { message, documentation_url: 'https://docs.github.com/rest' } })
    expect(await dispatch()).toEqual({ kind: 'refused', status, message })
    expect(api.requests).toHaveLength(1)
  })

  const UNKNOWN: [string, ScriptedReply, RegExp][] = [
    ['500', { status: 500, body: { message: 'Server Error' } }, /^Server Error$/],
    ['502 of a proxy, which speaks no JSON', { status: 502, text: '<html>Bad gateway</html>' }, /Bad gateway/],
    ['503', { status: 503, body: { message: 'Service unavailable' } }, /^Service unavailable$/],
    ['408', { status: 408, body: { message: 'Request timeout' } }, /^Request timeout$/],
    ['a broken connection', { cut: 'socket hang up' }, /socket hang up|fetch failed/],
  ]
  test.each(UNKNOWN)('after %s nobody knows, and it is not asked again', async (_what, reply, words) => {
    api.answer('POST', path, reply)
    expect(await dispatch()).toEqual({ kind: 'unknown', message: expect.stringMatching(words) })
    // `verify` would find any further request. Plugins that repeat do so within seconds.
    await new Promise((resolve) => setTimeout(resolve, 1_200))
  })

  test('nor when no answer comes in time', async () => {
    const given: number[] = []
    const timeout = AbortSignal.timeout(50)
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      given.push(ms)
      return timeout
    })
    api.answer('POST', path, { status: 204, delayMs: 400 })
    expect(await dispatch()).toEqual({ kind: 'unknown', message: expect.stringMatching(/timeout|aborted/i) })
    expect(given).toEqual([15_000])
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(api.requests).toHaveLength(1)
  })

  const limited = {
    message: 'You have exceeded a secondary rate limit.',
    documentation_url: 'https://docs.github.com/rest',
  }
  const inTenSeconds = () => String(Math.floor(Date.now() / 1000) + 10)
  const DEFERRED: [string, ScriptedReply, number, number][] = [
    ['403 with retry-after', { status: 403, body: limited, headers: { 'retry-after': '7' } }, 7_000, 7_000],
    ['429', { status: 429, body: limited }, 60_000, 60_000],
    [
      'the hourly limit',
      {
        status: 403,
        body: { message: 'API rate limit exceeded for installation ID 9.' },
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inTenSeconds() },
      },
      1_000,
      11_000,
    ],
  ]
  test.each(DEFERRED)('deferred by %s, for as long as GitHub says', async (_what, reply, atLeast, atMost) => {
    api.answer('POST', path, reply)
    expectDeferred(await dispatch(), atLeast, atMost)
    // Until then nothing more is sent, and nothing was started.
    expectDeferred(await dispatch(), atLeast - 1_000, atMost)
    expect(api.requests).toHaveLength(1)
  })

  test('deferred when the token is no longer good', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 })
    api.answer('POST', path, {
      status: 401,
      body: { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest' },
    })
    expect(await dispatch()).toEqual({ kind: 'deferred', retryAfterMs: 30_000, message: 'Bad credentials' })
  })

  test('no outcome holds the token', async () => {
    api.answer('POST', path, { cut: 'socket hang up' })
    expect(JSON.stringify(await dispatch())).not.toContain(TOKEN)
  })
})

function expectDeferred(outcome: DispatchOutcome, atLeast: number, atMost: number): void {
  expect(outcome.kind).toBe('deferred')
  const wait = outcome.kind === 'deferred' ? outcome.retryAfterMs : 0
  expect(wait).toBeGreaterThanOrEqual(atLeast)
  expect(wait).toBeLessThanOrEqual(atMost)
}

describe('workflow runs', () => {
  const [one] = (api.description.example('GET /repos/{owner}/{repo}/actions/runs') as { workflow_runs: object[] })
    .workflow_runs
  const run = (id: number) => ({ ...one, id, display_title: `r${id}-0.1 build`, event: 'workflow_dispatch' })
  const page = (from: number, count: number) => ({
    total_count: 2_000,
    workflow_runs: Array.from({ length: count }, (_, index) => run(from + index)),
  })
  const since = new Date('2026-03-01T12:00:00.789Z')
  const asked = { event: 'workflow_dispatch', created: '>=2026-03-01T12:00:00Z', per_page: '100' }

  test('as GitHub observes one now', async () => {
    const body = { ...run(5), status: 'completed', conclusion: 'failure', run_attempt: 2 }
    api.answer('GET', '/repos/acme/shop/actions/runs/5', { body })
    expect(await github.getWorkflowRun(repo, 5)).toMatchObject({
      workflowRunId: 5,
      title: 'r5-0.1 build',
      runAttempt: 2,
      status: 'completed',
      conclusion: 'failure',
    })
  })

  test.each(['queued', 'requested', 'waiting', 'pending'])('%s is queued', async (status) => {
    api.answer('GET', '/repos/acme/shop/actions/runs/5', { body: { ...run(5), status, conclusion: null } })
    expect(await github.getWorkflowRun(repo, 5)).toMatchObject({ status: 'queued', conclusion: null })
  })

  test('one that is gone', async () => {
    api.answer('GET', '/repos/acme/shop/actions/runs/5', { status: 404, body: { message: 'Not Found' } })
    expect(await github.getWorkflowRun(repo, 5)).toBeNull()
  })

  test('dispatched ones of the repository, page by page', async () => {
    api.answer('GET', '/repos/acme/shop/actions/runs', { query: { ...asked, page: '1' }, body: page(0, 100) })
    api.answer('GET', '/repos/acme/shop/actions/runs', { query: { ...asked, page: '2' }, body: page(100, 3) })
    const found = await github.listDispatchedRuns(repo, since)
    expect(found.map((observed) => observed.workflowRunId)).toEqual(Array.from({ length: 103 }, (_, index) => index))
  })

  test('of one workflow; no further page than the thousand that GitHub lists', async () => {
    const path = '/repos/acme/shop/actions/workflows/build.yml/runs'
    for (let number = 1; number <= 10; number++)
      api.answer('GET', path, { query: { ...asked, page: String(number) }, body: page(number * 100, 100) })
    expect(await github.listDispatchedRuns(repo, since, 'build.yml')).toHaveLength(1_000)
  })

  test("this app's own, when asked for those", async () => {
    const path = '/repos/acme/shop/actions/workflows/build.yml/runs'
    api.answer('GET', '/app', { body: { ...(api.description.example('GET /app') as object), slug: 'signalbox' } })
    api.answer('GET', path, { query: { ...asked, actor: 'signalbox[bot]', page: '1' }, body: page(0, 1) })
    expect(await github.listDispatchedRuns(repo, since, 'build.yml', { ours: true })).toHaveLength(1)
  })

  test('a page that fails is no short list', async () => {
    api.answer('GET', '/repos/acme/shop/actions/runs', { query: { page: '1' }, body: page(0, 100) })
    api.answer('GET', '/repos/acme/shop/actions/runs', {
      query: { page: '2' },
      status: 502,
      body: { message: 'Server Error' },
    })
    await expect(github.listDispatchedRuns(repo, since)).rejects.toMatchObject({ name: 'TransientError' })
  })

  test.each([
    ['cancel', false],
    ['force-cancel', true],
  ] as const)('%s', async (verb, force) => {
    const path = `/repos/acme/shop/actions/runs/5/${verb}`
    api.answer('POST', path, { status: 202, body: {} })
    expect(await github.cancelWorkflowRun(repo, 5, force)).toBe('asked')
    api.answer('POST', path, { status: 409, body: { message: 'Cannot cancel a workflow run that is completed.' } })
    expect(await github.cancelWorkflowRun(repo, 5, force)).toBe('gone')
    api.answer('POST', path, { status: 404, body: { message: 'Not Found' } })
    expect(await github.cancelWorkflowRun(repo, 5, force)).toBe('gone')
    api.answer('POST', path, { status: 500, body: { message: 'Server Error' } })
    await expect(github.cancelWorkflowRun(repo, 5, force)).rejects.toMatchObject({ name: 'TransientError' })
    api.answer('POST', path, { status: 403, body: { message: 'Resource not accessible by integration' } })
    await expect(github.cancelWorkflowRun(repo, 5, force)).rejects.toMatchObject({ name: 'GitHubError', status: 403 })
  })
})
