/** Issues, pull requests and their timelines as GitHub's GraphQL answers them, with the fields in the order in which they are asked for. */
export const user = (login: string) => ({ __typename: 'User', login })
export const bot = (login: string) => ({ __typename: 'Bot', login })

export interface NodeParts {
  readonly title?: string
  readonly closed?: boolean
  readonly createdAt?: string
  readonly updatedAt?: string
  readonly locked?: boolean
  readonly lastEditedAt?: string | null
  readonly author?: object | null
  readonly editor?: object | null
  readonly milestone?: { readonly title: string } | null
  readonly assignees?: readonly string[]
  readonly labels?: readonly string[]
  /** Cursor of the next page of its labels. */
  readonly moreLabels?: string
  /** Undefined: not asked for. */
  readonly reactions?: readonly (readonly [at: string, login: string | null])[]
  readonly timeline?: readonly (object | null)[]
  readonly hasOlder?: boolean
  /** Of an issue. Undefined: not asked for. */
  readonly type?: string | null
  /** Of a pull request, as are all that follow. Undefined: not asked for. */
  readonly files?: readonly string[]
  readonly moreFiles?: string
  readonly isDraft?: boolean
  readonly isCrossRepository?: boolean
  readonly headRefName?: string
  readonly headRepository?: string | null
  /** GraphQL's id of the repository that it is in; undefined: not asked for. */
  readonly home?: string
}

const page = (nodes: readonly object[], more: string | undefined) => ({
  pageInfo: { hasNextPage: more !== undefined, endCursor: more ?? null },
  nodes,
})

const makeReactions = (reactions: readonly (readonly [at: string, login: string | null])[]) => ({
  nodes: reactions.map(([createdAt, login]) => ({ createdAt, user: login === null ? null : { login } })),
})

function commonParts(number: number, parts: NodeParts) {
  return {
    id: `ITEM_${number}`,
    number,
    title: parts.title ?? `Item ${number}`,
    closed: parts.closed ?? false,
    createdAt: parts.createdAt ?? '2026-01-01T00:00:00Z',
    updatedAt: parts.updatedAt ?? '2026-02-01T00:00:00Z',
    locked: parts.locked ?? false,
    lastEditedAt: parts.lastEditedAt ?? null,
    author: parts.author === undefined ? user('ann') : parts.author,
    editor: parts.editor ?? null,
    milestone: parts.milestone ?? null,
    comments: { totalCount: 3 },
    assignees: { nodes: (parts.assignees ?? []).map((login) => ({ login })) },
    labels: page(
      (parts.labels ?? []).map((name) => ({ name })),
      parts.moreLabels,
    ),
    ...(parts.reactions === undefined ? {} : { reactions: makeReactions(parts.reactions) }),
  }
}

const timelineItems = ({ hasOlder = false, timeline = [] }: NodeParts) => ({
  timelineItems: { pageInfo: { hasPreviousPage: hasOlder }, nodes: timeline },
})

const homeOf = ({ home }: NodeParts) => (home === undefined ? {} : { repository: { id: home } })

export function issueNode(number: number, parts: NodeParts = {}): object {
  return {
    __typename: 'Issue',
    ...commonParts(number, parts),
    ...(parts.type === undefined ? {} : { issueType: parts.type === null ? null : { name: parts.type } }),
    ...timelineItems(parts),
    ...homeOf(parts),
  }
}

export function pullRequestNode(number: number, parts: NodeParts = {}): object {
  const { files, headRepository = 'R_1' } = parts
  return {
    __typename: 'PullRequest',
    ...commonParts(number, parts),
    ...(files === undefined
      ? {}
      : {
          files: page(
            files.map((path) => ({ path })),
            parts.moreFiles,
          ),
        }),
    isDraft: parts.isDraft ?? false,
    isCrossRepository: parts.isCrossRepository ?? false,
    headRefName: parts.headRefName ?? 'fix',
    headRefOid: 'a'.repeat(40),
    headRepository: headRepository === null ? null : { id: headRepository },
    ...timelineItems(parts),
    ...homeOf(parts),
  }
}

export interface WordsParts {
  readonly body?: string
  readonly author?: object | null
  readonly viewerDidAuthor?: boolean
  readonly lastEditedAt?: string
  readonly editor?: object
  readonly reactions?: readonly (readonly [at: string, login: string | null])[]
}

const wordsParts = (createdAt: string, parts: WordsParts) => ({
  createdAt,
  lastEditedAt: parts.lastEditedAt ?? null,
  body: parts.body ?? 'Hello',
  viewerDidAuthor: parts.viewerDidAuthor ?? false,
  authorAssociation: 'MEMBER',
  author: parts.author === undefined ? user('bea') : parts.author,
  editor: parts.editor ?? null,
  ...(parts.reactions === undefined ? {} : { reactions: makeReactions(parts.reactions) }),
})

export function commentNode(createdAt: string, parts: WordsParts = {}): object {
  return { __typename: 'IssueComment', ...wordsParts(createdAt, parts) }
}

export function reviewNode(createdAt: string, submittedAt: string | null, parts: WordsParts = {}): object {
  return { __typename: 'PullRequestReview', submittedAt, ...wordsParts(createdAt, parts) }
}

export function commitNode(committedDate: string, author: { name: string | null; user: string | null } | null): object {
  const whole = author && { name: author.name, user: author.user === null ? null : { login: author.user } }
  return { __typename: 'PullRequestCommit', commit: { committedDate, author: whole } }
}

export function eventNode(type: string, createdAt: string, actor: object | null, label?: string): object {
  return { __typename: type, createdAt, actor, ...(label === undefined ? {} : { label: { name: label } }) }
}
