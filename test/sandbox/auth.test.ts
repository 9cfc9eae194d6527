/** Who may do what: JSON web tokens of the app, tokens of installations, and their limits. */
import { generateKeyPairSync } from 'node:crypto'
import type { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import {
  appClient,
  installationClient,
  makeAppToken,
  makeClient,
  NAME,
  OWNER,
  SHOP,
  startShop,
  tip,
} from './support.ts'

let sandbox: Sandbox
let clock = Date.now()

beforeAll(async () => {
  sandbox = (await startShop({ now: () => new Date(clock) })).sandbox
  sandbox.createRepository({ owner: OWNER, name: 'secret', private: true, files: { a: 'b' } })
  sandbox.createRepository({ owner: 'else', name: 'where', files: { a: 'b' }, installed: false })
})
afterAll(() => sandbox.stop())

async function refusal(request: Promise<unknown>): Promise<string> {
  return request.then(
    () => 'no refusal',
    (error: { status: number; response: { data: { message: string } } }) =>
      `${error.status} ${error.response.data.message}`,
  )
}

const now = () => Math.floor(clock / 1000)

test.each([
  [
    'another key',
    {},
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    /^401 A JSON web token could not be decoded$/,
  ],
  ['another app', { iss: 1 }, undefined, /^404 Integration not found$/],
  ['expired', { exp: now() - 60 }, undefined, /^401 'Expiration time' claim \('exp'\) must be a numeric value/],
  [
    'lives too long',
    { exp: now() + 900 },
    undefined,
    /^401 'Expiration time' claim \('exp'\) is too far in the future$/,
  ],
  ['issued later', { iat: now() + 120 }, undefined, /^401 'Issued at' claim \('iat'\) must be an Integer/],
])('an app token is refused: %s', async (_, claims, key, expected) => {
  const pem = key?.export({ type: 'pkcs8', format: 'pem' }).toString()
  const client = makeClient(sandbox, await makeAppToken(sandbox, claims, pem))
  expect(await refusal(client.rest.apps.getAuthenticated())).toMatch(expected)
})

test('the client id is as good an issuer as the app id', async () => {
  const client = makeClient(sandbox, await makeAppToken(sandbox, { iss: sandbox.app.clientId }))
  expect((await client.rest.apps.getAuthenticated()).data?.slug).toBe('signalbox')
})

test('each kind of caller is kept to its own endpoints', async () => {
  const installation = await installationClient(sandbox)
  const app = await appClient(sandbox)
  expect(await refusal(makeClient(sandbox).rest.repos.get(SHOP))).toBe('401 Requires authentication')
  expect(await refusal(makeClient(sandbox, 'ghs_made_up').rest.repos.get(SHOP))).toBe('401 Bad credentials')
  expect(await refusal(installation.rest.apps.getAuthenticated())).toBe('401 A JSON web token could not be decoded')
  expect(await refusal(app.rest.repos.get(SHOP))).toBe('403 Resource not accessible by integration')
})

test('a token reaches only its installation and the repositories it was minted for', async () => {
  const all = await installationClient(sandbox)
  expect((await all.rest.apps.listReposAccessibleToInstallation()).data.total_count).toBe(2)
  expect((await all.rest.repos.get({ owner: OWNER, repo: 'secret' })).data.private).toBe(true)
  expect(await refusal(all.rest.repos.get({ owner: 'else', repo: 'where' }))).toBe(
    '403 Resource not accessible by integration',
  )
  const one = await installationClient(sandbox, { repositories: ['shop'] })
  expect((await one.rest.apps.listReposAccessibleToInstallation()).data.total_count).toBe(1)
  expect(await refusal(one.rest.repos.get({ owner: OWNER, repo: 'secret' }))).toBe('404 Not Found')
})

test('a token may do only what it was minted for', async () => {
  const reader = await installationClient(sandbox, { permissions: { checks: 'read', contents: 'read' } })
  const create = (octokit: Octokit) => octokit.rest.checks.create({ ...SHOP, name: 'x', head_sha: tip(sandbox) })
  expect(await refusal(create(reader))).toBe('403 Resource not accessible by integration')
  await reader.rest.repos.getContent({ ...SHOP, path: 'README.md' })
  expect(await refusal(reader.rest.actions.listRepoWorkflows(SHOP))).toMatch(/^403/)
  expect(await refusal(installationClient(sandbox, { permissions: { administration: 'write' } }))).toBe(
    '422 The permissions requested are not granted to this installation.',
  )
  expect(await refusal(installationClient(sandbox, { repositories: ['where'] }))).toMatch(/^422 There is at least one/)
})

test('permissions that were taken away are gone from old tokens too', async () => {
  const octokit = await installationClient(sandbox)
  sandbox.setInstallationPermissions(OWNER, { metadata: 'read' })
  expect(await refusal(octokit.rest.actions.listRepoWorkflows(SHOP))).toMatch(/^403/)
  sandbox.setInstallationPermissions(OWNER, { metadata: 'read', actions: 'write', checks: 'write', contents: 'write' })
  await octokit.rest.actions.listRepoWorkflows(SHOP)
})

test('tokens end after an hour, with suspension, and with the installation', async () => {
  const octokit = await installationClient(sandbox)
  sandbox.suspendInstallation(OWNER)
  expect(await refusal(octokit.rest.repos.get(SHOP))).toBe('403 This installation has been suspended')
  expect(await refusal(installationClient(sandbox))).toBe('403 This installation has been suspended')
  sandbox.unsuspendInstallation(OWNER)
  clock += 3_601_000
  expect(await refusal(octokit.rest.repos.get(SHOP))).toBe('401 Bad credentials')
  clock = Date.now()
  const fresh = await installationClient(sandbox)
  sandbox.removeRepository(NAME)
  expect(await refusal(fresh.rest.repos.get(SHOP))).toBe('403 Resource not accessible by integration')
  sandbox.deleteInstallation(OWNER)
  expect(await refusal(fresh.rest.repos.get(SHOP))).toBe('401 Bad credentials')
})
