/** The remote build service, as HTTP: one method a request, answers checked, refusals in words. */
import { z } from 'zod'
import { BuildError, TransientError, UsageError } from '../../../domain/errors.ts'
import { excerpt, networkFault, OversizeError, readBytes, readJson } from '../../http/answer.ts'
import { isLoopback } from '../../http/plain-http.ts'
import { isTransientStatus, retryAfterOf } from '../../http/retry.ts'
import { type ServiceAnswer, sendContext } from './send-context.ts'

export interface BuildStatus {
  /** In the service's words: `SUCCESS`, `WORKING`, … */
  readonly status: string
  /** What was built; null: not said, or not yet. */
  readonly image: string | null
  /** What went wrong, and the end of the log; null: nothing, or not said. */
  readonly error: string | null
}

/** Every method may throw `TransientError`, and `BuildError` where the service refuses or makes no sense. */
export interface BuildService {
  /** For messages. */
  readonly host: string
  /** @returns the id of the build. @throws {TransientError} where nothing was started, or nobody knows. */
  start(contextFile: string, tags: readonly string[], signal: AbortSignal): Promise<string>
  status(buildId: string, signal: AbortSignal): Promise<BuildStatus>
  exists(image: string): Promise<boolean>
}

export interface BuildServiceOptions {
  readonly url: string
  readonly apiKey: string
  /** Speak to a service on another machine without TLS. */
  readonly plainHttp: boolean
  /** For one request that sends no context. */
  readonly requestTimeoutMs: number
}

const ANSWER_LIMIT = 4 * 1024 * 1024
/** Both are shown to people, and must not pass for anything else than a word. */
const WORD = z.string().regex(/^[\x21-\x7e]{1,1000}$/)
const STARTED = z.object({ build_id: z.union([WORD, z.number()]).transform(String) })
const STATUS = z.object({
  status: WORD,
  image: z.string().nullish().catch(null),
  error: z.string().nullish().catch(null),
})
const EXISTS = z.object({ exists: z.boolean() })

export function makeBuildService(options: BuildServiceOptions): BuildService {
  const base = addressOf(options)
  const { apiKey } = options
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    throw new UsageError(`The API key of the build service ${base.host} is empty, or no header can carry it. Check it.`)

  const addressOfPath = (path: string): URL => new URL(`${base.pathname.replace(/\/+$/, '')}/${path}`, base)
  const headers = { 'X-API-Key': apiKey }

  async function ask<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const url = addressOfPath(path)
    const answer = await reach(url, signal, async () => {
      const response = await fetch(url, { headers, redirect: 'manual', signal })
      return { status: response.status, headers: response.headers, bytes: await readBytes(response.body, ANSWER_LIMIT) }
    })
    return readAnswer(url, answer, schema, apiKey)
  }
  const within = (signal?: AbortSignal): AbortSignal => {
    const timeout = AbortSignal.timeout(options.requestTimeoutMs)
    return signal === undefined ? timeout : AbortSignal.any([signal, timeout])
  }

  return {
    host: base.host,
    async start(contextFile, tags, signal) {
      const url = addressOfPath('build')
      const upload = { url, headers, contextFile, tags, signal, limit: ANSWER_LIMIT }
      const answer = await reach(url, signal, () => sendContext(upload))
      return readAnswer(url, answer, STARTED, apiKey).build_id
    },
    async status(buildId, signal) {
      const query = new URLSearchParams({ build_id: buildId })
      const { status, image, error } = await ask(`build_status?${query}`, STATUS, within(signal))
      return { status, image: image || null, error: error || null }
    },
    async exists(image) {
      return (await ask(`image_exists?${new URLSearchParams({ image })}`, EXISTS, within())).exists
    },
  }
}

function addressOf({ url, plainHttp }: BuildServiceOptions): URL {
  const base = URL.canParse(url) ? new URL(url) : null
  if (base === null || !/^https?:$/.test(base.protocol))
    throw new UsageError('The address of the build service is no URL. Give it as https://HOST.')
  if (base.username !== '' || base.password !== '')
    throw new UsageError(`The address of the build service ${base.host} must hold no password. Use its API key.`)
  if (base.protocol === 'http:' && !plainHttp && !isLoopback(base.host))
    throw new UsageError(`The API key would be readable on its way to http://${base.host}. Use https.`)
  return base
}

/** What `request` answers. @throws {TransientError} where there is no answer. */
async function reach(url: URL, signal: AbortSignal, request: () => Promise<ServiceAnswer>): Promise<ServiceAnswer> {
  try {
    return await request()
  } catch (error) {
    // A cancellation is the caller's own doing, who knows what it means.
    const fault: unknown = signal.aborted ? signal.reason : error
    if (fault instanceof Error && fault.name === 'AbortError') throw fault
    if (fault instanceof OversizeError)
      throw new BuildError(`${url.host} answers ${url.pathname} with ${fault.message}. Check the address.`, { log: [] })
    const { reason } = networkFault(fault)
    throw new TransientError(
      `The build service ${url.host} does not answer: ${reason}. Check its address and the network, or try again later.`,
      { cause: error },
    )
  }
}

function readAnswer<T>(url: URL, answer: ServiceAnswer, schema: z.ZodType<T>, apiKey: string): T {
  if (answer.status !== 200) throw refusal(url, answer, apiKey)
  const read = schema.safeParse(readJson(answer.bytes))
  if (read.success) return read.data
  throw new BuildError(
    `${url.host} answers ${url.pathname} with something that is not its protocol. Check the address of the service.`,
    { log: [] },
  )
}

function refusal(url: URL, { status, headers, bytes }: ServiceAnswer, apiKey: string): Error {
  const text = excerpt(new TextDecoder().decode(bytes.subarray(0, 2000)).replaceAll(apiKey, '…'))
  const said = text === '' ? String(status) : `${status}: ${text}`
  if (status === 429 || isTransientStatus(status)) {
    const retryAfterMs = retryAfterOf(headers, Date.now())
    const what = status === 429 ? 'has no room now' : 'has an error of its own'
    return new BusyError(`The build service ${url.host} ${what} (${said}). Try again later.`, status, retryAfterMs)
  }
  if (status === 401 || status === 403)
    return new BuildError(`The build service ${url.host} refuses the API key (${said}). Check the key.`, { log: [] })
  if (status >= 300 && status < 400)
    return new BuildError(`The build service ${url.host} is somewhere else now (${status}). Give its new address.`, {
      log: [],
    })
  return new BuildError(`The build service ${url.host} refuses ${url.pathname} (${said}).`, { log: [] })
}

/** It answered, and wants to be asked again later. */
export class BusyError extends TransientError {
  readonly status: number
  constructor(message: string, status: number, retryAfterMs: number | null) {
    super(message, { retryAfterMs })
    this.status = status
  }
}
