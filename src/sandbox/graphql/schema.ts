/**
 * The part of GitHub's GraphQL schema that the sandbox serves. Every type, field, argument and value here is GitHub's
 * own (a test compares them); what is left out is simply unknown to a query.
 */
import { buildSchema, GraphQLScalarType, isObjectType } from 'graphql'

export const GITHUB_SUBSET = /* GraphQL */ `
  scalar DateTime
  scalar GitObjectID
  scalar URI

  interface Node {
    id: ID!
  }

  interface UniformResourceLocatable {
    resourcePath: URI!
    url: URI!
  }

  type Query {
    node(id: ID!): Node
    nodes(ids: [ID!]!): [Node]!
    rateLimit(dryRun: Boolean = false): RateLimit
    repository(followRenames: Boolean = true, name: String!, owner: String!): Repository
  }

  type Mutation {
    createCheckRun(input: CreateCheckRunInput!): CreateCheckRunPayload
    updateCheckRun(input: UpdateCheckRunInput!): UpdateCheckRunPayload
  }

  type RateLimit {
    cost: Int!
    limit: Int!
    nodeCount: Int!
    remaining: Int!
    resetAt: DateTime!
    used: Int!
  }

  type Repository implements Node & UniformResourceLocatable {
    databaseId: Int
    id: ID!
    isFork: Boolean!
    isPrivate: Boolean!
    name: String!
    nameWithOwner: String!
    pullRequest(number: Int!): PullRequest
    resourcePath: URI!
    url: URI!
  }

  interface Actor {
    login: String!
    resourcePath: URI!
    url: URI!
  }

  type Bot implements Actor & Node & UniformResourceLocatable {
    databaseId: Int
    id: ID!
    login: String!
    resourcePath: URI!
    url: URI!
  }

  type Organization implements Actor & Node & UniformResourceLocatable {
    databaseId: Int
    id: ID!
    login: String!
    resourcePath: URI!
    url: URI!
  }

  type User implements Actor & Node & UniformResourceLocatable {
    databaseId: Int
    id: ID!
    login: String!
    resourcePath: URI!
    url: URI!
  }

  type Label implements Node {
    color: String!
    description: String
    id: ID!
    isDefault: Boolean!
    name: String!
    resourcePath: URI!
    url: URI!
  }

  type LabeledEvent implements Node {
    actor: Actor
    createdAt: DateTime!
    id: ID!
    label: Label!
  }

  type UnlabeledEvent implements Node {
    actor: Actor
    createdAt: DateTime!
    id: ID!
    label: Label!
  }

  union PullRequestTimelineItems = LabeledEvent | UnlabeledEvent

  enum PullRequestTimelineItemsItemType {
    LABELED_EVENT
    UNLABELED_EVENT
  }

  type PageInfo {
    endCursor: String
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
  }

  type PullRequestTimelineItemsConnection {
    filteredCount: Int!
    nodes: [PullRequestTimelineItems]
    pageCount: Int!
    pageInfo: PageInfo!
    totalCount: Int!
  }

  enum PullRequestState {
    CLOSED
    MERGED
    OPEN
  }

  type PullRequest implements Node & UniformResourceLocatable {
    headRefName: String!
    headRefOid: GitObjectID!
    id: ID!
    isDraft: Boolean!
    number: Int!
    resourcePath: URI!
    state: PullRequestState!
    timelineItems(
      after: String
      before: String
      first: Int
      itemTypes: [PullRequestTimelineItemsItemType!]
      last: Int
    ): PullRequestTimelineItemsConnection!
    title: String!
    url: URI!
  }

  type CheckRun implements Node & UniformResourceLocatable {
    completedAt: DateTime
    conclusion: CheckConclusionState
    databaseId: Int
    detailsUrl: URI
    externalId: String
    id: ID!
    name: String!
    permalink: URI!
    repository: Repository!
    resourcePath: URI!
    startedAt: DateTime
    status: CheckStatusState!
    summary: String
    text: String
    title: String
    url: URI!
  }

  enum CheckStatusState {
    COMPLETED
    IN_PROGRESS
    PENDING
    QUEUED
    REQUESTED
    WAITING
  }

  enum RequestableCheckStatusState {
    COMPLETED
    IN_PROGRESS
    PENDING
    QUEUED
    WAITING
  }

  enum CheckConclusionState {
    ACTION_REQUIRED
    CANCELLED
    FAILURE
    NEUTRAL
    SKIPPED
    STALE
    STARTUP_FAILURE
    SUCCESS
    TIMED_OUT
  }

  enum CheckAnnotationLevel {
    FAILURE
    NOTICE
    WARNING
  }

  input CheckAnnotationRange {
    endColumn: Int
    endLine: Int!
    startColumn: Int
    startLine: Int!
  }

  input CheckAnnotationData {
    annotationLevel: CheckAnnotationLevel!
    location: CheckAnnotationRange!
    message: String!
    path: String!
    rawDetails: String
    title: String
  }

  input CheckRunOutput {
    annotations: [CheckAnnotationData!]
    summary: String!
    text: String
    title: String!
  }

  input CheckRunAction {
    description: String!
    identifier: String!
    label: String!
  }

  input CreateCheckRunInput {
    actions: [CheckRunAction!]
    clientMutationId: String
    completedAt: DateTime
    conclusion: CheckConclusionState
    detailsUrl: URI
    externalId: String
    headSha: GitObjectID!
    name: String!
    output: CheckRunOutput
    repositoryId: ID!
    startedAt: DateTime
    status: RequestableCheckStatusState
  }

  type CreateCheckRunPayload {
    checkRun: CheckRun
    clientMutationId: String
  }

  input UpdateCheckRunInput {
    actions: [CheckRunAction!]
    checkRunId: ID!
    clientMutationId: String
    completedAt: DateTime
    conclusion: CheckConclusionState
    detailsUrl: URI
    externalId: String
    name: String
    output: CheckRunOutput
    repositoryId: ID!
    startedAt: DateTime
    status: RequestableCheckStatusState
  }

  type UpdateCheckRunPayload {
    checkRun: CheckRun
    clientMutationId: String
  }
`

export const githubSchema = buildSchema(GITHUB_SUBSET)

// GitHub's Int is not GraphQL's: ids of check runs have long outgrown 32 bits.
const wideInt = new GraphQLScalarType({ name: 'Int', serialize: Number })
for (const type of Object.values(githubSchema.getTypeMap())) {
  const databaseId = isObjectType(type) ? type.getFields().databaseId : undefined
  if (databaseId !== undefined) databaseId.type = wideInt
}
