/**
 * The load, in a process of its own. Written on bare sockets, since the load shares the machine with what it measures:
 * each connection sends a whole request, waits for the whole answer, and sends the next.
 */
import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { BODY, SIGNATURE, WEBHOOK_PATH } from './payload.ts'

export interface LoadOrder {
  readonly port: number
  readonly ms: number
  readonly connections: number
}

export interface LoadResult {
  /** 200 or 202. */
  readonly accepted: number
  readonly refused: number
  readonly perSecond: number
  readonly p99Ms: number
}

process.on('message', async (order: LoadOrder) => {
  process.send?.(await run(order))
})

async function run({ port, ms, connections }: LoadOrder): Promise<LoadResult> {
  const latencies: number[] = []
  let refused = 0
  const began = performance.now()
  const until = began + ms
  const one = async () => {
    const connection = await open(port)
    while (performance.now() < until) {
      const sent = performance.now()
      const status = await connection.send()
      latencies.push(performance.now() - sent)
      if (status !== 200 && status !== 202) refused++
    }
    connection.socket.destroy()
  }
  await Promise.all(Array.from({ length: connections }, one))
  const seconds = (performance.now() - began) / 1000
  latencies.sort((a, b) => a - b)
  const accepted = latencies.length - refused
  const p99Ms = latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN
  return { accepted, refused, perSecond: accepted / seconds, p99Ms }
}

interface Connection {
  readonly socket: Socket
  /** Sends one delivery, with an id of its own, and resolves with the status of the answer. */
  send(): Promise<number>
}

async function open(port: number): Promise<Connection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let answer = ''
  let settle: { resolve: (status: number) => void; reject: (error: Error) => void } | null = null
  const head = makeHead(randomUUID())
  const idAt = head.indexOf('x-github-delivery: ') + 'x-github-delivery: '.length
  const request = Buffer.concat([Buffer.from(head, 'latin1'), BODY])
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    answer += chunk
    if (!isWhole(answer)) return
    const status = Number(answer.slice(9, 12))
    answer = ''
    settle?.resolve(status)
  })
  socket.on('error', (error) => settle?.reject(error))
  socket.on('close', () => settle?.reject(new Error('the server closed the connection')))
  return {
    socket,
    send() {
      return new Promise((resolve, reject) => {
        settle = { resolve, reject }
        request.write(randomUUID(), idAt, 'latin1')
        socket.write(request)
      })
    },
  }
}

function makeHead(id: string): string {
  return [
    `POST ${WEBHOOK_PATH} HTTP/1.1`,
    'host: 127.0.0.1',
    'accept: */*',
    'user-agent: GitHub-Hookshot/bench',
    'content-type: application/json',
    `content-length: ${BODY.length}`,
    'x-github-event: pull_request',
    `x-github-delivery: ${id}`,
    `x-hub-signature-256: ${SIGNATURE}`,
    '\r\n',
  ].join('\r\n')
}

/** Both servers answer with a length or in chunks. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /content-length: (\d+)/i.exec(answer)?.[1]
  return length === undefined ? answer.endsWith('0\r\n\r\n') : answer.length >= end + 4 + Number(length)
}
