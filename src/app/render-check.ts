/**
 * The title and summary of a check run, in Markdown. Names in it are chosen by strangers: whatever could be markup is
 * written as a character reference, so that it shows as what it is.
 */
import { fileURLToPath } from 'node:url'
import nunjucks from 'nunjucks'
import { type CheckRow, type CheckState, durationCell } from '../domain/check-state.ts'
import { describeConclusion } from '../domain/wording.ts'

/** GitHub's bound on a summary is 65,535 characters. */
const MAX_SUMMARY = 65_000
const MAX_TITLE = 200

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

function wordFor(state: CheckRow['state']): string {
  return state === 'running' || state === 'waiting' ? state : describeConclusion(state).replace(/^was /, '')
}

export function renderCheck(check: CheckState): { title: string; summary: string } {
  return { title: renderTitle(check.headline), summary: renderSummary(check) }
}

function renderTitle(headline: string): string {
  const line = headline.split('\n', 1)[0] ?? ''
  return line.length <= MAX_TITLE ? line : `${line.slice(0, MAX_TITLE - 1).toWellFormed()}…`
}

/** Fewer rows until it fits; those that passed are the first to go. */
function renderSummary(check: CheckState): string {
  let rows = check.rows
  for (;;) {
    const hidden = check.rows.filter((row) => !rows.includes(row))
    const summary = environment.render(`checks/${check.subject}.md`, {
      ...check,
      rows,
      hidden: hidden.length,
      hiddenCounts: countStates(hidden),
    })
    if (summary.length <= MAX_SUMMARY || rows.length === 0)
      return `${summary.slice(0, MAX_SUMMARY).trim().toWellFormed()}\n`
    rows = withoutHalf(rows)
  }
}

function withoutHalf(rows: readonly CheckRow[]): CheckRow[] {
  const dull = new Set<CheckRow['state']>(['success', 'skipped', 'waiting'])
  const keep = Math.floor(rows.length / 2)
  const kept = new Set([...rows].sort((a, b) => Number(dull.has(a.state)) - Number(dull.has(b.state))).slice(0, keep))
  return rows.filter((row) => kept.has(row))
}

function countStates(rows: readonly CheckRow[]): string {
  const byState = Map.groupBy(rows, (row) => row.state)
  return [...byState].map(([state, group]) => `${group.length} ${wordFor(state)}`).join(', ')
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
