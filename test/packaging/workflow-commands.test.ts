/** The commands of the workflows that git can run here, run: from the rendered files, with their environment. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { renderWorkflow } from '../../src/cli/init/render-workflow.ts'
import { readWorkflow } from '../support/workflow-rules.ts'

const run = promisify(execFile)
const WHO = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.test']
const LINT_FIX = renderWorkflow({
  template: 'lint-fix.yml',
  values: { title: 'Lint fix', runner: 'ubuntu-24.04', projects: [] },
})

let home: string
let checkout: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'signalbox-commands-'))
  checkout = join(home, 'checkout')
  await git(home, 'init', '--quiet', '--bare', 'origin.git')
  await git(home, 'clone', '--quiet', 'origin.git', 'checkout')
  await commit('a.txt', 'one \n')
  await git(checkout, 'push', '--quiet', 'origin', 'HEAD:refs/heads/main', 'HEAD:refs/heads/topic')
})
afterEach(() => rm(home, { recursive: true }))

async function git(directory: string, ...words: string[]): Promise<string> {
  return (await run('git', [...WHO, ...words], { cwd: directory })).stdout.trim()
}

async function commit(file: string, text: string): Promise<string> {
  await writeFile(join(checkout, file), text)
  await git(checkout, 'add', file)
  await git(checkout, 'commit', '--quiet', '--message', file)
  return git(checkout, 'rev-parse', 'HEAD')
}

/** Runs the step of that name as a runner would. */
async function step(text: string, job: string, name: string, env: Readonly<Record<string, string>> = {}) {
  const found = readWorkflow(text).jobs[job]?.steps?.find((candidate) => candidate.name === name)
  const script = join(home, 'step.sh')
  await writeFile(script, found?.run ?? 'exit 99')
  await mkdir(join(home, 'temp'), { recursive: true })
  const runner = {
    PATH: process.env.PATH,
    RUNNER_TEMP: join(home, 'temp'),
    GITHUB_OUTPUT: join(home, 'output'),
    HOME: home,
  }
  const outcome = await run('bash', ['--noprofile', '--norc', '-e', script], {
    cwd: checkout,
    env: { ...runner, ...env },
  }).catch((error) => error)
  return { code: outcome.code ?? 0, said: `${outcome.stdout}${outcome.stderr}` }
}

test.each([
  ['a'.repeat(40), 0],
  ['0123456789abcdef0123456789abcdef01234567', 0],
  ['main', 1],
  ['', 1],
  ['A'.repeat(40), 1],
  ['a'.repeat(41), 1],
  [`${'a'.repeat(40)}\nmain`, 1],
])('the check of the commit %j ends with %i', async (SHA, code) => {
  expect((await step(LINT_FIX, 'fix', 'Check that the commit is one', { SHA })).code).toBe(code)
})

test('what the linters repaired arrives at the branch as one commit', async () => {
  await writeFile(join(checkout, 'a.txt'), 'one\n')
  await writeFile(join(checkout, 'left-behind.log'), 'not of the repository')
  expect(await step(LINT_FIX, 'fix', 'Write the patch')).toMatchObject({ code: 0 })
  expect(await readFile(join(home, 'output'), 'utf8')).toBe('changed=true\n')
  // The second job has a checkout of its own.
  await git(checkout, 'reset', '--quiet', '--hard')
  await git(checkout, 'clean', '--quiet', '--force')
  expect(await step(LINT_FIX, 'push', 'Commit')).toMatchObject({ code: 0 })
  expect(await step(LINT_FIX, 'push', 'Push', { HEAD_REF: 'topic' })).toMatchObject({ code: 0 })
  const origin = join(home, 'origin.git')
  expect(await git(origin, 'show', 'topic:a.txt')).toBe('one')
  expect(await git(origin, 'log', '--format=%an: %s', 'main..topic')).toBe(
    'github-actions[bot]: Repair what the linters found',
  )
  expect(await git(origin, 'ls-tree', '--name-only', 'topic')).toBe('a.txt')
})

test('nothing to repair: no patch', async () => {
  expect(await step(LINT_FIX, 'fix', 'Write the patch')).toMatchObject({
    code: 0,
    said: 'There is nothing to repair.\n',
  })
  await expect(readFile(join(home, 'output'))).rejects.toThrow(/ENOENT/)
})

test('a branch that has moved on, and a name that is none, are not pushed to', async () => {
  const older = await git(checkout, 'rev-parse', 'HEAD')
  await commit('b.txt', 'two\n')
  await git(checkout, 'push', '--quiet', 'origin', 'HEAD:refs/heads/topic')
  await git(checkout, 'reset', '--quiet', '--hard', older)
  await commit('c.txt', 'three\n')
  const moved = await step(LINT_FIX, 'push', 'Push', { HEAD_REF: 'topic' })
  expect([moved.code, moved.said]).toEqual([1, expect.stringContaining('rejected')])
  for (const HEAD_REF of ['', 'a b', '../x', 'a..b', '-x:main']) {
    const refused = await step(LINT_FIX, 'push', 'Push', { HEAD_REF })
    expect([HEAD_REF, refused.code]).toEqual([HEAD_REF, 1])
  }
  expect(await git(join(home, 'origin.git'), 'for-each-ref', '--format=%(refname:short)')).toBe('main\ntopic')
})

test.each([
  ['', 1],
  ['@acme/signalbox@1.2.3', 0],
])('with %j for a command line, its check ends with %i', async (SIGNALBOX_CLI, code) => {
  const values = { title: 'Build', runner: 'ubuntu-24.04', cli: null }
  const text = renderWorkflow({ template: 'build-image.yml', values })
  for (const job of ['build', 'build-untrusted']) {
    const { code: ended, said } = await step(text, job, 'Check that there is a command line', { SIGNALBOX_CLI })
    expect(ended).toBe(code)
    expect(said).toMatch(
      code === 0 ? /^$/ : /^::error::The repository's Actions variable SIGNALBOX_CLI is not set\. Set it to /,
    )
  }
})

describe('what a fork built is found', () => {
  const SHA = 'a'.repeat(40)
  const values = {
    title: 'Test',
    runner: 'ubuntu-24.04',
    buildFolder: 'containers/runtime',
    buildWorkflow: 'build-runtime.yml',
    testArguments: 'tests',
    project: { directory: '.', toolchain: 'rust', install: [], pytest: 'pytest' },
  }
  const text = renderWorkflow({ template: 'test-runtime.yml', values })
  const built = readWorkflow(text).jobs['test-untrusted']?.steps?.find(({ name }) => name?.startsWith('Find the run'))
  type Run = readonly [id: string, title: string]
  /** As the workflow that builds is called then. */
  const buildValues = { title: 'Build', runner: 'ubuntu-24.04', cli: null, buildFolder: 'containers/runtime' }
  const runName = readWorkflow(renderWorkflow({ template: 'build-runtime.yml', values: buildValues }))['run-name'] ?? ''
  const fill = (value: unknown) =>
    String(value).replace('${{ inputs.base_tag }}', 'ubuntu').replace('${{ fromJSON(inputs.signalbox).sha }}', SHA)
  const nameOf = (attempt: string, trust: string) =>
    fill(runName)
      .replace('${{ fromJSON(inputs.signalbox).attempt }}', attempt)
      .replace(/\$\{\{ .*\.trusted == true .* \}\}/, trust)

  test('the name of a build says what it built', () => {
    expect(nameOf('a1', 'untrusted')).toBe(`a1 runtime ubuntu of ${SHA} (untrusted)`)
  })

  /** Looks with a GitHub that has these runs, newest first, and these artifacts of each. */
  async function find(runs: readonly Run[], artifacts: Readonly<Record<string, readonly string[]>>) {
    const bin = join(home, 'bin')
    await mkdir(bin)
    await writeFile(
      join(bin, 'gh'),
      `#!/bin/sh\ncase "$1 $2" in "run list") cat ${home}/runs ;; *) cat "${home}/$(echo "$2" | tr / _)" ;; esac\n`,
      { mode: 0o755 },
    )
    const list = runs.map(([id, title]) => `${id}\t${title}\n`)
    await writeFile(join(home, 'runs'), list.join(''))
    for (const [id] of runs)
      await writeFile(
        join(home, `repos_acme_shop_actions_runs_${id}_artifacts`),
        (artifacts[id] ?? []).map((name) => `${name}\n`).join(''),
      )
    const env = Object.fromEntries(Object.entries(built?.env ?? {}).map(([key, value]) => [key, fill(value)]))
    const outcome = await step(text, 'test-untrusted', built?.name ?? '', {
      ...env,
      GITHUB_REPOSITORY: 'acme/shop',
      PATH: `${bin}:${process.env.PATH}`,
    })
    return { ...outcome, output: await readFile(join(home, 'output'), 'utf8').catch(() => null) }
  }

  test('by its name, among trusted runs of the same commit', async () => {
    const runs: Run[] = [
      ['9', nameOf('a9', 'trusted')],
      ['8', nameOf('a8', 'untrusted')],
      ['7', nameOf('a7', 'untrusted')],
    ]
    expect(await find(runs, { 8: ['runtime-src-ubuntu'], 7: ['runtime-src-ubuntu'] })).toMatchObject({
      code: 0,
      output: 'run=8\n',
    })
  })

  test.each<[string, Run[], Record<string, string[]>, RegExp]>([
    [
      'no run at all',
      [],
      {},
      /^::error::None of the last 300 successful runs of build-runtime\.yml is «runtime ubuntu of a{40} \(untrusted\)»/,
    ],
    [
      'only a trusted run',
      [['9', nameOf('a9', 'trusted')]],
      { 9: ['runtime-src-ubuntu'] },
      /^::error::None of the last 300/,
    ],
    [
      'only a name that says more',
      [['9', `${nameOf('a9', 'untrusted')} x`]],
      { 9: ['runtime-src-ubuntu'] },
      /^::error::None/,
    ],
    [
      'an artifact that has expired',
      [['8', nameOf('a8', 'untrusted')]],
      {},
      /^::error::The build context runtime-src-ubuntu of run 8 is gone/,
    ],
    [
      'the artifact of another base image',
      [['8', nameOf('a8', 'untrusted')]],
      { 8: ['runtime-src-ubuntu2'] },
      /is gone/,
    ],
  ])('%s: it fails and says why', async (_what, runs, artifacts, expected) => {
    const { code, said, output } = await find(runs, artifacts)
    expect([code, output]).toEqual([1, null])
    expect(said).toMatch(expected)
  })

  const jqMissing = spawnSync('jq', ['--version']).status !== 0
  if (jqMissing) console.warn('What is asked of gh is not tried: jq is missing (Debian: apt-get install jq).')

  test.skipIf(jqMissing)('what is asked of gh prints what is read here', () => {
    const [ofRuns = '', ofArtifacts = ''] = [...(built?.run ?? '').matchAll(/--jq '([^']+)'/g)].map(
      ([, filter]) => filter,
    )
    const jq = (filter: string, input: unknown) =>
      spawnSync('jq', ['-r', filter], { input: JSON.stringify(input), encoding: 'utf8' }).stdout
    expect(
      jq(ofRuns, [
        { databaseId: 8, displayTitle: 'a\tb' },
        { databaseId: 7, displayTitle: 'c' },
      ]),
    ).toBe('8\ta\\tb\n7\tc\n')
    const artifacts = [
      { name: 'old', expired: true },
      { name: 'new', expired: false },
    ]
    expect(jq(ofArtifacts, { artifacts })).toBe('new\n')
  })
})

test('the check of migrations passes only what has the base branch', async () => {
  const text = await readFile('examples/openhands/.github/workflows/check-migrations.yml', 'utf8')
  const check = (SHA: string, BASE_REF: string) =>
    step(text, 'up-to-date', 'Compare with the base branch', { SHA, BASE_REF })
  const older = await git(checkout, 'rev-parse', 'HEAD')
  const newer = await commit('b.txt', 'two\n')
  await git(checkout, 'push', '--quiet', 'origin', 'HEAD:refs/heads/main')
  expect((await check(newer, 'main')).code).toBe(0)
  expect(await check(older, 'main')).toMatchObject({
    code: 1,
    said: expect.stringContaining('its base branch has moved on'),
  })
  expect((await check(newer, '')).code).toBe(1)
})
