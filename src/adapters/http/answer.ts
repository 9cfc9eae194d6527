/** What came back from a server that is not trusted to be short, quick or well. */

/** More came than may come. */
export class OversizeError extends Error {
  override readonly name = 'OversizeError'
}

/** A body, of at most `limit` bytes. @throws {OversizeError} */
export async function readBytes(body: AsyncIterable<Uint8Array> | null, limit: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving the loop by an error cancels the stream, and with it the connection.
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > limit) throw new OversizeError(`more than ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The JSON in it; `undefined` where there is none. */
export function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** Why `fetch` failed, in a few words; what it throws itself says only "fetch failed". */
export function networkFault(error: unknown): { readonly code: string; readonly reason: string } {
  if (error instanceof Error && error.name === 'TimeoutError') return { code: 'TIMEOUT', reason: 'no answer in time' }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  // Of several addresses that were tried, each has its own error.
  const inner = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause
  const code = inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : ''
  const known = REASONS[code]
  if (known !== undefined) return { code, reason: known }
  return { code, reason: excerpt(inner instanceof Error && inner.message !== '' ? inner.message : String(error)) }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  ECONNRESET: 'the connection was cut (ECONNRESET)',
  EPIPE: 'the connection was cut (EPIPE)',
  UND_ERR_SOCKET: 'the connection was cut',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'nobody vouches for its certificate (DEPTH_ZERO_SELF_SIGNED_CERT)',
  ENOTFOUND: 'there is no such host (ENOTFOUND)',
  EAI_AGAIN: 'the name of the host cannot be looked up now (EAI_AGAIN)',
  EHOSTUNREACH: 'the host cannot be reached (EHOSTUNREACH)',
  ENETUNREACH: 'the network cannot be reached (ENETUNREACH)',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped half-way',
}

/** Text from outside as part of a sentence: one line, and not long. */
export function excerpt(text: string, limit = 200): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`
}
