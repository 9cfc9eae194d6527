/**
 * The manifest asks for exactly what the code uses: neither an event nor a permission more or less. The tables below
 * are GitHub's documentation; the code is its source, and what it asks of the sandbox in a whole story.
 */
import { readdir, readFile } from 'node:fs/promises'
import { createProbot, type Probot } from 'probot'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { connectApp } from '../../src/adapters/github/github.ts'
import { connectInspector } from '../../src/adapters/github/inspection.ts'
import { SignalboxOctokit } from '../../src/adapters/github/octokit.ts'
import { EVENT_USES, PERMISSION_USES } from '../../src/domain/doctor/installation-findings.ts'
import { HANDLED_EVENTS } from '../../src/domain/read-event.ts'
import type { Repo } from '../../src/domain/trigger.ts'
import type { GitHub } from '../../src/ports.ts'
import { makeEnv, makeTestLog, startApp, type TestApp } from '../support/app.ts'
import { CONFIG, GATE, makeProject, type Project } from '../support/project.ts'

type Level = 'read' | 'write'
type Permissions = Readonly<Record<string, Level>>

interface Manifest {
  readonly public: boolean
  readonly default_events: readonly string[]
  readonly default_permissions: Permissions
}

/** What GitHub wants for a route; `APP`: the app's own, which needs no permission. */
const APP: Permissions = {}
const ROUTES: Readonly<Record<string, Permissions>> = {
  'GET /app/hook/deliveries': APP,
  'POST /app/hook/deliveries/{delivery_id}/attempts': APP,
  'POST /app/installations/{installation_id}/access_tokens': APP,
  'GET /app': APP,
  'GET /repos/{owner}/{repo}/installation': APP,
  // The mutations createCheckRun and updateCheckRun; the timeline of a pull request.
  'POST /graphql': { checks: 'write', pull_requests: 'read' },
  'GET /orgs/{org}/teams/{team_slug}/memberships/{username}': { members: 'read' },
  'GET /repos/{owner}/{repo}': { metadata: 'read' },
  'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}': { actions: 'read' },
  'POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel': { actions: 'write' },
  'POST /repos/{owner}/{repo}/actions/runs/{run_id}/force-cancel': { actions: 'write' },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}': { actions: 'read' },
  'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches': { actions: 'write' },
  'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs': { actions: 'read' },
  'GET /repos/{owner}/{repo}/branches/{branch}': { contents: 'read' },
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': { metadata: 'read' },
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': { checks: 'read' },
  'GET /repos/{owner}/{repo}/compare/{basehead}': { contents: 'read' },
  'GET /repos/{owner}/{repo}/contents/{path}': { contents: 'read' },
  'GET /repos/{owner}/{repo}/deployments': { deployments: 'read' },
  'POST /repos/{owner}/{repo}/deployments': { deployments: 'write' },
  'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': { deployments: 'write' },
  'GET /repos/{owner}/{repo}/git/ref/{ref}': { contents: 'read' },
  'GET /repos/{owner}/{repo}/git/trees/{tree_sha}': { contents: 'read' },
  // Of issues it would be `issues`. What is commented and labelled here is always a pull request, and for one GitHub
  // wants this permission, whatever else there is: https://github.com/github/rest-api-description/issues/6994
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': { pull_requests: 'write' },
  'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions': { pull_requests: 'write' },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': { pull_requests: 'read' },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': { pull_requests: 'write' },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels': { pull_requests: 'write' },
  'DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}': { pull_requests: 'write' },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': { pull_requests: 'read' },
  'PATCH /repos/{owner}/{repo}/pulls/{pull_number}': { pull_requests: 'write' },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/files': { pull_requests: 'read' },
  'GET /repos/{owner}/{repo}/rules/branches/{branch}': { metadata: 'read' },
}

/** What only sweeps ask for. Their flows show that they work. */
const SWEEP_ROUTES: Readonly<Record<string, Permissions>> = {
  'GET /repos/{owner}/{repo}/issues': { issues: 'read' },
  'POST /repos/{owner}/{repo}/issues': { issues: 'write' },
  'GET /repos/{owner}/{repo}/issues/{issue_number}': { issues: 'read' },
  'PATCH /repos/{owner}/{repo}/issues/{issue_number}': { issues: 'write' },
  'POST /repos/{owner}/{repo}/labels': { issues: 'write' },
  'GET /repos/{owner}/{repo}/labels/{name}': { issues: 'read' },
  'GET /repos/{owner}/{repo}/pulls': { pull_requests: 'read' },
  'GET /repos/{owner}/{repo}/actions/workflows': { actions: 'read' },
  'DELETE /repos/{owner}/{repo}/actions/runs/{run_id}': { actions: 'write' },
  'GET /repos/{owner}/{repo}/actions/caches': { actions: 'read' },
  'DELETE /repos/{owner}/{repo}/actions/caches/{cache_id}': { actions: 'write' },
  'GET /repos/{owner}/{repo}/branches': { contents: 'read' },
  'GET /repos/{owner}/{repo}/releases': { contents: 'read' },
  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': { contents: 'read' },
}

/** `stale.delete_branch` takes `contents: write`, which is too much to ask of everybody: who wants it grants it by hand. */
const BY_HAND = 'DELETE /repos/{owner}/{repo}/git/refs/{ref}'

/** What GitHub wants for an event, or the manifest is refused; null: it comes to every app, and naming it is refused. */
const EVENTS: Readonly<Record<keyof typeof HANDLED_EVENTS, Permissions | null>> = {
  // `rerequested` and `requested_action` come only to apps that may write checks.
  check_run: { checks: 'write' },
  check_suite: { checks: 'write' },
  installation: null,
  installation_repositories: null,
  issue_comment: { issues: 'read' },
  issues: { issues: 'read' },
  pull_request_review: { pull_requests: 'read' },
  pull_request_review_comment: { pull_requests: 'read' },
  merge_group: { merge_queues: 'read' },
  pull_request: { pull_requests: 'read' },
  push: { contents: 'read' },
  repository_dispatch: { contents: 'read' },
  workflow_job: { actions: 'read' },
  workflow_run: { actions: 'read' },
}

/** Made by the authentication of Octokit, whenever an installation is spoken for. */
const TOKENS = 'POST /app/installations/{installation_id}/access_tokens'

let manifest: Manifest
let app: TestApp
beforeAll(async () => {
  manifest = parse(await readFile('app.yml', 'utf8'))
  const { default_permissions: permissions, default_events: events } = manifest
  app = await startApp({ sandbox: { app: { permissions, events } } })
  // As the setup page leaves it: the bare address of the server.
  app.github.setWebhook({ url: new URL('/', app.url).href })
})
afterAll(() => app.stop())

test('names every event that is handled and can be subscribed to', () => {
  const subscribed = Object.entries(EVENTS).flatMap(([event, needed]) => (needed === null ? [] : [event]))
  expect([...manifest.default_events].sort()).toEqual(subscribed.sort())
  expect(Object.keys(EVENTS).sort()).toEqual(Object.keys(HANDLED_EVENTS).sort())
})

test('asks for the permissions that routes and events need, at their level', () => {
  expect(manifest.default_permissions).toEqual(
    highest([...Object.values(ROUTES), ...Object.values(SWEEP_ROUTES), ...Object.values(EVENTS)]),
  )
  expect(manifest.public).toBe(false)
})

test('doctor can say what stops without each of them', () => {
  expect(Object.keys(PERMISSION_USES).sort()).toEqual(Object.keys(manifest.default_permissions).sort())
  expect(Object.keys(EVENT_USES).sort()).toEqual([...manifest.default_events].sort())
})

test('the adapter has no other routes', async () => {
  const known = [...Object.keys(ROUTES), ...Object.keys(SWEEP_ROUTES), BY_HAND]
  expect([...(await routesOfAdapter()), TOKENS].sort()).toEqual(known.sort())
})

test('a whole story is allowed, and uses every route', { timeout: 120_000 }, async () => {
  const project = await playStory(app)
  await callTheRest(project)
  await app.github.settle()
  const { requests } = app.github.state
  expect(requests.filter((request) => [401, 403].includes(request.status)).map((request) => request.path)).toEqual([])
  const asked = new Set(requests.map((request) => `${request.method} ${request.route ?? request.path}`))
  expect([...asked].sort()).toEqual(Object.keys(ROUTES).sort())
})

function highest(all: readonly (Permissions | null)[]): Permissions {
  const needed: Record<string, Level> = {}
  for (const permissions of all)
    for (const [name, level] of Object.entries(permissions ?? {})) if (needed[name] !== 'write') needed[name] = level
  return needed
}

/** Every `rest.area.method`, every route written out, and GraphQL. */
async function routesOfAdapter(): Promise<string[]> {
  const directory = 'src/adapters/github'
  const names = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.ts'))
  const source = (await Promise.all(names.map((name) => readFile(`${directory}/${name}`, 'utf8')))).join('\n')
  const { rest } = new SignalboxOctokit()
  const routes = new Set<string>()
  for (const [, area, method] of source.matchAll(/\brest\.(\w+)\.(\w+)/g)) {
    const areas = rest as unknown as Record<
      string,
      Record<string, { endpoint: { DEFAULTS: { method: string; url: string } } }>
    >
    const endpoint = areas[area ?? '']?.[method ?? '']?.endpoint
    if (endpoint === undefined) throw new Error(`Octokit has no rest.${area}.${method}`)
    routes.add(`${endpoint.DEFAULTS.method} ${endpoint.DEFAULTS.url}`)
  }
  for (const [, written] of source.matchAll(/'((?:GET|POST|PUT|PATCH|DELETE) \/[^']*)'/g)) routes.add(written ?? '')
  if (/\.graphql\b/.test(source)) routes.add('POST /graphql')
  return [...routes]
}

/** Pull request, superseding, lost replies, re-run, push, tag, merge group, manual. */
async function playStory(app: TestApp): Promise<Project> {
  const { github } = app
  let hang = true
  let failing = true
  const config = CONFIG.replace('branches: [main] }', 'branches: [main], paths: ["**"] }').replace(
    'pull_request: {}',
    'pull_request: { paths: ["src/**"] }',
  )
  const project = makeProject(app, {
    config,
    runner: ({ workflow, event }) => ({
      hang: hang || event === 'push',
      artifacts: [{ name: 'junit', zip: Buffer.from('an archive') }],
      ...(failing && workflow === 'test.yml' ? { conclusion: 'failure' } : {}),
    }),
  })
  const { sha: first, number } = project.openPullRequest()
  await github.until('builds are under way', () => project.checks(first).includes('ci / build (debian): in_progress'))
  hang = false
  github.faults.loseReply({ method: 'POST', path: '/dispatches' })
  github.faults.loseReply({ method: 'POST', path: '/graphql' })
  const sha = github.pushCommit(project.repo, 'feature', { files: { 'src/a': 'b' }, author: 'ann' })
  await project.concluded(first, GATE, 'cancelled')
  await project.concluded(sha, GATE, 'failure')
  failing = false
  github.rerequestCheckRun(project.repo, project.checkId(sha, GATE), 'ann')
  await project.concluded(sha, GATE, 'success')
  await project.concluded(github.createMergeGroup(project.repo, number), GATE, 'success')
  const main = github.pushCommit(project.repo, 'main', { files: { 'src/b': 'c' }, author: 'ann' })
  await project.concluded(main, GATE, 'success')
  github.pushTag(project.repo, 'v1.0.0', main)
  const side = github.pushCommit(project.repo, 'side', { files: { 'src/c': 'd' }, author: 'ann' })
  github.repositoryDispatch(project.repo, 'signalbox', { reason: 'try', branch: 'side' }, 'ann')
  await project.concluded(side, GATE, 'success')
  return project
}

/** What the story would take minutes for, or has no part in: every other method of the adapter. */
async function callTheRest(project: Project): Promise<void> {
  const { github } = app
  const probot = makeProbot(app)
  const connected = connectApp(probot, github.app.id)
  const { nodeId, id } = github.state.repository(project.repo)
  const [owner = '', name = ''] = project.repo.split('/')
  const repo = { id, nodeId, owner, name, defaultBranch: 'main' }
  const installationId = (await connected.findInstallation(repo)) ?? 0
  const installed = await connected.forInstallation(installationId)
  await callAboutRuns(installed, repo, project)
  await callAboutPullRequests(installed, repo, project)
  const inspector = connectInspector(probot)
  expect(await inspector.getInstallation(repo)).toMatchObject({ id: installationId, suspended: false })
  expect(await inspector.getRepository(installationId, repo)).toEqual(repo)
  expect(await inspector.getBranch(installationId, repo, 'main')).toMatchObject({ kind: 'known' })
  expect(await inspector.getWorkflowState(installationId, repo, 'test.yml')).toBe('active')
  const [delivery] = await connected.listHookDeliveries(new Date(Date.now() - 60_000))
  await connected.redeliver(delivery?.id ?? 0)
}

/** The reconciler's questions, a cancellation by force, and what observed and reused legs ask. */
async function callAboutRuns(installed: GitHub, repo: Repo, project: Project): Promise<void> {
  const { github } = app
  const runs = await installed.listDispatchedRuns(repo, new Date(Date.now() - 60_000))
  const workflowRunId = runs.find((run) => run.conclusion === 'success')?.workflowRunId ?? 0
  expect(await installed.getWorkflowRun(repo, workflowRunId)).toMatchObject({ workflowRunId })
  await installed.listDispatchedRuns(repo, new Date(), 'test.yml')
  const hung = github.startWorkflowRun(project.repo, 'build.yml', {
    event: 'push',
    ref: 'refs/heads/main',
    actor: 'ann',
  })
  await installed.cancelWorkflowRun(repo, hung, true)
  const { headSha = '' } = github.state.checkRuns(project.repo)[0] ?? {}
  await installed.listChecks(repo, headSha)
  expect(await installed.listCheckRunsNamed(repo, headSha, GATE)).not.toEqual([])
  const sha = (await installed.getBranchSha(repo, 'main')) ?? ''
  expect(await installed.listWorkflowRunsOf(repo, 'build.yml', sha)).toMatchObject([{ id: hung, event: 'push' }])
  expect((await installed.listTree(repo, sha))?.has('README.md')).toBe(true)
  const [artifact] = await installed.listArtifacts(repo, workflowRunId, 'junit')
  const archive = await installed.downloadArtifact(repo, artifact?.id ?? 0, 100)
  expect(Buffer.from(archive ?? []).toString()).toBe('an archive')
}

async function callAboutPullRequests(installed: GitHub, repo: Repo, project: Project): Promise<void> {
  const { number, sha } = project.openPullRequest('later')
  await installed.addLabel(repo, number, 'later')
  await installed.addLabel(repo, number, 'later')
  expect(await installed.listLabelings(repo, number)).toMatchObject([{ label: 'later', by: null, byUs: true }])
  await installed.removeLabel(repo, number, 'later')
  await installed.removeLabel(repo, number, 'later')
  const comment = await installed.createComment(repo, number, 'Hello')
  await installed.react(repo, comment, 'eyes')
  await installed.react(repo, comment, 'eyes')
  expect(await installed.updateComment(repo, comment, 'Good-bye')).toBe(true)
  expect(await installed.listComments(repo, number)).toContainEqual({ id: comment, body: 'Good-bye', isOurs: true })
  await installed.setDescription(repo, number, 'What it does')
  expect(await installed.getDescription(repo, number)).toBe('What it does')
  const deployment = { sha, environment: 'pr', deploymentId: 'd1' }
  const githubId = await installed.createDeployment(repo, deployment)
  expect(await installed.createDeployment(repo, deployment)).toBe(githubId)
  const status = { state: 'success', description: 'Deployed', logUrl: null, environmentUrl: null } as const
  await installed.setDeploymentStatus(repo, githubId, status)
  app.github.setTeam(`${repo.owner}/leads`, ['ann'])
  expect(await installed.isTeamMember(`${repo.owner}/leads`, 'ann')).toBe(true)
  expect(await installed.isTeamMember(`${repo.owner}/leads`, 'rob')).toBe(false)
}

function makeProbot({ github }: TestApp): Probot {
  const env = makeEnv(github) as Partial<Record<string, string>>
  return createProbot({ env, overrides: { log: makeTestLog(), Octokit: SignalboxOctokit } })
}
