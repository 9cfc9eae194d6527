import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkVersion } from '../../src/adapters/builders/docker/choose-engine.ts'
import { type DockerBuilder, openDockerBuilder } from '../../src/adapters/builders/docker/docker-builder.ts'
import { type CacheDirectory, pruneLocalCache, useLocalCache } from '../../src/adapters/builders/docker/local-cache.ts'
import { ANONYMOUS } from '../../src/adapters/registry/credentials.ts'
import { BuildError } from '../../src/domain/errors.ts'
import type { BuildRequest } from '../../src/ports.ts'
import { type Engine, engineMissing, useEngine } from '../support/engine.ts'
import { registryMissing, startRegistry, type TestRegistry } from '../support/registry.ts'

const OPTIONS = { program: null, cacheDirectory: null, credentials: ANONYMOUS, now: () => new Date() } as const

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sb-builder-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** A program in a directory of its own that stands first in PATH. */
async function makeProgram(name: string, script: string): Promise<string> {
  const place = await mkdtemp(join(directory, 'bin-'))
  await writeFile(join(place, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return place
}

describe.skipIf(engineMissing !== null || registryMissing !== null)('a real engine and a real registry', () => {
  const base = `signalbox-builder-base-${process.pid}`
  const never = new AbortController().signal
  let engine: Engine
  let registry: TestRegistry
  let builder: DockerBuilder
  let warnings: string[]

  beforeAll(async () => {
    ;[engine, registry] = await Promise.all([useEngine(), startRegistry()])
    await engine.importBusybox(`${base}:1`)
    warnings = []
    const onWarning = (warning: string) => warnings.push(warning)
    builder = await openDockerBuilder({ ...OPTIONS, env: { ...process.env, ...engine.env }, onWarning })
  })
  afterAll(() => registry?.stop())

  async function makeRequest(dockerfile: string, tags: readonly string[], changes: Partial<BuildRequest> = {}) {
    const context = await mkdtemp(join(directory, 'context-'))
    await writeFile(join(context, 'Dockerfile'), `FROM ${base}:1\n${dockerfile}`)
    await writeFile(join(context, 'file'), 'from the context\n')
    return {
      context,
      dockerfile: null,
      target: null,
      tags,
      platforms: [],
      buildArgs: {},
      labels: {},
      cacheFrom: [],
      cacheTo: [],
      push: false,
      load: true,
      ...changes,
    } satisfies BuildRequest
  }

  async function buildIt(request: BuildRequest, signal = never) {
    const lines: string[] = []
    const image = await builder.build(request, { onLine: (line) => lines.push(line), signal })
    return { image, lines }
  }

  /** The digest that the registry itself says. */
  async function digestAt(image: string): Promise<string | null> {
    const [path, tag] = image.slice(registry.host.length + 1).split(':')
    const accept = 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json'
    const reply = await fetch(`http://${registry.host}/v2/${path}/manifests/${tag}`, { headers: { accept } })
    return reply.ok ? reply.headers.get('docker-content-digest') : null
  }

  test('is known by its kind and its platform', async () => {
    expect(builder).toMatchObject({ kind: 'docker', platform: expect.stringMatching(/^linux\/(amd64|arm64)$/) })
  })

  test('builds with arguments, labels and a stage, and keeps the image', async () => {
    const dockerfile = 'AS one\nARG WHAT\nCOPY file /file\nRUN echo "$WHAT" > /what\nFROM one AS two\nRUN touch /two\n'
    const image = `built-${process.pid}:1`
    const request = await makeRequest('', [image, `built-${process.pid}:2`], {
      target: 'one',
      buildArgs: { WHAT: 'a b=c; $(id)' },
      labels: { 'org.example.label': 'two words' },
    })
    await writeFile(join(request.context, 'Dockerfile'), `FROM ${base}:1 ${dockerfile}`)
    const built = await buildIt(request)
    expect(built.image).toEqual({ image, digest: null })
    expect(built.lines.some((line) => line.includes('COPY file /file'))).toBe(true)
    expect(await builder.exists(`built-${process.pid}:2`)).toBe(true)
    const label = await engine.docker(['inspect', '--format', '{{index .Config.Labels "org.example.label"}}', image])
    expect(label).toBe('two words')
    const files = await engine.docker(['run', '--rm', '--network=none', image, '/bin/cat', '/what', '/file'])
    expect(files).toBe('a b=c; $(id)\nfrom the context')
    await expect(engine.docker(['run', '--rm', '--network=none', image, '/bin/ls', '/two'])).rejects.toThrow()
  })

  test('pushes every name, and tells the digest that the registry has', async () => {
    const tags = ['0123456', 'main'].map((tag) => `${registry.host}/acme/app:${tag}`)
    const { image } = await buildIt(await makeRequest('RUN date +%N > /x\n', tags, { push: true, load: false }))
    expect(image.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    for (const tag of tags) expect(await digestAt(tag)).toBe(image.digest)
  })

  test('reuses what an earlier build pushed as its cache', async () => {
    const cache = `type=registry,ref=${registry.host}/acme/cached:buildcache-main`
    const tag = `${registry.host}/acme/cached:main`
    const request = await makeRequest('RUN date +%N > /x\n', [tag], {
      push: true,
      load: false,
      cacheFrom: [cache],
      cacheTo: [`${cache},mode=max`],
    })
    warnings.length = 0
    const first = await buildIt(request)
    expect(warnings).toEqual([expect.stringContaining('the last stage only')])
    expect(await digestAt(`${registry.host}/acme/cached:buildcache-main`)).toBe(first.image.digest)
    // The engine forgets everything but the base image.
    await engine.docker(['rmi', '--force', tag, `${registry.host}/acme/cached:buildcache-main`])
    await engine.docker(['builder', 'prune', '--all', '--force'])
    const second = await buildIt(request)
    expect(second.lines.join('\n')).toMatch(/CACHED/)
    expect(second.image.digest).toBe(first.image.digest)
  })

  test('a cache that is not there yet is none', async () => {
    const cacheFrom = [`type=registry,ref=${registry.host}/acme/none:buildcache-main`]
    await expect(
      buildIt(await makeRequest('RUN true\n', [`none-${process.pid}:1`], { cacheFrom })),
    ).resolves.toBeDefined()
  })

  test('a step that fails is told with the last lines of the log', async () => {
    const request = await makeRequest('RUN echo "about to fail"; exit 7\n', [`failed-${process.pid}:1`])
    const error = await buildIt(request).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(BuildError)
    expect(error).toMatchObject({
      message: expect.stringMatching(/^The build of failed-\d+:1 failed: .*exit code: 7/),
      log: expect.arrayContaining([expect.stringContaining('about to fail')]),
    })
    expect(await builder.exists(`failed-${process.pid}:1`)).toBe(false)
  })

  test.each([
    ['a Dockerfile with a mistake', 'FOO bar\n', {}, /failed: .*unknown instruction: FOO/],
    ['a file that is not there', 'COPY gone /x\n', {}, /failed: .*gone.*not found/],
    ['a context that is not there', '', { context: '/nowhere at all' }, /failed: .*\/nowhere at all.* not found/],
  ])('%s is told as the reason', async (_what, dockerfile, changes, message) => {
    const request = await makeRequest(dockerfile, [`wrong-${process.pid}:1`], changes)
    await expect(buildIt(request)).rejects.toThrow(message)
  })

  test('a registry that is not there fails the push, not the build', async () => {
    const tag = `127.0.0.1:1/acme/app:${process.pid}`
    const request = await makeRequest('RUN true\n', [tag], { push: true, load: false })
    await expect(buildIt(request)).rejects.toThrow(/^Pushing 127.0.0.1:1\/acme\/app:\d+ failed: .*connection refused$/)
    expect(await builder.exists(tag)).toBe(true)
  })

  test('is cancelled', async () => {
    const interrupt = new AbortController()
    const request = await makeRequest('RUN echo begun; sleep 100\n', [`cancelled-${process.pid}:1`])
    const started = performance.now()
    const running = builder.build(request, {
      onLine: (line) => /begun$/.test(line) && interrupt.abort(),
      signal: interrupt.signal,
    })
    await expect(running).rejects.toThrow(`The build of cancelled-${process.pid}:1 was cancelled.`)
    expect(performance.now() - started).toBeLessThan(20_000)
    expect(await builder.exists(`cancelled-${process.pid}:1`)).toBe(false)
  })

  test('refuses other platforms, and says what to install', async () => {
    const request = await makeRequest('RUN true\n', ['a:1'], { platforms: ['linux/amd64', 'linux/s390x'], load: false })
    await expect(buildIt(request)).rejects.toThrow('install buildx')
  })

  test('pulls, names and finds images', async () => {
    const pushed = `${registry.host}/acme/pulled:1`
    await buildIt(await makeRequest('RUN date +%N > /x\n', [pushed], { push: true, load: false }))
    await engine.docker(['rmi', '--force', pushed])
    expect(await builder.exists(pushed)).toBe(false)
    const lines: string[] = []
    const options = { onLine: (line: string) => lines.push(line), signal: never }
    expect(await builder.pull(pushed, options)).toBe(true)
    expect(lines.join('\n')).toContain('Status: Downloaded newer image')
    expect(await builder.exists(pushed)).toBe(true)
    expect(await builder.pull(`${registry.host}/acme/pulled:2`, options)).toBe(false)
    expect(await builder.pull(`${registry.host}/acme/nobody:1`, options)).toBe(false)
    await builder.tag(pushed, `${registry.host}/acme/renamed`)
    expect(await builder.exists(`${registry.host}/acme/renamed:latest`)).toBe(true)
    await builder.tag(pushed, `${registry.host}/acme/renamed:2`)
    expect(await builder.exists(`${registry.host}/acme/renamed:2`)).toBe(true)
  })

  test('a client without BuildKit is told to get buildx', async () => {
    const path = await makeProgram(
      'docker',
      `case "$1 $2" in "--version ") echo 28;; "context "*) echo; ;; *) exit 1;; esac`,
    )
    const env = { ...process.env, ...engine.env, PATH: `${path}:/usr/bin:/bin` }
    await expect(openDockerBuilder({ ...OPTIONS, env, onWarning: () => {} })).rejects.toThrow(
      'the buildx plugin is missing',
    )
  })
})

describe('what is missing', () => {
  const open = (env: NodeJS.ProcessEnv, program: 'docker' | 'podman' | null = null) =>
    openDockerBuilder({ ...OPTIONS, program, env, onWarning: () => {} })

  test.each([
    [null, 'Docker is not installed'],
    ['docker', 'Docker is not installed'],
    ['podman', 'Podman is not installed'],
  ] as const)('no program, with %s wanted', async (program, message) => {
    await expect(open({ PATH: join(directory, 'nowhere') }, program)).rejects.toThrow(message)
  })

  test('no engine behind the socket', async () => {
    const PATH = await makeProgram('docker', 'echo "Docker version 28"')
    const DOCKER_HOST = `unix://${join(directory, 'none.sock')}`
    await expect(open({ PATH, DOCKER_HOST })).rejects.toThrow(
      `The Docker engine at ${DOCKER_HOST} is not running. Start it`,
    )
    await expect(open({ PATH, DOCKER_HOST: 'tcp://127.0.0.1:1' })).rejects.toThrow('is not running. Start it')
    await expect(open({ PATH, DOCKER_HOST: 'nonsense' })).rejects.toThrow('no address of an engine')
  })

  test('an engine that is too old, asked over its own protocol', async () => {
    const answer = { Version: '17.03.2-ce', Os: 'linux', Arch: 'amd64', Components: [] }
    const server = createServer((_request, response) => response.end(JSON.stringify(answer)))
    const socket = join(directory, 'old.sock')
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    const PATH = await makeProgram('docker', 'echo "Docker version 17"')
    await expect(open({ PATH, DOCKER_HOST: `unix://${socket}` })).rejects.toThrow(
      'This is Docker 17.03.2-ce; building needs Docker 18.09 or newer. Upgrade it.',
    )
    server.close()
  })

  test.each<[string, string, RegExp]>([
    [
      'that hangs',
      'sleep 60',
      /^Docker does not answer "docker --version": it did not answer within 0\.3 seconds\. Run that/,
    ],
    [
      'that fails',
      'echo broken >&2; exit 3',
      /^Docker does not answer "docker --version": it ended with 3: broken\. Run that/,
    ],
    [
      'whose plugin hangs',
      'case "$1" in buildx) sleep 60;; *) echo "Docker version 28";; esac',
      /^Docker does not answer "docker buildx version": it did not answer within/,
    ],
  ])('a program %s is not called missing', async (_what, script, message) => {
    const server = createServer((_request, response) =>
      response.end(JSON.stringify({ Version: '28.0.0', Os: 'linux', Arch: 'amd64', Components: [] })),
    )
    const socket = join(await mkdtemp(join(directory, 'engine-')), 'socket')
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    const PATH = `${await makeProgram('docker', script)}:/usr/bin:/bin`
    const env = { PATH, DOCKER_HOST: `unix://${socket}` }
    const started = performance.now()
    await expect(openDockerBuilder({ ...OPTIONS, env, answerMs: 300, onWarning: () => {} })).rejects.toThrow(message)
    expect(performance.now() - started).toBeLessThan(10_000)
    server.close()
  })

  test('an engine that does not answer is not waited for, be it in the beginning or later', async () => {
    let silent = true
    const server = createServer((request, response) => {
      if (!silent && request.url?.endsWith('/version'))
        response.end(JSON.stringify({ Version: '28.0.0', Os: 'linux', Arch: 'amd64', Components: [] }))
    })
    const socket = join(directory, 'silent.sock')
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    const PATH = `${await makeProgram('docker', 'echo "Docker version 28"')}:/usr/bin:/bin`
    const env = { PATH, DOCKER_HOST: `unix://${socket}` }
    const opening = () => openDockerBuilder({ ...OPTIONS, env, answerMs: 300, onWarning: () => {} })
    const message = `The Docker engine at unix://${socket} does not answer within 0.3 seconds. Look whether it hangs`
    await expect(opening()).rejects.toThrow(message)
    silent = false
    const builder = await opening()
    await expect(builder.exists('a/b:1')).rejects.toThrow(message)
    await expect(builder.tag('a/b:1', 'a/b:2')).rejects.toThrow(message)
    server.closeAllConnections()
    server.close()
  })

  test.each([
    ['Docker', '18.09.0', true],
    ['Docker', '18.06.3-ce', false],
    ['Docker', '20.10.24+dfsg1', true],
    ['Docker', 'dev', true],
    ['Podman', '4.9.3', true],
    ['Podman', '4.3.1', false],
    ['Podman', '5.0.0-dev', true],
  ] as const)('%s %s', (name, version, good) => {
    const check = () => checkVersion({ name, version })
    if (good) expect(check).not.toThrow()
    else expect(check).toThrow('or newer. Upgrade it.')
  })
})

describe('Podman, by what is asked of its program', () => {
  /** A program that stands in for Podman: it writes down what it was asked, and answers as Podman does. */
  async function recordPodman(version: string, name: 'podman' | 'docker' = 'podman') {
    const record = join(await mkdtemp(join(directory, 'podman-')), 'asked')
    const digest = `sha256:${'a'.repeat(64)}`
    const bin = await makeProgram(
      name,
      [
        `echo "$*" >> ${record}`,
        'file() { while [ "$1" != "$0" ] && [ $# -gt 1 ]; do [ "$1" = "$want" ] && echo "$2" && return; shift; done; }',
        'case "$1" in',
        `  --version) echo "podman version ${version}";;`,
        `  version) echo "${version} linux/amd64";;`,
        '  image) case "$3" in there:1) ;; gone:1) exit 1;; *) echo "Error: the storage is broken" >&2; exit 125;; esac;;',
        '  build) want=--iidfile; echo "sha256:id" > "$(file "$@")"; echo "STEP 1/1: FROM x";;',
        `  push) want=--digestfile; printf ${digest} > "$(file "$@")";;`,
        '  pull) [ "$2" = there:1 ] || { echo "Error: manifest unknown" >&2; exit 125; };;',
        'esac',
      ].join('\n'),
    )
    const env = { PATH: `${bin}:/usr/bin:/bin` }
    return { env, digest, asked: async () => (await readFile(record, 'utf8')).trim().split('\n') }
  }

  test('builds, pushes each name and tells the digest', async () => {
    const { env, digest, asked } = await recordPodman('4.9.3')
    const builder = await openDockerBuilder({ ...OPTIONS, program: 'podman', env, onWarning: () => {} })
    expect(builder).toMatchObject({ kind: 'podman', platform: 'linux/amd64' })
    const lines: string[] = []
    const running = { onLine: (line: string) => lines.push(line), signal: new AbortController().signal }
    const built = await builder.build(
      {
        context: '/r',
        dockerfile: '/r/Dockerfile',
        target: null,
        tags: ['example.com/a/b:1', 'example.com/a/b:2'],
        platforms: [],
        buildArgs: {},
        labels: {},
        cacheFrom: [],
        cacheTo: [],
        push: true,
        load: false,
      },
      running,
    )
    expect(built).toEqual({ image: 'example.com/a/b:1', digest })
    expect(lines).toEqual(['STEP 1/1: FROM x'])
    expect((await asked()).map((line) => line.replaceAll(/\S*signalbox-build-\S*\//g, ''))).toEqual([
      'version --format {{.Client.Version}} {{.Client.OsArch}}',
      'build --format=docker --layers -t example.com/a/b:1 -t example.com/a/b:2 --iidfile result -f /r/Dockerfile /r',
      'tag sha256:id example.com/a/b:1',
      'push --digestfile digest example.com/a/b:1',
      'tag sha256:id example.com/a/b:2',
      'push --digestfile digest example.com/a/b:2',
    ])
    expect(await builder.exists('there:1')).toBe(true)
    expect(await builder.exists('gone:1')).toBe(false)
    await expect(builder.exists('broken:1')).rejects.toThrow(
      'Podman does not answer "podman image exists broken:1": it ended with 125: Error: the storage is broken.',
    )
    expect(await builder.pull('there:1', running)).toBe(true)
    expect(await builder.pull('gone:1', running)).toBe(false)
  })

  test.each([null, 'docker'] as const)("is known when it goes by Docker's name, with %s wanted", async (program) => {
    const { env, asked } = await recordPodman('4.9.4', 'docker')
    const builder = await openDockerBuilder({ ...OPTIONS, program, env, onWarning: () => {} })
    expect(builder).toMatchObject({ kind: 'podman', platform: 'linux/amd64', keepsImages: true })
    expect(await builder.exists('there:1')).toBe(true)
    expect(await asked()).toEqual([
      '--version',
      'version --format {{.Client.Version}} {{.Client.OsArch}}',
      'image exists there:1',
    ])
  })

  test('is chosen where there is no Docker, and refused when it is too old', async () => {
    const { env } = await recordPodman('4.3.1')
    const PATH = env.PATH.split(':')[0] ?? ''
    await expect(openDockerBuilder({ ...OPTIONS, env: { PATH }, onWarning: () => {} })).rejects.toThrow(
      'This is Podman 4.3.1; building needs Podman 4.9 or newer. Upgrade it.',
    )
  })
})

describe('the cache directory', () => {
  const now = new Date('2026-03-20T12:00:00Z')
  const daysAgo = (days: number) => new Date(now.getTime() - days * 24 * 60 * 60 * 1000)
  const name = (digit: string) => digit.repeat(64)
  const manifest = 'application/vnd.oci.image.manifest.v1+json'

  /** An OCI layout whose index leads to `1`, a manifest with the layer `2`, and does not lead to `3` and `4`. */
  async function makeLayout(place: string, usedDaysAgo: number) {
    const blobs = join(place, 'blobs/sha256')
    await mkdir(blobs, { recursive: true })
    await writeFile(join(place, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    const write = async (file: string, content: unknown, days: number) => {
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
      await utimes(file, daysAgo(days), daysAgo(days))
    }
    const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: `sha256:${name('2')}` }
    await write(join(blobs, name('1')), { layers: [layer] }, 30)
    await write(join(blobs, name('2')), 'used layer', 30)
    await write(join(blobs, name('3')), 'old', 8)
    await write(join(blobs, name('4')), 'new', 6)
    await write(
      join(place, 'index.json'),
      { manifests: [{ mediaType: manifest, digest: `sha256:${name('1')}` }] },
      usedDaysAgo,
    )
    return blobs
  }

  test('is read once it exists, written always, and reading it is using it', async () => {
    const cache = join(await mkdtemp(join(directory, 'cache-')), 'a,b')
    const own = { path: cache, written: true }
    const first = await useLocalCache(own, 'ghcr.io/acme/app', now)
    expect(first).toEqual({
      cacheFrom: [],
      cacheTo: [expect.stringMatching(/^type=local,"dest=.*a,b\/ghcr\.io-acme-app-[0-9a-f]{8}",mode=max$/)],
    })
    const place = /dest=(.*)",/.exec(first.cacheTo[0] ?? '')?.[1] ?? ''
    await makeLayout(place, 30)
    const second = await useLocalCache(own, 'ghcr.io/acme/app', now)
    expect(second.cacheFrom).toEqual([`type=local,"src=${place}"`])
    expect((await stat(join(place, 'index.json'))).mtime).toEqual(now)
    expect((await useLocalCache(own, 'ghcr.io/acme-app', now)).cacheFrom).toEqual([])
  })

  test('of what is not trusted is read, and left as it is', async () => {
    const cache = join(await mkdtemp(join(directory, 'cache-')), 'cache')
    const read = () => useLocalCache({ path: cache, written: false }, 'ghcr.io/acme/app', now)
    expect(await read()).toEqual({ cacheFrom: [], cacheTo: [] })
    await expect(stat(cache)).rejects.toThrow('ENOENT')
    const { cacheTo } = await useLocalCache({ path: cache, written: true }, 'ghcr.io/acme/app', now)
    const place = /dest=(.*),mode/.exec(cacheTo[0] ?? '')?.[1] ?? ''
    await makeLayout(place, 5)
    expect(await read()).toEqual({ cacheFrom: [`type=local,src=${place}`], cacheTo: [] })
    expect((await stat(join(place, 'index.json'))).mtime).toEqual(daysAgo(5))
  })

  test('that cannot be one is named', async () => {
    const file = join(await mkdtemp(join(directory, 'cache-')), 'file')
    await writeFile(file, '')
    await expect(useLocalCache({ path: file, written: true }, 'a/b', now)).rejects.toThrow(
      `${file} cannot be the cache directory: `,
    )
  })

  test('loses what nobody used for a week, and nothing else', async () => {
    const cache = await mkdtemp(join(directory, 'cache-'))
    const used = await makeLayout(join(cache, 'used-0123abcd'), 1)
    const broken = await makeLayout(join(cache, 'broken-0123abcd'), 1)
    await makeLayout(join(cache, 'unused-0123abcd'), 8)
    await writeFile(join(broken, name('1')), '{ "layers"')
    await mkdir(join(cache, 'something else'))
    await writeFile(join(cache, 'something else', 'old'), 'not ours')
    await utimes(join(cache, 'something else', 'old'), daysAgo(99), daysAgo(99))
    expect(await pruneLocalCache(cache, now)).toBeGreaterThan('old'.length)
    expect((await readdir(used)).map((file) => file[0])).toEqual(['1', '2', '4'])
    expect((await readdir(broken)).map((file) => file[0])).toEqual(['1', '2', '3', '4'])
    expect((await readdir(cache)).toSorted()).toEqual(['broken-0123abcd', 'something else', 'used-0123abcd'])
    expect(await readdir(join(cache, 'something else'))).toEqual(['old'])
  })

  test('keeps whatever is not its own, however old', async () => {
    const cache = await mkdtemp(join(directory, 'cache-'))
    // Another directory of the same name, another name of the same kind, and files beside those of a layout.
    await makeLayout(join(cache, 'site-0123abcd'), 99)
    await rm(join(cache, 'site-0123abcd', 'oci-layout'))
    await writeFile(join(cache, 'site-0123abcd', 'src'), 'mine')
    await makeLayout(join(cache, 'an-oci-layout'), 99)
    await makeLayout(join(cache, 'both-0123abcd'), 99)
    await writeFile(join(cache, 'both-0123abcd', 'notes'), 'mine')
    await makeLayout(join(directory, 'elsewhere-0123abcd'), 99)
    await symlink(join(directory, 'elsewhere-0123abcd'), join(cache, 'link-0123abcd'))
    await pruneLocalCache(cache, now)
    expect((await readdir(join(cache, 'site-0123abcd'))).toSorted()).toEqual(['blobs', 'index.json', 'src'])
    expect((await readdir(join(cache, 'an-oci-layout'))).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout'])
    expect(await readdir(join(cache, 'both-0123abcd'))).toEqual(['notes'])
    expect(await readdir(join(directory, 'elsewhere-0123abcd'))).toHaveLength(3)
  })

  test('is pruned although a layer cannot be looked at, as when another build takes it away', async () => {
    const cache = await mkdtemp(join(directory, 'cache-'))
    const blobs = await makeLayout(join(cache, 'used-0123abcd'), 1)
    await symlink('gone', join(blobs, name('5')))
    await expect(pruneLocalCache(cache, now)).resolves.toBe('old'.length)
  })

  test('that is not there is none', async () => {
    expect(await pruneLocalCache(join(directory, 'no such'), now)).toBe(0)
  })

  /** Builds with a program that stands in for Docker with buildx, or without it, and does `script` as the build. */
  async function buildWith(cacheDirectory: CacheDirectory, script: string, frontend: 'buildx' | 'buildkit' = 'buildx') {
    const server = createServer((_request, response) =>
      response.end(JSON.stringify({ Version: '28.0.0', Os: 'linux', Arch: 'amd64', Components: [] })),
    )
    const place = await mkdtemp(join(directory, 'fake-'))
    const socket = join(place, 'socket')
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    const bin = await makeProgram(
      'docker',
      [
        'case "$*" in',
        '  --version) echo "Docker version 28";;',
        `  "buildx version") [ ${frontend} = buildx ];;`,
        '  "build --help") echo --progress;;',
        `  build*) echo "$*" > ${place}/asked; ${script};;`,
        'esac',
      ].join('\n'),
    )
    const warnings: string[] = []
    const builder = await openDockerBuilder({
      ...OPTIONS,
      cacheDirectory,
      now: () => now,
      env: { PATH: `${bin}:/usr/bin:/bin`, DOCKER_HOST: `unix://${socket}` },
      onWarning: (warning) => warnings.push(warning),
    })
    server.close()
    const request = {
      context: place,
      dockerfile: null,
      target: null,
      tags: ['a/b:1'],
      platforms: [],
      buildArgs: {},
      labels: {},
      cacheFrom: [],
      cacheTo: [],
      push: false,
      load: true,
    }
    const building = builder.build(request, { onLine: () => {}, signal: new AbortController().signal })
    const failure = await building.then(
      () => null,
      (error: Error) => error.message,
    )
    return { failure, warnings, asked: await readFile(join(place, 'asked'), 'utf8') }
  }

  test('is written by what is trusted, and only read by what is not', async () => {
    const path = await mkdtemp(join(directory, 'cache-'))
    const first = await buildWith({ path, written: true }, 'true')
    expect(first.asked).toContain(`--cache-to=type=local,dest=${path}/a-b-`)
    const place = /dest=(.*),mode/.exec(first.asked)?.[1] ?? ''
    await makeLayout(place, 30)
    const { asked } = await buildWith({ path, written: false }, 'true')
    expect(asked).not.toContain('--cache-to')
    expect(asked).toContain(`--cache-from=type=local,src=${place} `)
    // Nor does it take away what others may still use.
    expect((await readdir(place)).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })

  test('is pruned where buildx uses it, nowhere else', async () => {
    const path = await mkdtemp(join(directory, 'cache-'))
    await makeLayout(join(path, 'unused-0123abcd'), 30)
    await buildWith({ path, written: true }, 'true', 'buildkit')
    expect(await readdir(path)).toEqual(['unused-0123abcd'])
    await buildWith({ path, written: true }, 'true')
    expect(await readdir(path)).toEqual([])
  })

  test.each([
    ['a build that went well', 'true', null],
    ['a build that failed', 'echo "ERROR: the real reason"; exit 1', 'The build of a/b:1 failed: the real reason'],
  ])('that cannot be pruned is no matter of %s', async (_what, script, message) => {
    const path = join(await mkdtemp(join(directory, 'cache-')), 'cache')
    const circle = `rm -rf ${path}; ln -s cache ${path}`
    const { failure, warnings } = await buildWith({ path, written: true }, `${circle}; ${script}`)
    expect(failure).toBe(message)
    expect(warnings).toEqual([
      expect.stringMatching(/^What is old in the cache directory \S+\/cache could not be removed: ELOOP/),
    ])
  })
})
