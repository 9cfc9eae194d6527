import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { NOT_PUSHED } from '../../src/domain/plan-tagged-build.ts'
import { type Engine, engineMissing, useEngine } from '../support/engine.ts'
import { registryMissing, startRegistry, type TestRegistry } from '../support/registry.ts'

if (registryMissing !== null) console.warn(`Tests with a real registry are left out: ${registryMissing}.`)

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-runtime-test-'))
})

afterEach(() => rm(directory, { recursive: true }))

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), text)
  }
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [CLI, '-C', directory, 'runtime-image', ...args], {
    // No engine that this machine may have, and nobody's login.
    env: { PATH: '/nowhere', HOME: directory, DOCKER_HOST: 'unix:///nowhere', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      said[name] += chunk
    })
  const outcome = once(child, 'close').then(([code]): Outcome => ({ code: code as number | null, ...said }))
  return { child, said, outcome }
}

const run = (args: readonly string[], env?: NodeJS.ProcessEnv) => start(args, env).outcome

async function runJson(args: readonly string[], env?: NodeJS.ProcessEnv) {
  const { code, stdout, stderr } = await run([...args, '--json'], env)
  if (code !== 0) throw new Error(`signalbox runtime-image ended with ${code}:\n${stderr}`)
  return JSON.parse(stdout)
}

/** A small repository of OpenHands' layout. */
const OPENHANDS = {
  'openhands/__init__.py': '__version__ = "0.56.0"\n',
  'openhands/a.py': 'print(1)\n',
  'openhands/sub/b.py': 'x = 2\n',
  'pyproject.toml': '[tool.poetry]\nname = "openhands-ai"\nversion = "0.50.0"\n',
  'poetry.lock': '# lock 0\n',
  'microagents/one.md': 'm',
}

const TAGS = {
  source: 'oh_v0.50.0_q1ye4qrs6wtq9pg2_tm439i1ytbmalmb6',
  lock: 'oh_v0.50.0_q1ye4qrs6wtq9pg2',
  versioned: 'oh_v0.50.0_ubuntu_t_24.04',
  image: 'oh_v0.50.0_image_ubuntu_tag_24.04',
}
/** A configuration of the same sources, with other lock files. */
const configured = (lockFile: string) => `version: 1
images:
  runtime:
    repository: ghcr.io/acme/runtime
    runtime:
      version: { file: pyproject.toml, key: tool.poetry.version }
      lock_files: [${lockFile}]
      source: openhands
      base_images: ["ubuntu:24.04"]
`

/** What a leg for a fork's pull request is told. */
const UNTRUSTED = {
  SIGNALBOX: JSON.stringify({
    event: 'pull_request',
    ref_name: '5/merge',
    pull_request: 5,
    sha: 'a'.repeat(40),
    trusted: false,
  }),
}
const FORCED = ['--base-image', 'ubuntu:24.04', '--force-rebuild', '--dry-run']

describe('without a configuration', () => {
  beforeEach(() => write(OPENHANDS))

  test("the tags are those of OpenHands' own builder", async () => {
    expect(await runJson(FORCED)).toEqual({
      image: `ghcr.io/all-hands-ai/runtime:${TAGS.source}`,
      repository: 'ghcr.io/all-hands-ai/runtime',
      tags: TAGS,
      build_from: 'scratch',
      base_image: 'ubuntu:24.04',
      built: false,
    })
  })

  test('people are told the same', async () => {
    expect(await run(FORCED, { OH_RUNTIME_RUNTIME_IMAGE_REPO: 'r.example:5000/rt' })).toEqual({
      code: 0,
      stderr: '',
      stdout: `r.example:5000/rt:${TAGS.source} would be built from scratch, on ubuntu:24.04.
Names:
  r.example:5000/rt:${TAGS.source}
  r.example:5000/rt:${TAGS.lock}
  r.example:5000/rt:${TAGS.versioned}
Tags:
  source    ${TAGS.source}
  lock      ${TAGS.lock}
  versioned ${TAGS.versioned}
  image     ${TAGS.image}
`,
    })
  })

  test('later steps of a workflow are told too', async () => {
    const file = join(directory, 'output')
    await run(FORCED, { GITHUB_OUTPUT: file })
    const written = await readFile(file, 'utf8')
    const outputs = [...written.matchAll(/^(\w+)<<(\S+)\n(.*)\n\2$/gm)].map(([, name, , value]) => [name, value])
    expect(Object.fromEntries(outputs)).toEqual({
      image: `ghcr.io/all-hands-ai/runtime:${TAGS.source}`,
      repository: 'ghcr.io/all-hands-ai/runtime',
      build_from: 'scratch',
      built: 'false',
      source_tag: TAGS.source,
      image_tag: TAGS.image,
    })
  })

  test.each([
    ['no browser', ['--no-enable-browser'], 'oh_v0.50.0_m873ho64f7ocl5ig'],
    ['a registry with a port', ['--base-image', 'registry.example.com:5000/team/img:1'], 'oh_v0.50.0_krjkehofc71qkenp'],
    ['nothing to install beside', ['--extra-deps', ' '], TAGS.lock],
  ])('%s', async (_what, args, lock) => {
    expect((await runJson([...FORCED, ...args])).tags.lock).toBe(lock)
  })

  test('a base image that no engine would take is told of', async () => {
    const args = ['--base-image', 'Mixed/Case:Tag', '--force-rebuild']
    expect(await run([...args, '--dry-run', '--json'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('oh_v0.50.0_ep4p4bhcxjm2e98m_'),
      stderr:
        'warning: The base image "Mixed/Case:Tag" has upper-case letters; repositories are lower case: no engine would build from it\n',
    })
    expect(await run(args)).toMatchObject({ code: 1, stdout: '' })
  })

  test.each([
    ['with a tag', 'ghcr.io/all-hands-ai/runtime:mine', 'ghcr.io/all-hands-ai/runtime:mine'],
    ['without one', 'ghcr.io/all-hands-ai/runtime', 'ghcr.io/all-hands-ai/runtime:latest'],
  ])('a runtime image %s is used as it is', async (_what, baseImage, image) => {
    expect(await runJson(['--base-image', baseImage])).toEqual({
      image,
      repository: 'ghcr.io/all-hands-ai/runtime',
      tags: { source: null, lock: null, versioned: null, image: null },
      build_from: 'reuse',
      base_image: baseImage,
      built: false,
    })
    const refused = await run(['--base-image', baseImage, '--build-folder', 'out'])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is a runtime image already') })
  })

  test('a folder is prepared for another build', async () => {
    await write({ 'containers/runtime/config.sh': 'DOCKER_IMAGE=runtime\n', 'containers/runtime/README.md': 'mine' })
    const args = ['--base-image', 'ubuntu:24.04', '--force-rebuild', '--build-folder', 'containers/runtime']
    for (const _time of ['once', 'twice']) expect(await runJson(args)).toMatchObject({ tags: TAGS, built: false })
    const folder = join(directory, 'containers/runtime')
    expect(readdirSync(join(directory, 'containers'))).toEqual(['runtime'])
    expect(readdirSync(folder).sort()).toEqual(['Dockerfile', 'README.md', 'code', 'config.sh'])
    expect(readdirSync(join(folder, 'code')).sort()).toEqual([
      'microagents',
      'openhands',
      'poetry.lock',
      'pyproject.toml',
    ])
    expect(await readFile(join(folder, 'config.sh'), 'utf8')).toBe(
      `DOCKER_IMAGE=runtime\nDOCKER_IMAGE_TAG=${TAGS.image}\nDOCKER_IMAGE_SOURCE_TAG=${TAGS.source}\n`,
    )
    expect(await readFile(join(folder, 'Dockerfile'), 'utf8')).toMatch(/^FROM ubuntu:24\.04$/m)
  })

  test('a dry run writes no folder', async () => {
    expect(await run([...FORCED, '--build-folder', 'out'])).toMatchObject({ code: 0 })
    expect(existsSync(join(directory, 'out'))).toBe(false)
  })

  test.each<[string, Readonly<Record<string, string>>, readonly string[], RegExp]>([
    [
      'a reference that is none',
      {},
      ['--base-image', 'a b:c'],
      /^signalbox: The base image "a b:c" .*Write such as ubuntu:24\.04/,
    ],
    [
      'a version that is none',
      { 'pyproject.toml': '[tool.poetry]\nversion = "next"\n' },
      [],
      /^signalbox: The version "next" of pyproject\.toml does not begin with a digit/,
    ],
    [
      'a platform that is none',
      {},
      ['--platform', 'amd64'],
      /^signalbox: --platform has "amd64", which is no platform/,
    ],
    [
      'an image that is none',
      {},
      ['--image', 'rt'],
      /^signalbox: There is no image rt with "runtime".*No image of the configuration/,
    ],
    [
      'a builder without a service',
      {},
      ['--builder', 'remote'],
      /^signalbox: The remote builder needs SANDBOX_REMOTE_RUNTIME_API_URL and SANDBOX_API_KEY/,
    ],
    [
      'a folder that holds the sources',
      {},
      ['--build-folder', '.'],
      /^signalbox: The build folder .* holds openhands, which it is to be prepared from/,
    ],
    [
      'a folder that holds everything',
      {},
      ['--build-folder', '/'],
      /^signalbox: The build folder \/ holds openhands, which it is to be prepared from/,
    ],
    [
      'a folder that holds a lock file',
      { '.github/signalbox.yml': configured('locks/a.lock'), 'locks/a.lock': 'one' },
      ['--build-folder', 'locks'],
      /^signalbox: The build folder .*locks holds locks\/a\.lock, which it is to be prepared from/,
    ],
    ['no engine', {}, ['--force-rebuild'], /^signalbox: .*[Dd]ocker.*install/s],
  ])('%s is an error with a remedy', async (_what, files, args, message) => {
    await write(files)
    const before = readdirSync(directory)
    const { code, stdout, stderr } = await run(['--base-image', 'ubuntu:24.04', ...args])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(message)
    expect(readdirSync(directory)).toEqual(before)
  })

  test.each([
    ['poetry.lock', /^signalbox: There is no lock file poetry\.lock in .*: make it, or name others/],
    ['pyproject.toml', /^signalbox: pyproject\.toml should hold the version, but there is no such file/],
    ['openhands', /^signalbox: There is no directory openhands in/],
  ])('without %s nothing is decided', async (path, message) => {
    await rm(join(directory, path), { recursive: true })
    expect(await run(FORCED)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(message) })
  })

  test('what an untrusted pull request made is not pushed, and that is said', async () => {
    const { stderr } = await run([...FORCED, '--push'], UNTRUSTED)
    expect(stderr).toBe(`warning: ${NOT_PUSHED}\n`)
    expect(await run([...FORCED, '--push'], { SIGNALBOX: UNTRUSTED.SIGNALBOX.replace('false', 'true') })).toMatchObject(
      {
        code: 0,
        stderr: '',
      },
    )
  })

  test.each([
    ['without a configuration', {}],
    ['with one', { '.github/signalbox.yml': configured('poetry.lock') }],
  ])('what an untrusted pull request made is sent to no service, %s', async (_what, files) => {
    await write(files)
    let asked = 0
    const service = createServer((_request, response) => {
      asked += 1
      response.end('{"exists":false}')
    })
    service.listen(0, '127.0.0.1')
    await once(service, 'listening')
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
    const env = { SANDBOX_REMOTE_RUNTIME_API_URL: url, SANDBOX_API_KEY: 'key', ...UNTRUSTED }
    expect(await run(['--base-image', 'ubuntu:24.04', '--builder', 'remote'], env)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^signalbox: The build service is not asked: .*Build it with --builder docker\./),
    })
    expect(asked).toBe(0)
    service.close()
  })

  test.each(['poetry.lock', 'pyproject.toml'])(
    '%s may be no pipe',
    async (path) => {
      await rm(join(directory, path))
      execFileSync('mkfifo', [join(directory, path)])
      expect(await run(FORCED)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`${path} cannot be read: it is a named pipe, and no file.`),
      })
    },
    10_000,
  )

  test('a link in the repository makes no other place the build folder', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'signalbox-outside-'))
    await symlink(outside, join(directory, 'out'))
    const args = ['--base-image', 'ubuntu:24.04', '--force-rebuild', '--build-folder']
    for (const folder of ['out', 'out/below']) {
      expect(await run([...args, folder])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /^signalbox: The build folder .* leads out of the repository, to .*signalbox-outside-/,
        ),
      })
    }
    expect(readdirSync(outside)).toEqual([])
    // Who names the place itself means it.
    expect(await run([...args, join(outside, 'folder')])).toMatchObject({ code: 0 })
    expect(readdirSync(join(outside, 'folder')).sort()).toEqual(['Dockerfile', 'code', 'config.sh'])
    await rm(outside, { recursive: true })
  })

  test('a repository that is none is refused', async () => {
    expect(await run(FORCED, { OH_RUNTIME_RUNTIME_IMAGE_REPO: 'r.example/rt:1' })).toMatchObject({
      code: 1,
      stderr:
        'signalbox: OH_RUNTIME_RUNTIME_IMAGE_REPO is "r.example/rt:1", which has a tag, which is decided here. Write such as ghcr.io/all-hands-ai/runtime.\n',
    })
  })
})

describe('with a registry that answers as it should not', () => {
  let server: Server
  let status: number

  beforeEach(async () => {
    await write(OPENHANDS)
    server = createServer((_request, response) => response.writeHead(status).end('{"errors":[{"code":"NO"'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(() => server.close())

  const args = ['--base-image', 'ubuntu:24.04', '--dry-run', '--json']
  const env = () => ({
    OH_RUNTIME_RUNTIME_IMAGE_REPO: `127.0.0.1:${(server.address() as AddressInfo).port}/rt`,
  })

  // As registries answer for a repository that is yet to be made.
  test.each([401, 403])('after %i nothing is reused, unless something is to be pushed', async (refusal) => {
    status = refusal
    const { code, stdout, stderr } = await run(args, env())
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, tags: TAGS, build_from: 'scratch' })
    expect(stderr).toMatch(/^warning: Nothing is reused from the registry: 127\.0\.0\.1:\d+ refuses reading .*\n$/)
    const folder = ['--base-image', 'ubuntu:24.04', '--build-folder', 'out']
    expect(await run(folder, env())).toMatchObject({ code: 0 })
    expect(existsSync(join(directory, 'out/Dockerfile'))).toBe(true)
    expect(await run([...args, '--push'], env())).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^signalbox: 127\.0\.0\.1:\d+ refuses reading /),
    })
  })

  test('while it does not answer, a dry run still knows the tags, and nothing else does', async () => {
    status = 503
    const { code, stdout, stderr } = await run(args, env())
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, tags: TAGS, build_from: null, built: false })
    expect(stderr).toMatch(/^warning: Whether 127\.0\.0\.1:\d+\/rt:oh_v0\.50\.0_\S+ is there is not known: /)
    const folder = await run(['--base-image', 'ubuntu:24.04', '--build-folder', 'out'], env())
    expect(folder).toMatchObject({ code: 1, stdout: '' })
    expect(existsSync(join(directory, 'out'))).toBe(false)
  })
})

describe('with a registry that does not answer', () => {
  let server: Server
  let asked: Promise<unknown>

  beforeEach(async () => {
    await write(OPENHANDS)
    server = createServer()
    asked = once(server, 'request')
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  test.each<[NodeJS.Signals, number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])(
    '%s ends the command at once',
    async (signal, code) => {
      const { child, outcome } = start(['--base-image', 'ubuntu:24.04', '--push'], {
        OH_RUNTIME_RUNTIME_IMAGE_REPO: `127.0.0.1:${(server.address() as AddressInfo).port}/rt`,
      })
      await Promise.race([asked, outcome])
      const sent = performance.now()
      child.kill(signal)
      expect(await outcome).toEqual({
        code,
        stdout: '',
        stderr: 'signalbox: Interrupted: nothing half-written is left.\n',
      })
      // An attempt would take half a minute, and there are several.
      expect(performance.now() - sent).toBeLessThan(10_000)
    },
    20_000,
  )
})

describe.skipIf(engineMissing !== null || registryMissing !== null)('with a real engine and a real registry', () => {
  const base = `signalbox-runtime-base-${process.pid}:1`
  let engine: Engine
  let registry: TestRegistry
  let repository: string

  beforeAll(async () => {
    ;[engine, registry] = await Promise.all([useEngine(), startRegistry()])
    await engine.importBusybox(base)
  })
  afterAll(() => registry?.stop())

  const TEMPLATE = `FROM {{ baseImage }}
{% if buildFrom == 'scratch' %}
RUN echo base >> /steps
{% endif %}
{% if buildFrom != 'lock' %}
COPY code/deps.lock /deps.lock
RUN echo dependencies >> /steps
{% endif %}
COPY code/src /src
RUN echo sources >> /steps
`

  let numbers = 0
  beforeEach(async () => {
    repository = `${registry.host}/acme/runtime-${++numbers}`
    await write({
      '.github/signalbox.yml': `version: 1
images:
  runtime:
    repository: ${repository}
    labels: { org.example.team: sandbox }
    runtime:
      tag_prefix: rt
      version: { file: package.json, key: version }
      lock_files: [deps.lock]
      source: src
      ignore: ["*.log"]
      base_images: ["${base}"]
      template: runtime.Dockerfile.njk
`,
      'package.json': '{"version":"1.2.3"}',
      'deps.lock': 'one',
      'src/main.sh': 'echo one',
      'src/noise.log': 'noise',
      'runtime.Dockerfile.njk': TEMPLATE,
    })
  })

  const build = (...args: string[]) => runJson(args, { ...engine.env, HOME: directory })
  const inImage = (image: string, ...command: string[]) =>
    engine.docker(['run', '--rm', '--network', 'none', image, ...command])
  const steps = async (image: string) => (await inImage(image, 'cat', '/steps')).split('\n')

  async function tagsThere(): Promise<string[]> {
    const [, ...path] = repository.split('/')
    const reply = await fetch(`http://${registry.host}/v2/${path.join('/')}/tags/list`)
    const { tags = [] } = (await reply.json()) as { tags?: string[] }
    return tags.sort()
  }

  /** Node keeps its compile cache there. */
  const leftIn = (temporary: string) => readdirSync(temporary).filter((name) => name !== 'node-compile-cache')

  /** As another machine, that has pulled nothing yet. */
  async function forget(): Promise<void> {
    const ids = await engine.docker(['image', 'ls', '--all', '--quiet', repository])
    for (const id of new Set(ids.split('\n').filter(Boolean))) await engine.docker(['image', 'rm', '--force', id])
  }

  test('each change builds what it needs, from what the registry has', async () => {
    const first = await build('--push')
    expect(first).toMatchObject({ build_from: 'scratch', built: true, base_image: base, repository })
    expect(first.image).toBe(`${repository}:${first.tags.source}`)
    expect(first.tags).toMatchObject({
      versioned: `rt_v1.2.3_signalbox-runtime-base-${process.pid}_t_1`,
      image: `rt_v1.2.3_image_signalbox-runtime-base-${process.pid}_tag_1`,
    })
    expect(await tagsThere()).toEqual([first.tags.lock, first.tags.source, first.tags.versioned].sort())

    await forget()
    expect(await build('--push')).toMatchObject({ image: first.image, build_from: 'reuse', built: false })
    expect(await build()).toMatchObject({ image: first.image, build_from: 'reuse', built: false })
    expect(await engine.docker(['image', 'ls', '--quiet', repository])).toBe('')
    expect(await steps(first.image)).toEqual(['base', 'dependencies', 'sources'])

    await forget()
    await write({ 'src/main.sh': 'echo two' })
    expect(await build('--dry-run')).toMatchObject({ build_from: 'lock', built: false })
    const second = await build('--push')
    expect(second).toMatchObject({ build_from: 'lock', built: true, tags: { lock: first.tags.lock } })
    expect(second.tags.source).not.toBe(first.tags.source)
    await forget()
    expect(await steps(second.image)).toEqual(['base', 'dependencies', 'sources', 'sources'])
    expect(await inImage(second.image, 'cat', '/src/main.sh')).toBe('echo two')
    expect(await inImage(second.image, 'ls', '/src')).toBe('main.sh')

    await forget()
    await write({ 'deps.lock': 'two' })
    const third = await build('--push')
    expect(third).toMatchObject({ build_from: 'versioned', built: true, tags: { versioned: first.tags.versioned } })
    await forget()
    expect(await steps(third.image)).toEqual(['base', 'dependencies', 'sources', 'dependencies', 'sources'])

    const forced = await build('--push', '--force-rebuild')
    expect(forced).toMatchObject({ image: third.image, build_from: 'scratch', built: true })
    await forget()
    expect(await steps(forced.image)).toEqual(['base', 'dependencies', 'sources'])
  }, 120_000)

  test('what an untrusted pull request made is built, and not pushed', async () => {
    const { code, stderr, stdout } = await run(['--push', '--json'], { ...engine.env, HOME: directory, ...UNTRUSTED })
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, build_from: 'scratch', built: true })
    expect(stderr).toContain(`warning: ${NOT_PUSHED}\n`)
    expect(await tagsThere()).toEqual([])
  }, 60_000)

  test('without a place for temporary files it is said what to do', async () => {
    expect(await run([], { ...engine.env, HOME: directory, TMPDIR: '/nowhere' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'signalbox: There is no place for a build context in /nowhere: there is no such file or directory. Set TMPDIR',
      ),
    })
  }, 60_000)

  test('without pushing, what the engine has is reused too, but not for others', async () => {
    const built = await build()
    expect(built).toMatchObject({ build_from: 'scratch', built: true })
    expect(await tagsThere()).toEqual([])
    expect(await build()).toMatchObject({ build_from: 'reuse', built: false, image: built.image })
    const label = await engine.docker([
      'image',
      'inspect',
      '--format',
      '{{index .Config.Labels "org.example.team"}}',
      built.image,
    ])
    expect(label).toBe('sandbox')
    await write({ 'src/main.sh': 'echo two' })
    expect(await build('--dry-run')).toMatchObject({ build_from: 'lock' })
    expect(await build('--push', '--dry-run')).toMatchObject({ build_from: 'scratch' })
  }, 60_000)

  test('a folder is prepared from what the registry has, even if the image is there', async () => {
    const built = await build('--push')
    expect(await build('--build-folder', 'containers/runtime')).toMatchObject({ build_from: 'lock', built: false })
    const dockerfile = await readFile(join(directory, 'containers/runtime/Dockerfile'), 'utf8')
    expect(dockerfile).toContain(`FROM ${repository}:${built.tags.lock}\n`)
    expect(dockerfile).not.toContain('deps.lock')
    await engine.docker(['build', '--quiet', join(directory, 'containers/runtime')])
  }, 60_000)

  test('a build that fails says why, and leaves nothing', async () => {
    await write({ 'runtime.Dockerfile.njk': `FROM {{ baseImage }}\nRUN echo this went wrong >&2 && false\n` })
    const temporary = join(directory, 'tmp')
    await mkdir(temporary)
    const { code, stdout, stderr } = await run([], { ...engine.env, HOME: directory, TMPDIR: temporary })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('this went wrong')
    expect(leftIn(temporary)).toEqual([])
  }, 60_000)

  test('an interrupted build ends, and leaves nothing', async () => {
    await write({ 'runtime.Dockerfile.njk': `FROM {{ baseImage }}\nRUN echo it has begun && sleep 100\n` })
    const temporary = join(directory, 'tmp')
    await mkdir(temporary)
    const running = start([], { ...engine.env, HOME: directory, TMPDIR: temporary })
    const begun = new Promise<void>((resolve) => {
      running.child.stderr.on('data', () => {
        if (/^#\d+ [\d.]+ it has begun/m.test(running.said.stderr)) resolve()
      })
    })
    expect(await Promise.race([begun, running.outcome])).toBeUndefined()
    running.child.kill('SIGINT')
    expect(await running.outcome).toMatchObject({ code: 130, stdout: '' })
    expect(leftIn(temporary)).toEqual([])
  }, 60_000)
})
