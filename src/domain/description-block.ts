/**
 * The block that Signalbox keeps in a pull request's description, between two hidden markers. Everything outside the
 * markers is the author's and stays as it is, byte for byte. Where the markers are not exactly one pair any more, or
 * the block is gone that was there, a person has taken it out, and it does not come back.
 */

export const BLOCK_BEGIN = '<!-- signalbox:begin -->'
export const BLOCK_END = '<!-- signalbox:end -->'

/** GitHub's bound on a description, which it counts in characters; in UTF-16 units it is never more. */
export const MAX_DESCRIPTION = 65_536

export type PlacedBlock =
  /** The whole description. It may be what is there already. */
  | { readonly kind: 'placed'; readonly text: string }
  /** A person took the block out, or its markers apart. */
  | { readonly kind: 'removed' }
  /** The author's own text leaves too little of what GitHub takes. */
  | { readonly kind: 'no_room' }

/**
 * @param written whether the block was in the description before.
 * @param render the content, in at most so many characters; null: that is too few.
 */
export function placeBlock(
  description: string,
  written: boolean,
  render: (most: number) => string | null,
): PlacedBlock {
  const begins = occurrences(description, BLOCK_BEGIN)
  const ends = occurrences(description, BLOCK_END)
  const [begin] = begins
  const [end] = ends
  if (begin === undefined && end === undefined) {
    if (written) return { kind: 'removed' }
    const before = description === '' ? '' : `${description}${blankLineAfter(description)}`
    return place(before, '', render)
  }
  const isOnePair = begins.length === 1 && ends.length === 1
  if (!isOnePair || begin === undefined || end === undefined || end < begin + BLOCK_BEGIN.length)
    return { kind: 'removed' }
  return place(description.slice(0, begin), description.slice(end + BLOCK_END.length), render)
}

function place(before: string, after: string, render: (most: number) => string | null): PlacedBlock {
  const around = before.length + after.length + BLOCK_BEGIN.length + BLOCK_END.length + 2
  const most = MAX_DESCRIPTION - around
  const content = most > 0 ? render(most) : null
  if (content === null) return { kind: 'no_room' }
  // A marker in the content, from a command that holds one, would end the block early.
  const harmless = content.replaceAll(/<!(?=-- signalbox:)/g, '<')
  return { kind: 'placed', text: `${before}${BLOCK_BEGIN}\n${harmless.trimEnd()}\n${BLOCK_END}${after}` }
}

/** The end of the author's text is kept, whatever line ends it uses; the block is a paragraph of its own. */
function blankLineAfter(text: string): string {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n'
  if (/\r?\n\r?\n$/.test(text)) return ''
  return text.endsWith('\n') ? lineEnd : `${lineEnd}${lineEnd}`
}

function occurrences(text: string, part: string): number[] {
  const found: number[] = []
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) found.push(at)
  return found
}
