/**
 * A token service for a real registry, as GHCR and Docker Hub have theirs: signs what it grants with a key whose
 * certificate the registry knows. Stateful: it keeps what it was asked.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, createPublicKey, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importPKCS8, SignJWT } from 'jose'
import type { TokenAuth } from './registry.ts'

/** Why there can be none, to be printed; null: there can. */
export const tokenServiceMissing: string | null =
  spawnSync('openssl', ['version']).status === 0
    ? null
    : 'openssl, which makes the certificate, is not there; install the package openssl'

export const PORTER = { username: 'porter', password: 'correct horse' } as const
/** Takes the place of a password where an identity token is asked for. */
export const REFRESH_TOKEN = 'refresh-me'

export interface TokenRequest {
  readonly method: string
  /** Empty: nobody. */
  readonly username: string
  readonly scopes: readonly string[]
  readonly service: string
}

export interface TokenService {
  /** For the registry's configuration. */
  readonly auth: TokenAuth
  readonly requests: TokenRequest[]
  stop(): Promise<void>
}

const SERVICE = 'test registry'
const ISSUER = 'test issuer'

/** Anybody may pull from `public/…`; the porter may do everything. */
export async function startTokenService(lifeSeconds = 300): Promise<TokenService> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-token-'))
  const [keyFile, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')]
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'].concat([
      '-subj',
      '/CN=signalbox test',
      '-keyout',
      keyFile,
      '-out',
      certificate,
    ]),
    { stdio: 'ignore' },
  )
  const key = await importPKCS8(await readFile(keyFile, 'utf8'), 'ES256')
  const kid = keyIdOf(await readFile(certificate, 'utf8'))
  const requests: TokenRequest[] = []
  const server = createServer(async (request, response) => {
    const asked = await readRequest(request)
    if (asked === null) return void response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED"}]}')
    requests.push(asked)
    const token = await new SignJWT({ access: asked.scopes.flatMap((scope) => granted(scope, asked.username)) })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid })
      .setIssuer(ISSUER)
      .setSubject(asked.username)
      .setAudience(asked.service)
      .setJti(randomUUID())
      .setIssuedAt()
      .setNotBefore('-10s')
      .setExpirationTime(`${lifeSeconds}s`)
      .sign(key)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ token, expires_in: lifeSeconds }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    auth: { kind: 'token', realm: `http://127.0.0.1:${port}/token`, service: SERVICE, issuer: ISSUER, certificate },
    requests,
    async stop() {
      server.closeAllConnections()
      server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Null: the credentials are wrong. */
async function readRequest(request: IncomingMessage): Promise<TokenRequest | null> {
  const url = new URL(request.url ?? '', 'http://token')
  const method = request.method ?? ''
  if (method === 'POST') {
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString())
    if (form.get('grant_type') !== 'refresh_token' || form.get('refresh_token') !== REFRESH_TOKEN) return null
    const scopes = (form.get('scope') ?? '').split(' ')
    return { method, username: PORTER.username, scopes, service: form.get('service') ?? '' }
  }
  const scopes = url.searchParams.getAll('scope')
  const service = url.searchParams.get('service') ?? ''
  const header = request.headers.authorization
  if (header === undefined) return { method, username: '', scopes, service }
  const known = `Basic ${Buffer.from(`${PORTER.username}:${PORTER.password}`).toString('base64')}`
  return header === known ? { method, username: PORTER.username, scopes, service } : null
}

function granted(scope: string, username: string): { type: string; name: string; actions: string[] }[] {
  const [type = '', name = '', actions = ''] = scope.split(':')
  const allowed = actions
    .split(',')
    .filter((action) => username !== '' || (action === 'pull' && /^public\//.test(name)))
  return allowed.length === 0 ? [] : [{ type, name, actions: allowed }]
}

/** How the registry names keys: the first 30 bytes of the hash, in base32, by fours. */
function keyIdOf(certificate: string): string {
  const bytes = createHash('sha256')
    .update(createPublicKey(certificate).export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 30)
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const letters = (bits.match(/.{5}/g) ?? []).map(
    (five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)],
  )
  return (letters.join('').match(/.{4}/g) ?? []).join(':')
}
