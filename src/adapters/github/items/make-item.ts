/** An issue or pull request as GitHub tells of it, in our words. */
import { commitTime } from '../../../domain/stale/commit-time.ts'
import type { ItemHead, StaleActivity, StaleItem } from '../../../domain/stale.ts'
import type {
  ActorNode,
  CommitNode,
  EventNode,
  ItemNode,
  Nodes,
  ReactionNode,
  TimelineNode,
  WordsNode,
} from './nodes.ts'
import { EVENT_KINDS } from './queries.ts'

/** Kept of each end of a long body: commands and markers are at the ends, and thousands of items are held at once. */
const KEPT_CHARACTERS = 2_000

export interface Whereabouts {
  /** GraphQL's id. */
  readonly repositoryId: string
  /** Login of this app's bot, without `[bot]`. */
  readonly slug: string
}

/** What may need more requests than the one that the node came with. */
export interface WholeLists {
  readonly labels: readonly string[]
  readonly paths: readonly string[] | null
}

export function makeItem(
  node: ItemNode,
  { labels, paths }: WholeLists,
  { repositoryId, slug }: Whereabouts,
): StaleItem {
  const isPullRequest = node.__typename === 'PullRequest'
  const { timelineItems } = node
  const author = personOf(node.author, slug)
  const isWhole = !timelineItems.pageInfo.hasPreviousPage && !(timelineItems.nodes ?? []).includes(null)
  return {
    number: node.number,
    kind: isPullRequest ? 'pull_request' : 'issue',
    nodeId: node.id,
    title: node.title,
    state: node.closed ? 'closed' : 'open',
    createdAt: new Date(node.createdAt),
    updatedAt: new Date(node.updatedAt),
    draft: node.isDraft ?? false,
    locked: node.locked,
    labels,
    milestone: node.milestone?.title ?? null,
    assignees: present(node.assignees).map(({ login }) => login),
    type: node.issueType?.name ?? null,
    author: author.by,
    authorBot: author.bot,
    comments: node.comments.totalCount,
    staleLabeledAt: null,
    activity: activityOf(node, slug),
    activityIsWhole: isWhole,
    paths,
    head: isPullRequest ? headOf(node, repositoryId) : null,
  }
}

/** The entries that GitHub gave. */
export function present<Node>(list: Nodes<Node> | null | undefined): Node[] {
  return (list?.nodes ?? []).filter((node) => node !== null)
}

function headOf(node: ItemNode, repositoryId: string): ItemHead | null {
  const { headRefName: ref, headRefOid: sha, isCrossRepository, headRepository } = node
  if (ref === undefined || sha === undefined) return null
  // A branch of ours may have the name of a deleted fork's: https://github.com/actions/stale/issues/881
  return { ref, sha, sameRepository: isCrossRepository === false && headRepository?.id === repositoryId }
}

/**
 * Oldest first. Edits and reactions that are older than the oldest entry of a timeline that goes back further are left out: what
 * happened between is not known, and would seem not to have happened.
 */
function activityOf(node: ItemNode, slug: string): StaleActivity[] {
  const entries = present(node.timelineItems)
  const timeline = entries.flatMap((entry) => activityOfEntry(entry, node, slug) ?? [])
  const beside = [
    ...editOf(node, slug),
    ...reactionsOf(node.reactions),
    ...entries.flatMap((entry) => (isWords(entry) ? [...editOf(entry, slug), ...reactionsOf(entry.reactions)] : [])),
  ]
  const begin = node.timelineItems.pageInfo.hasPreviousPage
    ? Math.min(...timeline.map(({ at }) => at.getTime()))
    : Number.NEGATIVE_INFINITY
  const known = beside.filter(({ at }) => at.getTime() >= begin)
  return [...timeline, ...known].sort((one, other) => one.at.getTime() - other.at.getTime())
}

function activityOfEntry(entry: TimelineNode, item: ItemNode, slug: string): StaleActivity | null {
  if (isWords(entry)) return activityOfWords(entry, slug)
  if (isCommit(entry)) return activityOfCommit(entry, item, slug)
  const kind = EVENT_KINDS.get(entry.__typename)
  if (kind === undefined) return null
  return {
    ...NOTHING,
    at: new Date(entry.createdAt),
    ...personOf(entry.actor, slug),
    kind,
    label: entry.label?.name ?? null,
  }
}

function activityOfWords(entry: WordsNode, slug: string): StaleActivity {
  const person = personOf(entry.author, slug)
  return {
    ...NOTHING,
    at: new Date(entry.submittedAt ?? entry.createdAt),
    ...person,
    own: entry.viewerDidAuthor || person.own,
    kind: entry.__typename === 'IssueComment' ? 'comment' : 'review',
    body: boundBody(entry.body),
    association: entry.authorAssociation,
  }
}

/** A commit of a bot has no user, only the bot's name. */
function activityOfCommit({ commit }: CommitNode, item: ItemNode, slug: string): StaleActivity {
  const login = commit.author?.user?.login ?? null
  const name = commit.author?.name ?? ''
  const who = login === null && name.endsWith(BOT) ? name : login
  const person = personOf(who === null ? null : { __typename: 'User', login: who }, slug)
  const bounds = { createdAt: new Date(item.createdAt), updatedAt: new Date(item.updatedAt) }
  return { ...NOTHING, at: commitTime(new Date(commit.committedDate), bounds), ...person, kind: 'commit' }
}

const NOTHING = { body: null, label: null, association: null } as const

function isWords(entry: TimelineNode): entry is WordsNode {
  return entry.__typename === 'IssueComment' || entry.__typename === 'PullRequestReview'
}

function isCommit(entry: TimelineNode | EventNode): entry is CommitNode {
  return entry.__typename === 'PullRequestCommit'
}

function editOf({ lastEditedAt, editor }: Pick<ItemNode, 'lastEditedAt' | 'editor'>, slug: string): StaleActivity[] {
  if (lastEditedAt === null) return []
  return [{ ...NOTHING, at: new Date(lastEditedAt), ...personOf(editor, slug), kind: 'edited' }]
}

function reactionsOf(reactions: Nodes<ReactionNode> | undefined): StaleActivity[] {
  return present(reactions).map(({ createdAt, user }) => ({
    ...NOTHING,
    at: new Date(createdAt),
    by: user?.login ?? null,
    bot: false,
    own: false,
    kind: 'reaction',
  }))
}

const BOT = '[bot]'

/** GraphQL leaves `[bot]` out of a bot's login; a user may have the same. */
function personOf(actor: ActorNode | null, slug: string): Pick<StaleActivity, 'by' | 'bot' | 'own'> {
  if (actor === null) return { by: null, bot: false, own: false }
  const isNamedBot = actor.login.endsWith(BOT)
  const by = isNamedBot ? actor.login.slice(0, -BOT.length) : actor.login
  const bot = isNamedBot || actor.__typename === 'Bot'
  return { by, bot, own: bot && by === slug }
}

/** Whole lines alone, since what begins in the middle of one is no command. `join` copies: no piece keeps the long text in memory. */
function boundBody(body: string): string {
  if (body.length <= 2 * KEPT_CHARACTERS) return body
  const begin = body.slice(0, KEPT_CHARACTERS)
  const end = body.slice(-KEPT_CHARACTERS)
  const lines = [begin.slice(0, Math.max(0, begin.lastIndexOf('\n'))), '…']
  return [...lines, end.includes('\n') ? end.slice(end.indexOf('\n') + 1) : ''].join('\n')
}
