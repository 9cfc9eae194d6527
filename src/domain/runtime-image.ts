/**
 * A runtime image is found again by what it was made of: its base image, its lock files, its sources. The more of it
 * an image in the registry shares, the less is built: nothing, only sources, dependencies again, or all of it.
 * The tags are those of OpenHands' own builder, so that images which a registry has already are found.
 */
import { formatRepository, parseReference } from './image-reference.ts'
import type { RuntimeTags } from './runtime-image/tags.ts'

export type { RuntimeTags, TagFacts } from './runtime-image/tags.ts'
export { checkVersion, lockHash, runtimeTags, shortHash } from './runtime-image/tags.ts'

/** What can exist already, in the order in which it is asked for. */
export const REUSE_LEVELS = ['source', 'lock', 'versioned'] as const
export type ReuseLevel = (typeof REUSE_LEVELS)[number]

export const BUILD_KINDS = ['scratch', 'versioned', 'lock'] as const
export type BuildKind = (typeof BUILD_KINDS)[number]

export interface RuntimeBuildFacts {
  /** Whether the image with that tag exists; left out: not asked yet. */
  readonly exists: Readonly<Partial<Record<ReuseLevel, boolean>>>
  readonly forceRebuild: boolean
  /** Whether an image that is there already is no reason to stop: a folder is to be prepared in any case. */
  readonly alwaysBuild: boolean
  readonly baseImage: string
  readonly repository: string
  readonly tags: RuntimeTags
}

export interface RuntimeBuild {
  readonly kind: BuildKind
  /** Full name of the image that the Dockerfile begins with. */
  readonly from: string
  /** Full names that the result gets; the first is the one to use. */
  readonly tags: readonly string[]
}

export type RuntimeBuildDecision =
  /** Not decided: whether the image of this level exists has to be asked first. */
  | { readonly kind: 'ask'; readonly level: ReuseLevel; readonly image: string }
  /** `tags` is empty: nothing is built. */
  | { readonly kind: 'reuse'; readonly from: string; readonly tags: readonly [] }
  | RuntimeBuild

/** Asks for no more than it needs: call it again with the answer until it decides. */
export function decideRuntimeBuild(facts: RuntimeBuildFacts): RuntimeBuildDecision {
  const image = (level: ReuseLevel) => `${facts.repository}:${facts.tags[level]}`
  const built = [image('source'), image('lock')]
  // Only a build from scratch: otherwise layers would pile up on the versioned image with each build from it.
  const scratch: RuntimeBuild = { kind: 'scratch', from: facts.baseImage, tags: [...built, image('versioned')] }
  if (facts.forceRebuild) return scratch
  for (const level of REUSE_LEVELS) {
    if (level === 'source' && facts.alwaysBuild) continue
    const exists = facts.exists[level]
    if (exists === undefined) return { kind: 'ask', level, image: image(level) }
    if (!exists) continue
    if (level === 'source') return { kind: 'reuse', from: image(level), tags: [] }
    return { kind: level, from: image(level), tags: built }
  }
  return scratch
}

/** Whether the base image is a runtime image itself, which is used as it is. */
export function isRuntimeImage(baseImage: string, repository: string): boolean {
  const parsed = parseReference(baseImage)
  const own = parseReference(repository)
  return parsed.ok && own.ok && formatRepository(parsed.reference) === formatRepository(own.reference)
}
