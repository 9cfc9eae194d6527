/**
 * Sweeps of runs whose process dies at a random request, before or after GitHub did what it was asked: whoever goes on ends with what
 * an undisturbed sweep ends with, deletes no more than the budget, and nothing twice.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../src/adapters/store/open-store.ts'
import type { GitHubApp, Store } from '../../src/ports.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type MortalProcess, startMortal } from '../support/mortal-process.ts'
import { makeRandom } from '../support/random.ts'
import { daysBefore, makeRunsConfig, makeRunsProject, type RunsProject } from '../support/runs-project.ts'
import { connectTo } from '../support/stale-project.ts'

const KILLS = 20
const BUDGET = 24
const SEED = Number(process.env.SEED ?? Date.now() % 100_000)
/** Less than there is to delete. */
const CONFIG = makeRunsConfig({
  minimum_runs: 5,
  branches: { kept: { days: 50, minimum_runs: 2 } },
  operations_per_run: BUDGET,
})

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
afterAll(async () => {
  sandbox.assertConforms()
  await store.close()
  await sandbox.stop()
})

/** Something of everything; what it is called is the same in each project. */
function fill(project: RunsProject): Map<number, string> {
  const { repo } = project
  sandbox.pushCommit(repo, 'done', { files: { done: 'done' }, author: 'ann' })
  const pull = sandbox.openPullRequest(repo, { head: 'done', author: 'ann' })
  sandbox.closePullRequest(repo, pull, 'ann')
  const runs = Array.from({ length: 45 }, (_, index) => ({
    workflow: ['test.yml', 'gone.yml', 'dynamic/codeql'][index % 3] ?? '',
    branch: index % 5 === 0 ? 'kept' : 'main',
    status: index % 11 === 0 ? ('queued' as const) : ('completed' as const),
    createdAt: daysBefore(20 + 2 * index),
  }))
  const names = new Map(sandbox.seedRuns(repo, runs).map((id, index) => [id, `run ${index}`]))
  for (let index = 0; index < 8; index++) {
    const ref = index % 2 === 0 ? `refs/pull/${pull}/merge` : 'refs/heads/main'
    const cache = sandbox.addCache(repo, { key: 'k', ref, lastUsedAt: daysBefore(30 + 10 * index) })
    names.set(cache, `cache ${index}`)
  }
  return names
}

/** What is left of it. */
function finalState(project: RunsProject, names: ReadonlyMap<number, string>): (string | undefined)[] {
  return [...project.runs(), ...project.caches()].map((id) => names.get(id))
}

async function sweepOnce(project: RunsProject, process: MortalProcess): Promise<void> {
  const journal = await store.sweeps.open(await project.find(), 'runs', null, new Date())
  await project.sweep({ config: CONFIG, app: process.app, journal: process.journal(journal) })
}

test(`killed at ${KILLS} random requests, a sweep goes on and ends as one that was not (SEED=${SEED})`, {
  timeout: 180_000,
}, async () => {
  const random = makeRandom(SEED)
  const undisturbed = makeRunsProject(sandbox, app)
  const undisturbedNames = fill(undisturbed)
  sandbox.state.clearRequests()
  await sweepOnce(undisturbed, await startMortal(sandbox, Number.POSITIVE_INFINITY, false))
  const requests = sandbox.state.requests.length
  const expected = finalState(undisturbed, undisturbedNames)
  expect(expected).toHaveLength(undisturbedNames.size - BUDGET)
  let kills = 0
  while (kills < KILLS) {
    const project = makeRunsProject(sandbox, app)
    const names = fill(project)
    // Perhaps more than once in the same sweep.
    for (let process: MortalProcess; ; kills++) {
      process = await startMortal(sandbox, random.between(1, requests), random.chance(0.5))
      const failed = await sweepOnce(project, process).then(
        () => null,
        (error: unknown) => error,
      )
      if (failed === null) break
      expect(process.isDead(), `${failed}`).toBe(true)
    }
    const why = `SEED=${SEED}, ${kills} kills`
    expect(finalState(project, names), why).toEqual(expected)
    const deleted = project.deletions().map((id) => names.get(id))
    expect(new Set(deleted).size, why).toBe(deleted.length)
    const { repo } = await project.find()
    const [report, ...others] = await store.sweeps.list({ repoId: repo.id, limit: 10 })
    expect([report?.state, others]).toEqual(['done', []])
    expect(report?.outcomes.filter(({ outcome }) => outcome === 'done')).toHaveLength(BUDGET)
  }
})
