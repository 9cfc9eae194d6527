/** Decides what of a runtime image is there, and builds, prepares or tells the rest. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeContext } from '../../adapters/files/build-context.ts'
import { prepareBuildFolder } from '../../adapters/files/build-folder.ts'
import type { RepositoryTree } from '../../adapters/files/repository-tree.ts'
import { TransientError, UsageError } from '../../domain/errors.ts'
import { formatReference, parseReference } from '../../domain/image-reference.ts'
import {
  decideRuntimeBuild,
  isRuntimeImage,
  type ReuseLevel,
  type RuntimeBuild,
  type RuntimeBuildDecision,
  type RuntimeTags,
} from '../../domain/runtime-image.ts'
import { showProgress } from '../build/show-progress.ts'
import { writeOutputs } from '../images/github-output.ts'
import { printable } from '../printable.ts'
import { type ImagePlaces, openImagePlaces } from './find-images.ts'
import { outputsOf, type RuntimeReport, renderReport, reportToJson } from './report.ts'
import { openTree, readContext, readTags } from './runtime-files.ts'
import { type RuntimeFlags, type RuntimeSettings, readSettings } from './settings.ts'

/** As a shell has it for a program that SIGINT ended. */
const INTERRUPTED = 130

export async function makeRuntimeImage(flags: RuntimeFlags, directory: string, env: NodeJS.ProcessEnv): Promise<void> {
  const interrupt = new AbortController()
  const stop = () => interrupt.abort(new Error('Interrupted: nothing half-written is left.'))
  // Not `once`: execa's own listener, finding itself alone, would end the process before anything is cleaned up.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  try {
    const report = await make(flags, directory, env, interrupt.signal)
    console.log(flags.json === true ? JSON.stringify(reportToJson(report), null, 2) : renderReport(report))
    await writeOutputs(env, outputsOf(report))
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    console.error(printable(`signalbox: ${error instanceof Error ? error.message : String(error)}`))
    process.exitCode = INTERRUPTED
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, stop)
  }
}

async function make(
  flags: RuntimeFlags,
  directory: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<RuntimeReport> {
  const settings = await readSettings(flags, directory, env)
  for (const warning of settings.warnings) console.error(printable(`warning: ${warning}`))
  const { repository, baseImage } = settings
  if (isRuntimeImage(baseImage, repository)) return reuseAsIs(flags, settings)
  const tree = await openTree(directory, settings)
  const tags = await readTags(tree, settings)
  const places = openImagePlaces(flags, env)
  const decision = await decide(flags, settings, tags, places)
  const found = {
    image: `${repository}:${tags.source}`,
    repository,
    tags,
    baseImage,
    buildFolder: settings.buildFolder,
  }
  if (decision === 'unknown') return { ...found, buildFrom: decision, from: baseImage, names: [], outcome: 'planned' }
  const report = { ...found, buildFrom: decision.kind, from: decision.from, names: decision.tags }
  if (flags.dryRun) return { ...report, outcome: 'planned' }
  if (decision.kind === 'reuse') return { ...report, outcome: 'there' }
  if (settings.buildFolder !== null) {
    await prepare(tree, settings, decision, { tags, folder: settings.buildFolder, signal })
    return { ...report, outcome: 'prepared' }
  }
  const image = await build(tree, settings, decision, { flags, places, signal })
  return { ...report, image, outcome: flags.push ? 'pushed' : 'built' }
}

function reuseAsIs(flags: RuntimeFlags, { baseImage, repository }: RuntimeSettings): RuntimeReport {
  if (flags.buildFolder !== undefined || flags.forceRebuild) {
    throw new UsageError(
      `${baseImage} is a runtime image already, so there is nothing to build. Name the image that it was built from with --base-image.`,
    )
  }
  const parsed = parseReference(baseImage)
  const { tag, digest } = parsed.ok ? parsed.reference : { tag: null, digest: null }
  const named = parsed.ok && tag === null && digest === null
  const image = named ? formatReference({ ...parsed.reference, tag: 'latest' }) : baseImage
  return {
    image,
    repository,
    tags: null,
    buildFrom: 'reuse',
    from: image,
    baseImage,
    names: [],
    outcome: flags.dryRun ? 'planned' : 'there',
    buildFolder: null,
  }
}

type Decision = Exclude<RuntimeBuildDecision, { readonly kind: 'ask' }>

/** `unknown`: a dry run could not ask. */
async function decide(
  flags: RuntimeFlags,
  { repository, baseImage, buildFolder }: RuntimeSettings,
  tags: RuntimeTags,
  places: ImagePlaces,
): Promise<Decision | 'unknown'> {
  const exists: Partial<Record<ReuseLevel, boolean>> = {}
  const forceRebuild = flags.forceRebuild === true
  for (;;) {
    const facts = { exists, forceRebuild, alwaysBuild: buildFolder !== null, baseImage, repository, tags }
    const decision = decideRuntimeBuild(facts)
    if (decision.kind !== 'ask') return decision
    try {
      exists[decision.level] = await places.exists(decision.image)
    } catch (error) {
      // Its tags do not depend on the answer.
      if (!flags.dryRun || !(error instanceof TransientError)) throw error
      console.error(printable(`warning: Whether ${decision.image} is there is not known: ${error.message}`))
      return 'unknown'
    }
  }
}

async function prepare(
  tree: RepositoryTree,
  settings: RuntimeSettings,
  decision: RuntimeBuild,
  { tags, folder, signal }: { readonly tags: RuntimeTags; readonly folder: string; readonly signal: AbortSignal },
): Promise<void> {
  const context = await readContext(tree, settings, decision)
  const write = (directory: string) => writeContext(context, directory, signal)
  await prepareBuildFolder(folder, write, { image: tags.image, source: tags.source })
}

interface Running {
  readonly flags: RuntimeFlags
  readonly places: ImagePlaces
  readonly signal: AbortSignal
}

/** Resolves with the name of the image. */
async function build(
  tree: RepositoryTree,
  settings: RuntimeSettings,
  decision: RuntimeBuild,
  { flags, places, signal }: Running,
): Promise<string> {
  const builder = await places.builder()
  const context = await readContext(tree, settings, decision)
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-runtime-'))
  try {
    await writeContext(context, directory, signal)
    const window = process.stdout.isTTY === true && flags.json !== true && !process.env.CI
    const push = flags.push === true
    const { image } = await showProgress({ title: `Building ${decision.tags[0]}`, window }, (onLine) =>
      builder.build(
        {
          context: directory,
          dockerfile: null,
          target: null,
          tags: decision.tags,
          platforms: settings.platforms,
          buildArgs: settings.buildArgs,
          labels: settings.labels,
          cacheFrom: [],
          cacheTo: [],
          push,
          load: !push,
        },
        { onLine, signal },
      ),
    )
    return image
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
