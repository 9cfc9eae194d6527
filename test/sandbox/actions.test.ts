/** Workflow runs: what a dispatch is refused for, and the life of a run on the simulated runner. */
import type { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sampleRepository } from '../../src/sandbox/sample-repository.ts'
import type { RunScript, Sandbox, ScriptedRun } from '../../src/sandbox/sandbox.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { installationClient, NAME, OWNER, REPO, type Receiver, SHOP, startReceiver, tip } from './support.ts'

const SIGNALBOX = JSON.stringify({ attempt: 'att_7', leg: 'leg_3', ref_name: 'main' })
const OPTIONS_YML = `name: Options
run-name: "\${{ github.ref_name }} \${{ inputs.level }} \${{ github.event.inputs.free }}!"
on:
  workflow_dispatch:
    inputs:
      level: { type: choice, options: [low, high], default: low }
      loud: { type: boolean, default: true }
      free: { type: string }
jobs:
  one: { runs-on: ubuntu-latest }
  two: { name: Second, runs-on: ubuntu-latest }
`

let receiver: Receiver
let sandbox: Sandbox
let octokit: Octokit
let seen: ScriptedRun[] = []
let script: RunScript = {}

beforeAll(async () => {
  receiver = await startReceiver()
  sandbox = await startSandbox({
    webhook: { url: receiver.url },
    runner(run) {
      seen.push(run)
      return script
    },
  })
  const files = {
    ...sampleRepository(),
    '.github/workflows/push.yml': 'on: push\njobs: { lint: { runs-on: x } }\n',
    '.github/workflows/options.yml': OPTIONS_YML,
    '.github/workflows/broken.yml': 'on: [workflow_dispatch\n',
  }
  sandbox.createRepository({ owner: OWNER, name: REPO, files })
  octokit = await installationClient(sandbox)
})
afterAll(async () => {
  await sandbox.stop()
  await receiver.stop()
})
beforeEach(async () => {
  await sandbox.settle()
  seen = []
  script = {}
  receiver.received.length = 0
})

async function dispatch(workflow_id: string, inputs: Record<string, unknown>, ref = 'main'): Promise<number> {
  const path = 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches'
  const { data } = await octokit.request(path, { ...SHOP, workflow_id, ref, inputs, return_run_details: true })
  return Number(data?.workflow_run_id)
}

async function refusal(request: Promise<unknown>): Promise<string> {
  return request.then(
    () => 'no refusal',
    (error: { status: number; response: { data: { message: string } } }) =>
      `${error.status} ${error.response.data.message}`,
  )
}

const many = Object.fromEntries(Array.from({ length: 26 }, (_, index) => [`input${index}`, 'x']))

test.each([
  ['unknown.yml', { signalbox: '{}' }, 'main', '404 Not Found'],
  ['push.yml', {}, 'main', "422 Workflow does not have 'workflow_dispatch' trigger"],
  ['broken.yml', {}, 'main', "422 Workflow does not have 'workflow_dispatch' trigger"],
  ['build-app.yml', { signalbox: '{}', x: '1' }, 'main', '422 Unexpected inputs provided: ["x"]'],
  ['build-app.yml', {}, 'main', "422 Required input 'signalbox' not provided"],
  ['build-app.yml', { signalbox: '{}' }, 'none', '422 No ref found for: none'],
  ['build-app.yml', { signalbox: 'x'.repeat(65_536) }, 'main', '422 inputs are too large.'],
  ['build-app.yml', many, 'main', '422 you may only define up to 25 inputs'],
  [
    'options.yml',
    { level: 'medium' },
    'main',
    "422 Provided value 'medium' for input 'level' not in the list of allowed values",
  ],
])('dispatching %s with %j at %s is refused', async (workflow, inputs, ref, expected) => {
  expect(await refusal(dispatch(workflow, inputs, ref))).toBe(expected)
})

test('a ref is a branch or tag, never a commit', async () => {
  const sha = tip(sandbox)
  expect(await refusal(dispatch('build-app.yml', { signalbox: SIGNALBOX }, sha))).toBe(`422 No ref found for: ${sha}`)
})

test('a disabled workflow is refused until it is enabled', async () => {
  sandbox.disableWorkflow(NAME, 'build-app.yml')
  expect(await refusal(dispatch('build-app.yml', { signalbox: SIGNALBOX }))).toBe(
    "422 Cannot trigger a 'workflow_dispatch' on a disabled workflow",
  )
  sandbox.disableWorkflow(NAME, 'build-app.yml', false)
  expect(await dispatch('build-app.yml', { signalbox: SIGNALBOX })).toBeGreaterThan(0)
})

test('a run is called as its run-name says, and the script is told all about it', async () => {
  script = { durationMs: 1 }
  const id = await dispatch('build-app.yml', { signalbox: SIGNALBOX })
  const other = await dispatch('options.yml', { free: 'speech' })
  const titles = sandbox.state.workflowRuns(NAME).filter((run) => run.id === id || run.id === other)
  expect(titles.map((run) => run.displayTitle)).toEqual(['att_7 Build app of main', 'main low speech!'])
  expect(seen[0]).toEqual({
    id,
    repo: NAME,
    workflow: 'build-app.yml',
    event: 'workflow_dispatch',
    ref: 'main',
    headSha: tip(sandbox),
    inputs: { signalbox: SIGNALBOX },
    signalbox: JSON.parse(SIGNALBOX),
    runNumber: expect.any(Number),
    runAttempt: 1,
  })
  expect(seen[1]).toMatchObject({ inputs: { level: 'low', loud: 'true', free: 'speech' }, signalbox: null })
})

test('a run goes from queued to completed, and every step is told', async () => {
  const run_id = await dispatch('options.yml', {})
  await sandbox.settle()
  const { data } = await octokit.rest.actions.getWorkflowRun({ ...SHOP, run_id })
  expect(data).toMatchObject({ status: 'completed', conclusion: 'success', run_attempt: 1, event: 'workflow_dispatch' })
  const order = (wanted: string) => receiver.names().filter((name) => name.startsWith(wanted))
  expect(new Set(order('workflow_run'))).toEqual(
    new Set(['workflow_run.requested', 'workflow_run.in_progress', 'workflow_run.completed']),
  )
  expect(order('workflow_job').sort()).toEqual([
    ...['workflow_job.completed', 'workflow_job.completed'],
    ...['workflow_job.in_progress', 'workflow_job.in_progress'],
    ...['workflow_job.queued', 'workflow_job.queued'],
  ])
  const jobs = await octokit.rest.actions.listJobsForWorkflowRun({ ...SHOP, run_id })
  expect(jobs.data.jobs.map(({ name, conclusion }) => [name, conclusion])).toEqual([
    ['one', 'success'],
    ['Second', 'success'],
  ])
  const checks = await octokit.rest.checks.listForRef({ ...SHOP, ref: 'main', check_name: 'Second' })
  expect(checks.data.check_runs[0]?.app?.slug).toBe('github-actions')
})

test('a failed job fails the run, and can be run again alone', async () => {
  script = { jobs: [{ name: 'one' }, { name: 'Second', conclusion: 'failure' }] }
  const run_id = await dispatch('options.yml', {})
  await sandbox.settle()
  expect((await octokit.rest.actions.getWorkflowRun({ ...SHOP, run_id })).data.conclusion).toBe('failure')
  script = { jobs: [{ name: 'Second' }] }
  receiver.received.length = 0
  await octokit.rest.actions.reRunWorkflowFailedJobs({ ...SHOP, run_id })
  await sandbox.settle()
  const { data } = await octokit.rest.actions.getWorkflowRun({ ...SHOP, run_id })
  expect(data).toMatchObject({ id: run_id, run_attempt: 2, conclusion: 'success' })
  expect(seen.map((run) => run.runAttempt)).toEqual([1, 2])
  // The job that had succeeded is announced once more.
  expect(receiver.names().filter((name) => name === 'workflow_job.completed')).toHaveLength(2)
  expect(receiver.names().filter((name) => name === 'workflow_job.queued')).toHaveLength(1)
  expect(await refusal(octokit.rest.actions.reRunWorkflowFailedJobs({ ...SHOP, run_id }))).toBe(
    '403 The workflow run containing these jobs has no failed jobs',
  )
})

test('a hanging run ends when it is cancelled', async () => {
  script = { hang: true }
  const run_id = await dispatch('build-app.yml', { signalbox: SIGNALBOX })
  await sandbox.settle()
  expect((await octokit.rest.actions.getWorkflowRun({ ...SHOP, run_id })).data.status).toBe('in_progress')
  expect((await octokit.rest.actions.cancelWorkflowRun({ ...SHOP, run_id })).status).toBe(202)
  await sandbox.settle()
  const { data } = await octokit.rest.actions.getWorkflowRun({ ...SHOP, run_id })
  expect([data.status, data.conclusion]).toEqual(['completed', 'cancelled'])
  expect(await refusal(octokit.rest.actions.cancelWorkflowRun({ ...SHOP, run_id }))).toBe(
    '409 Cannot cancel a workflow run that is completed.',
  )
})

test('a run that ignores cancellation ends only by force', async () => {
  script = { hang: 'queued', ignoresCancel: true }
  const run_id = await dispatch('build-app.yml', { signalbox: SIGNALBOX })
  await octokit.rest.actions.cancelWorkflowRun({ ...SHOP, run_id })
  await sandbox.settle()
  expect((await octokit.rest.actions.getWorkflowRun({ ...SHOP, run_id })).data.status).toBe('queued')
  await octokit.rest.actions.forceCancelWorkflowRun({ ...SHOP, run_id })
  await sandbox.settle()
  expect((await octokit.rest.actions.getWorkflowRun({ ...SHOP, run_id })).data.conclusion).toBe('cancelled')
})

test('runs are found by their filters', async () => {
  sandbox.pushTag(NAME, 'v9', tip(sandbox))
  await dispatch('build-app.yml', { signalbox: SIGNALBOX }, 'v9')
  const started = sandbox.startWorkflowRun(NAME, 'push.yml', { event: 'schedule', ref: 'main', actor: 'ann' })
  await sandbox.settle()
  const list = async (filter: Record<string, string>) =>
    (await octokit.request('GET /repos/{owner}/{repo}/actions/runs', { ...SHOP, ...filter })).data.workflow_runs
  expect((await list({ event: 'schedule' })).map((run) => run.id)).toEqual([started])
  // The tag's own push started one too.
  expect((await list({ branch: 'v9' })).map((run) => run.display_title)).toEqual([
    'att_7 Build app of main',
    'Initial commit',
  ])
  expect(await list({ status: 'in_progress' })).toEqual([])
  expect(await list({ created: '<2020-01-01' })).toEqual([])
  expect((await list({ created: '2020-01-01..2999-01-01', actor: 'ann' })).map((run) => run.id)).toEqual([started])
  expect(await list({ head_sha: 'f'.repeat(40) })).toEqual([])
})

test('an older Enterprise Server refuses to return the run, and dispatches without', async () => {
  const old = await startSandbox({ runDetails: false })
  old.createRepository({ owner: OWNER, name: REPO, files: sampleRepository() })
  const client = await installationClient(old)
  const path = 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches'
  const request = { ...SHOP, workflow_id: 'build-app.yml', ref: 'main', inputs: { signalbox: SIGNALBOX } }
  expect(await refusal(client.request(path, { ...request, return_run_details: true }))).toBe(
    '422 Invalid request.\n\n"return_run_details" is not a permitted key.',
  )
  expect(old.state.workflowRuns(NAME)).toEqual([])
  expect((await client.request(path, request)).status).toBe(204)
  expect(old.state.workflowRuns(NAME)).toHaveLength(1)
  await old.stop()
})

test('the page of a run says that it is a simulation', async () => {
  const run_id = await dispatch('build-app.yml', { signalbox: SIGNALBOX })
  const { data } = await octokit.rest.actions.getWorkflowRun({ ...SHOP, run_id })
  const page = await (await fetch(data.html_url)).text()
  expect(page).toContain('att_7 Build app of main')
  expect(page).toContain('Nothing was really built or tested')
  expect((await fetch(`http://${sandbox.host}/no/thing`)).status).toBe(404)
})
