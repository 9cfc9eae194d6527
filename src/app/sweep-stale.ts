/**
 * The sweep of issues and pull requests, and the look at a single one between sweeps. Everything is read in a few requests; what is
 * written about is read once more right before, a few at a time, since people write meanwhile.
 */
import { depthFor, needsDeeper, reactionOf, type StalePlan } from '../domain/decide-stale.ts'
import type { StaleConfig, StaleDecision, StaleItem } from '../domain/stale.ts'
import type { Repo } from '../domain/trigger.ts'
import type { SweepGitHub } from '../ports/sweeps.ts'
import type { Clock } from '../ports.ts'
import { type ItemDecisions, makeItemDecisions } from './item-decisions.ts'
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
}

/** Most that one request reads, and entries of an item that are looked at at all. */
const MOST_AT_ONCE = 100
const MOST_ACTIVITY = 100

export function makeStaleSweep(options: StaleSweepOptions): Sweep<StaleDecision> {
  const { github, repo, config, only } = options
  const reader = makeReader(options)
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

/** Hands on what was read, page by page: all items at once would take much memory. */
interface Reader {
  /** All that are open, and these whatever their state. */
  readAll(also: readonly number[], decisions: ItemDecisions): Promise<void>
  /** These, as they are now. */
  read(numbers: readonly number[], decisions: ItemDecisions): Promise<void>
}

function makeReader({ github, repo, clock, config }: StaleSweepOptions): Reader {
  const depth = depthFor(config)
  const deep = { ...depth, activity: MOST_ACTIVITY }
  const read: Reader['read'] = async (numbers, decisions) => {
    for (let start = 0; start < numbers.length; start += MOST_AT_ONCE)
      decisions.add(await github.readItems(repo, numbers.slice(start, start + MOST_AT_ONCE), deep))
  }
  return {
    read,
    async readAll(also, decisions) {
      const deeper = new Set(also)
      const isUnclear = (item: StaleItem) => needsDeeper(item, config, clock.now())
      for await (const page of github.listOpenItems(repo, depth)) {
        decisions.add(page)
        for (const { number } of page.filter(isUnclear)) deeper.add(number)
      }
      await read([...deeper], decisions)
    },
  }
}

/** A look at one item does what cannot wait. The rest is the sweep's, which sees the whole. */
function onlyReactions(plan: StalePlan): StalePlan {
  const actions = plan.actions.flatMap((action) => reactionOf(action) ?? [])
  return { ...plan, actions, left: [] }
}
