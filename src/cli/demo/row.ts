/** One leg, gate or workflow run as a row of columns: what it is at, since when or for how long, and a word about it. */
import { describeConclusion } from '../../domain/wording.ts'
import { describeInputs } from './conversation.ts'
import type { PreviewRunEvent } from './events.ts'
import { isOver, type SeenAttempt, type SeenCheck } from './seen.ts'

export type RowState = 'waiting' | 'queued' | 'running' | 'retrying' | 'passed' | 'failed' | 'cancelled' | 'skipped'

export interface Row {
  readonly state: RowState
  readonly ms: number | null
  readonly note: string
}

const STATES: Readonly<Record<string, RowState>> = { success: 'passed', cancelled: 'cancelled', skipped: 'skipped' }

function stateAfter(conclusion: string | null | undefined): RowState {
  return STATES[conclusion ?? ''] ?? 'failed'
}

export function describeRow(one: SeenCheck, now: Date): Row {
  const latest = one.attempts.at(-1)
  const title = one.check?.title ?? ''
  if (isOver(one)) {
    const note = title === 'Passed.' ? '' : title
    return { state: stateAfter(one.check?.conclusion), ms: latest?.last.durationMs ?? null, note }
  }
  if (latest === undefined) return { state: 'waiting', ms: null, note: title }
  const { status, conclusion, durationMs } = latest.last
  const again = one.attempts.length > 1 ? `attempt ${one.attempts.length}` : ''
  if (status !== 'completed') return { ...atWork(status, latest.since, now), note: again }
  if (conclusion === 'success') return { state: 'passed', ms: durationMs, note: again }
  const note = `attempt ${one.attempts.length} ${describeConclusion(conclusion ?? 'unknown')}`
  return { state: 'retrying', ms: durationMs, note }
}

export function describePreviewRow({ last, since }: SeenAttempt<PreviewRunEvent>, now: Date): Row {
  const note = describeInputs(last)
  if (last.status !== 'completed') return { ...atWork(last.status, since, now), note }
  return { state: stateAfter(last.conclusion), ms: last.durationMs, note }
}

function atWork(status: 'queued' | 'in_progress', since: Date, now: Date): Omit<Row, 'note'> {
  return { state: status === 'queued' ? 'queued' : 'running', ms: Math.max(0, now.getTime() - since.getTime()) }
}

/** `1.7 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
