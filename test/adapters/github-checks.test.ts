import { describe, expect, test } from 'vitest'
import { TransientError } from '../../src/domain/errors.ts'
import type { CheckWrite } from '../../src/ports.ts'
import { APP_ID, useDescribedGitHub } from '../support/described-github.ts'
import { later, makeRepo, NOW, SHA } from '../support/facts.ts'

const { api, github } = useDescribedGitHub()
const repo = makeRepo()

function makeWrite(write: Partial<CheckWrite> = {}): CheckWrite {
  return {
    nodeId: null,
    headSha: SHA,
    externalId: 'r1-0',
    name: 'docker / app',
    status: 'in_progress',
    conclusion: null,
    startedAt: NOW,
    completedAt: null,
    detailsUrl: 'https://github.com/acme/shop/actions/runs/5',
    title: 'Runs',
    summary: '| a | b |',
    buttons: [{ label: 'Cancel', description: 'Cancel all legs of this run', identifier: 'cancel' }],
    annotations: [],
    ...write,
  }
}

const written = (id: string) => ({ checkRun: { id } })

interface Sent {
  readonly query: string
  readonly variables: Record<string, Record<string, unknown>>
}
const sent = () => api.requests.map((request) => request.requestBody as Sent)

describe('writing check runs', () => {
  test('new and known ones in one request, results in the order of the writes', async () => {
    api.answer('POST', '/graphql', { body: { data: { c0: written('CR_0'), c1: written('CR_1') } } })
    const done = makeWrite({
      nodeId: 'CR_1',
      externalId: 'r1-g0',
      name: 'All "Tests" Passed 🚂',
      status: 'completed',
      conclusion: 'timed_out',
      completedAt: later(60),
      detailsUrl: null,
      buttons: [],
    })
    expect(await github.writeChecks(repo, [makeWrite(), done])).toEqual([
      { kind: 'written', nodeId: 'CR_0' },
      { kind: 'written', nodeId: 'CR_1' },
    ])
    expect(sent()).toEqual([
      {
        query: expect.stringMatching(
          /^mutation .*c0: createCheckRun\(input: \$i0\).*c1: updateCheckRun\(input: \$i1\)/,
        ),
        variables: {
          i0: {
            repositoryId: 'R_1',
            headSha: SHA,
            name: 'docker / app',
            externalId: 'r1-0',
            status: 'IN_PROGRESS',
            startedAt: '2026-03-01T12:00:00.000Z',
            detailsUrl: 'https://github.com/acme/shop/actions/runs/5',
            output: { title: 'Runs', summary: '| a | b |' },
            actions: makeWrite().buttons,
          },
          i1: {
            repositoryId: 'R_1',
            checkRunId: 'CR_1',
            name: 'All "Tests" Passed 🚂',
            externalId: 'r1-g0',
            status: 'COMPLETED',
            conclusion: 'TIMED_OUT',
            startedAt: '2026-03-01T12:00:00.000Z',
            completedAt: '2026-03-01T12:01:00.000Z',
            output: { title: 'Runs', summary: '| a | b |' },
            actions: [],
          },
        },
      },
    ])
  })

  test.each(['success', 'failure', 'cancelled', 'skipped', 'timed_out'] as const)(
    'GitHub knows the conclusion %s',
    async (conclusion) => {
      api.answer('POST', '/graphql', { body: { data: { c0: written('CR_0') } } })
      await github.writeChecks(repo, [makeWrite({ status: 'completed', conclusion })])
      expect(sent()[0]?.variables.i0).toMatchObject({
        conclusion: conclusion.toUpperCase(),
        completedAt: NOW.toISOString(),
      })
    },
  )

  test.each(['queued', 'in_progress'] as const)('%s has no conclusion', async (status) => {
    api.answer('POST', '/graphql', { body: { data: { c0: written('CR_0') } } })
    await github.writeChecks(repo, [makeWrite({ status })])
    expect(Object.keys(sent()[0]?.variables.i0 ?? {})).not.toContain('conclusion')
  })

  test('annotations, with the lines that they are about', async () => {
    api.answer('POST', '/graphql', { body: { data: { c0: written('CR_0') } } })
    const [path, title] = ['tests/it "is".py', 'test_it']
    const annotations = [
      { path, line: 7, level: 'failure', title, message: 'Expected `1`\nbut got <2>' },
      { path, line: 1, level: 'warning', title, message: 'is slow' },
      { path, line: 2, level: 'notice', title, message: 'was skipped' },
    ] as const
    await github.writeChecks(repo, [makeWrite({ annotations })])
    const location = (line: number) => ({ startLine: line, endLine: line })
    expect(sent()[0]?.variables.i0?.output).toEqual({
      title: 'Runs',
      summary: '| a | b |',
      annotations: [
        { path, title, location: location(7), annotationLevel: 'FAILURE', message: 'Expected `1`\nbut got <2>' },
        { path, title, location: location(1), annotationLevel: 'WARNING', message: 'is slow' },
        { path, title, location: location(2), annotationLevel: 'NOTICE', message: 'was skipped' },
      ],
    })
  })

  test("annotations within GitHub's bounds, cut between characters", async () => {
    api.answer('POST', '/graphql', { body: { data: { c0: written('CR_0') } } })
    const long = { path: 'a', level: 'failure', title: 'é'.repeat(200), message: `x${'🚂'.repeat(20_000)}` } as const
    const annotations = Array.from({ length: 51 }, (_, index) => ({ ...long, line: index + 1 }))
    await github.writeChecks(repo, [makeWrite({ annotations })])
    const output = sent()[0]?.variables.i0?.output as { annotations: { title: string; message: string }[] }
    expect(output.annotations).toHaveLength(50)
    const [first] = output.annotations
    expect(first?.title).toBe('é'.repeat(127))
    expect(first?.message).toBe(`x${'🚂'.repeat(16_383)}`)
    expect(Buffer.byteLength(first?.message ?? '')).toBeLessThanOrEqual(65_536)
  })

  test('twenty to a request', async () => {
    const answer = (first: number, count: number) => {
      const data = Array.from({ length: count }, (_, index) => [`c${index}`, written(`CR_${first + index}`)])
      api.answer('POST', '/graphql', { body: { data: Object.fromEntries(data) } })
    }
    answer(0, 20)
    answer(20, 20)
    answer(40, 1)
    const writes = Array.from({ length: 41 }, (_, index) => makeWrite({ externalId: `r1-${index}` }))
    const results = await github.writeChecks(repo, writes)
    expect(results).toEqual(writes.map((_, index) => ({ kind: 'written', nodeId: `CR_${index}` })))
    expect(sent().map((request) => Object.keys(request.variables).length)).toEqual([20, 20, 1])
    expect(sent()[2]?.variables.i0).toMatchObject({ externalId: 'r1-40' })
  })

  test('nothing to write is nothing to ask', async () => {
    expect(await github.writeChecks(repo, [])).toEqual([])
    api.forgetToken()
  })

  test('one refused write does not stop the others', async () => {
    const errors = [
      { type: 'NOT_FOUND', path: ['c1'], message: "Could not resolve to a node with the global id of 'CR_9'." },
      { type: 'UNPROCESSABLE', path: ['c2'], message: 'Name is too long (maximum is 255 characters)' },
      { type: 'NOT_FOUND', path: ['c3'], message: 'Could not resolve to a commit.' },
    ]
    api.answer('POST', '/graphql', {
      body: { data: { c0: written('CR_0'), c1: null, c2: null, c3: null, c4: null }, errors },
    })
    const writes = [makeWrite(), makeWrite({ nodeId: 'CR_9' }), makeWrite(), makeWrite(), makeWrite({ nodeId: 'CR_8' })]
    expect(await github.writeChecks(repo, writes)).toEqual([
      { kind: 'written', nodeId: 'CR_0' },
      { kind: 'gone' },
      { kind: 'refused', message: 'Name is too long (maximum is 255 characters)' },
      // It was to be created: what is gone is the commit, not the check run.
      { kind: 'refused', message: 'Could not resolve to a commit.' },
      { kind: 'failed', message: 'GitHub gave no reason' },
    ])
  })

  test('an error at GitHub is to be tried again, for one write or for all', async () => {
    const internal = { type: 'INTERNAL', path: ['c0'], message: 'Something went wrong' }
    api.answer('POST', '/graphql', { body: { data: { c0: null }, errors: [internal] } })
    expect(await github.writeChecks(repo, [makeWrite()])).toEqual([{ kind: 'failed', message: 'Something went wrong' }])
    api.answer('POST', '/graphql', {
      body: { errors: [{ message: 'Something went wrong while executing your query.' }] },
    })
    const error = await github.writeChecks(repo, [makeWrite()]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TransientError)
    expect(error).toMatchObject({ retryAfterMs: null })
  })

  test('points used up: GitHub answers 200, and says when there are new ones', async () => {
    const errors = [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded for installation ID 9.' }]
    const reset = Math.floor(Date.now() / 1000) + 120
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) }
    api.answer('POST', '/graphql', { body: { errors }, headers })
    const error = await github.writeChecks(repo, [makeWrite()]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TransientError)
    const wait = error instanceof TransientError ? error.retryAfterMs : null
    expect(wait).toBeGreaterThan(110_000)
    expect(wait).toBeLessThanOrEqual(122_000)
  })

  test.each([
    [502, {}, null],
    [403, { 'retry-after': '7' }, 7_000],
  ])('%i is to be tried again later, and is not at once', async (status, headers, retryAfterMs) => {
    const body = { message: status === 403 ? 'You have exceeded a secondary rate limit.' : 'Something went wrong' }
    api.answer('POST', '/graphql', { status, body, headers })
    const error = await github.writeChecks(repo, [makeWrite()]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TransientError)
    expect(error).toMatchObject({ retryAfterMs, message: expect.stringContaining('writing check runs') })
    expect(api.requests).toHaveLength(1)
  })
})

describe('the check runs of a commit', () => {
  const path = `/repos/acme/shop/commits/${SHA}/check-runs`
  const body = (checks: readonly object[]) => {
    const example = api.description.example('GET /repos/{owner}/{repo}/commits/{ref}/check-runs') as {
      check_runs: object[]
    }
    return {
      total_count: 102,
      check_runs: checks.map((check) => ({ ...example.check_runs[0], pull_requests: [], ...check })),
    }
  }

  test('those of this app only, all of them, and of those the ones with an external id', async () => {
    const query = { app_id: String(APP_ID), filter: 'all', per_page: '100' }
    const checks = Array.from({ length: 100 }, (_, index) => ({ external_id: `r1-${index}`, node_id: `CR_${index}` }))
    const link = `<https://api.github.com${path}?app_id=${APP_ID}&filter=all&per_page=100&page=2>; rel="next"`
    api.answer('GET', path, { query, headers: { link }, body: body(checks) })
    api.answer('GET', path, {
      query: { ...query, page: '2' },
      body: body([
        { external_id: 'r1-g0', node_id: 'CR_g' },
        { external_id: '', node_id: 'CR_x' },
      ]),
    })
    const found = await github.listChecks(repo, SHA)
    expect(found.size).toBe(101)
    expect([found.get('r1-7'), found.get('r1-g0'), found.get('')]).toEqual(['CR_7', 'CR_g', undefined])
  })

  test('a commit that is gone is refused', async () => {
    api.answer('GET', path, {
      status: 422,
      body: { message: `No commit found for SHA: ${SHA}`, documentation_url: 'https://docs.github.com/rest' },
    })
    await expect(github.listChecks(repo, SHA)).rejects.toMatchObject({ name: 'GitHubError', status: 422 })
  })
})
