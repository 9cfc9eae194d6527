/**
 * How the registry knows who asks: by GitHub's tokens themselves, or by those that its token service gives for them.
 *
 * Source: https://distribution.github.io/distribution/spec/auth/token/
 */
import { randomBytes } from 'node:crypto'
import { type Caller, callerOf } from '../auth.ts'
import { Problem } from '../http/problem.ts'
import { isGranted, mayInRegistry, type RegistryAction } from '../package-access.ts'
import type { World } from '../world.ts'
import { type RegistryCaller, RegistryProblem, type RegistryReply } from './exchange.ts'

const LIFE_MS = 300_000
const ANONYMOUS: Caller = { kind: 'anonymous' }

function serviceOf(world: World): string {
  return world.origin.slice('http://'.length)
}

/** 401, with where a token is to be had. */
export function authenticationRequired(world: World, scope: string | null, error?: string): RegistryProblem {
  const parts = [
    `realm="${world.origin}/token"`,
    `service="${serviceOf(world)}"`,
    ...(scope === null ? [] : [`scope="${scope}"`]),
    ...(error === undefined ? [] : [`error="${error}"`]),
  ]
  const headers = { 'www-authenticate': `Bearer ${parts.join(',')}` }
  return new RegistryProblem(401, 'UNAUTHORIZED', 'authentication required', headers)
}

function denied(): RegistryProblem {
  return new RegistryProblem(403, 'DENIED', 'requested access to the resource is denied')
}

/** Null: nobody has this token. */
async function holderOf(world: World, secret: string): Promise<Caller | null> {
  try {
    return await callerOf(world, secret)
  } catch (error) {
    if (error instanceof Problem) return null
    throw error
  }
}

function passwordIn(basic: string): string {
  const text = Buffer.from(basic, 'base64').toString()
  return text.slice(text.indexOf(':') + 1)
}

/** Null: nobody says who they are. @throws {RegistryProblem} 401 for a token that is not good. */
export async function identifyCaller(
  world: World,
  authorization: string | undefined,
  scope: string | null,
): Promise<RegistryCaller | null> {
  const [, scheme = '', value = ''] = /^(basic|bearer)\s+(\S+)$/i.exec(authorization ?? '') ?? []
  if (scheme === '') return null
  const token = world.packageHost.registryTokens.get(value)
  if (token !== undefined && token.expiresAt > world.now()) return { caller: token.caller, token }
  const isBasic = scheme.toLowerCase() === 'basic'
  // GitHub's registry takes a token of GitHub in base64, too.
  const secrets = isBasic ? [passwordIn(value)] : [value, Buffer.from(value, 'base64').toString()]
  for (const secret of secrets) {
    const caller = await holderOf(world, secret)
    if (caller !== null) return { caller, token: null }
  }
  throw authenticationRequired(world, scope, 'invalid_token')
}

/** Whether the request may be answered; that it may not is thrown. */
export function requireAccess(
  world: World,
  who: RegistryCaller | null,
  path: string,
  action: RegistryAction,
): RegistryCaller {
  const scope = `repository:${path}:${action === 'push' ? 'pull,push' : action}`
  if (who === null) throw authenticationRequired(world, scope)
  if (!mayInRegistry(world, who.caller, path, action)) throw denied()
  if (who.token !== null && !isGranted(who.token, path, action))
    throw authenticationRequired(world, scope, 'insufficient_scope')
  return who
}

interface Scope {
  readonly path: string
  readonly actions: readonly RegistryAction[]
}

function readScopes(url: URL): Scope[] {
  const texts = url.searchParams.getAll('scope').flatMap((text) => text.split(' '))
  return texts.flatMap((text) => {
    const [, path = '', list = ''] = /^repository:([^:]+):([a-z,*]+)$/.exec(text) ?? []
    const names = list === '*' ? ['pull', 'push', 'delete'] : list.split(',')
    const actions = (['pull', 'push', 'delete'] as const).filter((action) => names.includes(action))
    return path === '' ? [] : [{ path: path.toLowerCase(), actions }]
  })
}

/** `GET /token`: a token for as much of what is asked as the caller may do. */
export async function answerToken(world: World, url: URL, authorization: string | undefined): Promise<RegistryReply> {
  const who = await identifyCaller(world, authorization, null).catch((error: unknown) => {
    throw error instanceof RegistryProblem ? denied() : error
  })
  const caller = who?.caller ?? ANONYMOUS
  const scopes = readScopes(url)
  const granted = new Set(
    scopes.flatMap(({ path, actions }) =>
      actions.filter((action) => mayInRegistry(world, caller, path, action)).map((action) => `${path}:${action}`),
    ),
  )
  if (scopes.length > 0 && granted.size === 0)
    throw who === null ? new RegistryProblem(401, 'UNAUTHORIZED', 'authentication required') : denied()
  const token = randomBytes(24).toString('base64url')
  const expiresAt = new Date(world.now().getTime() + LIFE_MS)
  world.packageHost.registryTokens.set(token, { caller, granted, expiresAt })
  return { status: 200, body: { token, expires_in: LIFE_MS / 1000, issued_at: world.now().toISOString() } }
}
