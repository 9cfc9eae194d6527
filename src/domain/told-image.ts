/**
 * How an executor builds its image, from the JSON that its leg was told. Signalbox decided it by the configuration of
 * the branch that a change goes into; the checkout may hold another one, which is not obeyed before it is merged, or
 * none. So the image is built as it was told, whatever the checkout says, and push is only ever taken away.
 */
import { z } from 'zod'
import type { BuildSubject } from './build-subject.ts'
import type { ImageBuild } from './image-build.ts'
import { parseReference, splitTag } from './image-reference.ts'
import { ociLabels } from './oci-labels.ts'
import { NOT_PUSHED } from './plan-tagged-build.ts'
import { finishTags } from './tag-suffix.ts'

const texts = z.array(z.string())
const toldImage = z
  .object({
    name: z.string(),
    repository: z.string(),
    version: z.string(),
    tags: texts,
    build_args: z.array(z.templateLiteral([z.string(), '=', z.string()])),
    platforms: texts.min(1),
    cache_from: texts,
    cache_to: texts,
    push: z.boolean(),
    dockerfile: z.string(),
    context: z.string(),
    target: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
  })
  .refine(({ repository, tags }) => tags.every((tag) => splitTag(tag).name === repository && parseReference(tag).ok), {
    path: ['tags'],
    message: 'not all are tags of its repository',
  })

/** What a leg without an image, or with one that `images` does not have, was told. */
const ONLY_NAMED = z.union([z.undefined(), z.null(), z.strictObject({ name: z.string() })])

export type ToldImage = z.output<typeof toldImage>

export type ReadToldImage =
  /** Null: the leg has no image, or Signalbox knew only its name. */
  | { readonly ok: true; readonly image: ToldImage | null }
  /** As the end of a sentence about the JSON. */
  | { readonly ok: false; readonly reason: string }

/** @param json the input `signalbox`; its subject was read before, so it is JSON. */
export function readToldImage(json: string): ReadToldImage {
  const { image } = z.object({ image: z.unknown().optional() }).parse(JSON.parse(json))
  if (ONLY_NAMED.safeParse(image).success) return { ok: true, image: null }
  const read = toldImage.safeParse(image)
  if (read.success) return { ok: true, image: read.data }
  const [issue] = read.error.issues
  return { ok: false, reason: `has an image whose ${issue?.path.join('.')} is not as it was told: ${issue?.message}` }
}

/** @param extraTags of a runtime image, without its repository. */
export function buildToldImage(
  told: ToldImage,
  subject: BuildSubject,
  options: { readonly push: boolean; readonly extraTags: readonly string[]; readonly now: Date },
): ImageBuild {
  const push = options.push && told.push && subject.trusted
  const extra = finishTags(options.extraTags, '')
  return {
    image: told.name,
    repository: told.repository,
    version: told.version,
    tags: [...new Set([...told.tags, ...extra.tags.map((tag) => `${told.repository}:${tag}`)])],
    dockerfile: told.dockerfile,
    context: told.context,
    target: told.target,
    platforms: told.platforms,
    buildArgs: Object.fromEntries(told.build_args.map(splitPair)),
    labels: { ...ociLabels(subject, told.version, options.now), ...told.labels },
    cacheFrom: told.cache_from,
    cacheTo: push ? told.cache_to : [],
    push,
    warnings: [...extra.warnings, ...(options.push && !push ? [NOT_PUSHED] : [])],
  }
}

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf('=')
  return [pair.slice(0, at), pair.slice(at + 1)]
}
