/**
 * What commands and a running server say to each other about sweeps, while the server alone has the store: JSON in both directions,
 * signed by whoever knows the webhook secret.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { SWEEP_KINDS, type SweepReport } from '../domain/sweep.ts'
import type { SweepHead, SweepStanding } from '../ports/sweeps.ts'
import type { WatchedProgress } from './sweep-watch.ts'

export const SWEEP_REQUESTS_PATH = '/api/signalbox/sweeps'
export const SIGNATURE_HEADER = 'x-signalbox-signature'
export const MOST_REQUEST_BYTES = 64 * 1024
/** Digests of one request; each is 71 bytes. */
export const MOST_DIGESTS = 500
/** How far the time stamp of a request may be from the server's time. */
export const MOST_AGE_MS = 5 * 60_000

const kind = z.enum(SWEEP_KINDS)
const id = z.int().min(1)
const text = z.string().min(1).max(300)
const repo = z.object({ id, nodeId: text, owner: text, name: text, defaultBranch: text })
const filter = z.object({
  repoId: id.exactOptional(),
  repository: text.exactOptional(),
  kind: kind.exactOptional(),
  items: z.boolean().exactOptional(),
  limit: z.int().min(1),
})

export const sweepRequest = z.discriminatedUnion('operation', [
  z.object({ operation: z.literal('list'), filter }),
  z.object({ operation: z.literal('get'), id: text }),
  z.object({ operation: z.literal('facts'), repoId: id }),
  z.object({ operation: z.literal('manifests'), digests: z.array(text).max(MOST_DIGESTS) }),
  z.object({ operation: z.literal('enqueue'), kind, subject: z.object({ repo, installationId: id }) }),
  z.object({ operation: z.literal('standing'), kind, repoId: id }),
])

export type SweepRequest = z.infer<typeof sweepRequest>

/** @param body JSON of a request, with the time `at` in milliseconds. */
export function signSweepRequest(body: Uint8Array | string, secret: string): string {
  return `sha256=${createHmac('sha256', keyOf(secret)).update(body).digest('hex')}`
}

export function isSweepRequestSigned(body: Uint8Array, signature: string, secret: string): boolean {
  const expected = Buffer.from(signSweepRequest(body, secret))
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** A key of its own: the signature of a webhook is none of such a request, nor the other way round, whatever is in them. */
function keyOf(secret: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', 'signalbox requests about sweeps, 1', 32))
}

export interface WatchedHead extends SweepHead {
  /** Null: it is not at work in the server. */
  readonly progress: WatchedProgress | null
}

export interface WatchedStanding extends SweepStanding {
  readonly sweeps: readonly WatchedHead[]
}

/** A report whose dates are text. */
export type SentReport = Omit<SweepReport, 'startedAt' | 'endedAt'> & {
  readonly startedAt: string
  readonly endedAt: string | null
}

export function receiveReport(sent: SentReport): SweepReport {
  const { startedAt, endedAt } = sent
  return { ...sent, startedAt: new Date(startedAt), endedAt: endedAt === null ? null : new Date(endedAt) }
}
