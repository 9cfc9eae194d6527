import { describe, expect, test } from 'vitest'
import { deriveCheckStates } from '../../src/domain/check-state.ts'
import { decideRun } from '../../src/domain/decide-run.ts'
import { annotationsOf, annotationsOfLeg, legResults } from '../../src/domain/leg-report.ts'
import { deriveLegStates } from '../../src/domain/leg-state.ts'
import type { LegFacts, Observed, RunFacts, TestReport } from '../../src/domain/run.ts'
import { later, makeAttempt, makeEnded, makeGate, makeLeg, makeRetries, makeRun, SHA } from '../support/facts.ts'

const REPORT = { report: { format: 'junit', artifact: 'results' } } as const

function makeReport(report: Partial<TestReport> = {}): TestReport {
  return { attemptId: 'r1-0.1', tests: 10, failures: 0, skipped: 0, failed: [], problem: null, ...report }
}

function failedTest(name: string, file: string | null = 'tests/a.py', line: number | null = 3) {
  return { name, file, line, message: 'assert 1 == 2', flaky: null }
}

function reportOf(attemptId: string): TestReport {
  return makeReport({ attemptId, failures: 1, failed: [failedTest('a')] })
}

function makeObserved(conclusion: string | null, runAttempt: number): Observed {
  const status = conclusion === null ? 'in_progress' : 'completed'
  return { id: 500, runAttempt, status, conclusion, url: null, startedAt: null, completedAt: null }
}

function readsOf(leg: LegFacts): string[] {
  return decideRun(makeRun([leg])).actions.flatMap((action) =>
    action.kind === 'read_report' ? [`${action.attemptId} ${action.artifact} of ${action.workflowRunId}`] : [],
  )
}

describe('test results are read', () => {
  test.each<[string, LegFacts, string[]]>([
    ['once the attempt has ended', makeLeg(REPORT, { attempts: [makeEnded('success')] }), ['r1-0.1 results of 101']],
    ['also of one that failed', makeLeg(REPORT, { attempts: [makeEnded('failure')] }), ['r1-0.1 results of 101']],
    ['not while it is at work', makeLeg(REPORT, { attempts: [makeAttempt()] }), []],
    ['not without a report', makeLeg({}, { attempts: [makeEnded('success')] }), []],
    ['not twice', makeLeg(REPORT, { attempts: [makeEnded('success')], report: makeReport() }), []],
    [
      'of the next attempt anew',
      makeLeg(REPORT, {
        attempts: [makeEnded('failure'), makeEnded('success', { number: 2, id: 'r1-0.2' })],
        report: makeReport(),
      }),
      ['r1-0.2 results of 102'],
    ],
    ['not of a run that is gone', makeLeg(REPORT, { attempts: [makeEnded('deleted')] }), []],
  ])('%s', (_, leg, expected) => {
    expect(readsOf(leg)).toEqual(expected)
  })

  test('before the run ends', () => {
    const { actions } = decideRun(makeRun([makeLeg(REPORT, { attempts: [makeEnded('success')] })]))
    expect(actions.map((action) => action.kind)).toEqual(['read_report', 'write_check'])
  })
})

describe('annotations', () => {
  test('point to what failed, with how flaky it is', () => {
    const failed = [failedTest('a'), { ...failedTest('b'), flaky: { runs: 50, flaky: 6 } }, failedTest('nowhere', null)]
    expect(annotationsOf(makeReport({ failed }), false)).toEqual([
      { path: 'tests/a.py', line: 3, level: 'failure', title: 'a', message: 'assert 1 == 2' },
      { path: 'tests/a.py', line: 3, level: 'failure', title: 'b (flaky in 6 of 50 runs)', message: 'assert 1 == 2' },
    ])
  })

  test('are at most as many as GitHub takes at once', () => {
    const failed = Array.from({ length: 200 }, (_, at) => failedTest(`test ${at}`))
    expect(annotationsOf(makeReport({ failed }), false)).toHaveLength(50)
    expect(annotationsOf(makeReport({ failed }), true)[0]?.level).toBe('warning')
  })

  test.each<[string, Partial<LegFacts>, string | undefined]>([
    ['of an attempt that failed', { attempts: [makeEnded('failure')] }, 'failure'],
    ['of an attempt that passed', { attempts: [makeEnded('success')] }, 'warning'],
    [
      'not of one before the latest',
      { attempts: [makeEnded('failure'), makeEnded('success', { number: 2, id: 'r1-0.2' })] },
      undefined,
    ],
    ['of what is followed', { observed: makeObserved('success', 1), report: reportOf('500.1') }, 'warning'],
    [
      'not of what is followed and runs again',
      { observed: makeObserved(null, 2), report: reportOf('500.1') },
      undefined,
    ],
  ])('are those of the latest attempt: %s', (_, facts, level) => {
    const leg = makeLeg(REPORT, { report: reportOf('r1-0.1'), ...facts })
    expect(annotationsOfLeg(leg)[0]?.level).toBe(level)
  })

  test('are added to the check run once', () => {
    const report = makeReport({ failures: 1, failed: [failedTest('a')] })
    const leg = makeLeg(REPORT, { attempts: [makeEnded('failure')], report })
    const write = decideRun(makeRun([leg])).actions.find((action) => action.kind === 'write_check')
    const annotate = write?.kind === 'write_check' ? write.annotate : null
    expect(annotate).not.toBeNull()
    const check = { nodeId: 'C1', digest: 'older', annotated: annotate }
    const [again] = decideRun(makeRun([{ ...leg, check }])).actions
    expect(again).toMatchObject({ kind: 'write_check', annotate: null })
  })
})

describe('what legs ended as', () => {
  const passed = makeEnded('success', { number: 2, id: 'r1-0.2' })
  const results = (leg: LegFacts, run: Partial<RunFacts> = {}) => {
    const facts = makeRun([leg], run)
    return legResults(facts, deriveLegStates(facts)).map((one) => [one.result, one.reusable?.key ?? null])
  }
  const reuse = { reuse: { key: 'k', maxAgeMs: 1, from: null } }
  test.each<[string, LegFacts, Partial<RunFacts>, unknown]>([
    ['passed', makeLeg({}, { attempts: [makeEnded('success')] }), {}, [['passed', null]]],
    ['failed', makeLeg({}, { attempts: [makeEnded('failure')] }), {}, [['failed', null]]],
    ['timed out', makeLeg({}, { attempts: [makeEnded('timed_out')] }), {}, [['failed', null]]],
    ['failed, then passed', makeLeg({}, { attempts: [makeEnded('failure'), passed] }), {}, [['flaky', null]]],
    [
      'passed when run again',
      makeLeg({}, { firstAttempt: 2, attempts: [makeEnded('failure'), passed] }),
      {},
      [['flaky', null]],
    ],
    [
      'was cancelled, then passed',
      makeLeg({}, { attempts: [makeEnded('cancelled'), passed], firstAttempt: 2 }),
      {},
      [['passed', null]],
    ],
    ['was cancelled', makeLeg({}, { attempts: [makeEnded('cancelled')] }), {}, []],
    ['never ran', makeLeg(), { cancel: { kind: 'closed' } }, []],
    ['skipped', makeLeg({ skip: 'forks' }), {}, []],
    ['can be reused', makeLeg(reuse, { attempts: [makeEnded('success')] }), {}, [['passed', 'k']]],
    ['failed: nothing to reuse', makeLeg(reuse, { attempts: [makeEnded('failure')] }), {}, [['failed', null]]],
    [
      'untrusted: never reused',
      makeLeg(reuse, { attempts: [makeEnded('success')] }),
      { trusted: false },
      [['passed', null]],
    ],
  ])('%s', (_, leg, run, expected) => {
    expect(results(leg, run)).toEqual(expected)
  })

  test('a result that was reused is not kept as one that ran', () => {
    expect(
      results(makeLeg({ reuse: { key: 'k', maxAgeMs: 1, from: { sha: SHA, url: null, imageTags: [] } } })),
    ).toEqual([])
  })
})

describe('flakiness', () => {
  const history = { runs: 50, flaky: 6 }
  const attempts = [makeEnded('failure'), makeEnded('success', { number: 2 })]
  test('stands in the gate', () => {
    const run = makeRun([makeLeg({ retries: makeRetries(1) }, { attempts, history })], {
      gates: [makeGate(['docker / app'])],
    })
    const [leg, gate] = deriveCheckStates(run, deriveLegStates(run))
    expect(leg?.headline).toBe('Passed on attempt 2, flaky in 6 of 50 runs.')
    expect(gate?.rows[0]?.note).toBe('passed on attempt 2, flaky in 6 of 50 runs')
  })

  test.each<['any' | 'flaky', number, string]>([
    ['any', 0, 'ready'],
    ['flaky', 0, 'concluded'],
    ['flaky', 6, 'ready'],
  ])('only: %s with %i flaky runs: %s', (only, flaky, kind) => {
    const leg = makeLeg(
      { retries: { max: 1, delayMs: 0, only } },
      { attempts: [makeEnded('failure')], history: { runs: 50, flaky } },
    )
    expect(deriveLegStates(makeRun([leg], { now: later(60) })).get('docker / app')?.kind).toBe(kind)
  })
})
