/** The timelines of issues and pull requests in GraphQL. */
import { associationIn } from '../associations.ts'
import type { Review, TimelineEntry, TimelineEvent } from '../item-model.ts'
import { isoTime } from '../json.ts'
import type { Comment, Issue, PullRequest, Repository } from '../model.ts'
import { type NodeKind, nodeId } from '../node-id.ts'
import { fullName, repoWeb } from '../render/urls.ts'
import { connect, type PageArguments } from './connection.ts'
import { itemTypeOf } from './item-schema.ts'
import { asActor, asLabel, asReactions, asUser, type View } from './view.ts'

export interface TimelineArguments extends PageArguments {
  readonly itemTypes?: readonly string[] | null
  readonly since?: string | null
}

type Item = Issue | PullRequest

/** An issue or pull request as GraphQL has it: given by its own file, which knows this one. */
export type ShowItem = (item: Item) => unknown

/** What comments and reviews have in common. */
function asWords(view: View, repository: Repository, item: Item, words: Comment | Review) {
  const { world } = view
  const isOurs = words.app === world.app
  return {
    author: () => asActor(view, words.author),
    authorAssociation: () => associationIn(world, repository, item, words.author),
    body: words.body,
    databaseId: words.id,
    reactions: (asked: PageArguments) => asReactions(view, words.reactions, asked),
    viewerDidAuthor: isOurs,
  }
}

function addressOf(view: View, repository: Repository, item: Item, anchor: string) {
  const path = `/${item.kind === 'issue' ? 'issues' : 'pull'}/${item.number}#${anchor}`
  return { resourcePath: `/${fullName(repository)}${path}`, url: repoWeb(view.world, repository, path) }
}

export function asComment(view: View, repository: Repository, item: Item, comment: Comment, show: ShowItem) {
  return {
    __typename: 'IssueComment',
    id: nodeId('comment', comment.id),
    ...asWords(view, repository, item, comment),
    ...addressOf(view, repository, item, `issuecomment-${comment.id}`),
    createdAt: isoTime(comment.createdAt),
    updatedAt: isoTime(comment.updatedAt),
    lastEditedAt: isoTime(comment.edited?.at ?? null),
    editor: () => asActor(view, comment.edited?.by ?? null),
    issue: () => show(item),
    pullRequest: () => (item.kind === 'pull_request' ? show(item) : null),
  }
}

function asReview(view: View, repository: Repository, item: Item, review: Review, show: ShowItem) {
  const at = isoTime(review.submittedAt)
  return {
    __typename: 'PullRequestReview',
    id: nodeId('review', review.id),
    ...asWords(view, repository, item, review),
    ...addressOf(view, repository, item, `pullrequestreview-${review.id}`),
    state: review.state.toUpperCase(),
    createdAt: at,
    submittedAt: at,
    updatedAt: at,
    lastEditedAt: null,
    editor: null,
    pullRequest: () => show(item),
  }
}

function asCommit(view: View, repository: Repository, sha: string) {
  const commit = repository.objects.commits.get(sha)
  if (commit === undefined) return null
  const { name, email, date } = commit.author
  // Commits of bots belong to nobody, but for their name.
  const user = () => asUser(view, view.world.accounts.get(name.toLowerCase()))
  const at = isoTime(date)
  const author = { name, email, user }
  const id = nodeId('commit', `${repository.id}/${sha}`)
  const { message } = commit
  return { __typename: 'Commit', id, oid: sha, message, committedDate: at, authoredDate: at, author, committer: author }
}

const NODE_KINDS: Partial<Record<TimelineEvent['kind'], NodeKind>> = {
  LabeledEvent: 'labeledEvent',
  UnlabeledEvent: 'unlabeledEvent',
}

const toEnum = (text: string | null | undefined) => text?.toUpperCase().replace(/[ -]/g, '_') ?? null

function asEvent(view: View, repository: Repository, event: TimelineEvent) {
  const { kind, id, label, assignee, milestone, titles, bases } = event
  return {
    __typename: kind,
    id: nodeId(NODE_KINDS[kind] ?? 'timelineEvent', id),
    createdAt: isoTime(event.at),
    actor: () => asActor(view, event.actor),
    ...(label && { label: () => asLabel(view, repository, label) }),
    ...(assignee && { assignee: () => asActor(view, assignee) }),
    milestoneTitle: milestone,
    ...(titles && { currentTitle: titles.current, previousTitle: titles.previous }),
    ...(bases && { currentRefName: bases.current, previousRefName: bases.previous }),
    headRefName: event.headRef,
    lockReason: toEnum(event.lockReason),
    stateReason: toEnum(event.stateReason),
  }
}

function asEntry(view: View, repository: Repository, item: Item, entry: TimelineEntry, show: ShowItem) {
  if (entry.kind === 'IssueComment') return asComment(view, repository, item, entry.comment, show)
  if (entry.kind === 'PullRequestReview') return asReview(view, repository, item, entry.review, show)
  if (entry.kind !== 'PullRequestCommit') return asEvent(view, repository, entry)
  const id = nodeId('pullRequestCommit', entry.id)
  return { __typename: entry.kind, id, commit: () => asCommit(view, repository, entry.sha) }
}

const ITEM_TYPES = new Map<string, string>()

function itemTypeOfEntry({ kind }: TimelineEntry): string {
  const known = ITEM_TYPES.get(kind) ?? itemTypeOf(kind)
  ITEM_TYPES.set(kind, known)
  return known
}

export const placeOfEntry = ({ at, id }: TimelineEntry) => [at.getTime(), id] as const

export function timelineOf(
  view: View,
  repository: Repository,
  item: Item,
  { itemTypes, since, ...page }: TimelineArguments,
  show: ShowItem,
) {
  const types = itemTypes == null ? null : new Set(itemTypes)
  const from = since == null ? Number.NEGATIVE_INFINITY : Date.parse(since)
  const entries = item.timeline.filter(
    (entry) => entry.at.getTime() >= from && types?.has(itemTypeOfEntry(entry)) !== false,
  )
  return connect({ entries, placeOf: placeOfEntry }, page, (entry) => asEntry(view, repository, item, entry, show))
}
