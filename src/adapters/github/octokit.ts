/** Probot's Octokit, with the limits and time-outs that this app needs. */
import Bottleneck from 'bottleneck'
import { ProbotOctokit } from 'probot'

/** No reply after this long counts as no reply. */
const REQUEST_TIMEOUT_MS = 15_000
/** GitHub allows 100 requests at once for all of an app's processes. */
const WRITES_AT_ONCE = 10

const write = new Bottleneck.Group({ maxConcurrent: WRITES_AT_ONCE })

/**
 * The throttling plugin's own default is one write a second, in which a plan of 40 legs would take 40 s. GitHub asks
 * for few writes at once and for waiting when it says so: the queue does the waiting, so that nothing is held in memory.
 * A function, since Probot gives its own `throttle` to the constructor.
 */
export const SignalboxOctokit = ProbotOctokit.defaults((options: { throttle?: object }) => ({
  ...options,
  throttle: { ...options.throttle, write, onRateLimit: () => false, onSecondaryRateLimit: () => false },
  // Reads are tried once more at once; what fails longer is the queue's. Writes say `retries: 0` themselves.
  retry: { retries: 1 },
}))

export type Octokit = InstanceType<typeof ProbotOctokit>

/** For writes: whether a failed one took effect is not known, so repeating it is the decision of those who can look. */
export const ONCE = { retries: 0 } as const

/** `fetch` that gives up, for Probot's `request.fetch`. */
export function fetchWithTimeout(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS)
  return fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout })
}
