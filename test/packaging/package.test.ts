/** What `npm run build` and `npm pack` make: compiled, beside nothing but the files that are packed, it still works. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { makeEnv } from '../support/app.ts'
import { freePort } from '../support/postgres.ts'
import { CONFIG, GATE, makeProject } from '../support/project.ts'

const run = promisify(execFile)
const manifest = JSON.parse(await readFile('package.json', 'utf8'))

/** Loaded only when replies are to be checked, which only tests ask for. */
const FOR_TESTS_ONLY = ['ajv']

let directory: string
let cli: string
let github: Sandbox
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-package-'))
  cli = join(directory, manifest.bin.signalbox)
  await run('npx', ['tsc', '-p', 'tsconfig.build.json', '--outDir', join(directory, 'dist')])
  for (const name of [...manifest.files, 'package.json'].filter((name) => name !== 'dist'))
    await cp(name, join(directory, name), { recursive: true })
  await symlink(resolve('node_modules'), join(directory, 'node_modules'))
  github = await startSandbox()
})
afterAll(async () => {
  await github.stop()
  await rm(directory, { recursive: true, force: true })
})

test('imports only dependencies, not what is for development', async () => {
  const names = (await readdir('src', { recursive: true })).filter((name) => name.endsWith('.ts'))
  const source = (await Promise.all(names.map((name) => readFile(join('src', name), 'utf8')))).join('\n')
  const imports = source.replaceAll(/^import type [^']*'[^']*'/gm, '').matchAll(/(?:\bfrom |\bimport\()'([^'.][^']*)'/g)
  const packages = [...imports].map(([, name = '']) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'))
  const outside = new Set(packages.filter((name) => !name.startsWith('node:')))
  expect(outside).toContain('probot')
  expect([...outside].filter((name) => !(name in manifest.dependencies)).sort()).toEqual(FOR_TESTS_ONLY)
})

test('compiled commands say the same as their sources', async () => {
  for (const words of [
    ['--help'],
    ['validate', 'test/fixtures/none.yml'],
    ['validate', '--help'],
    ['plan', '--help'],
    ['tags', '--images', 'acme/app', '--ref', 'refs/heads/main'],
    ['build', '-i', 'none'],
  ]) {
    const outcomes = await Promise.all([cli, 'src/cli.ts'].map((file) => outcomeOf(file, words)))
    expect(outcomes[0]).toEqual(outcomes[1])
  }
})

async function outcomeOf(file: string, words: readonly string[]) {
  const outcome = await run(process.execPath, [file, ...words]).catch((error) => error)
  return { code: outcome.code ?? 0, stdout: outcome.stdout, stderr: outcome.stderr }
}

test('compiled, it hashes sources with its own threads and renders its own templates', async () => {
  const repository = await mkdtemp(join(tmpdir(), 'signalbox-package-'))
  try {
    await mkdir(join(repository, 'openhands'))
    await writeFile(join(repository, 'openhands/a.py'), 'print(1)\n')
    await writeFile(join(repository, 'pyproject.toml'), '[tool.poetry]\nversion = "1.2.3"\n')
    await writeFile(join(repository, 'poetry.lock'), '# lock\n')
    const words = ['-C', repository, 'runtime-image', '--build-folder', 'runtime', '--force-rebuild', '--json']
    const outcome = await outcomeOf(cli, words)
    expect(outcome.code, outcome.stderr).toBe(0)
    expect(JSON.parse(outcome.stdout)).toMatchObject({ build_from: 'scratch', built: false })
    expect(await readFile(join(repository, 'runtime/Dockerfile'), 'utf8')).toMatch(/^FROM /)
  } finally {
    await rm(repository, { recursive: true })
  }
})

test('compiled, it takes a pull request to a green gate', async () => {
  const port = await freePort()
  const child = spawn(process.execPath, [cli, 'start'], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...makeEnv(github), PORT: String(port), LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  try {
    await expect
      .poll(
        () =>
          fetch(`http://127.0.0.1:${port}/readyz`).then(
            (reply) => reply.status,
            () => null,
          ),
        { timeout: 25_000 },
      )
      .toBe(200)
    github.setWebhook({ url: `http://127.0.0.1:${port}/api/github/webhooks` })
    const project = makeProject({ github, runners: new Map() }, { config: CONFIG })
    const { sha } = project.openPullRequest()
    await project.concluded(sha, GATE, 'success')
    // Rendered from templates/, found from where the compiled file is.
    expect(project.words(sha, GATE).summary).toContain('ci / test (debian)')
  } finally {
    child.kill('SIGTERM')
  }
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
})
