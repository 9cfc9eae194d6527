/** Faults of a deletion as the result that a sweep records. */
import { GitHubError, RegistryError, TransientError } from '../../domain/errors.ts'
import type { DeleteResult } from '../../ports/sweeps.ts'
import { excerpt } from '../http/answer.ts'

/** Longest message that is recorded with a result. */
const MAX_MESSAGE = 1000

/** @throws whatever is no fault of the other side. */
export function asDeleteResult(error: unknown): DeleteResult & { readonly kind: 'refused' | 'unknown' | 'deferred' } {
  if (error instanceof TransientError) {
    const message = excerpt(error.message, MAX_MESSAGE)
    return error.retryAfterMs === null
      ? { kind: 'unknown', message }
      : { kind: 'deferred', retryAfterMs: error.retryAfterMs, message }
  }
  if (error instanceof RegistryError || error instanceof GitHubError)
    return { kind: 'refused', message: excerpt(error.message, MAX_MESSAGE) }
  throw error
}
