/**
 * A repository of images with something of everything that a clean-up may meet, and, written down by hand, what becomes of it. Each
 * manifest has a name of its own, so that galleries are compared although no two of them have the same digests.
 */
import pMap from 'p-map'
import type { Descriptor, Pushed, Target } from './image.ts'
import {
  type Entry,
  type MultiArch,
  pullWhole,
  pushBuildCache,
  pushEntries,
  pushMultiArch,
  pushPlatform,
  pushReferrer,
  pushSignature,
  tagAs,
  tagsOf,
} from './oci-images.ts'
import type { TestRegistry } from './registry.ts'

/** As they are at GitHub. */
export interface PullRequests {
  readonly open: PullRequest
  readonly closed: PullRequest
  readonly merged: PullRequest
}
export interface PullRequest {
  readonly number: number
  /** Of its head. */
  readonly sha: string
}

export interface Gallery {
  readonly target: Target
  /** Name → digest. */
  readonly digests: ReadonlyMap<string, string>
  /** Names of the manifests that are there, also of those without a tag; `unknown` is none of ours. */
  manifests(registry: TestRegistry): Promise<string[]>
  /** Tag, with names instead of digests in it → name. */
  tags(registry: TestRegistry): Promise<Record<string, string>>
  digest(name: string): string
  /** Of a digest, or of a text that ends with one; what it is given where it is none of ours. */
  nameOf(text: string): string
}

/** The rules by which `STAYING` and `TAGS_STAYING` are what they are. */
export const GALLERY_RULES = {
  keep: ['latest', 'keep-*'],
  rules: [
    { pull_requests: 'closed' },
    { tags: ['v*'], keep_semver: { major: 2, minor: 2, patch: 1 } },
    { tags: ['main-*'], keep_latest: 2 },
    { buildcache: true, older_than: '30d' },
    { tags: ['nightly-*'], older_than: '14d' },
    { branches: 'deleted' },
    { untagged: true },
  ],
  confirmed: true,
  max_delete_percent: 75,
  operations_per_run: 1_000,
} as const

const DAY_MS = 86_400_000
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString()
const CREATED = 'org.opencontainers.image.created'

interface Builder {
  readonly target: Target
  name(name: string, pushed: Pick<Descriptor, 'digest'>): void
  /** Two platforms with their provenance. */
  multi(name: string, days: number, tags?: readonly string[]): Promise<MultiArch>
  single(name: string, days: number, tags?: readonly string[]): Promise<Pushed>
  index(name: string, entries: readonly (Pushed | Entry)[], days: number, tags?: readonly string[]): Promise<Pushed>
  sign(name: string, subject: Descriptor): Promise<void>
  /** Something with a `subject`, under a list with the tag `sha256-…`. */
  refer(name: string, subject: Descriptor): Promise<void>
}

function makeBuilder(target: Target, digests: Map<string, string>): Builder {
  const name = (own: string, { digest }: Pick<Descriptor, 'digest'>) => void digests.set(own, digest)
  const tagAll = async (image: Pushed, tags: readonly string[]) => {
    for (const tag of tags) await tagAs(target, image, tag)
  }
  return {
    target,
    name,
    async multi(own, days, tags = [own]) {
      const image = await pushMultiArch(target, { created: daysAgo(days) })
      await tagAll(image.index, tags)
      name(own, image.index)
      for (const [at, platform] of ['amd64', 'arm64'].entries()) {
        const [manifest, attestation] = [image.platforms[at], image.attestations[at]]
        if (manifest === undefined || attestation === undefined) throw new Error('an index without platforms')
        name(`${own}/${platform}`, manifest)
        name(`${own}/${platform} provenance`, attestation)
      }
      return image
    },
    async single(own, days, tags = [own]) {
      const image = await pushPlatform(target, { created: daysAgo(days) })
      await tagAll(image, tags)
      name(own, image)
      return image
    },
    async index(own, entries, days, tags = [own]) {
      const image = await pushEntries(target, entries, { annotations: { [CREATED]: daysAgo(days) } })
      await tagAll(image, tags)
      name(own, image)
      return image
    },
    async sign(own, subject) {
      name(own, await pushSignature(target, subject))
    },
    async refer(own, subject) {
      const { referrer, list } = await pushReferrer(target, subject)
      name(own, referrer)
      name(`${own} list`, list)
    },
  }
}

export async function pushGallery(target: Target, pulls: PullRequests): Promise<Gallery> {
  const digests = new Map<string, string>()
  const builder = makeBuilder(target, digests)
  await Promise.all([
    pushOfPullRequests(builder, pulls),
    pushVersions(builder, pulls),
    pushBuilds(builder),
    pushStrangeOnes(builder),
  ])
  return galleryOf(target, digests)
}

/** The same once more, in another repository of the same registry. */
export async function copyGallery(
  registry: TestRegistry,
  { target, digests }: Gallery,
  path: string,
): Promise<Gallery> {
  await registry.copyRepository(target.path, path)
  return galleryOf({ ...target, path }, digests)
}

function galleryOf(target: Target, digests: ReadonlyMap<string, string>): Gallery {
  const nameOf = (digest: string) => [...digests].find(([, one]) => one === digest)?.[0] ?? 'unknown'
  const digest = (name: string) => {
    const found = digests.get(name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    return found
  }
  return {
    target,
    digests,
    digest,
    nameOf: (text) => [...digests].find(([, one]) => text.endsWith(one))?.[0] ?? text,
    async manifests(registry) {
      return [...(await registry.storedManifests(target.path))].map(nameOf).toSorted()
    },
    async tags(registry) {
      const tags = await tagsOf({ ...target, host: registry.host })
      const named = await Promise.all(tags.map((tag) => headOf({ ...target, host: registry.host }, tag)))
      return Object.fromEntries(
        tags.map((tag, at) => {
          const shown = tag.replace(/^sha256-([0-9a-f]{64})/, (_, hex) => `sha256-${nameOf(`sha256:${hex}`)}`)
          return [shown, nameOf(named[at] ?? '')]
        }),
      )
    },
  }
}

async function headOf({ host, path, headers }: Target, tag: string): Promise<string> {
  const accept = ['index', 'manifest'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`).join(', ')
  const url = `http://${host}/v2/${path}/manifests/${tag}`
  const response = await fetch(url, { method: 'HEAD', headers: { ...headers, accept } })
  return response.headers.get('docker-content-digest') ?? ''
}

async function pushOfPullRequests({ multi, single }: Builder, { open, closed, merged }: PullRequests): Promise<void> {
  await multi('open', 9, [`pr-${open.number}`])
  await multi('closed', 9, [`pr-${closed.number}`])
  await single('closed debug', 8, [`pr-${closed.number}-debug`])
  await single('closed commit', 7, [closed.sha])
  await single('open commit', 6, [open.sha.slice(0, 7)])
  await single('merged commit', 5, [`${merged.sha.slice(0, 7)}-alpine`])
  await single('unknown number', 4, ['pr-9999'])
  await multi('both', 9, ['keep-both', `pr-${closed.number}-both`])
}

async function pushVersions(builder: Builder, { merged }: PullRequests): Promise<void> {
  const { multi, single, index, sign } = builder
  await single('v0.9.0', 400)
  await single('v1.0.0', 300)
  await single('v1.1.0', 200)
  const old = await multi('v1.2.0', 150)
  await multi('v1.2.1', 140, ['v1.2.1', 'v1'])
  await single('v2.0.0', 100)
  const newest = await multi('v2.1.0', 50, ['v2.1.0', 'v2', 'latest'])
  const [shared] = newest.platforms
  const [deployed] = old.platforms
  if (shared === undefined || deployed === undefined) throw new Error('an index without platforms')
  await tagAs(builder.target, shared, `pr-${merged.number}-part`)
  await sign('v2.1.0/amd64 signature', shared)
  await index('merged', [shared, await single('merged/own', 9, [])], 9, [`pr-${merged.number}`])
  // Only a file of the repository says that somebody needs it.
  await index('deployed', [deployed, await single('deployed/own', 150, [])], 150, [])
}

async function pushBuilds({ target, name, multi, single, index, sign, refer }: Builder): Promise<void> {
  await single('main-1', 4)
  await single('main-2', 3)
  await single('main-3', 2, ['main-3', 'main-3b'])
  await single('main-4', 1)
  name('cache', await pushBuildCache(target, 'buildcache'))
  name('old cache', await pushBuildCache(target, 'buildcache-old', { annotations: { [CREATED]: daysAgo(31) } }))
  const old = await multi('nightly-1', 40)
  await sign('nightly-1 signature', old.index)
  await refer('nightly-1 statement', old.index)
  if (old.platforms[0]) await sign('nightly-1/amd64 signature', old.platforms[0])
  const young = await multi('nightly-2', 3)
  await sign('nightly-2 signature', young.index)
  await refer('nightly-2 statement', young.index)
  const inner = await multi('nightly-nest/inner', 40, [])
  await index('nightly-nest', [inner.index], 40)
  await multi('nightly-named', 40)
  await multi('nightly-released', 40)
}

async function pushStrangeOnes({ target, multi, single, index, sign }: Builder): Promise<void> {
  await single('main', 90)
  await single('feature-open', 90)
  await multi('gone-branch', 90)
  const inner = await multi('keep-nested/inner', 60, ['branch-that-was'])
  await index('keep-nested', [inner.index], 60)
  for (const name of ['keep-ghost', 'gone-ghost']) {
    const { platforms } = await multi(name, 60)
    await deleteByHand(target, platforms[1])
  }
  const passing = await single('passing', 60)
  await sign('orphan', passing)
  await deleteByHand(target, passing)
}

async function deleteByHand(target: Target, image: Descriptor | undefined): Promise<void> {
  const url = `http://${target.host}/v2/${target.path}/manifests/${image?.digest}`
  const response = await fetch(url, { method: 'DELETE', headers: { ...target.headers } })
  if (response.status !== 202) throw new Error(`DELETE ${url}: ${response.status}`)
}

// ── What becomes of it ────────────────────────────────────────────────────────────────────────────────────────────

const both = (name: string) => ['amd64', 'arm64'].flatMap((one) => [`${name}/${one}`, `${name}/${one} provenance`])
const whole = (name: string) => [name, ...both(name)]

/** Names of the manifests that stay. */
export const STAYING: readonly string[] = [
  ...whole('open'),
  'open commit',
  'unknown number',
  ...whole('both'),
  'v0.9.0',
  'v1.1.0',
  'v1.2.0/amd64',
  ...whole('v1.2.1'),
  'v2.0.0',
  ...whole('v2.1.0'),
  'v2.1.0/amd64 signature',
  'deployed',
  'deployed/own',
  'main-3',
  'main-4',
  'cache',
  ...whole('nightly-2'),
  'nightly-2 signature',
  'nightly-2 statement',
  'nightly-2 statement list',
  ...whole('nightly-named'),
  ...whole('nightly-released'),
  'main',
  'feature-open',
  'keep-nested',
  ...whole('keep-nested/inner'),
  ...whole('keep-ghost').filter((name) => name !== 'keep-ghost/arm64'),
].toSorted()

/** Names of those that go. */
export const GOING: readonly string[] = [
  ...whole('closed'),
  'closed debug',
  'closed commit',
  'merged commit',
  'v1.0.0',
  ...whole('v1.2.0').filter((name) => name !== 'v1.2.0/amd64'),
  'merged',
  'merged/own',
  'main-1',
  'main-2',
  'old cache',
  ...whole('nightly-1'),
  'nightly-1 signature',
  'nightly-1 statement',
  'nightly-1 statement list',
  'nightly-1/amd64 signature',
  ...whole('nightly-nest/inner'),
  'nightly-nest',
  ...whole('gone-branch'),
  ...whole('gone-ghost').filter((name) => name !== 'gone-ghost/arm64'),
  'orphan',
].toSorted()

/** Tag → name, of the tags that stay. */
export function tagsStaying({ open }: PullRequests): Record<string, string> {
  return {
    [`pr-${open.number}`]: 'open',
    [open.sha.slice(0, 7)]: 'open commit',
    'pr-9999': 'unknown number',
    'keep-both': 'both',
    'v0.9.0': 'v0.9.0',
    'v1.1.0': 'v1.1.0',
    'v1.2.1': 'v1.2.1',
    v1: 'v1.2.1',
    'v2.0.0': 'v2.0.0',
    'v2.1.0': 'v2.1.0',
    v2: 'v2.1.0',
    latest: 'v2.1.0',
    'sha256-v2.1.0/amd64.sig': 'v2.1.0/amd64 signature',
    'main-3': 'main-3',
    'main-4': 'main-4',
    buildcache: 'cache',
    'nightly-2': 'nightly-2',
    'sha256-nightly-2.sig': 'nightly-2 signature',
    'sha256-nightly-2': 'nightly-2 statement list',
    'nightly-named': 'nightly-named',
    'nightly-released': 'nightly-released',
    main: 'main',
    'feature-open': 'feature-open',
    'keep-nested': 'keep-nested',
    'keep-ghost': 'keep-ghost',
  }
}

/** Names of what stays and loses a tag. */
export const UNTAGGED: readonly string[] = ['both', 'keep-nested/inner', 'main-3', 'v2.1.0/amd64']

/** What stays, or goes, and cannot be pulled whole, since somebody had deleted a part. */
const BROKEN: ReadonlySet<string> = new Set(['keep-ghost', 'gone-ghost'])

/** Fetches whatever stays, to the last byte. @returns the digests of all of it. */
export function pullStaying({ target, digest }: Gallery): Promise<Set<string>> {
  return pullEach(target, STAYING, digest)
}

/** What the registry can free when all that goes is gone. */
export async function onlyGoing({ target, digest }: Gallery): Promise<string[]> {
  const staying = await pullEach(target, STAYING, digest)
  const going = await pullEach(target, GOING, digest)
  // An index holds the bytes of its parts, also of those that were deleted.
  return [...going, digest('gone-ghost/arm64')].filter((one) => !staying.has(one))
}

async function pullEach(
  target: Target,
  names: readonly string[],
  digest: (name: string) => string,
): Promise<Set<string>> {
  const pulled = new Set(names.flatMap((name) => (BROKEN.has(name) ? [digest(name)] : [])))
  await pMap(names, (name) => pullWhole(target, digest(name), pulled), { concurrency: 4 })
  return pulled
}

/** Files of the repository that need images: a workflow, and a manifest of Kubernetes. */
export function filesThatUse({ target, digest }: Gallery): Record<string, string> {
  const image = `${target.host}/${target.path}`
  return {
    '.github/workflows/use.yml': `on: workflow_dispatch\njobs:\n  test:\n    runs-on: ubuntu-latest\n    container: ${image}@${digest('nightly-named')}\n    steps: []\n`,
    'k8s/pod.yaml': `kind: Pod\nspec:\n  containers:\n    - image: ${image}@${digest('deployed')}\n`,
  }
}

/** Text of a release that names an image. */
export function releaseNotes({ target, digest }: Gallery): string {
  return `Run it:\n\n    docker run ${target.host}/${target.path}@${digest('nightly-released')}\n`
}
