/** The remote builder against a service of the same protocol, over real HTTP. */
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeRemoteBuilder, type RemoteBuilderOptions } from '../../src/adapters/builders/remote/remote-builder.ts'
import { BuildError } from '../../src/domain/errors.ts'
import type { BuildRequest } from '../../src/ports.ts'
import { API_KEY, type BuildService, type Override, startBuildService } from '../support/build-service.ts'

let directory: string
let context: string
let service: BuildService | undefined
let temporary: string | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-remote-'))
  context = join(directory, 'context')
  await mkdir(context)
  await writeFile(join(context, 'Dockerfile'), 'FROM scratch\n')
  // Whatever the builder leaves behind is found there.
  temporary = process.env.TMPDIR
  process.env.TMPDIR = join(directory, 'tmp')
  await mkdir(process.env.TMPDIR)
})

afterEach(async () => {
  const left = await readdir(process.env.TMPDIR ?? '')
  if (temporary === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = temporary
  await service?.stop()
  service = undefined
  await rm(directory, { recursive: true, force: true })
  expect(left.filter((name) => name.startsWith('signalbox-context-'))).toEqual([])
})

async function serve(options: { answers?: object[]; override?: Override } = {}): Promise<BuildService> {
  service = await startBuildService(options)
  return service
}

function builderOf({ url }: { url: string }, options: Partial<RemoteBuilderOptions> = {}) {
  const patience = { attempts: 3, delayMs: 1, longestWaitMs: 100 }
  return makeRemoteBuilder({ url, apiKey: API_KEY, pollMs: 5, timeoutMs: 20_000, patience, ...options })
}

const TAGS = ['registry.example/acme/runtime:source', 'registry.example/acme/runtime:lock'] as const

function request(changes: Partial<BuildRequest> = {}): BuildRequest {
  return {
    context,
    dockerfile: null,
    target: null,
    tags: TAGS,
    platforms: [],
    buildArgs: {},
    labels: {},
    cacheFrom: [],
    cacheTo: [],
    push: true,
    load: false,
    ...changes,
  }
}

function watch(signal = new AbortController().signal) {
  const lines: string[] = []
  return { lines, options: { signal, onLine: (line: string) => void lines.push(line) } }
}

/** Path → what it is, for everything below. */
async function describeTree(root: string, below = ''): Promise<Record<string, string>> {
  const tree: Record<string, string> = {}
  for (const name of (await readdir(join(root, below))).sort()) {
    const path = below === '' ? name : `${below}/${name}`
    const stats = await lstat(join(root, path))
    const mode = (stats.mode & 0o777).toString(8)
    if (stats.isSymbolicLink()) tree[path] = `-> ${await readlink(join(root, path))}`
    else if (stats.isDirectory()) Object.assign(tree, { [path]: 'directory' }, await describeTree(root, path))
    else tree[path] = `${mode} ${(await readFile(join(root, path))).toString('base64')}`
  }
  return tree
}

async function fillContext(): Promise<void> {
  await mkdir(join(context, 'code', 'leer ✓'), { recursive: true })
  await mkdir(join(context, 'nothing in it'))
  await writeFile(join(context, 'code', 'über 日本語 🚂.txt'), 'grüße')
  await writeFile(join(context, 'code', `${'long-'.repeat(40)}.txt`), 'long')
  await writeFile(join(context, 'code', 'run.sh'), '#!/bin/sh\n')
  await chmod(join(context, 'code', 'run.sh'), 0o755)
  await writeFile(join(context, 'code', 'bytes'), Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256)))
  await writeFile(join(context, 'code', 'empty'), '')
  await writeFile(join(context, '@odd'), 'no archive')
  await symlink('run.sh', join(context, 'code', 'link'))
  await symlink('..', join(context, 'code', 'loop'))
  await symlink('nowhere', join(context, 'dangling'))
}

describe('the context', () => {
  test('arrives as it is: names, bytes, links, executable files, empty directories', async () => {
    await fillContext()
    const { url, builds } = await serve()
    await builderOf({ url }).build(request(), watch().options)
    expect(await describeTree(String(builds[0]?.context))).toEqual(await describeTree(context))
    expect(builds[0]).toMatchObject({ targetImage: TAGS[0], tags: [TAGS[1]] })
  })

  test('of the same files is the same bytes, whatever their times and the umask', async () => {
    await fillContext()
    const { url, builds } = await serve()
    const builder = builderOf({ url })
    await builder.build(request(), watch().options)
    for (const file of ['Dockerfile', 'code/bytes', 'code'])
      await utimes(join(context, file), new Date(1_000_000), new Date(2_000_000))
    await chmod(join(context, 'Dockerfile'), 0o600)
    await chmod(join(context, 'code', 'bytes'), 0o664)
    const elsewhere = join(directory, 'elsewhere')
    execFileSync('cp', ['-a', context, elsewhere])
    await chmod(join(context, 'Dockerfile'), 0o644)
    await chmod(join(elsewhere, 'Dockerfile'), 0o644)
    await builder.build(request({ context: elsewhere }), watch().options)
    expect(Buffer.from(builds[1]?.archive ?? []).equals(Buffer.from(builds[0]?.archive ?? []))).toBe(true)
    await writeFile(join(elsewhere, 'code', 'empty'), 'x')
    await builder.build(request({ context: elsewhere }), watch().options)
    expect(Buffer.from(builds[2]?.archive ?? []).equals(Buffer.from(builds[0]?.archive ?? []))).toBe(false)
  })

  test('has the Dockerfile that was asked for', async () => {
    const other = join(directory, 'Other.Dockerfile')
    await writeFile(other, 'FROM other\n')
    await writeFile(join(context, 'file'), 'x')
    const { url, builds } = await serve()
    await builderOf({ url }).build(request({ dockerfile: other }), watch().options)
    const sent = String(builds[0]?.context)
    expect(await readFile(join(sent, 'Dockerfile'), 'utf8')).toBe('FROM other\n')
    expect(await readdir(sent)).toEqual(['Dockerfile', 'file'])
  })

  test('has to be archived somewhere', async () => {
    const { url, asked } = await serve()
    const before = process.env.TMPDIR
    process.env.TMPDIR = join(directory, 'gone')
    const failing = builderOf({ url }).build(request(), watch().options)
    await expect(failing).rejects.toThrow(
      `The directory of temporary files ${directory}/gone (TMPDIR) cannot be used: there is no such file or directory.`,
    )
    process.env.TMPDIR = before
    expect(asked).toEqual([])
  })

  test('is never whole in memory', async () => {
    // Random bytes, which no compression makes small.
    execFileSync('dd', ['if=/dev/urandom', `of=${join(context, 'big')}`, 'bs=1M', 'count=128'], { stdio: 'ignore' })
    let received = 0
    const server = createServer((asked, response) => {
      asked.on('data', (chunk: Buffer) => {
        received += chunk.byteLength
      })
      asked.on('end', () => response.end(asked.method === 'POST' ? '{"build_id":1}' : '{"status":"SUCCESS"}'))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const program = `
      import { makeRemoteBuilder } from './src/adapters/builders/remote/remote-builder.ts'
      const { url, request } = JSON.parse(process.argv[1])
      const builder = makeRemoteBuilder({ url, apiKey: 'x' })
      await builder.exists('x').catch(() => {})
      const before = process.resourceUsage().maxRSS
      await builder.build(request, { onLine: () => {}, signal: new AbortController().signal })
      console.log(process.resourceUsage().maxRSS - before)`
    const { port } = server.address() as AddressInfo
    const input = JSON.stringify({ url: `http://127.0.0.1:${port}`, request: request() })
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, input])
    server.close()
    expect(received).toBeGreaterThan(170e6)
    // In kilobytes. The archive has 128 MiB, its base64 171 MiB.
    expect(Number(stdout)).toBeLessThan(110 * 1024)
  })

  test.each<[string, (() => Promise<void>) | null, Partial<BuildRequest>, string]>([
    ['no directory', null, { context: '/nowhere/at/all' }, 'The build context /nowhere/at/all is no directory.'],
    ['no Dockerfile', () => rm(join(context, 'Dockerfile')), {}, 'has no Dockerfile. Put one there'],
    [
      'a Dockerfile that is not there',
      null,
      { dockerfile: '/nowhere/D' },
      'The Dockerfile /nowhere/D cannot be read: there is',
    ],
    [
      'a Dockerfile that is a pipe',
      async () => void execFileSync('mkfifo', [join(directory, 'P')]),
      { dockerfile: 'P' },
      'P cannot be read: it is a named pipe, and no file.',
    ],
    [
      'a pipe',
      async () => void execFileSync('mkfifo', [join(context, 'pipe')]),
      {},
      'context/pipe is no file, directory or link.',
    ],
    [
      'a name that is not UTF-8',
      () => writeFile(Buffer.concat([Buffer.from(`${context}/caf`), Buffer.from([0xe9])]), 'x'),
      {},
      '"café" in the build context has a name that is not UTF-8.',
    ],
    ['no tags', null, { tags: [] }, 'needs at least one tag'],
    ['a stage', null, { target: 'test' }, 'takes no stage (test). Leave that away'],
    [
      'arguments',
      null,
      { buildArgs: { A: '1' }, platforms: ['linux/arm64'] },
      'takes no platforms (linux/arm64) and no build',
    ],
  ])('with %s is refused before anything is sent', async (_name, prepare, changes, message) => {
    await prepare?.()
    const { url, asked } = await serve()
    const dockerfile = changes.dockerfile === 'P' ? { dockerfile: join(directory, 'P') } : {}
    const failing = builderOf({ url }).build(request({ ...changes, ...dockerfile }), watch().options)
    await expect(failing).rejects.toMatchObject({ name: 'UsageError' })
    await expect(failing).rejects.toThrow(message)
    expect(asked).toEqual([])
  })
})

describe('how a build ends', () => {
  test('with the image that the service names, after all its statuses', async () => {
    const image = `registry.example/acme/runtime@sha256:${'a'.repeat(64)}`
    const { url, host } = await serve({
      answers: [{ status: 'QUEUED' }, { status: 'WORKING' }, { status: 'WORKING' }, { status: 'SUCCESS', image }],
    })
    const { lines, options } = watch()
    const built = await builderOf({ url }).build(request({ labels: { a: 'b' } }), options)
    expect(built).toEqual({ image, digest: `sha256:${'a'.repeat(64)}` })
    expect(lines).toEqual([
      `the build service ${host} takes no labels: the image goes without them`,
      `sending the context to ${host}: 1 file, 0.0 MB`,
      `build build/1?& started at ${host}`,
      'build build/1?&: QUEUED',
      'build build/1?&: WORKING',
    ])
  })

  test('with the name that was asked for, when the service names none', async () => {
    const { url } = await serve({ answers: [{ status: 'SUCCESS' }] })
    expect(await builderOf({ url }).build(request(), watch().options)).toEqual({ image: TAGS[0], digest: null })
  })

  test.each([
    ['FAILURE', 'failed'],
    ['INTERNAL_ERROR', 'failed by an error of the service'],
    ['TIMEOUT', 'took longer than the service allows'],
    ['CANCELLED', 'was cancelled at the service'],
    ['EXPIRED', 'waited too long in the queue of the service'],
  ])('%s, with the end of the log', async (status, what) => {
    const log = Array.from({ length: 80 }, (_, index) => `step ${index}`)
    const { url, host } = await serve({ answers: [{ status: 'WORKING' }, { status, error: `${log.join('\n')}\n` }] })
    const failing = builderOf({ url }).build(request(), watch().options)
    await expect(failing).rejects.toMatchObject({ name: 'BuildError', log: log.slice(-50) })
    await expect(failing).rejects.toThrow(
      `The build of ${TAGS[0]} ${what} (${status}, build build/1?& at ${host}): step 79`,
    )
  })

  test.each(['a\n::set-output name=image::evil', 'evil image', '', '-'.repeat(5)])(
    'with an image that the service calls %j',
    async (image) => {
      const { url } = await serve({ answers: [{ status: 'SUCCESS', image }] })
      const { options } = watch()
      const building = builderOf({ url }).build(request(), options)
      if (image === '') await expect(building).resolves.toMatchObject({ image: TAGS[0] })
      else
        await expect(building).rejects.toThrow(
          `it calls what it built ${JSON.stringify(image)}, which is no name of an image.`,
        )
    },
  )

  test('with a status that would be a line of its own', async () => {
    const { url } = await serve({ answers: [{ status: 'WORKING\n::stop-commands::x' }] })
    await expect(builderOf({ url }).build(request(), watch().options)).rejects.toThrow('is not its protocol')
  })

  test('a failure without a word', async () => {
    const { url } = await serve({ answers: [{ status: 'FAILURE' }] })
    const failing = builderOf({ url }).build(request(), watch().options)
    await expect(failing).rejects.toThrow('the service does not say why')
    await expect(failing).rejects.toMatchObject({ log: [] })
  })

  test('a status that nobody knows is named, and waited out', async () => {
    const { url } = await serve({
      answers: [{ status: 'PONDERING' }, { status: 'constructor' }, { status: 'SUCCESS' }],
    })
    const { lines, options } = watch()
    await builderOf({ url }).build(request(), options)
    expect(lines).toContain('build build/1?&: PONDERING, a status that is not known here; it counts as not ended')
    expect(lines).toContain('build build/1?&: constructor, a status that is not known here; it counts as not ended')
  })

  test('too late', async () => {
    const { url, host } = await serve({ answers: [{ status: 'WORKING' }] })
    const failing = builderOf({ url }, { timeoutMs: 150 }).build(request(), watch().options)
    await expect(failing).rejects.toBeInstanceOf(BuildError)
    await expect(failing).rejects.toThrow(
      `did not end within 150 ms (build build/1?&, last status WORKING). ${host} may go on with it`,
    )
  })
})

describe('a service that is busy or broken', () => {
  test('429 twice: waited as long as it says, and sent again as a whole', async () => {
    const { url, host, builds, asked } = await serve({
      override: (_asked, response, count) =>
        count < 3 && response.writeHead(429, count === 1 ? { 'retry-after': '1' } : {}).end('full').writableEnded,
    })
    const { lines, options } = watch()
    const started = performance.now()
    await builderOf({ url }).build(request(), options)
    expect(performance.now() - started).toBeGreaterThan(990)
    expect(lines.filter((line) => line === `${host} has no room now: asking again in 1 s`)).toHaveLength(2)
    expect(asked.filter(({ method }) => method === 'POST').map(({ body }) => body.length > 500)).toEqual([
      true,
      true,
      true,
    ])
    expect(builds).toHaveLength(1)
  })

  test('429 for longer than a build may take', async () => {
    const { url } = await serve({
      override: (_asked, response) => response.writeHead(429, { 'retry-after': '600' }).end().writableEnded,
    })
    const failing = builderOf({ url }).build(request(), watch().options)
    await expect(failing).rejects.toMatchObject({ name: 'TransientError', retryAfterMs: 600_000 })
    await expect(failing).rejects.toThrow('has no room now (429). Try again later.')
  })

  test('questions that go unanswered, never many in a row', async () => {
    const { url, asked } = await serve({
      answers: [{ status: 'WORKING' }, { status: 'SUCCESS' }],
      override: (_asked, response, count) => {
        // The first is the build, the sixth an answer between two rows of four without one.
        if (count === 1 || count === 6 || count === 11) return false
        if (count % 2 === 0) return response.destroy().destroyed
        return response.writeHead(count === 3 ? 502 : 429).end().writableEnded
      },
    })
    const { lines, options } = watch()
    expect(await builderOf({ url }).build(request(), options)).toMatchObject({ image: TAGS[0] })
    expect(asked).toHaveLength(11)
    expect(lines.filter((line) => line.includes('Build build/1?& goes on: asking again'))).toHaveLength(8)
  })

  test('questions that go unanswered for good', async () => {
    const { url, host, asked } = await serve({
      override: (_asked, response, count) => count > 1 && response.writeHead(500).end('oops').writableEnded,
    })
    const failing = builderOf({ url }).build(request(), watch().options)
    await expect(failing).rejects.toMatchObject({ name: 'TransientError' })
    await expect(failing).rejects.toThrow(`The build service ${host} has an error of its own (500: oops).`)
    expect(asked).toHaveLength(6)
  })

  test('a build that may have been started is not sent a second time', async () => {
    const { url, asked } = await serve({ override: (_asked, response) => response.writeHead(502).end().writableEnded })
    const failing = builderOf({ url }).build(request(), watch().options)
    await expect(failing).rejects.toMatchObject({ name: 'TransientError' })
    expect(asked).toHaveLength(1)
  })

  test.each<[string, Override, string]>([
    ['no JSON', (_asked, response) => response.end('<html>').writableEnded, 'with something that is not its protocol'],
    ['no id', (_asked, response) => response.end('{"build_id":null}').writableEnded, 'is not its protocol'],
    [
      'an id that would be a line of its own',
      (_asked, response) => response.end(JSON.stringify({ build_id: 'a\n::stop-commands::x' })).writableEnded,
      'is not its protocol',
    ],
    [
      'a refusal',
      (_a, response) => response.writeHead(422).end('{"detail":"no tag"}').writableEnded,
      '(422: {"detail":"no tag"})',
    ],
    [
      'a redirect',
      (_a, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end().writableEnded,
      'is somewhere else now (307)',
    ],
    ['5 MB', (_asked, response) => response.end('x'.repeat(5e6)).writableEnded, 'with more than 4194304 bytes'],
  ])('an answer with %s', async (_name, override, message) => {
    const { url, host, asked } = await serve({ override })
    const failing = builderOf({ url }).build(request(), watch().options)
    await expect(failing).rejects.toMatchObject({ name: 'BuildError' })
    await expect(failing).rejects.toThrow(host)
    await expect(failing).rejects.toThrow(message)
    expect(asked).toHaveLength(1)
  })

  test('bad JSON and an unknown build while asking', async () => {
    const { url } = await serve({ override: (_asked, response, count) => count > 1 && response.end('{').writableEnded })
    await expect(builderOf({ url }).build(request(), watch().options)).rejects.toThrow(
      'answers /service/build_status with something that is not its protocol',
    )
  })

  test('a wrong key is refused, and not shown where the service repeats it', async () => {
    const { url, host } = await serve()
    const builder = builderOf({ url }, { apiKey: 'secret-and-wrong' })
    for (const ask of [() => builder.build(request(), watch().options), () => builder.exists('x')]) {
      const failing = ask()
      await expect(failing).rejects.toMatchObject({ name: 'BuildError' })
      await expect(failing).rejects.toThrow(`The build service ${host} refuses the API key (401`)
      await expect(failing).rejects.not.toThrow(/secret-and-wrong/)
    }
  })

  test('a refusal before all of the context is read', async () => {
    await writeFile(join(context, 'big'), randomBytes(20_000_000))
    // It never reads on, so that the rest of the context has nowhere to go.
    const server = createServer((asked, response) => {
      asked.pause()
      response.writeHead(401).end('no')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const failing = builderOf({ url: `http://127.0.0.1:${port}` }).build(request(), watch().options)
    await expect(failing).rejects.toThrow('refuses the API key (401: no)')
    server.close()
    await once(server, 'close')
  })

  test('nothing that listens', async () => {
    const { url, host, stop } = await startBuildService()
    await stop()
    const failing = builderOf({ url }).build(request(), watch().options)
    await expect(failing).rejects.toMatchObject({ name: 'TransientError' })
    await expect(failing).rejects.toThrow(`The build service ${host} does not answer: nothing listens there`)
  })
})

describe('a cancellation', () => {
  test('before anything is sent', async () => {
    const { url, asked } = await serve()
    const failing = builderOf({ url }).build(request(), watch(AbortSignal.abort()).options)
    await expect(failing).rejects.toMatchObject({ name: 'BuildError' })
    await expect(failing).rejects.toThrow(`The build of ${TAGS[0]} was cancelled; nothing was sent.`)
    expect(asked).toEqual([])
  })

  test('while the context is sent', async () => {
    const controller = new AbortController()
    const { url, host } = await serve({
      override: () => {
        controller.abort()
        return true
      },
    })
    const failing = builderOf({ url }).build(request(), watch(controller.signal).options)
    await expect(failing).rejects.toThrow(
      `was cancelled; the context was being sent: ${host} may build it all the same.`,
    )
  })

  test('while the service has no room', async () => {
    const controller = new AbortController()
    const { url, asked } = await serve({
      override: (_asked, response) => {
        setTimeout(() => controller.abort(), 50)
        return response.writeHead(429, { 'retry-after': '10' }).end().writableEnded
      },
    })
    await expect(builderOf({ url }).build(request(), watch(controller.signal).options)).rejects.toThrow('was cancelled')
    expect(asked).toHaveLength(1)
  })

  test('while the service builds', async () => {
    const controller = new AbortController()
    const { url, host, asked } = await serve({ answers: [{ status: 'WORKING' }] })
    const { options, lines } = watch(controller.signal)
    const failing = builderOf({ url }, { pollMs: 60_000 }).build(request(), {
      ...options,
      onLine: (line) => {
        options.onLine(line)
        if (line.endsWith('WORKING')) controller.abort(new Error('SIGINT'))
      },
    })
    await expect(failing).rejects.toMatchObject({ name: 'BuildError' })
    await expect(failing).rejects.toThrow(`was cancelled; ${host} may go on with build build/1?&.`)
    expect(lines.at(-1)).toBe('build build/1?&: WORKING')
    expect(asked).toHaveLength(2)
  })
})

describe('whether an image exists', () => {
  test('as the service says', async () => {
    const { url, images } = await serve()
    images.add('registry.example/acme/runtime:a&b=c')
    const builder = builderOf({ url })
    expect(await builder.exists('registry.example/acme/runtime:a&b=c')).toBe(true)
    expect(await builder.exists('registry.example/acme/runtime:a')).toBe(false)
  })

  test('asked again where there is no answer', async () => {
    const { url, images, asked } = await serve({
      override: (_asked, response, count) => count < 3 && response.writeHead(503).end().writableEnded,
    })
    images.add('x')
    expect(await builderOf({ url }).exists('x')).toBe(true)
    expect(asked).toHaveLength(3)
  })

  test('a service that never answers', async () => {
    const { url } = await serve({ override: () => true })
    const failing = builderOf({ url }, { requestTimeoutMs: 100 }).exists('x')
    await expect(failing).rejects.toMatchObject({ name: 'TransientError' })
    await expect(failing).rejects.toThrow('does not answer: no answer in time')
  })
})

test.each([
  ['nonsense', API_KEY, 'is no URL'],
  ['ftp://a.example', API_KEY, 'is no URL'],
  ['https://user:secret@a.example', API_KEY, 'a.example must hold no password'],
  ['http://a.example/x', API_KEY, 'readable on its way to http://a.example. Use https.'],
  ['https://a.example', '', 'The API key of the build service a.example is empty'],
  ['https://a.example', 'two\r\nlines', 'no header can carry it'],
])('the address %s with the key %j is refused', (url, apiKey, message) => {
  expect(() => makeRemoteBuilder({ url, apiKey })).toThrow(message)
  expect(() => makeRemoteBuilder({ url, apiKey })).not.toThrow(/secret|two/)
})

test('plain HTTP to another machine, where it is allowed', () => {
  expect(makeRemoteBuilder({ url: 'http://a.example', apiKey: API_KEY, plainHttp: true }).kind).toBe('remote')
})
