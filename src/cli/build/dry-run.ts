/** What a build would do, written to a file and told, without an engine. */
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildCommand } from '../../domain/build-command.ts'
import { UsageError } from '../../domain/errors.ts'
import type { ImageBuild } from '../../domain/image-build.ts'
import { printable } from '../printable.ts'
import { buildRequest } from './build-request.ts'
import type { ChosenBuild } from './choose-builds.ts'

export const DRY_FILE = 'docker-build-dry.json'

export interface DryOptions {
  /** Where the file is written. */
  readonly directory: string
  /** Of the repository, without links. */
  readonly root: string
  readonly load: boolean
  readonly json: boolean
  /** Every image was asked for: the file holds a list. */
  readonly all: boolean
}

export async function dryRun(chosen: readonly ChosenBuild[], options: DryOptions): Promise<void> {
  const file = join(options.directory, DRY_FILE)
  const plans = chosen.map(planOf)
  const text = `${JSON.stringify(options.all ? plans : plans[0], null, 2)}\n`
  // Before anything is written: what no engine would do is refused here.
  const told = chosen.map(({ build }) => describe(build, options))
  await writeWhole(file, text)
  for (const warning of chosen.flatMap(({ build }) => build.warnings)) console.error(printable(`warning: ${warning}`))
  if (options.json) {
    process.stdout.write(text)
    return
  }
  for (const one of told) console.log(printable(one))
  console.log(printable(`Written to ${file}; nothing was built.`))
}

/** The four keys that the old script wrote; images of the configuration have more. */
function planOf({ build, old }: ChosenBuild): object {
  const script = {
    tags: build.tags,
    platform: build.platforms.join(','),
    build_args: Object.entries(build.buildArgs).map(([key, value]) => `${key}=${value}`),
    dockerfile: build.dockerfile,
  }
  if (old) return script
  return {
    ...script,
    image: build.image,
    version: build.version,
    context: build.context,
    target: build.target,
    labels: build.labels,
    cache_from: build.cacheFrom,
    cache_to: build.cacheTo,
    push: build.push,
  }
}

function describe(build: ImageBuild, options: Pick<DryOptions, 'root' | 'load'>): string {
  const would = [`Would build ${build.image} ${build.version}${build.push ? ' and push it' : ''}:`]
  const tags =
    build.tags.length === 0 ? ['  (no tag: set GITHUB_REF_NAME or RELEVANT_SHA)'] : build.tags.map((tag) => `  ${tag}`)
  return [...would, ...tags, ...commandLines(build, options)].join('\n')
}

function commandLines(build: ImageBuild, { root, load }: Pick<DryOptions, 'root' | 'load'>): string[] {
  if (build.tags.length === 0) return []
  const request = buildRequest(root, build, load)
  const { args } = buildCommand({ frontend: 'buildx', platform: '' }, request, 'metadata.json')
  return ['with:', `  docker ${args.map(shellWord).join(' ')}`]
}

/** As a person can paste it into a shell. */
function shellWord(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** Whole, or not at all. */
async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`
  try {
    await writeFile(draft, text)
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw new UsageError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}.`, {
      cause: error,
    })
  }
}
