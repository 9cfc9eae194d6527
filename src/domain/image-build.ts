/**
 * How one image is built: its tags, build arguments, cache and platforms, all decided from its configuration and from
 * what is built. The app and the command line decide it with the same functions, so that a leg is told exactly what its
 * executor does. Nothing here knows a clock, an engine or a registry.
 */
import type { BuildSubject } from './build-subject.ts'
import type { ImageConfig } from './config.ts'
import { decideDefaultTags } from './default-tags.ts'
import { decideTags } from './image-tags.ts'
import { type DecidedTags, type PlanOptions, planTaggedBuild } from './plan-tagged-build.ts'

export { type PlanOptions, valuesOfSubject } from './plan-tagged-build.ts'

/** One image as it is to be built: every value filled in. Paths are those of the configuration. */
export interface ImageBuild {
  readonly image: string
  /** Lower case, without a tag: `ghcr.io/acme/app`. */
  readonly repository: string
  /** What the tags call this version: `1.2.3`, `main`, `pr-15`, `dev`. */
  readonly version: string
  /** Full names, in order; the first is the one to show. */
  readonly tags: readonly string[]
  readonly dockerfile: string
  readonly context: string
  readonly target: string | null
  readonly platforms: readonly string[]
  readonly buildArgs: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** As `--cache-from` and `--cache-to` of `docker buildx build` take them. */
  readonly cacheFrom: readonly string[]
  /** Empty when nothing is pushed. */
  readonly cacheTo: readonly string[]
  readonly push: boolean
  /** What was repaired or left out, each a sentence. */
  readonly warnings: readonly string[]
}

/** @throws {UsageError} when the repository cannot be filled in, because its owner or its name is not known. */
export function planImageBuild(image: ImageConfig, subject: BuildSubject, options: PlanOptions): ImageBuild {
  return planTaggedBuild(image, subject, decideImageTags(image, subject, options.now), options)
}

/** What does not depend on the matrix, so that it is decided once for all legs. */
export function decideImageTags(image: ImageConfig, subject: BuildSubject, now: Date): DecidedTags {
  if (image.tags.kind === 'rules') return decideTags(image.tags, subject, now)
  return { ...decideDefaultTags(subject), warnings: [] }
}
