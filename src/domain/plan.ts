/**
 * Which runs a trigger starts. A pipeline that does not listen to the trigger does nothing; one that listens, but
 * whose path filters let no changed file through, is a run with nothing to do, whose gates succeed at once and say why.
 * Everything is decided here, before anything is dispatched: the same trigger, configuration and files give the same plan.
 */
import { subjectOfTrigger } from './build-subject.ts'
import type {
  Config,
  ForksConfig,
  Gate,
  ImageConfig,
  Job,
  MatrixCombination,
  ObservedStart,
  PathFilter,
  Pipeline,
  ReportConfig,
} from './config.ts'
import { compileGlobs, matchesBranch, matchesPaths } from './globs.ts'
import { decideImageTags, type ImageBuild } from './image-build.ts'
import { type InterpolationValues, interpolate, interpolationValues } from './interpolate.ts'
import { expandMatrix, legName } from './matrix.ts'
import { type DecidedTags, planTaggedBuild } from './plan-tagged-build.ts'
import { reuseKey } from './reuse-key.ts'
import { isTrusted, pullRequestOf, type Trigger } from './trigger.ts'

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
  /** The job's inputs where another workflow stands in for forks, which need not declare them: told inside `signalbox`. Null: they are `inputs`. */
  readonly toldInputs: Readonly<Record<string, string>> | null
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
  readonly maxAgeMs: number
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

/** What a leg ended as. */
export interface LegResult {
  readonly legId: string
  readonly name: string
  readonly result: 'passed' | 'failed' | 'flaky'
  /** Null: it cannot be reused. */
  readonly reusable: ({ readonly key: string } & ReusedResult) | null
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

/** What the results of earlier legs are found by. */
export interface ReuseFacts {
  /** Path → mode and blob id of every file of the commit. */
  readonly tree: ReadonlyMap<string, string>
  /** `ref:file` of each workflow that a job with `reuse` dispatches → digest of its text. */
  readonly workflows: ReadonlyMap<string, string>
}

/** What every leg of a plan has in common. */
interface Occasion {
  readonly trigger: Trigger
  readonly trusted: boolean
  readonly now: Date
  readonly forks: ForksConfig
  readonly changed: ChangedFiles
  readonly reuse: ReuseFacts | null
  readonly images: readonly ImageConfig[]
  /** By image: decided for the first leg that has it, and the same for all. */
  readonly tags: Map<string, DecidedTags>
}

/**
 * @param now what dates in the tags of images are made of.
 * @param reuse null: nothing is reused.
 */
export function planRuns(
  trigger: Trigger,
  config: Config,
  changed: ChangedFiles,
  now: Date,
  reuse: ReuseFacts | null = null,
): Plan {
  const trusted = isTrusted(trigger)
  const { images, forks } = config
  const occasion: Occasion = { trigger, trusted, now, forks, changed, reuse, images, tags: new Map() }
  return { trigger, trusted, runs: config.pipelines.map((pipeline) => planRun(pipeline, occasion)) }
}

/** Whether anything that the trigger plans depends on its changed files: path filters, or what strangers' workflows do. */
export function needsChangedFiles(trigger: Trigger, config: Config): boolean {
  const trusted = isTrusted(trigger)
  return config.pipelines.some((pipeline) => {
    if (deafTo(pipeline, trigger) !== null) return false
    if (!trusted && pipeline.jobs.some((job) => chooseStart(job, config.forks, trusted).kind !== 'dispatch'))
      return true
    const filter = pathFilter(pipeline, trigger)
    return filter !== null && filter.include.length + filter.exclude.length > 0
  })
}

/** The workflows, as `ref` and file, whose text decides whether legs of this trigger can be reused; none: none can. */
export function reusableWorkflows(trigger: Trigger, config: Config): { ref: string; workflow: string }[] {
  // A person who asks for a run wants one, and what is released is built for its tag.
  if (trigger.kind === 'manual' || trigger.kind === 'tag') return []
  const listening = config.pipelines.filter((pipeline) => deafTo(pipeline, trigger) === null)
  const found = new Map<string, { ref: string; workflow: string }>()
  for (const { start, reuse } of listening.flatMap((pipeline) => pipeline.jobs)) {
    if (reuse === null || start.kind !== 'dispatch') continue
    const ref = start.ref ?? trigger.repo.defaultBranch
    // A ref that is made of values differs from commit to commit.
    if (!ref.includes('${{')) found.set(workflowKey(ref, start.workflow), { ref, workflow: start.workflow })
  }
  return [...found.values()]
}

export function workflowKey(ref: string, workflow: string): string {
  return `${ref}:${workflow}`
}

/** The runs, each leg with what it can reuse. */
export function withReusable(runs: readonly RunPlan[], found: ReadonlyMap<string, ReusedResult>): RunPlan[] {
  return runs.map((run) => ({
    ...run,
    legs: run.legs.map((leg) => {
      const from = leg.reuse === null ? undefined : found.get(leg.reuse.key)
      return leg.reuse === null || from === undefined ? leg : { ...leg, reuse: { ...leg.reuse, from } }
    }),
  }))
}

function planRun(pipeline: Pipeline, occasion: Occasion): RunPlan {
  const { trigger, changed } = occasion
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
    case 'label':
      return not('labels')
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
  const { trigger, trusted, forks } = occasion
  const image = planImage(job.image, matrix, occasion)
  const values = interpolationValues(trigger, { matrix, image: valuesOfImage(image) })
  const start = chooseStart(job, forks, trusted)
  const inputs = Object.fromEntries(Object.entries(job.inputs).map(([key, text]) => [key, interpolate(text, values)]))
  const standsIn = !trusted && forks.workflow !== null && start.kind === 'dispatch'
  return {
    job: job.name,
    name: legName(pipeline, job.name, matrix),
    matrix,
    needs: needed.map((leg) => leg.name),
    start: start.kind === 'dispatch' ? { ...start, ref: refOf(start.ref, occasion, values) } : start,
    hold: trusted ? null : holdOf(start, occasion),
    buildOnly: !trusted && job.forks === 'build-only',
    inputs: standsIn ? {} : inputs,
    toldInputs: standsIn ? inputs : null,
    skip,
    image,
    failFast: job.failFast,
    maxParallel: job.maxParallel,
    retries: job.retries,
    timeoutMs: job.timeoutMs,
    report: job.report === null ? null : { ...job.report, artifact: interpolate(job.report.artifact, values) },
    reuse: planReuse(job, matrix, image, occasion),
  }
}

/** Strangers name branches: which of ours a workflow is taken from is not theirs to say. */
function refOf(ref: string | null, { trigger, trusted }: Occasion, values: InterpolationValues): string {
  if (ref === null || (!trusted && ref.includes('${{'))) return trigger.repo.defaultBranch
  return interpolate(ref, values)
}

/** What the job starts, or follows, for this trust. */
function chooseStart(job: Job, forks: ForksConfig, trusted: boolean): Job['start'] {
  const { start } = job
  if (trusted || start.kind !== 'dispatch') return start
  if (forks.start === 'observe') return { kind: 'observe_workflow', workflow: start.workflow }
  return forks.workflow === null ? start : { kind: 'dispatch', workflow: forks.workflow, ref: null }
}

/** GitHub's own app, whose check runs are the jobs of workflows. */
const ACTIONS_APP = 'github-actions'
const WORKFLOW_FILES: PathFilter = { include: ['.github/workflows/**', '.github/actions/**'], exclude: [] }

/**
 * What an untrusted leg waits for. GitHub runs the workflows of a pull request as the pull request has them, so that one
 * which changes them writes its own verdict: what is observed then waits for a maintainer too.
 */
function holdOf(start: Job['start'], { trigger, forks, changed }: Occasion): LegPlan['hold'] {
  if (isExempt(trigger, forks)) return null
  const hold = forks.policy === 'never' ? 'never' : 'approval'
  if (start.kind === 'dispatch') return forks.policy === 'run' ? null : hold
  if (start.kind === 'observe_check' && start.app !== ACTIONS_APP) return null
  return changed.kind === 'all' || matchesPaths(WORKFLOW_FILES, changed.files) ? hold : null
}

const MEMBERS = ['OWNER', 'MEMBER']

function isExempt(trigger: Trigger, forks: ForksConfig): boolean {
  const pullRequest = pullRequestOf(trigger)
  if (pullRequest === null) return false
  if (forks.trustedAuthors.includes(pullRequest.author.toLowerCase())) return true
  return forks.trustMembers && MEMBERS.includes(pullRequest.association)
}

/** Null: nothing can be reused. An image that is only known by name cannot be given this commit's tags. */
function planReuse(
  job: Job,
  matrix: MatrixCombination,
  image: LegImage | null,
  { trigger, trusted, reuse, images }: Occasion,
): LegPlan['reuse'] {
  if (job.reuse === null || reuse === null || job.start.kind !== 'dispatch') return null
  if (image !== null && (!trusted || image.build === null)) return null
  const ref = job.start.ref ?? trigger.repo.defaultBranch
  const workflow = reuse.workflows.get(workflowKey(ref, job.start.workflow))
  if (workflow === undefined) return null
  const configured = images.find(({ name }) => name === job.image) ?? null
  const key = reuseKey({ job, matrix, image: configured, tree: reuse.tree, workflow, trigger })
  return key === null ? null : { key, maxAgeMs: job.reuse.maxAgeMs, from: null }
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
