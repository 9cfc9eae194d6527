/**
 * Globs on branches, tags and files follow GitHub's filter patterns: `*` stays within one directory, `**` does not,
 * names that begin with a dot are names like any other, and `!` takes away from what came before it. Patterns come
 * from a repository's configuration and names from strangers: a name is only ever matched, never compiled, and no
 * pattern takes longer than its length times the name's. Like GitHub's own, a match is of the whole name, and a
 * newline in it is a character like any other.
 */

import picomatch from 'picomatch'
import type { PathFilter } from './config.ts'
import { InvariantError } from './errors.ts'

/** Longest pattern, in UTF-16 units. */
export const MAX_GLOB_LENGTH = 256
/** Most `*` and `**` in one pattern. */
export const MAX_GLOB_WILDCARDS = 10

export type NameMatcher = (name: string) => boolean

/** `include` empty: every name. A name that `exclude` matches never counts. */
export function compileGlobs(filter: { include?: readonly string[]; exclude?: readonly string[] }): NameMatcher {
  const included = compileOrdered(filter.include ?? [])
  const excluded = (filter.exclude ?? []).map(compileGlob)
  return (name) => included(name) && !excluded.some((matches) => matches(name))
}

/** Whether a list of patterns lets this branch in. Empty: every branch. */
export function matchesBranch(patterns: readonly string[], name: string): boolean {
  return compileOrdered(patterns)(name)
}

/** Whether one of the changed files counts. A filter that names nothing lets everything in, even no file at all. */
export function matchesPaths(filter: PathFilter, files: readonly string[]): boolean {
  if (filter.include.length === 0 && filter.exclude.length === 0) return true
  return files.some(compileGlobs(filter))
}

/** Why this is not a pattern, as the end of a sentence about it; null: it is one. A leading `!` is the list's matter. */
export function checkGlob(pattern: string): string | null {
  if (pattern === '') return 'is empty'
  if (pattern.length > MAX_GLOB_LENGTH) {
    return `is ${pattern.length} characters long; a pattern may have ${MAX_GLOB_LENGTH}`
  }
  if (/\p{Cc}/u.test(pattern)) return 'holds a control character, which no pattern can'
  const tokens = tokenize(pattern)
  if (tokens.filter((token) => token.startsWith('*')).length > MAX_GLOB_WILDCARDS) {
    return `has more than ${MAX_GLOB_WILDCARDS} wildcards; split it into several patterns`
  }
  for (const [index, token] of tokens.entries()) {
    const problem = checkToken(token, tokens[index + 1])
    if (problem !== null) return problem
  }
  return null
}

/** Why this list of patterns cannot work, as the end of a sentence about it; null: it can. */
export function checkGlobList(patterns: readonly string[]): string | null {
  if (patterns.length === 0 || patterns.some((pattern) => !pattern.startsWith('!'))) return null
  return 'only takes away, so nothing is left; put "**" before the patterns with "!"'
}

function checkToken(token: string, next: string | undefined): string | null {
  if (token === '{' || token === '}') {
    return `has a "${token}", but alternatives in braces do not exist here; write one pattern for each, or "\\${token}" for the character`
  }
  if (next === '(' && ['@', '!', '+', '?', '*'].includes(token)) {
    return `has "${token}(", but extended patterns do not exist here; write "\\(" for the character`
  }
  if (token.startsWith('[') && next === '+') {
    return 'has a "+" after "]", but nothing repeats here; write "*" instead of "+"'
  }
  if (token === '[') return 'has a "[" without the "]" that ends it; write "\\[" for the character'
  if (token === '\\') return 'ends in "\\", which has nothing to escape'
  if (!token.startsWith('[')) return null
  try {
    expressionOf(token)
    return null
  } catch {
    return `has "${token}", which is not a set of characters such as "[a-z0-9]"`
  }
}

/** In order: a pattern lets a name in, a later one with `!` takes it away again. */
function compileOrdered(patterns: readonly string[]): NameMatcher {
  if (patterns.length === 0) return () => true
  const steps = patterns.map((pattern) => ({
    adds: !pattern.startsWith('!'),
    matches: compileGlob(pattern.replace(/^!/, '')),
  }))
  return (name) =>
    steps.reduce((matched, step) => (matched === step.adds ? matched : step.matches(name) === step.adds), false)
}

/** A part of a pattern. Texts and shapes are of fixed length; the others stretch. */
type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'shape'; readonly matches: RegExp; readonly length: number }
  /** `*`: anything but `/`. */
  | { readonly kind: 'star' }
  /** `**`: anything. */
  | { readonly kind: 'globstar' }
  /** A whole `**` and its slash: any directories, or none. */
  | { readonly kind: 'directories' }

function compileGlob(pattern: string): NameMatcher {
  const problem = checkGlob(pattern)
  if (problem !== null)
    throw new InvariantError(`The pattern ${JSON.stringify(pattern)} ${problem}: it was never checked`)
  const parts = readParts(tokenize(pattern))
  const [prefix, suffix] = [textOf(parts[0]), textOf(parts.at(-1))]
  const texts = parts.map(textOf)
  // Nearly all names that do not match lack one of its texts, and to see that takes a small part of the time.
  return (name) => name.startsWith(prefix) && name.endsWith(suffix) && hasInOrder(name, texts) && matches(parts, name)
}

function hasInOrder(name: string, texts: readonly string[]): boolean {
  let from = 0
  for (const text of texts) {
    const at = name.indexOf(text, from)
    if (at < 0) return false
    from = at + text.length
  }
  return true
}

/** Empty where it is no text. */
function textOf(part: Part | undefined): string {
  return part?.kind === 'text' ? part.text : ''
}

/** An escaped character, a set in brackets, a run of stars, or a single character. */
function tokenize(pattern: string): string[] {
  return pattern.match(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])+\]|\*+|[\s\S]/g) ?? []
}

function readParts(tokens: readonly string[]): Part[] {
  const parts: Part[] = []
  let piece: string[] = []
  const endPiece = () => {
    if (piece.length > 0) parts.push(readPiece(piece))
    piece = []
  }
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] ?? ''
    if (!token.startsWith('*')) {
      piece.push(token)
      continue
    }
    const startsDirectory = index === 0 || tokens[index - 1] === '/'
    endPiece()
    if (token === '*') parts.push({ kind: 'star' })
    else if (startsDirectory && tokens[index + 1] === '/') {
      parts.push({ kind: 'directories' })
      index += 1
    } else parts.push({ kind: 'globstar' })
  }
  endPiece()
  return parts
}

/**
 * Stars are split off before picomatch sees a piece, because an expression with several of them takes time that
 * grows with a power of the name's length; what is left is of fixed length and cannot go back on itself.
 */
function readPiece(tokens: readonly string[]): Part {
  if (tokens.every((token) => token !== '?' && !token.startsWith('['))) {
    return { kind: 'text', text: tokens.map((token) => (token.length === 2 ? token.slice(1) : token)).join('') }
  }
  return { kind: 'shape', matches: expressionOf(...tokens), length: tokens.length }
}

function expressionOf(...tokens: readonly string[]): RegExp {
  const escaped = tokens.map((token) => {
    if (token.startsWith('[')) return token.replace(/^\[!/, '[^')
    return token === '?' || !/^[!-/:-@[-`{-~]$/.test(token) || token === '/' ? token : `\\${token}`
  })
  return picomatch.makeRe(escaped.join(''), {
    dot: true,
    debug: true,
    noextglob: true,
    nobrace: true,
    nonegate: true,
    strictSlashes: true,
    literalBrackets: false,
    windows: false,
  })
}

/** Keeps every place of the name that the parts so far can have reached, so that nothing is ever tried twice. */
function matches(parts: readonly Part[], name: string): boolean {
  let reached = new Uint8Array(name.length + 1)
  reached[0] = 1
  for (const part of parts) {
    reached = advance(part, name, reached)
    if (!reached.includes(1)) return false
  }
  return reached[name.length] === 1
}

function advance(part: Part, name: string, reached: Uint8Array): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(reached.length)
  let stretching = false
  for (let at = 0; at < reached.length; at += 1) {
    const isReached = reached[at] === 1
    switch (part.kind) {
      case 'text':
        if (isReached && name.startsWith(part.text, at)) next[at + part.text.length] = 1
        break
      case 'shape':
        if (isReached && at + part.length < reached.length && part.matches.test(name.slice(at, at + part.length))) {
          next[at + part.length] = 1
        }
        break
      case 'star':
        stretching = isReached || (stretching && name[at - 1] !== '/')
        if (stretching) next[at] = 1
        break
      case 'globstar':
        stretching ||= isReached
        if (stretching) next[at] = 1
        break
      case 'directories':
        if (isReached || (stretching && name[at - 1] === '/')) next[at] = 1
        stretching ||= isReached
        break
    }
  }
  return next
}
