/** Builds images one after the other, and says what came of each. */
import { BuildError, UsageError } from '../../domain/errors.ts'
import type { ImageBuild } from '../../domain/image-build.ts'
import type { ImageBuilder } from '../../ports.ts'
import { printable } from '../printable.ts'
import { buildRequest } from './build-request.ts'
import type { BuildReport } from './report.ts'
import { showProgress } from './show-progress.ts'

export interface RunOptions {
  readonly directory: string
  readonly load: boolean
  readonly window: boolean
  readonly signal: AbortSignal
  /** What the builder warned of since it was asked last. */
  readonly takeWarnings: () => readonly string[]
}

/** @throws {BuildError} the first that failed, with what was left out for it. */
export async function runBuilds(
  builder: ImageBuilder,
  builds: readonly ImageBuild[],
  options: RunOptions,
): Promise<BuildReport[]> {
  const reports: BuildReport[] = []
  for (const [index, build] of builds.entries()) {
    const left = builds.slice(index + 1).map(({ image }) => image)
    reports.push(
      await runBuild(builder, build, options).catch((error: unknown) => tellLeft(error, left, options.window)),
    )
  }
  return reports
}

async function runBuild(builder: ImageBuilder, build: ImageBuild, options: RunOptions): Promise<BuildReport> {
  if (build.tags.length === 0) {
    throw new UsageError(
      `The image ${build.image} would have no tag. Set GITHUB_REF_NAME or RELEVANT_SHA, or add a rule to "tags".`,
    )
  }
  const title = `Building ${build.tags[0]}${build.platforms.length === 0 ? '' : ` for ${build.platforms.join(', ')}`}`
  const { digest } = await showProgress({ title, window: options.window }, (onLine) =>
    builder.build(buildRequest(options.directory, build, options.load), { onLine, signal: options.signal }),
  )
  // Afterwards: a window would be torn by them.
  const warnings = [...build.warnings, ...options.takeWarnings()]
  for (const warning of warnings) console.error(printable(`warning: ${warning}`))
  return { build, digest, loaded: options.load, warnings }
}

/** A window is gone when its build failed: its last lines are told once more, before the failure. */
function tellLeft(error: unknown, left: readonly string[], window: boolean): never {
  if (!(error instanceof Error)) throw error
  const log = error instanceof BuildError ? error.log : []
  if (window) for (const line of log.slice(-SHOWN_LINES)) console.error(printable(`  ${line}`))
  if (left.length === 0) throw error
  const message = `${error.message}\nNot built, because of it: ${left.join(', ')}.`
  throw error instanceof BuildError
    ? new BuildError(message, { log, cause: error })
    : new Error(message, { cause: error })
}

const SHOWN_LINES = 20
