/** A repository of its own, with pull requests, whose images are swept as the app does it, at whatever time a test wants. */
import { ANONYMOUS } from '../../src/adapters/registry/credentials.ts'
import { makeOciImageRepository } from '../../src/adapters/registry/image-repository.ts'
import { makeRegistry, type RegistryClient } from '../../src/adapters/registry/registry.ts'
import { carryOut, memoryJournal } from '../../src/app/sweep.ts'
import { makeImageSweep } from '../../src/app/sweep-images.ts'
import { parseImageRetention } from '../../src/domain/config/parse-image-retention.ts'
import type { ImageRetentionConfig } from '../../src/domain/image-retention.ts'
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { ManifestMemory, RememberedManifest, SweepJournal, SweepSubject } from '../../src/ports/sweeps.ts'
import type { GitHubApp } from '../../src/ports.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { filesThatUse, GALLERY_RULES, type Gallery, type PullRequests, releaseNotes } from './image-gallery.ts'
import { findSubject } from './use-sandbox.ts'

export function makeImagesConfig(options: object = {}): ImageRetentionConfig {
  const parsed = parseImageRetention({ ...GALLERY_RULES, ...options })
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'))
  return parsed.config
}

export interface ImagesSweepOptions {
  /** `127.0.0.1:<port>/path`. */
  readonly name: string
  readonly config?: ImageRetentionConfig
  readonly dryRun?: boolean
  readonly journal?: SweepJournal
  readonly manifests?: ManifestMemory
  /** Milliseconds since 1970; default the clock's. */
  readonly now?: () => number
  /** Through which the registry is asked, instead of directly. */
  readonly wrap?: (registry: RegistryClient) => RegistryClient
  /** Through which GitHub is asked, instead of the usual one. */
  readonly app?: GitHubApp
}

export interface ImagesProject {
  /** `owner/name`. */
  readonly repo: string
  readonly pulls: PullRequests
  /** As the app knows it. */
  find(): Promise<SweepSubject>
  /** From now on files of the default branch name images of this gallery, and a release does. */
  use(gallery: Gallery): void
  sweep(options: ImagesSweepOptions): Promise<SweepReport>
}

let numbers = 0

export function makeImagesProject(
  sandbox: Sandbox,
  app: GitHubApp | null,
  files: Record<string, string> = {},
): ImagesProject {
  const name = `images-${++numbers}`
  const repo = `acme/${name}`
  sandbox.createRepository({
    owner: 'acme',
    name,
    ownerType: 'Organization',
    collaborators: { ann: 'write' },
    files: { 'README.md': 'hello', ...files },
  })
  const open = (branch: string) => {
    const sha = sandbox.pushCommit(repo, branch, { files: { [`src/${branch}`]: branch }, author: 'ann' })
    return { number: sandbox.openPullRequest(repo, { head: branch, author: 'ann' }), sha }
  }
  const pulls = { open: open('feature/open'), closed: open('feature/closed'), merged: open('feature/merged') }
  sandbox.closePullRequest(repo, pulls.closed.number, 'ann')
  sandbox.mergePullRequest(repo, pulls.merged.number, 'ann')
  sandbox.createRelease(repo, { tag: 'v0.9.0', body: 'The first one.' })
  const find = async () => {
    if (app === null) throw new Error('there is no app')
    return findSubject(app, repo)
  }
  return {
    repo,
    pulls,
    find,
    use(gallery) {
      sandbox.pushCommit(repo, 'main', { files: filesThatUse(gallery), author: 'ann' })
      sandbox.createRelease(repo, { tag: gallery.target.path, body: releaseNotes(gallery) })
    },
    async sweep({ config = makeImagesConfig(), dryRun = false, now = Date.now, wrap = (same) => same, ...options }) {
      const subject = await find()
      const asked = options.app ?? app
      if (asked === null) throw new Error('there is no app')
      const clock = { now: () => new Date(now()) }
      const openImages = async () => ({ ...openRegistry(options.name, wrap, now), isShared: false, requests: () => 0 })
      const sweep = makeImageSweep({
        github: await asked.forSweep(subject.installationId),
        installation: null,
        repo: subject.repo,
        clock,
        config,
        name: options.name,
        openImages,
        manifests: options.manifests ?? rememberManifests(),
        previewedCommits: async () => new Set(),
      })
      const journal = options.journal ?? memoryJournal(clock.now())
      const common = { sweep, journal, kind: 'images', repo: subject.repo, target: options.name } as const
      return carryOut({ ...common, clock, dryRun, pace: async () => {} })
    },
  }
}

const IMPATIENT = { attempts: 1, delayMs: 1, longestWaitMs: 0 }

function openRegistry(name: string, wrap: (registry: RegistryClient) => RegistryClient, now: () => number) {
  const slash = name.indexOf('/')
  const repository = { registry: name.slice(0, slash), path: name.slice(slash + 1) }
  const registry = wrap(makeRegistry({ credentials: ANONYMOUS, patience: IMPATIENT }))
  return makeOciImageRepository({ registry, repository, now })
}

/** As the store does it, for as long as it is kept. */
export function rememberManifests(): ManifestMemory {
  const known = new Map<string, RememberedManifest>()
  return {
    load: async (digests) => new Map(digests.flatMap((digest) => [...known].filter(([one]) => one === digest))),
    async save(manifests) {
      for (const [digest, manifest] of manifests)
        if (known.get(digest)?.created === undefined) known.set(digest, manifest)
    },
  }
}
