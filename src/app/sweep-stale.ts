/**
 * The sweep of issues and pull requests, and the look at a single one between sweeps. Everything is read in a few requests; what is
 * written about is read once more right before, a few at a time, since people write meanwhile.
 */
import { decideStale, depthFor, needsDeeper, reactionOf } from '../domain/decide-stale.ts'
import type { StaleConfig, StaleDecision, StaleItem, StaleRepositoryFacts } from '../domain/stale.ts'
import type { SweepPlan } from '../domain/sweep.ts'
import type { Repo } from '../domain/trigger.ts'
import type { ItemsGitHub, SweepGitHub } from '../ports/sweeps.ts'
import type { Clock } from '../ports.ts'
import type { Sweep } from './sweep.ts'
import { writeStale } from './write-stale.ts'

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
  const { github, repo, clock, config, exempt, only } = options
  const reader = makeReader(options)
  const decide = async (items: readonly StaleItem[], by: StaleConfig, spent: number) => {
    const plan = await withBranches(github, repo, { items, exempt }, (repository) =>
      decideStale({ now: clock.now(), config: by, items, repository, spent }),
    )
    return only === null ? plan : onlyReactions(plan)
  }
  return {
    spent: () => github.spent(),
    plan: async ({ spent, begun }) =>
      decide(only === null ? await reader.readAll(numbersOf(begun)) : await reader.read([only]), config, spent),
    async apply(actions, work) {
      const unbounded = { ...config, operationsPerRun: Number.POSITIVE_INFINITY, debugOnly: false }
      const decideAgain = async (numbers: readonly number[]) => {
        const { actions: fresh } = await decide(await reader.read(numbers), unbounded, 0)
        return new Map(fresh.map((action) => [action.number, action]))
      }
      await writeStale({ github, repo, decideAgain }, actions, work)
    },
  }
}

function numbersOf(subjects: readonly string[]): number[] {
  return subjects.flatMap((subject) => (/^#[1-9]\d{0,8}$/.test(subject) ? [Number(subject.slice(1))] : []))
}

interface Reader {
  /** All that are open, and these whatever their state. */
  readAll(also: readonly number[]): Promise<StaleItem[]>
  /** These, as they are now. */
  read(numbers: readonly number[]): Promise<StaleItem[]>
}

function makeReader({ github, repo, clock, config }: StaleSweepOptions): Reader {
  const depth = depthFor(config)
  const deep = { ...depth, activity: MOST_ACTIVITY }
  const read = async (numbers: readonly number[]) => {
    const items: StaleItem[] = []
    for (let start = 0; start < numbers.length; start += MOST_AT_ONCE)
      items.push(...(await github.readItems(repo, numbers.slice(start, start + MOST_AT_ONCE), deep)))
    return items
  }
  return {
    read,
    async readAll(also) {
      const items = new Map<number, StaleItem>()
      for await (const page of github.listOpenItems(repo, depth)) for (const item of page) items.set(item.number, item)
      const now = clock.now()
      const unclear = [...items.values()].filter((item) => needsDeeper(item, config, now))
      const deeper = new Set([...unclear.map(({ number }) => number), ...also])
      for (const item of await read([...deeper])) items.set(item.number, item)
      return [...items.values()]
    },
  }
}

/** A look at one item does what cannot wait. The rest is the sweep's, which sees the whole. */
function onlyReactions(plan: SweepPlan<StaleDecision>): SweepPlan<StaleDecision> {
  const actions = plan.actions.flatMap((action) => reactionOf(action) ?? [])
  return { ...plan, actions, left: [] }
}

/** Branches are looked at only where one is to be deleted: decided without them first, then with what is true of these. */
async function withBranches(
  github: ItemsGitHub,
  repo: Repo,
  { items, exempt }: { items: readonly StaleItem[]; exempt: ReadonlySet<number> },
  decide: (repository: StaleRepositoryFacts) => SweepPlan<StaleDecision>,
): Promise<SweepPlan<StaleDecision>> {
  const { defaultBranch } = repo
  const inUse = new Map<string, number[]>()
  for (const { head, number, state } of items)
    if (state === 'open' && head?.sameRepository) inUse.set(head.ref, [...(inUse.get(head.ref) ?? []), number])
  const facts = { defaultBranch, protectedBranches: new Set<string>(), branchesInUse: inUse, exempt }
  const first = decide(facts)
  const branches = new Set(
    first.actions.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'delete_branch' ? [step.ref] : []))),
  )
  if (branches.size === 0) return first
  const protectedBranches = await github.protectedBranches(repo, [...branches])
  for (const branch of branches) inUse.set(branch, await github.pullRequestsOfBranch(repo, branch))
  return decide({ ...facts, protectedBranches })
}
