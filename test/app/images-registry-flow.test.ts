/** Sweeps of images by the whole app, on a real registry, Debian's, before which stands a proxy that counts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SweepReport } from '../../src/domain/sweep.ts'
import { useApp } from '../support/app.ts'
import {
  BROKEN,
  GALLERY_RULES,
  type Gallery,
  GOING,
  pushGallery,
  STAYING,
  tagsAlone,
  tagsStaying,
} from '../support/image-gallery.ts'
import { type ImagesProject, makeImagesProject } from '../support/images-project.ts'
import { pullWhole, tagsOf } from '../support/oci-images.ts'
import { registryMissing, startRegistry, type TestRegistry } from '../support/registry.ts'
import { type RegistryProxy, startRegistryProxy } from '../support/registry-proxy.ts'

if (registryMissing !== null) console.warn(`The tests of image sweeps are left out: ${registryMissing}.`)

const app = useApp()

function configure(repositories: readonly string[], options: object = {}): string {
  return JSON.stringify({ version: 1, cleanup: { images: { ...GALLERY_RULES, repositories, ...options } } })
}

function setConfig(project: ImagesProject, text: string): void {
  const files = { '.github/signalbox.yml': text }
  app.github.pushCommit(project.repo, 'main', { files, author: 'ann' })
}

const repoIdOf = (project: ImagesProject) => app.github.state.repository(project.repo).id

async function reportsOf(project: ImagesProject): Promise<SweepReport[]> {
  return app.serving.store.sweeps.list({ repoId: repoIdOf(project), kind: 'images', limit: 50 })
}

/** Once the app knows what the configuration wants. */
async function followed(project: ImagesProject): Promise<void> {
  await app.github.settle()
  await expect.poll(() => app.serving.store.sweeps.find(repoIdOf(project)), { timeout: 20_000 }).not.toBeNull()
}

/** One sweep of all that the configuration names; the reports, as they came. */
async function sweep(project: ImagesProject): Promise<SweepReport[]> {
  await followed(project)
  const before = (await reportsOf(project)).length
  await app.serving.store.sweeps.enqueue('images', repoIdOf(project))
  const standing = () => app.serving.store.sweeps.standing('images', repoIdOf(project))
  await expect.poll(standing, { timeout: 60_000 }).toMatchObject({ isAwaited: false })
  const reports = await reportsOf(project)
  return reports.slice(0, reports.length - before).reverse()
}

async function makeRepository(path: string, host: string, options: object = {}) {
  const project = makeImagesProject(app.github, null)
  const gallery = await pushGallery({ host, path }, project.pulls)
  project.use(gallery)
  setConfig(project, configure([`${host}/${path}`], options))
  return { project, gallery }
}

/** What is done about what, with names instead of digests. */
function doneBy({ outcomes }: SweepReport, gallery: Gallery): [string, string][] {
  return outcomes.map((one) => [nameIn(gallery, one.subject), `${one.outcome}: ${one.do.join()}`])
}

function nameIn({ digests }: Gallery, subject: string): string {
  return [...digests].find(([, digest]) => subject.endsWith(digest))?.[0] ?? subject
}

describe.skipIf(registryMissing !== null)('on a registry that deletes', () => {
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

  test('what no rule keeps goes, all the rest can be pulled whole, and then nothing is to be done', async () => {
    const { project, gallery } = await makeRepository('acme/app', proxy.host)
    const needed = new Map<string, ReadonlySet<string>>()
    for (const name of STAYING)
      if (!BROKEN.has(name)) needed.set(name, await pullWhole(gallery.target, gallery.digest(name)))
    expect(await gallery.manifests(registry)).toEqual([...STAYING, ...GOING].toSorted())
    proxy.forget()
    const [report, ...others] = await sweep(project)
    expect(others).toEqual([])
    expect([report?.state, report?.stopped]).toEqual(['done', null])
    expect(await gallery.tags(registry)).toEqual(tagsStaying(project.pulls))
    expect(await gallery.manifests(registry)).toEqual(STAYING)
    for (const tag of await tagsOf(gallery.target)) if (!BROKEN.has(tag)) await pullWhole(gallery.target, tag)
    for (const [name, parts] of needed) expect(await pullWhole(gallery.target, gallery.digest(name))).toEqual(parts)
  })
})
