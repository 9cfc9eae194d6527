/**
 * What stale handling is decided from: the rules of a repository, and its open issues and pull requests with what happened to
 * them. Names and meanings of the options are those of actions/stale, in camelCase.
 *
 * Source: https://github.com/actions/stale#all-options
 */
import type { SweepDecision } from './sweep.ts'

export type ItemKind = 'issue' | 'pull_request'

export const STALE_ACTIVITIES = ['human', 'any'] as const
export const CLOSE_REASONS = ['not_planned', 'completed', 'duplicate'] as const
export type CloseReason = (typeof CLOSE_REASONS)[number]

/** How items of one kind are treated: general options with those for issues or pull requests laid over them. */
export interface KindPolicy {
  /** Days, perhaps with a fraction; negative: never. */
  readonly daysBeforeStale: number
  /** Negative: never. */
  readonly daysBeforeClose: number
  readonly staleLabel: string
  /** Null: none is put on. */
  readonly closeLabel: string | null
  /** Empty: no comment. */
  readonly staleMessage: string
  readonly closeMessage: string
  readonly exemptLabels: readonly string[]
  /** All of these; empty: whatever labels. */
  readonly onlyLabels: readonly string[]
  /** At least one of these; empty: whatever labels. */
  readonly anyOfLabels: readonly string[]
  readonly exemptMilestones: readonly string[]
  readonly exemptAllMilestones: boolean
  readonly exemptAssignees: readonly string[]
  readonly exemptAllAssignees: boolean
  readonly removeStaleWhenUpdated: boolean
  /** The clock counts from the creation, whatever happened since. */
  readonly ignoreUpdates: boolean
}

/** One set of rules. The first whose `match` fits an item decides about it. */
export interface StalePolicy {
  /** What the configuration calls it; null: the general one. */
  readonly name: string | null
  /** Null: every item. */
  readonly match: {
    /** At least one of these labels; empty: whatever labels. */
    readonly labels: readonly string[]
    /** Globs on the changed files of a pull request, at least one of which matches; empty: whatever files. Issues never match these. */
    readonly paths: readonly string[]
  } | null
  readonly issue: KindPolicy
  readonly pullRequest: KindPolicy
  readonly activity: (typeof STALE_ACTIVITIES)[number]
  /** Logins, lower case, of users whose activity counts as a bot's. */
  readonly bots: readonly string[]
  /** `author`: the clock runs only while the last word of a person is a maintainer's. Null: always. */
  readonly onlyWaitingFor: 'author' | null
  readonly countReactions: boolean
  readonly countMentions: boolean
  /** Logins, lower case. */
  readonly exemptAuthors: readonly string[]
  /** Items older than this are left alone; null: none. */
  readonly startDate: Date | null
  readonly exemptDraftPr: boolean
  readonly includeOnlyAssigned: boolean
  /** Names of issue types, whose case does not matter; empty: whatever type. Only of issues. */
  readonly onlyIssueTypes: readonly string[]
  readonly labelsToAddWhenUnstale: readonly string[]
  readonly labelsToRemoveWhenStale: readonly string[]
  readonly labelsToRemoveWhenUnstale: readonly string[]
  readonly closeIssueReason: CloseReason
  readonly deleteBranch: boolean
}

export const STALE_SORTS = ['activity', 'created', 'updated', 'comments'] as const

export interface StaleConfig {
  /** Cron, five fields, UTC; null: no schedule, only reactions and the command line. */
  readonly schedule: string | null
  /** Of a sweep: everything that is written at GitHub counts one. */
  readonly operationsPerRun: number
  /** In which order the budget is spent. `activity`: what was quiet for the longest time first. */
  readonly sortBy: (typeof STALE_SORTS)[number]
  readonly ascending: boolean
  /** Everything is decided and reported, nothing is done. */
  readonly debugOnly: boolean
  /** The label that `/keep` puts on, which exempts. */
  readonly keepLabel: string
  /** In order; the last one matches everything. */
  readonly policies: readonly StalePolicy[]
}

export const ACTIVITY_KINDS = [
  'comment',
  'review',
  'commit',
  'reopened',
  'ready_for_review',
  'converted_to_draft',
  'edited',
  'labeled',
  'unlabeled',
  'assigned',
  'unassigned',
  'milestoned',
  'demilestoned',
  'mentioned',
  'reaction',
  'closed',
  'other',
] as const
export type ActivityKind = (typeof ACTIVITY_KINDS)[number]

/** A push to a pull request by a person, as GitHub told of it: the commits tell only when they were made. */
export interface ItemPush {
  /** Of the pull request. */
  readonly number: number
  /** Login. */
  readonly by: string
  readonly at: Date
}

/** Something that happened to an item. A mention is by who mentions it elsewhere. */
export interface StaleActivity {
  readonly at: Date
  /** Login, without `[bot]`; null: the account was deleted, or GitHub does not tell. */
  readonly by: string | null
  readonly bot: boolean
  /** Whether it was this app. */
  readonly own: boolean
  readonly kind: ActivityKind
  /** Of a comment or review; null: none. */
  readonly body: string | null
  /** Of a labelling; null: it is none, or the label is not known. */
  readonly label: string | null
  /** GitHub's `author_association`; null: not known. */
  readonly association: string | null
}

/** The head of a pull request, for deleting it once the pull request is closed. */
export interface ItemHead {
  readonly ref: string
  readonly sha: string
  /** Whether it is in the same repository as the base. */
  readonly sameRepository: boolean
}

/** An open issue or pull request, as complete as deciding needs it. */
export interface StaleItem {
  readonly number: number
  readonly kind: ItemKind
  /** GraphQL's id; empty in a simulation. */
  readonly nodeId: string
  readonly title: string
  readonly state: 'open' | 'closed'
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly draft: boolean
  readonly locked: boolean
  readonly labels: readonly string[]
  /** Its title; null: none. */
  readonly milestone: string | null
  /** Logins. */
  readonly assignees: readonly string[]
  /** Name of the issue's type; null: none. */
  readonly type: string | null
  /** Login; null: the account was deleted. */
  readonly author: string | null
  readonly authorBot: boolean
  readonly comments: number
  /** When the stale label was last put on; null: it is not on, or `activity` tells, if anything does: of GitHub's items always null. */
  readonly staleLabeledAt: Date | null
  /** Oldest first. */
  readonly activity: readonly StaleActivity[]
  /** Whether `activity` goes back to the creation. Otherwise it begins with the oldest that was asked for. */
  readonly activityIsWhole: boolean
  /** Changed files of a pull request; null: not asked for. */
  readonly paths: readonly string[] | null
  readonly head: ItemHead | null
}

/** One thing that is written at GitHub. They are carried out in this order; one that fails keeps the later ones of its item from being done. */
export type StaleStep =
  | { readonly kind: 'comment'; readonly body: string }
  | { readonly kind: 'add_labels'; readonly labels: readonly string[] }
  | { readonly kind: 'remove_labels'; readonly labels: readonly string[] }
  | { readonly kind: 'close'; readonly reason: CloseReason; readonly duplicateOf: number | null }
  /** Only while it still has this commit. */
  | { readonly kind: 'delete_branch'; readonly ref: string; readonly sha: string }

/**
 * `warn`: the label was put on by hand, and the warning is still missing. `unclose`: it is open, and has the label of those that were
 * closed.
 */
export const STALE_DOINGS = ['unclose', 'mark', 'warn', 'unstale', 'close'] as const

export interface StaleDecision extends SweepDecision {
  readonly number: number
  readonly kind: ItemKind
  readonly nodeId: string
  readonly do: readonly (typeof STALE_DOINGS)[number][]
  /** Empty: nothing is done. */
  readonly steps: readonly StaleStep[]
  /** When it was last active, as the rules count it. */
  readonly activeAt: Date
  /** Name of the rule set; null: the general one. */
  readonly rule: string | null
}

/** What is true of the repository beside its items. */
export interface StaleRepositoryFacts {
  readonly defaultBranch: string
  /** Branches that are protected, of those that may be deleted. */
  readonly protectedBranches: ReadonlySet<string>
  /** Head branches of this repository → open pull requests that come from or go into them. */
  readonly branchesInUse: ReadonlyMap<string, readonly number[]>
  /** Numbers that are never touched: the issue that the reports are in. */
  readonly exempt: ReadonlySet<number>
}
