import { describe, expect, test } from 'vitest'
import { deriveCheckStates } from '../../src/domain/check-state.ts'
import { decideRun } from '../../src/domain/decide-run.ts'
import { deriveLegStates } from '../../src/domain/leg-state.ts'
import { chooseObserved } from '../../src/domain/observed.ts'
import type { LegPlan } from '../../src/domain/plan.ts'
import type { LegFacts, Observed, RunFacts } from '../../src/domain/run.ts'
import type { TriggerKind } from '../../src/domain/trigger.ts'
import { freeze, later, makeAttempt, makeEnded, makeGate, makeLeg, makeRun, NOW } from '../support/facts.ts'

const LINT = { kind: 'observe_workflow', workflow: 'lint.yml' } as const
const SCAN = { kind: 'observe_check', name: 'scan', app: 'sonarcloud' } as const

function makeObserved(observed: Partial<Observed> = {}): Observed {
  return {
    id: 500,
    runAttempt: 1,
    status: 'in_progress',
    conclusion: null,
    url: 'https://github.test/runs/500',
    startedAt: NOW,
    completedAt: null,
    ...observed,
  }
}

function ended(conclusion: string): Observed {
  return makeObserved({ status: 'completed', conclusion, completedAt: later(20) })
}

function observing(observed: Observed | null, plan: Partial<LegPlan> = {}, leg: Partial<LegFacts> = {}): LegFacts {
  return makeLeg({ job: 'lint', start: LINT, timeoutMs: 600_000, ...plan }, { observed, ...leg })
}

function stateOf(leg: LegFacts, run: Partial<RunFacts> = {}) {
  return deriveLegStates(freeze(makeRun([leg], run))).get(leg.plan.name)
}

describe('an observed leg', () => {
  test.each<[string, LegFacts, Partial<RunFacts>, object]>([
    [
      'nothing was reported',
      observing(null),
      {},
      { kind: 'waiting', reason: 'waits for the workflow lint.yml to report', until: later(600) },
    ],
    [
      'of a check',
      observing(null, { start: SCAN }),
      {},
      { reason: 'waits for the check scan of sonarcloud to report' },
    ],
    ['just in time', observing(null), { now: new Date(later(600).getTime() - 1) }, { kind: 'waiting' }],
    [
      'never reported',
      observing(null),
      { now: later(600) },
      { conclusion: 'timed_out', reason: 'the workflow lint.yml never reported: the time-out is 10 min 00 s' },
    ],
    ['queued', observing(makeObserved({ status: 'queued', startedAt: null })), {}, { kind: 'observing' }],
    ['under way', observing(makeObserved()), {}, { kind: 'observing' }],
    [
      'took too long',
      observing(makeObserved()),
      { now: later(600) },
      { conclusion: 'timed_out', reason: 'the workflow lint.yml took too long: the time-out is 10 min 00 s' },
    ],
    ['began late', observing(makeObserved({ startedAt: later(500) })), { now: later(700) }, { kind: 'observing' }],
    ['passed', observing(ended('success')), {}, { conclusion: 'success', reason: null }],
    ['passed after its time', observing(ended('success')), { now: later(9_000) }, { conclusion: 'success' }],
    ['failed', observing(ended('failure')), {}, { conclusion: 'failure', reason: 'the workflow lint.yml failed' }],
    ['was cancelled', observing(ended('cancelled')), {}, { conclusion: 'cancelled' }],
    ['timed out there', observing(ended('timed_out')), {}, { conclusion: 'timed_out' }],
    ...['neutral', 'skipped', 'stale', 'action_required', 'startup_failure'].map(
      (conclusion): [string, LegFacts, Partial<RunFacts>, object] => [
        conclusion,
        observing(ended(conclusion)),
        {},
        { conclusion: 'failure', reason: `the workflow lint.yml ended as ${conclusion}; only success passes` },
      ],
    ),
    ['cancelled run', observing(makeObserved()), { cancel: { kind: 'closed' } }, { conclusion: 'cancelled' }],
    ['cancelled run, passed', observing(ended('success')), { cancel: { kind: 'closed' } }, { conclusion: 'success' }],
    [
      'held',
      observing(ended('success'), { hold: 'approval' }),
      { trusted: false },
      { kind: 'waiting', reason: 'waits for a maintainer: the commit comes from a fork' },
    ],
    ['held, and failed', observing(ended('failure'), { hold: 'approval' }), { trusted: false }, { kind: 'waiting' }],
    ['held for ever', observing(null, { hold: 'never' }), { trusted: false, now: later(9_000) }, { kind: 'waiting' }],
    [
      'approved',
      observing(ended('success'), { hold: 'approval' }),
      { trusted: false, approval: { by: 'ann', at: NOW, via: 'label' } },
      { conclusion: 'success' },
    ],
  ])('%s', (_, leg, run, expected) => {
    expect(stateOf(leg, run)).toMatchObject(expected)
  })

  test('is skipped when what it needs failed before it reported', () => {
    const legs = [
      makeLeg({ job: 'build' }, { attempts: [makeEnded('failure')] }),
      observing(null, { needs: ['docker / build'] }),
      observing(makeObserved(), { job: 'scan', needs: ['docker / build'] }),
    ]
    const states = deriveLegStates(makeRun(legs))
    expect(states.get('docker / lint')).toMatchObject({ conclusion: 'skipped', planned: false })
    expect(states.get('docker / scan')).toMatchObject({ kind: 'observing' })
  })

  test('lets start what needs it', () => {
    const legs = [observing(ended('success')), makeLeg({ job: 'deploy', needs: ['docker / lint'] })]
    const { actions } = decideRun(makeRun(legs))
    expect(actions).toMatchObject([{ kind: 'dispatch', leg: { plan: { job: 'deploy' } } }])
  })

  test('is never dispatched or cancelled; time alone ends it', () => {
    for (const leg of [observing(null), observing(makeObserved())])
      for (const cancel of [null, { kind: 'closed' } as const]) {
        const { actions } = decideRun(makeRun([leg], { cancel }))
        expect(actions.filter((action) => action.kind !== 'write_check' && action.kind !== 'conclude_run')).toEqual([])
      }
    expect(decideRun(makeRun([observing(makeObserved())])).wakeAt).toEqual(later(600))
    expect(decideRun(makeRun([observing(null)])).wakeAt).toEqual(later(600))
  })

  describe('waits', () => {
    const held = { hold: 'approval' } as const
    const late = { by: 'ann', at: later(500), via: 'comment' } as const
    test('from when it was approved', () => {
      const run = { trusted: false, approval: late, now: later(700) }
      expect(stateOf(observing(null, held), run)).toMatchObject({ kind: 'waiting', until: later(1_100) })
      expect(stateOf(observing(null, held), { ...run, now: later(1_100) })).toMatchObject({ conclusion: 'timed_out' })
    })

    test('not while what it needs is at work, and from its end', () => {
      const states = (attempts: LegFacts['attempts'], seconds: number) => {
        const legs = [makeLeg({ job: 'build' }, { attempts }), observing(null, { needs: ['docker / build'] })]
        return deriveLegStates(makeRun(legs, { now: later(seconds) })).get('docker / lint')
      }
      expect(states([makeAttempt()], 900)).toMatchObject({ kind: 'waiting', reason: 'waits for docker / build' })
      const done = makeEnded('success', { completedAt: later(900) })
      expect(states([done], 1_000)).toMatchObject({ kind: 'waiting', until: later(1_500) })
      expect(states([done], 1_500)).toMatchObject({ conclusion: 'timed_out' })
    })

    test('without an end for a person at GitHub', () => {
      const asked = makeObserved({ status: 'queued', conclusion: 'action_required' })
      expect(stateOf(observing(asked), { now: later(9_000) })).toMatchObject({
        kind: 'waiting',
        reason: 'waits for a maintainer to press «Approve and run» at GitHub',
        until: null,
      })
    })
  })

  test('is shown with what it follows', () => {
    const run = makeRun([observing(makeObserved())], { gates: [makeGate(['docker / lint'])] })
    const [leg, gate] = deriveCheckStates(run, deriveLegStates(run))
    expect(leg).toMatchObject({
      status: 'in_progress',
      detailsUrl: 'https://github.test/runs/500',
      headline: 'The workflow lint.yml is under way, and is followed.',
    })
    expect(gate).toMatchObject({
      status: 'in_progress',
      headline: 'Held by docker / lint.',
      rows: [{ state: 'running' }],
    })
  })

  test('that has not begun is queued', () => {
    const observed = makeObserved({ status: 'queued' })
    const run = makeRun([observing(observed)], { gates: [makeGate(['docker / lint'])] })
    const [leg, gate] = deriveCheckStates(run, deriveLegStates(run))
    expect(leg).toMatchObject({ status: 'queued', headline: 'The workflow lint.yml has not begun.' })
    expect(gate).toMatchObject({
      status: 'in_progress',
      headline: 'Held by docker / lint: the workflow lint.yml has not begun.',
      rows: [{ state: 'waiting' }],
    })
  })
})

describe('what is followed', () => {
  const seen = (event: string, id: number) => ({ ...makeObserved({ id }), event })
  test.each<[TriggerKind, string[], number | null]>([
    ['pull_request', ['pull_request'], 0],
    ['pull_request', ['push', 'pull_request'], 0],
    ['pull_request', ['schedule', 'pull_request'], 1],
    ['pull_request', ['merge_group'], null],
    ['push', ['pull_request', 'push'], 1],
    ['tag', ['push'], 0],
    ['merge_group', ['pull_request', 'push', 'merge_group'], 2],
    ['push', [], null],
  ])('of a %s, of runs of %o: number %s', (trigger, events, index) => {
    const workflowRuns = events.map((event, at) => seen(event, at))
    expect(chooseObserved(LINT, { kind: trigger, trusted: true }, { workflowRuns })?.id ?? null).toBe(index)
  })

  type Run = [event: string, conclusion: string | null]
  const PR = 'pull_request'
  test.each<[string, boolean, Run[], number | undefined]>([
    [
      'one that had nothing to do stands back',
      true,
      [
        [PR, 'skipped'],
        [PR, 'success'],
      ],
      1,
    ],
    [
      'and one that gave way',
      true,
      [
        [PR, 'cancelled'],
        [PR, 'success'],
      ],
      1,
    ],
    ['unless there is no other', true, [[PR, 'skipped']], 0],
    [
      'the newest of its event',
      true,
      [
        [PR, 'success'],
        [PR, 'failure'],
      ],
      0,
    ],
    [
      'of several events the worst',
      true,
      [
        [PR, 'success'],
        ['push', 'failure'],
      ],
      1,
    ],
    [
      'what is at work before what passed',
      true,
      [
        [PR, 'success'],
        ['push', null],
      ],
      1,
    ],
    [
      'what failed before what is at work',
      true,
      [
        [PR, null],
        ['push', 'failure'],
      ],
      1,
    ],
    [
      "of a stranger's commit the worst of all",
      false,
      [
        [PR, 'success'],
        [PR, 'failure'],
      ],
      1,
    ],
    [
      "of a stranger's commit, at work",
      false,
      [
        [PR, 'success'],
        [PR, null],
      ],
      1,
    ],
  ])('%s', (_, trusted, runs, index) => {
    const workflowRuns = runs.map(([event, conclusion], id) => {
      return {
        ...seen(event, id),
        status: conclusion === null ? ('in_progress' as const) : ('completed' as const),
        conclusion,
      }
    })
    expect(chooseObserved(LINT, { kind: 'pull_request', trusted }, { workflowRuns })?.id).toBe(index)
  })

  test.each<[(string | null)[], number | null]>([
    [['sonarcloud'], 0],
    [['evil', 'sonarcloud'], 1],
    [['evil', null, 'sonarcloud-2'], null],
  ])('a check of %o: number %s', (apps, index) => {
    const checks = apps.map((app, at) => ({ ...makeObserved({ id: at }), app }))
    expect(chooseObserved(SCAN, { kind: 'pull_request', trusted: true }, { checks })?.id ?? null).toBe(index)
  })
})
