/** Probot's Octokit, with the limits and time-outs that this app needs. */
import type { Octokit as RestOctokit } from '@octokit/rest'
import { ProbotOctokit } from 'probot'
import { TransientError } from '../../domain/errors.ts'
import type { RepoName } from '../../ports.ts'
import { readFailure } from './errors.ts'

/** No reply after this long counts as no reply. */
const REQUEST_TIMEOUT_MS = 15_000

/** Most entries that GitHub puts on a page of a list. */
export const PAGE = 100

/** What the adapter needs of @octokit/rest's client. Probot's has the same, and signs as the app. */
export type Octokit = Pick<RestOctokit, 'rest' | 'request' | 'graphql' | 'paginate' | 'hook'>

/** A repository, as Octokit's methods want it named. */
export function inRepo(repo: RepoName): { readonly owner: string; readonly repo: string } {
  return { owner: repo.owner, repo: repo.name }
}

/**
 * Without Probot's throttling and retry plugins. They hold requests in memory, where a killed process loses them, and
 * send one write a second, in which a plan of 40 legs would take 40 s; the queue waits and repeats instead. They also
 * take four limiters' time for each request: 100 ms for a plan of four legs. A function, since Probot gives its own
 * `throttle` to the constructor.
 */
export const SignalboxOctokit = ProbotOctokit.defaults((options: object) => ({
  ...options,
  throttle: { enabled: false },
  retry: { enabled: false },
}))

/**
 * While GitHub limits an installation, its requests are not sent: GitHub asks for silence, and each one sent in the
 * meantime makes the wait longer.
 */
export function keepSilenceWhenLimited(octokit: Octokit, now: () => number = Date.now): Octokit {
  let limitedUntil = 0
  octokit.hook.wrap('request', async (request, options) => {
    const wait = limitedUntil - now()
    if (wait > 0) throw new TransientError('GitHub limits us', { retryAfterMs: wait })
    try {
      return await request(options)
    } catch (error) {
      const { retryAfterMs } = readFailure(error)
      if (retryAfterMs !== null) limitedUntil = Math.max(limitedUntil, now() + retryAfterMs)
      throw error
    }
  })
  return octokit
}

/** `fetch` that gives up, for Probot's `request.fetch`. */
export function fetchWithTimeout(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS)
  return fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout })
}
