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

export async function observeImages(options: ObserveImagesOptions): Promise<ObservedImages> {
  const { github, images, repo, now } = options
  const [gone, inUse] = await Promise.all([readGone(options), findUses(options)])
  const [{ versions, problems }, pullRequests, branches] = await Promise.all([
    images.listsUntagged ? readAll(options) : readWhatIsNamed(options, gone, inUse),
    collect(github.listPullRequests(repo)),
    github.listBranches(repo),
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

interface Graph {
  readonly versions: readonly ImageVersion[]
  readonly problems: readonly string[]
}

/** Where all versions are listed: whatever else is named is not there. */
async function readAll(options: ObserveImagesOptions): Promise<Graph> {
  const listed = await collect(options.images.listVersions())
  const manifests = await readManifests(
    options,
    listed.map(({ digest }) => digest),
  )
  return graphOf(
    options,
    listed.map((version) => ({ ...version, manifest: manifests.get(version.digest) ?? null })),
  )
}

/**
 * Where only tags are listed. What has none is known by what contains it or refers to it, by a file that uses it, or as what a deleted
 * version contained; and whether it is there, by looking: it may have been deleted since it was read before.
 */
async function readWhatIsNamed(
  options: ObserveImagesOptions,
  gone: ReadonlyMap<string, VersionManifest>,
  inUse: ReadonlySet<string>,
): Promise<Graph> {
  const { images, now } = options
  const listed = await collect(images.listVersions())
  const listedDigests = new Set(listed.map(({ digest }) => digest))
  const leftOver = [...gone.keys()].map((digest) => untagged(digest, now))
  const used = [...inUse].filter((one) => one.startsWith('sha256:')).map((digest) => untagged(digest, now))
  const seen = new Set<string>()
  const versions: ImageVersion[] = []
  let pending: ListedVersion[] = [...listed, ...used, ...relatedOf(leftOver, gone)]
  while (pending.length > 0) {
    const fresh = pending.filter(({ digest }) => !seen.has(digest) && seen.add(digest))
    const read = await pMap(fresh, async (version) => readNamed(images, version, listedDigests.has(version.digest)), {
      concurrency: AT_ONCE,
    })
    const found = read.filter((version) => version !== null)
    versions.push(...found)
    const manifests = new Map(found.flatMap(({ digest, manifest }) => (manifest ? [[digest, manifest] as const] : [])))
    await options.manifests.save(manifests)
    pending = relatedOf(found, manifests)
  }
  return graphOf(options, versions)
}

/** Null: it is not there, and whoever names it lacks it. */
async function readNamed(
  images: ImageRepository,
  version: ListedVersion,
  isListed: boolean,
): Promise<ImageVersion | null> {
  const manifest = await images.readManifest(version.digest)
  const isThere = isListed || manifest !== null || (await images.findVersion(version.digest)) !== null
  return isThere ? { ...version, manifest } : null
}

function graphOf({ images }: ObserveImagesOptions, versions: readonly ImageVersion[]): Graph {
  const problems = versions
    .filter(({ manifest }) => manifest === null)
    .map(({ digest }) => `${images.name}@${digest} cannot be read: what it contains is not known.`)
  return { versions, problems }
}

type ListedVersion = Omit<ImageVersion, 'manifest'>

function untagged(digest: string, createdAt: Date): ListedVersion {
  return { id: digest, digest, tags: [], createdAt, size: null }
}

/** What has no tag is taken to be as old as what contains it or refers to it. */
function relatedOf(
  versions: readonly ListedVersion[],
  manifests: ReadonlyMap<string, VersionManifest>,
): ListedVersion[] {
  const related = new Map<string, ListedVersion>()
  for (const { digest: from, tags, createdAt } of versions) {
    const { children = [], subject = null } = manifests.get(from) ?? {}
    const referred = [subject, ...tags.map((tag) => referredDigest(tag, manifests))].filter((one) => one !== null)
    for (const digest of [...children, ...referred]) related.set(digest, untagged(digest, createdAt))
  }
  return [...related.values()]
}

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
