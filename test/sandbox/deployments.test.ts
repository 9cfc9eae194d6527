/** Deployments: what they are refused for, how they are found, and how one ends another. */
import type { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { installationClient, NAME, SHOP, startShop, tip } from './support.ts'

let sandbox: Sandbox
let octokit: Octokit
let behind: string

beforeAll(async () => {
  const started = await startShop({ validateReplies: true })
  sandbox = started.sandbox
  octokit = started.octokit
  behind = tip(sandbox)
  sandbox.pushCommit(NAME, 'main', { files: { moved: 'on' } })
})
afterAll(async () => {
  await sandbox.stop()
  sandbox.assertConforms()
})

const ANYHOW = { auto_merge: false, required_contexts: [] as string[] }

async function deploy(ref: string, more: Record<string, unknown> = ANYHOW): Promise<number> {
  const { data } = await octokit.request('POST /repos/{owner}/{repo}/deployments', { ...SHOP, ref, ...more })
  return 'id' in data ? Number(data.id) : 0
}

async function setState(id: number, status: { state: 'queued' | 'success' } & Record<string, unknown>) {
  return octokit.rest.repos.createDeploymentStatus({ ...SHOP, deployment_id: id, ...status })
}

const states = (environment: string) =>
  sandbox.state
    .deployments(NAME)
    .filter((one) => one.environment === environment)
    .map((one) => one.state)

test('a commit behind the default branch is not deployed, unless it is not to be merged', async () => {
  await expect(deploy(behind, { required_contexts: [] })).rejects.toMatchObject({
    status: 409,
    response: { data: { message: `Conflict merging main into ${behind}.` } },
  })
  expect(await deploy(behind)).toBeGreaterThan(0)
})

test('a commit whose checks are open or failed is not deployed, unless none are required', async () => {
  const sha = sandbox.pushCommit(NAME, 'checked', { files: { a: '1' } })
  const check = sandbox.postCheckRun(NAME, 'other-ci', { name: 'lint', headSha: sha })
  const refused = {
    status: 409,
    response: { data: { errors: [{ field: 'required_contexts', contexts: [{ context: 'lint', state: 'pending' }] }] } },
  }
  await expect(deploy(sha, { auto_merge: false })).rejects.toMatchObject(refused)
  expect(await deploy(sha)).toBeGreaterThan(0)
  sandbox.changeCheckRun(NAME, check, { conclusion: 'success' })
  expect(await deploy(sha, { auto_merge: false })).toBeGreaterThan(0)
  await expect(deploy(sha, { auto_merge: false, required_contexts: ['never'] })).rejects.toMatchObject({ status: 409 })
})

test.each([
  ['no such ref', { ref: 'none' }, 422],
  ['no ref', { ref: '' }, 422],
])('a deployment with %s is refused', async (_, { ref }, status) => {
  await expect(deploy(ref)).rejects.toMatchObject({ status })
})

test('deployments are found by commit and environment, with what they were given', async () => {
  const sha = sandbox.pushCommit(NAME, 'found', { files: { b: '1' } })
  const payload = { signalbox: 'dep_1' }
  const first = await deploy(sha, { ...ANYHOW, environment: 'feature-1', payload })
  const second = await deploy(sha, { ...ANYHOW, environment: 'feature-1' })
  await deploy(sha, { ...ANYHOW, environment: 'feature-2' })
  const { data } = await octokit.rest.repos.listDeployments({ ...SHOP, sha, environment: 'feature-1' })
  expect(data.map(({ id }) => id)).toEqual([second, first])
  expect(data[1]).toMatchObject({
    sha,
    ref: sha,
    payload,
    environment: 'feature-1',
    creator: { login: 'signalbox[bot]' },
  })
})

test('a success ends the earlier deployments of its environment, unless it is told not to', async () => {
  const environment = 'feature-3'
  const [one, two, three] = [
    await deploy('main', { ...ANYHOW, environment }),
    await deploy('main', { ...ANYHOW, environment }),
    await deploy('main', { ...ANYHOW, environment }),
  ]
  expect(states(environment)).toEqual([null, null, null])
  await setState(one, { state: 'success' })
  await setState(two, { state: 'queued' })
  await setState(three, { state: 'success', auto_inactive: false })
  expect(states(environment)).toEqual(['success', 'queued', 'success'])
  const urls = { log_url: 'https://ci.example/2', environment_url: 'https://pr-2.example' }
  const { data } = await setState(two, { state: 'success', description: 'Seen.', ...urls })
  expect(data).toMatchObject({ state: 'success', description: 'Seen.', target_url: urls.log_url, ...urls })
  expect(states(environment)).toEqual(['inactive', 'success', 'success'])
  const listed = await octokit.rest.repos.listDeploymentStatuses({ ...SHOP, deployment_id: two })
  expect(listed.data.map(({ state }) => state)).toEqual(['success', 'queued'])
})

test.each([
  ['a long description', { description: 'x'.repeat(141) }],
  ['an address of a script', { environment_url: 'javascript:alert(1)' }],
  ['a log that is nowhere', { log_url: 'nowhere' }],
])('a status with %s is refused', async (_, status) => {
  const id = await deploy('main')
  await expect(setState(id, { state: 'success', ...status })).rejects.toMatchObject({ status: 422 })
  expect(sandbox.state.deployments(NAME).at(-1)?.statuses).toEqual([])
})

test('it takes the permission, and a lost reply is a deployment all the same', async () => {
  const reader = await installationClient(sandbox, { permissions: { deployments: 'read' } })
  const wanted = { ...SHOP, ref: 'main', ...ANYHOW, environment: 'lost' }
  await expect(reader.rest.repos.createDeployment(wanted)).rejects.toMatchObject({ status: 403 })
  sandbox.faults.loseReply({ method: 'POST', path: '/repos/{owner}/{repo}/deployments' })
  await expect(octokit.rest.repos.createDeployment(wanted)).rejects.toMatchObject({ status: 500 })
  expect(states('lost')).toEqual([null])
  sandbox.faults.rateLimit({ path: '/repos/{owner}/{repo}/deployments/{deployment_id}/statuses', limit: 'secondary' })
  const id = sandbox.state.deployments(NAME).at(-1)?.id ?? 0
  await expect(setState(id, { state: 'queued' })).rejects.toMatchObject({ status: 403 })
  expect(states('lost')).toEqual([null])
})
