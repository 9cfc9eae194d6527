/** The running server as commands ask it about sweeps, while it alone has the store. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { SweepFacts } from '../../app/sweep-facts.ts'
import {
  MOST_DIGESTS,
  receiveReport,
  type SentReport,
  SIGNATURE_HEADER,
  SWEEP_REQUESTS_PATH,
  type SweepRequest,
  signSweepRequest,
  type WatchedStanding,
} from '../../app/sweep-protocol.ts'
import { UsageError } from '../../domain/errors.ts'
import type { ItemPush } from '../../domain/stale.ts'
import type { SweepKind, SweepReport } from '../../domain/sweep.ts'
import type { ManifestMemory, RememberedManifest, SweepSubject } from '../../ports/sweeps.ts'
import { readEnvironment } from '../environment.ts'
import type { SweepFilter } from './sweep-access.ts'

export interface SweepServer {
  list(filter: SweepFilter): Promise<SweepReport[]>
  get(id: string): Promise<SweepReport | null>
  facts(repoId: number): Promise<SweepFacts>
  /** Remembers nothing that it is given. */
  readonly manifests: ManifestMemory
  /** Has the server carry a sweep out as soon as it can. */
  enqueue(kind: SweepKind, subject: SweepSubject): Promise<void>
  standing(kind: SweepKind, repoId: number): Promise<WatchedStanding>
}

/** The server does not answer: it stopped, or something else has the data directory. */
export class NoAnswerError extends UsageError {}

/** A list of long reports takes its time. */
const TIMEOUT_MS = 60_000

/**
 * @param directory of the data, which the server has.
 * @throws {UsageError} when the environment does not say where the server is.
 */
export function connectSweepServer(env: NodeJS.ProcessEnv, directory: string): SweepServer {
  const { HOST, PORT, WEBHOOK_SECRET: secret } = readEnvironment(env)
  const inUse = `The data directory ${directory} is in use by another Signalbox`
  if (secret === '')
    throw new UsageError(`${inUse}, and what it is asked is signed with WEBHOOK_SECRET, which is not set here.`)
  if (PORT === 0)
    throw new UsageError(`${inUse}, and PORT is 0 here: set PORT to the port that the running server listens on.`)
  const origin = `http://${addressOf(HOST)}:${PORT}`
  const ask = async <Reply>(asked: SweepRequest): Promise<Reply> => {
    const body = JSON.stringify({ ...asked, at: Date.now() })
    const response = await send(`${origin}${SWEEP_REQUESTS_PATH}`, body, secret).catch((error: unknown) => {
      throw new NoAnswerError(
        `${inUse}, and ${origin} does not answer (${reasonOf(error)}). If a server has it, set HOST and PORT to what it listens on; if it is another command, wait until that is done.`,
      )
    })
    if (response.status !== 200) throw new UsageError(`${inUse}, but ${origin} ${describeRefusal(response)}`)
    return JSON.parse(response.text)
  }
  return {
    list: async (filter) => (await ask<SentReport[]>({ operation: 'list', filter })).map(receiveReport),
    async get(id) {
      const sent = await ask<SentReport | null>({ operation: 'get', id })
      return sent && receiveReport(sent)
    },
    async facts(repoId) {
      const sent = await ask<SentFacts>({ operation: 'facts', repoId })
      const { workflowRunsInUse, previewedCommits } = sent
      return {
        ...sent,
        workflowRunsInUse: new Set(workflowRunsInUse),
        previewedCommits: new Set(previewedCommits),
        pushes: sent.pushes.map((push) => ({ ...push, at: new Date(push.at) })),
      }
    },
    manifests: {
      async load(digests) {
        const known = new Map<string, RememberedManifest>()
        for (let start = 0; start < digests.length; start += MOST_DIGESTS) {
          const some = digests.slice(start, start + MOST_DIGESTS)
          const sent = await ask<[string, SentManifest][]>({ operation: 'manifests', digests: some })
          for (const [digest, { created, ...manifest }] of sent)
            known.set(digest, { ...manifest, created: typeof created === 'string' ? new Date(created) : created })
        }
        return known
      },
      save: async () => {},
    },
    async enqueue(kind, { repo, installationId }) {
      await ask<null>({ operation: 'enqueue', kind, subject: { repo, installationId } })
    },
    standing: (kind, repoId) => ask<WatchedStanding>({ operation: 'standing', kind, repoId }),
  }
}

interface SentFacts extends Omit<SweepFacts, 'workflowRunsInUse' | 'previewedCommits' | 'pushes'> {
  readonly workflowRunsInUse: readonly number[]
  readonly previewedCommits: readonly string[]
  readonly pushes: readonly (Omit<ItemPush, 'at'> & { readonly at: string })[]
}

interface SentManifest extends Omit<RememberedManifest, 'created'> {
  readonly created?: string | null
}

interface Response {
  readonly status: number
  readonly text: string
}

/** Not by `fetch`, which knows ports that it never asks. */
async function send(url: string, body: string, secret: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', [SIGNATURE_HEADER]: signSweepRequest(body, secret) }
  const asking = request(url, { method: 'POST', headers, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) })
  asking.end(body)
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  return { status: response.statusCode ?? 0, text: await text(response) }
}

/** Where a server that listens on this address is found on the same machine. */
function addressOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function describeRefusal({ status, text }: Response): string {
  switch (status) {
    case 401:
      return 'refuses the request: WEBHOOK_SECRET must be the one that it runs with, and its clock must agree with the one here to within five minutes.'
    case 400:
      return `does not understand the request: it must be of the same version as this command. ${text.trim()}`
    case 500:
      return 'could not answer; its log says why.'
    default:
      return `is not its server (${status}): set HOST and PORT to what that listens on.`
  }
}

/** An attempt at several addresses fails with one error for each, and no words of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
