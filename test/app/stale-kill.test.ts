/**
 * Sweeps whose process dies at a random request, before or after GitHub did what it was asked: whoever goes on ends with what an
 * undisturbed sweep ends with, and nothing is said twice.
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
import { daysAgo, makeStaleConfig, makeStaleProject, type StaleProject } from '../support/stale-project.ts'
import { useStore } from '../support/stores.ts'
import { useSandbox } from '../support/use-sandbox.ts'

const KILLS = 20
const CONFIG = makeStaleConfig({ labels_to_add_when_unstale: 'awake', delete_branch: true })

const { sandbox, app } = await useSandbox()
const store = await useStore()

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
  const alive = await startMortal(sandbox, NEVER)
  await sweepOnce(undisturbed, alive)
  const expected = finalState(undisturbed, numbers)
  expect(expected.items.filter(({ state }) => state === 'closed')).toHaveLength(6)
  expect(expected.branches).toEqual(['refs/heads/main'])
  let kills = 0
  while (kills < KILLS) {
    const project = makeStaleProject(sandbox, app)
    expect(fill(project)).toEqual(numbers)
    // Perhaps more than once in the same sweep.
    kills += await sweepUntilDone(
      () => startMortal(sandbox, randomDeath(random, alive.steps())),
      (process) => sweepOnce(project, process),
    )
    const why = `SEED=${SEED}, ${kills} kills`
    expect(finalState(project, numbers), why).toEqual(expected)
    const { decisions } = await onlyReport(store, (await project.find()).repo.id, why)
    expect(decisions).toHaveLength(numbers.length)
  }
})
