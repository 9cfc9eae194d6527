/** `signalbox build`: builds an image of the configuration, or of the old layout, with the engine of this machine. */
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { DockerBuilder } from '../adapters/builders/docker/docker-builder.ts'
import type { CacheDirectory } from '../adapters/builders/docker/local-cache.ts'
import { UsageError } from '../domain/errors.ts'
import { chooseBuilds, withPlatforms } from './build/choose-builds.ts'
import { dryRun } from './build/dry-run.ts'
import { readBuildSubject } from './images/build-subject.ts'
import { orInterrupted, runInterruptible } from './images/interrupt.ts'
import { readPlatforms } from './images/platforms.ts'
import { openRepository } from './images/repository-files.ts'
import { printable } from './printable.ts'

interface BuildFlags {
  readonly image?: string
  readonly org?: string
  readonly tagSuffix?: string
  readonly push?: boolean
  readonly load?: boolean
  readonly dry?: boolean
  readonly all?: boolean
  readonly platform?: string
  readonly json?: boolean
  readonly builder?: 'docker' | 'podman'
  readonly cacheDir?: string
}

export function registerBuild(program: Command): void {
  program
    .command('build')
    .description('Build an image, with the tags, build arguments and cache of its configuration.')
    .option('-i, --image <name>', 'the image: of "images", or a directory below containers/')
    .option('-o, --org <org>', 'instead of what is between the registry and the last part of the repository')
    .option('--push', 'push the image and its cache')
    .option('--load', "load the image into the engine, for the engine's own platform")
    .option('-t, --tag-suffix <suffix>', 'ends every tag, after a dash')
    .option('--dry', 'build nothing: write docker-build-dry.json and say what would be done')
    .option('--all', 'build every image of the configuration, those that others need first')
    .option('--platform <platforms>', 'such as linux/amd64,linux/arm64, instead of those of the configuration')
    .option('--json', 'print JSON; progress goes to standard error')
    .addOption(
      new Option('--builder <program>', 'what builds (default: docker, else podman)').choices(['docker', 'podman']),
    )
    .option('--cache-dir <dir>', 'keep a build cache in this directory; what is not used for 7 days goes')
    .action(async (flags: BuildFlags, command: Command) => {
      const { directory } = command.optsWithGlobals<{ directory: string }>()
      await build(flags, directory)
    })
}

async function build(flags: BuildFlags, directory: string): Promise<void> {
  if ((flags.image === undefined) === !flags.all) {
    throw new UsageError('build needs one of -i IMAGE and --all.')
  }
  const { env } = process
  const { load = false, json = false, all = false } = flags
  const asked = readPlatforms(flags.platform)
  const tree = await openRepository(directory)
  const subject = await readBuildSubject(env)
  // What is wrong with the images is told before the engine is asked.
  const chosen = await chooseBuilds(tree, subject, {
    image: flags.image ?? null,
    org: flags.org || null,
    suffix: flags.tagSuffix ?? null,
    push: flags.push === true,
    dry: flags.dry === true,
    now: new Date(),
    env,
  })
  if (flags.dry) {
    const platforms = asked ?? (load ? await enginePlatform(flags) : null)
    return dryRun(withPlatforms(chosen, platforms), { directory, root: tree.root, load, json, all })
  }
  await runInterruptible(async (signal) => {
    const warnings: string[] = []
    const cache =
      flags.cacheDir === undefined ? null : { path: resolve(directory, flags.cacheDir), written: subject.trusted }
    const opening = openBuilder(flags, cache, (warning) => warnings.push(warning))
    const builder = await orInterrupted(signal, opening)
    const platforms = asked ?? (load ? [builder.platform] : null)
    const { buildAndReport } = await import('./build/build-and-report.ts')
    const takeWarnings = () => warnings.splice(0)
    await buildAndReport(builder, withPlatforms(chosen, platforms), {
      root: tree.root,
      env,
      load,
      json,
      all,
      takeWarnings,
      signal,
    })
  })
}

async function openBuilder(
  flags: BuildFlags,
  cacheDirectory: CacheDirectory | null,
  onWarning: (warning: string) => void,
): Promise<DockerBuilder> {
  const [{ openDockerBuilder }, { readCredentials }] = await Promise.all([
    import('../adapters/builders/docker/docker-builder.ts'),
    import('../adapters/registry/credentials.ts'),
  ])
  return openDockerBuilder({
    program: flags.builder ?? null,
    env: process.env,
    cacheDirectory,
    credentials: readCredentials(process.env),
    onWarning,
    now: () => new Date(),
  })
}

/** Where no engine answers, a dry run tells what one on this machine would most likely be. */
async function enginePlatform(flags: BuildFlags): Promise<readonly string[]> {
  try {
    return [(await openBuilder(flags, null, () => {})).platform]
  } catch (error) {
    const platform = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`
    const why = error instanceof Error ? error.message : String(error)
    console.error(printable(`warning: The engine's platform is not known, and taken to be ${platform}: ${why}`))
    return [platform]
  }
}
