/** The way of one request: log, fault, caller, rate limit, route, ETag, check, and the answer, if there is one. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isDownload, readDownload } from '../artifacts.ts'
import { type Caller, identify, nameOfCaller } from '../auth.ts'
import type { ReplyChecker } from '../conformity.ts'
import type { FaultKind } from '../faults.ts'
import { answerGraphql } from '../graphql/answer.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { renderPage } from '../pages.ts'
import { isRegistry, serveRegistry } from '../registry/serve.ts'
import { allRoutes } from '../routes/all.ts'
import { changed, pause, type World } from '../world.ts'
import { Problem } from './problem.ts'
import { type RateBucket, type Resource, rateBucket, rateHeaders } from './rate-limit.ts'
import { limitReply, problemReply, refusal } from './refusals.ts'
import { type ApiRequest, logRequest } from './request-log.ts'
import { findRoute, type Match, type Reply } from './router.ts'

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

function parseBody(text: string): JsonObject {
  if (text === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Problem(400, 'Problems parsing JSON')
  }
  if (!isJsonObject(value)) throw new Problem(400, 'Body should be a JSON object')
  return value
}

/** A reply that has not changed since the client saw it costs nothing. */
function withEtag(request: IncomingMessage, reply: Reply): Reply {
  if (request.method !== 'GET' || reply.status !== 200) return reply
  const content = reply.body instanceof Uint8Array ? reply.body : JSON.stringify(reply.body)
  const etag = `W/"${createHash('sha256').update(content).digest('hex')}"`
  const headers = { ...reply.headers, etag }
  const isKnown = request.headers['if-none-match']?.split(/,\s*/).includes(etag) === true
  return isKnown ? { status: 304, headers } : { ...reply, headers }
}

function write(response: ServerResponse, reply: Reply): void {
  const isBytes = reply.body instanceof Uint8Array
  const content = reply.body instanceof Uint8Array ? reply.body : JSON.stringify(reply.body)
  const type = isBytes ? 'application/vnd.github.raw; charset=utf-8' : 'application/json; charset=utf-8'
  response.writeHead(reply.status, {
    ...(content === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(content) }),
    'x-github-media-type': 'github.v3',
    'x-github-request-id': 'SANDBOX',
    ...reply.headers,
  })
  response.end(content)
}

interface Exchange {
  readonly world: World
  readonly request: IncomingMessage
  readonly entry: ApiRequest
  readonly url: URL
  readonly match: Match | null
  readonly check: ReplyChecker | null
}

async function act(exchange: Exchange, caller: Caller): Promise<Reply> {
  const { world, entry, url, match, request } = exchange
  const body = parseBody(entry.body)
  if (entry.path === '/graphql') return answerGraphql(world, caller, body)
  if (match === null) throw new Problem(404, 'Not Found')
  return match.route.handle({
    world,
    caller,
    url,
    query: url.searchParams,
    params: match.params,
    headers: request.headers,
    body,
  })
}

async function answer(exchange: Exchange, fault: FaultKind | null): Promise<Reply> {
  const { world, entry, request, check } = exchange
  const resource: Resource = entry.path === '/graphql' ? 'graphql' : 'core'
  let bucket: RateBucket | null = null
  let reply: Reply
  try {
    const caller = await identify(world, request.headers.authorization)
    entry.caller = nameOfCaller(caller)
    bucket = rateBucket(world, entry.caller, resource)
    const refused = fault === null ? null : refusal(world, fault, entry.caller, resource)
    const isFree = entry.route === '/rate_limit'
    if (refused !== null) reply = refused
    else if (bucket.used >= bucket.limit && !isFree) reply = limitReply(entry.caller, bucket, resource)
    else {
      reply = withEtag(request, await act(exchange, caller))
      if (reply.status !== 304 && !isFree) bucket.used += reply.cost ?? 1
    }
  } catch (error) {
    reply = problemReply(error)
  }
  if (fault === null) check?.(entry, reply)
  const rates = rateHeaders(bucket ?? rateBucket(world, 'anonymous', resource), resource)
  return { ...reply, headers: { ...rates, ...reply.headers } }
}

async function serveApi(world: World, check: ReplyChecker | null, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '/', world.origin)
  const method = request.method ?? 'GET'
  const isGraphql = url.pathname === '/api/graphql'
  const pathname = isGraphql ? '/graphql' : url.pathname.slice('/api/v3'.length)
  const match = isGraphql ? null : findRoute(allRoutes, method, pathname)
  const { entry, fault } = logRequest(world, {
    method,
    path: pathname + url.search,
    route: isGraphql ? '/graphql' : (match?.route.pattern ?? null),
    body: await readBody(request),
  })
  const exchange = { world, request, entry, url, match, check }
  if (fault !== null && 'once' in fault && fault.once !== null) {
    spoil(exchange, response, fault)
    await fault.once
    await answer(exchange, fault)
    return
  }
  const reply = await answer(exchange, fault)
  if (world.options.delayMs !== undefined) await pause(world, world.options.delayMs)
  if (fault !== null && SPOILT.has(fault.kind)) return spoil(exchange, response, fault)
  entry.status = reply.status
  write(response, reply)
}

const SPOILT: ReadonlySet<FaultKind['kind']> = new Set(['hang', 'lose-reply', 'bad-gateway'])

/** What comes in place of the answer, or nothing. */
function spoil({ request, entry }: Exchange, response: ServerResponse, { kind }: FaultKind): void {
  if (kind === 'lose-reply') request.socket.destroy()
  if (kind !== 'bad-gateway') return
  entry.status = 502
  write(response, { status: 502, body: { message: 'Server Error' } })
}

function servePage(world: World, request: IncomingMessage, response: ServerResponse): void {
  const page = renderPage(world, new URL(request.url ?? '/', world.origin).pathname)
  response.writeHead(page.status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(page.text)
}

/** The storage that artifacts are fetched from: it knows no tokens, and faults befall it as they do the API. */
async function serveDownload(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', world.origin).pathname
  const fault = world.faults.take({ method: request.method ?? 'GET', path, route: null, body: '' })
  if (world.options.delayMs !== undefined) await pause(world, world.options.delayMs)
  if (fault?.kind === 'hang') return
  if (fault?.kind === 'lose-reply') {
    request.socket.destroy()
    return
  }
  const zip = readDownload(world, path)
  if (fault !== null || zip === null) {
    const status = fault === null ? 404 : fault.kind === 'bad-gateway' ? 502 : fault.status
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end('Not to be had.\n')
    return
  }
  response.writeHead(200, { 'content-type': 'application/zip', 'content-length': zip.byteLength }).end(zip)
}

/** What answers at this address; null: a page does. */
function serverOf(path: string): typeof serveApi | null {
  if (path.startsWith('/api/')) return serveApi
  if (isDownload(path)) return (world, _, request, response) => serveDownload(world, request, response)
  if (isRegistry(path)) return (world, _, request, response) => serveRegistry(world, request, response)
  return null
}

/** Listens on loopback only. `check`, when given, looks at every request and reply of the REST API. */
export async function listen(world: World, check: ReplyChecker | null): Promise<Server> {
  const server = createServer((request, response) => {
    const serve = serverOf(request.url?.split('?')[0] ?? '/')
    if (serve === null) {
      servePage(world, request, response)
      return
    }
    world.busy.requests++
    serve(world, check, request, response)
      .catch((error: unknown) => {
        console.error('The sandbox lost a request:', error)
        request.socket.destroy()
      })
      .finally(() => {
        world.busy.requests--
        changed(world)
      })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(world.options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The sandbox has no port')
  world.origin = `http://127.0.0.1:${address.port}`
  return server
}
