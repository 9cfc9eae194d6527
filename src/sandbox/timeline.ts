/** Timelines: each entry in its place by time, wherever in the past it happened. */
import type { EventKind, TimelineEntry, TimelineEvent } from './item-model.ts'
import type { Account, Comment, Issue, PullRequest } from './model.ts'
import { nextId, type World } from './world.ts'

/** Puts an entry after all that are not newer. */
export function insertByTime<One>(into: One[], one: One, timeOf: (one: One) => Date): void {
  const time = timeOf(one).getTime()
  const before = into.findLastIndex((other) => timeOf(other).getTime() <= time)
  into.splice(before + 1, 0, one)
}

/** An entry as it is made: it gets its id when it is recorded. */
type Unnumbered = TimelineEntry extends infer One ? (One extends TimelineEntry ? Omit<One, 'id'> : never) : never

export function record(world: World, item: Issue | PullRequest, entry: Unnumbered): TimelineEntry {
  const made: TimelineEntry = { ...entry, id: nextId(world, 'labelEvent') }
  insertByTime(item.timeline, made, ({ at }) => at)
  return made
}

export function recordEvent(
  world: World,
  item: Issue | PullRequest,
  kind: EventKind,
  actor: Account | null,
  facts: Omit<TimelineEvent, 'id' | 'at' | 'kind' | 'actor'> = {},
  at: Date = world.now(),
): void {
  record(world, item, { kind, at, actor, ...facts })
}

/** That something changed now, or then: GitHub shows the newest. */
export function touch(world: World, item: Issue | PullRequest, at?: Date): void {
  if (at === undefined) item.updatedAt = world.now()
  else if (at > item.updatedAt) item.updatedAt = at
}

export function commentsOf(item: Issue | PullRequest): Comment[] {
  return item.timeline.flatMap((entry) => (entry.kind === 'IssueComment' ? entry.comment : []))
}

export function countComments(item: Issue | PullRequest): number {
  let count = 0
  for (const { kind } of item.timeline) if (kind === 'IssueComment') count++
  return count
}

/** Logins begin and end with a letter or digit, and are no longer. */
const MENTION = /(?<![\w/`-])@([a-z\d](?:[a-z\d-]{0,37}[a-z\d])?)/gi

/** GitHub names those who were mentioned as the actors of it. */
export function recordMentions(world: World, item: Issue | PullRequest, body: string, by: Account, at: Date): void {
  const mentioned = new Set<Account>()
  for (const [, login = ''] of body.matchAll(MENTION)) {
    const known = world.accounts.get(login.toLowerCase())
    if (known?.type === 'User' && known !== by) mentioned.add(known)
  }
  for (const one of mentioned) recordEvent(world, item, 'MentionedEvent', one, {}, at)
}
