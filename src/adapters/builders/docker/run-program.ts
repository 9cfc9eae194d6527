/** Runs the engine's program: its lines as they come, its last ones when it fails. */
import { execa } from 'execa'
import { findFailure, remedyFor } from '../../../domain/build-failure.ts'
import { BuildError, UsageError } from '../../../domain/errors.ts'

export interface Program {
  readonly name: 'docker' | 'podman'
  readonly env: NodeJS.ProcessEnv
}

export interface RunOptions {
  readonly onLine: (line: string) => void
  readonly signal: AbortSignal
  readonly env?: Readonly<Record<string, string>>
  /** How a sentence names what is done: `The build of ghcr.io/acme/app:1`. */
  readonly what: string
}

/** How many lines of a log an error keeps. */
const KEPT_LINES = 30
/** Between asking a cancelled build to stop and ending it. */
const GRACE_MS = 10_000

/**
 * Resolves when the program ended well.
 *
 * @throws {BuildError} when it did not, or was cancelled.
 */
export async function runProgram(program: Program, args: readonly string[], options: RunOptions): Promise<void> {
  const { onLine, signal, what } = options
  const log: string[] = []
  const running = execa(program.name, args, {
    env: { ...program.env, ...options.env },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    buffer: false,
    cancelSignal: signal,
    forceKillAfterDelay: GRACE_MS,
    reject: false,
  })
  for await (const line of running.iterable({ from: 'all' })) {
    log.push(line)
    if (log.length > KEPT_LINES) log.shift()
    onLine(line)
  }
  const result = await running
  if (!result.failed) return
  if (signal.aborted) throw new BuildError(`${what} was cancelled.`, { log })
  if (result.code === 'ENOENT') throw new UsageError(notInstalled(program.name))
  throw new BuildError(describe(what, log, result.exitCode), { log, cause: result.cause })
}

/** What the program printed; null: it failed, or is not there. */
export async function askProgram(
  program: Program,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string | null> {
  const result = await execa(program.name, args, {
    env: { ...program.env, ...env },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: 30_000,
  })
  return result.failed ? null : result.stdout
}

export function notInstalled(name: Program['name']): string {
  return name === 'docker'
    ? 'Docker is not installed, or not in PATH. Install Docker 18.09 or newer with buildx (https://docs.docker.com/engine/install/), or Podman 4.9 or newer.'
    : 'Podman is not installed, or not in PATH. Install Podman 4.9 or newer (https://podman.io/docs/installation), or Docker with buildx.'
}

function describe(what: string, log: readonly string[], exitCode: number | undefined): string {
  const failure = findFailure(log) ?? `the program ended with ${exitCode ?? 'a signal'}`
  const remedy = remedyFor(log)
  return remedy === null ? `${what} failed: ${failure}` : `${what} failed: ${failure}\n${remedy}.`
}
