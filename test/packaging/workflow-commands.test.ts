/** The commands of the workflows that git can run here, run: from the rendered files, with their environment. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
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
