/**
 * Sweeps of images whose process dies at a random moment, before or after what it asked for was done: whatever is kept can be pulled
 * whole all the time, and whoever goes on ends with what an undisturbed sweep ends with, to the last part that no tag reaches.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../src/adapters/store/open-store.ts'
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { GitHubApp, Store } from '../../src/ports.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import {
  copyGallery,
  type Gallery,
  GOING,
  pullStaying,
  pushGallery,
  STAYING,
  tagsStaying,
  UNTAGGED,
} from '../support/image-gallery.ts'
import { type ImagesProject, makeImagesConfig, makeImagesProject } from '../support/images-project.ts'
import { type MortalImages, startMortalImages } from '../support/mortal-images.ts'
import { makeRandom } from '../support/random.ts'
import { registryMissing, startRegistry, type TestRegistry } from '../support/registry.ts'
import { connectTo } from '../support/stale-project.ts'

if (registryMissing !== null) console.warn(`The tests of killed image sweeps are left out: ${registryMissing}.`)

const KILLS = Number(process.env.KILLS ?? 20)
const SEED = Number(process.env.SEED ?? Date.now() % 100_000)

let sandbox: Sandbox
let app: GitHubApp
let store: Store
let registry: TestRegistry

beforeAll(async () => {
  sandbox = await startSandbox({ validateReplies: true, rateLimit: { core: 1_000_000, graphql: 1_000_000 } })
  app = await connectTo(sandbox)
  const onError = (error: Error) => {
    throw error
  }
  store = await openStore({ databaseUrl: null, dataDirectory: null, onError })
  if (registryMissing !== null) return
  registry = await startRegistry()
  project = makeImagesProject(sandbox, app)
  template = await pushGallery({ host: registry.host, path: 'acme/template' }, project.pulls)
})
afterAll(async () => {
  sandbox.assertConforms()
  await store.close()
  await sandbox.stop()
  await registry?.stop()
})

let project: ImagesProject
/** Never swept, but copied. */
let template: Gallery
let copies = 0

async function makeGallery(): Promise<Gallery> {
  const gallery = await copyGallery(registry, template, `acme/copy-${++copies}`)
  project.use(gallery)
  return gallery
}

const nameOf = ({ target }: Gallery) => `${target.host}/${target.path}`

async function sweepOnce(gallery: Gallery, process: MortalImages, options: object = {}): Promise<void> {
  const name = nameOf(gallery)
  const journal = await store.sweeps.open(await project.find(), 'images', name, new Date())
  await project.sweep({
    name,
    config: makeImagesConfig(options),
    app: process.app,
    journal: process.journal(journal),
    manifests: process.manifests(store.sweeps.manifests),
    wrap: process.wrap,
  })
}

const immortal = (writing = false) =>
  startMortalImages(sandbox, { at: Number.POSITIVE_INFINITY, hasEffect: false, writing })

async function expectSwept(gallery: Gallery, what: string): Promise<void> {
  expect(await gallery.manifests(registry), what).toEqual(STAYING)
  expect(await gallery.tags(registry), what).toEqual(tagsStaying(project.pulls))
}

async function reportsOf(gallery: Gallery): Promise<SweepReport[]> {
  const { repo } = await project.find()
  const reports = await store.sweeps.list({ repoId: repo.id, limit: 200 })
  return reports.filter(({ target }) => target === nameOf(gallery))
}

/** Sweeps until one comes to its end; of the others each died. @returns when they did. */
async function sweepMortally(
  gallery: Gallery,
  kill: () => Promise<MortalImages>,
  options: object = {},
): Promise<number> {
  for (let kills = 0; ; kills++) {
    const process = await kill()
    const failed = await sweepOnce(gallery, process, options).then(
      () => null,
      (error: unknown) => error,
    )
    if (failed === null) return kills
    expect(process.isDead(), `${failed}`).toBe(true)
    await pullStaying(gallery)
  }
}

test.skipIf(registryMissing !== null)(
  `killed at ${KILLS} random moments, sweeps go on and end as one that was not (SEED=${SEED})`,
  { timeout: 300_000 },
  async () => {
    const random = makeRandom(SEED)
    const steps = { all: 0, writing: 0 }
    for (const [kind, process] of [
      ['all', await immortal()],
      ['writing', await immortal(true)],
    ] as const) {
      const undisturbed = await makeGallery()
      await sweepOnce(undisturbed, process)
      await expectSwept(undisturbed, 'undisturbed')
      steps[kind] = process.steps()
    }
    expect(steps.writing).toBeGreaterThan(150)
    expect(steps.all).toBeGreaterThan(steps.writing)
    let kills = 0
    while (kills < KILLS) {
      const gallery = await makeGallery()
      const died: string[] = []
      // Perhaps more than once in the same sweep.
      kills += await sweepMortally(gallery, () => {
        const writing = random.chance(0.5)
        const at = random.between(1, writing ? steps.writing : steps.all)
        const death = { at, hasEffect: random.chance(0.5), writing }
        died.push(JSON.stringify(death))
        return startMortalImages(sandbox, death)
      })
      const what = `SEED=${SEED}, died at ${died.join(', ')}`
      await expectSwept(gallery, what)
      const [report, ...others] = await reportsOf(gallery)
      expect([report?.state, others], what).toEqual(['done', []])
      const done = report?.outcomes.flatMap(({ outcome, subject }) =>
        outcome === 'done' ? gallery.nameOf(subject) : [],
      )
      expect(new Set(done), what).toEqual(new Set([...(done ?? []), ...GOING, ...UNTAGGED]))
    }
  },
)

const BUDGET = 7
/** A version and what goes with it is never torn apart: `nightly-1`. */
const LARGEST_GROUP = 9

describe.skipIf(registryMissing !== null)(`a budget of ${BUDGET} operations`, () => {
  /** Sweeps until none leaves anything for the next. */
  async function sweepAll(gallery: Gallery, kill: () => Promise<MortalImages>): Promise<SweepReport[]> {
    for (;;) {
      await sweepMortally(gallery, kill, { operations_per_run: BUDGET })
      await pullStaying(gallery)
      const [report, ...earlier] = await reportsOf(gallery)
      expect(report?.state).toBe('done')
      if (!report?.outcomes.some(({ outcome }) => outcome === 'left'))
        return [...earlier.reverse(), ...(report ? [report] : [])]
      expect(earlier.length).toBeLessThan(20)
    }
  }

  test('is kept by each of several sweeps, which end as one without', { timeout: 120_000 }, async () => {
    const gallery = await makeGallery()
    const reports = await sweepAll(gallery, () => immortal())
    await expectSwept(gallery, 'one after another')
    expect(reports.length).toBeGreaterThanOrEqual((GOING.length + UNTAGGED.length) / LARGEST_GROUP)
    const operations = reports.map(({ outcomes }) => outcomes.reduce((sum, one) => sum + one.operations, 0))
    for (const each of operations) expect(each).toBeLessThanOrEqual(LARGEST_GROUP)
    for (const each of operations.slice(0, -1)) expect(each).toBeGreaterThan(0)
    expect(operations.reduce((sum, each) => sum + each, 0)).toBe(GOING.length + UNTAGGED.length)
    // What was left is what the next ones did.
    const left = reports.map(({ outcomes }) => outcomes.filter(({ outcome }) => outcome === 'left').length)
    const later = operations.map((_, at) => operations.slice(at + 1).reduce((sum, each) => sum + each, 0))
    expect(left).toEqual(later)
    await sweepOnce(gallery, await immortal())
    expect((await reportsOf(gallery))[0]?.outcomes).toEqual([])
  })

  test(`leaves nothing over when sweeps are killed (SEED=${SEED})`, { timeout: 240_000 }, async () => {
    const random = makeRandom(SEED)
    const gallery = await makeGallery()
    let kills = 0
    await sweepAll(gallery, async () => {
      const death = { at: random.between(1, 50), hasEffect: random.chance(0.5), writing: true }
      const process = await startMortalImages(sandbox, death)
      kills++
      return process
    })
    expect(kills).toBeGreaterThan((await reportsOf(gallery)).length)
    await expectSwept(gallery, `SEED=${SEED}`)
  })
})
