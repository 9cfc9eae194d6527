/**
 * The OCI distribution API, as far as images are looked at, tagged and deleted.
 *
 * Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import { RegistryError, UsageError } from '../../domain/errors.ts'
import { formatReference, formatRepository, type ImageReference } from '../../domain/image-reference.ts'
import type { Manifest, Registry } from '../../ports.ts'
import { DEFAULT_PATIENCE, type Patience } from '../http/retry.ts'
import { makeAuthorizer } from './authorize.ts'
import { accessTo, type Client, type RepositoryName, SHA256, urlOf } from './client.ts'
import type { CredentialSource } from './credentials.ts'
import { listTags } from './list-tags.ts'
import { ACCEPTED, digestOfBytes, readManifest } from './read-manifest.ts'
import { refused } from './refusal.ts'
import { type Answer, makeTransport, nonsense } from './transport.ts'
import { checkTag, deleteManifest, deleteTag, type ManifestToStore, storeManifest } from './write-manifest.ts'

/** What the clean-up of images needs beside what the app does. Every method may throw `RegistryError` or `TransientError`. */
export interface RegistryClient extends Registry {
  /** @throws {RegistryError} also when it has more than `limit` bytes. Null: there is none. */
  blob(repository: RepositoryName, digest: string, limit: number): Promise<Uint8Array | null>
  /** @param tag null: by its digest alone. */
  putManifest(repository: RepositoryName, tag: string | null, manifest: ManifestToStore): Promise<void>
  /** Takes a tag away, and nothing else. `unsupported`: this registry deletes by digest alone; nothing was done. */
  deleteTag(repository: RepositoryName, tag: string): Promise<'deleted' | 'gone' | 'unsupported'>
}

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
  /** Told of each request, also of one that is tried again. */
  readonly onRequest?: () => void
}

/** Most bytes of a manifest, as the specification has registries take. */
const MANIFEST_LIMIT = 4 * 1024 * 1024

/** Registries that speak plain HTTP, from SIGNALBOX_INSECURE_REGISTRIES: as Docker's, for a network that is trusted. */
export function readPlainHttp(env: NodeJS.ProcessEnv): string[] {
  return (env.SIGNALBOX_INSECURE_REGISTRIES ?? '').split(',').filter((host) => host !== '')
}

export function makeRegistry(options: RegistryOptions): RegistryClient {
  const now = options.now ?? Date.now
  const transport = makeTransport({
    plainHttp: options.plainHttp ?? [],
    timeoutMs: options.timeoutMs ?? 30_000,
    patience: options.patience ?? DEFAULT_PATIENCE,
    now,
    ...(options.onRequest !== undefined && { onRequest: options.onRequest }),
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
    blob: (repository, digest, limit) => getBlob(client, repository, digest, limit),
    putManifest: (repository, tag, manifest) =>
      storeManifest(client, repository, {
        tag,
        manifest,
        doing: `writing a manifest to ${formatRepository(repository)}`,
      }),
    deleteTag: (repository, tag) => deleteTag(client, repository, tag),
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
  checkTag(tag)
  const manifest = await getManifest(client, from)
  if (manifest === null)
    throw new RegistryError(
      `${formatReference(from)} cannot be tagged ${tag}: it does not exist. Push it first, or check its name.`,
      { status: 404 },
    )
  await storeManifest(client, from, { tag, manifest, doing: `tagging ${formatReference(from)} as ${tag}` })
}

async function getBlob(
  client: Client,
  { registry, path }: RepositoryName,
  digest: string,
  limit: number,
): Promise<Uint8Array | null> {
  if (!SHA256.test(digest)) throw new UsageError(`"${digest}" is no digest: that is "sha256:" and 64 digits.`)
  const repository = { registry, path }
  const url = urlOf(client, repository, `blobs/${digest}`)
  const answer = await client.authorizer.send({ method: 'GET', url, headers: {}, limit }, accessTo(repository, 'pull'))
  if (answer.status === 404) return null
  if (answer.status !== 200) throw refused(answer, `reading ${formatRepository(repository)}@${digest}`)
  const found = digestOfBytes(answer.bytes)
  if (found === digest) return answer.bytes
  throw nonsense(answer.url, `sends bytes with the digest ${found} for ${digest}`, answer.status)
}

function ask(client: Client, method: 'GET' | 'HEAD', reference: ImageReference): Promise<Answer> {
  const url = urlOf(client, reference, `manifests/${reference.digest ?? reference.tag ?? 'latest'}`)
  return client.authorizer.send(
    { method, url, headers: { accept: ACCEPTED }, limit: MANIFEST_LIMIT },
    accessTo(reference, 'pull'),
  )
}
