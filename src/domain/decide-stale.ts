/**
 * Decides about open issues and pull requests: which become stale, which are not any more, which are closed. Each gets a reason,
 * also where nothing is done. What was done by half is seen from the item itself and finished, so that nothing is said twice.
 *
 * Source: the options and the order of checks are those of https://github.com/actions/stale
 */

import { activeAt, notAfter } from './stale/clock.ts'
import { withoutFutureCommits } from './stale/commit-time.ts'
import { type Judgement, judge } from './stale/judge.ts'
import { exemptionOf, keepOf, possibleRules, type Rules, scopeExemption } from './stale/match-policy.ts'
import { closeLabelOf, stepsAfterClosing, stepsOf } from './stale/steps.ts'
import type { StaleConfig, StaleDecision, StaleItem, StaleRepositoryFacts } from './stale.ts'
import type { SweepPlan } from './sweep.ts'

export { depthFor, needsDeeper, needsFiles } from './stale/depth.ts'

export interface StaleFacts {
  readonly now: Date
  readonly config: StaleConfig
  readonly items: readonly StaleItem[]
  readonly repository: StaleRepositoryFacts
  /** Operations that an interrupted sweep used up already. */
  readonly spent: number
}

export interface StalePlan extends SweepPlan<StaleDecision> {
  /** In the order in which the budget would be spent on them. */
  readonly left: readonly StaleDecision[]
}

export function decideStale(facts: StaleFacts): StalePlan {
  return planStale(
    facts.items.map((item) => decideInOrder(item, facts)),
    facts,
  )
}

/** A decision with what tells its place among those that the budget is spent on. */
export interface OrderedDecision {
  readonly decision: StaleDecision
  /** In ascending order the smaller comes first. */
  readonly rank: number
}

export function decideInOrder(item: StaleItem, facts: Omit<StaleFacts, 'items' | 'spent'>): OrderedDecision {
  const decision = decideItem(item, facts)
  return { decision, rank: rankOf(item, decision, facts.config) }
}

/** What is done of all that was decided, and what is left for the next sweep. */
export function planStale(
  all: readonly OrderedDecision[],
  { config, spent }: Pick<StaleFacts, 'config' | 'spent'>,
): StalePlan {
  const wanted = all.filter(({ decision }) => decision.steps.length > 0).sort((a, b) => inOrder(config, a, b))
  const actions: StaleDecision[] = []
  const left: StaleDecision[] = []
  let operations = spent
  const tooLarge: StaleDecision[] = []
  for (const { decision } of wanted) {
    const isTooLarge = decision.steps.length > config.operationsPerRun
    if (!isTooLarge) operations += decision.steps.length
    // What does not fit ends the list: what is older must not wait for what is smaller. What never fits must not end it for ever.
    if (!isTooLarge && operations <= config.operationsPerRun) actions.push(decision)
    else left.push(decision)
    if (isTooLarge) tooLarge.push(decision)
  }
  const problems = tooLarge.map(
    ({ subject, steps }) =>
      `${subject} takes ${steps.length} operations, and a sweep may do ${config.operationsPerRun}: raise \`operations_per_run\``,
  )
  const stopped = config.debugOnly ? '`debug_only` is set, so that everything is only decided' : null
  return { decisions: all.map(({ decision }) => decision), actions, left, stopped, problems }
}

export function decideItem(told: StaleItem, facts: Omit<StaleFacts, 'items' | 'spent'>): StaleDecision {
  const { now, config, repository } = facts
  const item = withoutFutureCommits(told, now)
  const [rules, ...others] = possibleRules(item, config)
  const base = { subject: `#${item.number}`, number: item.number, kind: item.kind, nodeId: item.nodeId }
  if (rules === undefined || others.length > 0) {
    const unread = item.locked ? 'it is locked' : 'it is too young for any rule that may be about it'
    const reason = rules === undefined ? 'no rules are about it' : unread
    return { ...base, do: [], steps: [], reason, activeAt: item.updatedAt, rule: null }
  }
  const known = { ...base, activeAt: activeAt(item, rules, now), rule: rules.policy.name }
  const rest = stepsAfterClosing(item, rules, repository)
  if (rest.length > 0)
    return {
      ...known,
      do: ['close'],
      steps: rest,
      reason: 'it was closed as stale, and its branch is still to be deleted',
    }
  const exemption = exemptionOf(item, rules, config, repository.exempt)
  const judged = judge({ ...item, createdAt: notAfter(item.createdAt, now) }, rules, now)
  // Who asks to keep it speaks up, too: it does not stay stale.
  const isSaved = exemption === keepOf(item, config) && judged.do.includes('unstale')
  const wanted = exemption === null || isSaved ? judged : { do: [], reason: exemption, isSaid: false }
  const judgement = wanted.do.length === 0 ? (unclosing(item, rules, repository) ?? wanted) : wanted
  const { do: doing, reason } = judgement
  return { ...known, do: doing, reason, steps: stepsOf(item, judgement, rules, repository) }
}

/** As actions/stale does it, which takes the label of what was closed off whatever is open and may be looked at. */
function unclosing(item: StaleItem, rules: Rules, { exempt }: StaleRepositoryFacts): Judgement | null {
  const [label] = closeLabelOf(item, rules)
  if (rules.policy.activity !== 'any' || label === undefined) return null
  if (item.state === 'closed' || item.locked || exempt.has(item.number)) return null
  if (scopeExemption(item, rules) !== null) return null
  return { do: ['unclose'], reason: `it is open, and has the label ${label}`, isSaid: false }
}

/** What of it cannot wait for the next sweep; null: nothing. */
export function reactionOf(decision: StaleDecision): StaleDecision | null {
  return decision.do.includes('unstale') || decision.do.includes('warn') ? decision : null
}

function inOrder({ ascending }: StaleConfig, one: OrderedDecision, other: OrderedDecision): number {
  const difference = one.rank - other.rank || one.decision.number - other.decision.number
  return ascending ? difference : -difference
}

function rankOf(item: StaleItem, decision: StaleDecision, { sortBy }: StaleConfig): number {
  switch (sortBy) {
    case 'activity':
      return decision.activeAt.getTime()
    case 'created':
      return item.createdAt.getTime()
    case 'updated':
      return item.updatedAt.getTime()
    case 'comments':
      return item.comments
  }
}
