import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { renderBoard } from '../../src/cli/demo/board.ts'
import { readComment } from '../../src/cli/demo/comment-text.ts'
import type { ExpectationEvent, Presenter, TimedEvent } from '../../src/cli/demo/events.ts'
import { expectLeg, expectPlan, expectTags, expectTitle, judge, PASSED } from '../../src/cli/demo/expectation.ts'
import { makeLinesPresenter } from '../../src/cli/demo/lines.ts'
import { playStory } from '../../src/cli/demo/play-story.ts'
import { exitCodeOf } from '../../src/cli/demo/run-demo.ts'
import { openScreen, wrapWords } from '../../src/cli/demo/screen.ts'
import { findRun, NOTHING_SEEN, noteEvent, type SeenRun } from '../../src/cli/demo/seen.ts'
import { openStage } from '../../src/cli/demo/stage.ts'
import { PREVIEW } from '../../src/cli/demo/stories/preview.ts'
import { PULL_REQUEST } from '../../src/cli/demo/stories/pull-request.ts'
import type { Story } from '../../src/cli/demo/story.ts'
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

test('--story preview tells of trust, comments, labels and deployments, and ends with 0', async () => {
  const { code, stdout, stderr, left } = await outcomeOf(startDemo(['--once', '--json', '--story', 'preview']))
  expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: [] })
  const lines = parseLines(stdout)
  const of = (event: string) => lines.filter((line) => line.event === event)
  expect(of('started')).toMatchObject([{ story: 'preview' }])

  const plans = of('plan')
  expect(plans.map((line) => `${line.trigger} ${line.ref_name}`)).toEqual([
    'pull_request 1/merge',
    'pull_request 1/merge',
    'push main',
  ])
  const [first = '', second = '', main = ''] = plans.map((line) => String(line.run))
  const passed = ['queued', 'in_progress', 'success']
  expect(courseOf(lines, 'attempt', first, APP)).toEqual(['queued', 'in_progress', 'failure', ...passed])
  expect(courseOf(lines, 'attempt', second, APP)).toEqual(passed)
  const told = (run: string) =>
    new Set(of('attempt').flatMap((line) => (line.run === run ? [`${line.trusted} ${line.push}`] : [])))
  expect([first, second, main].map((run) => [...told(run)])).toEqual([['false false'], ['false false'], ['true true']])

  // Nothing of a commit was dispatched before somebody approved it.
  for (const [run, approval] of [
    [first, lines.findIndex((line) => line.event === 'comment' && line.author === 'ann')],
    [second, lines.findIndex((line) => line.event === 'label' && line.label === 'ok-to-test')],
  ] as const) {
    expect(approval).toBeGreaterThan(lines.findIndex((line) => line.event === 'plan' && line.run === run))
    expect(approval).toBeLessThan(lines.findIndex((line) => line.event === 'attempt' && line.run === run))
  }
  expect(of('label').map((line) => `${line.change} ${line.label} ${line.by}`)).toEqual([
    'labeled deploy ann',
    'labeled ok-to-test ann',
  ])
  expect(of('reaction').map((line) => line.content)).toEqual(['eyes', 'rocket', 'eyes', 'rocket'])
  const created = of('comment').filter((line) => line.change === 'created')
  expect(created.map((line) => line.kind)).toEqual(['welcome', null, 'reply', 'previews', null, 'reply'])
  const runs = of('preview_run').filter((line) => line.status === 'completed')
  expect(runs.map((line) => `${line.repository} ${line.workflow} ${line.conclusion}`)).toEqual(
    ['deploy', 'teardown', 'deploy', 'teardown'].map((what) => `acme/deploy ${what}.yml success`),
  )
  const ended = of('deployment').filter(({ state }) => state !== 'queued' && state !== 'in_progress')
  const url = 'https://shop-pr-1.example.com'
  expect(ended.map((line) => `${line.environment} ${line.state} ${line.url}`)).toEqual([
    `preview/shop/pr-1 success ${url}`,
    'preview/shop/pr-1 inactive null',
    `preview/shop/pr-1 success ${url}`,
    'preview/shop/pr-1 inactive null',
  ])
  expect(of('expectation').filter((line) => !line.met)).toEqual([])
  expect(lines.at(-1)).toMatchObject({ event: 'ended', ok: true, unmet: 0, runs: 3 })
}, 90_000)

test('a story that there is not is refused, and those that there are are named', async () => {
  const { code, stdout, stderr } = await outcomeOf(startDemo(['--story', 'fork']))
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('pull-request, preview')
})

/** What is not as a story says when the runner does something else. */
async function playWrong(story: Story, runner: RunnerScript) {
  const stage = await openStage({ runner, dataDirectory: ':memory:' })
  const events: TimedEvent[] = []
  const presenter: Presenter = { show: (event) => void events.push(event), rest: async () => {}, stayUp() {} }
  const { signal } = new AbortController()
  try {
    const ended = await playStory(stage, story, presenter, { signal, chapterMs: 8_000 })
    const expectations = events.filter((event): event is ExpectationEvent & TimedEvent => event.event === 'expectation')
    return {
      ended,
      chapters: events.filter((event) => event.event === 'chapter').length,
      unmet: expectations.flatMap(({ met, name, expected, seen }) => (met ? [] : [{ name, expected, seen }])),
    }
  } finally {
    await stage.close()
  }
}

test('a story that does not come out as told names what was expected and what was seen, and exits with 1', async () => {
  const { ended, chapters, unmet } = await playWrong(PULL_REQUEST, ({ workflow, inputs }) => {
    if (workflow === 'build-app.yml') return { hang: true }
    return workflow === 'test-runtime.yml' && inputs.base_tag === 'ubuntu' ? { conclusion: 'failure' } : {}
  })
  expect(ended).toMatchObject({ ok: false, unmet: 2 })
  expect(exitCodeOf(ended ?? { ok: true })).toBe(1)
  expect(chapters).toBe(1)
  expect(unmet).toEqual([
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

test('a preview that fails is not told as one that is deployed', async () => {
  let builds = 0
  const { chapters, unmet } = await playWrong(PREVIEW, ({ workflow }) => {
    const fails = workflow === 'deploy.yml' || (workflow === 'build-app.yml' && ++builds === 1)
    return fails ? { conclusion: 'failure' } : {}
  })
  expect(chapters).toBe(4)
  expect(unmet).toEqual([
    { name: 'what ran in acme/deploy', expected: 'deploy.yml: success', seen: 'deploy.yml: failure' },
    {
      name: 'what the deployment of the first commit came to',
      expected: 'success; https://shop-pr-1.example.com',
      seen: 'failure; nowhere',
    },
    {
      name: 'how the comment (previews) begins',
      expected: 'The preview shop is deployed.',
      seen: 'The preview shop failed.',
    },
    {
      name: 'where the first link of the comment (previews) leads',
      expected: 'https://shop-pr-1.example.com',
      seen: expect.stringMatching(/\/acme\/deploy\/actions\/runs\/\d+$/),
    },
  ])
}, 30_000)

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
    trusted: true,
    push: true,
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

const COMMENT = { at: AT, event: 'comment', change: 'created', id: 7, pullRequest: 1, links: [] } as const
const DEPLOYMENT = { at: AT, event: 'deployment', id: 9, environment: 'preview/shop/pr-1', sha: SHA } as const

function makePreviewRun(status: 'queued' | 'in_progress' | 'completed', conclusion: 'failure' | null): TimedEvent {
  const what = { repository: 'acme/deploy', workflow: 'deploy.yml', workflowRun: 3, url: '' }
  const inputs = { number: '1', sha: SHA }
  const durationMs = conclusion === null ? null : 900
  return { at: AT, event: 'preview_run', ...what, inputs, status, conclusion, durationMs }
}

test('plain lines: comments are quoted, and what becomes of previews is told', () => {
  const printed: string[] = []
  const presenter = makeLinesPresenter((line) => printed.push(line))
  const events: readonly TimedEvent[] = [
    { at: AT, event: 'chapter', number: 1, title: 'A label' },
    { ...COMMENT, author: 'ann', kind: null, lines: ['/retest', 'word '.repeat(30).trim()] },
    { ...COMMENT, author: 'signalbox[bot]', kind: 'previews', lines: ['Deploying.'], change: 'edited' },
    { at: AT, event: 'reaction', content: 'eyes', by: 'signalbox[bot]', comment: 7, author: 'ann' },
    { at: AT, event: 'label', change: 'labeled', label: 'deploy', pullRequest: 1, by: 'ann' },
    makePreviewRun('queued', null),
    makePreviewRun('in_progress', null),
    { ...DEPLOYMENT, state: 'in_progress', description: 'Deploying shop', url: null },
    makePreviewRun('completed', 'failure'),
    { ...DEPLOYMENT, state: 'success', description: 'Deployed shop', url: 'https://a.example' },
  ]
  for (const event of events) presenter.show(event)
  expect(printed.join('\n')).toBe(`
1. A label
   0.0 s  comment    ann on #1
                       > /retest
                       > ${'word '.repeat(24).trim()}
                       > ${'word '.repeat(6).trim()}
   0.0 s  comment    signalbox[bot] edits its comment (previews)
                       > Deploying.
   0.0 s  reaction   👀 by signalbox[bot] to the comment of ann
   0.0 s  label      deploy, put on #1 by ann
   0.0 s  queued     deploy.yml of acme/deploy  number 1, sha aaaaaaa
   0.0 s  running    deploy.yml of acme/deploy
   0.0 s  preview    preview/shop/pr-1 in_progress: Deploying shop.
   0.0 s  failed     deploy.yml of acme/deploy  0.9 s
   0.0 s  preview    preview/shop/pr-1 success: Deployed shop. https://a.example`)
})

test.each([
  ['a command', '/ok-to-test abc', { kind: null, lines: ['/ok-to-test abc'], links: [] }],
  [
    'our marker',
    '<!-- signalbox:reply 12 -->\n@ann\n\n- **/retest**: Runs',
    { kind: 'reply', lines: ['@ann', '- /retest: Runs'], links: [] },
  ],
  [
    'a table, with small print',
    '<!-- signalbox:previews -->\n**Deployed.**\n\n| Preview | |\n| --- | --- |\n| a&#124;b | [open](https://a.example) |\n\n<sub>Small.</sub>',
    { kind: 'previews', lines: ['Deployed.', 'a|b · open https://a.example'], links: ['https://a.example'] },
  ],
  [
    'what a terminal would obey',
    '\u001B[31mred &#27;[0m<b>x</b>',
    { kind: null, lines: ['\uFFFD[31mred \uFFFD[0mx'], links: [] },
  ],
])('a comment in plain lines: %s', (_what, body, expected) => {
  expect(readComment(body)).toEqual(expected)
})

test('words are wrapped, and none is broken', () => {
  expect(wrapWords('to be or not to be', 8)).toEqual(['to be or', 'not to', 'be'])
  expect(wrapWords(`see ${SHA}`, 8)).toEqual(['see', SHA])
})

test('what is printed stays above what is live', () => {
  let written = ''
  let frame = ['one', 'two']
  const screen = openScreen(() => frame, { write: (text) => (written += text), rows: 10 })
  screen.print('said')
  frame = ['three']
  screen.close()
  expect(showTerminal(written)).toEqual(['said', 'three'])
})

test('of a frame that is higher than the terminal its end is live, and all of it is left', () => {
  let written = ''
  const frame = ['one', 'two', 'three', 'four']
  const screen = openScreen(() => frame, { write: (text) => (written += text), rows: 3 })
  expect(showTerminal(written)).toEqual(['three', 'four'])
  screen.close()
  expect(showTerminal(written)).toEqual(frame)
})

const ESCAPE = '\u001B['

/** The lines that a terminal shows after this, as far as it is used: line ends, moves up, clearing below. */
function showTerminal(written: string): string[] {
  const lines: string[] = []
  for (const part of written.split(ESCAPE)) {
    const up = /^(\d+)A$/.exec(part)?.[1]
    if (up === undefined) lines.push(...part.replace(/^0J/, '').split('\n').slice(0, -1))
    else lines.splice(lines.length - Number(up))
  }
  return lines
}

test.each([40, 60, 80, 200])('the board fits into %i columns, and writes out what a gate waits for', (width) => {
  const held = `Held: the commit comes from a fork. To run it, a maintainer comments /ok-to-test ${SHA}`
  const seen = [
    makePlan(),
    makeAttempt(1, 'in_progress'),
    makeCheck('r1-g0', null, held),
    makePreviewRun('queued', null),
  ].reduce(noteEvent, NOTHING_SEEN)
  const live = renderBoard([LEG.id, 'r1-g0', 3], seen, { now: AT, width, isLast: false })
  expect(live).toHaveLength(3)
  for (const line of live) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(width)
  const last = renderBoard([LEG.id, 'r1-g0', 3], seen, { now: AT, width, isLast: true }).map((line) =>
    stripVTControlCharacters(line).trim(),
  )
  expect(last.join(' ')).toContain(held)
})
