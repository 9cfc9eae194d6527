import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ExpectationEvent, Presenter, TimedEvent } from '../../src/cli/demo/events.ts'
import { expectLeg, expectPlan, expectTags, expectTitle, judge, PASSED } from '../../src/cli/demo/expectation.ts'
import { makeLinesPresenter } from '../../src/cli/demo/lines.ts'
import { playStory } from '../../src/cli/demo/play-story.ts'
import { exitCodeOf } from '../../src/cli/demo/run-demo.ts'
import { findRun, NOTHING_SEEN, noteEvent, type SeenRun } from '../../src/cli/demo/seen.ts'
import { openStage } from '../../src/cli/demo/stage.ts'
import type { RunnerScript } from '../../src/sandbox/sandbox.ts'

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname
const GATE = 'All Runtime Tests Passed'
const APP = 'docker / app'

/** Where a demo of this file puts its data; it must leave nothing there. */
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-test-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** As it stands in the JSON lines. */
type Line = Record<string, unknown> & { event: string }

function startDemo(args: readonly string[], temporary = directory): ChildProcess {
  return spawn(process.execPath, [CLI, 'demo', ...args], { env: { ...process.env, TMPDIR: temporary } })
}

async function outcomeOf(child: ChildProcess) {
  if (child.stdout === null || child.stderr === null) throw new Error('the demo has no output')
  const code = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, stdout, stderr, left: await readdir(directory) }
}

function parseLines(stdout: string): Line[] {
  const lines = stdout.trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line))
}

/** What became of one leg or gate of a run, in order, without repetitions. */
function courseOf(lines: readonly Line[], event: string, run: string, name: string): string[] {
  const states = lines
    .filter((line) => line.event === event && line.run === run && line.name === name)
    .map((line) => String(line.conclusion ?? line.status))
  return states.filter((state, index) => state !== states[index - 1])
}

test('--once --json tells the whole story in JSON lines, ends with 0 and leaves nothing behind', async () => {
  const started = performance.now()
  const { code, stdout, stderr, left } = await outcomeOf(startDemo(['--once', '--json']))
  expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: [] })
  expect(performance.now() - started).toBeLessThan(60_000)
  const lines = parseLines(stdout)
  expect(lines.slice(0, 3).map((line) => line.event)).toEqual(['starting', 'started', 'chapter'])
  expect(lines.every((line) => !Number.isNaN(Date.parse(String(line.at))))).toBe(true)

  const chaptersAndPlans = lines.filter(({ event }) => event === 'chapter' || event === 'plan')
  expect(chaptersAndPlans.map((line) => line.number ?? `${line.trigger} ${line.ref_name}`)).toEqual([
    1,
    'pull_request 1/merge',
    2,
    'pull_request 1/merge',
    3,
    'push main',
    4,
    'tag 1.4.0',
  ])
  const [first = '', second = '', main = '', tag = ''] = lines
    .filter((line) => line.event === 'plan')
    .map((line) => String(line.run))
  const passed = ['queued', 'in_progress', 'success']
  for (const run of [first, second, main, tag])
    for (const image of ['nikolaik', 'ubuntu'])
      expect(courseOf(lines, 'attempt', run, `docker / runtime (${image})`)).toEqual(passed)
  expect(courseOf(lines, 'attempt', first, 'docker / test-runtime (ubuntu)')).toEqual([
    'queued',
    'in_progress',
    'failure',
    ...passed,
  ])
  expect(courseOf(lines, 'check', first, GATE).slice(0, 2)).toEqual(['in_progress', 'success'])
  for (const run of [first, second]) {
    expect(courseOf(lines, 'attempt', run, APP)).toEqual(['queued', 'in_progress', 'cancelled'])
    expect(courseOf(lines, 'check', run, APP).at(-1)).toBe('cancelled')
  }
  for (const run of [main, tag]) {
    expect(courseOf(lines, 'attempt', run, APP)).toEqual(passed)
    expect(courseOf(lines, 'check', run, GATE)).toEqual(['in_progress', 'success'])
  }
  const expectations = lines.filter((line) => line.event === 'expectation')
  expect(expectations.filter((line) => !line.met)).toEqual([])
  expect(lines.at(-1)).toMatchObject({ event: 'ended', ok: true, unmet: 0, expectations: expectations.length, runs: 4 })
}, 90_000)

test('SIGTERM in the middle of the story ends it at once, and leaves nothing behind', async () => {
  const child = startDemo(['--json'])
  const outcome = outcomeOf(child)
  child.stdout?.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('"in_progress"')) child.kill('SIGTERM')
  })
  const { code, stderr, stdout, left } = await outcome
  expect({ code, stderr, left }).toEqual({ code: 143, stderr: '', left: [] })
  expect(parseLines(stdout).map((line) => line.event)).not.toContain('ended')
}, 60_000)

test('without a temporary directory it says so in one sentence', async () => {
  const missing = join(directory, 'missing')
  const { code, stdout, stderr } = await outcomeOf(startDemo(['--once'], missing))
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(
    /^signalbox: The demo needs a directory .* can be made in .*missing \(ENOENT.*\)\. Set TMPDIR .*\n$/,
  )
})

test('a story that does not come out as told names what was expected and what was seen, and exits with 1', async () => {
  const runner: RunnerScript = ({ workflow, inputs }) => {
    if (workflow === 'build-app.yml') return { hang: true }
    return workflow === 'test-runtime.yml' && inputs.base_tag === 'ubuntu' ? { conclusion: 'failure' } : {}
  }
  const stage = await openStage({ runner, dataDirectory: ':memory:' })
  const events: TimedEvent[] = []
  const presenter: Presenter = { show: (event) => void events.push(event), rest: async () => {}, stayUp() {} }
  const { signal } = new AbortController()
  try {
    const ended = await playStory(stage, presenter, { signal, chapterMs: 8_000 })
    expect(ended).toMatchObject({ ok: false, unmet: 2 })
    expect(exitCodeOf(ended ?? { ok: true })).toBe(1)
  } finally {
    await stage.close()
  }
  expect(events.filter((event) => event.event === 'chapter')).toHaveLength(1)
  const unmet = events.filter((event): event is ExpectationEvent & TimedEvent => event.event === 'expectation')
  expect(unmet.filter((one) => !one.met).map(({ name, expected, seen }) => ({ name, expected, seen }))).toEqual([
    {
      name: 'docker / test-runtime (ubuntu) of the first commit',
      expected: '2 attempts (failure, success), check run success',
      seen: '2 attempts (failure, failure), check run failure',
    },
    {
      name: `what the check run ${GATE} of the first commit says`,
      expected: 'success: 2 legs passed.',
      seen: 'failure: docker / test-runtime (ubuntu) failed.',
    },
  ])
})

const SHA = 'a'.repeat(40)
const AT = new Date('2026-03-01T12:00:00Z')
const LEG = { id: 'r1-0', job: 'app', name: APP, workflow: 'build-app.yml', needs: [] }
const TAGS = [`ghcr.io/acme/app:${SHA}-slim`, 'ghcr.io/acme/app:1-merge-slim']
const OF_RUN = { at: AT, run: 'r1' } as const

function makePlan(): TimedEvent {
  const gates = [{ id: 'r1-g0', name: GATE, needs: [APP] }]
  const trigger = { trigger: 'pull_request', refName: '1/merge', pullRequest: 1, sha: SHA } as const
  return { ...OF_RUN, event: 'plan', pipeline: 'docker', ...trigger, legs: [LEG], gates }
}

function makeAttempt(workflowRun: number, status: 'queued' | 'in_progress', conclusion?: 'success'): TimedEvent
function makeAttempt(workflowRun: number, status: 'completed', conclusion: 'success' | 'failure'): TimedEvent
function makeAttempt(
  workflowRun: number,
  status: 'queued' | 'in_progress' | 'completed',
  conclusion: 'success' | 'failure' | null = null,
): TimedEvent {
  const what = {
    leg: LEG.id,
    name: APP,
    attempt: `r1-0.${workflowRun}`,
    workflow: LEG.workflow,
    workflowRun,
    tags: TAGS,
  }
  const durationMs = status === 'completed' ? 1_500 : null
  return { ...OF_RUN, event: 'attempt', ...what, status, conclusion, durationMs, url: '' }
}

function makeCheck(id: string, conclusion: 'success' | null, title: string): TimedEvent {
  const [subject, name] = id === LEG.id ? (['leg', APP] as const) : (['gate', GATE] as const)
  const status = conclusion === null ? 'in_progress' : 'completed'
  return { ...OF_RUN, event: 'check', subject, id, name, sha: SHA, status, conclusion, title, url: '' }
}

function seeRun(events: readonly TimedEvent[]): SeenRun | undefined {
  return findRun(events.reduce(noteEvent, NOTHING_SEEN), 'pull_request', SHA)
}

const TRIED_TWICE = [
  makePlan(),
  makeAttempt(1, 'completed', 'failure'),
  makeAttempt(2, 'completed', 'success'),
  makeCheck(LEG.id, 'success', 'Passed on attempt 2.'),
]

test.each([
  ['all as told', [makePlan(), makeAttempt(1, 'completed', 'success'), makeCheck(LEG.id, 'success', '')], true],
  ['tried twice', TRIED_TWICE, false],
  ['no check run', [makePlan(), makeAttempt(1, 'completed', 'success')], false],
  ['check run still open', [...TRIED_TWICE.slice(0, 1), makeCheck(LEG.id, null, '')], false],
  ['not dispatched', [makePlan()], false],
  ['no run', [], false],
])('a leg that must pass at once: %s', (_what, events, met) => {
  expect(judge(expectLeg(seeRun(events), 'it', APP, PASSED)).met).toBe(met)
})

test('an expectation says what was seen', () => {
  const run = seeRun([...TRIED_TWICE, makeCheck('r1-g0', 'success', '1 leg passed.')])
  expect(judge(expectPlan(run, 'it', [APP]))).toMatchObject({ expected: APP, seen: `${APP}, ${GATE}`, met: false })
  expect(judge(expectPlan(run, 'it', [APP, GATE])).met).toBe(true)
  expect(judge(expectTags(run, 'it', APP, TAGS)).met).toBe(true)
  expect(judge(expectTags(run, 'it', APP, TAGS.slice(1)))).toMatchObject({ seen: TAGS.join(', '), met: false })
  expect(judge(expectTitle(run, 'it', GATE, 'success: 2 legs passed.'))).toMatchObject({
    seen: 'success: 1 leg passed.',
    met: false,
  })
  expect(expectTitle(undefined, 'it', GATE, '').seen).toBe('no check run')
})

test('plain lines: one for each thing that was seen', () => {
  const printed: string[] = []
  const presenter = makeLinesPresenter((line) => printed.push(line))
  const unmet = { event: 'expectation', name: 'the gate', expected: 'green', seen: 'red', met: false } as const
  const events: readonly TimedEvent[] = [
    { at: AT, event: 'chapter', number: 1, title: 'A pull request opens' },
    makePlan(),
    makeCheck('r1-g0', null, `Held by ${APP}.`),
    makeAttempt(1, 'queued'),
    makeAttempt(1, 'in_progress'),
    makeAttempt(1, 'completed', 'failure'),
    makeAttempt(2, 'queued'),
    makeAttempt(2, 'completed', 'success'),
    makeCheck(LEG.id, 'success', 'Passed on attempt 2.'),
    { at: new Date(AT.getTime() + 1_250), ...unmet },
  ]
  for (const event of events) presenter.show(event)
  expect(printed.join('\n')).toBe(`
1. A pull request opens
   0.0 s  plan       docker for pull request #1 at aaaaaaa: 1 leg, 1 gate
                       docker / app              build-app.yml
                       All Runtime Tests Passed  gate: 1 leg of app
   0.0 s  held       All Runtime Tests Passed  Held by docker / app.
   0.0 s  queued     docker / app              attempt 1: build-app.yml
                       told to tag ghcr.io/acme/app:aaaaaaa…-slim, 1-merge-slim
   0.0 s  running    docker / app
   0.0 s  failed     docker / app              attempt 1 after 1.5 s
   0.0 s  queued     docker / app              attempt 2: build-app.yml
   0.0 s  passed     docker / app              1.5 s  Passed on attempt 2.
  not so: the gate
    expected: green
    seen:     red`)
})
