/**
 * Regular expressions of tag rules, which are checked for strangers' pull requests and matched against the names of
 * strangers' tags. JavaScript's own engine backtracks, and a short expression can keep it busy for years; these run on a
 * port of RE2, whose time grows with the length of the text alone. In exchange there are no look-arounds and no
 * back-references, which is said when the rule is read, and the expression, its repetitions written out, and the text
 * each have a bound.
 *
 * Source: https://github.com/le0pard/re2js, https://github.com/google/re2/wiki/Syntax
 */

import { RE2JS } from 're2js'
import { quote } from '../config/problem-wording.ts'

export interface SafePattern {
  readonly source: string
  /** Number of its groups; the whole match is not one. */
  readonly groups: number
  /** The flag `g`: with it a number names a match instead of a group of the first match, as in JavaScript. */
  readonly global: boolean
  /** What group `number` holds, 0 being the whole match; undefined: there is no such group; null: no match at all. */
  find(text: string, number: number): string | undefined | null
}

export type ParsedPattern =
  | { readonly ok: true; readonly pattern: SafePattern }
  /** As the end of a sentence about the rule. */
  | { readonly ok: false; readonly reason: string }

const MAX_PATTERN_LENGTH = 256
/** Most characters and classes when every `{n}` is written out. A tag has 128 characters. */
const MAX_UNROLLED = 512
/** Longest text that is matched: longer than a name of a tag in Git can be on any usual file system. */
const MAX_SUBJECT_LENGTH = 512
/** Each match of a global expression may look at the whole text, so that there are few. */
export const MAX_GROUP = 20

const NO_BACKTRACKING = 'which would have to be tried in every way there is, and a tag could keep that busy for years'

/** `expression` alone, or `/expression/flags` when `delimited`. */
export function parsePattern(text: string, { delimited }: { readonly delimited: boolean }): ParsedPattern {
  const bad = (reason: string): ParsedPattern => ({ ok: false, reason: `has the pattern ${quote(text)}, ${reason}` })
  if (text.length > MAX_PATTERN_LENGTH) return bad(`which has more than ${MAX_PATTERN_LENGTH} characters`)
  const parts = delimited ? /^\/(?<source>.+)\/(?<flags>[^/]*)$/s.exec(text)?.groups : undefined
  const source = parts?.source ?? text
  const flags = parts?.flags ?? ''
  if (!/^[dgimsuvy]*$/.test(flags) || new Set(flags).size < flags.length)
    return bad(`which has the flags ${quote(flags)}; there are g, i, m and s, each once`)
  if (unrolledSize(source) > MAX_UNROLLED)
    return bad(`which repeats too much: more than ${MAX_UNROLLED} characters when every {n} is written out`)
  try {
    const expression = RE2JS.compile(
      RE2JS.translateRegExp(flags.includes('y') ? `\\A(?:${source})` : source),
      bits(flags),
    )
    return { ok: true, pattern: makePattern(text, expression, flags.includes('g')) }
  } catch (error) {
    return bad(explain(source, error instanceof Error ? error.message : ''))
  }
}

function makePattern(source: string, expression: RE2JS, global: boolean): SafePattern {
  return {
    source,
    groups: expression.groupCount(),
    global,
    find: (text, number) => {
      if (text.length > MAX_SUBJECT_LENGTH) return null
      if (!global) return findGroup(expression.exec(text), number)
      const matches: string[] = []
      for (const [match] of expression.matchAll(text)) if (matches.push(match) > number) break
      return findGroup(matches, number)
    },
  }
}

function findGroup(found: readonly (string | undefined)[] | null, number: number): string | undefined | null {
  return found === null || found.length === 0 ? null : found[number]
}

function bits(flags: string): number {
  const value = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL }
  return Object.entries(value).reduce((sum, [flag, bit]) => (flags.includes(flag) ? sum | bit : sum), 0)
}

/** What cannot be run in linear time is what people miss most, so that it is named; the rest is RE2's own words. */
function explain(source: string, message: string): string {
  if (/\(\?<?[=!]/.test(source))
    return `which looks ahead or behind, ${NO_BACKTRACKING}; choose with a group and group= instead`
  if (/\\(?:[1-9]|k<)/.test(source)) return `which refers back to a group, ${NO_BACKTRACKING}; write the group again`
  return `which is no regular expression: ${message.replace(/^error parsing regexp: /, '')}`
}

/** How many characters and classes an expression has when each of its `{n}` and `{n,m}` is written out. */
function unrolledSize(source: string): number {
  const outer: number[] = []
  let total = 0
  let last = 0
  const pieces = /\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(?<least>\d+)(?:,(?<most>\d*))?\}|[\s\S]/g
  for (const { 0: piece, groups } of source.matchAll(pieces)) {
    if (groups?.least !== undefined) {
      const times = Math.max(Number(groups.least), Number(groups.most ?? 0), 1)
      total += last * (times - 1)
      last *= times
    } else if (piece === '(') {
      outer.push(total)
      total = 0
      last = 0
    } else if (piece === ')') {
      last = total + 1
      total = last + (outer.pop() ?? 0)
    } else {
      last = 1
      total += 1
    }
  }
  return outer.reduce((sum, size) => sum + size, total)
}
