import { describe, expect, test } from 'vitest'
import { type CheckState, deriveCheckStates } from '../../src/domain/check-state.ts'
import type { ForkRule } from '../../src/domain/config.ts'
import { decideRun } from '../../src/domain/decide-run.ts'
import { attemptInputs } from '../../src/domain/dispatch.ts'
import { deriveLegStates } from '../../src/domain/leg-state.ts'
import { ALL_FILES, type ChangedFiles, needsChangedFiles, planRuns } from '../../src/domain/plan.ts'
import type { Approval, RunFacts } from '../../src/domain/run.ts'
import type { PullRequest } from '../../src/domain/trigger.ts'
import { freeze, makeConfig, makeGate, makeLeg, makePullRequestTrigger, makeRun, NOW, SHA } from '../support/facts.ts'

const FORK: Partial<PullRequest> = { headRepo: 'eve/shop', author: 'Eve', association: 'FIRST_TIME_CONTRIBUTOR' }
const CODE: ChangedFiles = { kind: 'listed', files: ['src/a.ts'] }
const APPROVAL: Approval = { by: 'ann', at: NOW, via: 'comment' }

function configWith(forks: string, job = 'workflow: build.yml, inputs: { a: b }', rule: ForkRule = 'run') {
  return makeConfig(`version: 1
${forks === '' ? '' : `forks: ${forks}`}
pipelines:
  ci:
    on: { pull_request: {} }
    jobs: { build: { ${job}${rule === 'run' ? '' : `, forks: ${rule}`} } }
`)
}

function planOne(forks: string, pullRequest = FORK, changed: ChangedFiles = CODE, job?: string, rule?: ForkRule) {
  const plan = planRuns(makePullRequestTrigger(pullRequest), configWith(forks, job, rule), changed, NOW)
  return plan.runs[0]?.legs[0]
}

describe('what an untrusted leg waits for', () => {
  test.each<[string, Partial<PullRequest>, string | null]>([
    ['', FORK, 'approval'],
    ['{ policy: approve }', FORK, 'approval'],
    ['{ policy: run }', FORK, null],
    ['{ policy: never }', FORK, 'never'],
    ['{ policy: approve, trusted_authors: [eve] }', FORK, null],
    ['{ policy: approve, trusted_authors: [EVE] }', FORK, null],
    ['{ policy: approve, trusted_authors: [evelyn] }', FORK, 'approval'],
    ['{ policy: never, trusted_authors: [eve] }', FORK, null],
    ['{ members: true }', FORK, 'approval'],
    ['{ members: true }', { ...FORK, association: 'MEMBER' }, null],
    ['{ members: true }', { ...FORK, association: 'OWNER' }, null],
    ['{ members: true }', { ...FORK, association: 'CONTRIBUTOR' }, 'approval'],
    ['{ members: false }', { ...FORK, association: 'MEMBER' }, 'approval'],
    ['{ policy: never }', { headRepo: 'acme/shop' }, null],
    // The fork is gone: nobody knows whose it was.
    ['', { ...FORK, headRepo: null }, 'approval'],
  ])('forks: %s of %o: %s', (forks, pullRequest, hold) => {
    expect(planOne(forks, pullRequest)?.hold).toBe(hold)
  })

  test.each<[string, ChangedFiles, string, string | null]>([
    ['observe: { workflow: lint.yml }', CODE, '', null],
    ['observe: { workflow: lint.yml }', { kind: 'listed', files: ['.github/workflows/lint.yml'] }, '', 'approval'],
    ['observe: { workflow: lint.yml }', { kind: 'listed', files: ['.github/workflows/other.yml'] }, '', 'approval'],
    [
      'observe: { workflow: lint.yml }',
      { kind: 'listed', files: ['.github/actions/setup/action.yml'] },
      '',
      'approval',
    ],
    ['observe: { workflow: lint.yml }', ALL_FILES, '', 'approval'],
    ['observe: { workflow: lint.yml }', ALL_FILES, '{ policy: never }', 'never'],
    // It is dispatched without a word, but what a stranger's own workflow says is no verdict.
    ['observe: { workflow: lint.yml }', ALL_FILES, '{ policy: run }', 'approval'],
    ['observe: { check: scan, app: github-actions }', ALL_FILES, '', 'approval'],
    ['observe: { check: scan, app: sonarcloud }', ALL_FILES, '', null],
    ['workflow: build.yml', CODE, '{ start: observe }', null],
    ['workflow: build.yml', ALL_FILES, '{ start: observe }', 'approval'],
  ])('%s with %o and forks: %s: %s', (job, changed, forks, hold) => {
    expect(planOne(forks, FORK, changed, job)?.hold).toBe(hold)
  })

  test('the changed files are asked for only where they decide', () => {
    const trigger = makePullRequestTrigger(FORK)
    const observing = configWith('', 'observe: { workflow: lint.yml }')
    expect(needsChangedFiles(trigger, configWith(''))).toBe(false)
    expect(needsChangedFiles(trigger, configWith('{ start: observe }'))).toBe(true)
    expect(needsChangedFiles(trigger, observing)).toBe(true)
    expect(needsChangedFiles(makePullRequestTrigger(), observing)).toBe(false)
  })
})

describe('what an untrusted leg starts', () => {
  test('the workflow that stands in for forks, which is told the inputs of the job', () => {
    const leg = planOne('{ workflow: fork.yml }')
    expect(leg).toMatchObject({
      start: { kind: 'dispatch', workflow: 'fork.yml', ref: 'main' },
      inputs: {},
      toldInputs: { a: 'b' },
    })
    const run = makeRun([makeLeg(leg)], { trusted: false, trigger: makePullRequestTrigger(FORK) })
    const { signalbox, ...others } = attemptInputs(run, run.legs[0] ?? makeLeg(), 'r1-0.1')
    expect(others).toEqual({})
    expect(JSON.parse(signalbox ?? '')).toMatchObject({ trusted: false, push: false, inputs: { a: 'b' } })
  })

  test('from the default branch, where a branch that a stranger named would decide', () => {
    const job = 'workflow: build.yml, ref: "${{ pr.head_ref }}"'
    expect(planOne('', FORK, CODE, job)?.start).toMatchObject({ ref: 'main' })
    expect(planOne('', { headRepo: 'acme/shop' }, CODE, job)?.start).toMatchObject({ ref: 'feature' })
  })

  test('its own, for a trusted commit', () => {
    expect(planOne('{ workflow: fork.yml }', { headRepo: 'acme/shop' })).toMatchObject({
      start: { workflow: 'build.yml' },
      inputs: { a: 'b' },
      toldInputs: null,
    })
  })

  test('it follows the workflow that a trusted commit dispatches', () => {
    const observed = { kind: 'observe_workflow', workflow: 'build.yml' }
    expect(planOne('{ start: observe }')?.start).toEqual(observed)
    expect(planOne('{ start: observe }', { headRepo: 'acme/shop' })?.start).toMatchObject({ kind: 'dispatch' })
  })

  test.each<[ForkRule, boolean]>([
    ['run', false],
    ['build-only', true],
  ])('forks: %s tells build_only: %s', (rule, buildOnly) => {
    const leg = makeLeg(planOne('', FORK, CODE, undefined, rule))
    const run = makeRun([leg], { trusted: false, trigger: makePullRequestTrigger(FORK) })
    expect(JSON.parse(attemptInputs(run, leg, 'r1-0.1').signalbox ?? '')).toMatchObject({
      build_only: buildOnly,
      push: false,
    })
  })
})

describe('approval', () => {
  const held = (hold: 'approval' | 'never', facts: Partial<RunFacts> = {}) =>
    freeze(makeRun([makeLeg({ hold })], { trusted: false, gates: [makeGate(['docker / app'])], ...facts }))
  const gateOf = (run: RunFacts): CheckState | undefined =>
    deriveCheckStates(run, deriveLegStates(run)).find((check) => check.subject === 'gate')
  const dispatches = (run: RunFacts) => decideRun(run).actions.filter((action) => action.kind === 'dispatch').length

  test('without it nothing is dispatched, and the gate says what to type', () => {
    const run = held('approval')
    expect(dispatches(run)).toBe(0)
    expect(gateOf(run)).toMatchObject({
      status: 'in_progress',
      headline: `Held: the commit comes from a fork. To run it, a maintainer comments /ok-to-test ${SHA}`,
      trust: { kind: 'held', command: `/ok-to-test ${SHA}` },
    })
  })

  test('with it the legs are dispatched, and the gate says who approved', () => {
    const run = held('approval', { approval: APPROVAL })
    expect(dispatches(run)).toBe(1)
    expect(gateOf(run)).toMatchObject({ headline: 'Held by docker / app.', trust: { kind: 'approved' } })
  })

  test('it does not help where nothing is run for forks', () => {
    expect(dispatches(held('never', { approval: APPROVAL }))).toBe(0)
  })

  test('a leg that waits for nothing is not held by another one that does', () => {
    const legs = [makeLeg({ hold: 'approval' }), makeLeg({ job: 'lint' })]
    expect(dispatches(makeRun(legs, { trusted: false }))).toBe(1)
  })
})
