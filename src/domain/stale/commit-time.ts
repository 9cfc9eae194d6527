/**
 * A commit says itself when it was made, and may say anything. Nothing was pushed after the last update of its pull request, so that a
 * clock which is somewhat fast is put right; what lies further ahead tells nothing, and counts from the opening.
 */
import type { StaleItem } from '../stale.ts'

const MOST_AHEAD_MS = 86_400_000

/** @param committed what the commit says. */
export function commitTime(
  committed: Date,
  { createdAt, updatedAt }: Pick<StaleItem, 'createdAt' | 'updatedAt'>,
): Date {
  const ahead = committed.getTime() - updatedAt.getTime()
  if (ahead <= 0) return committed
  return ahead <= MOST_AHEAD_MS || createdAt > updatedAt ? updatedAt : createdAt
}

/** Whoever tells of an item may have a commit of the future in it: at the latest it was pushed now. */
export function withoutFutureCommits(item: StaleItem, now: Date): StaleItem {
  if (!item.activity.some(({ kind, at }) => kind === 'commit' && at > now)) return item
  const bounds = { createdAt: item.createdAt, updatedAt: now }
  const activity = item.activity.map((one) =>
    one.kind === 'commit' ? { ...one, at: commitTime(one.at, bounds) } : one,
  )
  return { ...item, activity: activity.sort((one, other) => one.at.getTime() - other.at.getTime()) }
}
