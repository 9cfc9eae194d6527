/** Releases. */
import type { Account, Repository } from './model.ts'
import { account, changed, nextId, type World } from './world.ts'

export interface Release {
  readonly id: number
  readonly tag: string
  readonly name: string | null
  readonly body: string | null
  readonly draft: boolean
  readonly prerelease: boolean
  readonly author: Account
  readonly createdAt: Date
}

export interface NewRelease {
  readonly tag: string
  readonly name?: string
  readonly body?: string
  readonly draft?: boolean
  readonly prerelease?: boolean
  /** Default: the repository's owner. */
  readonly author?: string
  /** Default now. */
  readonly at?: Date
}

export function createRelease(world: World, repository: Repository, release: NewRelease): Release {
  const { tag, name = null, body = null, draft = false, prerelease = false, at = world.now() } = release
  const author = account(world, release.author ?? repository.owner.login)
  const made: Release = { id: nextId(world, 'release'), tag, name, body, draft, prerelease, author, createdAt: at }
  repository.releases.set(made.id, made)
  changed(world)
  return made
}
