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
