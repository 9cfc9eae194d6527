/** The body of a request, of which no more is kept than is asked for. */
import type { IncomingMessage } from 'node:http'

export function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer | 'too large' | 'cut short'> {
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) return Promise.resolve('too large')
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > mostBytes) {
        request.pause()
        resolve('too large')
      } else chunks.push(chunk)
    })
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.on('error', () => resolve('cut short'))
    request.on('close', () => resolve('cut short'))
  })
}

export function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value : null
}
