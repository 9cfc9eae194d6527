/** The clean-up's view of a repository, on a real registry: Debian's. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ANONYMOUS } from '../../src/adapters/registry/credentials.ts'
import { makeOciImageRepository } from '../../src/adapters/registry/image-repository.ts'
import { makeRegistry, type RegistryClient } from '../../src/adapters/registry/registry.ts'
import { TransientError } from '../../src/domain/errors.ts'
import type { ImageVersion } from '../../src/domain/image-retention.ts'
import type { ImageRepository, ManifestMemory } from '../../src/ports/sweeps.ts'
import { startHttpServer } from '../support/http-server.ts'
import { digestOf, type Pushed, pushAttestation, pushImage, pushManifest } from '../support/image.ts'
import { rememberManifests } from '../support/images-project.ts'
import {
  digestNamed,
  pullWhole,
  pushBuildCache,
  pushEntries,
  pushMultiArch,
  pushPlatform,
  pushReferrer,
  pushSignature,
  tagAs,
  tagsOf,
} from '../support/oci-images.ts'
import { registryMissing, startRegistry, type TestRegistry } from '../support/registry.ts'

if (registryMissing !== null) console.warn(`The tests of image repositories are left out: ${registryMissing}.`)

type Version = Omit<ImageVersion, 'manifest'>

const NOW = Date.parse('2026-06-01T00:00:00Z')
const MAY = '2026-05-01T10:00:00Z'
const APRIL = '2026-04-01T10:00:00Z'
const CREATED = 'org.opencontainers.image.created'
const impatient = { attempts: 2, delayMs: 1, longestWaitMs: 0 }

let server: TestRegistry

function open(host: string, path: string, wrap: (registry: RegistryClient) => RegistryClient = (same) => same) {
  let now = NOW
  const registry = wrap(makeRegistry({ credentials: ANONYMOUS, patience: impatient }))
  const repository = { registry: host, path }
  return {
    images: makeOciImageRepository({ registry, repository, now: () => now }),
    pass: (ms: number) => {
      now += ms
    },
  }
}
const target = (path: string) => ({ host: server.host, path })
const at = (path: string, wrap?: (registry: RegistryClient) => RegistryClient) => open(server.host, path, wrap)

async function listed(images: ImageRepository): Promise<ReadonlyMap<string, Version>> {
  const all: Version[] = []
  for await (const page of images.listVersions()) all.push(...page)
  expect(new Set(all.map(({ digest }) => digest)).size).toBe(all.length)
  return new Map(all.map((version) => [version.digest, version]))
}

describe.skipIf(registryMissing !== null)('a repository of a registry', () => {
  beforeAll(async () => {
    server = await startRegistry()
  })
  afterAll(() => server.stop())

  test('has a version for every digest that tags name, with what is in it', async () => {
    const repository = target('acme/gallery')
    const app = await pushMultiArch(repository, { tag: 'v1', created: MAY })
    await tagAs(repository, app.index, 'latest')
    const nested = await pushEntries(repository, [app.index, await pushPlatform(repository)], { tag: 'nested' })
    const cache = await pushBuildCache(repository, 'buildcache')
    const { referrer, list } = await pushReferrer(repository, app.index)
    const signature = await pushSignature(repository, app.index)
    const { images } = at('acme/gallery')
    expect(images).toMatchObject({
      name: `${server.host}/acme/gallery`,
      listsUntagged: false,
      tellsPushTime: false,
      canDelete: true,
    })

    const versions = await listed(images)
    const tags = Object.fromEntries([...versions].map(([digest, version]) => [digest, version.tags]))
    const fallback = app.index.digest.replace(':', '-')
    expect(tags).toEqual({
      [app.index.digest]: ['latest', 'v1'],
      [nested.digest]: ['nested'],
      [cache.digest]: ['buildcache'],
      [list.digest]: [fallback],
      [signature.digest]: [`${fallback}.sig`],
    })
    for (const version of versions.values()) expect(version.id).toBe(version.digest)

    const children = async (digest: string) => (await images.readManifest(digest))?.children
    const parts = [...app.platforms, ...app.attestations].map((part) => part.digest)
    expect(await children(app.index.digest)).toEqual(parts)
    expect((await children(nested.digest))?.[0]).toBe(app.index.digest)
    expect(await images.readManifest(cache.digest)).toEqual({ mediaType: cache.mediaType, children: [], subject: null })
    expect(await children(list.digest)).toEqual([referrer.digest])
    expect((await images.readManifest(referrer.digest))?.subject).toBe(app.index.digest)
    expect(await images.readManifest(digestOf('nothing'))).toBeNull()
  })

  test('what was read before is not read again, and nothing is read that was listed', async () => {
    const repository = target('acme/remembered')
    const names = await Promise.all(
      Array.from({ length: 8 }, (_, index) => pushPlatform(repository, { tag: `t${index}`, created: MAY })),
    )
    await pushPlatform(repository, { tag: 'undated' })
    await pushMultiArch(repository, { tag: 'multi', created: APRIL })
    const memory = rememberManifests()
    const look = async (more?: ManifestMemory) => {
      const asked: string[] = []
      const count = (registry: RegistryClient): RegistryClient => ({
        ...registry,
        manifest: (reference) => {
          asked.push(reference.digest ?? '')
          return registry.manifest(reference)
        },
        blob: (name, digest, limit) => {
          asked.push(digest)
          return registry.blob(name, digest, limit)
        },
      })
      const { images } = at('acme/remembered', count)
      const all: Version[] = []
      for await (const page of images.listVersions(more)) all.push(...page)
      const manifests = await Promise.all(all.map(({ digest }) => images.readManifest(digest)))
      return { asked, all, manifests }
    }
    const first = await look(memory)
    expect(first.asked.length).toBeGreaterThan(20)
    expect(first.all).toHaveLength(10)
    expect(await look(memory)).toEqual({ ...first, asked: [] })
    expect(await look()).toEqual({ ...first, asked: expect.arrayContaining(first.asked) })
    const [one] = names
    if (one === undefined) throw new Error('nothing was pushed')
    expect((await memory.load([one.digest])).get(one.digest)).toMatchObject({ created: new Date(MAY) })
  })

  test('of a repository that is not there has none', async () => {
    expect(await listed(at('acme/nothing').images)).toEqual(new Map())
  })

  test('comes in pages, however many there are', async () => {
    const repository = target('acme/many')
    const first = await pushPlatform(repository)
    const each = Array.from({ length: 130 }, (_, index) =>
      pushManifest(
        repository,
        { ...(JSON.parse(String(first.bytes)) as object), annotations: { index: String(index) } },
        first.mediaType,
        `t${index}`,
        null,
      ),
    )
    const pushed = await Promise.all(each)
    const sizes: number[] = []
    const digests: string[] = []
    for await (const page of at('acme/many').images.listVersions()) {
      sizes.push(page.length)
      digests.push(...page.map(({ digest }) => digest))
    }
    expect(sizes).toEqual([100, 30])
    expect(digests.sort()).toEqual(pushed.map(({ digest }) => digest).sort())
  })

  describe('the time at which a version was made', () => {
    const CASES: [string, (path: string) => Promise<{ digest: string }>, string | null][] = [
      ['is in its configuration', (path) => pushPlatform(target(path), { tag: 'x', created: MAY }), MAY],
      [
        'or, where that has none, in its annotation',
        (path) => pushPlatform(target(path), { tag: 'x', annotations: { [CREATED]: APRIL } }),
        APRIL,
      ],
      [
        'of an index in its own annotation',
        async (path) =>
          (await pushMultiArch(target(path), { tag: 'x', created: MAY, annotations: { [CREATED]: APRIL } })).index,
        APRIL,
      ],
      [
        'or in its children',
        async (path) => (await pushMultiArch(target(path), { tag: 'x', created: MAY })).index,
        MAY,
      ],
      [
        'of which the newest counts, also in nested indexes',
        async (path) => {
          const older = await pushPlatform(target(path), { created: APRIL })
          const newer = await pushMultiArch(target(path), { created: MAY })
          return pushEntries(target(path), [older, newer.index], { tag: 'x' })
        },
        MAY,
      ],
      ['is now where nothing is said', (path) => pushPlatform(target(path), { tag: 'x' }), null],
      ['of a build cache', (path) => pushBuildCache(target(path), 'x'), null],
      [
        'or what is said is made up by a builder that repeats itself',
        (path) => pushPlatform(target(path), { tag: 'x', created: '1970-01-01T00:00:00Z' }),
        null,
      ],
      [
        'or has not come yet',
        (path) => pushPlatform(target(path), { tag: 'x', created: '2031-01-01T00:00:00Z' }),
        null,
      ],
      ['or is no time', (path) => pushPlatform(target(path), { tag: 'x', created: 'yesterday' }), null],
    ]
    test.each(CASES)('%s', async (what, push, expected) => {
      const path = `times/${what.replaceAll(/[^a-z]+/g, '-').replaceAll(/^-|-$/g, '')}`
      const { digest } = await push(path)
      const version = (await listed(at(path).images)).get(digest)
      expect(version?.createdAt).toEqual(new Date(expected ?? NOW))
    })
  })

  test('its size is that of the blobs that it names itself', async () => {
    const repository = target('acme/sizes')
    const app = await pushMultiArch(repository, { tag: 'multi' })
    const one = await pushPlatform(repository, { tag: 'one' })
    const cache = await pushBuildCache(repository, 'buildcache')
    const { config, layers } = JSON.parse(String(one.bytes)) as { config: { size: number }; layers: { size: number }[] }
    const { manifests } = JSON.parse(String(cache.bytes)) as { manifests: { size: number }[] }
    const versions = await listed(at('acme/sizes').images)
    const size = (digest: string) => versions.get(digest)?.size
    const total = (all: { size: number }[]) => all.reduce((sum, part) => sum + part.size, 0)
    expect(size(one.digest)).toBe(total([config, ...layers]))
    expect(size(cache.digest)).toBe(total(manifests))
    expect(size(app.index.digest)).toBe(0)
  })

  describe('looked at once more', () => {
    test('a version is as it is now: tags that left it are gone, and so is what was deleted', async () => {
      const repository = target('again/tags')
      const [one, two] = [await pushPlatform(repository, { tag: 'a' }), await pushPlatform(repository, { tag: 'b' })]
      await tagAs(repository, one, 'c')
      const { images, pass } = at('again/tags')
      await listed(images)
      await tagAs(repository, two, 'c')
      expect((await images.findVersion(one.digest))?.tags).toEqual(['a'])
      // A tag that came is seen within a minute.
      pass(61_000)
      expect((await images.findVersion(two.digest))?.tags).toEqual(['b', 'c'])
      expect((await images.deleteVersion({ id: two.digest, digest: two.digest })).kind).toBe('deleted')
      expect(await images.findVersion(two.digest)).toBeNull()
      expect(await images.readManifest(two.digest)).toBeNull()
      expect(await images.findVersion('sha256:short')).toBeNull()
    })

    test('a version without a tag is there, too', async () => {
      const image = await pushPlatform(target('again/untagged'), { created: MAY })
      const version = await at('again/untagged').images.findVersion(image.digest)
      expect(version).toMatchObject({ digest: image.digest, tags: [], createdAt: new Date(MAY) })
    })
  })

  describe('deleting', () => {
    test('a version takes its tags along, and the second time it is gone', async () => {
      const repository = target('delete/one')
      const image = await pushPlatform(repository, { tag: 'a' })
      await tagAs(repository, image, 'b')
      await pushPlatform(repository, { tag: 'stays' })
      const { images } = at('delete/one')
      const version = { id: image.digest, digest: image.digest }
      expect(await images.deleteVersion(version)).toEqual({ kind: 'deleted' })
      expect(await images.deleteVersion(version)).toEqual({ kind: 'gone' })
      expect(await tagsOf(repository)).toEqual(['stays'])
      expect(await images.restoreVersion(image.digest)).toEqual({ kind: 'unsupported' })
    })

    test('what no kept tag needs is freed by the registry, and all the rest can be pulled', async () => {
      const repository = target('delete/sweep')
      const old = await pushMultiArch(repository, { tag: 'old', created: APRIL })
      const kept = await pushMultiArch(repository, { tag: 'kept', created: MAY })
      // Shares a platform with what goes.
      const shares = await pushEntries(repository, [...kept.platforms, ...old.platforms.slice(0, 1)], { tag: 'shares' })
      const cache = await pushBuildCache(repository, 'buildcache')
      const { images } = at('delete/sweep')
      const needed = new Set([...(await pullWhole(repository, 'kept')), ...(await pullWhole(repository, 'shares'))])
      const going = [...(await pullWhole(repository, 'old')), ...(await pullWhole(repository, 'buildcache'))].filter(
        (digest) => !needed.has(digest),
      )
      const parts = [old.index, ...old.platforms.slice(1), ...old.attestations, cache]
      for (const { digest } of parts)
        expect(await images.deleteVersion({ id: digest, digest })).toEqual({ kind: 'deleted' })
      expect(await tagsOf(repository)).toEqual(['kept', 'shares'])
      await server.collectGarbage()
      const stored = await server.storedBlobs()
      expect(going.filter((digest) => stored.has(digest))).toEqual([])
      expect([...needed].filter((digest) => !stored.has(digest))).toEqual([])
      expect(await pullWhole(repository, 'shares')).toContain(old.platforms[0]?.digest)
      expect(await pullWhole(repository, shares.digest)).toEqual(await pullWhole(repository, 'shares'))
      await pullWhole(repository, 'kept')
    })
  })

  describe('taking away one of the tags of a digest', () => {
    const KINDS: [string, (path: string) => Promise<Pushed>][] = [
      ['an image', (path) => pushPlatform(target(path), { tag: 'a', annotations: { kept: 'yes' } })],
      ["an image of Docker's kind", (path) => pushImage(target(path), { tag: 'a', docker: true })],
      ['an index', async (path) => (await pushMultiArch(target(path), { tag: 'a' })).index],
      [
        'a nested index',
        async (path) => {
          const inner = await pushMultiArch(target(path))
          return pushEntries(target(path), [inner.index], { tag: 'a' })
        },
      ],
      ['a build cache', (path) => pushBuildCache(target(path), 'a')],
      [
        'an attestation',
        async (path) => pushAttestation(target(path), await pushPlatform(target(path), { tag: 'about' }), 'a'),
      ],
    ]
    test.each(KINDS)('%s stays whole under the others', async (what, push) => {
      const path = `untag/${what.replaceAll(/[^a-z]+/gi, '-').toLowerCase()}`
      const repository = target(path)
      const image = await push(path)
      const { digest } = image
      for (const tag of ['b', 'c']) await tagAs(repository, image, tag)
      const before = await pullWhole(repository, 'a')
      const { images } = at(path)
      await listed(images)
      expect(await images.removeTag(digest, 'b')).toEqual({ kind: 'deleted' })
      expect(await digestNamed(repository, 'b')).toBeNull()
      expect(await images.findVersion(digest)).toMatchObject({ digest, tags: ['a', 'c'] })
      await server.collectGarbage()
      for (const tag of ['a', 'c']) {
        expect(await digestNamed(repository, tag)).toBe(digest)
        expect(await pullWhole(repository, tag)).toEqual(before)
      }
      expect(await images.removeTag(digest, 'b')).toEqual({ kind: 'gone' })
    })

    test('the last tag goes, and what it named stays for those that name it by digest', async () => {
      const repository = target('untag/last')
      const app = await pushMultiArch(repository, { tag: 'parent' })
      const child = app.platforms[0]
      if (child === undefined) throw new Error('an index without platforms')
      await tagAs(repository, child, 'amd64')
      const { images } = at('untag/last')
      expect(await images.removeTag(child.digest, 'amd64')).toEqual({ kind: 'deleted' })
      expect(await tagsOf(repository)).toEqual(['parent'])
      expect(await pullWhole(repository, 'parent')).toContain(child.digest)
    })

    test('a tag that names something else by now is left alone', async () => {
      const repository = target('untag/moved')
      const [one, two] = [await pushPlatform(repository, { tag: 'a' }), await pushPlatform(repository, { tag: 'b' })]
      const { images } = at('untag/moved')
      const result = await images.removeTag(one.digest, 'b')
      expect(result).toEqual({ kind: 'refused', message: `b names ${two.digest} by now, and not ${one.digest}.` })
      expect(await images.removeTag(digestOf('nothing'), 'b')).toEqual({ kind: 'gone' })
      expect(await digestNamed(repository, 'b')).toBe(two.digest)
    })

    test('a tag that somebody moves in the middle stays with what they pushed', async () => {
      const repository = target('untag/raced')
      const [one, two] = [await pushPlatform(repository, { tag: 'a' }), await pushPlatform(repository, { tag: 'x' })]
      await tagAs(repository, one, 'b')
      const { images } = at('untag/raced', (registry) => ({
        ...registry,
        async putManifest(...given) {
          await registry.putManifest(...given)
          await tagAs(repository, two, 'b')
        },
      }))
      expect(await images.removeTag(one.digest, 'b')).toMatchObject({ kind: 'refused' })
      expect(await digestNamed(repository, 'b')).toBe(two.digest)
      expect(await digestNamed(repository, 'a')).toBe(one.digest)
    })

    test('an index that lacks a child cannot be pushed again, and stays as it is', async () => {
      const repository = target('untag/ghost')
      const app = await pushMultiArch(repository, { tag: 'a' })
      await tagAs(repository, app.index, 'b')
      const { images } = at('untag/ghost')
      const child = app.platforms[0]?.digest ?? ''
      await images.deleteVersion({ id: child, digest: child })
      expect(await images.removeTag(app.index.digest, 'b')).toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('MANIFEST_BLOB_UNKNOWN'),
      })
      expect(await tagsOf(repository)).toEqual(['a', 'b'])
    })

    test.each([
      ['asks for a pause', { retryAfterMs: 60_000 }, { kind: 'deferred', retryAfterMs: 60_000 }],
      ['does not answer', {}, { kind: 'unknown' }],
    ])('a registry that %s in the middle has the tag where it was', async (what, pause, expected) => {
      const repository = target(`untag/${what.replaceAll(' ', '-')}`)
      const image = await pushPlatform(repository, { tag: 'a' })
      await tagAs(repository, image, 'b')
      const { images } = at(repository.path, (registry) => ({
        ...registry,
        deleteManifest: () => Promise.reject(new TransientError('The registry has an error of its own.', pause)),
      }))
      expect(await images.removeTag(image.digest, 'b')).toMatchObject(expected)
      for (const tag of ['a', 'b']) expect(await digestNamed(repository, tag)).toBe(image.digest)
    })

    test('a deletion whose answer was lost is one', async () => {
      const repository = target('untag/lost-answer')
      const image = await pushPlatform(repository, { tag: 'a' })
      await tagAs(repository, image, 'b')
      const { images } = at(repository.path, (registry) => ({
        ...registry,
        async deleteManifest(reference) {
          await registry.deleteManifest(reference)
          return registry.deleteManifest(reference)
        },
      }))
      expect(await images.removeTag(image.digest, 'b')).toEqual({ kind: 'deleted' })
      expect(await tagsOf(repository)).toEqual(['a'])
    })

    test('where nothing can be put back, that is told', async () => {
      const repository = target('untag/stuck')
      const image = await pushPlatform(repository, { tag: 'a' })
      await tagAs(repository, image, 'b')
      let puts = 0
      const { images } = at(repository.path, (registry) => ({
        ...registry,
        deleteManifest: () => Promise.reject(new TransientError('No answer.')),
        putManifest: (...given) =>
          ++puts === 1 ? registry.putManifest(...given) : Promise.reject(new TransientError('No answer.')),
      }))
      expect(await images.removeTag(image.digest, 'b')).toEqual({
        kind: 'unknown',
        message: expect.stringContaining(`/untag/stuck:b names a copy of ${image.digest} by now`),
      })
      expect(await digestNamed(repository, 'a')).toBe(image.digest)
      // The next sweep sees a version of its own, which needs nothing that the other does not have.
      expect([...(await listed(images)).values()].map(({ tags }) => tags)).toEqual([['a'], ['b']])
    })
  })
})

describe.skipIf(registryMissing !== null)('a registry that deletes nothing', () => {
  let readOnly: TestRegistry
  beforeAll(async () => {
    readOnly = await startRegistry({ deletion: false })
  })
  afterAll(() => readOnly.stop())

  test('refuses with what to do, and keeps each tag where it was', async () => {
    const repository = { host: readOnly.host, path: 'acme/app' }
    const image = await pushPlatform(repository, { tag: 'a' })
    await tagAs(repository, image, 'b')
    const { images } = open(readOnly.host, 'acme/app')
    const refused = { kind: 'refused', message: expect.stringContaining('Switch deletion on in the registry') }
    const before = await readOnly.storedManifests('acme/app')
    expect(await images.deleteVersion({ id: image.digest, digest: image.digest })).toEqual(refused)
    expect(await images.removeTag(image.digest, 'b')).toEqual(refused)
    expect(await readOnly.storedManifests('acme/app')).toEqual(before)
    for (const tag of ['a', 'b']) expect(await digestNamed(repository, tag)).toBe(image.digest)
  })
})

describe('a registry that is played', () => {
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' })
  const digest = digestOf(manifest)

  test.each([
    [503, { 'retry-after': '120' }, { kind: 'deferred', retryAfterMs: 120_000 }],
    [500, {}, { kind: 'unknown' }],
    [409, {}, { kind: 'refused' }],
    [403, {}, { kind: 'refused' }],
  ])('a deletion that is answered with %i', async (status, headers: Record<string, string>, expected) => {
    const played = await startHttpServer((_asked, response) => response.writeHead(status, headers).end())
    try {
      const result = await open(played.host, 'acme/app').images.deleteVersion({ id: digest, digest })
      expect(result).toMatchObject(expected)
    } finally {
      await played.stop()
    }
  })

  test('a tag is deleted by its name where the registry can do that', async () => {
    const tags = new Map([
      ['a', digest],
      ['b', digest],
    ])
    const played = await playRegistry(tags, manifest, (name) => tags.delete(name))
    try {
      expect(await open(played.host, 'acme/app').images.removeTag(digest, 'b')).toEqual({ kind: 'deleted' })
      expect([...tags.keys()]).toEqual(['a'])
      expect(played.asked.filter(({ method }) => method === 'PUT')).toEqual([])
    } finally {
      await played.stop()
    }
  })

  test('what goes with it against the specification is put back, and told', async () => {
    const tags = new Map([
      ['a', digest],
      ['b', digest],
    ])
    const played = await playRegistry(tags, manifest, () => tags.clear())
    try {
      const result = await open(played.host, 'acme/app').images.removeTag(digest, 'b')
      expect(result).toEqual({
        kind: 'unknown',
        message: expect.stringContaining(`deleted ${digest}, a, which was put back`),
      })
      expect(tags.get('a')).toBe(digest)
    } finally {
      await played.stop()
    }
  })

  test('a tag whose manifest cannot be read is a version that is young', async () => {
    const broken = 'this is no manifest'
    const name = digestOf(broken)
    const played = await playRegistry(new Map([['odd', name]]), broken, () => {})
    try {
      const { images } = open(played.host, 'acme/app')
      const versions = await listed(images)
      expect(versions.get(name)).toEqual({
        id: name,
        digest: name,
        tags: ['odd'],
        createdAt: new Date(NOW),
        size: null,
      })
      expect(await images.readManifest(name)).toBeNull()
      expect(await images.readManifest(`sha512:${'0'.repeat(128)}`)).toBeNull()
      expect(await images.lookUp(name)).toBe('unreadable')
      expect(await images.lookUp(digestOf('absent'))).toBeNull()
      expect(await images.lookUp(`sha512:${'0'.repeat(128)}`)).toBeNull()
    } finally {
      await played.stop()
    }
  })

  test('half of the tags is not taken for all of them', async () => {
    const played = await startHttpServer(({ path }, response) => {
      if (path.includes('last=')) return void response.writeHead(404).end()
      response.setHeader('link', '</v2/acme/app/tags/list?n=1&last=a>; rel="next"')
      response.end('{"tags":["a"]}')
    })
    try {
      await expect(listed(open(played.host, 'acme/app').images)).rejects.toThrow('refuses listing the tags')
    } finally {
      await played.stop()
    }
  })

  test('nothing is listed of a registry that wants a log-in', async () => {
    const played = await startHttpServer((_asked, response) => response.writeHead(403).end())
    try {
      const { images } = open(played.host, 'acme/app')
      await expect(listed(images)).rejects.toThrow(`refuses reading ${played.host}/acme/app without a log-in`)
      await expect(images.readManifest(digest)).rejects.toThrow('refuses reading')
    } finally {
      await played.stop()
    }
  })
})

/** One manifest under some tags; it is there by its digest as long as a tag names it. */
function playRegistry(tags: Map<string, string>, manifest: string, deleteTag: (name: string) => void) {
  return startHttpServer(({ method, path }, response) => {
    const name = path.split('/').at(-1) ?? ''
    if (path.includes('/tags/list')) return void response.end(JSON.stringify({ tags: [...tags.keys()] }))
    const named = tags.get(name) ?? ([...tags.values()].includes(name) ? name : undefined)
    if (method === 'PUT') {
      tags.set(name, digestOf(manifest))
      return void response.writeHead(201).end()
    }
    if (named === undefined) return void response.writeHead(404).end()
    if (method === 'DELETE') {
      deleteTag(name)
      return void response.writeHead(202).end()
    }
    const type = 'application/vnd.oci.image.manifest.v1+json'
    response.writeHead(200, { 'content-type': type, 'docker-content-digest': named })
    response.end(method === 'HEAD' ? undefined : manifest)
  })
}
