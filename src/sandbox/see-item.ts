/** An issue or pull request, as tests look at it. */
import type { EventKind, StateReason, TimelineEntry } from './item-model.ts'
import type { Comment, Issue, PullRequest } from './model.ts'
import { commentsOf } from './timeline.ts'

export interface SeenEntry {
  readonly kind: TimelineEntry['kind']
  readonly at: Date
  /** Login; null: nobody that GitHub names. Of a commit: null. */
  readonly by: string | null
  /** Of a comment or review. */
  readonly body?: string
  /** Of a labelling. */
  readonly label?: string
}

export interface SeenItem {
  readonly kind: 'issue' | 'pull_request'
  readonly number: number
  readonly title: string
  readonly body: string | null
  readonly state: 'open' | 'closed'
  /** Null also of pull requests. */
  readonly stateReason: StateReason | null
  readonly duplicateOf: number | null
  readonly draft: boolean
  readonly locked: boolean
  readonly labels: readonly string[]
  /** Logins. */
  readonly assignees: readonly string[]
  readonly milestone: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly closedAt: Date | null
  readonly comments: readonly Comment[]
  /** Oldest first. */
  readonly timeline: readonly SeenEntry[]
}

function seeEntry(entry: TimelineEntry): SeenEntry {
  const { kind, at } = entry
  if (entry.kind === 'IssueComment') return { kind, at, by: entry.comment.author.login, body: entry.comment.body }
  if (entry.kind === 'PullRequestReview') return { kind, at, by: entry.review.author.login, body: entry.review.body }
  if (entry.kind === 'PullRequestCommit') return { kind, at, by: null }
  const label = entry.label === undefined ? {} : { label: entry.label.name }
  return { kind: entry.kind satisfies EventKind, at, by: entry.actor?.login ?? null, ...label }
}

export function seeItem(item: Issue | PullRequest): SeenItem {
  const issue = item.kind === 'issue' ? item : null
  return {
    kind: item.kind,
    number: item.number,
    title: item.title,
    body: item.body,
    state: item.state,
    stateReason: issue?.stateReason ?? null,
    duplicateOf: issue?.duplicateOf ?? null,
    draft: item.kind === 'pull_request' && item.draft,
    locked: item.locked !== null,
    labels: [...item.labels],
    assignees: item.assignees.map(({ login }) => login),
    milestone: item.milestone?.title ?? null,
    createdAt: item.createdAt,
    updatedAt: item.updatedAt,
    closedAt: item.closedAt,
    comments: commentsOf(item),
    timeline: item.timeline.map(seeEntry),
  }
}
