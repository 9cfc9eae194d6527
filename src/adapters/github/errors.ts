/** What an error of Octokit means: to be tried again, and when, or final. */
import { GitHubError, TransientError } from '../../domain/errors.ts'

/** How long to wait when GitHub limits us without saying how long: its documentation says a minute. */
export const DEFAULT_LIMIT_MS = 60_000

export interface Failure {
  /** Null: there was no answer. */
  readonly status: number | null
  readonly message: string
  /** Set when GitHub refused because of its limits: nothing was done. */
  readonly retryAfterMs: number | null
}

export function readFailure(error: unknown): Failure {
  if (error instanceof TransientError) return { status: null, message: error.message, retryAfterMs: error.retryAfterMs }
  const failure = error as {
    status?: unknown
    message?: unknown
    response?: { headers?: Record<string, unknown>; data?: unknown }
  }
  const status = typeof failure?.status === 'number' && failure.response ? failure.status : null
  const message = messageOf(failure)
  return { status, message, retryAfterMs: limitWait(status, message, failure?.response?.headers ?? {}) }
}

function messageOf(failure: { message?: unknown; response?: { data?: unknown } }): string {
  const data = failure?.response?.data
  if (data !== null && typeof data === 'object' && 'message' in data && typeof data.message === 'string')
    return data.message
  return typeof failure?.message === 'string' ? failure.message : String(failure)
}

function limitWait(status: number | null, message: string, headers: Record<string, unknown>): number | null {
  if (status !== 403 && status !== 429) return null
  const isLimit = status === 429 || /secondary rate limit|abuse detection/i.test(message)
  return waitSaid(headers) ?? (isLimit ? DEFAULT_LIMIT_MS : null)
}

/** How long the headers of a reply say to wait, in milliseconds; null: they do not. */
export function waitSaid(headers: Record<string, unknown>): number | null {
  const after = Number(headers['retry-after'])
  if (Number.isFinite(after) && after > 0) return after * 1000
  if (String(headers['x-ratelimit-remaining']) !== '0') return null
  const reset = Number(headers['x-ratelimit-reset']) * 1000
  return Number.isFinite(reset) ? Math.max(1000, reset - Date.now() + 1000) : DEFAULT_LIMIT_MS
}

/** The fault to throw for an error of Octokit. @param what the attempted action, as «reading x». */
export function toFault(error: unknown, what: string): Error {
  if (error instanceof TransientError || error instanceof GitHubError) return error
  const { status, message, retryAfterMs } = readFailure(error)
  if (retryAfterMs !== null)
    return new TransientError(`GitHub limits us while ${what}: ${message}`, { retryAfterMs, cause: error })
  if (status === null) return new TransientError(`GitHub did not answer while ${what}: ${message}`, { cause: error })
  if (status >= 500 || status === 401 || status === 408)
    return new TransientError(`GitHub failed while ${what}: ${message} (${status})`, { cause: error })
  return new GitHubError(`GitHub refused while ${what}: ${message} (${status})`, { status, cause: error })
}

/** 409: the repository is empty. 410: gone. 422: no commit for that name. */
const NO_SUCH_THING: readonly number[] = [404, 409, 410, 422]

/** The value, or null when GitHub answers that there is no such thing. @param statuses that say so. */
export async function orNull<T>(request: Promise<T>, what: string, statuses = NO_SUCH_THING): Promise<T | null> {
  try {
    return await request
  } catch (error) {
    const { status } = readFailure(error)
    if (status !== null && statuses.includes(status)) return null
    throw toFault(error, what)
  }
}
