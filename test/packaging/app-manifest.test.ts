/**
 * The manifest asks for exactly what the code uses: neither an event nor a permission more or less. The tables below
 * are GitHub's documentation; the code is its source, and what it asks of the sandbox in a whole story.
 */
import { readdir, readFile } from 'node:fs/promises'
import { createProbot } from 'probot'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { connectApp } from '../../src/adapters/github/github.ts'
import { SignalboxOctokit } from '../../src/adapters/github/octokit.ts'
import { HANDLED_EVENTS } from '../../src/domain/read-event.ts'
import type { GitHubApp } from '../../src/ports.ts'
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
  // The mutations createCheckRun and updateCheckRun.
  'POST /graphql': { checks: 'write' },
  'GET /repos/{owner}/{repo}/actions/runs': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}': { actions: 'read' },
  'POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel': { actions: 'write' },
  'POST /repos/{owner}/{repo}/actions/runs/{run_id}/force-cancel': { actions: 'write' },
  'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches': { actions: 'write' },
  'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs': { actions: 'read' },
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': { metadata: 'read' },
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': { checks: 'read' },
  'GET /repos/{owner}/{repo}/compare/{basehead}': { contents: 'read' },
  'GET /repos/{owner}/{repo}/contents/{path}': { contents: 'read' },
  'GET /repos/{owner}/{repo}/git/ref/{ref}': { contents: 'read' },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': { pull_requests: 'read' },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/files': { pull_requests: 'read' },
}

/** What GitHub wants for an event, or the manifest is refused; null: it comes to every app, and naming it is refused. */
const EVENTS: Readonly<Record<keyof typeof HANDLED_EVENTS, Permissions | null>> = {
  // `rerequested` and `requested_action` come only to apps that may write checks.
  check_run: { checks: 'write' },
  check_suite: { checks: 'write' },
  installation: null,
  installation_repositories: null,
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
  expect(manifest.default_permissions).toEqual(highest([...Object.values(ROUTES), ...Object.values(EVENTS)]))
  expect(manifest.public).toBe(false)
})

test('the adapter has no other routes', async () => {
  expect([...(await routesOfAdapter()), TOKENS].sort()).toEqual(Object.keys(ROUTES).sort())
})

test('a whole story is allowed, and uses every route', async () => {
  const project = await playStory(app)
  await callTheRest(connect(app), project)
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
  const names = await readdir(directory)
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

/** What the story would take minutes for: the reconciler's questions, and a cancellation by force. */
async function callTheRest(connected: GitHubApp, project: Project): Promise<void> {
  const { github } = app
  const installationId = github.state.installations[0]?.id ?? 0
  const { nodeId, id } = github.state.repository(project.repo)
  const [owner = '', name = ''] = project.repo.split('/')
  const repo = { id, nodeId, owner, name, defaultBranch: 'main' }
  const installed = await connected.forInstallation(installationId)
  const runs = await installed.listDispatchedRuns(repo, new Date(Date.now() - 60_000))
  const workflowRunId = runs[0]?.workflowRunId ?? 0
  expect(await installed.getWorkflowRun(repo, workflowRunId)).toMatchObject({ workflowRunId })
  await installed.listDispatchedRuns(repo, new Date(), 'test.yml')
  const hung = github.startWorkflowRun(project.repo, 'build.yml', {
    event: 'push',
    ref: 'refs/heads/main',
    actor: 'ann',
  })
  await installed.cancelWorkflowRun(repo, hung, true)
  await installed.listChecks(repo, github.state.checkRuns(project.repo)[0]?.headSha ?? '')
  const [delivery] = await connected.listHookDeliveries(new Date(Date.now() - 60_000))
  await connected.redeliver(delivery?.id ?? 0)
}

function connect({ github }: TestApp): GitHubApp {
  const env = makeEnv(github) as Partial<Record<string, string>>
  return connectApp(createProbot({ env, overrides: { log: makeTestLog(), Octokit: SignalboxOctokit } }), github.app.id)
}
