import { describe, expect, test } from 'vitest'
import { type CheckState, deriveCheckStates, digestOf, durationCell } from '../../src/domain/check-state.ts'
import { deriveLegStates } from '../../src/domain/leg-state.ts'
import type { AttemptFacts, CancelReason, LegFacts, RunFacts } from '../../src/domain/run.ts'
import {
  freeze,
  later,
  makeAttempt,
  makeEnded,
  makeGate,
  makeLeg,
  makeRetries,
  makeRun,
  NEWER_SHA,
  NOW,
  SHA,
} from '../support/facts.ts'

function checksOf(run: RunFacts): CheckState[] {
  return deriveCheckStates(freeze(run), deriveLegStates(run))
}

/** The check of one leg with these attempts. */
function legCheck(
  attempts: AttemptFacts[],
  plan: Partial<LegFacts['plan']> = {},
  run: Partial<RunFacts> = {},
): CheckState {
  return only(checksOf(makeRun([makeLeg(plan, { attempts })], run)))
}

/** The check of the gate that needs these legs. */
function gateCheck(legs: LegFacts[], run: Partial<RunFacts> = {}): CheckState {
  const needs = legs.map((leg) => leg.plan.name)
  return only(checksOf(makeRun(legs, { gates: [makeGate(needs)], ...run })).slice(legs.length))
}

function only(checks: CheckState[]): CheckState {
  const [check] = checks
  if (check === undefined || checks.length > 1) throw new Error(`${checks.length} checks instead of one`)
  return check
}

/** What people see of it first. */
function glance({ status, conclusion, headline, buttons }: CheckState): string[] {
  return [conclusion ?? status, headline, ...buttons.map((button) => button.label)]
}

const unseen = { workflowRunId: null, url: null, status: null, startedAt: null }
const timedOut = makeEnded('cancelled', { cancelRequestedAt: later(60), cancelRequests: 1, completedAt: later(62) })
const retries = (max: number) => ({ retries: makeRetries(max, 3_000_000) })
const job = (name: string) => ({ id: 1, name, url: 'https://github.test/jobs/1', runAttempt: 1 })

const CANCELS: [CancelReason, string][] = [
  [{ kind: 'superseded', newerSha: NEWER_SHA }, 'superseded by the newer commit bbbbbbb'],
  [{ kind: 'base_changed', baseRef: 'dev' }, 'the pull request now goes into dev'],
  [{ kind: 'closed' }, 'the pull request was closed'],
  [{ kind: 'requested', by: 'ann' }, 'ann asked for it'],
  [{ kind: 'group_destroyed' }, 'the merge queue gave the group up'],
  [{ kind: 'replanned' }, 'the configuration is good again, and the commit was planned anew'],
]

describe('a leg', () => {
  test.each<[string, CheckState, string[]]>([
    ['ready', legCheck([]), ['queued', 'About to be dispatched.', 'Cancel']],
    [
      'of a fork',
      legCheck([], { hold: 'approval' }, { trusted: false }),
      ['queued', 'Waits for a maintainer: the commit comes from a fork.', 'Cancel'],
    ],
    [
      'running',
      legCheck([makeAttempt()], retries(2)),
      ['in_progress', 'Attempt 1 of at most 3 runs app.yml.', 'Cancel'],
    ],
    [
      'running again',
      legCheck([makeEnded('failure'), makeAttempt({ number: 2 })], retries(2)),
      ['in_progress', 'Attempt 2 of at most 3 runs app.yml.', 'Cancel'],
    ],
    [
      'waiting for a retry',
      legCheck([makeEnded('failure', { failedJobs: [job('unit')] })], retries(1)),
      ['queued', 'The workflow run failed in unit; is tried again.', 'Cancel'],
    ],
    ['passed', legCheck([makeEnded('success')]), ['success', 'Passed.']],
    [
      'passed on a retry',
      legCheck([makeEnded('failure'), makeEnded('success', { number: 2 })], retries(1)),
      ['success', 'Passed on attempt 2.'],
    ],
    [
      'failed',
      legCheck([makeEnded('failure', { failedJobs: [job('unit')] })]),
      ['failure', 'Failed: the workflow run failed in unit.', 'Re-run failed'],
    ],
    [
      'failed for good',
      legCheck([makeEnded('failure'), makeEnded('failure', { number: 2 })], retries(1)),
      ['failure', 'Failed after 2 attempts: the workflow run failed.', 'Re-run failed'],
    ],
    [
      'timed out',
      legCheck([timedOut], { timeoutMs: 60_000 }),
      ['timed_out', 'Timed out: took longer than its time-out of 1 min 00 s and was cancelled.', 'Re-run failed'],
    ],
    [
      'cancelled at GitHub',
      legCheck([makeEnded('cancelled')]),
      ['cancelled', 'Was cancelled: the workflow run was cancelled at GitHub.', 'Re-run failed'],
    ],
    [
      'ended strangely',
      legCheck([makeEnded('neutral')]),
      ['failure', 'Failed: the workflow run ended as neutral; only success passes.', 'Re-run failed'],
    ],
    [
      'refused',
      legCheck([makeAttempt({ ...unseen, outcome: 'refused', refusal: 'GitHub refused to dispatch app.yml.' })]),
      ['failure', 'Failed: GitHub refused to dispatch app.yml.', 'Re-run failed'],
    ],
    [
      'refused without a word',
      legCheck([makeAttempt({ ...unseen, outcome: 'refused' })]),
      ['failure', 'Failed: no reason is known for docker / app.', 'Re-run failed'],
    ],
    [
      'skipped by the plan',
      legCheck([], { skip: 'not run for pull requests from forks' }),
      ['skipped', 'Was skipped: not run for pull requests from forks.'],
    ],
  ])('that is %s', (_title, check, expected) => {
    expect(glance(check)).toEqual(expected)
  })

  test('that waits for another, and that was skipped for it', () => {
    const legs = (attempt: AttemptFacts) => [
      makeLeg({}, { attempts: [attempt] }),
      makeLeg({ job: 'test', needs: ['docker / app'] }),
    ]
    expect(checksOf(makeRun(legs(makeAttempt()))).map(glance)[1]).toEqual([
      'queued',
      'Waits for docker / app.',
      'Cancel',
    ])
    expect(checksOf(makeRun(legs(makeEnded('failure')))).map(glance)[1]).toEqual([
      'skipped',
      'Was skipped: needs docker / app, which failed.',
      'Re-run failed',
    ])
  })

  test.each(CANCELS)('of a run that is cancelled: %o', (cancel, why) => {
    const buttons = cancel.kind === 'requested' ? ['Re-run failed'] : []
    expect(glance(legCheck([makeAttempt()], {}, { cancel }))).toEqual([
      'cancelled',
      `Was cancelled: ${why}.`,
      ...buttons,
    ])
    expect(glance(legCheck([makeEnded('success')], {}, { cancel }))).toEqual(['success', 'Passed.'])
  })

  test('shows each attempt, its times and the link to its workflow run', () => {
    const check = legCheck(
      [
        makeEnded('failure', { failedJobs: [job('unit'), job('lint')] }),
        makeAttempt({ ...unseen, number: 2, outcome: 'lost' }),
        makeEnded('success', { number: 3, intendedAt: later(20), startedAt: later(25), completedAt: later(40) }),
      ],
      retries(1),
    )
    expect(check).toEqual({
      subject: 'leg',
      id: 'r1-0',
      name: 'docker / app',
      status: 'completed',
      conclusion: 'success',
      startedAt: NOW,
      completedAt: later(40),
      detailsUrl: 'https://github.test/runs/103',
      buttons: [],
      headline: 'Passed on attempt 2.',
      trust: null,
      annotations: [],
      tests: null,
      differences: [],
      rows: [
        row('Attempt 1', 'failure', 10_000, 'https://github.test/runs/101', 'unit, lint'),
        row('Attempt 2', 'cancelled', null, null, null),
        row('Attempt 3', 'success', 15_000, 'https://github.test/runs/103', null),
      ],
    })
  })

  test.each<[string, AttemptFacts, string, string | null]>([
    ['running', makeAttempt(), 'running', null],
    ['of unknown fate', makeAttempt({ ...unseen, outcome: 'intended' }), 'running', null],
    ['refused', makeAttempt({ ...unseen, outcome: 'refused', refusal: 'No.' }), 'failure', 'No.'],
    ['timed out', makeEnded('timed_out'), 'timed_out', null],
    ['cancelled', makeEnded('cancelled'), 'cancelled', null],
    ['neutral', makeEnded('neutral'), 'failure', null],
    ['of no conclusion', makeAttempt({ status: 'completed', completedAt: later(1) }), 'failure', null],
  ])('shows an attempt that is %s', (_title, attempt, state, note) => {
    expect(legCheck([attempt]).rows[0]).toMatchObject({ state, note })
  })

  test('starts with its first attempt that counts, and with the run before there is one', () => {
    expect(legCheck([]).startedAt).toEqual(NOW)
    const leg = makeLeg(
      {},
      { firstAttempt: 2, attempts: [makeEnded('failure'), makeAttempt({ number: 2, intendedAt: later(40) })] },
    )
    expect(checksOf(makeRun([leg]))[0]).toMatchObject({
      startedAt: later(40),
      headline: 'Attempt 1 of at most 1 runs app.yml.',
      detailsUrl: 'https://github.test/runs/102',
    })
  })

  test('never lasted less than no time, though clocks differ', () => {
    expect(legCheck([makeEnded('success', { startedAt: later(10), completedAt: later(9) })]).rows[0]?.durationMs).toBe(
      0,
    )
  })
})

function row(name: string, state: string, durationMs: number | null, url: string | null, note: string | null) {
  return { name, state, attempts: 1, durationMs, url, note }
}

describe('a gate', () => {
  const passed = (name: string) => makeLeg({ job: name }, { attempts: [makeEnded('success')] })
  const failed = (name: string) => makeLeg({ job: name }, { attempts: [makeEnded('failure')] })
  const running = (name: string) => makeLeg({ job: name }, { attempts: [makeAttempt()] })
  const skipped = (name: string) => makeLeg({ job: name, skip: 'not run for pull requests from forks' })
  const needing = (name: string, need: string) => makeLeg({ job: name, needs: [`docker / ${need}`] })

  test.each<[string, CheckState, string[]]>([
    ['all passed', gateCheck([passed('a'), passed('b')]), ['success', '2 legs passed.']],
    ['one passed', gateCheck([passed('a')]), ['success', '1 leg passed.']],
    [
      'a skip of the plan',
      gateCheck([passed('a'), skipped('b')]),
      ['success', '1 leg passed; 1 leg skipped by the plan.'],
    ],
    [
      'nothing but skips of the plan',
      gateCheck([skipped('a'), skipped('b')]),
      ['success', '0 legs passed; 2 legs skipped by the plan.'],
    ],
    ['one failed', gateCheck([passed('a'), failed('b')]), ['failure', 'docker / b failed.', 'Re-run failed']],
    [
      'three did not pass',
      gateCheck([passed('a'), failed('b'), needing('c', 'b'), failed('d')]),
      ['failure', 'docker / b and 2 more did not pass.', 'Re-run failed'],
    ],
    [
      'a leg that needs one that the plan skips',
      gateCheck([skipped('a'), needing('b', 'a')]),
      ['failure', 'docker / b was skipped.', 'Re-run failed'],
    ],
    [
      'one was cancelled at GitHub',
      gateCheck([makeLeg({ job: 'a' }, { attempts: [makeEnded('cancelled')] })]),
      ['failure', 'docker / a was cancelled.', 'Re-run failed'],
    ],
    [
      'one timed out',
      gateCheck([makeLeg({ job: 'a' }, { attempts: [makeEnded('timed_out')] })]),
      ['failure', 'docker / a timed out.', 'Re-run failed'],
    ],
    ['one runs', gateCheck([passed('a'), running('b')]), ['in_progress', 'Held by docker / b.', 'Cancel']],
    [
      'what runs is named before what waits',
      gateCheck([makeLeg({ job: 'z' }), needing('b', 'z'), running('c')]),
      ['in_progress', 'Held by docker / c and 2 more.', 'Cancel'],
    ],
    [
      'a retry is to come',
      gateCheck([makeLeg({ job: 'a', ...retries(1) }, { attempts: [makeEnded('failure')] })]),
      ['in_progress', 'Held by docker / a: the workflow run failed; is tried again.', 'Cancel'],
    ],
    [
      'one failed and others are at work',
      gateCheck([failed('a'), failed('b'), running('c')]),
      ['in_progress', 'Held by docker / c. 2 legs already did not pass.', 'Cancel'],
    ],
    [
      'the commit comes from a fork',
      gateCheck([skipped('a'), makeLeg({ job: 'b', hold: 'approval' })], { trusted: false }),
      [
        'in_progress',
        `Held: the commit comes from a fork. To run it, a maintainer comments /ok-to-test ${SHA}`,
        'Cancel',
      ],
    ],
    [
      'nothing is run for forks',
      gateCheck([makeLeg({ job: 'b', hold: 'never' })], { trusted: false }),
      ['in_progress', 'Held: the commit comes from a fork, and this repository runs nothing for forks.', 'Cancel'],
    ],
    [
      'there is nothing to do',
      gateCheck([], { skipped: "none of the 2 changed files matches the pipeline's paths" }),
      ['success', "Nothing to do for this change: none of the 2 changed files matches the pipeline's paths."],
    ],
    [
      'the configuration is broken',
      gateCheck([], { problem: '.github/signalbox.yml on main cannot be used.\nline 3' }),
      ['failure', '.github/signalbox.yml on main cannot be used.\nline 3', 'Re-run failed'],
    ],
  ])('when %s', (_title, check, expected) => {
    expect(glance(check)).toEqual(expected)
  })

  test.each(['neutral', 'skipped', 'stale', 'action_required', 'startup_failure', 'deleted', 'SUCCESS', ''])(
    'does not pass when a workflow run ended as %j',
    (conclusion) => {
      expect(gateCheck([makeLeg({}, { attempts: [makeEnded(conclusion)] })]).conclusion).toBe('failure')
    },
  )

  test.each(CANCELS)('of a run that is cancelled: %o', (cancel, why) => {
    const buttons = cancel.kind === 'requested' ? ['Re-run failed'] : []
    for (const legs of [[running('a')], [passed('a'), failed('b')]])
      expect(glance(gateCheck(legs, { cancel }))).toEqual(['cancelled', `Cancelled: ${why}.`, ...buttons])
  })

  test('stays green when everything had passed before the run was cancelled', () => {
    const cancel = { kind: 'requested', by: 'ann' } as const
    expect(glance(gateCheck([passed('a'), skipped('b')], { cancel }))).toEqual([
      'success',
      '1 leg passed; 1 leg skipped by the plan.',
    ])
    expect(glance(gateCheck([passed('a'), failed('b')], { cancel }))[0]).toBe('cancelled')
  })

  test('of a broken configuration that was cancelled says so', () => {
    expect(glance(gateCheck([], { problem: 'broken', cancel: { kind: 'closed' } }))).toEqual([
      'cancelled',
      'Cancelled: the pull request was closed.',
    ])
  })

  test('waits for a leg of its plan that nobody knows of', () => {
    const run = makeRun([passed('a')], { gates: [makeGate(['docker / app', 'docker / ghost'])] })
    expect(glance(only(checksOf(run).slice(1)))).toEqual([
      'in_progress',
      'Some legs of the plan have not reported yet.',
      'Cancel',
    ])
  })

  test('looks at its own legs only, and ends with the last of them', () => {
    const late = makeLeg({ job: 'b' }, { attempts: [makeEnded('success', { completedAt: later(30) })] })
    const run = makeRun([passed('a'), late, running('c')], { gates: [makeGate(['docker / a', 'docker / b'])] })
    expect(checksOf(run)[3]).toMatchObject({
      subject: 'gate',
      id: 'r1-g0',
      name: 'All Runtime Tests Passed',
      conclusion: 'success',
      startedAt: NOW,
      completedAt: later(30),
      detailsUrl: null,
    })
  })

  test('shows a row for each leg, with all its attempts', () => {
    const retried = makeLeg(
      { job: 'a', ...retries(1) },
      {
        attempts: [
          makeEnded('failure'),
          makeEnded('success', { number: 2, startedAt: later(20), completedAt: later(50) }),
        ],
      },
    )
    const { rows } = gateCheck([retried, running('b'), needing('c', 'b'), makeLeg({ job: 'd' })])
    expect(rows).toEqual([
      {
        name: 'docker / a',
        state: 'success',
        attempts: 2,
        durationMs: 40_000,
        url: 'https://github.test/runs/102',
        note: 'passed on attempt 2',
      },
      {
        name: 'docker / b',
        state: 'running',
        attempts: 1,
        durationMs: null,
        url: 'https://github.test/runs/101',
        note: null,
      },
      { name: 'docker / c', state: 'waiting', attempts: 0, durationMs: null, url: null, note: 'waits for docker / b' },
      { name: 'docker / d', state: 'waiting', attempts: 0, durationMs: null, url: null, note: null },
    ])
  })
})

/** One run that has something of everything. */
function variedRun(): RunFacts {
  const legs = [
    makeLeg({ job: 'a' }, { attempts: [makeEnded('success')] }),
    makeLeg(
      { job: 'b', ...retries(2) },
      { attempts: [makeEnded('failure'), makeAttempt({ number: 2, id: 'r1-1.2' })] },
    ),
    makeLeg({ job: 'c', ...retries(1) }, { attempts: [makeEnded('failure')] }),
    makeLeg({ job: 'd', needs: ['docker / b'] }),
    makeLeg({ job: 'e', skip: 'not run for pull requests from forks' }),
    makeLeg({ job: 'f' }, { attempts: [makeEnded('timed_out')] }),
    makeLeg({ job: 'g' }, { attempts: [makeAttempt({ ...unseen, outcome: 'intended' })] }),
    makeLeg({ job: 'h', needs: ['docker / f'] }),
  ]
  return makeRun(legs, { gates: [makeGate(legs.map((leg) => leg.plan.name))] })
}

test('nothing changes while time passes', () => {
  const digests = (seconds: number) => checksOf({ ...variedRun(), now: later(seconds) }).map(digestOf)
  expect(digests(61)).toEqual(digests(60))
  expect(digests(2_999)).toEqual(digests(60))
})

test('a digest tells what is shown apart, and takes twenty-two characters', () => {
  const checks = checksOf(variedRun())
  const digests = checks.map(digestOf)
  expect(new Set(digests).size).toBe(checks.length)
  for (const digest of digests) expect(digest).toMatch(/^[\w-]{22}$/)
  const [first] = checks
  if (first) expect(digestOf({ ...first, headline: 'Passed!' })).not.toBe(digestOf(first))
})

test('buttons stay within the limits of GitHub', () => {
  const runs = [
    variedRun(),
    { ...variedRun(), cancel: { kind: 'requested', by: 'ann' } as const },
    makeRun([], { problem: 'x', gates: [makeGate([])] }),
  ]
  const all = runs.flatMap(checksOf)
  for (const { buttons } of all) expect(buttons.length).toBeLessThanOrEqual(3)
  const buttons = all.flatMap((check) => check.buttons)
  expect(new Set(buttons.map((button) => button.identifier))).toEqual(new Set(['rerun_failed', 'cancel']))
  for (const button of buttons) {
    expect(button.label.length).toBeLessThanOrEqual(20)
    expect(button.description.length).toBeLessThanOrEqual(40)
    expect(button.identifier.length).toBeLessThanOrEqual(20)
  }
})

test('a duration is a dash until it is known', () => {
  expect([durationCell(null), durationCell(0), durationCell(61_000)]).toEqual(['–', '0 ms', '1 min 01 s'])
})

describe('a gate that a person overrode', () => {
  const override = { by: 'root', reason: 'the runner is broken', at: NOW }
  const gate = (legs: LegFacts[], run: Partial<RunFacts> = {}) =>
    checksOf(
      makeRun(legs, {
        gates: [
          makeGate(
            legs.map((leg) => leg.plan.name),
            { override },
          ),
        ],
        ...run,
      }),
    ).at(-1)

  test.each<[string, LegFacts[], Partial<RunFacts>]>([
    ['whose leg failed', [makeLeg({}, { attempts: [makeEnded('failure')] })], {}],
    ['while a leg is at work', [makeLeg({}, { attempts: [makeAttempt()] })], {}],
    ['of a commit that is held', [makeLeg({ hold: 'approval' })], { trusted: false }],
    ['that could not be planned', [], { problem: 'broken' }],
    ['of a run that a person cancelled', [makeLeg()], { cancel: { kind: 'requested', by: 'ann' } }],
  ])('%s passes, and names who and why', (_, legs, run) => {
    expect(gate(legs, run)).toMatchObject({
      status: 'completed',
      conclusion: 'success',
      headline: 'Overridden by root: the runner is broken.',
    })
  })

  test('of a commit that the pull request moved away from does not', () => {
    expect(gate([makeLeg()], { cancel: { kind: 'superseded', newerSha: NEWER_SHA } })?.conclusion).toBe('cancelled')
  })
})

describe('the check on a changed configuration', () => {
  const verdict = {
    conclusion: 'failure',
    headline: '2 problems in .github/signalbox.yml.',
    differences: [],
    annotations: [{ path: '.github/signalbox.yml', line: 3, level: 'failure', title: 'jobs', message: 'is empty' }],
  } as const
  const gates = [makeGate([], { plan: { id: 'config', name: 'signalbox config', needs: [] } })]

  test('shows the verdict, and where', () => {
    const [check] = checksOf(makeRun([], { verdict, gates }))
    expect(check).toMatchObject({ conclusion: 'failure', headline: verdict.headline, annotations: verdict.annotations })
  })

  test('of an older commit is cancelled', () => {
    const [check] = checksOf(makeRun([], { verdict, gates, cancel: { kind: 'superseded', newerSha: NEWER_SHA } }))
    expect(check?.conclusion).toBe('cancelled')
  })
})
