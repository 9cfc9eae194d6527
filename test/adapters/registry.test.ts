/** The registry client against a real registry: Debian's, open, with passwords and with tokens. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Credential, CredentialSource } from '../../src/adapters/registry/credentials.ts'
import { ANONYMOUS } from '../../src/adapters/registry/credentials.ts'
import { makeRegistry, type RegistryOptions } from '../../src/adapters/registry/registry.ts'
import { RegistryError, UsageError } from '../../src/domain/errors.ts'
import type { ImageReference } from '../../src/domain/image-reference.ts'
import { AMD64, digestOf, pushAttestation, pushImage, pushIndex } from '../support/image.ts'
import { REGISTRY_USER, registryMissing, startRegistry, type TestRegistry } from '../support/registry.ts'
import {
  PORTER,
  REFRESH_TOKEN,
  startTokenService,
  type TokenService,
  tokenServiceMissing,
} from '../support/token-service.ts'

if (registryMissing !== null) console.warn(`The tests against a real registry are left out: ${registryMissing}.`)

const password = (user: { username: string; password: string }): Credential => ({
  kind: 'password',
  ...user,
  source: 'the test',
})
const always = (credential: Credential): CredentialSource => ({ credentialFor: async () => credential })
const open = (options: Partial<RegistryOptions> = {}) => makeRegistry({ credentials: ANONYMOUS, ...options })

function named(host: string, path: string, rest: { tag?: string; digest?: string } = {}) {
  return { registry: host, path, tag: rest.tag ?? null, digest: rest.digest ?? null }
}
const byDigest = (host: string, path: string, digest: string): ImageReference & { digest: string } => ({
  ...named(host, path),
  digest,
})

async function listed(tags: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const tag of tags) all.push(tag)
  return all.sort()
}

describe.skipIf(registryMissing !== null)('an open registry', () => {
  let host: string
  let stop: () => Promise<void>
  beforeAll(async () => {
    const server = await startRegistry()
    ;({ host, stop } = server)
  })
  afterAll(() => stop())

  test('an image is found by tag, by digest and by latest, and nothing else is', async () => {
    const image = await pushImage({ host, path: 'acme/app' }, { tag: 'latest' })
    const registry = open()
    expect(await registry.digestOf(named(host, 'acme/app', { tag: 'latest' }))).toBe(image.digest)
    expect(await registry.digestOf(named(host, 'acme/app', { digest: image.digest }))).toBe(image.digest)
    expect(await registry.digestOf(named(host, 'acme/app'))).toBe(image.digest)
    expect(await registry.digestOf(named(host, 'acme/app', { tag: 'other' }))).toBeNull()
    expect(await registry.digestOf(named(host, 'acme/app', { digest: digestOf('nothing') }))).toBeNull()
    expect(await registry.digestOf(named(host, 'acme/none', { tag: 'latest' }))).toBeNull()
    expect(await registry.manifest(named(host, 'acme/none', { tag: 'latest' }))).toBeNull()
  })

  test.each([
    ['oci', 'application/vnd.oci.image.manifest.v1+json'],
    ['docker', 'application/vnd.docker.distribution.manifest.v2+json'],
  ])('a manifest of kind %s is read to the byte', async (kind, mediaType) => {
    const image = await pushImage({ host, path: 'kinds/image' }, { tag: kind, docker: kind === 'docker' })
    const manifest = await open().manifest(named(host, 'kinds/image', { tag: kind }))
    expect(manifest).toMatchObject({ digest: image.digest, mediaType, children: [], subject: null })
    expect(Buffer.from(manifest?.bytes ?? [])).toEqual(Buffer.from(image.bytes))
  })

  test.each(['oci', 'docker'])('an index of kind %s has its platforms as children', async (kind) => {
    const docker = kind === 'docker'
    const target = { host, path: 'kinds/index' }
    const arm = { os: 'linux', architecture: 'arm', variant: 'v7' }
    const children = [
      await pushImage(target, { docker, platform: AMD64 }),
      await pushImage(target, { docker, platform: arm }),
    ]
    const index = await pushIndex(target, children, { tag: kind, docker })
    const manifest = await open().manifest(named(host, 'kinds/index', { tag: kind }))
    expect(manifest).toMatchObject({ digest: index.digest, mediaType: index.mediaType })
    expect(manifest?.children).toEqual([
      { digest: children[0]?.digest, platform: 'linux/amd64' },
      { digest: children[1]?.digest, platform: 'linux/arm/v7' },
    ])
  })

  test('an attestation names its subject, and in an index it has no platform', async () => {
    const target = { host, path: 'acme/attested' }
    const image = await pushImage(target)
    const attestation = await pushAttestation(target, image)
    await pushIndex(target, [image, attestation], { tag: 'both', subject: image })
    const registry = open()
    const found = await registry.manifest(byDigest(host, 'acme/attested', attestation.digest))
    expect(found?.subject).toBe(image.digest)
    const index = await registry.manifest(named(host, 'acme/attested', { tag: 'both' }))
    expect(index?.subject).toBe(image.digest)
    expect(index?.children).toEqual([
      { digest: image.digest, platform: 'linux/amd64' },
      { digest: attestation.digest, platform: null },
    ])
  })

  test('a tag is given byte for byte, to an index too, and moved', async () => {
    const target = { host, path: 'acme/retag' }
    const [first, second] = [await pushImage(target, { tag: 'first' }), await pushImage(target)]
    const index = await pushIndex(target, [first, second], { tag: 'index' })
    const registry = open()
    await registry.retag(named(host, 'acme/retag', { tag: 'first' }), 'stable')
    await registry.retag(named(host, 'acme/retag', { digest: index.digest }), 'all')
    const digest = async (tag: string) => registry.digestOf(named(host, 'acme/retag', { tag }))
    expect([await digest('stable'), await digest('all')]).toEqual([first.digest, index.digest])
    const copy = await registry.manifest(named(host, 'acme/retag', { tag: 'all' }))
    expect(copy?.mediaType).toBe(index.mediaType)
    expect(Buffer.from(copy?.bytes ?? [])).toEqual(Buffer.from(index.bytes))
    await registry.retag(byDigest(host, 'acme/retag', second.digest), 'stable')
    expect(await digest('stable')).toBe(second.digest)
    expect(await listed(registry.tags(named(host, 'acme/retag')))).toEqual(['all', 'first', 'index', 'stable'])
  })

  test('what does not exist cannot be tagged, and what is no tag cannot be one', async () => {
    const registry = open()
    const missing = registry.retag(named(host, 'acme/retag', { tag: 'never' }), 'x')
    await expect(missing).rejects.toThrow(`${host}/acme/retag:never cannot be tagged x: it does not exist.`)
    await expect(missing).rejects.toBeInstanceOf(RegistryError)
    const wrong = registry.retag(named(host, 'acme/retag', { tag: 'first' }), '../../etc')
    await expect(wrong).rejects.toThrow('"../../etc" cannot be a tag.')
    await expect(wrong).rejects.toBeInstanceOf(UsageError)
  })

  test('all of 250 tags are listed, and none of a repository that is not there', async () => {
    const target = { host, path: 'acme/many' }
    await pushImage(target, { tag: 'first' })
    const registry = open({ pageSize: 100 })
    const tags = Array.from({ length: 249 }, (_, index) => `v${String(index).padStart(3, '0')}`)
    for (const tag of tags) await registry.retag(named(host, 'acme/many', { tag: 'first' }), tag)
    expect(await listed(registry.tags(named(host, 'acme/many')))).toEqual(['first', ...tags])
    expect(await listed(registry.tags(named(host, 'acme/nothing')))).toEqual([])
  })

  test('what is deleted is gone with its tags, once, and its siblings stay', async () => {
    const target = { host, path: 'acme/delete' }
    const [old, kept] = [await pushImage(target, { tag: 'old' }), await pushImage(target, { tag: 'kept' })]
    const registry = open()
    const reference = byDigest(host, 'acme/delete', old.digest)
    expect(await registry.deleteManifest(reference)).toBe(true)
    expect(await registry.manifest(reference)).toBeNull()
    expect(await registry.digestOf(named(host, 'acme/delete', { tag: 'old' }))).toBeNull()
    expect(await registry.digestOf(named(host, 'acme/delete', { tag: 'kept' }))).toBe(kept.digest)
    expect(await registry.deleteManifest(reference)).toBe(false)
    expect(await registry.deleteManifest(byDigest(host, 'acme/nothing', old.digest))).toBe(false)
  })

  test.each([
    ['../secret', 'which is no name of a repository'],
    ['Acme/App', 'has upper-case letters'],
    ['acme/app?x=', 'which is no name of a repository'],
  ])('the path %s never becomes an address', async (path, reason) => {
    await expect(open().digestOf(named(host, path, { tag: 'x' }))).rejects.toThrow(reason)
  })
})

test.skipIf(registryMissing !== null)('a registry that does not delete says how to let it', async () => {
  const { host, stop } = await startRegistry({ deletion: false })
  try {
    const image = await pushImage({ host, path: 'acme/app' }, { tag: 'x' })
    const refusal = open().deleteManifest(byDigest(host, 'acme/app', image.digest))
    await expect(refusal).rejects.toThrow(
      `${host} does not delete images by this API (405). Switch deletion on in the registry`,
    )
    expect(await open().digestOf(named(host, 'acme/app', { tag: 'x' }))).toBe(image.digest)
  } finally {
    await stop()
  }
})

describe.skipIf(registryMissing !== null)('a registry with passwords', () => {
  let server: TestRegistry
  const headers = { authorization: `Basic ${btoa(`${REGISTRY_USER.username}:${REGISTRY_USER.password}`)}` }
  beforeAll(async () => {
    server = await startRegistry({ auth: { kind: 'password' } })
  })
  afterAll(() => server.stop())

  test('whoever is logged in reads, tags, lists and deletes', async () => {
    const { host } = server
    const image = await pushImage({ host, path: 'acme/app', headers }, { tag: 'one' })
    const registry = open({ credentials: always(password(REGISTRY_USER)) })
    const one = named(host, 'acme/app', { tag: 'one' })
    expect(await registry.digestOf(one)).toBe(image.digest)
    await registry.retag(one, 'two')
    expect(await listed(registry.tags(one))).toEqual(['one', 'two'])
    expect(await registry.deleteManifest(byDigest(host, 'acme/app', image.digest))).toBe(true)
  })

  test.each([
    ['nobody', ANONYMOUS, 'without a log-in (401'],
    [
      'a wrong password',
      always(password({ username: 'porter', password: 'wrong horse' })),
      'to the user of the test (401',
    ],
  ])('%s is refused, with what to do and without the password', async (_name, credentials, whom) => {
    const { host } = server
    const refusal = open({ credentials }).digestOf(named(host, 'acme/app', { tag: 'one' }))
    await expect(refusal).rejects.toThrow(`${host} refuses reading ${host}/acme/app ${whom}`)
    await expect(refusal).rejects.toThrow(`docker login ${host}`)
    await expect(refusal).rejects.toMatchObject({ name: 'RegistryError', status: 401 })
    await expect(refusal).rejects.not.toThrow(/wrong horse/)
  })
})

const tokensMissing = registryMissing ?? tokenServiceMissing
if (tokensMissing !== null) console.warn(`The tests against a registry with tokens are left out: ${tokensMissing}.`)

describe.skipIf(tokensMissing !== null)('a registry with tokens', () => {
  let server: TestRegistry
  let service: TokenService
  beforeAll(async () => {
    service = await startTokenService()
    server = await startRegistry({ auth: service.auth })
  })
  afterAll(async () => {
    await server.stop()
    await service.stop()
  })

  /** Pushes as any client would: with a token for that. */
  async function pushed(path: string) {
    const url = new URL(service.auth.realm)
    url.searchParams.set('service', service.auth.service)
    url.searchParams.set('scope', `repository:${path}:pull,push`)
    const authorization = `Basic ${btoa(`${PORTER.username}:${PORTER.password}`)}`
    const { token } = (await (await fetch(url, { headers: { authorization } })).json()) as { token: string }
    const image = await pushImage(
      { host: server.host, path, headers: { authorization: `Bearer ${token}` } },
      { tag: 'one' },
    )
    service.requests.length = 0
    return image
  }

  test('one token for each repository and action, kept for the next requests', async () => {
    const image = await pushed('acme/app')
    const one = named(server.host, 'acme/app', { tag: 'one' })
    const registry = open({ credentials: always(password(PORTER)) })
    for (let count = 0; count < 3; count++) expect(await registry.digestOf(one)).toBe(image.digest)
    await registry.retag(one, 'two')
    await registry.retag(one, 'three')
    expect(await listed(registry.tags(one))).toEqual(['one', 'three', 'two'])
    expect(await registry.deleteManifest(byDigest(server.host, 'acme/app', image.digest))).toBe(true)
    expect(service.requests).toEqual(
      ['pull', 'pull,push', 'delete'].map((actions) => ({
        method: 'GET',
        username: 'porter',
        scopes: [`repository:acme/app:${actions}`],
        service: 'test registry',
      })),
    )
  })

  test('an identity token is turned into tokens', async () => {
    const image = await pushed('acme/identity')
    const registry = open({
      credentials: always({ kind: 'identity-token', token: REFRESH_TOKEN, source: 'the test' }),
    })
    expect(await registry.digestOf(named(server.host, 'acme/identity', { tag: 'one' }))).toBe(image.digest)
    expect(service.requests.map(({ method, username }) => [method, username])).toEqual([['POST', 'porter']])
  })

  test('nobody reads what is public, and no more', async () => {
    const image = await pushed('public/app')
    await pushed('private/app')
    const registry = open()
    expect(await registry.digestOf(named(server.host, 'public/app', { tag: 'one' }))).toBe(image.digest)
    expect(service.requests.map(({ username }) => username)).toEqual([''])
    const refusal = registry.digestOf(named(server.host, 'private/app', { tag: 'one' }))
    await expect(refusal).rejects.toThrow(`refuses reading ${server.host}/private/app without a log-in (401`)
    await expect(registry.retag(named(server.host, 'public/app', { tag: 'one' }), 'mine')).rejects.toThrow(
      'refuses writing',
    )
  })

  test('requests side by side ask for one token', async () => {
    await pushed('acme/side')
    const registry = open({ credentials: always(password(PORTER)) })
    const one = named(server.host, 'acme/side', { tag: 'one' })
    await Promise.all(Array.from({ length: 20 }, () => registry.digestOf(one)))
    expect(service.requests).toHaveLength(1)
  })

  test('a token that ended is replaced', async () => {
    const image = await pushed('acme/late')
    let now = Date.now()
    const registry = open({ credentials: always(password(PORTER)), now: () => now })
    const one = named(server.host, 'acme/late', { tag: 'one' })
    await registry.digestOf(one)
    now += 269_000
    await registry.digestOf(one)
    expect(service.requests).toHaveLength(1)
    now += 2_000
    expect(await registry.digestOf(one)).toBe(image.digest)
    expect(service.requests).toHaveLength(2)
  })

  test('a password that the token service refuses', async () => {
    const credentials = always(password({ username: 'porter', password: 'wrong horse' }))
    const refusal = open({ credentials }).digestOf(named(server.host, 'acme/app', { tag: 'one' }))
    await expect(refusal).rejects.toThrow(`refuses reading ${server.host}/acme/app to the user of the test (401`)
    await expect(refusal).rejects.not.toThrow(/wrong horse/)
  })
})
