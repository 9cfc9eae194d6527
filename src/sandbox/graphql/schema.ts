/**
 * The part of GitHub's GraphQL schema that the sandbox serves. Every type, field, argument and value here is GitHub's
 * own (a test compares them); what is left out is simply unknown to a query.
 */
import { buildSchema, GraphQLScalarType, type GraphQLSchema, isObjectType } from 'graphql'
import { ISSUE_TYPE, ITEM_MUTATIONS, ITEM_SUBSET, REPOSITORY_ITEMS } from './item-schema.ts'

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
    ${ITEM_MUTATIONS}
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
    ${REPOSITORY_ITEMS}
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

  type PageInfo {
    endCursor: String
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
  }

  ${ITEM_SUBSET}

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

// GitHub's Int is not GraphQL's: ids of check runs have long outgrown 32 bits.
const wideInt = new GraphQLScalarType({ name: 'Int', serialize: Number })

function build(text: string): GraphQLSchema {
  const schema = buildSchema(text)
  for (const type of Object.values(schema.getTypeMap())) {
    const databaseId = isObjectType(type) ? type.getFields().databaseId : undefined
    if (databaseId !== undefined) databaseId.type = wideInt
  }
  return schema
}

export const githubSchema = build(GITHUB_SUBSET)

/** An Enterprise Server's, which does not know types of issues. */
export const olderSchema = build(GITHUB_SUBSET.replace(ISSUE_TYPE, ''))
