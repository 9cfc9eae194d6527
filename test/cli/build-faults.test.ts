/** What `signalbox build` does about files that are no files, ways out of the repository, engines that fail, and Actions. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

const CLI = resolve('src/cli.ts')
const SHA = '0123456789abcdef0123456789abcdef01234567'

let directory: string
let outside: string
/** Answers who it is, and nothing else. */
let engine: Server
let socket: string

beforeAll(async () => {
  const place = await mkdtemp(join(tmpdir(), 'sb-engine-'))
  socket = join(place, 'socket')
  const version = { Version: '28.0.0', Os: 'linux', Arch: 'amd64', Components: [] }
  engine = createServer((_request, response) => response.end(JSON.stringify(version)))
  await new Promise<void>((done) => engine.listen(socket, done))
  return () => rm(place, { recursive: true })
})
afterAll(() => void engine.close())

beforeEach(async () => {
  const place = await realpath(await mkdtemp(join(tmpdir(), 'sb-faults-')))
  directory = join(place, 'repository')
  outside = join(place, 'outside')
  await mkdir(directory)
  await mkdir(outside)
  await writeFile(join(outside, 'Dockerfile'), 'FROM scratch\n')
  await writeFile(join(outside, 'config.sh'), 'DOCKER_REGISTRY=a.b\nDOCKER_ORG=c\nDOCKER_IMAGE=d\n')
  return () => rm(place, { recursive: true })
})

async function write(files: Record<string, string>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, file)), { recursive: true })
    await writeFile(join(directory, file), text)
  }
}

async function link(path: string, to: string): Promise<void> {
  await rm(join(directory, path), { recursive: true, force: true })
  await symlink(to, join(directory, path))
}

async function makePipe(path: string): Promise<void> {
  await rm(join(directory, path), { recursive: true, force: true })
  execFileSync('mkfifo', [join(directory, path)])
}

/** Runs `signalbox build` with nothing in its environment but this; whatever hangs is ended, and fails. */
async function build(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [CLI, 'build', ...args], {
    cwd: directory,
    env: { PATH: '/usr/bin:/bin', HOME: directory, GITHUB_REF_NAME: 'main', ...env },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  return { exitCode, stdout, stderr }
}

const CONFIG = `version: 1
images:
  web: { repository: ghcr.io/acme/web, dockerfile: web/Dockerfile, context: web }
`
const CONFIGURED = { '.github/signalbox.yml': CONFIG, 'web/Dockerfile': 'FROM scratch\n' }
const OLD = {
  'containers/app/Dockerfile': 'FROM scratch\n',
  'containers/app/config.sh':
    'DOCKER_REGISTRY=ghcr.io\nDOCKER_ORG=acme\nDOCKER_IMAGE=app\nDOCKER_BASE_DIR=./containers/app\n',
}

describe('ways out of the repository', () => {
  test.each([
    ['the Dockerfile', 'web', () => link('web/Dockerfile', join(outside, 'Dockerfile')), 'web/Dockerfile leads out of'],
    ['the context', 'web', () => link('web', outside), 'web/Dockerfile leads out of the repository'],
    [
      'a context of its own',
      'web',
      async () => {
        await write({ '.github/signalbox.yml': CONFIG.replace('context: web', 'context: other') })
        await link('other', outside)
      },
      'other leads out of the repository',
    ],
    [
      'the Dockerfile of old',
      'app',
      () => link('containers/app/Dockerfile', join(outside, 'Dockerfile')),
      'leads out of',
    ],
    ['config.sh', 'app', () => link('containers/app/config.sh', join(outside, 'config.sh')), 'config.sh leads out of'],
    ['a directory of containers', 'app', () => link('containers/app', outside), 'containers/app leads out of'],
    ...['/', '../../..', '../outside'].map(
      (base) =>
        [
          `DOCKER_BASE_DIR=${base}`,
          'app',
          () =>
            write({ 'containers/app/config.sh': OLD['containers/app/config.sh'].replace('./containers/app', base) }),
          'leads out of the repository',
        ] as const,
    ),
    [
      'the directory of git',
      'app',
      async () => {
        await write({ '.git/config': '' })
        await write({ 'containers/app/config.sh': OLD['containers/app/config.sh'].replace('./containers/app', '.git') })
      },
      'which is never part of an image',
    ],
  ] as const)('%s', async (_what, image, prepare, message) => {
    await write({ ...CONFIGURED, ...OLD })
    await prepare()
    for (const flags of [['--dry'], []]) {
      const { exitCode, stdout, stderr } = await build(['-i', image, ...flags])
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
      expect(stderr).toContain(message)
    }
    expect(existsSync(join(directory, 'docker-build-dry.json'))).toBe(false)
  })

  test('links within it are no way out, nor is a repository that is itself behind a link', async () => {
    await write({ ...CONFIGURED, 'real/Dockerfile': 'FROM scratch\n', ...OLD })
    await link('web', 'real')
    await symlink(directory, join(outside, 'link'))
    for (const image of ['web', 'app'])
      expect(await build(['-C', join(outside, 'link'), '-i', image, '--dry'])).toMatchObject({
        exitCode: 0,
        stderr: '',
      })
  })
})

test.each([
  ['web', '.github/signalbox.yml', '.github/signalbox.yml cannot be read: it is a named pipe, and no file.'],
  ['web', 'web/Dockerfile', 'The image web has no Dockerfile at web/Dockerfile'],
  ['app', 'containers/app/config.sh', 'There is no ./containers/app/config.sh'],
  ['app', 'containers/app/Dockerfile', 'There is no ./containers/app/Dockerfile'],
])('of %s: a named pipe in the place of %s is not waited for', async (image, path, message) => {
  await write({ ...CONFIGURED, ...OLD })
  await makePipe(path)
  const { exitCode, stderr } = await build(['-i', image, '--dry'])
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(message) })
})

test('the context of the old layout is missing', async () => {
  await write({ ...OLD, 'containers/app/config.sh': `${OLD['containers/app/config.sh']}DOCKER_BASE_DIR=gone\n` })
  const { stderr } = await build(['-i', 'app', '--dry'])
  expect(stderr).toBe('signalbox: The image app has no directory gone for its context. Correct DOCKER_BASE_DIR.')
})

test('a directory that is none', async () => {
  await write({ file: '' })
  const gone = await build(['-C', 'gone', '-i', 'app', '--dry'])
  expect(gone.stderr).toBe('signalbox: gone cannot be used as the repository: there is no such file or directory.')
  const file = await build(['-C', 'file', '-i', 'app', '--dry'])
  expect(file.stderr).toBe(
    'signalbox: file cannot be used as the repository: it is no directory. Choose another with -C.',
  )
})

test.each([[], ['--json']])('a dry run of what no engine would do writes nothing (%s)', async (...flags) => {
  await write(OLD)
  const args = ['-i', 'app', '--dry', '--load', '--platform', 'linux/amd64,linux/arm64', ...flags]
  const { exitCode, stdout, stderr } = await build(args)
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  expect(stderr).toContain('cannot be loaded into the engine')
  expect(existsSync(join(directory, 'docker-build-dry.json'))).toBe(false)
})

/** A program that stands in for Docker with buildx: it does `script`, where `$*` is what it was asked to build. */
async function useBuildx(script = ''): Promise<{ readonly env: Record<string, string>; asked(): Promise<string> }> {
  await write({
    'bin/docker': [
      '#!/bin/sh',
      'case "$1" in --version) echo "Docker version 28"; exit;; esac',
      '[ "$1 $2" = "buildx build" ] || exit 0',
      `echo "$*" >> ${directory}/asked`,
      'all="$*"; last=""; for word; do [ "$last" = --metadata-file ] && file="$word"; last="$word"; done',
      `echo '{ "containerimage.digest": "sha256:${'b'.repeat(64)}" }' > "$file"`,
      'set -- "$all"',
      script,
    ].join('\n'),
  })
  await chmod(join(directory, 'bin/docker'), 0o755)
  const env = { PATH: `${join(directory, 'bin')}:/usr/bin:/bin`, DOCKER_HOST: `unix://${socket}` }
  return { env, asked: () => readFile(join(directory, 'asked'), 'utf8').catch(() => '') }
}

describe('all images', () => {
  const image = (name: string, more = '') =>
    `  ${name}: { repository: ghcr.io/acme/${name}, context: ., dockerfile: ${name}.Dockerfile${more} }\n`
  const ALL = `version: 1\nimages:\n${[
    image('app'),
    image('two', ', needs: [app]'),
    image('above', ', needs: [two]'),
    image('three'),
    image('agent', ', runtime: { source: src, lock_files: [lock], base_images: ["debian:12"], version: "1" }'),
    image('with-agent', ', needs: [agent]'),
  ].join('')}`

  beforeEach(async () => {
    await write({ '.github/signalbox.yml': ALL, lock: '', 'src/x': '' })
    for (const name of ['app', 'two', 'above', 'three', 'with-agent']) await write({ [`${name}.Dockerfile`]: '' })
  })

  test('one that fails stops those that need it, and nothing else; what was pushed is told', async () => {
    const { env, asked } = await useBuildx('case "$*" in */two:*) echo "ERROR: two is broken"; exit 1;; esac')
    const [GITHUB_OUTPUT, GITHUB_STEP_SUMMARY] = [join(directory, 'output'), join(directory, 'summary')]
    const places = { ...env, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY }
    const { exitCode, stdout, stderr } = await build(['--all', '--push', '--json'], places)
    expect(exitCode).toBe(1)
    const built = JSON.parse(stdout)
    expect(built).toMatchObject([
      { name: 'app', pushed: true, digest: `sha256:${'b'.repeat(64)}` },
      { name: 'three', pushed: true },
    ])
    expect((await asked()).match(/ghcr\.io\/acme\/[\w-]+:main /g)).toEqual([
      'ghcr.io/acme/app:main ',
      'ghcr.io/acme/two:main ',
      'ghcr.io/acme/three:main ',
    ])
    expect(stderr.slice(stderr.indexOf('signalbox: '))).toBe(
      [
        'signalbox: The build of ghcr.io/acme/two:main failed: two is broken',
        'Not built, because of it: above.',
        'The image agent has no Dockerfile at agent.Dockerfile. Make it with signalbox runtime-image --image agent --build-folder . first.',
        'Not built, because of it: with-agent.',
      ].join('\n'),
    )
    const outputs = /^images<<(\S+)\n(.*)\n\1\n$/s.exec(await readFile(GITHUB_OUTPUT, 'utf8'))
    expect(JSON.parse(outputs?.[2] ?? '')).toEqual(built)
    const summary = await readFile(GITHUB_STEP_SUMMARY, 'utf8')
    expect(summary).toMatch(/^### 2 images built\n/)
    expect(summary).not.toContain('two')
  })

  test('an image that needs to be prepared first says how', async () => {
    await useBuildx()
    const { exitCode, stderr } = await build(['-i', 'agent'])
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr:
        'signalbox: The image agent has no Dockerfile at agent.Dockerfile. Make it with signalbox runtime-image --image agent --build-folder . first.',
    })
    expect((await build(['-i', 'agent', '--dry'])).exitCode).toBe(0)
  })

  test('a person is told each that was built', async () => {
    const { env } = await useBuildx('case "$*" in */app:*) exit 1;; esac')
    const { exitCode, stdout, stderr } = await build(['--all'], env)
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^Built three main \(not pushed\)\n/)
    expect(stderr).toContain('The build of ghcr.io/acme/app:main failed: the program ended with 1')
    expect(stderr).toContain('Not built, because of it: two, above.')
  })
})

describe('what the machine refuses', () => {
  test.each([
    ['a cache directory that is a file', ['--cache-dir', 'lock'], {}, /lock cannot be the cache directory: .*EEXIST/],
    [
      'no directory for temporary files',
      [],
      { TMPDIR: '/nowhere' },
      /^signalbox: The directory of temporary files \/nowhere \(TMPDIR\) cannot be used: there is no such file or directory\.$/m,
    ],
    [
      'outputs that cannot be written',
      [],
      { GITHUB_OUTPUT: '/nowhere/x' },
      /GITHUB_OUTPUT names \/nowhere\/x, which cannot be written \(.*\); point it at a file, or unset it\./,
    ],
  ])('%s', async (_what, flags, env, message) => {
    await write({ ...CONFIGURED, lock: '' })
    const buildx = await useBuildx()
    const { exitCode, stderr } = await build(['-i', 'web', ...flags], { ...buildx.env, ...env })
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(message) })
  })

  test('a summary that cannot be written is no failure of the build', async () => {
    await write(CONFIGURED)
    const { env } = await useBuildx()
    const { exitCode, stdout, stderr } = await build(['-i', 'web', '--json'], {
      ...env,
      GITHUB_STEP_SUMMARY: '/nowhere/x',
    })
    expect({ exitCode, name: JSON.parse(stdout).name }).toEqual({ exitCode: 0, name: 'web' })
    expect(stderr).toContain('warning: The job has no summary: GITHUB_STEP_SUMMARY names /nowhere/x')
  })
})

test('an interruption is obeyed while the engine does not answer', async () => {
  await write(CONFIGURED)
  const asked = Promise.withResolvers<void>()
  const silent = createServer(() => asked.resolve())
  await new Promise<void>((done) => silent.listen(join(directory, 'silent'), done))
  const { env } = await useBuildx()
  const child = execa(process.execPath, [CLI, 'build', '-i', 'web'], {
    cwd: directory,
    env: { ...env, HOME: directory, DOCKER_HOST: `unix://${directory}/silent`, GITHUB_REF_NAME: 'main' },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
  })
  await asked.promise
  const sent = performance.now()
  child.kill('SIGINT')
  expect((await child).exitCode).toBe(130)
  expect(performance.now() - sent).toBeLessThan(5000)
  silent.closeAllConnections()
  silent.close()
})

const told = (trusted: boolean) =>
  JSON.stringify({ event: 'pull_request', ref_name: '5/merge', pull_request: 5, sha: SHA, trusted })

test.each([true, false])('a leg that is trusted: %s, and the cache directory that others read', async (trusted) => {
  await write(CONFIGURED)
  const { env, asked } = await useBuildx()
  const { exitCode } = await build(['-i', 'web', '--cache-dir', 'cache'], { ...env, SIGNALBOX: told(trusted) })
  expect(exitCode).toBe(0)
  expect((await asked()).includes('--cache-to=type=local')).toBe(trusted)
  expect(existsSync(join(directory, 'cache'))).toBe(trusted)
})

test.each([
  ['--load', 'linux/amd64'],
  ['--platform=linux/s390x', 'linux/s390x'],
])('%s changes the platforms of what a leg was told, and nothing else', async (flag, platform) => {
  await write(CONFIGURED)
  const { env, asked } = await useBuildx()
  const image = {
    name: 'web',
    repository: 'ghcr.io/acme/told',
    version: '1',
    tags: ['ghcr.io/acme/told:1'],
    build_args: [],
    platforms: ['linux/arm64'],
    cache_from: [],
    cache_to: [],
    push: false,
    dockerfile: 'web/Dockerfile',
    context: 'web',
    target: null,
    labels: {},
  }
  const SIGNALBOX = JSON.stringify({ ...JSON.parse(told(true)), image })
  const { exitCode, stderr } = await build(['-i', 'web', flag], { ...env, SIGNALBOX })
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(await asked()).toContain(`-t ghcr.io/acme/told:1 `)
  expect(await asked()).toContain(`--platform ${platform} `)
})

test('what a build prints gives the runner of GitHub Actions no orders', async () => {
  await write(CONFIGURED)
  const script = [
    "echo '::set-output name=image::evil'",
    "echo '#5 0.1 ##[set-output name=image;]evil'",
    "echo 'ERROR: ##[add-path]/evil'",
    'exit 1',
  ].join('\n')
  const { env } = await useBuildx(script)
  const { stderr } = await build(['-i', 'web'], { ...env, GITHUB_ACTIONS: 'true', CI: 'true' })
  const [title, stop = '', ...lines] = stderr.split('\n')
  const resume = /^::stop-commands::([0-9a-f-]{36})$/.exec(stop)?.[1]
  expect(title).toMatch(/^Building /)
  expect(lines).toEqual([
    ':\u{FFFD}set-output name=image::evil',
    '#5 0.1 ##\u{FFFD}set-output name=image;]evil',
    'ERROR: ##\u{FFFD}add-path]/evil',
    `::${resume}::`,
    expect.stringMatching(/^warning: The image is neither/),
    'signalbox: The build of ghcr.io/acme/web:main failed: ##\u{FFFD}add-path]/evil',
  ])
  const elsewhere = await build(['-i', 'web'], env)
  expect(elsewhere.stderr).toContain('\n::set-output name=image::evil\n')
  expect(elsewhere.stderr).not.toContain('stop-commands')
})
