/**
 * Puts the jobs of a pipeline, or the images, in an order in which each comes after those that it needs. Among those
 * that may come next, the first in the file does. Those that wait for one another in a circle have no such order: every
 * circle is reported once, at the one of it that is first in the file.
 */

import type { ConfigDocument } from './config-document.ts'
import type { KeyPath } from './key-path.ts'

interface Needy {
  readonly name: string
  readonly needs: readonly string[]
}

/** `path` is that of the items, and `what` their word in the plural. Those that no order can place come last. */
export function orderByNeeds<Item extends Needy>(
  document: ConfigDocument,
  path: KeyPath,
  items: readonly Item[],
  what: string,
): Item[] {
  const ordered: Item[] = []
  const placed = new Set<string>()
  const isReady = (item: Item) => item.needs.every((need) => placed.has(need))
  const waiting = [...items]
  for (;;) {
    const next = waiting.findIndex(isReady)
    const [item] = next === -1 ? [] : waiting.splice(next, 1)
    if (item === undefined) break
    ordered.push(item)
    placed.add(item.name)
  }
  for (const circle of findCircles(waiting)) {
    const message = `these ${what} wait for one another: ${showCircle(circle)}; remove one of these "needs"`
    document.report([...path, circle[0] ?? '', 'needs'], message)
  }
  return [...ordered, ...waiting]
}

/** Each of these needs another of them, so whoever follows the needs from anywhere ends up going round. */
function findCircles(items: readonly Needy[]): string[][] {
  const byName = new Map(items.map((item) => [item.name, item]))
  const nextOf = (name: string) => byName.get(name)?.needs.find((need) => byName.has(need))
  const seen = new Set<string>()
  return items.flatMap((start) => {
    const walk: string[] = []
    let name: string | undefined = start.name
    for (; name !== undefined && !seen.has(name); name = nextOf(name)) {
      seen.add(name)
      walk.push(name)
    }
    // A walk that ends in an earlier one has found nothing new.
    const begin = name === undefined ? -1 : walk.indexOf(name)
    return begin === -1 ? [] : [fromFirst(walk.slice(begin), items)]
  })
}

/** The same circle, told from the one that is first in the file. */
function fromFirst(circle: readonly string[], items: readonly Needy[]): string[] {
  const first = items.find((item) => circle.includes(item.name))?.name ?? ''
  const begin = circle.indexOf(first)
  return [...circle.slice(begin), ...circle.slice(0, begin)]
}

function showCircle(names: readonly string[]): string {
  const shown = names.length <= 10 ? names : [...names.slice(0, 8), `${names.length - 8} more`]
  return [...shown, names[0]].join(' → ')
}
