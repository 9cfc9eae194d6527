/** Workflow runs of long ago, and work that a run really does. */
import type { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { sampleRepository } from '../../src/sandbox/sample-repository.ts'
import { type RunScript, type Sandbox, type ScriptedRun, startSandbox } from '../../src/sandbox/sandbox.ts'
import { matchesCreated } from '../../src/sandbox/time-range.ts'
import { installationClient, OWNER } from './support.ts'

const HOUR_MS = 3_600_000
const CLEANUP_YML = `name: Clean-up
on:
  workflow_dispatch:
    inputs:
      plan: { required: true, type: string }
jobs: { clean: { runs-on: ubuntu-latest } }
`

let sandbox: Sandbox
let octokit: Octokit
let script: (run: ScriptedRun) => RunScript = () => ({})
let serial = 0
let name = ''
let repo = { owner: OWNER, repo: '' }

beforeAll(async () => {
  sandbox = await startSandbox({ validateReplies: true, runner: (run) => script(run) })
  sandbox.createRepository({ owner: OWNER, name: 'shop', files: { 'README.md': '' } })
})
beforeEach(async () => {
  repo = { owner: OWNER, repo: `shop-${++serial}` }
  name = `${OWNER}/${repo.repo}`
  const files = {
    ...sampleRepository(),
    '.github/workflows/a.yml': 'name: A\non: push\njobs: {}\n',
    '.github/workflows/b.yml': 'name: B\non: workflow_dispatch\njobs: {}\n',
    '.github/workflows/signalbox-cleanup.yml': CLEANUP_YML,
  }
  sandbox.createRepository({ owner: OWNER, name: repo.repo, files })
  octokit = await installationClient(sandbox)
})
afterAll(async () => {
  await sandbox.stop()
  sandbox.assertConforms()
})

const at = (hours: number) => new Date(Date.UTC(2025, 0, 1) + hours * HOUR_MS)

async function list(query: Record<string, unknown>) {
  const { data } = await octokit.rest.actions.listWorkflowRunsForRepo({ ...repo, ...query })
  return data
}

test('thousands of runs are there at once, newest first; a filtered listing ends at 1,000', async () => {
  const runs = Array.from({ length: 2500 }, (_, hour) => ({
    workflow: hour % 2 ? 'a.yml' : 'b.yml',
    createdAt: at(hour),
  }))
  const ids = sandbox.seedRuns(name, runs)
  const page = await list({ per_page: 100 })
  expect([page.total_count, page.workflow_runs.length]).toEqual([2500, 100])
  expect(page.workflow_runs[0]).toMatchObject({ id: ids[2499], name: 'A', conclusion: 'success', run_number: 1250 })
  const pages = (created: string) =>
    octokit.paginate(octokit.rest.actions.listWorkflowRunsForRepo, { ...repo, created, per_page: 100 })
  const capped = await pages(`<${at(2000).toISOString()}`)
  expect(capped.map((run) => run.id)).toEqual(ids.slice(1000, 2000).reverse())
  const slice = await pages(`${at(100).toISOString()}..${at(600).toISOString()}`)
  expect(slice.map((run) => run.id)).toEqual(ids.slice(100, 601).reverse())
  const unfiltered = await octokit.paginate(octokit.rest.actions.listWorkflowRunsForRepo, { ...repo, per_page: 100 })
  expect(unfiltered).toHaveLength(2500)
  const { data } = await octokit.rest.actions.listWorkflowRuns({ ...repo, workflow_id: 'a.yml', per_page: 5 })
  expect(data.workflow_runs.map((run) => run.id)).toEqual([2499, 2497, 2495, 2493, 2491].map((index) => ids[index]))
})

test('old runs are told apart by branch, event, status and conclusion', async () => {
  const seeds = [
    { branch: 'topic' },
    { event: 'schedule' },
    { conclusion: 'failure' },
    { status: 'in_progress' },
  ] as const
  const ids = sandbox.seedRuns(
    name,
    seeds.map((seed, hour) => ({ workflow: 'a.yml', createdAt: at(hour), ...seed })),
  )
  for (const [query, index] of [
    [{ branch: 'topic' }, 0],
    [{ event: 'schedule' }, 1],
    [{ status: 'failure' }, 2],
    [{ status: 'in_progress' }, 3],
  ] as const)
    expect((await list(query)).workflow_runs.map((run) => run.id)).toEqual([ids[index]])
  expect((await list({ status: 'in_progress' })).workflow_runs[0]?.conclusion).toBeNull()
})

test('runs of workflows that are gone name what no list has; those of GitHub itself are listed', async () => {
  sandbox.seedRuns(name, [
    { workflow: 'gone.yml', createdAt: at(1) },
    { workflow: 'dynamic/github-code-scanning/codeql', createdAt: at(2) },
    { workflow: 'a.yml', createdAt: at(3) },
  ])
  sandbox.pushCommit(name, 'main', { files: { '.github/workflows/a.yml': null } })
  await sandbox.settle()
  const { data } = await octokit.rest.actions.listRepoWorkflows({ ...repo, per_page: 100 })
  const known = new Set(data.workflows.map((workflow) => workflow.id))
  const paths = (await list({ created: '<2025-02-01' })).workflow_runs.map((run) => [
    run.path,
    known.has(run.workflow_id),
  ])
  expect(paths).toEqual([
    ['.github/workflows/a.yml', false],
    ['dynamic/github-code-scanning/codeql', true],
    ['.github/workflows/gone.yml', false],
  ])
})

test.each(['disabled_manually', 'disabled_inactivity'] as const)('a workflow that is %s', async (state) => {
  const stateOf = async () => (await octokit.rest.actions.getWorkflow({ ...repo, workflow_id: 'b.yml' })).data.state
  const dispatch = () =>
    octokit.rest.actions.createWorkflowDispatch({ ...repo, workflow_id: 'b.yml', ref: 'main' }).then(
      () => 'dispatched',
      (error: { status: number }) => error.status,
    )
  sandbox.setWorkflowState(name, 'b.yml', state)
  expect([await stateOf(), await dispatch()]).toEqual([state, 422])
  sandbox.setWorkflowState(name, 'a.yml', state)
  sandbox.pushCommit(name, 'main', { files: { x: '1' } })
  expect(sandbox.state.workflowRuns(name)).toEqual([])
  sandbox.setWorkflowState(name, 'b.yml', 'active')
  expect([await stateOf(), await dispatch()]).toEqual(['active', 'dispatched'])
})

test('a completed run is deleted once; one that is at work is not; whoever may only read deletes none', async () => {
  const [old = 0, working = 0] = sandbox.seedRuns(name, [
    { workflow: 'a.yml', createdAt: at(1) },
    { workflow: 'a.yml', createdAt: at(2), status: 'in_progress' },
  ])
  const remove = (client: Octokit, run_id: number) =>
    client.rest.actions.deleteWorkflowRun({ ...repo, run_id }).then(
      ({ status }) => status as number,
      (error: { status: number }) => error.status,
    )
  const reader = await installationClient(sandbox, { permissions: { actions: 'read' } })
  expect(await remove(reader, old)).toBe(403)
  expect([await remove(octokit, old), await remove(octokit, old), await remove(octokit, working)]).toEqual([
    204, 404, 403,
  ])
  expect(sandbox.state.workflowRuns(name).map((run) => run.id)).toEqual([working])
})

test.each<[string, string, boolean]>([
  ['2025-06-01', '2025-06-01T00:00:00Z', true],
  ['2025-06-01', '2025-06-01T23:59:59Z', true],
  ['2025-06-01', '2025-06-02T00:00:00Z', false],
  ['2025-05-01..2025-06-01', '2025-06-01T23:59:59Z', true],
  ['2025-06-01T10:00:00Z..2025-06-01T11:00:00Z', '2025-06-01T11:00:00Z', true],
  ['2025-06-01T10:00:00Z..2025-06-01T11:00:00Z', '2025-06-01T11:00:01Z', false],
  ['2025-06-01T10:00:00Z..2025-06-01T11:00:00Z', '2025-06-01T09:59:59Z', false],
  ['*..2025-06-01', '2025-06-02T00:00:00Z', false],
  ['>=2025-06-01T12:00:00+02:00', '2025-06-01T10:00:00Z', true],
  ['>=2025-06-01T12:00:00+02:00', '2025-06-01T09:59:59Z', false],
  ['<2025-06-01T12:00:00-05:00', '2025-06-01T16:59:59Z', true],
  ['<2025-06-01T12:00:00-05:00', '2025-06-01T17:00:00Z', false],
  ['2025-06-01T12:00:00+02:00..2025-06-01T12:00:00+00:00', '2025-06-01T11:00:00Z', true],
  ['>=2025-06-01T12:00:00', '2025-06-01T12:00:00Z', true],
  ['>=2025-06-01T12:00:00', '2025-06-01T11:59:59Z', false],
  ['>2025-06-01', '2025-06-01T23:59:59Z', false],
  ['<=2025-06-01', '2025-06-01T23:59:59Z', true],
])('created %s and a run of %s: %s', (query, time, expected) => {
  expect(matchesCreated(new Date(time), query)).toBe(expected)
})

async function clean(plan: string): Promise<number> {
  const path = 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches'
  const wanted = { ...repo, workflow_id: 'signalbox-cleanup.yml', ref: 'main', inputs: { plan } }
  const { data } = await octokit.request(path, { ...wanted, return_run_details: true })
  return Number(data?.workflow_run_id)
}

const runOf = (id: number) => sandbox.state.workflowRuns(name).find((run) => run.id === id)

test.each(['success', 'failure', 'broken'] as const)(
  'a run does its work with its inputs, and ends as that: %s',
  async (end) => {
    let seen: string | undefined
    const complaints = vi.spyOn(console, 'error').mockImplementation(() => {})
    script = ({ inputs, repo: of }) => ({
      artifacts: [{ name: 'log', zip: new Uint8Array([1]) }],
      async work() {
        await new Promise((resolve) => setTimeout(resolve, 5))
        seen = inputs.plan
        sandbox.pushImage(`${OWNER}/cleaned-${serial}`, { tags: [end], repository: of })
        if (end === 'broken') throw new Error('As the test wants it')
        return end
      },
    })
    const id = await clean(`{"plan":"${end}"}`)
    await sandbox.settle()
    expect(seen).toBe(`{"plan":"${end}"}`)
    expect(runOf(id)).toMatchObject({ status: 'completed', conclusion: end === 'success' ? 'success' : 'failure' })
    expect(sandbox.state.packageTags(`${OWNER}/cleaned-${serial}`)).toHaveProperty(end)
    expect(sandbox.state.artifacts(name, id)).toHaveLength(1)
    expect(complaints).toHaveBeenCalledTimes(end === 'broken' ? 1 : 0)
    complaints.mockRestore()
  },
)

test('a run that is cancelled does not end with its work', async () => {
  let finishWork: (end: 'success') => void = () => {}
  script = () => ({
    work: () =>
      new Promise((resolve) => {
        finishWork = resolve
      }),
  })
  const run_id = await clean('{}')
  await sandbox.until('the work to begin', () => runOf(run_id)?.status === 'in_progress')
  await octokit.rest.actions.cancelWorkflowRun({ ...repo, run_id })
  await sandbox.settle()
  finishWork('success')
  await sandbox.settle()
  expect(runOf(run_id)).toMatchObject({ status: 'completed', conclusion: 'cancelled' })
})
