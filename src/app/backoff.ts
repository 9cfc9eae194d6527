/** How long to wait before GitHub is asked once more, when it did not do what was asked. */
import type { TransientError } from '../domain/errors.ts'

const FIRST_MS = 5_000
const AT_MOST_MS = 300_000

/**
 * What GitHub says; where it says nothing, twice as long each time, and not the same for all.
 * @param faults key → how often in a row it was so; counted up.
 */
export function waitBeforeRetry(error: TransientError, faults: Map<string, number>, key: string): number {
  const before = faults.get(key) ?? 0
  faults.set(key, before + 1)
  const backoff = Math.min(AT_MOST_MS, FIRST_MS * 2 ** before)
  return error.retryAfterMs ?? Math.round(backoff * (0.75 + Math.random() / 2))
}
