/**
 * Two processes on one PostgreSQL that come to the same sweep, since one of them was taken for dead and was not: the newer one
 * finishes it, the older one stops, and nothing is said or deleted twice.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fetchWithTimeout } from '../../src/adapters/github/octokit.ts'
import type { Pace } from '../../src/app/pace.ts'
import { SweepTakenOver } from '../../src/app/sweep.ts'
import type { SweepKind } from '../../src/domain/sweep.ts'
import type { SweepJournal } from '../../src/ports/sweeps.ts'
import type { GitHubApp, Store } from '../../src/ports.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { makeRandom, SEED } from '../support/random.ts'
import { daysBefore, makeRunsConfig, makeRunsProject } from '../support/runs-project.ts'
import { daysAgo, makeStaleConfig, makeStaleProject, WARNING } from '../support/stale-project.ts'
import { openTestStore } from '../support/stores.ts'
import { connectTo, NO_LIMIT, useSandbox } from '../support/use-sandbox.ts'

const RIVALRIES = 8

const { sandbox, app } = await useSandbox({ delayMs: 2, rateLimit: NO_LIMIT })
let postgres: TestPostgres
let stores: readonly [Store, Store]

beforeAll(async () => {
  postgres = await startPostgres()
  const databaseUrl = await postgres.createDatabase('rivals')
  const open = () => openTestStore({ databaseUrl })
  stores = [await open(), await open()]
})
afterAll(async () => {
  for (const store of stores) await store.close()
  await postgres.stop()
})

interface Rival {
  readonly app: GitHubApp
  readonly journal: SweepJournal
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done = false
  return async () => {
    if (done) return
    done = true
    await act()
  }
}

interface Swept {
  find(): Promise<Parameters<Store['sweeps']['open']>[0]>
  sweep(rival: Rival): Promise<unknown>
}

/** Calls `comes` at its n-th request, and goes on as if nothing had happened. */
async function connectUntil(dieAt: number, comes: () => void): Promise<GitHubApp> {
  let requests = 0
  const fetch: typeof fetchWithTimeout = (input, init) => {
    if (++requests === dieAt) comes()
    return fetchWithTimeout(input, init)
  }
  return connectTo(sandbox, fetch)
}

/** One sweeps; at its n-th request another one opens the same sweep. @returns how the first one ended. */
async function sweepAsRivals(project: Swept, kind: SweepKind, at: number): Promise<'done' | 'taken over'> {
  const subject = await project.find()
  const [first, second] = stores
  const sweep = async (store: Store, through: GitHubApp) =>
    project.sweep({ app: through, journal: await store.sweeps.open(subject, kind, null, new Date()) })
  let newer: Promise<unknown> = Promise.resolve()
  const comes = () => {
    newer = sweep(second, app)
    newer.catch(() => {})
  }
  const older = await sweep(first, await connectUntil(at, comes)).then(
    () => 'done' as const,
    (error: unknown) => {
      if (error instanceof SweepTakenOver) return 'taken over' as const
      throw error
    },
  )
  await newer
  return older
}

describe(`a sweep that another process takes over at a random request (SEED=${SEED})`, () => {
  test('of issues: each is warned once, and closed once', { timeout: 300_000 }, async () => {
    const random = makeRandom(SEED)
    const config = makeStaleConfig()
    let takenOver = 0
    for (let rivalry = 0; rivalry < RIVALRIES; rivalry++) {
      const project = makeStaleProject(sandbox, app)
      const fresh = Array.from({ length: 30 }, (_, index) => project.openOld(`Old ${index}`, 40 + index))
      const stale = Array.from({ length: 15 }, (_, index) => project.openOld(`Stale ${index}`, 80 + index))
      const us = `${sandbox.app.slug}[bot]`
      for (const number of stale) sandbox.addLabel(project.repo, number, 'Stale', us, daysAgo(9))
      const ended = await sweepAsRivals(
        { find: project.find, sweep: (rival) => project.sweep({ config, ...rival }) },
        'stale',
        random.between(2, 22),
      )
      if (ended === 'taken over') takenOver++
      const why = `SEED=${SEED}, rivalry ${rivalry}`
      for (const number of fresh) {
        expect(project.said(number), why).toEqual([WARNING])
        expect(project.item(number), why).toMatchObject({ state: 'open', labels: ['Stale'] })
      }
      for (const number of stale) {
        expect(project.said(number).length, why).toBe(1)
        expect(project.item(number), why).toMatchObject({ state: 'closed', labels: ['Stale', 'abandoned'] })
      }
    }
    expect(takenOver).toBeGreaterThan(0)
  })

  /** One of them is held up; by then the other one has come and gone. */
  test.each<[string, (rival: () => Promise<void>) => Promise<Pick<Rival, 'app'> & { readonly pace?: Pace }>]>([
    ['was held back by the limits', async (rival) => ({ app, pace: once(rival) })],
    [
      'waited for the answer to its last look',
      async (rival) => {
        const comes = once(rival)
        const fetch: typeof fetchWithTimeout = async (input, init) => {
          const reply = await fetchWithTimeout(input, init)
          // It looks once more right before it writes.
          if (String(init?.body).includes('i0: issueOrPullRequest')) await comes()
          return reply
        }
        return { app: await connectTo(sandbox, fetch) }
      },
    ],
  ])('of issues, while it %s: each is warned once', async (_, slow) => {
    const project = makeStaleProject(sandbox, app)
    const numbers = Array.from({ length: 5 }, (_, index) => project.openOld(`Old ${index}`, 40 + index))
    const subject = await project.find()
    const sweep = async (store: Store, options: object) =>
      project.sweep({ ...options, journal: await store.sweeps.open(subject, 'stale', null, new Date()) })
    let came = false
    const older = await slow(async () => {
      await sweep(stores[1], {})
      came = true
    })
    await expect(sweep(stores[0], older)).rejects.toThrow(SweepTakenOver)
    expect(came).toBe(true)
    for (const number of numbers) expect(project.said(number)).toEqual([WARNING])
  })

  test('of runs: each goes once', { timeout: 300_000 }, async () => {
    const random = makeRandom(SEED)
    let takenOver = 0
    for (let rivalry = 0; rivalry < RIVALRIES; rivalry++) {
      const project = makeRunsProject(sandbox, app)
      const ids = project.seedOld(...Array.from({ length: 60 }, (_, index) => 90 - index))
      const young = sandbox.seedRuns(project.repo, [{ workflow: 'test.yml', createdAt: daysBefore(1) }])
      const ended = await sweepAsRivals(
        { find: project.find, sweep: (rival) => project.sweep({ config: makeRunsConfig(), ...rival }) },
        'runs',
        random.between(2, 60),
      )
      if (ended === 'taken over') takenOver++
      const why = `SEED=${SEED}, rivalry ${rivalry}`
      expect(project.runs(), why).toEqual(young)
      const deleted = sandbox.state.requests.filter(
        ({ method, path, status }) =>
          method === 'DELETE' && status === 204 && path.startsWith(`/repos/${project.repo}/`),
      )
      expect(deleted, why).toHaveLength(ids.length)
      // The older one ends what it had begun, of which at most ten are gone by then.
      expect(project.deletions().length - ids.length, why).toBeLessThanOrEqual(10)
      const { repo } = await project.find()
      const reports = await stores[0].sweeps.list({ repoId: repo.id, limit: 10 })
      expect(reports.map(({ state }) => state)).toEqual(['done'])
      expect(reports[0]?.outcomes.filter(({ outcome }) => outcome === 'done')).toHaveLength(ids.length)
    }
    expect(takenOver).toBeGreaterThan(0)
  })
})
