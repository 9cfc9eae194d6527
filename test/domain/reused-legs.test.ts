import { describe, expect, test } from 'vitest'
import { deriveCheckStates } from '../../src/domain/check-state.ts'
import { decideRerun } from '../../src/domain/decide-rerun.ts'
import { decideRun } from '../../src/domain/decide-run.ts'
import { deriveLegStates } from '../../src/domain/leg-state.ts'
import {
  ALL_FILES,
  planRuns,
  type ReuseFacts,
  reusableWorkflows,
  withReusable,
  workflowKey,
} from '../../src/domain/plan.ts'
import type { LegFacts } from '../../src/domain/run.ts'
import {
  makeAttempt,
  makeConfig,
  makeEnded,
  makeGate,
  makeLeg,
  makeManualTrigger,
  makePullRequestTrigger,
  makePushTrigger,
  makeRun,
  NEWER_SHA,
  NOW,
} from '../support/facts.ts'

const CONFIG = makeConfig(`version: 1
pipelines:
  ci:
    on: { push: {}, pull_request: {}, manual: {} }
    jobs:
      test: { workflow: test.yml, reuse: { inputs: ["src/**"], max_age: 2d } }
      build: { workflow: build.yml, image: app, reuse: { inputs: ["src/**"] } }
      lint: { workflow: lint.yml }
images:
  app: { repository: ghcr.io/acme/app }
`)
const FACTS: ReuseFacts = {
  tree: new Map([['src/a.ts', 'b1']]),
  workflows: new Map([
    [workflowKey('main', 'test.yml'), 'w1'],
    [workflowKey('main', 'build.yml'), 'w2'],
  ]),
}
const FROM = { sha: NEWER_SHA, url: 'https://github.test/runs/9', imageTags: [`ghcr.io/acme/app:${NEWER_SHA}`] }
const FORK = { headRepo: 'eve/shop' }

function reuses(trigger = makePullRequestTrigger(), facts: ReuseFacts | null = FACTS) {
  const legs = planRuns(trigger, CONFIG, ALL_FILES, NOW, facts).runs[0]?.legs ?? []
  return Object.fromEntries(legs.map((leg) => [leg.job, leg.reuse]))
}

describe('the plan', () => {
  test('gives each leg that can be reused its key, and no other', () => {
    const found = reuses()
    expect(found).toMatchObject({
      test: { maxAgeMs: 172_800_000, from: null },
      build: { maxAgeMs: 604_800_000 },
      lint: null,
    })
    expect(found.test?.key).not.toBe(found.build?.key)
    expect(reuses(makePushTrigger()).test?.key).toBe(found.test?.key)
  })

  test('an untrusted commit may use the result of a trusted one, but gives no image its tags', () => {
    expect(reuses(makePullRequestTrigger(FORK))).toMatchObject({ test: { from: null }, build: null })
  })

  test('nothing is reused without the files, or where a workflow could not be read', () => {
    expect(reuses(makePullRequestTrigger(), null)).toEqual({ test: null, build: null, lint: null })
    expect(reuses(makePullRequestTrigger(), { ...FACTS, workflows: new Map() })).toMatchObject({ test: null })
  })

  test('a person who asks for a run gets one', () => {
    expect(reusableWorkflows(makeManualTrigger(), CONFIG)).toEqual([])
    expect(reusableWorkflows(makePushTrigger(), CONFIG)).toEqual([
      { ref: 'main', workflow: 'test.yml' },
      { ref: 'main', workflow: 'build.yml' },
    ])
  })

  test('what was found goes to the legs of its key', () => {
    const { runs } = planRuns(makePushTrigger(), CONFIG, ALL_FILES, NOW, FACTS)
    const key = runs[0]?.legs[0]?.reuse?.key ?? ''
    const [run] = withReusable(runs, new Map([[key, FROM]]))
    expect(run?.legs.map((leg) => leg.reuse?.from ?? null)).toEqual([FROM, null, null])
  })
})

describe('a leg whose result is known', () => {
  const reuse = { key: 'k', maxAgeMs: 1, from: FROM }
  const image = { name: 'app', build: null }
  const lines = (leg: LegFacts, cancel: { kind: 'closed' } | null = null) => {
    const run = makeRun([leg], { cancel })
    const state = deriveLegStates(run).get(leg.plan.name)
    const work = decideRun(run).actions.map((action) => action.kind)
    return [state?.kind === 'concluded' ? state.conclusion : state?.kind, work.filter((kind) => kind !== 'write_check')]
  }

  test.each<[string, LegFacts, unknown]>([
    ['concludes at once', makeLeg({ reuse }), ['success', []]],
    ['nothing was found', makeLeg({ reuse: { ...reuse, from: null } }), ['ready', ['dispatch']]],
    ['does not wait for a maintainer', makeLeg({ reuse, hold: 'approval' }), ['success', []]],
    ['gives its image the tags first', makeLeg({ reuse, image }), ['waiting', ['retag_image']]],
    ['whose image has them', makeLeg({ reuse, image }, { retag: 'done' }), ['success', []]],
    ['whose image could not be given them', makeLeg({ reuse, image }, { retag: 'failed' }), ['ready', ['dispatch']]],
    ['that was run again', makeLeg({ reuse }, { retag: 'failed' }), ['ready', ['dispatch']]],
    ['that was run nevertheless', makeLeg({ reuse }, { attempts: [makeEnded('failure')] }), ['failure', []]],
  ])('%s', (_, leg, expected) => {
    expect(lines(leg)).toEqual(expected)
  })

  test('waits for what it needs, and is skipped with it', () => {
    const states = (attempts: LegFacts['attempts'], plan: Partial<LegFacts['plan']> = {}) => {
      const legs = [makeLeg({ job: 'build' }, { attempts }), makeLeg({ reuse, needs: ['docker / build'], ...plan })]
      const run = makeRun(legs)
      const kinds = decideRun(run).actions.map((action) => action.kind)
      return { state: deriveLegStates(run).get('docker / app'), retags: kinds.includes('retag_image') }
    }
    expect(states([makeAttempt()])).toMatchObject({ state: { kind: 'waiting', reason: 'waits for docker / build' } })
    expect(states([makeAttempt()], { image })).toMatchObject({ retags: false })
    expect(states([makeEnded('failure')])).toMatchObject({ state: { conclusion: 'skipped', planned: false } })
    expect(states([makeEnded('success')])).toMatchObject({ state: { conclusion: 'success' } })
    expect(states([makeEnded('success')], { image })).toMatchObject({ retags: true })
  })

  test('of a run that is cancelled keeps what it had', () => {
    expect(lines(makeLeg({ reuse }), { kind: 'closed' })).toEqual(['success', []])
    expect(lines(makeLeg({ reuse, image }), { kind: 'closed' })).toEqual(['cancelled', []])
  })

  test('says where the result is from', () => {
    const run = makeRun([makeLeg({ reuse })], { gates: [makeGate(['docker / app'])] })
    const [leg, gate] = deriveCheckStates(run, deriveLegStates(run))
    expect(leg).toMatchObject({
      conclusion: 'success',
      headline: 'Passed: same inputs as bbbbbbb.',
      detailsUrl: FROM.url,
    })
    expect(gate?.rows).toMatchObject([{ state: 'success', note: 'same inputs as bbbbbbb', attempts: 0, url: FROM.url }])
  })

  test('can be asked to run', () => {
    expect(decideRerun(makeRun([makeLeg({ reuse })]), ['r1-0'])).toEqual({ kind: 'rerun', legIds: ['r1-0'] })
  })
})
