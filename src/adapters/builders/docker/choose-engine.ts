/** Which engine builds on this machine, through which program, and whether it is new enough. */
import type { BuildEngine } from '../../../domain/build-command.ts'
import { UsageError } from '../../../domain/errors.ts'
import { connectEngine, type EngineApi, type EngineVersion } from './engine-api.ts'
import { askProgram, demandAnswer, noAnswer, notInstalled, type Program } from './run-program.ts'

export interface ChosenEngine extends BuildEngine {
  readonly program: Program
  /** Null: Podman, which is asked through its program. */
  readonly api: EngineApi | null
}

/** As their makers write them: Docker's versions were months, with a zero before the digit. */
const LEAST = { Docker: '18.09', Podman: '4.9' } as const

export interface EngineWishes {
  /** Null: Docker where it is installed, else Podman. */
  readonly program: 'docker' | 'podman' | null
  readonly env: NodeJS.ProcessEnv
  /** How long a question may take. */
  readonly answerMs: number
}

const VERSION = ['--version']

/**
 * @throws {UsageError} nothing that could build is installed, or it is too old.
 * @throws {TransientError} the engine is not running, or does not answer.
 */
export async function chooseEngine({ program: wanted, env, answerMs }: EngineWishes): Promise<ChosenEngine> {
  const docker: Program = { name: 'docker', env, answerMs }
  const podman: Program = { name: 'podman', env, answerMs }
  if (wanted === 'podman') return choosePodman(podman)
  // Printed by every version, without asking the engine.
  const said = await askProgram(docker, VERSION)
  if (said.kind === 'failed') throw noAnswer(docker, VERSION, said.why)
  if (said.kind === 'missing') {
    if (wanted === null && (await askProgram(podman, VERSION)).kind !== 'missing') return choosePodman(podman)
    throw new UsageError(notInstalled('docker'))
  }
  // Podman goes by Docker's name too, as Debian's podman-docker and Fedora's have it.
  if (/^podman\b/i.test(said.text)) return choosePodman(docker)
  const api = await connectEngine(await endpointOf(docker), env, answerMs)
  const version = await api.version()
  checkVersion(version)
  if (version.name === 'Podman') return choosePodman(podman)
  return { program: docker, api, platform: version.platform, frontend: await frontendOf(docker) }
}

/** The engine that the program itself would ask. */
async function endpointOf(docker: Program): Promise<string> {
  if (docker.env.DOCKER_HOST) return docker.env.DOCKER_HOST
  // Clients before 19.03 know no contexts.
  const context = await askAbout(docker, ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'])
  return context?.trim() || 'unix:///var/run/docker.sock'
}

async function frontendOf(docker: Program): Promise<'buildx' | 'buildkit'> {
  if ((await askAbout(docker, ['buildx', 'version'])) !== null) return 'buildx'
  // Clients before 23 have BuildKit built in; newer ones refuse, and clients made without it do not know its options.
  const help = await askAbout(docker, ['build', '--help'], { DOCKER_BUILDKIT: '1' })
  if (help?.includes('--progress')) return 'buildkit'
  throw new UsageError(
    'This Docker cannot build with BuildKit: the buildx plugin is missing. Install it (https://docs.docker.com/go/buildx/; ' +
      'Debian and Ubuntu: apt-get install docker-buildx, or docker-buildx-plugin from Docker).',
  )
}

/** Null: it does not know that. */
async function askAbout(
  program: Program,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<string | null> {
  const answer = await askProgram(program, args, env)
  if (answer.kind === 'failed' && answer.exitCode === null) throw noAnswer(program, args, answer.why)
  return answer.kind === 'said' ? answer.text : null
}

/** @param podman what it goes by here. */
async function choosePodman(podman: Program): Promise<ChosenEngine> {
  const said = await demandAnswer(podman, ['version', '--format', '{{.Client.Version}} {{.Client.OsArch}}'])
  const [version = '', platform = 'linux/amd64'] = said.trim().split(' ')
  checkVersion({ name: 'Podman', version })
  return { program: podman, api: null, platform, frontend: 'podman' }
}

/** @throws {UsageError} it is too old. A version that is none, as development builds have, is let pass. */
export function checkVersion({ name, version }: Pick<EngineVersion, 'name' | 'version'>): void {
  const [major, minor] = readVersion(version) ?? [Number.POSITIVE_INFINITY, 0]
  const [leastMajor, leastMinor] = readVersion(LEAST[name]) ?? [0, 0]
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return
  throw new UsageError(`This is ${name} ${version}; building needs ${name} ${LEAST[name]} or newer. Upgrade it.`)
}

function readVersion(version: string): [major: number, minor: number] | null {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? []
  return major === undefined ? null : [Number(major), Number(minor)]
}
