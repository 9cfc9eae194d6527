/** Which images a `build` command means, each planned: one of the configuration, all of them, or one of the old layout. */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { BuildSubject } from '../../domain/build-subject.ts'
import type { ImageConfig } from '../../domain/config.ts'
import { decideDefaultTags } from '../../domain/default-tags.ts'
import { UsageError } from '../../domain/errors.ts'
import type { ImageBuild } from '../../domain/image-build.ts'
import { planTaggedBuild } from '../../domain/plan-tagged-build.ts'
import { loadImages } from '../images/load-images.ts'
import { type OldImage, oldImageNames, readExtraTags, readOldImage } from '../images/old-layout.ts'
import { toldImage } from '../images/told-image.ts'

export interface BuildWishes {
  /** Null: all. */
  readonly image: string | null
  readonly org: string | null
  readonly suffix: string | null
  readonly platforms: readonly string[] | null
  readonly push: boolean
  readonly dry: boolean
  readonly now: Date
  readonly env: NodeJS.ProcessEnv
}

export interface ChosenBuild {
  readonly build: ImageBuild
  /** Whether the image is of the old layout, whose script others may still read the output of. */
  readonly old: boolean
}

export async function chooseBuilds(
  directory: string,
  subject: BuildSubject,
  wishes: BuildWishes,
): Promise<readonly ChosenBuild[]> {
  const told = await chooseTold(directory, subject, wishes)
  if (told !== null) return [told]
  const images = await loadImages(directory)
  if (wishes.image === null) {
    if (images.length > 0) {
      const chosen: ChosenBuild[] = []
      for (const image of images) chosen.push(await chooseConfigured(directory, image, subject, wishes))
      return chosen
    }
    throw new UsageError(
      '--all builds the images of the configuration, and it has none. Add "images", or name one with -i.',
    )
  }
  const image = images.find(({ name }) => name === wishes.image)
  if (image !== undefined) return [await chooseConfigured(directory, image, subject, wishes)]
  const old = await readOldImage(directory, wishes.image, wishes)
  if (old === null) throw await unknownImage(directory, wishes.image, images)
  return [{ build: planOld(old, subject, wishes), old: true }]
}

/** The old script knew one commit only, RELEVANT_SHA, and made no labels. */
function planOld({ image, extraTags }: OldImage, subject: BuildSubject, wishes: BuildWishes): ImageBuild {
  const sha = wishes.env.SIGNALBOX ? subject.sha : (wishes.env.RELEVANT_SHA ?? '')
  const decided = { ...decideDefaultTags({ ...subject, sha }), warnings: [] }
  return planTaggedBuild(image, { ...subject, sha }, decided, { ...wishes, extraTags, ociLabels: false })
}

async function chooseConfigured(
  directory: string,
  image: ImageConfig,
  subject: BuildSubject,
  wishes: BuildWishes,
): Promise<ChosenBuild> {
  // The tags of one image in the environment are not those of all.
  const env = wishes.image === null ? {} : wishes.env
  const extraTags = await extraTagsOf(directory, image, env)
  // Reading a configuration has loaded the rules of tags already; without one they are not needed.
  const { planImageBuild } = await import('../../domain/image-build.ts')
  const build = planImageBuild(image, subject, { ...wishes, extraTags })
  const later = wishes.dry && image.runtime !== null
  if (!later) await checkFiles(directory, build)
  return { build, old: false }
}

/** What the leg was told of the image, whatever the checkout's configuration says; null: nothing, or flags say otherwise. */
async function chooseTold(directory: string, subject: BuildSubject, wishes: BuildWishes): Promise<ChosenBuild | null> {
  const { image, org, suffix, platforms, env } = wishes
  if (image === null || (org ?? suffix ?? platforms) !== null) return null
  const told = await toldImage(env, image)
  if (told === null) return null
  const { buildToldImage } = await import('../../domain/told-image.ts')
  const extraTags = await readExtraTags(directory, told.dockerfile, env)
  const build = buildToldImage(told, subject, { ...wishes, extraTags })
  if (!wishes.dry) await checkFiles(directory, build)
  return { build, old: false }
}

async function extraTagsOf(directory: string, image: ImageConfig, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  if (image.runtime !== null) return readExtraTags(directory, image.dockerfile, env)
  return [env.DOCKER_IMAGE_SOURCE_TAG ?? '', env.DOCKER_IMAGE_TAG ?? ''].filter((tag) => tag !== '')
}

async function checkFiles(directory: string, build: ImageBuild): Promise<void> {
  const dockerfile = await stat(resolve(directory, build.dockerfile)).catch(() => null)
  if (dockerfile === null || dockerfile.isDirectory()) {
    throw new UsageError(
      `The image ${build.image} has no Dockerfile at ${build.dockerfile}. Write it, or correct "dockerfile".`,
    )
  }
  const context = await stat(resolve(directory, build.context)).catch(() => null)
  if (context?.isDirectory()) return
  throw new UsageError(`The image ${build.image} has no directory ${build.context} for its context. Correct "context".`)
}

async function unknownImage(directory: string, name: string, images: readonly ImageConfig[]): Promise<UsageError> {
  const { didYouMean, quote } = await import('../../domain/config/problem-wording.ts')
  const known = [...images.map((image) => image.name), ...(await oldImageNames(directory))]
  const places = `neither "images" of the configuration nor ${join('containers', '*')}`
  if (known.length === 0) {
    return new UsageError(`There is no image ${quote(name)}: ${places} has any here. Choose the repository with -C.`)
  }
  return new UsageError(`There is no image ${quote(name)}; ${didYouMean(name, [...new Set(known)], 'there are')}`)
}
