/**
 * GitHub's part in a test of the adapter, played by nock, with the adapter connected to it as the app connects it:
 * Probot, its plugins, our limits and time-outs. What is said on either side is held against GitHub's description.
 */
import { generateKeyPairSync } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import nock from 'nock'
import { pino } from 'pino'
import { createProbot, type Probot } from 'probot'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { connectApp } from '../../src/adapters/github/github.ts'
import { fetchWithTimeout, SignalboxOctokit } from '../../src/adapters/github/octokit.ts'
import type { GitHub, GitHubApp } from '../../src/ports.ts'
import { type Exchange, GitHubDescription } from './openapi.ts'

export const APP_ID = 4711
export const INSTALLATION_ID = 9
/** What no message may hold. */
export const TOKEN = 'ghs_thisIsTheTokenOfTheInstallation00000'

export interface ScriptedReply {
  readonly status?: number
  /** Undefined: no body. */
  readonly body?: unknown
  /** A body that is not JSON, as proxies send; it is held against nothing. */
  readonly text?: string
  readonly headers?: Record<string, string>
  /** What the request's query must hold, among others. */
  readonly query?: Record<string, string>
  readonly delayMs?: number
  readonly times?: number
  /** GitHub does not answer: the connection breaks with these words. */
  readonly cut?: string
}

const API = 'https://api.github.com'
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

export class DescribedGitHub {
  readonly description = new GitHubDescription()
  /** What was asked, but for tokens, whether or not there was an answer to it. */
  requests: Omit<Exchange, 'status' | 'replyBody'>[] = []
  #faults: string[] = []
  readonly #allowed: string[] = []

  /** Only what is scripted is answered; anything else breaks like a network. */
  start(): void {
    nock.disableNetConnect()
    nock.emitter.on('no match', this.#onNoMatch)
  }

  stop(): void {
    nock.emitter.off('no match', this.#onNoMatch)
    nock.cleanAll()
    nock.enableNetConnect()
  }

  /** Another server, `host:port`, that is there and answers for itself. */
  allow(host: string): void {
    this.#allowed.push(host)
    nock.enableNetConnect((asked) => this.#allowed.includes(asked))
  }

  readonly #onNoMatch = ({ method, url }: Request) => {
    if (this.#allowed.includes(new URL(url).host)) return
    this.#faults.push(`${method} ${url} was not expected`)
  }

  async connectApp(): Promise<GitHubApp> {
    return connectApp(await this.makeProbot(), APP_ID)
  }

  makeProbot(): Promise<Probot> {
    const env = {
      APP_ID: String(APP_ID),
      PRIVATE_KEY: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
      WEBHOOK_SECRET: 'unused here',
    }
    const overrides = {
      log: pino({ level: 'silent' }),
      Octokit: SignalboxOctokit,
      request: { fetch: fetchWithTimeout },
    }
    return createProbot({ env, overrides }).ready()
  }

  async connectInstallation(): Promise<GitHub> {
    const app = await this.connectApp()
    this.answerToken()
    return app.forInstallation(INSTALLATION_ID)
  }

  answerToken(): void {
    const body = {
      ...this.description.example('POST /app/installations/{installation_id}/access_tokens', 201),
      token: TOKEN,
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    }
    this.answer('POST', `/app/installations/${INSTALLATION_ID}/access_tokens`, { status: 201, body })
  }

  /** What is asked for needs no token after all. */
  forgetToken(): void {
    nock.cleanAll()
  }

  answer(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, reply: ScriptedReply): void {
    const { status = 200, query = {} } = reply
    const interceptor = nock(API)
      .intercept((uri) => {
        const url = new URL(uri, API)
        return (
          url.pathname === path && Object.entries(query).every(([key, value]) => url.searchParams.get(key) === value)
        )
      }, method)
      .times(reply.times ?? 1)
    if (reply.cut !== undefined) {
      interceptor.replyWithError(Object.assign(new Error(reply.cut), { code: 'ECONNRESET' }))
      return
    }
    interceptor.reply(async (request: Request) => {
      const text = await request.text()
      await setTimeout(reply.delayMs ?? 0)
      const asked = {
        method,
        path,
        query: Object.fromEntries(new URL(request.url).searchParams),
        requestBody: text === '' ? undefined : JSON.parse(text),
      }
      if (!path.endsWith('/access_tokens')) this.requests.push(asked)
      if (reply.text !== undefined) return [status, reply.text, { 'content-type': 'text/html', ...reply.headers }]
      this.#faults.push(...this.description.faultsOf({ ...asked, status, replyBody: reply.body }))
      const json = reply.body === undefined ? {} : { 'content-type': 'application/json' }
      return [status, reply.body === undefined ? '' : JSON.stringify(reply.body), { ...json, ...reply.headers }]
    })
  }

  /** Throws unless all that was scripted was asked for, and nothing else, as GitHub describes it. Forgets it all. */
  verify(): void {
    const faults = [...this.#faults, ...nock.pendingMocks().map((mock) => `${mock} was not asked for`)]
    this.#faults = []
    this.requests = []
    nock.cleanAll()
    if (faults.length > 0) throw new Error(faults.join('\n'))
  }
}

/** GitHub's part in the tests of a file, and the adapter as one installation, connected anew for each of them. */
export function useDescribedGitHub(): { readonly api: DescribedGitHub; readonly github: GitHub } {
  const { api, port } = useDescribed((described) => described.connectInstallation())
  return { api, github: port }
}

/** The same for a port that is connected by itself. */
export function useDescribedPort<Port extends object>(
  connect: (octokit: Awaited<ReturnType<Probot['auth']>>) => Port,
): DescribedPort<Port> {
  return useDescribed(async (api) => {
    const probot = await api.makeProbot()
    api.answerToken()
    return connect(await probot.auth(INSTALLATION_ID))
  })
}

interface DescribedPort<Port> {
  readonly api: DescribedGitHub
  readonly port: Port
}

function useDescribed<Port extends object>(connect: (api: DescribedGitHub) => Promise<Port>): DescribedPort<Port> {
  const api = new DescribedGitHub()
  let connected: Port | null = null
  beforeAll(() => api.start())
  beforeEach(async () => {
    connected = await connect(api)
  })
  afterEach(() => api.verify())
  afterAll(() => api.stop())
  const port = new Proxy({} as Port, { get: (_, name) => Reflect.get(connected ?? {}, name) })
  return { api, port }
}

/** Of all pages. */
export async function allOf<Value>(pages: AsyncIterable<readonly Value[]>): Promise<Value[]> {
  const found: Value[] = []
  for await (const page of pages) found.push(...page)
  return found
}

/** A refusal, as GitHub words it. */
export function failing(status: number, message: string): ScriptedReply {
  return { status, body: { message, documentation_url: 'https://docs.github.com/rest' } }
}

export const NOT_FOUND = failing(404, 'Not Found')
