/**
 * The title and summary of a check run, in Markdown. Names in it are chosen by strangers: whatever could be markup is
 * written as a character reference, so that it shows as what it is.
 */
import nunjucks from 'nunjucks'
import { type CheckRow, type CheckState, durationCell } from '../domain/check-state.ts'
import { describeConclusion } from '../domain/wording.ts'

/** GitHub's bound on a summary is 65,535 characters. */
const MAX_SUMMARY = 65_000
const MAX_TITLE = 200

const TEMPLATES = new URL('../../templates/', import.meta.url)
const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(TEMPLATES.pathname), {
  autoescape: true,
  throwOnUndefined: true,
  trimBlocks: true,
})
const safe = (text: string) => new nunjucks.runtime.SafeString(text)
environment.addFilter('md', (text: string) => safe(escapeMarkdown(text)))
environment.addFilter('url', (text: string) => safe(encodeURI(text).replace(/[()|]/g, encodeURIComponent)))
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
  return line.length <= MAX_TITLE ? line : `${line.slice(0, MAX_TITLE - 1)}…`
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
    if (summary.length <= MAX_SUMMARY || rows.length === 0) return `${summary.slice(0, MAX_SUMMARY).trim()}\n`
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

/** Letters, digits and plain punctuation stay; line ends become spaces in a cell, and breaks between lines of prose. */
export function escapeMarkdown(text: string): string {
  const escaped = text.replace(/[^\p{L}\p{N}\p{Extended_Pictographic} .,:;/()«»–…’?!'"%=+-]/gu, (character) =>
    character === '\n' ? '<br>' : `&#${character.codePointAt(0)};`,
  )
  return escaped
}
