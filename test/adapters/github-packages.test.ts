/** Container packages of GitHub: each request as GitHub describes it, and whole operations with a real registry behind them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makePackagesOctokit } from '../../src/adapters/github/package-api.ts'
import { makePackageImageRepository } from '../../src/adapters/github/packages.ts'
import { ANONYMOUS } from '../../src/adapters/registry/credentials.ts'
import {
  type OpenImageRepositoryOptions,
  openImageRepository,
  readPackages,
} from '../../src/adapters/registry/open-image-repository.ts'
import { makeRegistry, type RegistryClient } from '../../src/adapters/registry/registry.ts'
import { UsageError } from '../../src/domain/errors.ts'
import type { ImageVersion } from '../../src/domain/image-retention.ts'
import type { ImageRepository } from '../../src/ports/sweeps.ts'
import { DescribedGitHub, failing, NOT_FOUND, type ScriptedReply } from '../support/described-github.ts'
import { type HttpServer, startHttpServer } from '../support/http-server.ts'
import { digestOf } from '../support/image.ts'
import { digestNamed, pullWhole, pushMultiArch, pushPlatform, tagAs, tagsOf } from '../support/oci-images.ts'
import { REGISTRY_USER, registryMissing, startRegistry, type TestRegistry } from '../support/registry.ts'

if (registryMissing !== null) console.warn(`The tests of packages with a registry are left out: ${registryMissing}.`)

const TOKEN = 'ghp_whatNoMessageMayHold0000000000000000'
const impatient = { attempts: 2, delayMs: 1, longestWaitMs: 0 }
const VERSIONS = '/orgs/acme/packages/container/team%2Fapp/versions'

type Version = Omit<ImageVersion, 'manifest'>

async function listed(images: ImageRepository): Promise<Version[]> {
  const all: Version[] = []
  for await (const page of images.listVersions()) all.push(...page)
  return all
}

describe('the packages API', () => {
  const api = new DescribedGitHub()
  beforeAll(() => api.start())
  afterEach(() => api.verify())
  afterAll(() => api.stop())

  /** What the registry would say; none is asked. */
  const emptyRegistry: RegistryClient = {
    ...makeRegistry({ credentials: ANONYMOUS }),
    async *tags() {},
  }
  const open = (registry = emptyRegistry) =>
    makePackageImageRepository({
      octokit: makePackagesOctokit({ apiUrl: 'https://api.github.com', token: TOKEN }),
      tokenName: 'PACKAGES_TOKEN',
      registry,
      host: 'ghcr.io',
      package: { owner: 'acme', name: 'team/app' },
      patience: impatient,
    })
  const account = (type: 'Organization' | 'User') =>
    api.answer('GET', '/users/acme', {
      body: { ...(api.description.example('GET /users/{username}') as object), login: 'acme', type },
    })
  const version = (id: number, tags: readonly string[] = [], digest = digestOf(String(id))) => ({
    id,
    name: digest,
    url: `https://api.github.com${VERSIONS}/${id}`,
    package_html_url: 'https://github.com/orgs/acme/packages/container/package/team%2Fapp',
    html_url: `https://github.com/orgs/acme/packages/container/team%2Fapp/${id}`,
    created_at: '2026-05-01T10:00:00Z',
    updated_at: '2026-05-20T10:00:00Z',
    metadata: { package_type: 'container', container: { tags } },
  })
  const seen = (id: number, tags: readonly string[] = []): Version => ({
    id: String(id),
    digest: digestOf(String(id)),
    tags,
    createdAt: new Date('2026-05-01T10:00:00Z'),
    size: null,
  })

  test('lists the versions of an organisation, with and without tags, page by page', async () => {
    account('Organization')
    const first = Array.from({ length: 100 }, (_, index) => version(1000 - index, index === 0 ? ['v2', 'latest'] : []))
    api.answer('GET', VERSIONS, { query: { page: '1', per_page: '100' }, body: first })
    // The last of the page before: something was pushed while the list was read.
    api.answer('GET', VERSIONS, { query: { page: '2' }, body: [version(901), version(900, ['v1'])] })
    const images = open()
    expect(images).toMatchObject({
      name: 'ghcr.io/acme/team/app',
      listsUntagged: true,
      tellsPushTime: true,
      canDelete: true,
    })
    const versions = await listed(images)
    expect(versions).toHaveLength(101)
    expect(versions[0]).toEqual(seen(1000, ['v2', 'latest']))
    expect(versions.at(-1)).toEqual(seen(900, ['v1']))
  })

  test('lists those of the user whose token it is by their own address', async () => {
    account('User')
    api.answer('GET', '/user', { body: { ...(api.description.example('GET /user') as object), login: 'Acme' } })
    api.answer('GET', '/user/packages/container/team%2Fapp/versions', { body: [version(5, ['x'])] })
    expect(await listed(open())).toEqual([seen(5, ['x'])])
  })

  test('looks at one version by its id, and reads the list only where it does not know that', async () => {
    account('Organization')
    api.answer('GET', VERSIONS, { body: [version(7, ['a']), version(6)] })
    const images = open()
    expect(await images.findVersion(digestOf('7'))).toEqual(seen(7, ['a']))
    api.answer('GET', `${VERSIONS}/6`, { body: version(6, ['b']) })
    expect(await images.findVersion(digestOf('6'))).toEqual(seen(6, ['b']))
    expect(await images.findVersion(digestOf('none'))).toBeNull()
    api.answer('GET', `${VERSIONS}/6`, NOT_FOUND)
    expect(await images.findVersion(digestOf('6'))).toBeNull()
  })

  test('reads the list again for what it did not have, and the registry has', async () => {
    const bytes = Buffer.from('{"schemaVersion":2}')
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    const hidden = digestOf(String(bytes))
    const images = open({
      ...emptyRegistry,
      manifest: async ({ digest }) =>
        digest === hidden ? { digest, mediaType, bytes, children: [], subject: null } : null,
    })
    account('Organization')
    api.answer('GET', VERSIONS, { body: [version(7)] })
    expect(await listed(images)).toEqual([seen(7)])
    expect(await images.lookUp(digestOf('none'))).toBeNull()
    expect(await images.findVersion(digestOf('none'))).toBeNull()
    expect(await images.findVersion(hidden)).toBeNull()
    expect(await images.lookUp(hidden)).toEqual({ mediaType, children: [], subject: null })
    api.answer('GET', VERSIONS, { body: [version(7), version(6, [], hidden)] })
    expect(await images.findVersion(hidden)).toMatchObject({ id: '6', digest: hidden })
  })

  const DELETIONS: [string, ScriptedReply, object][] = [
    ['done', { status: 204 }, { kind: 'deleted' }],
    ['gone', NOT_FOUND, { kind: 'gone' }],
    [
      'the last tagged version',
      failing(400, 'You cannot delete the last tagged version of a package. You must delete the package instead.'),
      {
        kind: 'refused',
        message: 'You cannot delete the last tagged version of a package. You must delete the package instead.',
      },
    ],
    [
      'downloaded by many',
      failing(400, 'Publicly visible package versions with more than 5000 downloads cannot be deleted.'),
      {
        kind: 'refused',
        message: 'Publicly visible package versions with more than 5000 downloads cannot be deleted.',
      },
    ],
    ['not allowed', failing(403, 'Must have admin rights'), { kind: 'refused', message: 'Must have admin rights' }],
    ['a token that ended', failing(401, 'Bad credentials'), { kind: 'refused', message: 'Bad credentials' }],
    [
      'limited',
      { ...failing(403, 'You have exceeded a secondary rate limit'), headers: { 'retry-after': '90' } },
      { kind: 'deferred', retryAfterMs: 90_000, message: 'You have exceeded a secondary rate limit' },
    ],
    ['a fault', failing(502, 'Server Error'), { kind: 'unknown', message: 'Server Error' }],
    ['no answer', { cut: 'socket hang up' }, { kind: 'unknown' }],
  ]
  test.each(DELETIONS)('deletes: %s', async (_what, reply, expected) => {
    account('Organization')
    api.answer('DELETE', `${VERSIONS}/7`, reply)
    if (reply === NOT_FOUND) api.answer('GET', `${VERSIONS}/7`, NOT_FOUND)
    expect(await open().deleteVersion({ id: '7', digest: digestOf('7') })).toMatchObject(expected)
    expect(api.requests.filter(({ method }) => method === 'DELETE')).toHaveLength('cut' in reply ? 0 : 1)
  })

  test.each<[string, (id: number) => ScriptedReply, object]>([
    [
      'which is there',
      (id) => ({ body: version(id, ['v1']) }),
      { kind: 'refused', message: expect.stringContaining('version 7 of the package acme/team/app, which is there') },
    ],
    ['which may be there', () => ({ ...failing(502, 'Server Error'), times: 2 }), { kind: 'unknown' }],
    ['which it may not see', () => failing(403, 'No.'), { kind: 'refused', message: expect.stringContaining('No.') }],
  ])('a version that is not found for deletion, and %s, is not gone', async (_what, looked, expected) => {
    account('Organization')
    api.answer('DELETE', `${VERSIONS}/7`, NOT_FOUND)
    api.answer('GET', `${VERSIONS}/7`, looked(7))
    const result = await open().deleteVersion({ id: '7', digest: digestOf('7') })
    expect(result).toMatchObject(expected)
    if (result.kind === 'refused') expect(result.message).toContain('PACKAGES_TOKEN must be a personal token')
  })

  test('deletes nothing that has no number', async () => {
    const refused = open().deleteVersion({ id: '7/restore', digest: digestOf('7') })
    await expect(refused).rejects.toThrow('"7/restore" is no version of a package')
  })

  test('whose owner cannot be asked for refuses as a value', async () => {
    api.answer('GET', '/users/acme', failing(401, 'Bad credentials'))
    expect(await open().deleteVersion({ id: '7', digest: digestOf('7') })).toMatchObject({ kind: 'refused' })
  })

  test('restores what was deleted, once', async () => {
    account('Organization')
    api.answer('GET', VERSIONS, { query: { state: 'deleted' }, body: [version(8), version(7, [], digestOf('8'))] })
    api.answer('POST', `${VERSIONS}/8/restore`, { status: 204 })
    const images = open()
    expect(await images.restoreVersion(digestOf('8'))).toEqual({ kind: 'restored' })
    // It is no more among the deleted ones, where another process asks.
    const later = open()
    account('Organization')
    api.answer('GET', VERSIONS, { query: { state: 'deleted' }, body: [] })
    api.answer('GET', VERSIONS, { body: [version(8)] })
    expect(await later.restoreVersion(digestOf('8'))).toEqual({ kind: 'restored' })
    expect(await later.restoreVersion(digestOf('never'))).toEqual({ kind: 'gone' })
    expect(await later.restoreVersion('sha256:short')).toEqual({ kind: 'gone' })
  })

  test.each([
    [failing(404, 'Not Found'), { kind: 'gone' }],
    [failing(400, 'The name is taken'), { kind: 'refused', message: 'The name is taken' }],
  ])('restores nothing that GitHub does not: %o', async (reply, expected) => {
    account('Organization')
    api.answer('GET', VERSIONS, { query: { state: 'deleted' }, body: [version(8)] })
    api.answer('POST', `${VERSIONS}/8/restore`, reply)
    expect(await open().restoreVersion(digestOf('8'))).toEqual(expected)
  })

  test.each([
    [401, 'Bad credentials'],
    [403, 'You need at least read:packages scope to list package versions.'],
    [404, 'Package not found.'],
  ])('says what the token must be when the list is refused (%i)', async (status, message) => {
    account('Organization')
    api.answer('GET', VERSIONS, failing(status, message))
    const refusal = await listed(open()).catch((error: unknown) => error)
    expect(String(refusal)).toContain(message)
    expect(String(refusal)).toContain('PACKAGES_TOKEN must be a personal token (classic) with read:packages')
    expect(JSON.stringify(refusal, Object.getOwnPropertyNames(refusal))).not.toContain(TOKEN)
  })

  test('asks again when GitHub fails to answer, and gives up as something to be tried later', async () => {
    account('Organization')
    api.answer('GET', VERSIONS, failing(502, 'Server Error'))
    api.answer('GET', VERSIONS, { body: [version(7)] })
    expect(await listed(open())).toEqual([seen(7)])
    api.answer('GET', '/users/acme', { ...failing(502, 'Server Error'), times: 2 })
    await expect(listed(open())).rejects.toThrow(/GitHub failed while looking for acme: Server Error/)
  })

  test('a list that lacks what the registry has a tag for is read again, and never taken for the whole', async () => {
    const hidden = digestOf('6')
    const registry: RegistryClient = {
      ...emptyRegistry,
      async *tags() {
        yield* ['gone', 'moved', 'v1']
      },
      digestOf: async ({ tag }) => (tag === 'gone' ? null : tag === 'moved' ? digestOf('7') : hidden),
    }
    account('Organization')
    api.answer('GET', VERSIONS, { body: [version(7)] })
    api.answer('GET', VERSIONS, { body: [version(7), version(6, ['v1'])] })
    expect(await listed(open(registry))).toEqual([seen(7), seen(6, ['v1'])])
    account('Organization')
    api.answer('GET', VERSIONS, { body: [version(7)], times: 3 })
    await expect(listed(open(registry))).rejects.toThrow('does not have v1, which the registry has')
  })

  test('an answer that is no list of versions is told', async () => {
    account('Organization')
    api.answer('GET', VERSIONS, { text: '<html>' })
    await expect(listed(open())).rejects.toThrow('listing the active versions of the package acme/team/app is not as')
  })
})

describe.skipIf(registryMissing !== null)('a package with its registry', () => {
  let registry: TestRegistry
  let github: GitHubPackages
  beforeAll(async () => {
    registry = await startRegistry({ auth: { kind: 'password' } })
    github = await startPackages(registry.host)
  })
  afterEach(() => github.reset())
  afterAll(async () => {
    await github.stop()
    await registry.stop()
  })

  const target = (path: string) => ({ host: registry.host, path, headers: { authorization: BASIC } })
  const options = (token: string | null = REGISTRY_USER.password): OpenImageRepositoryOptions => ({
    packages: {
      apiUrl: `http://${github.host}/api/v3`,
      hosts: [registry.host],
      token: token === null ? null : { value: token, name: 'PACKAGES_TOKEN', username: REGISTRY_USER.username },
    },
    credentials: ANONYMOUS,
    patience: impatient,
  })
  const open = (path: string, token?: string | null) => openImageRepository(`${registry.host}/${path}`, options(token))

  test('manifests come from the registry, to which the token is the password', async () => {
    const app = await pushMultiArch(target('jane/app'), { tag: 'v1' })
    await tagAs(target('jane/app'), app.index, 'latest')
    github.keep(
      'jane/app',
      [...app.platforms, ...app.attestations].map(({ digest }) => digest),
    )
    const images = await open('jane/app')
    const versions = await listed(images)
    expect(new Map(versions.map(({ digest, tags }) => [digest, tags]))).toEqual(
      new Map<string, string[]>([
        [app.index.digest, ['latest', 'v1']],
        ...[...app.platforms, ...app.attestations].map(({ digest }): [string, string[]] => [digest, []]),
      ]),
    )
    const children = (await images.readManifest(app.index.digest))?.children
    expect(children).toEqual([...app.platforms, ...app.attestations].map(({ digest }) => digest))
    // Of a user who is not the owner of the token.
    expect(github.asked().at(-1)).toMatch(/^GET \/api\/v3\/users\/jane\/packages\/container\/app\/versions\?/)
  })

  test('a tag goes, and whatever else named the digest stays', async () => {
    const repository = target('jane/untag')
    const app = await pushMultiArch(repository, { tag: 'v1' })
    await tagAs(repository, app.index, 'old')
    github.keep(
      'jane/untag',
      [...app.platforms, ...app.attestations].map(({ digest }) => digest),
    )
    const before = await pullWhole(repository, 'v1')
    const images = await open('jane/untag')
    expect(await images.removeTag(app.index.digest, 'old')).toEqual({ kind: 'deleted' })
    expect(await tagsOf(repository)).toEqual(['v1'])
    expect(await pullWhole(repository, 'v1')).toEqual(before)
    expect((await listed(images)).map(({ digest }) => digest).sort()).toEqual(
      [app.index, ...app.platforms, ...app.attestations].map(({ digest }) => digest).sort(),
    )
    expect(await images.removeTag(app.index.digest, 'old')).toEqual({ kind: 'gone' })
    // Nothing was deleted at the registry itself, which GitHub's does not take.
    expect(github.deleted).toHaveLength(1)
  })

  const STAYING: [string, () => void, object][] = [
    ['GitHub does not list what was pushed', () => github.hide(), { kind: 'unknown' }],
    ['GitHub refuses to delete it', () => github.refuse(403), { kind: 'refused', message: 'No.' }],
    ['GitHub fails to delete it', () => github.refuse(502), { kind: 'unknown', message: 'No.' }],
  ]
  test.each(STAYING)('the tag is put back where %s', async (what, breaks, expected) => {
    const repository = target(`jane/${what.replaceAll(' ', '-').toLowerCase()}`)
    const image = await pushPlatform(repository, { tag: 'v1' })
    await tagAs(repository, image, 'old')
    const images = await open(repository.path)
    await listed(images)
    breaks()
    expect(await images.removeTag(image.digest, 'old')).toMatchObject(expected)
    for (const tag of ['v1', 'old']) expect(await digestNamed(repository, tag)).toBe(image.digest)
  })

  test('a version is deleted by its number, and with it its tag', async () => {
    const repository = target('jane/deleted')
    const [one] = [await pushPlatform(repository, { tag: 'one' }), await pushPlatform(repository, { tag: 'two' })]
    const images = await open('jane/deleted')
    const version = (await listed(images)).find(({ digest }) => digest === one.digest)
    expect(version).toBeDefined()
    if (version === undefined) return
    expect(await images.deleteVersion(version)).toEqual({ kind: 'deleted' })
    expect(await images.deleteVersion(version)).toEqual({ kind: 'gone' })
    expect(await images.findVersion(one.digest)).toBeNull()
    expect(await tagsOf(repository)).toEqual(['two'])
  })

  test('without a token nothing can be deleted, and the registry alone is asked', async () => {
    await expect(listed(await open('jane/app', null))).rejects.toThrow('without a log-in')
    expect((await open('jane/app', null)).canDelete).toBe(false)
    expect(github.asked()).toEqual([])
  })

  test('the token goes to no registry but its own', async () => {
    const elsewhere = await startHttpServer((_asked, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    )
    try {
      const images = await openImageRepository(`${elsewhere.host}/jane/app`, options())
      expect(images).toMatchObject({ canDelete: true, listsUntagged: false })
      await expect(listed(images)).rejects.toThrow('refuses reading')
      expect(elsewhere.asked.length).toBeGreaterThan(0)
      expect(elsewhere.asked.filter(({ headers }) => headers.authorization !== undefined)).toEqual([])
    } finally {
      await elsewhere.stop()
    }
  })

  test.each([
    ['acme/app:latest', 'has a tag or a digest'],
    ['ghcr.io/Acme/App', 'upper-case letters'],
    ['', 'names no repository'],
  ])('"%s" is no image repository', async (name, message) => {
    const opened = openImageRepository(name, options())
    await expect(opened).rejects.toThrow(message)
    await expect(opened).rejects.toBeInstanceOf(UsageError)
  })

  test('a package has an owner', async () => {
    await expect(open('app')).rejects.toThrow(`names no package: that is ${registry.host}/OWNER/app`)
  })
})

describe('where packages are', () => {
  const CASES: [string, NodeJS.ProcessEnv, ReturnType<typeof readPackages>][] = [
    ['nothing is set', {}, { apiUrl: 'https://api.github.com', hosts: ['ghcr.io'], token: null }],
    [
      'the server has a token',
      { PACKAGES_TOKEN: 'p', GITHUB_TOKEN: 'g' },
      {
        apiUrl: 'https://api.github.com',
        hosts: ['ghcr.io'],
        token: { value: 'p', name: 'PACKAGES_TOKEN', username: 'signalbox' },
      },
    ],
    [
      'a workflow has one',
      {
        GITHUB_TOKEN: 'g',
        GITHUB_ACTOR: 'jane',
        GITHUB_API_URL: 'https://api.github.com',
        GITHUB_SERVER_URL: 'https://github.com',
      },
      {
        apiUrl: 'https://api.github.com',
        hosts: ['ghcr.io'],
        token: { value: 'g', name: 'GITHUB_TOKEN', username: 'jane' },
      },
    ],
    [
      'an Enterprise Server',
      { GHE_HOST: 'GitHub.example.com' },
      { apiUrl: 'https://GitHub.example.com/api/v3', hosts: ['containers.github.example.com'], token: null },
    ],
    [
      'a workflow of an Enterprise Server',
      { GITHUB_API_URL: 'https://ghe.example.com/api/v3', GITHUB_SERVER_URL: 'https://ghe.example.com' },
      { apiUrl: 'https://ghe.example.com/api/v3', hosts: ['containers.ghe.example.com'], token: null },
    ],
    [
      'somewhere else',
      { GHE_HOST: '127.0.0.1:3000', GHE_PROTOCOL: 'http', SIGNALBOX_PACKAGES_HOSTS: '127.0.0.1:5000,127.0.0.1:5001' },
      { apiUrl: 'http://127.0.0.1:3000/api/v3', hosts: ['127.0.0.1:5000', '127.0.0.1:5001'], token: null },
    ],
  ]
  test.each(CASES)('%s', (_what, env, expected) => {
    expect(readPackages(env)).toEqual(expected)
  })
})

const BASIC = `Basic ${Buffer.from(`${REGISTRY_USER.username}:${REGISTRY_USER.password}`).toString('base64')}`

interface GitHubPackages {
  readonly host: string
  /** `GET /api/v3/…`. */
  asked(): string[]
  /** Ids. */
  readonly deleted: readonly number[]
  /** Digests without a tag, which the registry does not list. */
  keep(path: string, digests: readonly string[]): void
  /** Nothing new is listed from now on. */
  hide(): void
  /** What is to be deleted from now on is not. */
  refuse(status: number): void
  reset(): void
  stop(): Promise<void>
}

/** GitHub's packages of one registry: a version for each digest that the registry has a tag for, and those that were named. */
async function startPackages(registry: string): Promise<GitHubPackages> {
  const ids = new Map<string, Map<string, number>>()
  const deleted: number[] = []
  let next = 1
  let hidden = false
  let refusal: number | null = null
  const idsOf = (path: string) => {
    const known = ids.get(path) ?? new Map<string, number>()
    ids.set(path, known)
    return known
  }
  async function versionsOf(path: string): Promise<unknown[]> {
    const repository = { host: registry, path, headers: { authorization: BASIC } }
    const known = idsOf(path)
    const tags = new Map<string, string[]>()
    for (const tag of await tagsOf(repository)) {
      const digest = await digestNamed(repository, tag)
      if (digest === null) continue
      if (!known.has(digest) && !hidden) known.set(digest, next++)
      tags.set(digest, [...(tags.get(digest) ?? []), tag])
    }
    return [...known].map(([name, id]) => ({
      id,
      name,
      created_at: '2026-05-01T10:00:00Z',
      metadata: { container: { tags: tags.get(name) ?? [] } },
    }))
  }
  async function remove(path: string, id: number): Promise<number> {
    const [digest] = [...idsOf(path)].find(([, one]) => one === id) ?? []
    if (digest === undefined) return 404
    if (refusal !== null) return refusal
    const url = `http://${registry}/v2/${path}/manifests/${digest}`
    await fetch(url, { method: 'DELETE', headers: { authorization: BASIC } })
    idsOf(path).delete(digest)
    deleted.push(id)
    return 204
  }
  const server: HttpServer = await startHttpServer(async ({ method, path }, response) => {
    const send = (status: number, body?: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body))
    const url = new URL(path, 'http://github')
    const [, owner = '', name = '', id] =
      /^\/api\/v3\/users\/([^/]+)\/packages\/container\/([^/]+)\/versions(?:\/(\d+))?$/.exec(url.pathname) ?? []
    if (url.pathname === '/api/v3/user') return void send(403, { message: 'Resource not accessible by integration' })
    if (owner === '') return void send(200, { type: 'User' })
    const package_ = `${owner}/${decodeURIComponent(name)}`
    if (method === 'DELETE') {
      const status = await remove(package_, Number(id))
      return void send(status, status === 204 ? undefined : { message: 'No.' })
    }
    const versions = (await versionsOf(package_)) as { id: number }[]
    if (id === undefined) return void send(200, versions)
    const one = versions.find((version) => version.id === Number(id))
    send(one === undefined ? 404 : 200, one ?? { message: 'Not Found' })
  })
  return {
    host: server.host,
    asked: () => server.asked.map(({ method, path }) => `${method} ${path}`),
    deleted,
    keep: (path, digests) => {
      for (const digest of digests) idsOf(path).set(digest, next++)
    },
    hide: () => {
      hidden = true
    },
    refuse: (status) => {
      refusal = status
    },
    reset: () => {
      hidden = false
      refusal = null
      deleted.length = 0
      server.asked.length = 0
    },
    stop: () => server.stop(),
  }
}
