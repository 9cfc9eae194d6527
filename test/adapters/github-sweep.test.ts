import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { SweepGitHub } from '../../src/ports/sweeps.ts'
import type { GitHubApp } from '../../src/ports.ts'
import { DescribedGitHub, failing, INSTALLATION_ID, NOT_FOUND } from '../support/described-github.ts'
import { makeRepo } from '../support/facts.ts'
import { issueNode } from '../support/item-nodes.ts'

const api = new DescribedGitHub()
const repo = makeRepo()
const DEPTH = { activity: 15, reactions: false, mentions: false, paths: false }

beforeAll(() => api.start())
afterEach(() => api.verify())
afterAll(() => api.stop())

async function connect(): Promise<{ app: GitHubApp; github: SweepGitHub }> {
  const app = await api.connectApp()
  api.answerToken()
  return { app, github: await app.forSweep(INSTALLATION_ID) }
}

const graphql = (body: object) => api.answer('POST', '/graphql', { body })
const repositoryPath = `/repos/${repo.owner}/${repo.name}`
const answerSlug = () =>
  api.answer('GET', '/app', { body: { ...api.description.example('GET /app'), slug: 'signalbox' } })

/** A list of open issues without pull requests. */
function answerList(cost: number, nodes: readonly object[]): void {
  const list = (some: readonly object[]) => ({ pageInfo: { hasNextPage: false, endCursor: null }, nodes: some })
  const repository = { id: 'R_1', issues: list(nodes), pullRequests: list([]) }
  graphql({ data: { rateLimit: { cost }, repository } })
}

async function listNumbers(github: SweepGitHub): Promise<number[]> {
  const numbers: number[] = []
  for await (const page of github.listOpenItems(repo, DEPTH)) numbers.push(...page.map(({ number }) => number))
  return numbers
}

describe('what a sweep spends', () => {
  test('nothing at first', async () => {
    const { github } = await connect()
    expect(github.spent()).toEqual({ requests: 0, points: 0 })
    api.forgetToken()
  })

  test('requests of every kind, without those for tokens; points as GitHub tells them, a write one', async () => {
    const { github } = await connect()
    answerList(7, [])
    await listNumbers(github)
    expect(github.spent()).toEqual({ requests: 1, points: 7 })
    graphql({ data: { w0: { __typename: 'ClosePullRequestPayload' } } })
    await github.writeItems([{ kind: 'close_pull_request', nodeId: 'PR_1' }])
    expect(github.spent()).toEqual({ requests: 2, points: 8 })
    api.answer('GET', repositoryPath, NOT_FOUND)
    await github.getRepository(repo)
    expect(github.spent()).toEqual({ requests: 3, points: 8 })
  })

  test('also for what failed, but not for what was kept back while GitHub limits us', async () => {
    const { github } = await connect()
    api.answer('POST', '/graphql', { ...failing(403, 'secondary rate limit'), headers: { 'retry-after': '30' } })
    const write = { kind: 'close_pull_request', nodeId: 'PR_1' } as const
    for (const _ of [1, 2]) expect(await github.writeItems([write])).toMatchObject([{ kind: 'deferred' }])
    await expect(github.getRepository(repo)).rejects.toMatchObject({ name: 'TransientError' })
    expect(github.spent()).toEqual({ requests: 1, points: 1 })
  })

  test('each sweep for itself', async () => {
    const { app, github } = await connect()
    const other = await app.forSweep(INSTALLATION_ID)
    answerList(3, [])
    await listNumbers(github)
    expect([github.spent().requests, other.spent().requests]).toEqual([1, 0])
  })
})

test('what one sweep learned of the server, the next one knows', async () => {
  const { app, github } = await connect()
  answerSlug()
  graphql({ errors: [{ message: "Field 'issueType' doesn't exist on type 'Issue'" }] })
  answerList(1, [issueNode(1)])
  expect(await listNumbers(github)).toEqual([1])
  answerList(1, [issueNode(2)])
  expect(await listNumbers(await app.forSweep(INSTALLATION_ID))).toEqual([2])
})

describe('the repository', () => {
  test('as it is now', async () => {
    const { github } = await connect()
    const example = api.description.example('GET /repos/{owner}/{repo}') as Record<string, unknown>
    const { parent, source, template_repository, ...own } = example
    const now = { language: null, id: 5, node_id: 'R_5', name: 'store', default_branch: 'trunk' }
    api.answer('GET', repositoryPath, { body: { ...own, ...now } })
    expect(await github.getRepository(repo)).toMatchObject({
      id: 5,
      nodeId: 'R_5',
      name: 'store',
      defaultBranch: 'trunk',
    })
  })

  test('one that the installation does not see is none', async () => {
    const { github } = await connect()
    api.answer('GET', repositoryPath, NOT_FOUND)
    expect(await github.getRepository(repo)).toBeNull()
  })
})
