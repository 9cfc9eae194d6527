/** Which rules an item is judged by, and whether they let it be: exemptions, in the order in which actions/stale looks at them. */
import { compileGlobs, type NameMatcher } from '../globs.ts'
import type { KindPolicy, StaleConfig, StaleItem, StalePolicy } from '../stale.ts'

/** What an item is judged by. */
export interface Rules {
  readonly policy: StalePolicy
  readonly kind: KindPolicy
}

/** The first rule set that matches; the last one matches everything. Files that were not read match nothing. */
export function rulesFor(item: StaleItem, config: StaleConfig): Rules | null {
  const policy = config.policies.find((one) => matchesLabels(item, one) && matchesFiles(item, one))
  return policy ? withKind(policy, item) : null
}

/** Those that may be the first to match, as long as the files of a pull request are not known. */
export function possibleRules(item: StaleItem, config: StaleConfig): readonly Rules[] {
  if (item.kind === 'issue' || item.paths !== null) {
    const rules = rulesFor(item, config)
    return rules === null ? [] : [rules]
  }
  const matching = config.policies.filter((one) => matchesLabels(item, one))
  const last = matching.findIndex(({ match }) => match === null || match.paths.length === 0)
  return matching.slice(0, last < 0 ? undefined : last + 1).map((policy) => withKind(policy, item))
}

function withKind(policy: StalePolicy, { kind }: StaleItem): Rules {
  return { policy, kind: kind === 'issue' ? policy.issue : policy.pullRequest }
}

function matchesLabels(item: StaleItem, { match }: StalePolicy): boolean {
  return match === null || match.labels.length === 0 || match.labels.some((label) => hasLabel(item, label))
}

function matchesFiles({ kind, paths }: StaleItem, { match }: StalePolicy): boolean {
  if (match === null || match.paths.length === 0) return true
  return kind === 'pull_request' && (paths ?? []).some(matcherOf(match.paths))
}

/** A list of patterns is compiled once, and then held against the files of all pull requests. */
const matchers = new WeakMap<readonly string[], NameMatcher>()

function matcherOf(patterns: readonly string[]): NameMatcher {
  const known = matchers.get(patterns) ?? compileGlobs({ include: patterns })
  matchers.set(patterns, known)
  return known
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
  const kept = keepOf(item, config)
  if (kept !== null) return kept
  const author = item.author?.toLowerCase() ?? ''
  if (policy.exemptAuthors.includes(author)) return `its author ${item.author} is exempt`
  return (
    scopeExemption(item, { policy, kind }) ??
    labelExemption(item, kind, policy) ??
    placeExemption(item, kind) ??
    draftExemption(item, policy)
  )
}

/** That it was asked to be kept, as the end of a sentence about it; null: it was not. Who takes the label away takes that back. */
export function keepOf(item: StaleItem, { keepLabel }: StaleConfig): string | null {
  return hasLabel(item, keepLabel) ? `it has the label ${keepLabel}` : null
}

/** Why the rules are not about it at all; null: they are. */
export function scopeExemption(item: StaleItem, { policy, kind }: Rules): string | null {
  if (policy.includeOnlyAssigned && item.assignees.length === 0)
    return 'nobody is assigned, and only assigned ones count'
  const { onlyIssueTypes } = policy
  const type = item.type?.toLowerCase() ?? ''
  const isOfType = onlyIssueTypes.length === 0 || onlyIssueTypes.some((one) => one.toLowerCase() === type)
  if (item.kind === 'issue' && !isOfType) return `its type is none of ${onlyIssueTypes.join(', ')}`
  const missing = kind.onlyLabels.find((label) => !hasLabel(item, label))
  return missing === undefined ? null : `it lacks the label ${missing}`
}

function labelExemption(item: StaleItem, kind: KindPolicy, { startDate }: StalePolicy): string | null {
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
