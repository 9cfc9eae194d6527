/**
 * A remote build service on loopback: takes builds, keeps them, and lets a test say how each goes on. It unpacks what it
 * is sent, as the real one does before it builds.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Asked, type HttpServer, startHttpServer } from './http-server.ts'

export const API_KEY = 'key-of-the-test'

export interface ServiceBuild {
  readonly id: string
  readonly targetImage: string
  readonly tags: readonly string[]
  /** Directory with what was in the context. */
  readonly context: string
  /** The archive, to the byte. */
  readonly archive: Uint8Array
  /** What the status is answered with, one after the other; the last one stays. */
  readonly answers: object[]
}

export interface BuildService extends HttpServer {
  readonly url: string
  readonly builds: ServiceBuild[]
  /** Images that exist. */
  readonly images: Set<string>
}

/** Answers instead of the service; false: the service answers. */
export type Override = (asked: Asked, response: ServerResponse, count: number) => boolean

export async function startBuildService(
  options: { readonly answers?: readonly object[]; readonly override?: Override } = {},
): Promise<BuildService> {
  const builds: ServiceBuild[] = []
  const images = new Set<string>()
  const root = mkdtempSync(join(tmpdir(), 'signalbox-build-service-'))
  const server = await startHttpServer((asked, response, count) => {
    const url = new URL(asked.path, 'http://service')
    const json = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (options.override?.(asked, response, count)) return
    if (asked.headers['x-api-key'] !== API_KEY)
      return json(401, { detail: `no such key: ${asked.headers['x-api-key']}` })
    const build = builds.find(({ id }) => id === url.searchParams.get('build_id'))
    switch (`${asked.method} ${url.pathname}`) {
      case 'POST /service/build': {
        const made = takeBuild(asked, root, `build/${builds.length + 1}?&`, options.answers ?? [])
        builds.push(made)
        return json(200, { build_id: made.id })
      }
      case 'GET /service/build_status': {
        if (build === undefined) return json(404, { detail: 'no such build' })
        const answer = build.answers.length > 1 ? build.answers.shift() : build.answers[0]
        return json(200, answer ?? { status: 'SUCCESS', image: build.targetImage })
      }
      case 'GET /service/image_exists':
        return json(200, { exists: images.has(url.searchParams.get('image') ?? ''), image: { image_size_bytes: 1 } })
      default:
        return json(404, { detail: 'not found' })
    }
  })
  return {
    ...server,
    url: `http://${server.host}/service/`,
    builds,
    images,
    async stop() {
      await server.stop()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

function takeBuild(asked: Asked, root: string, id: string, answers: readonly object[]): ServiceBuild {
  const parts = readParts(asked)
  const one = (name: string) => parts.filter((part) => part.name === name).map(({ body }) => body)
  const [context = ''] = one('context')
  const archive = Buffer.from(context, 'base64')
  const directory = mkdtempSync(join(root, 'context-'))
  // Debian's own tar, so that the archive is read by other eyes than those that made it.
  execFileSync('tar', ['-xzpf', '-', '-C', directory], { input: archive })
  return {
    id,
    targetImage: Buffer.from(one('target_image')[0] ?? '', 'latin1').toString('utf8'),
    tags: one('tags'),
    context: directory,
    archive,
    answers: [...answers],
  }
}

/** `multipart/form-data`, as RFC 7578 has it. */
function readParts({ headers, body }: Asked): { name: string; filename: string | null; body: string }[] {
  const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(headers['content-type'] ?? '')?.[1]
  if (boundary === undefined) throw new Error(`no multipart: ${headers['content-type']}`)
  if (Number(headers['content-length']) !== body.length) throw new Error('the length was not told')
  const pieces = `\r\n${body}`.split(`\r\n--${boundary}`)
  if (pieces[0] !== '' || pieces.at(-1)?.trim() !== '--') throw new Error('the multipart is not closed')
  return pieces.slice(1, -1).map((piece) => {
    const end = piece.indexOf('\r\n\r\n')
    const head = piece.slice(0, end)
    return {
      name: /\bname="([^"]*)"/.exec(head)?.[1] ?? '',
      filename: /\bfilename="([^"]*)"/.exec(head)?.[1] ?? null,
      body: piece.slice(end + 4),
    }
  })
}
