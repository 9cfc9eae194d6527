/** Issues and pull requests from the warning to the closing, over HTTP. */
import { describe, expect, test } from 'vitest'
import { fetchWithTimeout } from '../../src/adapters/github/octokit.ts'
import {
  daysAgo,
  FAREWELL,
  makeStaleConfig,
  makeStaleProject,
  type StaleProject,
  WARNING,
} from '../support/stale-project.ts'
import { connectTo, useSandbox } from '../support/use-sandbox.ts'

const { sandbox, app } = await useSandbox()

test('what was quiet is warned, and closed a week later, with label and reason; what is young is left alone', async () => {
  const project = makeStaleProject(sandbox, app)
  const issue = project.openOld()
  const pull = project.openOldPull('quiet')
  const young = project.openOld('Young', 3)
  const marked = await project.sweep()
  expect(project.outcomes(marked)).toEqual({ [`#${issue}`]: 'done: mark', [`#${pull}`]: 'done: mark' })
  for (const number of [issue, pull]) {
    expect(project.item(number)).toMatchObject({ state: 'open', labels: ['Stale'] })
    expect(project.said(number)).toEqual([WARNING])
  }
  expect((await project.sweep({ inDays: 6.9 })).outcomes).toEqual([])
  const closed = await project.sweep({ inDays: 7.1 })
  expect(project.outcomes(closed)).toEqual({ [`#${issue}`]: 'done: close', [`#${pull}`]: 'done: close' })
  expect(project.item(issue)).toMatchObject({ state: 'closed', stateReason: 'not_planned' })
  expect(project.item(issue).labels).toEqual(['Stale', 'abandoned'])
  expect(project.item(pull)).toMatchObject({ state: 'closed', labels: ['Stale'] })
  for (const number of [issue, pull]) expect(project.said(number)).toEqual([WARNING, FAREWELL])
  expect(project.item(young)).toMatchObject({ state: 'open', labels: [] })
  expect((await project.sweep({ inDays: 8 })).outcomes).toEqual([])
})

describe('what a person does ends staleness', () => {
  const acts: [string, (project: StaleProject, number: number) => void][] = [
    ['a comment', ({ repo }, number) => sandbox.comment(repo, number, 'Yes, still.', 'rob')],
    ['a push', ({ repo }) => sandbox.pushCommit(repo, 'topic', { files: { 'more.txt': 'more' }, author: 'rob' })],
    ['a review', ({ repo }, number) => sandbox.review(repo, number, { by: 'ann', state: 'approved' })],
    [
      'reopening',
      ({ repo }, number) => {
        sandbox.close(repo, number, { by: 'ann' })
        sandbox.reopen(repo, number, { by: 'ann' })
      },
    ],
  ]
  test.each(acts)('%s', async (_, act) => {
    const project = makeStaleProject(sandbox, app)
    const number = project.openOldPull('topic')
    const config = makeStaleConfig({ labels_to_add_when_unstale: 'awake', labels_to_remove_when_unstale: 'tired' })
    sandbox.addLabel(project.repo, number, 'tired', 'ann', daysAgo(39))
    await project.sweep({ config })
    expect(project.item(number).labels.toSorted()).toEqual(['Stale', 'tired'])
    act(project, number)
    const report = await project.sweep({ config, only: number })
    expect(project.outcomes(report)).toEqual({ [`#${number}`]: 'done: unstale' })
    expect(project.item(number)).toMatchObject({ state: 'open', labels: ['awake'] })
    expect(project.said(number)).toEqual([WARNING])
    expect((await project.sweep({ config, inDays: 8 })).outcomes).toEqual([])
  })

  test('a bot’s comment does not', async () => {
    const project = makeStaleProject(sandbox, app)
    const number = project.openOld()
    await project.sweep()
    sandbox.comment(project.repo, number, 'Beep', 'renovate[bot]')
    expect((await project.sweep({ only: number })).outcomes).toEqual([])
    expect(project.item(number).labels).toEqual(['Stale'])
  })
})

test('a label that was put on by hand is followed by the warning, and starts the clock', async () => {
  const project = makeStaleProject(sandbox, app)
  const number = project.openOld('Young', 2)
  sandbox.addLabel(project.repo, number, 'stale', 'ann')
  expect(project.outcomes(await project.sweep({ only: number }))).toEqual({ [`#${number}`]: 'done: warn' })
  expect((await project.sweep({ only: number })).outcomes).toEqual([])
  expect(project.said(number)).toEqual([WARNING])
  await project.sweep({ inDays: 7.1 })
  expect(project.item(number).state).toBe('closed')
})

test('a label that was taken off by hand stays off, and the clock begins anew', async () => {
  const project = makeStaleProject(sandbox, app)
  const number = project.openOld()
  await project.sweep()
  sandbox.removeLabel(project.repo, number, 'Stale', 'ann')
  expect((await project.sweep({ inDays: 29.9 })).outcomes).toEqual([])
  expect(project.outcomes(await project.sweep({ inDays: 30.1 }))).toEqual({ [`#${number}`]: 'done: mark' })
})

test('a dry run tells what the real one does, action by action', async () => {
  const project = makeStaleProject(sandbox, app)
  for (const title of ['One', 'Two', 'Three']) project.openOld(title)
  const young = project.openOld('Young', 1)
  const kept = project.openOld('Kept')
  sandbox.addLabel(project.repo, kept, 'keep', 'ann', daysAgo(35))
  const wanted = (report: Awaited<ReturnType<StaleProject['sweep']>>) =>
    report.decisions.map((one) => `${one.subject} ${one.do.join()}`)
  const dry = await project.sweep({ dryRun: true })
  expect(dry.outcomes).toEqual([])
  expect(project.item(young).comments.length + project.item(1).comments.length).toBe(0)
  const real = await project.sweep()
  expect(wanted(dry)).toEqual(wanted(real))
  const done = real.outcomes.map((one) => `${one.subject} ${one.do.join()}`)
  expect(done).toEqual(wanted(dry).filter((one) => one.endsWith('mark')))
})

test('what the budget does not cover is left, said to be left, and done by the next sweep, oldest first', async () => {
  const project = makeStaleProject(sandbox, app)
  const [young, oldest, old] = [35, 50, 40].map((days) => project.openOld('Old', days))
  const config = makeStaleConfig({ operations_per_run: 4 })
  const first = await project.sweep({ config })
  expect(project.outcomes(first)).toEqual({
    [`#${oldest}`]: 'done: mark',
    [`#${old}`]: 'done: mark',
    [`#${young}`]: 'left: mark',
  })
  expect(project.outcomes(await project.sweep({ config }))).toEqual({ [`#${young}`]: 'done: mark' })
})

test('a thousand items are read with 100 a request', async () => {
  const project = makeStaleProject(sandbox, app)
  const at = daysAgo(5)
  sandbox.seedIssues(
    project.repo,
    Array.from({ length: 1_000 }, (_, index) => ({ title: `Issue ${index}`, author: 'rob', at })),
  )
  const { decisions, spent } = await project.sweep()
  expect(decisions).toHaveLength(1_000)
  expect(spent.requests).toBeLessThanOrEqual(13)
})

test('only the branch that nothing else needs goes with its pull request', async () => {
  const project = makeStaleProject(sandbox, app)
  const { repo } = project
  const at = daysAgo(40)
  const pull = (branch: string) => project.openOldPull(branch)
  const quiet = ['alone', 'guarded', 'ruled', 'shared', 'base'].map(pull)
  sandbox.protectBranch(repo, 'guarded', [])
  sandbox.setRuleset(repo, 'ruled', { mergeQueue: true })
  sandbox.pushCommit(repo, 'stable', { files: { 'stable.txt': 'stable' }, author: 'rob', at })
  sandbox.openPullRequest(repo, { head: 'shared', base: 'stable', author: 'rob' })
  sandbox.pushCommit(repo, 'onto', { files: { 'onto.txt': 'onto' }, from: 'base', author: 'rob' })
  sandbox.openPullRequest(repo, { head: 'onto', base: 'base', author: 'rob' })
  const us = `${sandbox.app.slug}[bot]`
  for (const number of quiet) sandbox.addLabel(repo, number, 'Stale', us, daysAgo(8))
  const report = await project.sweep({ config: makeStaleConfig({ delete_branch: true }) })
  expect(project.outcomes(report)).toEqual(Object.fromEntries(quiet.map((number) => [`#${number}`, 'done: close'])))
  const refs = [...sandbox.state.repository(repo).refs.keys()].filter((ref) => ref.startsWith('refs/heads/'))
  const branches = refs.map((ref) => ref.slice('refs/heads/'.length)).toSorted()
  expect(branches).toEqual(['base', 'guarded', 'main', 'onto', 'ruled', 'shared', 'stable'])
})

describe('a branch that cannot go any more stays, and it is told why', () => {
  const config = makeStaleConfig({ delete_branch: true })
  const makeStalePull = () => {
    const project = makeStaleProject(sandbox, app)
    const number = project.openOldPull('topic')
    sandbox.addLabel(project.repo, number, 'Stale', `${sandbox.app.slug}[bot]`, daysAgo(8))
    return { project, number }
  }
  const branchesOf = ({ repo }: StaleProject) => [...sandbox.state.repository(repo).refs.keys()]

  test('it got another commit', async () => {
    const { project, number } = makeStalePull()
    const fetch: typeof fetchWithTimeout = (input, init) => {
      const isLook = /\/git\/refs?\/heads(\/|%2F)topic/.test(String(input instanceof Request ? input.url : input))
      if (isLook) sandbox.pushCommit(project.repo, 'topic', { files: { 'new.txt': 'new' }, author: 'rob' })
      return fetchWithTimeout(input, init)
    }
    const { outcomes } = await project.sweep({ config, app: await connectTo(sandbox, fetch) })
    const note = 'its branch topic stays: it has another commit by now'
    expect(outcomes).toMatchObject([{ subject: `#${number}`, outcome: 'done', operations: 2, note }])
    expect(branchesOf(project)).toContain('refs/heads/topic')
  })

  test('it was protected', async () => {
    const { project, number } = makeStalePull()
    const pace = async () => sandbox.protectBranch(project.repo, 'topic', [])
    const { outcomes } = await project.sweep({ config, pace })
    const note = 'its branch topic stays: by now it is protected, or another pull request needs it'
    expect(outcomes).toMatchObject([{ subject: `#${number}`, outcome: 'done', operations: 2, note }])
    expect(branchesOf(project)).toContain('refs/heads/topic')
  })
})

test('the branch of a fork stays, whatever it is called', async () => {
  const project = makeStaleProject(sandbox, app)
  const { repo } = project
  const fork = sandbox.fork(repo, 'zoe')
  const theirs = `zoe/${fork.name}`
  const at = daysAgo(40)
  sandbox.pushCommit(theirs, 'topic', { files: { 'a.txt': 'a' }, author: 'zoe', at })
  sandbox.pushCommit(repo, 'topic', { files: { 'b.txt': 'b' }, author: 'ann', at })
  const number = sandbox.openPullRequest(repo, { head: 'zoe:topic', author: 'zoe', at })
  sandbox.addLabel(repo, number, 'Stale', `${sandbox.app.slug}[bot]`, daysAgo(8))
  const report = await project.sweep({ config: makeStaleConfig({ delete_branch: true }) })
  expect(project.outcomes(report)).toEqual({ [`#${number}`]: 'done: close' })
  for (const name of [repo, theirs])
    expect([...sandbox.state.repository(name).refs.keys()]).toContain('refs/heads/topic')
})
