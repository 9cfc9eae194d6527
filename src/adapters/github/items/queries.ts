/**
 * What is asked of GitHub about issues and pull requests, as GraphQL. The texts are put together of the constants of this file
 * alone; whatever is a value goes by variables.
 */
import type { ActivityKind } from '../../../domain/stale.ts'
import type { ItemDepth } from '../../../ports/sweeps.ts'

/** How deep a query looks, and what the server knows. */
export interface QueryShape extends Pick<ItemDepth, 'reactions' | 'mentions' | 'paths'> {
  /** Enterprise Servers came to know types of issues late. */
  readonly issueTypes: boolean
}

/** Entries of the timeline that have `actor` and `createdAt`, and what they are to us. */
const EVENTS = {
  LabeledEvent: 'labeled',
  UnlabeledEvent: 'unlabeled',
  AssignedEvent: 'assigned',
  UnassignedEvent: 'unassigned',
  MilestonedEvent: 'milestoned',
  DemilestonedEvent: 'demilestoned',
  RenamedTitleEvent: 'edited',
  ClosedEvent: 'closed',
  ReopenedEvent: 'reopened',
  UnlockedEvent: 'other',
  TransferredEvent: 'other',
} as const satisfies Record<string, ActivityKind>

const PULL_REQUEST_EVENTS = {
  ReadyForReviewEvent: 'ready_for_review',
  ConvertToDraftEvent: 'converted_to_draft',
  HeadRefForcePushedEvent: 'commit',
  BaseRefChangedEvent: 'other',
  ReviewRequestedEvent: 'other',
  ReviewDismissedEvent: 'other',
} as const satisfies Record<string, ActivityKind>

/**
 * That it was mentioned elsewhere, by whom. Not that somebody was mentioned in it: the actor of that is who was mentioned, and whoever
 * did it wrote a comment, or pushed, which is read as such.
 */
const MENTIONS = {
  CrossReferencedEvent: 'mentioned',
  ReferencedEvent: 'mentioned',
} as const satisfies Record<string, ActivityKind>

/** GraphQL's name of an event → what it is. */
export const EVENT_KINDS: ReadonlyMap<string, ActivityKind> = new Map(
  Object.entries<ActivityKind>({ ...EVENTS, ...PULL_REQUEST_EVENTS, ...MENTIONS }),
)

const ACTOR = '{ __typename login }'
const PAGE_INFO = 'pageInfo { hasNextPage endCursor }'
const REACTIONS = 'reactions(last: 1) { nodes { createdAt user { login } } }'
const WORDS = `createdAt lastEditedAt body viewerDidAuthor authorAssociation author ${ACTOR} editor ${ACTOR}`
const COMMIT = '... on PullRequestCommit { commit { committedDate author { name user { login } } } }'
const LABELS = `${PAGE_INFO} nodes { name }`
const FILES = `${PAGE_INFO} nodes { path }`

function timeline(shape: QueryShape, isPullRequest: boolean): string {
  const events = [
    ...Object.keys(EVENTS),
    ...(isPullRequest ? Object.keys(PULL_REQUEST_EVENTS) : []),
    ...(shape.mentions ? Object.keys(MENTIONS) : []),
  ]
  const types = ['IssueComment', ...(isPullRequest ? ['PullRequestReview', 'PullRequestCommit'] : []), ...events]
  const reactions = shape.reactions ? ` ${REACTIONS}` : ''
  const nodes = [
    `... on IssueComment { ${WORDS}${reactions} }`,
    ...(isPullRequest ? [`... on PullRequestReview { submittedAt ${WORDS}${reactions} }`, COMMIT] : []),
    ...events.map((type) => {
      const label = type === 'LabeledEvent' || type === 'UnlabeledEvent' ? ' label { name }' : ''
      return `... on ${type} { createdAt actor ${ACTOR}${label} }`
    }),
  ]
  return `timelineItems(last: $activity, itemTypes: [${types.map(itemType).join(', ')}]) {
      pageInfo { hasPreviousPage }
      nodes { __typename ${nodes.join('\n        ')} }
    }`
}

/** `LABELED_EVENT` for `LabeledEvent`. */
function itemType(type: string): string {
  return type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
}

/** `closed`, because the states of issues and of pull requests are of different types, which one list cannot hold. */
function fragments(shape: QueryShape): string {
  const common = `__typename id number title closed createdAt updatedAt locked lastEditedAt
    author ${ACTOR} editor ${ACTOR} milestone { title } comments { totalCount }
    assignees(first: 20) { nodes { login } } labels(first: 100) { ${LABELS} }${shape.reactions ? ` ${REACTIONS}` : ''}`
  const issue = shape.issueTypes ? ' issueType { name }' : ''
  const files = shape.paths ? ` files(first: 100) { ${FILES} }` : ''
  return `fragment issue on Issue {
    ${common}${issue}
    ${timeline(shape, false)}
  }
  fragment pullRequest on PullRequest {
    ${common}${files} isDraft isCrossRepository headRefName headRefOid headRepository { id }
    ${timeline(shape, true)}
  }`
}

/** Variables: owner, name, activity, first, withIssues, issuesAfter, withPullRequests, pullRequestsAfter. */
export function listQuery(shape: QueryShape): string {
  const order = 'states: OPEN, orderBy: { field: UPDATED_AT, direction: ASC }'
  return `query (
    $owner: String!, $name: String!, $activity: Int!, $first: Int!,
    $withIssues: Boolean!, $issuesAfter: String, $withPullRequests: Boolean!, $pullRequestsAfter: String
  ) {
    rateLimit { cost }
    repository(owner: $owner, name: $name) {
      id
      issues(first: $first, after: $issuesAfter, ${order}) @include(if: $withIssues) { ${PAGE_INFO} nodes { ...issue } }
      pullRequests(first: $first, after: $pullRequestsAfter, ${order}) @include(if: $withPullRequests) {
        ${PAGE_INFO} nodes { ...pullRequest }
      }
    }
  }
  ${fragments(shape)}`
}

/** Items `i0`, `i1` … with the numbers `n0`, `n1` …. Further variables: owner, name, activity. */
export function itemsQuery(shape: QueryShape, count: number): string {
  const indexes = Array.from({ length: count }, (_, index) => index)
  const home = 'repository { id }'
  return `query ($owner: String!, $name: String!, $activity: Int!, ${indexes.map((n) => `$n${n}: Int!`).join(', ')}) {
    rateLimit { cost }
    repository(owner: $owner, name: $name) {
      id
      ${indexes.map((n) => `i${n}: issueOrPullRequest(number: $n${n}) { ...item }`).join('\n      ')}
    }
  }
  fragment item on IssueOrPullRequest {
    ... on Issue { ...issue ${home} }
    ... on PullRequest { ...pullRequest ${home} }
  }
  ${fragments(shape)}`
}

/** Further labels of an item. Variables: id, after. */
export const LABELS_QUERY = `query ($id: ID!, $after: String) {
  rateLimit { cost }
  node(id: $id) {
    __typename
    ... on Issue { page: labels(first: 100, after: $after) { ${LABELS} } }
    ... on PullRequest { page: labels(first: 100, after: $after) { ${LABELS} } }
  }
}`

/** Further changed files of a pull request. Variables: id, after. */
export const FILES_QUERY = `query ($id: ID!, $after: String) {
  rateLimit { cost }
  node(id: $id) { __typename ... on PullRequest { page: files(first: 100, after: $after) { ${FILES} } } }
}`
