/** What the clean-up of one image repository is decided from: its whole graph, and everything that may need a part of it. */
import pMap from 'p-map'
import type { ImageRetentionFacts, ImageVersion, VersionManifest } from '../domain/image-retention.ts'
import { findImageUses, usesInText } from '../domain/image-uses.ts'
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
  const [{ versions, problems }, pullRequests, branches, inUse] = await Promise.all([
    readGraph(options),
    collect(github.listPullRequests(repo)),
    github.listBranches(repo),
    findUses(options),
  ])
  return {
    facts: { repository: images.name, now, versions, pullRequests, branches, inUse },
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

async function readGraph(options: ObserveImagesOptions): Promise<{ versions: ImageVersion[]; problems: string[] }> {
  const { images } = options
  const listed = await collect(images.listVersions())
  const versions = new Map<string, ImageVersion>()
  let pending = listed
  for (let level = 0; pending.length > 0 && level < MOST_LEVELS; level++) {
    const digests = pending.map(({ digest }) => digest)
    const manifests = await readManifests(options, digests)
    for (const version of pending) {
      const manifest = manifests.get(version.digest) ?? null
      // A child that is not there is no version: its parent is told to lack it.
      if (level === 0 || manifest !== null) versions.set(version.digest, { ...version, manifest })
    }
    if (images.listsUntagged) break
    pending = childrenOf(pending, manifests).filter(({ digest }) => !versions.has(digest))
  }
  const unreadable = [...versions.values()].filter((version) => version.manifest === null)
  const problems = unreadable.map(
    ({ digest }) => `${images.name}@${digest} cannot be read: what it contains is not known.`,
  )
  return { versions: [...versions.values()], problems }
}

/** What has no tag is known by its parents only, and is as old as these. */
function childrenOf(
  parents: readonly ListedVersion[],
  manifests: ReadonlyMap<string, VersionManifest>,
): ListedVersion[] {
  const children = new Map<string, ListedVersion>()
  for (const { digest: parent, createdAt } of parents)
    for (const digest of manifests.get(parent)?.children ?? [])
      children.set(digest, { id: digest, digest, tags: [], createdAt, size: null })
  return [...children.values()]
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
