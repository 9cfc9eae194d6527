/** Asking again when the other side did not answer, or asked to be left alone for a while. */
import { setTimeout as wait } from 'node:timers/promises'
import { TransientError } from '../../domain/errors.ts'

export interface Patience {
  /** How often to ask, all in all. */
  readonly attempts: number
  /** Before the second attempt, doubled before each further one. */
  readonly delayMs: number
  /** Where the other side asks for a longer wait than this, it is the caller's to decide. */
  readonly longestWaitMs: number
}

export const DEFAULT_PATIENCE: Patience = { attempts: 4, delayMs: 500, longestWaitMs: 30_000 }

/** Calls `attempt` until it throws something else than a `TransientError`, or patience ends. */
export async function withRetries<T>(patience: Patience, attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof TransientError) || count >= patience.attempts) throw error
      const asked = error.retryAfterMs ?? 0
      if (asked > patience.longestWaitMs) throw error
      // Up to a quarter more, so that many who were refused together do not come back together.
      const own = patience.delayMs * 2 ** (count - 1) * (1 + Math.random() / 4)
      await wait(Math.max(asked, own), undefined, signal === undefined ? {} : { signal })
    }
  }
}

/** What `Retry-After` asks for, in milliseconds; null: nothing that can be understood. */
export function retryAfterOf(headers: Headers, now: number): number | null {
  const value = headers.get('retry-after')?.trim() ?? ''
  if (/^\d{1,7}$/.test(value)) return Number(value) * 1000
  const time = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? null : Math.max(0, time - now)
}

const TRANSIENT_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

/** Whether the same request may be answered differently a little later. */
export function isTransientStatus(status: number): boolean {
  return TRANSIENT_STATUS.has(status)
}
