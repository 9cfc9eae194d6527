/** What GitHub told of pushes, among what else happened to a pull request: its commits tell only when they were made. */
import type { ItemPush, StaleItem } from '../stale.ts'

/**
 * @param pushes to this pull request. Those before the oldest entry of a timeline that goes back further are left out, as everything
 *   of that time is.
 */
export function withPushes(item: StaleItem, pushes: readonly ItemPush[]): StaleItem {
  const begin = item.activityIsWhole ? Number.NEGATIVE_INFINITY : (item.activity[0]?.at.getTime() ?? 0)
  const known = pushes.filter(({ at }) => at.getTime() >= begin)
  if (known.length === 0) return item
  const entries = known.map(({ at, by }) => ({ ...PUSH, at, by }))
  const activity = [...item.activity, ...entries].sort((one, other) => one.at.getTime() - other.at.getTime())
  return { ...item, activity }
}

const PUSH = { bot: false, own: false, kind: 'commit', body: null, label: null, association: null } as const
