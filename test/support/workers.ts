/** Workers of one database as processes of their own, each of which asks GitHub by a way of its own, where it is seen what it asks. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { makeEnv } from './app.ts'
import { freePort } from './postgres.ts'
import { type AppProcess, startProcess } from './process.ts'

export interface PassedRequest {
  readonly method: string
  readonly path: string
  readonly body: string
}

/** `withhold`: it does not get the answer. */
export type Watch = (worker: Worker, asked: PassedRequest, when: 'before' | 'after') => 'pass' | 'withhold'

export interface Worker {
  readonly name: string
  readonly process: AppProcess
  /** What it asked, in order, also before it was started again. */
  readonly asked: readonly PassedRequest[]
  /** As `kill -9` and a new one. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** @param watch is told of every request before GitHub gets it, and after GitHub answered, once the worker is ready. */
export async function startWorker(
  github: Sandbox,
  databaseUrl: string,
  name: string,
  watch: Watch = () => 'pass',
): Promise<Worker> {
  const asked: PassedRequest[] = []
  let started: Worker | null = null
  const see = (entry: PassedRequest, when: 'before' | 'after') =>
    started === null ? 'pass' : watch(started, entry, when)
  const server = createServer(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray().catch(() => []))
    const entry = { method: incoming.method ?? '', path: incoming.url ?? '', body: body.toString() }
    asked.push(entry)
    if (see(entry, 'before') === 'withhold') return
    forward(github.host, incoming, body, outgoing, () => see(entry, 'after') === 'withhold')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const env = { ...makeEnv(github, databaseUrl), GHE_HOST: host, SIGNALBOX_ROLE: 'worker' }
  let process = await startProcess(env, await freePort())
  const worker: Worker = {
    name,
    asked,
    get process() {
      return process
    },
    async restart() {
      started = null
      await process.kill()
      process = await startProcess(env, await freePort())
      started = worker
    },
    async stop() {
      process.resume()
      await process.kill()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  started = worker
  return worker
}

function forward(
  target: string,
  incoming: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse,
  isWithheld: () => boolean,
): void {
  const { method, headers, url } = incoming
  const onward = request(`http://${target}${url}`, { method, headers: { ...headers, host: target } }, async (reply) => {
    const answer = Buffer.concat(await reply.toArray().catch(() => []))
    if (isWithheld()) return
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers).end(answer)
  })
  onward.on('error', () => outgoing.destroy())
  onward.end(body)
}
