/** Which digest each tag of a repository names. Registries tell that of one tag at a time, so a look at all of them is kept a while. */
import pMap from 'p-map'
import type { RepositoryName } from './client.ts'
import type { RegistryClient } from './registry.ts'

export interface TagMap {
  /** Digest → its tags, in the order of the alphabet: as it is now, or as it was less than a minute ago. */
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

const FRESH_MS = 60_000

export function makeTagMap({ registry, repository, concurrency, now }: TagMapOptions): TagMap {
  let known: { readonly at: number; readonly tags: Promise<Map<string, string>> } | null = null
  const digestOf = (tag: string) => registry.digestOf({ ...repository, tag, digest: null })

  async function look(): Promise<Map<string, string>> {
    const tags = new Set<string>()
    for await (const tag of registry.tags(repository)) tags.add(tag)
    const found = await pMap([...tags].sort(), async (tag) => [tag, await digestOf(tag)] as const, { concurrency })
    // A tag that names nothing was deleted meanwhile, or is the ghost of a manifest.
    return new Map(found.flatMap(([tag, digest]) => (digest === null ? [] : [[tag, digest]])))
  }

  async function tags(freshly: boolean): Promise<Map<string, string>> {
    if (known !== null && !freshly && now() - known.at < FRESH_MS) return known.tags
    const looking = { at: now(), tags: look() }
    known = looking
    try {
      return await looking.tags
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
