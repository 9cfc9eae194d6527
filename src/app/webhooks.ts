/**
 * Takes in webhooks: verifies the raw bytes, commits the delivery, answers. Nothing else happens in the request, and
 * nothing is acknowledged that is not committed.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { isEcho, isHandled } from '../domain/read-event.ts'
import type { Delivery, DeliveryStore } from '../ports.ts'
import { GroupCommit } from './group-commit.ts'
import type { Metrics } from './metrics.ts'
import { header, readBody } from './read-body.ts'

/** GitHub delivers nothing larger. */
export const MAX_BODY_BYTES = 25 * 1024 * 1024
/** While one commit waits for the disk, the next is prepared; small ones are not worth it. */
const GROUPS = { most: 128, atOnce: 2, overlapFrom: 16 } as const
/** The longest that a sender waits for the store: GitHub gives up after ten seconds. */
const COMMIT_TIMEOUT_MS = 8_000

export interface WebhookDeps {
  readonly secret: string
  readonly deliveries: DeliveryStore
  readonly metrics: Metrics
  readonly log: Logger
}

interface Answer {
  readonly status: number
  readonly message: string
  readonly result: 'accepted' | 'ignored' | 'refused' | 'unavailable'
}

export function makeWebhookReceiver(deps: WebhookDeps): (request: IncomingMessage, response: ServerResponse) => void {
  const commits = new GroupCommit<Delivery>(async (group) => {
    deps.metrics.batch.observe(group.length)
    await within(COMMIT_TIMEOUT_MS, deps.deliveries.saveDeliveries(group))
  }, GROUPS)
  return (request, response) => {
    receive(deps, commits, request)
      .catch((error: unknown): Answer => {
        deps.log.error({ err: error }, 'a webhook could not be taken in')
        return unavailable
      })
      .then((answer) => reply(deps, request, response, answer))
  }
}

const unavailable: Answer = {
  status: 503,
  result: 'unavailable',
  message: 'The delivery could not be stored. GitHub shows it as failed; redeliver it when Signalbox is well again.',
}

async function receive(deps: WebhookDeps, commits: GroupCommit<Delivery>, request: IncomingMessage): Promise<Answer> {
  const body = await readBody(request, MAX_BODY_BYTES)
  if (body === 'too large') return refuse(413, `The body is larger than ${MAX_BODY_BYTES} bytes.`)
  if (body === 'cut short') return refuse(400, 'The body ended early.')
  const signature = header(request, 'x-hub-signature-256')
  if (signature === null)
    return refuse(
      401,
      'The request has no X-Hub-Signature-256. Set a webhook secret in the settings of the GitHub App.',
    )
  if (!isSigned(body, signature, deps.secret))
    return refuse(
      401,
      'The signature does not match. WEBHOOK_SECRET must be the secret in the settings of the GitHub App.',
    )
  const id = header(request, 'x-github-delivery')
  const event = header(request, 'x-github-event')
  if (id === null || !/^[\w-]{1,100}$/.test(id)) return refuse(400, 'The request has no usable X-GitHub-Delivery.')
  if (event === null || !/^[a-z_]{1,60}$/.test(event)) return refuse(400, 'The request has no usable X-GitHub-Event.')
  const payload = parseObject(body)
  if (payload === null)
    return refuse(400, 'The body is not a JSON object. Set the content type of the webhook to application/json.')
  const action = typeof payload.action === 'string' ? payload.action : null
  if (!isHandled(event, action))
    return { status: 202, result: 'ignored', message: `Signalbox does not handle ${event}.` }
  if (isEcho(event, payload)) return { status: 202, result: 'ignored', message: 'Signalbox did this itself.' }
  try {
    await commits.add({ id, event, body })
  } catch (error) {
    deps.log.error({ err: error, delivery: id, event }, 'the store did not commit the delivery')
    return unavailable
  }
  return { status: 202, result: 'accepted', message: 'Accepted.' }
}

function refuse(status: number, message: string): Answer {
  return { status, message, result: 'refused' }
}

function reply(deps: WebhookDeps, request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  // Whatever a stranger calls an event must not become a label of its own.
  const event = answer.result === 'accepted' ? (header(request, 'x-github-event') ?? 'unknown') : 'other'
  deps.metrics.webhooks.inc({ event, result: answer.result })
  if (answer.result === 'refused') deps.log.warn({ status: answer.status }, answer.message)
  const text = `${answer.message}\n`
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) }
  if (answer.status !== 413) response.writeHead(answer.status, headers).end(text)
  else response.writeHead(413, { ...headers, connection: 'close' }).end(text, () => request.destroy())
}

function isSigned(body: Buffer, signature: string, secret: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`)
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function parseObject(body: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the store did not answer within ${ms} ms`)), ms)
  })
  try {
    await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
