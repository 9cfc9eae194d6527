/** The hidden last lines of our own comments, by which they are told from all others and from each other. */
import type { StaleActivity } from '../stale.ts'

export type MarkedComment = 'mark' | 'close'

export function withMarker(body: string, what: MarkedComment): string {
  return `${body.trimEnd()}\n\n${markerOf(what)}`
}

/** Whether it is a comment of ours of this kind: a person's that looks the same is none. */
export function isMarked({ own, kind, body }: StaleActivity, what: MarkedComment): boolean {
  return own && kind === 'comment' && (body ?? '').trimEnd().endsWith(markerOf(what))
}

function markerOf(what: MarkedComment): string {
  return `<!-- signalbox:stale ${what} -->`
}
