/**
 * The hidden lines of our own comments, by which they are told from all others and from each other. Who may edit our comments may
 * write below such a line; the last one tells what the comment is.
 */
import type { StaleActivity } from '../stale.ts'

export type MarkedComment = 'mark' | 'close'

/** A line of its own, also where it was quoted by an editor that ends lines in another way. */
const MARKER = /^<!-- signalbox:stale (mark|close) -->[ \t]*\r?$/gm
/** Our comments of other kinds begin with what they are, and may hold words of anybody further down. */
const OTHER = /^\s*<!-- signalbox:(?!stale )/

export function withMarker(body: string, what: MarkedComment): string {
  return `${body.trimEnd()}\n\n<!-- signalbox:stale ${what} -->`
}

/** Whether it is a comment of ours of this kind: a person's that looks the same is none. */
export function isMarked({ own, kind, body }: StaleActivity, what: MarkedComment): boolean {
  if (!own || kind !== 'comment' || body === null || OTHER.test(body)) return false
  return [...body.matchAll(MARKER)].at(-1)?.[1] === what
}
