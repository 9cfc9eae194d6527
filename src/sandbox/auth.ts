/** Who is asking: the app by a JSON web token, an installation or a workflow by a token that it was given, a person, or nobody. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import { Problem } from './http/problem.ts'
import { includesLevel } from './installation-access.ts'
import type { AccessLevel, Repository } from './model.ts'
import type { PersonalToken } from './package-model.ts'
import { fullName } from './render/urls.ts'
import type { TokenGrant, World } from './world.ts'

export type Caller =
  | { readonly kind: 'app' }
  | { readonly kind: 'installation'; readonly grant: TokenGrant }
  | { readonly kind: 'personal'; readonly token: PersonalToken }
  | { readonly kind: 'anonymous' }

const keys = new WeakMap<World, KeyObject>()

function publicKey(world: World): KeyObject {
  const known = keys.get(world)
  if (known !== undefined) return known
  const made = createPublicKey(world.privateKey)
  keys.set(world, made)
  return made
}

const MAX_LIFE_SECONDS = 600
const UNDECODABLE = 'A JSON web token could not be decoded'

function checkTimes(world: World, claims: JWTPayload): void {
  const now = world.now().getTime() / 1000
  const tolerance = 5
  if (claims.iat === undefined || claims.iat > now + tolerance) {
    throw new Problem(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    )
  }
  if (claims.exp === undefined || claims.exp <= now) {
    const what =
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
    throw new Problem(401, what)
  }
  if (claims.exp > now + MAX_LIFE_SECONDS + tolerance) {
    throw new Problem(401, "'Expiration time' claim ('exp') is too far in the future")
  }
}

async function verifyAppToken(world: World, token: string): Promise<void> {
  try {
    const at = world.now()
    // The times are checked below, in GitHub's words.
    const tolerance = { currentDate: at, clockTolerance: Number.MAX_SAFE_INTEGER }
    const { payload } = await jwtVerify(token, publicKey(world), { algorithms: ['RS256'], ...tolerance })
    checkTimes(world, payload)
    const issuer = String(payload.iss)
    if (issuer !== String(world.app.id) && issuer !== world.app.clientId)
      throw new Problem(404, 'Integration not found')
  } catch (error) {
    if (error instanceof errors.JOSEError) throw new Problem(401, UNDECODABLE)
    throw error
  }
}

function isJsonWebToken(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg !== undefined
  } catch {
    return false
  }
}

export async function identify(world: World, authorization: string | undefined): Promise<Caller> {
  const token = /^(?:bearer|token)\s+(\S+)$/i.exec(authorization ?? '')?.[1]
  return token === undefined ? { kind: 'anonymous' } : callerOf(world, token)
}

/** Whose token this is, or GitHub's refusal. */
export async function callerOf(world: World, token: string): Promise<Caller> {
  const personal = world.packageHost.personalTokens.get(token)
  if (personal !== undefined) return { kind: 'personal', token: personal }
  if (isJsonWebToken(token)) {
    await verifyAppToken(world, token)
    return { kind: 'app' }
  }
  const grant = world.tokens.get(token)
  if (grant === undefined || grant.expiresAt <= world.now()) throw new Problem(401, 'Bad credentials')
  if (grant.installation.suspendedAt !== null) throw new Problem(403, 'This installation has been suspended')
  return { kind: 'installation', grant }
}

export function nameOfCaller(caller: Caller): string {
  if (caller.kind === 'personal') return `user:${caller.token.person.login}`
  if (caller.kind !== 'installation') return caller.kind
  const { workflow, installation } = caller.grant
  return workflow === undefined ? `installation:${installation.id}` : `workflow:${fullName(workflow)}`
}

export function requireApp(caller: Caller): void {
  if (caller.kind !== 'app') throw new Problem(401, UNDECODABLE)
}

export function requireGrant(caller: Caller): TokenGrant {
  if (caller.kind === 'anonymous') throw new Problem(401, 'Requires authentication')
  if (caller.kind === 'app') throw new Problem(403, 'Resource not accessible by integration')
  if (caller.kind === 'personal') throw new Problem(403, 'The sandbox takes personal tokens for packages alone')
  return caller.grant
}

/** `{ issues: 'write', pull_requests: 'write' }` means: any one of them. */
export type NeededPermissions = Readonly<Record<string, AccessLevel>>

function reaches(grant: TokenGrant, repository: Repository): boolean {
  const { installation, repositoryIds } = grant
  if (!installation.repositoryIds.has(repository.id)) return false
  return repositoryIds === null || repositoryIds.has(repository.id)
}

/** A private repository outside the token's reach does not exist for it; a public one is refused. */
export function authorize(grant: TokenGrant, repository: Repository, needed: NeededPermissions): void {
  if (!reaches(grant, repository)) {
    if (repository.private) throw new Problem(404, 'Not Found')
    throw new Problem(403, 'Resource not accessible by integration')
  }
  const allowed = Object.entries(needed).some(([name, level]) => {
    const granted = includesLevel(grant.permissions[name], level)
    // The installation's permissions may have shrunk since the token was minted.
    return granted && includesLevel(grant.installation.permissions[name], level)
  })
  if (!allowed) throw new Problem(403, 'Resource not accessible by integration')
}
