/** Container packages: what the registry takes in, as GitHub counts and names it. */
import type { Caller } from './auth.ts'
import type { Account, Repository } from './model.ts'

export const PACKAGE_ROLES = ['none', 'read', 'write', 'admin'] as const
export type PackageRole = (typeof PACKAGE_ROLES)[number]

/** One manifest. GitHub calls it by its digest. */
export interface PackageVersion {
  readonly id: number
  readonly digest: string
  readonly mediaType: string
  readonly bytes: Uint8Array
  /** In the order in which they came; of a deleted version those that it had. */
  tags: readonly string[]
  readonly createdAt: Date
  updatedAt: Date
  deletedAt: Date | null
  downloads: number
}

export interface ContainerPackage {
  readonly id: number
  readonly owner: Account
  /** May hold `/`; lower case. */
  readonly name: string
  visibility: 'public' | 'private'
  /** Whose people, and whose workflows, have here the roles that they have there; null: it is linked to none. */
  repository: Repository | null
  /** Lower-case login, or `owner/name` of a repository for its workflows → role, beside what follows from the repository. */
  readonly roles: Map<string, PackageRole>
  readonly versions: Map<number, PackageVersion>
  /** Digest → version, of those that are not deleted. */
  readonly active: Map<string, PackageVersion>
  readonly tags: Map<string, PackageVersion>
  /** Digest → bytes. They stay when versions go. */
  readonly blobs: Map<string, Uint8Array>
  readonly createdAt: Date
  updatedAt: Date
  deletedAt: Date | null
}

/** A personal access token (classic). */
export interface PersonalToken {
  readonly person: Account
  /** `read:packages`, `write:packages`, `delete:packages`, … */
  readonly scopes: ReadonlySet<string>
  /** Lower-case logins of the organisations that the person owns. */
  readonly organizations: ReadonlySet<string>
}

/** What the registry's token service gave. */
export interface RegistryToken {
  readonly caller: Caller
  /** `path:pull`, `path:push`, `path:delete`. */
  readonly granted: ReadonlySet<string>
  readonly expiresAt: Date
}

/** A blob on its way. */
export interface BlobUpload {
  readonly path: string
  readonly chunks: Uint8Array[]
}

/** Everything about packages that the sandbox remembers. */
export interface PackageHost {
  readonly packages: Map<number, ContainerPackage>
  readonly personalTokens: Map<string, PersonalToken>
  readonly registryTokens: Map<string, RegistryToken>
  readonly uploads: Map<string, BlobUpload>
  /** Blobs of packages that do not exist yet: by path, then by digest. */
  readonly pendingBlobs: Map<string, Map<string, Uint8Array>>
}

export function makePackageHost(): PackageHost {
  return {
    packages: new Map(),
    personalTokens: new Map(),
    registryTokens: new Map(),
    uploads: new Map(),
    pendingBlobs: new Map(),
  }
}
