/**
 * `node bench/image-decisions.ts`: how long it takes to decide about 100,000 versions of images, 30 % of which are parts of indexes,
 * against `JSON.parse` of the same facts, in one run and in turns. Each is measured in a process of its own, whose memory counts
 * with everything in it. Exits with 1 when an aim is missed.
 */
import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { decideImages } from '../src/domain/decide-images.ts'
import type {
  ImageRetentionConfig,
  ImageRetentionFacts,
  ImageRule,
  ImageVersion,
} from '../src/domain/image-retention.ts'

const AIM_SECONDS = 1
const AIM_BYTES = 300 * 1024 * 1024
const DAY = 86_400_000
const NOW = new Date('2026-03-01T12:00:00Z')
/** Measures in this process, and prints JSON. */
const ONE = '--one'

export interface ImageDecisionsResult {
  readonly versions: number
  readonly deleted: number
  /** Of the first decision of a process, and of `JSON.parse` of the same facts; medians over processes. */
  readonly seconds: number
  readonly referenceSeconds: number
  readonly ratio: number
  /** Most memory that a process had, with the runtime and the facts. */
  readonly peakBytes: number
}

interface Measured {
  readonly deleted: number
  readonly seconds: number
  readonly referenceSeconds: number
  readonly peakBytes: number
}

/** Runs processes one after another. */
export function benchImageDecisions(options: { versions?: number; rounds?: number } = {}): ImageDecisionsResult {
  const { versions = 100_000, rounds = 5 } = options
  const measured = Array.from({ length: rounds }, () => measureInProcess(versions))
  const seconds = median(measured.map((one) => one.seconds))
  const referenceSeconds = median(measured.map((one) => one.referenceSeconds))
  return {
    versions,
    deleted: measured[0]?.deleted ?? 0,
    seconds,
    referenceSeconds,
    ratio: seconds / referenceSeconds,
    peakBytes: Math.max(...measured.map((one) => one.peakBytes)),
  }
}

function measureInProcess(versions: number): Measured {
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), ONE, String(versions)],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`The process that measures ended with ${status}: ${stderr}`)
  return JSON.parse(stdout) as Measured
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
export function makeFacts(versions: number): ImageRetentionFacts {
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

export const CONFIG: ImageRetentionConfig = {
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Prints it; the process is to exit with 1 when an aim is missed. */
export function reportImageDecisions(result: ImageDecisionsResult): void {
  const { versions, deleted, seconds, referenceSeconds, ratio, peakBytes } = result
  console.log(`Decided about ${versions} versions, of which ${deleted} go`)
  console.log(`decideImages: ${seconds.toFixed(2)} s (aim: under ${AIM_SECONDS} s)`)
  console.log(`JSON.parse of the facts: ${referenceSeconds.toFixed(2)} s; ratio: ${ratio.toFixed(2)}`)
  console.log(`Peak memory: ${(peakBytes / 1024 / 1024).toFixed(0)} MB (aim: under ${AIM_BYTES / 1024 / 1024} MB)`)
  if (seconds >= AIM_SECONDS || peakBytes >= AIM_BYTES) process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [flag, versions] = process.argv.slice(2)
  if (flag === ONE) console.log(JSON.stringify(measure(Number(versions))))
  else reportImageDecisions(benchImageDecisions())
}
