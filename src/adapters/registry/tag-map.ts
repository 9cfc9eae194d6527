/** Which digest each tag of a repository names. Registries tell that of one tag at a time, so a look at all of them is kept a while. */
import pMap from 'p-map'
import type { RepositoryName } from './client.ts'
import type { RegistryClient } from './registry.ts'

export interface TagMap {
  /**
   * Digest → its tags, in the order of the alphabet: as it is now, or as it was a moment ago; of so many tags that looking at them
   * takes seconds, as it was less than a minute ago.
   */
  digests(freshly?: boolean): Promise<ReadonlyMap<string, readonly string[]>>
  /** Of these tags those that name the digest at this moment. */
  still(digest: string, tags: readonly string[]): Promise<string[]>
  /** We took it away. */
  dropTag(tag: string): void
  /** We deleted it, and with it its tags. */
  dropDigest(digest: string): void
}

export interface TagMapOptions {
  readonly registry: RegistryClient
  readonly repository: RepositoryName
  /** Requests at a time. */
  readonly concurrency: number
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** A look is good for so many times as long as it took, since a tag that is not seen goes with what it names. */
const GOOD_FOR = 10
const GOOD_FOR_MOST_MS = 60_000

export function makeTagMap({ registry, repository, concurrency, now }: TagMapOptions): TagMap {
  let known: { readonly at: number; goodForMs: number; readonly tags: Promise<Map<string, string>> } | null = null
  const digestOf = (tag: string) => registry.digestOf({ ...repository, tag, digest: null })

  async function look(): Promise<Map<string, string>> {
    const tags = new Set<string>()
    for await (const tag of registry.tags(repository)) tags.add(tag)
    const found = await pMap([...tags].sort(), async (tag) => [tag, await digestOf(tag)] as const, { concurrency })
    // A tag that names nothing was deleted meanwhile, or is the ghost of a manifest.
    return new Map(found.flatMap(([tag, digest]) => (digest === null ? [] : [[tag, digest]])))
  }

  async function tags(freshly: boolean): Promise<Map<string, string>> {
    if (known !== null && !freshly && now() - known.at < known.goodForMs) return known.tags
    const startedAt = performance.now()
    const looking = { at: now(), goodForMs: GOOD_FOR_MOST_MS, tags: look() }
    known = looking
    try {
      const found = await looking.tags
      looking.goodForMs = Math.min(GOOD_FOR_MOST_MS, (performance.now() - startedAt) * GOOD_FOR)
      return found
    } catch (error) {
      if (known === looking) known = null
      throw error
    }
  }

  /** Also where a look is under way, which may have seen what is gone by now. */
  function drop(gone: (tag: string, digest: string) => boolean): void {
    known?.tags.then(
      (all) => {
        for (const [tag, digest] of all) if (gone(tag, digest)) all.delete(tag)
      },
      () => {},
    )
  }

  return {
    async digests(freshly = false) {
      return byDigest(await tags(freshly))
    },
    async still(digest, some) {
      const found = await pMap(some, async (tag) => ((await digestOf(tag)) === digest ? [tag] : []), { concurrency })
      return found.flat()
    },
    dropTag: (name) => drop((tag) => tag === name),
    dropDigest: (name) => drop((_, digest) => digest === name),
  }
}

function byDigest(tags: ReadonlyMap<string, string>): Map<string, string[]> {
  const digests = new Map<string, string[]>()
  for (const [tag, digest] of tags) {
    const named = digests.get(digest)
    if (named === undefined) digests.set(digest, [tag])
    else named.push(tag)
  }
  return digests
}
