/** Caches of GitHub Actions: which there are, and their end. */
import type { ActionsCache } from '../caches.ts'
import { paginate } from '../http/paging.ts'
import { notFound, Problem } from '../http/problem.ts'
import { type Call, idParam, type Reply, type Route, repositoryRoute } from '../http/router.ts'
import { isoTime, type JsonObject } from '../json.ts'
import type { Repository } from '../model.ts'
import { digestOfBytes } from '../packages.ts'
import { changed } from '../world.ts'

const ORDERS: Readonly<Record<string, (cache: ActionsCache) => number>> = {
  created_at: (cache) => cache.createdAt.getTime(),
  last_accessed_at: (cache) => cache.lastUsedAt.getTime(),
  size_in_bytes: (cache) => cache.sizeBytes,
}

function render(cache: ActionsCache): JsonObject {
  return {
    id: cache.id,
    ref: cache.ref,
    key: cache.key,
    version: digestOfBytes(Buffer.from(`${cache.id}`)).slice('sha256:'.length),
    last_accessed_at: isoTime(cache.lastUsedAt),
    created_at: isoTime(cache.createdAt),
    size_in_bytes: cache.sizeBytes,
  }
}

function listed(total: number, caches: readonly ActionsCache[]): JsonObject {
  return { total_count: total, actions_caches: caches.map(render) }
}

function list(call: Call, repository: Repository): Reply {
  const [key, ref] = [call.query.get('key'), call.query.get('ref')]
  const order = ORDERS[call.query.get('sort') ?? 'last_accessed_at']
  if (order === undefined) throw new Problem(422, 'Validation Failed')
  const sign = call.query.get('direction') === 'asc' ? 1 : -1
  const found = [...repository.caches.values()]
    .filter((cache) => (key === null || cache.key.startsWith(key)) && (ref === null || cache.ref === ref))
    .sort((a, b) => sign * (order(a) - order(b) || a.id - b.id))
  const page = paginate(call, found)
  return { status: 200, headers: page.headers, body: listed(found.length, page.items) }
}

function deleteByKey(call: Call, repository: Repository): Reply {
  const [key, ref] = [call.query.get('key'), call.query.get('ref')]
  if (key === null) throw new Problem(422, 'Invalid request.\n\n"key" wasn\'t supplied.')
  const found = [...repository.caches.values()].filter(
    (cache) => cache.key === key && (ref === null || cache.ref === ref),
  )
  if (found.length === 0) throw notFound()
  for (const { id } of found) repository.caches.delete(id)
  changed(call.world)
  return { status: 200, body: listed(found.length, found) }
}

const WRITE = { actions: 'write' } as const

export const cacheRoutes: readonly Route[] = [
  repositoryRoute('GET', '/actions/caches', { actions: 'read' }, list),
  repositoryRoute('DELETE', '/actions/caches', WRITE, deleteByKey),
  repositoryRoute('DELETE', '/actions/caches/{cache_id}', WRITE, (call, repository) => {
    if (!repository.caches.delete(idParam(call, 'cache_id'))) throw notFound()
    changed(call.world)
    return { status: 204 }
  }),
]
