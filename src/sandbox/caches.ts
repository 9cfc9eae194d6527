/** Caches of GitHub Actions. */
import type { Repository } from './model.ts'
import { changed, nextId, type World } from './world.ts'

export interface ActionsCache {
  readonly id: number
  readonly key: string
  /** `refs/heads/main`, `refs/pull/12/merge`. */
  readonly ref: string
  readonly sizeBytes: number
  readonly createdAt: Date
  readonly lastUsedAt: Date
}

export interface NewCache {
  readonly key: string
  readonly ref: string
  /** Default 1,024. */
  readonly sizeBytes?: number
  /** Default now. */
  readonly lastUsedAt?: Date
  /** Default when it was last used. */
  readonly createdAt?: Date
}

export function addCache(world: World, repository: Repository, cache: NewCache): ActionsCache {
  const { key, ref, sizeBytes = 1024, lastUsedAt = world.now(), createdAt = lastUsedAt } = cache
  const made: ActionsCache = { id: nextId(world, 'cache'), key, ref, sizeBytes, createdAt, lastUsedAt }
  repository.caches.set(made.id, made)
  changed(world)
  return made
}
