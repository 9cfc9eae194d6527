/** Webhooks: signed as GitHub signs them, with payloads that GitHub's own description and examples agree with. */
import { createRequire } from 'node:module'
import { Webhooks } from '@octokit/webhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSchemaCompiler, type SchemaCompiler } from '../../src/sandbox/conformity.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import {
  appClient,
  installationClient,
  NAME,
  OWNER,
  type Receiver,
  SHOP,
  startReceiver,
  startShop,
  tip,
} from './support.ts'

let receiver: Receiver
let sandbox: Sandbox
const SECRET = 'It is a secret to everybody'
const load = createRequire(import.meta.url)

function makeIssuesHappen(): void {
  const issue = sandbox.openIssue(NAME, { title: 'Broken', body: 'See @bea', author: 'ann', labels: ['bug'] })
  sandbox.edit(NAME, issue, { title: 'Still broken', body: 'See @bea, please' }, 'ann')
  sandbox.comment(NAME, issue, 'I see.', 'bea')
  sandbox.removeLabel(NAME, issue, 'bug', 'bea')
  sandbox.assign(NAME, issue, 'bea', 'ann')
  sandbox.unassign(NAME, issue, 'bea', 'ann')
  sandbox.setMilestone(NAME, issue, 'v1', 'ann')
  sandbox.setMilestone(NAME, issue, null, 'ann')
  sandbox.setIssueType(NAME, issue, 'Bug')
  sandbox.lock(NAME, issue, { by: 'ann', reason: 'resolved' })
  sandbox.unlock(NAME, issue, 'ann')
  sandbox.close(NAME, issue, { by: 'ann', reason: 'not_planned' })
  sandbox.reopen(NAME, issue, { by: 'ann' })
  const moved = sandbox.transferIssue(NAME, issue, `${OWNER}/second`, 'ann')
  sandbox.deleteIssue(`${OWNER}/second`, moved, 'ann')
}

/** Makes every event happen that the sandbox knows. */
async function makeEverythingHappen(): Promise<void> {
  const { rest } = await installationClient(sandbox)
  sandbox.createRepository({ owner: OWNER, name: 'second', files: { a: 'b' } })
  sandbox.pushCommit(NAME, 'topic', { files: { 'src/a.py': 'a = 1\n' }, author: 'ann' })
  sandbox.pushTag(NAME, 'v1', tip(sandbox))
  const pull = sandbox.openPullRequest(NAME, { head: 'topic', author: 'ann' })
  sandbox.pushCommit(NAME, 'topic', { files: { 'src/a.py': null }, author: 'ann' })
  sandbox.addLabel(NAME, pull, 'deploy', 'ann')
  sandbox.removeLabel(NAME, pull, 'deploy', 'ann')
  sandbox.convertToDraft(NAME, pull, 'ann')
  sandbox.readyForReview(NAME, pull, 'ann')
  sandbox.createBranch(NAME, 'release', 'main')
  sandbox.changeBase(NAME, pull, 'release', 'ann')
  sandbox.closePullRequest(NAME, pull, 'ann')
  sandbox.reopenPullRequest(NAME, pull, 'ann')
  const comment = sandbox.comment(NAME, pull, '/retest', 'ann')
  sandbox.editComment(NAME, comment, '/retest please', 'ann')
  sandbox.deleteComment(NAME, comment, 'ann')
  sandbox.assign(NAME, pull, 'bea', 'ann')
  sandbox.unassign(NAME, pull, 'bea', 'ann')
  sandbox.setMilestone(NAME, pull, 'v1', 'ann')
  sandbox.setMilestone(NAME, pull, null, 'ann')
  sandbox.review(NAME, pull, { by: 'bea', body: 'Good.', state: 'approved' })
  sandbox.reviewComment(NAME, pull, { by: 'bea', body: 'Here?', path: 'src/a.py' })
  makeIssuesHappen()
  const group = sandbox.createMergeGroup(NAME, pull)
  const { data } = await rest.checks.create({
    ...SHOP,
    head_sha: group,
    name: 'gate',
    details_url: 'https://e.example',
  })
  await rest.checks.update({ ...SHOP, check_run_id: data.id, conclusion: 'success' })
  sandbox.rerequestCheckRun(NAME, data.id, 'ann')
  sandbox.requestCheckAction(NAME, data.id, 'rerun-failed', 'ann')
  sandbox.rerequestCheckSuite(NAME, group, 'ann')
  sandbox.destroyMergeGroup(NAME, group, 'merged')
  sandbox.deleteBranch(NAME, 'topic', 'ann')
  sandbox.repositoryDispatch(NAME, 'signalbox', { reason: 'because' }, 'ann')
  const inputs = { signalbox: '{}' }
  await rest.actions.createWorkflowDispatch({ ...SHOP, workflow_id: 'build-app.yml', ref: 'main', inputs })
  await sandbox.settle()
  sandbox.suspendInstallation(OWNER)
  sandbox.unsuspendInstallation(OWNER)
  sandbox.removeRepository(`${OWNER}/second`)
  sandbox.deleteInstallation(OWNER)
  await sandbox.settle()
}

beforeAll(async () => {
  receiver = await startReceiver()
  const started = await startShop({ webhook: { url: receiver.url, secret: SECRET } })
  sandbox = started.sandbox
  await makeEverythingHappen()
})

afterAll(async () => {
  await sandbox.stop()
  await receiver.stop()
})

const KINDS = [
  'check_run.completed',
  'check_run.created',
  'check_run.requested_action',
  'check_run.rerequested',
  'check_suite.requested',
  'check_suite.rerequested',
  'create',
  'delete',
  'installation.created',
  'installation.deleted',
  'installation.suspend',
  'installation.unsuspend',
  'installation_repositories.added',
  'installation_repositories.removed',
  'issue_comment.created',
  'issue_comment.deleted',
  'issue_comment.edited',
  'issues.assigned',
  'issues.closed',
  'issues.deleted',
  'issues.demilestoned',
  'issues.edited',
  'issues.labeled',
  'issues.locked',
  'issues.milestoned',
  'issues.opened',
  'issues.reopened',
  'issues.transferred',
  'issues.unassigned',
  'issues.unlabeled',
  'issues.unlocked',
  'merge_group.checks_requested',
  'merge_group.destroyed',
  'pull_request.assigned',
  'pull_request.closed',
  'pull_request.converted_to_draft',
  'pull_request.demilestoned',
  'pull_request.edited',
  'pull_request.labeled',
  'pull_request.milestoned',
  'pull_request.opened',
  'pull_request.ready_for_review',
  'pull_request.reopened',
  'pull_request.synchronize',
  'pull_request.unassigned',
  'pull_request.unlabeled',
  'pull_request_review.submitted',
  'pull_request_review_comment.created',
  'push',
  'repository_dispatch.signalbox',
  'workflow_job.completed',
  'workflow_job.in_progress',
  'workflow_job.queued',
  'workflow_run.completed',
  'workflow_run.in_progress',
  'workflow_run.requested',
]

test('every kind of event was sent, and nothing else', () => {
  expect([...new Set(receiver.names())].sort()).toEqual(KINDS)
})

test('every payload is one that GitHub describes', async () => {
  const document = load('@octokit/openapi-webhooks/generated/api.github.com.json')
  const compile: SchemaCompiler = await makeSchemaCompiler(document)
  const problems = new Set<string>()
  for (const { event, action, payload } of receiver.received) {
    const name =
      event === 'repository_dispatch'
        ? 'repository-dispatch-sample.collected'
        : [event, action].filter(Boolean).join('-')
    const body = document.webhooks[name.replaceAll('_', '-')].post.requestBody.content['application/json']
    const validate = compile(body.schema.$ref.slice(1))
    const isAsDescribed = validate(
      event === 'repository_dispatch' ? { ...payload, action: 'sample.collected' } : payload,
    )
    const error = validate.errors?.at(-1)
    if (!isAsDescribed) problems.add(`${name}: ${error?.instancePath} ${error?.message}`)
  }
  // The description's list of events for this one payload is older than the merge queue.
  const isOutdated = (problem: string) => problem.startsWith('check_suite-rerequested: /check_suite/app/events/')
  expect([...problems].filter((problem) => !isOutdated(problem))).toEqual([])
})

/** Keys of the recorded examples that our payloads leave out on purpose: GitHub only sends them sometimes. */
const LEFT_OUT = ['.deployment', '.changes']
/** Keys that an issue has only when it is a pull request. */
const PULL_REQUEST_KEYS = ['draft', 'pull_request']

test('the payloads have the keys of recorded ones', () => {
  const recorded: { name: string; examples: Record<string, unknown>[] }[] = load('@octokit/webhooks-examples')
  const parts = [
    '',
    'repository',
    'sender',
    'pull_request',
    'workflow_run',
    'workflow_job',
    'check_run',
    'merge_group',
    'comment',
    'issue',
    'milestone',
    'review',
  ]
  const missing = new Set<string>()
  for (const { event, action, payload } of receiver.received) {
    const examples = recorded.find((one) => one.name === event)?.examples ?? []
    const example = examples.filter((one) => one.action === action).at(-1)
    for (const part of parts) {
      const [theirs, ours] = [example, payload].map((one) => (part === '' ? one : one?.[part]))
      const [want, have] = [Object.keys(theirs ?? {}), Object.keys(ours ?? {})]
      const isPlain = part === 'issue' && !have.includes('pull_request')
      for (const key of want) {
        if (have.includes(key) || (isPlain && PULL_REQUEST_KEYS.includes(key))) continue
        missing.add(`${event}: ${part}.${key}`)
      }
    }
  }
  expect([...missing].filter((one) => !LEFT_OUT.includes(one.split(': ')[1] ?? ''))).toEqual([])
})

test('signatures and headers are what GitHub sends', async () => {
  const webhooks = new Webhooks({ secret: SECRET })
  for (const { text, headers, event, guid } of receiver.received) {
    expect(await webhooks.verify(text, String(headers['x-hub-signature-256']))).toBe(true)
    expect(headers).toMatchObject({
      'x-github-event': event,
      'x-hub-signature': expect.stringMatching(/^sha1=[0-9a-f]{40}$/),
      'x-github-hook-id': expect.stringMatching(/^\d+$/),
      'x-github-hook-installation-target-id': String(sandbox.app.id),
      'x-github-hook-installation-target-type': 'integration',
      'user-agent': expect.stringMatching(/^GitHub-Hookshot\//),
      'content-type': 'application/json',
    })
    expect(guid).toMatch(/^[0-9a-f-]{36}$/)
  }
  expect(new Set(receiver.received.map(({ guid }) => guid)).size).toBe(receiver.received.length)
})

test('deliveries are logged, and redelivered under their own id', async () => {
  const app = await appClient(sandbox)
  expect(sandbox.state.deliveries).toHaveLength(receiver.received.length)
  const all = await app.paginate(app.rest.apps.listWebhookDeliveries, { per_page: 10 })
  expect(all.map(({ id }) => id)).toEqual(sandbox.state.deliveries.map(({ id }) => id).sort((a, b) => b - a))
  const push = all.find(({ event }) => event === 'push')
  const before = receiver.received.length
  await app.rest.apps.redeliverWebhookDelivery({ delivery_id: push?.id ?? 0 })
  await sandbox.settle()
  expect(receiver.received).toHaveLength(before + 1)
  expect(receiver.received.at(-1)?.guid).toBe(push?.guid)
  const { data } = await app.rest.apps.listWebhookDeliveries({ per_page: 1 })
  expect(data[0]).toMatchObject({ guid: push?.guid, redelivery: true, status: 'OK', status_code: 202 })
})
