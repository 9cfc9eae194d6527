/** Artifacts: when they are there, how they are fetched, and when they are gone. */
import type { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunScript, Sandbox } from '../../src/sandbox/sandbox.ts'
import { installationClient, NAME, type Receiver, SHOP, startReceiver, startShop } from './support.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

let receiver: Receiver
let sandbox: Sandbox
let octokit: Octokit
let script: RunScript = {}
let now = new Date()

beforeAll(async () => {
  receiver = await startReceiver()
  const options = { webhook: { url: receiver.url }, validateReplies: true, now: () => now, runner: () => script }
  const started = await startShop(options)
  sandbox = started.sandbox
  octokit = started.octokit
})
afterAll(async () => {
  await sandbox.stop()
  await receiver.stop()
  sandbox.assertConforms()
})

async function run(next: RunScript): Promise<number> {
  script = next
  const inputs = { signalbox: '{}' }
  await octokit.rest.actions.createWorkflowDispatch({ ...SHOP, workflow_id: 'build-app.yml', ref: 'main', inputs })
  await sandbox.settle()
  return sandbox.state.workflowRuns(NAME).at(-1)?.id ?? 0
}

async function list(run_id: number, name?: string) {
  const filter = name === undefined ? {} : { name }
  const { data } = await octokit.rest.actions.listWorkflowRunArtifacts({ ...SHOP, run_id, ...filter })
  return data.artifacts
}

/** Where GitHub sends whoever asks for the archive. */
async function locationOf(artifact_id: number): Promise<string> {
  const { headers } = await octokit.request(
    'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}',
    { ...SHOP, artifact_id, archive_format: 'zip', request: { redirect: 'manual' } },
  )
  return String(headers.location)
}

test('artifacts are there once the attempt has ended, also when it failed, newest first', async () => {
  const artifacts = [
    { name: 'report', zip: bytes('one') },
    { name: 'other', zip: bytes('two') },
  ]
  const hanging = await run({ hang: true, artifacts })
  expect(await list(hanging)).toEqual([])
  await octokit.rest.actions.forceCancelWorkflowRun({ ...SHOP, run_id: hanging })
  const run_id = await run({ conclusion: 'failure', artifacts })
  script = { artifacts: [{ name: 'report', zip: bytes('three!') }] }
  await octokit.rest.actions.reRunWorkflow({ ...SHOP, run_id })
  await sandbox.settle()
  expect((await list(run_id)).map(({ name, size_in_bytes }) => [name, size_in_bytes])).toEqual([
    ['report', 6],
    ['other', 3],
    ['report', 3],
  ])
  const named = await list(run_id, 'report')
  expect(named).toHaveLength(2)
  expect(named[0]).toMatchObject({ expired: false, workflow_run: { id: run_id } })
  expect(sandbox.state.artifacts(NAME, run_id)).toHaveLength(3)
  await octokit.rest.actions.deleteWorkflowRun({ ...SHOP, run_id })
  expect(sandbox.state.artifacts(NAME, run_id)).toEqual([])
})

test('the archive is fetched without a token, for a minute, and by a client that follows', async () => {
  const run_id = await run({ artifacts: [{ name: 'report', zip: bytes('zipped') }] })
  const id = (await list(run_id))[0]?.id ?? 0
  const location = await locationOf(id)
  const fetched = await fetch(location)
  expect([fetched.headers.get('content-type'), await fetched.text()]).toEqual(['application/zip', 'zipped'])
  const followed = await octokit.rest.actions.downloadArtifact({ ...SHOP, artifact_id: id, archive_format: 'zip' })
  expect(Buffer.from(followed.data as ArrayBuffer).toString()).toBe('zipped')
  now = new Date(now.getTime() + 61_000)
  expect((await fetch(location)).status).toBe(404)
})

test('an expired one is still listed, and gone', async () => {
  const run_id = await run({ artifacts: [{ name: 'report', zip: bytes('zipped') }] })
  const id = (await list(run_id))[0]?.id ?? 0
  sandbox.expireArtifact(NAME, id)
  expect((await list(run_id))[0]?.expired).toBe(true)
  await expect(locationOf(id)).rejects.toMatchObject({
    status: 410,
    response: { data: { message: 'Artifact has expired' } },
  })
})

test('faults befall the listing and the storage, and a token without the permission is refused', async () => {
  const run_id = await run({ artifacts: [{ name: 'report', zip: bytes('zipped') }] })
  sandbox.faults.respond({ path: '/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts', status: 503 })
  await expect(list(run_id)).rejects.toMatchObject({ status: 503 })
  const location = await locationOf((await list(run_id))[0]?.id ?? 0)
  sandbox.faults.respond({ path: '/_artifacts/', status: 503 })
  expect((await fetch(location)).status).toBe(503)
  sandbox.faults.loseReply({ path: '/_artifacts/' })
  await expect(fetch(location)).rejects.toThrow('fetch failed')
  expect((await fetch(location)).status).toBe(200)
  const blind = await installationClient(sandbox, { permissions: { contents: 'read' } })
  await expect(blind.rest.actions.listWorkflowRunArtifacts({ ...SHOP, run_id })).rejects.toMatchObject({ status: 403 })
})
