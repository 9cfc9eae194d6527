/** What happened to issues and pull requests, as their timelines have it. Kinds are named as GraphQL's types. */
import type { Account, App, Comment, Label, Reaction, Repository } from './model.ts'

/** Of issues and pull requests. */
export const COMMON_EVENTS = [
  'AssignedEvent',
  'ClosedEvent',
  'CrossReferencedEvent',
  'DemilestonedEvent',
  'LabeledEvent',
  'LockedEvent',
  'MarkedAsDuplicateEvent',
  'MentionedEvent',
  'MilestonedEvent',
  'PinnedEvent',
  'ReferencedEvent',
  'RenamedTitleEvent',
  'ReopenedEvent',
  'SubscribedEvent',
  'TransferredEvent',
  'UnassignedEvent',
  'UnlabeledEvent',
  'UnlockedEvent',
  'UnpinnedEvent',
] as const

/** Of pull requests alone. */
export const PULL_REQUEST_EVENTS = [
  'BaseRefChangedEvent',
  'ConvertToDraftEvent',
  'HeadRefDeletedEvent',
  'HeadRefForcePushedEvent',
  'MergedEvent',
  'ReadyForReviewEvent',
  'ReviewDismissedEvent',
  'ReviewRequestedEvent',
  'ReviewRequestRemovedEvent',
] as const

export type EventKind = (typeof COMMON_EVENTS)[number] | (typeof PULL_REQUEST_EVENTS)[number]

interface Entry {
  /** Unique among all entries; of two of the same time, the later one has the higher. */
  readonly id: number
  readonly at: Date
}

export interface TimelineEvent extends Entry {
  readonly kind: EventKind
  /** Null: nobody that GitHub names. */
  readonly actor: Account | null
  readonly label?: Label
  readonly assignee?: Account
  readonly milestone?: string
  readonly titles?: { readonly previous: string; readonly current: string }
  readonly stateReason?: StateReason | null
  readonly lockReason?: LockReason | null
  readonly bases?: { readonly previous: string; readonly current: string }
  readonly headRef?: string
}

export type TimelineEntry =
  | TimelineEvent
  | (Entry & { readonly kind: 'IssueComment'; readonly comment: Comment })
  | (Entry & { readonly kind: 'PullRequestReview'; readonly review: Review })
  | (Entry & { readonly kind: 'PullRequestCommit'; readonly sha: string })

export const STATE_REASONS = ['completed', 'not_planned', 'duplicate', 'reopened'] as const
export type StateReason = (typeof STATE_REASONS)[number]
export type CloseReason = Exclude<StateReason, 'reopened'>

export const LOCK_REASONS = ['off-topic', 'too heated', 'resolved', 'spam'] as const
export type LockReason = (typeof LOCK_REASONS)[number]

/** A locked conversation. */
export interface Lock {
  readonly reason: LockReason | null
  /** Whether also apps with write permission cannot comment. */
  readonly refusesComments: boolean
}

/** That a body was edited, and by whom; the newest edit. */
export interface Edit {
  readonly at: Date
  readonly by: Account
}

export interface Milestone {
  readonly id: number
  readonly number: number
  readonly title: string
  readonly creator: Account
  readonly createdAt: Date
}

export const REVIEW_STATES = ['approved', 'changes_requested', 'commented', 'dismissed'] as const
export type ReviewState = (typeof REVIEW_STATES)[number]

export interface Review {
  readonly id: number
  readonly number: number
  readonly body: string
  readonly state: ReviewState
  readonly author: Account
  readonly app: App | null
  readonly commitSha: string
  readonly submittedAt: Date
  readonly reactions: Reaction[]
}

/** Where an issue was transferred to; null: it was deleted. */
export type Whereabouts = { readonly repository: Repository; readonly number: number } | null

/** What issues and pull requests have in common, beside what makes them a conversation. */
export interface ItemFacts {
  /** Through which it was opened; null: by a person's own hand. */
  readonly app: App | null
  locked: Lock | null
  milestone: Milestone | null
  assignees: readonly Account[]
  /** Of the body; null: never. */
  edited: Edit | null
  reactions: readonly Reaction[]
  /** Oldest first. */
  readonly timeline: TimelineEntry[]
}
