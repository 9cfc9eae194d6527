/** Asks the service how a build goes until it ends, or has taken too long. */
import { setTimeout as wait } from 'node:timers/promises'
import { BuildError, TransientError } from '../../../domain/errors.ts'
import { parseReference } from '../../../domain/image-reference.ts'
import type { BuildOptions, BuiltImage } from '../../../ports.ts'
import type { BuildService, BuildStatus } from './build-service.ts'

export interface Pace {
  /** Between two questions. */
  readonly pollMs: number
  /** From when the build was accepted to its end. */
  readonly timeoutMs: number
}

const MINUTE = 60_000
/** Questions in a row that may go without an answer. */
const MAX_UNANSWERED = 5
const LOG_LINES = 50
const AT_WORK: ReadonlySet<string> = new Set(['PENDING', 'QUEUED', 'WORKING', 'RUNNING', 'BUILDING'])
const FAILED: Readonly<Record<string, string>> = {
  FAILURE: 'failed',
  INTERNAL_ERROR: 'failed by an error of the service',
  TIMEOUT: 'took longer than the service allows',
  CANCELLED: 'was cancelled at the service',
  EXPIRED: 'waited too long in the queue of the service',
}

export interface Build {
  readonly buildId: string
  /** The name that was asked for. */
  readonly target: string
}

/** Asks until the build ends. */
export async function followBuild(
  service: BuildService,
  { pollMs, timeoutMs }: Pace,
  build: Build,
  { onLine, signal }: BuildOptions,
): Promise<BuiltImage> {
  const deadline = performance.now() + timeoutMs
  let last = 'not told'
  let unanswered = 0
  for (;;) {
    let pause = pollMs
    try {
      const answer = await service.status(build.buildId, signal)
      unanswered = 0
      const built = resultOf(answer, build, service.host)
      if (built !== null) return built
      if (answer.status !== last) onLine(progressOf(answer.status, build.buildId))
      last = answer.status
    } catch (error) {
      if (!(error instanceof TransientError) || ++unanswered >= MAX_UNANSWERED) throw error
      pause = Math.max(pause, error.retryAfterMs ?? 0)
      onLine(`${error.message} Build ${build.buildId} goes on: asking again in ${Math.ceil(pause / 1000)} s`)
    }
    const left = deadline - performance.now()
    if (left <= 0) throw tooLong(service.host, build, timeoutMs, last)
    await wait(Math.min(pause, left), undefined, { signal })
  }
}

function progressOf(status: string, buildId: string): string {
  return AT_WORK.has(status)
    ? `build ${buildId}: ${status}`
    : `build ${buildId}: ${status}, a status that is not known here; it counts as not ended`
}

/** Null: it has not ended. @throws {BuildError} when it ended badly. */
function resultOf({ status, image, error }: BuildStatus, { buildId, target }: Build, host: string): BuiltImage | null {
  if (status === 'SUCCESS') {
    const name = image ?? target
    if (!parseReference(name).ok) {
      const said = JSON.stringify(name.slice(0, 200))
      throw new BuildError(
        `Build ${buildId} at ${host} ended well, but it calls what it built ${said}, which is no name of an image. Look there for what it built.`,
        { log: [] },
      )
    }
    return { image: name, digest: /@(sha256:[0-9a-f]{64})$/.exec(name)?.[1] ?? null }
  }
  const what = Object.hasOwn(FAILED, status) ? FAILED[status] : undefined
  if (what === undefined) return null
  const log = (error ?? '').split(/\r?\n/).filter((line) => line.trim() !== '')
  const why = log.length === 0 ? 'the service does not say why' : (log.at(-1) ?? '')
  throw new BuildError(`The build of ${target} ${what} (${status}, build ${buildId} at ${host}): ${why}`, {
    log: log.slice(-LOG_LINES),
  })
}

function tooLong(host: string, { buildId, target }: Build, timeoutMs: number, last: string): BuildError {
  const time = timeoutMs >= MINUTE ? `${Math.round(timeoutMs / MINUTE)} minutes` : `${timeoutMs} ms`
  return new BuildError(
    `The build of ${target} did not end within ${time} (build ${buildId}, last status ${last}). ` +
      `${host} may go on with it: look there, or run the same again to use what it built.`,
    { log: [] },
  )
}
