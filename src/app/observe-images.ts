/** What the clean-up of one image repository is decided from: its whole graph, and everything that may need a part of it. */
import pMap from 'p-map'
import type { ImageRetentionFacts, ImageVersion, VersionManifest } from '../domain/image-retention.ts'
import { findImageUses, usesInText } from '../domain/image-uses.ts'
import { referredDigest } from '../domain/images-retention/tag-kinds.ts'
import type { Repo } from '../domain/trigger.ts'
import type { ImageRepository, ImageUseGitHub, ManifestMemory } from '../ports/sweeps.ts'

export interface ObserveImagesOptions {
  readonly github: ImageUseGitHub
  readonly images: ImageRepository
  readonly repo: Repo
  readonly now: Date
  readonly manifests: ManifestMemory
  /** Commits that previews of open pull requests run. */
  readonly previewedCommits: () => Promise<ReadonlySet<string>>
  /** Subjects that were deleted, or may have been, by a sweep that did not come to its end. */
  readonly deleted: readonly string[]
}

export interface ObservedImages {
  readonly facts: ImageRetentionFacts
  readonly problems: readonly string[]
}

/** Manifests that are asked for at once. */
const AT_ONCE = 8
/** Nested indexes are followed so deep. */
const MOST_LEVELS = 8

export async function observeImages(options: ObserveImagesOptions): Promise<ObservedImages> {
  const { github, images, repo, now } = options
  const gone = await readGone(options)
  const [{ versions, problems }, pullRequests, branches, inUse] = await Promise.all([
    readGraph(options, gone),
    collect(github.listPullRequests(repo)),
    github.listBranches(repo),
    findUses(options),
  ])
  return {
    facts: { repository: images.name, now, versions, pullRequests, branches, inUse, gone },
    problems: [...problems, ...noteUntagged(images)],
  }
}

function noteUntagged({ listsUntagged, name }: ImageRepository): string[] {
  return listsUntagged
    ? []
    : [`${name} does not list versions without a tag: those that nothing refers to are not seen.`]
}

async function collect<Value>(pages: AsyncIterable<readonly Value[]>): Promise<Value[]> {
  const all: Value[] = []
  for await (const page of pages) all.push(...page)
  return all
}

/** What is not there any more is only remembered. */
function readGone({ images, manifests, deleted }: ObserveImagesOptions): Promise<ReadonlyMap<string, VersionManifest>> {
  const prefix = `${images.name}@`
  return manifests.load(deleted.flatMap((one) => (one.startsWith(prefix) ? [one.slice(prefix.length)] : [])))
}

async function readGraph(
  options: ObserveImagesOptions,
  gone: ReadonlyMap<string, VersionManifest>,
): Promise<{ versions: ImageVersion[]; problems: string[] }> {
  const { images, now } = options
  const listed = await collect(images.listVersions())
  const versions = new Map<string, ImageVersion>()
  const leftOver = [...gone].map(([digest]) => ({ id: digest, digest, tags: [], createdAt: now, size: null }))
  const listedDigests = new Set(listed.map(({ digest }) => digest))
  let pending = images.listsUntagged ? listed : [...listed, ...relatedOf(leftOver, gone)]
  for (let level = 0; pending.length > 0 && level < MOST_LEVELS; level++) {
    const digests = pending.map(({ digest }) => digest)
    const manifests = await readManifests(options, digests)
    for (const version of pending) {
      const manifest = manifests.get(version.digest) ?? null
      // What is named and is not there is no version: whoever names it lacks it.
      if (manifest !== null || listedDigests.has(version.digest)) versions.set(version.digest, { ...version, manifest })
    }
    if (images.listsUntagged) break
    pending = relatedOf(pending, manifests).filter(({ digest }) => !versions.has(digest))
  }
  const unreadable = [...versions.values()].filter((version) => version.manifest === null)
  const problems = unreadable.map(
    ({ digest }) => `${images.name}@${digest} cannot be read: what it contains is not known.`,
  )
  return { versions: [...versions.values()], problems }
}

/** What has no tag is known only by what contains it or refers to it, and is as old as that. */
function relatedOf(
  versions: readonly ListedVersion[],
  manifests: ReadonlyMap<string, VersionManifest>,
): ListedVersion[] {
  const related = new Map<string, ListedVersion>()
  for (const { digest: from, tags, createdAt } of versions) {
    const { children = [], subject = null } = manifests.get(from) ?? {}
    const referred = [subject, ...tags.map((tag) => referredDigest(tag, manifests))].filter((one) => one !== null)
    for (const digest of [...children, ...referred])
      related.set(digest, { id: digest, digest, tags: [], createdAt, size: null })
  }
  return [...related.values()]
}

type ListedVersion = Omit<ImageVersion, 'manifest'>

async function readManifests(
  { images, manifests: memory }: ObserveImagesOptions,
  digests: readonly string[],
): Promise<ReadonlyMap<string, VersionManifest>> {
  const known = await memory.load(digests)
  const missing = digests.filter((digest) => !known.has(digest))
  const read = await pMap(missing, async (digest) => [digest, await images.readManifest(digest)] as const, {
    concurrency: AT_ONCE,
  })
  const found = new Map(read.flatMap(([digest, manifest]) => (manifest === null ? [] : [[digest, manifest] as const])))
  await memory.save(found)
  return new Map([...known, ...found])
}

async function findUses({ github, images, repo, previewedCommits }: ObserveImagesOptions): Promise<Set<string>> {
  const [files, releases, commits] = await Promise.all([
    github.readImageUses(repo),
    github.listReleases(repo),
    previewedCommits(),
  ])
  const released = releases.flatMap(({ tag, body }) => [tag, tag.replace(/^v/, ''), ...usesInText(body, images.name)])
  const previewed = [...commits].flatMap((sha) => [sha, sha.slice(0, 7)])
  return new Set([...findImageUses(files, images.name), ...released, ...previewed])
}
