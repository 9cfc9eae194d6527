/**
 * Sweeps of runs whose process dies at a random request, before or after GitHub did what it was asked: whoever goes on ends with what
 * an undisturbed sweep ends with, deletes no more than the budget, and nothing twice.
 */
import { expect, test } from 'vitest'
import {
  type MortalProcess,
  NEVER,
  onlyReport,
  randomDeath,
  startMortal,
  sweepUntilDone,
} from '../support/mortal-process.ts'
import { makeRandom, SEED } from '../support/random.ts'
import { daysBefore, makeRunsConfig, makeRunsProject, type RunsProject } from '../support/runs-project.ts'
import { useStore } from '../support/stores.ts'
import { NO_LIMIT, useSandbox } from '../support/use-sandbox.ts'

const KILLS = 20
const BUDGET = 24
/** Less than there is to delete. */
const CONFIG = makeRunsConfig({
  minimum_runs: 5,
  branches: { kept: { days: 50, minimum_runs: 2 } },
  operations_per_run: BUDGET,
})

const { sandbox, app } = await useSandbox({ rateLimit: NO_LIMIT })
const store = await useStore()

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
  const alive = await startMortal(sandbox, NEVER)
  await sweepOnce(undisturbed, alive)
  const expected = finalState(undisturbed, undisturbedNames)
  expect(expected).toHaveLength(undisturbedNames.size - BUDGET)
  let kills = 0
  while (kills < KILLS) {
    const project = makeRunsProject(sandbox, app)
    const names = fill(project)
    // Perhaps more than once in the same sweep.
    kills += await sweepUntilDone(
      () => startMortal(sandbox, randomDeath(random, alive.steps())),
      (process) => sweepOnce(project, process),
    )
    const why = `SEED=${SEED}, ${kills} kills`
    expect(finalState(project, names), why).toEqual(expected)
    const deleted = project.deletions().map((id) => names.get(id))
    expect(new Set(deleted).size, why).toBe(deleted.length)
    const { outcomes } = await onlyReport(store, (await project.find()).repo.id, why)
    expect(outcomes.filter(({ outcome }) => outcome === 'done')).toHaveLength(BUDGET)
  }
})
