import { describe, expect, test } from 'vitest'
import { decideLabelActions, type LabelDecision } from '../../src/domain/decide-label-actions.ts'
import type { PullRequestFacts } from '../../src/domain/pull-request.ts'
import type { LabelTriggered } from '../../src/domain/trigger.ts'
import { freeze, makeConfig, makeLeg, makePullRequest, makeRepo, makeRun, NOW, SHA } from '../support/facts.ts'
import { makeLabeling, makeLabelled } from '../support/preview-facts.ts'

const CONFIG = makeConfig(`version: 1
pipelines: {}
label_actions:
  lint-fix: { workflow: lint-fix.yml, inputs: { branch: "\${{ pr.head_ref }}", why: "\${{ event }}" }, timeout: 20m }
  report: { workflow: report.yml, ref: tools, pushes: false }
`)
const ON = { labels: ['lint-fix'] }
const FORK = { ...ON, headRepo: 'mallory/shop', maintainersMayPush: true }
const APPROVAL = { by: 'bob', at: NOW, via: 'comment' } as const

function makeFacts(facts: Partial<PullRequestFacts> = {}): PullRequestFacts {
  const labelings = [makeLabeling('lint-fix')]
  return makeLabelled({ config: CONFIG, pullRequest: makePullRequest(ON), labelings, ...facts })
}

function decide(facts: PullRequestFacts): LabelDecision[] {
  return decideLabelActions(freeze(facts))
}

function makeLabelTrigger(labelingId: string): LabelTriggered {
  const pullRequest = makePullRequest(ON)
  const base = { repo: makeRepo(), sha: SHA, refName: '7/merge', pullRequest }
  return { kind: 'label', ...base, label: 'lint-fix', by: 'ann', labelingId }
}

function makeLabelRun(labelingId: string, open: boolean) {
  return makeRun([makeLeg()], { trigger: makeLabelTrigger(labelingId), pipeline: 'label lint-fix', open })
}

function describeDecision(decision: LabelDecision): string {
  if (decision.kind === 'start_label_run') return `start ${decision.triggerKey}`
  if (decision.kind === 'remove_label') return `remove ${decision.label} of ${decision.labelingId}`
  return `refuse ${decision.label} of ${decision.labeling.id}: ${Object.values(decision.refusal).join(' ')}`
}

test.each<[string, Partial<PullRequestFacts>, string[]]>([
  ['by somebody who may write', {}, ['start label 7 L1']],
  ['label in another spelling', { pullRequest: makePullRequest({ labels: ['Lint-Fix'] }) }, ['start label 7 L1']],
  ['label off', { pullRequest: makePullRequest() }, []],
  ['closed', { pullRequest: makePullRequest({ ...ON, state: 'closed' }) }, []],
  ['no usable configuration', { config: null }, []],
  ['nobody knows how it came', { labelings: [] }, []],
  ['by an app', { labelings: [makeLabeling('lint-fix', { by: null })] }, []],
  ['by us', { labelings: [makeLabeling('lint-fix', { by: null, byUs: true })] }, []],
  ['by a reader', { permissions: new Map([['ann', 'read']]) }, ['refuse lint-fix of L1: may_not_write ann']],
  ['by a stranger', { permissions: new Map() }, ['refuse lint-fix of L1: may_not_write ann']],
  ['its run is open', { labelRuns: [makeLabelRun('L1', true)] }, []],
  ['its run is over', { labelRuns: [makeLabelRun('L1', false)] }, ['remove lint-fix of L1']],
  [
    'its run is over, and who asked may not write any more',
    { labelRuns: [makeLabelRun('L1', false)], permissions: new Map() },
    ['remove lint-fix of L1'],
  ],
  [
    'put on again after its run was over',
    {
      labelRuns: [makeLabelRun('L1', false)],
      labelings: [makeLabeling('lint-fix'), makeLabeling('lint-fix', { id: 'L2' })],
    },
    ['start label 7 L2'],
  ],
  [
    'put on again while its run is at work',
    {
      labelRuns: [makeLabelRun('L1', true)],
      labelings: [makeLabeling('lint-fix'), makeLabeling('lint-fix', { id: 'L2' })],
    },
    [],
  ],
  [
    'another label while its run is at work',
    {
      pullRequest: makePullRequest({ labels: ['report', 'lint-fix'] }),
      labelRuns: [makeLabelRun('L1', true)],
      labelings: [makeLabeling('lint-fix'), makeLabeling('report', { id: 'L2' })],
    },
    ['start label 7 L2'],
  ],
  [
    'two labels',
    {
      pullRequest: makePullRequest({ labels: ['report', 'lint-fix'] }),
      labelings: [makeLabeling('report', { id: 'L0' }), makeLabeling('lint-fix')],
    },
    ['start label 7 L1', 'start label 7 L0'],
  ],
  ['fork', { pullRequest: makePullRequest(FORK) }, [`refuse lint-fix of L1: not_approved ${SHA}`]],
  ['fork, approved', { pullRequest: makePullRequest(FORK), approval: APPROVAL }, ['start label 7 L1']],
  [
    'deleted fork',
    { pullRequest: makePullRequest({ ...FORK, headRepo: null }), approval: APPROVAL },
    ['refuse lint-fix of L1: fork_deleted'],
  ],
  [
    'fork that maintainers may not push to',
    { pullRequest: makePullRequest({ ...FORK, maintainersMayPush: false }), approval: APPROVAL },
    ['refuse lint-fix of L1: may_not_push'],
  ],
  [
    'the same of a workflow that does not push',
    {
      pullRequest: makePullRequest({ ...FORK, labels: ['report'], maintainersMayPush: false }),
      labelings: [makeLabeling('report')],
      approval: APPROVAL,
    },
    ['start label 7 L1'],
  ],
  [
    'fork, where forks never run',
    {
      pullRequest: makePullRequest(FORK),
      approval: APPROVAL,
      config: { ...CONFIG, forks: { ...CONFIG.forks, policy: 'never' } },
    },
    ['refuse lint-fix of L1: forks_never'],
  ],
  [
    'fork, where forks run unasked',
    { pullRequest: makePullRequest(FORK), config: { ...CONFIG, forks: { ...CONFIG.forks, policy: 'run' } } },
    [`refuse lint-fix of L1: not_approved ${SHA}`],
  ],
])('%s', (_name, facts, expected) => {
  expect(decide(makeFacts(facts)).map(describeDecision)).toEqual(expected)
})

describe('the run of a label', () => {
  test('has one leg, with the inputs of its pull request', () => {
    expect(decide(makeFacts())).toEqual([
      {
        kind: 'start_label_run',
        trigger: makeLabelTrigger('L1'),
        triggerKey: 'label 7 L1',
        trusted: true,
        plan: {
          pipeline: 'label lint-fix',
          skipped: null,
          listens: true,
          concurrency: 'keep',
          gates: [],
          legs: [
            {
              job: 'lint-fix',
              name: 'label / lint-fix',
              matrix: {},
              needs: [],
              start: { kind: 'dispatch', workflow: 'lint-fix.yml', ref: 'main' },
              hold: null,
              buildOnly: false,
              inputs: { branch: 'feature', why: 'label' },
              toldInputs: null,
              skip: null,
              image: null,
              failFast: false,
              maxParallel: null,
              retries: { max: 0, delayMs: 0, only: 'any' },
              timeoutMs: 20 * 60_000,
              report: null,
              reuse: null,
            },
          ],
        },
      },
    ])
  })

  test('of a fork is not trusted, and is dispatched where the configuration says', () => {
    const pullRequest = makePullRequest({ ...FORK, labels: ['report'] })
    const [decision] = decide(makeFacts({ pullRequest, labelings: [makeLabeling('report')], approval: APPROVAL }))
    expect(decision).toMatchObject({
      trusted: false,
      plan: { legs: [{ start: { workflow: 'report.yml', ref: 'tools' } }] },
    })
  })
})
