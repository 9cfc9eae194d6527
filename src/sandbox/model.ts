/**
 * What the sandbox remembers: GitHub's nouns, in camelCase, without anything that can be computed from the rest
 * (URLs, counts, mergeability of an open pull request). `render/` turns these into GitHub's JSON.
 */
import type { ActionsCache } from './caches.ts'
import type { ObjectStore } from './git/object-store.ts'
import type { Edit, ItemFacts, Milestone, StateReason, Whereabouts } from './item-model.ts'
import type { JsonObject } from './json.ts'
import type { Release } from './releases.ts'

export interface Account {
  readonly id: number
  readonly nodeId: string
  readonly login: string
  readonly type: 'User' | 'Organization' | 'Bot'
  /** GitHub then names nobody as the actor of what the account did. */
  deleted: boolean
}

/** A team of an organisation. */
export interface Team {
  readonly organization: string
  readonly slug: string
  /** Lower-case login → whether the invitation was accepted. */
  readonly members: ReadonlyMap<string, 'active' | 'pending'>
}

export type AccessLevel = 'read' | 'write' | 'admin'
/** GitHub's permission name (`checks`, `pull_requests` …) → what is granted. */
export type Permissions = Readonly<Record<string, AccessLevel>>

/** A GitHub App: ours, or another one that posts check runs. */
export interface App {
  readonly id: number
  readonly nodeId: string
  readonly slug: string
  readonly name: string
  readonly clientId: string
  readonly owner: Account
  readonly permissions: Permissions
  readonly events: readonly string[]
  readonly createdAt: Date
}

export interface Installation {
  readonly id: number
  readonly nodeId: string
  readonly account: Account
  readonly repositoryIds: Set<number>
  permissions: Permissions
  readonly createdAt: Date
  updatedAt: Date
  suspendedAt: Date | null
}

/** Of each level, which of GitHub's four old ones it comes to. */
export const OLD_LEVELS = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
  none: 'none',
} as const
export type CollaboratorLevel = keyof typeof OLD_LEVELS

export interface Label {
  readonly id: number
  readonly name: string
  readonly color: string
  readonly description: string | null
}

export interface Repository {
  readonly id: number
  readonly nodeId: string
  readonly owner: Account
  readonly name: string
  readonly private: boolean
  readonly defaultBranch: string
  /** What this was forked from. Forks share the object store, as GitHub's do. */
  readonly parent: Repository | null
  readonly objects: ObjectStore
  /** `refs/heads/…`, `refs/tags/…`, `refs/pull/N/head` → commit. */
  readonly refs: Map<string, string>
  readonly conversations: Map<number, Issue | PullRequest>
  /** The highest number that an issue or pull request ever had here. */
  lastNumber: number
  /** Issues that are not here any more, by the number that they had. */
  readonly gone: Map<number, Whereabouts>
  /** By title. */
  readonly milestones: Map<string, Milestone>
  /** Those whose pull requests were merged. */
  readonly contributors: Set<Account>
  readonly labels: Map<string, Label>
  readonly comments: Map<number, Comment>
  readonly checkRuns: Map<number, CheckRun>
  readonly checkSuites: Map<number, CheckSuite>
  /** By path. */
  readonly workflows: Map<string, Workflow>
  readonly workflowRuns: Map<number, WorkflowRun>
  /** Lower-case login → level. */
  readonly collaborators: Map<string, CollaboratorLevel>
  readonly mergeGroups: MergeGroup[]
  readonly artifacts: Map<number, Artifact>
  readonly deployments: Map<number, Deployment>
  readonly caches: Map<number, ActionsCache>
  readonly releases: Map<number, Release>
  /** Lower-case login → what the person is to the repository, where that is not to be computed. */
  readonly associations: Map<string, Association>
  /** By branch. */
  readonly branchRules: Map<string, BranchRules>
  readonly createdAt: Date
  pushedAt: Date
  deleted: boolean
}

/** GitHub's `author_association`. */
export type Association =
  | 'OWNER'
  | 'MEMBER'
  | 'COLLABORATOR'
  | 'CONTRIBUTOR'
  | 'FIRST_TIME_CONTRIBUTOR'
  | 'FIRST_TIMER'
  | 'NONE'

/** A check that a branch wants; `appId` null: from whatever app. */
export interface RequiredCheck {
  readonly context: string
  readonly appId: number | null
}

/** What protects a branch: the older branch protection, and rules of rulesets. */
export interface BranchRules {
  /** Null: the branch has no protection of the older kind. */
  protection: { readonly checks: readonly RequiredCheck[]; readonly strict: boolean } | null
  /** Null: no ruleset says anything about it. */
  ruleset: { readonly checks: readonly RequiredCheck[]; readonly mergeQueue: boolean } | null
}

export interface LabelEvent {
  /** Later events have higher ones. */
  readonly id: number
  readonly kind: 'labeled' | 'unlabeled'
  readonly label: Label
  readonly actor: Account
  readonly createdAt: Date
}

interface Conversation extends ItemFacts {
  readonly id: number
  readonly number: number
  title: string
  body: string | null
  readonly author: Account
  state: 'open' | 'closed'
  /** Names of labels of the repository, in the order in which they were added. */
  labels: string[]
  /** How labels came and went, oldest first. */
  readonly labelEvents: LabelEvent[]
  readonly createdAt: Date
  updatedAt: Date
  closedAt: Date | null
}

export interface Issue extends Conversation {
  readonly kind: 'issue'
  /** Name of its type; null: none. */
  type: string | null
  stateReason: StateReason | null
  /** The number of the issue that it duplicates; null: it is no duplicate. */
  duplicateOf: number | null
}

export interface PullRequest extends Conversation {
  readonly kind: 'pull_request'
  readonly head: { readonly repository: Repository; readonly owner: Account; readonly ref: string; sha: string }
  readonly base: { ref: string; sha: string }
  draft: boolean
  merged: { readonly at: Date; readonly by: Account } | null
  /** The test merge while open, the real one after merging; null when it conflicts. */
  mergeCommitSha: string | null
  readonly maintainerCanModify: boolean
}

export const REACTIONS = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes'] as const
export type ReactionContent = (typeof REACTIONS)[number]

export interface Reaction {
  readonly id: number
  readonly user: Account
  readonly content: ReactionContent
  readonly createdAt: Date
}

export interface Comment {
  readonly id: number
  readonly number: number
  body: string
  readonly author: Account
  readonly app: App | null
  readonly createdAt: Date
  updatedAt: Date
  edited: Edit | null
  readonly reactions: Reaction[]
}

export const CHECK_STATUSES = ['queued', 'in_progress', 'completed', 'waiting', 'requested', 'pending'] as const
export type CheckStatus = (typeof CHECK_STATUSES)[number]

export const CHECK_CONCLUSIONS = [
  'action_required',
  'cancelled',
  'failure',
  'neutral',
  'success',
  'skipped',
  'timed_out',
] as const
export type CheckConclusion = (typeof CHECK_CONCLUSIONS)[number]

export interface CheckAnnotation {
  readonly path: string
  readonly startLine: number
  readonly endLine: number
  readonly startColumn: number | null
  readonly endColumn: number | null
  readonly level: 'notice' | 'warning' | 'failure'
  readonly message: string
  readonly title: string | null
  readonly rawDetails: string | null
}

export interface CheckAction {
  readonly label: string
  readonly description: string
  readonly identifier: string
}

export interface CheckRun {
  readonly id: number
  readonly nodeId: string
  readonly app: App
  readonly suiteId: number
  readonly headSha: string
  name: string
  status: CheckStatus
  conclusion: CheckConclusion | null
  externalId: string
  detailsUrl: string | null
  startedAt: Date | null
  completedAt: Date | null
  title: string | null
  summary: string | null
  text: string | null
  readonly annotations: CheckAnnotation[]
  actions: readonly CheckAction[]
}

/** All check runs of one app on one commit. */
export interface CheckSuite {
  readonly id: number
  readonly nodeId: string
  readonly app: App
  readonly headSha: string
  readonly headBranch: string | null
  readonly before: string | null
  readonly createdAt: Date
}

export interface Workflow {
  readonly id: number
  readonly path: string
  name: string
  state: 'active' | 'disabled_manually' | 'disabled_inactivity' | 'deleted'
  readonly createdAt: Date
  updatedAt: Date
}

export interface WorkflowJob {
  /** Also the id of its check run. */
  readonly id: number
  readonly name: string
  readonly runAttempt: number
  status: 'queued' | 'in_progress' | 'completed'
  conclusion: CheckConclusion | null
  readonly createdAt: Date
  startedAt: Date | null
  completedAt: Date | null
}

/** One attempt of a workflow run: GitHub keeps the run's id and counts `run_attempt` up. */
export interface WorkflowRunAttempt {
  readonly attempt: number
  status: 'queued' | 'in_progress' | 'completed'
  conclusion: CheckConclusion | null
  readonly startedAt: Date
  updatedAt: Date
  readonly jobs: WorkflowJob[]
}

export interface WorkflowRun {
  readonly id: number
  readonly nodeId: string
  readonly workflow: Workflow
  readonly runNumber: number
  readonly event: string
  readonly headBranch: string
  readonly headSha: string
  /** The fork, for the run of a pull request from one. */
  readonly headRepository: Repository
  readonly displayTitle: string
  readonly inputs: Readonly<Record<string, string>>
  readonly actor: Account
  readonly suiteId: number
  readonly createdAt: Date
  /** Oldest first; the last one is what the run shows. */
  readonly attempts: WorkflowRunAttempt[]
}

export interface MergeGroup {
  readonly pullRequest: number
  readonly headRef: string
  readonly headSha: string
  readonly baseRef: string
  readonly baseSha: string
  destroyed: string | null
}

/** An archive that an attempt of a workflow run left behind. */
export interface Artifact {
  readonly id: number
  readonly nodeId: string
  readonly name: string
  readonly zip: Uint8Array
  readonly run: WorkflowRun
  readonly createdAt: Date
  expiresAt: Date
}

export const DEPLOYMENT_STATES = [
  'error',
  'failure',
  'inactive',
  'in_progress',
  'queued',
  'pending',
  'success',
] as const
export type DeploymentState = (typeof DEPLOYMENT_STATES)[number]

export interface DeploymentStatus {
  readonly id: number
  readonly nodeId: string
  readonly state: DeploymentState
  readonly description: string
  readonly environment: string
  readonly logUrl: string
  readonly environmentUrl: string
  readonly creator: Account
  readonly createdAt: Date
}

export interface Deployment {
  readonly id: number
  readonly nodeId: string
  readonly sha: string
  readonly ref: string
  readonly task: string
  readonly payload: JsonObject | string
  readonly environment: string
  readonly description: string | null
  readonly transient: boolean
  readonly production: boolean
  readonly creator: Account
  readonly createdAt: Date
  updatedAt: Date
  /** Oldest first. */
  readonly statuses: DeploymentStatus[]
}
