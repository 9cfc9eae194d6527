/**
 * Answers what commands ask about sweeps while this process alone has the store. Only this machine is answered, and only who knows
 * the webhook secret; nobody else is told why not.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { SweepStore } from '../ports/sweeps.ts'
import type { Clock } from '../ports.ts'
import { header, readBody } from './read-body.ts'
import { loadSweepFacts } from './sweep-facts.ts'
import {
  isSweepRequestSigned,
  MOST_AGE_MS,
  MOST_REQUEST_BYTES,
  SIGNATURE_HEADER,
  type SweepRequest,
  sweepRequest,
  type WatchedStanding,
} from './sweep-protocol.ts'
import type { SweepWatch } from './sweep-watch.ts'

export interface SweepRequestDeps {
  readonly secret: string
  readonly sweeps: SweepStore
  readonly watch: SweepWatch
  readonly clock: Clock
  readonly log: Logger
}

interface Answer {
  readonly status: number
  readonly body: string
}

const NOT_FOUND: Answer = { status: 404, body: 'Not found.\n' }
const REFUSED: Answer = { status: 401, body: 'Refused.\n' }
const TOO_LARGE: Answer = { status: 413, body: 'Too large.\n' }

export function makeSweepRequestReceiver(
  deps: SweepRequestDeps,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    receive(deps, request)
      .catch((error: unknown): Answer => {
        deps.log.error({ err: error }, 'a request about sweeps could not be answered')
        return { status: 500, body: 'The request could not be answered; see the log.\n' }
      })
      .then(({ status, body }) => {
        const type = status === 200 ? 'application/json' : 'text/plain; charset=utf-8'
        const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) }
        if (status !== 413) response.writeHead(status, headers).end(body)
        else response.writeHead(413, { ...headers, connection: 'close' }).end(body, () => request.destroy())
      })
  }
}

async function receive(deps: SweepRequestDeps, request: IncomingMessage): Promise<Answer> {
  const { remoteAddress, localAddress } = request.socket
  if (remoteAddress === undefined || remoteAddress !== localAddress) return NOT_FOUND
  const body = await readBody(request, MOST_REQUEST_BYTES)
  if (body === 'too large') return TOO_LARGE
  const signature = header(request, SIGNATURE_HEADER)
  if (body === 'cut short' || signature === null || !isSweepRequestSigned(body, signature, deps.secret)) return REFUSED
  const given = parseJson(body)
  const stamped = z.object({ at: z.number() }).safeParse(given)
  if (!stamped.success || Math.abs(deps.clock.now().getTime() - stamped.data.at) > MOST_AGE_MS) return REFUSED
  const asked = sweepRequest.safeParse(given)
  if (!asked.success) return { status: 400, body: `The request is not understood: ${z.prettifyError(asked.error)}\n` }
  return { status: 200, body: JSON.stringify(await answer(deps, asked.data)) }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}

async function answer({ sweeps, watch, clock }: SweepRequestDeps, request: SweepRequest): Promise<unknown> {
  switch (request.operation) {
    case 'list':
      return sweeps.list(request.filter)
    case 'get':
      return sweeps.get(request.id)
    case 'facts': {
      const facts = await loadSweepFacts(sweeps, request.repoId)
      const { workflowRunsInUse, previewedCommits } = facts
      return { ...facts, workflowRunsInUse: [...workflowRunsInUse], previewedCommits: [...previewedCommits] }
    }
    case 'manifests':
      return [...(await sweeps.manifests.load(request.digests))]
    case 'enqueue': {
      const { kind, subject } = request
      // The worker finds the repository by what is known of it, which may be nothing yet.
      if ((await sweeps.find(subject.repo.id)) === null) await sweeps.enqueueFollow(subject)
      await sweeps.enqueue(kind, subject.repo.id, clock.now())
      return null
    }
    case 'standing': {
      const standing = await sweeps.standing(request.kind, request.repoId)
      const watched = standing.sweeps.map((head) => ({ ...head, progress: watch.find(head.id) }))
      return { ...standing, sweeps: watched } satisfies WatchedStanding
    }
  }
}
