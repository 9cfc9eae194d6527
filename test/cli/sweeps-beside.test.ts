/** The commands of sweeps while `signalbox start` has the data directory, all of them processes of their own. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { sandboxEnvironment } from '../../src/cli/sandbox-environment.ts'
import type { SweepReport } from '../../src/domain/sweep.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { freePort } from '../support/postgres.ts'
import { type AppProcess, startProcess } from '../support/process.ts'
import { runSignalbox } from '../support/run-signalbox.ts'
import { makeSweptRepository, reportOf, wanted } from '../support/swept-repository.ts'

let github: Sandbox
let directory: string
let env: NodeJS.ProcessEnv
let server: AppProcess

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-beside-'))
  github = await startSandbox({ validateReplies: true })
  const port = await freePort()
  env = { ...sandboxEnvironment(github, join(directory, 'data')), PORT: String(port) }
  const ages = [3, ...Array<number>(30).fill(40)]
  for (const name of ['shop', 'till', 'mill', 'hall', 'yard']) makeSweptRepository(github, name, ages)
  github.createRepository({
    owner: 'acme',
    name: 'bare',
    ownerType: 'Organization',
    files: { '.github/signalbox.yml': 'version: 1\n' },
  })
  server = await startProcess(env, port)
}, 60_000)
afterAll(async () => {
  await server.terminate()
  github.assertConforms()
  await github.stop()
  await rm(directory, { recursive: true })
})

const signalbox = (args: readonly string[], more: NodeJS.ProcessEnv = {}) =>
  runSignalbox(args, { cwd: directory, env: { ...env, ...more } })

describe('beside a running server', { timeout: 120_000 }, () => {
  test('a dry run shows what the server then does, which is on record', async () => {
    expect((await signalbox(['sweeps', 'acme/shop'])).out).toBe('No sweep is on record.')
    const dry = reportOf((await signalbox(['stale', 'acme/shop', '--dry-run', '--json'])).out)
    expect([dry.id, wanted(dry)]).toEqual([null, [['#1', 'mark']]])
    expect(github.state.item('acme/shop', 1).labels).toEqual([])
    const run = await signalbox(['stale', 'acme/shop'])
    expect(run).toMatchObject({ code: 0, err: '' })
    expect(run.out).toContain('#1  mark: last active 60 days ago')
    expect(github.state.item('acme/shop', 1).labels).toEqual(['Stale'])
    expect(github.state.item('acme/shop', 2).labels).toEqual([])
    const again = reportOf((await signalbox(['stale', 'acme/shop', '--json'])).out)
    expect([again.state, wanted(again)]).toEqual(['done', []])
    const listed: SweepReport[] = JSON.parse((await signalbox(['sweeps', 'acme/shop', '--json'])).out)
    expect(listed.map((report) => report.outcomes.map((one) => [one.subject, one.outcome]))).toEqual([
      [],
      [['#1', 'done']],
    ])
    expect(listed[0]?.id).toBe(again.id)
    const shown = await signalbox(['sweeps', 'show', listed[1]?.id ?? ''])
    expect(shown.out).toContain('#2  left as it is: last active 2 days ago; it becomes stale after 40 days')
    expect((await signalbox(['sweeps', 'acme/shop', '--kind', 'runs'])).out).toBe('No sweep is on record.')
    expect((await signalbox(['sweeps', 'show', 'none'])).err).toContain('There is no sweep none')
  })

  test('old workflow runs go, and are shown before', async () => {
    const before = github.state.workflowRuns('acme/shop').length
    const dry = reportOf((await signalbox(['cleanup', 'runs', 'acme/shop', '--dry-run', '--json'])).out)
    expect(wanted(dry)).toHaveLength(30)
    expect(github.state.workflowRuns('acme/shop')).toHaveLength(before)
    const run = await signalbox(['cleanup', 'runs', 'acme/shop', '--json'])
    expect(wanted(reportOf(run.out))).toEqual(wanted(dry))
    expect(github.state.workflowRuns('acme/shop')).toHaveLength(before - 30)
  })

  test('a sweep that GitHub holds up, and whose server is killed meanwhile, is followed to its end', async () => {
    const before = github.state.workflowRuns('acme/hall').length
    const isDelete = { method: 'DELETE', path: '/repos/acme/hall/actions/runs/' }
    github.faults.rateLimit({ ...isDelete, limit: 'secondary', waitSeconds: 3, skip: 12 })
    const following = signalbox(['cleanup', 'runs', 'acme/hall', '--json'])
    await vi.waitFor(() => expect(github.state.workflowRuns('acme/hall')).toHaveLength(before - 12), {
      timeout: 60_000,
      interval: 20,
    })
    await server.kill()
    server = await startProcess(env, Number(env.PORT))
    const { out, code } = await following
    const { outcomes } = reportOf(out)
    expect([code, outcomes.length, outcomes.filter(({ outcome }) => outcome === 'done').length]).toEqual([0, 30, 30])
    expect(github.state.workflowRuns('acme/hall')).toHaveLength(before - 30)
  })

  test('two at once share one sweep, or have one after the other', async () => {
    const both = await Promise.all([signalbox(['stale', 'acme/mill']), signalbox(['stale', 'acme/mill'])])
    expect(both.map(({ code, err }) => [code, err])).toEqual([
      [0, ''],
      [0, ''],
    ])
    expect(github.state.item('acme/mill', 1).comments).toHaveLength(1)
  })

  test.each<[string, string[], NodeJS.ProcessEnv | (() => NodeJS.ProcessEnv), RegExp]>([
    ['no installation', ['cleanup', 'runs', 'acme/none'], {}, /The app is not installed on acme\/none/],
    ['no section', ['stale', 'acme/bare'], {}, /acme\/bare has no section «stale»/],
    [
      'another secret',
      ['sweeps'],
      { WEBHOOK_SECRET: 'another' },
      /in use by another Signalbox, but http:\/\/127\.0\.0\.1:\d+ refuses the request: WEBHOOK_SECRET must be the one/,
    ],
    ['no secret', ['sweeps'], { WEBHOOK_SECRET: '' }, /signed with WEBHOOK_SECRET, which is not set here/],
    [
      'another port',
      ['stale', 'acme/shop'],
      { PORT: '10080' },
      /http:\/\/127\.0\.0\.1:10080 does not answer \(.*ECONNREFUSED.*\)\. If a server has it, set HOST and PORT/,
    ],
    ['no port', ['sweeps'], { PORT: '0' }, /PORT is 0 here: set PORT to the port/],
    [
      'the port of something else',
      ['sweeps', 'show', 's1'],
      () => ({ PORT: github.host.split(':')[1] }),
      /is not its server \(404\): set HOST and PORT/,
    ],
  ])('refused with a reason: %s', async (_, args, more, problem) => {
    const { code, err } = await signalbox(args, typeof more === 'function' ? more() : more)
    expect([code, err]).toEqual([1, expect.stringMatching(problem)])
  })
})

const canUseTerminal = spawnSync('script', ['--version']).status === 0
if (!canUseTerminal)
  console.warn('The progress of sweeps is not tested: there is no «script», which gives a program a terminal.')

describe.skipIf(!canUseTerminal)('on a terminal', { timeout: 120_000 }, () => {
  /** Standard output goes to the terminal as well. */
  async function watch(words: string, more: NodeJS.ProcessEnv = {}, interruptAt = '') {
    const command = `stty cols 160 rows 40 && ${process.execPath} ${resolve('src/cli.ts')} -C ${directory} ${words}`
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: { PATH: process.env.PATH, TERM: 'xterm', ...env, ...more },
    })
    let shown = ''
    let isInterrupted = false
    child.stdout.on('data', (data: Buffer) => {
      shown += data.toString()
      if (isInterrupted || interruptAt === '' || !shown.includes(interruptAt)) return
      isInterrupted = true
      child.stdin.write('\u0003')
    })
    const [code] = (await once(child, 'close')) as [number]
    return { shown, code }
  }

  const HIDE = '\u001b[?25l'

  test('it is shown how much is done', async () => {
    const { shown, code } = await watch('cleanup runs acme/till', { SIGNALBOX_DATA_DIR: join(directory, 'other') })
    expect(code).toBe(0)
    expect(shown).toMatch(/Old workflow runs of acme\/till: \d+ of 30 done, \d+ requests/)
    expect(shown).toContain('31 looked at; delete 30;')
  })

  test('a dry run shows that it looks', async () => {
    const { shown, code } = await watch('stale acme/till --dry-run')
    expect(code).toBe(0)
    expect(shown).toMatch(/Stale issues and pull requests of acme\/till: (looks|0 of 1 done), \d+ requests?/)
    // The report stays, and the terminal is as it was.
    expect(shown).toContain('#1  mark: last active 60 days ago')
    expect(shown.lastIndexOf('\u001b[?25h')).toBeGreaterThan(shown.lastIndexOf(HIDE))
  })

  test('Ctrl-C ends the command, and the server goes on', async () => {
    const before = github.state.workflowRuns('acme/yard').length
    const isDelete = { method: 'DELETE', path: '/repos/acme/yard/actions/runs/' }
    github.faults.rateLimit({ ...isDelete, limit: 'secondary', waitSeconds: 5, skip: 12 })
    const { shown, code } = await watch('cleanup runs acme/yard', {}, 'waits for the running server')
    expect(code).toBe(130)
    expect(shown).toContain('The running server goes on with the sweep; «signalbox sweeps acme/yard --kind runs»')
    expect(shown.lastIndexOf('\u001b[?25h')).toBeGreaterThan(shown.lastIndexOf(HIDE))
    await vi.waitFor(() => expect(github.state.workflowRuns('acme/yard')).toHaveLength(before - 30), {
      timeout: 60_000,
      interval: 100,
    })
  })

  test('nothing of that is in JSON, nor in a log of CI', async () => {
    for (const [words, more] of [
      ['stale acme/till --dry-run --json', {}],
      ['stale acme/till --dry-run', { CI: 'true' }],
    ] as const) {
      const { shown } = await watch(words, more)
      expect(shown).toContain('last active 60 days ago')
      expect(shown).not.toContain(HIDE)
    }
  })
})
