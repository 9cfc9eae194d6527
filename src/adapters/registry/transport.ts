/** HTTP to registries and their token services: bounded in time and size, patient, careful with who learns a secret. */
import { RegistryError, TransientError } from '../../domain/errors.ts'
import { excerpt, networkFault, OversizeError, readBytes } from '../http/answer.ts'
import { isLoopback } from '../http/plain-http.ts'
import { isPrivateAddress } from '../http/private-hosts.ts'
import { isTransientStatus, type Patience, retryAfterOf, withRetries } from '../http/retry.ts'
import { errorsIn } from './refusal.ts'

export interface Outgoing {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'POST'
  readonly url: URL
  /** `authorization` goes to the origin of `url` and to no other. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | URLSearchParams
  /** Most bytes of the answer. */
  readonly limit: number
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
  /** Where it came from, after redirects. */
  readonly url: URL
}

export interface Transport {
  /** Any answer that trying again would not change. @throws {TransientError | RegistryError} */
  send(outgoing: Outgoing): Promise<Answer>
  /** The origin of a registry's API. */
  originOf(registry: string): URL
  /** Whether a request that `from` sends us on to may be made. */
  mayFollow(from: URL, to: URL): boolean
}

export interface TransportOptions {
  /** Hosts beside this machine that are spoken to without TLS. */
  readonly plainHttp: readonly string[]
  /** For one attempt, from the connection to the last byte. */
  readonly timeoutMs: number
  readonly patience: Patience
  readonly now: () => number
  /** Told of each attempt. */
  readonly onRequest?: () => void
}

const MAX_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export function makeTransport(options: TransportOptions): Transport {
  const isPlain = (host: string): boolean => isLoopback(host) || options.plainHttp.includes(host)
  const transport: Transport = {
    send: (outgoing) => withRetries(options.patience, () => sendOnce(options, transport.mayFollow, outgoing)),
    originOf: (registry) => {
      // The name that images of Docker Hub carry is no host of its API.
      const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry
      return new URL(`${isPlain(host) ? 'http' : 'https'}://${host}`)
    },
    // Whoever answers over TLS cannot make us speak without it, nor reach into this machine or its network that way.
    mayFollow(from, to) {
      if (to.username !== '' || to.password !== '') return false
      if (from.protocol === 'http:' && to.protocol === 'http:') return isPlain(to.host)
      const isInside = from.protocol === 'http:' || isPrivateAddress(from)
      return to.protocol === 'https:' && (isInside || !isPrivateAddress(to))
    },
  }
  return transport
}

async function sendOnce(
  options: TransportOptions,
  mayFollow: Transport['mayFollow'],
  outgoing: Outgoing,
): Promise<Answer> {
  const signal = AbortSignal.timeout(options.timeoutMs)
  let { url } = outgoing
  let headers = outgoing.headers
  for (let redirects = 0; ; redirects++) {
    options.onRequest?.()
    const answer = await exchange({ ...outgoing, url, headers }, signal)
    if (isTransientStatus(answer.status)) throw busy(outgoing, answer, options.now())
    if (!REDIRECTS.has(answer.status)) return answer
    const next = nextOf(outgoing, answer)
    if (redirects === MAX_REDIRECTS) throw nonsense(outgoing.url, `redirects more than ${MAX_REDIRECTS} times`)
    if (!mayFollow(url, next))
      throw nonsense(outgoing.url, `redirects to ${next.protocol}//${next.host}, which is not safe to follow`)
    if (next.origin !== url.origin) headers = withoutSecrets(headers)
    url = next
  }
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
}

function nextOf(outgoing: Outgoing, answer: Answer): URL {
  const location = answer.headers.get('location') ?? ''
  if (outgoing.method !== 'GET' && outgoing.method !== 'HEAD')
    throw nonsense(outgoing.url, `redirects ${outgoing.method}, which is not followed`)
  if (location === '' || !URL.canParse(location, answer.url.href))
    throw nonsense(outgoing.url, 'redirects to no address')
  return new URL(location, answer.url)
}

async function exchange(outgoing: Outgoing, signal: AbortSignal): Promise<Answer> {
  const { method, url, headers, body } = outgoing
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal,
      ...(body !== undefined && { body: body instanceof URLSearchParams ? body : Buffer.from(body) }),
    })
    return {
      status: response.status,
      headers: response.headers,
      bytes: await readBytes(response.body, outgoing.limit),
      url,
    }
  } catch (error) {
    if (error instanceof OversizeError)
      throw nonsense(url, `answers ${method} with ${error.message}, which is more than is taken`)
    throw unreachable(url, error)
  }
}

function unreachable(url: URL, error: unknown): Error {
  const { code, reason } = networkFault(error)
  const message = `${url.host} does not answer: ${reason}.`
  if (/^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO)/.test(code)) {
    const advice =
      'Name the certificate of its authority in NODE_EXTRA_CA_CERTS, or name the registry in SIGNALBOX_INSECURE_REGISTRIES if it speaks plain HTTP.'
    return new RegistryError(`${message} ${advice}`, { status: null, cause: error })
  }
  return new TransientError(`${message} Check its name and the network, or try again later.`, { cause: error })
}

function busy(outgoing: Outgoing, answer: Answer, now: number): TransientError {
  const retryAfterMs = retryAfterOf(answer.headers, now)
  const what = answer.status === 429 ? 'asks for fewer requests' : 'has an error of its own'
  const wait = retryAfterMs === null ? 'later' : `in ${Math.ceil(retryAfterMs / 1000)} s`
  const said = errorsIn(answer.bytes)
  return new TransientError(
    `${outgoing.url.host} ${what} (${answer.status}${said}) at ${outgoing.url.pathname}. Try again ${wait}.`,
    { retryAfterMs },
  )
}

/** The answer of this address cannot be used. */
export function nonsense(url: URL, what: string, status: number | null = null): RegistryError {
  return new RegistryError(
    `${url.host} ${what}, at ${excerpt(url.pathname)}. Check that this is a registry, and the name.`,
    { status },
  )
}
