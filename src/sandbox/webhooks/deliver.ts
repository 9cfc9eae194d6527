/** Webhooks out: signed, logged, timed out after 10 seconds and never sent again by themselves, as GitHub does it. */
import { createHmac, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { OutgoingDelivery } from '../faults.ts'
import type { JsonObject } from '../json.ts'
import { after, changed, nextId, pause, type World } from '../world.ts'

export interface Delivery {
  readonly id: number
  /** `X-GitHub-Delivery`; a redelivery keeps it. */
  readonly guid: string
  readonly event: string
  readonly action: string | null
  readonly redelivery: boolean
  readonly installationId: number | null
  readonly repositoryId: number | null
  readonly deliveredAt: Date
  readonly durationSeconds: number
  /** GitHub's word: `OK`, `timed out`, `failed to connect to host`, or the reply's reason. */
  readonly status: string
  readonly statusCode: number
  readonly requestHeaders: Readonly<Record<string, string>>
  /** The exact text that was signed and sent. */
  readonly body: string
  readonly responseHeaders: Readonly<Record<string, string>>
  readonly responseBody: string
}

export interface OutgoingEvent {
  readonly event: string
  readonly action: string | null
  readonly installationId: number | null
  readonly repositoryId: number | null
  readonly payload: JsonObject
}

type Outcome = Pick<Delivery, 'status' | 'statusCode' | 'responseHeaders' | 'responseBody'>

const HOOK_ID = 109_948_940
const agents = new WeakMap<World, Agent>()

/** One connection pool for each sandbox, so that a burst of webhooks costs no hundred handshakes. */
function agentOf(world: World): Agent {
  const known = agents.get(world)
  if (known !== undefined) return known
  const made = new Agent({ keepAlive: true, maxSockets: 64 })
  agents.set(world, made)
  return made
}

export function closeConnections(world: World): void {
  agents.get(world)?.destroy()
}

function sign(algorithm: 'sha1' | 'sha256', secret: string, body: string): string {
  return `${algorithm}=${createHmac(algorithm, secret).update(body).digest('hex')}`
}

function headersFor(world: World, guid: string, event: string, body: string): Record<string, string> {
  return {
    accept: '*/*',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'GitHub-Hookshot/5a4c3f1',
    'x-github-delivery': guid,
    'x-github-event': event,
    'x-github-hook-id': String(HOOK_ID),
    'x-github-hook-installation-target-id': String(world.app.id),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature': sign('sha1', world.webhook.secret, body),
    'x-hub-signature-256': sign('sha256', world.webhook.secret, body),
  }
}

/** One HTTP request; whatever goes wrong with it is an outcome, as in GitHub's log. */
function post(world: World, url: string, headers: Record<string, string>, body: string): Promise<Outcome> {
  const nothing = { responseHeaders: {}, responseBody: '' }
  return new Promise((resolve) => {
    const failed = (status: string, statusCode: number) => resolve({ ...nothing, status, statusCode })
    const outgoing = request(url, { method: 'POST', headers, agent: agentOf(world) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => failed('failed to connect to host', 502))
      response.on('end', () => {
        const statusCode = response.statusCode ?? 0
        const status =
          statusCode >= 200 && statusCode < 300 ? 'OK' : (response.statusMessage ?? 'Invalid HTTP Response')
        const responseHeaders = Object.fromEntries(Object.entries(response.headers).map(([k, v]) => [k, String(v)]))
        resolve({ status, statusCode, responseHeaders, responseBody: Buffer.concat(chunks).toString() })
      })
    })
    const timeoutMs = world.options.webhookTimeoutMs ?? 10_000
    const cancelTimeout = after(world, timeoutMs, () => {
      failed('timed out', 504)
      outgoing.destroy()
    })
    outgoing.on('error', () => failed('failed to connect to host', 502))
    outgoing.on('close', cancelTimeout)
    outgoing.end(body)
  })
}

type Letter = Pick<Delivery, 'guid' | 'event' | 'action' | 'installationId' | 'repositoryId' | 'body' | 'redelivery'>

async function attempt(world: World, letter: Letter, dropped: boolean): Promise<void> {
  const id = nextId(world, 'delivery')
  const requestHeaders = headersFor(world, letter.guid, letter.event, letter.body)
  const deliveredAt = world.now()
  const started = performance.now()
  const lost: Outcome = { status: 'timed out', statusCode: 504, responseHeaders: {}, responseBody: '' }
  const url = world.webhook.url
  const outcome = dropped || url === null ? lost : await post(world, url, requestHeaders, letter.body)
  const durationSeconds = Math.round(performance.now() - started) / 1000
  world.deliveries.push({ ...letter, id, deliveredAt, durationSeconds, requestHeaders, ...outcome })
}

/** The newest first among what waited in the same window. */
const windows = new WeakMap<World, (() => void)[]>()

function turnInWindow(world: World, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const waiting = windows.get(world)
    if (waiting !== undefined) {
      waiting.push(resolve)
      return
    }
    const opened = [resolve]
    windows.set(world, opened)
    after(world, ms, () => {
      windows.delete(world)
      // A pause between two of them, so that they also arrive in that order.
      opened.reverse().forEach((go, turn) => {
        after(world, turn * 5, go)
      })
    })
  })
}

async function deliver(world: World, letter: Letter): Promise<void> {
  const about: OutgoingDelivery = letter
  const faults = world.faults.onWebhooks()
  if (faults.vanish?.(about) === true) return
  if (faults.reorderWithinMs !== undefined) await turnInWindow(world, faults.reorderWithinMs)
  const delayMs = faults.delayMs?.(about) ?? 0
  if (delayMs > 0) await pause(world, delayMs)
  const copies = 1 + (faults.repeat?.(about) ?? 0)
  const dropped = faults.drop?.(about) === true
  await Promise.all(Array.from({ length: copies }, () => attempt(world, letter, dropped)))
}

function send(world: World, letter: Letter): void {
  if (world.stopped) return
  world.busy.deliveries++
  deliver(world, letter)
    .catch((error: unknown) => console.error(`The sandbox could not send ${letter.event}:`, error))
    .finally(() => {
      world.busy.deliveries--
      changed(world)
    })
}

/** Whether the app has a webhook and subscribes to the event; those about installations always come. */
export function isWanted(world: World, event: string): boolean {
  return world.webhook.url !== null && (event.startsWith('installation') || world.app.events.includes(event))
}

/** Sends an event to the app, if it wants it. */
export function emit(world: World, event: OutgoingEvent): void {
  if (!isWanted(world, event.event)) return
  const { payload, ...about } = event
  send(world, { ...about, guid: randomUUID(), body: JSON.stringify(payload), redelivery: false })
}

/** Sends a logged delivery again, under its old id. Returns whether there is such a delivery. */
export function redeliver(world: World, deliveryId: number): boolean {
  const known = world.deliveries.find((delivery) => delivery.id === deliveryId)
  if (known === undefined) return false
  const { guid, event, action, installationId, repositoryId, body } = known
  send(world, { guid, event, action, installationId, repositoryId, body, redelivery: true })
  return true
}
