/** Which rules an item is judged by, and whether they let it be: exemptions, in the order in which actions/stale looks at them. */

import { hasKeepCommand } from '../commands.ts'
import { matchesPaths } from '../globs.ts'
import type { KindPolicy, StaleConfig, StaleItem, StalePolicy } from '../stale.ts'
import { isMaintainer, isPerson } from './people.ts'

/** What an item is judged by. */
export interface Rules {
  readonly policy: StalePolicy
  readonly kind: KindPolicy
}

/** The first rule set that matches; the last one matches everything. */
export function rulesFor(item: StaleItem, config: StaleConfig): Rules | null {
  const policy = config.policies.find((one) => matches(item, one))
  return policy ? { policy, kind: item.kind === 'issue' ? policy.issue : policy.pullRequest } : null
}

function matches(item: StaleItem, { match }: StalePolicy): boolean {
  if (match === null) return true
  if (match.labels.length > 0 && !match.labels.some((label) => hasLabel(item, label))) return false
  if (match.paths.length === 0) return true
  return item.kind === 'pull_request' && matchesPaths({ include: match.paths, exclude: [] }, item.paths ?? [])
}

export function hasLabel({ labels }: Pick<StaleItem, 'labels'>, wanted: string): boolean {
  return labels.some((label) => isSameLabel(label, wanted))
}

export function isSameLabel(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase()
}

/** Why nothing is done about the item whatever its age, as the end of a sentence about it; null: nothing keeps it. */
export function exemptionOf(
  item: StaleItem,
  { policy, kind }: Rules,
  config: StaleConfig,
  exempt: ReadonlySet<number>,
): string | null {
  if (item.state === 'closed') return 'it is closed'
  if (item.locked) return 'it is locked'
  if (exempt.has(item.number)) return 'the reports of sweeps are in it'
  const kept = keepOf(item, policy, config)
  if (kept !== null) return kept
  const author = item.author?.toLowerCase() ?? ''
  if (policy.exemptAuthors.includes(author)) return `its author ${item.author} is exempt`
  if (policy.includeOnlyAssigned && item.assignees.length === 0)
    return 'nobody is assigned, and only assigned ones count'
  return (
    typeExemption(item, policy) ??
    labelExemption(item, kind, policy) ??
    placeExemption(item, kind) ??
    draftExemption(item, policy)
  )
}

/** Who asked to keep it, as the end of a sentence about it; null: nobody. */
export function keepOf(item: StaleItem, policy: StalePolicy, { keepLabel }: StaleConfig): string | null {
  if (hasLabel(item, keepLabel)) return `it has the label ${keepLabel}`
  return isKept(item, policy) ? 'somebody who may write asked to keep it' : null
}

function isKept(item: StaleItem, policy: StalePolicy): boolean {
  return item.activity.some(
    (one) =>
      one.kind === 'comment' &&
      one.body !== null &&
      isPerson(one, policy) &&
      isMaintainer(one, item) &&
      hasKeepCommand(one.body),
  )
}

function typeExemption(item: StaleItem, { onlyIssueTypes }: StalePolicy): string | null {
  if (item.kind !== 'issue' || onlyIssueTypes.length === 0) return null
  const type = item.type?.toLowerCase() ?? ''
  return onlyIssueTypes.some((one) => one.toLowerCase() === type)
    ? null
    : `its type is none of ${onlyIssueTypes.join(', ')}`
}

function labelExemption(item: StaleItem, kind: KindPolicy, { startDate }: StalePolicy): string | null {
  const missing = kind.onlyLabels.find((label) => !hasLabel(item, label))
  if (missing !== undefined) return `it lacks the label ${missing}`
  if (startDate !== null && item.createdAt <= startDate)
    return `it was opened before ${startDate.toISOString().slice(0, 10)}`
  const exempt = kind.exemptLabels.find((label) => hasLabel(item, label))
  if (exempt !== undefined) return `it has the label ${exempt}`
  if (kind.anyOfLabels.length > 0 && !kind.anyOfLabels.some((label) => hasLabel(item, label)))
    return `it has none of the labels ${kind.anyOfLabels.join(', ')}`
  return null
}

function placeExemption({ milestone, assignees }: StaleItem, kind: KindPolicy): string | null {
  if (milestone !== null) {
    if (kind.exemptAllMilestones) return `it is in the milestone ${milestone}`
    if (kind.exemptMilestones.some((one) => isSameLabel(one, milestone))) return `its milestone ${milestone} is exempt`
  }
  const [first] = assignees
  if (first === undefined) return null
  if (kind.exemptAllAssignees) return `${first} is assigned`
  const exempt = assignees.find((login) => kind.exemptAssignees.some((one) => isSameLabel(one, login)))
  return exempt === undefined ? null : `${exempt} is assigned, who is exempt`
}

function draftExemption({ kind, draft }: StaleItem, { exemptDraftPr }: StalePolicy): string | null {
  return kind === 'pull_request' && draft && exemptDraftPr ? 'it is a draft' : null
}
