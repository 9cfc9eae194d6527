import { describe, expect, test } from 'vitest'
import { decidePullRequest, labelKey, previewKey } from '../../src/domain/decide-pull-request.ts'
import type { PullRequestFacts } from '../../src/domain/pull-request.ts'
import { makeCommentFacts } from '../support/comment-facts.ts'
import { freeze, later, makeConfig, makePullRequest, NEWER_SHA } from '../support/facts.ts'
import {
  makeDeployment,
  makeLabeling,
  makeLabelled,
  makeOver,
  makePreviewConfig,
  TEARDOWN,
} from '../support/preview-facts.ts'

function decide(facts: PullRequestFacts) {
  const { labels, previews, comments, ...rest } = decidePullRequest(freeze(facts))
  return { ...rest, actions: [...labels, ...previews, ...comments].map((action) => action.kind) }
}

test('nothing of a repository that has nothing of it', () => {
  const facts = makeCommentFacts({ config: makeConfig('version: 1\npipelines: {}\npull_request_summary: off\n') })
  expect(decide(facts)).toEqual({ actions: [], wakeAt: null, atRest: true, watchesRuns: false })
})

describe('comments', () => {
  test('wait for what is dispatched, since that is what they show', () => {
    expect(decide(makeLabelled()).actions).toEqual(['dispatch_deployment'])
  })

  test('do not wait for what GitHub is told', () => {
    const facts = makeLabelled({ deployments: [makeDeployment({ status: 'completed', conclusion: 'success' })] })
    expect(decide(facts).actions).toEqual(['tell_deployment', 'write_comment'])
  })

  test('are all there is while a dispatch is waited for', () => {
    const waiting = makeDeployment({ githubId: 3, told: 'queued' })
    expect(decide(makeLabelled({ deployments: [waiting] }))).toEqual({
      actions: ['write_comment'],
      wakeAt: later(30 * 60),
      atRest: false,
      watchesRuns: false,
    })
  })
})

describe('whether it can be left alone', () => {
  const config = makePreviewConfig(TEARDOWN)
  const labelAction = makeConfig('version: 1\npipelines: {}\nlabel_actions: { fix: { workflow: fix.yml } }\n')
  const down = makeOver('success', { number: 2, kind: 'teardown' })
  const over = [makeOver('success', { told: 'inactive' }), down]
  const bare = makePullRequest()
  const closed = makePullRequest({ labels: ['deploy'], state: 'closed' })
  test.each<[string, Partial<PullRequestFacts>, boolean]>([
    ['no label', { pullRequest: bare }, true],
    ['no label, taken down', { pullRequest: bare, deployments: over }, true],
    ['no label, not taken down', { pullRequest: bare, deployments: [makeOver('success')] }, false],
    [
      'no label, teardown failed',
      { pullRequest: bare, deployments: [makeOver('success'), { ...down, conclusion: 'failure' }] },
      true,
    ],
    ['label on, deployed', { deployments: [makeOver('success')] }, true],
    ['label on, not deployed yet', { deployments: [makeDeployment({ githubId: 3, told: 'queued' })] }, false],
    ['label on, an older commit deployed', { deployments: [makeOver('success', { sha: NEWER_SHA })] }, false],
    ['label on, deployment failed', { deployments: [makeOver('failure')] }, false],
    ['label on, refused', { permissions: new Map() }, false],
    ['label of a workflow on', { pullRequest: makePullRequest({ labels: ['fix'] }), config: labelAction }, false],
    ['another label on', { pullRequest: makePullRequest({ labels: ['other'] }) }, true],
    ['closed', { pullRequest: closed }, true],
    ['closed, taken down', { pullRequest: closed, deployments: over }, true],
    ['closed, not taken down', { pullRequest: closed, deployments: [makeOver('success')] }, false],
    ['closed, at work', { pullRequest: closed, deployments: [makeDeployment()] }, false],
    ['unusable configuration', { config: null, pullRequest: bare }, true],
    [
      'unusable configuration, deployed',
      { config: null, pullRequest: bare, deployments: [makeOver('success')] },
      false,
    ],
  ])('%s: %#', (_name, facts, expected) => {
    expect(decide(makeLabelled({ config, ...facts })).atRest).toBe(expected)
  })
})

describe('what GitHub refused', () => {
  const config = makePreviewConfig('', 'label_actions: { fix: { workflow: fix.yml } }\n')
  const pullRequest = makePullRequest({ labels: ['deploy', 'fix'] })
  const facts = makeLabelled({ config, pullRequest, labelings: [makeLabeling('deploy'), makeLabeling('fix')] })

  test('is not tried again now, and keeps nothing else from being done', () => {
    const decision = decidePullRequest(facts)
    const [fix] = decision.labels
    const [deploy] = decision.previews
    if (fix === undefined || deploy === undefined) throw new Error('nothing to refuse')
    const without = (...keys: string[]) => {
      const { labels, previews, comments, atRest } = decidePullRequest(facts, new Set(keys))
      return [...[...labels, ...previews, ...comments].map((action) => action.kind), atRest]
    }
    expect(without()).toEqual(['start_label_run', 'dispatch_deployment', false])
    expect(without(labelKey(fix))).toEqual(['dispatch_deployment', false])
    expect(without(labelKey(fix), previewKey(deploy))).toEqual(['write_comment', false])
  })
})

describe('what its check runs show matters', () => {
  test('of a preview that is deployed', () => {
    expect(decide(makeLabelled({ deployments: [makeOver('success')] })).watchesRuns).toBe(true)
  })

  test.each<[string, 'open' | 'closed', boolean]>([
    ['comment', 'open', true],
    ['description', 'open', true],
    ['off', 'open', false],
    ['comment', 'closed', false],
  ])('summary: %s, %s', (place, state, expected) => {
    const config = makeConfig(`version: 1\npipelines: {}\npull_request_summary: ${place}\n`)
    const facts = makeCommentFacts({ config, pullRequest: makePullRequest({ state }) })
    expect(decide(facts).watchesRuns).toBe(expected)
  })
})
