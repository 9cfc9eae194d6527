/** `signalbox init` on real directories and git repositories. */
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { placeFiles } from '../../src/cli/init/place-files.ts'
import { readRemote, surveyRepository } from '../../src/cli/init/survey-repository.ts'
import { registerInit } from '../../src/cli/init.ts'
import { registerValidate } from '../../src/cli/validate.ts'
import { actionlint } from '../support/actionlint.ts'
import { evaluateWorkflow } from '../support/evaluate-workflow.ts'
import { executorBreaches, readWorkflow } from '../support/workflow-rules.ts'

const run = promisify(execFile)
const FILES = {
  'package.json': '{"scripts":{"test":"node --test","lint":"eslint ."}}',
  'package-lock.json': '{}',
  Dockerfile: 'FROM node\nCOPY . .\n',
}
const WRITTEN = ['signalbox.yml', 'workflows', 'workflows/build-image.yml', 'workflows/lint.yml', 'workflows/test.yml']

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-init-'))
})
afterEach(async () => {
  process.exitCode = undefined
  vi.restoreAllMocks()
  await rm(directory, { recursive: true })
})

async function write(files: Readonly<Record<string, string>>, root = directory): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
}

async function read(path: string): Promise<string> {
  return readFile(join(directory, path), 'utf8')
}

async function list(root = join(directory, '.github')): Promise<string[]> {
  return (await readdir(root, { recursive: true }).catch(() => [])).sort()
}

/** Runs a command as the program would, and keeps what it printed. */
async function signalbox(...words: readonly string[]) {
  const printed = { stdout: '', stderr: '' }
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    printed.stdout += `${line}\n`
  })
  vi.spyOn(console, 'error').mockImplementation((line: string) => {
    printed.stderr += `${line}\n`
  })
  const program = new Command('signalbox').option('-C, --directory <directory>')
  registerInit(program)
  registerValidate(program)
  const error = await program.parseAsync(['-C', directory, ...words], { from: 'user' }).then(
    () => null,
    (thrown: Error) => thrown.message,
  )
  return { ...printed, error, exitCode: process.exitCode ?? 0 }
}

test('writes a configuration and the workflows that it names, and says what to do next', async () => {
  await write(FILES)
  const { stdout, error } = await signalbox('init', '--gate', 'All good')
  expect(error).toBe(null)
  expect(await list()).toEqual(WRITTEN)
  expect(stdout).toMatch(
    /^wrote \.github\/signalbox\.yml\nwrote \.github\/workflows\/build-image\.yml\nwrote \.github\/workflows\/lint\.yml\nwrote \.github\/workflows\/test\.yml\nnote: Git does not know the default branch; main is taken for it\.\nnote: Pull requests from forks wait for a maintainer's \/ok-to-test: .*--cli.*\.\n/,
  )
  expect(stdout).toContain('Require the check «All good», bound to the app, in the settings of the repository.')
  expect(await signalbox('validate')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('is good: 1 pipeline, 3 jobs, 3 legs, 1 gate'),
  })
  for (const file of WRITTEN.filter((path) => path.startsWith('workflows/'))) {
    const text = await read(`.github/${file}`)
    expect([file, await actionlint(text), executorBreaches(text)]).toEqual([file, [], []])
  }
  expect(await read('.github/workflows/build-image.yml')).toContain('SIGNALBOX_CLI: ${{ vars.SIGNALBOX_CLI }}\n')
  expect(stdout).toMatch(
    /\n {2}6\. Set the Actions variable SIGNALBOX_CLI, in the settings of the repository: .*\n.*«npm pack» in a clone of Signalbox/,
  )
})

test('where nothing runs the command line, nothing is said of it', async () => {
  await write({ 'go.mod': 'module x\n' })
  const { stdout } = await signalbox('init')
  expect(stdout).toContain('Next:')
  expect(stdout).not.toContain('SIGNALBOX_CLI')
})

test('--cleanup writes the workflow that deletes images, and says what it takes', async () => {
  await write(FILES)
  const { stdout } = await signalbox('init', '--yes', '--cleanup')
  expect(await list()).toEqual([...WRITTEN, 'workflows/signalbox-cleanup.yml'].sort())
  expect(stdout).toContain('Old images stay until `confirmed: true` stands in `cleanup.images`')
  expect(await read('.github/signalbox.yml')).toContain('cleanup:')
})

test('--cli names the command line in the workflows, and in the closing words', async () => {
  await write(FILES)
  const { stdout } = await signalbox('init', '--cli', '@acme/signalbox@1.2.3')
  expect(stdout).toContain('The workflows that build images run @acme/signalbox@1.2.3 with npx')
  expect(stdout).not.toContain('6. Set')
  // GitHub keeps variables from forks, so that their runs could not do without the name.
  expect(stdout).not.toContain('wait for a maintainer')
  expect(await read('.github/signalbox.yml')).toContain('\nforks: { start: observe }\n')
  const text = await read('.github/workflows/build-image.yml')
  expect(text).toContain("SIGNALBOX_CLI: ${{ vars.SIGNALBOX_CLI || '@acme/signalbox@1.2.3' }}")
  expect([await actionlint(text), executorBreaches(text)]).toEqual([[], []])
})

test("GitHub's own word about a fork is enough to build its image", async () => {
  await write(FILES)
  await signalbox('init', '--cli', '@acme/signalbox@1.2.3')
  const sha = '0123456789abcdef0123456789abcdef01234567'
  const event = {
    number: 7,
    repository: { full_name: 'acme/shop', default_branch: 'main' },
    pull_request: {
      number: 7,
      head: { sha, ref: 'fix', repo: { full_name: 'eve/shop' } },
      base: { ref: 'main', repo: { full_name: 'acme/shop' } },
    },
  }
  const text = await read('.github/workflows/build-image.yml')
  const { env, jobs } = evaluateWorkflow(text, {
    github: { event_name: 'pull_request', repository: 'acme/shop', event },
    inputs: {},
    vars: {},
  })
  expect(jobs).toEqual(['build-fork'])
  expect(readWorkflow(text).jobs['build-fork']?.strategy?.matrix).toEqual({ image: ['app'] })
  await write({ 'event.json': JSON.stringify(event) })
  await run(process.execPath, [resolve('src/cli.ts'), '-C', directory, 'build', '-i', 'app', '--dry'], {
    env: {
      ...env,
      PATH: process.env.PATH,
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: join(directory, 'event.json'),
      GITHUB_REF: 'refs/pull/7/merge',
      GITHUB_REPOSITORY: 'acme/shop',
      // The merge with the base branch.
      GITHUB_SHA: 'f'.repeat(40),
    },
  })
  expect(JSON.parse(await read('docker-build-dry.json'))).toMatchObject({
    tags: [sha, '0123456', '7-merge'].map((tag) => `ghcr.io/acme/shop:${tag}`).sort(),
    push: false,
  })
})

test('--dry-run prints every file and writes none', async () => {
  await write({ ...FILES, '.github/workflows/test.yml': 'mine' })
  const { stdout } = await signalbox('init', '--dry-run', '--cli', 'https://packages.test/signalbox.tgz')
  expect(stdout.match(/^# \.github.*$/gm)).toEqual([
    '# .github/signalbox.yml',
    '# .github/workflows/build-image.yml',
    '# .github/workflows/lint.yml',
    '# .github/workflows/test.yml (is there already)',
  ])
  expect(stdout).toContain("SIGNALBOX_CLI: ${{ vars.SIGNALBOX_CLI || 'https://packages.test/signalbox.tgz' }}")
  expect(await list()).toEqual(['workflows', 'workflows/test.yml'])
})

test('--lint-fix writes that workflow, too', async () => {
  await write({ 'go.mod': 'module x\n' })
  await signalbox('init', '--lint-fix')
  expect(await list()).toContain('workflows/lint-fix.yml')
  expect(await read('.github/signalbox.yml')).toContain('lint-fix: { workflow: lint-fix.yml }')
})

test('what is there already is named, and nothing is written', async () => {
  const mine = { '.github/signalbox.yml': 'mine', '.github/workflows/test.yml': 'mine, too' }
  await write({ ...FILES, ...mine })
  expect((await signalbox('init')).error).toBe(
    'Nothing was written, because these files are there already: .github/signalbox.yml, .github/workflows/test.yml. Look at what would be written with --dry-run, or replace them with --force.',
  )
  expect(await list()).toEqual(['signalbox.yml', 'workflows', 'workflows/test.yml'])
  for (const [path, text] of Object.entries(mine)) expect(await read(path)).toBe(text)
})

test('--force replaces it, and says so', async () => {
  await write({ ...FILES, '.github/workflows/test.yml': 'mine', '.github/workflows/other.yml': 'mine' })
  const { stdout, error } = await signalbox('init', '--force')
  expect(error).toBe(null)
  expect(stdout).toContain('replaced .github/workflows/test.yml')
  expect(stdout).toContain('wrote .github/signalbox.yml')
  expect(await read('.github/workflows/test.yml')).toContain('name: Test\n')
  expect(await read('.github/workflows/other.yml')).toBe('mine')
})

describe('links', () => {
  let outside: string
  beforeEach(async () => {
    outside = await mkdtemp(join(tmpdir(), 'signalbox-outside-'))
    await write(FILES)
  })
  afterEach(() => rm(outside, { recursive: true }))

  test.each<[string, () => Promise<void>, RegExp]>([
    [
      '.github leads out',
      () => symlink(outside, join(directory, '.github')),
      /^\.github is a link that leads out of the repository/,
    ],
    [
      '.github/workflows leads out',
      async () => {
        await mkdir(join(directory, '.github'))
        await symlink(outside, join(directory, '.github/workflows'))
      },
      /^\.github\/workflows is a link that leads out of the repository/,
    ],
    [
      'a file leads out to nothing',
      async () => {
        await mkdir(join(directory, '.github'))
        await symlink(join(outside, 'new.yml'), join(directory, '.github/signalbox.yml'))
      },
      /^\.github\/signalbox\.yml is a link/,
    ],
    [
      'a file leads to another one of the repository',
      async () => {
        await mkdir(join(directory, '.github'))
        await symlink('../package.json', join(directory, '.github/signalbox.yml'))
      },
      /^\.github\/signalbox\.yml is a link; init writes only into the repository itself/,
    ],
  ])('%s', async (_what, prepare, expected) => {
    await prepare()
    expect((await signalbox('init', '--force')).error).toMatch(expected)
    expect(await list(outside)).toEqual([])
    expect(await read('package.json')).toBe(FILES['package.json'])
    expect((await list()).filter((path) => path.endsWith('test.yml'))).toEqual([])
  })

  test('a repository that is reached by a link is as good as any', async () => {
    const link = join(outside, 'link')
    await symlink(directory, link)
    const there = directory
    directory = link
    expect((await signalbox('init')).error).toBe(null)
    directory = there
    expect(await list()).toEqual(WRITTEN)
  })
})

test('a directory where a file is to be', async () => {
  await write({ ...FILES, '.github/workflows/test.yml/x': '' })
  expect((await signalbox('init', '--force')).error).toMatch(/^\.github\/workflows\/test\.yml is not a file/)
  expect(await list()).toEqual(['workflows', 'workflows/test.yml', 'workflows/test.yml/x'])
})

test.each([false, true])('when one file cannot be written, all are as they were (force: %s)', async (force) => {
  await write({ ...(force ? { a: 'before' } : {}), blocked: 'a file' })
  const files = [
    { path: 'a', text: 'after' },
    { path: 'new/b', text: 'after' },
    { path: 'blocked/c', text: 'after' },
  ]
  await expect(placeFiles(directory, files, force)).rejects.toThrow(
    /^Nothing was written, because one file could not be: .*blocked/,
  )
  expect(await list(directory)).toEqual(force ? ['a', 'blocked'] : ['blocked'])
  if (force) expect(await read('a')).toBe('before')
})

test('without --force, a file that appeared in the meantime stays', async () => {
  await write({ b: 'mine' })
  const files = [
    { path: 'a', text: 'new' },
    { path: 'b', text: 'new' },
  ]
  await expect(placeFiles(directory, files, false)).rejects.toThrow(/EEXIST/)
  expect(await list(directory)).toEqual(['b'])
  expect(await read('b')).toBe('mine')
})

test.each<[string, Record<string, string>, string[], RegExp]>([
  [
    'nothing to run',
    { 'README.md': '' },
    [],
    /^There is nothing in .* to build, lint or test: init looks for Dockerfiles, package\.json, pyproject\.toml, requirements\.txt, go\.mod and Cargo\.toml\./,
  ],
  ['a package without a version', FILES, ['--cli', 'signalbox'], /^--cli takes a package with its exact version/],
  [
    'a repository for a package',
    FILES,
    ['--cli', 'git+https://github.com/acme/signalbox.git'],
    /^--cli takes a package/,
  ],
  ['a package that is none', FILES, ['--cli', "x' || secrets.T || '"], /^--cli takes a package/],
  [
    'a gate without a name',
    FILES,
    ['--gate', ''],
    /the configuration would not be good:\nthe new \.github\/signalbox\.yml:\d+:\d+: /,
  ],
  ['a gate with a control character', FILES, ['--gate', 'a\u0007b'], /the configuration would not be good/],
])('%s is refused', async (_what, files, words, expected) => {
  await write(files)
  expect((await signalbox('init', ...words)).error).toMatch(expected)
  expect(await list()).toEqual([])
})

test('a directory that is not there', async () => {
  const there = directory
  directory = join(directory, 'nowhere')
  expect((await signalbox('init')).error).toMatch(/nowhere is not a directory; name the repository with -C\.$/)
  directory = there
})

test('git knows the default branch and the repository, and nothing of theirs is run', async () => {
  await write({ ...FILES, 'monitor.sh': '#!/bin/sh\ntouch ran\n' })
  const git = (...words: string[]) => run('git', words, { cwd: directory })
  await git('init', '--quiet', '--initial-branch', 'feature')
  await git('remote', 'add', 'origin', 'git@github.com:Acme/Gift.Shop.git')
  await git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/release/next')
  await git('config', 'core.fsmonitor', `sh ${join(directory, 'monitor.sh')}`)
  expect(await surveyRepository(directory)).toMatchObject({
    defaultBranch: 'release/next',
    repository: { owner: 'Acme', name: 'Gift.Shop' },
  })
  const { stdout } = await signalbox('init')
  expect(stdout).toContain('at https://github.com/Acme/Gift.Shop/settings/branches')
  expect(stdout).toContain('signalbox plan --from-git release/next..HEAD')
  const config = await read('.github/signalbox.yml')
  expect(config).toMatch(/push:\n +branches: \[ release\/next \]/)
  expect(config).toContain('repository: ghcr.io/${{ repo.owner }}/${{ repo.name }}\n')
  expect(stdout).toContain('SIGNALBOX_CLI, at https://github.com/Acme/Gift.Shop/settings/variables/actions: ')
  expect(await list(directory)).not.toContain('ran')
})

test.each([
  ['https://github.com/acme/shop.git', 'acme/shop'],
  ['https://github.com/acme/shop/', 'acme/shop'],
  ['ssh://git@github.com/acme/shop', 'acme/shop'],
  ['git@github.com:acme/shop.js', 'acme/shop.js'],
  ['/srv/git/acme/shop.git', 'acme/shop'],
  ['', null],
  ['https://github.com/acme/$(touch x)', null],
])('the remote %s', (url, expected) => {
  const found = readRemote(url)
  expect(found === null ? null : `${found.owner}/${found.name}`).toBe(expected)
})

test('hidden, installed and linked directories are not looked into', async () => {
  await write({
    'app/package.json': '{}',
    'node_modules/x/package.json': '{}',
    '.cache/package.json': '{}',
    'a/b/c/d/package.json': '{}',
    '.nvmrc': '24',
  })
  await symlink('/', join(directory, 'root'))
  await symlink('.', join(directory, 'loop'))
  expect([...(await surveyRepository(directory)).files].sort()).toEqual(['.nvmrc', 'app/package.json'])
})

const canUseTerminal = spawnSync('script', ['--version']).status === 0
if (!canUseTerminal)
  console.warn('The questions of init are not tested: there is no «script», which gives a program a terminal.')

describe.skipIf(!canUseTerminal)('on a terminal', () => {
  /** Runs init on a terminal and presses the keys one after the other, each when its question is shown. */
  async function answer(keys: readonly (readonly [string, string])[]) {
    // A terminal of no size would break every word apart.
    const command = `stty cols 120 rows 40 && ${process.execPath} ${resolve('src/cli.ts')} -C ${directory} init`
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'])
    let shown = ''
    let from = 0
    const waiting = [...keys]
    child.stdout.on('data', (data: Buffer) => {
      shown += data.toString()
      const [question, key] = waiting[0] ?? []
      if (question === undefined || key === undefined || !shown.slice(from).includes(question)) return
      from = shown.length
      waiting.shift()
      setTimeout(() => child.stdin.write(key), 100)
    })
    const [code] = (await once(child, 'exit')) as [number]
    return { shown, code }
  }

  test('asks three things, and takes Enter for what was found', async () => {
    await write(FILES)
    const { shown, code } = await answer([
      ['The default branch?', `${'\u007f'.repeat(4)}trunk\r`],
      ['What should run?', ' \r'],
      ['The name of the check', '\r'],
    ])
    expect(shown).toContain('wrote .github/signalbox.yml')
    expect(code).toBe(0)
    // The image, which is the first one, was taken away by the space.
    expect(await list()).toEqual(WRITTEN.filter((path) => !path.includes('build')))
    expect(await read('.github/signalbox.yml')).toContain('[ trunk ]')
  })

  test('Ctrl-C leaves everything as it was', async () => {
    await write(FILES)
    const { shown, code } = await answer([['The default branch?', '\u0003']])
    expect(shown).toContain('Nothing was written.')
    expect(code).toBe(1)
    expect(await list()).toEqual([])
  })
})
