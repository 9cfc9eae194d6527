/**
 * The sweep of issues and pull requests, and the look at a single one between sweeps. Everything is read in a few requests; what is
 * written about is read once more right before, a few at a time, since people write meanwhile.
 */
import { reactionOf, type StalePlan } from '../domain/decide-stale.ts'
import type { ItemPush, StaleConfig, StaleDecision } from '../domain/stale.ts'
import type { Repo } from '../domain/trigger.ts'
import type { SweepGitHub } from '../ports/sweeps.ts'
import type { Clock } from '../ports.ts'
import { type ItemDecisions, makeItemDecisions } from './item-decisions.ts'
import { makeItemReader } from './read-items.ts'
import type { Sweep } from './sweep.ts'
import { type WriteStaleDeps, writeStale } from './write-stale.ts'

export interface StaleSweepOptions {
  readonly github: SweepGitHub
  readonly repo: Repo
  readonly clock: Clock
  readonly config: StaleConfig
  /** Numbers that are left alone. */
  readonly exempt: ReadonlySet<number>
  /** Only this item, and only what is done between sweeps; null: all. */
  readonly only: number | null
  /** What is known of pushes by people to pull requests, to these at least. */
  readonly pushes: (numbers: readonly number[]) => Promise<readonly ItemPush[]>
}

export function makeStaleSweep(options: StaleSweepOptions): Sweep<StaleDecision> {
  const { github, repo, config, only } = options
  const reader = makeItemReader(options)
  let budget: Pick<WriteStaleDeps, 'room' | 'spare' | 'begun'> = { room: 0, spare: [], begun: [] }
  const decide = async (read: (decisions: ItemDecisions) => Promise<void>, by: StaleConfig, spent: number) => {
    const decisions = makeItemDecisions({ ...options, config: by })
    await read(decisions)
    const plan = await decisions.plan(spent)
    return only === null ? plan : onlyReactions(plan)
  }
  return {
    spent: () => github.spent(),
    async plan({ spent, begun }) {
      const read = (decisions: ItemDecisions) =>
        only === null ? reader.readAll(numbersOf(begun), decisions) : reader.read([only], decisions)
      const plan = await decide(read, config, spent)
      const spare = plan.left.filter(({ steps }) => steps.length <= config.operationsPerRun)
      budget = { room: config.operationsPerRun - spent, spare, begun }
      return plan
    },
    async apply(actions, work) {
      const unbounded = { ...config, operationsPerRun: Number.POSITIVE_INFINITY, debugOnly: false }
      const decideAgain = async (numbers: readonly number[]) => {
        const { actions: fresh } = await decide((decisions) => reader.read(numbers, decisions), unbounded, 0)
        return new Map(fresh.map((action) => [action.number, action]))
      }
      await writeStale({ github, repo, decideAgain, ...budget }, actions, work)
    },
  }
}

function numbersOf(subjects: readonly string[]): number[] {
  return subjects.flatMap((subject) => (/^#[1-9]\d{0,8}$/.test(subject) ? [Number(subject.slice(1))] : []))
}

/** A look at one item does what cannot wait. The rest is the sweep's, which sees the whole. */
function onlyReactions(plan: StalePlan): StalePlan {
  const actions = plan.actions.flatMap((action) => reactionOf(action) ?? [])
  return { ...plan, actions, left: [] }
}
