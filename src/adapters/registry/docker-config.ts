/**
 * The credentials that `docker login` keeps: `config.json`, and the helper programs that it names.
 *
 * Source: https://docs.docker.com/reference/cli/docker/login/ and https://github.com/docker/docker-credential-helpers
 */
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { UsageError } from '../../domain/errors.ts'
import { readJson } from '../http/answer.ts'
import type { Credential } from './credentials.ts'

/** The names under which Docker Hub's credentials are kept; the first is the one that Docker writes. */
const HUB_SERVERS = ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io', 'registry-1.docker.io'] as const
const HELPER_TIMEOUT_MS = 30_000

const text = z.string().optional()
const CONFIG = z.object({
  auths: z
    .record(
      z.string(),
      z.object({ auth: text, username: text, password: text, identitytoken: text, registrytoken: text }),
    )
    .optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: text,
})
type DockerConfig = z.infer<typeof CONFIG>
type AuthEntry = NonNullable<DockerConfig['auths']>[string]

const HELPER_ANSWER = z.object({ Username: z.string(), Secret: z.string() })

/** Null: the configuration has none for this registry, or there is no configuration. */
export async function dockerConfigCredential(env: NodeJS.ProcessEnv, registry: string): Promise<Credential | null> {
  const file = join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json')
  const config = await readConfig(file)
  if (config === null) return null
  const helper = namedFor(config.credHelpers, registry) ?? config.credsStore
  if (helper !== undefined && helper !== '') {
    const credential = await askHelper(env, helper, registry, file)
    if (credential !== null) return credential
  }
  const entry = namedFor(config.auths, registry)
  return entry === undefined ? null : credentialOf(entry, file, registry)
}

async function readConfig(file: string): Promise<DockerConfig | null> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new UsageError(`${file} cannot be read (${String(code)}). Make it readable, or set DOCKER_CONFIG.`)
  }
  // What a parser says of a broken file quotes it, and this one holds passwords.
  const parsed = CONFIG.safeParse(readJson(bytes))
  if (parsed.success) return parsed.data
  throw new UsageError(`${file} is not a Docker configuration. Repair it, or log in again with "docker login".`)
}

/** The entry for this registry, whose key may also be an address of it. */
function namedFor<T>(entries: Readonly<Record<string, T>> | undefined, registry: string): T | undefined {
  if (entries === undefined) return undefined
  const names: readonly string[] = registry === 'docker.io' ? HUB_SERVERS : [registry]
  const exact = names.find((name) => Object.hasOwn(entries, name))
  if (exact !== undefined) return entries[exact]
  return Object.entries(entries).find(([key]) =>
    names.includes(key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')),
  )?.[1]
}

function credentialOf(entry: AuthEntry, source: string, registry: string): Credential | null {
  if (entry.identitytoken) return { kind: 'identity-token', token: entry.identitytoken, source }
  if (entry.registrytoken) return { kind: 'registry-token', token: entry.registrytoken, source }
  if (entry.auth) {
    const decoded = Buffer.from(entry.auth, 'base64').toString('utf8').replace(/\0+$/, '')
    const colon = decoded.indexOf(':')
    if (colon < 1)
      throw new UsageError(`The entry for ${registry} in ${source} is broken. Log in again: docker login ${registry}.`)
    return { kind: 'password', username: decoded.slice(0, colon), password: decoded.slice(colon + 1), source }
  }
  if (!entry.username || !entry.password) return null
  return { kind: 'password', username: entry.username, password: entry.password, source }
}

async function askHelper(
  env: NodeJS.ProcessEnv,
  helper: string,
  registry: string,
  file: string,
): Promise<Credential | null> {
  const program = `docker-credential-${helper}`
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(helper))
    throw new UsageError(`${file} names a credential helper that is no name of a program. Repair it.`)
  const { execa } = await import('execa')
  const result = await execa(program, ['get'], {
    input: registry === 'docker.io' ? HUB_SERVERS[0] : registry,
    env,
    extendEnv: false,
    timeout: HELPER_TIMEOUT_MS,
    maxBuffer: 1024 * 1024,
    reject: false,
  })
  const help = `Repair it, or take it out of ${file} and log in again with "docker login".`
  if (result.code === 'ENOENT') throw new UsageError(`${program}, which ${file} names, is not installed. ${help}`)
  if (result.timedOut) throw new UsageError(`${program} did not answer within ${HELPER_TIMEOUT_MS / 1000} s. ${help}`)
  if (result.exitCode !== 0) {
    // The helpers' own words for having nothing, which come on the standard output.
    if (/credentials not found/i.test(`${result.stdout}${result.stderr}`)) return null
    throw new UsageError(`${program} failed with exit code ${String(result.exitCode)}. ${help}`)
  }
  const answer = HELPER_ANSWER.safeParse(readJson(Buffer.from(result.stdout))).data
  if (answer === undefined) throw new UsageError(`${program} answered nothing that is a credential. ${help}`)
  if (answer.Secret === '') return null
  if (answer.Username === '<token>') return { kind: 'identity-token', token: answer.Secret, source: program }
  return { kind: 'password', username: answer.Username, password: answer.Secret, source: program }
}
