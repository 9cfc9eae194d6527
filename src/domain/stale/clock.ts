/**
 * When an item was last active, as its rules count that. `any` is GitHub's own time of the last update, as actions/stale has it; but
 * what we wrote ourselves is none. `human` is the last thing that a person did.
 */
import type { ActivityKind, KindPolicy, StaleActivity, StaleItem } from '../stale.ts'
import { isMarked } from './markers.ts'
import { isSameLabel, type Rules } from './match-policy.ts'
import { isMaintainersAnswer, isPerson } from './people.ts'

/** A clock of ours and GitHub's may differ; nothing happened later than now. */
export function notAfter(time: Date, now: Date): Date {
  return time > now ? now : time
}

/** What people did, oldest first, without the stale label itself, which starts the clock rather than stopping it. */
export function humanActivity(item: StaleItem, { policy, kind }: Rules): StaleActivity[] {
  return item.activity.filter((one) => {
    if (!isPerson(one, policy)) return false
    if (one.kind === 'reaction') return policy.countReactions
    if (one.kind === 'mentioned') return policy.countMentions
    // Closing is how it ends, and no sign of life.
    return one.kind !== 'closed' && !isStaleLabeling(item, one, kind)
  })
}

/** When the stale label was last put on, and whether by us; null: it is not known. */
export interface StaleSince {
  readonly at: Date
  /** `else`: a bot, us, or nobody tells. */
  readonly by: 'person' | 'else'
}

export function staleSince(item: StaleItem, { policy, kind }: Rules, now: Date): StaleSince | null {
  const { staleLabeledAt } = item
  const labeling = item.activity.findLast((one) => isStaleLabeling(item, one, kind))
  if (labeling !== undefined && (staleLabeledAt === null || labeling.at >= staleLabeledAt))
    return { at: notAfter(labeling.at, now), by: isPerson(labeling, policy) ? 'person' : 'else' }
  return staleLabeledAt === null ? null : { at: notAfter(staleLabeledAt, now), by: 'else' }
}

/** A labelling without a name is that of the time that is told beside it. */
function isStaleLabeling(
  { staleLabeledAt }: StaleItem,
  { kind, label, at }: StaleActivity,
  rules: KindPolicy,
): boolean {
  if (kind !== 'labeled') return false
  return label === null ? at.getTime() === staleLabeledAt?.getTime() : isSameLabel(label, rules.staleLabel)
}

/**
 * Whether our warning belongs to the last labelling: it came after, or before it with nothing in between that a person did, since
 * we may have been stopped between the two.
 */
export function isWarned(item: StaleItem, rules: Rules): boolean {
  const labeled = item.activity.findLastIndex((one) => isStaleLabeling(item, one, rules.kind))
  const warned = item.activity.findLastIndex((one) => isMarked(one, 'mark'))
  if (warned < 0 || warned > labeled) return warned >= 0
  const people = new Set(humanActivity(item, rules))
  const between = item.activity.slice(warned + 1, labeled)
  return !between.some((one) => people.has(one) || isAboutLabel(one, rules.kind))
}

function isAboutLabel({ kind, label }: StaleActivity, { staleLabel }: KindPolicy): boolean {
  return (kind === 'labeled' || kind === 'unlabeled') && label !== null && isSameLabel(label, staleLabel)
}

/** What may share the second with the label and still be an answer to it: who labels often changes several things at once. */
const ANSWERS: ReadonlySet<ActivityKind> = new Set(['comment', 'review', 'commit', 'reopened', 'ready_for_review'])

/**
 * What happened since the item was called stale: since our warning, which may be answered before the label is on, else since the
 * label. GitHub's times are whole seconds, so that within one the order of the timeline decides.
 * @param since when the label was put on, for where the timeline does not tell.
 */
export function afterWarning({ activity }: StaleItem, rules: KindPolicy, since: Date): StaleActivity[] {
  const labeled = activity.findLastIndex((one) => one.kind === 'labeled' && isAboutLabel(one, rules))
  if (labeled < 0) return activity.filter((one) => one.at > since)
  const removed = activity
    .slice(0, labeled)
    .findLastIndex((one) => one.kind === 'unlabeled' && isAboutLabel(one, rules))
  const warned = activity[labeled]?.own
    ? activity.findLastIndex((one, index) => index < labeled && index > removed && isMarked(one, 'mark'))
    : -1
  const begin = warned < 0 ? labeled : warned
  const time = activity[begin]?.at ?? since
  return activity.filter((one, index) => one.at > time || (index > begin && ANSWERS.has(one.kind)))
}

/** Our comment of this kind after `since`, if there is one. */
export function ownComment(item: StaleItem, what: 'mark' | 'close', since: Date | null): StaleActivity | undefined {
  return item.activity.findLast((one) => isMarked(one, what) && (since === null || one.at >= since))
}

/** The last word of a person, if one is known. Who puts the stale label on by hand says, too, that it is not the maintainers' turn. */
export function lastWord(item: StaleItem, rules: Rules): { readonly at: Date; readonly byMaintainer: boolean } | null {
  const isStale = item.labels.some((label) => isSameLabel(label, rules.kind.staleLabel))
  const isLabeling = (one: StaleActivity) => isStale && isStaleLabeling(item, one, rules.kind)
  const word = item.activity.findLast(
    (one) => (one.kind === 'comment' || one.kind === 'review' || isLabeling(one)) && isPerson(one, rules.policy),
  )
  return word === undefined ? null : { at: word.at, byMaintainer: isLabeling(word) || isMaintainersAnswer(word, item) }
}

/** When it was last active. */
export function activeAt(item: StaleItem, rules: Rules, now: Date): Date {
  const { policy, kind } = rules
  if (kind.ignoreUpdates) return notAfter(item.createdAt, now)
  if (policy.activity === 'any') return notAfter(updatedBeforeOurMark(item, rules), now)
  const last = humanActivity(item, rules).at(-1)
  const times = [item.createdAt, ...(last === undefined ? [] : [last.at])]
  return new Date(Math.max(...times.map((time) => notAfter(time, now).getTime())))
}

/** GitHub's time of the last update, unless that was a comment of ours which the rest of our work did not follow yet. */
function updatedBeforeOurMark(item: StaleItem, rules: Rules): Date {
  const mark = unfinishedMark(item, rules)
  if (mark === undefined) return item.updatedAt
  const before = item.activity.filter((one) => one.at < mark.at).at(-1)
  return before?.at ?? item.createdAt
}

/** A warning of ours that the label did not follow, and nobody did anything since. */
export function unfinishedMark(item: StaleItem, rules: Rules): StaleActivity | undefined {
  const { kind } = rules
  if (item.labels.some((label) => isSameLabel(label, kind.staleLabel))) return undefined
  const mark = ownComment(item, 'mark', null)
  if (mark === undefined) return undefined
  const since = item.activity.slice(item.activity.lastIndexOf(mark) + 1)
  const people = new Set(humanActivity(item, rules))
  const isUpdate = (one: StaleActivity) =>
    rules.policy.activity === 'any'
      ? !one.own && one.kind !== 'reaction' && one.kind !== 'mentioned'
      : people.has(one) || (one.kind === 'reopened' && !one.own)
  return since.some((one) => isAboutLabel(one, kind) || isUpdate(one)) ? undefined : mark
}
