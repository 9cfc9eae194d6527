/**
 * The sweeps of images, one for each image repository. The whole graph is read before anything is decided: manifests that were read
 * before are remembered, since what a digest names never changes. Each version is looked at once more right before it goes.
 */
import type { Config } from '../domain/config.ts'
import { decideImages, type ImageSweepPlan } from '../domain/decide-images.ts'
import { TransientError } from '../domain/errors.ts'
import { whyNotOurs } from '../domain/image-owners.ts'
import { fitPlan, formatImagePlan, makeImagePlan } from '../domain/image-plan.ts'
import type { ImageDecision, ImageRetentionConfig, ImageRetentionFacts } from '../domain/image-retention.ts'
import { interpolate } from '../domain/interpolate.ts'
import type { SweepOutcome } from '../domain/sweep.ts'
import type { Repo } from '../domain/trigger.ts'
import type {
  ImageUseGitHub,
  ManifestMemory,
  OpenedImageRepository,
  OpenImageRepository,
  SweepGitHub,
  SweepStore,
} from '../ports/sweeps.ts'
import type { Clock, GitHub } from '../ports.ts'
import { deleteImages, type PlannedImage } from './delete-images.ts'
import { observeImages } from './observe-images.ts'
import type { Sweep, SweepWork } from './sweep.ts'
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

function imageRepositories(config: Config, repo: Repo): string[] {
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
  readonly github: SweepSources
  /** What dispatches the workflow that carries plans out; null: nothing can be dispatched from here. */
  readonly installation: Pick<GitHub, 'dispatchWorkflow'> | null
  readonly repo: Repo
  readonly clock: Clock
  readonly config: ImageRetentionConfig
  /** `registry/path`. */
  readonly name: string
  readonly openImages: OpenImageRepository
  readonly manifests: ManifestMemory
  readonly previewedCommits: () => Promise<ReadonlySet<string>>
}

export type SweepSources = ImageUseGitHub & Pick<SweepGitHub, 'spent'>

export function makeImageSweep(options: ImageSweepOptions): Sweep<ImageDecision> {
  const { github, clock, config, name } = options
  let images: OpenedImageRepository | null = null
  let before = github.spent()
  let decidedAt = clock.now()
  let known: ReadonlySet<string> = new Set()
  let spare: readonly (readonly ImageDecision[])[] = []
  return {
    spent() {
      const { requests, points } = github.spent()
      return { requests: requests - before.requests + (images?.requests() ?? 0), points: points - before.points }
    },
    async plan({ spent, begun, deleted }) {
      // Several sweeps of a repository ask with the same.
      before = github.spent()
      decidedAt = clock.now()
      images = await options.openImages(name)
      const stopped = whyNotOurs(images, await images.linkedTo(), options.repo)
      if (stopped !== null) return { decisions: [], actions: [], left: [], stopped, problems: [] }
      const { facts, problems } = await observeImages({ ...options, images, now: decidedAt, deleted })
      known = new Set(facts.versions.map(({ digest }) => digest))
      // What an earlier process began and is not there was deleted by it, though it could not say so any more.
      const done = begun.filter((subject) => !known.has(subject.slice(subject.lastIndexOf('@') + 1))).length
      const plan = images.canDelete
        ? decideImages(facts, config, spent + done)
        : decideHanded(options, decidedAt, facts, spent + done)
      spare = plan.leftGroups
      return { ...plan, problems: [...problems, ...plan.problems] }
    },
    async apply(actions, work) {
      images ??= await options.openImages(name)
      if (!images.canDelete) return handOver(options, decidedAt, actions, work)
      return deleteImages({ images, clock, decidedAt, known, spare: spare.map(toPlanned) }, toPlanned(actions), work)
    },
  }
}

function toPlanned(actions: readonly ImageDecision[]): PlannedImage[] {
  return actions.map((action) => ({ ...action, untag: action.keep ? action.untag : null }))
}

/** No more than can be handed over at once, and of what goes together all or nothing, as a budget has it. */
function decideHanded(
  { config, name }: ImageSweepOptions,
  decidedAt: Date,
  facts: ImageRetentionFacts,
  spent: number,
): ImageSweepPlan {
  const plan = decideImages(facts, config, spent)
  // The id of the sweep, by which the plan will be called, is no longer than this.
  const sweep = name.padEnd(40)
  const fitting = fitPlan(makeImagePlan({ sweep, repository: name, decidedAt, actions: plan.actions }))
  const isWhole = fitting.actions.length === plan.actions.length
  const operationsPerRun = spent + fitting.actions.reduce((sum, { untag }) => sum + (untag?.length ?? 1), 0)
  return isWhole ? plan : decideImages(facts, { ...config, operationsPerRun }, spent)
}

/** The plan is bound to digests and their tags, so that carrying it out twice, or late, does no harm. */
async function handOver(
  { installation, repo, config, name }: ImageSweepOptions,
  decidedAt: Date,
  actions: readonly ImageDecision[],
  work: SweepWork,
): Promise<void> {
  const planOf = (some: readonly ImageDecision[]) =>
    makeImagePlan({ sweep: work.id ?? name, repository: name, decidedAt, actions: some })
  const fitting = fitPlan(planOf(actions)).actions.length
  const handed = await work.begin(actions.slice(0, fitting))
  const left = actions
    .slice(fitting)
    .map((action) => outcomeOf(action, 'left', 'the plan is full; the next sweep goes on'))
  if (handed.length > 0) {
    const request = {
      workflow: config.workflow,
      ref: repo.defaultBranch,
      inputs: { plan: formatImagePlan(planOf(handed)) },
    }
    const { outcome, note } = await dispatch(installation, repo, request)
    await work.record(handed.map((action) => outcomeOf(action, outcome, note)))
  }
  await work.record(left)
}

async function dispatch(
  installation: ImageSweepOptions['installation'],
  repo: Repo,
  request: Parameters<GitHub['dispatchWorkflow']>[1],
): Promise<Pick<SweepOutcome, 'outcome' | 'note'>> {
  if (installation === null)
    return { outcome: 'refused', note: 'without PACKAGES_TOKEN nothing can be deleted from here' }
  const result = await installation.dispatchWorkflow(repo, request)
  switch (result.kind) {
    case 'dispatched':
      return { outcome: 'handed', note: `handed to ${result.url ?? request.workflow}` }
    case 'deferred':
      throw new TransientError(result.message, { retryAfterMs: result.retryAfterMs })
    default: {
      const advice = 'add it as «signalbox init --cleanup --dry-run» prints it, or set PACKAGES_TOKEN'
      const note = `${request.workflow} could not be dispatched: ${result.message}; ${advice}`
      return { outcome: result.kind === 'refused' ? 'refused' : 'failed', note }
    }
  }
}

function outcomeOf(
  { subject, do: doing, keep, untag }: ImageDecision,
  outcome: SweepOutcome['outcome'],
  note: string,
): SweepOutcome {
  const operations = outcome !== 'handed' ? 0 : keep ? untag.length : 1
  return { subject, do: doing, outcome, operations, note }
}
