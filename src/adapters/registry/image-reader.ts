/**
 * Manifests of one repository, each read once: what a digest names never changes. What is remembered of one is small,
 * whatever its size.
 */
import { RegistryError, UsageError } from '../../domain/errors.ts'
import type { RepositoryName } from './client.ts'
import { type ImageFacts, readConfigTime, readImageFacts } from './image-facts.ts'
import type { RegistryClient } from './registry.ts'

export interface ImageReader {
  /** Null: there is none, or it cannot be read. @throws {RegistryError} where the registry lets us read nothing at all. */
  factsOf(digest: string): Promise<ImageFacts | null>
  /**
   * When the image was made: as its configuration says, or its annotation; an index as its annotation says, or as the
   * newest of its children. Null: nobody says.
   */
  createdOf(digest: string): Promise<Date | null>
  /** It is not there any more. */
  forget(digest: string): void
}

/** Most bytes of a configuration: it is a few kilobytes of commands and labels. */
const CONFIG_LIMIT = 1024 * 1024
/** An index of indexes of indexes; below that nobody builds. */
const MAX_DEPTH = 4

export function makeImageReader(registry: RegistryClient, repository: RepositoryName): ImageReader {
  const facts = new Map<string, Promise<ImageFacts | null>>()
  const times = new Map<string, Promise<Date | null>>()

  const factsOf = (digest: string): Promise<ImageFacts | null> =>
    once(facts, digest, async () => {
      const manifest = await orNothing(registry.manifest({ ...repository, tag: null, digest }))
      return manifest && readImageFacts(manifest)
    })

  const createdAt = (digest: string, depth: number): Promise<Date | null> =>
    once(times, digest, async () => {
      const found = await factsOf(digest)
      if (found === null) return null
      if (found.config !== null) return (await configTime(found.config)) ?? found.created
      return found.created ?? newestOf(found.dated, depth)
    })

  async function configTime(digest: string): Promise<Date | null> {
    const bytes = await orNothing(registry.blob(repository, digest, CONFIG_LIMIT))
    return bytes && readConfigTime(bytes)
  }

  async function newestOf(digests: readonly string[], depth: number): Promise<Date | null> {
    if (depth === MAX_DEPTH) return null
    let newest: Date | null = null
    for (const digest of digests) {
      const created = await createdAt(digest, depth + 1)
      if (created !== null && (newest === null || created > newest)) newest = created
    }
    return newest
  }

  return {
    factsOf,
    createdOf: (digest) => createdAt(digest, 0),
    forget(digest) {
      facts.delete(digest)
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

/** Null also for what cannot be read; but not for a log-in that is missing, which concerns everything. */
async function orNothing<T>(request: Promise<T | null>): Promise<T | null> {
  try {
    return await request
  } catch (error) {
    if (error instanceof UsageError) return null
    if (error instanceof RegistryError && error.status !== 401 && error.status !== 403) return null
    throw error
  }
}
