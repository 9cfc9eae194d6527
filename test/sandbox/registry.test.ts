/** The container registry beside the sandbox: who gets in, what it takes, what it refuses as GitHub's does. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ANONYMOUS, type CredentialSource } from '../../src/adapters/registry/credentials.ts'
import { makeRegistry } from '../../src/adapters/registry/registry.ts'
import { digestOfBytes } from '../../src/sandbox/packages.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { pullWhole, pushMultiArch } from '../support/oci-images.ts'
import { installationClient, NAME, OWNER, REPO } from './support.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const ABSENT = `sha256:${'0'.repeat(64)}`

let sandbox: Sandbox
let now = new Date()

beforeAll(async () => {
  sandbox = await startSandbox({ now: () => now })
  const collaborators = { wilma: 'write', rita: 'read' } as const
  sandbox.createRepository({ owner: OWNER, name: REPO, files: { 'README.md': '# Shop\n' }, collaborators })
  sandbox.createRepository({ owner: OWNER, name: 'other', files: { 'README.md': '# Other\n' } })
})
afterAll(() => sandbox.stop())

const basic = (token: string) => `Basic ${Buffer.from(`someone:${token}`).toString('base64')}`
const writer = (login = 'wilma') => sandbox.createToken({ login, scopes: ['write:packages'] })

function ask(method: string, path: string, authorization: string | null, init: RequestInit = {}) {
  const headers = { ...(authorization === null ? {} : { authorization }), ...init.headers }
  return fetch(`http://${sandbox.host}${path}`, { ...init, method, headers, redirect: 'manual' })
}

async function codeOf(response: Response): Promise<string> {
  const { errors } = (await response.json()) as { errors: { code: string }[] }
  return `${response.status} ${errors[0]?.code}`
}

async function tokenFor(scope: string, authorization: string | null): Promise<Response> {
  return ask('GET', `/token?service=${sandbox.host}&scope=${encodeURIComponent(scope)}`, authorization)
}

async function putBlob(path: string, text: string, authorization: string): Promise<string> {
  const digest = digestOfBytes(Buffer.from(text))
  const begun = await ask('POST', `/v2/${path}/blobs/uploads/`, authorization)
  expect(begun.status).toBe(202)
  const ended = await ask('PUT', `${begun.headers.get('location')}?digest=${digest}`, authorization, { body: text })
  expect([ended.status, ended.headers.get('location')]).toEqual([201, `/v2/${path}/blobs/${digest}`])
  return digest
}

function putManifest(path: string, reference: string, document: object, authorization: string, type = MANIFEST) {
  const body = JSON.stringify(document)
  return ask('PUT', `/v2/${path}/manifests/${reference}`, authorization, { body, headers: { 'content-type': type } })
}

const describeBlob = (digest: string) => ({ mediaType: 'application/octet-stream', digest, size: 1 })

async function imageOf(path: string, text: string, authorization: string) {
  const config = describeBlob(await putBlob(path, `config ${text}`, authorization))
  const layers = [describeBlob(await putBlob(path, `layer ${text}`, authorization))]
  return { schemaVersion: 2, mediaType: MANIFEST, config, layers }
}

test('whoever does not say who they are is sent for a token', async () => {
  const response = await ask('GET', '/v2/', null)
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toBe(
    `Bearer realm="http://${sandbox.host}/token",service="${sandbox.host}"`,
  )
  expect(await codeOf(response)).toBe('401 UNAUTHORIZED')
  const manifest = await ask('GET', '/v2/acme/app/manifests/latest', null)
  expect(manifest.headers.get('www-authenticate')).toContain('scope="repository:acme/app:pull"')
  expect((await ask('GET', '/v2/', basic('ghp_unknown'))).status).toBe(401)
  expect(await codeOf(await tokenFor('repository:acme/app:pull', basic('ghp_unknown')))).toBe('403 DENIED')
})

test.each<[string, () => string | null | Promise<string>, string, string]>([
  ['nobody', () => null, 'public', 'private push'],
  ['an installation of the app', async () => basic(await installationToken()), 'public', 'private push'],
  [
    'a reader',
    () => basic(sandbox.createToken({ login: 'rita', scopes: ['write:packages'] })),
    'public private',
    'push',
  ],
  ['a writer', () => basic(writer()), 'public private push', ''],
  [
    'a writer whose token may read',
    () => basic(sandbox.createToken({ login: 'wilma', scopes: ['read:packages'] })),
    'public private',
    'push',
  ],
  [
    'a writer whose token is for something else',
    () => basic(sandbox.createToken({ login: 'wilma', scopes: ['repo'] })),
    'public',
    'private push',
  ],
  ['the workflow of the linked repository', () => basic(sandbox.workflowToken(NAME)), 'public private push', ''],
  [
    'such a workflow that may only read',
    () => basic(sandbox.workflowToken(NAME, { packages: 'read' })),
    'public private',
    'push',
  ],
  ['the workflow of another', () => basic(sandbox.workflowToken('acme/other')), 'public', 'private push'],
])('what the token service grants to %s', async (_, who, granted, refused) => {
  sandbox.pushImage('acme/open', { tags: ['1'], visibility: 'public', repository: NAME })
  sandbox.pushImage('acme/closed', { tags: ['1'], repository: NAME })
  const authorization = await who()
  const scopes: Record<string, string> = {
    public: 'repository:acme/open:pull',
    private: 'repository:acme/closed:pull',
    push: 'repository:acme/closed:push',
  }
  for (const name of granted.split(' ')) {
    const response = await tokenFor(scopes[name] ?? '', authorization)
    expect([name, response.status]).toEqual([name, 200])
    const { token } = (await response.json()) as { token: string }
    if (name === 'push') continue
    const path = name === 'public' ? 'acme/open' : 'acme/closed'
    expect((await ask('HEAD', `/v2/${path}/manifests/1`, `Bearer ${token}`)).status).toBe(200)
  }
  for (const name of refused.split(' ').filter((one) => one !== '')) {
    const code = await codeOf(await tokenFor(scopes[name] ?? '', authorization))
    expect([name, code]).toEqual([name, authorization === null ? '401 UNAUTHORIZED' : '403 DENIED'])
  }
})

async function installationToken(): Promise<string> {
  const octokit = await installationClient(sandbox)
  const { token } = (await octokit.auth()) as { token: string }
  expect(token).toMatch(/^ghs_/)
  return token
}

test('a token is good for what was asked, for five minutes', async () => {
  const path = 'acme/tokens'
  sandbox.pushImage(path, { tags: ['1'], repository: NAME })
  const response = await tokenFor(`repository:${path}:pull`, basic(writer()))
  const { token } = (await response.json()) as { token: string }
  expect((await ask('GET', `/v2/${path}/manifests/1`, `Bearer ${token}`)).status).toBe(200)
  const pushed = await ask('POST', `/v2/${path}/blobs/uploads/`, `Bearer ${token}`)
  expect(pushed.headers.get('www-authenticate')).toContain(
    `scope="repository:${path}:pull,push",error="insufficient_scope"`,
  )
  now = new Date(now.getTime() + 300_001)
  expect((await ask('GET', `/v2/${path}/manifests/1`, `Bearer ${token}`)).status).toBe(401)
  const own = writer()
  for (const direct of [`Bearer ${own}`, `Bearer ${Buffer.from(own).toString('base64')}`, basic(own)])
    expect((await ask('GET', `/v2/${path}/manifests/1`, direct)).status).toBe(200)
})

test('a pushed image is a package of whoever pushed it, private, and comes back byte for byte', async () => {
  const path = 'acme/pushed/image'
  const as = basic(writer())
  const document = await imageOf(path, 'one', as)
  const response = await putManifest(path, '1.0', document, as)
  const digest = digestOfBytes(Buffer.from(JSON.stringify(document)))
  expect([response.status, response.headers.get('docker-content-digest')]).toEqual([201, digest])
  for (const reference of ['1.0', digest]) {
    const got = await ask('GET', `/v2/${path}/manifests/${reference}`, as)
    expect([got.headers.get('content-type'), await got.text()]).toEqual([MANIFEST, JSON.stringify(document)])
    const head = await ask('HEAD', `/v2/${path}/manifests/${reference}`, as)
    expect([head.headers.get('content-length'), head.headers.get('docker-content-digest')]).toEqual([
      String(JSON.stringify(document).length),
      digest,
    ])
  }
  const blob = await ask('GET', `/v2/${path}/blobs/${document.layers[0]?.digest}`, as)
  expect(await blob.text()).toBe('layer one')
  expect((await ask('HEAD', `/v2/${path}/blobs/${ABSENT}`, as)).status).toBe(404)
  expect(sandbox.state.package(path)).toMatchObject({ name: 'pushed/image', visibility: 'private', repository: null })
  expect(sandbox.state.package(path).roles.get('wilma')).toBe('admin')
})

test('a workflow makes a package that is linked to its repository, and none of another owner', async () => {
  const as = basic(sandbox.workflowToken(NAME))
  const document = await imageOf('acme/made', 'two', as)
  expect((await putManifest('acme/made', 'latest', document, as)).status).toBe(201)
  expect(sandbox.state.package('acme/made').repository?.name).toBe(REPO)
  expect(await codeOf(await ask('POST', '/v2/wilma/made/blobs/uploads/', as))).toBe('403 DENIED')
  expect(await codeOf(await ask('POST', '/v2/nobody-knows/made/blobs/uploads/', as))).toBe('403 DENIED')
})

test('a tag moves to the version that was pushed with it; the other stays without', async () => {
  const path = 'acme/moving'
  const as = basic(sandbox.workflowToken(NAME))
  const [one, two] = [await imageOf(path, 'one', as), await imageOf(path, 'two', as)]
  await putManifest(path, 'latest', one, as)
  await putManifest(path, 'v1', one, as)
  await putManifest(path, 'latest', two, as)
  const tags = sandbox.state.packageVersions(path).map((version) => version.tags)
  expect(tags).toEqual([['latest'], ['v1']])
  await putManifest(path, 'v1', two, as)
  expect(sandbox.state.packageVersions(path).map((version) => version.tags)).toEqual([['latest', 'v1'], []])
  expect(
    (await ask('HEAD', `/v2/${path}/manifests/${digestOfBytes(Buffer.from(JSON.stringify(one)))}`, as)).status,
  ).toBe(200)
})

test.each<[string, string, (path: string, as: string) => Promise<object>, string, string]>([
  [
    'a layer that is missing',
    'x',
    async (path, as) => ({ ...(await imageOf(path, 'x', as)), layers: [describeBlob(ABSENT)] }),
    MANIFEST,
    '400 MANIFEST_BLOB_UNKNOWN',
  ],
  [
    'a configuration that is missing',
    'x',
    async (path, as) => ({ ...(await imageOf(path, 'x', as)), config: describeBlob(ABSENT) }),
    MANIFEST,
    '400 MANIFEST_BLOB_UNKNOWN',
  ],
  [
    'a child that is missing',
    'x',
    async () => ({ schemaVersion: 2, mediaType: INDEX, manifests: [describeBlob(ABSENT)] }),
    INDEX,
    '400 MANIFEST_BLOB_UNKNOWN',
  ],
  ['a digest that is not its own', ABSENT, (path, as) => imageOf(path, 'x', as), MANIFEST, '400 DIGEST_INVALID'],
  ['a tag that is none', '.hidden', (path, as) => imageOf(path, 'x', as), MANIFEST, '400 TAG_INVALID'],
  ['another type than it has', 'x', (path, as) => imageOf(path, 'x', as), INDEX, '400 MANIFEST_INVALID'],
  ['a type that nobody knows', 'x', (path, as) => imageOf(path, 'x', as), 'text/plain', '400 MANIFEST_INVALID'],
  ['no schema version', 'x', async () => ({ layers: [] }), MANIFEST, '400 MANIFEST_INVALID'],
])('a manifest is refused: %s', async (_, reference, make, type, code) => {
  const [path, as] = ['acme/refused', basic(sandbox.workflowToken(NAME))]
  const document = await make(path, as)
  expect(await codeOf(await putManifest(path, reference, document, as, type))).toBe(code)
  expect(await codeOf(await ask('GET', `/v2/${path}/manifests/x`, as))).toBe('404 NAME_UNKNOWN')
})

test('an index of manifests and blobs is taken, and one about something that is missing', async () => {
  const [path, as] = ['acme/index', basic(sandbox.workflowToken(NAME))]
  const child = sandbox.pushImage(path, { repository: NAME })
  const cache = await putBlob(path, 'cache', as)
  const subject = { mediaType: MANIFEST, digest: ABSENT, size: 1 }
  const index = { schemaVersion: 2, mediaType: INDEX, manifests: [describeBlob(child), describeBlob(cache)], subject }
  expect((await putManifest(path, 'buildcache', index, as, INDEX)).status).toBe(201)
})

test('what builders push, of many platforms and with attestations, can be pulled whole', async () => {
  const headers = { authorization: basic(sandbox.workflowToken(NAME)) }
  const target = { host: sandbox.host, path: 'acme/multi', headers }
  const { index, platforms, attestations } = await pushMultiArch(target, { tag: '1.0' })
  const pulled = await pullWhole(target, '1.0')
  for (const { digest } of [index, ...platforms, ...attestations]) expect(pulled).toContain(digest)
  expect(sandbox.state.packageVersions('acme/multi')).toHaveLength(1 + platforms.length + attestations.length)
  expect(sandbox.state.packageTags('acme/multi')).toEqual({ '1.0': index.digest })
})

test('deleting is not for this API, nor are referrers', async () => {
  const [path, as] = ['acme/undeletable', basic(sandbox.workflowToken(NAME))]
  const digest = sandbox.pushImage(path, { tags: ['1'], repository: NAME })
  for (const reference of ['1', digest])
    expect(await codeOf(await ask('DELETE', `/v2/${path}/manifests/${reference}`, as))).toBe('405 UNSUPPORTED')
  expect((await ask('DELETE', `/v2/${path}/manifests/1`, null)).status).toBe(401)
  expect(sandbox.state.packageTags(path)).toEqual({ 1: digest })
  expect((await ask('GET', `/v2/${path}/referrers/${digest}`, as)).status).toBe(404)
  expect(await codeOf(await ask('GET', `/v2/${path}/manifests/2`, as))).toBe('404 MANIFEST_UNKNOWN')
})

test('blobs in pieces, at once, and with the wrong digest', async () => {
  const [path, as] = ['acme/pieces', basic(sandbox.workflowToken(NAME))]
  const digest = digestOfBytes(Buffer.from('one two'))
  const begun = await ask('POST', `/v2/${path}/blobs/uploads/`, as)
  const at = begun.headers.get('location') ?? ''
  const piece = await ask('PATCH', at, as, { body: 'one ' })
  expect([piece.status, piece.headers.get('range')]).toEqual([202, '0-3'])
  expect(await codeOf(await ask('PUT', `${at}?digest=${ABSENT}`, as, { body: 'two' }))).toBe('400 DIGEST_INVALID')
  expect((await ask('PUT', `${at}?digest=${digest}`, as, { body: 'two' })).status).toBe(201)
  expect(await codeOf(await ask('PUT', `${at}?digest=${digest}`, as, { body: 'two' }))).toBe('404 BLOB_UPLOAD_UNKNOWN')
  const whole = `/v2/${path}/blobs/uploads/?digest=${digestOfBytes(Buffer.from('whole'))}`
  expect((await ask('POST', whole, as, { body: 'whole' })).status).toBe(201)
})

test('tags are listed in order, by pages that lead on', async () => {
  const [path, as] = ['acme/tagged', basic(sandbox.workflowToken(NAME))]
  sandbox.pushImage(path, { tags: ['c', 'a', 'e'], repository: NAME })
  sandbox.pushImage(path, { tags: ['d', 'b'] })
  const first = await ask('GET', `/v2/${path}/tags/list?n=2`, as)
  expect(await first.json()).toEqual({ name: path, tags: ['a', 'b'] })
  expect(first.headers.get('link')).toBe(`</v2/${path}/tags/list?last=b&n=2>; rel="next"`)
  const last = await ask('GET', `/v2/${path}/tags/list?n=2&last=d`, as)
  expect([await last.json(), last.headers.get('link')]).toEqual([{ name: path, tags: ['e'] }, null])
  expect(await codeOf(await ask('GET', '/v2/acme/never/tags/list', as))).toBe('404 NAME_UNKNOWN')
})

test('a version that was deleted is gone from the registry, and comes back with it', async () => {
  const [path, as] = ['acme/deleted', basic(sandbox.workflowToken(NAME))]
  const digest = sandbox.pushImage(path, { tags: ['1'], repository: NAME })
  sandbox.pushImage(path, { tags: ['2'] })
  sandbox.deletePackageVersion(path, '1')
  expect(await codeOf(await ask('GET', `/v2/${path}/manifests/${digest}`, as))).toBe('404 MANIFEST_UNKNOWN')
  const got = await ask('GET', `/v2/${path}/manifests/2`, as)
  expect((await putManifest(path, '1', (await got.json()) as object, as)).status).toBe(201)
})

test('faults befall the registry, and its requests are in the log', async () => {
  const path = 'acme/faulty'
  sandbox.pushImage(path, { tags: ['1'], repository: NAME })
  const as = basic(sandbox.workflowToken(NAME))
  sandbox.state.clearRequests()
  const target = { path: '/v2/{name}/manifests/{reference}' }
  sandbox.faults.respond({ ...target, status: 503 })
  expect((await ask('GET', `/v2/${path}/manifests/1`, as)).status).toBe(503)
  sandbox.faults.rateLimit({ ...target, limit: 'secondary', waitSeconds: 7 })
  const limited = await ask('GET', `/v2/${path}/manifests/1`, as)
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7'])
  sandbox.faults.loseReply({ ...target, with: 502 })
  expect((await ask('GET', `/v2/${path}/manifests/1`, as)).status).toBe(502)
  sandbox.faults.loseReply(target)
  await expect(ask('GET', `/v2/${path}/manifests/1`, as)).rejects.toThrow('fetch failed')
  expect((await ask('GET', `/v2/${path}/manifests/1`, as)).status).toBe(200)
  expect(sandbox.state.requestCounts).toEqual({ 'GET /v2/{name}/manifests/{reference}': 5 })
  expect(sandbox.state.requests.at(-1)).toMatchObject({ status: 200, caller: `workflow:${NAME}`, fault: null })
})

test("the app's own client reads, writes and pages", async () => {
  const path = 'acme/client'
  const digest = sandbox.pushImage(path, { tags: ['1', '2', '3'], visibility: 'public', repository: NAME })
  const name = { registry: sandbox.host, path }
  const read = makeRegistry({ credentials: ANONYMOUS, pageSize: 2 })
  const tags: string[] = []
  for await (const tag of read.tags(name)) tags.push(tag)
  expect(tags).toEqual(['1', '2', '3'])
  expect(await read.digestOf({ ...name, tag: '1', digest: null })).toBe(digest)
  expect(await read.digestOf({ ...name, tag: '9', digest: null })).toBeNull()
  const manifest = await read.manifest({ ...name, tag: null, digest })
  if (manifest === null) throw new Error('It cannot be read')
  await expect(read.putManifest(name, '4', manifest)).rejects.toThrow('refuses writing')
  const password = sandbox.workflowToken(NAME)
  const credential = { kind: 'password', username: 'signalbox', password, source: 'GITHUB_TOKEN' } as const
  const credentials: CredentialSource = { credentialFor: async () => credential }
  const client = makeRegistry({ credentials })
  await client.putManifest(name, '4', manifest)
  expect(Object.keys(sandbox.state.packageTags(path))).toEqual(['1', '2', '3', '4'])
  await expect(client.deleteManifest({ ...name, tag: null, digest })).rejects.toThrow('does not delete images')
  expect(await client.deleteTag(name, '4')).toBe('unsupported')
})
