/** What owners set, as the app sees it: protection and rules, teams, where it is installed; and listings cut short. */
import type { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { appClient, installationClient, NAME, SHOP, startShop } from './support.ts'

let sandbox: Sandbox
let octokit: Octokit

beforeAll(async () => {
  const started = await startShop({ validateReplies: true })
  sandbox = started.sandbox
  octokit = started.octokit
})
afterAll(async () => {
  await sandbox.stop()
  sandbox.assertConforms()
})

async function branch(name = 'main') {
  return (await octokit.rest.repos.getBranch({ ...SHOP, branch: name })).data
}

test('a protected branch names its checks and the app of each', async () => {
  expect(await branch()).toMatchObject({
    protected: false,
    protection: { enabled: false, required_status_checks: { contexts: [], checks: [] } },
  })
  const checks = [
    { context: 'gate', appId: sandbox.app.id },
    { context: 'lint', appId: null },
  ]
  sandbox.protectBranch(NAME, 'main', checks)
  expect(await branch()).toMatchObject({
    protected: true,
    protection: {
      enabled: true,
      required_status_checks: {
        contexts: ['gate', 'lint'],
        checks: [
          { context: 'gate', app_id: sandbox.app.id },
          { context: 'lint', app_id: null },
        ],
      },
    },
  })
  const { data } = await octokit.rest.repos.listBranches(SHOP)
  expect(data.map(({ name, protected: isProtected }) => [name, isProtected])).toEqual([['main', true]])
  sandbox.protectBranch(NAME, 'main', null)
  expect((await branch()).protected).toBe(false)
})

test('rulesets say the same in their own form, and of the merge queue', async () => {
  const rules = async () => (await octokit.rest.repos.getBranchRules({ ...SHOP, branch: 'main' })).data
  expect(await rules()).toEqual([])
  const checks = [
    { context: 'gate', appId: sandbox.app.id },
    { context: 'lint', appId: null },
  ]
  sandbox.setRuleset(NAME, 'main', { checks, mergeQueue: true })
  const [required, queue] = await rules()
  expect(required).toMatchObject({
    type: 'required_status_checks',
    parameters: { required_status_checks: [{ context: 'gate', integration_id: sandbox.app.id }, { context: 'lint' }] },
  })
  expect(queue?.type).toBe('merge_queue')
  expect(await branch()).toMatchObject({ protected: true, protection: { enabled: false } })
  sandbox.setRuleset(NAME, 'main', { mergeQueue: true })
  expect((await rules()).map(({ type }) => type)).toEqual(['merge_queue'])
  sandbox.setRuleset(NAME, 'main', null)
  expect(await rules()).toEqual([])
})

async function membership(client: Octokit, team: string, username: string): Promise<string | number> {
  const [org = '', team_slug = ''] = team.split('/')
  return client.rest.teams.getMembershipForUserInOrg({ org, team_slug, username }).then(
    ({ data }) => data.state,
    (error: { status: number }) => error.status,
  )
}

test('members of a team are told to who may read members, in their own organisation', async () => {
  sandbox.setTeam('acme/core', ['Ann'], ['bea'])
  sandbox.setTeam('else/core', ['ann'])
  expect(await membership(octokit, 'acme/core', 'ann')).toBe('active')
  expect(await membership(octokit, 'ACME/Core', 'ANN')).toBe('active')
  expect(await membership(octokit, 'acme/core', 'bea')).toBe('pending')
  expect(await membership(octokit, 'acme/core', 'mallory')).toBe(404)
  expect(await membership(octokit, 'acme/none', 'ann')).toBe(404)
  expect(await membership(octokit, 'else/core', 'ann')).toBe(404)
  const blind = await installationClient(sandbox, { permissions: { contents: 'read' } })
  expect(await membership(blind, 'acme/core', 'ann')).toBe(403)
  sandbox.setTeam('acme/core', [])
  expect(await membership(octokit, 'acme/core', 'ann')).toBe(404)
})

test('the app finds where it is installed, also after it was taken away', async () => {
  sandbox.createRepository({ owner: 'acme', name: 'deploy', files: { a: 'b' } })
  sandbox.createRepository({ owner: 'else', name: 'deploy', files: { a: 'b' }, installed: false })
  const app = await appClient(sandbox)
  const find = (owner: string, repo: string) =>
    app.rest.apps.getRepoInstallation({ owner, repo }).then(
      ({ data }) => data.id,
      (error: { status: number }) => error.status,
    )
  const { id } = sandbox.state.installations[0] ?? {}
  expect([await find('acme', 'deploy'), await find('acme', 'shop')]).toEqual([id, id])
  expect([await find('else', 'deploy'), await find('else', 'none')]).toEqual([404, 404])
  sandbox.removeRepository('acme/deploy')
  expect(await find('acme', 'deploy')).toBe(404)
  sandbox.addRepository('else/deploy')
  expect(await find('else', 'deploy')).not.toBe(id)
})

async function tree(client: Octokit) {
  return (await client.rest.git.getTree({ ...SHOP, tree_sha: 'main', recursive: '1' })).data
}

test('a listing of a tree can be cut short at any time, or from the start', async () => {
  const whole = await tree(octokit)
  expect(whole.truncated).toBe(false)
  sandbox.limitTrees(2)
  expect(await tree(octokit)).toMatchObject({ truncated: true, tree: whole.tree.slice(0, 2) })
  sandbox.limitTrees(null)
  expect(await tree(octokit)).toMatchObject({ truncated: false })
  const small = await startSandbox({ maxTreeEntries: 1 })
  small.createRepository({ owner: 'acme', name: 'shop', files: { a: '1', b: '2' } })
  expect(await tree(await installationClient(small))).toMatchObject({ truncated: true, tree: [{ path: 'a' }] })
  await small.stop()
})
