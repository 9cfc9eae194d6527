/** The part of GitHub's GraphQL schema that is about issues, pull requests, and what happens to them. */
import { COMMON_EVENTS, PULL_REQUEST_EVENTS } from '../item-model.ts'

/** `LABELED_EVENT` for `LabeledEvent`. */
export function itemTypeOf(type: string): string {
  return type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
}

const ISSUE_ENTRIES = ['IssueComment', ...COMMON_EVENTS]
const PULL_REQUEST_ENTRIES = [...ISSUE_ENTRIES, 'PullRequestReview', 'PullRequestCommit', ...PULL_REQUEST_EVENTS]

/** Fields that an event has beside those that all have. */
const FIELDS: Readonly<Record<string, string>> = {
  AssignedEvent: 'assignee: Assignee',
  BaseRefChangedEvent: 'currentRefName: String! previousRefName: String!',
  ClosedEvent: 'stateReason: IssueStateReason',
  DemilestonedEvent: 'milestoneTitle: String!',
  HeadRefDeletedEvent: 'headRefName: String!',
  LabeledEvent: 'label: Label!',
  LockedEvent: 'lockReason: LockReason',
  MilestonedEvent: 'milestoneTitle: String!',
  RenamedTitleEvent: 'currentTitle: String! previousTitle: String!',
  ReopenedEvent: 'stateReason: IssueStateReason',
  UnassignedEvent: 'assignee: Assignee',
  UnlabeledEvent: 'label: Label!',
}

const EVENTS = [...COMMON_EVENTS, ...PULL_REQUEST_EVENTS].map(
  (type) => `type ${type} implements Node { actor: Actor createdAt: DateTime! id: ID! ${FIELDS[type] ?? ''} }`,
)

const PAGE = 'after: String before: String first: Int last: Int'

function connection(name: string, node: string, more = ''): string {
  return `type ${name} { nodes: [${node}] pageInfo: PageInfo! totalCount: Int! ${more} }`
}

const COUNTS = 'filteredCount: Int! pageCount: Int!'

/** Of issues and pull requests. */
const ITEM = `
    activeLockReason: LockReason
    assignees(${PAGE}): UserConnection!
    author: Actor
    authorAssociation: CommentAuthorAssociation!
    body: String!
    closed: Boolean!
    closedAt: DateTime
    comments(${PAGE}): IssueCommentConnection!
    createdAt: DateTime!
    databaseId: Int
    editor: Actor
    id: ID!
    labels(${PAGE} orderBy: LabelOrder = {field: CREATED_AT, direction: ASC}): LabelConnection
    lastEditedAt: DateTime
    locked: Boolean!
    milestone: Milestone
    number: Int!
    reactions(${PAGE}): ReactionConnection!
    repository: Repository!
    resourcePath: URI!
    title: String!
    updatedAt: DateTime!
    url: URI!
    viewerDidAuthor: Boolean!`

/** Of comments and reviews. */
const WORDS = `
    author: Actor
    authorAssociation: CommentAuthorAssociation!
    body: String!
    createdAt: DateTime!
    databaseId: Int
    editor: Actor
    id: ID!
    lastEditedAt: DateTime
    reactions(${PAGE}): ReactionConnection!
    resourcePath: URI!
    updatedAt: DateTime!
    url: URI!
    viewerDidAuthor: Boolean!`

/** Fields of `Repository`. */
export const REPOSITORY_ITEMS = `
    issue(number: Int!): Issue
    issueOrPullRequest(number: Int!): IssueOrPullRequest
    issues(${PAGE} filterBy: IssueFilters labels: [String!] orderBy: IssueOrder states: [IssueState!]): IssueConnection!
    label(name: String!): Label
    labels(${PAGE} orderBy: LabelOrder = {field: CREATED_AT, direction: ASC} query: String): LabelConnection
    pullRequest(number: Int!): PullRequest
    pullRequests(
      ${PAGE} baseRefName: String headRefName: String labels: [String!] orderBy: IssueOrder states: [PullRequestState!]
    ): PullRequestConnection!`

/** Fields of `Mutation`. */
export const ITEM_MUTATIONS = `
    addComment(input: AddCommentInput!): AddCommentPayload
    addLabelsToLabelable(input: AddLabelsToLabelableInput!): AddLabelsToLabelablePayload
    closeIssue(input: CloseIssueInput!): CloseIssuePayload
    closePullRequest(input: ClosePullRequestInput!): ClosePullRequestPayload
    removeLabelsFromLabelable(input: RemoveLabelsFromLabelableInput!): RemoveLabelsFromLabelablePayload
    reopenIssue(input: ReopenIssueInput!): ReopenIssuePayload`

/** The newest fields, which older servers do not know. */
export const ISSUE_TYPE = 'issueType: IssueType'

export const ITEM_SUBSET = `
  interface Labelable {
    labels(${PAGE} orderBy: LabelOrder = {field: CREATED_AT, direction: ASC}): LabelConnection
  }

  type Issue implements Labelable & Node & UniformResourceLocatable {
    ${ITEM}
    ${ISSUE_TYPE}
    state: IssueState!
    stateReason(enableDuplicate: Boolean = false): IssueStateReason
    timelineItems(${PAGE} itemTypes: [IssueTimelineItemsItemType!] since: DateTime): IssueTimelineItemsConnection!
  }

  type PullRequest implements Labelable & Node & UniformResourceLocatable {
    ${ITEM}
    baseRefName: String!
    changedFiles: Int!
    files(${PAGE}): PullRequestChangedFileConnection
    headRefName: String!
    headRefOid: GitObjectID!
    headRepository: Repository
    isCrossRepository: Boolean!
    isDraft: Boolean!
    merged: Boolean!
    mergedAt: DateTime
    state: PullRequestState!
    timelineItems(
      ${PAGE} itemTypes: [PullRequestTimelineItemsItemType!] since: DateTime
    ): PullRequestTimelineItemsConnection!
  }

  type IssueComment implements Node {
    ${WORDS}
    issue: Issue!
    pullRequest: PullRequest
  }

  type PullRequestReview implements Node {
    ${WORDS}
    pullRequest: PullRequest!
    state: PullRequestReviewState!
    submittedAt: DateTime
  }

  type PullRequestCommit implements Node {
    commit: Commit!
    id: ID!
  }

  type Commit implements Node {
    author: GitActor
    authoredDate: DateTime!
    committedDate: DateTime!
    committer: GitActor
    id: ID!
    message: String!
    oid: GitObjectID!
  }

  type GitActor {
    email: String
    name: String
    user: User
  }

  type Reaction implements Node {
    content: ReactionContent!
    createdAt: DateTime!
    databaseId: Int
    id: ID!
    user: User
  }

  type Milestone implements Node {
    id: ID!
    number: Int!
    title: String!
  }

  type IssueType implements Node {
    id: ID!
    name: String!
  }

  type PullRequestChangedFile {
    additions: Int!
    deletions: Int!
    path: String!
  }

  ${EVENTS.join('\n  ')}

  union Assignee = Bot | Organization | User
  union IssueOrPullRequest = Issue | PullRequest
  union IssueTimelineItems = ${ISSUE_ENTRIES.join(' | ')}
  union PullRequestTimelineItems = ${PULL_REQUEST_ENTRIES.join(' | ')}

  enum IssueTimelineItemsItemType { ${ISSUE_ENTRIES.map(itemTypeOf).join(' ')} }
  enum PullRequestTimelineItemsItemType { ${PULL_REQUEST_ENTRIES.map(itemTypeOf).join(' ')} }
  enum IssueState { CLOSED OPEN }
  enum PullRequestState { CLOSED MERGED OPEN }
  enum IssueStateReason { COMPLETED DUPLICATE NOT_PLANNED REOPENED }
  enum IssueClosedStateReason { COMPLETED DUPLICATE NOT_PLANNED }
  enum PullRequestReviewState { APPROVED CHANGES_REQUESTED COMMENTED DISMISSED }
  enum LockReason { OFF_TOPIC RESOLVED SPAM TOO_HEATED }
  enum ReactionContent { CONFUSED EYES HEART HOORAY LAUGH ROCKET THUMBS_DOWN THUMBS_UP }
  enum CommentAuthorAssociation {
    COLLABORATOR CONTRIBUTOR FIRST_TIMER FIRST_TIME_CONTRIBUTOR MEMBER NONE OWNER
  }
  enum OrderDirection { ASC DESC }
  enum IssueOrderField { COMMENTS CREATED_AT UPDATED_AT }
  enum LabelOrderField { CREATED_AT NAME }

  input IssueOrder { direction: OrderDirection! field: IssueOrderField! }
  input LabelOrder { direction: OrderDirection! field: LabelOrderField! }
  input IssueFilters {
    assignee: String
    createdBy: String
    labels: [String!]
    milestone: String
    since: DateTime
    states: [IssueState!]
  }

  ${connection('IssueConnection', 'Issue')}
  ${connection('PullRequestConnection', 'PullRequest')}
  ${connection('IssueCommentConnection', 'IssueComment')}
  ${connection('LabelConnection', 'Label')}
  ${connection('UserConnection', 'User')}
  ${connection('ReactionConnection', 'Reaction')}
  ${connection('PullRequestChangedFileConnection', 'PullRequestChangedFile')}
  ${connection('IssueTimelineItemsConnection', 'IssueTimelineItems', COUNTS)}
  ${connection('PullRequestTimelineItemsConnection', 'PullRequestTimelineItems', COUNTS)}

  type IssueCommentEdge { cursor: String! node: IssueComment }

  input AddCommentInput { body: String! clientMutationId: String subjectId: ID! }
  type AddCommentPayload { clientMutationId: String commentEdge: IssueCommentEdge subject: Node }
  input AddLabelsToLabelableInput { clientMutationId: String labelIds: [ID!]! labelableId: ID! }
  type AddLabelsToLabelablePayload { clientMutationId: String labelable: Labelable }
  input RemoveLabelsFromLabelableInput { clientMutationId: String labelIds: [ID!]! labelableId: ID! }
  type RemoveLabelsFromLabelablePayload { clientMutationId: String labelable: Labelable }
  input CloseIssueInput {
    clientMutationId: String
    duplicateIssueId: ID
    issueId: ID!
    stateReason: IssueClosedStateReason
  }
  type CloseIssuePayload { clientMutationId: String issue: Issue }
  input ClosePullRequestInput { clientMutationId: String pullRequestId: ID! }
  type ClosePullRequestPayload { clientMutationId: String pullRequest: PullRequest }
  input ReopenIssueInput { clientMutationId: String issueId: ID! }
  type ReopenIssuePayload { clientMutationId: String issue: Issue }
`
