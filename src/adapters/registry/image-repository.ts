/**
 * The versions of a repository of any registry, over the OCI distribution API. That API lists tags and nothing else, so a
 * version is a digest that a tag names; what has no tag is found through the manifests of those that have one.
 */
import { randomBytes } from 'node:crypto'
import pMap from 'p-map'
import { RegistryError, TransientError } from '../../domain/errors.ts'
import type { ImageVersion } from '../../domain/image-retention.ts'
import type { DeleteResult, ImageRepository, ManifestMemory, RememberedManifest } from '../../ports/sweeps.ts'
import { type RepositoryName, SHA256 } from './client.ts'
import { asDeleteResult } from './delete-result.ts'
import { manifestOf } from './image-facts.ts'
import { type ImageReader, makeImageReader } from './image-reader.ts'
import { digestOfBytes } from './read-manifest.ts'
import type { RegistryClient } from './registry.ts'
import { makeTagMap, type TagMap } from './tag-map.ts'
import { type UntagResult, untag } from './untag.ts'

export interface OciRepositoryOptions {
  readonly registry: RegistryClient
  readonly repository: RepositoryName
  /** Requests at a time; default 8. */
  readonly concurrency?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Default true. */
  readonly canDelete?: boolean
}

/** What the operations work with. */
interface Repository {
  readonly registry: RegistryClient
  readonly name: RepositoryName
  readonly concurrency: number
  readonly now: () => number
  readonly reader: ImageReader
  readonly tags: TagMap
  /** @throws {RegistryError} where the registry deletes nothing. */
  readonly checkDeletion: () => Promise<void>
}

type Version = Omit<ImageVersion, 'manifest'>

/** Statuses with which a registry says that it deletes nothing. */
const NO_DELETION: readonly (number | null)[] = [400, 405, 501]

/** Versions that are told of at once. */
const PAGE = 100

/**
 * `createdAt` is when the image was made, as it says itself: registries do not tell when it was pushed. Where it does not
 * say, or says what cannot be true, it counts as made just now, so that nothing is deleted for an age that nobody knows.
 */
export function makeOciImageRepository(options: OciRepositoryOptions): ImageRepository {
  const { registry, concurrency = 8, now = Date.now } = options
  const name = { registry: options.repository.registry, path: options.repository.path }
  const repository: Repository = {
    registry,
    name,
    concurrency,
    now,
    reader: makeImageReader(registry, name),
    tags: makeTagMap({ registry, repository: name, concurrency, now }),
    checkDeletion: makeDeletionCheck(registry, name),
  }
  return {
    name: `${name.registry}/${name.path}`,
    listsUntagged: false,
    tellsPushTime: false,
    canDelete: options.canDelete ?? true,
    linkedTo: async () => null,
    listVersions: (memory) => listVersions(repository, memory),
    readManifest: async (digest) => (await repository.reader.factsOf(digest))?.manifest ?? null,
    lookUp: async (digest) => manifestOf(await repository.reader.lookUp(digest)),
    findVersion: (digest) => findVersion(repository, digest),
    deleteVersion: ({ digest }) => deleteVersion(repository, digest),
    removeTag: (digest, tag) => removeTag(repository, digest, tag),
    restoreVersion: async () => ({ kind: 'unsupported' }),
  }
}

/** What the registry has tags for is there, so of what is remembered nothing is read again. */
async function* listVersions(repository: Repository, memory: ManifestMemory = FORGETFUL): AsyncGenerator<Version[]> {
  const { reader, concurrency } = repository
  const all = [...(await repository.tags.digests(true))]
  const remembered = await memory.load(all.map(([digest]) => digest))
  reader.recall(remembered)
  for (let start = 0; start < all.length; start += PAGE) {
    const page = all.slice(start, start + PAGE)
    const versions = await pMap(page, ([digest, tags]) => describe(repository, digest, tags), { concurrency })
    const unknown = versions.filter(({ digest }) => remembered.get(digest)?.created === undefined)
    await memory.save(await readOf(reader, unknown))
    yield versions
  }
}

const FORGETFUL: ManifestMemory = { load: async () => new Map(), save: async () => {} }

/** Of these what can be remembered. */
async function readOf(reader: ImageReader, versions: readonly Version[]): Promise<Map<string, RememberedManifest>> {
  const read = new Map<string, RememberedManifest>()
  for (const { digest, size } of versions) {
    const facts = await reader.factsOf(digest)
    if (facts !== null) read.set(digest, { ...facts.manifest, size, created: await reader.createdOf(digest) })
  }
  return read
}

async function describe(repository: Repository, digest: string, tags: readonly string[]): Promise<Version> {
  const facts = await repository.reader.factsOf(digest)
  const now = repository.now()
  const created = (await repository.reader.createdOf(digest))?.getTime() ?? now
  return { id: digest, digest, tags, createdAt: new Date(Math.min(created, now)), size: facts?.size ?? null }
}

async function findVersion(repository: Repository, digest: string): Promise<Version | null> {
  const { registry, name, tags } = repository
  if (!SHA256.test(digest)) return null
  const there = await registry.digestOf({ ...name, tag: null, digest })
  if (there === null) return null
  const named = (await tags.digests()).get(digest) ?? []
  return describe(repository, digest, await tags.still(digest, named))
}

async function deleteVersion(repository: Repository, digest: string): Promise<DeleteResult> {
  const { registry, name, reader, tags } = repository
  try {
    const deleted = await registry.deleteManifest({ ...name, tag: null, digest })
    reader.forget(digest)
    tags.dropDigest(digest)
    return { kind: deleted ? 'deleted' : 'gone' }
  } catch (error) {
    return asDeleteResult(error)
  }
}

async function removeTag(repository: Repository, digest: string, tag: string): Promise<UntagResult> {
  const { registry, name, tags } = repository
  try {
    const named = (await tags.digests()).get(digest) ?? []
    const others = named.filter((other) => other !== tag)
    const order = { registry, repository: name, digest, tag, others: await tags.still(digest, others), byName: true }
    const result = await untag({
      ...order,
      beforeDecoy: repository.checkDeletion,
      deleteDecoy: (decoy) => deleteDecoy(repository, decoy),
    })
    if (result.kind === 'deleted' || result.kind === 'gone') tags.dropTag(tag)
    return result
  } catch (error) {
    return asDeleteResult(error)
  }
}

/**
 * Has something deleted, once, that is not there: a registry that deletes nothing says so, and does not get a decoy that would stay.
 */
function makeDeletionCheck(registry: RegistryClient, name: RepositoryName): () => Promise<void> {
  let isDone = false
  return async () => {
    if (isDone) return
    try {
      await registry.deleteManifest({ ...name, tag: null, digest: digestOfBytes(randomBytes(32)) })
      isDone = true
    } catch (error) {
      // Where there is no answer, the decoy is what finds out.
      if (!(error instanceof TransientError)) throw error
    }
  }
}

async function deleteDecoy({ registry, name }: Repository, digest: string): Promise<UntagResult> {
  try {
    return { kind: (await registry.deleteManifest({ ...name, tag: null, digest })) ? 'deleted' : 'gone' }
  } catch (error) {
    if (error instanceof RegistryError && NO_DELETION.includes(error.status)) return { kind: 'unsupported' }
    throw error
  }
}
