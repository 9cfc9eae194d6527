/** What is to be done about one item, and why: first whether it is stale, then what follows from that. */
import type { StaleActivity, StaleDecision, StaleItem } from '../stale.ts'
import { formatDuration } from '../wording.ts'
import {
  activeAt,
  afterWarning,
  humanActivity,
  isWarned,
  lastWord,
  notAfter,
  ownComment,
  staleSince,
  unfinishedMark,
} from './clock.ts'
import { hasLabel, type Rules } from './match-policy.ts'

export interface Judgement {
  readonly do: StaleDecision['do']
  readonly reason: string
  /** Whether our comment that belongs to it is there already. */
  readonly isSaid: boolean
}

const DAY = 86_400_000
/** GitHub's time of an update and that of the label that made it are not always the same. */
const TOLERANCE_MS = 15_000

/** The item is not exempt. */
export function judge(item: StaleItem, rules: Rules, now: Date): Judgement {
  if (hasLabel(item, rules.kind.staleLabel)) return judgeStale(item, rules, now)
  const marked = judgeFresh(item, rules, now)
  // As actions/stale does it, which goes on with what it has just marked.
  const isClosedToo = rules.policy.activity === 'any' && rules.kind.daysBeforeClose === 0 && marked.do.length > 0
  return isClosedToo ? { ...marked, do: ['mark', 'close'], reason: `${marked.reason}; it is closed at once` } : marked
}

function judgeFresh(item: StaleItem, rules: Rules, now: Date): Judgement {
  const { daysBeforeStale } = rules.kind
  if (unfinishedMark(item, rules) !== undefined && daysBeforeStale >= 0)
    return { do: ['mark'], reason: 'it was warned, and the label is still missing', isSaid: true }
  const waits = waitsForMaintainers(item, rules)
  if (waits !== null) return nothing(waits)
  const active = activeAt(item, rules, now)
  const quiet = now.getTime() - active.getTime()
  const since = `${rules.kind.ignoreUpdates ? 'opened' : 'last active'} ${age(quiet)} ago`
  if (daysBeforeStale < 0) return nothing(`${since}; it never becomes stale`)
  if (quiet <= daysBeforeStale * DAY) return nothing(`${since}; it becomes stale after ${days(daysBeforeStale)}`)
  return { do: ['mark'], reason: since, isSaid: false }
}

function judgeStale(item: StaleItem, rules: Rules, now: Date): Judgement {
  const { kind, policy } = rules
  const known = staleSince(item, rules, now)
  const since = known?.at ?? notAfter(oldestSince(item, rules), now)
  const news = policy.activity === 'any' ? newsOfAny(item, rules, since, now) : newsOfPeople(item, rules, since)
  const waits = waitsForMaintainers(item, rules)
  if (waits !== null) return { do: ['unstale'], reason: waits, isSaid: false }
  if (news.update !== null && kind.removeStaleWhenUpdated)
    return { do: ['unstale'], reason: news.update, isSaid: false }
  const closing = judgeClosing(item, rules, now, { news, since })
  // Who was not warned by us in all that time was warned by the label.
  if (closing.do.length === 0 && known?.by === 'person' && kind.staleMessage !== '' && !isWarned(item, rules))
    return { do: ['warn'], reason: `the label ${kind.staleLabel} was put on by hand`, isSaid: false }
  return closing
}

/** Where it is not known since when it is stale. Of what was not read to its beginning everything counts as news. */
function oldestSince({ activity, activityIsWhole, updatedAt }: StaleItem, { policy }: Rules): Date {
  return policy.activity === 'any' || activityIsWhole ? updatedAt : (activity[0]?.at ?? updatedAt)
}

function judgeClosing(
  item: StaleItem,
  { kind }: Rules,
  now: Date,
  { news, since }: { readonly news: News; readonly since: Date },
): Judgement {
  if (kind.daysBeforeClose < 0) return nothing('it is stale, and never closed')
  if (news.keepsOpen !== null) return nothing(news.keepsOpen)
  const quiet = now.getTime() - news.quietSince.getTime()
  const length = `it is stale, and was quiet for ${age(quiet)}`
  if (quiet <= kind.daysBeforeClose * DAY) return nothing(`${length}; it is closed after ${days(kind.daysBeforeClose)}`)
  return { do: ['close'], reason: length, isSaid: isFarewellSaid(item, since) }
}

/** One that a closing followed was that closing's. */
function isFarewellSaid(item: StaleItem, since: Date): boolean {
  const farewell = ownComment(item, 'close', since)
  if (farewell === undefined) return false
  const after = item.activity.slice(item.activity.lastIndexOf(farewell) + 1)
  return !after.some(({ kind }) => kind === 'closed' || kind === 'reopened')
}

/** What happened since the item became stale. */
interface News {
  /** What ends its staleness; null: nothing. */
  readonly update: string | null
  /** What keeps it from being closed although it stays stale; null: nothing. */
  readonly keepsOpen: string | null
  readonly quietSince: Date
}

function newsOfPeople(item: StaleItem, rules: Rules, since: Date): News {
  const isReopening = (one: StaleActivity) => one.kind === 'reopened' && !one.own
  const people = new Set(humanActivity(item, rules))
  const answers = afterWarning(item, rules.kind, since)
  const last = answers.findLast((one) => people.has(one) || isReopening(one))
  const update = last === undefined ? null : `${last.by ?? 'somebody'} ${DID[last.kind] ?? 'did something'} since`
  const keepsOpen = update === null ? null : `${update}, and updates do not take the label away`
  return { update, keepsOpen, quietSince: since }
}

/** As actions/stale looks at it: GitHub's time of the update, and comments of users. */
function newsOfAny(item: StaleItem, { kind }: Rules, since: Date, now: Date): News {
  const updatedAt = notAfter(lastUpdateOfOthers(item, since), now)
  const comment = item.activity.find(
    (one) =>
      one.kind === 'comment' &&
      !one.bot &&
      !one.own &&
      one.at >= since &&
      one.body?.toLowerCase() !== kind.staleMessage.toLowerCase(),
  )
  const isUpdated = updatedAt.getTime() - since.getTime() > TOLERANCE_MS
  const commented = comment === undefined ? null : `${comment.by ?? 'somebody'} commented since`
  return {
    update: commented ?? (isUpdated ? 'it was updated since' : null),
    keepsOpen: commented,
    quietSince: updatedAt,
  }
}

/** Where the last thing was ours, the last thing of others since the label, or the label. */
function lastUpdateOfOthers({ activity, updatedAt }: StaleItem, since: Date): Date {
  const last = activity.at(-1)
  if (!last?.own || updatedAt.getTime() - last.at.getTime() > TOLERANCE_MS) return updatedAt
  const others = activity.findLast((one) => !one.own)
  return others !== undefined && others.at > since ? others.at : since
}

const DID: Readonly<Partial<Record<StaleActivity['kind'], string>>> = {
  comment: 'commented',
  review: 'reviewed',
  commit: 'pushed',
  reopened: 'reopened it',
  ready_for_review: 'marked it as ready',
  edited: 'edited it',
  labeled: 'labelled it',
  unlabeled: 'took a label away',
  assigned: 'assigned somebody',
  milestoned: 'put it in a milestone',
  mentioned: 'mentioned it',
  reaction: 'reacted',
}

/** Why the clock stands still; null: it runs. */
function waitsForMaintainers(item: StaleItem, rules: Rules): string | null {
  if (rules.policy.onlyWaitingFor === null) return null
  const word = lastWord(item, rules)
  if (word === null) return 'nobody who maintains the repository has answered yet'
  return word.byMaintainer ? null : 'the last word is not a maintainer’s: it waits for one'
}

function nothing(reason: string): Judgement {
  return { do: [], reason, isSaid: false }
}

/** `40 days`, `3 h 20 min`. */
function age(ms: number): string {
  const whole = Math.floor(ms / DAY)
  return whole >= 2 ? `${whole} days` : formatDuration(ms)
}

function days(number: number): string {
  return number === 1 ? '1 day' : `${number} days`
}
