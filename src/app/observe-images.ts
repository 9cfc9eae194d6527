/** What the clean-up of one image repository is decided from: its whole graph, and everything that may need a part of it. */
import pMap from 'p-map'
import type { ImageRetentionFacts, ImageVersion, VersionManifest } from '../domain/image-retention.ts'
import { findImageUses, usesInText } from '../domain/image-uses.ts'
import { referredDigest } from '../domain/images-retention/tag-kinds.ts'
import type { Repo } from '../domain/trigger.ts'
import type { ImageRepository, ImageUseGitHub, ManifestMemory, RememberedManifest } from '../ports/sweeps.ts'

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
  const [gone, uses] = await Promise.all([readGone(options), findUses(options)])
  const [{ versions, problems }, pullRequests, branches] = await Promise.all([
    readGraph(options, gone, uses.inUse),
    collect(github.listPullRequests(repo)),
    github.listBranches(repo),
  ])
  const { inUse, released } = uses
  const tellsPushes = images.listsUntagged && images.tellsPushTime
  const common = { repository: images.name, now, versions, pullRequests, ...branchFacts(repo, branches) }
  return {
    facts: { ...common, inUse, released, gone, ...(tellsPushes && { pushingSince: pushingSince(now) }) },
    problems: [...problems, ...uses.problems, ...noteUntagged(images)],
  }
}

/** No push takes longer. */
const LONGEST_PUSH_MS = 3_600_000

function pushingSince(now: Date): Date {
  return new Date(now.getTime() - LONGEST_PUSH_MS)
}

function branchFacts(
  { defaultBranch }: Repo,
  branches: Awaited<ReturnType<ImageUseGitHub['listBranches']>>,
): Pick<ImageRetentionFacts, 'branches' | 'branchHeads'> {
  return {
    branches: branches.map(({ name }) => name),
    branchHeads: branches.map(({ name, sha, isProtected }) => ({
      name,
      sha,
      isLasting: isProtected || name === defaultBranch,
    })),
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

/**
 * What has no tag is known, where only tags are listed, by what contains it or refers to it, by a file that uses it, or as what a
 * deleted version contained; and whether it is there, by looking: it may have been deleted since it was read before. Also a list of all
 * versions is not taken for complete: pages move when something is deleted while they are read, and then a version is in none.
 */
async function readGraph(
  options: ObserveImagesOptions,
  gone: ReadonlyMap<string, VersionManifest>,
  inUse: ReadonlySet<string>,
): Promise<Graph> {
  const { images, now } = options
  const listed = await collect(images.listVersions(options.manifests))
  const digests = listed.map(({ digest }) => digest)
  const manifests = await readManifests(options, digests)
  const leftOver = images.listsUntagged ? [] : [...gone.keys()].map((digest) => untagged(digest, now))
  const named = [...relatedOf(listed, manifests), ...usedOf(options, inUse), ...relatedOf(leftOver, gone)]
  const versions = listed.map((version) => ({ ...version, manifest: manifests.get(version.digest) ?? null }))
  return graphOf(options, [...dateCopies(versions), ...(await followNamed(options, named, new Set(digests)))])
}

/** A copy that was left over when a process was killed is as old as what it is a copy of: it is no newer image. */
function dateCopies(versions: readonly ImageVersion[]): ImageVersion[] {
  const times = new Map(versions.map(({ digest, createdAt }) => [digest, createdAt]))
  return versions.map((version) => {
    const createdAt = times.get(version.manifest?.copyOf ?? '')
    return createdAt === undefined ? version : { ...version, createdAt }
  })
}

function usedOf({ now }: ObserveImagesOptions, inUse: ReadonlySet<string>): ListedVersion[] {
  return [...inUse].filter((one) => one.startsWith('sha256:')).map((digest) => untagged(digest, now))
}

/**
 * What of these is there, and whatever that leads to.
 *
 * @param seen what is known already; added to.
 */
async function followNamed(
  { images, manifests: memory }: ObserveImagesOptions,
  named: readonly ListedVersion[],
  seen: Set<string>,
): Promise<ImageVersion[]> {
  const versions: ImageVersion[] = []
  for (let pending = named; pending.length > 0; ) {
    const fresh = pending.filter(({ digest }) => !seen.has(digest) && seen.add(digest))
    const found = (await pMap(fresh, (version) => readNamed(images, version), { concurrency: AT_ONCE })).flat()
    versions.push(...found)
    const manifests = new Map(found.flatMap(({ digest, manifest }) => (manifest ? [[digest, manifest] as const] : [])))
    await memory.save(toRemember(manifests))
    pending = relatedOf(found, manifests)
  }
  return versions
}

/** Empty: it is not there, and whoever names it lacks it. */
async function readNamed(images: ImageRepository, version: ListedVersion): Promise<ImageVersion[]> {
  const manifest = await images.lookUp(version.digest)
  return manifest === null ? [] : [{ ...version, manifest: manifest === 'unreadable' ? null : manifest }]
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
  await memory.save(toRemember(found))
  return new Map([...known, ...found])
}

function toRemember(manifests: ReadonlyMap<string, VersionManifest>): Map<string, RememberedManifest> {
  return new Map([...manifests].map(([digest, one]) => [digest, { ...one, size: null, created: undefined }]))
}

interface Uses extends Required<Pick<ImageRetentionFacts, 'inUse' | 'released'>> {
  readonly problems: readonly string[]
}

async function findUses({ github, images, repo, previewedCommits }: ObserveImagesOptions): Promise<Uses> {
  const [{ files, problems }, releases, commits] = await Promise.all([
    github.readImageUses(repo),
    github.listReleases(repo),
    previewedCommits(),
  ])
  const noted = releases.flatMap(({ body }) => [...usesInText(body, images.name)])
  const previewed = [...commits].flatMap((sha) => [sha, sha.slice(0, 7)])
  return {
    inUse: new Set([...findImageUses(files, images.name), ...noted, ...previewed]),
    released: new Set(releases.map(({ tag }) => tag)),
    problems,
  }
}
