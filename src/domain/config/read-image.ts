/**
 * Reads the images, and what the jobs that have one say of them: a job's image has to exist where any does, and a
 * `${{ matrix.… }}` in an image has to name an axis of every job that has it. Images come in an order in which each
 * can be built after those that it needs. What is wrong is reported, and whatever else is right is read nevertheless.
 */

import type { z } from 'zod'
import {
  type CacheConfig,
  DEFAULT_PLATFORMS,
  DEFAULT_RUNTIME,
  type ImageConfig,
  type Pipeline,
  type RuntimeConfig,
  type TagPolicy,
} from '../config.ts'
import { checkText } from '../interpolate.ts'
import { matrixAxes } from '../matrix.ts'
import type { ConfigDocument } from './config-document.ts'
import { imageSchema, ruleLists, type runtimeSchema } from './image-schema.ts'
import type { KeyPath } from './key-path.ts'
import { orderByNeeds } from './order-by-needs.ts'
import { didYouMean, keyName, quote } from './problem-wording.ts'
import { readNeeds } from './read-needs.ts'

type ImageSpec = z.output<typeof imageSchema>

export function readImages(document: ConfigDocument, pipelines: readonly Pipeline[]): ImageConfig[] {
  const names = new Set(document.keysOf(['images']))
  const images = [...names].map((name) => readImage(document, name, names))
  if (names.size > 0) reportUnknownImages(document, pipelines, names)
  for (const image of images) reportPaths(document, image, axesByJob(pipelines, image.name))
  return orderByNeeds(document, ['images'], images, 'images')
}

function readImage(document: ConfigDocument, name: string, names: ReadonlySet<string>): ImageConfig {
  const { shape } = imageSchema
  const at = (key: keyof ImageSpec) => ['images', name, key]
  document.reportChangedNumbers(at('build_args'))
  document.reportChangedNumbers(at('labels'))
  const known = { names, one: 'image', lead: 'there are' }
  return {
    name,
    repository: document.valid(shape.repository, at('repository')) ?? '',
    dockerfile: document.valid(shape.dockerfile, at('dockerfile')) ?? '',
    context: document.valid(shape.context, at('context')) ?? '',
    target: document.valid(shape.target, at('target')) ?? null,
    platforms: document.valid(shape.platforms, at('platforms')) ?? DEFAULT_PLATFORMS,
    buildArgs: texts(document.valid(shape.build_args, at('build_args'))),
    labels: texts(document.valid(shape.labels, at('labels'))),
    cache: readCache(document.valid(shape.cache, at('cache')) ?? true),
    tags: readTags(document.valid(shape.tags, at('tags')) ?? 'default'),
    suffix: document.valid(shape.suffix, at('suffix')) ?? '',
    needs: readNeeds(document, at('needs'), document.valid(shape.needs, at('needs')) ?? [], known, name),
    runtime: readRuntime(document.valid(shape.runtime, at('runtime')) ?? null),
  }
}

function texts(values: Readonly<Record<string, string | number | boolean>> | null | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [key, String(value)]))
}

function readCache(cache: ImageSpec['cache']): CacheConfig | null {
  if (typeof cache === 'boolean') return cache ? { repository: null, mode: 'max' } : null
  return { repository: cache.repository ?? null, mode: cache.mode }
}

function readTags(tags: ImageSpec['tags']): TagPolicy {
  if (tags === 'default') return { kind: 'default' }
  return { kind: 'rules', ...ruleLists(tags) }
}

function readRuntime(runtime: z.output<typeof runtimeSchema> | null): RuntimeConfig | null {
  if (runtime === null) return null
  return {
    tagPrefix: runtime.tag_prefix,
    version: runtime.version ?? DEFAULT_RUNTIME.version,
    lockFiles: runtime.lock_files ?? DEFAULT_RUNTIME.lockFiles,
    source: runtime.source,
    include: runtime.include ?? DEFAULT_RUNTIME.include,
    ignore: runtime.ignore ?? DEFAULT_RUNTIME.ignore,
    baseImages: runtime.base_images ?? DEFAULT_RUNTIME.baseImages,
    browser: runtime.browser,
    template: runtime.template ?? DEFAULT_RUNTIME.template,
  }
}

function reportUnknownImages(
  document: ConfigDocument,
  pipelines: readonly Pipeline[],
  names: ReadonlySet<string>,
): void {
  for (const pipeline of pipelines) {
    for (const { name: job, image } of pipeline.jobs) {
      if (image === null || names.has(image)) continue
      const remedy = didYouMean(image, [...names], 'there are')
      document.report(
        ['pipelines', pipeline.name, 'jobs', job, 'image'],
        `"image" names ${quote(image)}, which is none of "images"; ${remedy}`,
      )
    }
  }
}

type Axes = ReturnType<typeof matrixAxes>

/** Of each job that has the image, how a sentence names it and the axes of its matrix. */
function axesByJob(pipelines: readonly Pipeline[], image: string): { job: string; axes: Axes }[] {
  return pipelines.flatMap((pipeline) =>
    pipeline.jobs
      .filter((job) => job.image === image)
      .map((job) => ({ job: `${pipeline.name}.${job.name}`, axes: matrixAxes(job.matrix) })),
  )
}

/** What decides the repository and the suffix cannot be decided by them. */
const UNDECIDED = {
  'image.repository': 'which is not known here yet',
  'image.version': 'which is not known here yet',
}
/** A repository always has its name. */
const IN_REPOSITORY = {
  ...UNDECIDED,
  ...Object.fromEntries(
    ['pr.number', 'pr.head_ref', 'pr.base_ref'].map((path) => [path, 'which is empty without a pull request']),
  ),
}

function reportPaths(document: ConfigDocument, image: ImageConfig, jobs: readonly { job: string; axes: Axes }[]): void {
  const at = ['images', image.name]
  const late = (['build_args', 'labels'] as const).flatMap((key) =>
    Object.entries(key === 'labels' ? image.labels : image.buildArgs).map(([name, text]): [KeyPath, string] => [
      [...at, key, name],
      text,
    ]),
  )
  reportText(document, [...at, 'repository'], image.repository, jobs, IN_REPOSITORY)
  reportText(document, [...at, 'cache', 'repository'], image.cache?.repository ?? '', jobs, IN_REPOSITORY)
  reportText(document, [...at, 'suffix'], image.suffix, jobs, UNDECIDED)
  for (const [path, text] of late) reportText(document, path, text, jobs, {})
}

function reportText(
  document: ConfigDocument,
  path: KeyPath,
  text: string,
  jobs: readonly { job: string; axes: Axes }[],
  without: Readonly<Record<string, string>>,
): void {
  const wrong = checkText(text, { axes: null, without })
  for (const problem of wrong) document.report(path, `${keyName(path)} ${problem}`)
  if (wrong.length > 0) return
  for (const { job, axes } of jobs) {
    for (const problem of checkText(text, { axes, without })) {
      document.report(path, `${keyName(path)} ${problem}; the job ${quote(job)} has this image`)
    }
  }
}
