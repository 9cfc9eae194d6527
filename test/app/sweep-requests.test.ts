/** What commands ask a running server about sweeps: who is answered, and what. Real HTTP, a real store. */
import { createHmac, hkdfSync } from 'node:crypto'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../src/adapters/store/open-store.ts'
import { type RunningServer, startServer } from '../../src/app/server.ts'
import { makeSweepWatch } from '../../src/app/sweep-watch.ts'
import type { SweepJournal } from '../../src/ports/sweeps.ts'
import type { Store } from '../../src/ports.ts'
import { makeSweepReport } from '../support/sweep-facts.ts'

const SECRET = 'a secret of the tests'
const PATH = '/api/signalbox/sweeps'
const MINUTE = 60_000
const REPO = { id: 7, nodeId: 'R_7', owner: 'acme', name: 'shop', defaultBranch: 'main' }
const SUBJECT = { repo: REPO, installationId: 3 }

const watch = makeSweepWatch()
const delivered: string[] = []
let store: Store
let server: RunningServer

function serve(sweepWatch: typeof watch | null): Promise<RunningServer> {
  return startServer({
    host: '0.0.0.0',
    port: 0,
    webhookPath: '/api/github/webhooks',
    webhookSecret: SECRET,
    sweepWatch,
    store: {
      ...store,
      deliveries: {
        ...store.deliveries,
        saveDeliveries: async (all) => void delivered.push(...all.map(({ id }) => id)),
      },
    },
    log: pino({ level: 'silent' }),
    isReady: () => true,
  })
}

beforeAll(async () => {
  store = await openStore({ databaseUrl: null, dataDirectory: null, onError: () => {} })
  server = await serve(watch)
})
afterAll(async () => {
  await server.stop()
  await store.close()
})

/** Written down once more, so that both sides cannot change together unseen. */
function sign(body: string, secret = SECRET): string {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'signalbox requests about sweeps, 1', 32))
  return `sha256=${createHmac('sha256', key).update(body).digest('hex')}`
}

function signWebhook(body: string): string {
  return `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`
}

interface Sending {
  readonly path?: string
  readonly method?: string
  readonly headers?: Record<string, string>
  /** From which address of this machine. */
  readonly from?: string
  readonly port?: number
}

function post(body: string, { path = PATH, method = 'POST', headers, from, port }: Sending = {}) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const sending = request(
      {
        host: '127.0.0.1',
        port: port ?? server.port,
        path,
        method,
        headers: headers ?? { 'x-signalbox-signature': sign(body) },
        ...(from === undefined ? {} : { localAddress: from }),
      },
      async (response) => resolve({ status: response.statusCode ?? 0, body: await text(response) }),
    )
    sending.on('error', reject)
    sending.end(body)
  })
}

const stamped = (asked: object, at = Date.now()) => JSON.stringify({ ...asked, at })
const LIST = { operation: 'list', filter: { limit: 10 } }

async function ask<Reply>(asked: object): Promise<Reply> {
  const { status, body } = await post(stamped(asked))
  if (status !== 200) throw new Error(`${status}: ${body}`)
  return JSON.parse(body)
}

describe('who is answered', () => {
  test('whoever signs with the secret, now', async () => {
    expect(await post(stamped(LIST))).toEqual({ status: 200, body: '[]' })
  })

  const now = stamped(LIST)
  const old = stamped(LIST, Date.now() - 6 * MINUTE)
  const early = stamped(LIST, Date.now() + 6 * MINUTE)
  const nothing = JSON.stringify(LIST)
  test.each<[string, string, Record<string, string>]>([
    ['another secret', now, { 'x-signalbox-signature': sign(now, 'another') }],
    ['no signature', now, {}],
    ['a signature of another length', now, { 'x-signalbox-signature': 'sha256=' }],
    ['the signature of another body', now, { 'x-signalbox-signature': sign(`${now} `) }],
    ["a webhook's signature", now, { 'x-signalbox-signature': signWebhook(now) }],
    ["a webhook's signature under its own name", now, { 'x-hub-signature-256': signWebhook(now) }],
    ['an old time stamp', old, { 'x-signalbox-signature': sign(old) }],
    ['a time stamp to come', early, { 'x-signalbox-signature': sign(early) }],
    ['no time stamp', nothing, { 'x-signalbox-signature': sign(nothing) }],
    ['no JSON', 'list', { 'x-signalbox-signature': sign('list') }],
  ])('refused without a reason: %s', async (_, body, headers) => {
    expect(await post(body, { headers })).toEqual({ status: 401, body: 'Refused.\n' })
  })

  test('the signature of such a request is none of a webhook', async () => {
    const body = stamped(LIST)
    const webhook = (signature: string, id: string) => ({
      path: '/api/github/webhooks',
      headers: { 'x-hub-signature-256': signature, 'x-github-event': 'push', 'x-github-delivery': id },
    })
    expect((await post(body, webhook(sign(body), 'replayed'))).status).toBe(401)
    expect((await post(body, webhook(signWebhook(body), 'genuine'))).status).toBe(202)
    expect(delivered).toEqual(['genuine'])
  })

  test('a body that is too large is not read', async () => {
    expect((await post(' '.repeat(65_537))).status).toBe(413)
    expect((await post('x', { headers: { 'content-length': '65537' } })).status).toBe(413)
    expect((await post(' '.repeat(65_537), { headers: { 'transfer-encoding': 'chunked' } })).status).toBe(413)
  })

  test('nobody on another machine', async () => {
    // To the server, a connection between two addresses.
    const signed = stamped(LIST)
    expect(await post(signed, { from: '127.0.0.2' })).toEqual({ status: 404, body: 'Not found.\n' })
    expect((await post(signed, { from: '127.0.0.1' })).status).toBe(200)
  })

  test('nothing but POST on this very path', async () => {
    expect((await post(stamped(LIST), { method: 'PUT' })).status).toBe(404)
    expect((await post(stamped(LIST), { path: `${PATH}/list` })).status).toBe(404)
  })

  test('nobody, where the store can be opened by others', async () => {
    const other = await serve(null)
    expect(await post(stamped(LIST), { port: other.port })).toEqual({ status: 404, body: 'Not found.\n' })
    await other.stop()
  })
})

test.each<[string, object]>([
  ['an operation that there is not', { operation: 'remove', id: 's1' }],
  ['no operation', {}],
  ['another kind', { operation: 'standing', kind: 'all', repoId: 7 }],
  ['no number', { operation: 'facts', repoId: '7' }],
  ['a list without a limit', { operation: 'list', filter: {} }],
  ['too many digests', { operation: 'manifests', digests: Array(501).fill('sha256:1') }],
  ['half a repository', { operation: 'enqueue', kind: 'stale', subject: { repo: { id: 7 }, installationId: 3 } }],
])('not understood: %s', async (_, asked) => {
  expect(await post(stamped(asked))).toEqual({
    status: 400,
    body: expect.stringMatching(/^The request is not understood: /),
  })
})

describe('what is answered', () => {
  let journal: SweepJournal

  test('what the store knows of manifests', async () => {
    const manifest = { mediaType: 'application/vnd.oci.image.index.v1+json', children: ['sha256:b'], subject: null }
    const created = '2026-05-01T10:00:00.000Z'
    await store.sweeps.manifests.save(new Map([['sha256:a', { ...manifest, size: 7, created: new Date(created) }]]))
    expect(await ask({ operation: 'manifests', digests: ['sha256:a', 'sha256:z'] })).toEqual([
      ['sha256:a', { ...manifest, size: 7, created }],
    ])
  })

  test('a sweep of a repository that nothing was known of is enqueued, whose facts are then known', async () => {
    const standing = { operation: 'standing', kind: 'stale', repoId: 7 }
    expect(await ask(standing)).toEqual({ isAwaited: false, sweeps: [] })
    expect(await ask({ operation: 'enqueue', kind: 'stale', subject: SUBJECT })).toBeNull()
    expect(await ask(standing)).toEqual({ isAwaited: true, sweeps: [] })
    expect(await ask({ ...standing, kind: 'runs' })).toEqual({ isAwaited: false, sweeps: [] })
    expect(await store.sweeps.find(7)).toMatchObject({ ...SUBJECT, trackingIssue: null })
    await store.sweeps.recordTrackingIssue(7, 44)
    const at = '2026-11-30T12:00:00.000Z'
    await store.sweeps.recordPush(7, { number: 5, by: 'rob', at: new Date(at) })
    const pushes = [{ number: 5, by: 'rob', at }]
    const facts = { workflowRunsInUse: [], previewedCommits: [], pushes, trackingIssue: 44 }
    expect(await ask({ operation: 'facts', repoId: 7 })).toEqual(facts)
  })

  test('how far a sweep is, without looks at single items', async () => {
    journal = await store.sweeps.open(SUBJECT, 'stale', null, new Date())
    await store.sweeps.open(SUBJECT, 'stale', '#12', new Date())
    const spent = { requests: 3, points: 2 }
    const watched = watch.start(journal.id, () => spent)
    const head = { id: journal.id, target: null, state: 'open' }
    const look = async () =>
      (await ask<{ sweeps: unknown[] }>({ operation: 'standing', kind: 'stale', repoId: 7 })).sweeps
    expect(await look()).toEqual([{ ...head, progress: { done: 0, of: null, spent } }])
    watched.tell({ done: 1, of: 2, spent })
    expect(await look()).toEqual([{ ...head, progress: { done: 1, of: 2, spent } }])
    watched.end()
    expect(await look()).toEqual([{ ...head, progress: null }])
  })

  test('reports, one and many', async () => {
    const report = makeSweepReport({
      id: journal.id,
      startedAt: journal.startedAt,
      decisions: [{ subject: '#1', do: ['mark'], reason: 'last active 60 days ago' }],
      outcomes: [{ subject: '#1', do: ['mark'], outcome: 'done', operations: 2, note: '' }],
      problems: ['One page was not read.'],
    })
    await journal.finish(report)
    const sent = JSON.parse(JSON.stringify(report))
    expect(await ask({ operation: 'get', id: journal.id })).toMatchObject(sent)
    expect(await ask({ operation: 'get', id: 'none' })).toBeNull()
    const filter = { limit: 5, kind: 'stale', repository: 'acme/shop' }
    expect(await ask({ operation: 'list', filter })).toContainEqual(sent)
    expect(await ask({ operation: 'list', filter: { ...filter, kind: 'runs' } })).toEqual([])
  })
})
