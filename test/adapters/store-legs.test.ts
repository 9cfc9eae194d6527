import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunPlan } from '../../src/domain/plan.ts'
import type { Observed, TestReport } from '../../src/domain/run.ts'
import type { LabelTriggered } from '../../src/domain/trigger.ts'
import type { LegResult, StartRequest, Store } from '../../src/ports.ts'
import {
  later,
  makeLegPlan,
  makePullRequest,
  makePushTrigger,
  makeRepo,
  makeRunPlan,
  NEWER_SHA,
  NOW,
  SHA,
} from '../support/facts.ts'
import { describeStores, makeStart } from '../support/stores.ts'

describeStores('what the store keeps of legs', (open) => {
  let store: Store
  let number = 0

  beforeAll(async () => {
    store = await open.store()
  })
  afterAll(() => store.close())

  /** Names of legs that no other test has. */
  const uniqueName = (name: string) => `${name} ${++number}`

  async function started(plan: RunPlan, request: Partial<StartRequest> = {}): Promise<string> {
    const [id] = (await store.runs.startRuns(makeStart(++number, plan, request))).started
    if (id === undefined) throw new Error('nothing was started')
    return id
  }

  async function load(id: string) {
    const run = await store.runs.loadRun(id, NOW)
    if (run === null) throw new Error(`no run ${id}`)
    return run
  }
  const legOf = async (id: string) => (await load(id)).legs[0]

  const oneLeg = (name: string) => makeRunPlan([makeLegPlan({ name })])

  /** A run of one leg of this name, that ended. */
  async function concluded(name: string, result: LegResult['result'], at = NOW): Promise<string> {
    const id = await started(oneLeg(name))
    await store.runs.concludeRun(id, 'success', at, [{ legId: `${id}-0`, name, result, reusable: null }])
    return id
  }

  test('a new run has nothing to say of its legs yet, and keeps what the check on the configuration says', async () => {
    const verdict = {
      conclusion: 'failure',
      headline: 'half \uD800 of a character, and a \0',
      differences: [{ what: 'changed', subject: 'leg', name: 'docker / app', details: ['inputs'] }],
      annotations: [{ path: 'a.yml', line: 3, level: 'failure', title: 't', message: 'm' }],
    } as const
    const plan = makeRunPlan([makeLegPlan()], [{ id: 'tests', name: 'Tests', needs: [] }])
    const run = await load(await started(plan, { runs: [{ plan, problem: null, verdict }] }))
    expect(run).toMatchObject({ approval: null, verdict: { ...verdict, headline: expect.any(String) } })
    expect(run.verdict?.headline).toBe('half \uFFFD of a character, and a \uFFFD')
    expect(run.legs[0]).toMatchObject({ observed: null, report: null, retag: null })
    expect(run.gates[0]).toMatchObject({ override: null })
    expect((await load(await started(plan))).verdict).toBeNull()
  })

  test('a leg begins with how those of its name fared before in the repository, the last 50 of them', async () => {
    const [name, other] = [uniqueName('flaky leg'), uniqueName('new leg')]
    const history = async () => (await legOf(await started(oneLeg(name))))?.history
    expect(await history()).toEqual({ runs: 0, flaky: 0 })
    await concluded(name, 'flaky', later(1))
    await concluded(name, 'failed', later(2))
    expect(await history()).toEqual({ runs: 2, flaky: 1 })
    const both = await load(await started(makeRunPlan([makeLegPlan({ name: other }), makeLegPlan({ name })])))
    expect(both.legs.map((leg) => leg.history)).toEqual([
      { runs: 0, flaky: 0 },
      { runs: 2, flaky: 1 },
    ])
    const elsewhere = { ...makePushTrigger(), repo: makeRepo({ id: 2 }) }
    const there = await started(oneLeg(name), { trigger: elsewhere, triggerKey: `push ${number}` })
    expect((await legOf(there))?.history).toEqual({ runs: 0, flaky: 0 })
    for (let run = 0; run < 49; run++) await concluded(name, 'passed', later(10 + run))
    // The flaky one is the 51st.
    expect(await history()).toEqual({ runs: 50, flaky: 0 })
  })

  test('a run that is concluded again has one result for each leg, the last one', async () => {
    const name = uniqueName('again')
    const id = await started(oneLeg(name))
    const conclude = (result: LegResult['result'], legId = `${id}-0`) =>
      store.runs.concludeRun(id, 'failure', NOW, [{ legId, name, result, reusable: null }])
    await conclude('failed')
    await conclude('flaky')
    // Not a leg of this run.
    await conclude('failed', (await concluded(uniqueName('other'), 'passed')).concat('-0'))
    expect((await legOf(await started(oneLeg(name))))?.history).toEqual({ runs: 1, flaky: 1 })
    expect((await load(id)).open).toBe(false)
  })

  const report = (attemptId: string, ...names: string[]): TestReport => ({
    attemptId,
    tests: 9,
    failures: names.length,
    skipped: 0,
    failed: names.map((name) => ({ name, file: 'a.ts', line: 3, message: 'expected \0 1', flaky: null })),
    problem: null,
  })

  test('the latest test results of a leg are kept, whatever characters are in them', async () => {
    const id = await started(oneLeg(uniqueName('report')))
    await store.runs.recordReport(`${id}-0`, report(`${id}-0.1`, 'adds', 'adds', `\0\uDC00 ${'x'.repeat(9_000)}`))
    await store.runs.recordReport(`${id}-0`, report(`${id}-0.1`, 'adds'))
    expect((await legOf(id))?.report).toMatchObject({
      attemptId: `${id}-0.1`,
      failed: [{ name: 'adds', message: 'expected \uFFFD 1' }],
    })
    await store.runs.recordReport(`${id}-0`, report(`${id}-0.2`))
    expect((await legOf(id))?.report).toEqual(report(`${id}-0.2`))
    await store.runs.recordReport('no-such-leg', report('x', 'adds'))
  })

  test('a test that failed in a leg that passed later was flaky; one in a leg that failed was not', async () => {
    const name = uniqueName('tested')
    const long = `${'long '.repeat(2_000)}\0`
    async function ended(result: LegResult['result'], ...failed: string[]): Promise<void> {
      const id = await started(oneLeg(name))
      await store.runs.recordReport(`${id}-0`, report(`${id}-0.1`, ...failed))
      await store.runs.concludeRun(id, 'success', NOW, [{ legId: `${id}-0`, name, result, reusable: null }])
    }
    const histories = () => store.runs.testHistories(1, name, ['adds', 'divides', long, 'never seen'])
    expect((await histories()).get('adds')).toEqual({ runs: 0, flaky: 0 })
    await ended('flaky', 'adds', long)
    await ended('failed', 'adds', 'divides')
    await ended('passed')
    expect(await histories()).toEqual(
      new Map([
        ['adds', { runs: 3, flaky: 1 }],
        ['divides', { runs: 3, flaky: 0 }],
        [long, { runs: 3, flaky: 1 }],
        ['never seen', { runs: 3, flaky: 0 }],
      ]),
    )
    expect(await store.runs.testHistories(2, name, ['adds'])).toEqual(new Map([['adds', { runs: 0, flaky: 0 }]]))
    expect(await store.runs.testHistories(1, name, [])).toEqual(new Map())
  })

  /** A run of one leg that succeeded with this key. */
  async function reusable(key: string, at: Date, request: Partial<StartRequest> = {}): Promise<string> {
    const id = await started(oneLeg('docker / app'), request)
    const result = { key, sha: SHA, url: `https://github.test/${id}`, imageTags: ['ghcr.io/acme/shop:1'] }
    await store.runs.concludeRun(id, 'success', at, [
      { legId: `${id}-0`, name: 'docker / app', result: 'passed', reusable: result },
    ])
    return id
  }
  const found = async (key: string, since = NOW, repoId = 1) =>
    (await store.runs.findReusable(repoId, [key, 'another key'], since)).get(key)

  test('finds the newest result with a key that is not too old, of this repository', async () => {
    const key = uniqueName('key')
    expect(await found(key)).toBeUndefined()
    const newer = await reusable(key, later(60))
    await reusable(key, later(30))
    const expected = { sha: SHA, url: `https://github.test/${newer}`, imageTags: ['ghcr.io/acme/shop:1'] }
    expect(await found(key)).toEqual(expected)
    expect(await found(key, later(60))).toEqual(expected)
    expect(await found(key, later(61))).toBeUndefined()
    expect(await found(key, NOW, 2)).toBeUndefined()
    expect(await store.runs.findReusable(1, [], NOW)).toEqual(new Map())
  })

  test('two runs that end at once with one key leave one result', async () => {
    const key = uniqueName('key')
    const ids = await Promise.all([reusable(key, later(1)), reusable(key, later(2)), reusable(key, later(3))])
    expect((await found(key))?.url).toBe(`https://github.test/${ids[2]}`)
  })

  test('an untrusted run leaves nothing to be reused', async () => {
    const key = uniqueName('key')
    await reusable(key, NOW, { trusted: false })
    expect(await found(key)).toBeUndefined()
  })

  test('a leg that failed when it was run again takes its result back', async () => {
    const key = uniqueName('key')
    const id = await reusable(key, NOW)
    const failed = { legId: `${id}-0`, name: 'docker / app', result: 'failed', reusable: null } as const
    await store.runs.concludeRun(id, 'failure', later(9), [failed])
    expect(await found(key)).toBeUndefined()
  })

  test('what became of the tags of a reused image', async () => {
    const id = await started(oneLeg('docker / app'))
    await store.runs.recordRetag(`${id}-0`, 'failed')
    expect((await legOf(id))?.retag).toBe('failed')
    await store.runs.recordRetag(`${id}-0`, 'done')
    expect((await legOf(id))?.retag).toBe('done')
  })

  const sighting: Observed = {
    id: 5_000_000_001,
    runAttempt: 1,
    status: 'in_progress',
    conclusion: null,
    url: 'https://github.test/runs/1',
    startedAt: NOW,
    completedAt: null,
  }
  const ended = { ...sighting, status: 'completed', conclusion: 'failure', completedAt: later(9) } as const

  test.each<[string, Observed, Observed, boolean]>([
    ['a later status', sighting, ended, true],
    ['an earlier status', ended, sighting, false],
    ['the same once more', ended, { ...ended, url: 'other' }, false],
    ['an end that came later', ended, { ...ended, conclusion: 'success', completedAt: later(10) }, true],
    ['an end that came earlier', ended, { ...ended, conclusion: 'success', completedAt: later(8) }, false],
    ['a re-run', ended, { ...sighting, runAttempt: 2, status: 'queued', startedAt: null }, true],
    ['the run before a re-run', { ...sighting, runAttempt: 2 }, ended, false],
    ['a newer run', ended, { ...sighting, id: sighting.id + 1, status: 'queued' }, true],
    ['an older run that was chosen instead', sighting, { ...ended, id: sighting.id - 1, runAttempt: 3 }, true],
  ])('of what an observed leg follows, %s replaces what is known only when it is newer', async (...row) => {
    const [, first, second, replaces] = row
    const id = await started(oneLeg('docker / lint'))
    await store.runs.recordObserved(new Map([[`${id}-0`, first]]))
    expect((await legOf(id))?.observed).toEqual(first)
    await store.runs.recordObserved(new Map([[`${id}-0`, second]]))
    expect((await legOf(id))?.observed).toEqual(replaces ? second : first)
  })

  test('finds the runs of a commit that observe, over or not, but for those that it moved away from', async () => {
    const sha = '5'.repeat(40)
    const observing = makeRunPlan([
      makeLegPlan(),
      makeLegPlan({ job: 'lint', start: { kind: 'observe_workflow', workflow: 'lint.yml' } }),
    ])
    const checking = makeRunPlan([makeLegPlan({ start: { kind: 'observe_check', name: 'cla', app: 'cla-bot' } })])
    const of = (plan: RunPlan) => started(plan, { trigger: makePushTrigger('main', sha), triggerKey: `p ${++number}` })
    const id = await of(observing)
    const other = await of(checking)
    await of(makeRunPlan([makeLegPlan()]))
    const lint = { kind: 'observe_workflow', workflow: 'lint.yml' } as const
    const cla = { kind: 'observe_check', name: 'cla', app: 'cla-bot' } as const
    expect(await store.runs.observersOf(1, sha, lint)).toEqual([id])
    expect(await store.runs.observersOf(1, sha, cla)).toEqual([other])
    expect(await store.runs.observersOf(1, sha, { ...cla, app: 'evil' })).toEqual([])
    expect(await store.runs.observersOf(2, sha, lint)).toEqual([])
    expect(await store.runs.observersOf(1, NEWER_SHA, lint)).toEqual([])
    await store.runs.concludeRun(id, 'success', NOW)
    expect(await store.runs.observersOf(1, sha, lint)).toEqual([id])
    await store.runs.cancelRuns([
      { runId: id, reason: { kind: 'requested', by: 'ann' } },
      { runId: other, reason: { kind: 'superseded', newerSha: NEWER_SHA } },
    ])
    expect(await store.runs.observersOf(1, sha, lint)).toEqual([id])
    expect(await store.runs.observersOf(1, sha, cla)).toEqual([])
  })

  function labelStart(pullRequest: number, labelingId: string): StartRequest {
    const trigger: LabelTriggered = {
      kind: 'label',
      repo: makeRepo(),
      sha: SHA,
      refName: `${pullRequest}/merge`,
      pullRequest: makePullRequest({ number: pullRequest }),
      label: 'lint-fix',
      by: 'ann',
      labelingId,
    }
    const plan = makeRunPlan([makeLegPlan()], [], { pipeline: 'label lint-fix', concurrency: 'keep' })
    return makeStart(pullRequest, plan, { trigger, triggerKey: `label ${pullRequest} ${labelingId}` })
  }

  test('a labelling is carried out once, also by two workers, and however it ended', async () => {
    const asked = labelStart(++number, 'LE_1')
    const both = await Promise.all([store.runs.startRuns(asked), store.runs.startRuns(asked)])
    const [id = '', ...more] = both.flatMap((one) => one.started)
    expect(more).toEqual([])
    await store.runs.cancelRuns([{ runId: id, reason: { kind: 'closed' } }])
    expect((await store.runs.startRuns(asked)).started).toEqual([])
    expect((await store.runs.startRuns(labelStart(number, 'LE_2'))).started).toHaveLength(1)
  })

  test("a label's run belongs to its pull request, and no newer commit ends it", async () => {
    const asked = labelStart(++number, 'LE_1')
    const [id = ''] = (await store.runs.startRuns(asked)).started
    expect((await load(id)).trigger).toEqual(asked.trigger)
    expect(await store.runs.openRunsOf(1, number)).toEqual([id])
    const earlier: string[] = []
    const commit = makeStart(number, oneLeg('docker / app'), {
      supersede: (runs) => {
        earlier.push(...runs.map((run) => run.id))
        return []
      },
    })
    const [first = ''] = (await store.runs.startRuns(commit)).started
    expect(earlier).toEqual([])
    await store.runs.startRuns({ ...commit, triggerKey: `${commit.triggerKey} again` })
    expect(earlier).toEqual([first])
  })
})
