import { describe, expect, test } from 'vitest'
import { decideRerun, findSubjects, subjectNames } from '../../src/domain/decide-rerun.ts'
import type { CancelReason, RunFacts } from '../../src/domain/run.ts'
import { freeze, makeAttempt, makeEnded, makeGate, makeLeg, makeRun, NEWER_SHA, NOW } from '../support/facts.ts'

/** Ids are `r1-0` to `r1-7`, in this order. */
const LEGS = [
  makeLeg({ job: 'passed' }, { attempts: [makeEnded('success')] }),
  makeLeg({ job: 'failed' }, { attempts: [makeEnded('failure')] }),
  makeLeg({ job: 'kept', needs: ['docker / failed', 'docker / passed'] }),
  makeLeg({ job: 'kept-too', needs: ['docker / kept'] }),
  makeLeg({ job: 'running' }, { attempts: [makeAttempt()] }),
  makeLeg({ job: 'waiting', needs: ['docker / running'] }),
  makeLeg({ job: 'forks', skip: 'not run for pull requests from forks' }),
  makeLeg({ job: 'slow' }, { attempts: [makeEnded('timed_out')] }),
]
const RUN = makeRun(LEGS, {
  gates: [
    makeGate(['docker / passed', 'docker / kept-too'], { id: 'r1-g0' }),
    makeGate(['docker / passed', 'docker / running', 'docker / forks'], { id: 'r1-g1' }),
  ],
})

const decide = (run: RunFacts, subject: string | null) => decideRerun(freeze(run), subject === null ? null : [subject])
const rerun = (...legIds: string[]) => ({ kind: 'rerun', legIds })
const nothing = (reason: string) => ({ kind: 'nothing', reason })

describe('asked for', () => {
  test.each<[string, string | null, object]>([
    ['a leg that failed', 'r1-1', rerun('r1-1')],
    ['a leg that passed', 'r1-0', rerun('r1-0')],
    ['a leg that was kept from running, with what kept it', 'r1-2', rerun('r1-1', 'r1-2')],
    ['a leg far behind what failed', 'r1-3', rerun('r1-1', 'r1-2', 'r1-3')],
    ['a leg that runs', 'r1-4', nothing('nothing of it failed')],
    ['a leg that waits', 'r1-5', nothing('nothing of it failed')],
    ['a leg that the plan skips', 'r1-6', nothing('nothing of it failed')],
    ['a gate, and what its legs need', 'r1-g0', rerun('r1-1', 'r1-2', 'r1-3')],
    ['a gate of which nothing failed', 'r1-g1', nothing('nothing of it failed')],
    ['the whole run', null, rerun('r1-1', 'r1-2', 'r1-3', 'r1-7')],
    ['something else', 'r2-0', nothing('nothing of it failed')],
  ])('%s', (_title, subject, expected) => {
    expect(decide(RUN, subject)).toEqual(expected)
  })
})

test('of a run that passed nothing is run again, but a single leg when it is asked for', () => {
  const run = makeRun([LEGS[0] ?? makeLeg()], { gates: [makeGate(['docker / passed'])], open: false })
  for (const subject of [null, 'r1-g0']) expect(decide(run, subject)).toEqual(nothing('nothing of it failed'))
  expect(decide(run, 'r1-0')).toEqual(rerun('r1-0'))
})

describe('a cancelled run', () => {
  test.each<[CancelReason, string]>([
    [{ kind: 'superseded', newerSha: NEWER_SHA }, 'superseded by the newer commit bbbbbbb'],
    [{ kind: 'base_changed', baseRef: 'dev' }, 'the pull request now goes into dev'],
    [{ kind: 'closed' }, 'the pull request was closed'],
    [{ kind: 'group_destroyed' }, 'the merge queue gave the group up'],
    [{ kind: 'replanned' }, 'the configuration is good again, and the commit was planned anew'],
  ])('stays what it is: %o', (cancel, why) => {
    const expected = nothing(`the run is not started again: ${why}`)
    for (const subject of [null, 'r1-1', 'r1-g0']) expect(decide({ ...RUN, cancel }, subject)).toEqual(expected)
    expect(decide(makeRun([], { problem: 'broken', cancel }), null)).toEqual(expected)
  })

  test('is run again when a person cancelled it, but for what passed and what the plan skips', () => {
    const run = { ...RUN, cancel: { kind: 'requested', by: 'ann' } } as const
    expect(decide(run, null)).toEqual(rerun('r1-1', 'r1-2', 'r1-3', 'r1-4', 'r1-5', 'r1-7'))
    expect(decide(run, 'r1-g1')).toEqual(rerun('r1-4'))
  })
})

test('a run that could not be planned is planned anew, whatever is asked for', () => {
  const run = makeRun([], { problem: 'broken', gates: [makeGate([])] })
  for (const subject of [null, 'r1-g0', 'x']) expect(decide(run, subject)).toEqual({ kind: 'replan' })
})

test('several are run again together, each once', () => {
  expect(decideRerun(freeze(RUN), ['r1-7', 'r1-0', 'r1-g0', 'r1-7'])).toEqual(
    rerun('r1-0', 'r1-1', 'r1-2', 'r1-3', 'r1-7'),
  )
  expect(decideRerun(freeze(RUN), [])).toEqual(nothing('nothing of it failed'))
})

describe('what is observed', () => {
  const observed = { id: 5, runAttempt: 1, status: 'completed', url: null, startedAt: null, completedAt: NOW } as const
  const follows = makeLeg(
    { job: 'lint', start: { kind: 'observe_workflow', workflow: 'lint.yml' } },
    { observed: { ...observed, conclusion: 'failure' } },
  )

  test('is run again where it came from', () => {
    const run = makeRun([follows])
    const there = 'docker / lint follows what GitHub or another app runs by itself, so run it again there'
    for (const subject of [null, 'r1-0']) expect(decide(run, subject)).toEqual(nothing(there))
  })

  test('does not keep the rest from running again', () => {
    const run = makeRun([follows, makeLeg({ job: 'failed' }, { attempts: [makeEnded('failure')] })])
    expect(decide(run, null)).toEqual(rerun('r1-1'))
  })
})

describe('names', () => {
  const run = makeRun(
    [
      makeLeg({ job: 'test', name: 'docker / test (a b)' }),
      makeLeg({ job: 'test', name: 'docker / test (c)' }),
      makeLeg({ job: 'tests' }),
    ],
    { gates: [makeGate([])] },
  )

  test.each<[string, string[]]>([
    ['docker / test (a b)', ['r1-0']],
    ['TEST (C)', ['r1-1']],
    ['test', ['r1-0', 'r1-1']],
    ['docker.test', ['r1-0', 'r1-1']],
    ['tests', ['r1-2', 'r1-g0']],
    ['docker.tests', ['r1-2', 'r1-g0']],
    ['all runtime tests passed', ['r1-g0']],
    ['docker', []],
    ['', []],
  ])('%s', (name, ids) => {
    expect(findSubjects(run, name)).toEqual(ids)
  })

  test('every one that is known is found', () => {
    for (const name of subjectNames(run)) expect(findSubjects(run, name)).not.toEqual([])
  })
})
