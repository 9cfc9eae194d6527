/** GitHub for one sweep, with a count of what it was asked. */
import { repository } from '../../domain/payload.ts'
import type { SweepSpent } from '../../domain/sweep.ts'
import type { SweepGitHub } from '../../ports/sweeps.ts'
import { orNull } from './errors.ts'
import type { OwnApp } from './github.ts'
import { connectImageUse } from './image-use.ts'
import { connectItems, type ServerKnowledge } from './items.ts'
import { inRepo, keepSilenceWhenLimited, type Octokit } from './octokit.ts'
import { connectRuns } from './runs-retention.ts'

/** @param octokit of this sweep alone: its requests are counted, and it is silent while GitHub limits it. */
export function connectSweep(octokit: Octokit, own: OwnApp, server: ServerKnowledge): SweepGitHub {
  // The later one is asked first: what is kept back is not counted.
  const spent = countRequests(octokit)
  keepSilenceWhenLimited(octokit)
  return {
    ...connectItems(octokit, own, server),
    ...connectRuns(octokit),
    ...connectImageUse(octokit),
    async getRepository(repo) {
      const reply = await orNull(octokit.rest.repos.get(inRepo(repo)), `reading ${repo.owner}/${repo.name}`)
      return reply && repository.parse(reply.data)
    },
    spent,
  }
}

/**
 * Counts what is sent from now on, but for the tokens that it is sent with. A query tells its cost where it asks for
 * `rateLimit { cost }`; one that does not, a mutation, and one without an answer count 1.
 */
function countRequests(octokit: Octokit): () => SweepSpent {
  let requests = 0
  let points = 0
  octokit.hook.wrap('request', async (request, options) => {
    if (options.url.endsWith('/access_tokens')) return request(options)
    requests++
    if (!options.url.endsWith('/graphql')) return request(options)
    let cost = 1
    try {
      const reply = await request(options)
      cost = costOf(reply.data) ?? cost
      return reply
    } finally {
      points += cost
    }
  })
  return () => ({ requests, points })
}

function costOf(body: unknown): number | null {
  const told = (body as { data?: { rateLimit?: { cost?: unknown } | null } | null } | null)?.data?.rateLimit?.cost
  return typeof told === 'number' && told >= 0 ? told : null
}
