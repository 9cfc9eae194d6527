/** Images built by the engine of this machine: Docker, through buildx or the BuildKit that it has, or Podman. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildCommand, buildCommand } from '../../../domain/build-command.ts'
import { parseReference, splitTag } from '../../../domain/image-reference.ts'
import type { BuildOptions, BuildRequest, BuiltImage, ImageBuilder } from '../../../ports.ts'
import { withFault } from '../../files/file-faults.ts'
import type { CredentialSource } from '../../registry/credentials.ts'
import { type ChosenEngine, chooseEngine } from './choose-engine.ts'
import { type CacheDirectory, pruneLocalCache, useLocalCache } from './local-cache.ts'
import { askProgram, noAnswer, runProgram } from './run-program.ts'

export interface DockerBuilderOptions {
  /** Null: Docker where it is installed, else Podman. */
  readonly program: 'docker' | 'podman' | null
  /** Where PATH, DOCKER_HOST and what else the programs read come from. */
  readonly env: NodeJS.ProcessEnv
  /** A local cache; null: none. */
  readonly cacheDirectory: CacheDirectory | null
  /** Who we are where an image is pulled from. */
  readonly credentials: CredentialSource
  /** Is told what this engine does otherwise than asked. */
  readonly onWarning: (warning: string) => void
  readonly now: () => Date
  /** How long the engine and its program may take to answer a question; default 30 s. */
  readonly answerMs?: number
}

export interface DockerBuilder extends ImageBuilder {
  readonly kind: 'docker' | 'podman'
  /** What the engine runs on: `linux/amd64`. */
  readonly platform: string
  /** Whether the engine keeps what it builds without being asked to load it. */
  readonly keepsImages: boolean
  /** False: the registry has no such image. */
  pull(image: string, options: BuildOptions): Promise<boolean>
  /** Gives an image of the engine another name. */
  tag(image: string, name: string): Promise<void>
}

/**
 * @throws {UsageError} nothing that could build is installed, it is too old, or this user may not talk to it.
 * @throws {TransientError} the engine is not running.
 */
export async function openDockerBuilder(options: DockerBuilderOptions): Promise<DockerBuilder> {
  const { program, env, answerMs = 30_000 } = options
  const engine = await chooseEngine({ program, env, answerMs })
  return {
    kind: engine.frontend === 'podman' ? 'podman' : 'docker',
    platform: engine.platform,
    keepsImages: engine.frontend !== 'buildx',
    async exists(image) {
      if (engine.api !== null) return engine.api.exists(image)
      return existsInPodman(engine, image)
    },
    async pull(image, { onLine, signal }) {
      if (engine.api !== null) {
        const parsed = parseReference(image)
        const credential = parsed.ok ? await options.credentials.credentialFor(parsed.reference.registry) : null
        return engine.api.pull(image, credential, { onLine, signal })
      }
      return pullByPodman(engine, image, { onLine, signal })
    },
    async tag(image, name) {
      if (engine.api !== null) return engine.api.tag(image, name)
      await runProgram(engine.program, ['tag', image, name], { ...QUIETLY, what: `Naming ${image} ${name}` })
    },
    build: (request, running) => build(engine, request, running, options),
  }
}

const QUIETLY = { onLine: () => {}, signal: new AbortController().signal }

/** Podman ends with 1 for an image that it does not have, with something else for all other faults. */
async function existsInPodman({ program }: ChosenEngine, image: string): Promise<boolean> {
  const question = ['image', 'exists', image]
  const answer = await askProgram(program, question)
  if (answer.kind === 'failed' && answer.exitCode === 1) return false
  if (answer.kind === 'said') return true
  throw noAnswer(program, question, answer.kind === 'failed' ? answer.why : 'it is not installed any longer')
}

async function pullByPodman(engine: ChosenEngine, image: string, options: BuildOptions): Promise<boolean> {
  let missing = false
  const onLine = (line: string) => {
    missing ||= /manifest unknown|name unknown|not found/.test(line)
    options.onLine(line)
  }
  try {
    await runProgram(engine.program, ['pull', image], { ...options, onLine, what: `Pulling ${image}` })
    return true
  } catch (error) {
    if (missing && !options.signal.aborted) return false
    throw error
  }
}

async function build(
  engine: ChosenEngine,
  request: BuildRequest,
  running: BuildOptions,
  options: DockerBuilderOptions,
): Promise<BuiltImage> {
  const image = request.tags[0] ?? ''
  const { cacheDirectory, onWarning, now } = options
  const local = cacheDirectory === null ? null : await useLocalCache(cacheDirectory, splitTag(image).name, now())
  const scratch = await withFault(`The directory of temporary files ${tmpdir()} (TMPDIR)`, 'cannot be used', () =>
    mkdtemp(join(tmpdir(), 'signalbox-build-')),
  )
  try {
    const resultFile = join(scratch, 'result')
    const command = buildCommand(engine, withLocalCache(request, local), resultFile)
    for (const warning of command.warnings) onWarning(warning)
    await runProgram(engine.program, command.args, { ...running, env: command.env, what: `The build of ${image}` })
    const digest =
      engine.frontend === 'buildx'
        ? digestOf(await readFile(resultFile, 'utf8').catch(() => ''), request.push)
        : await pushAll(engine, command, image, { running, scratch })
    return { image, digest }
  } finally {
    await rm(scratch, { recursive: true, force: true })
    // Nobody else writes into it.
    if (engine.frontend === 'buildx') await tidyCache(options)
  }
}

/** Not being able to is no reason for a build to fail. */
async function tidyCache({ cacheDirectory, onWarning, now }: DockerBuilderOptions): Promise<void> {
  if (cacheDirectory === null || !cacheDirectory.written) return
  await pruneLocalCache(cacheDirectory.path, now()).catch((error: Error) =>
    onWarning(`What is old in the cache directory ${cacheDirectory.path} could not be removed: ${error.message}.`),
  )
}

function withLocalCache(
  request: BuildRequest,
  local: { readonly cacheFrom: readonly string[]; readonly cacheTo: readonly string[] } | null,
): BuildRequest {
  if (local === null) return request
  return {
    ...request,
    cacheFrom: [...local.cacheFrom, ...request.cacheFrom],
    cacheTo: [...request.cacheTo, ...local.cacheTo],
  }
}

/** From buildx's metadata. Without pushing it may be the image's id, which no registry knows. */
function digestOf(metadata: string, pushed: boolean): string | null {
  if (!pushed) return null
  return /"containerimage\.digest"\s*:\s*"(sha256:[0-9a-f]{64})"/.exec(metadata)?.[1] ?? null
}

/** Pushes each name. Returns the digest that the registry has for the first of them; null: nothing was pushed. */
async function pushAll(
  engine: ChosenEngine,
  command: BuildCommand,
  image: string,
  { running, scratch }: { readonly running: BuildOptions; readonly scratch: string },
): Promise<string | null> {
  const id = (await readFile(join(scratch, 'result'), 'utf8').catch(() => '')).trim()
  let digest: string | null = null
  for (const name of command.pushes) {
    const what = `Pushing ${name}`
    // The image's id, not its first name: that may be given to another build meanwhile.
    await runProgram(engine.program, ['tag', id === '' ? image : id, name], { ...running, what })
    const said = await pushOne(engine, name, { ...running, what }, join(scratch, 'digest'))
    digest ??= said
  }
  return digest
}

async function pushOne(
  engine: ChosenEngine,
  name: string,
  running: BuildOptions & { readonly what: string },
  digestFile: string,
): Promise<string | null> {
  if (engine.frontend === 'podman') {
    await runProgram(engine.program, ['push', '--digestfile', digestFile, name], running)
    return (await readFile(digestFile, 'utf8').catch(() => '')).trim() || null
  }
  let digest: string | null = null
  const onLine = (line: string) => {
    digest = /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(line)?.[1] ?? digest
    running.onLine(line)
  }
  await runProgram(engine.program, ['push', name], { ...running, onLine })
  return digest
}
