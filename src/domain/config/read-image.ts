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

type Refuse = (path: string) => string | null

/** What decides the suffix cannot be decided by it. */
const refuseUndecided: Refuse = (path) =>
  path === 'image.repository' || path === 'image.version' ? 'which is not known here yet' : null

/** Strangers name branches, and where an image goes is not theirs to say. */
const IN_REPOSITORY = ['repo.owner', 'repo.name', 'image.name']
const refuseInRepository: Refuse = (path) =>
  IN_REPOSITORY.includes(path) ? null : `which no repository's name can hold; there are ${IN_REPOSITORY.join(', ')}`

function reportPaths(document: ConfigDocument, image: ImageConfig, jobs: readonly { job: string; axes: Axes }[]): void {
  const at = ['images', image.name]
  const texts: readonly ImageText[] = [
    { path: [...at, 'repository'], text: image.repository, refuse: refuseInRepository },
    { path: [...at, 'cache', 'repository'], text: image.cache?.repository ?? '', refuse: refuseInRepository },
    { path: [...at, 'suffix'], text: image.suffix, refuse: refuseUndecided },
    ...textsIn([...at, 'build_args'], image.buildArgs),
    ...textsIn([...at, 'labels'], image.labels),
  ]
  if (reportTexts(document, texts, null, '')) return
  // What does not fit one job is said once, however many it does not fit.
  for (const { job, axes } of jobs) {
    if (reportTexts(document, texts, axes, `; the job ${quote(job)} has this image`)) return
  }
}

interface ImageText {
  readonly path: KeyPath
  readonly text: string
  readonly refuse?: Refuse
}

function textsIn(path: KeyPath, values: Readonly<Record<string, string>>): ImageText[] {
  return Object.entries(values).map(([key, text]) => ({ path: [...path, key], text }))
}

/** Whether anything was reported. */
function reportTexts(
  document: ConfigDocument,
  texts: readonly ImageText[],
  axes: Axes | null,
  occasion: string,
): boolean {
  let found = false
  for (const { path, text, ...context } of texts) {
    for (const problem of checkText(text, { axes, ...context })) {
      document.report(path, `${keyName(path)} ${problem}${occasion}`)
      found = true
    }
  }
  return found
}
