import { createHmac, randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../src/adapters/store/open-store.ts'
import { type RunningServer, startServer } from '../../src/app/server.ts'
import { MAX_BODY_BYTES } from '../../src/app/webhooks.ts'
import { isHandled } from '../../src/domain/read-event.ts'
import type { Delivery, DeliveryStore, Store } from '../../src/ports.ts'
import { startPostgres } from '../support/postgres.ts'

const SECRET = 'a secret of the tests'
const PATH = '/api/github/webhooks'
const examples: { name: string; examples: Record<string, unknown>[] }[] = createRequire(import.meta.url)(
  '@octokit/webhooks-examples',
)
const HANDLED = examples.flatMap(({ name, examples: payloads }) =>
  payloads
    .filter((payload) => isHandled(name, typeof payload.action === 'string' ? payload.action : null))
    .map((payload, index): [string, Record<string, unknown>] => [`${name} ${payload.action ?? ''} ${index}`, payload]),
)

let store: Store
let server: RunningServer
let ready = true

function serve(of: Store): Promise<RunningServer> {
  return startServer({
    host: '127.0.0.1',
    port: 0,
    webhookPath: PATH,
    webhookSecret: SECRET,
    sweepWatch: null,
    store: of,
    log: pino({ level: 'silent' }),
    isReady: () => ready,
  })
}

beforeAll(async () => {
  store = await openStore({ databaseUrl: null, dataDirectory: null, onError: () => {} })
  server = await serve(store)
})
afterAll(async () => {
  await server.stop()
  await store.close()
})

function sign(body: string | Uint8Array, secret = SECRET): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

const PUSH = JSON.stringify({ ref: 'refs/heads/main', text: 'größer als 😀', escaped: '\\u0041\\/' })

interface Sending {
  readonly id?: string
  readonly event?: string
  readonly body?: string | Uint8Array
  readonly headers?: Record<string, string>
  readonly port?: number
}

/** A webhook as GitHub sends it, with other headers where a test names them; `''` leaves one out. */
async function send({
  id = randomUUID(),
  event = 'push',
  body = PUSH,
  headers = {},
  port = server.port,
}: Sending = {}) {
  const all = {
    'content-type': 'application/json',
    'x-github-delivery': id,
    'x-github-event': event,
    'x-hub-signature-256': sign(body),
    ...headers,
  }
  const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
  const reply = await fetch(`http://127.0.0.1:${port}${PATH}`, {
    method: 'POST',
    headers: sent,
    body: Buffer.from(body),
  })
  return { id, status: reply.status, text: await reply.text() }
}

async function get(path: string, port = server.port) {
  const reply = await fetch(`http://127.0.0.1:${port}${path}`)
  return { status: reply.status, text: await reply.text() }
}

const stateOf = async (id: string) => (await store.deliveries.loadDelivery(id))?.state ?? 'not stored'

describe('a webhook', () => {
  test('is committed when it is acknowledged, to the byte', async () => {
    const { id, status } = await send()
    const delivery = await store.deliveries.loadDelivery(id)
    expect(status).toBe(202)
    expect(delivery).toMatchObject({ event: 'push', state: 'received' })
    expect(Buffer.from(delivery?.body ?? []).equals(Buffer.from(PUSH))).toBe(true)
  })

  test.each(HANDLED)('recorded at GitHub passes the edge: %s', async (name, payload) => {
    const body = JSON.stringify(payload)
    const { id, status } = await send({ event: name.split(' ')[0] ?? '', body })
    expect(status).toBe(202)
    expect(Buffer.from((await store.deliveries.loadDelivery(id))?.body ?? []).toString()).toBe(body)
  })

  test('what it did itself is not kept, what another app did is', async () => {
    const completed = (externalId: string) =>
      JSON.stringify({ action: 'completed', check_run: { external_id: externalId }, repository: {} })
    const own = await send({ event: 'check_run', body: completed('rabcdefghjkmn2-3') })
    expect([own.status, own.text]).toEqual([202, 'Signalbox did this itself.\n'])
    expect(await store.deliveries.loadDelivery(own.id)).toBeNull()
    const other = await send({ event: 'check_run', body: completed('build 7') })
    expect(await store.deliveries.loadDelivery(other.id)).not.toBeNull()
  })

  const sha1 = `sha1=${createHmac('sha1', SECRET).update(PUSH).digest('hex')}`
  const REFUSED: [string, Sending, number, string][] = [
    ['without a signature', { headers: { 'x-hub-signature-256': '' } }, 401, 'The request has no X-Hub-Signature-256.'],
    [
      'signed by SHA-1 only',
      { headers: { 'x-hub-signature-256': '', 'x-hub-signature': sha1 } },
      401,
      'The request has no X-Hub-Signature-256.',
    ],
    [
      'signed with another secret',
      { headers: { 'x-hub-signature-256': sign(PUSH, 'other') } },
      401,
      'The signature does not match.',
    ],
    [
      'with half a signature',
      { headers: { 'x-hub-signature-256': sign(PUSH).slice(0, 40) } },
      401,
      'The signature does not match.',
    ],
    [
      'with the signature of another body',
      { headers: { 'x-hub-signature-256': sign('{}') } },
      401,
      'The signature does not match.',
    ],
    ['that is not JSON', { body: 'payload=%7B%7D' }, 400, 'The body is not a JSON object.'],
    ['that is JSON cut short', { body: '{"a": [1, 2' }, 400, 'The body is not a JSON object.'],
    ['that is a JSON list', { body: '[]' }, 400, 'The body is not a JSON object.'],
    ['that is JSON null', { body: 'null' }, 400, 'The body is not a JSON object.'],
    ['without a body', { body: '' }, 400, 'The body is not a JSON object.'],
    [
      'without a delivery id',
      { headers: { 'x-github-delivery': '' } },
      400,
      'The request has no usable X-GitHub-Delivery.',
    ],
    [
      'with a hostile delivery id',
      { headers: { 'x-github-delivery': "'; drop table deliveries; --" } },
      400,
      'The request has no usable X-GitHub-Delivery.',
    ],
    [
      'with an endless delivery id',
      { headers: { 'x-github-delivery': 'a'.repeat(101) } },
      400,
      'The request has no usable X-GitHub-Delivery.',
    ],
    ['without an event', { headers: { 'x-github-event': '' } }, 400, 'The request has no usable X-GitHub-Event.'],
    [
      'with a hostile event',
      { headers: { 'x-github-event': '../push' } },
      400,
      'The request has no usable X-GitHub-Event.',
    ],
  ]
  test.each(REFUSED)('%s is refused, and nothing is stored', async (_name, sending, status, words) => {
    const answer = await send(sending)
    expect([answer.status, answer.text.startsWith(words)]).toEqual([status, true])
    expect(await stateOf(answer.id)).toBe('not stored')
  })

  test('over 25 MB is refused by its announced size, before it is read', async () => {
    const reply = await raw(`POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: ${MAX_BODY_BYTES + 1}\r\n\r\n`)
    expect(reply).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('over 25 MB is refused when it grows too large without having said so', async () => {
    const chunk = `${(1024 * 1024).toString(16)}\r\n${'x'.repeat(1024 * 1024)}\r\n`
    const reply = await raw(
      `POST ${PATH} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(26)}0\r\n\r\n`,
    )
    expect(reply).toMatch(/^HTTP\/1\.1 413 /)
  })

  const UNHANDLED: [string, string][] = [
    ['star', '{"action":"created"}'],
    ['ping', '{"zen":"x"}'],
    ['pull_request', '{"action":"locked"}'],
    ['check_run', '{"action":"created"}'],
    ['constructor', '{}'],
  ]
  test.each(UNHANDLED)(
    'of an event that means nothing is acknowledged and only counted: %s %s',
    async (event, body) => {
      const counted = async () =>
        Number(
          /signalbox_webhooks_total\{event="other",result="ignored"\} (\d+)/.exec((await get('/metrics')).text)?.[1] ??
            0,
        )
      const before = await counted()
      const { id, status } = await send({ event, body })
      expect(status).toBe(202)
      expect(await stateOf(id)).toBe('not stored')
      expect(await counted()).toBe(before + 1)
    },
  )

  test('that is repeated ten times at once is one delivery', async () => {
    const id = randomUUID()
    const answers = await Promise.all(Array.from({ length: 10 }, () => send({ id })))
    expect(answers.map((answer) => answer.status)).toEqual(Array(10).fill(202))
    expect(await stateOf(id)).toBe('received')
  })

  test('that was finished stays finished; one that failed is let in again', async () => {
    const { id } = await send()
    await store.deliveries.finishDelivery(id, { state: 'failed', note: 'x' })
    await send({ id })
    expect(await stateOf(id)).toBe('received')
    await store.deliveries.finishDelivery(id, { state: 'done', note: null })
    expect((await send({ id })).status).toBe(202)
    expect(await stateOf(id)).toBe('done')
  })

  test('of a burst shares its commit with others', async () => {
    const commits = async () =>
      Number(/signalbox_delivery_batch_size_count (\d+)/.exec((await get('/metrics')).text)?.[1] ?? 0)
    const before = await commits()
    const answers = await Promise.all(Array.from({ length: 200 }, () => send()))
    expect(answers.every((answer) => answer.status === 202)).toBe(true)
    expect((await commits()) - before).toBeLessThan(200)
    for (const { id } of answers) expect(await stateOf(id)).toBe('received')
  })
})

/** Sends bytes as they are, and resolves with the first that come back. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text))
    let answered = false
    socket.once('data', (data) => {
      answered = true
      resolve(data.toString())
      socket.destroy()
    })
    // The server closes on a sender that is still sending.
    socket.on('error', (error) => (answered ? undefined : reject(error)))
  })
}

describe('without the store', () => {
  test('nothing is acknowledged, and what comes when it is back is', async () => {
    let down = true
    const deliveries: DeliveryStore = {
      ...store.deliveries,
      async saveDeliveries(batch: readonly Delivery[]) {
        if (down) throw new Error('the database is away')
        await store.deliveries.saveDeliveries(batch)
      },
    }
    const other = await serve({ ...store, deliveries })
    const refused = await send({ port: other.port })
    expect([refused.status, refused.text]).toEqual([503, expect.stringContaining('could not be stored')])
    down = false
    expect((await send({ port: other.port, id: refused.id })).status).toBe(202)
    expect(await stateOf(refused.id)).toBe('received')
    await other.stop()
  })

  test('a PostgreSQL server that goes away: 503, and not ready, until it is back', async () => {
    const postgres = await startPostgres()
    const away = await openStore({
      databaseUrl: await postgres.createDatabase('away'),
      dataDirectory: null,
      onError: () => {},
    })
    const other = await serve(away)
    expect((await send({ port: other.port })).status).toBe(202)
    expect((await get('/readyz', other.port)).status).toBe(200)
    await postgres.halt()
    const refused = await send({ port: other.port })
    expect(refused.status).toBe(503)
    expect(await get('/readyz', other.port)).toMatchObject({
      status: 503,
      text: expect.stringContaining('does not answer'),
    })
    expect((await get('/healthz', other.port)).status).toBe(200)
    await postgres.resume()
    expect((await send({ port: other.port, id: refused.id })).status).toBe(202)
    expect((await get('/readyz', other.port)).status).toBe(200)
    expect((await away.deliveries.loadDelivery(refused.id))?.state).toBe('received')
    await other.stop()
    await away.close()
    await postgres.stop()
  })
})

describe('pages', () => {
  test('health, readiness, metrics', async () => {
    expect(await get('/healthz')).toEqual({ status: 200, text: 'ok\n' })
    expect(await get('/readyz')).toEqual({ status: 200, text: 'ready\n' })
    ready = false
    expect(await get('/readyz')).toEqual({ status: 503, text: 'stopping\n' })
    ready = true
    const { status, text } = await get('/metrics')
    expect(status).toBe(200)
    expect(text).toContain('# TYPE signalbox_webhooks_total counter')
    expect(text).toContain('process_cpu_seconds_total')
  })

  test('nothing else', async () => {
    expect((await get(PATH)).status).toBe(404)
    expect((await get('/etc/passwd')).status).toBe(404)
    expect((await get('/')).text).toContain(PATH)
  })
})
