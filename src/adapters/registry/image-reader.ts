/**
 * Manifests of one repository, each read once: what a digest names never changes. What is remembered of one is small,
 * whatever its size.
 */
import { RegistryError, UsageError } from '../../domain/errors.ts'
import type { RememberedManifest } from '../../ports/sweeps.ts'
import { type RepositoryName, SHA256 } from './client.ts'
import { type ImageFacts, readConfigTime, readImageFacts } from './image-facts.ts'
import type { RegistryClient } from './registry.ts'

export interface ImageReader {
  /** Null: it is not there. @throws {RegistryError} where the registry lets us read nothing at all. */
  lookUp(digest: string): Promise<ImageFacts | 'unreadable' | null>
  /** Null: there is none, or it cannot be read. @throws {RegistryError} where the registry lets us read nothing at all. */
  factsOf(digest: string): Promise<ImageFacts | null>
  /**
   * When the image was made: as its configuration says, or its annotation; an index as its annotation says, or as the
   * newest of its children. Null: nobody says; undefined: who would say cannot be read.
   */
  createdOf(digest: string): Promise<Date | null | undefined>
  /** These are there, and were read before. */
  recall(remembered: ReadonlyMap<string, RememberedManifest>): void
  /** It is not there any more. */
  forget(digest: string): void
}

/** Most bytes of a configuration: it is a few kilobytes of commands and labels. */
const CONFIG_LIMIT = 1024 * 1024
/** An index of indexes of indexes; below that nobody builds. */
const MAX_DEPTH = 4

export function makeImageReader(registry: RegistryClient, repository: RepositoryName): ImageReader {
  const looks = new Map<string, Promise<ImageFacts | 'unreadable' | null>>()
  const times = new Map<string, Promise<Date | null | undefined>>()

  const lookUp = (digest: string): Promise<ImageFacts | 'unreadable' | null> =>
    once(looks, digest, async () => {
      // No registry is asked for any other.
      if (!SHA256.test(digest)) return null
      const manifest = await orUnreadable(registry.manifest({ ...repository, tag: null, digest }))
      return manifest === null || manifest === 'unreadable' ? manifest : readImageFacts(manifest)
    })

  async function factsOf(digest: string): Promise<ImageFacts | null> {
    const found = await lookUp(digest)
    return found === 'unreadable' ? null : found
  }

  const createdAt = (digest: string, depth: number): Promise<Date | null | undefined> =>
    once(times, digest, async () => {
      const found = await factsOf(digest)
      if (found === null) return undefined
      if (found.config !== null) {
        const created = await configTime(found.config)
        return created ?? found.created ?? created
      }
      return found.created ?? newestOf(found.dated, depth)
    })

  async function configTime(digest: string): Promise<Date | null | undefined> {
    const bytes = SHA256.test(digest) && (await orUnreadable(registry.blob(repository, digest, CONFIG_LIMIT)))
    return bytes instanceof Uint8Array ? readConfigTime(bytes) : undefined
  }

  async function newestOf(digests: readonly string[], depth: number): Promise<Date | null | undefined> {
    if (depth === MAX_DEPTH) return undefined
    let [newest, nobody]: [Date | null, null | undefined] = [null, null]
    for (const digest of digests) {
      const created = await createdAt(digest, depth + 1)
      if (created === undefined) nobody = undefined
      else if (created !== null && (newest === null || created > newest)) newest = created
    }
    return newest ?? nobody
  }

  return {
    lookUp,
    factsOf,
    createdOf: (digest) => createdAt(digest, 0),
    recall(remembered) {
      for (const [digest, { size, created, ...manifest }] of remembered) {
        if (created === undefined || looks.has(digest)) continue
        looks.set(digest, Promise.resolve({ manifest, size, config: null, created, dated: [] }))
        times.set(digest, Promise.resolve(created))
      }
    },
    forget(digest) {
      looks.delete(digest)
      times.delete(digest)
    },
  }
}

/** Kept as a promise, so that those who ask side by side ask once; what failed is asked again. */
function once<T>(known: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const found = known.get(key)
  if (found !== undefined) return found
  const asked = read()
  known.set(key, asked)
  asked.catch(() => known.delete(key))
  return asked
}

/** But a log-in that is missing concerns everything. */
async function orUnreadable<T>(request: Promise<T>): Promise<T | 'unreadable'> {
  try {
    return await request
  } catch (error) {
    if (error instanceof UsageError) return 'unreadable'
    if (error instanceof RegistryError && error.status !== 401 && error.status !== 403) return 'unreadable'
    throw error
  }
}
