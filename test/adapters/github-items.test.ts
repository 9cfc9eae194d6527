import { describe, expect, test } from 'vitest'
import { connectItems, type ServerKnowledge } from '../../src/adapters/github/items.ts'
import { keepSilenceWhenLimited } from '../../src/adapters/github/octokit.ts'
import type { StaleItem } from '../../src/domain/stale.ts'
import type { ItemDepth, ItemWrite } from '../../src/ports/sweeps.ts'
import { APP_ID, failing, NOT_FOUND, type ScriptedReply, useDescribedPort } from '../support/described-github.ts'
import { makeRepo, SHA } from '../support/facts.ts'
import {
  bot,
  commentNode,
  commitNode,
  eventNode,
  issueNode,
  pullRequestNode,
  reviewNode,
  user,
} from '../support/item-nodes.ts'

const repo = makeRepo()
const DEPTH: ItemDepth = { activity: 15, reactions: false, mentions: false, paths: false }
let server: ServerKnowledge
const { api, port: items } = useDescribedPort((octokit) => {
  server = { issueTypes: true }
  return connectItems(keepSilenceWhenLimited(octokit), { id: APP_ID, getSlug: async () => 'signalbox' }, server)
})

interface Sent {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}
const sent = () => api.requests.map((request) => request.requestBody as Sent)

const graphql = (reply: ScriptedReply) => api.answer('POST', '/graphql', reply)

interface Part {
  readonly nodes: readonly object[]
  /** Where the list goes on; undefined: it is at its end. */
  readonly next?: string
}

function answerPage(parts: { readonly issues?: Part; readonly pullRequests?: Part }): void {
  const part = (one: Part | undefined) =>
    one && { pageInfo: { hasNextPage: one.next !== undefined, endCursor: one.next ?? null }, nodes: one.nodes }
  const lists = {
    ...(parts.issues && { issues: part(parts.issues) }),
    ...(parts.pullRequests && { pullRequests: part(parts.pullRequests) }),
  }
  graphql({ body: { data: { rateLimit: { cost: 3 }, repository: { id: 'R_1', ...lists } } } })
}

async function list(depth: Partial<ItemDepth> = {}): Promise<StaleItem[][]> {
  const pages: StaleItem[][] = []
  for await (const page of items.listOpenItems(repo, { ...DEPTH, ...depth })) pages.push([...page])
  return pages
}

/** The only item of a list that holds one. */
async function readOne(node: object, depth: Partial<ItemDepth> = {}): Promise<StaleItem> {
  const isIssue = '__typename' in node && node.__typename === 'Issue'
  const none = { nodes: [] }
  answerPage({ issues: isIssue ? { nodes: [node] } : none, pullRequests: isIssue ? none : { nodes: [node] } })
  const [item] = (await list(depth)).flat()
  if (item === undefined) throw new Error('the list is empty')
  return item
}

const issue = (number: number, parts: Parameters<typeof issueNode>[1] = {}) =>
  issueNode(number, { type: null, ...parts })
const summary = ({ activity }: StaleItem) => activity.map(({ at, by, kind }) => [at.getUTCDate(), kind, by])
const day = (date: number) => `2026-01-${String(date).padStart(2, '0')}T00:00:00Z`

describe('the list of open items', () => {
  test('issues and pull requests in the same requests, those that were updated the longest ago first', async () => {
    answerPage({ issues: { nodes: [issue(1), issue(2)], next: 'A' }, pullRequests: { nodes: [pullRequestNode(3)] } })
    answerPage({ issues: { nodes: [issue(4)] } })
    expect((await list()).map((page) => page.map(({ number }) => number))).toEqual([[1, 2, 3], [4]])
    const common = { owner: 'acme', name: 'shop', activity: 15, first: 100, pullRequestsAfter: null }
    expect(sent().map(({ variables }) => variables)).toEqual([
      { ...common, withIssues: true, issuesAfter: null, withPullRequests: true },
      { ...common, withIssues: true, issuesAfter: 'A', withPullRequests: false },
    ])
    expect(sent()[0]?.query.match(/states: OPEN, orderBy: \{ field: UPDATED_AT, direction: ASC \}/g)).toHaveLength(2)
  })

  test('pull requests go on alone where the issues end', async () => {
    answerPage({ issues: { nodes: [] }, pullRequests: { nodes: [pullRequestNode(3)], next: 'B' } })
    answerPage({ pullRequests: { nodes: [pullRequestNode(4)] } })
    expect((await list()).flat().map(({ number, kind }) => [number, kind])).toEqual([
      [3, 'pull_request'],
      [4, 'pull_request'],
    ])
    expect(sent()[1]?.variables).toMatchObject({ withIssues: false, withPullRequests: true, pullRequestsAfter: 'B' })
  })

  test('an item that moves while the list is read is given once, as it was first', async () => {
    answerPage({ issues: { nodes: [issue(1, { title: 'before' }), issue(2)], next: 'A' }, pullRequests: { nodes: [] } })
    answerPage({ issues: { nodes: [issue(3), issue(1, { title: 'after' })] } })
    expect((await list()).flat().map(({ number, title }) => [number, title])).toEqual([
      [1, 'before'],
      [2, 'Item 2'],
      [3, 'Item 3'],
    ])
  })

  test('a list that does not go on is not read for ever', async () => {
    answerPage({ issues: { nodes: [issue(1)], next: 'A' }, pullRequests: { nodes: [] } })
    answerPage({ issues: { nodes: [issue(1)], next: 'A' } })
    await expect(list()).rejects.toMatchObject({ name: 'TransientError' })
  })

  test('no more than a hundred entries of a timeline are asked for, and at least one', async () => {
    for (const _ of [1, 2]) answerPage({ issues: { nodes: [] }, pullRequests: { nodes: [] } })
    await list({ activity: 5_000 })
    await list({ activity: 0 })
    expect(sent().map(({ variables }) => variables.activity)).toEqual([100, 1])
  })

  test('reactions, mentions and files are asked for only where they are wanted', async () => {
    for (const _ of [1, 2]) answerPage({ issues: { nodes: [] }, pullRequests: { nodes: [] } })
    await list()
    await list({ reactions: true, mentions: true, paths: true })
    const [plain, whole] = sent().map(({ query }) => query)
    for (const what of [/reactions\(/, /CROSS_REFERENCED_EVENT/, /REFERENCED_EVENT/, /files\(/]) {
      expect(plain).not.toMatch(what)
      expect(whole).toMatch(what)
    }
    // Its actor is who was mentioned, perhaps by a bot.
    expect(whole).not.toMatch(/MENTIONED_EVENT/)
  })

  test('a server without types of issues is asked without them, and never with them again', async () => {
    graphql({
      body: {
        errors: [
          {
            path: ['fragment issue', 'issueType'],
            extensions: { code: 'undefinedField', typeName: 'Issue', fieldName: 'issueType' },
            message: "Field 'issueType' doesn't exist on type 'Issue'",
          },
        ],
      },
    })
    for (const number of [1, 2]) answerPage({ issues: { nodes: [issueNode(number)] }, pullRequests: { nodes: [] } })
    expect((await list()).flat()).toMatchObject([{ number: 1, type: null }])
    expect((await list()).flat()).toMatchObject([{ number: 2, type: null }])
    expect(sent().map(({ query }) => query.includes('issueType'))).toEqual([true, false, false])
    expect(server).toEqual({ issueTypes: false })
  })

  test('a page that GitHub cannot make in time is asked for in smaller pieces', async () => {
    graphql({ status: 502, text: '<html>Bad gateway</html>' })
    graphql({ body: { data: null, errors: [{ message: 'Something went wrong while executing your query.' }] } })
    answerPage({ issues: { nodes: [issue(1)], next: 'A' }, pullRequests: { nodes: [] } })
    answerPage({ issues: { nodes: [issue(2)] } })
    expect((await list()).flat().map(({ number }) => number)).toEqual([1, 2])
    expect(sent().map(({ variables }) => variables.first)).toEqual([100, 50, 25, 25])
  })

  test('one that GitHub cannot make at all is to be tried again later', async () => {
    graphql({ status: 504, text: '<html>Timeout</html>', times: 4 })
    await expect(list()).rejects.toMatchObject({ name: 'TransientError', retryAfterMs: null })
    expect(sent().map(({ variables }) => variables.first)).toEqual([100, 50, 25, 20])
  })

  test.each<[string, ScriptedReply]>([
    [
      'a secondary limit',
      { ...failing(403, 'You have exceeded a secondary rate limit'), headers: { 'retry-after': '7' } },
    ],
    [
      'points used up',
      {
        body: { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] },
        headers: { 'retry-after': '7' },
      },
    ],
  ])('%s is not answered by more requests', async (_, reply) => {
    graphql(reply)
    await expect(list()).rejects.toMatchObject({ name: 'TransientError', retryAfterMs: 7_000 })
    expect(api.requests).toHaveLength(1)
  })

  test('half an answer is none', async () => {
    const path = ['repository', 'issues', 'nodes', 0, 'milestone']
    graphql({
      body: {
        data: {
          rateLimit: { cost: 3 },
          repository: {
            id: 'R_1',
            issues: { pageInfo: { hasNextPage: false, endCursor: null }, nodes: [issue(1)] },
            pullRequests: { pageInfo: { hasNextPage: false, endCursor: null }, nodes: [] },
          },
        },
        errors: [{ type: 'FORBIDDEN', path, message: 'Resource not accessible by integration' }],
      },
    })
    await expect(list()).rejects.toMatchObject({
      name: 'GitHubError',
      status: 403,
      message: expect.stringContaining('Resource not accessible by integration'),
    })
  })

  test('a repository that is gone is said to be', async () => {
    const message = "Could not resolve to a Repository with the name 'acme/shop'."
    graphql({
      body: {
        data: { rateLimit: { cost: 1 }, repository: null },
        errors: [{ type: 'NOT_FOUND', path: ['repository'], message }],
      },
    })
    await expect(list()).rejects.toMatchObject({
      name: 'GitHubError',
      status: 404,
      message: expect.stringContaining('acme/shop'),
    })
  })
})

describe('an item', () => {
  test('an issue', async () => {
    const node = issue(7, {
      title: 'Crash <b>',
      labels: ['bug', 'needs, comma'],
      milestone: { title: 'v2' },
      assignees: ['cyd'],
      locked: true,
      type: 'Bug',
    })
    expect(await readOne(node)).toEqual({
      number: 7,
      kind: 'issue',
      nodeId: 'ITEM_7',
      title: 'Crash <b>',
      state: 'open',
      createdAt: new Date('2026-01-01T00:00:00Z'),
      updatedAt: new Date('2026-02-01T00:00:00Z'),
      draft: false,
      locked: true,
      labels: ['bug', 'needs, comma'],
      milestone: 'v2',
      assignees: ['cyd'],
      type: 'Bug',
      author: 'ann',
      authorBot: false,
      comments: 3,
      staleLabeledAt: null,
      activity: [],
      activityIsWhole: true,
      paths: null,
      head: null,
    })
  })

  test.each([
    ['of the same repository', {}, true],
    ['of a fork', { isCrossRepository: true, headRepository: 'R_fork' }, false],
    ['of a fork that was deleted', { isCrossRepository: true, headRepository: null }, false],
    ['of a repository that GitHub does not name', { headRepository: null }, false],
    ['of another repository, whatever GitHub says', { headRepository: 'R_fork' }, false],
  ])('a pull request %s', async (_, parts, sameRepository) => {
    const item = await readOne(pullRequestNode(8, { isDraft: true, headRefName: 'feat/x', ...parts }))
    expect(item).toMatchObject({ kind: 'pull_request', draft: true, type: null, paths: null })
    expect(item.head).toEqual({ ref: 'feat/x', sha: SHA, sameRepository })
  })

  test.each([
    [null, { author: null, authorBot: false }],
    [user('ann'), { author: 'ann', authorBot: false }],
    [bot('dependabot'), { author: 'dependabot', authorBot: true }],
    [user('old-bot[bot]'), { author: 'old-bot', authorBot: true }],
  ])('opened by %j', async (author, expected) => {
    expect(await readOne(issue(1, { author }))).toMatchObject(expected)
  })

  test('all of its labels and files, where they take more requests', async () => {
    const node = pullRequestNode(8, { labels: ['a'], moreLabels: 'L', files: ['x.ts'], moreFiles: 'F' })
    answerPage({ issues: { nodes: [] }, pullRequests: { nodes: [node] } })
    const rest = (after: string | null, nodes: readonly object[]) => ({
      body: {
        data: {
          rateLimit: { cost: 1 },
          node: {
            __typename: 'PullRequest',
            page: { pageInfo: { hasNextPage: after !== null, endCursor: after }, nodes },
          },
        },
      },
    })
    graphql(rest('M', [{ name: 'b' }]))
    graphql(rest(null, [{ name: 'c' }]))
    graphql(rest(null, [{ path: 'docs/y.md' }]))
    const [item] = (await list({ paths: true })).flat()
    expect(item).toMatchObject({ labels: ['a', 'b', 'c'], paths: ['x.ts', 'docs/y.md'] })
    const rests = sent().slice(1)
    expect(rests.map(({ variables }) => variables)).toEqual([
      { id: 'ITEM_8', after: 'L' },
      { id: 'ITEM_8', after: 'M' },
      { id: 'ITEM_8', after: 'F' },
    ])
  })
})

describe('what happened to an item', () => {
  test.each([
    ['LabeledEvent', 'labeled'],
    ['UnlabeledEvent', 'unlabeled'],
    ['AssignedEvent', 'assigned'],
    ['UnassignedEvent', 'unassigned'],
    ['MilestonedEvent', 'milestoned'],
    ['DemilestonedEvent', 'demilestoned'],
    ['RenamedTitleEvent', 'edited'],
    ['ClosedEvent', 'closed'],
    ['ReopenedEvent', 'reopened'],
    ['TransferredEvent', 'other'],
    ['ReadyForReviewEvent', 'ready_for_review'],
    ['ConvertToDraftEvent', 'converted_to_draft'],
    ['HeadRefForcePushedEvent', 'commit'],
    ['ReviewRequestedEvent', 'other'],
    ['CrossReferencedEvent', 'mentioned'],
  ])('%s is %s', async (type, kind) => {
    const label = type.includes('abeled') ? 'Stale' : undefined
    const node = pullRequestNode(1, { timeline: [eventNode(type, day(2), user('bea'), label)] })
    const { activity } = await readOne(node, { mentions: true })
    expect(activity).toEqual([
      {
        at: new Date(day(2)),
        by: 'bea',
        bot: false,
        own: false,
        kind,
        body: null,
        label: label ?? null,
        association: null,
      },
    ])
  })

  test.each([
    ['a person', user('bea'), { by: 'bea', bot: false, own: false }],
    ['a deleted account', null, { by: null, bot: false, own: false }],
    ['a bot', bot('dependabot'), { by: 'dependabot', bot: true, own: false }],
    ['this app', bot('signalbox'), { by: 'signalbox', bot: true, own: true }],
    ['a person with the name of this app', user('signalbox'), { by: 'signalbox', bot: false, own: false }],
  ])('by %s', async (_, actor, expected) => {
    const { activity } = await readOne(issue(1, { timeline: [eventNode('LabeledEvent', day(2), actor, 'Stale')] }))
    expect(activity).toMatchObject([{ kind: 'labeled', label: 'Stale', ...expected }])
  })

  test('comments and reviews, with who said them and what', async () => {
    const timeline = [
      commentNode(day(2), { body: '/keep', author: user('bea') }),
      commentNode(day(3), { body: 'Warned', author: bot('signalbox'), viewerDidAuthor: true }),
      reviewNode(day(3), day(4), { body: '', author: user('cyd') }),
    ]
    const { activity } = await readOne(pullRequestNode(1, { timeline }))
    expect(activity).toMatchObject([
      { at: new Date(day(2)), kind: 'comment', by: 'bea', own: false, body: '/keep', association: 'MEMBER' },
      { at: new Date(day(3)), kind: 'comment', by: 'signalbox', own: true, bot: true, body: 'Warned' },
      // When it was submitted: before, nobody saw it.
      { at: new Date(day(4)), kind: 'review', by: 'cyd', own: false, body: '', association: 'MEMBER' },
    ])
  })

  test.each([
    [
      { name: 'Bea', user: 'bea' },
      { by: 'bea', bot: false, own: false },
    ],
    [
      { name: 'Bea', user: null },
      { by: null, bot: false, own: false },
    ],
    [
      { name: 'dependabot[bot]', user: null },
      { by: 'dependabot', bot: true, own: false },
    ],
    [
      { name: 'signalbox[bot]', user: null },
      { by: 'signalbox', bot: true, own: true },
    ],
    [null, { by: null, bot: false, own: false }],
  ])('a commit by %j', async (author, expected) => {
    const { activity } = await readOne(pullRequestNode(1, { timeline: [commitNode(day(5), author)] }))
    expect(activity).toMatchObject([{ at: new Date(day(5)), kind: 'commit', ...expected }])
  })

  test.each([
    ['when it was made', '2026-01-05T00:00:00Z', '2026-01-05T00:00:00Z'],
    ['not after the last update, by a clock that is fast', '2026-02-01T06:00:00Z', '2026-02-01T00:00:00Z'],
    ['when it was opened, where a commit says something impossible', '2036-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  ])('a commit counts from %s', async (_, committed, expected) => {
    const timeline = [commentNode(day(3)), commitNode(committed, { name: 'Bea', user: 'bea' })]
    const { activity } = await readOne(pullRequestNode(1, { timeline }))
    expect(activity.find(({ kind }) => kind === 'commit')?.at).toEqual(new Date(expected))
    expect(activity.map(({ at }) => at)).toEqual(activity.map(({ at }) => at).toSorted((a, b) => +a - +b))
  })

  test('edits and reactions have their place in time', async () => {
    const node = issue(1, {
      lastEditedAt: day(4),
      editor: user('ann'),
      reactions: [[day(2), 'eve']],
      timeline: [
        commentNode(day(3), { lastEditedAt: day(6), editor: user('bea'), reactions: [[day(5), null]] }),
        commentNode(day(7), { reactions: [] }),
      ],
    })
    const item = await readOne(node, { reactions: true })
    expect(summary(item)).toEqual([
      [2, 'reaction', 'eve'],
      [3, 'comment', 'bea'],
      [4, 'edited', 'ann'],
      [5, 'reaction', null],
      [6, 'edited', 'bea'],
      [7, 'comment', 'bea'],
    ])
  })

  test('what is older than the part of the timeline that was read is left out', async () => {
    const timeline = [eventNode('LabeledEvent', day(5), bot('ci'), 'x')]
    const edited = { lastEditedAt: day(4), editor: user('ann'), timeline }
    const cut = await readOne(issue(1, { ...edited, hasOlder: true }))
    expect([cut.activityIsWhole, summary(cut)]).toEqual([false, [[5, 'labeled', 'ci']]])
    const whole = await readOne(issue(1, edited))
    expect([whole.activityIsWhole, summary(whole).length]).toEqual([true, 2])
  })

  test('a timeline of which GitHub hides something is not whole', async () => {
    const item = await readOne(issue(1, { timeline: [null, eventNode('ClosedEvent', day(2), null)] }))
    expect([item.activityIsWhole, summary(item)]).toEqual([false, [[2, 'closed', null]]])
  })

  test('of a long comment the first and the last lines are kept, and no half of a line', async () => {
    const marker = '<!-- signalbox:stale mark -->'
    const body = `/keep\n${'x'.repeat(5_000)}\nalmost /keep\n${marker}`
    const { activity } = await readOne(issue(1, { timeline: [commentNode(day(2), { body })] }))
    expect(activity[0]?.body).toBe(`/keep\n…\nalmost /keep\n${marker}`)
    const line = await readOne(
      issue(2, { timeline: [commentNode(day(2), { body: `${'/keep '.repeat(5_000)}/keep` })] }),
    )
    expect(line.activity[0]?.body).not.toContain('/keep')
    const short = `${'y'.repeat(4_000)}`
    const kept = await readOne(issue(3, { timeline: [commentNode(day(2), { body: short })] }))
    expect(kept.activity[0]?.body).toBe(short)
  })
})

describe('items by number', () => {
  const found = (nodes: Readonly<Record<string, object | null>>, errors?: readonly object[]) =>
    graphql({
      body: { data: { rateLimit: { cost: 1 }, repository: { id: 'R_1', ...nodes } }, ...(errors && { errors }) },
    })

  test('whatever their state; one that is gone or was transferred is left out', async () => {
    found(
      {
        i0: issue(5, { home: 'R_1', closed: true }),
        i1: null,
        i2: pullRequestNode(7, { home: 'R_1' }),
        i3: issue(90, { home: 'R_other' }),
      },
      [{ type: 'NOT_FOUND', path: ['repository', 'i1'], message: 'Could not resolve to an issue or pull request.' }],
    )
    const read = await items.readItems(repo, [5, 6, 7, 8, 5], { ...DEPTH, activity: 100 })
    expect(read.map(({ number, kind, state }) => [number, kind, state])).toEqual([
      [5, 'issue', 'closed'],
      [7, 'pull_request', 'open'],
    ])
    expect(sent()[0]?.variables).toEqual({ owner: 'acme', name: 'shop', activity: 100, n0: 5, n1: 6, n2: 7, n3: 8 })
  })

  test('a hundred in one request', async () => {
    const nodes = (first: number, count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`i${index}`, issue(first + index, { home: 'R_1' })]),
      )
    found(nodes(1, 100))
    found(nodes(101, 1))
    const numbers = Array.from({ length: 101 }, (_, index) => index + 1)
    expect((await items.readItems(repo, numbers, DEPTH)).map(({ number }) => number)).toEqual(numbers)
    expect(api.requests).toHaveLength(2)
  })

  test('what GitHub cannot make in time is asked for in smaller pieces, and then so for the rest', async () => {
    graphql({ status: 502, text: '<html>Bad gateway</html>' })
    graphql({ body: { data: null, errors: [{ message: 'Something went wrong while executing your query.' }] } })
    for (const [first, count] of [
      [1, 15],
      [16, 15],
      [31, 15],
      [46, 15],
    ] as const)
      found(
        Object.fromEntries(
          Array.from({ length: count }, (_, index) => [`i${index}`, issue(first + index, { home: 'R_1' })]),
        ),
      )
    const numbers = Array.from({ length: 60 }, (_, index) => index + 1)
    const read = await items.readItems(repo, numbers, { ...DEPTH, activity: 100 })
    expect(read.map(({ number }) => number)).toEqual(numbers)
    const asked = sent().map(({ variables }) => Object.keys(variables).filter((name) => /^n\d+$/.test(name)).length)
    expect(asked).toEqual([60, 30, 15, 15, 15, 15])
  })

  test('what GitHub cannot make at all is to be tried again later', async () => {
    graphql({ status: 504, text: '<html>Timeout</html>', times: 4 })
    const numbers = Array.from({ length: 30 }, (_, index) => index + 1)
    await expect(items.readItems(repo, numbers, DEPTH)).rejects.toMatchObject({ name: 'TransientError' })
    const asked = sent().map(({ variables }) => Object.keys(variables).filter((name) => /^n\d+$/.test(name)).length)
    expect(asked).toEqual([30, 15, 7, 5])
  })

  test('a limit is not answered by more requests', async () => {
    graphql({ ...failing(403, 'You have exceeded a secondary rate limit'), headers: { 'retry-after': '7' } })
    await expect(items.readItems(repo, [1, 2], DEPTH)).rejects.toMatchObject({ retryAfterMs: 7_000 })
    expect(api.requests).toHaveLength(1)
  })

  test('none is nothing to ask', async () => {
    expect(await items.readItems(repo, [], DEPTH)).toEqual([])
    api.forgetToken()
  })

  test('an item of which something is missing is to be read again', async () => {
    const errors = [{ type: 'NOT_FOUND', path: ['repository', 'i0', 'timelineItems'], message: 'Something is missing' }]
    found({ i0: null }, errors)
    await expect(items.readItems(repo, [5], DEPTH)).rejects.toMatchObject({ name: 'TransientError' })
  })
})

describe('writing', () => {
  const writes: readonly ItemWrite[] = [
    { kind: 'comment', nodeId: 'I_1', body: 'Is it "still" true?\n${x}' },
    { kind: 'add_labels', nodeId: 'I_1', labelIds: ['LA_1'] },
    { kind: 'remove_labels', nodeId: 'I_2', labelIds: ['LA_2', 'LA_3'] },
    { kind: 'close_issue', nodeId: 'I_3', reason: 'completed', duplicateOf: null },
    { kind: 'close_pull_request', nodeId: 'PR_4' },
  ]
  const PAYLOADS = [
    'AddCommentPayload',
    'AddLabelsToLabelablePayload',
    'RemoveLabelsFromLabelablePayload',
    'CloseIssuePayload',
    'ClosePullRequestPayload',
  ]
  const done = (...missing: number[]) =>
    Object.fromEntries(
      PAYLOADS.map((__typename, index) => [`w${index}`, missing.includes(index) ? null : { __typename }]),
    )

  test('all in one request, of which the text holds no values', async () => {
    graphql({ body: { data: done() } })
    expect(await items.writeItems(writes)).toEqual(writes.map(() => ({ kind: 'done' })))
    expect(sent()).toHaveLength(1)
    expect(sent()[0]?.query).not.toMatch(/I_1|LA_|still/)
    expect(sent()[0]?.variables).toEqual({
      i0: { subjectId: 'I_1', body: 'Is it "still" true?\n${x}' },
      i1: { labelableId: 'I_1', labelIds: ['LA_1'] },
      i2: { labelableId: 'I_2', labelIds: ['LA_2', 'LA_3'] },
      i3: { issueId: 'I_3', stateReason: 'COMPLETED' },
      i4: { pullRequestId: 'PR_4' },
    })
  })

  test.each([
    ['not_planned', null, { stateReason: 'NOT_PLANNED' }],
    ['completed', 'I_9', { stateReason: 'COMPLETED' }],
    ['duplicate', 'I_9', { stateReason: 'DUPLICATE', duplicateIssueId: 'I_9' }],
    ['duplicate', null, { stateReason: 'NOT_PLANNED' }],
  ] as const)('an issue is closed as %s of %s', async (reason, duplicateOf, expected) => {
    graphql({ body: { data: { w0: { __typename: 'CloseIssuePayload' } } } })
    await items.writeItems([{ kind: 'close_issue', nodeId: 'I_3', reason, duplicateOf }])
    expect(sent()[0]?.variables).toEqual({ i0: { issueId: 'I_3', ...expected } })
  })

  test('nothing to write is nothing to ask', async () => {
    expect(await items.writeItems([])).toEqual([])
    expect(await items.writeItems([{ kind: 'remove_labels', nodeId: 'I_1', labelIds: [] }])).toEqual([{ kind: 'done' }])
    api.forgetToken()
  })

  test('each has an end of its own', async () => {
    const errors = [
      { type: 'NOT_FOUND', path: ['w0'], message: "Could not resolve to a node with the global id of 'I_1'." },
      { type: 'FORBIDDEN', path: ['w2'], message: 'Resource not accessible by integration' },
      { type: 'INTERNAL', path: ['w3'], message: 'Something went wrong' },
    ]
    graphql({ body: { data: done(0, 2, 3, 4), errors } })
    expect(await items.writeItems(writes)).toEqual([
      { kind: 'refused', message: "Could not resolve to a node with the global id of 'I_1'." },
      { kind: 'done' },
      { kind: 'refused', message: 'Resource not accessible by integration' },
      { kind: 'unknown', message: 'Something went wrong' },
      { kind: 'unknown', message: 'GitHub gave no reason' },
    ])
  })

  test('a limit in the middle: what was written is done, the rest waits', async () => {
    const errors = [{ type: 'UNPROCESSABLE', path: ['w0'], message: 'was submitted too quickly' }]
    graphql({ body: { data: done(0), errors }, headers: { 'retry-after': '9' } })
    expect((await items.writeItems(writes)).map(({ kind }) => kind)).toEqual([
      'deferred',
      'done',
      'done',
      'done',
      'done',
    ])
  })

  const message = 'You have exceeded a secondary rate limit.'
  test.each<[string, ScriptedReply, object]>([
    ['a bad gateway', { status: 502, text: '<html></html>' }, { kind: 'unknown' }],
    ['a connection that breaks', { cut: 'socket hang up' }, { kind: 'unknown' }],
    [
      'an answer of no data',
      { body: { data: null, errors: [{ message: 'Something went wrong' }] } },
      { kind: 'unknown' },
    ],
    [
      'a secondary limit',
      { ...failing(403, message), headers: { 'retry-after': '7' } },
      { kind: 'deferred', retryAfterMs: 7_000, message },
    ],
    ['a limit without a time', failing(429, 'Too many requests'), { kind: 'deferred', retryAfterMs: 60_000 }],
    [
      'points used up',
      {
        body: { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] },
        headers: { 'retry-after': '8' },
      },
      { kind: 'deferred', retryAfterMs: 8_000 },
    ],
    ['a refusal of all', failing(403, 'Resource not accessible by integration'), { kind: 'refused' }],
    [
      'a mutation that the server does not know',
      {
        body: {
          errors: [
            {
              path: ['mutation', 'w3', 'input', 'duplicateIssueId'],
              extensions: { code: 'argumentNotAccepted' },
              message: "InputObject 'CloseIssueInput' doesn't accept argument 'duplicateIssueId'",
            },
          ],
        },
      },
      { kind: 'refused' },
    ],
  ])('%s is the end of all writes', async (_, reply, expected) => {
    graphql(reply)
    const results = await items.writeItems(writes)
    expect(results).toHaveLength(5)
    for (const result of results) expect(result).toMatchObject({ message: expect.stringMatching(/./), ...expected })
    // Never again of itself: it may have been written.
    expect(api.requests.length).toBeLessThanOrEqual(1)
  })

  test('while GitHub limits us nothing is sent', async () => {
    graphql({ ...failing(403, message), headers: { 'retry-after': '30' } })
    await items.writeItems(writes)
    const [result] = await items.writeItems(writes)
    expect(result?.kind).toBe('deferred')
    expect(result?.kind === 'deferred' && result.retryAfterMs).toBeGreaterThan(20_000)
    expect(api.requests).toHaveLength(1)
  })
})

describe('labels', () => {
  const want = (name: string) => ({ name, color: 'ededed', description: '' })
  const found = (ids: readonly (string | null)[]) => {
    const labels = Object.fromEntries(ids.map((id, index) => [`l${index}`, id === null ? null : { id }]))
    graphql({ body: { data: { rateLimit: { cost: 1 }, repository: labels } } })
  }
  const path = '/repos/acme/shop/labels'
  const label = (id: string) => ({
    ...api.description.example('POST /repos/{owner}/{repo}/labels', 201),
    node_id: id,
  })
  const exists = {
    status: 422,
    body: {
      message: 'Validation Failed',
      errors: [{ resource: 'Label', code: 'already_exists', field: 'name' }],
      documentation_url: 'https://docs.github.com/rest',
    },
  }

  test('those that are there, whatever their case, and each once', async () => {
    found(['LA_1', 'LA_2'])
    const { ids } = await items.ensureLabels(repo, [want('Stale'), want('needs, comma'), want('stale')])
    expect(ids).toEqual(
      new Map([
        ['stale', 'LA_1'],
        ['needs, comma', 'LA_2'],
      ]),
    )
    expect(sent()[0]?.variables).toEqual({ owner: 'acme', repo: 'shop', n0: 'stale', n1: 'needs, comma' })
  })

  test('one that is missing is created, with its colour', async () => {
    found([null])
    api.answer('POST', path, { status: 201, body: label('LA_new') })
    const { ids } = await items.ensureLabels(repo, [{ name: 'Stale', color: 'aabbcc', description: 'd'.repeat(200) }])
    expect(ids).toEqual(new Map([['stale', 'LA_new']]))
    expect(api.requests[1]?.requestBody).toEqual({ name: 'Stale', color: 'aabbcc', description: 'd'.repeat(100) })
  })

  test('one that somebody else creates at that moment is theirs', async () => {
    found([null])
    api.answer('POST', path, exists)
    api.answer('GET', `${path}/Stale`, { body: label('LA_theirs') })
    expect((await items.ensureLabels(repo, [want('Stale')])).ids).toEqual(new Map([['stale', 'LA_theirs']]))
  })

  test('one that is there and cannot be found is to be looked for later', async () => {
    found([null])
    api.answer('POST', path, exists)
    api.answer('GET', `${path}/Stale`, NOT_FOUND)
    await expect(items.ensureLabels(repo, [want('Stale')])).rejects.toMatchObject({ name: 'TransientError' })
  })

  test.each([
    [422, 'Validation Failed', 'Choose another name'],
    [403, 'Resource not accessible by integration', 'not accessible'],
  ])('GitHub refuses it with %i', async (status, message, expected) => {
    found([null])
    api.answer('POST', path, failing(status, message))
    await expect(items.ensureLabels(repo, [want('Stale')])).rejects.toMatchObject({
      name: 'GitHubError',
      status,
      message: expect.stringContaining(expected),
    })
  })

  test.each([['x'.repeat(51)], [' ']])('the name "%s" is refused before anything is asked', async (name) => {
    await expect(items.ensureLabels(repo, [want('Stale'), want(name)])).rejects.toMatchObject({
      name: 'GitHubError',
      status: 422,
    })
    api.forgetToken()
  })

  test('fifty characters are not too many, though they are a hundred units', async () => {
    found(['LA_1'])
    const name = '🚂'.repeat(50)
    expect((await items.ensureLabels(repo, [want(name)])).ids.get(name)).toBe('LA_1')
  })
})

describe('branches', () => {
  const branchPath = (branch: string) => `/repos/acme/shop/branches/${branch}`
  const rulesPath = (branch: string) => `/repos/acme/shop/rules/branches/${branch}`
  const branch = (isProtected: boolean) => ({
    ...api.description.example('GET /repos/{owner}/{repo}/branches/{branch}'),
    protected: isProtected,
  })
  const rule = { type: 'deletion', ruleset_source_type: 'Organization', ruleset_source: 'acme', ruleset_id: 3 }

  test('protected by branch protection, by a ruleset, or not; one that is gone is not', async () => {
    api.answer('GET', branchPath('old'), { body: branch(true) })
    api.answer('GET', branchPath('ruled'), { body: branch(false) })
    api.answer('GET', rulesPath('ruled'), { body: [rule] })
    api.answer('GET', branchPath('free'), { body: branch(false) })
    api.answer('GET', rulesPath('free'), { body: [] })
    api.answer('GET', branchPath('gone'), NOT_FOUND)
    const asked = ['old', 'ruled', 'free', 'gone', 'old']
    expect(await items.protectedBranches(repo, asked)).toEqual(new Set(['old', 'ruled']))
  })

  test('a plan without rulesets has no rules; what cannot be read is not taken for free', async () => {
    api.answer('GET', branchPath('free'), { body: branch(false) })
    api.answer('GET', rulesPath('free'), failing(403, 'Upgrade to GitHub Pro or make this repository public.'))
    expect(await items.protectedBranches(repo, ['free'])).toEqual(new Set())
    api.answer('GET', branchPath('free'), { body: branch(false) })
    api.answer('GET', rulesPath('free'), failing(403, 'Resource not accessible by integration'))
    await expect(items.protectedBranches(repo, ['free'])).rejects.toMatchObject({ name: 'GitHubError', status: 403 })
  })

  test('the open pull requests that come from it or go into it', async () => {
    const [example] = api.description.example('GET /repos/{owner}/{repo}/pulls') as [
      { head: { repo: object }; base: { repo: object } },
    ]
    const pull = (number: number, ref: string, headId: number) => ({
      ...example,
      number,
      requested_teams: [],
      head: { ...example.head, ref, repo: { ...example.head.repo, id: headId } },
      base: { ...example.base, repo: { ...example.base.repo, id: 1 } },
    })
    const path = '/repos/acme/shop/pulls'
    api.answer('GET', path, {
      query: { state: 'open', head: 'acme:fix/1' },
      body: [pull(1, 'fix/1', 1), pull(2, 'fix/1', 77), pull(4, 'other', 1)],
    })
    api.answer('GET', path, { query: { state: 'open', base: 'fix/1' }, body: [pull(5, 'x', 77), pull(1, 'fix/1', 1)] })
    expect(await items.pullRequestsOfBranch(repo, 'fix/1')).toEqual([1, 5])
  })

  describe('deleting', () => {
    const refPath = '/repos/acme/shop/git/ref/heads%2Ffix'
    const deletePath = '/repos/acme/shop/git/refs/heads%2Ffix'
    const ref = (sha: string) => {
      const example = api.description.example('GET /repos/{owner}/{repo}/git/ref/{ref}') as { object: object }
      return { body: { ...example, object: { ...example.object, sha } } }
    }

    test('while it has this commit', async () => {
      api.answer('GET', refPath, ref(SHA))
      api.answer('DELETE', deletePath, { status: 204 })
      expect(await items.deleteBranch(repo, 'fix', SHA)).toBe('deleted')
    })

    test('one that has another by now is left alone', async () => {
      api.answer('GET', refPath, ref('c'.repeat(40)))
      expect(await items.deleteBranch(repo, 'fix', SHA)).toBe('moved')
    })

    test('one that is gone is gone', async () => {
      api.answer('GET', refPath, NOT_FOUND)
      expect(await items.deleteBranch(repo, 'fix', SHA)).toBe('gone')
      api.answer('GET', refPath, ref(SHA))
      api.answer('DELETE', deletePath, failing(422, 'Reference does not exist'))
      expect(await items.deleteBranch(repo, 'fix', SHA)).toBe('gone')
    })

    test('a refusal is said, a failure is tried again later', async () => {
      api.answer('GET', refPath, ref(SHA))
      api.answer('DELETE', deletePath, failing(422, 'Cannot delete this protected branch'))
      await expect(items.deleteBranch(repo, 'fix', SHA)).rejects.toMatchObject({ name: 'GitHubError', status: 422 })
      api.answer('GET', refPath, ref(SHA))
      api.answer('DELETE', deletePath, failing(502, 'Bad gateway'))
      await expect(items.deleteBranch(repo, 'fix', SHA)).rejects.toMatchObject({ name: 'TransientError' })
    })
  })
})

describe('the issue of the reports', () => {
  const path = '/repos/acme/shop/issues'
  const example = () => (api.description.example('GET /repos/{owner}/{repo}/issues') as readonly object[])[0]
  const app = (id: number) => ({
    ...(api.description.example('GET /app') as object),
    id,
  })
  const restIssue = (number: number, parts: object = {}) => ({
    ...example(),
    number,
    title: 'Signalbox: sweeps',
    body: 'Text',
    state: 'open',
    repository_url: 'https://api.github.com/repos/Acme/Shop',
    pull_request: undefined,
    performed_via_github_app: app(APP_ID),
    ...parts,
  })

  test('is opened, and edited', async () => {
    api.answer('POST', path, { status: 201, body: restIssue(31) })
    expect(await items.createIssue(repo, { title: 'Signalbox: sweeps', body: 'Text' })).toBe(31)
    api.answer('PATCH', `${path}/31`, { body: restIssue(31) })
    await items.setIssueBody(repo, 31, 'New')
    expect(api.requests.map(({ requestBody }) => requestBody)).toEqual([
      { title: 'Signalbox: sweeps', body: 'Text' },
      { body: 'New' },
    ])
  })

  test.each([
    ['there', {}, { body: 'Text' }],
    [
      "somebody else's, closed and empty",
      { body: null, state: 'closed', performed_via_github_app: null },
      { body: '' },
    ],
    ['a pull request', { pull_request: { url: null, html_url: null, diff_url: null, patch_url: null } }, null],
    ['transferred to another repository', { repository_url: 'https://api.github.com/repos/acme/other' }, null],
    ['transferred under another number', { number: 2 }, null],
  ])('one that is %s', async (_, parts, expected) => {
    api.answer('GET', `${path}/31`, { body: restIssue(31, parts) })
    expect(await items.getIssue(repo, 31)).toEqual(expected)
  })

  test.each([404, 410])('one that is gone (%i) is none', async (status) => {
    api.answer('GET', `${path}/31`, failing(status, 'This issue was deleted'))
    expect(await items.getIssue(repo, 31)).toBeNull()
  })

  test('the newest open one with the title that this app opened', async () => {
    const query = { creator: 'signalbox[bot]', state: 'open', sort: 'created', direction: 'desc' }
    const others = [
      restIssue(40, { title: 'Another' }),
      restIssue(39, { performed_via_github_app: app(5) }),
      restIssue(38, { pull_request: { url: null, html_url: null, diff_url: null, patch_url: null } }),
    ]
    api.answer('GET', path, { query, body: [...others, restIssue(37), restIssue(36)] })
    expect(await items.findOwnIssue(repo, 'Signalbox: sweeps')).toBe(37)
    api.answer('GET', path, { query, body: others })
    expect(await items.findOwnIssue(repo, 'Signalbox: sweeps')).toBeNull()
  })

  test('an issue that may not be opened is refused', async () => {
    api.answer('POST', path, failing(410, 'Issues are disabled for this repo'))
    await expect(items.createIssue(repo, { title: 't', body: 'b' })).rejects.toMatchObject({
      name: 'GitHubError',
      status: 410,
      message: expect.stringContaining('Issues are disabled'),
    })
  })
})
