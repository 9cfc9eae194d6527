/** What `image-decisions.ts` measures, in this process: its argument is how many versions; it prints JSON. */
import { hash } from 'node:crypto'
import { decideImages } from '../src/domain/decide-images.ts'
import type {
  ImageRetentionConfig,
  ImageRetentionFacts,
  ImageRule,
  ImageVersion,
} from '../src/domain/image-retention.ts'

const DAY = 86_400_000
const NOW = new Date('2026-03-01T12:00:00Z')

export interface Measured {
  readonly deleted: number
  readonly seconds: number
  readonly referenceSeconds: number
  readonly peakBytes: number
}

function measure(versions: number): Measured {
  const facts = makeFacts(versions)
  const started = performance.now()
  const { decisions } = decideImages(facts, CONFIG, 0)
  const seconds = (performance.now() - started) / 1000
  // Linux gives it in kilobytes. The reference's own memory must not count.
  const peakBytes = process.resourceUsage().maxRSS * 1024
  const text = JSON.stringify({ ...facts, inUse: [...facts.inUse] })
  const parsing = performance.now()
  JSON.parse(text)
  const referenceSeconds = (performance.now() - parsing) / 1000
  return { deleted: decisions.filter(({ keep }) => !keep).length, seconds, referenceSeconds, peakBytes }
}

/** Of ten versions three are parts of an index, one is that index, five are images of one platform and one is a signature. */
function makeFacts(versions: number): ImageRetentionFacts {
  const made: ImageVersion[] = []
  for (let group = 0; made.length < versions; group++) made.push(...makeGroup(group))
  const pullRequests = Array.from({ length: 20_000 }, (_, index) => ({
    number: index + 1,
    state: index % 20 === 0 ? ('open' as const) : ('closed' as const),
    headSha: hex(index, 40),
  }))
  return {
    repository: 'ghcr.io/acme/app',
    now: NOW,
    versions: made.slice(0, versions),
    pullRequests,
    branches: ['main', ...Array.from({ length: 200 }, (_, index) => `feature/work-${index}`)],
    inUse: new Set(['1.2.3', digestOf(17), digestOf(170)]),
  }
}

function makeGroup(group: number): ImageVersion[] {
  const first = group * 10
  const createdAt = new Date(NOW.getTime() - (group % 400) * DAY)
  const make = (place: number, tags: readonly string[], children: readonly string[] = []): ImageVersion => ({
    id: String(first + place),
    digest: digestOf(first + place),
    tags,
    createdAt,
    size: 1_000_000,
    manifest: { mediaType: 'application/vnd.oci.image.manifest.v1+json', children, subject: null },
  })
  const parts = [1, 2, 3].map((place) => make(place, []))
  const index = make(
    0,
    [`pr-${group + 1}`, hex(group, 40)],
    parts.map(({ digest }) => digest),
  )
  return [
    index,
    ...parts,
    make(4, [hex(group, 7)]),
    make(5, [`${group % 12}.${group % 40}.${group}`]),
    make(6, [`feature-work-${group % 400}-${group}`]),
    make(7, [`nightly-${group}`]),
    make(8, [`buildcache-${group}`, `pr-${group + 1}-cache`]),
    make(9, [`sha256-${digestOf(first).slice('sha256:'.length)}.sig`]),
  ]
}

function digestOf(number: number): string {
  return `sha256:${hex(number, 64)}`
}

function hex(number: number, length: number): string {
  return hash('sha256', String(number)).slice(0, length)
}

const RULE: ImageRule = {
  tags: [],
  keepLatest: null,
  keepSemver: null,
  olderThanMs: null,
  pullRequests: null,
  branches: null,
  untagged: false,
  buildcache: false,
}

const CONFIG: ImageRetentionConfig = {
  schedule: null,
  repositories: [],
  rules: [
    { ...RULE, pullRequests: 'closed' },
    { ...RULE, keepSemver: { major: 3, minor: 5, patch: 10 } },
    { ...RULE, buildcache: true, olderThanMs: 30 * DAY },
    { ...RULE, tags: ['feature-*', 'fix-*'], branches: 'deleted' },
    { ...RULE, tags: ['nightly-?*'], keepLatest: 100 },
    { ...RULE, untagged: true, olderThanMs: 7 * DAY },
  ],
  keep: ['latest', 'v*', 'stable-*'],
  confirmed: true,
  maxDeletePercent: 100,
  operationsPerRun: 200,
  workflow: 'signalbox-cleanup.yml',
}

console.log(JSON.stringify(measure(Number(process.argv.at(-1)))))
