/**
 * Builds images by a service on another machine: sends it the context, and asks how the build goes until it ends. The
 * service builds for its own platform and keeps what it built in its registry: `push`, `load` and the cache of a
 * request are the service's own affair.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { BuildError, UsageError } from '../../../domain/errors.ts'
import { count } from '../../../domain/wording.ts'
import type { BuildOptions, BuildRequest, BuiltImage, ImageBuilder } from '../../../ports.ts'
import { fileFault, withFault } from '../../files/file-faults.ts'
import { DEFAULT_PATIENCE, type Patience, withRetries } from '../../http/retry.ts'
import { type BuildService, BusyError, makeBuildService } from './build-service.ts'
import { archiveContext } from './context-archive.ts'
import { followBuild, type Pace } from './follow-build.ts'

export interface RemoteBuilderOptions {
  /** `https://HOST[/PATH]`. */
  readonly url: string
  readonly apiKey: string
  /** Between two questions how the build goes; default 30 s. */
  readonly pollMs?: number
  /** From when the build was accepted to its end, and the most that it is waited to be accepted; default 30 min. */
  readonly timeoutMs?: number
  /** For one question; default 30 s. */
  readonly requestTimeoutMs?: number
  /** Speak to a service on another machine without TLS; default false. */
  readonly plainHttp?: boolean
  /** Where `exists` gets no answer. */
  readonly patience?: Patience
}

const MINUTE = 60_000
export function makeRemoteBuilder(options: RemoteBuilderOptions): ImageBuilder {
  const service = makeBuildService({
    url: options.url,
    apiKey: options.apiKey,
    plainHttp: options.plainHttp ?? false,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
  })
  const pace = { pollMs: options.pollMs ?? 30_000, timeoutMs: options.timeoutMs ?? 30 * MINUTE }
  return {
    kind: 'remote',
    exists: (image) => withRetries(options.patience ?? DEFAULT_PATIENCE, () => service.exists(image)),
    build: (request, buildOptions) => build(service, pace, request, buildOptions),
  }
}

async function build(
  service: BuildService,
  pace: Pace,
  request: BuildRequest,
  options: BuildOptions,
): Promise<BuiltImage> {
  const target = refuseWhatIsNotTaken(request, service.host)
  if (Object.keys(request.labels).length > 0)
    options.onLine(`the build service ${service.host} takes no labels: the image goes without them`)
  let happened = 'nothing was sent'
  try {
    const buildId = await send(service, pace, request, options, () => {
      happened = `the context was being sent: ${service.host} may build it all the same`
    })
    happened = `${service.host} may go on with build ${buildId}`
    options.onLine(`build ${buildId} started at ${service.host}`)
    return await followBuild(service, pace, { buildId, target }, options)
  } catch (error) {
    if (options.signal.aborted)
      throw new BuildError(`The build of ${target} was cancelled; ${happened}.`, { log: [], cause: error })
    throw error
  }
}

/** What changes an image must not be left out in silence. */
function refuseWhatIsNotTaken(request: BuildRequest, host: string): string {
  const [target] = request.tags
  if (target === undefined) throw new UsageError('An image to build needs at least one tag.')
  const refused = [
    request.target === null ? [] : [`stage (${request.target})`],
    request.platforms.length === 0 ? [] : [`platforms (${request.platforms.join(', ')})`],
    Object.keys(request.buildArgs).length === 0
      ? []
      : [`build arguments (${Object.keys(request.buildArgs).join(', ')})`],
  ].flat()
  if (refused.length === 0) return target
  throw new UsageError(
    `The build service ${host} takes no ${refused.join(' and no ')}. Leave that away, or build ${target} with Docker.`,
  )
}

/** Archives the context and sends it, again when the service has no room. Returns the id of the build. */
async function send(
  service: BuildService,
  pace: Pace,
  request: BuildRequest,
  { onLine, signal }: BuildOptions,
  onSending: () => void,
): Promise<string> {
  const directory = await withFault(`The directory of temporary files ${tmpdir()} (TMPDIR)`, 'cannot be used', () =>
    mkdtemp(join(tmpdir(), 'signalbox-context-')),
  )
  try {
    const file = join(directory, 'context.tar.gz.base64')
    const entries = await archive(request, file, signal)
    const { size } = await stat(file)
    onLine(`sending the context to ${service.host}: ${count(entries, 'file')}, ${(size / 1e6).toFixed(1)} MB`)
    onSending()
    return await start(service, pace, { file, tags: request.tags }, { onLine, signal })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function archive({ context, dockerfile }: BuildRequest, file: string, signal: AbortSignal): Promise<number> {
  try {
    return await archiveContext({ context, dockerfile, file, signal })
  } catch (error) {
    if (signal.aborted || error instanceof UsageError) throw error
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
      throw new UsageError(
        `The archive of ${context} does not fit into ${tmpdir()}. Make room there, or set TMPDIR to another directory.`,
        { cause: error },
      )
    // Such as a file that was there when it was listed: nothing should change the context during the build.
    throw fileFault(`The build context ${context}`, 'cannot be archived', error)
  }
}

async function start(
  service: BuildService,
  { pollMs, timeoutMs }: Pace,
  { file, tags }: { readonly file: string; readonly tags: readonly string[] },
  { onLine, signal }: BuildOptions,
): Promise<string> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      const left = AbortSignal.timeout(Math.max(1, Math.ceil(deadline - performance.now())))
      return await service.start(file, tags, AbortSignal.any([signal, left]))
    } catch (error) {
      // After any other fault the build may have been started, and a second one would be too many.
      if (!(error instanceof BusyError) || error.status !== 429) throw error
      const pause = error.retryAfterMs ?? pollMs
      if (performance.now() + pause >= deadline) throw error
      onLine(`${service.host} has no room now: asking again in ${Math.ceil(pause / 1000)} s`)
      await wait(pause, undefined, { signal })
    }
  }
}
