/** The commands of sweeps as processes of their own, against the sandbox over HTTP. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SweepReport } from '../../src/domain/sweep.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { environmentOf, runSignalbox } from '../support/run-signalbox.ts'
import { makeSweptRepository, reportOf, wanted } from '../support/swept-repository.ts'

let github: Sandbox
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-sweeps-'))
  github = await startSandbox({ validateReplies: true })
  makeSweptRepository(github, 'shop', [50, 40, 3])
})
afterAll(async () => {
  github.assertConforms()
  await github.stop()
  await rm(directory, { recursive: true })
})

const signalbox = (args: readonly string[], input = '') =>
  runSignalbox(args, { cwd: directory, env: environmentOf(github), input })

test('a dry run shows what the real run then does, which is on record', { timeout: 120_000 }, async () => {
  const dry = reportOf((await signalbox(['stale', 'acme/shop', '--dry-run', '--json'])).out)
  expect(wanted(dry)).toEqual([['#1', 'mark']])
  expect((await signalbox(['sweeps'])).out).toBe('No sweep is on record.')
  expect(existsSync(join(directory, 'data'))).toBe(false)
  expect(github.state.item('acme/shop', 1).labels).toEqual([])
  const run = await signalbox(['stale', 'acme/shop'])
  expect(run).toMatchObject({ code: 0, err: '' })
  expect(run.out).toContain('#1  mark: last active 60 days ago')
  expect(github.state.item('acme/shop', 1).labels).toEqual(['Stale'])
  expect(github.state.item('acme/shop', 2).labels).toEqual([])
  const again = reportOf((await signalbox(['stale', 'acme/shop', '--json'])).out)
  expect(wanted(again)).toEqual([])
  const listed: SweepReport[] = JSON.parse((await signalbox(['sweeps', 'acme/shop', '--json'])).out)
  expect(listed.map((report) => report.outcomes.map((one) => [one.subject, one.outcome]))).toEqual([
    [],
    [['#1', 'done']],
  ])
  const shown = await signalbox(['sweeps', 'show', listed[1]?.id ?? ''])
  expect(shown.out).toContain('#2  left as it is: last active 2 days ago; it becomes stale after 40 days')
})

test('old workflow runs go, and are shown before', { timeout: 120_000 }, async () => {
  const before = github.state.workflowRuns('acme/shop').length
  const dry = reportOf((await signalbox(['cleanup', 'runs', 'acme/shop', '--dry-run', '--json'])).out)
  expect(wanted(dry)).toHaveLength(2)
  expect(github.state.workflowRuns('acme/shop')).toHaveLength(before)
  const run = await signalbox(['cleanup', 'runs', 'acme/shop', '--json'])
  expect(wanted(reportOf(run.out))).toEqual(wanted(dry))
  expect(github.state.workflowRuns('acme/shop')).toHaveLength(before - 2)
})

const CASE = { now: '2026-11-30T00:00:00Z', policy: {}, items: [{ number: 7, created_at: '2026-01-01T00:00:00Z' }] }

test('items that somebody wrote down are decided about', async () => {
  const one = await signalbox(['stale', '--simulate', '-', '--json'], JSON.stringify(CASE))
  const actions = [{ number: 7, do: ['mark'], reason: 'last active 333 days ago' }]
  expect([JSON.parse(one.out), one.code]).toEqual([{ actions }, 0])
  const list = await signalbox(['stale', '--simulate', '-', '--json'], JSON.stringify([CASE]))
  expect(JSON.parse(list.out)).toEqual([{ actions }])
  expect((await signalbox(['stale', '--simulate', '-'], JSON.stringify(CASE))).out).toBe(
    '#7  mark: last active 333 days ago',
  )
})

test('a workflow of actions/stale becomes a section', async () => {
  const workflow = `on: { schedule: [{ cron: "30 1 * * *" }] }
jobs: { stale: { runs-on: x, steps: [{ uses: actions/stale@v9, with: { days-before-stale: 40 } }] } }
`
  await writeFile(join(directory, 'stale.yml'), workflow)
  const { code, out } = await signalbox(['stale', 'import', 'stale.yml'])
  expect([code, out]).toEqual([0, expect.stringContaining('days_before_stale: 40')])
})

test.each<[string, string[], RegExp]>([
  ['nothing to do', ['stale'], /needs the repository as owner\/name, or --simulate/],
  ['a name that is none', ['stale', 'shop'], /needs the repository as owner\/name/],
  ['a file that is not there', ['stale', '--simulate', 'none.json'], /none\.json: there is no such file/],
  ['no installation', ['cleanup', 'runs', 'acme/none'], /not installed on acme\/none/],
  ['another kind', ['sweeps', '--kind', 'all'], /--kind is one of stale, runs, images/],
])('refused with a reason: %s', async (_, args, problem) => {
  const { code, err } = await signalbox(args)
  expect([code, err]).toEqual([1, expect.stringMatching(problem)])
})
