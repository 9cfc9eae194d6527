/** Issues and pull requests as GraphQL shows them: with their past, in pages that stay, for what GitHub says it costs. */
import type { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FILES_QUERY, itemsQuery, LABELS_QUERY, listQuery } from '../../src/adapters/github/items/queries.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { installationClient, NAME, type Receiver, SHOP, startReceiver, startShop, tip } from './support.ts'

const DAY = 86_400_000
const now = new Date(Math.floor(Date.now() / 1000) * 1000)
const ago = (days: number) => new Date(now.getTime() - days * DAY)
const text = (days: number) => ago(days).toISOString().replace('.000Z', 'Z')

let receiver: Receiver
let sandbox: Sandbox
let octokit: Octokit

beforeAll(async () => {
  receiver = await startReceiver()
  const started = await startShop({ webhook: { url: receiver.url }, now: () => now })
  sandbox = started.sandbox
  octokit = started.octokit
  await sandbox.settle()
  receiver.received.length = 0
})
afterAll(async () => {
  await sandbox.stop()
  await receiver.stop()
})

async function inRepository<Result>(fields: string, variables: Record<string, unknown> = {}): Promise<Result> {
  const declared = Object.keys(variables).map((name) => `$${name}: String`)
  const head = declared.length === 0 ? '' : `query (${declared.join(', ')}) `
  const query = `${head}{ repository(owner: "acme", name: "shop") { ${fields} } }`
  return (await octokit.graphql<{ repository: Result }>(query, variables)).repository
}

async function errorsOf(query: string, client = octokit, variables: Record<string, unknown> = {}) {
  return client.graphql(query, variables).then(
    () => [],
    (error: { errors: { type?: string; message: string; path?: unknown }[] }) => error.errors,
  )
}

const WHO = '{ __typename login }'

test('an issue shows what happened to it, in its order, and who did it', async () => {
  const number = sandbox.openIssue(NAME, {
    title: 'Broken',
    body: 'It is.',
    author: 'ann',
    labels: ['bug'],
    assignees: ['bea'],
    milestone: 'v1',
    type: 'Bug',
    at: ago(90),
  })
  sandbox.setAssociation(NAME, 'bea', 'MEMBER')
  const id = sandbox.comment(NAME, number, 'Seen, @ann', 'bea', ago(60))
  sandbox.comment(NAME, number, 'Bye', 'leaver', ago(70))
  sandbox.deleteAccount('leaver')
  sandbox.editComment(NAME, id, 'Seen.', 'bea', ago(59))
  sandbox.react(NAME, id, 'heart', 'ann', ago(10))
  sandbox.reactTo(NAME, number, '+1', 'carl', ago(5))
  sandbox.close(NAME, number, { by: 'bea', reason: 'not_planned', at: ago(50) })
  sandbox.reopen(NAME, number, { by: 'ann', at: ago(49) })
  sandbox.edit(NAME, number, { title: 'Still broken' }, 'ann', ago(40))
  sandbox.edit(NAME, number, { body: 'It was.' }, 'bea', ago(30))
  sandbox.removeLabel(NAME, number, 'bug', 'bea', ago(20))
  sandbox.happen(NAME, number, 'CrossReferencedEvent', 'carl', ago(19))
  sandbox.lock(NAME, number, { by: 'bea', reason: 'off-topic', at: ago(18) })
  const { issue } = await inRepository<{ issue: Record<string, unknown> }>(`issue(number: ${number}) {
    number title state stateReason closed createdAt updatedAt lastEditedAt editor ${WHO} locked activeLockReason
    author ${WHO} authorAssociation milestone { title } issueType { name } comments { totalCount } viewerDidAuthor
    assignees(first: 5) { nodes { login } } labels(first: 5) { totalCount nodes { name } }
    reactions(last: 5) { nodes { content createdAt user { login } } }
    timelineItems(last: 20) { totalCount nodes { __typename
      ... on IssueComment { body createdAt lastEditedAt editor { login } author { login } authorAssociation viewerDidAuthor
        reactions(last: 1) { nodes { content createdAt } } }
      ... on LabeledEvent { createdAt actor { login } label { name } }
      ... on UnlabeledEvent { createdAt actor { login } label { name } }
      ... on ClosedEvent { createdAt actor { login } stateReason }
      ... on RenamedTitleEvent { createdAt previousTitle currentTitle }
      ... on AssignedEvent { assignee { ... on User { login } } }
      ... on MentionedEvent { createdAt actor { login } }
      ... on CrossReferencedEvent { createdAt actor { login } }
      ... on LockedEvent { createdAt lockReason }
    } }
  }`)
  expect(issue).toEqual({
    number,
    title: 'Still broken',
    state: 'OPEN',
    stateReason: 'REOPENED',
    closed: false,
    createdAt: text(90),
    updatedAt: text(18),
    lastEditedAt: text(30),
    editor: { __typename: 'User', login: 'bea' },
    locked: true,
    activeLockReason: 'OFF_TOPIC',
    author: { __typename: 'User', login: 'ann' },
    authorAssociation: 'NONE',
    viewerDidAuthor: false,
    milestone: { title: 'v1' },
    issueType: { name: 'Bug' },
    comments: { totalCount: 2 },
    assignees: { nodes: [{ login: 'bea' }] },
    labels: { totalCount: 0, nodes: [] },
    reactions: { nodes: [{ content: 'THUMBS_UP', createdAt: text(5), user: { login: 'carl' } }] },
    timelineItems: {
      totalCount: 11,
      nodes: [
        { __typename: 'LabeledEvent', createdAt: text(90), actor: { login: 'ann' }, label: { name: 'bug' } },
        { __typename: 'AssignedEvent', assignee: { login: 'bea' } },
        expect.objectContaining({ __typename: 'IssueComment', body: 'Bye', author: null, authorAssociation: 'NONE' }),
        {
          __typename: 'IssueComment',
          body: 'Seen.',
          createdAt: text(60),
          lastEditedAt: text(59),
          editor: { login: 'bea' },
          author: { login: 'bea' },
          authorAssociation: 'MEMBER',
          viewerDidAuthor: false,
          reactions: { nodes: [{ content: 'HEART', createdAt: text(10) }] },
        },
        { __typename: 'MentionedEvent', createdAt: text(60), actor: { login: 'ann' } },
        { __typename: 'ClosedEvent', createdAt: text(50), actor: { login: 'bea' }, stateReason: 'NOT_PLANNED' },
        { __typename: 'ReopenedEvent' },
        { __typename: 'RenamedTitleEvent', createdAt: text(40), previousTitle: 'Broken', currentTitle: 'Still broken' },
        { __typename: 'UnlabeledEvent', createdAt: text(20), actor: { login: 'bea' }, label: { name: 'bug' } },
        { __typename: 'CrossReferencedEvent', createdAt: text(19), actor: { login: 'carl' } },
        { __typename: 'LockedEvent', createdAt: text(18), lockReason: 'OFF_TOPIC' },
      ],
    },
  })
  expect(sandbox.state.item(NAME, number)).toMatchObject({ title: 'Still broken', locked: true, updatedAt: ago(18) })
  await sandbox.settle()
  expect(receiver.names()).toEqual([])
})

const PULL = `number state isDraft isCrossRepository headRefName headRefOid baseRefName headRepository { nameWithOwner }
  files(first: 10) { nodes { path } } updatedAt
  timelineItems(last: 20) { nodes { __typename
    ... on PullRequestCommit { commit { committedDate authoredDate author { name user { login } } } }
    ... on PullRequestReview { submittedAt state body author { login } viewerDidAuthor }
    ... on HeadRefForcePushedEvent { createdAt actor { login } }
    ... on ReadyForReviewEvent { actor { login } }
    ... on ConvertToDraftEvent { createdAt }
    ... on HeadRefDeletedEvent { headRefName }
    ... on ClosedEvent { actor { login } stateReason }
  } }`

test('a pull request shows its commits, reviews and drafts', async () => {
  const push = (path: string, days: number, author: string) =>
    sandbox.pushCommit(NAME, 'feature', { files: { [path]: 'x' }, author, at: ago(days) })
  const first = push('a.txt', 80, 'ann')
  const number = sandbox.openPullRequest(NAME, { head: 'feature', author: 'ann', draft: true, at: ago(79) })
  push('b.txt', 70, 'helper[bot]')
  sandbox.review(NAME, number, { by: 'bea', body: 'Nearly.', state: 'changes_requested', at: ago(65) })
  sandbox.readyForReview(NAME, number, 'ann', ago(60))
  sandbox.convertToDraft(NAME, number, 'ann', ago(55))
  const pull = async () =>
    (await inRepository<{ pullRequest: Record<string, unknown> }>(`pullRequest(number: ${number}) { ${PULL} }`))
      .pullRequest
  const commit = (days: number, name: string, user: unknown) => ({
    __typename: 'PullRequestCommit',
    commit: { committedDate: text(days), authoredDate: text(days), author: { name, user } },
  })
  expect(await pull()).toEqual({
    number,
    state: 'OPEN',
    isDraft: true,
    isCrossRepository: false,
    headRefName: 'feature',
    headRefOid: tip(sandbox, 'feature'),
    baseRefName: 'main',
    headRepository: { nameWithOwner: NAME },
    files: { nodes: [{ path: 'a.txt' }, { path: 'b.txt' }] },
    updatedAt: text(55),
    timelineItems: {
      nodes: [
        commit(80, 'ann', { login: 'ann' }),
        commit(70, 'helper[bot]', null),
        {
          __typename: 'PullRequestReview',
          submittedAt: text(65),
          state: 'CHANGES_REQUESTED',
          body: 'Nearly.',
          author: { login: 'bea' },
          viewerDidAuthor: false,
        },
        { __typename: 'ReadyForReviewEvent', actor: { login: 'ann' } },
        { __typename: 'ConvertToDraftEvent', createdAt: text(55) },
      ],
    },
  })
  await sandbox.settle()
  expect(receiver.names()).toEqual([])
  sandbox.forcePush(NAME, 'feature', first, 'ann')
  sandbox.deleteBranch(NAME, 'feature', 'bea')
  const kinds = sandbox.state.item(NAME, number).timeline.map(({ kind, by }) => `${kind} ${by}`)
  expect(kinds.filter((kind) => kind.startsWith('PullRequestCommit'))).toHaveLength(1)
  expect(kinds.slice(-3)).toEqual(['HeadRefForcePushedEvent ann', 'HeadRefDeletedEvent bea', 'ClosedEvent bea'])
  expect(await pull()).toMatchObject({ state: 'CLOSED', updatedAt: text(0) })
})

test('a fork is another repository, and may be gone', async () => {
  sandbox.fork(NAME, 'forker')
  sandbox.pushCommit('forker/shop', 'main', { files: { 'f.txt': 'x' }, author: 'forker', at: ago(3) })
  const number = sandbox.openPullRequest(NAME, { head: 'forker:main', at: ago(2) })
  sandbox.deleteRepository('forker/shop')
  expect(
    await inRepository(`issueOrPullRequest(number: ${number}) { ... on PullRequest { ${PULL.split('\n')[0]} } }`),
  ).toMatchObject({
    issueOrPullRequest: { isCrossRepository: true, headRefName: 'main', headRepository: null },
  })
})

interface Listed {
  readonly issues: {
    readonly totalCount: number
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
    readonly nodes: readonly { readonly number: number }[]
  }
}

test('pages go on behind the last entry, whatever was changed, came or went', async () => {
  const home = { owner: 'acme', name: 'pages' }
  sandbox.createRepository({ ...home, files: { a: 'b' } })
  const numbers = sandbox.seedIssues(
    'acme/pages',
    [50, 40, 30, 20, 10].map((days) => ({ title: `${days}`, author: 'ann', at: ago(days) })),
  )
  const list = async (after: string | null, direction = 'ASC') => {
    const query = `query ($after: String) { repository(owner: "acme", name: "pages") {
      issues(first: 2, after: $after, states: OPEN, orderBy: { field: UPDATED_AT, direction: ${direction} }) {
        totalCount pageInfo { hasNextPage endCursor } nodes { number } } } }`
    const { issues } = (await octokit.graphql<{ repository: Listed }>(query, { after })).repository
    return { ...issues, numbers: issues.nodes.map(({ number }) => number), after: issues.pageInfo.endCursor }
  }
  const [one, two, three, four, five] = numbers
  const first = await list(null)
  expect([first.numbers, first.totalCount]).toEqual([[one, two], 5])
  sandbox.comment('acme/pages', numbers[0] ?? 0, 'Still so.', 'ann')
  sandbox.close('acme/pages', numbers[1] ?? 0, { by: 'ann' })
  const second = await list(first.after)
  expect(second.numbers).toEqual([three, four])
  const third = await list(second.after)
  expect([third.numbers, third.pageInfo.hasNextPage, third.totalCount]).toEqual([[five, one], false, 4])
  const newest = await list(null, 'DESC')
  expect([newest.numbers, (await list(newest.after, 'DESC')).numbers]).toEqual([
    [one, five],
    [four, three],
  ])
  expect(
    await errorsOf('{ repository(owner: "acme", name: "pages") { issues(first: 1, after: "x") { totalCount } } }'),
  ).toMatchObject([{ type: 'UNPROCESSABLE', message: '`x` does not appear to be a valid cursor.' }])
})

test.each([
  ['states: CLOSED', ['closed']],
  ['labels: ["a", "c"]', ['one', 'closed']],
  ['filterBy: { labels: ["A", "b"] }', ['one']],
  ['filterBy: { assignee: "*" }', ['two']],
  ['filterBy: { assignee: "BEA" }', ['two']],
  ['filterBy: { createdBy: "carl" }', ['two']],
  ['filterBy: { milestone: "1" }', ['one']],
  [`filterBy: { since: "${text(2)}" }`, ['two', 'closed']],
  ['orderBy: { field: COMMENTS, direction: DESC }', ['two', 'closed', 'one']],
])('issues are filtered and ordered: %s', async (asked, expected) => {
  const repo = 'acme/filters'
  if (!sandbox.state.repositories.some(({ name }) => name === 'filters')) {
    sandbox.createRepository({ owner: 'acme', name: 'filters', files: { a: 'b' } })
    const at = ago(3)
    const numbers = sandbox.seedIssues(repo, [
      { title: 'one', author: 'ann', labels: ['a', 'b'], milestone: 'v1', at },
      {
        title: 'two',
        author: 'carl',
        assignees: ['bea'],
        at,
        comments: [
          { by: 'ann', body: 'x', at: ago(1) },
          { by: 'ann', body: 'y', at: ago(1) },
        ],
      },
      { title: 'closed', author: 'ann', labels: ['c'], at, comments: [{ by: 'ann', body: 'x', at: ago(2) }] },
    ])
    sandbox.close(repo, numbers[2] ?? 0, { by: 'ann', at: ago(2) })
  }
  const query = `{ repository(owner: "acme", name: "filters") { issues(first: 9, ${asked}) { nodes { title } } } }`
  const result = await octokit.graphql<{ repository: { issues: { nodes: { title: string }[] } } }>(query)
  expect(result.repository.issues.nodes.map(({ title }) => title)).toEqual(expected)
})

test('labels are found by name and listed', async () => {
  sandbox.createLabel(NAME, { name: 'zebra', color: 'abcdef', description: 'Striped' })
  sandbox.createLabel(NAME, { name: 'ant, red' })
  const order = 'orderBy: { field: NAME, direction: ASC }'
  const found = await inRepository<Record<string, unknown>>(`
    zebra: label(name: "ZEBRA") { id name color description } none: label(name: "none") { id }
    labels(first: 100, ${order}, query: "an") { totalCount nodes { name } }`)
  expect(found).toEqual({
    zebra: { id: expect.stringMatching(/^LA_/), name: 'zebra', color: 'abcdef', description: 'Striped' },
    none: null,
    labels: { totalCount: 1, nodes: [{ name: 'ant, red' }] },
  })
})

test('what was transferred is shown where it is now, and what was deleted is not there', async () => {
  sandbox.createRepository({ owner: 'acme', name: 'attic', files: { a: 'b' } })
  const [moved = 0, deleted = 0] = sandbox.seedIssues(NAME, [{ title: 'Moves' }, { title: 'Goes' }])
  const ids = await inRepository<Record<string, { id: string }>>(
    `a: issue(number: ${moved}) { id } b: issue(number: ${deleted}) { id }`,
  )
  sandbox.transferIssue(NAME, moved, 'acme/attic', 'ann')
  sandbox.deleteIssue(NAME, deleted, 'ann')
  const where = '... on Issue { title repository { nameWithOwner } }'
  expect(await inRepository(`issueOrPullRequest(number: ${moved}) { ${where} }`)).toEqual({
    issueOrPullRequest: { title: 'Moves', repository: { nameWithOwner: 'acme/attic' } },
  })
  const kept = sandbox.openIssue(NAME, { title: 'Stays', author: 'ann' })
  expect(kept).toBeGreaterThan(deleted)
  const { id } = (await inRepository<{ issue: { id: string } }>(`issue(number: ${kept}) { id }`)).issue
  const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Issue { title } } }'
  const given = { ids: [ids.a?.id, id, ids.b?.id, 'I_none'] }
  const error = await octokit.graphql(query, given).catch((thrown: { response: unknown }) => thrown.response)
  expect(error).toMatchObject({
    data: { nodes: [null, { title: 'Stays' }, null, null] },
    errors: [0, 2, 3].map((index) => ({ type: 'NOT_FOUND', path: ['nodes', index] })),
  })
  expect(
    await errorsOf(`{ repository(owner: "acme", name: "shop") { issue(number: ${deleted}) { id } } }`),
  ).toMatchObject([{ type: 'NOT_FOUND', message: `Could not resolve to an Issue with the number of ${deleted}.` }])
})

test('issues and pull requests want permissions of their own', async () => {
  const list = (what: string) => `{ repository(owner: "acme", name: "shop") { ${what}(first: 1) { totalCount } } }`
  const forbidden = [{ type: 'FORBIDDEN', message: 'Resource not accessible by integration' }]
  const ofIssues = await installationClient(sandbox, { permissions: { issues: 'read' } })
  expect(await errorsOf(list('issues'), ofIssues)).toEqual([])
  expect(await errorsOf(list('pullRequests'), ofIssues)).toMatchObject(forbidden)
  const ofPulls = await installationClient(sandbox, { permissions: { pull_requests: 'read' } })
  expect(await errorsOf(list('pullRequests'), ofPulls)).toEqual([])
  expect(await errorsOf(list('issues'), ofPulls)).toMatchObject(forbidden)
})

const inShop = (fields: string) =>
  `{ rateLimit { cost nodeCount } repository(owner: "acme", name: "shop") { ${fields} } }`
const PAGE = 'labels(first: 100) { nodes { name } }'
const DEEP = `${PAGE} assignees(first: 10) { nodes { login } } timelineItems(last: 10) { nodes { __typename } }`

test.each([
  ['no list', inShop('id'), 1, 0],
  ['one list', inShop('issues(first: 100) { nodes { id } }'), 1, 100],
  ['lists in a list', inShop(`issues(first: 100) { nodes { ${DEEP} } }`), 3, 100 + 100 * 120],
  [
    'two of these',
    inShop(`issues(first: 100) { nodes { ${DEEP} } } pullRequests(first: 100) { nodes { ${DEEP} } }`),
    6,
    24_200,
  ],
  ['a part that is left out', inShop(`issues(first: 100) @skip(if: true) { nodes { ${DEEP} } }`), 1, 0],
  [
    'the dearest of alternatives',
    inShop(`issueOrPullRequest(number: 1) { ... on Issue { ${PAGE} } ... on PullRequest { ${PAGE} } }`),
    1,
    100,
  ],
  [
    'three deep',
    inShop(
      `issues(first: 50) { nodes { timelineItems(last: 20) { nodes { ... on IssueComment { reactions(last: 1) { nodes { id } } } } } } }`,
    ),
    11,
    50 + 1000 + 1000,
  ],
])('a query costs what GitHub documents: %s', async (_, query, cost, nodeCount) => {
  const before = sandbox.state.requests.length
  const result = await octokit
    .graphql<{ rateLimit: unknown }>(query)
    .catch((error: { data: { rateLimit: unknown } }) => error.data)
  expect(result.rateLimit).toEqual({ cost, nodeCount })
  expect(sandbox.state.requests).toHaveLength(before + 1)
})

test('the hour is charged in points', async () => {
  const used = async () => {
    const { data } = await octokit.rest.rateLimit.get()
    return data.resources.graphql?.used ?? 0
  }
  const before = await used()
  await octokit.graphql(inShop(`issues(first: 100) { nodes { ${DEEP} } }`))
  expect((await used()) - before).toBe(3)
})

test.each([
  [
    'a page over 100',
    'issues(first: 101) { nodes { id } }',
    'EXCESSIVE_PAGINATION',
    'exceeds the `first` limit of 100',
  ],
  ['no bound', 'issues { nodes { id } }', 'MISSING_PAGINATION_BOUNDARIES', 'properly paginate the `issues` connection'],
  [
    'too many nodes',
    'issues(first: 100) { nodes { timelineItems(last: 100) { nodes { ... on IssueComment { reactions(last: 100) { nodes { id } } } } } } }',
    'MAX_NODE_LIMIT_EXCEEDED',
    'up to 1,010,100 possible nodes which exceeds the maximum limit of 500,000',
  ],
])('a query is refused as a whole: %s', async (_, fields, type, message) => {
  const errors = await errorsOf(inShop(fields))
  expect(errors).toMatchObject([{ type, message: expect.stringContaining(message) }])
})

test('an older server knows no types of issues', async () => {
  const older = await startShop({ issueTypes: false })
  older.sandbox.openIssue(NAME, { title: 'Old', author: 'ann', type: 'Bug' })
  const query = (field: string) => `{ repository(owner: "acme", name: "shop") { issue(number: 1) { title ${field} } } }`
  expect(await errorsOf(query('issueType { name }'), older.octokit)).toMatchObject([
    { message: expect.stringContaining('issueType'), extensions: { code: 'undefinedField' } },
  ])
  expect(await errorsOf(query(''), older.octokit)).toEqual([])
  await older.sandbox.stop()
})

test('ten thousand issues are seeded and read, a hundred a request', async () => {
  const repo = 'acme/crowded'
  sandbox.createRepository({ owner: 'acme', name: 'crowded', files: { a: 'b' } })
  const seeded = sandbox.seedIssues(
    repo,
    Array.from({ length: 10_000 }, (_, index) => ({
      title: `Issue ${index}`,
      author: `person-${index % 100}`,
      labels: index % 7 === 0 ? ['Stale'] : [],
      at: ago(100 + (index % 300)),
      comments: [{ by: 'bea', body: 'Any news?', at: ago(index % 100) }],
    })),
  )
  expect(seeded).toHaveLength(10_000)
  const query = listQuery({ reactions: false, mentions: false, paths: false, issueTypes: true })
  const seen = new Set<number>()
  let after: string | null = null
  let requests = 0
  do {
    const variables = {
      owner: 'acme',
      name: 'crowded',
      activity: 10,
      first: 100,
      withIssues: true,
      withPullRequests: false,
    }
    const { repository, rateLimit }: { repository: Listed; rateLimit: { cost: number } } = await octokit.graphql(
      query,
      { ...variables, issuesAfter: after },
    )
    expect(rateLimit.cost).toBe(3)
    for (const { number } of repository.issues.nodes) seen.add(number)
    after = repository.issues.pageInfo.hasNextPage ? repository.issues.pageInfo.endCursor : null
    requests++
  } while (after !== null)
  expect([seen.size, requests]).toEqual([10_000, 100])
  await sandbox.settle()
  expect(receiver.names().filter((name) => name.startsWith('issue')).length).toBeLessThan(20)
})

test('whatever the app asks of items is answered', async () => {
  const [number = 0] = sandbox.seedIssues(NAME, [{ title: 'Asked for', author: 'ann', at: ago(9) }])
  sandbox.pushCommit(NAME, 'asked', { files: { 'asked.txt': 'x' }, author: 'ann' })
  const pull = sandbox.openPullRequest(NAME, { head: 'asked', author: 'ann' })
  const shape = { reactions: true, mentions: true, paths: true, issueTypes: true }
  const where = { owner: 'acme', name: 'shop', activity: 100 }
  const listed: { repository: Record<string, { nodes: { number: number }[] }> } = await octokit.graphql(
    listQuery(shape),
    {
      ...where,
      first: 20,
      withIssues: true,
      withPullRequests: true,
    },
  )
  const { issues, pullRequests } = listed.repository
  expect([...(issues?.nodes ?? []), ...(pullRequests?.nodes ?? [])]).toContainEqual(
    expect.objectContaining({ number: pull }),
  )
  const read: { repository: Record<string, { id: string }> } = await octokit.graphql(itemsQuery(shape, 2), {
    ...where,
    n0: number,
    n1: pull,
  })
  expect(read.repository).toMatchObject({
    i0: { __typename: 'Issue', number, repository: { id: read.repository.id } },
    i1: { __typename: 'PullRequest', number: pull, files: { nodes: [{ path: 'asked.txt' }] } },
  })
  const id = read.repository.i1?.id
  expect(await octokit.graphql(LABELS_QUERY, { id })).toMatchObject({ node: { page: { nodes: [] } } })
  expect(await octokit.graphql(FILES_QUERY, { id })).toMatchObject({
    node: { page: { nodes: [{ path: 'asked.txt' }] } },
  })
})

test('the REST API tells the same of an item', async () => {
  const [number = 0] = sandbox.seedIssues(NAME, [
    { title: 'Both', author: 'ann', labels: ['x'], at: ago(9), labelled: [{ label: 'stale', by: 'bea', at: ago(4) }] },
  ])
  const { data } = await octokit.rest.issues.get({ ...SHOP, issue_number: number })
  expect(data).toMatchObject({ created_at: text(9), updated_at: text(4), labels: [{ name: 'x' }, { name: 'stale' }] })
})
