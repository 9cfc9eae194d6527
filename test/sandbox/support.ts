/** What the sandbox's tests share: clients, and an app that only receives. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { Octokit } from '@octokit/rest'
import { sampleRepository } from '../../src/sandbox/sample-repository.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'

export const OWNER = 'acme'
export const REPO = 'shop'
export const SHOP = { owner: OWNER, repo: REPO } as const
export const NAME = `${OWNER}/${REPO}`

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** A client of the app itself: `token` is a JSON web token. */
export function makeClient(sandbox: Sandbox, token?: string): Octokit {
  return new Octokit({ baseUrl: sandbox.baseUrl, log: SILENT, ...(token === undefined ? {} : { auth: token }) })
}

/** An app's JSON web token, made by hand so that tests can make bad ones. */
export async function makeAppToken(
  sandbox: Sandbox,
  claims: { iss?: string | number; iat?: number; exp?: number } = {},
  privateKey = sandbox.app.privateKey,
): Promise<string> {
  const { SignJWT } = await import('jose')
  const { createPrivateKey } = await import('node:crypto')
  const now = Math.floor(Date.now() / 1000)
  const payload = { iat: now - 30, exp: now + 300, ...claims, iss: String(claims.iss ?? sandbox.app.id) }
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256' }).sign(createPrivateKey(privateKey))
}

export async function appClient(sandbox: Sandbox): Promise<Octokit> {
  return makeClient(sandbox, await makeAppToken(sandbox))
}

/** A client with a token for the first installation, for less than all if `narrow` says so. */
export async function installationClient(
  sandbox: Sandbox,
  narrow: { repositories?: string[]; permissions?: Record<string, 'read' | 'write'> } = {},
): Promise<Octokit> {
  const installation = sandbox.state.installations[0]
  if (installation === undefined) throw new Error('The app is not installed anywhere')
  const app = await appClient(sandbox)
  const { data } = await app.rest.apps.createInstallationAccessToken({ installation_id: installation.id, ...narrow })
  return makeClient(sandbox, data.token)
}

/** A sandbox with the sample repository in it, and a client for it. */
export async function startShop(options: SandboxOptions = {}): Promise<{ sandbox: Sandbox; octokit: Octokit }> {
  const sandbox = await startSandbox(options)
  sandbox.createRepository({ owner: OWNER, name: REPO, files: sampleRepository() })
  return { sandbox, octokit: await installationClient(sandbox) }
}

export function tip(sandbox: Sandbox, branch = 'main', repo = NAME): string {
  const sha = sandbox.state.repository(repo).refs.get(`refs/heads/${branch}`)
  if (sha === undefined) throw new Error(`No branch ${branch}`)
  return sha
}

export interface Received {
  readonly event: string
  readonly action: string | undefined
  readonly guid: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly payload: Record<string, unknown>
}

export interface Receiver {
  readonly url: string
  readonly received: Received[]
  /** Answers the next requests so; `null`: never. */
  answer: { status: number } | null
  /** `event` or `event.action`, in the order of arrival. */
  names(): string[]
  stop(): Promise<void>
}

/** An app that only writes down what it is sent. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const text = Buffer.concat(chunks).toString()
    const payload = JSON.parse(text)
    const event = String(request.headers['x-github-event'])
    const guid = String(request.headers['x-github-delivery'])
    received.push({ event, action: payload.action, guid, headers: request.headers, text, payload })
    if (receiver.answer === null) return
    response.writeHead(receiver.answer.status).end('thanks')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/api/github/webhooks`,
    received,
    answer: { status: 202 },
    names: () => received.map(({ event, action }) => (action === undefined ? event : `${event}.${action}`)),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return receiver
}
