/**
 * Reads issues and pull requests as far as it takes to decide about them: all with the newest entries of their timelines, then those of
 * which that does not decide, each with what is missing. What is known of pushes is put among it.
 */
import { setImmediate as othersHadTheirTurn } from 'node:timers/promises'
import { depthFor, needsDeeper, needsFiles } from '../domain/decide-stale.ts'
import { withPushes } from '../domain/stale/pushes.ts'
import type { StaleItem } from '../domain/stale.ts'
import type { ItemDepth } from '../ports/sweeps.ts'
import type { ItemDecisions } from './item-decisions.ts'
import type { StaleSweepOptions } from './sweep-stale.ts'

/** Hands on what was read, page by page: all items at once would take much memory. */
export interface ItemReader {
  /** All that are open, and these whatever their state. */
  readAll(also: readonly number[], decisions: ItemDecisions): Promise<void>
  /** These, as they are now. */
  read(numbers: readonly number[], decisions: ItemDecisions): Promise<void>
}

/** Most that one request reads, and entries of an item that are looked at at all. */
const MOST_AT_ONCE = 100
const MOST_ACTIVITY = 100
/** Items that are decided about without a pause: a rule about paths may take its time. */
const ITEMS_IN_A_ROW = 10

type Options = Pick<StaleSweepOptions, 'github' | 'repo' | 'clock' | 'config' | 'pushes'>

export function makeItemReader(options: Options): ItemReader {
  const { github, repo, clock, config } = options
  const depth = depthFor(config)
  const deep = { ...depth, activity: MOST_ACTIVITY }
  const add = (items: readonly StaleItem[], decisions: ItemDecisions) => decideAbout(options, items, decisions)
  const readIn = async (numbers: readonly number[], how: ItemDepth, decisions: ItemDecisions) => {
    const unclear: number[] = []
    for (let start = 0; start < numbers.length; start += MOST_AT_ONCE) {
      const items = await github.readItems(repo, numbers.slice(start, start + MOST_AT_ONCE), how)
      for (const item of await add(items, decisions))
        if (needsDeeper(item, config, clock.now())) unclear.push(item.number)
    }
    return unclear
  }
  return {
    async read(numbers, decisions) {
      await readIn(numbers, deep, decisions)
    },
    async readAll(also, decisions) {
      const deeper = new Set(also)
      const withFiles = new Set<number>()
      for await (const page of github.listOpenItems(repo, { ...depth, paths: false }))
        for (const item of await add(page, decisions)) {
          if (needsFiles(item, config, clock.now())) withFiles.add(item.number)
          else if (needsDeeper(item, config, clock.now())) deeper.add(item.number)
        }
      const left = [...withFiles].filter((number) => !deeper.has(number))
      for (const number of await readIn(left, depth, decisions)) deeper.add(number)
      await readIn([...deeper], deep, decisions)
    },
  }
}

/** @returns the items, with the pushes that are known. */
async function decideAbout(
  { pushes }: Options,
  items: readonly StaleItem[],
  decisions: ItemDecisions,
): Promise<readonly StaleItem[]> {
  const pulls = items.flatMap(({ kind, number }) => (kind === 'pull_request' ? [number] : []))
  const known = Map.groupBy(pulls.length === 0 ? [] : await pushes(pulls), ({ number }) => number)
  const whole = items.map((item) => withPushes(item, known.get(item.number) ?? []))
  for (let start = 0; start < whole.length; start += ITEMS_IN_A_ROW) {
    decisions.add(whole.slice(start, start + ITEMS_IN_A_ROW))
    await othersHadTheirTurn()
  }
  return whole
}
