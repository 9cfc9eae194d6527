/**
 * This project's templates, rendered: Markdown in which whatever a stranger chose and could be markup is written as a
 * character reference, so that it shows as what it is. Nothing that a repository or a user wrote is ever a template.
 */
import { fileURLToPath } from 'node:url'
import nunjucks from 'nunjucks'
import { type CheckRow, durationCell } from '../domain/check-state.ts'
import { describeConclusion } from '../domain/wording.ts'

const TEMPLATES = fileURLToPath(new URL('../../templates/', import.meta.url))
const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(TEMPLATES), {
  autoescape: true,
  throwOnUndefined: true,
  trimBlocks: true,
})
const safe = (text: string) => new nunjucks.runtime.SafeString(text)
environment.addFilter('md', (text: string) => safe(escapeMarkdown(text)))
environment.addFilter('url', (text: string) => safe(encodeURI(text.toWellFormed()).replace(/[()|]/g, percentEncode)))
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
const LINKED_LATE = /(?<=@|#)(?=\w)|(?<=:)(?=\/\/)|(?<=www)(?=\.)/gi
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

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
