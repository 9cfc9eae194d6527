/** Decides what of a runtime image is there, and builds, prepares or tells the rest. */
import { writeContext } from '../../adapters/files/build-context.ts'
import { prepareBuildFolder } from '../../adapters/files/build-folder.ts'
import { TransientError, UsageError } from '../../domain/errors.ts'
import { formatReference, parseReference } from '../../domain/image-reference.ts'
import {
  decideRuntimeBuild,
  isRuntimeImage,
  type ReuseLevel,
  type RuntimeBuildDecision,
  type RuntimeTags,
} from '../../domain/runtime-image.ts'
import { writeOutputs } from '../images/github-output.ts'
import { orInterrupted, runInterruptible } from '../images/interrupt.ts'
import { printable } from '../printable.ts'
import { buildFromContext } from './build-from-context.ts'
import { type ImagePlaces, openImagePlaces } from './find-images.ts'
import { outputsOf, type RuntimeReport, renderReport, reportToJson } from './report.ts'
import { openTree, readContext, readTags } from './runtime-files.ts'
import { type RuntimeFlags, type RuntimeSettings, readSettings } from './settings.ts'

export async function makeRuntimeImage(flags: RuntimeFlags, directory: string, env: NodeJS.ProcessEnv): Promise<void> {
  await runInterruptible(async (signal) => {
    const report = await make(flags, directory, env, signal)
    console.log(flags.json === true ? JSON.stringify(reportToJson(report), null, 2) : renderReport(report))
    await writeOutputs(env, outputsOf(report))
  })
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
  const tags = await orInterrupted(signal, readTags(tree, settings))
  const places = openImagePlaces(flags, settings, env)
  const decision = await orInterrupted(signal, decide(flags, settings, tags, places))
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
  const context = await orInterrupted(signal, readContext(tree, settings, decision))
  if (tree.buildFolder !== null) {
    const write = (into: string) => writeContext(context, into, signal)
    await prepareBuildFolder(tree.buildFolder, write, { image: tags.image, source: tags.source })
    return { ...report, outcome: 'prepared' }
  }
  const window = process.stdout.isTTY === true && flags.json !== true && !env.CI
  const builder = await orInterrupted(signal, places.builder())
  const image = await buildFromContext(builder, context, { settings, names: decision.tags, window, signal })
  return { ...report, image, outcome: settings.push ? 'pushed' : 'built' }
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
