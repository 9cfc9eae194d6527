/**
 * A real Docker engine for tests: Debian's `dockerd`, started when the first test of a run asks for it, shared by all of
 * them, and stopped when the run ends (`engine-setup.ts`). It has a directory, a socket and a network bridge of its own, so that it
 * meets no other engine of the machine. `TEST_DOCKER_HOST` names an engine to use instead.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { inject } from 'vitest'

const DOCKERD = '/usr/sbin/dockerd'
/** Debian's client builds with BuildKit; another one in PATH might not. */
const CLIENT = '/usr/bin/docker'
const BUSYBOX = '/bin/busybox'

export interface DockerOptions {
  /** What the client reads from its standard input. */
  readonly input?: Uint8Array | string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface Engine {
  /** Path of its socket. */
  readonly socket: string
  /** What a program needs in its environment to find the engine, and the client first in PATH. */
  readonly env: Readonly<Record<string, string>>
  /** Runs the client, with BuildKit; resolves with what it printed, rejects with what it said. */
  docker(args: readonly string[], options?: DockerOptions): Promise<string>
  /** Imports an image that holds busybox and nothing else. */
  importBusybox(name: string): Promise<void>
}

/** Why there can be no engine here; null: there can. */
export const engineMissing: string | null = reasonAgainst()
if (engineMissing !== null) console.warn(`Tests with a real Docker engine are left out: ${engineMissing}.`)

function reasonAgainst(): string | null {
  if (process.platform !== 'linux') return 'they need Linux'
  for (const program of [CLIENT, BUSYBOX]) {
    if (!existsSync(program)) return `${program} is missing (Debian: apt-get install docker.io busybox-static)`
  }
  if (process.env.TEST_DOCKER_HOST) return null
  if (!existsSync(DOCKERD)) return `${DOCKERD} is missing (Debian: apt-get install docker.io)`
  if (process.getuid?.() !== 0) return 'starting one needs root; or name one in TEST_DOCKER_HOST'
  try {
    accessSync('/usr/sbin/ip', constants.X_OK)
    return null
  } catch {
    return '/usr/sbin/ip is missing (Debian: apt-get install iproute2)'
  }
}

/** The engine of this test run, started if it is not there yet. */
export async function useEngine(): Promise<Engine> {
  if (engineMissing !== null) throw new Error(`There is no Docker engine: ${engineMissing}`)
  const directory = inject('engineDirectory')
  mkdirSync(directory, { recursive: true })
  const socket = process.env.TEST_DOCKER_HOST?.replace('unix://', '') ?? join(directory, 'docker.sock')
  if (!process.env.TEST_DOCKER_HOST && claim(join(directory, 'starting'))) startEngine(directory, socket)
  const env = {
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_BUILDKIT: '1',
    PATH: `/usr/bin:${process.env.PATH ?? ''}`,
  }
  const docker = async (args: readonly string[], options: DockerOptions = {}) => {
    const { input, cwd } = options
    const result = await execa(CLIENT, args, {
      env: { ...env, ...options.env },
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
      ...(cwd === undefined ? {} : { cwd }),
    })
    return result.stdout
  }
  await untilReady(docker, join(directory, 'log'))
  return {
    socket,
    env,
    docker,
    async importBusybox(name) {
      await docker(['import', '-', name], { input: busyboxArchive(join(directory, `busybox-${process.pid}`)) })
    },
  }
}

/** Whether this process is the first of the run to ask. */
function claim(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    return false
  }
}

function startEngine(directory: string, socket: string): void {
  const bridge = bridgeOf(directory)
  const ip = (...args: string[]) => execFileSync('/usr/sbin/ip', args)
  ip('link', 'add', bridge.name, 'type', 'bridge')
  ip('addr', 'add', bridge.address, 'dev', bridge.name)
  ip('link', 'set', bridge.name, 'up')
  const log = openSync(join(directory, 'log'), 'w')
  const options = ['data-root', 'exec-root', 'pidfile'].map((name) => `--${name}=${join(directory, name)}`)
  const child: ChildProcess = spawn(
    DOCKERD,
    [...options, `--host=unix://${socket}`, `--bridge=${bridge.name}`, '--iptables=false', '--ip6tables=false'],
    { stdio: ['ignore', log, log], detached: true },
  )
  child.unref()
}

/** A bridge of the run's own: the engines of two runs side by side share nothing. */
function bridgeOf(directory: string): { readonly name: string; readonly address: string } {
  const number = Number(readFileSync(join(directory, 'number'), 'utf8'))
  return { name: `sbtest${number}`, address: `10.213.${number % 256}.1/24` }
}

async function untilReady(docker: Engine['docker'], log: string): Promise<void> {
  const deadline = Date.now() + 50_000
  for (;;) {
    const answer = await docker(['version', '--format', '{{.Server.Version}}']).catch((error: unknown) => error)
    if (typeof answer === 'string') return
    if (Date.now() > deadline) {
      const said = existsSync(log) ? readFileSync(log, 'utf8').slice(-2000) : ''
      throw new Error(`The Docker engine did not start in time: ${String(answer)}\n${said}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function busyboxArchive(root: string): Uint8Array {
  mkdirSync(join(root, 'bin'), { recursive: true })
  const names = execFileSync(BUSYBOX, ['--list'], { encoding: 'utf8' }).trim().split('\n')
  execFileSync('cp', [BUSYBOX, join(root, 'bin/busybox')])
  for (const name of names) if (name !== 'busybox') execFileSync('ln', ['-sf', 'busybox', join(root, 'bin', name)])
  const archive = execFileSync('tar', ['-C', root, '-c', '.'], { maxBuffer: 64 * 1024 * 1024 })
  rmSync(root, { recursive: true })
  return archive
}
