import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { registerValidate, showProblem } from '../../src/cli/validate.ts'
import { COMPLETE_EXAMPLE } from '../../src/domain/config-example.ts'

const GOOD = `version: 1
pipelines:
  ci:
    on: { push: }
    jobs:
      build: { workflow: build.yml }
      test: { workflow: test.yml, needs: build, matrix: { os: [linux, mac] } }
    gates:
      all: { name: All Tests, needs: [test] }
`

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-validate-'))
  await mkdir(join(directory, '.github'))
})

afterEach(async () => {
  process.exitCode = undefined
  vi.restoreAllMocks()
  await rm(directory, { recursive: true })
})

async function write(path: string, text: string): Promise<void> {
  await writeFile(join(directory, path), text)
}

/** Runs the command as the program would and keeps what it printed. */
async function run(...args: readonly string[]) {
  const printed = { stdout: '', stderr: '' }
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    printed.stdout += `${line}\n`
  })
  vi.spyOn(console, 'error').mockImplementation((line: string) => {
    printed.stderr += `${line}\n`
  })
  const program = new Command('signalbox').option('-C, --directory <directory>')
  registerValidate(program)
  await program.parseAsync(['-C', directory, 'validate', ...args], { from: 'user' })
  return { ...printed, exitCode: process.exitCode ?? 0 }
}

test('a good file is summed up', async () => {
  await write('.github/signalbox.yml', GOOD)
  expect(await run()).toEqual({
    stdout: `.github/signalbox.yml is good: 1 pipeline, 2 jobs, 3 legs, 1 gate
  ci: build, test (2 legs)
    gate "All Tests" waits for test
`,
    stderr: '',
    exitCode: 0,
  })
})

test('every problem is shown with its line and a caret', async () => {
  await write(
    'ci.yml',
    GOOD.replace('needs: build', 'needs: biuld').replace('workflow: build.yml', 'workflw: build.yml'),
  )
  expect(await run('ci.yml')).toEqual({
    stdout: '',
    stderr: `ci.yml:6:16: "build" has an unknown key "workflw"; did you mean "workflow"?
  6 |       build: { workflw: build.yml }
    |                ^
ci.yml:7:42: "needs" names "biuld", which is no job of this pipeline; did you mean "build"?
  7 |       test: { workflow: test.yml, needs: biuld, matrix: { os: [linux, mac] } }
    |                                          ^
2 problems in ci.yml; nothing would run with this configuration
`,
    exitCode: 1,
  })
})

test('what a terminal would obey is not printed', async () => {
  await write('.github/signalbox.yml', `version: 1\n"a\u009b31m\u202eb": 1\npipelines: {}\n`)
  const { stderr } = await run()
  expect(stderr).toContain('a\u{FFFD}31m\u{FFFD}b')
  expect(stderr).not.toMatch(/[\u009b\u202e]/)
})

test('problems as JSON', async () => {
  await write('.github/signalbox.yml', 'version: 2\n')
  const { stdout, stderr, exitCode } = await run('--json')
  expect(JSON.parse(stdout)).toEqual({
    valid: false,
    problems: [
      {
        path: '.github/signalbox.yml',
        line: 1,
        column: 10,
        at: 'version',
        message: 'version 2 is not one that this Signalbox reads; write "version: 1", or update Signalbox',
      },
    ],
  })
  expect(stderr).toBe('')
  expect(exitCode).toBe(1)
})

test('a good file as JSON', async () => {
  await write('.github/signalbox.yml', GOOD)
  const { stdout, exitCode } = await run('--json')
  expect(JSON.parse(stdout)).toEqual({ valid: true, problems: [] })
  expect(exitCode).toBe(0)
})

test('a file that extends another is checked by itself, and says so', async () => {
  await write('ci.yml', COMPLETE_EXAMPLE)
  const { stdout, stderr, exitCode } = await run('ci.yml')
  expect(stdout).toBe(`ci.yml is good: 1 pipeline, 6 jobs, 9 legs, 1 gate
  docker: app, runtime (2 legs), enterprise, lint (observed), scan (observed), test-runtime (3 legs)
    gate "All Runtime Tests Passed" waits for test-runtime, lint
  label "lint-fix" starts lint-fix.yml
  label "deploy" asks for the preview app: deploy.yml of acme/deploy
`)
  expect(stderr).toBe('note: "_extends" names another file, which is not read here: ci.yml is checked by itself\n')
  expect(exitCode).toBe(0)
})

test('a repository without a configuration', async () => {
  const path = join(directory, '.github/signalbox.yml')
  expect(await run()).toEqual({
    stdout: '',
    stderr: `.github/signalbox.yml: there is no such file: ${path}; name the file to check, or choose the repository with -C\n`,
    exitCode: 1,
  })
})

test('a missing file as JSON', async () => {
  const { stdout, exitCode } = await run('other.yml', '--json')
  const message = `there is no such file: ${join(directory, 'other.yml')}; name an existing file, or leave it out to check .github/signalbox.yml`
  expect(JSON.parse(stdout)).toEqual({
    valid: false,
    problems: [{ path: 'other.yml', line: 1, column: 1, at: '', message }],
  })
  expect(exitCode).toBe(1)
})

test('a directory', async () => {
  const { stderr, exitCode } = await run('.github')
  expect(stderr).toMatch(/^\.github: this is a directory: /)
  expect(exitCode).toBe(1)
})

test('an empty file has a first line to point at', async () => {
  await write('empty.yml', '')
  expect(
    (await run('empty.yml')).stderr,
  ).toBe(`empty.yml:1:1: the file is empty; a configuration begins with "version: 1"
  1 | 
    | ^
1 problem in empty.yml; nothing would run with this configuration
`)
})

test.each([
  ['tabs keep the caret below its column', '\ta: 1', 2, '  1 | \ta: 1\n    | \t^'],
  ['what a terminal would obey is not printed', 'a: \u001b[31m\u202e', 1, '  1 | a: \u{FFFD}[31m\u{FFFD}\n    | ^'],
])('%s', (_title, line, column, shown) => {
  const problem = { path: 'x.yml', line: 1, column, at: '', message: 'wrong' }
  expect(showProblem(problem, [line])).toBe(`x.yml:1:${column}: wrong\n${shown}`)
})

test('a line that nobody could read is not shown', () => {
  const problem = { path: 'x.yml', line: 1, column: 1, at: '', message: 'wrong' }
  expect(showProblem(problem, ['x'.repeat(201)])).toBe('x.yml:1:1: wrong')
  expect(showProblem(problem, [])).toBe('x.yml:1:1: wrong')
})
