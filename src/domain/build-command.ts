/**
 * The command that builds an image with what this machine has: `docker buildx build`, which can do everything; the
 * BuildKit inside `docker build`, which builds for the engine's own platform and pushes afterwards; or Podman. What the
 * chosen one cannot do at all is an error that says what to install, and what it does otherwise is a warning.
 */
import { UsageError } from './errors.ts'

export type BuildFrontend = 'buildx' | 'buildkit' | 'podman'

export interface BuildEngine {
  readonly frontend: BuildFrontend
  /** What it runs on: `linux/amd64`. */
  readonly platform: string
}

/** What a builder is asked to build. */
export interface BuildRequest {
  /** Directory whose files are the context; absolute. */
  readonly context: string
  /** Absolute; null: `Dockerfile` in the context. */
  readonly dockerfile: string | null
  readonly target: string | null
  /** Full names. At least one. */
  readonly tags: readonly string[]
  /** Empty: the engine's own. */
  readonly platforms: readonly string[]
  readonly buildArgs: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly cacheFrom: readonly string[]
  readonly cacheTo: readonly string[]
  /** Push to the tags' registry. */
  readonly push: boolean
  /** Keep the image in the engine. */
  readonly load: boolean
}

export interface BuildCommand {
  /** After the program's name. */
  readonly args: readonly string[]
  /** To be added to the environment. */
  readonly env: Readonly<Record<string, string>>
  /** Names to give the image and push one by one afterwards; empty: none, or the build itself pushes. */
  readonly pushes: readonly string[]
  readonly warnings: readonly string[]
}

/**
 * @param resultFile Where the program writes what it built: buildx its metadata, the others the image's id.
 * @throws {UsageError} for what the engine cannot do.
 */
export function buildCommand(engine: BuildEngine, input: BuildRequest, resultFile: string): BuildCommand {
  if (input.tags.length === 0) throw new UsageError('The image has no tag; name one to build it.')
  if (input.load && input.platforms.length > 1) {
    throw new UsageError(
      `An image for ${input.platforms.join(' and ')} cannot be loaded into the engine, which holds one platform; choose one with --platform.`,
    )
  }
  if (engine.frontend === 'buildx') return buildxCommand(input, resultFile)
  refuseOtherPlatforms(engine, input)
  return engine.frontend === 'buildkit' ? buildkitCommand(input, resultFile) : podmanCommand(input, resultFile)
}

function buildxCommand(input: BuildRequest, resultFile: string): BuildCommand {
  const args = [
    'buildx',
    'build',
    ...tagFlags(input),
    ...(input.push ? ['--push'] : []),
    ...input.cacheTo.map((cache) => `--cache-to=${cache}`),
    ...(input.load ? ['--load'] : []),
    ...pairs('--build-arg', input.buildArgs),
    ...input.cacheFrom.map((cache) => `--cache-from=${cache}`),
    ...(input.platforms.length === 0 ? [] : ['--platform', input.platforms.join(',')]),
    '--provenance=false',
    ...restFlags(input),
    '--metadata-file',
    resultFile,
    '--progress=plain',
    ...fileAndContext(input),
  ]
  const kept = input.push || input.load
  const unkept = 'The image is neither pushed nor loaded: only the cache keeps it. Ask for --push or --load.'
  return { args, env: {}, pushes: [], warnings: kept ? [] : [unkept] }
}

function buildkitCommand(input: BuildRequest, resultFile: string): BuildCommand {
  const cacheRefs = input.push ? registryRefs(input.cacheTo) : []
  const inline = cacheRefs.length > 0 ? ['--build-arg', 'BUILDKIT_INLINE_CACHE=1'] : []
  const args = [
    'build',
    ...tagFlags(input),
    ...pairs('--build-arg', input.buildArgs),
    ...inline,
    ...registryRefs(input.cacheFrom).flatMap((ref) => ['--cache-from', ref]),
    ...platformFlag(input),
    ...restFlags(input),
    '--iidfile',
    resultFile,
    '--progress=plain',
    ...fileAndContext(input),
  ]
  const warnings = [
    ...(cacheRefs.length > 0
      ? [
          'Without buildx the cache in the registry keeps the layers of the last stage only; install buildx for those of all stages.',
        ]
      : []),
    ...(hasLocalCache(input)
      ? ['Without buildx no cache directory is read or written; the engine keeps its own cache. Install buildx for it.']
      : []),
  ]
  // An image that was built with its cache inside serves as the cache when it is pushed under the cache's name.
  return { args, env: { DOCKER_BUILDKIT: '1' }, pushes: input.push ? [...input.tags, ...cacheRefs] : [], warnings }
}

function podmanCommand(input: BuildRequest, resultFile: string): BuildCommand {
  const args = [
    'build',
    // Docker's format: that of the OCI has no SHELL and no HEALTHCHECK.
    '--format=docker',
    '--layers',
    ...tagFlags(input),
    ...pairs('--build-arg', input.buildArgs),
    ...platformFlag(input),
    ...restFlags(input),
    '--iidfile',
    resultFile,
    ...fileAndContext(input),
  ]
  const cached = input.cacheTo.length > 0 || hasLocalCache(input)
  return {
    args,
    env: {},
    pushes: input.push ? input.tags : [],
    warnings: cached ? ['Podman keeps its cache among its own images: no other cache is read or written.'] : [],
  }
}

function refuseOtherPlatforms(engine: BuildEngine, input: BuildRequest): void {
  const others = input.platforms.filter((platform) => plainPlatform(platform) !== plainPlatform(engine.platform))
  if (others.length === 0) return
  const what = engine.frontend === 'podman' ? 'Podman' : 'docker build without buildx'
  throw new UsageError(
    `${what} builds for ${engine.platform} only here, not for ${others.join(', ')}; install buildx ` +
      `(https://docs.docker.com/go/buildx/), or choose the engine's own platform with --load or --platform ${engine.platform}.`,
  )
}

/** The variant that every processor of its kind has goes without saying. */
function plainPlatform(platform: string): string {
  return platform.replace(/^(linux\/arm64)\/v8$/, '$1').replace(/^(linux\/amd64)\/v1$/, '$1')
}

function tagFlags(input: BuildRequest): string[] {
  return input.tags.flatMap((tag) => ['-t', tag])
}

function platformFlag(input: BuildRequest): string[] {
  return input.platforms.flatMap((platform) => ['--platform', platform])
}

function restFlags(input: BuildRequest): string[] {
  return [...pairs('--label', input.labels), ...(input.target === null ? [] : ['--target', input.target])]
}

function fileAndContext(input: BuildRequest): string[] {
  return [...(input.dockerfile === null ? [] : ['-f', input.dockerfile]), input.context]
}

function pairs(flag: string, values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`])
}

/** `ref` of each `type=registry,ref=…`. */
function registryRefs(caches: readonly string[]): string[] {
  const refs = caches.flatMap((cache) => {
    const fields = cache.split(',')
    if (!fields.includes('type=registry')) return []
    return fields.flatMap((field) => (field.startsWith('ref=') ? [field.slice('ref='.length)] : []))
  })
  return [...new Set(refs)]
}

function hasLocalCache(input: BuildRequest): boolean {
  return [...input.cacheFrom, ...input.cacheTo].some((cache) => cache.split(',').includes('type=local'))
}
