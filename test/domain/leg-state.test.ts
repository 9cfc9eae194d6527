import { describe, expect, test } from 'vitest'
import { currentAttempts, deriveLegStates, isConcluded, isOutdated, type LegState } from '../../src/domain/leg-state.ts'
import type { LegPlan } from '../../src/domain/plan.ts'
import type { AttemptFacts, CancelReason, FailedJob, LegFacts, RunFacts } from '../../src/domain/run.ts'
import { isLive } from '../../src/domain/run.ts'
import { freeze, later, makeAttempt, makeEnded, makeLeg, makeRun, NEWER_SHA } from '../support/facts.ts'

/** One state, as a line: `waiting: why`, `cancelled (planned): why`. */
function line(state: LegState | undefined): string {
  if (state === undefined) return 'unknown'
  if (state.kind === 'ready') return 'ready'
  if (state.kind === 'running') return `running ${state.attempt.id}`
  if (state.kind === 'observing') return `observing ${state.observed.id}`
  if (state.kind === 'waiting') return `waiting: ${state.reason}`
  const why = state.reason === null ? '' : `: ${state.reason}`
  return `${state.conclusion}${state.planned ? ' (planned)' : ''}${why}`
}

function lines(run: RunFacts): string[] {
  return [...deriveLegStates(freeze(run)).values()].map(line)
}

/** The state of one leg with these attempts, sixty seconds after its first dispatch. */
function stateOf(attempts: AttemptFacts[], plan: Partial<LegPlan> = {}, run: Partial<RunFacts> = {}) {
  return deriveLegStates(freeze(makeRun([makeLeg(plan, { attempts })], run))).get('docker / app')
}

/** A leg of a job that is a matrix over one letter. */
function matrixLeg(letter: string, plan: Partial<LegPlan> = {}, leg: Partial<Omit<LegFacts, 'plan'>> = {}): LegFacts {
  const job = plan.job ?? 'test'
  return makeLeg({ job, name: `docker / ${job} (${letter})`, ...plan }, leg)
}

const jobs = (...names: string[]): FailedJob[] =>
  names.map((name, id) => ({ id, name, url: `https://github.test/jobs/${id}`, runAttempt: 1 }))

describe('before anything was dispatched', () => {
  test('a leg without needs is ready', () => {
    expect(stateOf([])).toEqual({ kind: 'ready' })
  })

  test('a skip of the plan is the only planned one', () => {
    const run = makeRun([
      makeLeg({ skip: 'not run for pull requests from forks' }),
      makeLeg({ job: 'test', needs: ['docker / app'] }),
    ])
    expect(lines(run)).toEqual([
      'skipped (planned): not run for pull requests from forks',
      'skipped: needs docker / app, which was skipped',
    ])
  })

  test.each<[string, AttemptFacts[], string]>([
    ['is ready', [], 'waiting: waits for docker / app'],
    ['runs', [makeAttempt()], 'waiting: waits for docker / app'],
    ['succeeded', [makeEnded('success')], 'ready'],
    ['failed', [makeEnded('failure')], 'skipped: needs docker / app, which failed'],
    ['timed out', [makeEnded('timed_out')], 'skipped: needs docker / app, which timed out'],
    ['was cancelled', [makeEnded('cancelled')], 'skipped: needs docker / app, which was cancelled'],
  ])('a leg whose need %s', (_title, attempts, expected) => {
    const run = makeRun([makeLeg({}, { attempts }), makeLeg({ job: 'test', needs: ['docker / app'] })])
    expect(lines(run)[1]).toBe(expected)
  })

  test('the first need that is missing is named, the others are counted', () => {
    const run = makeRun([
      makeLeg({ job: 'a' }, { attempts: [makeEnded('success')] }),
      makeLeg({ job: 'b' }),
      makeLeg({ job: 'c' }),
      makeLeg({ job: 'd' }),
      makeLeg({ job: 'test', needs: ['docker / a', 'docker / b', 'docker / c', 'docker / d'] }),
    ])
    expect(lines(run)[4]).toBe('waiting: waits for docker / b and 2 more')
  })

  test('one failed need is enough, also while others are at work', () => {
    const run = makeRun([
      makeLeg({ job: 'a' }, { attempts: [makeAttempt()] }),
      makeLeg({ job: 'b' }, { attempts: [makeEnded('failure')] }),
      makeLeg({ job: 'test', needs: ['docker / a', 'docker / b'] }),
      makeLeg({ job: 'report', needs: ['docker / test'] }),
    ])
    expect(lines(run).slice(2)).toEqual([
      'skipped: needs docker / b, which failed',
      'skipped: needs docker / test, which was skipped',
    ])
  })

  test('the legs of an untrusted commit wait, those that need them too', () => {
    const run = makeRun([makeLeg({ hold: 'approval' }), makeLeg({ job: 'test', needs: ['docker / app'] })], {
      trusted: false,
    })
    expect(lines(run)).toEqual([
      'waiting: waits for a maintainer: the commit comes from a fork',
      'waiting: waits for docker / app',
    ])
  })
})

describe('an attempt', () => {
  test.each<[string, Partial<AttemptFacts>]>([
    ['intended', { outcome: 'intended', workflowRunId: null, status: null }],
    ['dispatched without a run id', { workflowRunId: null, status: null }],
    ['queued', { status: 'queued' }],
    ['in progress', { status: 'in_progress' }],
  ])('that is %s is running', (_title, attempt) => {
    expect(line(stateOf([makeAttempt(attempt)]))).toBe('running r1-0.1')
  })

  test('that GitHub refused fails at once, with the reason and whatever tries are left', () => {
    const refused = makeAttempt({ outcome: 'refused', workflowRunId: null, status: null, refusal: 'GitHub refused.' })
    expect(line(stateOf([refused], { retries: { max: 3, delayMs: 0, only: 'any' as const } }))).toBe(
      'failure: GitHub refused.',
    )
  })

  test('that never started does not count', () => {
    const lost = makeAttempt({ outcome: 'lost', workflowRunId: null, status: null })
    expect(line(stateOf([lost]))).toBe('ready')
    const retried = { retries: { max: 1, delayMs: 0, only: 'any' as const } }
    expect(line(stateOf([lost, makeEnded('failure', { number: 2 })], retried))).toBe('ready')
    expect(line(stateOf([makeEnded('failure'), { ...lost, number: 2 }], retried))).toBe('ready')
    expect(line(stateOf([lost], {}, { cancel: { kind: 'closed' } }))).toBe('cancelled: the pull request was closed')
  })

  test.each<[string | null, string]>([
    ['success', 'success'],
    ['failure', 'failure: the workflow run failed'],
    ['startup_failure', 'failure: the workflow run could not start: its file has an error'],
    ['timed_out', 'timed_out: the workflow run timed out'],
    ['cancelled', 'cancelled: the workflow run was cancelled at GitHub'],
    ['neutral', 'failure: the workflow run ended as neutral; only success passes'],
    ['skipped', 'failure: the workflow run ended as skipped; only success passes'],
    ['stale', 'failure: the workflow run ended as stale; only success passes'],
    ['action_required', 'failure: the workflow run ended as action_required; only success passes'],
    ['deleted', 'failure: the workflow run ended as deleted; only success passes'],
    ['SUCCESS', 'failure: the workflow run ended as SUCCESS; only success passes'],
    ['', 'failure: the workflow run ended as ; only success passes'],
    [null, 'failure: the workflow run ended as unknown; only success passes'],
  ])('that ended as %j', (conclusion, expected) => {
    expect(line(stateOf([makeAttempt({ status: 'completed', conclusion, completedAt: later(9) })]))).toBe(expected)
  })

  test.each<[string, string[], string]>([
    ['failure', ['unit'], 'failure: the workflow run failed in unit'],
    ['failure', ['a', 'b', 'c'], 'failure: the workflow run failed in a, b, c'],
    ['failure', ['a', 'b', 'c', 'd', 'e'], 'failure: the workflow run failed in a, b, c and 2 more'],
    ['timed_out', ['unit'], 'timed_out: the workflow run timed out in unit'],
  ])('that ended as %s in the jobs %j', (conclusion, names, expected) => {
    expect(line(stateOf([makeEnded(conclusion, { failedJobs: jobs(...names) })]))).toBe(expected)
  })

  test('of an old re-run is not looked at', () => {
    const leg = makeLeg({}, { firstAttempt: 2, attempts: [makeEnded('failure')] })
    expect(lines(makeRun([leg]))).toEqual(['ready'])
    const again = makeLeg({}, { firstAttempt: 2, attempts: [makeEnded('success'), makeAttempt({ number: 2 })] })
    expect(lines(makeRun([again]))).toEqual(['running r1-0.2'])
    expect(currentAttempts(again).map((attempt) => attempt.number)).toEqual([2])
  })
})

describe('retries', () => {
  const plan = { retries: { max: 2, delayMs: 20_000, only: 'any' as const } }
  const failed = (number: number) => makeEnded('failure', { number, completedAt: later(50) })

  test('wait for the delay, then are ready', () => {
    expect(stateOf([failed(1)], plan)).toEqual({
      kind: 'waiting',
      reason: 'the workflow run failed; is tried again',
      until: later(70),
    })
    expect(line(stateOf([failed(1)], plan, { now: later(69.999) }))).toMatch(/^waiting/)
    expect(line(stateOf([failed(1)], plan, { now: later(70) }))).toBe('ready')
    expect(line(stateOf([failed(1), failed(2)], plan, { now: later(70) }))).toBe('ready')
  })

  test('are used up', () => {
    expect(line(stateOf([failed(1), failed(2), failed(3)], plan))).toBe('failure: the workflow run failed')
    expect(line(stateOf([failed(1), makeEnded('success', { number: 2 })], plan))).toBe('success')
  })

  test('are not made of what a person cancelled at GitHub', () => {
    expect(line(stateOf([makeEnded('cancelled')], plan))).toBe('cancelled: the workflow run was cancelled at GitHub')
  })

  test('of a run whose end is not known count from its dispatch', () => {
    const attempt = makeAttempt({ status: 'completed', conclusion: 'failure', completedAt: null })
    expect(stateOf([attempt], plan, { now: later(19) })).toMatchObject({ kind: 'waiting', until: later(20) })
    expect(line(stateOf([attempt], plan, { now: later(20) }))).toBe('ready')
  })

  test('are not waited for when none is needed: no delay', () => {
    expect(line(stateOf([failed(1)], { retries: { max: 1, delayMs: 0, only: 'any' as const } }))).toBe('ready')
  })
})

describe('a time-out', () => {
  const plan = { timeoutMs: 30_000 }
  const why = 'took longer than its time-out of 30 s and was cancelled'
  const asked = { cancelRequestedAt: later(31), cancelRequests: 1 }

  test.each<[string, Partial<AttemptFacts>]>([
    ['in progress', {}],
    ['queued for ever', { status: 'queued', startedAt: null }],
    ['of unknown fate', { outcome: 'intended', workflowRunId: null, status: null }],
  ])('ends an attempt that is %s', (_title, attempt) => {
    expect(line(stateOf([makeAttempt(attempt)], plan, { now: later(29.999) }))).toBe('running r1-0.1')
    expect(line(stateOf([makeAttempt(attempt)], plan, { now: later(30) }))).toBe(`timed_out: ${why}`)
  })

  test('with tries left is tried again after the delay, whether GitHub has cancelled it or not', () => {
    const retried = { ...plan, retries: { max: 1, delayMs: 10_000, only: 'any' as const } }
    expect(stateOf([makeAttempt()], retried, { now: later(35) })).toEqual({
      kind: 'waiting',
      reason: `${why}; is tried again`,
      until: later(40),
    })
    expect(line(stateOf([makeAttempt(asked)], retried, { now: later(40) }))).toBe('ready')
    const cancelled = makeEnded('cancelled', { ...asked, completedAt: later(33) })
    expect(stateOf([cancelled], retried, { now: later(35) })).toMatchObject({ kind: 'waiting', until: later(43) })
    expect(line(stateOf([cancelled], retried, { now: later(43) }))).toBe('ready')
    const second = makeAttempt({ number: 2, intendedAt: later(40) })
    expect(line(stateOf([cancelled, second], retried, { now: later(69) }))).toBe('running r1-0.2')
    expect(line(stateOf([cancelled, second], retried, { now: later(70) }))).toBe(`timed_out: ${why}`)
  })

  test('stays one when GitHub says that the run was cancelled', () => {
    expect(line(stateOf([makeEnded('cancelled', asked)], plan))).toBe(`timed_out: ${why}`)
  })

  test('is no time-out when we asked for the cancellation before', () => {
    const early = makeEnded('cancelled', { cancelRequestedAt: later(29), cancelRequests: 1 })
    expect(line(stateOf([early], { ...plan, retries: { max: 1, delayMs: 0, only: 'any' as const } }))).toBe(
      'cancelled: cancelled by Signalbox',
    )
  })

  test('is forgotten when the run succeeded before it could be cancelled', () => {
    expect(line(stateOf([makeEnded('success', asked)], plan))).toBe('success')
  })
})

describe('a dispatch without a run id', () => {
  const unseen = (searchedAt: Date | null) => makeAttempt({ workflowRunId: null, status: null, url: null, searchedAt })

  test.each([null, later(299), later(15)])(
    'is waited for until it was looked for after five minutes: %s',
    (searchedAt) => {
      expect(line(stateOf([unseen(searchedAt)], {}, { now: later(1000) }))).toBe('running r1-0.1')
      expect(isLive(unseen(searchedAt))).toBe(true)
    },
  )

  test('fails when nothing appeared under its name, and says what to do', () => {
    const attempt = unseen(later(300))
    for (const now of [later(300), later(4000)])
      expect(line(stateOf([attempt], { retries: { max: 3, delayMs: 0, only: 'any' as const } }, { now }))).toBe(
        'failure: GitHub accepted the dispatch of app.yml, but no workflow run with r1-0.1 at the start of its name appeared. ' +
          'Give the workflow a run-name that begins with ${{ fromJSON(inputs.signalbox).attempt }}.',
      )
    expect(isLive(attempt)).toBe(false)
  })

  test('is followed when its run appeared after all', () => {
    expect(line(stateOf([{ ...unseen(later(300)), workflowRunId: 5, status: 'queued' }]))).toBe('running r1-0.1')
  })
})

describe('a cancelled run', () => {
  test.each<[CancelReason, string, boolean]>([
    [{ kind: 'superseded', newerSha: NEWER_SHA }, 'superseded by the newer commit bbbbbbb', true],
    [{ kind: 'base_changed', baseRef: 'dev' }, 'the pull request now goes into dev', true],
    [{ kind: 'closed' }, 'the pull request was closed', true],
    [{ kind: 'requested', by: 'ann' }, 'ann asked for it', false],
    [{ kind: 'group_destroyed' }, 'the merge queue gave the group up', true],
    [{ kind: 'replanned' }, 'the configuration is good again, and the commit was planned anew', true],
  ])('%o cancels what has not succeeded or been skipped by the plan', (cancel, why, outdated) => {
    const run = makeRun(
      [
        makeLeg({ job: 'done' }, { attempts: [makeEnded('success')] }),
        makeLeg({ job: 'failed' }, { attempts: [makeEnded('failure')] }),
        makeLeg({ job: 'running' }, { attempts: [makeAttempt()] }),
        makeLeg({ job: 'waiting', needs: ['docker / running'] }),
        makeLeg({ job: 'forks', skip: 'forks' }),
      ],
      { cancel },
    )
    expect(lines(run)).toEqual([
      'success',
      `cancelled: ${why}`,
      `cancelled: ${why}`,
      `cancelled: ${why}`,
      'skipped (planned): forks',
    ])
    expect(isOutdated(cancel)).toBe(outdated)
  })

  test('a run that is not cancelled is not outdated', () => {
    expect(isOutdated(null)).toBe(false)
  })
})

describe('fail_fast', () => {
  const why = 'docker / test (a) failed, and the job fails fast'
  const fast = { failFast: true }
  const failed = { attempts: [makeEnded('failure')] }

  test('cancels the job’s other legs, and skips what waits for them', () => {
    const run = makeRun([
      matrixLeg('a', fast, failed),
      matrixLeg('b', fast, { attempts: [makeAttempt()] }),
      matrixLeg('c', { ...fast, maxParallel: 1 }),
      matrixLeg('d', { ...fast, retries: { max: 1, delayMs: 600_000, only: 'any' as const } }, failed),
      matrixLeg('e', fast, { attempts: [makeEnded('success')] }),
      matrixLeg('f', { ...fast, skip: 'forks' }),
      makeLeg({ job: 'other' }, { attempts: [makeAttempt()] }),
      makeLeg({ job: 'after-b', needs: ['docker / test (b)'] }),
      makeLeg({ job: 'after-that', needs: ['docker / other', 'docker / after-b'] }),
      makeLeg({ job: 'after-e', needs: ['docker / test (e)'] }),
    ])
    expect(lines(run)).toEqual([
      'failure: the workflow run failed',
      `cancelled: ${why}`,
      `cancelled: ${why}`,
      `cancelled: ${why}`,
      'success',
      'skipped (planned): forks',
      'running r1-0.1',
      'skipped: needs docker / test (b), which was cancelled',
      'skipped: needs docker / after-b, which was skipped',
      'ready',
    ])
  })

  test('keeps saying why when GitHub has cancelled them', () => {
    const cancelled = makeEnded('cancelled', { cancelRequestedAt: later(5), cancelRequests: 1 })
    const run = makeRun([matrixLeg('a', fast, failed), matrixLeg('b', fast, { attempts: [cancelled] })])
    expect(lines(run)[1]).toBe(`cancelled: ${why}`)
  })

  test.each<[string, AttemptFacts, string]>([
    ['a time-out', makeEnded('timed_out'), `cancelled: ${why}`],
    [
      'a refusal',
      makeAttempt({ outcome: 'refused', refusal: 'No.', workflowRunId: null, status: null }),
      `cancelled: ${why}`,
    ],
    ['a cancellation at GitHub', makeEnded('cancelled'), 'running r1-0.1'],
    ['a success', makeEnded('success'), 'running r1-0.1'],
  ])('after %s', (_title, attempt, expected) => {
    const run = makeRun([
      matrixLeg('a', fast, { attempts: [attempt] }),
      matrixLeg('b', fast, { attempts: [makeAttempt()] }),
    ])
    expect(lines(run)[1]).toBe(expected)
  })

  test('not while a failed leg has tries left, and not without it', () => {
    const retried = { ...fast, retries: { max: 1, delayMs: 600_000, only: 'any' as const } }
    for (const plan of [retried, { failFast: false }]) {
      const run = makeRun([matrixLeg('a', plan, failed), matrixLeg('b', plan, { attempts: [makeAttempt()] })])
      expect(lines(run)[1]).toBe('running r1-0.1')
    }
  })

  test('a failed leg keeps its own reason, also when two failed', () => {
    const run = makeRun([matrixLeg('a', fast, failed), matrixLeg('b', fast, failed), matrixLeg('c', fast)])
    expect(lines(run)).toEqual([
      'failure: the workflow run failed',
      'failure: the workflow run failed',
      `cancelled: ${why}`,
    ])
  })
})

describe('max_parallel', () => {
  const two = { maxParallel: 2 }
  const full = 'waiting: waits for a place: at most 2 at once'

  test('lets as many be ready as there are places, in the order of the plan', () => {
    const legs = ['a', 'b', 'c', 'd'].map((letter) => matrixLeg(letter, two))
    expect(lines(makeRun(legs))).toEqual(['ready', 'ready', full, full])
  })

  test('counts what runs, and not what ended', () => {
    const run = makeRun([
      matrixLeg('a', two, { attempts: [makeEnded('success')] }),
      matrixLeg('b', two),
      matrixLeg('c', two),
      matrixLeg('d', two, { attempts: [makeAttempt({ outcome: 'intended', workflowRunId: null, status: null })] }),
    ])
    expect(lines(run)).toEqual(['success', 'ready', full, 'running r1-0.1'])
  })

  test('counts what GitHub has not cancelled yet, and frees the place when it has', () => {
    const plan = { maxParallel: 1, timeoutMs: 30_000, retries: { max: 1, delayMs: 0, only: 'any' as const } }
    const slow = makeAttempt({ cancelRequestedAt: later(30), cancelRequests: 1 })
    const legs = (attempt: AttemptFacts) => [matrixLeg('a', plan, { attempts: [attempt] }), matrixLeg('b', plan)]
    const waits = 'waiting: waits for a place: at most 1 at once'
    expect(lines(makeRun(legs(slow)))).toEqual([waits, waits])
    expect(lines(makeRun(legs({ ...slow, status: 'completed', conclusion: 'cancelled' })))).toEqual(['ready', waits])
  })

  test('is of each job by itself, and holds retries back too', () => {
    const run = makeRun([
      matrixLeg('a', { maxParallel: 1 }, { attempts: [makeAttempt()] }),
      matrixLeg(
        'b',
        { maxParallel: 1, retries: { max: 1, delayMs: 0, only: 'any' as const } },
        { attempts: [makeEnded('failure')] },
      ),
      matrixLeg('a', { job: 'other', maxParallel: 1 }),
      matrixLeg('a', { job: 'free' }),
      matrixLeg('b', { job: 'free' }),
    ])
    expect(lines(run)).toEqual([
      'running r1-0.1',
      'waiting: waits for a place: at most 1 at once',
      'ready',
      'ready',
      'ready',
    ])
  })
})

test('concluded is only what is concluded', () => {
  expect(isConcluded({ kind: 'concluded', conclusion: 'failure', reason: null, planned: false })).toBe(true)
  for (const state of [{ kind: 'ready' } as const, undefined]) expect(isConcluded(state)).toBe(false)
})
