/** A comment as a reader sees it, but in plain lines: without Markdown, and with its addresses written out. */
import { printableLine } from '../printable.ts'

export interface CommentText {
  /** By the hidden first line that Signalbox writes; null: it has none. */
  readonly kind: string | null
  readonly lines: readonly string[]
  readonly links: readonly string[]
}

const MARKER = /^<!-- signalbox:([a-z]+)(?: \d+)? -->$/
const LINK = /\[([^\]]*)\]\((\S+?)\)/g
/** The line between the head of a table and its rows. */
const RULE = /^\|[ |:-]+\|$/

function isTableHead(line: string, next: string | undefined): boolean {
  return RULE.test(line) || RULE.test(next ?? '')
}

/** What stands at the end of every comment. */
function isSmallPrint(line: string): boolean {
  return line.startsWith('<sub>')
}

export function readComment(body: string): CommentText {
  const [first = '', ...rest] = body.split(/\r?\n/)
  const kind = MARKER.exec(first)?.[1] ?? null
  const written = kind === null ? [first, ...rest] : rest
  const lines = written.filter((line, index) => !isSmallPrint(line) && !isTableHead(line, written[index + 1]))
  return {
    kind,
    lines: lines.map(plainLine).filter((line) => line !== ''),
    links: [...body.matchAll(LINK)].map(([, , address = '']) => address),
  }
}

function plainLine(line: string): string {
  const cells = line.startsWith('|') ? line.split('|') : [line]
  const text = cells
    .map((cell) => cell.trim())
    .filter((cell) => cell !== '')
    .join(' · ')
    .replaceAll(LINK, '$1 $2')
    .replaceAll(/<!--.*?-->|<\/?[a-z]+>|\*\*|`/g, '')
    .replaceAll(/&#(\d{1,6});/g, (_, code: string) => String.fromCodePoint(Number(code)))
  return printableLine(text).trim()
}
