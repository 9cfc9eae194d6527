/** The packages API: who may ask, what is refused, what comes back. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openImageRepository } from '../../src/adapters/registry/open-image-repository.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { appClient, installationClient, makeClient, NAME, OWNER, REPO } from './support.ts'

const ALL = ['read:packages', 'write:packages', 'delete:packages']
const DAY_MS = 24 * 3_600_000
const START = new Date()

let sandbox: Sandbox
let now = START
let serial = 0

beforeAll(async () => {
  sandbox = await startSandbox({ validateReplies: true, now: () => now })
  const collaborators = { adam: 'admin', wilma: 'write', nick: 'none' } as const
  sandbox.createRepository({ owner: OWNER, name: REPO, files: { 'README.md': '# Shop\n' }, collaborators })
  sandbox.createRepository({ owner: OWNER, name: 'other', files: { 'README.md': '# Other\n' } })
})
afterEach(() => {
  now = START
})
afterAll(async () => {
  await sandbox.stop()
  sandbox.assertConforms()
})

type Client = ReturnType<typeof makeClient>

function person(login: string, scopes: readonly string[] = ALL): Client {
  return makeClient(sandbox, sandbox.createToken({ login, scopes }))
}

/** A package of its own, linked to the shop. */
function makePackage(images: readonly { readonly tags?: string[] }[]) {
  const name = `app-${++serial}`
  const path = `${OWNER}/${name}`
  const digests = images.map((image) => sandbox.pushImage(path, { ...image, repository: NAME }))
  const idOf = (index: number) =>
    sandbox.state.packageVersions(path).find((version) => version.digest === digests[index])?.id ?? 0
  const about = { org: OWNER, package_type: 'container', package_name: name } as const
  return { path, name, digests, idOf, about }
}

async function refusal(request: Promise<unknown>): Promise<{ status: number; message: string } | null> {
  return request.then(
    () => null,
    (error: { status: number; response: { data: { message: string } } }) => ({
      status: error.status,
      message: error.response.data.message,
    }),
  )
}

const INTEGRATION = { status: 403, message: 'Resource not accessible by integration' }
const MISSING = { status: 404, message: 'Package not found.' }
const needs = (scope: string, doing: string) => ({
  status: 403,
  message: `You need at least ${scope} scope to ${doing}.`,
})

test.each<[string, () => Client | Promise<Client>, unknown, unknown]>([
  ['an installation of the app', () => installationClient(sandbox), INTEGRATION, INTEGRATION],
  ['the app', () => appClient(sandbox), INTEGRATION, INTEGRATION],
  [
    'nobody',
    () => makeClient(sandbox),
    { status: 401, message: 'Requires authentication' },
    { status: 401, message: 'Requires authentication' },
  ],
  ['an unknown token', () => makeClient(sandbox, 'ghp_unknown'), { status: 401, message: 'Bad credentials' }, null],
  ['the workflow of the linked repository', () => makeClient(sandbox, sandbox.workflowToken(NAME)), null, null],
  [
    'such a workflow that may only read',
    () => makeClient(sandbox, sandbox.workflowToken(NAME, { packages: 'read' })),
    null,
    INTEGRATION,
  ],
  [
    'such a workflow without the permission',
    () => makeClient(sandbox, sandbox.workflowToken(NAME, { contents: 'read' })),
    MISSING,
    MISSING,
  ],
  ['the workflow of another one', () => makeClient(sandbox, sandbox.workflowToken('acme/other')), MISSING, MISSING],
  ['an admin', () => person('adam'), null, null],
  [
    'an admin without delete:packages',
    () => person('adam', ['write:packages']),
    null,
    needs('delete:packages', 'delete a package version'),
  ],
  [
    'an admin without scopes',
    () => person('adam', []),
    needs('read:packages', 'get a package version'),
    needs('read:packages', 'delete a package version'),
  ],
  [
    'somebody who may write',
    () => person('wilma'),
    null,
    { status: 403, message: 'Must have admin rights to Package.' },
  ],
  ['somebody who may nothing', () => person('nick'), MISSING, MISSING],
])('reading and deleting a private version: %s', async (_, connect, reading, deleting) => {
  const { about, idOf, path } = makePackage([{ tags: ['old'] }, { tags: ['new'] }])
  const { rest } = await connect()
  const version = { ...about, package_version_id: idOf(0) }
  expect(await refusal(rest.packages.getPackageVersionForOrganization(version))).toEqual(reading)
  if (deleting === null && reading !== null) return
  expect(await refusal(rest.packages.deletePackageVersionForOrg(version))).toEqual(deleting)
  expect('old' in sandbox.state.packageTags(path)).toBe(deleting !== null)
})

test('a role of a repository or of a person counts beside the link', async () => {
  const { about, idOf, path } = makePackage([{ tags: ['a'] }, { tags: ['b'] }, { tags: ['c'] }])
  sandbox.linkPackage(path, null)
  const [workflow, adam] = [makeClient(sandbox, sandbox.workflowToken('acme/other')), person('adam')]
  const remove = (client: Client, index: number) =>
    client.rest.packages.deletePackageVersionForOrg({ ...about, package_version_id: idOf(index) })
  expect([await refusal(remove(workflow, 0)), await refusal(remove(adam, 0))]).toEqual([MISSING, MISSING])
  sandbox.setPackageRole(path, 'acme/other', 'admin')
  sandbox.setPackageRole(path, 'adam', 'admin')
  await remove(workflow, 0)
  await remove(adam, 1)
  expect(Object.keys(sandbox.state.packageTags(path))).toEqual(['c'])
})

test('everybody with a token for packages reads a public one, and only its admins delete', async () => {
  const { about, idOf, path } = makePackage([{ tags: ['old'] }, { tags: ['new'] }])
  sandbox.setPackageVisibility(path, 'public')
  const { rest } = person('passer-by')
  expect((await rest.packages.getPackageForOrganization(about)).data).toMatchObject({
    name: about.package_name,
    visibility: 'public',
    version_count: 2,
    repository: { full_name: NAME },
  })
  const version = { ...about, package_version_id: idOf(0) }
  expect(await refusal(rest.packages.deletePackageVersionForOrg(version))).toMatchObject({ status: 403 })
  const other = makeClient(sandbox, sandbox.workflowToken('acme/other'))
  expect(await refusal(other.rest.packages.deletePackageVersionForOrg(version))).toEqual(INTEGRATION)
})

test('versions are listed newest first, by pages, with their tags', async () => {
  const path = `${OWNER}/paged`
  const digests = Array.from({ length: 130 }, (_, day) =>
    sandbox.pushImage(path, { tags: [`v${day}`], at: new Date(Date.UTC(2025, 0, 1 + day)), repository: NAME }),
  )
  const { rest, paginate } = person('adam')
  const about = { org: OWNER, package_type: 'container', package_name: 'paged' } as const
  const first = await rest.packages.getAllPackageVersionsForPackageOwnedByOrg({ ...about, per_page: 1000 })
  expect(first.data).toHaveLength(100)
  expect(first.data[0]).toMatchObject({
    name: digests[129],
    created_at: '2025-05-10T00:00:00Z',
    metadata: { package_type: 'container', container: { tags: ['v129'] } },
  })
  expect(first.headers.link).toContain('page=2')
  const all = await paginate(rest.packages.getAllPackageVersionsForPackageOwnedByOrg, { ...about, per_page: 100 })
  expect(all.map((version) => version.name)).toEqual([...digests].reverse())
})

test('the packages of an owner are those that the caller sees', async () => {
  sandbox.pushImage('uma/secret', { tags: ['1'] })
  sandbox.pushImage('uma/open', { tags: ['1'], visibility: 'public' })
  const listed = async (client: Client, query: { visibility?: 'public' } = {}) =>
    (await client.rest.packages.listPackagesForUser({ username: 'uma', package_type: 'container', ...query })).data.map(
      (one) => one.name,
    )
  expect(await listed(person('passer-by'))).toEqual(['open'])
  expect(await listed(person('uma'))).toEqual(['secret', 'open'])
  expect(await listed(person('uma'), { visibility: 'public' })).toEqual(['open'])
  const own = await person('uma').rest.packages.listPackagesForAuthenticatedUser({ package_type: 'container' })
  expect(own.data).toHaveLength(2)
  const client = person('uma')
  const other = { username: 'uma', package_type: 'npm' } as const
  expect((await client.rest.packages.listPackagesForUser(other)).data).toEqual([])
  expect(await refusal(client.request('GET /user/packages'))).toMatchObject({ status: 400 })
  // An organisation is no user, nor the other way round.
  expect(await refusal(client.request('GET /users/acme/packages?package_type=container'))).toMatchObject({
    status: 404,
  })
  expect(await refusal(client.request('GET /orgs/uma/packages?package_type=container'))).toMatchObject({ status: 404 })
})

test('the last tagged version stays, whatever else there is; one without a tag goes', async () => {
  const { about, idOf, path, digests } = makePackage([{}, { tags: ['only', 'same'] }])
  const { rest } = person('adam')
  const remove = (index: number) =>
    rest.packages.deletePackageVersionForOrg({ ...about, package_version_id: idOf(index) })
  expect(await refusal(remove(1))).toEqual({
    status: 400,
    message: 'You cannot delete the last tagged version of a package. You must delete the package instead.',
  })
  const untagged = idOf(0)
  await remove(0)
  expect(sandbox.state.packageVersions(path).map((version) => version.digest)).toEqual([digests[1]])
  const again = { ...about, package_version_id: untagged }
  expect(await refusal(rest.packages.deletePackageVersionForOrg(again))).toEqual(MISSING)
})

test.each([
  ['public', 5001, 400],
  ['public', 5000, null],
  ['private', 5001, null],
] as const)('a %s version with %i downloads', async (visibility, downloads, status) => {
  const { about, idOf, path } = makePackage([{ tags: ['old'] }, { tags: ['new'] }])
  sandbox.setPackageVisibility(path, visibility)
  sandbox.setDownloads(path, 'old', downloads)
  const { rest } = person('adam')
  const refused = await refusal(rest.packages.deletePackageVersionForOrg({ ...about, package_version_id: idOf(0) }))
  expect(refused?.status ?? null).toBe(status)
  expect('old' in sandbox.state.packageTags(path)).toBe(status !== null)
  expect((await refusal(rest.packages.deletePackageForOrg(about)))?.status ?? null).toBe(status)
})

test('a deleted version comes back within 30 days, with the tags that nothing else has', async () => {
  const { about, idOf, path, digests } = makePackage([{ tags: ['old', 'moved'] }, { tags: ['new'] }])
  const [digest = ''] = digests
  const version = { ...about, package_version_id: idOf(0) }
  const { rest } = person('adam')
  expect(await refusal(rest.packages.restorePackageVersionForOrg(version))).toEqual(MISSING)
  await rest.packages.deletePackageVersionForOrg(version)
  expect(await refusal(rest.packages.getPackageVersionForOrganization(version))).toEqual(MISSING)
  const deleted = await rest.packages.getAllPackageVersionsForPackageOwnedByOrg({ ...about, state: 'deleted' })
  expect(deleted.data).toMatchObject([{ name: digest, deleted_at: START.toISOString().replace(/\.\d+/, '') }])
  const newest = sandbox.pushImage(path, { tags: ['moved'] })
  expect(await refusal(person('adam', ['read:packages']).rest.packages.restorePackageVersionForOrg(version))).toEqual(
    needs('write:packages', 'restore a package version'),
  )
  now = new Date(now.getTime() + 30 * DAY_MS - 1)
  await rest.packages.restorePackageVersionForOrg(version)
  expect(sandbox.state.packageTags(path)).toEqual({ new: digests[1], moved: newest, old: digest })
  await rest.packages.deletePackageVersionForOrg(version)
  now = new Date(now.getTime() + 30 * DAY_MS)
  expect(await refusal(rest.packages.restorePackageVersionForOrg(version))).toEqual(MISSING)
  expect(sandbox.state.packageVersions(path, 'deleted')).toEqual([])
})

test('a package comes back, unless there is another of its name', async () => {
  const { about, path } = makePackage([{ tags: ['old'] }])
  const { rest } = person('adam')
  await rest.packages.deletePackageForOrg(about)
  expect(await refusal(rest.packages.getPackageForOrganization(about))).toEqual(MISSING)
  sandbox.pushImage(path, { tags: ['other'], repository: NAME })
  expect(await refusal(rest.packages.restorePackageForOrg(about))).toMatchObject({ status: 400 })
  sandbox.deletePackage(path)
  await rest.packages.restorePackageForOrg(about)
  expect(Object.keys(sandbox.state.packageTags(path))).toEqual(['other'])
})

test('thousands of images are there quickly, each a version of its own', () => {
  const path = `${OWNER}/many`
  for (let number = 0; number < 5000; number++) sandbox.pushImage(path, { tags: [`t${number}`] })
  expect(new Set(sandbox.state.packageVersions(path).map((version) => version.digest)).size).toBe(5000)
})

test('an index needs its children; what it is about may be missing', () => {
  const path = `${OWNER}/indexes`
  const [amd64, arm64] = [sandbox.pushImage(path), sandbox.pushImage(path)]
  const children = [{ digest: amd64, platform: { os: 'linux', architecture: 'amd64' } }, arm64]
  const index = sandbox.pushImage(path, { tags: ['1'], children, annotations: { note: 'both' } })
  const nested = sandbox.pushImage(path, { children: [index], subject: `sha256:${'0'.repeat(64)}` })
  const [version] = sandbox.state.packageVersions(path).filter((one) => one.digest === nested)
  expect(JSON.parse(Buffer.from(version?.bytes ?? []).toString())).toMatchObject({
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ digest: index, mediaType: 'application/vnd.oci.image.index.v1+json' }],
    subject: { digest: `sha256:${'0'.repeat(64)}` },
  })
  expect(() => sandbox.pushImage(path, { children: [`sha256:${'1'.repeat(64)}`] })).toThrow('does not have sha256:1111')
})

/** What the app asks packages with. */
async function openPackage(path: string, token: string) {
  return openImageRepository(`${sandbox.host}/${path}`, {
    packages: {
      apiUrl: sandbox.baseUrl,
      hosts: [sandbox.host],
      token: { value: token, name: 'PACKAGES_TOKEN', username: 'signalbox' },
    },
    credentials: { credentialFor: async () => null },
  })
}

test.each([
  ['a personal token', () => sandbox.createToken({ login: 'olga', scopes: ALL, organizations: [OWNER] })],
  ['the token of a workflow', () => sandbox.workflowToken(NAME)],
])('the app lists, reads, untags, deletes and restores with %s', async (_, makeToken) => {
  const { path, digests } = makePackage([{ tags: ['1', 'latest'] }, { tags: ['2'] }, {}])
  const [first = '', second = '', third = ''] = digests
  const images = await openPackage(path, makeToken())
  const seen: string[] = []
  for await (const page of images.listVersions()) seen.push(...page.map((version) => version.digest))
  expect(seen.sort()).toEqual([...digests].sort())
  expect(await images.readManifest(third)).toMatchObject({ children: [], subject: null })
  expect(await images.removeTag(first, 'latest')).toEqual({ kind: 'deleted' })
  const found = await images.findVersion(second)
  expect(await images.deleteVersion({ id: found?.id ?? '', digest: second })).toEqual({ kind: 'deleted' })
  expect(sandbox.state.packageTags(path)).toEqual({ 1: first })
  expect(await images.restoreVersion(second)).toEqual({ kind: 'restored' })
  expect(sandbox.state.packageTags(path)).toEqual({ 1: first, 2: second })
})

test("the app's own token is refused, and says what to do", async () => {
  const { path } = makePackage([{ tags: ['1'] }])
  const octokit = await installationClient(sandbox)
  const { token } = (await octokit.auth()) as { token: string }
  const images = await openPackage(path, token)
  await expect(images.listVersions()[Symbol.asyncIterator]().next()).rejects.toThrow('PACKAGES_TOKEN must be')
})
