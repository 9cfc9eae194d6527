/**
 * The configuration of one repository, as the rest of Signalbox sees it: checked, defaults filled in, names in
 * camelCase. Whatever a file says, a value of these types is safe to plan with: every name resolves, nothing is
 * cyclic, no matrix is empty. `parse-config.ts` is the only place that makes one.
 */

import type { ImageRetentionConfig } from './image-retention.ts'
import type { RunRetentionConfig } from './run-retention.ts'
import type { StaleConfig } from './stale.ts'

/** A value of a matrix: a scalar, or an object whose fields inputs can name as `${{ matrix.<axis>.<field> }}`. */
export type MatrixValue = string | number | boolean | { readonly [field: string]: string | number | boolean }

/** Axis name → its value, in the order of the axes. One combination of a job's matrix; `{}` for a job without one. */
export type MatrixCombination = Readonly<Record<string, MatrixValue>>

export interface Matrix {
  readonly axes: Readonly<Record<string, readonly MatrixValue[]>>
  /** Partial combinations that are removed, as in GitHub Actions. */
  readonly exclude: readonly MatrixCombination[]
  /** Combinations that are added, or fields added to the ones that they match, as in GitHub Actions. */
  readonly include: readonly MatrixCombination[]
}

/** Globs on changed files. A change counts when one of its files matches `include` and not `exclude`. */
export interface PathFilter {
  /** Empty: every file. */
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

export interface PushTrigger {
  /** Globs on branch names; empty: every branch. A leading `!` takes away from what came before. */
  readonly branches: readonly string[]
  readonly paths: PathFilter
}

export interface TagTrigger {
  /** Globs on tag names; empty: every tag. */
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

export interface PullRequestTrigger {
  /** Globs on the base branch; empty: every branch. */
  readonly branches: readonly string[]
  readonly paths: PathFilter
  /** Whether draft pull requests run. */
  readonly drafts: boolean
}

export interface MergeGroupTrigger {
  /** Globs on the base branch; empty: every branch. */
  readonly branches: readonly string[]
}

export interface PipelineTriggers {
  readonly push?: PushTrigger
  readonly tag?: TagTrigger
  readonly pullRequest?: PullRequestTrigger
  readonly mergeGroup?: MergeGroupTrigger
  /** `repository_dispatch` of type `signalbox`. */
  readonly manual?: Readonly<Record<never, never>>
}

export const FORK_RULES = ['run', 'build-only', 'skip'] as const
/** What a job does for an untrusted pull request. */
export type ForkRule = (typeof FORK_RULES)[number]

export const CONCURRENCY_RULES = ['cancel', 'keep'] as const
/** What a new commit of a pull request does to the older commit's run. Pushes and tags always stand alone. */
export type ConcurrencyRule = (typeof CONCURRENCY_RULES)[number]

/** What another event starts on the commit, and a job follows: nothing is dispatched. */
export type ObservedStart =
  /** The newest run of this workflow file that GitHub itself started on the commit. */
  | { readonly kind: 'observe_workflow'; readonly workflow: string }
  /** The newest check run of this name that the app with this slug posted on the commit. */
  | { readonly kind: 'observe_check'; readonly name: string; readonly app: string }

export type JobStart =
  /** `workflow`: file name of the executor workflow under `.github/workflows`. `ref`: branch or tag whose workflow file is dispatched; null: the default branch. */
  { readonly kind: 'dispatch'; readonly workflow: string; readonly ref: string | null } | ObservedStart

export const RETRIED_LEGS = ['any', 'flaky'] as const
/** Which failed legs are tried again: all, or those that were flaky before. */
export type RetriedLegs = (typeof RETRIED_LEGS)[number]

/** A file of test results that a leg's workflow run uploads. */
export interface ReportConfig {
  readonly format: 'junit'
  /** Name of the artifact. May hold `${{ … }}`. */
  readonly artifact: string
}

/** When a leg that succeeded before with the same inputs is not run again. */
export interface ReuseConfig {
  /** Globs on the repository's files: what decides the result. At least one. */
  readonly inputs: readonly string[]
  readonly maxAgeMs: number
}

export interface Job {
  readonly name: string
  readonly start: JobStart
  /** Names of jobs of the same pipeline, all of whose legs must have succeeded first. */
  readonly needs: readonly string[]
  readonly matrix: Matrix | null
  /** Whether one failed leg cancels the job's other legs. */
  readonly failFast: boolean
  /** Most legs of this job at work at once; null: no bound. */
  readonly maxParallel: number | null
  readonly retries: { readonly max: number; readonly delayMs: number; readonly only: RetriedLegs }
  /** How long one attempt may take before it is cancelled and counts as timed out. */
  readonly timeoutMs: number
  /** Workflow inputs, not yet interpolated. */
  readonly inputs: Readonly<Record<string, string>>
  /** Name of an image that this job builds or uses; null: none. */
  readonly image: string | null
  readonly forks: ForkRule
  /** Null: the job uploads no test results. */
  readonly report: ReportConfig | null
  /** Null: every leg is run. */
  readonly reuse: ReuseConfig | null
}

export interface Gate {
  /** Its key in the file. */
  readonly id: string
  /** The name of its check run: what branch protection requires. */
  readonly name: string
  /** Names of jobs of the same pipeline, all of whose legs it waits for. */
  readonly needs: readonly string[]
}

export interface Pipeline {
  readonly name: string
  readonly on: PipelineTriggers
  readonly concurrency: ConcurrencyRule
  /** In an order in which every job comes after those that it needs; otherwise as in the file. */
  readonly jobs: readonly Job[]
  readonly gates: readonly Gate[]
}

/** How the tags of an image are decided. */
export type TagPolicy =
  /** The commit, short and long; the ref; `x`, `x.y` and `latest` for a version. */
  | { readonly kind: 'default' }
  /** Rules and flavor in the grammar of docker/metadata-action, checked when the configuration was read. */
  | { readonly kind: 'rules'; readonly rules: readonly string[]; readonly flavor: readonly string[] }

export interface CacheConfig {
  /** Repository of the cache; null: the image's own. */
  readonly repository: string | null
  /** `max`: layers of all stages, `min`: of the last one. */
  readonly mode: 'min' | 'max'
}

/** An image whose base image, sources and lock files decide its tags, and which of the images that exist it can reuse. */
export interface RuntimeConfig {
  /** Begins every tag: `oh` in `oh_v0.56.0_…`. */
  readonly tagPrefix: string
  /** A literal version, or a key (`tool.poetry.version`) of a TOML, JSON or YAML file. */
  readonly version: string | { readonly file: string; readonly key: string }
  /** Files whose bytes decide which installed dependencies can be reused, in order. */
  readonly lockFiles: readonly string[]
  /** The directory whose names and bytes decide which sources can be reused. */
  readonly source: string
  /** Files and directories that are in the build context beside the sources and the lock files. */
  readonly include: readonly string[]
  /** Patterns as in `.gitignore` of what is neither hashed nor copied. */
  readonly ignore: readonly string[]
  /** The first is built from when none is asked for. */
  readonly baseImages: readonly string[]
  /** Whether a browser is installed. */
  readonly browser: boolean
  /** Path of the repository's own Dockerfile template; null: Signalbox's. */
  readonly template: string | null
}

/** What `images.<name>.runtime` means where it says nothing. */
export const DEFAULT_RUNTIME: RuntimeConfig = {
  tagPrefix: 'oh',
  version: { file: 'pyproject.toml', key: 'tool.poetry.version' },
  lockFiles: ['pyproject.toml', 'poetry.lock'],
  source: 'openhands',
  include: [],
  ignore: ['.*/', '__pycache__/', '*.pyc'],
  baseImages: [],
  browser: true,
  template: null,
}

/** What an image is built for where it says nothing. */
export const DEFAULT_PLATFORMS: readonly string[] = ['linux/amd64', 'linux/arm64']

/** Paths are relative to the repository, with `/` between their parts. */
export interface ImageConfig {
  readonly name: string
  /** Without a tag: `ghcr.io/acme/app`. May hold `${{ … }}`. */
  readonly repository: string
  readonly dockerfile: string
  readonly context: string
  /** Stage of the Dockerfile; null: the last. */
  readonly target: string | null
  /** `linux/amd64`, `linux/arm64/v8`; at least one. */
  readonly platforms: readonly string[]
  /** May hold `${{ … }}`. */
  readonly buildArgs: Readonly<Record<string, string>>
  /** Beside those of the OCI. May hold `${{ … }}`. */
  readonly labels: Readonly<Record<string, string>>
  /** Null: no cache in a registry. */
  readonly cache: CacheConfig | null
  readonly tags: TagPolicy
  /** Ends every tag that `tags` decides, after a `-`; empty: none. May hold `${{ … }}`. */
  readonly suffix: string
  /** Names of images that are built before this one. */
  readonly needs: readonly string[]
  /** Null: an image like any other. */
  readonly runtime: RuntimeConfig | null
}

export const FORK_POLICIES = ['approve', 'run', 'never'] as const
/** What is asked for before legs of a pull request from a fork are dispatched. */
export type ForkPolicy = (typeof FORK_POLICIES)[number]

export const FORK_STARTS = ['dispatch', 'observe'] as const

export interface ForksConfig {
  readonly policy: ForkPolicy
  /** `observe`: jobs that dispatch for trusted commits follow GitHub's own run of the same workflow for untrusted ones, which needs no approval. */
  readonly start: (typeof FORK_STARTS)[number]
  /** File name of the workflow that is dispatched for untrusted legs instead of the job's own; null: the job's own. */
  readonly workflow: string | null
  /** Logins, lower case, whose pull requests from forks need no approval. They stay untrusted. */
  readonly trustedAuthors: readonly string[]
  /** Whether those of the organisation's members need none. */
  readonly trustMembers: boolean
}

export const DEFAULT_FORKS: ForksConfig = {
  policy: 'approve',
  start: 'dispatch',
  workflow: null,
  trustedAuthors: [],
  trustMembers: false,
}

/** The label that approves the newest commit of a pull request from a fork. Nothing else can have it. */
export const APPROVAL_LABEL = 'ok-to-test'

/** A workflow that a label on a pull request starts, as a run of one leg. */
export interface LabelAction {
  readonly label: string
  readonly workflow: string
  /** Null: the default branch. */
  readonly ref: string | null
  /** May hold `${{ … }}`. */
  readonly inputs: Readonly<Record<string, string>>
  /** Whether the workflow pushes to the head branch, which for a fork takes «Allow edits by maintainers». */
  readonly pushes: boolean
  readonly timeoutMs: number
}

export interface PreviewWorkflow {
  readonly workflow: string
  /** Branch or tag of the preview's repository. */
  readonly ref: string
  /** May hold `${{ … }}`. */
  readonly inputs: Readonly<Record<string, string>>
}

export interface PreviewConfig {
  readonly name: string
  readonly label: string
  /** Jobs all of whose legs must have succeeded on the pull request's newest commit. */
  readonly needs: readonly { readonly pipeline: string; readonly job: string }[]
  /** Where the workflows are dispatched. */
  readonly repository: { readonly owner: string; readonly name: string }
  readonly deploy: PreviewWorkflow
  /** Null: there is none; the deployment only becomes inactive. */
  readonly teardown: PreviewWorkflow | null
  /** Whether a new commit is deployed again. */
  readonly redeploy: boolean
  /** Name of GitHub's environment. May hold `${{ … }}`. */
  readonly environment: string
  /** Where the preview can be seen. May hold `${{ … }}`. Null: not known. */
  readonly url: string | null
  /** How long its workflow may take. */
  readonly timeoutMs: number
}

export const SUMMARY_PLACES = ['comment', 'description', 'off'] as const

export interface SummaryConfig {
  readonly place: (typeof SUMMARY_PLACES)[number]
  /** Commands that run what the commit built. None: `docker run` for each image. */
  readonly commands: readonly {
    readonly title: string
    /** Shown once this image is built for the commit; null: always. */
    readonly image: string | null
    /** May hold `${{ … }}`. */
    readonly command: string
  }[]
}

/** Where the reports of sweeps can be read at GitHub beside the log: an issue that is edited in place. */
export type TrackingIssue =
  /** One that Signalbox opens. */
  { readonly kind: 'own' } | { readonly kind: 'number'; readonly number: number }

export interface CleanupConfig {
  /** Null: none is deleted. */
  readonly workflowRuns: RunRetentionConfig | null
  readonly images: ImageRetentionConfig | null
}

export interface Config {
  readonly forks: ForksConfig
  readonly labelActions: readonly LabelAction[]
  readonly previews: readonly PreviewConfig[]
  readonly summary: SummaryConfig
  /** Teams, as `organisation/team`, that may override a gate beside the repository's admins. */
  readonly overrideTeams: readonly string[]
  readonly pipelines: readonly Pipeline[]
  /** In an order in which every image comes after those that it needs; otherwise as in the file. */
  readonly images: readonly ImageConfig[]
  /** Null: nothing ever becomes stale. */
  readonly stale: StaleConfig | null
  readonly cleanup: CleanupConfig
  /** Null: there is none. */
  readonly trackingIssue: TrackingIssue | null
}

/** Of a repository that is left alone. */
export const NO_CONFIG: Config = {
  forks: DEFAULT_FORKS,
  labelActions: [],
  previews: [],
  summary: { place: 'off', commands: [] },
  overrideTeams: [],
  pipelines: [],
  images: [],
  stale: null,
  cleanup: { workflowRuns: null, images: null },
  trackingIssue: null,
}

/** One thing that is wrong with a configuration, at the place where it was written. */
export interface ConfigProblem {
  /** The file, as the caller named it: `.github/signalbox.yml`, or another repository's file that it extends. */
  readonly path: string
  /** Counted from 1. */
  readonly line: number
  /** Counted from 1, in UTF-16 units as editors do. */
  readonly column: number
  /** The key that it is about, such as `pipelines.docker.jobs.app.needs[0]`; empty: the whole file. */
  readonly at: string
  /** What is wrong, why, and what to do. */
  readonly message: string
}

/** Most legs of one job's matrix, as GitHub Actions bounds it. */
export const MAX_LEGS_PER_JOB = 256
/** Most legs of all jobs of one pipeline together. Every leg is a check run that somebody has to be able to read. */
export const MAX_LEGS_PER_PIPELINE = 1000
/** Most images of a repository. */
export const MAX_IMAGES = 100
/** Most build arguments, or labels, of an image, and most characters of each: all of it is told to its legs. */
export const MAX_IMAGE_TEXTS = 20
export const MAX_IMAGE_TEXT = 500
/** Most inputs of a job: GitHub takes 25, and one of them is `signalbox`. */
export const MAX_INPUTS = 24
/** Most inputs of a preview's workflow: all that GitHub takes. */
export const MAX_PREVIEW_INPUTS = 25
/** Most labels that start a workflow, and most previews. Each may run on every pull request. */
export const MAX_LABEL_ACTIONS = 100
export const MAX_PREVIEWS = 20
/** Most commands of a summary, and most characters of each: a comment has to be readable. */
export const MAX_COMMANDS = 20
export const MAX_COMMAND = 2000
/** Largest configuration file, in bytes. */
export const MAX_CONFIG_BYTES = 256 * 1024
/** Where the configuration lives in a repository. */
export const CONFIG_PATH = '.github/signalbox.yml'
