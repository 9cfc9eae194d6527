/**
 * Every rendering, compared with its golden file in `test/fixtures/dockerfiles`. After a change that is meant:
 *
 *     UPDATE_GOLDEN=1 npx vitest run test/cli/render-dockerfile.test.ts
 *
 * One golden file serves all base images that render alike; `BASE_IMAGE` stands in it for their names. Those of the
 * application image are in the example, where `npm run generate` writes them.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type AppImageSettings,
  type RuntimeDockerfileRequest,
  renderAppDockerfile,
  renderEntrypoint,
  renderRuntimeDockerfile,
} from '../../src/cli/render-dockerfile.ts'
import { describeBaseImage, packageNames } from '../../src/domain/base-image.ts'
import { UsageError } from '../../src/domain/errors.ts'
import { instructionsOf, scriptsOf } from '../support/dockerfile.ts'
import { CASES, type RuntimeCase, requestFor } from '../support/dockerfile-cases.ts'

const GOLDEN = new URL('../fixtures/dockerfiles/', import.meta.url)
const UPDATE = process.env.UPDATE_GOLDEN === '1'

async function compare(file: string, text: string): Promise<void> {
  if (UPDATE) await writeFile(new URL(file, GOLDEN), text)
  expect(text).toBe(await readFile(new URL(file, GOLDEN), 'utf8'))
}

describe('golden files', () => {
  if (UPDATE) {
    beforeAll(async () => {
      await rm(GOLDEN, { recursive: true, force: true })
      await mkdir(GOLDEN, { recursive: true })
    })
  }

  test.each(CASES)('$name', async (given) => {
    const text = await renderRuntimeDockerfile(requestFor(given))
    const general = text.replace(`FROM ${requestFor(given).baseImage}\n`, 'FROM BASE_IMAGE\n')
    expect(general).not.toBe(text)
    const end = 'USER root\n'
    const extra = `USER openhands\nRUN ["/bin/bash", "-c", "pip install \\"numpy<3\\" && echo 'done'"]\n\n`.replace(
      '<',
      '\\u003c',
    )
    expect(general.endsWith(given.extraDeps ? extra + end : end)).toBe(true)
    await compare(given.golden, given.extraDeps ? general.slice(0, -(extra + end).length) + end : general)
  })

  test.each([
    ['Dockerfile', renderAppDockerfile],
    ['entrypoint.sh', renderEntrypoint],
  ])('application image: %s', async (file, render) => {
    expect(await render()).toBe(await readFile(join('examples/openhands/containers/app', file), 'utf8'))
  })

  test('none is left over', async () => {
    const used = new Set(CASES.map(({ golden }) => golden))
    expect(new Set(await readdir(GOLDEN))).toEqual(used)
  })
})

describe('each level renders only what it needs', () => {
  const PARTS = {
    'base system': 'build-essential',
    user: 'useradd',
    Docker: 'docker-ce',
    uv: 'astral-sh/uv',
    'VS Code server': 'openvscode-server/releases',
    Python: 'micromamba create',
    dependencies: 'poetry sync --only main,runtime',
    'libraries of a browser': 'xvfb',
    browser: 'playwright install',
    extensions: 'vscode-extensions',
  }
  const partsOf = (text: string) => Object.entries(PARTS).flatMap(([name, sign]) => (text.includes(sign) ? [name] : []))
  const without = (...left: string[]) => Object.keys(PARTS).filter((name) => !left.includes(name))

  test.each<[string, Partial<RuntimeCase>, string[]]>([
    ['from scratch', {}, without()],
    ['without a browser', { enableBrowser: false }, without('libraries of a browser', 'browser')],
    ['a benchmark, from scratch', { base: 'swebench/sweb.eval.x86_64.x_1776_x-1:latest' }, without('Docker')],
    ['the other benchmark', { base: 'mswebench/a_m_b:pr-1' }, without('Docker')],
    [
      'from a versioned image',
      { buildFrom: 'versioned' },
      ['dependencies', 'libraries of a browser', 'browser', 'extensions'],
    ],
    ['from it without a browser', { buildFrom: 'versioned', enableBrowser: false }, ['dependencies', 'extensions']],
    ['from a lock image', { buildFrom: 'lock' }, ['extensions']],
  ])('%s', async (_name, given, expected) => {
    const { base = 'ubuntu:24.04', buildFrom = 'scratch', enableBrowser = true } = given
    const request = { baseImage: base, buildFrom, enableBrowser, extraDeps: null, template: null }
    expect(partsOf(await renderRuntimeDockerfile(request))).toEqual(expected)
  })

  test('sources come after everything but extra dependencies', async () => {
    const text = await renderRuntimeDockerfile({ ...REQUEST, extraDeps: 'true' })
    const copied = instructionsOf(text).findLastIndex(({ name }) => name === 'COPY')
    expect(instructionsOf(text).slice(copied)).toEqual([
      { name: 'COPY', value: expect.stringContaining('./code/microagents') },
      { name: 'USER', value: 'openhands' },
      { name: 'RUN', value: expect.stringContaining('vscode-extensions') },
      { name: 'USER', value: 'openhands' },
      { name: 'RUN', value: '["/bin/bash", "-c", "true"]' },
      { name: 'USER', value: 'root' },
    ])
  })

  test.each(['scratch', 'versioned'] as const)(
    'the lock files come after all packages of the system: %s',
    async (buildFrom) => {
      const instructions = instructionsOf(await renderRuntimeDockerfile({ ...REQUEST, buildFrom }))
      const places = (sign: string) => instructions.flatMap(({ value }, place) => (value.includes(sign) ? [place] : []))
      const [locked = -1] = places('poetry.lock')
      const packages = places('apt-get install')
      expect(packages.length).toBeGreaterThan(0)
      expect(Math.max(...packages)).toBeLessThan(locked)
      expect(places('playwright install').every((place) => place > (places('poetry sync')[0] ?? 1000))).toBe(true)
      expect(places('playwright install').length).toBe(1)
    },
  )

  test('nothing that takes time comes after the version of an application image, and nothing before names it', async () => {
    const instructions = instructionsOf(await renderAppDockerfile())
    const place = instructions.findIndex(
      ({ name, value }, index) => index > 0 && name === 'ARG' && value.startsWith('OPENHANDS'),
    )
    expect(instructions.slice(place).map(({ name }) => name)).toEqual(['ARG', 'ENV', 'EXPOSE', 'ENTRYPOINT', 'CMD'])
    expect(instructions[place + 1]?.value).toBe('OPENHANDS_BUILD_VERSION=$OPENHANDS_BUILD_VERSION')
    expect(instructions.slice(1, place).filter(({ value }) => value.includes('BUILD_VERSION'))).toEqual([])
  })

  test('names, ids and versions are parameters', async () => {
    const text = await renderRuntimeDockerfile({
      ...REQUEST,
      user: { name: 'agent', id: 1500 },
      directory: '/opt/agent',
      lockFiles: ['backend/uv.lock'],
      sources: ['src', 'my notes'],
      python: '3.13',
      node: '24',
      git: { name: 'Ann Example', email: 'ann@example.com' },
      vscodeExtensions: { directory: 'my extensions', prefix: 'agent-' },
      docker: false,
    })
    expect(text).not.toMatch(/openhands(?!-|ai)|\b1000\b|docker-ce/)
    expect(text).toContain('useradd -l -m -s /bin/bash -g agent -u 1500 agent')
    expect(text).toContain('COPY --chown=agent:agent ./code/backend/uv.lock /opt/agent/code/backend/uv.lock')
    expect(text).toContain('COPY --chown=agent:agent ["./code/my notes", "/opt/agent/code/my notes"]')
    expect(text).toContain(`for extension in '/opt/agent/code/my extensions'/*/`)
    expect(text).toContain(`git config --system user.name 'Ann Example'`)
  })
})

const REQUEST: RuntimeDockerfileRequest = {
  baseImage: 'ubuntu:24.04',
  buildFrom: 'scratch',
  enableBrowser: true,
  extraDeps: null,
  template: null,
}

describe('what the name of a base image tells', () => {
  test.each<[string, string | null, string | null, string | null, string | null]>([
    ['ubuntu:24.04', 'ubuntu', '24.04', 'libgl1', 'libasound2t64'],
    ['ubuntu:noble-20250415', 'ubuntu', '24.04', 'libgl1', 'libasound2t64'],
    ['registry.example.com:5000/mirror/ubuntu:22.04', 'ubuntu', '22.04', 'libgl1', 'libasound2'],
    ['ubuntu:jammy', 'ubuntu', '22.04', 'libgl1', 'libasound2'],
    ['ubuntu', 'ubuntu', null, null, null],
    ['ubuntu:latest', 'ubuntu', null, null, null],
    ['ubuntu:constructor', 'ubuntu', null, null, null],
    ['debian:bookworm-slim', 'debian', '12', 'libgl1', 'libasound2'],
    ['debian:12.11', 'debian', '12', 'libgl1', 'libasound2'],
    ['debian:13-slim', 'debian', '13', 'libgl1', 'libasound2t64'],
    ['debian', 'debian', null, null, null],
    ['nikolaik/python-nodejs:python3.12-nodejs22', 'debian', null, null, null],
    ['nikolaik/python-nodejs:python3.12-nodejs22-bookworm', 'debian', '12', 'libgl1', 'libasound2'],
    ['acme/not-ubuntu:24.04', null, null, null, null],
    ['ubuntu/squid:24.04', null, null, null, null],
  ])('%s', (image, system, release, opengl, sound) => {
    const base = describeBaseImage(image)
    expect([base.system, base.release]).toEqual([system, release])
    expect(packageNames(base)).toEqual({ opengl, sound })
  })
})

describe('nothing breaks out of its instruction', () => {
  const bad: [string, Partial<RuntimeDockerfileRequest>, string][] = [
    ['a line end in the base image', { baseImage: 'ubuntu\nRUN evil' }, 'base image'],
    ['a line end after it', { baseImage: 'ubuntu:24.04\n' }, 'base image'],
    ['a stage name in the base image', { baseImage: 'ubuntu AS x' }, 'base image'],
    ['a variable in the base image', { baseImage: '$BASE' }, 'base image'],
    ['a command in a user name', { user: { name: 'a; evil', id: 1000 } }, 'name of a user'],
    ['a user name that begins with a dash', { user: { name: '-x', id: 1000 } }, 'name of a user'],
    ['an id that is no number', { user: { name: 'a', id: Number.NaN } }, 'id of a user'],
    ['root for the user', { user: { name: 'a', id: 0 } }, 'id of a user'],
    ['a directory with a space', { directory: '/a b' }, 'directory'],
    ['a directory with dots', { directory: '/a/..' }, 'directory'],
    ['the root for a directory', { directory: '/' }, 'directory'],
    ['a source outside', { sources: ['../secret'] }, 'source'],
    ['an absolute source', { sources: ['/etc'] }, 'source'],
    ['a pattern for a source', { sources: ['*'] }, 'source'],
    ['a variable in a source', { sources: ['a$b'] }, 'source'],
    ['a flag for a source', { sources: ['--from=x'] }, 'source'],
    ['a line end in a lock file', { lockFiles: ['a\nRUN evil'] }, 'lock file'],
    ['a here-document in a lock file', { lockFiles: ['<<EOF'] }, 'lock file'],
    ['a backslash in a lock file', { lockFiles: ['a\\'] }, 'lock file'],
    ['a flag in a group', { dependencyGroups: ['main --x'] }, 'dependency group'],
    ['a command in a version', { python: '3.12;evil' }, 'version of python'],
    ['an empty version', { node: '' }, 'version of node'],
    ['no sum', { uv: { version: '1', sha256: { x86_64: '', aarch64: '0'.repeat(64) } } }, 'sha256 of uv'],
    ['a quote in a name', { git: { name: "a'b", email: 'a@b' } }, 'name that commits'],
    ['a line end in an address', { git: { name: 'a', email: 'a@b\n' } }, 'email address'],
    [
      'no prefix, by which every extension would be removed',
      { vscodeExtensions: { directory: 'a', prefix: '' } },
      'prefix',
    ],
    ['a prefix with a slash', { vscodeExtensions: { directory: 'a', prefix: '../' } }, 'prefix'],
    ['a control character in the command', { extraDeps: 'echo \u001b[0m' }, 'command for extra dependencies'],
    ['a nul in the command', { extraDeps: 'echo \0' }, 'command for extra dependencies'],
    ['an endless command', { extraDeps: 'x'.repeat(10_001) }, '10001 characters'],
  ]
  test.each(bad)('%s is refused', async (_name, given, message) => {
    const refused = renderRuntimeDockerfile({ ...REQUEST, ...given })
    await expect(refused).rejects.toThrow(UsageError)
    await expect(refused).rejects.toThrow(message)
  })

  test.each<[string, Partial<AppImageSettings>, string]>([
    ['an image', { nodeImage: 'node\nRUN x' }, 'image with Node.js'],
    ['a port', { port: 0 }, 'port'],
    ['an application', { application: 'a:b", "--reload' }, 'application'],
    ['a requirement', { thirdPartyRuntimes: "x'; evil" }, 'third-party'],
    ['an argument', { versionArgument: 'A=1\nRUN x' }, 'version argument'],
    ['an entrypoint', { entrypoint: '../entrypoint.sh' }, 'file'],
  ])('%s of the application image is refused', async (_name, given, message) => {
    await expect(renderAppDockerfile(given)).rejects.toThrow(message)
  })

  test.each([
    'apt-get update \\',
    'cat <<EOF\nRUN evil\nEOF',
    '--mount=type=secret,id=x cat /run/secrets/x',
    '["sh", "-c", "evil"]',
    'echo "a" \'b\' $HOME `id` # not a comment\n# comment\nUSER root',
    'echo \u2028 é',
  ])('the command %j stays one instruction and itself', async (extraDeps) => {
    const instructions = instructionsOf(await renderRuntimeDockerfile({ ...REQUEST, buildFrom: 'lock', extraDeps }))
    const plain = instructionsOf(await renderRuntimeDockerfile({ ...REQUEST, buildFrom: 'lock' }))
    expect(instructions.length).toBe(plain.length + 2)
    const { name, value } = instructions.at(-2) ?? { name: '', value: '' }
    expect(name).toBe('RUN')
    expect(JSON.parse(value)).toEqual(['/bin/bash', '-c', extraDeps])
    expect(value).not.toContain('<')
  })

  test('an empty command is none, and an absent setting is its default', async () => {
    const plain = await renderRuntimeDockerfile(REQUEST)
    const { docker: _, ...rest } = { ...REQUEST, docker: undefined }
    expect(await renderRuntimeDockerfile({ ...rest, extraDeps: ' \n' })).toBe(plain)
    const passedOn: object = { ...REQUEST, uv: undefined, sources: undefined }
    expect(await renderRuntimeDockerfile({ ...REQUEST, ...passedOn })).toBe(plain)
  })
})

const SHELLCHECK = '/usr/bin/shellcheck'
const shellcheckMissing = spawnSync(SHELLCHECK, ['--version']).status === 0 ? null : `${SHELLCHECK} is missing`
if (shellcheckMissing)
  console.warn(`shellcheck is left out: ${shellcheckMissing} (Debian: apt-get install shellcheck).`)

describe('scripts', () => {
  async function everyScript(): Promise<string[]> {
    const texts = await Promise.all(CASES.map((given) => renderRuntimeDockerfile(requestFor(given))))
    return [...new Set([...texts, await renderAppDockerfile()].flatMap(scriptsOf))]
  }

  test('every RUN parses as a POSIX shell script', async () => {
    for (const script of await everyScript()) execFileSync('sh', ['-n'], { input: script })
    expect(() => execFileSync('sh', ['-n'], { input: 'if true; then', stdio: 'pipe' })).toThrow()
  })

  test.skipIf(shellcheckMissing)('every RUN passes shellcheck', async () => {
    // SC1091: it cannot follow /etc/os-release of another machine. SC2016: what a profile is to expand later.
    const options = ['-s', 'sh', '-e', 'SC1091,SC2016', '-']
    const scripts = await everyScript()
    expect(scripts.length).toBeGreaterThan(15)
    for (const script of scripts) {
      const { stdout } = spawnSync(SHELLCHECK, options, { input: script, encoding: 'utf8' })
      expect(stdout).toBe('')
    }
    expect(spawnSync(SHELLCHECK, options, { input: 'rm $1' }).status).toBe(1)
  })

  test.skipIf(shellcheckMissing)('the entrypoint passes shellcheck', async () => {
    const { stdout } = spawnSync(SHELLCHECK, ['-'], { input: await renderEntrypoint(), encoding: 'utf8' })
    expect(stdout).toBe('')
  })
})

describe("a repository's own template", () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'signalbox-template-'))
    await mkdir(join(directory, 'ci/parts'), { recursive: true })
    await mkdir(join(directory, 'ci-secret'))
    await writeFile(join(directory, 'ci-secret/key'), 'secret')
    await writeFile(join(directory, 'secret'), 'secret')
    await writeFile(join(directory, 'ci/parts/label.njk'), 'LABEL from={{ baseImage }}')
    await symlink(join(directory, 'secret'), join(directory, 'ci/link'))
  })
  afterAll(async () => await rm(directory, { recursive: true }))

  async function renderTemplate(text: string): Promise<string> {
    const template = join(directory, 'ci/own.njk')
    await writeFile(template, text)
    return await renderRuntimeDockerfile({ ...REQUEST, template })
  }

  test('includes files beside it and below', async () => {
    expect(await renderTemplate('FROM {{ baseImage }}\n{% include "parts/label.njk" %}\n')).toBe(
      'FROM ubuntu:24.04\nLABEL from=ubuntu:24.04\n',
    )
    expect(await renderTemplate('{% include "./parts/label.njk" %}')).toBe('LABEL from=ubuntu:24.04\n')
  })

  test('uses macros of ours, and replaces blocks of ours', async () => {
    const macro = '{% import "signalbox/macros/user.njk" as accounts with context %}{{ accounts.account() }}'
    expect(await renderTemplate(macro)).toContain('useradd -l -m -s /bin/bash -g openhands -u 1000 openhands')
    const whole = await renderRuntimeDockerfile(REQUEST)
    const changed = await renderTemplate(
      '{% extends "signalbox/runtime.Dockerfile.njk" %}{% block system %}RUN mine\n{% endblock %}',
    )
    expect(changed).toContain('\nRUN mine\n')
    expect(changed).not.toContain('build-essential')
    expect(scriptsOf(changed).filter((script) => script !== 'mine')).toEqual(
      scriptsOf(whole).filter((script) => !/build-essential|docker-ce|nodejs|xvfb/.test(script)),
    )
  })

  test.each([
    '../secret',
    './../secret',
    '../ci-secret/key',
    'parts/../../secret',
    'link',
    '/etc/hostname',
    'signalbox/../../../package.json',
    'signalbox/../pages',
  ])('does not include %s', async (name) => {
    const refused = renderTemplate(`{% include "${name}" %}`)
    await expect(refused).rejects.toThrow(UsageError)
    await expect(refused).rejects.toThrow('there is no template')
  })

  test.each([
    ['{{ nothing }}', 'undefined'],
    ['{% if %}', 'own.njk'],
  ])('says what is wrong with %s', async (text, message) => {
    const refused = renderTemplate(text)
    await expect(refused).rejects.toThrow(UsageError)
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.toThrow('correct it, or leave "template" out')
  })

  test.each(['ci/none.njk', 'ci'])('is a file: %s', async (name) => {
    const refused = renderRuntimeDockerfile({ ...REQUEST, template: join(directory, name) })
    await expect(refused).rejects.toThrow('there is no template')
  })
})
