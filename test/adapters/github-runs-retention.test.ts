/** Old workflow runs and caches: each request as GitHub describes it, and long lists against the sandbox over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keepSilenceWhenLimited, type Octokit } from '../../src/adapters/github/octokit.ts'
import { connectRuns } from '../../src/adapters/github/runs-retention.ts'
import { GitHubError, TransientError } from '../../src/domain/errors.ts'
import type { RunFactsToKeep } from '../../src/domain/run-retention.ts'
import type { RunsGitHub } from '../../src/ports/sweeps.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { installationClient } from '../sandbox/support.ts'
import { allOf, failing, NOT_FOUND, type ScriptedReply, useDescribedPort } from '../support/described-github.ts'
import { makeRepo } from '../support/facts.ts'

const repo = makeRepo()

describe('as GitHub describes it', () => {
  const { api, port: github } = useDescribedPort((octokit) => connectRuns(keepSilenceWhenLimited(octokit)))

  const RUNS = '/repos/acme/shop/actions/runs'
  const example = api.description.example('GET /repos/{owner}/{repo}/actions/runs') as unknown as {
    readonly workflow_runs: readonly object[]
  }
  const makeRun = (run: object) => ({ ...example.workflow_runs[0], ...run })
  const listed = (total: number, runs: readonly object[]): ScriptedReply => ({
    body: { total_count: total, workflow_runs: runs.map(makeRun) },
  })
  const queries = () => api.requests.map(({ query }) => query)

  test('workflows', async () => {
    const { workflows } = api.description.example('GET /repos/{owner}/{repo}/actions/workflows') as unknown as {
      readonly workflows: readonly object[]
    }
    const body = {
      total_count: 2,
      workflows: [
        { ...workflows[0], id: 1, name: 'Tests', path: '.github/workflows/test.yml', state: 'disabled_inactivity' },
        { ...workflows[0], id: 2, name: 'CodeQL', path: 'dynamic/github-code-scanning/codeql', state: 'active' },
      ],
    }
    api.answer('GET', '/repos/acme/shop/actions/workflows', { query: { per_page: '100' }, body })
    expect(await github.listWorkflows(repo)).toEqual([
      { id: 1, name: 'Tests', path: '.github/workflows/test.yml', state: 'disabled_inactivity' },
      { id: 2, name: 'CodeQL', path: 'dynamic/github-code-scanning/codeql', state: 'active' },
    ])
  })

  test.each([
    ['2026-01-30T12:00:00.000Z', '<=2026-01-30T11:59:59Z'],
    ['2026-01-30T12:00:00.001Z', '<=2026-01-30T12:00:00Z'],
    ['2026-01-30T12:00:00.999Z', '<=2026-01-30T12:00:00Z'],
  ])('runs before %s are those of whole seconds %s', async (before, created) => {
    api.answer('GET', RUNS, listed(0, []))
    expect(await allOf(github.listRunsBefore(repo, new Date(before)))).toEqual([])
    expect(queries()).toEqual([{ created, per_page: '100', page: '1' }])
  })

  test('a run, in our words', async () => {
    const run = {
      id: 12_345_678_901,
      workflow_id: 7,
      path: '.github/workflows/test.yml@refs/heads/a@b.yml',
      name: 'Te\0sts',
      head_branch: 'topic',
      event: 'push',
      status: 'completed',
      conclusion: 'failure',
      created_at: '2025-12-01T10:00:00Z',
    }
    const sparse = { ...run, id: 2, name: null, head_branch: null, status: null, conclusion: null, path: 'dynamic/a@b' }
    api.answer('GET', RUNS, listed(2, [run, sparse]))
    const expected: RunFactsToKeep = {
      id: 12_345_678_901,
      workflowId: 7,
      workflowPath: '.github/workflows/test.yml',
      name: 'Te\u{FFFD}sts',
      branch: 'topic',
      event: 'push',
      status: 'completed',
      conclusion: 'failure',
      createdAt: new Date('2025-12-01T10:00:00Z'),
    }
    expect(await allOf(github.listRunsBefore(repo, new Date('2026-01-01T00:00:00Z')))).toEqual([
      expected,
      { ...expected, id: 2, name: '', branch: null, status: '', conclusion: null, workflowPath: 'dynamic/a@b' },
    ])
  })

  test('what cannot be understood is left out, and said', async () => {
    api.answer('GET', RUNS, listed(2, [{ id: 1 }, { id: -2 }]))
    const problems: string[] = []
    const found = await allOf(
      github.listRunsBefore(repo, new Date('2026-01-01T00:00:00Z'), (one) => problems.push(one)),
    )
    expect(found.map(({ id }) => id)).toEqual([1])
    expect(problems).toEqual([
      'GitHub counts 2 workflow runs before 2026-01-01T00:00:00.000Z, and listed 1 of them: the others are looked at by a later sweep.',
    ])
  })

  test('a list that shrinks while it is read ends', async () => {
    const runs = Array.from({ length: 100 }, (_, index) => ({ id: index + 1, created_at: '2025-12-01T10:00:00Z' }))
    api.answer('GET', RUNS, { query: { page: '1' }, ...listed(250, runs) })
    api.answer('GET', RUNS, { query: { page: '2' }, ...listed(100, []) })
    expect(await allOf(github.listRunsBefore(repo, new Date('2026-01-01T00:00:00Z')))).toHaveLength(100)
  })

  test('a list that GitHub counts no further than it lists goes on all the same', async () => {
    const from = Date.parse('2025-12-01T10:00:00Z')
    const runAt = (index: number) => ({ id: 2000 - index, created_at: new Date(from - index * 1000).toISOString() })
    const page = (start: number, length: number) => Array.from({ length }, (_, index) => runAt(start + index))
    for (let number = 0; number < 10; number++)
      api.answer('GET', RUNS, { query: { page: String(number + 1) }, ...listed(1000, page(number * 100, 100)) })
    const created = `<=${new Date(from - 999_000).toISOString().slice(0, 19)}Z`
    api.answer('GET', RUNS, { query: { page: '1', created }, ...listed(31, page(999, 31)) })
    const found = await allOf(github.listRunsBefore(repo, new Date('2026-01-01T00:00:00Z')))
    expect([found.length, new Set(found.map(({ id }) => id)).size]).toEqual([1030, 1030])
  })

  test.each<[ScriptedReply, typeof GitHubError | typeof TransientError, RegExp]>([
    [failing(403, 'Resource not accessible by integration'), GitHubError, /workflow runs of acme\/shop up to .*403/],
    [failing(502, 'Bad gateway'), TransientError, /502/],
    [{ ...failing(429, 'Slow down'), headers: { 'retry-after': '7' } }, TransientError, /limits us/],
  ])('a list that is refused: %j', async (reply, kind, message) => {
    api.answer('GET', RUNS, reply)
    const error = await allOf(github.listRunsBefore(repo, new Date(0))).catch((fault: unknown) => fault)
    expect(error).toBeInstanceOf(kind)
    expect(error).toHaveProperty('message', expect.stringMatching(message))
  })

  test('the newest of a workflow, or of its branch', async () => {
    api.answer('GET', '/repos/acme/shop/actions/workflows/7/runs', listed(9, [{ id: 3 }, { id: 2 }]))
    api.answer('GET', '/repos/acme/shop/actions/workflows/7/runs', listed(0, []))
    expect((await github.listNewestRuns(repo, 7, 2)).map(({ id }) => id)).toEqual([3, 2])
    expect(await github.listNewestRuns(repo, 7, 500, 'a/b &c')).toEqual([])
    expect(queries()).toEqual([{ per_page: '2' }, { per_page: '100', branch: 'a/b &c' }])
  })

  test('of a workflow that GitHub does not tell of there are none, and none are asked for in vain', async () => {
    api.answer('GET', '/repos/acme/shop/actions/workflows/7/runs', NOT_FOUND)
    expect(await github.listNewestRuns(repo, 7, 2)).toEqual([])
    expect(await github.listNewestRuns(repo, 7, 0)).toEqual([])
  })

  describe.each([
    ['a run', `${RUNS}/12345678901`, (port: RunsGitHub) => port.deleteRun(repo, 12_345_678_901)],
    ['a cache', '/repos/acme/shop/actions/caches/5', (port: RunsGitHub) => port.deleteCache(repo, 5)],
  ] as const)('deleting %s', (_, path, remove) => {
    const headers = { 'retry-after': '7' }
    test.each<[string, ScriptedReply, object]>([
      ['is done', { status: 204 }, { kind: 'deleted' }],
      ['was done', NOT_FOUND, { kind: 'gone' }],
      [
        'is refused',
        failing(403, 'Could not delete the workflow run'),
        { kind: 'refused', message: 'Could not delete the workflow run' },
      ],
      ['meets a conflict', failing(409, 'It is at work'), { kind: 'refused', message: 'It is at work' }],
      ['fails', failing(502, 'Bad gateway'), { kind: 'unknown', message: 'Bad gateway' }],
      ['has no answer', { cut: 'socket hang up' }, { kind: 'unknown', message: expect.stringMatching(/hang up/) }],
      [
        'is limited',
        { ...failing(403, 'You have exceeded a secondary rate limit'), headers },
        { kind: 'deferred', retryAfterMs: 7000, message: 'You have exceeded a secondary rate limit' },
      ],
      ['says much', failing(422, 'x '.repeat(5000)), { kind: 'refused', message: `${'x '.repeat(499)}x…` }],
    ])('%s', async (_, reply, expected) => {
      api.answer('DELETE', path, reply)
      expect(await remove(github)).toEqual(expected)
    })
  })

  test('while GitHub limits us nothing is sent', async () => {
    api.answer('DELETE', `${RUNS}/1`, { ...failing(429, 'Slow down'), headers: { 'retry-after': '60' } })
    await github.deleteRun(repo, 1)
    expect(await github.deleteRun(repo, 2)).toMatchObject({ kind: 'deferred' })
  })

  test('caches, page by page, each once', async () => {
    const path = '/repos/acme/shop/actions/caches'
    const cache = (id: number) => ({
      id,
      ref: `refs/pull/${id}/merge`,
      key: `node-${id}`,
      version: 'v',
      last_accessed_at: '2026-01-02T10:00:00.123456700Z',
      created_at: '2026-01-01T10:00:00Z',
      size_in_bytes: 1024,
    })
    const next = `<https://api.github.com${path}?page=2>; rel="next"`
    api.answer('GET', path, {
      query: { sort: 'created_at', direction: 'asc', per_page: '100' },
      body: { total_count: 3, actions_caches: [cache(1), cache(2)] },
      headers: { link: next },
    })
    api.answer('GET', path, { query: { page: '2' }, body: { total_count: 3, actions_caches: [cache(2), cache(3)] } })
    const found = await allOf(github.listCaches(repo))
    expect(found.map(({ id }) => id)).toEqual([1, 2, 3])
    const lastUsedAt = new Date('2026-01-02T10:00:00.123Z')
    expect(found[0]).toEqual({ id: 1, key: 'node-1', ref: 'refs/pull/1/merge', sizeBytes: 1024, lastUsedAt })
  })

  describe('which pull requests are closed', () => {
    const state = (number: number, value: string) => ({ number, state: value })
    const answer = (pulls: object, errors?: readonly object[]) =>
      api.answer('POST', '/graphql', {
        body: { data: { rateLimit: { cost: 1 }, repository: pulls }, ...(errors && { errors }) },
      })
    const missing = (alias: string) => ({
      type: 'NOT_FOUND',
      path: ['repository', alias],
      message: 'Could not resolve',
    })

    test('closed and merged ones; not those that are open or not there', async () => {
      answer({ p0: state(1, 'OPEN'), p1: state(2, 'CLOSED'), p2: state(3, 'MERGED'), p3: null }, [missing('p3')])
      expect(await github.closedPullRequests(repo, [1, 2, 3, 4, 2])).toEqual(new Set([2, 3]))
      expect(api.requests[0]?.requestBody).toMatchObject({
        variables: { owner: 'acme', name: 'shop', n0: 1, n1: 2, n2: 3, n3: 4 },
      })
    })

    test('none are asked about', async () => {
      api.forgetToken()
      expect(await github.closedPullRequests(repo, [])).toEqual(new Set())
    })

    test('a hundred in a request', async () => {
      const states = (from: number, length: number) =>
        Object.fromEntries(Array.from({ length }, (_, index) => [`p${index}`, state(from + index, 'CLOSED')]))
      answer(states(1, 100))
      answer(states(101, 100))
      answer(states(201, 1))
      const numbers = Array.from({ length: 201 }, (_, index) => index + 1)
      expect((await github.closedPullRequests(repo, numbers)).size).toBe(201)
    })

    test.each<[string, object, typeof GitHubError | typeof TransientError]>([
      ['FORBIDDEN', { type: 'FORBIDDEN', path: ['repository', 'p0'], message: 'Resource not accessible' }, GitHubError],
      ['RATE_LIMITED', { type: 'RATE_LIMITED', message: 'API rate limit exceeded' }, TransientError],
      ['something went wrong', { message: 'Something went wrong' }, TransientError],
    ])('%s is no answer', async (_, error, kind) => {
      answer({ p0: null }, [error])
      await expect(github.closedPullRequests(repo, [1])).rejects.toBeInstanceOf(kind)
    })

    test('a repository that GitHub does not show', async () => {
      const errors = [{ type: 'NOT_FOUND', path: ['repository'], message: 'Could not resolve' }]
      api.answer('POST', '/graphql', { body: { data: { rateLimit: { cost: 1 }, repository: null }, errors } })
      await expect(github.closedPullRequests(repo, [1])).rejects.toMatchObject({ name: 'GitHubError', status: 404 })
    })
  })
})

describe('long lists', () => {
  let sandbox: Sandbox
  let octokit: Octokit
  let requests = 0
  beforeAll(async () => {
    sandbox = await startSandbox()
    for (const name of ['spread', 'burst', 'second'])
      sandbox.createRepository({ owner: 'acme', name, files: { '.github/workflows/a.yml': 'on: push\njobs: {}\n' } })
    const client = await installationClient(sandbox)
    client.hook.before('request', () => {
      requests++
    })
    octokit = client
  })
  afterAll(() => sandbox.stop())

  const BEFORE = Date.UTC(2026, 0, 1)
  /** @param ages in seconds before `BEFORE`; the same second is 0. */
  async function list(name: string, ages: readonly number[]) {
    const runs = ages.map((age) => ({ workflow: 'a.yml', createdAt: new Date(BEFORE - age * 1000) }))
    const ids = sandbox.seedRuns(`acme/${name}`, runs)
    const problems: string[] = []
    requests = 0
    const target = { owner: 'acme', name }
    const found = await allOf(
      connectRuns(octokit).listRunsBefore(target, new Date(BEFORE), (one) => problems.push(one)),
    )
    return { ids, found: found.map(({ id }) => id), problems, requests }
  }
  const sorted = (ids: readonly number[]) => [...ids].sort((one, other) => one - other)

  test('2,550 runs spread unevenly over years: each once, with hardly a request too many', async () => {
    const ages = Array.from({ length: 2550 }, (_, index) => 1 + Math.floor((index / 2550) ** 3 * 2e8))
    const { ids, found, problems, requests } = await list('spread', [...ages, 0, -1, -500])
    expect(sorted(found)).toEqual(sorted(ids.slice(0, 2550)))
    expect(problems).toEqual([])
    expect(requests).toBeLessThanOrEqual(28)
  })

  test('hundreds in each of a few seconds', async () => {
    const { ids, found, problems } = await list(
      'burst',
      Array.from({ length: 2400 }, (_, index) => 1 + (index % 6)),
    )
    expect(sorted(found)).toEqual(sorted(ids))
    expect(problems).toEqual([])
  })

  test('more in one second than GitHub lists: the rest is said, and what is older comes all the same', async () => {
    const { ids, found, problems } = await list('second', [...Array<number>(1200).fill(60), 1, 120, 121])
    expect([found.length, new Set(found).size]).toEqual([1003, 1003])
    expect(found).toEqual(expect.arrayContaining(ids.slice(1200)))
    expect(problems).toEqual([
      'GitHub counts 1203 workflow runs before 2026-01-01T00:00:00.000Z, and listed 1003 of them: the others are looked at by a later sweep.',
    ])
  })
})
