/** Container packages and their versions: coming by the registry, going and coming back by the packages API. */
import { createHash } from 'node:crypto'
import { Problem } from './http/problem.ts'
import type { Account } from './model.ts'
import type { ContainerPackage, PackageVersion } from './package-model.ts'
import { account, changed, nextId, type World } from './world.ts'

const RESTORABLE_MS = 30 * 24 * 3_600_000
const MAX_DELETABLE_DOWNLOADS = 5000

export function digestOfBytes(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function packageNotFound(): Problem {
  return new Problem(404, 'Package not found.')
}

/** `owner` and `name` of a registry's path `owner/name`; null: it has no owner. */
export function splitPath(path: string): { readonly owner: string; readonly name: string } | null {
  const slash = path.indexOf('/')
  return slash <= 0 || slash === path.length - 1
    ? null
    : { owner: path.slice(0, slash).toLowerCase(), name: path.slice(slash + 1).toLowerCase() }
}

function pathOf(one: ContainerPackage): string {
  return `${one.owner.login.toLowerCase()}/${one.name}`
}

/** @param path `owner/name`. Undefined: there is none, or it is deleted. */
export function findPackage(world: World, path: string): ContainerPackage | undefined {
  const wanted = path.toLowerCase()
  for (const one of world.packageHost.packages.values())
    if (one.deletedAt === null && pathOf(one) === wanted) return one
  return undefined
}

/** As `findPackage`, for the acts. */
export function requirePackage(world: World, path: string): ContainerPackage {
  const found = findPackage(world, path)
  if (found === undefined) throw packageNotFound()
  return found
}

/** The package of this path, private and linked to nothing when it is new. */
export function packageAt(world: World, path: string, at: Date): ContainerPackage {
  const known = findPackage(world, path)
  if (known !== undefined) return known
  const parts = splitPath(path)
  if (parts === null) throw new Error(`"${path}" names no package: that is OWNER/NAME`)
  const owner: Account = account(world, parts.owner)
  const made: ContainerPackage = {
    id: nextId(world, 'package'),
    owner,
    name: parts.name,
    visibility: 'private',
    repository: null,
    roles: new Map(),
    versions: new Map(),
    active: new Map(),
    tags: new Map(),
    blobs: world.packageHost.pendingBlobs.get(path.toLowerCase()) ?? new Map(),
    createdAt: at,
    updatedAt: at,
    deletedAt: null,
  }
  world.packageHost.pendingBlobs.delete(path.toLowerCase())
  world.packageHost.packages.set(made.id, made)
  return made
}

/** By tag or digest. */
export function findVersion(one: ContainerPackage, reference: string): PackageVersion | undefined {
  return one.active.get(reference) ?? one.tags.get(reference)
}

function removeTag(one: ContainerPackage, tag: string, at: Date): void {
  const holder = one.tags.get(tag)
  if (holder === undefined) return
  holder.tags = holder.tags.filter((other) => other !== tag)
  holder.updatedAt = at
  one.tags.delete(tag)
}

/** Takes the manifest in, unless it is there, and moves the tags to it. */
export function putManifest(
  world: World,
  one: ContainerPackage,
  manifest: { readonly bytes: Uint8Array; readonly mediaType: string; readonly tags: readonly string[] },
  at: Date = world.now(),
): PackageVersion {
  const digest = digestOfBytes(manifest.bytes)
  const version = one.active.get(digest) ?? addVersion(world, one, digest, manifest, at)
  for (const tag of manifest.tags) {
    if (one.tags.get(tag) === version) continue
    removeTag(one, tag, at)
    version.tags = [...version.tags, tag]
    version.updatedAt = at
    one.tags.set(tag, version)
  }
  one.updatedAt = at
  changed(world)
  return version
}

function addVersion(
  world: World,
  one: ContainerPackage,
  digest: string,
  { bytes, mediaType }: { readonly bytes: Uint8Array; readonly mediaType: string },
  at: Date,
): PackageVersion {
  const id = nextId(world, 'packageVersion')
  const times = { createdAt: at, updatedAt: at, deletedAt: null }
  const made: PackageVersion = { id, digest, mediaType, bytes, tags: [], ...times, downloads: 0 }
  one.versions.set(id, made)
  one.active.set(digest, made)
  return made
}

function isRestorable(world: World, deletedAt: Date | null): boolean {
  return deletedAt !== null && world.now().getTime() - deletedAt.getTime() < RESTORABLE_MS
}

/** Those that were made, or deleted, last come first. */
export function listVersions(world: World, one: ContainerPackage, state: 'active' | 'deleted'): PackageVersion[] {
  const newestFirst = (time: (version: PackageVersion) => Date | null) => (a: PackageVersion, b: PackageVersion) =>
    (time(b)?.getTime() ?? 0) - (time(a)?.getTime() ?? 0) || b.id - a.id
  if (state === 'active') return [...one.active.values()].sort(newestFirst((version) => version.createdAt))
  const deleted = [...one.versions.values()].filter((version) => isRestorable(world, version.deletedAt))
  return deleted.sort(newestFirst((version) => version.deletedAt))
}

function isTooPopular(one: ContainerPackage, version: PackageVersion): boolean {
  return one.visibility === 'public' && version.downloads > MAX_DELETABLE_DOWNLOADS
}

export function deleteVersion(world: World, one: ContainerPackage, version: PackageVersion): void {
  if (isTooPopular(one, version)) {
    throw new Problem(
      400,
      `Publicly visible package versions with more than ${MAX_DELETABLE_DOWNLOADS} downloads cannot be deleted. ` +
        'Contact GitHub support for further assistance.',
    )
  }
  // Each tag has one version.
  if (version.tags.length > 0 && version.tags.length === one.tags.size) {
    throw new Problem(
      400,
      'You cannot delete the last tagged version of a package. You must delete the package instead.',
    )
  }
  version.deletedAt = world.now()
  version.updatedAt = world.now()
  one.active.delete(version.digest)
  for (const tag of version.tags) one.tags.delete(tag)
  one.updatedAt = world.now()
  changed(world)
}

/** Brings it back, with those of its tags that nothing else has by now. */
export function restoreVersion(world: World, one: ContainerPackage, version: PackageVersion): void {
  if (!isRestorable(world, version.deletedAt)) throw packageNotFound()
  if (one.active.has(version.digest)) {
    throw new Problem(400, 'This package version cannot be restored: its name is in use again.')
  }
  version.deletedAt = null
  version.updatedAt = world.now()
  one.active.set(version.digest, version)
  version.tags = version.tags.filter((tag) => !one.tags.has(tag))
  for (const tag of version.tags) one.tags.set(tag, version)
  one.updatedAt = world.now()
  changed(world)
}

export function deletePackage(world: World, one: ContainerPackage): void {
  if ([...one.active.values()].some((version) => isTooPopular(one, version))) {
    throw new Problem(
      400,
      `Public packages with versions of more than ${MAX_DELETABLE_DOWNLOADS} downloads cannot be deleted. ` +
        'Contact GitHub support for further assistance.',
    )
  }
  one.deletedAt = world.now()
  changed(world)
}

/** The package of this path that was deleted last, if it can still be restored. */
export function findDeletedPackage(world: World, path: string): ContainerPackage | undefined {
  const all = [...world.packageHost.packages.values()].filter((one) => pathOf(one) === path.toLowerCase())
  return all.findLast((one) => isRestorable(world, one.deletedAt))
}

export function restorePackage(world: World, one: ContainerPackage): void {
  if (findPackage(world, pathOf(one)) !== undefined) {
    throw new Problem(400, 'This package cannot be restored: its name is in use again.')
  }
  one.deletedAt = null
  changed(world)
}
