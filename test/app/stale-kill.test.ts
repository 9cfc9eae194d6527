/**
 * Sweeps whose process dies at a random request, before or after GitHub did what it was asked: whoever goes on ends with what an
 * undisturbed sweep ends with, and nothing is said twice.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../src/adapters/store/open-store.ts'
import type { GitHubApp, Store } from '../../src/ports.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type MortalProcess, startMortal } from '../support/mortal-process.ts'
import { makeRandom } from '../support/random.ts'
import { connectTo, daysAgo, makeStaleConfig, makeStaleProject, type StaleProject } from '../support/stale-project.ts'

const KILLS = 20
const SEED = Number(process.env.SEED ?? Date.now() % 100_000)
const CONFIG = makeStaleConfig({ labels_to_add_when_unstale: 'awake', delete_branch: true })

let sandbox: Sandbox
let app: GitHubApp
let store: Store

beforeAll(async () => {
  sandbox = await startSandbox({ validateReplies: true })
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

/** Something of everything: to be warned, to be woken, to be closed with and without a branch, to be left alone. */
function fill(project: StaleProject): number[] {
  const { repo } = project
  const us = `${sandbox.app.slug}[bot]`
  const fresh = Array.from({ length: 6 }, (_, index) => project.openOld(`Old ${index}`, 40 + index))
  const stale = Array.from({ length: 5 }, (_, index) => project.openOld(`Stale ${index}`, 60 + index))
  const pulls = ['one', 'two', 'three'].map((branch) => project.openOldPull(branch, 70))
  for (const number of [...stale, ...pulls]) sandbox.addLabel(repo, number, 'Stale', us, daysAgo(9))
  for (const number of stale.slice(0, 2)) sandbox.comment(repo, number, 'Still so.', 'rob', daysAgo(1))
  return [...fresh, ...stale, ...pulls, project.openOld('Young', 2)]
}

/** What is the same of two projects that were swept alike. */
function finalState(project: StaleProject, numbers: readonly number[]) {
  const refs = [...sandbox.state.repository(project.repo).refs.keys()]
  const branches = refs.filter((ref) => ref.startsWith('refs/heads/')).toSorted()
  const items = numbers.map((number) => {
    const { title, state, stateReason, labels, comments } = project.item(number)
    return { title, state, stateReason, labels: labels.toSorted(), said: comments.map(({ body }) => body) }
  })
  return { items, branches }
}

async function sweepOnce(project: StaleProject, process: MortalProcess): Promise<void> {
  const journal = await store.sweeps.open(await project.find(), 'stale', null, new Date())
  await project.sweep({ config: CONFIG, app: process.app, journal: process.journal(journal) })
}

test(`killed at ${KILLS} random requests, a sweep goes on and ends as one that was not (SEED=${SEED})`, {
  timeout: 180_000,
}, async () => {
  const random = makeRandom(SEED)
  const undisturbed = makeStaleProject(sandbox, app)
  const numbers = fill(undisturbed)
  const alive = await startMortal(sandbox, Number.POSITIVE_INFINITY, false)
  sandbox.state.clearRequests()
  await sweepOnce(undisturbed, alive)
  const requests = sandbox.state.requests.length
  const expected = finalState(undisturbed, numbers)
  expect(expected.items.filter(({ state }) => state === 'closed')).toHaveLength(6)
  expect(expected.branches).toEqual(['refs/heads/main'])
  let kills = 0
  while (kills < KILLS) {
    const project = makeStaleProject(sandbox, app)
    expect(fill(project)).toEqual(numbers)
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
    expect(finalState(project, numbers), `SEED=${SEED}, ${kills} kills`).toEqual(expected)
    const { repo } = await project.find()
    const [report, ...others] = await store.sweeps.list({ repoId: repo.id, limit: 10 })
    expect([report?.state, others]).toEqual(['done', []])
    expect(report?.decisions).toHaveLength(numbers.length)
  }
})
