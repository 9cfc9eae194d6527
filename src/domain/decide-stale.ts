/**
 * Decides about open issues and pull requests: which become stale, which are not any more, which are closed. Each gets a reason,
 * also where nothing is done. What was done by half is seen from the item itself and finished, so that nothing is said twice.
 *
 * Source: the options and the order of checks are those of https://github.com/actions/stale
 */

import { activeAt, notAfter } from './stale/clock.ts'
import { judge } from './stale/judge.ts'
import { exemptionOf, rulesFor } from './stale/match-policy.ts'
import { stepsOf } from './stale/steps.ts'
import type { StaleConfig, StaleDecision, StaleItem, StaleRepositoryFacts } from './stale.ts'
import type { SweepPlan } from './sweep.ts'

export { depthFor, needsDeeper } from './stale/depth.ts'

export interface StaleFacts {
  readonly now: Date
  readonly config: StaleConfig
  readonly items: readonly StaleItem[]
  readonly repository: StaleRepositoryFacts
  /** Operations that an interrupted sweep used up already. */
  readonly spent: number
}

export function decideStale(facts: StaleFacts): SweepPlan<StaleDecision> {
  const { config, items, spent } = facts
  const all = items.map((item) => ({ item, decision: decideItem(item, facts) }))
  const wanted = all.filter(({ decision }) => decision.steps.length > 0).sort((a, b) => inOrder(config, a, b))
  const actions: StaleDecision[] = []
  const left: StaleDecision[] = []
  let operations = spent
  for (const { decision } of wanted) {
    operations += decision.steps.length
    // What does not fit ends the list: what is older must not wait for what is smaller.
    if (operations <= config.operationsPerRun && left.length === 0) actions.push(decision)
    else left.push(decision)
  }
  const stopped = config.debugOnly ? '`debug_only` is set, so that everything is only decided' : null
  return { decisions: all.map(({ decision }) => decision), actions, left, stopped, problems: [] }
}

export function decideItem(item: StaleItem, facts: Omit<StaleFacts, 'items' | 'spent'>): StaleDecision {
  const { now, config, repository } = facts
  const rules = rulesFor(item, config)
  const base = { subject: `#${item.number}`, number: item.number, kind: item.kind, nodeId: item.nodeId }
  if (rules === null)
    return { ...base, do: [], steps: [], reason: 'no rules are about it', activeAt: item.updatedAt, rule: null }
  const known = { ...base, activeAt: activeAt(item, rules, now), rule: rules.policy.name }
  const exemption = exemptionOf(item, rules, config, repository.exempt)
  if (exemption !== null) return { ...known, do: [], steps: [], reason: exemption }
  const judgement = judge({ ...item, createdAt: notAfter(item.createdAt, now) }, rules, now)
  const { do: doing, reason } = judgement
  return { ...known, do: doing, reason, steps: stepsOf(item, judgement, rules, repository) }
}

/** What of it cannot wait for the next sweep; null: nothing. */
export function reactionOf(decision: StaleDecision): StaleDecision | null {
  return decision.do.includes('unstale') || decision.do.includes('warn') ? decision : null
}

interface Decided {
  readonly item: StaleItem
  readonly decision: StaleDecision
}

function inOrder({ sortBy, ascending }: StaleConfig, one: Decided, other: Decided): number {
  const value = ({ item, decision }: Decided): number => {
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
  const difference = value(one) - value(other) || one.item.number - other.item.number
  return ascending ? difference : -difference
}
