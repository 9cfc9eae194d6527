/**
 * Patterns as in `.gitignore`, on paths below one directory: a later pattern wins over an earlier one, `!` takes a path
 * back, and what lies in an ignored directory is ignored with it. A pattern with a slash before its end is bound to the
 * directory, any other one matches at every depth. File names come from strangers, so that libraries which make regular
 * expressions of patterns (the npm package `ignore` is one) are no choice: with a few stars in a pattern, a name can be
 * found that keeps such an expression busy for hours. Here no pattern takes longer than its length times the name's.
 *
 * Source: https://git-scm.com/docs/gitignore
 */

/** Whether a path (its parts, below the root) is ignored by itself; what lies below an ignored one is not asked for. */
export type IgnoreRule = (path: readonly string[], isDirectory: boolean) => boolean

type Character =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] }

type Part = 'any directories' | readonly Character[]

interface Pattern {
  readonly ignores: boolean
  readonly onlyDirectories: boolean
  readonly matches: (path: readonly string[]) => boolean
}

export function compileIgnore(patterns: readonly string[]): IgnoreRule {
  const compiled = patterns.flatMap((pattern) => readPattern(pattern) ?? [])
  return (path, isDirectory) => {
    const last = compiled.findLast((pattern) => (isDirectory || !pattern.onlyDirectories) && pattern.matches(path))
    return last?.ignores ?? false
  }
}

/** Null: it matches nothing. */
function readPattern(written: string): Pattern | null {
  const ignores = !written.startsWith('!')
  const body = ignores ? written : written.slice(1)
  const onlyDirectories = body.endsWith('/')
  const trimmed = onlyDirectories ? body.slice(0, -1) : body
  const bound = trimmed.includes('/')
  if (!bound) return trimmed === '' ? null : { ignores, onlyDirectories, matches: readName(trimmed) }
  const segments = trimmed.replace(/^\//, '').split('/')
  if (segments.includes('')) return null
  const parts = segments.map((segment): Part => (segment === '**' ? 'any directories' : readCharacters(segment)))
  // `a/**` is what lies in `a`, and not `a`.
  if (parts.at(-1) === 'any directories') parts.push([{ kind: 'star' }])
  return { ignores, onlyDirectories, matches: (path) => matchesPath(parts, path) }
}

/** Of a pattern that matches at every depth, the name alone counts. */
function readName(pattern: string): (path: readonly string[]) => boolean {
  const characters = readCharacters(pattern)
  return (path) => matchesName(characters, path.at(-1) ?? '')
}

function readCharacters(segment: string): Character[] {
  const tokens = segment.match(/\\.|\[[!^]?\]?(?:\\.|[^\]\\])*\]|\*+|./gsu) ?? []
  return tokens.map((token): Character => {
    if (token.startsWith('*')) return { kind: 'star' }
    if (token === '?') return { kind: 'any' }
    if (token.length > 1 && token.startsWith('[')) return readSet(token.slice(1, -1))
    return { kind: 'text', text: token.length > 1 && token.startsWith('\\') ? token.slice(1) : token }
  })
}

function readSet(body: string): Character {
  const negated = /^[!^]/.test(body)
  const characters = (negated ? body.slice(1) : body).match(/\\.|./gsu) ?? []
  const ranges: [string, string][] = []
  const plain = (token: string) => (token.length > 1 && token.startsWith('\\') ? token.slice(1) : token)
  for (let at = 0; at < characters.length; at += 1) {
    const from = plain(characters[at] ?? '')
    const isRange = characters[at + 1] === '-' && characters[at + 2] !== undefined
    ranges.push([from, isRange ? plain(characters[at + 2] ?? '') : from])
    if (isRange) at += 2
  }
  return { kind: 'set', negated, ranges }
}

function matchesPath(parts: readonly Part[], path: readonly string[]): boolean {
  return matchesStretching(
    parts,
    path,
    (part) => part === 'any directories',
    (part, name) => part !== 'any directories' && matchesName(part, name),
  )
}

function matchesName(characters: readonly Character[], name: string): boolean {
  const [first, last] = [characters[0], characters.at(-1)]
  // Most names end here.
  if (first?.kind === 'text' && !name.startsWith(first.text)) return false
  if (last?.kind === 'text' && !name.endsWith(last.text)) return false
  return matchesStretching(characters, [...name], (character) => character.kind === 'star', matchesCharacter)
}

function matchesCharacter(character: Character, given: string): boolean {
  switch (character.kind) {
    case 'text':
      return character.text === given
    case 'set': {
      const code = given.codePointAt(0) ?? 0
      const inside = character.ranges.some(
        ([from, to]) => (from.codePointAt(0) ?? 0) <= code && code <= (to.codePointAt(0) ?? 0),
      )
      return inside !== character.negated
    }
    default:
      return true
  }
}

/** Where the items do not fit, only the last part that stretches has to take one more: nothing before it can help. */
function matchesStretching<P, I>(
  parts: readonly P[],
  items: readonly I[],
  stretches: (part: P) => boolean,
  fits: (part: P, item: I) => boolean,
): boolean {
  let part = 0
  let item = 0
  let lastStretch = -1
  let takenUpTo = 0
  while (item < items.length) {
    const current = parts[part]
    const given = items[item]
    if (current !== undefined && stretches(current)) {
      lastStretch = part
      takenUpTo = item
      part += 1
    } else if (current !== undefined && given !== undefined && fits(current, given)) {
      part += 1
      item += 1
    } else if (lastStretch >= 0) {
      takenUpTo += 1
      part = lastStretch + 1
      item = takenUpTo
    } else {
      return false
    }
  }
  return parts.slice(part).every(stretches)
}
