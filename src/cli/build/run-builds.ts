/** Builds images one after the other, and says what came of each. One that fails stops only those that need it. */
import { BuildError, UsageError } from '../../domain/errors.ts'
import type { ImageBuild } from '../../domain/image-build.ts'
import type { ImageBuilder } from '../../ports.ts'
import { printable, printableLine } from '../printable.ts'
import { buildRequest } from './build-request.ts'
import type { ChosenBuild } from './choose-builds.ts'
import type { BuildReport } from './report.ts'
import { showProgress } from './show-progress.ts'

export interface RunOptions {
  /** Of the repository, without links. */
  readonly root: string
  readonly load: boolean
  /** The engine keeps what it builds, loaded or not. */
  readonly keepsImages: boolean
  readonly window: boolean
  readonly signal: AbortSignal
  /** What the builder warned of since it was asked last. */
  readonly takeWarnings: () => readonly string[]
}

export interface Failure {
  readonly error: Error
  /** The images that were not built because of it. */
  readonly left: readonly string[]
}

export interface BuildOutcome {
  readonly reports: readonly BuildReport[]
  readonly failures: readonly Failure[]
}

/** @param chosen those that others need first. */
export async function runBuilds(
  builder: ImageBuilder,
  chosen: readonly ChosenBuild[],
  options: RunOptions,
): Promise<BuildOutcome> {
  const reports: BuildReport[] = []
  const failures: { error: Error; left: string[] }[] = []
  /** What keeps an image from being there, by its name. */
  const blame = new Map<string, { error: Error; left: string[] }>()
  for (const { build, needs, problem } of chosen) {
    const cause = needs.map((name) => blame.get(name)).find((failure) => failure !== undefined)
    const failure = cause ?? (options.signal.aborted ? failures.at(-1) : undefined)
    if (failure !== undefined) {
      failure.left.push(build.image)
      blame.set(build.image, failure)
      continue
    }
    try {
      if (problem !== null) throw problem
      reports.push(await runBuild(builder, build, options))
    } catch (error) {
      const failed = { error: error instanceof Error ? error : new Error(String(error)), left: [] }
      failures.push(failed)
      blame.set(build.image, failed)
      if (options.window) repeatLog(error)
    }
  }
  return { reports, failures }
}

async function runBuild(builder: ImageBuilder, build: ImageBuild, options: RunOptions): Promise<BuildReport> {
  if (build.tags.length === 0) {
    throw new UsageError(
      `The image ${build.image} would have no tag. Set GITHUB_REF_NAME or RELEVANT_SHA, or add a rule to "tags".`,
    )
  }
  const title = `Building ${build.tags[0]}${build.platforms.length === 0 ? '' : ` for ${build.platforms.join(', ')}`}`
  const warnings = [...build.warnings]
  let digest: string | null
  try {
    const request = buildRequest(options.root, build, options.load)
    const built = await showProgress({ title, window: options.window }, (onLine) =>
      builder.build(request, { onLine, signal: options.signal }),
    )
    digest = built.digest
  } finally {
    warnings.push(...options.takeWarnings())
    // Afterwards: a window would be torn by them.
    for (const warning of warnings) console.error(printable(`warning: ${warning}`))
  }
  return { build, digest, loaded: options.load || options.keepsImages, warnings }
}

const SHOWN_LINES = 20

/** A window is gone when its build failed: its last lines are told once more. */
function repeatLog(error: unknown): void {
  if (!(error instanceof BuildError)) return
  for (const line of error.log.slice(-SHOWN_LINES)) console.error(`  ${printableLine(line)}`)
}

/** All that went wrong, as one error; null: nothing did. */
export function failureOf({ failures }: BuildOutcome): Error | null {
  const [first] = failures
  if (first === undefined) return null
  if (failures.length === 1 && first.left.length === 0) return first.error
  const told = failures.map(({ error, left }) =>
    left.length === 0 ? error.message : `${error.message}\nNot built, because of it: ${left.join(', ')}.`,
  )
  const log = first.error instanceof BuildError ? first.error.log : []
  return new BuildError(told.join('\n'), { log, cause: first.error })
}
