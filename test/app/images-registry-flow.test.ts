/** Sweeps of images by the whole app, on a real registry, Debian's, before which stands a proxy that counts. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startApp, type TestApp, useApp } from '../support/app.ts'
import { type Descriptor, pushIndex } from '../support/image.ts'
import { GOING, onlyGoing, pullStaying, STAYING, tagsStaying, UNTAGGED } from '../support/image-gallery.ts'
import { decisionsOf, makeSweptGallery, outcomesOf, sweepImagesBy } from '../support/images-app.ts'
import { digestNamed, pullWhole, pushMultiArch, pushPlatform, tagAs, tagsOf } from '../support/oci-images.ts'
import { REGISTRY_USER, registryMissing, startRegistry, type TestRegistry } from '../support/registry.ts'
import { type RegistryProxy, startRegistryProxy } from '../support/registry-proxy.ts'

if (registryMissing !== null) console.warn(`The tests of image sweeps are left out: ${registryMissing}.`)

const app = useApp()

describe.skipIf(registryMissing !== null)('on a registry that deletes', { timeout: 300_000 }, () => {
  let registry: TestRegistry
  let proxy: RegistryProxy
  beforeAll(async () => {
    registry = await startRegistry()
    proxy = await startRegistryProxy(registry.host)
  })
  beforeEach(() => proxy.treat(null))
  afterAll(async () => {
    await proxy.stop()
    await registry.stop()
  })

  test('what no rule keeps goes, all the rest can be pulled whole, and then nothing is to be done', async () => {
    const { project, gallery } = await makeSweptGallery(app, proxy.host, 'acme/app')
    expect(await gallery.manifests(registry)).toEqual([...STAYING, ...GOING].toSorted())
    const freed = await onlyGoing(gallery)
    await registry.collectGarbage()
    const stored = await registry.storedBlobs()
    proxy.forget()

    const [report, ...others] = await project.sweep()
    expect([report?.state, report?.stopped, others]).toEqual(['done', null, []])
    expect(await gallery.tags(registry)).toEqual(tagsStaying(project.pulls))
    expect(await gallery.manifests(registry)).toEqual(STAYING)
    await registry.collectGarbage()
    const stays = [...stored].filter((digest) => !freed.includes(digest))
    expect([...(await registry.storedBlobs())].toSorted()).toEqual(stays.toSorted())
    await pullStaying(gallery)

    if (!report) throw new Error('there is no report')
    const outcomes = outcomesOf(report, gallery)
    const whose = (wanted: string) => outcomes.flatMap(([name, what]) => (what === wanted ? [name] : [])).toSorted()
    expect(outcomes).toHaveLength(GOING.length + UNTAGGED.length)
    expect([whose('done: delete'), whose('done: untag')]).toEqual([GOING, UNTAGGED])
    const names = outcomes.map(([name]) => name)
    for (const [index, part] of [
      ['closed', 'closed/arm64 provenance'],
      ['nightly-nest', 'nightly-nest/inner'],
      ['nightly-nest/inner', 'nightly-nest/inner/amd64'],
      ['nightly-1', 'nightly-1 statement list'],
      ['nightly-1 statement list', 'nightly-1 statement'],
      ['nightly-1/amd64', 'nightly-1/amd64 signature'],
    ] as const)
      expect(names.indexOf(index), `${index} before ${part}`).toBeLessThan(names.indexOf(part))
    const host = `${proxy.host}/acme/app`
    expect(report.problems).toEqual([
      `${host} does not list versions without a tag: those that nothing refers to are not seen.`,
      `${host}@${gallery.digest('keep-ghost')} names ${gallery.digest('keep-ghost/arm64')}, which is not there: it cannot be pulled whole.`,
    ])

    proxy.forget()
    const [again] = await project.sweep()
    expect([again?.state, again?.outcomes, proxy.writes()]).toEqual(['done', [], []])
    expect(again?.problems).toEqual(report.problems)
    expect(again?.decisions).toHaveLength(STAYING.length)
    expect(again?.spent.requests).toBeGreaterThan(proxy.asked.length - 1)
  })

  test('a part that somebody deletes between two sweeps is missed, although it was read before', async () => {
    const project = sweepImagesBy(app)
    const target = { host: proxy.host, path: 'acme/ghosts' }
    const image = await pushMultiArch(target, { tag: 'keep-it' })
    project.configure({ repositories: [`${proxy.host}/acme/ghosts`] })
    const [first] = await project.sweep()
    expect([first?.decisions.length, first?.problems.length]).toEqual([5, 1])
    const part = image.platforms[0]?.digest ?? ''
    await deleteManifest(target, { digest: part })
    const [second] = await project.sweep()
    expect(second?.decisions).toHaveLength(4)
    expect(second?.problems[1]).toContain(`names ${part}, which is not there`)
  })

  test('until it is confirmed a sweep only says what it would do, and then does that', async () => {
    const { project, gallery } = await makeSweptGallery(app, proxy.host, 'acme/careful', { confirmed: false })
    const before = await gallery.manifests(registry)
    proxy.forget()
    const [dry] = await project.sweep()
    expect(proxy.writes()).toEqual([])
    expect([dry?.state, dry?.outcomes]).toEqual(['stopped', []])
    expect(dry?.stopped).toContain('`confirmed: true`')

    project.configure({ repositories: [`${proxy.host}/acme/careful`], max_delete_percent: 20 })
    const [guarded] = await project.sweep()
    expect(proxy.writes()).toEqual([])
    const percent = Math.ceil((GOING.length / before.length) * 100)
    expect(guarded?.stopped).toContain(
      `${GOING.length} of ${before.length} versions would be deleted (${percent} %), and \`max_delete_percent\` is 20`,
    )

    project.configure({ repositories: [`${proxy.host}/acme/careful`] })
    const [real] = await project.sweep()
    if (!dry || !guarded || !real) throw new Error('there are no reports')
    const planned = decisionsOf(dry, gallery)
    expect(Object.keys(planned).toSorted()).toEqual([...GOING, ...UNTAGGED].toSorted())
    expect(decisionsOf(guarded, gallery)).toEqual(planned)
    expect(decisionsOf(real, gallery)).toEqual(planned)
    expect(outcomesOf(real, gallery).toSorted()).toEqual(
      Object.entries(planned)
        .map(([name, what]) => [name, `done: ${what.split(':')[0]}`])
        .toSorted(),
    )
    expect(await gallery.manifests(registry)).toEqual(STAYING)
  })

  test('a registry that is away in the middle is waited for', async () => {
    const { project, gallery } = await makeSweptGallery(app, proxy.host, 'acme/away')
    let deletions = 0
    let unanswered = 0
    proxy.treat(({ method }) => {
      if (method === 'DELETE') deletions++
      if (deletions <= 20) return 'pass'
      unanswered++
      return 'cut'
    })
    await project.enqueue()
    // Four attempts at each of four things; the next is of a sweep that was taken up again.
    await expect.poll(() => unanswered, { timeout: 120_000 }).toBeGreaterThan(16)
    expect((await project.reports())[0]?.state).toBe('open')
    proxy.treat(null)
    await expect.poll(async () => (await project.reports())[0]?.state, { timeout: 120_000 }).toBe('done')
    await project.rest()
    expect(await gallery.manifests(registry)).toEqual(STAYING)
    expect(await gallery.tags(registry)).toEqual(tagsStaying(project.pulls))
    await pullStaying(gallery)
    const reports = await project.reports()
    expect(reports.length).toBe(1)
    expect(reports[0]?.outcomes.map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: GOING.length + UNTAGGED.length }, () => 'done'),
    )
  })

  test('when a pull request closes, its images go at once', async () => {
    const { project, gallery } = await makeSweptGallery(app, proxy.host, 'acme/at-once')
    await project.sweep()
    const { number } = project.pulls.open
    app.github.closePullRequest(project.repo, number, 'ann')
    await expect
      .poll(async () => (await gallery.manifests(registry)).filter((name) => name.startsWith('open')), {
        timeout: 60_000,
      })
      .toEqual([])
    await project.rest()
    const [report] = await project.reports()
    expect(report?.outcomes.map(({ subject }) => gallery.nameOf(subject)).toSorted()).toEqual(
      STAYING.filter((name) => name.startsWith('open')),
    )
    const { [`pr-${number}`]: _, [project.pulls.open.sha.slice(0, 7)]: __, ...rest } = tagsStaying(project.pulls)
    expect(await gallery.tags(registry)).toEqual(rest)
  })

  test('of what cannot be read nothing goes that it may need, in its repository alone', async () => {
    const project = sweepImagesBy(app)
    const { closed } = project.pulls
    const target = { host: proxy.host, path: 'acme/unreadable' }
    const other = { host: proxy.host, path: 'acme/beside' }
    const going = await pushMultiArch(target, { tag: `pr-${closed.number}` })
    const single = await pushPlatform(target, { tag: `pr-${closed.number}-single` })
    const inner = await pushIndex(target, going.platforms)
    await pushIndex(target, [inner], { tag: 'keep-it' })
    const beside = await pushMultiArch(other, { tag: `pr-${closed.number}` })
    await pushPlatform(other, { tag: 'keep-it' })
    proxy.treat(({ method, path }) =>
      method === 'GET' && path.endsWith(inner.digest) ? { status: 200, body: 'this is no manifest' } : 'pass',
    )
    const repositories = [target, other].map(({ host, path }) => `${host}/${path}`)
    project.configure({ repositories, max_delete_percent: 100 })
    const [first, second] = await project.sweep()
    expect(first?.outcomes.map(({ subject }) => subject)).toEqual([`${repositories[0]}@${single.digest}`])
    expect(first?.problems).toContain(
      `${repositories[0]}@${inner.digest} cannot be read: what it contains is not known.`,
    )
    expect(await tagsOf(target)).toEqual(['keep-it', `pr-${closed.number}`])
    expect(second?.outcomes).toHaveLength(5)
    expect(await digestNamed(other, beside.index.digest)).toBeNull()

    proxy.treat(null)
    await project.sweep()
    expect(await tagsOf(target)).toEqual(['keep-it'])
    const [left] = going.attestations
    expect([await digestNamed(target, going.index.digest), await digestNamed(target, left?.digest ?? '')]).toEqual([
      null,
      null,
    ])
    expect(await pullWhole(target, 'keep-it')).toContain(going.platforms[0]?.digest)
  })
})

async function deleteManifest(target: { host: string; path: string }, { digest }: Pick<Descriptor, 'digest'>) {
  const url = `http://${target.host}/v2/${target.path}/manifests/${digest}`
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(202)
}

test.skipIf(registryMissing !== null)(
  'a registry that deletes nothing is asked once, and stays as it is',
  { timeout: 120_000 },
  async () => {
    const registry = await startRegistry({ deletion: false })
    const proxy = await startRegistryProxy(registry.host)
    try {
      const project = sweepImagesBy(app)
      const target = { host: proxy.host, path: 'acme/app' }
      const number = project.pulls.closed.number
      const both = await pushPlatform(target, { tag: 'keep-both', created: '2020-01-01T00:00:00Z' })
      await tagAs(target, both, `pr-${number}-both`)
      await pushMultiArch(target, { tag: `pr-${number}` })
      const before = await registry.storedManifests('acme/app')
      project.configure({ repositories: [`${proxy.host}/acme/app`], max_delete_percent: 100 }, true)
      proxy.forget()
      const [report] = await project.sweep()
      expect(report?.state).toBe('done')
      expect(report?.outcomes.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 6 }, () => 'refused'))
      for (const { note } of report?.outcomes.slice(1) ?? []) expect(note).toContain('the same was refused before')
      expect(report?.outcomes[0]?.note).toContain('Switch deletion on in the registry')
      // The tag by its name, and then something that is not there.
      expect(proxy.writes().map((write) => write.split(' ')[0])).toEqual(['DELETE', 'DELETE'])
      expect(await registry.storedManifests('acme/app')).toEqual(before)
      expect(await tagsOf(target)).toEqual(['keep-both', `pr-${number}`, `pr-${number}-both`])
      await pullWhole(target, `pr-${number}`)
    } finally {
      await proxy.stop()
      await registry.stop()
    }
  },
)

describe.skipIf(registryMissing !== null)('on a registry that wants a password', { timeout: 180_000 }, () => {
  let registry: TestRegistry
  let known: TestApp
  beforeAll(async () => {
    registry = await startRegistry({ auth: { kind: 'password' } })
    const { username, password } = REGISTRY_USER
    known = await startApp({
      env: {
        SIGNALBOX_REGISTRY: registry.host,
        SIGNALBOX_REGISTRY_USERNAME: username,
        SIGNALBOX_REGISTRY_PASSWORD: password,
      },
    })
  })
  afterAll(async () => {
    await known.stop()
    await registry.stop()
  })

  const headers = {
    authorization: `Basic ${Buffer.from(`${REGISTRY_USER.username}:${REGISTRY_USER.password}`).toString('base64')}`,
  }

  test('images go as anywhere; without it nothing is looked at, which is told', async () => {
    for (const [which, expected] of [
      [known, 'done'],
      [app, 'failed'],
    ] as const) {
      const project = sweepImagesBy(which)
      const { closed } = project.pulls
      const target = { host: registry.host, path: `acme/${expected}`, headers }
      await pushMultiArch(target, { tag: `pr-${closed.number}` })
      await pushMultiArch(target, { tag: 'keep-it' })
      project.configure({ repositories: [`${registry.host}/acme/${expected}`] })
      const [report] = await project.sweep()
      expect(report?.state).toBe(expected)
      const tags = await tagsOf(target)
      expect(tags).toEqual(expected === 'done' ? ['keep-it'] : ['keep-it', `pr-${closed.number}`])
      for (const tag of tags) await pullWhole(target, tag)
      expect(report?.problems[0]).toContain(
        expected === 'done' ? 'does not list versions without a tag' : `${registry.host} refuses`,
      )
    }
  })
})
