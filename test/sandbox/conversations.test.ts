/** Comments, labels and authors: what people say on a pull request, and who they are to the repository. */
import type { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { installationClient, NAME, type Receiver, SHOP, startReceiver, startShop } from './support.ts'

let receiver: Receiver
let sandbox: Sandbox
let octokit: Octokit
let now = new Date(Math.floor(Date.now() / 1000) * 1000)
let pull: number

beforeAll(async () => {
  receiver = await startReceiver()
  const started = await startShop({ webhook: { url: receiver.url }, validateReplies: true, now: () => now })
  sandbox = started.sandbox
  octokit = started.octokit
})
afterAll(async () => {
  await sandbox.stop()
  await receiver.stop()
  sandbox.assertConforms()
})
let branch = 0
beforeEach(async () => {
  sandbox.pushCommit(NAME, `topic-${++branch}`, { files: { [`file-${branch}`]: 'x' }, author: 'ann' })
  pull = sandbox.openPullRequest(NAME, { head: `topic-${branch}`, author: 'ann' })
  await sandbox.settle()
  receiver.received.length = 0
})

const pass = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000)
}

test('a comment on a pull request says who wrote it, and that the issue is a pull request', async () => {
  sandbox.comment(NAME, pull, '/retest', 'mallory')
  await octokit.rest.issues.createComment({ ...SHOP, issue_number: pull, body: 'Done.' })
  await sandbox.settle()
  const [theirs, ours] = receiver.received.map(({ payload }) => payload)
  expect(theirs).toMatchObject({
    action: 'created',
    sender: { login: 'mallory', type: 'User' },
    issue: { number: pull, pull_request: { url: expect.stringMatching(`/pulls/${pull}$`) }, draft: false },
    comment: {
      body: '/retest',
      user: { login: 'mallory', type: 'User' },
      author_association: 'NONE',
      performed_via_github_app: null,
    },
  })
  expect(ours).toMatchObject({
    sender: { login: 'signalbox[bot]', type: 'Bot' },
    comment: { user: { login: 'signalbox[bot]' }, performed_via_github_app: { id: sandbox.app.id, slug: 'signalbox' } },
  })
})

test('a comment on an issue has no pull request beside it', async () => {
  const issue = sandbox.openIssue(NAME, { title: 'Broken', author: 'ann' })
  const id = sandbox.comment(NAME, issue, 'hello', 'ann')
  sandbox.editComment(NAME, id, 'hello you', 'bea')
  sandbox.deleteComment(NAME, id, 'bea')
  await sandbox.settle()
  expect(receiver.names()).toEqual([
    'issues.opened',
    'issue_comment.created',
    'issue_comment.edited',
    'issue_comment.deleted',
  ])
  for (const { payload } of receiver.received) expect(payload.issue).not.toHaveProperty('pull_request')
  expect(receiver.received[2]?.payload).toMatchObject({
    changes: { body: { from: 'hello' } },
    comment: { body: 'hello you', user: { login: 'ann' } },
    sender: { login: 'bea' },
  })
})

test('comments are listed since they were changed', async () => {
  const first = sandbox.comment(NAME, pull, 'first', 'ann')
  pass(10)
  const since = now.toISOString()
  sandbox.comment(NAME, pull, 'second', 'ann')
  const list = async () => {
    const { data } = await octokit.rest.issues.listComments({ ...SHOP, issue_number: pull, since })
    return data.map((comment) => comment.body)
  }
  expect(await list()).toEqual(['second'])
  pass(10)
  sandbox.editComment(NAME, first, 'first again', 'ann')
  expect(await list()).toEqual(['first again', 'second'])
})

const TIMELINE = `query ($number: Int!, $before: String, $last: Int = 100) {
  repository(owner: "acme", name: "shop") {
    pullRequest(number: $number) {
      timelineItems(last: $last, before: $before, itemTypes: [LABELED_EVENT]) {
        totalCount
        pageInfo { hasPreviousPage startCursor }
        nodes { ... on LabeledEvent { id createdAt actor { __typename login } label { name } } }
      }
    }
  }
}`

interface Timeline {
  repository: {
    pullRequest: {
      timelineItems: {
        totalCount: number
        pageInfo: { hasPreviousPage: boolean; startCursor: string }
        nodes: { id: string; createdAt: string; actor: unknown; label: { name: string } }[]
      }
    }
  }
}

async function timeline(number: number, page: { before?: string; last?: number } = {}) {
  const result: Timeline = await octokit.graphql(TIMELINE, { number, ...page })
  return result.repository.pullRequest.timelineItems
}

test('each labelling is remembered: who, when, and what has since gone', async () => {
  sandbox.addLabel(NAME, pull, 'lint-fix', 'bea')
  const at = now.toISOString().replace('.000', '')
  pass(60)
  await octokit.rest.issues.removeLabel({ ...SHOP, issue_number: pull, name: 'lint-fix' })
  sandbox.addLabel(NAME, pull, 'lint-fix', 'gone')
  await octokit.rest.issues.addLabels({ ...SHOP, issue_number: pull, labels: ['deploy', 'lint-fix'] })
  sandbox.deleteAccount('gone')
  const { nodes, totalCount } = await timeline(pull)
  expect(nodes.map(({ label, actor }) => [label.name, actor])).toEqual([
    ['lint-fix', { __typename: 'User', login: 'bea' }],
    ['lint-fix', null],
    ['deploy', { __typename: 'Bot', login: 'signalbox' }],
  ])
  expect(nodes[0]).toMatchObject({ id: expect.stringMatching(/^LE_/), createdAt: at })
  expect([new Set(nodes.map(({ id }) => id)).size, totalCount]).toEqual([3, 3])
  const kinds = sandbox.state.labelEvents(NAME, pull).map(({ kind }) => kind)
  expect(kinds).toEqual(['labeled', 'unlabeled', 'labeled', 'labeled'])
})

test('labels with which a pull request is opened are labellings too, perhaps of another', async () => {
  sandbox.createBranch(NAME, 'born-labelled', `topic-${branch}`)
  const opened = { head: 'born-labelled', author: 'ann', labels: ['deploy'], labelsBy: 'bea' }
  const number = sandbox.openPullRequest(NAME, opened)
  expect((await timeline(number)).nodes).toMatchObject([{ label: { name: 'deploy' }, actor: { login: 'bea' } }])
  await sandbox.settle()
  const events = receiver.received.filter(({ event }) => event === 'pull_request')
  expect(events.map(({ action, payload }) => [action, payload.sender])).toMatchObject([
    ['opened', { login: 'ann' }],
    ['labeled', { login: 'bea' }],
  ])
})

test('the timeline comes in pages, and asks for a bound', async () => {
  for (const label of ['a', 'b', 'c']) sandbox.addLabel(NAME, pull, label, 'bea')
  const names = (page: { nodes: { label: { name: string } }[] }) => page.nodes.map(({ label }) => label.name)
  const newest = await timeline(pull, { last: 2 })
  expect([names(newest), newest.pageInfo.hasPreviousPage]).toEqual([['b', 'c'], true])
  const rest = await timeline(pull, { last: 2, before: newest.pageInfo.startCursor })
  expect([names(rest), rest.pageInfo.hasPreviousPage]).toEqual([['a'], false])
  await expect(timeline(pull, { last: 101 })).rejects.toThrow('exceeds the `last` limit of 100 records')
  const unbound = TIMELINE.replace('last: $last, ', '').replace(', $last: Int = 100', '')
  await expect(octokit.graphql(unbound, { number: pull })).rejects.toThrow('must provide a `first` or `last` value')
  await expect(timeline(99)).rejects.toThrow('Could not resolve to a PullRequest with the number of 99.')
  const blind = await installationClient(sandbox, { permissions: { issues: 'write' } })
  await expect(blind.graphql(TIMELINE, { number: pull })).rejects.toThrow('Resource not accessible by integration')
})

test('a fault can be aimed at one GraphQL request', async () => {
  sandbox.faults.respond({ path: '/graphql', requestBody: 'timelineItems', status: 502 })
  await octokit.graphql('{ rateLimit { cost } }')
  await expect(timeline(pull)).rejects.toMatchObject({ status: 502 })
  await timeline(pull)
})

async function associationOf(number: number): Promise<string> {
  return (await octokit.rest.pulls.get({ ...SHOP, pull_number: number })).data.author_association
}

test("an author's association follows from what they may do and did, unless it is told", async () => {
  const open = (author: string) => {
    sandbox.fork(NAME, author)
    sandbox.pushCommit(`${author}/shop`, 'patch', { files: { [`by-${author}`]: 'x' }, author })
    return sandbox.openPullRequest(NAME, { head: `${author}:patch`, maintainerCanModify: false })
  }
  const number = open('newcomer')
  expect(await associationOf(number)).toBe('FIRST_TIME_CONTRIBUTOR')
  sandbox.mergePullRequest(NAME, number, 'bea')
  expect(await associationOf(number)).toBe('CONTRIBUTOR')
  sandbox.setTeam('acme/core', ['NewComer'])
  expect(await associationOf(number)).toBe('MEMBER')
  sandbox.setAssociation(NAME, 'newcomer', 'FIRST_TIMER')
  expect(await associationOf(number)).toBe('FIRST_TIMER')
  sandbox.setAssociation(NAME, 'newcomer', null)
  expect(await associationOf(number)).toBe('MEMBER')
  const other = open('writer')
  sandbox.setPermission(NAME, 'writer', 'write')
  expect(await associationOf(other)).toBe('MEMBER')
  const { data } = await octokit.rest.pulls.get({ ...SHOP, pull_number: other })
  expect(data.maintainer_can_modify).toBe(false)
})
