/**
 * GitHub's connections: pages of a list between cursors. A cursor names a place by what the list is ordered by, so that it stays
 * where it was when entries come, go or move.
 */
import { Problem } from '../http/problem.ts'

export interface PageArguments {
  readonly after?: string | null
  readonly before?: string | null
  readonly first?: number | null
  readonly last?: number | null
}

/** What a list is ordered by, and the id of the entry, which decides between equals. */
export type Place = readonly [key: number, id: number]

/** A list in its order: `descending` says that greater places come first. */
export interface Ordered<Entry> {
  readonly entries: readonly Entry[]
  readonly placeOf: (entry: Entry) => Place
  readonly descending?: boolean
}

const PREFIX = 'cursor:v2:'

export function cursorOf([key, id]: Place): string {
  return Buffer.from(`${PREFIX}${key}:${id}`).toString('base64')
}

function readCursor(cursor: string): Place {
  const text = Buffer.from(cursor, 'base64').toString()
  const [key, id] = text.startsWith(PREFIX) ? text.slice(PREFIX.length).split(':').map(Number) : []
  if (Number.isFinite(key) && Number.isFinite(id)) return [Number(key), Number(id)]
  throw new Problem(422, `\`${cursor}\` does not appear to be a valid cursor.`)
}

export function comparePlaces(one: Place, other: Place): number {
  return one[0] - other[0] || one[1] - other[1]
}

/** Where the page begins and ends in the list. */
function cut<Entry>({ entries, placeOf, descending = false }: Ordered<Entry>, asked: PageArguments) {
  const sign = descending ? -1 : 1
  const isAfter = (cursor: Place) => (entry: Entry) => sign * comparePlaces(placeOf(entry), cursor) > 0
  const isNotBefore = (cursor: Place) => (entry: Entry) => sign * comparePlaces(placeOf(entry), cursor) >= 0
  const orEnd = (index: number) => (index < 0 ? entries.length : index)
  let start = asked.after == null ? 0 : orEnd(entries.findIndex(isAfter(readCursor(asked.after))))
  let end = asked.before == null ? entries.length : orEnd(entries.findIndex(isNotBefore(readCursor(asked.before))))
  if (asked.first != null) end = Math.min(end, start + asked.first)
  if (asked.last != null) start = Math.max(start, end - asked.last)
  return { start, end: Math.max(start, end) }
}

export function connect<Entry>(list: Ordered<Entry>, asked: PageArguments, render: (entry: Entry) => unknown) {
  const { entries, placeOf } = list
  const { start, end } = cut(list, asked)
  const page = entries.slice(start, end)
  const [first, last] = [page.at(0), page.at(-1)]
  return {
    totalCount: entries.length,
    filteredCount: entries.length,
    pageCount: page.length,
    nodes: () => page.map(render),
    pageInfo: {
      startCursor: first === undefined ? null : cursorOf(placeOf(first)),
      endCursor: last === undefined ? null : cursorOf(placeOf(last)),
      hasPreviousPage: start > 0,
      hasNextPage: end < entries.length,
    },
  }
}

/** A list that has no other order than the one it is in. */
export function inOrder<Entry>(all: readonly Entry[]): Ordered<readonly [Entry, number]> {
  return { entries: all.map((entry, index) => [entry, index] as const), placeOf: ([, index]) => [index, 0] }
}
