/**
 * This project's templates, rendered: Markdown in which whatever a stranger chose and could be markup is written as a
 * character reference, so that it shows as what it is. Nothing that a repository or a user wrote is ever a template.
 */
import { fileURLToPath } from 'node:url'
import nunjucks from 'nunjucks'
import { type CheckRow, durationCell } from '../domain/check-state.ts'
import { describeConclusion, shortSha } from '../domain/wording.ts'

const TEMPLATES = fileURLToPath(new URL('../../templates/', import.meta.url))
const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(TEMPLATES), {
  autoescape: true,
  throwOnUndefined: true,
  trimBlocks: true,
})
const safe = (text: string) => new nunjucks.runtime.SafeString(text)
environment.addFilter('md', (text: string) => safe(escapeMarkdown(text)))
environment.addFilter('url', (text: string) => safe(encodeUrl(text)))
environment.addFilter('short', (sha: string) => shortSha(sha))
environment.addFilter('fence', (text: string) => safe(fenceText(text)))
environment.addFilter('duration', (ms: number | null) => safe(durationCell(ms)))
environment.addFilter('result', (row: CheckRow) => safe(`${SYMBOLS[row.state]} ${wordFor(row.state)}`))

const SYMBOLS: Record<CheckRow['state'], string> = {
  success: '✅',
  failure: '❌',
  timed_out: '⏱️',
  cancelled: '🚫',
  skipped: '⏭️',
  running: '🟡',
  waiting: '⏳',
}

export function wordFor(state: CheckRow['state']): string {
  return state === 'running' || state === 'waiting' ? state : describeConclusion(state).replace(/^was /, '')
}

/** @param name of a file in `templates/`. */
export function renderTemplate(name: string, values: object): string {
  return environment.render(name, values)
}

/**
 * What GitHub makes links of after the Markdown, when references are characters again. An empty comment keeps it apart.
 * https://github.com/github/cmark-gfm/issues/181
 */
const LINKED_LATE = /(?<=@|#)(?=\w)|(?<=:)(?=\/\/)|(?<=www)(?=\.)|(?<=\bGH-)(?=\d)/gi
const UNLINKED = '<!-- -->'

/** Letters, digits and plain punctuation stay; a line end is a break, and nothing is a link. */
export function escapeMarkdown(text: string): string {
  return text.split(LINKED_LATE).map(escapeCharacters).join(UNLINKED)
}

function escapeCharacters(text: string): string {
  return text.replace(/[^\p{L}\p{N}\p{Extended_Pictographic} .,:;/()«»–…’?!'"%=+-]/gu, (character) =>
    character === '\n' ? '<br>' : `&#${character.codePointAt(0)};`,
  )
}

/** Nothing where it is no address of the web. What is percent-encoded already stays so. */
function encodeUrl(text: string): string {
  if (!/^https?:\/\//i.test(text)) return ''
  const encoded = encodeURI(text.toWellFormed()).replace(/%25(?=[0-9a-f]{2})/gi, '%')
  return encoded.replace(/[()|]/g, percentEncode)
}

/** The text as it is, in a block of code that nothing in it can end. */
export function fenceText(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}sh\n${text.trimEnd()}\n${fence}`
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
