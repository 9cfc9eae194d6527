/** The budget of a stale sweep: it is spent on what can be done, and counts what was written also where a sweep was stopped. */
import { afterEach, expect, test } from 'vitest'
import { makeStaleRefusals } from '../../src/app/stale-refusals.ts'
import { decideItem } from '../../src/domain/decide-stale.ts'
import { TransientError } from '../../src/domain/errors.ts'
import type { SweepOutcome } from '../../src/domain/sweep.ts'
import { DEFAULT_PERMISSIONS } from '../../src/sandbox/options.ts'
import { NOW } from '../support/facts.ts'
import { startMortal } from '../support/mortal-process.ts'
import { makeConfig, makeItem } from '../support/stale-items.ts'
import { makeStaleConfig, makeStaleProject, type StaleProject } from '../support/stale-project.ts'
import { useStore } from '../support/stores.ts'
import { useSandbox } from '../support/use-sandbox.ts'

const { sandbox, app } = await useSandbox()
const store = await useStore()
afterEach(() => sandbox.setInstallationPermissions('acme', DEFAULT_PERMISSIONS))

const open = async (project: StaleProject) => store.sweeps.open(await project.find(), 'stale', null, new Date())
const written = (project: StaleProject, numbers: readonly number[]) =>
  numbers.map((number) => project.item(number).comments.length + project.item(number).labels.length)
const counted = (outcomes: readonly SweepOutcome[]) => outcomes.reduce((sum, one) => sum + one.operations, 0)

test('what is refused at every sweep uses up no budget: what comes after it is done', async () => {
  const project = makeStaleProject(sandbox, app)
  const pulls = ['a', 'b', 'c'].map((branch) => project.openOldPull(branch, 60))
  const issues = [project.openOld('One', 41), project.openOld('Two', 40)]
  const late = project.openOld('Three', 39)
  sandbox.setInstallationPermissions('acme', { ...DEFAULT_PERMISSIONS, pull_requests: 'read' })
  const report = await project.sweep({ config: makeStaleConfig({ operations_per_run: 4 }) })
  expect(project.outcomes(report)).toEqual({
    ...Object.fromEntries(pulls.map((number) => [`#${number}`, 'refused: mark'])),
    ...Object.fromEntries(issues.map((number) => [`#${number}`, 'done: mark'])),
    [`#${late}`]: 'left: mark',
  })
  expect(report.outcomes).toHaveLength(6)
  expect([counted(report.outcomes), written(project, issues)]).toEqual([4, [2, 2]])
})

test('what changed meanwhile uses up none, either', async () => {
  const project = makeStaleProject(sandbox, app)
  const [answered, quiet, late] = [50, 45, 40].map((days) => project.openOld('Old', days))
  let isAnswered = false
  const pace = async () => {
    if (!isAnswered) sandbox.comment(project.repo, answered ?? 0, 'Wait!', 'rob')
    isAnswered = true
  }
  const report = await project.sweep({ config: makeStaleConfig({ operations_per_run: 2 }), pace })
  expect(project.outcomes(report)).toEqual({
    [`#${answered}`]: 'skipped: mark',
    [`#${quiet}`]: 'done: mark',
    [`#${late}`]: 'left: mark',
  })
})

test('a permission that is missing is not asked for again and again', async () => {
  const project = makeStaleProject(sandbox, app)
  const pulls = Array.from({ length: 12 }, (_, index) => project.openOldPull(`topic-${index}`, 60))
  const issue = project.openOld()
  sandbox.setInstallationPermissions('acme', { ...DEFAULT_PERMISSIONS, pull_requests: 'read' })
  sandbox.state.clearRequests()
  const report = await project.sweep({ config: makeStaleConfig({ operations_per_run: 2 }) })
  expect(project.outcomes(report)).toEqual({
    ...Object.fromEntries(pulls.map((number) => [`#${number}`, 'refused: mark'])),
    [`#${issue}`]: 'done: mark',
  })
  const notes = report.outcomes.filter(({ outcome }) => outcome === 'refused').map(({ note }) => note)
  expect(notes.filter((note) => note.startsWith('the same was refused before: '))).toHaveLength(7)
  expect(sandbox.state.requests.filter(({ body }) => body.includes('addComment'))).toHaveLength(6)
})

test('refusals that are of each item alone end somewhere', () => {
  const refusals = makeStaleRefusals()
  const facts = {
    defaultBranch: 'main',
    protectedBranches: new Set<string>(),
    branchesInUse: new Map(),
    exempt: new Set<number>(),
  }
  const action = decideItem(makeItem(), { now: NOW, config: makeConfig(), repository: facts })
  const { subject, do: doing } = action
  const refuse = (note: string) =>
    refusals.take([action], [{ subject, do: doing, outcome: 'refused', operations: 0, note }])
  for (let times = 0; times < 499; times++) refuse('the conversation is locked')
  expect([refusals.areTooMany(), refusals.whyNot(action)]).toEqual([false, null])
  refuse('the conversation is locked')
  expect([refusals.areTooMany(), refusals.whyNot(action)]).toEqual([true, null])
})

test('limited again and again in the middle, a sweep writes as much as its budget, and says so', async () => {
  const project = makeStaleProject(sandbox, app)
  const numbers = Array.from({ length: 6 }, (_, index) => project.openOld('Old', 60 - index))
  const config = makeStaleConfig({ operations_per_run: 4 })
  for (let times = 0; times < 2; times++) {
    const limit = { path: '/graphql', requestBody: 'addLabelsToLabelable', limit: 'secondary' } as const
    sandbox.faults.rateLimit(limit)
    await expect(project.sweep({ config, journal: await open(project) })).rejects.toThrow(TransientError)
  }
  const report = await project.sweep({ config, journal: await open(project) })
  expect(written(project, numbers)).toEqual([2, 2, 0, 0, 0, 0])
  expect(report.outcomes.map(({ outcome, operations }) => `${outcome} ${operations}`)).toEqual([
    'done 2',
    'done 2',
    ...Array(4).fill('left 0'),
  ])
  const { repo } = await project.find()
  const [kept] = await store.sweeps.list({ repoId: repo.id, limit: 1 })
  expect(kept?.outcomes).toEqual(report.outcomes)
})

test('killed anywhere, a sweep writes no more than its budget, and reports no less than it wrote', async () => {
  const config = makeStaleConfig({ operations_per_run: 5 })
  const fill = (project: StaleProject) => [1, 2, 3, 4].map((index) => project.openOld('Old', 60 - index))
  const undisturbed = makeStaleProject(sandbox, app)
  fill(undisturbed)
  sandbox.state.clearRequests()
  await undisturbed.sweep({ config })
  const requests = sandbox.state.requests.length
  expect(requests).toBeGreaterThan(4)
  for (let dieAt = 1; dieAt <= requests; dieAt++)
    for (const hasEffect of [false, true]) {
      const project = makeStaleProject(sandbox, app)
      const numbers = fill(project)
      const process = await startMortal(sandbox, { at: dieAt, hasEffect })
      const journal = process.journal(await open(project))
      await project.sweep({ config, app: process.app, journal }).catch(() => {})
      expect(process.isDead()).toBe(true)
      await project.sweep({ config, journal: await open(project) })
      const { repo } = await project.find()
      const [kept] = await store.sweeps.list({ repoId: repo.id, limit: 1 })
      const each = written(project, numbers)
      const writes = each.reduce((sum, one) => sum + one, 0)
      const where = `killed at ${dieAt}, ${hasEffect ? 'after' : 'before'} its effect`
      expect(writes, where).toBeLessThanOrEqual(5)
      expect(writes, where).toBeGreaterThan(0)
      for (const [index, number] of numbers.entries()) {
        const outcomes = kept?.outcomes.filter(({ subject }) => subject === `#${number}`) ?? []
        expect(counted(outcomes), where).toBeGreaterThanOrEqual(each[index] ?? 0)
      }
    }
})
