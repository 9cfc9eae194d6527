/** One leg or gate as a row of columns: what it is at, since when or for how long, and a word about it. */
import { describeConclusion } from '../../domain/wording.ts'
import { isOver, type SeenCheck } from './seen.ts'

export type RowState = 'waiting' | 'queued' | 'running' | 'retrying' | 'passed' | 'failed' | 'cancelled' | 'skipped'

export interface Row {
  readonly state: RowState
  readonly ms: number | null
  readonly note: string
}

const STATES: Readonly<Record<string, RowState>> = { success: 'passed', cancelled: 'cancelled', skipped: 'skipped' }

export function describeRow(one: SeenCheck, now: Date): Row {
  const latest = one.attempts.at(-1)
  const title = one.check?.title ?? ''
  if (isOver(one)) {
    const state = STATES[one.check?.conclusion ?? ''] ?? 'failed'
    return { state, ms: latest?.last.durationMs ?? null, note: title === 'Passed.' ? '' : title }
  }
  if (latest === undefined) return { state: 'waiting', ms: null, note: title }
  const { status, conclusion, durationMs } = latest.last
  const again = one.attempts.length > 1 ? `attempt ${one.attempts.length}` : ''
  if (status !== 'completed') {
    const state = status === 'queued' ? 'queued' : 'running'
    return { state, ms: Math.max(0, now.getTime() - latest.since.getTime()), note: again }
  }
  if (conclusion === 'success') return { state: 'passed', ms: durationMs, note: again }
  const note = `attempt ${one.attempts.length} ${describeConclusion(conclusion ?? 'unknown')}`
  return { state: 'retrying', ms: durationMs, note }
}

/** `1.7 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
