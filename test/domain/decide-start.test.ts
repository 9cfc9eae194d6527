import { describe, expect, test } from 'vitest'
import {
  CONFIG_PIPELINE,
  decideStart,
  decideSupersede,
  type EarlierRun,
  type StartFacts,
  triggerKey,
} from '../../src/domain/decide-start.ts'
import { ALL_FILES } from '../../src/domain/plan.ts'
import type { Trigger } from '../../src/domain/trigger.ts'
import {
  freeze,
  makeConfig,
  makeManualTrigger,
  makeMergeGroupTrigger,
  makePullRequestTrigger,
  makePushTrigger,
  makeTagTrigger,
  NEWER_SHA,
  NOW,
  SHA,
} from '../support/facts.ts'

const CONFIG = makeConfig(`version: 1
pipelines:
  ci:
    on: { pull_request: { paths: ["src/**"] }, push: { branches: [main] } }
    jobs: { test: { workflow: test.yml } }
    gates: { tests: { name: Tests Passed, needs: [test] } }
  docker:
    on: { tag: {}, pull_request: { branches: [main] } }
    jobs: { app: { workflow: app.yml } }
    gates: { images: { name: Images Built, needs: [app] }, all: { name: All, needs: [app] } }
`)
const GATES = [
  { id: 'tests', name: 'Tests Passed', needs: [] },
  { id: 'images', name: 'Images Built', needs: [] },
  { id: 'all', name: 'All', needs: [] },
]
const BROKEN = { kind: 'broken', problem: '.github/signalbox.yml on main cannot be used.' } as const

function decide(trigger: Trigger, facts: Partial<StartFacts> = {}) {
  const config = { kind: 'good', config: CONFIG, changed: ALL_FILES, reuse: null } as const
  return decideStart(freeze({ now: NOW, trigger, config, lastGoodGates: [], verdict: null, ...facts }))
}

function makeOpenRun(run: Partial<EarlierRun> = {}): EarlierRun {
  return { id: 'r0', sha: NEWER_SHA, baseRef: 'main', open: true, concurrency: 'cancel', ...run }
}

describe('what a trigger starts', () => {
  test.each<[Trigger, string[]]>([
    [makePullRequestTrigger(), ['ci', 'docker']],
    [makePullRequestTrigger({ baseRef: 'dev' }), ['ci']],
    [makePushTrigger('main'), ['ci']],
    [makePushTrigger('dev'), []],
    [makeTagTrigger(), ['docker']],
    [makeMergeGroupTrigger(), []],
    [makeManualTrigger(), []],
  ])('%o: %j', (trigger, pipelines) => {
    const { runs, goodGates } = decide(trigger)
    expect(runs.map((run) => run.plan.pipeline)).toEqual(pipelines)
    expect(runs.every((run) => run.problem === null)).toBe(true)
    expect(goodGates).toEqual(GATES)
  })

  test('a pipeline with nothing to do is a run as well, so that its gate is posted', () => {
    const config = {
      kind: 'good',
      config: CONFIG,
      changed: { kind: 'listed', files: ['docs/a'] },
      reuse: null,
    } as const
    const [ci, docker] = decide(makePullRequestTrigger(), { config }).runs
    expect(ci?.plan).toMatchObject({ legs: [], skipped: "none of the 1 changed file matches the pipeline's paths" })
    expect(docker?.plan).toMatchObject({ skipped: null })
  })

  test('a fork is not trusted', () => {
    expect(decide(makePullRequestTrigger()).trusted).toBe(true)
    expect(decide(makePullRequestTrigger({ headRepo: 'eve/shop' })).trusted).toBe(false)
    expect(decide(makePullRequestTrigger({ headRepo: null })).trusted).toBe(false)
  })
})

describe('the key of a trigger', () => {
  test.each<[Trigger, string]>([
    [makePushTrigger('main'), `push main new ${SHA}`],
    [{ ...makePushTrigger('main'), before: NEWER_SHA } as Trigger, `push main ${NEWER_SHA} ${SHA}`],
    [makeTagTrigger('v1'), `tag v1 ${SHA}`],
    [makePullRequestTrigger({ baseRef: 'dev' }), `pull_request 7 ${SHA} dev`],
    [makeMergeGroupTrigger('main'), `merge_group gh-readonly-queue/main/pr-7-${'c'.repeat(40)} ${SHA}`],
    [makeManualTrigger(), 'manual delivery-1'],
  ])('%o', (trigger, key) => {
    expect(triggerKey(trigger)).toBe(key)
    expect(decide(trigger).triggerKey).toBe(key)
  })

  test('is the same for all events of a pull request at one commit, draft or not', () => {
    expect(triggerKey(makePullRequestTrigger({ draft: true }))).toBe(triggerKey(makePullRequestTrigger()))
  })
})

describe('what a trigger ends', () => {
  const superseded = { kind: 'superseded', newerSha: SHA }
  const baseChanged = { kind: 'base_changed', baseRef: 'main' }

  test.each<[string, Partial<EarlierRun>, object | null]>([
    ['on another commit', {}, superseded],
    ['on another commit, that is kept', { concurrency: 'keep' }, null],
    ['on the same commit', { sha: SHA }, null],
    ['on the same commit into another branch', { sha: SHA, baseRef: 'dev' }, baseChanged],
    [
      'on the same commit into another branch, that is kept',
      { sha: SHA, baseRef: 'dev', concurrency: 'keep' },
      baseChanged,
    ],
    ['on another commit into another branch', { baseRef: 'dev' }, superseded],
    ['on another commit into another branch, that is kept', { baseRef: 'dev', concurrency: 'keep' }, null],
    ['on another commit, that is over', { open: false }, null],
    ['on the same commit into another branch, that is over', { sha: SHA, baseRef: 'dev', open: false }, baseChanged],
  ])('the run of a pull request %s', (_title, run, reason) => {
    const expected = reason === null ? [] : [{ runId: 'r0', reason }]
    expect(decideSupersede(makePullRequestTrigger(), [makeOpenRun(run)])).toEqual(expected)
  })

  test('each run by its own rule', () => {
    const runs = [makeOpenRun(), makeOpenRun({ id: 'r1', sha: SHA }), makeOpenRun({ id: 'r2' })]
    expect(decideSupersede(makePullRequestTrigger(), runs).map((one) => one.runId)).toEqual(['r0', 'r2'])
  })

  test.each([makePushTrigger(), makeTagTrigger(), makeMergeGroupTrigger(), makeManualTrigger()])(
    'nothing but a pull request ends anything: %o',
    (trigger) => {
      expect(decideSupersede(trigger, [makeOpenRun()])).toEqual([])
    },
  )
})

describe("a pull request's own version of the configuration", () => {
  const verdict = { conclusion: 'failure', headline: '1 problem.', differences: [], annotations: [] } as const

  test('is a run beside the others', () => {
    const { runs } = decide(makePullRequestTrigger(), { verdict })
    expect(runs.map((run) => run.plan.pipeline)).toEqual(['ci', 'docker', CONFIG_PIPELINE])
    expect(runs.at(-1)).toMatchObject({ verdict, plan: { legs: [], gates: [{ name: CONFIG_PIPELINE }] } })
  })

  test('is told with what is wrong with the one that counts', () => {
    const { runs } = decide(makePullRequestTrigger(), { config: BROKEN, verdict })
    expect(runs).toHaveLength(1)
    expect(runs[0]?.problem).toBe(`${BROKEN.problem}\nThis pull request's own version: 1 problem.`)
  })
})

describe('a broken configuration', () => {
  test('is a run in which every gate of the last good one fails', () => {
    const decision = decide(makePullRequestTrigger(), {
      config: BROKEN,
      lastGoodGates: [{ ...GATES[0], id: 'tests', name: 'Tests Passed', needs: ['ci / test'] }],
    })
    expect(decision).toEqual({
      triggerKey: `pull_request 7 ${SHA} main`,
      trusted: true,
      goodGates: null,
      runs: [
        {
          problem: '.github/signalbox.yml on main cannot be used.',
          verdict: null,
          plan: {
            pipeline: CONFIG_PIPELINE,
            skipped: null,
            listens: true,
            concurrency: 'cancel',
            legs: [],
            gates: [
              { id: 'config', name: 'signalbox config', needs: [] },
              { id: 'tests', name: 'Tests Passed', needs: [] },
            ],
          },
        },
      ],
    })
  })

  test.each<[Trigger, number]>([
    [makePushTrigger('main'), 1],
    [makePushTrigger('dev'), 0],
    [makeTagTrigger(), 1],
    [makeMergeGroupTrigger(), 1],
    [makeManualTrigger(), 1],
    [makePullRequestTrigger({ baseRef: 'dev' }), 1],
  ])('is not told to a push that nobody waits for: %o', (trigger, count) => {
    const { runs, goodGates } = decide(trigger, { config: BROKEN })
    expect(runs.map((run) => run.plan.gates.map((gate) => gate.name))).toEqual(count === 1 ? [[CONFIG_PIPELINE]] : [])
    expect(goodGates).toBeNull()
  })
})
