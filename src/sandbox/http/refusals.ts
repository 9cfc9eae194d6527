/** Replies that are not what was asked for: GitHub's errors, and the faults that stand in for them. */
import type { FaultKind } from '../faults.ts'
import type { World } from '../world.ts'
import { Problem } from './problem.ts'
import type { RateBucket, Resource } from './rate-limit.ts'
import type { Reply } from './router.ts'

const DOCUMENTATION = 'https://docs.github.com/rest'

export function problemReply(error: unknown): Reply {
  if (!(error instanceof Problem)) {
    console.error('The sandbox failed to answer a request:', error)
    return { status: 500, body: { message: 'Server Error' } }
  }
  const errors = error.errors === undefined ? {} : { errors: error.errors }
  const status = { documentation_url: DOCUMENTATION, status: String(error.status) }
  return { status: error.status, body: { message: error.message, ...errors, ...status } }
}

/** GraphQL answers 200 to whoever has used up the hour, and says it in an error. */
export function limitReply(caller: string, bucket: RateBucket, resource: Resource, status = 403): Reply {
  const message = `API rate limit exceeded for ${caller.replace(':', ' ID ')}.`
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(bucket.reset) }
  if (resource === 'graphql') return { status: 200, headers, body: { errors: [{ type: 'RATE_LIMITED', message }] } }
  return { status, headers, body: { message, documentation_url: `${DOCUMENTATION}/rate-limit` } }
}

/** The reply that a fault gives instead of the effect; null: the fault lets the effect happen. */
export function refusal(world: World, fault: FaultKind, caller: string, resource: Resource): Reply | null {
  if (fault.kind === 'refuse') return { status: fault.status, body: fault.body, headers: fault.headers }
  if (fault.kind === 'primary-limit') {
    const reset = Math.ceil(world.now().getTime() / 1000) + fault.waitSeconds
    return limitReply(caller, { limit: 5000, used: 5000, reset }, resource, fault.status)
  }
  if (fault.kind !== 'secondary-limit') return null
  const message =
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again. ' +
    'For more on scraping GitHub and how it may affect your rights, please review our Terms of Service.'
  const documentation =
    'https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits'
  const headers = { 'retry-after': String(fault.waitSeconds) }
  return { status: fault.status, headers, body: { message, documentation_url: documentation } }
}
