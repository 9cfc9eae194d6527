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

/**
 * @param isLast whether the rows stay as they are: then what a gate waits for is written out.
 * @returns lines that fit into the terminal's width, but for the last ones.
 */
export function renderBoard(ids: readonly RowId[], seen: Seen, width: number, isLast: boolean): string[] {
  const rows = ids.map((id) => findRow(id, seen)).filter((row) => row !== null)
  const longest = Math.max(0, ...rows.map(({ name }) => name.length))
  return rows.flatMap((row) => renderRow({ ...row, name: row.name.padEnd(longest) }, width, isLast))
}

interface NamedRow extends Row {
  readonly name: string
  /** Whether all of the note must be read, where it stays. */
  readonly isToldInFull: boolean
}

function findRow(id: RowId, seen: Seen): NamedRow | null {
  const now = new Date()
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
  return last === undefined || last.tags.length === 0 ? '' : describeTags(last.tags)
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

function renderRow({ name, state, ms, note, isToldInFull }: NamedRow, width: number, isLast: boolean): string[] {
  const moves = SYMBOLS[state] === undefined && !isLast
  const symbol = moves ? spin() : paint(STYLES[state], SYMBOLS[state] ?? '…')
  const time = (ms === null ? '' : seconds(ms)).padStart(6)
  const start = `    ${name}  ${state.padEnd(9)}  ${time}  `
  const room = Math.max(0, width - 1 - start.length)
  const isCut = note.length > room
  const below = isCut && isLast && isToldInFull ? wrapWords(note, width - 6) : []
  const beside = !isCut ? note : below.length > 0 ? '' : `${note.slice(0, Math.max(0, room - 1))}…`
  const row = `  ${symbol} ${name}  ${paint(STYLES[state], state.padEnd(9))}  ${time}  ${paint('dim', beside)}`
  return [row.trimEnd(), ...below.map((line) => `      ${line}`)]
}
