/**
 * Which runs a trigger starts. A pipeline that does not listen to the trigger does nothing; one that listens, but
 * whose path filters let no changed file through, is a run with nothing to do, whose gates succeed at once and say why.
 * Everything is decided here, before anything is dispatched: the same trigger, configuration and files give the same plan.
 */
import { subjectOfTrigger } from './build-subject.ts'
import type { Config, Gate, ImageConfig, Job, MatrixCombination, PathFilter, Pipeline } from './config.ts'
import { compileGlobs, matchesBranch, matchesPaths } from './globs.ts'
import { decideImageTags, type ImageBuild } from './image-build.ts'
import { interpolate, interpolationValues } from './interpolate.ts'
import { expandMatrix, legName } from './matrix.ts'
import { type DecidedTags, planTaggedBuild } from './plan-tagged-build.ts'
import { isTrusted, type Trigger } from './trigger.ts'

/** The changed files of a trigger; `all` when they are not known or GitHub's list was cut short. */
export type ChangedFiles = { readonly kind: 'all' } | { readonly kind: 'listed'; readonly files: readonly string[] }

export const ALL_FILES: ChangedFiles = { kind: 'all' }

export interface LegPlan {
  readonly job: string
  /** The check run's name: `docker / runtime (nikolaik)`. */
  readonly name: string
  readonly matrix: MatrixCombination
  /** Names of legs of the same run that must have succeeded first. */
  readonly needs: readonly string[]
  readonly start: LegStart
  /** What the leg waits for before it is dispatched, beside its needs; null: nothing. `approval`: of its commit by a maintainer. `never`: it is not dispatched at all. */
  readonly hold: 'approval' | 'never' | null
  /** Whether an untrusted leg is to build its image and do nothing else. */
  readonly buildOnly: boolean
  /** Interpolated, without `signalbox`. */
  readonly inputs: Readonly<Record<string, string>>
  /** Why this leg is not run; null: it is run. */
  readonly skip: string | null
  /** Null: the job has none. */
  readonly image: LegImage | null
  readonly failFast: boolean
  readonly maxParallel: number | null
  readonly retries: Job['retries']
  readonly timeoutMs: number
  /** Test results that its workflow run uploads; null: none. */
  readonly report: ReportConfig | null
  /** Null: the leg is run whatever succeeded before. */
  readonly reuse: LegReuse | null
}

export type LegStart = { readonly kind: 'dispatch'; readonly workflow: string; readonly ref: string } | ObservedStart

export interface LegReuse {
  /** Digest of everything that decides the leg's result. */
  readonly key: string
  /** The trusted leg that succeeded with the same key before; null: none did. */
  readonly from: ReusedResult | null
}

export interface ReusedResult {
  readonly sha: string
  /** Of its workflow run; null: not known. */
  readonly url: string | null
  /** Full names of the tags of the image that it built; none: no image, or not known. */
  readonly imageTags: readonly string[]
}

export interface LegImage {
  readonly name: string
  /** How it is built for this leg; null: the configuration has no `images`, and only the name is known. */
  readonly build: ImageBuild | null
}

export interface GatePlan {
  readonly id: string
  readonly name: string
  /** Names of legs of the same run. */
  readonly needs: readonly string[]
}

export interface RunPlan {
  readonly pipeline: string
  /** Why nothing is run; null: legs are run. */
  readonly skipped: string | null
  /** Whether the pipeline listens to this trigger at all. One that does not is no run, and posts nothing. */
  readonly listens: boolean
  readonly concurrency: Pipeline['concurrency']
  readonly legs: readonly LegPlan[]
  readonly gates: readonly GatePlan[]
}

export interface Plan {
  readonly trigger: Trigger
  readonly trusted: boolean
  readonly runs: readonly RunPlan[]
}

/** What every leg of a plan has in common. */
interface Occasion {
  readonly trigger: Trigger
  readonly trusted: boolean
  readonly now: Date
  readonly images: readonly ImageConfig[]
  /** By image: decided for the first leg that has it, and the same for all. */
  readonly tags: Map<string, DecidedTags>
}

/** @param now what dates in the tags of images are made of. */
export function planRuns(trigger: Trigger, config: Config, changed: ChangedFiles, now: Date): Plan {
  const trusted = isTrusted(trigger)
  const occasion = { trigger, trusted, now, images: config.images, tags: new Map() }
  return { trigger, trusted, runs: config.pipelines.map((pipeline) => planRun(pipeline, occasion, changed)) }
}

/** Whether any pipeline that listens to the trigger has path filters, so that its changed files must be known. */
export function needsChangedFiles(trigger: Trigger, config: Config): boolean {
  return config.pipelines.some((pipeline) => {
    if (deafTo(pipeline, trigger) !== null) return false
    const filter = pathFilter(pipeline, trigger)
    return filter !== null && filter.include.length + filter.exclude.length > 0
  })
}

function planRun(pipeline: Pipeline, occasion: Occasion, changed: ChangedFiles): RunPlan {
  const { trigger } = occasion
  const base = { pipeline: pipeline.name, concurrency: pipeline.concurrency }
  const deaf = deafTo(pipeline, trigger)
  if (deaf !== null) return { ...base, skipped: deaf, listens: false, legs: [], gates: [] }
  const unchanged = unchangedPaths(pathFilter(pipeline, trigger), changed)
  if (unchanged !== null) {
    const gates = pipeline.gates.map((gate) => ({ id: gate.id, name: gate.name, needs: [] }))
    return { ...base, skipped: unchanged, listens: true, legs: [], gates }
  }
  const legs = planLegs(pipeline, occasion)
  return { ...base, skipped: null, listens: true, legs, gates: planGates(pipeline.gates, legs) }
}

/** Why the pipeline does not listen to this trigger; null: it does. */
function deafTo(pipeline: Pipeline, trigger: Trigger): string | null {
  const { on } = pipeline
  const not = (what: string) => `the pipeline does not run on ${what}`
  switch (trigger.kind) {
    case 'push':
      if (!on.push) return not('pushes')
      return matchesBranch(on.push.branches, trigger.refName) ? null : not(`pushes to branch ${trigger.refName}`)
    case 'tag':
      if (!on.tag) return not('tags')
      return compileGlobs(on.tag)(trigger.refName) ? null : not(`tag ${trigger.refName}`)
    case 'pull_request':
      if (!on.pullRequest) return not('pull requests')
      if (!matchesBranch(on.pullRequest.branches, trigger.pullRequest.baseRef))
        return not(`pull requests into ${trigger.pullRequest.baseRef}`)
      return trigger.pullRequest.draft && !on.pullRequest.drafts ? not('draft pull requests') : null
    case 'merge_group':
      if (!on.mergeGroup) return not('merge groups')
      return matchesBranch(on.mergeGroup.branches, trigger.baseRef) ? null : not(`merge groups into ${trigger.baseRef}`)
    case 'manual':
      if (!on.manual) return not('manual requests')
      return trigger.pipelines === null || trigger.pipelines.includes(pipeline.name)
        ? null
        : 'the manual request did not name this pipeline'
  }
}

function pathFilter(pipeline: Pipeline, trigger: Trigger): PathFilter | null {
  if (trigger.kind === 'push') return pipeline.on.push?.paths ?? null
  if (trigger.kind === 'pull_request') return pipeline.on.pullRequest?.paths ?? null
  return null
}

function unchangedPaths(filter: PathFilter | null, changed: ChangedFiles): string | null {
  if (filter === null || changed.kind === 'all' || matchesPaths(filter, changed.files)) return null
  const count = changed.files.length === 1 ? '1 changed file' : `${changed.files.length} changed files`
  return `none of the ${count} matches the pipeline's paths`
}

function planLegs(pipeline: Pipeline, occasion: Occasion): LegPlan[] {
  const byJob = new Map<string, LegPlan[]>()
  for (const job of pipeline.jobs) {
    const needed = job.needs.flatMap((name) => byJob.get(name) ?? [])
    const skip = skipReason(job, needed, occasion.trusted)
    byJob.set(
      job.name,
      expandMatrix(job.matrix).map((matrix) => planLeg(pipeline.name, job, matrix, needed, skip, occasion)),
    )
  }
  return [...byJob.values()].flat()
}

function skipReason(job: Job, needed: readonly LegPlan[], trusted: boolean): string | null {
  if (!trusted && job.forks === 'skip') return 'not run for pull requests from forks'
  const skipped = needed.find((leg) => leg.skip !== null)
  return skipped ? `needs ${skipped.name}, which is skipped` : null
}

function planLeg(
  pipeline: string,
  job: Job,
  matrix: MatrixCombination,
  needed: readonly LegPlan[],
  skip: string | null,
  occasion: Occasion,
): LegPlan {
  const { trigger } = occasion
  const image = planImage(job.image, matrix, occasion)
  const values = interpolationValues(trigger, { matrix, image: valuesOfImage(image) })
  return {
    job: job.name,
    name: legName(pipeline, job.name, matrix),
    matrix,
    needs: needed.map((leg) => leg.name),
    workflow: job.workflow,
    ref: job.ref === null ? trigger.repo.defaultBranch : interpolate(job.ref, values),
    inputs: Object.fromEntries(Object.entries(job.inputs).map(([key, text]) => [key, interpolate(text, values)])),
    skip,
    image,
    failFast: job.failFast,
    maxParallel: job.maxParallel,
    retries: job.retries,
    timeoutMs: job.timeoutMs,
  }
}

function planImage(name: string | null, matrix: MatrixCombination, occasion: Occasion): LegImage | null {
  if (name === null) return null
  const { now, tags } = occasion
  const image = occasion.images.find((candidate) => candidate.name === name)
  if (image === undefined) return { name, build: null }
  const subject = subjectOfTrigger(occasion.trigger, matrix, occasion.trusted)
  const decided = tags.get(name) ?? decideImageTags(image, subject, now)
  tags.set(name, decided)
  return { name, build: planTaggedBuild(image, subject, decided, { ...AS_CONFIGURED, now }) }
}

/** What the command line's flags could change. Labels of the OCI are the executor's to add: it knows more of the repository. */
const AS_CONFIGURED = { org: null, suffix: null, platforms: null, push: true, extraTags: [], ociLabels: false }

function valuesOfImage(image: LegImage | null) {
  if (image === null) return null
  return { name: image.name, repository: image.build?.repository ?? '', version: image.build?.version ?? '' }
}

function planGates(gates: readonly Gate[], legs: readonly LegPlan[]): GatePlan[] {
  return gates.map((gate) => ({
    id: gate.id,
    name: gate.name,
    needs: legs.filter((leg) => gate.needs.includes(leg.job)).map((leg) => leg.name),
  }))
}
