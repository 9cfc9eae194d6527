/**
 * The configuration of one repository, as the rest of Signalbox sees it: checked, defaults filled in, names in
 * camelCase. Whatever a file says, a value of these types is safe to plan with: every name resolves, nothing is
 * cyclic, no matrix is empty. `parse-config.ts` is the only place that makes one.
 */

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

export interface Job {
  readonly name: string
  /** File name of the executor workflow under `.github/workflows`. */
  readonly workflow: string
  /** Branch or tag whose workflow file is dispatched; null: the default branch. */
  readonly ref: string | null
  /** Names of jobs of the same pipeline, all of whose legs must have succeeded first. */
  readonly needs: readonly string[]
  readonly matrix: Matrix | null
  /** Whether one failed leg cancels the job's other legs. */
  readonly failFast: boolean
  /** Most legs of this job at work at once; null: no bound. */
  readonly maxParallel: number | null
  readonly retries: { readonly max: number; readonly delayMs: number }
  /** How long one attempt may take before it is cancelled and counts as timed out. */
  readonly timeoutMs: number
  /** Workflow inputs, not yet interpolated. */
  readonly inputs: Readonly<Record<string, string>>
  /** Name of an image that this job builds or uses; null: none. */
  readonly image: string | null
  readonly forks: ForkRule
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

export interface Config {
  readonly pipelines: readonly Pipeline[]
  /** In an order in which every image comes after those that it needs; otherwise as in the file. */
  readonly images: readonly ImageConfig[]
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
/** Largest configuration file, in bytes. */
export const MAX_CONFIG_BYTES = 256 * 1024
/** Where the configuration lives in a repository. */
export const CONFIG_PATH = '.github/signalbox.yml'
