/**
 * The container registry beside GitHub, at the same host and port: `/v2/` of the OCI's distribution specification, and
 * `/token`. It deletes nothing, and does not list referrers: versions go by the packages API.
 *
 * Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { nameOfCaller } from '../auth.ts'
import type { FaultKind } from '../faults.ts'
import { type ApiRequest, logRequest } from '../http/request-log.ts'
import type { RegistryAction } from '../package-access.ts'
import { pause, type World } from '../world.ts'
import { beginUpload, continueUpload, endUpload, readBlob } from './blobs.ts'
import { problemBody, type RegistryCall, RegistryProblem, type RegistryReply, unsupported } from './exchange.ts'
import { listTags, readManifest, storeManifest } from './manifests.ts'
import { answerToken, authenticationRequired, identifyCaller, requireAccess } from './tokens.ts'

type Handle = (call: RegistryCall) => RegistryReply

interface RegistryRoute {
  /** As the log has it. */
  readonly name: string
  readonly expression: RegExp
  readonly methods: Readonly<Record<string, readonly [RegistryAction, Handle]>>
}

const NAME = '(?<path>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)'

const refuse: Handle = () => {
  throw unsupported()
}

const ROUTES: readonly RegistryRoute[] = [
  {
    name: '/v2/{name}/manifests/{reference}',
    expression: new RegExp(`^/v2/${NAME}/manifests/(?<reference>[^/]+)$`),
    methods: {
      GET: ['pull', readManifest],
      HEAD: ['pull', readManifest],
      PUT: ['push', storeManifest],
      DELETE: ['delete', refuse],
    },
  },
  {
    name: '/v2/{name}/tags/list',
    expression: new RegExp(`^/v2/${NAME}/tags/list$`),
    methods: { GET: ['pull', listTags] },
  },
  {
    name: '/v2/{name}/blobs/uploads/',
    expression: new RegExp(`^/v2/${NAME}/blobs/uploads/?$`),
    methods: { POST: ['push', beginUpload] },
  },
  {
    name: '/v2/{name}/blobs/uploads/{reference}',
    expression: new RegExp(`^/v2/${NAME}/blobs/uploads/(?<reference>[^/]+)$`),
    methods: { PATCH: ['push', continueUpload], PUT: ['push', endUpload] },
  },
  {
    name: '/v2/{name}/blobs/{reference}',
    expression: new RegExp(`^/v2/${NAME}/blobs/(?<reference>[^/]+)$`),
    methods: { GET: ['pull', readBlob], HEAD: ['pull', readBlob], DELETE: ['delete', refuse] },
  },
]

export function isRegistry(path: string): boolean {
  return path === '/token' || path === '/v2' || path.startsWith('/v2/')
}

interface Found {
  readonly route: RegistryRoute
  readonly path: string
  readonly reference: string
}

function find(pathname: string): Found | null {
  for (const route of ROUTES) {
    const groups = route.expression.exec(pathname)?.groups
    if (groups !== undefined) return { route, path: groups.path ?? '', reference: groups.reference ?? '' }
  }
  return null
}

async function act(
  world: World,
  request: IncomingMessage,
  exchange: { readonly url: URL; readonly entry: ApiRequest; readonly found: Found | null; readonly bytes: Uint8Array },
): Promise<RegistryReply> {
  const { url, entry, found, bytes } = exchange
  const { authorization } = request.headers
  if (url.pathname === '/token') {
    if (entry.method !== 'GET') throw unsupported()
    return answerToken(world, url, authorization)
  }
  const who = await identifyCaller(world, authorization, null)
  if (who !== null) entry.caller = nameOfCaller(who.caller)
  if (found === null) {
    if (!/^\/v2\/?$/.test(url.pathname)) throw new RegistryProblem(404, 'NOT_FOUND', 'page not found')
    if (who === null) throw authenticationRequired(world, null)
    return { status: 200, body: {} }
  }
  const [action, handle] = found.route.methods[entry.method] ?? []
  if (action === undefined || handle === undefined) throw unsupported()
  const { path, reference } = found
  const allowed = requireAccess(world, who, path, action)
  return handle({ world, url, method: entry.method, path, reference, headers: request.headers, bytes, who: allowed })
}

function refusedBy(fault: FaultKind): RegistryReply | null {
  if (fault.kind === 'refuse') return { status: fault.status, headers: fault.headers, body: fault.body }
  if (fault.kind !== 'primary-limit' && fault.kind !== 'secondary-limit') return null
  const body = problemBody({ code: 'TOOMANYREQUESTS', message: 'retry-after: too many requests' })
  return { status: 429, headers: { 'retry-after': String(fault.waitSeconds) }, body }
}

function problemReply(error: unknown): RegistryReply {
  if (error instanceof RegistryProblem)
    return { status: error.status, headers: error.headers, body: problemBody(error) }
  console.error('The sandbox failed to answer a request to the registry:', error)
  return { status: 500, body: problemBody({ code: 'UNKNOWN', message: 'unknown error' }) }
}

function write(request: IncomingMessage, response: ServerResponse, reply: RegistryReply): void {
  const content = reply.body instanceof Uint8Array ? reply.body : JSON.stringify(reply.body)
  response.writeHead(reply.status, {
    'docker-distribution-api-version': 'registry/2.0',
    'content-type': 'application/json',
    'content-length': content === undefined ? 0 : Buffer.byteLength(content),
    ...reply.headers,
  })
  response.end(request.method === 'HEAD' ? undefined : content)
}

async function readBytes(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

/** Faults befall the registry as they do the API; its requests are in the same log. */
export async function serveRegistry(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', world.origin)
  const found = find(url.pathname)
  const bytes = await readBytes(request)
  const { entry, fault } = logRequest(world, {
    method: request.method ?? 'GET',
    path: url.pathname + url.search,
    route: found?.route.name ?? null,
    // Blobs are no text.
    body: found?.route.name.includes('/manifests/') === true ? Buffer.from(bytes).toString() : '',
  })
  const refused = fault === null ? null : refusedBy(fault)
  const reply = refused ?? (await act(world, request, { url, entry, found, bytes }).catch(problemReply))
  if (world.options.delayMs !== undefined) await pause(world, world.options.delayMs)
  if (fault?.kind === 'hang') return
  if (fault?.kind === 'lose-reply') {
    request.socket.destroy()
    return
  }
  const sent = fault?.kind === 'bad-gateway' ? { status: 502 } : reply
  entry.status = sent.status
  write(request, response, sent)
}
