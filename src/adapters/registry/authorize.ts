/**
 * Sends requests as the registry wants them authorised: with a name and a password, or with a token that its token
 * service gives for one repository and a few actions.
 */
import { z } from 'zod'
import { RegistryError } from '../../domain/errors.ts'
import { readJson } from '../http/answer.ts'
import { type Challenge, readChallenge } from './challenge.ts'
import type { Credential, CredentialSource } from './credentials.ts'
import { errorsIn } from './refusal.ts'
import { type Answer, nonsense, type Outgoing, type Transport } from './transport.ts'

/** What a request needs to be allowed. */
export interface Access {
  /** As references have it. */
  readonly registry: string
  readonly path: string
  readonly actions: 'pull' | 'pull,push' | 'delete'
}

export interface Authorizer {
  /** Any answer but 401 and 403. @throws {RegistryError} for those, with what to do. */
  send(outgoing: Outgoing, access: Access): Promise<Answer>
}

interface Token {
  readonly value: string
  /** In milliseconds, as `now` has it. */
  readonly expires: number
}

const TOKEN_ANSWER_LIMIT = 256 * 1024
/** What the specification says of an answer that does not say. */
const DEFAULT_LIFE_S = 60
const printableAscii = z.string().regex(/^[\x21-\x7e]+$/)
const TOKEN_ANSWER = z
  .object({
    token: printableAscii.optional().catch(undefined),
    access_token: printableAscii.optional().catch(undefined),
    expires_in: z.number().positive().optional().catch(undefined),
  })
  .transform(({ token, access_token, expires_in }) => ({ value: token ?? access_token, life: expires_in }))

export function makeAuthorizer(transport: Transport, credentials: CredentialSource, now: () => number): Authorizer {
  const challenges = new Map<string, Challenge>()
  const tokens = new Map<string, Promise<Token>>()

  /** Null: nothing that would help. */
  async function authorization(outgoing: Outgoing, access: Access, renew: boolean): Promise<string | null> {
    const challenge = challenges.get(keyOf(access))
    if (challenge === undefined) return null
    const credential = await credentials.credentialFor(access.registry)
    if (credential?.kind === 'registry-token') return `Bearer ${credential.token}`
    if (challenge.kind === 'basic') return credential?.kind === 'password' ? basic(credential) : null
    const key = keyOf(access)
    const kept = renew ? undefined : await tokens.get(key)
    if (kept !== undefined && kept.expires > now()) return `Bearer ${kept.value}`
    // Kept as a promise, so that requests side by side ask for one token.
    const asked = fetchToken({ transport, outgoing, access, challenge, credential, now })
    tokens.set(key, asked)
    try {
      return `Bearer ${(await asked).value}`
    } catch (error) {
      tokens.delete(key)
      throw error
    }
  }

  async function attempt(outgoing: Outgoing, access: Access, renew: boolean) {
    const header = await authorization(outgoing, access, renew)
    const headers = header === null ? outgoing.headers : { ...outgoing.headers, authorization: header }
    return { header, answer: await transport.send({ ...outgoing, headers }) }
  }

  return {
    async send(outgoing, access) {
      const { answer: first, header } = await attempt(outgoing, access, false)
      let answer = first
      if (answer.status === 401) {
        const challenge = readChallenge(answer.headers.get('www-authenticate') ?? '')
        if (challenge !== null) challenges.set(keyOf(access), challenge)
        // A token may have ended before its time; a password that was refused stays refused.
        if (challenge?.kind === 'bearer' || (challenge?.kind === 'basic' && header === null))
          answer = (await attempt(outgoing, access, header !== null)).answer
      }
      if (answer.status !== 401 && answer.status !== 403) return answer
      throw denied(access, answer, await credentials.credentialFor(access.registry))
    },
  }
}

function keyOf({ registry, path, actions }: Access): string {
  return `${registry}/${path}:${actions}`
}

function basic({ username, password }: Credential & { kind: 'password' }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

interface TokenRequest {
  readonly transport: Transport
  readonly outgoing: Outgoing
  readonly access: Access
  readonly challenge: Challenge & { kind: 'bearer' }
  readonly credential: Credential | null
  readonly now: () => number
}

async function fetchToken(request: TokenRequest): Promise<Token> {
  const { access, credential, now } = request
  const asked = now()
  const answer = await request.transport.send(tokenRequest(request))
  if (answer.status === 401 || answer.status === 403) throw denied(access, answer, credential)
  const token = answer.status === 200 ? TOKEN_ANSWER.safeParse(readJson(answer.bytes)).data : undefined
  if (token?.value === undefined) throw nonsense(answer.url, `gives no token (${answer.status})`, answer.status)
  // A tenth less, so that none ends on its way.
  return { value: token.value, expires: asked + (token.life ?? DEFAULT_LIFE_S) * 900 }
}

function tokenRequest({ transport, outgoing, access, challenge, credential }: TokenRequest): Outgoing {
  const url = URL.canParse(challenge.realm) ? new URL(challenge.realm) : null
  if (url === null || !transport.mayFollow(outgoing.url, url))
    throw nonsense(outgoing.url, 'names a token service that is not safe to ask')
  const scopes = scopesOf(access, challenge)
  const common = { url, limit: TOKEN_ANSWER_LIMIT }
  if (credential?.kind === 'identity-token') {
    const form = { grant_type: 'refresh_token', client_id: 'signalbox', refresh_token: credential.token }
    const body = new URLSearchParams({ ...form, service: challenge.service ?? '', scope: scopes.join(' ') })
    return { ...common, method: 'POST', headers: { accept: 'application/json' }, body }
  }
  if (challenge.service !== null) url.searchParams.set('service', challenge.service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  const authorization = credential?.kind === 'password' ? { authorization: basic(credential) } : {}
  return { ...common, method: 'GET', headers: { accept: 'application/json', ...authorization } }
}

/** Ours, and what the registry names beside it; never another repository, whose rights would not be its to ask for. */
function scopesOf(access: Access, challenge: Challenge & { kind: 'bearer' }): string[] {
  const own = `repository:${access.path}:`
  const others = challenge.scopes.filter((scope) => !scope.startsWith('repository:') || scope.startsWith(own))
  return [...new Set([`${own}${access.actions}`, ...others.map(inOrder)])]
}

/** Registries name the same actions in any order. */
function inOrder(scope: string): string {
  const colon = scope.lastIndexOf(':')
  return `${scope.slice(0, colon + 1)}${scope
    .slice(colon + 1)
    .split(',')
    .sort()
    .join(',')}`
}

function denied(access: Access, answer: Answer, credential: Credential | null): RegistryError {
  const { registry, path, actions } = access
  const whom = credential === null ? 'without a log-in' : `to the user of ${credential.source}`
  const what = { pull: 'reading', 'pull,push': 'writing', delete: 'deleting' }[actions]
  const why = credential === null ? 'It is private, or does not exist' : 'It is not theirs, or does not exist'
  return new RegistryError(
    `${answer.url.host} refuses ${what} ${registry}/${path} ${whom} (${answer.status}${errorsIn(answer.bytes)}). ${why}: ` +
      `check the name, and log in as somebody who may with "docker login ${registry}" or SIGNALBOX_REGISTRY, ` +
      'SIGNALBOX_REGISTRY_USERNAME and SIGNALBOX_REGISTRY_PASSWORD.',
    { status: answer.status },
  )
}
