/**
 * The sweeps of images, one for each image repository. The whole graph is read before anything is decided: manifests that were read
 * before are remembered, since what a digest names never changes. Each version is looked at once more right before it goes.
 */
import type { Config } from '../domain/config.ts'
import { decideImages } from '../domain/decide-images.ts'
import { TransientError } from '../domain/errors.ts'
import { fitPlan, formatImagePlan, makeImagePlan, planDrift } from '../domain/image-plan.ts'
import type { ImageDecision, ImageRetentionConfig } from '../domain/image-retention.ts'
import { interpolate } from '../domain/interpolate.ts'
import type { SweepOutcome } from '../domain/sweep.ts'
import type { Repo } from '../domain/trigger.ts'
import type { ImageRepository, ManifestMemory, OpenImageRepository, SweepGitHub, SweepStore } from '../ports/sweeps.ts'
import type { Clock, GitHub } from '../ports.ts'
import { observeImages } from './observe-images.ts'
import { type Sweep, type SweepWork, skipped } from './sweep.ts'
import type { SweepTask } from './sweep-job.ts'

export interface ImageSweepsOptions {
  readonly github: SweepGitHub
  /** What dispatches the workflow that carries plans out. */
  readonly installation: Pick<GitHub, 'dispatchWorkflow'>
  readonly repo: Repo
  readonly clock: Clock
  readonly config: Config
  readonly store: Pick<SweepStore, 'manifests' | 'previewedCommits'>
  readonly openImages: OpenImageRepository
}

/** One for each repository that the configuration names, or that its images are in. */
export function makeImageSweeps(options: ImageSweepsOptions): SweepTask[] {
  const { config, repo, store } = options
  const { images } = config.cleanup
  if (images === null) return []
  return imageRepositories(config, repo).map((name) => ({
    kind: 'images' as const,
    target: name,
    sweep: makeImageSweep({
      ...options,
      config: images,
      name,
      manifests: store.manifests,
      previewedCommits: () => store.previewedCommits(repo.id),
    }),
  }))
}

export function imageRepositories(config: Config, repo: Repo): string[] {
  const named = config.cleanup.images?.repositories ?? []
  const written = named.length > 0 ? named : config.images.map((image) => image.repository)
  const names = written.map((text) => interpolate(text, { ...NO_VALUES, repo }).toLowerCase())
  return [...new Set(names)]
}

/** A repository's name may hold nothing but the repository's own. */
const NO_VALUES = {
  sha: '',
  refName: '',
  event: 'push',
  version: '',
  pullRequest: null,
  matrix: {},
  image: null,
} as const

export interface ImageSweepOptions {
  readonly github: SweepGitHub
  readonly installation: Pick<GitHub, 'dispatchWorkflow'>
  readonly repo: Repo
  readonly clock: Clock
  readonly config: ImageRetentionConfig
  /** `registry/path`. */
  readonly name: string
  readonly openImages: OpenImageRepository
  readonly manifests: ManifestMemory
  readonly previewedCommits: () => Promise<ReadonlySet<string>>
}

export function makeImageSweep(options: ImageSweepOptions): Sweep<ImageDecision> {
  const { github, clock, config, name } = options
  let opened: Promise<ImageRepository> | null = null
  const open = () => {
    opened ??= options.openImages(name)
    return opened
  }
  return {
    spent: () => github.spent(),
    async plan(spent) {
      const { facts, problems } = await observeImages({ ...options, images: await open(), now: clock.now() })
      const plan = decideImages(facts, config, spent)
      return { ...plan, problems: [...problems, ...plan.problems] }
    },
    async apply(actions, work) {
      const images = await open()
      if (images.canDelete) return deleteAll(images, actions, work)
      return handOver(options, actions, work)
    },
  }
}

/** Versions whose intent is committed together. */
const AT_ONCE = 10

async function deleteAll(images: ImageRepository, actions: readonly ImageDecision[], work: SweepWork): Promise<void> {
  for (let start = 0; start < actions.length; start += AT_ONCE)
    for (const action of await work.begin(actions.slice(start, start + AT_ONCE)))
      await work.record([await deleteOne(images, action, work)])
}

async function deleteOne(images: ImageRepository, action: ImageDecision, work: SweepWork): Promise<SweepOutcome> {
  const { subject, do: doing } = action
  const now = await images.findVersion(action.digest)
  if (now === null) return { subject, do: doing, outcome: 'done', operations: 0, note: 'it was gone already' }
  const drift = planDrift({ digest: action.digest, tags: action.tags, untag: untagOf(action) }, now)
  if (drift !== null) return skipped(action, drift)
  if (!action.keep) {
    await work.pace({ content: 0, all: 1 })
    return outcomeOf(action, await images.deleteVersion(now), 1)
  }
  let operations = 0
  for (const tag of action.untag) {
    await work.pace({ content: 0, all: 1 })
    const result = await images.removeTag(action.digest, tag)
    if (result.kind === 'unsupported')
      return {
        subject,
        do: doing,
        outcome: 'refused',
        operations,
        note: `the registry cannot take away the tag ${tag} alone`,
      }
    if (result.kind !== 'deleted' && result.kind !== 'gone') return outcomeOf(action, result, operations)
    operations++
  }
  return { subject, do: doing, outcome: 'done', operations, note: '' }
}

function untagOf(action: ImageDecision): readonly string[] | null {
  return action.keep ? action.untag : null
}

function outcomeOf(
  { subject, do: doing }: ImageDecision,
  result: Awaited<ReturnType<ImageRepository['deleteVersion']>>,
  operations: number,
): SweepOutcome {
  switch (result.kind) {
    case 'deleted':
      return { subject, do: doing, outcome: 'done', operations, note: '' }
    case 'gone':
      return { subject, do: doing, outcome: 'done', operations: 0, note: 'it was gone already' }
    case 'deferred':
      throw new TransientError(result.message, { retryAfterMs: result.retryAfterMs })
    case 'refused':
      return { subject, do: doing, outcome: 'refused', operations: 0, note: result.message }
    case 'unknown':
      return { subject, do: doing, outcome: 'failed', operations, note: result.message }
  }
}

/** The plan is bound to digests and their tags, so that carrying it out twice, or late, does no harm. */
async function handOver(options: ImageSweepOptions, actions: readonly ImageDecision[], work: SweepWork): Promise<void> {
  const { installation, repo, clock, config, name } = options
  const whole = makeImagePlan({ sweep: name, repository: name, decidedAt: clock.now(), actions })
  const plan = fitPlan(whole)
  const handed = actions.slice(0, plan.actions.length)
  if ((await work.begin(handed)).length < handed.length) return
  const request = { workflow: config.workflow, ref: repo.defaultBranch, inputs: { plan: formatImagePlan(plan) } }
  const result = await installation.dispatchWorkflow(repo, request)
  if (result.kind === 'deferred') throw new TransientError(result.message, { retryAfterMs: result.retryAfterMs })
  const note =
    result.kind === 'dispatched'
      ? `handed to ${result.url ?? config.workflow}`
      : `${config.workflow} could not be dispatched: ${result.message}. Add it with «signalbox init», or set PACKAGES_TOKEN`
  const outcome = result.kind === 'dispatched' ? 'done' : result.kind === 'refused' ? 'refused' : 'failed'
  const told =
    (operations: number) =>
    (action: ImageDecision, index: number): SweepOutcome => ({
      subject: action.subject,
      do: action.do,
      outcome,
      operations: index < operations ? 1 : 0,
      note,
    })
  await work.record(handed.map(told(outcome === 'done' ? handed.length : 0)))
  const left = actions.slice(handed.length)
  await work.record(
    left.map(
      ({ subject, do: doing }): SweepOutcome => ({
        subject,
        do: doing,
        outcome: 'left',
        operations: 0,
        note: 'the plan is full',
      }),
    ),
  )
}
