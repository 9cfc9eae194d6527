/** The app about itself: its installations, its tokens, its deliveries; and the rate limit. */
import { nameOfCaller, requireGrant } from '../auth.ts'
import { paginate } from '../http/paging.ts'
import { notFound, Problem } from '../http/problem.ts'
import { RESOURCES, rateBucket, renderRate } from '../http/rate-limit.ts'
import { appRoute, type Call, idParam, param, type Reply, type Route, route } from '../http/router.ts'
import { installationOf, repositoriesOf } from '../installation-access.ts'
import { mintToken } from '../installations.ts'
import { isoTime, type JsonObject } from '../json.ts'
import type { Installation } from '../model.ts'
import { renderApp, renderInstallation } from '../render/account.ts'
import { renderRepository } from '../render/repository.ts'
import { findRepository } from '../repositories.ts'
import { type Delivery, redeliver } from '../webhooks/deliver.ts'
import type { World } from '../world.ts'

function findInstallation(call: Call): Installation {
  const found = call.world.installations.get(idParam(call, 'installation_id'))
  if (found === undefined) throw notFound()
  return found
}

const DELIVERY_LIFE_MS = 3 * 24 * 3_600_000

/** Newest first. GitHub forgets deliveries after three days. */
function keptDeliveries(world: World): Delivery[] {
  const oldest = world.now().getTime() - DELIVERY_LIFE_MS
  return world.deliveries.filter((one) => one.deliveredAt.getTime() >= oldest).sort((a, b) => b.id - a.id)
}

function renderDelivery(delivery: Delivery): JsonObject {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: isoTime(delivery.deliveredAt),
    redelivery: delivery.redelivery,
    duration: delivery.durationSeconds,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  }
}

function findDelivery(call: Call): Delivery {
  const id = idParam(call, 'delivery_id')
  const found = keptDeliveries(call.world).find((one) => one.id === id)
  if (found === undefined) throw notFound()
  return found
}

/** Paged by cursor: the cursor names the delivery at which the next page begins. */
function listDeliveries(call: Call): Reply {
  const perPage = Math.min(Number(call.query.get('per_page')) || 30, 100)
  const status = call.query.get('status')
  const failed = (one: Delivery) => one.statusCode < 200 || one.statusCode >= 400
  const kept = keptDeliveries(call.world).filter(
    (one) => status === null || (status === 'failure' ? failed(one) : !failed(one)),
  )
  const cursor = call.query.get('cursor')
  const start = cursor === null ? 0 : kept.findIndex((one) => `v1_${one.id}` === cursor)
  if (start < 0) throw new Problem(422, 'Invalid cursor')
  const next = kept[start + perPage]
  const url = new URL(call.url)
  url.searchParams.set('cursor', `v1_${next?.id}`)
  const headers = next === undefined ? {} : { link: `<${url.href}>; rel="next"` }
  return { status: 200, headers, body: kept.slice(start, start + perPage).map(renderDelivery) }
}

function showDelivery(call: Call): Reply {
  const delivery = findDelivery(call)
  return {
    status: 200,
    body: {
      ...renderDelivery(delivery),
      url: call.world.webhook.url ?? '',
      request: { headers: delivery.requestHeaders, payload: JSON.parse(delivery.body) },
      response: { headers: delivery.responseHeaders, payload: delivery.responseBody },
    },
  }
}

export const appRoutes: readonly Route[] = [
  appRoute('GET', '/app', ({ world }) => {
    return { status: 200, body: { ...renderApp(world, world.app), installations_count: world.installations.size } }
  }),
  appRoute('GET', '/app/installations', (call) => {
    const page = paginate(call, [...call.world.installations.values()])
    return { status: 200, headers: page.headers, body: page.items.map((one) => renderInstallation(call.world, one)) }
  }),
  appRoute('GET', '/app/installations/{installation_id}', (call) => {
    return { status: 200, body: renderInstallation(call.world, findInstallation(call)) }
  }),
  appRoute('POST', '/app/installations/{installation_id}/access_tokens', (call) => {
    return { status: 201, body: mintToken(call.world, findInstallation(call), call.body) }
  }),
  appRoute('GET', '/app/hook/deliveries', listDeliveries),
  appRoute('GET', '/app/hook/deliveries/{delivery_id}', showDelivery),
  appRoute('POST', '/app/hook/deliveries/{delivery_id}/attempts', (call) => {
    redeliver(call.world, findDelivery(call).id)
    return { status: 202, body: {} }
  }),
  appRoute('GET', '/repos/{owner}/{repo}/installation', (call) => {
    const repository = findRepository(call.world, `${param(call, 'owner')}/${param(call, 'repo')}`)
    const installation = installationOf(call.world, repository)
    if (installation === undefined) throw notFound()
    return { status: 200, body: renderInstallation(call.world, installation) }
  }),
  route('GET', '/installation/repositories', (call) => {
    const grant = requireGrant(call.caller)
    const all = repositoriesOf(call.world, grant.installation)
    const reached = all.filter((one) => grant.repositoryIds === null || grant.repositoryIds.has(one.id))
    const page = paginate(call, reached)
    const repositories = page.items.map((one) => renderRepository(call.world, one))
    const body = { total_count: reached.length, repository_selection: 'selected', repositories }
    return { status: 200, headers: page.headers, body }
  }),
  route('GET', '/rate_limit', ({ world, caller }) => {
    const bucket = (resource: (typeof RESOURCES)[number]) =>
      renderRate(rateBucket(world, nameOfCaller(caller), resource))
    const resources = Object.fromEntries(RESOURCES.map((resource) => [resource, bucket(resource)]))
    return { status: 200, body: { resources, rate: bucket('core') } }
  }),
]
