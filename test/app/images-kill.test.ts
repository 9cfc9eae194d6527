/**
 * Sweeps of images whose process dies at a random moment, before or after what it asked for was done: whatever is kept can be pulled
 * whole all the time, and whoever goes on ends with what an undisturbed sweep ends with, to the last part that no tag reaches.
 */
import { describe, expect, test } from 'vitest'
import type { SweepReport } from '../../src/domain/sweep.ts'
import { type Gallery, GOING, pullStaying, STAYING, tagsStaying, UNTAGGED } from '../support/image-gallery.ts'
import { makeImagesConfig, makeImagesProject } from '../support/images-project.ts'
import { type MortalImages, startMortalImages } from '../support/mortal-images.ts'
import { NEVER, randomDeath, sweepUntilDone } from '../support/mortal-process.ts'
import { makeRandom, SEED } from '../support/random.ts'
import { registryMissing } from '../support/registry.ts'
import { useStore } from '../support/stores.ts'
import { useGalleries } from '../support/use-galleries.ts'
import { NO_LIMIT, useSandbox } from '../support/use-sandbox.ts'

if (registryMissing !== null) console.warn(`The tests of killed image sweeps are left out: ${registryMissing}.`)

const KILLS = Number(process.env.KILLS ?? 20)

const { sandbox, app } = await useSandbox({ rateLimit: NO_LIMIT })
const store = await useStore()
const project = makeImagesProject(sandbox, app)
const galleries = useGalleries(project)

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

const immortal = (writing = false) => startMortalImages(sandbox, { ...NEVER, writing })

async function expectSwept(gallery: Gallery, what: string): Promise<void> {
  expect(await gallery.manifests(galleries.registry), what).toEqual(STAYING)
  expect(await gallery.tags(galleries.registry), what).toEqual(tagsStaying(project.pulls))
}

async function reportsOf(gallery: Gallery): Promise<SweepReport[]> {
  const { repo } = await project.find()
  const reports = await store.sweeps.list({ repoId: repo.id, limit: 200 })
  return reports.filter(({ target }) => target === nameOf(gallery))
}

/** Sweeps until one comes to its end; of the others each died. @returns when they did. */
function sweepMortally(gallery: Gallery, kill: () => Promise<MortalImages>, options: object = {}): Promise<number> {
  return sweepUntilDone(
    kill,
    (process) => sweepOnce(gallery, process, options),
    () => pullStaying(gallery),
  )
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
      const undisturbed = await galleries.make()
      await sweepOnce(undisturbed, process)
      await expectSwept(undisturbed, 'undisturbed')
      steps[kind] = process.steps()
    }
    expect(steps.writing).toBeGreaterThan(150)
    expect(steps.all).toBeGreaterThan(steps.writing)
    let kills = 0
    while (kills < KILLS) {
      const gallery = await galleries.make()
      const died: string[] = []
      // Perhaps more than once in the same sweep.
      kills += await sweepMortally(gallery, () => {
        const writing = random.chance(0.5)
        const death = { ...randomDeath(random, writing ? steps.writing : steps.all), writing }
        died.push(JSON.stringify(death))
        return startMortalImages(sandbox, death)
      })
      const what = `SEED=${SEED}, died at ${died.join(', ')}`
      await expectSwept(gallery, what)
      // Whoever died at its very last step had ended the sweep; the next one found nothing to do.
      const [report, ...next] = (await reportsOf(gallery)).toReversed()
      expect([report?.state, next.flatMap(({ outcomes }) => outcomes)], what).toEqual(['done', []])
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
    const gallery = await galleries.make()
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
    const gallery = await galleries.make()
    let kills = 0
    await sweepAll(gallery, async () => {
      kills++
      return startMortalImages(sandbox, { ...randomDeath(random, 50), writing: true })
    })
    expect(kills).toBeGreaterThan((await reportsOf(gallery)).length)
    await expectSwept(gallery, `SEED=${SEED}`)
  })
})
