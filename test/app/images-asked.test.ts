/** What registries are asked by sweeps of the whole app: nothing twice that cannot change, and nothing at all inside a network. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp, useApp } from '../support/app.ts'
import { sweepImagesBy } from '../support/images-app.ts'
import { pushMultiArch, pushPlatform, tagsOf } from '../support/oci-images.ts'
import { registryMissing, startRegistry, type TestRegistry } from '../support/registry.ts'
import { type RegistryProxy, startRegistryProxy } from '../support/registry-proxy.ts'

if (registryMissing !== null) console.warn(`The tests of what registries are asked are left out: ${registryMissing}.`)

const app = useApp()

describe.skipIf(registryMissing !== null)('a registry', () => {
  let registry: TestRegistry
  let proxy: RegistryProxy
  beforeAll(async () => {
    registry = await startRegistry()
    proxy = await startRegistryProxy(registry.host)
  })
  afterAll(async () => {
    await proxy.stop()
    await registry.stop()
  })

  test('is asked for each of its tags by the second sweep, and for nothing that the first one read', {
    timeout: 120_000,
  }, async () => {
    const project = sweepImagesBy(app)
    const target = { host: proxy.host, path: 'acme/asked' }
    const created = new Date(Date.now() - 20 * 86_400_000).toISOString()
    const tags = Array.from({ length: 20 }, (_, index) => `nightly-${index}`)
    await Promise.all(tags.map((tag) => pushPlatform(target, { tag, created })))
    project.configure({
      repositories: [`${proxy.host}/acme/asked`],
      rules: [{ tags: ['nightly-*'], older_than: '30d' }],
    })
    proxy.forget()
    const [first] = await project.sweep()
    expect(proxy.asked).toHaveLength(61)
    proxy.forget()
    const [second] = await project.sweep()
    expect(proxy.asked.filter(({ method }) => method === 'HEAD')).toHaveLength(20)
    expect(proxy.asked).toHaveLength(21)
    expect(second?.decisions).toHaveLength(20)
    expect(second?.decisions).toEqual(first?.decisions)

    // When it was made is remembered, too: what is old enough goes, by that alone.
    project.configure({
      repositories: [`${proxy.host}/acme/asked`],
      rules: [{ tags: ['nightly-1*'], older_than: '19d' }],
    })
    await project.sweep()
    expect((await tagsOf(target)).toSorted()).toEqual([0, 2, 3, 4, 5, 6, 7, 8, 9].map((index) => `nightly-${index}`))
  })

  test('is asked for parts that have no tag each time: they may be gone', async () => {
    const project = sweepImagesBy(app)
    const target = { host: proxy.host, path: 'acme/parts' }
    const { platforms, attestations } = await pushMultiArch(target, { tag: 'keep-it' })
    project.configure({ repositories: [`${proxy.host}/acme/parts`] })
    await project.sweep()
    proxy.forget()
    const [second] = await project.sweep()
    expect(second?.decisions).toHaveLength(5)
    const parts = [...platforms, ...attestations].map(({ digest }) => `/v2/acme/parts/manifests/${digest}`)
    expect(proxy.asked.filter(({ method }) => method === 'GET').map(({ path }) => path)).toEqual(
      expect.arrayContaining(parts),
    )
  })
})

describe('a host inside a network', () => {
  let careful: TestApp
  beforeAll(async () => {
    careful = await startApp({ env: { SIGNALBOX_INSECURE_REGISTRIES: '' } })
  })
  afterAll(() => careful.stop())

  test('that only a configuration names is not asked, which the report says', async () => {
    const inside = await startRegistryProxy('127.0.0.1:1')
    try {
      const project = sweepImagesBy(careful)
      project.configure({ repositories: [`${inside.host}/acme/app`] })
      const [report] = await project.sweep()
      expect([report?.state, report?.decisions, inside.asked]).toEqual(['failed', [], []])
      expect(report?.problems[0]).toContain(`The registry ${inside.host} is not asked`)
      expect(report?.problems[0]).toContain('SIGNALBOX_INSECURE_REGISTRIES')
    } finally {
      await inside.stop()
    }
  })
})
