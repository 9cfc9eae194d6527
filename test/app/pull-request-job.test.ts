/** The job itself, with a clock that can be turned, and webhooks that never come. */
import { createProbot } from 'probot'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectApp } from '../../src/adapters/github/github.ts'
import { fetchWithTimeout, SignalboxOctokit } from '../../src/adapters/github/octokit.ts'
import { openStore } from '../../src/adapters/store/open-store.ts'
import { makeConfigCache } from '../../src/app/config-cache.ts'
import { advancePullRequest, type PullRequestJobDeps } from '../../src/app/pull-request-job.ts'
import { pullRequestKey } from '../../src/domain/pull-request.ts'
import type { GitHubApp, Store } from '../../src/ports.ts'
import { type RunnerScript, type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { makeEnv, makeTestLog } from '../support/app.ts'
import { makePreviewProject, type PreviewOptions } from '../support/preview-project.ts'

let github: Sandbox
let store: Store
let app: GitHubApp
let aheadMs = 0
const runners = new Map<string, RunnerScript>()
const log = makeTestLog()

beforeAll(async () => {
  github = await startSandbox({ validateReplies: true, runner: (run) => runners.get(run.repo)?.(run) ?? {} })
  store = await openStore({ databaseUrl: null, dataDirectory: null, onError: () => {} })
  const env = makeEnv(github) as Partial<Record<string, string>>
  const overrides = { log, Octokit: SignalboxOctokit, request: { fetch: fetchWithTimeout } }
  app = connectApp(await createProbot({ env, overrides }).ready(), github.app.id)
})
afterAll(async () => {
  github.assertConforms()
  await store.close()
  await github.stop()
})

function makeDeps(): PullRequestJobDeps {
  const clock = { now: () => new Date(Date.now() + aheadMs) }
  const configs = makeConfigCache(clock)
  return { app, store, clock, log, configs, previewRepositories: new Set(), faults: new Map(), asked: new Map() }
}

/** A pull request with the label on, whose preview needs nothing. */
async function setUp(options: PreviewOptions = {}) {
  const project = makePreviewProject({ github, runners }, { needs: false, ...options })
  const { number, sha } = project.openPullRequest()
  project.label(number)
  const { id, nodeId, owner, name, defaultBranch } = github.state.repository(project.repo)
  const repo = { id, nodeId, owner: owner.login, name, defaultBranch }
  const installationId = await app.findInstallation(repo)
  await store.pullRequests.touch({ repo, number, installationId: installationId ?? 0 })
  return { project, sha, number, key: pullRequestKey(id, number), repo }
}

test('two processes at once: one dispatch', async () => {
  const { project, key } = await setUp()
  await Promise.all([advancePullRequest(makeDeps(), key), advancePullRequest(makeDeps(), key)])
  expect(project.deployed()).toHaveLength(1)
})

test('no webhook ever comes: GitHub is asked after a while, and not before', async () => {
  const { project, key, repo, number } = await setUp()
  const deps = makeDeps()
  // It is looked at once right after its dispatch, when it has not ended yet.
  runners.set(project.deploy, () => ({ queuedMs: 1_500, durationMs: 50 }))
  await advancePullRequest(deps, key)
  await github.until('it is deployed', () => project.deployRuns()[0]?.conclusion === 'success')
  await advancePullRequest(deps, key)
  expect(project.shown()).not.toEqual(['success'])
  aheadMs += 3 * 60_000
  await advancePullRequest(deps, key)
  expect(project.shown()).toEqual(['success'])
  expect((await store.pullRequests.load(repo.id, number))?.deployments).toMatchObject([{ conclusion: 'success' }])
})

test('its workflow run is deleted: the deployment failed', async () => {
  const { project, key } = await setUp()
  runners.set(project.deploy, () => ({ hang: true }))
  await advancePullRequest(makeDeps(), key)
  github.state.repository(project.deploy).workflowRuns.clear()
  aheadMs += 3 * 60_000
  await advancePullRequest(makeDeps(), key)
  expect(project.shown()).toEqual(['failure'])
})

test("GitHub's deployments are refused: the preview is deployed and taken down all the same", async () => {
  const { project, key, number } = await setUp()
  github.faults.respond({ method: 'POST', path: /\/deployments$/, status: 403, times: 100 })
  await advancePullRequest(makeDeps(), key)
  await github.until('it is deployed', () => project.deployRuns()[0]?.conclusion === 'success')
  project.unlabel(number)
  aheadMs += 3 * 60_000
  await advancePullRequest(makeDeps(), key)
  github.faults.clear()
  expect(project.deployed().map((run) => run.split(' ')[0])).toEqual(['deploy.yml', 'teardown.yml'])
  expect(project.shown()).toEqual([])
})

test('a comment that GitHub does not take is tried once each time', async () => {
  const { project, key, number } = await setUp()
  github.faults.respond({ method: 'POST', path: /\/comments$/, status: 403, times: 100 })
  github.state.clearRequests()
  await advancePullRequest(makeDeps(), key)
  github.faults.clear()
  const tried = github.state.requests.filter((request) => request.path.endsWith(`/issues/${number}/comments`))
  expect(tried.filter((request) => request.method === 'POST').length).toBeLessThanOrEqual(3)
  expect(project.deployed()).toHaveLength(1)
})

test('what GitHub refuses of a label keeps no preview from being deployed and shown', async () => {
  const { project, key, number } = await setUp()
  project.configure(project.deploy, 'label_actions: { fix: { workflow: build.yml } }\n')
  github.addLabel(project.repo, number, 'fix', 'rob')
  github.faults.respond({ method: 'DELETE', path: /\/labels\/fix$/, status: 403, times: 100 })
  github.state.clearRequests()
  await advancePullRequest(makeDeps(), key)
  github.faults.clear()
  expect(project.deployed()).toHaveLength(1)
  expect(project.said(number)).toContain('deploy')
  const tried = github.state.requests.filter((request) => request.method === 'DELETE')
  expect(tried).toHaveLength(1)
  await advancePullRequest(makeDeps(), key)
  expect(github.state.pullRequest(project.repo, number).labels).toEqual(['deploy'])
})

test('closed while it is deployed: taken down afterwards', async () => {
  const { project, key, number } = await setUp()
  await advancePullRequest(makeDeps(), key)
  github.closePullRequest(project.repo, number, 'ann')
  for (const _ of ['deployed', 'taken down']) {
    await github.until('everything ran', () => project.deployRuns().every((run) => run.status === 'completed'))
    aheadMs += 3 * 60_000
    await advancePullRequest(makeDeps(), key)
  }
  expect(project.shown()).toEqual(['inactive'])
})

test("another owner's repository is dispatched to where who runs Signalbox allows it", async () => {
  const { project, key } = await setUp({ deployOwner: 'Other' })
  await advancePullRequest(makeDeps(), key)
  expect(project.deployed()).toEqual([])
  await advancePullRequest({ ...makeDeps(), previewRepositories: new Set([project.deploy.toLowerCase()]) }, key)
  expect(project.deployed()).toHaveLength(1)
})
