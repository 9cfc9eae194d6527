/** GitHub's primary rate limit: so many requests an hour for each installation and resource. */
import type { JsonObject } from '../json.ts'
import type { World } from '../world.ts'

export const RESOURCES = ['core', 'graphql', 'search'] as const
export type Resource = (typeof RESOURCES)[number]

export interface RateBucket {
  readonly limit: number
  used: number
  /** Seconds since the epoch. */
  readonly reset: number
}

/** `<caller> <resource>` → its current hour. */
export type RateBuckets = Map<string, RateBucket>

const HOUR = 3600

export function rateBucket(world: World, caller: string, resource: Resource): RateBucket {
  const seconds = Math.floor(world.now().getTime() / 1000)
  const key = `${caller} ${resource}`
  const known = world.rateBuckets.get(key)
  if (known !== undefined && known.reset > seconds) return known
  const limits = { core: 5000, graphql: 5000, search: 30, ...world.options.rateLimit }
  const made = { limit: limits[resource], used: 0, reset: seconds + HOUR }
  world.rateBuckets.set(key, made)
  return made
}

export function rateHeaders(bucket: RateBucket, resource: Resource): Record<string, string> {
  return {
    'x-ratelimit-limit': String(bucket.limit),
    'x-ratelimit-remaining': String(Math.max(0, bucket.limit - bucket.used)),
    'x-ratelimit-used': String(bucket.used),
    'x-ratelimit-reset': String(bucket.reset),
    'x-ratelimit-resource': resource,
  }
}

export function renderRate(bucket: RateBucket): JsonObject {
  const remaining = Math.max(0, bucket.limit - bucket.used)
  return { limit: bucket.limit, remaining, reset: bucket.reset, used: bucket.used }
}
