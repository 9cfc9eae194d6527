/**
 * Sweeps of GitHub's packages whose process dies at a random request, before or after it had its effect: whoever goes on ends with
 * what an undisturbed sweep ends with, to the last part that no tag reaches, and asks for no deletion twice.
 */
import { afterEach, expect, test, vi } from 'vitest'
import { type GhcrProject, makeGhcrProject, makeImagesConfig } from '../support/ghcr-project.ts'
import { sweepPackage } from '../support/ghcr-sweep.ts'
import { rememberManifests } from '../support/images-project.ts'
import {
  type Death,
  type Life,
  makeLife,
  mortalJournal,
  NEVER,
  onlyReport,
  randomDeath,
  sweepUntilDone,
} from '../support/mortal-process.ts'
import { makeRandom, SEED } from '../support/random.ts'
import { useStore } from '../support/stores.ts'
import { findSubject, NO_LIMIT, useSandbox } from '../support/use-sandbox.ts'

const KILLS = 20
const CONFIGS = {
  'nothing is said of untagged versions': makeImagesConfig({ max_delete_percent: 90 }),
  'untagged versions go': makeImagesConfig({
    rules: [{ pull_requests: 'closed' }, { untagged: true, older_than: '1d' }],
    max_delete_percent: 90,
  }),
  'the budget ends before': makeImagesConfig({ max_delete_percent: 90, operations_per_run: 12 }),
}

const { sandbox, app } = await useSandbox({ rateLimit: NO_LIMIT })
const store = await useStore()
afterEach(() => vi.unstubAllGlobals())

/** Whatever goes together, several times: an index of an index, signatures, referrers, a part that something kept shares. */
async function makeFilled(): Promise<GhcrProject> {
  const project = await makeGhcrProject(sandbox)
  const { package: images, openPull, repo } = project
  const pull = openPull('topic')
  sandbox.closePullRequest(repo, pull.number, 'ann')
  images.pushMultiArch('main', { tags: ['main'] })
  images.push('main-referrer', { subject: 'main' })
  images.pushMultiArch('first', { tags: [`pr-${pull.number}`], days: 50, children: ['main-amd64'] })
  images.push('first-signature', { tags: [`${images.digest('first').replace(':', '-')}.sig`] })
  images.push('first-referrer', { subject: 'first' })
  images.push('first-referrer-of-referrer', { subject: 'first-referrer' })
  images.push('inner-image')
  images.push('inner', { children: ['inner-image'] })
  images.push('second', { tags: [pull.sha], children: ['inner', 'main-arm64'], days: 45 })
  images.push('second-referrer', { subject: 'inner-image' })
  images.push('shared', { tags: [`pr-${pull.number}-debug`, 'stable'] })
  images.push('orphan')
  images.pushMultiArch('third', { tags: [`pr-${pull.number}-alpine`], days: 30 })
  return project
}

/** Its steps are all requests over HTTP, until `fetch` is what it was. */
function startRequests(death: Death): Life {
  const { fetch } = globalThis
  const life = makeLife(death)
  vi.stubGlobal('fetch', (...request: Parameters<typeof fetch>) => life.step(() => fetch(...request)))
  return life
}

test.each(Object.entries(CONFIGS))(
  `killed at ${KILLS} random requests, a sweep ends as one that was not: %s (SEED=${SEED})`,
  { timeout: 240_000 },
  async (_, config) => {
    const random = makeRandom(SEED)
    const sweepOnce = async (project: GhcrProject, life: Life, seconds = 0) => {
      try {
        const subject = await findSubject(app, project.repo)
        const opened = await store.sweeps.open(subject, 'images', project.package.name, new Date())
        const journal = mortalJournal(opened, life.act)
        // Whoever goes on does so a while later.
        const now = () => new Date(Date.now() + seconds * 1_000)
        await sweepPackage(sandbox, app, project, { config, journal, manifests: store.sweeps.manifests, now })
      } finally {
        vi.unstubAllGlobals()
      }
    }
    const undisturbed = await makeFilled()
    const alive = startRequests(NEVER)
    await sweepOnce(undisturbed, alive)
    const expected = undisturbed.package.versions()
    expect(undisturbed.package.deletions().length).toBeGreaterThan(10)
    let kills = 0
    while (kills < KILLS) {
      const project = await makeFilled()
      const { package: images } = project
      let seconds = 0
      // Perhaps more than once in the same sweep.
      kills += await sweepUntilDone(
        () => startRequests(randomDeath(random, alive.steps())),
        (life) => sweepOnce(project, life, seconds),
        async () => {
          seconds += 5
          await images.pullAll(...Object.values(images.versions()).filter((tag) => tag.startsWith('pr-')))
        },
      )
      const why = `SEED=${SEED}, ${kills} kills`
      expect(images.versions(), why).toEqual(expected)
      await images.pullAll()
      const asked = images.deletions()
      expect(new Set(asked).size, why).toBe(asked.length)
      const { outcomes } = await onlyReport(store, project.repoId, why)
      const ends = outcomes.map(({ outcome }) => outcome)
      expect(
        ends.every((outcome) => outcome === 'done' || outcome === 'left'),
        why,
      ).toBe(true)
    }
  },
)

test('killed in the middle of taking a tag away, what is left of that is no newer image', async () => {
  const project = await makeGhcrProject(sandbox)
  const { package: images } = project
  images.push('one', { tags: ['build-1', 'stable'], days: 50 })
  images.push('two', { tags: ['build-2'], days: 40 })
  images.push('three', { tags: ['build-3'], days: 30 })
  const config = makeImagesConfig({ rules: [{ tags: ['build-*'], keep_latest: 2 }] })
  const manifests = rememberManifests()
  const { fetch } = globalThis
  let dead = false
  vi.stubGlobal('fetch', async (...request: Parameters<typeof fetch>) => {
    if (dead) throw new Error('dead')
    const reply = await fetch(...request)
    dead = request[1]?.method === 'PUT' && reply.status === 201
    if (dead) throw new Error('dead')
    return reply
  })
  const killed = await sweepPackage(sandbox, app, project, { config, manifests }).catch((error: unknown) => error)
  vi.unstubAllGlobals()
  expect(dead, `${killed}`).toBe(true)
  expect(sandbox.state.packageTags(images.path)).toMatchObject({ stable: images.digest('one') })
  expect(sandbox.state.packageTags(images.path)['build-1']).not.toBe(images.digest('one'))
  // Looked at more than once before anything is done about it.
  const now = () => new Date(Date.now() + 5_000)
  await sweepPackage(sandbox, app, project, { config: { ...config, confirmed: false }, manifests, now })
  await sweepPackage(sandbox, app, project, { config, manifests, now })
  expect(images.versions()).toEqual({ one: 'stable', three: 'build-3', two: 'build-2' })
})
