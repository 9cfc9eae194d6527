/** Which engine builds on this machine, through which program, and whether it is new enough. */
import type { BuildEngine } from '../../../domain/build-command.ts'
import { UsageError } from '../../../domain/errors.ts'
import { connectEngine, type EngineApi, type EngineVersion } from './engine-api.ts'
import { askProgram, notInstalled, type Program } from './run-program.ts'

export interface ChosenEngine extends BuildEngine {
  readonly program: Program
  /** Null: Podman, which is asked through its program. */
  readonly api: EngineApi | null
}

/** As their makers write them: Docker's versions were months, with a zero before the digit. */
const LEAST = { Docker: '18.09', Podman: '4.9' } as const

/**
 * @param wanted null: Docker where it is installed, else Podman.
 * @throws {UsageError} nothing that could build is installed, or it is too old.
 * @throws {TransientError} the engine is not running.
 */
export async function chooseEngine(wanted: 'docker' | 'podman' | null, env: NodeJS.ProcessEnv): Promise<ChosenEngine> {
  const docker: Program = { name: 'docker', env }
  const podman: Program = { name: 'podman', env }
  if (wanted === 'podman') return choosePodman(podman)
  // Printed by every version, without asking the engine.
  if ((await askProgram(docker, ['--version'])) === null) {
    if (wanted === null && (await askProgram(podman, ['--version'])) !== null) return choosePodman(podman)
    throw new UsageError(notInstalled('docker'))
  }
  const api = await connectEngine(await endpointOf(docker), env)
  const version = await api.version()
  checkVersion(version)
  if (version.name === 'Podman') return choosePodman(podman)
  return { program: docker, api, platform: version.platform, frontend: await frontendOf(docker) }
}

/** The engine that the program itself would ask. */
async function endpointOf(docker: Program): Promise<string> {
  if (docker.env.DOCKER_HOST) return docker.env.DOCKER_HOST
  const context = await askProgram(docker, ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'])
  return context?.trim() || 'unix:///var/run/docker.sock'
}

async function frontendOf(docker: Program): Promise<'buildx' | 'buildkit'> {
  if ((await askProgram(docker, ['buildx', 'version'])) !== null) return 'buildx'
  // Clients before 23 have BuildKit built in; newer ones refuse, and clients made without it do not know its options.
  const help = await askProgram(docker, ['build', '--help'], { DOCKER_BUILDKIT: '1' })
  if (help?.includes('--progress')) return 'buildkit'
  throw new UsageError(
    'This Docker cannot build with BuildKit: the buildx plugin is missing. Install it (https://docs.docker.com/go/buildx/; ' +
      'Debian and Ubuntu: apt-get install docker-buildx, or docker-buildx-plugin from Docker).',
  )
}

async function choosePodman(podman: Program): Promise<ChosenEngine> {
  const said = await askProgram(podman, ['version', '--format', '{{.Client.Version}} {{.Client.OsArch}}'])
  if (said === null) throw new UsageError(notInstalled('podman'))
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
