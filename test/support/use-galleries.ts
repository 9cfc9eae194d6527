/** A real registry for all tests of a file, and galleries in it, each a copy of one that is pushed once and never swept. */
import { afterAll, beforeAll } from 'vitest'
import { copyGallery, type Gallery, pushGallery } from './image-gallery.ts'
import type { ImagesProject } from './images-project.ts'
import { registryMissing, startRegistry, type TestRegistry } from './registry.ts'

export interface Galleries {
  /** @throws where it is missing; the tests are to be left out there. */
  readonly registry: TestRegistry
  /** One more, of which the files of the repository know. */
  make(): Promise<Gallery>
}

export function useGalleries(project: ImagesProject): Galleries {
  let started: { readonly registry: TestRegistry; readonly template: Gallery } | null = null
  let copies = 0
  beforeAll(async () => {
    if (registryMissing !== null) return
    const registry = await startRegistry()
    started = { registry, template: await pushGallery({ host: registry.host, path: 'acme/template' }, project.pulls) }
  })
  afterAll(() => started?.registry.stop())
  const all = () => {
    if (started === null) throw new Error('the registry was not started')
    return started
  }
  return {
    get registry() {
      return all().registry
    },
    async make() {
      const { registry, template } = all()
      const gallery = await copyGallery(registry, template, `acme/copy-${++copies}`)
      project.use(gallery)
      return gallery
    },
  }
}
