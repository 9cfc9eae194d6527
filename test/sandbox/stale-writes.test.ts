/** What GraphQL changes about issues and pull requests: what comes of it, what GitHub refuses, and how it fails half-way. */
import type { Octokit } from '@octokit/rest'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { installationClient, NAME, type Receiver, startReceiver, startShop } from './support.ts'

let receiver: Receiver
let sandbox: Sandbox
let octokit: Octokit
let number: number
let id: string
let stale: string

const ELSEWHERE = 'acme/elsewhere'

beforeAll(async () => {
  receiver = await startReceiver()
  const started = await startShop({ webhook: { url: receiver.url } })
  sandbox = started.sandbox
  octokit = started.octokit
  sandbox.createRepository({ owner: 'acme', name: 'elsewhere', files: { a: 'b' } })
  for (const repo of [NAME, ELSEWHERE]) sandbox.createLabel(repo, { name: 'Stale' })
  stale = await labelId(NAME, 'stale')
})
afterAll(async () => {
  await sandbox.stop()
  await receiver.stop()
})
beforeEach(async () => {
  number = sandbox.openIssue(NAME, { title: 'Quiet', author: 'ann', labels: ['bug'] })
  id = await itemId(NAME, number)
  await sandbox.settle()
  receiver.received.length = 0
})
afterEach(() => sandbox.faults.clear())

async function inRepository<Result>(repo: string, field: string): Promise<Result> {
  const [owner, name] = repo.split('/')
  const query = `query ($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { it: ${field} } }`
  return (await octokit.graphql<{ repository: { it: Result } }>(query, { owner, name })).repository.it
}

async function itemId(repo: string, itemNumber: number): Promise<string> {
  const field = `issueOrPullRequest(number: ${itemNumber}) { ... on Issue { id } ... on PullRequest { id } }`
  return (await inRepository<{ id: string }>(repo, field)).id
}

async function labelId(repo: string, name: string): Promise<string> {
  return (await inRepository<{ id: string }>(repo, `label(name: "${name}") { id }`)).id
}

interface Answer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly { type?: string; message: string; path?: unknown }[]
}

/** One request with these mutations, under the names w0, w1 …. */
async function write(mutations: readonly (readonly [string, object])[], client = octokit): Promise<Answer> {
  const type = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`
  const declared = mutations.map(([name], index) => `$i${index}: ${type(name)}`).join(', ')
  const fields = mutations
    .map(([name], index) => `w${index}: ${name}(input: $i${index}) { clientMutationId }`)
    .join(' ')
  const variables = Object.fromEntries(mutations.map(([, input], index) => [`i${index}`, input]))
  return client.graphql(`mutation (${declared}) { ${fields} }`, variables).then(
    (data) => ({ data: data as Answer['data'] & object }),
    (error: { response?: Answer; data?: Answer['data']; errors?: Answer['errors'] }) => {
      if (error.errors === undefined) throw error
      return { data: error.data ?? null, errors: error.errors }
    },
  )
}

const look = () => sandbox.state.item(NAME, number)

async function openPull(): Promise<number> {
  const branch = `topic-${number}`
  sandbox.pushCommit(NAME, branch, { files: { [branch]: 'x' }, author: 'ann' })
  return sandbox.openPullRequest(NAME, { head: branch, author: 'ann' })
}

test('a batch of mutations does what it says, and the app is told', async () => {
  const bug = await labelId(NAME, 'bug')
  const done = await write([
    ['addComment', { subjectId: id, body: 'Still wanted?', clientMutationId: 'm1' }],
    ['addLabelsToLabelable', { labelableId: id, labelIds: [stale, bug] }],
    ['removeLabelsFromLabelable', { labelableId: id, labelIds: [bug] }],
    ['removeLabelsFromLabelable', { labelableId: id, labelIds: [bug] }],
    ['closeIssue', { issueId: id, stateReason: 'NOT_PLANNED' }],
  ])
  expect(done.errors).toBeUndefined()
  expect(done.data?.w0).toEqual({ clientMutationId: 'm1' })
  expect(look()).toMatchObject({ labels: ['Stale'], state: 'closed', stateReason: 'not_planned' })
  expect(look().comments).toMatchObject([{ body: 'Still wanted?', author: { login: 'signalbox[bot]' } }])
  expect(look().timeline.map(({ kind, by, label }) => [kind, by, label])).toEqual([
    ['LabeledEvent', 'ann', 'bug'],
    ['IssueComment', 'signalbox[bot]', undefined],
    ['LabeledEvent', 'signalbox[bot]', 'Stale'],
    ['UnlabeledEvent', 'signalbox[bot]', 'bug'],
    ['ClosedEvent', 'signalbox[bot]', undefined],
  ])
  await sandbox.settle()
  const told = ['issue_comment.created', 'issues.closed', 'issues.labeled', 'issues.unlabeled']
  expect(receiver.names().sort()).toEqual(told)
  for (const { payload } of receiver.received)
    expect(payload.sender).toMatchObject({ login: 'signalbox[bot]', type: 'Bot' })
})

test('what a mutation gives back can be looked into', async () => {
  const query = `mutation ($comment: AddCommentInput!, $labels: AddLabelsToLabelableInput!) {
    addComment(input: $comment) { commentEdge { cursor node { body author { login } viewerDidAuthor } } subject { id } }
    addLabelsToLabelable(input: $labels) { labelable { labels(first: 5) { nodes { name } } } }
  }`
  const variables = { comment: { subjectId: id, body: 'Hello' }, labels: { labelableId: id, labelIds: [stale] } }
  expect(await octokit.graphql(query, variables)).toEqual({
    addComment: {
      commentEdge: {
        cursor: expect.any(String),
        node: { body: 'Hello', author: { login: 'signalbox' }, viewerDidAuthor: true },
      },
      subject: { id },
    },
    addLabelsToLabelable: { labelable: { labels: { nodes: [{ name: 'Stale' }, { name: 'bug' }] } } },
  })
})

test('an issue is closed as a duplicate of another, and reopened', async () => {
  const other = sandbox.openIssue(NAME, { title: 'The first', author: 'bea' })
  const duplicateIssueId = await itemId(NAME, other)
  await write([['closeIssue', { issueId: id, stateReason: 'DUPLICATE', duplicateIssueId }]])
  expect(look()).toMatchObject({ state: 'closed', stateReason: 'duplicate', duplicateOf: other })
  const reason = `issue(number: ${number}) { told: stateReason(enableDuplicate: true) untold: stateReason }`
  expect(await inRepository(NAME, reason)).toEqual({ told: 'DUPLICATE', untold: 'NOT_PLANNED' })
  await write([['closeIssue', { issueId: id, stateReason: 'DUPLICATE', duplicateIssueId }]])
  expect(look().timeline.filter(({ kind }) => kind === 'ClosedEvent')).toHaveLength(1)
  await write([['reopenIssue', { issueId: id }]])
  expect(look()).toMatchObject({ state: 'open', stateReason: 'reopened', duplicateOf: null, closedAt: null })
})

test('a pull request is closed once', async () => {
  const pull = await openPull()
  const input = { pullRequestId: await itemId(NAME, pull) }
  expect(
    await write([
      ['closePullRequest', input],
      ['closePullRequest', input],
    ]),
  ).not.toHaveProperty('errors')
  expect(sandbox.state.item(NAME, pull).state).toBe('closed')
  expect(sandbox.state.item(NAME, pull).timeline.filter(({ kind }) => kind === 'ClosedEvent')).toHaveLength(1)
})

const NOT_FOUND = expect.stringContaining('Could not resolve to a node with the global id of')

test('what GitHub refuses is refused alone, and nothing of it is done', async () => {
  const pull = await itemId(NAME, await openPull())
  const foreign = await labelId(ELSEWHERE, 'Stale')
  const [gone = 0] = sandbox.seedIssues(NAME, [{ title: 'Moves' }])
  const moved = await itemId(NAME, gone)
  sandbox.transferIssue(NAME, gone, ELSEWHERE, 'ann')
  const { data, errors } = await write([
    ['addComment', { subjectId: id, body: ' ' }],
    ['addComment', { subjectId: id, body: 'x'.repeat(65_537) }],
    ['addComment', { subjectId: moved, body: 'Hello' }],
    ['addLabelsToLabelable', { labelableId: id, labelIds: [stale, foreign] }],
    ['addLabelsToLabelable', { labelableId: id, labelIds: [] }],
    ['removeLabelsFromLabelable', { labelableId: id, labelIds: ['LA_none'] }],
    ['closeIssue', { issueId: pull }],
    ['closeIssue', { issueId: id, stateReason: 'COMPLETED', duplicateIssueId: pull }],
    ['closeIssue', { issueId: id, stateReason: 'DUPLICATE', duplicateIssueId: id }],
    ['closePullRequest', { pullRequestId: id }],
    ['addComment', { subjectId: id, body: 'After all' }],
  ])
  expect(errors?.map(({ type, message, path }) => [path, type, message])).toEqual([
    [['w0'], 'UNPROCESSABLE', "Body can't be blank"],
    [['w1'], 'UNPROCESSABLE', 'Body is too long (maximum is 65536 characters)'],
    [['w2'], 'NOT_FOUND', NOT_FOUND],
    [['w3'], 'NOT_FOUND', NOT_FOUND],
    [['w4'], 'UNPROCESSABLE', expect.any(String)],
    [['w5'], 'NOT_FOUND', NOT_FOUND],
    [['w6'], 'NOT_FOUND', NOT_FOUND],
    [['w7'], 'UNPROCESSABLE', expect.any(String)],
    [['w8'], 'UNPROCESSABLE', expect.any(String)],
    [['w9'], 'NOT_FOUND', NOT_FOUND],
  ])
  expect(data).toMatchObject({ w3: null, w10: { clientMutationId: null } })
  expect(look()).toMatchObject({ labels: ['bug'], state: 'open', comments: [{ body: 'After all' }] })
})

test('a locked conversation refuses comments only if it was told to', async () => {
  const comment = ['addComment', { subjectId: id, body: 'Hello' }] as const
  sandbox.lock(NAME, number, { by: 'ann' })
  expect((await write([comment])).errors).toBeUndefined()
  sandbox.lock(NAME, number, { by: 'ann', refusesComments: true })
  expect((await write([comment])).errors).toMatchObject([
    { type: 'FORBIDDEN', message: expect.stringContaining('locked') },
  ])
  sandbox.unlock(NAME, number, 'ann')
  expect((await write([comment])).errors).toBeUndefined()
  expect(look().comments).toHaveLength(2)
})

test('issues and pull requests are written with permissions of their own', async () => {
  const pull = await openPull()
  const pullId = await itemId(NAME, pull)
  const both = [
    ['addComment', { subjectId: id, body: 'Hello' }],
    ['addComment', { subjectId: pullId, body: 'Hello' }],
  ] as const
  const forbidden = (path: string) => [
    { type: 'FORBIDDEN', path: [path], message: 'Resource not accessible by integration' },
  ]
  const ofIssues = await installationClient(sandbox, { permissions: { issues: 'write', pull_requests: 'read' } })
  expect((await write(both, ofIssues)).errors).toMatchObject(forbidden('w1'))
  const ofPulls = await installationClient(sandbox, { permissions: { pull_requests: 'write' } })
  expect((await write(both, ofPulls)).errors).toMatchObject(forbidden('w0'))
  expect([look().comments.length, sandbox.state.item(NAME, pull).comments.length]).toEqual([1, 1])
})

const comments = (count: number) =>
  Array.from({ length: count }, (_, index) => ['addComment', { subjectId: id, body: `${index + 1}` }] as const)
const bodies = () => look().comments.map(({ body }) => body)

test('mutations are done though the answer is a 502, or lost', async () => {
  sandbox.faults.loseReply({ path: '/graphql', requestBody: 'addComment', with: 502 })
  await expect(write(comments(2))).rejects.toMatchObject({ status: 502 })
  expect(bodies()).toEqual(['1', '2'])
  sandbox.faults.loseReply({ path: '/graphql', requestBody: 'addComment' })
  await expect(write(comments(1))).rejects.toMatchObject({ status: 500 })
  expect(bodies()).toEqual(['1', '2', '1'])
})

test('a secondary limit in the middle lets nothing of its request happen', async () => {
  sandbox.faults.rateLimit({ path: '/graphql', requestBody: 'addComment', limit: 'secondary', skip: 1, waitSeconds: 7 })
  await write(comments(1))
  await expect(write(comments(2))).rejects.toMatchObject({ status: 403, response: { headers: { 'retry-after': '7' } } })
  expect(bodies()).toEqual(['1'])
  await write(comments(1))
  expect(bodies()).toEqual(['1', '1'])
})

test('one mutation of a request can fail: by its place, its name, or what it does', async () => {
  sandbox.faults.refuseMutation({ place: 2, message: 'Something went wrong', type: null })
  const first = await write(comments(3))
  expect(first.data).toEqual({ w0: { clientMutationId: null }, w1: null, w2: { clientMutationId: null } })
  expect(first.errors).toMatchObject([{ path: ['w1'], message: 'Something went wrong' }])
  expect(first.errors?.[0]).not.toHaveProperty('type')
  expect(bodies()).toEqual(['1', '3'])
  sandbox.faults.refuseMutation({ alias: 'w0' })
  expect((await write(comments(2))).errors).toMatchObject([{ type: 'FORBIDDEN', path: ['w0'] }])
  sandbox.faults.refuseMutation({ field: 'closeIssue', skip: 1, times: 2 })
  const close = ['closeIssue', { issueId: id }] as const
  expect((await write([close, close, close, close])).errors?.map(({ path }) => path)).toEqual([['w1'], ['w2']])
})

test('a mutation can be done though the answer says that it failed', async () => {
  sandbox.faults.refuseMutation({ field: 'addComment', done: true, type: 'INTERNAL', message: 'Timed out' })
  const { data, errors } = await write(comments(1))
  expect([data, errors]).toMatchObject([{ w0: null }, [{ type: 'INTERNAL', message: 'Timed out' }]])
  expect(bodies()).toEqual(['1'])
})

test('reviews and comments on lines are told, and count as news of the pull request', async () => {
  const pull = await openPull()
  await sandbox.settle()
  receiver.received.length = 0
  sandbox.review(NAME, pull, { by: 'bea', state: 'approved' })
  sandbox.reviewComment(NAME, pull, { by: 'carl', body: 'Here?', path: `topic-${number}` })
  await sandbox.settle()
  expect(receiver.received.map(({ event, action, payload }) => [`${event}.${action}`, payload.sender])).toMatchObject([
    ['pull_request_review.submitted', { login: 'bea' }],
    ['pull_request_review.submitted', { login: 'carl' }],
    ['pull_request_review_comment.created', { login: 'carl' }],
  ])
  expect(receiver.received[0]?.payload).toMatchObject({ review: { state: 'approved' }, pull_request: { number: pull } })
  const kinds = sandbox.state.item(NAME, pull).timeline.filter(({ kind }) => kind === 'PullRequestReview')
  expect(kinds.map(({ by }) => by)).toEqual(['bea', 'carl'])
})
