import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import DRY_CASES from '../fixtures/oracles/build-dry-cases.json' with { type: 'json' }
import { type Engine, engineMissing, useEngine } from '../support/engine.ts'
import { registryMissing, startRegistry, type TestRegistry } from '../support/registry.ts'

const CLI = resolve('src/cli.ts')
const SHA = '0123456789abcdef0123456789abcdef01234567'

/** Runs a program on a terminal of its own (util-linux). */
const TERMINAL = '/usr/bin/script'
if (!existsSync(TERMINAL)) console.warn(`The test of the window is left out: ${TERMINAL} is missing.`)

let directory: string

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'sb-build-')))
  return () => rm(directory, { recursive: true, force: true })
})

async function write(files: Record<string, string>, place = directory): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(place, file)), { recursive: true })
    await writeFile(join(place, file), text)
  }
}

/** Runs `signalbox build` in `directory`, with nothing in its environment but this. */
async function build(args: readonly string[], env: Readonly<Record<string, string>> = {}, place = directory) {
  const child = execa(process.execPath, [CLI, 'build', ...args], {
    cwd: place,
    env: { PATH: process.env.PATH ?? '', HOME: place, ...env },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
  })
  const { exitCode, stdout, stderr } = await child
  return { exitCode, stdout, stderr }
}

async function readDry(place = directory): Promise<unknown> {
  const file = join(place, 'docker-build-dry.json')
  return existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : null
}

/** The directories that the old script built from. */
const OLD_LAYOUT = {
  'containers/app/Dockerfile': 'FROM scratch\n',
  'containers/app/config.sh':
    'DOCKER_REGISTRY=ghcr.io\nDOCKER_ORG=all-hands-ai\nDOCKER_IMAGE=openhands\nDOCKER_BASE_DIR="."\n',
  'containers/runtime/config.sh':
    'DOCKER_REGISTRY=ghcr.io\nDOCKER_ORG=all-hands-ai\nDOCKER_BASE_DIR="./containers/runtime"\nDOCKER_IMAGE=runtime\n# DOCKER_IMAGE_TAG=\n',
  'containers/enterprise/Dockerfile': 'FROM scratch\n',
  'containers/enterprise/config.sh':
    "export DOCKER_REGISTRY='registry.example.com:5000'\nDOCKER_ORG=Acme-Co # the organisation\nDOCKER_IMAGE=Enterprise-Server\nDOCKER_BASE_DIR=.\n",
}

describe('a dry run', () => {
  let shared: string

  beforeAll(async () => {
    shared = await mkdtemp(join(tmpdir(), 'sb-build-old-'))
    await write(OLD_LAYOUT, shared)
  })
  afterAll(() => rm(shared, { recursive: true, force: true }))

  const cases = DRY_CASES.map(
    ({ args, env, exit, out }) => [`${args.join(' ')} ${JSON.stringify(env)}`, { args, env, exit, out }] as const,
  )

  test.each(cases)('of the old layout: %s', async (_name, { args, env, exit, out }) => {
    await rm(join(shared, 'docker-build-dry.json'), { force: true })
    const given = Object.entries(env).map(([key, value]) => [key, value === '$SHA' ? SHA : value])
    const { exitCode, stderr } = await build(args, Object.fromEntries(given), shared)
    expect({ exitCode, stderr: exit === 0 ? stderr : '' }).toEqual({ exitCode: exit, stderr: '' })
    const expected = JSON.stringify(out).replaceAll('$SHA', SHA).replaceAll('$SHORT', SHA.slice(0, 7))
    expect(await readDry(shared)).toEqual(JSON.parse(expected))
  })

  test('is written as jq writes, and told', async () => {
    await write(OLD_LAYOUT)
    const { stdout } = await build(['-i', 'openhands', '--dry', '-t', 'a'], { GITHUB_REF_NAME: 'main' })
    expect(await readFile(join(directory, 'docker-build-dry.json'), 'utf8')).toBe(`{
  "tags": [
    "ghcr.io/all-hands-ai/openhands:main-a"
  ],
  "platform": "linux/amd64,linux/arm64",
  "build_args": [
    "OPENHANDS_BUILD_VERSION=main"
  ],
  "dockerfile": "./containers/app/Dockerfile"
}
`)
    const image = 'ghcr.io/all-hands-ai/openhands'
    expect(stdout).toBe(
      [
        'Would build openhands main:',
        `  ${image}:main-a`,
        'with:',
        `  docker buildx build -t ${image}:main-a --build-arg OPENHANDS_BUILD_VERSION=main --cache-from=type=registry,ref=${image}:buildcache-main-a --cache-from=type=registry,ref=${image}:buildcache-main --platform linux/amd64,linux/arm64 --provenance=false --metadata-file metadata.json --progress=plain -f ${directory}/containers/app/Dockerfile ${directory}`,
        'Written to docker-build-dry.json; nothing was built.',
      ].join('\n'),
    )
  })

  test('runs elsewhere with -C, and prints only JSON with --json', async () => {
    await write(OLD_LAYOUT)
    const { stdout, exitCode } = await build(
      ['-C', directory, '-i', 'app', '--dry', '--json'],
      { RELEVANT_SHA: SHA },
      tmpdir(),
    )
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual(await readDry())
    expect(JSON.parse(stdout)).toMatchObject({ dockerfile: './containers/app/Dockerfile' })
  })

  test('the file wins over the environment, the environment fills in', async () => {
    await write(OLD_LAYOUT)
    await write({ 'containers/app/config.sh': 'DOCKER_IMAGE=app\nDOCKER_IMAGE_TAG=from-file\n' })
    const env = {
      DOCKER_REGISTRY: 'docker.io',
      DOCKER_ORG: 'me',
      DOCKER_IMAGE: 'not-this',
      DOCKER_IMAGE_TAG: 'not-this',
      DOCKER_IMAGE_SOURCE_TAG: 'source',
    }
    await build(['-i', 'openhands', '--dry', '-t', 'x'], env)
    expect(await readDry()).toMatchObject({ tags: ['docker.io/me/app:source', 'docker.io/me/app:from-file'] })
  })

  test.each([
    ['an unknown image', ['-i', 'openhand'], {}, 'There is no image "openhand"; did you mean "openhands"?'],
    ['a path for a name', ['-i', '../app'], {}, 'There is no image "../app"'],
    ['no image', [], {}, 'build needs one of -i IMAGE and --all'],
    ['both', ['-i', 'openhands', '--all'], {}, 'build needs one of -i IMAGE and --all'],
    ['all of none', ['--all'], {}, 'Add "images", or name one with -i'],
    [
      'a platform that is none',
      ['-i', 'openhands', '--platform', 'amd64'],
      {},
      'write such as linux/amd64,linux/arm64',
    ],
    [
      'no config.sh',
      ['-i', 'runtime'],
      { 'containers/runtime/config.sh': null },
      'There is no ./containers/runtime/config.sh. Write one with DOCKER_REGISTRY',
    ],
    [
      'a config.sh that is a program',
      ['-i', 'openhands'],
      { 'containers/app/config.sh': 'DOCKER_ORG=a\nDOCKER_IMAGE="$(touch /tmp/x)"\n' },
      './containers/app/config.sh:2: the value of DOCKER_IMAGE holds $',
    ],
    [
      'a config.sh without the image',
      ['-i', 'openhands'],
      { 'containers/app/config.sh': 'DOCKER_REGISTRY=a.b\nDOCKER_ORG=a\n' },
      './containers/app/config.sh has no DOCKER_IMAGE. Add the line DOCKER_IMAGE=',
    ],
    [
      'no Dockerfile',
      ['-i', 'openhands'],
      { 'containers/app/Dockerfile': null },
      'There is no ./containers/app/Dockerfile',
    ],
    [
      'an organisation that is none',
      ['-i', 'openhands', '-o', 'a b'],
      {},
      'has the repository "ghcr.io/a b/openhands", which has the part "a b"',
    ],
    ['an escape in the name', ['-i', '\u001b[31m'], {}, 'There is no image "\\u001b[31m"'],
  ])('of %s fails and writes nothing', async (_what, args, files: Record<string, string | null>, message) => {
    await write(OLD_LAYOUT)
    for (const [file, text] of Object.entries(files)) {
      if (text === null) await rm(join(directory, file))
      else await write({ [file]: text })
    }
    const { exitCode, stdout, stderr } = await build([...args, '--dry'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toContain(`signalbox: `)
    expect(stderr).toContain(message)
    expect(await readDry()).toBe(null)
  })

  test('that cannot write its file leaves nothing half-written', async () => {
    await write({ ...OLD_LAYOUT, 'docker-build-dry.json/in the way': '' })
    const { exitCode, stderr } = await build(['-i', 'openhands', '--dry'])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^signalbox: docker-build-dry\.json cannot be written: /)
    expect((await readdir(directory)).toSorted()).toEqual(['containers', 'docker-build-dry.json'])
  })

  test('of runtime needs no Dockerfile; its build does', async () => {
    await write(OLD_LAYOUT)
    expect(await build(['-i', 'runtime', '--dry'])).toMatchObject({ exitCode: 0 })
    const real = await build(['-i', 'runtime'], { GITHUB_REF_NAME: 'main' })
    expect(real.exitCode).toBe(1)
    expect(real.stderr).toContain('Make it with signalbox runtime-image --build-folder')
  })

  test('with a tag that had to be repaired says so', async () => {
    await write(OLD_LAYOUT)
    const { stderr } = await build(['-i', 'openhands', '--dry'], { GITHUB_REF_NAME: '-x' })
    expect(stderr).toMatch(/^warning: .*-x/)
  })
})

const CONFIG = `version: 1
images:
  web:
    repository: REGISTRY/\${{ repo.owner }}/web
    needs: [base]
    dockerfile: web/Dockerfile
    context: web
    platforms: [linux/amd64]
    build_args: { VERSION: "\${{ image.version }}" }
    tags: ["type=ref,event=branch", "type=sha"]
  base:
    repository: REGISTRY/acme/base
    dockerfile: base/Dockerfile
    context: base
    platforms: [linux/amd64]
    suffix: s
`
const REPOSITORY = {
  '.github/signalbox.yml': CONFIG.replaceAll('REGISTRY', 'ghcr.io'),
  'web/Dockerfile': 'FROM scratch\n',
  'base/Dockerfile': 'FROM scratch\n',
}
const ACTIONS = {
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_REF_NAME: 'main',
  GITHUB_SHA: SHA,
  GITHUB_REPOSITORY: 'acme/app',
}

describe('the images of the configuration', () => {
  test('one, dry', async () => {
    await write(REPOSITORY)
    expect(await build(['-i', 'web', '--dry', '--push'], ACTIONS)).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await readDry()).toMatchObject({
      tags: ['ghcr.io/acme/web:main', 'ghcr.io/acme/web:sha-0123456'],
      platform: 'linux/amd64',
      build_args: ['VERSION=main'],
      dockerfile: 'web/Dockerfile',
      image: 'web',
      version: 'main',
      context: 'web',
      target: null,
      cache_to: ['type=registry,ref=ghcr.io/acme/web:buildcache-main,mode=max'],
      push: true,
      labels: { 'org.opencontainers.image.revision': SHA },
    })
  })

  test('all, those that others need first', async () => {
    await write(REPOSITORY)
    const env = { ...ACTIONS, DOCKER_IMAGE_TAG: 'of-one' }
    expect(await build(['--all', '--dry'], env)).toMatchObject({ exitCode: 0, stderr: '' })
    const plans = await readDry()
    expect(plans).toMatchObject([{ image: 'base', tags: expect.any(Array) }, { image: 'web' }])
    expect(JSON.stringify(plans)).not.toContain('of-one')
  })

  test('an unknown one', async () => {
    await write({ ...REPOSITORY, ...OLD_LAYOUT })
    const { exitCode, stderr } = await build(['-i', 'bse', '--dry'], ACTIONS)
    expect(exitCode).toBe(1)
    expect(stderr).toBe('signalbox: There is no image "bse"; did you mean "base"?')
    expect((await build(['-i', 'openhands', '--dry'], ACTIONS)).exitCode).toBe(0)
  })

  test('without its Dockerfile or its context', async () => {
    await write(REPOSITORY)
    await rm(join(directory, 'web/Dockerfile'))
    expect((await build(['-i', 'web', '--dry'], ACTIONS)).stderr).toContain('has no Dockerfile at web/Dockerfile')
    await write({ '.github/signalbox.yml': REPOSITORY['.github/signalbox.yml'].replace('context: web', 'context: no') })
    await write({ 'web/Dockerfile': 'FROM scratch\n' })
    expect((await build(['-i', 'web', '--dry'], ACTIONS)).stderr).toContain('has no directory no for its context')
  })
})

/** What stays on a terminal: a line that is erased, or that the cursor went up over, is gone. */
function shownAtEnd(output: string): string {
  const lines: string[] = ['']
  let row = 0
  let column = 0
  const put = (line: string) => {
    while (lines.length <= row) lines.push('')
    lines[row] = line
  }
  const print = (text: string) => {
    for (const part of text.split(/(\r|\n)/)) {
      if (part === '\r') column = 0
      else if (part === '\n') row += 1
      else if (part !== '') {
        const line = (lines[row] ?? '').padEnd(column)
        put(line.slice(0, column) + part + line.slice(column + part.length))
        column += part.length
      }
    }
  }
  const [first = '', ...rest] = output.split('\u001b[')
  print(first)
  for (const piece of rest) {
    const [sequence = '', given = '', command = ''] = /^([0-9;?]*)([A-Za-z])/.exec(piece) ?? []
    const times = Number(given || 1)
    if (command === 'A') row = Math.max(0, row - times)
    if (command === 'B' || command === 'E') row += times
    if (command === 'E') column = 0
    if (command === 'G') column = times - 1
    if (command === 'K') put(given === '2' ? '' : (lines[row] ?? '').slice(0, column))
    if (command === 'J') {
      put((lines[row] ?? '').slice(0, column))
      lines.splice(row + 1)
    }
    print(piece.slice(sequence.length))
  }
  return lines.join('\n')
}

describe.skipIf(engineMissing !== null || registryMissing !== null)('with a real engine and a real registry', () => {
  const base = `signalbox-build-base-${process.pid}`
  let engine: Engine
  let registry: TestRegistry

  beforeAll(async () => {
    ;[engine, registry] = await Promise.all([useEngine(), startRegistry()])
    await engine.importBusybox(`${base}:1`)
  })
  afterAll(() => registry?.stop())

  async function writeRepository(web: string, baseImage = `FROM ${base}:1\nRUN echo base > /base\n`) {
    await write({
      '.github/signalbox.yml': CONFIG.replaceAll('REGISTRY', registry.host),
      'web/Dockerfile': `FROM ${base}:1\n${web}`,
      'base/Dockerfile': baseImage,
    })
  }

  async function digestAt(path: string, tag: string): Promise<string | null> {
    const accept = 'application/vnd.docker.distribution.manifest.v2+json'
    const reply = await fetch(`http://${registry.host}/v2/${path}/manifests/${tag}`, { headers: { accept } })
    return reply.ok ? reply.headers.get('docker-content-digest') : null
  }

  test('pushes, and tells a person, a program and the workflow run', async () => {
    await writeRepository('ARG VERSION\nRUN echo "version $VERSION" > /v && date +%N >> /v\n')
    const [output, summary] = [join(directory, 'output'), join(directory, 'summary')]
    const env = { ...engine.env, ...ACTIONS, CI: 'true', GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary }
    const { exitCode, stdout, stderr } = await build(['-i', 'web', '--push'], env)
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' })
    const digest = await digestAt('acme/web', 'main')
    expect(digest).toMatch(/^sha256:/)
    expect(await digestAt('acme/web', 'sha-0123456')).toBe(digest)
    const image = `${registry.host}/acme/web:main`
    expect(stdout).toBe(
      [
        'Built web main (pushed)',
        `  digest  ${digest}`,
        `  tags    ${image}`,
        `          ${registry.host}/acme/web:sha-0123456`,
      ].join('\n'),
    )
    expect(stderr).toContain(`Building ${image} for linux/amd64\n`)
    expect(stderr).toContain('RUN echo "version ')
    const outputs = await readFile(output, 'utf8')
    for (const text of [image, digest, `${registry.host}/acme/web:sha-0123456`]) expect(outputs).toContain(text)
    expect(await readFile(summary, 'utf8')).toMatch(/^### 1 image built\n\n\| Image \| Version \| Tags \| Digest \|\n/)
    expect(await readFile(summary, 'utf8')).toContain(`| ${digest} |`)
    const again = await build(['-i', 'web', '--push', '--json'], { ...engine.env, ...ACTIONS })
    expect(JSON.parse(again.stdout)).toMatchObject({
      image,
      name: 'web',
      repository: `${registry.host}/acme/web`,
      version: 'main',
      // Another one: a label says when it was made.
      digest: await digestAt('acme/web', 'main'),
      tags: [image, `${registry.host}/acme/web:sha-0123456`],
      platforms: ['linux/amd64'],
      pushed: true,
      // Without buildx the engine keeps what it builds.
      loaded: true,
    })
    // Nothing had changed: the engine's own cache, or that of the registry, has it all.
    expect(again.stderr).toContain('CACHED')
  })

  test('loads for the own platform, whatever the configuration says', async () => {
    await writeRepository('RUN touch /x\n')
    const file = join(directory, '.github/signalbox.yml')
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('[linux/amd64]', '[linux/amd64, linux/s390x]'))
    const env = { ...engine.env, ...ACTIONS }
    const refused = await build(['-i', 'web'], env)
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain('install buildx')
    const { exitCode, stdout } = await build(['-i', 'web', '--load'], env)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('Built web main (in the engine, not pushed)\n  digest  none: a registry gives it\n')
    const id = await engine.docker(['image', 'inspect', '--format', '{{.Id}}', `${registry.host}/acme/web:main`])
    expect(id).toMatch(/^sha256:/)
    expect(await digestAt('acme/web', 'other')).toBe(null)
  })

  test('a step that fails: exit code 1, and its output', async () => {
    await writeRepository("RUN printf 'about to fail \\033[31m\\n' && exit 7\n")
    const { exitCode, stdout, stderr } = await build(['-i', 'web', '--load'], { ...engine.env, ...ACTIONS })
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toMatch(/about to fail \u{FFFD}\[31m/u)
    expect(stderr).not.toContain('\u001b')
    expect(stderr).toMatch(/signalbox: The build of \S+\/acme\/web:main failed: .*exit code: 7$/)
  })

  test('all of them; what needs one that fails is left out, and named', async () => {
    await writeRepository('RUN touch /x\n')
    const env = { ...engine.env, ...ACTIONS }
    const good = await build(['--all', '--load', '--json'], env)
    expect(JSON.parse(good.stdout)).toMatchObject([{ name: 'base' }, { name: 'web' }])
    await write({ 'base/Dockerfile': `FROM ${base}:1\nRUN false\n` })
    const bad = await build(['--all', '--load', '--json'], env)
    expect({ exitCode: bad.exitCode, stdout: bad.stdout }).toEqual({ exitCode: 1, stdout: '[]' })
    expect(bad.stderr).toMatch(/failed: .*\nNot built, because of it: web\.$/)
  })

  test.skipIf(!existsSync(TERMINAL))('on a terminal its log is a window that goes when it ends', async () => {
    await writeRepository('RUN for i in $(seq 100 140); do echo "line $i"; sleep 0.02; done\n')
    const run = () =>
      execa(TERMINAL, ['-qec', `stty cols 100 rows 40; ${process.execPath} ${CLI} build -i web --load`, '/dev/null'], {
        cwd: directory,
        env: { ...engine.env, ...ACTIONS, PATH: engine.env.PATH ?? '', HOME: directory, TERM: 'xterm', CI: '' },
        extendEnv: false,
        stdin: 'ignore',
        reject: false,
      })
    const { exitCode, stdout } = await run()
    expect(exitCode).toBe(0)
    const screen = shownAtEnd(stdout)
    expect(stdout).toContain('line 139')
    expect(screen).toContain('Built web main (in the engine, not pushed)')
    expect(screen).not.toContain('line 139')
    await write({ 'web/Dockerfile': `FROM ${base}:1\nRUN echo "the last words"; exit 7\n` })
    const failed = await run()
    expect(failed.exitCode).toBe(1)
    expect(shownAtEnd(failed.stdout)).toMatch(
      / the last words\n[\s\S]*\nsignalbox: The build of \S+ failed: .*exit code: 7/,
    )
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s cancels, and leaves nothing behind', async (signal, code) => {
    const TMPDIR = join(directory, 'tmp')
    await mkdir(TMPDIR)
    await writeRepository('RUN echo begun; sleep 100\n')
    const child = execa(process.execPath, [CLI, 'build', '-i', 'web', '--load'], {
      cwd: directory,
      env: { ...engine.env, ...ACTIONS, PATH: engine.env.PATH ?? '', HOME: directory, TMPDIR },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
    })
    let sent = false
    for await (const line of child.iterable({ from: 'stderr' })) {
      if (!sent && /begun$/.test(line)) sent = child.kill(signal)
    }
    const { exitCode, stderr } = await child
    expect(exitCode).toBe(code)
    expect(stderr).toContain('/acme/web:main was cancelled.')
    expect((await readdir(TMPDIR)).filter((name) => name.startsWith('signalbox'))).toEqual([])
  })

  test('a fork pushes nothing, and says so', async () => {
    await writeRepository('RUN touch /x\n')
    const event = join(directory, 'event.json')
    const repo = (name: string) => ({
      full_name: name,
      name: name.split('/')[1],
      owner: { login: name.split('/')[0] },
      default_branch: 'main',
    })
    const pull = {
      number: 7,
      head: { ref: 'x', sha: SHA, repo: repo('stranger/app') },
      base: { ref: 'main', sha: SHA, repo: repo('acme/app') },
    }
    await writeFile(event, JSON.stringify({ number: 7, pull_request: pull, repository: repo('acme/app') }))
    const env = {
      ...engine.env,
      ...ACTIONS,
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: event,
      GITHUB_REF: 'refs/pull/7/merge',
      GITHUB_REF_NAME: '7/merge',
      GITHUB_SHA: 'f'.repeat(40),
    }
    const { exitCode, stdout, stderr } = await build(['-i', 'web', '--push', '--json'], env)
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stderr).toContain(
      'warning: Nothing is pushed: this code is not known to be the own code of the repository (that of a fork is not)',
    )
    const { tags, ...rest } = JSON.parse(stdout)
    expect(rest).toMatchObject({ pushed: false, digest: null })
    expect(tags).toEqual([`${registry.host}/acme/web:sha-fffffff`])
    expect(await digestAt('acme/web', 'sha-fffffff')).toBe(null)
  })

  /** A program that stands in for a Docker with buildx: it writes down what it was asked, and builds nothing. */
  async function recordBuildx() {
    const record = join(directory, 'asked')
    const digest = `sha256:${'b'.repeat(64)}`
    await write({
      'bin/docker': [
        '#!/bin/sh',
        'case "$1" in --version) echo "Docker version 28";; esac',
        '[ "$1 $2" = "buildx build" ] || exit 0',
        `for word; do printf '%s\\n' "$word" >> ${record}; done`,
        'while [ $# -gt 0 ]; do',
        `  [ "$1" = --metadata-file ] && echo '{ "containerimage.digest": "${digest}" }' > "$2"`,
        '  shift',
        'done',
      ].join('\n'),
    })
    await execa('chmod', ['755', join(directory, 'bin/docker')])
    const env = { ...engine.env, PATH: `${join(directory, 'bin')}:/usr/bin:/bin` }
    return { env, digest, asked: async () => (await readFile(record, 'utf8')).trim().split('\n') }
  }

  test('buildx is asked as the old script asked it', async () => {
    await write(OLD_LAYOUT)
    const { env, digest, asked } = await recordBuildx()
    const ref = { GITHUB_REF_NAME: 'Feat/x', RELEVANT_SHA: SHA }
    const { exitCode, stdout } = await build(['-i', 'openhands', '-o', 'Me', '-t', 'u', '--push', '--json'], {
      ...env,
      ...ref,
    })
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ digest, pushed: true })
    const words = await asked()
    words[words.indexOf('--metadata-file') + 1] = 'FILE'
    const cache = 'type=registry,ref=ghcr.io/me/openhands:buildcache'
    expect(words).toEqual([
      ...['buildx', 'build'],
      ...['-t', 'ghcr.io/me/openhands:0123456-u', '-t', `ghcr.io/me/openhands:${SHA}-u`],
      ...['-t', 'ghcr.io/me/openhands:feat-x-u'],
      ...['--push', `--cache-to=${cache}-feat-x-u,mode=max`],
      ...['--build-arg', 'OPENHANDS_BUILD_VERSION=Feat-x'],
      ...[`--cache-from=${cache}-feat-x-u`, `--cache-from=${cache}-main-u`, `--cache-from=${cache}-main`],
      ...['--platform', 'linux/amd64,linux/arm64', '--provenance=false', '--metadata-file', 'FILE', '--progress=plain'],
      ...['-f', join(directory, 'containers/app/Dockerfile'), directory],
    ])
  })

  test('with a cache directory and --load', async () => {
    await write(OLD_LAYOUT)
    const { env, asked } = await recordBuildx()
    const ref = { GITHUB_REF_NAME: 'main' }
    const { exitCode, stdout } = await build(['-i', 'openhands', '--load', '--cache-dir', 'cache', '--json'], {
      ...env,
      ...ref,
    })
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ digest: null, loaded: true, platforms: ['linux/amd64'] })
    const words = await asked()
    expect(words).toContain('--load')
    expect(words.find((word) => word.startsWith('--cache-to='))).toMatch(
      new RegExp(
        `^--cache-to=type=local,dest=${directory}/cache/ghcr\\.io-all-hands-ai-openhands-[0-9a-f]{8},mode=max$`,
      ),
    )
    expect(words[words.indexOf('--platform') + 1]).toBe('linux/amd64')
  })
})

test('without an engine it says what to do', async () => {
  await write(OLD_LAYOUT)
  await write({ 'bin/docker': '#!/bin/sh\necho 28\n' })
  await execa('chmod', ['755', join(directory, 'bin/docker')])
  const none = { GITHUB_REF_NAME: 'main', PATH: join(directory, 'nowhere') }
  const missing = await build(['-i', 'openhands'], none)
  expect(missing.exitCode).toBe(1)
  expect(missing.stderr).toMatch(/^signalbox: Docker is not installed, or not in PATH\. Install Docker/)
  const env = { ...none, PATH: `${join(directory, 'bin')}:/bin`, DOCKER_HOST: `unix://${directory}/none.sock` }
  const down = await build(['-i', 'openhands'], env)
  expect(down.exitCode).toBe(1)
  expect(down.stderr).toMatch(/^signalbox: The Docker engine at unix:\S+ is not running\. Start it/)
  const dry = await build(['-i', 'openhands', '--load', '--dry'], env)
  expect(dry.exitCode).toBe(0)
  expect(dry.stderr).toMatch(/^warning: The engine's platform is not known, and taken to be linux\//)
  expect(await readDry()).toMatchObject({ platform: expect.stringMatching(/^linux\/(amd64|arm64)$/) })
})
