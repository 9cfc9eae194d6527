/**
 * The words that problems of a configuration share: how a sentence names a key, says what a value is, and leads from a
 * name that does not exist to one that does. Names and texts come from strangers, so they are quoted and cut to a
 * length that a line can hold.
 */

import { distance } from 'fastest-levenshtein'
import type { KeyPath } from './key-path.ts'

/** How a sentence names the value at a path: `"needs"`, `item 2 of "needs"`, `the file`. */
export function keyName(path: KeyPath): string {
  const last = path.at(-1)
  if (last === undefined) return 'the file'
  if (typeof last === 'string') return quote(last)
  return `item ${last + 1} of ${keyName(path.slice(0, -1))}`
}

/** In quotes, cut to a length that a line can hold, with its line ends and escapes spelt out. */
export function quote(text: string | number | undefined): string {
  const shown = String(text)
  return JSON.stringify(shown.length > 60 ? `${shown.slice(0, 60)}…` : shown)
}

/** How a sentence says what a value is: `the text "x"`, `the number 5`, `a list`, `empty`. */
export function describeValue(value: unknown): string {
  if (value === null) return 'empty'
  if (typeof value === 'string') return value === '' ? 'an empty text' : `the text ${quote(value)}`
  if (typeof value === 'number') return `the number ${value}`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  return typeof value === 'object' ? 'a map' : String(value)
}

/** Names of somebody's choice can be many; more than these help nobody. */
const MOST_LISTED = 10

/** The way out for somebody who typed a name that does not exist; `lead` begins the list of those that do. */
export function didYouMean(
  name: string,
  candidates: readonly string[],
  lead: string,
  most: number = MOST_LISTED,
): string {
  const nearest = nearestName(name, candidates)
  if (nearest !== null) return `did you mean "${nearest}"?`
  return candidates.length === 0 ? 'there are none' : `${lead} ${candidates.slice(0, most).join(', ')}`
}

/** The candidate that somebody who typed `name` most likely meant; null when none is near. */
export function nearestName(name: string, candidates: Iterable<string>): string | null {
  if (name.length > 100) return null
  const typed = name.toLowerCase().replaceAll('-', '_')
  let nearest: string | null = null
  let least = Math.max(1, Math.floor(name.length * 0.4)) + 1
  for (const candidate of candidates) {
    const edits = distance(typed, candidate.toLowerCase().replaceAll('-', '_'))
    if (edits < least && edits < name.length) [nearest, least] = [candidate, edits]
  }
  return nearest
}
