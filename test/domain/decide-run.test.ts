import { describe, expect, test } from 'vitest'
import { deriveCheckStates, digestOf } from '../../src/domain/check-state.ts'
import {
  CANCEL_AGAIN_MS,
  DISPATCH_SETTLES_MS,
  decideRun,
  LOOK_AGAIN_MS,
  type RunAction,
} from '../../src/domain/decide-run.ts'
import { deriveLegStates } from '../../src/domain/leg-state.ts'
import type { LegPlan } from '../../src/domain/plan.ts'
import type { AttemptFacts, GateFacts, LegFacts, RunFacts } from '../../src/domain/run.ts'
import { freeze, later, makeAttempt, makeEnded, makeGate, makeLeg, makeRun } from '../support/facts.ts'

/** One action, as a line. */
function line(action: RunAction): string {
  switch (action.kind) {
    case 'dispatch':
      return `dispatch ${action.attemptId} (${action.number}) of ${action.leg.plan.name}`
    case 'cancel_workflow_run':
      return `${action.force ? 'force-cancel' : 'cancel'} ${action.workflowRunId}`
    case 'find_workflow_run':
      return `find ${action.attempt.id}`
    case 'give_up_attempt':
      return `give up ${action.attempt.id}`
    case 'retag_image':
      return `retag ${action.leg.plan.name}`
    case 'read_report':
      return `read ${action.artifact} of ${action.workflowRunId}`
    case 'write_check': {
      const { posted, check } = action
      const how =
        typeof posted === 'object' ? `update ${posted.nodeId}` : posted === 'never' ? 'create' : 'find or create'
      return `${how}: ${check.name} ${check.conclusion ?? check.status}`
    }
    case 'conclude_run':
      return `conclude ${action.conclusion}`
    case 'reopen_run':
      return 'reopen'
  }
}

/** What GitHub is asked for; where it is asked for nothing, what is shown, or the end. */
function decide(run: RunFacts) {
  const { actions, wakeAt } = decideRun(freeze(run))
  const work = actions.filter((action) => action.kind !== 'write_check')
  return { lines: (work.length > 0 ? work : actions).map(line), wakeAt }
}

/** One leg with these attempts, so many seconds after the first dispatch. */
function decideLeg(attempts: AttemptFacts[], seconds = 60, plan: Partial<LegPlan> = {}, run: Partial<RunFacts> = {}) {
  return decide(makeRun([makeLeg(plan, { attempts })], { now: later(seconds), ...run }))
}

/** The run as it is when all its check runs show what they should. */
function shown(run: RunFacts): RunFacts {
  const digests = new Map(deriveCheckStates(run, deriveLegStates(run)).map((check) => [check.id, digestOf(check)]))
  const post = <T extends LegFacts | GateFacts>(subject: T): T => ({
    ...subject,
    check: { nodeId: `CR_${subject.id}`, digest: digests.get(subject.id) ?? '' },
  })
  return { ...run, legs: run.legs.map(post), gates: run.gates.map(post) }
}

const unknown = (attempt: Partial<AttemptFacts> = {}) =>
  makeAttempt({ outcome: 'intended', workflowRunId: null, url: null, status: null, startedAt: null, ...attempt })
const unseen = (attempt: Partial<AttemptFacts> = {}) => unknown({ outcome: 'dispatched', ...attempt })
const closed = { cancel: { kind: 'closed' } } as const

describe('checks', () => {
  const kinds = (run: RunFacts) => new Set(decideRun(freeze(run)).actions.map((action) => action.kind))

  test('wait for dispatches, whose outcome they show', () => {
    expect(kinds(makeRun([makeLeg()]))).toEqual(new Set(['dispatch']))
  })

  test('are not held back by anything else that GitHub may keep refusing', () => {
    expect(kinds(makeRun([makeLeg({}, { attempts: [unknown()] })]))).toEqual(
      new Set(['find_workflow_run', 'write_check']),
    )
    expect(kinds(makeRun([makeLeg({}, { attempts: [makeAttempt()] })], closed))).toEqual(
      new Set(['cancel_workflow_run', 'write_check']),
    )
  })
})

describe('dispatches', () => {
  test('what is ready, each leg as its first attempt', () => {
    const run = makeRun([makeLeg(), makeLeg({ job: 'lint' }), makeLeg({ job: 'test', needs: ['docker / app'] })])
    expect(decide(run)).toEqual({
      lines: ['dispatch r1-0.1 (1) of docker / app', 'dispatch r1-1.1 (1) of docker / lint'],
      wakeAt: null,
    })
  })

  test('the next attempt when the delay is over, and wakes for it', () => {
    const plan = { retries: { max: 1, delayMs: 30_000, only: 'any' as const } }
    const failed = makeEnded('failure', { completedAt: later(50) })
    const waiting = makeRun([makeLeg(plan, { attempts: [failed] })])
    expect(decide(shown(waiting))).toEqual({ lines: [], wakeAt: later(80) })
    expect(decideLeg([failed], 80, plan)).toEqual({ lines: ['dispatch r1-0.2 (2) of docker / app'], wakeAt: null })
  })

  test('a number never used before, after lost attempts and re-runs too', () => {
    const lost = unknown({ outcome: 'lost', number: 3 })
    const leg = makeLeg(
      {},
      { firstAttempt: 2, attempts: [makeEnded('failure'), makeEnded('failure', { number: 2 }), lost] },
    )
    const run = makeRun([{ ...leg, plan: { ...leg.plan, retries: { max: 1, delayMs: 0, only: 'any' as const } } }])
    expect(decide(run).lines).toEqual(['dispatch r1-0.4 (4) of docker / app'])
  })

  test('no untrusted commit', () => {
    const run = makeRun([makeLeg({ hold: 'approval' }), makeLeg({ job: 'lint', hold: 'approval' })], { trusted: false })
    expect(decide(shown(run))).toEqual({ lines: [], wakeAt: null })
  })

  test('nothing of a run that was cancelled, skipped or could not be planned', () => {
    expect(decide(makeRun([makeLeg()], closed)).lines).toEqual(['create: docker / app cancelled'])
    expect(decide(makeRun([], { skipped: 'no file' })).lines).toEqual(['conclude success'])
    expect(decide(makeRun([], { problem: 'broken' })).lines).toEqual(['conclude failure'])
  })
})

describe('a dispatch of unknown outcome', () => {
  const settles = DISPATCH_SETTLES_MS / 1000

  test('is looked for at once, and wakes when it must have settled', () => {
    expect(decideLeg([unknown()], 1)).toEqual({ lines: ['find r1-0.1'], wakeAt: later(settles) })
  })

  test('is left alone until then, looked for once more, and only then dispatched again, under the same id', () => {
    expect(decideLeg([unknown({ searchedAt: later(1) })], settles - 0.001).lines).toEqual([
      'create: docker / app in_progress',
    ])
    expect(decideLeg([unknown({ searchedAt: later(1) })], settles).lines).toEqual(['find r1-0.1'])
    expect(decideLeg([unknown({ searchedAt: later(settles - 0.001) })], 60).lines).toEqual(['find r1-0.1'])
    expect(decideLeg([unknown({ searchedAt: later(settles) })], settles).lines).toEqual([
      'dispatch r1-0.1 (1) of docker / app',
    ])
  })

  test('settles anew after it was dispatched again', () => {
    const again = unknown({ intendedAt: later(20) })
    expect(decideLeg([again], 21)).toEqual({ lines: ['find r1-0.1'], wakeAt: later(20 + settles) })
    expect(decideLeg([{ ...again, searchedAt: later(21) }], 20 + settles).lines).toEqual(['find r1-0.1'])
  })

  test.each<[string, Partial<LegPlan>, Partial<RunFacts>]>([
    ['the run was cancelled', {}, closed],
    ['it took too long', { timeoutMs: 30_000 }, {}],
  ])('is looked for and given up, not dispatched, when %s', (_title, plan, run) => {
    expect(decideLeg([unknown()], 60, plan, run).lines).toEqual(['find r1-0.1'])
    expect(decideLeg([unknown({ searchedAt: later(5) })], 60, plan, run).lines).toEqual(['find r1-0.1'])
    expect(decideLeg([unknown({ searchedAt: later(60) })], 60, plan, run).lines).toEqual(['give up r1-0.1'])
  })

  test('is cancelled when it was found and is not wanted any more', () => {
    expect(decideLeg([makeAttempt()], 60, {}, closed).lines).toEqual(['cancel 101'])
  })
})

describe('a dispatch without a run id', () => {
  test('is looked for every fifteen seconds for five minutes, wanted or not', () => {
    const again = LOOK_AGAIN_MS / 1000
    for (const run of [{}, closed]) {
      expect(decideLeg([unseen()], again - 0.001, {}, run).lines).not.toContain('find r1-0.1')
      expect(decideLeg([unseen()], again, {}, run).lines).toEqual(['find r1-0.1'])
      expect(decideLeg([unseen({ searchedAt: later(20) })], 20 + again, {}, run).lines).toEqual(['find r1-0.1'])
      expect(decideLeg([unseen({ searchedAt: later(20) })], 2000, {}, run).lines).toEqual(['find r1-0.1'])
    }
    expect(decideLeg([unseen()], 1).wakeAt).toEqual(later(again))
    expect(decideLeg([unseen({ searchedAt: later(20) })], 21).wakeAt).toEqual(later(20 + again))
  })

  test('that never appears ends the leg, and is not dispatched again', () => {
    const never = makeLeg(
      { retries: { max: 2, delayMs: 0, only: 'any' as const } },
      { attempts: [unseen({ searchedAt: later(300) })] },
    )
    for (const seconds of [300, 600, 86_400]) {
      const run = makeRun([never], { now: later(seconds) })
      expect(decide(run).lines).toEqual(['create: docker / app failure'])
      expect(decide(shown(run))).toEqual({ lines: ['conclude failure'], wakeAt: null })
    }
  })
})

describe('cancelling', () => {
  const again = CANCEL_AGAIN_MS / 1000
  const asked = (cancelRequests: number) => makeAttempt({ cancelRequestedAt: later(60), cancelRequests })

  test('is asked for once, again after two minutes, and then by force', () => {
    expect(decideLeg([makeAttempt()], 60, {}, closed).lines).toEqual(['cancel 101'])
    expect(decide(shown(makeRun([makeLeg({}, { attempts: [asked(1)] })], closed)))).toEqual({
      lines: [],
      wakeAt: later(60 + again),
    })
    expect(decideLeg([asked(1)], 60 + again - 0.001, {}, closed).lines).not.toContain('cancel 101')
    expect(decideLeg([asked(1)], 60 + again, {}, closed).lines).toEqual(['cancel 101'])
    expect(decideLeg([asked(2)], 60 + again, {}, closed).lines).toEqual(['force-cancel 101'])
  })

  test('waits for GitHub before the run ends', () => {
    const run = makeRun([makeLeg({}, { attempts: [asked(1)] })], closed)
    expect(decide(run).lines).toEqual(['create: docker / app cancelled'])
    expect(decide(shown(run)).lines).toEqual([])
    const ended = makeRun(
      [makeLeg({}, { attempts: [{ ...asked(1), status: 'completed', conclusion: 'cancelled' }] })],
      closed,
    )
    expect(decide(shown(ended)).lines).toEqual(['conclude cancelled'])
  })

  test('of an attempt that took too long, beside its retry', () => {
    const plan = { timeoutMs: 60_000, retries: { max: 1, delayMs: 0, only: 'any' as const } }
    expect(decideLeg([makeAttempt()], 59.999, plan).wakeAt).toEqual(later(60))
    expect(decideLeg([makeAttempt()], 60, plan).lines).toEqual(['cancel 101', 'dispatch r1-0.2 (2) of docker / app'])
    expect(decideLeg([makeAttempt()], 60, { timeoutMs: 60_000 }).lines).toEqual(['cancel 101'])
  })

  test('of the siblings of a failed leg, while other jobs go on', () => {
    const leg = (job: string, letter: string, attempts: AttemptFacts[], failFast = true) =>
      makeLeg({ job, name: `docker / ${job} (${letter})`, failFast }, { attempts })
    const run = makeRun([
      leg('test', 'a', [makeEnded('failure')]),
      leg('test', 'b', [makeAttempt({ workflowRunId: 7 })]),
      leg('test', 'c', [makeEnded('success')]),
      leg('other', 'a', [makeAttempt({ workflowRunId: 8 })]),
    ])
    expect(decide(run).lines).toEqual(['cancel 7'])
  })

  test('of an attempt before the re-run that took its place', () => {
    const old = makeAttempt({ workflowRunId: 7 })
    const leg = makeLeg({}, { firstAttempt: 2, attempts: [old, makeAttempt({ number: 2 })] })
    expect(decide(makeRun([leg])).lines).toEqual(['cancel 7'])
  })
})

describe('check runs', () => {
  const gated = (legs: LegFacts[], run: Partial<RunFacts> = {}) =>
    makeRun(legs, { gates: [makeGate(legs.map((leg) => leg.plan.name))], ...run })

  test('are written after the work, and before the end', () => {
    const running = gated([makeLeg({}, { attempts: [makeAttempt()] }), makeLeg({ job: 'lint' })])
    expect(decide(running).lines).toEqual(['dispatch r1-1.1 (1) of docker / lint'])
    const passed = gated([makeLeg({}, { attempts: [makeEnded('success')] })])
    expect(decide(passed).lines).toEqual(['create: docker / app success', 'create: All Runtime Tests Passed success'])
    expect(decide(shown(passed)).lines).toEqual(['conclude success'])
    expect(decide({ ...shown(passed), open: false, conclusion: 'success' })).toEqual({ lines: [], wakeAt: null })
    expect(decide({ ...shown(passed), open: false, conclusion: 'failure' }).lines).toEqual(['conclude success'])
  })

  test('are written only where they show something else', () => {
    const run = shown(
      gated([makeLeg({}, { attempts: [makeAttempt()] }), makeLeg({ job: 'x' }, { attempts: [makeAttempt()] })]),
    )
    expect(decide(run).lines).toEqual([])
    const ended = {
      ...run,
      legs: run.legs.map((leg, at) => (at === 0 ? { ...leg, attempts: [makeEnded('success')] } : leg)),
    }
    expect(decide(ended).lines).toEqual([
      'update CR_r1-0: docker / app success',
      'update CR_r1-g0: All Runtime Tests Passed in_progress',
    ])
  })

  test('whose creation was begun are looked for, and those that were refused are not written again', () => {
    const run = gated([makeLeg({}, { attempts: [makeEnded('success')] })])
    const begun = {
      ...run,
      gates: run.gates.map((gate) => ({ ...gate, check: { nodeId: null, digest: null, annotated: null } })),
    }
    expect(decide(begun).lines[1]).toBe('find or create: All Runtime Tests Passed success')
    const refused = shown(run)
    const withoutId = {
      ...refused,
      gates: refused.gates.map((gate) => ({
        ...gate,
        check: { nodeId: null, digest: gate.check?.digest ?? null, annotated: null },
      })),
    }
    expect(decide(withoutId).lines).toEqual(['conclude success'])
  })

  test('do not change while time passes', () => {
    const legs = [
      makeLeg({}, { attempts: [makeEnded('failure'), makeAttempt({ number: 2 })] }),
      makeLeg({ job: 'b' }, { attempts: [makeEnded('success')] }),
      makeLeg({ job: 'c', needs: ['docker / app'] }),
      makeLeg(
        { job: 'd', retries: { max: 1, delayMs: 3_000_000, only: 'any' as const } },
        { attempts: [makeEnded('failure')] },
      ),
    ]
    const run = shown(gated(legs))
    for (const seconds of [61, 600, 2999]) expect(decide({ ...run, now: later(seconds) }).lines).toEqual([])
  })
})

describe('the end', () => {
  const ended = (...conclusions: string[]) =>
    makeRun(conclusions.map((conclusion, at) => makeLeg({ job: `job-${at}` }, { attempts: [makeEnded(conclusion)] })))

  test.each<[string, RunFacts, string]>([
    ['every leg passed', ended('success', 'success'), 'success'],
    ['one failed', ended('success', 'failure'), 'failure'],
    ['one was cancelled at GitHub', ended('success', 'cancelled'), 'failure'],
    ['every leg was skipped by the plan', makeRun([makeLeg({ skip: 'forks' })]), 'success'],
    [
      'a leg was skipped for another',
      {
        ...ended('failure'),
        legs: [...ended('failure').legs, makeLeg({ job: 'b', needs: ['docker / job-0'] }, { id: 'r1-1' })],
      },
      'failure',
    ],
    ['it was cancelled', { ...ended('success'), ...closed }, 'cancelled'],
    ['there is nothing to do', makeRun([], { skipped: 'no file' }), 'success'],
    ['it could not be planned', makeRun([], { problem: 'broken' }), 'failure'],
  ])('when %s', (_title, run, conclusion) => {
    expect(decide(shown(run)).lines).toEqual([`conclude ${conclusion}`])
  })

  test('a workflow run that is run again at GitHub opens the run again', () => {
    const again = makeAttempt({ intendedAt: later(50), status: 'queued' })
    const concluded = { ...shown(ended('success', 'failure')), open: false }
    const reopened = {
      ...concluded,
      legs: concluded.legs.map((leg, at) => (at === 1 ? { ...leg, attempts: [again] } : leg)),
    }
    expect(decide(reopened).lines).toEqual(['update CR_r1-1: docker / job-1 in_progress'])
    expect(decide(shown(reopened))).toEqual({ lines: ['reopen'], wakeAt: later(50 + 3600) })
    expect(decide({ ...shown(reopened), open: true }).lines).toEqual([])
  })

  test('a leg that is run again opens the run again, once it is dispatched', () => {
    const concluded = { ...shown(ended('failure')), open: false }
    const rerun = { ...concluded, legs: concluded.legs.map((leg) => ({ ...leg, firstAttempt: 2 })) }
    expect(decide(rerun).lines).toEqual(['dispatch r1-0.2 (2) of docker / job-0'])
  })
})

test('the earliest time that is still to come wakes the run', () => {
  const run = makeRun([
    makeLeg({ job: 'a', timeoutMs: 500_000 }, { attempts: [makeAttempt()] }),
    makeLeg(
      { job: 'b', retries: { max: 1, delayMs: 300_000, only: 'any' as const } },
      { attempts: [makeEnded('failure')] },
    ),
    makeLeg({ job: 'c' }, { attempts: [unseen({ id: 'r1-2.1', searchedAt: later(55) })] }),
  ])
  expect(decide(run).wakeAt).toEqual(later(70))
  expect(decide({ ...run, now: later(70) })).toMatchObject({ lines: ['find r1-2.1'], wakeAt: later(310) })
  expect(decide({ ...run, now: later(310) }).wakeAt).toEqual(later(500))
})

test('the same facts give the same decision', () => {
  const run = makeRun([makeLeg({}, { attempts: [makeAttempt()] }), makeLeg({ job: 'b' })], {
    gates: [makeGate(['docker / b'])],
  })
  expect(decideRun(structuredClone(run))).toEqual(decideRun(run))
})
