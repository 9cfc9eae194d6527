/**
 * How an executor builds its image, from the JSON that its leg was told. Signalbox decided it by the configuration of
 * the branch that a change goes into; the checkout may hold another one, which a change does not get to obey before it
 * is merged. So what was told wins over what the checkout says, and push is only ever taken away.
 */
import type { ImageBuild } from './image-build.ts'
import { parseReference, splitTag } from './image-reference.ts'
import { finishTags } from './tag-suffix.ts'

export type ToldImage = Pick<
  ImageBuild,
  'image' | 'repository' | 'version' | 'tags' | 'buildArgs' | 'platforms' | 'cacheFrom' | 'cacheTo' | 'push'
>

export type ReadToldImage =
  /** Null: the leg has no image, or Signalbox knew only its name. */
  | { readonly ok: true; readonly image: ToldImage | null }
  /** As the end of a sentence about the JSON. */
  | { readonly ok: false; readonly reason: string }

/** @param json the input `signalbox` of an executor workflow, which is JSON: the subject was read from it before. */
export function readToldImage(json: string): ReadToldImage {
  const { image } = JSON.parse(json) as { readonly image?: unknown }
  if (!isMap(image) || image.repository === undefined) return { ok: true, image: null }
  const { name, repository, version, push } = image
  const lists = {
    tags: textsOf(image.tags),
    platforms: textsOf(image.platforms),
    cacheFrom: textsOf(image.cache_from),
    cacheTo: textsOf(image.cache_to),
    buildArgs: textsOf(image.build_args),
  }
  const { tags, platforms, cacheFrom, cacheTo, buildArgs } = lists
  const wrong = Object.entries(lists).find(([, list]) => list === null)?.[0]
  if (wrong !== undefined) return { ok: false, reason: `has an image whose "${wrong}" is no list of texts` }
  if (!tags || !platforms || !cacheFrom || !cacheTo || !buildArgs) return { ok: true, image: null }
  if (typeof name !== 'string' || typeof repository !== 'string' || typeof version !== 'string') {
    return { ok: false, reason: 'has an image without a name, a repository or a version' }
  }
  const stray = tags.find((tag) => splitTag(tag).name !== repository || !parseReference(tag).ok)
  if (stray !== undefined)
    return { ok: false, reason: `has the tag ${JSON.stringify(stray)}, which is none of ${repository}` }
  const pairs = buildArgs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])
  return {
    ok: true,
    image: {
      image: name,
      repository,
      version,
      tags,
      buildArgs: Object.fromEntries(pairs),
      platforms,
      cacheFrom,
      cacheTo,
      push: push === true,
    },
  }
}

/** The build as it was told; what was not told (Dockerfile, context, labels, tags of a runtime image) stays. */
export function obeyToldImage(build: ImageBuild, told: ToldImage, extraTags: readonly string[]): ImageBuild {
  const push = build.push && told.push
  const extra = finishTags(extraTags, '').tags.map((tag) => `${told.repository}:${tag}`)
  return {
    ...build,
    ...told,
    tags: [...new Set([...told.tags, ...extra])],
    cacheTo: push ? told.cacheTo : [],
    push,
    warnings: build.warnings,
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textsOf(value: unknown): readonly string[] | null {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : null
}
