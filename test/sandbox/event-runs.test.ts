/** What GitHub runs by itself: workflows of pull requests, pushes and merge groups; and what other apps say of a commit. */
import type { Octokit } from '@octokit/rest'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { sampleRepository } from '../../src/sandbox/sample-repository.ts'
import type { Sandbox, ScriptedRun } from '../../src/sandbox/sandbox.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { installationClient, NAME, OWNER, REPO, type Receiver, SHOP, startReceiver, tip } from './support.ts'

const LINT = `name: Lint
on:
  push: { branches: [main] }
  pull_request:
  merge_group:
jobs:
  lint: { runs-on: ubuntu-latest }
`
const LABELLED = 'on: { pull_request: { types: [labeled] } }\njobs: { told: { runs-on: ubuntu-latest } }\n'
const FORGED = `${LINT.replace('  lint:', '  forged:')}`

let receiver: Receiver
let sandbox: Sandbox
let octokit: Octokit
const seen: ScriptedRun[] = []

beforeAll(async () => {
  receiver = await startReceiver()
  sandbox = await startSandbox({
    webhook: { url: receiver.url },
    validateReplies: true,
    runner(run) {
      seen.push(run)
      return {}
    },
  })
  const workflows = { '.github/workflows/lint.yml': LINT, '.github/workflows/labelled.yml': LABELLED }
  sandbox.createRepository({ owner: OWNER, name: REPO, files: { ...sampleRepository(), ...workflows } })
  octokit = await installationClient(sandbox)
})
afterAll(async () => {
  await sandbox.stop()
  await receiver.stop()
  sandbox.assertConforms()
})
afterEach(async () => {
  await sandbox.settle()
  seen.length = 0
  receiver.received.length = 0
})

const started = () => seen.map(({ workflow, event, headSha }) => [workflow, event, headSha])

async function runsOf(workflow_id: string, head_sha: string) {
  const { data } = await octokit.rest.actions.listWorkflowRuns({ ...SHOP, workflow_id, head_sha })
  return data.workflow_runs
}

test('a push, a tag and a pull request start what is written for them, and nothing that is dispatched', async () => {
  const sha = sandbox.pushCommit(NAME, 'one', { files: { one: '1' }, message: 'One\n\nmore', author: 'ann' })
  sandbox.openPullRequest(NAME, { head: 'one', title: 'The first', author: 'ann' })
  expect(started()).toEqual([
    ['lint.yml', 'push', sha],
    ['lint.yml', 'pull_request', sha],
  ])
  await sandbox.settle()
  const [ofPull, ofPush] = await runsOf('lint.yml', sha)
  expect(ofPull).toMatchObject({
    event: 'pull_request',
    path: '.github/workflows/lint.yml',
    head_branch: 'one',
    display_title: 'The first',
    conclusion: 'success',
    actor: { login: 'ann' },
  })
  expect(ofPush).toMatchObject({ event: 'push', display_title: 'One' })
  const told = receiver.received
    .filter(({ event }) => event === 'workflow_run')
    .map(({ payload }) => payload.workflow_run)
  expect(told).toHaveLength(6)
  expect(told).toContainEqual(
    expect.objectContaining({ event: 'pull_request', head_sha: sha, path: '.github/workflows/lint.yml' }),
  )
  seen.length = 0
  sandbox.pushTag(NAME, 'v1', sha)
  expect(started()).toEqual([['lint.yml', 'push', sha]])
})

test('each new commit and reopening runs again, a label only what asked for labels', () => {
  sandbox.createBranch(NAME, 'two', 'main')
  sandbox.pushCommit(NAME, 'two', { files: { two: '1' } })
  const number = sandbox.openPullRequest(NAME, { head: 'two', author: 'ann' })
  seen.length = 0
  const sha = sandbox.pushCommit(NAME, 'two', { files: { two: '2' } })
  sandbox.closePullRequest(NAME, number, 'ann')
  sandbox.reopenPullRequest(NAME, number, 'ann')
  sandbox.editPullRequest(NAME, number, { title: 'Two' }, 'ann')
  sandbox.addLabel(NAME, number, 'deploy', 'ann')
  expect(started()).toEqual([
    ['lint.yml', 'push', sha],
    ['lint.yml', 'pull_request', sha],
    ['lint.yml', 'pull_request', sha],
    ['labelled.yml', 'pull_request', sha],
  ])
})

test('a fork runs in the base repository what its own commit says', async () => {
  sandbox.fork(NAME, 'mallory')
  const files = { '.github/workflows/lint.yml': FORGED, '.github/workflows/new.yml': FORGED, f: '1' }
  const sha = sandbox.pushCommit('mallory/shop', 'patch', { files, author: 'mallory' })
  expect(started()).toEqual([])
  sandbox.openPullRequest(NAME, { head: 'mallory:patch' })
  expect(started()).toEqual([
    ['lint.yml', 'pull_request', sha],
    ['new.yml', 'pull_request', sha],
  ])
  await sandbox.settle()
  const [run] = await runsOf('lint.yml', sha)
  expect(run).toMatchObject({
    repository: { full_name: NAME },
    head_repository: { full_name: 'mallory/shop', fork: true },
    pull_requests: [],
    conclusion: 'success',
  })
  const jobs = await octokit.rest.actions.listJobsForWorkflowRun({ ...SHOP, run_id: run?.id ?? 0 })
  expect(jobs.data.jobs.map(({ name }) => name)).toEqual(['forged'])
  expect(await runsOf('new.yml', sha)).toHaveLength(1)
})

test('nothing runs for a pull request that conflicts, or of a workflow that is disabled', () => {
  sandbox.createBranch(NAME, 'conflict', 'main')
  sandbox.pushCommit(NAME, 'conflict', { files: { 'src/shop.py': 'theirs\n' } })
  sandbox.pushCommit(NAME, 'main', { files: { 'src/shop.py': 'ours\n' } })
  seen.length = 0
  sandbox.openPullRequest(NAME, { head: 'conflict', author: 'ann' })
  expect(started()).toEqual([])
  sandbox.disableWorkflow(NAME, 'lint.yml')
  sandbox.pushCommit(NAME, 'main', { files: { quiet: '1' } })
  sandbox.disableWorkflow(NAME, 'lint.yml', false)
  expect(started()).toEqual([])
})

test('a merge group runs on its own commit', () => {
  sandbox.pushCommit(NAME, 'queued', { files: { queued: '1' } })
  const number = sandbox.openPullRequest(NAME, { head: 'queued', author: 'ann' })
  seen.length = 0
  const sha = sandbox.createMergeGroup(NAME, number)
  expect(started()).toEqual([
    ['lint.yml', 'push', sha],
    ['lint.yml', 'merge_group', sha],
  ])
  expect(seen[1]?.ref).toMatch(/^gh-readonly-queue\/main\//)
})

test("another app's check runs are told with the app, listed by name, and are not ours to change", async () => {
  const headSha = tip(sandbox)
  const first = sandbox.postCheckRun(NAME, 'other-ci', { name: 'scan', headSha, status: 'in_progress' })
  sandbox.changeCheckRun(NAME, first, { conclusion: 'failure' })
  const second = sandbox.postCheckRun(NAME, 'other-ci', { name: 'scan', headSha, conclusion: 'success' })
  const forged = sandbox.postCheckRun(NAME, 'evil-ci', { name: 'scan', headSha, conclusion: 'success' })
  await sandbox.settle()
  const told = receiver.received
    .filter(({ event }) => event === 'check_run')
    .map(({ action, payload }) => ({ action, check: payload.check_run }))
  const by = (slug: string, id: number) =>
    expect.objectContaining({ id, name: 'scan', head_sha: headSha, app: expect.objectContaining({ slug }) })
  expect(told).toHaveLength(6)
  expect(told).toContainEqual({ action: 'created', check: by('other-ci', first) })
  expect(told).toContainEqual({ action: 'completed', check: by('other-ci', first) })
  expect(told).toContainEqual({ action: 'completed', check: by('evil-ci', forged) })
  const apps = new Set(told.map(({ check }) => JSON.stringify((check as { app: { id: number } }).app.id)))
  expect([apps.size, apps.has(String(sandbox.app.id))]).toEqual([2, false])
  const list = async (filter: 'latest' | 'all') => {
    const { data } = await octokit.rest.checks.listForRef({ ...SHOP, ref: headSha, check_name: 'scan', filter })
    return data.check_runs.map(({ id, app }) => [id, app?.slug])
  }
  expect(await list('latest')).toEqual([
    [forged, 'evil-ci'],
    [second, 'other-ci'],
  ])
  expect(await list('all')).toHaveLength(3)
  await expect(
    octokit.rest.checks.update({ ...SHOP, check_run_id: first, conclusion: 'success' }),
  ).rejects.toMatchObject({ status: 403 })
})
