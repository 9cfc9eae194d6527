/** Every reply of a broad tour is one that GitHub's own OpenAPI description allows for that operation and status. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeReplyChecker } from '../../src/sandbox/conformity.ts'
import type { ApiRequest } from '../../src/sandbox/http/request-log.ts'
import type { Reply } from '../../src/sandbox/http/router.ts'
import { allRoutes } from '../../src/sandbox/routes/all.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { appClient, installationClient, NAME, SHOP, startReceiver, startShop, tip } from './support.ts'
import { tourOfIssues, tourOfRefs } from './tour-of-issues.ts'
import { tourOfKeepsakes, tourOfPackages } from './tour-of-packages.ts'

let sandbox: Sandbox
let stopReceiver: () => Promise<void>

beforeAll(async () => {
  const receiver = await startReceiver()
  stopReceiver = receiver.stop
  const started = await startShop({
    validateReplies: true,
    webhook: { url: receiver.url },
    runner: ({ inputs }) =>
      inputs.signalbox === 'uploads'
        ? { artifacts: [{ name: 'report', zip: new Uint8Array([80, 75]) }] }
        : { hang: true },
  })
  sandbox = started.sandbox
})

afterAll(async () => {
  await sandbox.stop()
  await stopReceiver()
})

async function refused(request: Promise<unknown>): Promise<number> {
  return request.then(
    () => 200,
    (error: { status: number }) => error.status,
  )
}

async function tourOfTheApp() {
  const app = await appClient(sandbox)
  const { rest } = app
  await rest.apps.getAuthenticated()
  const { data } = await rest.apps.listInstallations()
  const installation_id = data[0]?.id ?? 0
  await rest.apps.getInstallation({ installation_id })
  await rest.apps.getRepoInstallation(SHOP)
  await rest.apps.createInstallationAccessToken({ installation_id, repositories: ['shop'] })
  await sandbox.settle()
  const deliveries = await rest.apps.listWebhookDeliveries({ per_page: 2 })
  expect(deliveries.data).toHaveLength(2)
  expect(deliveries.headers.link).toContain('cursor=')
  const delivery_id = deliveries.data[0]?.id ?? 0
  await rest.apps.getWebhookDelivery({ delivery_id })
  await rest.apps.redeliverWebhookDelivery({ delivery_id })
  expect(await refused(rest.apps.getInstallation({ installation_id: 1 }))).toBe(404)
  expect(await refused(rest.apps.getWebhookDelivery({ delivery_id: 1 }))).toBe(404)
}

async function tourOfTheCode() {
  const { rest } = await installationClient(sandbox)
  const head = sandbox.pushCommit(NAME, 'feature/ä b', { files: { 'src/new.py': 'x = 1\n', 'README.md': null } })
  sandbox.pushTag(NAME, 'v1.0.0', head)
  await rest.apps.listReposAccessibleToInstallation()
  await rest.repos.get(SHOP)
  for (const path of ['README.md', 'src', '']) await rest.repos.getContent({ ...SHOP, path })
  await rest.repos.getContent({ ...SHOP, path: 'src/new.py', ref: 'feature/ä b' })
  expect(await refused(rest.repos.getContent({ ...SHOP, path: 'none' }))).toBe(404)
  await rest.repos.listBranches(SHOP)
  await rest.repos.getBranch({ ...SHOP, branch: 'feature/ä b' })
  expect(await refused(rest.repos.getBranch({ ...SHOP, branch: 'none' }))).toBe(404)
  for (const ref of ['main', 'v1.0.0', head, 'heads/main']) await rest.repos.getCommit({ ...SHOP, ref })
  expect(await refused(rest.repos.getCommit({ ...SHOP, ref: 'none' }))).toBe(422)
  await rest.git.getRef({ ...SHOP, ref: 'heads/main' })
  await rest.git.getRef({ ...SHOP, ref: 'tags/v1.0.0' })
  await rest.git.listMatchingRefs({ ...SHOP, ref: 'heads/' })
  await rest.git.getTree({ ...SHOP, tree_sha: head, recursive: '1' })
  await rest.git.getTree({ ...SHOP, tree_sha: 'main' })
  await rest.repos.compareCommitsWithBasehead({ ...SHOP, basehead: `main...${head}` })
  await rest.repos.getCollaboratorPermissionLevel({ ...SHOP, username: 'someone' })
  await rest.repos.createDispatchEvent({ ...SHOP, event_type: 'signalbox', client_payload: { reason: 'tour' } })
  await rest.rateLimit.get()
}

async function tourOfPullRequests() {
  const { rest } = await installationClient(sandbox)
  sandbox.fork(NAME, 'mallory')
  sandbox.pushCommit('mallory/shop', 'patch', { files: { 'src/shop.py': 'total = sum\n', 'a/b': new Uint8Array([0]) } })
  const own = sandbox.openPullRequest(NAME, { head: 'feature/ä b', author: 'ann', labels: ['bug'] })
  const fork = sandbox.openPullRequest(NAME, { head: 'mallory:patch', draft: true, body: 'From a fork.' })
  sandbox.mergePullRequest(NAME, own, 'ann')
  for (const state of ['open', 'closed', 'all'] as const) await rest.pulls.list({ ...SHOP, state })
  for (const pull_number of [own, fork]) {
    await rest.pulls.get({ ...SHOP, pull_number })
    await rest.pulls.listFiles({ ...SHOP, pull_number })
  }
  expect(await refused(rest.pulls.get({ ...SHOP, pull_number: 99 }))).toBe(404)
  await rest.pulls.update({ ...SHOP, pull_number: fork, body: 'Edited.' })
  const commit_sha = sandbox.state.pullRequest(NAME, fork).head.sha
  const { data } = await rest.repos.listPullRequestsAssociatedWithCommit({ ...SHOP, commit_sha })
  expect(data.map((pull) => pull.number)).toEqual([fork])
  await tourOfConversations(fork)
  sandbox.deleteRepository('mallory/shop')
  await rest.pulls.get({ ...SHOP, pull_number: fork })
  await rest.pulls.list(SHOP)
}

async function tourOfConversations(issue_number: number) {
  const { rest } = await installationClient(sandbox)
  const issue = { ...SHOP, issue_number }
  await rest.issues.get(issue)
  await rest.issues.addLabels({ ...issue, labels: ['deploy', 'bug'] })
  await rest.issues.listLabelsOnIssue(issue)
  await rest.issues.removeLabel({ ...issue, name: 'deploy' })
  expect(await refused(rest.issues.removeLabel({ ...issue, name: 'deploy' }))).toBe(404)
  const { data } = await rest.issues.createComment({ ...issue, body: 'Hello **there**' })
  const comment = { ...SHOP, comment_id: data.id }
  await rest.issues.updateComment({ ...comment, body: 'Hello' })
  await rest.issues.getComment(comment)
  const first = await rest.reactions.createForIssueComment({ ...comment, content: 'eyes' })
  const second = await rest.reactions.createForIssueComment({ ...comment, content: 'eyes' })
  expect([first.status, second.status]).toEqual([201, 200])
  await rest.reactions.listForIssueComment(comment)
  await rest.issues.listComments(issue)
  await rest.issues.deleteComment(comment)
  expect(await refused(rest.issues.createComment({ ...issue, body: ' ' }))).toBe(422)
}

async function tourOfChecks() {
  const { rest } = await installationClient(sandbox)
  const head_sha = tip(sandbox)
  const annotation = {
    path: 'README.md',
    start_line: 1,
    end_line: 1,
    annotation_level: 'warning',
    message: 'm',
  } as const
  const { data } = await rest.checks.create({
    ...SHOP,
    head_sha,
    name: 'docker / app',
    external_id: 'leg-1',
    details_url: 'https://example.com/leg-1',
    output: { title: 'Queued', summary: 'Waits.', annotations: [annotation] },
    actions: [{ label: 'Cancel', description: 'Cancel this run', identifier: 'cancel' }],
  })
  const run = { ...SHOP, check_run_id: data.id }
  await rest.checks.update({ ...run, status: 'in_progress' })
  await rest.checks.update({ ...run, conclusion: 'success', output: { title: 'Done', summary: 'Fine.', text: 't' } })
  await rest.checks.get(run)
  await rest.checks.listAnnotations(run)
  await rest.checks.rerequestRun(run)
  await rest.checks.listForRef({ ...SHOP, ref: 'main', filter: 'all' })
  await rest.checks.listSuitesForRef({ ...SHOP, ref: head_sha })
  expect(await refused(rest.checks.create({ ...SHOP, head_sha: 'f'.repeat(40), name: 'x' }))).toBe(422)
  expect(await refused(rest.checks.get({ ...SHOP, check_run_id: 1 }))).toBe(404)
}

async function tourOfActions() {
  const octokit = await installationClient(sandbox)
  const { rest } = octokit
  const inputs = { signalbox: JSON.stringify({ attempt: 'tour', ref_name: 'main' }) }
  await rest.actions.listRepoWorkflows(SHOP)
  await rest.actions.getWorkflow({ ...SHOP, workflow_id: 'build-app.yml' })
  const dispatch = { ...SHOP, workflow_id: 'build-app.yml', ref: 'main', inputs }
  expect((await rest.actions.createWorkflowDispatch(dispatch)).status).toBe(204)
  const path = 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches'
  const { data } = await octokit.request(path, { ...dispatch, return_run_details: true })
  const run = { ...SHOP, run_id: Number(data?.workflow_run_id) }
  await rest.actions.getWorkflowRun(run)
  await rest.actions.cancelWorkflowRun(run)
  await sandbox.settle()
  expect(await refused(rest.actions.cancelWorkflowRun(run))).toBe(409)
  expect(await refused(rest.actions.forceCancelWorkflowRun(run))).toBe(409)
  await rest.actions.reRunWorkflow(run)
  expect(await refused(rest.actions.reRunWorkflow(run))).toBe(403)
  const { data: listed } = await rest.actions.listJobsForWorkflowRun(run)
  await rest.actions.getJobForWorkflowRun({ ...SHOP, job_id: listed.jobs[0]?.id ?? 0 })
  await rest.actions.forceCancelWorkflowRun(run)
  await sandbox.settle()
  await rest.actions.reRunWorkflowFailedJobs(run)
  await rest.actions.getWorkflowRunAttempt({ ...run, attempt_number: 1 })
  await rest.actions.listJobsForWorkflowRunAttempt({ ...run, attempt_number: 1 })
  await rest.actions.listWorkflowRuns({ ...SHOP, workflow_id: 'build-app.yml', event: 'workflow_dispatch' })
  await rest.actions.listWorkflowRunsForRepo({ ...SHOP, status: 'completed', created: '>=2020-01-01' })
  await rest.actions.cancelWorkflowRun(run)
  await sandbox.settle()
  await rest.actions.deleteWorkflowRun(run)
  expect(await refused(rest.actions.getWorkflowRun(run))).toBe(404)
}

async function tourOfArtifacts() {
  const { rest } = await installationClient(sandbox)
  const inputs = { signalbox: 'uploads' }
  await rest.actions.createWorkflowDispatch({ ...SHOP, workflow_id: 'build-app.yml', ref: 'main', inputs })
  await sandbox.settle()
  const run_id = sandbox.state.workflowRuns(NAME).at(-1)?.id ?? 0
  const { data } = await rest.actions.listWorkflowRunArtifacts({ ...SHOP, run_id, name: 'report' })
  const artifact = { ...SHOP, artifact_id: data.artifacts[0]?.id ?? 0, archive_format: 'zip' }
  await rest.actions.downloadArtifact(artifact)
  sandbox.expireArtifact(NAME, artifact.artifact_id)
  expect(await refused(rest.actions.downloadArtifact(artifact))).toBe(410)
  expect(await refused(rest.actions.downloadArtifact({ ...artifact, artifact_id: 1 }))).toBe(404)
}

async function tourOfDeployments() {
  const { rest } = await installationClient(sandbox)
  const wanted = { ...SHOP, ref: tip(sandbox), environment: 'feature', auto_merge: false, required_contexts: [] }
  const { data } = await rest.repos.createDeployment({ ...wanted, payload: { signalbox: 'dep_1' } })
  const deployment = { ...SHOP, deployment_id: 'id' in data ? data.id : 0 }
  await rest.repos.getDeployment(deployment)
  await rest.repos.createDeploymentStatus({ ...deployment, state: 'queued' })
  const urls = { log_url: 'https://ci.example/1', environment_url: 'https://pr-1.example' }
  await rest.repos.createDeploymentStatus({ ...deployment, state: 'success', description: 'There.', ...urls })
  await rest.repos.listDeploymentStatuses(deployment)
  await rest.repos.listDeployments({ ...SHOP, sha: tip(sandbox), environment: 'feature' })
  expect(await refused(rest.repos.createDeployment({ ...wanted, ref: 'none' }))).toBe(422)
  expect(await refused(rest.repos.getDeployment({ ...SHOP, deployment_id: 1 }))).toBe(404)
}

async function tourOfSettings() {
  const { rest } = await installationClient(sandbox)
  const checks = [{ context: 'gate', appId: sandbox.app.id }]
  sandbox.protectBranch(NAME, 'main', [...checks, { context: 'any', appId: null }])
  sandbox.setRuleset(NAME, 'main', { checks: [...checks, { context: 'any', appId: null }], mergeQueue: true })
  await rest.repos.getBranch({ ...SHOP, branch: 'main' })
  await rest.repos.getBranchRules({ ...SHOP, branch: 'main' })
  sandbox.setTeam('acme/core', ['ann'], ['bea'])
  const team = { org: 'acme', team_slug: 'core' }
  for (const username of ['ann', 'bea']) await rest.teams.getMembershipForUserInOrg({ ...team, username })
  expect(await refused(rest.teams.getMembershipForUserInOrg({ ...team, username: 'mallory' }))).toBe(404)
}

test('every reply is one that GitHub describes', async () => {
  await tourOfTheCode()
  await tourOfPullRequests()
  await tourOfChecks()
  await tourOfActions()
  await tourOfArtifacts()
  await tourOfDeployments()
  await tourOfSettings()
  await tourOfPackages(sandbox)
  await tourOfKeepsakes(sandbox)
  await tourOfIssues(sandbox)
  await tourOfRefs(sandbox)
  await tourOfTheApp()
  const octokit = await installationClient(sandbox)
  expect(await refused(octokit.request('GET /nowhere'))).toBe(404)
  expect(sandbox.violations).toEqual([])
  sandbox.assertConforms()
})

test('the tour visits every route', () => {
  const visited = new Set(sandbox.state.requests.map(({ method, route }) => `${method} ${route}`))
  const routes = allRoutes.map(({ method, pattern }) => `${method} ${pattern}`)
  expect(routes.filter((route) => !visited.has(route))).toEqual([])
})

const REQUEST: ApiRequest = {
  at: new Date(),
  method: 'GET',
  path: '/repos/acme/shop',
  route: '/repos/{owner}/{repo}',
  body: '',
  status: 200,
  caller: 'app',
  fault: null,
}
const DISPATCH = { ...REQUEST, method: 'POST', path: '/d', route: '/repos/{owner}/{repo}/dispatches' }

test.each<[string, ApiRequest, Reply, string]>([
  [
    'a field is missing',
    REQUEST,
    { status: 200, body: {} },
    "GET /repos/acme/shop: the 200 reply's / must have required property",
  ],
  ['no such status', REQUEST, { status: 204 }, 'GET /repos/acme/shop: GitHub describes no reply with status 204'],
  [
    'an error without an object',
    REQUEST,
    { status: 418, body: 'no' },
    "GET /repos/acme/shop: the 418 reply's / must be object",
  ],
  [
    'a body that should not be',
    { ...DISPATCH, body: '{"event_type":"x"}' },
    { status: 204, body: {} },
    'POST /d: GitHub describes no body',
  ],
  [
    'a request that GitHub refuses',
    { ...DISPATCH, body: '{}' },
    { status: 204 },
    "POST /d: the accepted request's / must have required property",
  ],
])('a violation is found: %s', async (_, request, reply, expected) => {
  const violations: string[] = []
  const check = await makeReplyChecker(violations)
  check(request, reply)
  expect(violations).toEqual([expect.stringContaining(expected)])
})
