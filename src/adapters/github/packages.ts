/**
 * The versions of a container package at GitHub: listed, deleted and restored by the packages API, which tells nothing of
 * their relations; their manifests come from the registry.
 *
 * Source: https://docs.github.com/rest/packages/packages
 */
import { TransientError } from '../../domain/errors.ts'
import type { ImageVersion } from '../../domain/image-retention.ts'
import type { DeleteResult, ImageRepository } from '../../ports/sweeps.ts'
import { DEFAULT_PATIENCE, type Patience, withRetries } from '../http/retry.ts'
import { SHA256 } from '../registry/client.ts'
import { asDeleteResult } from '../registry/delete-result.ts'
import { manifestOf } from '../registry/image-facts.ts'
import { type ImageReader, makeImageReader } from '../registry/image-reader.ts'
import type { RegistryClient } from '../registry/registry.ts'
import { type UntagResult, untag } from '../registry/untag.ts'
import type { Octokit } from './octokit.ts'
import { connectPackage, type PackageApi, type PackageName, type PackageVersion } from './package-api.ts'

export interface PackageRepositoryOptions {
  /** With a token that may read and delete packages: GitHub refuses apps. */
  readonly octokit: Octokit
  /** What the token is called, for messages: `PACKAGES_TOKEN`. */
  readonly tokenName: string
  /** Logs in with the same token. */
  readonly registry: RegistryClient
  /** `ghcr.io`; of an Enterprise Server its own. */
  readonly host: string
  readonly package: PackageName
  readonly patience?: Patience
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** What the operations work with. */
interface Repository {
  readonly api: PackageApi
  readonly registry: RegistryClient
  /** As the registry has it. */
  readonly name: { readonly registry: string; readonly path: string }
  readonly reader: ImageReader
  readonly patience: Patience
  readonly now: () => number
  /** Digest → id, of all that was seen. */
  readonly ids: Map<string, number>
  /** When all of them were seen last. */
  seenAllAt: number | null
  /** Digest → id; null: not read yet. */
  deleted: Promise<ReadonlyMap<string, number>> | null
}

type Version = Omit<ImageVersion, 'manifest'>

/** How long a digest that was in no page is taken to be gone. */
const FRESH_MS = 60_000
/** A list is read so often, when it turns out to have moved under our hands. */
const MAX_LISTINGS = 3

export function makePackageImageRepository(options: PackageRepositoryOptions): ImageRepository {
  const { octokit, registry, patience = DEFAULT_PATIENCE, now = Date.now, tokenName } = options
  const name = { registry: options.host, path: `${options.package.owner}/${options.package.name}`.toLowerCase() }
  const repository: Repository = {
    api: connectPackage(octokit, options.package, { tokenName, patience }),
    registry,
    name,
    reader: makeImageReader(registry, name),
    patience,
    now,
    ids: new Map(),
    seenAllAt: null,
    deleted: null,
  }
  return {
    name: `${name.registry}/${name.path}`,
    listsUntagged: true,
    tellsPushTime: true,
    canDelete: true,
    linkedTo: () => repository.api.linkedTo(),
    listVersions: () => listVersions(repository),
    readManifest: async (digest) => (await repository.reader.factsOf(digest))?.manifest ?? null,
    lookUp: (digest) => lookUp(repository, digest),
    findVersion: async (digest) => describe(await findVersion(repository, digest)),
    deleteVersion: (version) => deleteVersion(repository, version),
    removeTag: (digest, tag) => removeTag(repository, digest, tag),
    restoreVersion: (digest) => restoreVersion(repository, digest),
  }
}

/**
 * GitHub's pages move when something is deleted while they are read, and then a version is left out. Whoever does not see
 * a version that has a tag takes what it needs for garbage, so the registry's own list of tags is held against them.
 */
async function* listVersions(repository: Repository): AsyncGenerator<Version[]> {
  const { api, ids, now } = repository
  const seen = new Set<number>()
  const digests = new Set<string>()
  const tags = new Set<string>()
  for (let listings = 1; ; listings++) {
    const began = now()
    for await (const page of api.list('active')) {
      const unseen = page.filter(({ id }) => !seen.has(id))
      for (const version of unseen) {
        seen.add(version.id)
        digests.add(version.digest)
        ids.set(version.digest, version.id)
      }
      for (const tag of page.flatMap((version) => version.tags)) tags.add(tag)
      if (unseen.length > 0) yield unseen.map((version) => describe(version))
    }
    const missed = await findMissed(repository, tags, digests)
    if (missed === null) {
      repository.seenAllAt = began
      return
    }
    if (listings === MAX_LISTINGS)
      throw new TransientError(
        `GitHub's list of the versions of ${nameOf(repository)} does not have ${missed}, which the registry has. ` +
          'Nothing is decided about half of the versions; the next sweep looks again.',
      )
  }
}

/** A tag of the registry that names a digest that is in no page; null: there is none. */
async function findMissed(
  { registry, name }: Repository,
  tags: ReadonlySet<string>,
  digests: ReadonlySet<string>,
): Promise<string | null> {
  for await (const tag of registry.tags(name)) {
    if (tags.has(tag)) continue
    const digest = await registry.digestOf({ ...name, tag, digest: null })
    if (digest !== null && !digests.has(digest)) return tag
  }
  return null
}

function describe(version: PackageVersion): Version
function describe(version: PackageVersion | null): Version | null
function describe(version: PackageVersion | null): Version | null {
  if (version === null) return null
  const { id, digest, tags, createdAt } = version
  return { id: String(id), digest, tags, createdAt, size: null }
}

async function lookUp(repository: Repository, digest: string): Promise<ReturnType<typeof manifestOf>> {
  const found = manifestOf(await repository.reader.lookUp(digest))
  // The list did not have it: whoever wants its id has to read that again.
  if (found !== null && !repository.ids.has(digest)) repository.seenAllAt = null
  return found
}

async function findVersion(repository: Repository, digest: string): Promise<PackageVersion | null> {
  const { api, ids, now } = repository
  const id = ids.get(digest)
  if (id !== undefined) {
    const found = await api.get(id)
    if (found === null) ids.delete(digest)
    return found?.digest === digest ? found : null
  }
  if (repository.seenAllAt !== null && now() - repository.seenAllAt < FRESH_MS) return null
  const began = now()
  let found: PackageVersion | null = null
  // To the end, so that whoever asks for many has the list read once.
  for await (const page of api.list('active'))
    for (const version of page) {
      ids.set(version.digest, version.id)
      if (version.digest === digest) found = version
    }
  repository.seenAllAt = began
  return found
}

async function deleteVersion(
  repository: Repository,
  version: Pick<ImageVersion, 'id' | 'digest'>,
): Promise<DeleteResult> {
  const { api, ids, reader } = repository
  const result = await api.delete(version.id)
  if (result.kind !== 'deleted' && result.kind !== 'gone') return result
  ids.delete(version.digest)
  repository.deleted = null
  reader.forget(version.digest)
  return result
}

async function removeTag(repository: Repository, digest: string, tag: string): Promise<UntagResult> {
  const { registry, name } = repository
  try {
    const version = await findVersion(repository, digest)
    if (version === null) return { kind: 'gone' }
    const others = version.tags.filter((other) => other !== tag)
    const order = { registry, repository: name, digest, tag, others, byName: false }
    return await untag({ ...order, deleteDecoy: (decoy) => deleteDecoy(repository, decoy, tag) })
  } catch (error) {
    return asDeleteResult(error)
  }
}

/** GitHub lists a version a moment after the registry has it. */
async function deleteDecoy(repository: Repository, digest: string, tag: string): Promise<UntagResult> {
  const { api, patience } = repository
  const version = await withRetries(patience, async () => {
    for await (const page of api.list('active')) {
      const found = page.find((one) => one.digest === digest)
      if (found !== undefined) return found
    }
    throw new TransientError(`GitHub does not list ${nameOf(repository)}@${digest}, which was just pushed.`)
  })
  const others = version.tags.filter((other) => other !== tag)
  if (others.length > 0)
    return { kind: 'refused', message: `GitHub says that ${digest} has other tags, too: ${others.join(', ')}.` }
  return api.delete(String(version.id))
}

async function restoreVersion(
  repository: Repository,
  digest: string,
): Promise<DeleteResult | { readonly kind: 'restored' }> {
  try {
    if (!SHA256.test(digest)) return { kind: 'gone' }
    repository.deleted ??= readDeleted(repository.api)
    const id = (await repository.deleted).get(digest)
    // An earlier attempt may have brought it back, and its answer may have been lost.
    if (id === undefined) return { kind: (await findVersion(repository, digest)) === null ? 'gone' : 'restored' }
    const result = await repository.api.restore(id)
    if (result.kind === 'restored') {
      repository.ids.set(digest, id)
      repository.reader.forget(digest)
    }
    return result
  } catch (error) {
    repository.deleted = null
    return asDeleteResult(error)
  }
}

/** Of several that had the same digest, the one that was deleted last comes first. */
async function readDeleted(api: PackageApi): Promise<Map<string, number>> {
  const ids = new Map<string, number>()
  for await (const page of api.list('deleted'))
    for (const { digest, id } of page) if (!ids.has(digest)) ids.set(digest, id)
  return ids
}

function nameOf({ name }: Repository): string {
  return `${name.registry}/${name.path}`
}
