/** Sweeps of images by the whole app: a configuration is pushed, a sweep is enqueued, its report is read. */
import { expect } from 'vitest'
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { TestApp } from './app.ts'
import { GALLERY_RULES, type Gallery, pushGallery } from './image-gallery.ts'
import { type ImagesProject, makeImagesProject } from './images-project.ts'

export interface SweptImages extends Omit<ImagesProject, 'sweep'> {
  /** `cleanup.images`, beside the rules of the gallery; `tracking` has the reports in an issue. */
  configure(images: object, tracking?: boolean): void
  /** Newest first. */
  reports(): Promise<SweepReport[]>
  enqueue(): Promise<void>
  /** One sweep of all that the configuration names. @returns the reports, as they came. */
  sweep(): Promise<SweepReport[]>
  /** Until nothing is enqueued or at work. */
  rest(): Promise<void>
}

export function sweepImagesBy(app: TestApp): SweptImages {
  const project = makeImagesProject(app.github, null)
  const { id } = app.github.state.repository(project.repo)
  const { sweeps } = app.serving.store
  const reports = () => sweeps.list({ repoId: id, kind: 'images', limit: 50 })
  const rest = async () => {
    await expect.poll(() => sweeps.standing('images', id), { timeout: 90_000 }).toMatchObject({ isAwaited: false })
  }
  const enqueue = async () => {
    await expect.poll(() => sweeps.find(id), { timeout: 20_000 }).not.toBeNull()
    await sweeps.enqueue('images', id)
  }
  return {
    ...project,
    configure(images, tracking = false) {
      const config = {
        version: 1,
        cleanup: { images: { ...GALLERY_RULES, ...images } },
        ...(tracking && { sweeps: { tracking_issue: true } }),
      }
      const files = { '.github/signalbox.yml': JSON.stringify(config) }
      app.github.pushCommit(project.repo, 'main', { files, author: 'ann' })
    },
    reports,
    enqueue,
    rest,
    async sweep() {
      const before = (await reports()).length
      await enqueue()
      await rest()
      const all = await reports()
      return all.slice(0, all.length - before).reverse()
    },
  }
}

/** A gallery at the host, of which the files of the repository know, and which is to be swept. */
export async function makeSweptGallery(
  app: TestApp,
  host: string,
  path: string,
  images: object = {},
): Promise<{ readonly project: SweptImages; readonly gallery: Gallery }> {
  const project = sweepImagesBy(app)
  const gallery = await pushGallery({ host, path }, project.pulls)
  project.use(gallery)
  project.configure({ repositories: [`${host}/${path}`], ...images })
  return { project, gallery }
}

/** Name of what it was about → what became of it, in order. */
export function outcomesOf({ outcomes }: SweepReport, gallery: Gallery): [string, string][] {
  return outcomes.map((one) => [gallery.nameOf(one.subject), `${one.outcome}: ${one.do.join()}`])
}

/** Name → what was decided and why, of all about which something is to be done. */
export function decisionsOf({ decisions }: SweepReport, gallery: Gallery): Record<string, string> {
  const acting = decisions.filter((one) => one.do.length > 0)
  return Object.fromEntries(acting.map((one) => [gallery.nameOf(one.subject), `${one.do.join()}: ${one.reason}`]))
}
