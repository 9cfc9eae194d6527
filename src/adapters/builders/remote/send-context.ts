/**
 * Sends the context to the service: `multipart/form-data`, as RFC 7578 has it. Not by `fetch`, which keeps a copy of
 * all that it sends, in case of a redirect.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { pipeline } from 'node:stream/promises'
import { readBytes } from '../../http/answer.ts'

export interface ContextUpload {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** base64 of the archive, read from the disk as it is sent. */
  readonly contextFile: string
  /** The first is the image to build. */
  readonly tags: readonly string[]
  readonly signal: AbortSignal
  /** Most bytes of the answer. */
  readonly limit: number
}

export interface ServiceAnswer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
}

export async function sendContext(upload: ContextUpload): Promise<ServiceAnswer> {
  const { url, contextFile, signal } = upload
  const boundary = `signalbox-${randomUUID()}`
  const [head, tail] = [headOf(boundary), tailOf(boundary, upload.tags)]
  const { size } = await stat(contextFile)
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method: 'POST',
    signal,
    headers: {
      ...upload.headers,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': head.byteLength + size + tail.byteLength,
    },
  })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  const file = createReadStream(contextFile).once('error', (error) => request.destroy(error))
  // What goes wrong here ends the request, which says so.
  pipeline(partsOf(head, file, tail), request).catch(() => {})
  try {
    // A service that refuses may answer, and hang up, before it has read everything.
    const [response] = await answered
    const headers = new Headers({ 'retry-after': response.headers['retry-after'] ?? '' })
    return { status: response.statusCode ?? 0, headers, bytes: await readBytes(response, upload.limit) }
  } finally {
    request.destroy()
  }
}

function headOf(boundary: string): Buffer {
  return Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="context"; filename="context.tar.gz"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  )
}

function tailOf(boundary: string, tags: readonly string[]): Buffer {
  const fields = tags.map((tag, index) => {
    const name = index === 0 ? 'target_image' : 'tags'
    return `\r\n--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${tag}`
  })
  return Buffer.from(`${fields.join('')}\r\n--${boundary}--\r\n`)
}

async function* partsOf(
  head: Uint8Array,
  file: AsyncIterable<Uint8Array>,
  tail: Uint8Array,
): AsyncGenerator<Uint8Array> {
  yield head
  yield* file
  yield tail
}
