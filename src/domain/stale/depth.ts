/**
 * How much of each item is read. A few of the newest entries decide about nearly all of them; where they do not, and it matters, the
 * item is read once more and deeper.
 */
import type { StaleConfig, StaleItem } from '../stale.ts'
import { humanActivity, lastWord, staleSince } from './clock.ts'
import { exemptionOf, hasLabel, possibleRules, type Rules } from './match-policy.ts'
import { closeLabelOf } from './steps.ts'

export interface Depth {
  /** Newest entries of the timeline. */
  readonly activity: number
  readonly reactions: boolean
  readonly mentions: boolean
  readonly paths: boolean
}

const FIRST_ENTRIES = 15
const DAY = 86_400_000

export function depthFor({ policies }: StaleConfig): Depth {
  return {
    activity: FIRST_ENTRIES,
    reactions: policies.some((policy) => policy.countReactions),
    mentions: policies.some((policy) => policy.countMentions),
    paths: policies.some((policy) => (policy.match?.paths.length ?? 0) > 0),
  }
}

/** Whether it depends on the files of a pull request which rules it is judged by, and one of these may have something to do. */
export function needsFiles(item: StaleItem, config: StaleConfig, now: Date): boolean {
  if (item.state === 'closed' || item.locked) return false
  const possible = possibleRules(item, config)
  return possible.length > 1 && possible.some((rules) => isAffected(item, rules, now))
}

function isAffected(item: StaleItem, rules: Rules, now: Date): boolean {
  const { daysBeforeStale, staleLabel } = rules.kind
  const isOld = daysBeforeStale >= 0 && item.createdAt.getTime() < now.getTime() - daysBeforeStale * DAY
  return isOld || hasLabel(item, staleLabel) || closeLabelOf(item, rules).length > 0
}

/** Whether what was read of it does not decide, and more of it may. */
export function needsDeeper(item: StaleItem, config: StaleConfig, now: Date): boolean {
  if (item.activityIsWhole || item.state === 'closed' || item.locked) return false
  const [rules, ...others] = possibleRules(item, config)
  if (rules === undefined || others.length > 0 || exemptionOf(item, rules, config, new Set()) !== null) return false
  const { kind, policy } = rules
  const isWordMissing = policy.onlyWaitingFor !== null && lastWord(item, rules) === null
  if (hasLabel(item, kind.staleLabel)) return isWordMissing || staleSince(item, rules, now) === null
  const limit = now.getTime() - kind.daysBeforeStale * DAY
  if (kind.daysBeforeStale < 0 || item.createdAt.getTime() >= limit) return false
  if (kind.ignoreUpdates) return isWordMissing
  // Nothing at all happened for long enough, whoever it was.
  if (item.updatedAt.getTime() < limit) return isWordMissing
  if (policy.activity === 'any' || humanActivity(item, rules).length > 0) return false
  // Bots were busy: what people did before is not among what was read.
  const oldest = item.activity[0]
  return isWordMissing || oldest === undefined || oldest.at.getTime() >= limit
}
