import type { FaultKind } from '../faults.ts'
import type { World } from '../world.ts'

/** One request to the API, as the log keeps it. */
export interface ApiRequest {
  readonly at: Date
  readonly method: string
  /** With the query, without the host and `/api/v3`. */
  readonly path: string
  /** As GitHub's OpenAPI description writes it: `/repos/{owner}/{repo}/pulls`; null when there is no such route. */
  readonly route: string | null
  readonly body: string
  /** 0 until answered, and for a request whose reply was withheld. */
  status: number
  /** Who asked: `app`, `installation:<id>`, `workflow:<owner>/<name>`, `user:<login>`, `anonymous`. */
  caller: string
  /** Which fault was played on it; null: none. */
  fault: string | null
}

/** Notes a request that arrived. @returns its place in the log, and the fault that befalls it. */
export function logRequest(
  world: World,
  request: Pick<ApiRequest, 'method' | 'path' | 'route' | 'body'>,
): { readonly entry: ApiRequest; readonly fault: FaultKind | null } {
  const fault = world.faults.take(request)
  const entry = { at: world.now(), ...request, status: 0, caller: 'anonymous', fault: fault?.kind ?? null }
  world.requests.push(entry)
  return { entry, fault }
}

/** `GET /repos/{owner}/{repo}/pulls` → how often. */
export function countRequests(world: World): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const request of world.requests) {
    const key = `${request.method} ${request.route ?? request.path}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
