/** What a runtime image is made of here: from flags, the configuration and the environment, in this order. */
import { resolve } from 'node:path'
import type { BuildSubject } from '../../domain/build-subject.ts'
import { DEFAULT_RUNTIME, type ImageConfig, type RuntimeConfig } from '../../domain/config.ts'
import { UsageError } from '../../domain/errors.ts'
import { formatRepository, parseReference } from '../../domain/image-reference.ts'
import { loadImages } from '../images/load-images.ts'
import { readPlatforms } from '../images/platforms.ts'

export interface RuntimeFlags {
  readonly image?: string
  readonly baseImage?: string
  readonly buildFolder?: string
  readonly platform?: string
  readonly forceRebuild?: boolean
  readonly enableBrowser: boolean
  readonly extraDeps?: string
  readonly builder: 'docker' | 'podman' | 'remote'
  readonly push?: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
}

export interface RuntimeSettings {
  readonly runtime: RuntimeConfig
  /** Without a tag. */
  readonly repository: string
  /** As it was asked for, to the letter. */
  readonly baseImage: string
  readonly browser: boolean
  readonly extraDeps: string | null
  readonly platforms: readonly string[]
  readonly buildArgs: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** Absolute; null: none was asked for. */
  readonly buildFolder: string | null
  /** Never what an untrusted pull request made: it would be found under names that trusted runs build from. */
  readonly push: boolean
  readonly warnings: readonly string[]
}

const REPOSITORY = 'OH_RUNTIME_RUNTIME_IMAGE_REPO'

/** Where no configuration says otherwise: OpenHands' own. */
const DEFAULT_REPOSITORY = 'ghcr.io/all-hands-ai/runtime'
const WITHOUT_CONFIG: RuntimeConfig = {
  ...DEFAULT_RUNTIME,
  include: ['microagents'],
  baseImages: ['nikolaik/python-nodejs:python3.12-nodejs22'],
}

export async function readSettings(
  flags: RuntimeFlags,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<RuntimeSettings> {
  const image = chooseImage(await loadImages(directory), flags.image)
  const runtime = image?.runtime ?? (await withoutMissing(WITHOUT_CONFIG, directory))
  const { baseImage, warnings } = readBaseImage(flags, runtime)
  const { readBuildSubject } = await import('../images/build-subject.ts')
  const subject = await readBuildSubject(env)
  return {
    runtime,
    ...(await readBuildFacts(image, subject, env)),
    baseImage,
    browser: runtime.browser && flags.enableBrowser,
    extraDeps: flags.extraDeps?.trim() ? flags.extraDeps : null,
    platforms: readPlatforms(flags.platform) ?? [],
    buildFolder: flags.buildFolder === undefined ? null : resolve(directory, flags.buildFolder),
    push: flags.push === true && subject.trusted,
    warnings: [...warnings, ...(await judgeTrust(flags, subject))],
  }
}

/**
 * What an untrusted subject is not given of what was asked for.
 *
 * @throws {UsageError} the service keeps, and gives to everybody, whatever it builds.
 */
async function judgeTrust(flags: RuntimeFlags, { trusted }: BuildSubject): Promise<string[]> {
  if (trusted) return []
  if (flags.builder === 'remote' && !flags.dryRun) {
    throw new UsageError(
      'The build service is not asked: the code is not known to be the own code of this repository, and what the service makes of it would be found under the names of this repository. Build it with --builder docker.',
    )
  }
  return flags.push ? [(await import('../../domain/plan-tagged-build.ts')).NOT_PUSHED] : []
}

/** Null: there is no configuration of one. */
function chooseImage(images: readonly ImageConfig[], name: string | undefined): ImageConfig | null {
  const candidates = images.filter((image) => image.runtime !== null)
  const known = candidates.map((image) => image.name).join(', ')
  if (name !== undefined) {
    const chosen = candidates.find((image) => image.name === name)
    if (chosen !== undefined) return chosen
    const there =
      known === '' ? 'No image of the configuration has "runtime".' : `These images have "runtime": ${known}.`
    throw new UsageError(`There is no image ${name} with "runtime" in the configuration. ${there}`)
  }
  if (candidates.length > 1) throw new UsageError(`Several images have "runtime": ${known}. Choose one with --image.`)
  return candidates[0] ?? null
}

/** What is included by default is so only where it is there. */
async function withoutMissing(runtime: RuntimeConfig, directory: string): Promise<RuntimeConfig> {
  const { existsSync } = await import('node:fs')
  return { ...runtime, include: runtime.include.filter((path) => existsSync(resolve(directory, path))) }
}

function readBaseImage(flags: RuntimeFlags, runtime: RuntimeConfig): { baseImage: string; warnings: string[] } {
  const baseImage = flags.baseImage ?? runtime.baseImages[0]
  if (baseImage === undefined) {
    throw new UsageError('There is no image to build from: name one with --base-image, or in `runtime.base_images`.')
  }
  const parsed = parseReference(baseImage)
  if (parsed.ok) return { baseImage, warnings: [] }
  const problem = `The base image ${JSON.stringify(baseImage)} ${parsed.reason}`
  // Its tags can be told all the same, and tell which images an older builder made of it.
  const lower = parseReference(baseImage.toLowerCase())
  if (flags.dryRun && lower.ok) return { baseImage, warnings: [`${problem}: no engine would build from it`] }
  throw new UsageError(`${problem}. Write such as ubuntu:24.04 or registry.example.com:5000/team/image:1.`)
}

async function readBuildFacts(
  image: ImageConfig | null,
  subject: BuildSubject,
  env: NodeJS.ProcessEnv,
): Promise<Pick<RuntimeSettings, 'repository' | 'buildArgs' | 'labels'>> {
  const asked = env[REPOSITORY] ? readRepository(env[REPOSITORY]) : null
  if (image === null) return { repository: asked ?? DEFAULT_REPOSITORY, buildArgs: {}, labels: {} }
  const { planImageBuild } = await import('../../domain/image-build.ts')
  const options = { now: new Date(), org: null, suffix: null, platforms: null, push: false, extraTags: [] }
  const build = planImageBuild(image, subject, options)
  return { repository: asked ?? build.repository, buildArgs: build.buildArgs, labels: build.labels }
}

function readRepository(text: string): string {
  const parsed = parseReference(text)
  const bad = (reason: string) =>
    new UsageError(`${REPOSITORY} is ${JSON.stringify(text)}, which ${reason}. Write such as ${DEFAULT_REPOSITORY}.`)
  if (!parsed.ok) throw bad(parsed.reason)
  if (parsed.reference.tag !== null || parsed.reference.digest !== null) throw bad('has a tag, which is decided here')
  return formatRepository(parsed.reference)
}
