/** Runs the engine's program: its lines as they come, its last ones when it fails. */
import { execa, type Subprocess } from 'execa'
import { findFailure, lastWords, remedyFor } from '../../../domain/build-failure.ts'
import { BuildError, TransientError, UsageError } from '../../../domain/errors.ts'

export interface Program {
  readonly name: 'docker' | 'podman'
  readonly env: NodeJS.ProcessEnv
  /** How long a question may take. */
  readonly answerMs: number
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
  const giveUp = () => setTimeout(() => endAtOnce(running), GRACE_MS + 1000).unref()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    for await (const line of running.iterable({ from: 'all' })) {
      log.push(line)
      if (log.length > KEPT_LINES) log.shift()
      onLine(line)
    }
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
  const result = await running
  if (!result.failed) return
  if (signal.aborted) throw new BuildError(`${what} was cancelled.`, { log })
  if (result.code === 'ENOENT') throw new UsageError(notInstalled(program.name))
  throw new BuildError(describe(what, log, result.exitCode), { log, cause: result.cause })
}

export type Answer =
  | { readonly kind: 'said'; readonly text: string }
  /** There is no such program. */
  | { readonly kind: 'missing' }
  /** `why` is the end of a sentence. */
  | { readonly kind: 'failed'; readonly why: string; readonly exitCode: number | null }

/** Asks the program something that it answers soon. */
export async function askProgram(
  program: Program,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const asking = execa(program.name, args, {
    env: { ...program.env, ...env },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
  })
  let late = false
  const timer = setTimeout(() => {
    late = true
    endAtOnce(asking)
  }, program.answerMs)
  const result = await asking
  clearTimeout(timer)
  if (!result.failed && !late) return { kind: 'said', text: result.stdout }
  if (result.code === 'ENOENT') return { kind: 'missing' }
  const words = lastWords(`${result.stdout}\n${result.stderr}`.split('\n'))
  const ended = result.exitCode === undefined ? 'it could not be run' : `it ended with ${result.exitCode}`
  const why = late ? `it did not answer within ${program.answerMs / 1000} seconds` : ended
  return { kind: 'failed', why: words === null ? why : `${why}: ${words}`, exitCode: result.exitCode ?? null }
}

/** A plugin that it started may live on, and would hold what it prints to: nobody listens any longer. */
function endAtOnce(running: Pick<Subprocess, 'kill' | 'stdout' | 'stderr'>): void {
  running.kill('SIGKILL')
  running.stdout?.destroy()
  running.stderr?.destroy()
}

/** What it said. @throws {UsageError | TransientError} with a remedy, when it is not there or did not answer. */
export async function demandAnswer(program: Program, args: readonly string[]): Promise<string> {
  const answer = await askProgram(program, args)
  if (answer.kind === 'said') return answer.text
  if (answer.kind === 'missing') throw new UsageError(notInstalled(program.name))
  throw noAnswer(program, args, answer.why)
}

export function noAnswer(program: Program, args: readonly string[], why: string): TransientError {
  const command = [program.name, ...args].join(' ')
  return new TransientError(
    `${NAMES[program.name]} does not answer "${command}": ${why}. Run that yourself to see what is wrong, or choose another program with --builder.`,
  )
}

const NAMES = { docker: 'Docker', podman: 'Podman' } as const

export function notInstalled(name: Program['name']): string {
  return name === 'docker'
    ? 'Docker is not installed, or not in PATH. Install Docker 18.09 or newer with buildx (https://docs.docker.com/engine/install/), or Podman 4.9 or newer.'
    : 'Podman is not installed, or not in PATH. Install Podman 4.9 or newer (https://podman.io/docs/installation), or Docker with buildx.'
}

function describe(what: string, log: readonly string[], exitCode: number | undefined): string {
  const failure = findFailure(log) ?? `${ending(exitCode)}${afterWords(lastWords(log))}`
  const remedy = remedyFor(log)
  return remedy === null ? `${what} failed: ${failure}` : `${what} failed: ${failure}\n${remedy}.`
}

function ending(exitCode: number | undefined): string {
  return exitCode === undefined ? 'a signal ended the program' : `the program ended with ${exitCode}`
}

function afterWords(words: string | null): string {
  return words === null ? '' : `; its last line was: ${words}`
}
