/**
 * Sweeps of GitHub's packages whose process dies at a random request, before or after it had its effect: whoever goes on ends with
 * what an undisturbed sweep ends with, to the last part that no tag reaches, and asks for no deletion twice.
 */
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { openStore } from '../../src/adapters/store/open-store.ts'
import type { SweepJournal } from '../../src/ports/sweeps.ts'
import type { GitHubApp, Store } from '../../src/ports.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GhcrProject, makeGhcrProject, makeImagesConfig } from '../support/ghcr-project.ts'
import { findSubject, sweepPackage } from '../support/ghcr-sweep.ts'
import { rememberManifests } from '../support/images-project.ts'
import { makeRandom } from '../support/random.ts'
import { connectTo } from '../support/stale-project.ts'

const KILLS = 20
const SEED = Number(process.env.SEED ?? Date.now() % 100_000)
const CONFIGS = {
  'nothing is said of untagged versions': makeImagesConfig({ max_delete_percent: 90 }),
  'untagged versions go': makeImagesConfig({
    rules: [{ pull_requests: 'closed' }, { untagged: true, older_than: '1d' }],
    max_delete_percent: 90,
  }),
  'the budget ends before': makeImagesConfig({ max_delete_percent: 90, operations_per_run: 12 }),
}

let sandbox: Sandbox
let app: GitHubApp
let store: Store

beforeAll(async () => {
  sandbox = await startSandbox({ validateReplies: true, rateLimit: { core: 1_000_000, graphql: 1_000_000 } })
  app = await connectTo(sandbox)
  const onError = (error: Error) => {
    throw error
  }
  store = await openStore({ databaseUrl: null, dataDirectory: null, onError })
})
afterEach(() => vi.unstubAllGlobals())
afterAll(async () => {
  sandbox.assertConforms()
  await store.close()
  await sandbox.stop()
})

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

interface Mortal {
  readonly isDead: () => boolean
  journal(journal: SweepJournal): SweepJournal
}

/** Everything that is asked over HTTP until it is dead. */
function makeMortal(dieAt: number, hasEffect: boolean): Mortal {
  vi.unstubAllGlobals()
  const { fetch } = globalThis
  let requests = 0
  let dead = false
  const live = () => {
    if (dead) throw new Error('dead')
  }
  vi.stubGlobal('fetch', async (...request: Parameters<typeof fetch>) => {
    live()
    if (++requests < dieAt) return fetch(...request)
    dead = true
    if (hasEffect) await (await fetch(...request)).arrayBuffer()
    throw new Error('dead')
  })
  return {
    isDead: () => dead,
    journal: (journal) => ({
      ...journal,
      async begin(subjects) {
        live()
        return journal.begin(subjects)
      },
      async record(outcomes, spent) {
        live()
        return journal.record(outcomes, spent)
      },
      async finish(report) {
        live()
        return journal.finish(report)
      },
    }),
  }
}

test.each(Object.entries(CONFIGS))(
  `killed at ${KILLS} random requests, a sweep ends as one that was not: %s (SEED=${SEED})`,
  { timeout: 240_000 },
  async (_, config) => {
    const random = makeRandom(SEED)
    const sweepOnce = async (project: GhcrProject, mortal: Mortal, seconds: number) => {
      const journal = await store.sweeps.open(
        await findSubject(app, project),
        'images',
        project.package.name,
        new Date(),
      )
      const manifests = store.sweeps.manifests
      // Whoever goes on does so a while later.
      const now = () => new Date(Date.now() + seconds * 1_000)
      await sweepPackage(sandbox, app, project, { config, journal: mortal.journal(journal), manifests, now })
    }
    const undisturbed = await makeFilled()
    sandbox.state.clearRequests()
    await sweepOnce(undisturbed, makeMortal(Number.POSITIVE_INFINITY, false), 0)
    const requests = sandbox.state.requests.length
    const expected = undisturbed.package.versions()
    expect(undisturbed.package.deletions().length).toBeGreaterThan(10)
    let kills = 0
    while (kills < KILLS) {
      const project = await makeFilled()
      // Perhaps more than once in the same sweep.
      for (let mortal: Mortal, seconds = 0; ; kills++, seconds += 5) {
        mortal = makeMortal(random.between(1, requests), random.chance(0.5))
        const failed = await sweepOnce(project, mortal, seconds).then(
          () => null,
          (error: unknown) => error,
        )
        vi.unstubAllGlobals()
        if (failed === null && !mortal.isDead()) break
        expect(mortal.isDead(), `${failed}`).toBe(true)
        await project.package.pullAll(
          ...Object.values(project.package.versions()).filter((tag) => tag.startsWith('pr-')),
        )
      }
      const why = `SEED=${SEED}, ${kills} kills`
      expect(project.package.versions(), why).toEqual(expected)
      await project.package.pullAll()
      const asked = project.package.deletions()
      expect(new Set(asked).size, why).toBe(asked.length)
      const [report, ...others] = await store.sweeps.list({ repoId: project.repoId, limit: 10 })
      expect([report?.state, others], why).toEqual(['done', []])
      const ends = report?.outcomes.map(({ outcome }) => outcome) ?? []
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
