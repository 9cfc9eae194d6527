/** Routes, written as GitHub's OpenAPI description writes them, so that a reply can be looked up there. */
import type { IncomingHttpHeaders } from 'node:http'
import { authorize, type Caller, type NeededPermissions, requireApp, requireGrant } from '../auth.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Repository } from '../model.ts'
import { findRepository } from '../repositories.ts'
import type { TokenGrant, World } from '../world.ts'

export interface Call {
  readonly world: World
  readonly caller: Caller
  /** The whole URL as it was asked for. */
  readonly url: URL
  readonly query: URLSearchParams
  readonly params: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  readonly body: JsonObject
}

export interface Reply {
  readonly status: number
  /** Bytes are sent as they are; undefined: no body. */
  readonly body?: Json | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** Points of the hour's limit; default 1. */
  readonly cost?: number
}

export interface Route {
  readonly method: string
  readonly pattern: string
  readonly expression: RegExp
  readonly handle: (call: Call) => Reply | Promise<Reply>
}

/** Parameters that may hold slashes. */
const WIDE = new Set(['path', 'ref', 'branch', 'basehead'])

function compile(pattern: string): RegExp {
  const source = pattern.replace(/\/\{(\w+)\}/g, (_, name: string) => {
    if (name === 'path') return '(?:/(?<path>.*))?'
    return WIDE.has(name) ? `/(?<${name}>.+)` : `/(?<${name}>[^/]+)`
  })
  return new RegExp(`^${source}$`)
}

export function route(method: string, pattern: string, handle: Route['handle']): Route {
  return { method, pattern, expression: compile(pattern), handle }
}

/** For the app itself. */
export function appRoute(method: string, pattern: string, handle: Route['handle']): Route {
  return route(method, pattern, (call) => {
    requireApp(call.caller)
    return handle(call)
  })
}

/** For an installation, on a repository that its token reaches, with one of the permissions. */
export function repositoryRoute(
  method: string,
  pattern: string,
  needed: NeededPermissions,
  handle: (call: Call, repository: Repository, grant: TokenGrant) => Reply | Promise<Reply>,
): Route {
  return route(method, `/repos/{owner}/{repo}${pattern}`, (call) => {
    const grant = requireGrant(call.caller)
    const repository = findRepository(call.world, `${param(call, 'owner')}/${param(call, 'repo')}`)
    authorize(grant, repository, needed)
    return handle(call, repository, grant)
  })
}

export function param(call: Call, name: string): string {
  return call.params[name] ?? ''
}

/** A parameter that is an id; NaN, which finds nothing, when it is not a number. */
export function idParam(call: Call, name: string): number {
  return Number(param(call, name))
}

export interface Match {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export function findRoute(routes: readonly Route[], method: string, path: string): Match | null {
  for (const one of routes) {
    const match = one.method === method ? one.expression.exec(path) : null
    if (match === null) continue
    const groups = Object.entries(match.groups ?? {})
    return { route: one, params: Object.fromEntries(groups.map(([name, text]) => [name, decode(text ?? '')])) }
  }
  return null
}
