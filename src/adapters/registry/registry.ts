/**
 * The OCI distribution API, as far as images are looked at, tagged and deleted.
 *
 * Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import { RegistryError, UsageError } from '../../domain/errors.ts'
import { formatReference, type ImageReference, isTag, parseReference } from '../../domain/image-reference.ts'
import type { Manifest, Registry } from '../../ports.ts'
import { DEFAULT_PATIENCE, type Patience } from '../http/retry.ts'
import { type Access, type Authorizer, makeAuthorizer } from './authorize.ts'
import type { CredentialSource } from './credentials.ts'
import { listTags } from './list-tags.ts'
import { ACCEPTED, digestOfBytes, readManifest } from './read-manifest.ts'
import { hasErrorCode, refused } from './refusal.ts'
import { type Answer, makeTransport, nonsense, type Transport } from './transport.ts'

export interface RegistryOptions {
  readonly credentials: CredentialSource
  /** Hosts, as references have them, that are spoken to without TLS; this machine always is. */
  readonly plainHttp?: readonly string[]
  /** For one request; default 30 s. */
  readonly timeoutMs?: number
  readonly patience?: Patience
  /** Milliseconds since 1970, for the life of tokens. */
  readonly now?: () => number
  /** Tags to ask for at once; default 1,000. */
  readonly pageSize?: number
}

/** Most bytes of a manifest, as the specification has registries take. */
const MANIFEST_LIMIT = 4 * 1024 * 1024
const ERROR_LIMIT = 256 * 1024
const SHA256 = /^sha256:[0-9a-f]{64}$/

type Repository = Pick<ImageReference, 'registry' | 'path'>

/** What each operation works with. */
interface Client {
  readonly transport: Transport
  readonly authorizer: Authorizer
}

/** Registries that speak plain HTTP, from SIGNALBOX_INSECURE_REGISTRIES: as Docker's, for a network that is trusted. */
export function readPlainHttp(env: NodeJS.ProcessEnv): string[] {
  return (env.SIGNALBOX_INSECURE_REGISTRIES ?? '').split(',').filter((host) => host !== '')
}

export function makeRegistry(options: RegistryOptions): Registry {
  const now = options.now ?? Date.now
  const transport = makeTransport({
    plainHttp: options.plainHttp ?? [],
    timeoutMs: options.timeoutMs ?? 30_000,
    patience: options.patience ?? DEFAULT_PATIENCE,
    now,
  })
  const client: Client = { transport, authorizer: makeAuthorizer(transport, options.credentials, now) }
  return {
    digestOf: (reference) => digestOf(client, reference),
    manifest: (reference) => getManifest(client, reference),
    tags: (repository) => {
      const url = urlOf(client, repository, 'tags/list')
      return listTags({ send: client.authorizer.send, url, repository, pageSize: options.pageSize ?? 1000 })
    },
    retag: (from, tag) => retag(client, from, tag),
    deleteManifest: (reference) => deleteManifest(client, reference),
  }
}

async function digestOf(client: Client, reference: ImageReference): Promise<string | null> {
  const answer = await ask(client, 'HEAD', reference)
  if (answer.status === 404) return null
  const told = answer.headers.get('docker-content-digest') ?? ''
  if (answer.status === 200 && SHA256.test(told)) {
    if (reference.digest === null || reference.digest === told) return told
    throw nonsense(answer.url, `answers with ${told} where ${reference.digest} was asked for`, answer.status)
  }
  // Not every registry tells the digest, or answers HEAD at all.
  if (answer.status === 200 || answer.status === 405) return (await getManifest(client, reference))?.digest ?? null
  throw refused(answer, `reading ${formatReference(reference)}`)
}

async function getManifest(client: Client, reference: ImageReference): Promise<Manifest | null> {
  const answer = await ask(client, 'GET', reference)
  if (answer.status === 404) return null
  if (answer.status !== 200) throw refused(answer, `reading ${formatReference(reference)}`)
  const digest = digestOfBytes(answer.bytes)
  const told = answer.headers.get('docker-content-digest') ?? ''
  for (const expected of [reference.digest, SHA256.test(told) ? told : null])
    if (expected !== null && expected !== digest)
      throw nonsense(answer.url, `sends bytes with the digest ${digest} for ${expected}`, answer.status)
  const manifest = readManifest(answer.bytes, answer.headers.get('content-type') ?? '')
  if (manifest === null) throw nonsense(answer.url, 'sends something that is no manifest or index', answer.status)
  return manifest
}

async function retag(client: Client, from: ImageReference, tag: string): Promise<void> {
  if (!isTag(tag)) throw new UsageError(`"${tag}" cannot be a tag. ${TAG_RULE}`)
  const manifest = await getManifest(client, from)
  if (manifest === null)
    throw new RegistryError(
      `${formatReference(from)} cannot be tagged ${tag}: it does not exist. Push it first, or check its name.`,
      { status: 404 },
    )
  const answer = await client.authorizer.send(
    {
      method: 'PUT',
      url: urlOf(client, from, `manifests/${tag}`),
      headers: { 'content-type': manifest.mediaType },
      body: manifest.bytes,
      limit: ERROR_LIMIT,
    },
    accessTo(from, 'pull,push'),
  )
  if (answer.status < 200 || answer.status >= 300) throw refused(answer, `tagging ${formatReference(from)} as ${tag}`)
  const told = answer.headers.get('docker-content-digest') ?? ''
  if (SHA256.test(told) && told !== manifest.digest)
    throw nonsense(answer.url, `stored ${told} where ${manifest.digest} was sent`, answer.status)
}

const TAG_RULE = 'A tag has 1 to 128 letters, digits, "_", "." and "-", and begins with none of "." and "-".'

async function deleteManifest(client: Client, reference: ImageReference & { digest: string }): Promise<boolean> {
  const answer = await client.authorizer.send(
    {
      method: 'DELETE',
      url: urlOf(client, reference, `manifests/${reference.digest}`),
      headers: {},
      limit: ERROR_LIMIT,
    },
    accessTo(reference, 'delete'),
  )
  if (answer.status === 404) return false
  if (answer.status >= 200 && answer.status < 300) return true
  if (answer.status === 405 || answer.status === 501 || hasErrorCode(answer, 'UNSUPPORTED'))
    throw new RegistryError(
      `${reference.registry} does not delete images by this API (${answer.status}). Switch deletion on in the registry ` +
        '(docker-registry: storage.delete.enabled), or delete with its own tools: ghcr.io has the packages API.',
      { status: answer.status },
    )
  throw refused(answer, `deleting ${formatReference(reference)}`)
}

function ask(client: Client, method: 'GET' | 'HEAD', reference: ImageReference): Promise<Answer> {
  const url = urlOf(client, reference, `manifests/${reference.digest ?? reference.tag ?? 'latest'}`)
  return client.authorizer.send(
    { method, url, headers: { accept: ACCEPTED }, limit: MANIFEST_LIMIT },
    accessTo(reference, 'pull'),
  )
}

function accessTo({ registry, path }: Repository, actions: Access['actions']): Access {
  return { registry, path, actions }
}

function urlOf(client: Client, reference: Repository & Partial<ImageReference>, rest: string): URL {
  const full = { tag: null, digest: null, ...reference }
  const name = formatReference(full)
  // Names come from files and from other registries' answers, and must not become another address.
  const parsed = parseReference(name)
  if (!parsed.ok) throw new UsageError(`The image "${name}" ${parsed.reason}.`)
  const origin = URL.canParse(`https://${full.registry}`) ? client.transport.originOf(full.registry) : null
  if (origin === null) throw new UsageError(`The image "${name}" has a registry that is no host: check its port.`)
  return new URL(`/v2/${parsed.reference.path}/${rest}`, origin)
}
