/** The live part of the terminal: a row for each leg, gate and workflow run of a preview that a chapter is about. */
import { shortSha } from '../../domain/wording.ts'
import { namePreviewRun } from './conversation.ts'
import { describeTags, paint } from './paragraphs.ts'
import { describePreviewRow, describeRow, type Row, type RowState, seconds } from './row.ts'
import { spin, wrapWords } from './screen.ts'
import { isOver, type Seen, type SeenCheck, type SeenRun } from './seen.ts'

/** Of a leg or gate its id, of a workflow run of a preview its number. */
export type RowId = string | number

/** What is not over. */
export function openRows(seen: Seen): RowId[] {
  const checks = [...seen.runs.values()].flatMap((run) => [...run.checks.values()])
  const runs = [...seen.previewRuns.values()].filter(({ last }) => last.status !== 'completed')
  return [...checks.filter((one) => !isOver(one)).map(({ id }) => id), ...runs.map(({ last }) => last.workflowRun)]
}

export interface BoardOptions {
  readonly now: Date
  /** Of the terminal. */
  readonly width: number
  /** Whether the rows stay as they are: then what a gate waits for is written out. */
  readonly isLast: boolean
}

export function renderBoard(ids: readonly RowId[], seen: Seen, { now, width, isLast }: BoardOptions): string[] {
  const rows = ids.map((id) => findRow(id, seen, now)).filter((row) => row !== null)
  const room = Math.max(0, width - COLUMNS)
  const longest = Math.min(room, Math.max(0, ...rows.map(({ name }) => name.length)))
  return rows.flatMap((row) => renderRow({ ...row, name: shorten(row.name, longest).padEnd(longest) }, width, isLast))
}

interface NamedRow extends Row {
  readonly name: string
  /** Whether all of the note must be read, where it stays. */
  readonly isToldInFull: boolean
}

function findRow(id: RowId, seen: Seen, now: Date): NamedRow | null {
  const previewRun = typeof id === 'number' ? seen.previewRuns.get(id) : undefined
  if (previewRun !== undefined)
    return { ...describePreviewRow(previewRun, now), name: namePreviewRun(previewRun.last), isToldInFull: false }
  const run = [...seen.runs.values()].find(({ checks }) => checks.has(String(id)))
  const one = run?.checks.get(String(id))
  if (run === undefined || one === undefined) return null
  const row = describeRow(one, now)
  const note = row.note === '' ? describeAttempt(one) : row.note
  return { ...row, note, name: nameOf(run, one, seen), isToldInFull: one.subject === 'gate' && !isOver(one) }
}

/** What is left of an older run carries its commit, so that it is not mistaken for the new one's. */
function nameOf(run: SeenRun, { name }: SeenCheck, seen: Seen): string {
  return run === [...seen.runs.values()].at(-1) ? name : `${name} of ${shortSha(run.plan.sha)}`
}

function describeAttempt({ attempts }: SeenCheck): string {
  const last = attempts.at(-1)?.last
  if (last === undefined || last.tags.length === 0) return ''
  return `${last.push ? '' : 'not pushed: '}${describeTags(last.tags)}`
}

const STYLES = {
  waiting: 'dim',
  queued: 'cyan',
  running: 'cyan',
  retrying: 'yellow',
  passed: 'green',
  failed: 'red',
  cancelled: 'yellow',
  skipped: 'dim',
} as const

const SYMBOLS: Readonly<Partial<Record<RowState, string>>> = {
  waiting: '·',
  passed: '✔',
  failed: '✖',
  cancelled: '-',
  skipped: '-',
}

/** What a row has beside its name and its note. */
const COLUMNS = '    '.length + '  cancelled  123.4 s'.length + 1

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`
}

function renderRow({ name, state, ms, note, isToldInFull }: NamedRow, width: number, isLast: boolean): string[] {
  const isAtWork = SYMBOLS[state] === undefined
  const symbol = isAtWork && !isLast ? spin() : paint(STYLES[state], SYMBOLS[state] ?? '…')
  const words = isAtWork && isLast ? 'not over yet' : note
  const time = (ms === null ? '' : seconds(ms)).padStart(6)
  const room = Math.max(0, width - COLUMNS - name.length - 2)
  const below = words.length > room && isLast && isToldInFull ? wrapWords(words, width - 6) : []
  const beside = below.length > 0 || room === 0 ? '' : shorten(words, room)
  const row = `  ${symbol} ${name}  ${paint(STYLES[state], state.padEnd(9))}  ${time}  ${paint('dim', beside)}`
  return [row.trimEnd(), ...below.map((line) => `      ${line}`)]
}
