/** Which images a `build` command means, each planned: one of the configuration, all of them, or one of the old layout. */
import { join } from 'node:path'
import type { RepositoryTree } from '../../adapters/files/repository-tree.ts'
import type { BuildSubject } from '../../domain/build-subject.ts'
import type { ImageConfig } from '../../domain/config.ts'
import { decideDefaultTags } from '../../domain/default-tags.ts'
import { UsageError } from '../../domain/errors.ts'
import type { ImageBuild } from '../../domain/image-build.ts'
import { planTaggedBuild } from '../../domain/plan-tagged-build.ts'
import { readTold } from '../images/build-subject.ts'
import { loadImages } from '../images/load-images.ts'
import { type OldImage, oldImageNames, readExtraTags, readOldImage } from '../images/old-layout.ts'
import { toldImage } from '../images/told-image.ts'
import { CONFIGURED, checkFiles, runtimeRemedies } from './check-files.ts'

export interface BuildWishes {
  /** Null: all. */
  readonly image: string | null
  readonly org: string | null
  readonly suffix: string | null
  readonly push: boolean
  readonly dry: boolean
  readonly now: Date
  readonly env: NodeJS.ProcessEnv
}

export interface ChosenBuild {
  readonly build: ImageBuild
  /** Whether the image is of the old layout, whose script others may still read the output of. */
  readonly old: boolean
  /** Names of the images that have to be built before it. */
  readonly needs: readonly string[]
  /** Why it cannot be built, where others can; null: nothing is known against it. */
  readonly problem: UsageError | null
}

/**
 * For no platform but the configured ones.
 *
 * @throws {UsageError} an image is not known; or of one, or all in a dry run, a file is missing or outside of the
 *   repository.
 */
export async function chooseBuilds(
  tree: RepositoryTree,
  subject: BuildSubject,
  wishes: BuildWishes,
): Promise<readonly ChosenBuild[]> {
  const told = await chooseTold(tree, subject, wishes)
  if (told !== null) return [told]
  const images = await loadImages(tree.root)
  if (wishes.image === null) {
    if (images.length > 0) return chooseAll(tree, images, subject, wishes)
    throw new UsageError(
      '--all builds the images of the configuration, and it has none. Add "images", or name one with -i.',
    )
  }
  const image = images.find(({ name }) => name === wishes.image)
  if (image !== undefined) return [notFaulty(await chooseConfigured(tree, image, subject, wishes))]
  const old = await readOldImage(tree, wishes.image, wishes)
  if (old === null) throw await unknownImage(tree, wishes.image, images)
  const build = await planOld(old, subject, wishes)
  const remedies = { ...CONFIGURED, context: 'Correct DOCKER_BASE_DIR' }
  await checkFiles(tree, build, remedies, wishes.dry && wishes.image === 'runtime')
  return [{ build, old: true, needs: [], problem: null }]
}

/** One that cannot be built is no reason to build none of the others. */
async function chooseAll(
  tree: RepositoryTree,
  images: readonly ImageConfig[],
  subject: BuildSubject,
  wishes: BuildWishes,
): Promise<readonly ChosenBuild[]> {
  const chosen: ChosenBuild[] = []
  for (const image of images) {
    const one = await chooseConfigured(tree, image, subject, wishes)
    chosen.push(wishes.dry ? notFaulty(one) : one)
  }
  return chosen
}

function notFaulty(chosen: ChosenBuild): ChosenBuild {
  if (chosen.problem !== null) throw chosen.problem
  return chosen
}

/** The same builds, for other platforms; null: as they are. */
export function withPlatforms(
  chosen: readonly ChosenBuild[],
  platforms: readonly string[] | null,
): readonly ChosenBuild[] {
  return platforms === null ? chosen : chosen.map((one) => ({ ...one, build: { ...one.build, platforms } }))
}

/** The old script knew one commit only, RELEVANT_SHA, and made no labels. */
async function planOld(
  { image, extraTags }: OldImage,
  subject: BuildSubject,
  wishes: BuildWishes,
): Promise<ImageBuild> {
  const told = await readTold(wishes.env)
  const sha = told === null ? (wishes.env.RELEVANT_SHA ?? '') : subject.sha
  const decided = { ...decideDefaultTags({ ...subject, sha }), warnings: [] }
  return planTaggedBuild(image, { ...subject, sha }, decided, {
    ...wishes,
    platforms: null,
    extraTags,
    ociLabels: false,
  })
}

async function chooseConfigured(
  tree: RepositoryTree,
  image: ImageConfig,
  subject: BuildSubject,
  wishes: BuildWishes,
): Promise<ChosenBuild> {
  // The tags of one image in the environment are not those of all.
  const env = wishes.image === null ? {} : wishes.env
  const extraTags = await extraTagsOf(tree, image, env)
  // Reading a configuration has loaded the rules of tags already; without one they are not needed.
  const { planImageBuild } = await import('../../domain/image-build.ts')
  const build = planImageBuild(image, subject, { ...wishes, platforms: null, extraTags })
  const remedies = image.runtime === null ? CONFIGURED : runtimeRemedies(image.dockerfile, image.name)
  const problem = await faultOf(() => checkFiles(tree, build, remedies, wishes.dry && image.runtime !== null))
  return { build, old: false, needs: image.needs, problem }
}

async function faultOf(check: () => Promise<void>): Promise<UsageError | null> {
  try {
    await check()
    return null
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
}

/** What the leg was told of the image, whatever the checkout's configuration says; null: nothing, or flags say otherwise. */
async function chooseTold(
  tree: RepositoryTree,
  subject: BuildSubject,
  wishes: BuildWishes,
): Promise<ChosenBuild | null> {
  const { image, org, suffix, env } = wishes
  if (image === null || (org ?? suffix) !== null) return null
  const told = await toldImage(env, image)
  if (told === null) return null
  const { buildToldImage } = await import('../../domain/told-image.ts')
  const extraTags = await readExtraTags(tree, told.dockerfile, env)
  const build = buildToldImage(told, subject, { ...wishes, extraTags })
  await checkFiles(tree, build, runtimeRemedies(build.dockerfile, null), wishes.dry)
  return { build, old: false, needs: [], problem: null }
}

async function extraTagsOf(
  tree: RepositoryTree,
  image: ImageConfig,
  env: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  if (image.runtime !== null) return readExtraTags(tree, image.dockerfile, env)
  return [env.DOCKER_IMAGE_SOURCE_TAG ?? '', env.DOCKER_IMAGE_TAG ?? ''].filter((tag) => tag !== '')
}

async function unknownImage(tree: RepositoryTree, name: string, images: readonly ImageConfig[]): Promise<UsageError> {
  const { didYouMean, quote } = await import('../../domain/config/problem-wording.ts')
  const known = [...images.map((image) => image.name), ...(await oldImageNames(tree.root))]
  const places = `neither "images" of the configuration nor ${join('containers', '*')}`
  if (known.length === 0) {
    return new UsageError(`There is no image ${quote(name)}: ${places} has any here. Choose the repository with -C.`)
  }
  return new UsageError(`There is no image ${quote(name)}; ${didYouMean(name, [...new Set(known)], 'there are')}`)
}
