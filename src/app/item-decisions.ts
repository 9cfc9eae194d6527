/**
 * Decides about issues and pull requests as they are read, and lets go of them: thousands, with what was said about them, would
 * fill the memory. Kept are those whose branch may be deleted, since that is decided when all open pull requests are known.
 */
import { decideInOrder, type OrderedDecision, planStale, type StalePlan } from '../domain/decide-stale.ts'
import type { StaleConfig, StaleDecision, StaleItem, StaleRepositoryFacts } from '../domain/stale.ts'
import type { Repo } from '../domain/trigger.ts'
import type { ItemsGitHub } from '../ports/sweeps.ts'
import type { Clock } from '../ports.ts'

export interface ItemDecisionsOptions {
  readonly github: ItemsGitHub
  readonly repo: Repo
  readonly clock: Clock
  readonly config: StaleConfig
  /** Numbers that are left alone. */
  readonly exempt: ReadonlySet<number>
}

export interface ItemDecisions {
  /** What is decided about an item that comes again replaces what was. */
  add(items: readonly StaleItem[]): void
  /**
   * Once all are added. Branches are looked at only where one is to be deleted.
   * @param spent operations that an interrupted sweep used up already.
   */
  plan(spent: number): Promise<StalePlan>
}

export function makeItemDecisions({ github, repo, clock, config, exempt }: ItemDecisionsOptions): ItemDecisions {
  const decided = new Map<number, OrderedDecision>()
  const withBranch = new Map<number, StaleItem>()
  const inUse = new Map<string, number[]>()
  const decide = (item: StaleItem, branches: Pick<StaleRepositoryFacts, 'branchesInUse' | 'protectedBranches'>) => {
    const repository = { defaultBranch: repo.defaultBranch, exempt, ...branches }
    const one = decideInOrder(item, { now: clock.now(), config, repository })
    decided.set(item.number, one)
    return branchesOf(one.decision).length > 0
  }
  const planWith = (spent: number, protectedBranches: ReadonlySet<string>) => {
    for (const item of withBranch.values()) decide(item, { branchesInUse: inUse, protectedBranches })
    return planStale([...decided.values()], { config, spent })
  }
  return {
    add(items) {
      for (const item of items) {
        const { head, number, state } = item
        if (state === 'open' && head?.sameRepository) inUse.set(head.ref, [...(inUse.get(head.ref) ?? []), number])
        if (decide(item, UNKNOWN)) withBranch.set(number, item)
        else withBranch.delete(number)
      }
    },
    async plan(spent) {
      const first = planWith(spent, UNKNOWN.protectedBranches)
      const branches = [...new Set(first.actions.flatMap(branchesOf))]
      if (branches.length === 0) return first
      const protectedBranches = await github.protectedBranches(repo, branches)
      for (const branch of branches) inUse.set(branch, await github.pullRequestsOfBranch(repo, branch))
      return planWith(spent, protectedBranches)
    },
  }
}

/** As if no branch were needed: none is deleted that is not among those that could be then. */
const UNKNOWN = { branchesInUse: new Map<string, readonly number[]>(), protectedBranches: new Set<string>() }

/** Those that it deletes. */
function branchesOf({ steps }: StaleDecision): string[] {
  return steps.flatMap((step) => (step.kind === 'delete_branch' ? [step.ref] : []))
}
