/** When the story is over: what must hold of all of it, and its figures. */
import { count } from '../../domain/wording.ts'
import type { ApiRequest } from '../../sandbox/http/request-log.ts'
import type { EndedEvent } from './events.ts'
import type { Expectation } from './expectation.ts'
import type { Seen } from './seen.ts'
import type { Stage } from './stage.ts'

export async function expectOrder({ github, serving }: Stage, seen: Seen): Promise<Expectation[]> {
  const refused = github.state.deliveries.filter((one) => one.statusCode !== 202)
  const attempts = attemptsOf(seen)
  const twice = attempts.length - new Set(attempts).size
  const [installation] = github.state.installations
  const open = installation ? await serving.store.runs.openRunIds({ installationId: installation.id }) : []
  return [
    {
      name: 'how Signalbox answered the webhooks',
      expected: 'all with 202',
      seen: refused.length === 0 ? 'all with 202' : `${refused.length} with ${refused[0]?.statusCode}`,
    },
    { name: 'attempts dispatched twice', expected: '0', seen: String(twice) },
    { name: 'what is still open in the store', expected: '0 runs', seen: count(open.length, 'run') },
  ]
}

function attemptsOf(seen: Seen): string[] {
  const checks = [...seen.runs.values()].flatMap((run) => [...run.checks.values()])
  return checks.flatMap((one) => one.attempts.map(({ last }) => last.attempt))
}

export type Figures = Omit<EndedEvent, 'event' | 'ok' | 'expectations' | 'unmet' | 'durationMs'>

export function measure({ github: { state } }: Stage, seen: Seen): Figures {
  const ofRuns = state.requests.filter(({ caller }) => caller.startsWith('installation:'))
  const dispatchedAt = state.requests.find(isDispatch)?.at.getTime() ?? null
  const webhookAt = state.deliveries.find(({ event, action }) => event === 'pull_request' && action === 'opened')
  const runs = [...seen.runs.values()]
  return {
    webhooks: state.deliveries.length,
    webhooksAccepted: state.deliveries.filter(({ statusCode }) => statusCode === 202).length,
    runs: runs.length,
    legs: runs.reduce((sum, { plan }) => sum + plan.legs.length, 0),
    apiRequests: ofRuns.length,
    apiRequestsPerRun: Math.round((10 * ofRuns.length) / Math.max(1, runs.length)) / 10,
    firstDispatchMs: dispatchedAt !== null && webhookAt ? dispatchedAt - webhookAt.deliveredAt.getTime() : null,
    startToDispatchMs: dispatchedAt === null ? null : Math.round(dispatchedAt - performance.timeOrigin),
  }
}

function isDispatch({ method, path }: ApiRequest): boolean {
  return method === 'POST' && path.endsWith('/dispatches')
}
