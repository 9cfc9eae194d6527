/** Before a registry: keeps what was asked of it, and does to single requests what a test says. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface AskedOfRegistry {
  readonly method: string
  /** Path and query. */
  readonly path: string
}

/** `pass`: the registry answers; `cut`: nobody does; `done`: it is done, and the answer is lost; or an answer of its own. */
export type Treatment = 'pass' | 'cut' | 'done' | { readonly status: number; readonly body?: string }

export interface RegistryProxy {
  /** `127.0.0.1:<port>`: the registry, for all who ask. */
  readonly host: string
  readonly asked: readonly AskedOfRegistry[]
  /** What changes something, in order: `DELETE /v2/…`. */
  writes(): string[]
  forget(): void
  /** From now on; null: everything passes. */
  treat(treatment: ((asked: AskedOfRegistry) => Treatment) | null): void
  stop(): Promise<void>
}

export async function startRegistryProxy(registry: string): Promise<RegistryProxy> {
  const asked: AskedOfRegistry[] = []
  let treatment: ((asked: AskedOfRegistry) => Treatment) | null = null
  const server = createServer(async (request, response) => {
    const entry = { method: request.method ?? '', path: request.url ?? '' }
    asked.push(entry)
    const how = treatment?.(entry) ?? 'pass'
    if (how === 'cut') return void request.socket.destroy()
    if (typeof how === 'object') return void response.writeHead(how.status).end(how.body)
    forward(registry, request, response, how === 'done')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    writes: () =>
      asked
        .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
        .map(({ method, path }) => `${method} ${path}`),
    forget: () => {
      asked.length = 0
    },
    treat: (next) => {
      treatment = next
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function forward(registry: string, request: IncomingMessage, response: ServerResponse, isLost: boolean): void {
  const { method, url, headers } = request
  // The registry builds its addresses from the name that it is called by.
  const outgoing = send(`http://${registry}${url}`, { method, headers, agent: false }, (answer) => {
    if (isLost) {
      answer.resume()
      answer.once('end', () => request.socket.destroy())
      return
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  outgoing.once('error', () => request.socket.destroy())
  request.pipe(outgoing)
}
