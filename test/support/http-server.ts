/** A server on loopback that answers as a test says, and keeps what it was asked. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Handler = (asked: Asked, response: ServerResponse, count: number) => void

export interface HttpServer {
  /** `127.0.0.1:<port>`. */
  readonly host: string
  readonly port: number
  readonly asked: Asked[]
  stop(): Promise<void>
}

/** @param handler is told how often the server was asked, this time included. */
export async function startHttpServer(handler: Handler): Promise<HttpServer> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray().catch(() => [])).toString('latin1')
    const entry = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body }
    handler(entry, response, asked.push(entry))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    port,
    asked,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
