import { describe, expect, test } from 'vitest'
import { decidePreviews, type PreviewAction, type PreviewView } from '../../src/domain/decide-previews.ts'
import type { DeploymentFacts, PullRequestFacts } from '../../src/domain/pull-request.ts'
import {
  freeze,
  later,
  makeAttempt,
  makeConfig,
  makeEnded,
  makeLeg,
  makePullRequest,
  makeRun,
  NEWER_SHA,
  NOW,
  SHA,
} from '../support/facts.ts'
import {
  makeDeployment,
  makeLabeling,
  makeLabelled,
  makeOver,
  makePreviewConfig,
  NEEDS,
  TEARDOWN,
} from '../support/preview-facts.ts'

function decide(facts: PullRequestFacts) {
  return decidePreviews(freeze(facts))
}

function describeAction(action: PreviewAction): string {
  const { preview, number, kind, sha, request, target } = action.deployment
  const what = `${preview} ${number}`
  switch (action.kind) {
    case 'dispatch_deployment':
      return `${kind} ${what}: ${target.workflow} ${sha.slice(0, 1)} for ${request} with ${action.installationId}`
    case 'tell_deployment':
      return `tell ${what}: ${action.state}`
    default:
      return `${action.kind} ${what}`
  }
}

function actions(facts: PullRequestFacts): string[] {
  return decide(facts).actions.map(describeAction)
}

function view(facts: PullRequestFacts): PreviewView | undefined {
  return decide(facts).views[0]
}

const DEPLOY = 'deploy shop 1: deploy.yml a for L1 with 5'
const FORK = { labels: ['deploy'], headRepo: 'mallory/shop' }
const UNLABELLED = makePullRequest({ labels: [] })
const CLOSED = makePullRequest({ labels: ['deploy'], state: 'closed' })
const APPROVAL = { by: 'bob', at: NOW, via: 'comment' } as const

describe('whether the preview is wanted, and may be deployed', () => {
  const LATER_LABEL = makeLabeling('deploy', { id: 'L2', by: 'rob' })
  test.each<[string, Partial<PullRequestFacts>, string[], string | undefined, RegExp | null]>([
    ['by somebody who may write', {}, [DEPLOY], 'deploying', null],
    ['by an admin', { permissions: new Map([['ann', 'admin']]) }, [DEPLOY], 'deploying', null],
    [
      'label in another spelling',
      { pullRequest: makePullRequest({ labels: ['Deploy'] }) },
      [DEPLOY],
      'deploying',
      null,
    ],
    [
      'by us, for a command',
      { labelings: [makeLabeling('deploy', { by: null, byUs: true })] },
      [DEPLOY],
      'deploying',
      null,
    ],
    ['of a draft', { pullRequest: makePullRequest({ labels: ['deploy'], draft: true }) }, [DEPLOY], 'deploying', null],
    ['label off', { pullRequest: UNLABELLED }, [], undefined, null],
    ['closed', { pullRequest: CLOSED }, [], undefined, null],
    ['no usable configuration', { config: null }, [], undefined, null],
    ['no such preview any more', { config: makeConfig('version: 1\npipelines: {}\n') }, [], undefined, null],
    [
      'by a reader',
      { permissions: new Map([['ann', 'read']]) },
      [],
      'refused',
      /put on by ann, who may not write here; /,
    ],
    ['by a stranger', { permissions: new Map() }, [], 'refused', /by ann/],
    ['by an app', { labelings: [makeLabeling('deploy', { by: null })] }, [], 'refused', /by an app, or by somebody/],
    ['newest by a reader', { labelings: [makeLabeling('deploy'), LATER_LABEL] }, [], 'refused', /by rob/],
    [
      'newest by a writer',
      { labelings: [{ ...LATER_LABEL, id: 'L0' }, makeLabeling('deploy')] },
      [DEPLOY],
      'deploying',
      null,
    ],
    ['by nobody knows whom', { labelings: [] }, [], 'refused', /not known any more; take it off/],
    ['fork', { pullRequest: makePullRequest(FORK) }, [], 'blocked', new RegExp(`comment /ok-to-test ${SHA}$`)],
    ['fork, approved', { pullRequest: makePullRequest(FORK), approval: APPROVAL }, [DEPLOY], 'deploying', null],
    ['deleted fork', { pullRequest: makePullRequest({ ...FORK, headRepo: null }) }, [], 'blocked', /ok-to-test/],
    [
      'fork, approved, where forks never run',
      {
        pullRequest: makePullRequest(FORK),
        approval: APPROVAL,
        config: makePreviewConfig('', 'forks: { policy: never }\n'),
      },
      [],
      'blocked',
      /never run here/,
    ],
    [
      'fork, where forks run unasked',
      { pullRequest: makePullRequest(FORK), config: makePreviewConfig('', 'forks: { policy: run }\n') },
      [],
      'blocked',
      /ok-to-test/,
    ],
    [
      'repository not allowed',
      { previewInstallations: new Map() },
      [],
      'refused',
      /acme\/deploy is not of this repository's owner.*SIGNALBOX_PREVIEW_REPOSITORIES/,
    ],
    [
      'app not installed there',
      { previewInstallations: new Map([['acme/deploy', null]]) },
      [],
      'refused',
      /not installed on acme\/deploy/,
    ],
  ])('%s', (_name, facts, expected, state, reason) => {
    expect(actions(makeLabelled(facts))).toEqual(expected)
    const shown = view(makeLabelled(facts))
    expect(shown?.state).toBe(state)
    if (reason === null) expect(shown?.reason ?? null).toBeNull()
    else expect(shown?.reason).toMatch(reason)
  })

  test('whoever was heard once is not asked again', () => {
    const facts = { permissions: new Map(), deployments: [makeOver('success', { sha: NEWER_SHA })] }
    expect(actions(makeLabelled(facts))).toEqual(['deploy shop 2: deploy.yml a for L1 with 5'])
  })

  test('a label so old that GitHub does not tell who put it on keeps what was deployed for it', () => {
    expect(view(makeLabelled({ labelings: [], deployments: [makeOver('success')] }))?.state).toBe('deployed')
  })
})

describe('the jobs that it needs', () => {
  const config = makePreviewConfig(NEEDS)
  const enterprise = { job: 'enterprise', name: 'docker / enterprise' }
  const one = (conclusion: string) => makeRun([makeLeg(enterprise, { attempts: [makeEnded(conclusion)] })])
  const two = (...attempts: ReturnType<typeof makeAttempt>[]) =>
    makeRun(
      attempts.map((attempt, index) =>
        makeLeg({ ...enterprise, name: `docker / enterprise (${index})` }, { attempts: [attempt] }),
      ),
    )
  test.each<[string, PullRequestFacts['runs'], string[], string, RegExp | null]>([
    ['not planned yet', [], [], 'waiting', /^waits for docker\.enterprise$/],
    ['succeeded', [one('success')], [DEPLOY], 'deploying', null],
    ['running', [two(makeAttempt())], [], 'waiting', /^waits for docker \/ enterprise \(0\)$/],
    ['one of two succeeded', [two(makeEnded('success'), makeAttempt())], [], 'waiting', /\(1\)$/],
    ['both run', [two(makeAttempt(), makeAttempt())], [], 'waiting', /\(0\) and 1 more$/],
    ['both succeeded', [two(makeEnded('success'), makeEnded('success'))], [DEPLOY], 'deploying', null],
    ['one failed', [two(makeAttempt(), makeEnded('failure'))], [], 'blocked', /^needs docker .* \(1\), which failed$/],
    ['cancelled', [one('cancelled')], [], 'blocked', /was cancelled/],
    [
      'skipped by the plan',
      [makeRun([makeLeg({ ...enterprise, skip: 'not run for forks' })])],
      [],
      'blocked',
      /was skipped: not run for forks$/,
    ],
    ['another job only', [makeRun([makeLeg({ job: 'app' })])], [], 'blocked', /was not planned/],
    ['nothing to do', [makeRun([], { skipped: 'no file matches' })], [], 'blocked', /is not run .*: no file matches$/],
    ['another pipeline only', [makeRun([], { pipeline: 'lint' })], [], 'blocked', /docker does not run for this pull/],
  ])('%s', (_name, runs, expected, state, reason) => {
    const facts = makeLabelled({ config, runs })
    expect(actions(facts)).toEqual(expected)
    expect(view(facts)).toMatchObject({ state, sha: SHA })
    if (reason !== null) expect(view(facts)?.reason).toMatch(reason)
  })

  test('what is deployed of an older commit is shown until the newest can be', () => {
    const facts = makeLabelled({ config, deployments: [makeOver('success', { sha: NEWER_SHA })] })
    expect(view(facts)).toEqual({
      name: 'shop',
      state: 'deployed',
      reason: 'aaaaaaa is not deployed yet: waits for docker.enterprise',
      sha: NEWER_SHA,
      url: 'https://pr-7.example.com',
      logUrl: 'https://github.test/runs/101',
    })
  })
})

describe('what was deployed before', () => {
  const AGAIN = [makeLabeling('deploy'), makeLabeling('deploy', { id: 'L2' })]
  const KEEP = makePreviewConfig('    redeploy: false\n')
  const other = makeOver('success', { sha: NEWER_SHA })
  const refused = makeDeployment({
    outcome: 'refused',
    refusal: 'no',
    workflowRunId: null,
    githubId: 4,
    told: 'failure',
  })
  test.each<[string, Partial<PullRequestFacts>, string[], string, RegExp | null]>([
    ['this commit', { deployments: [makeOver('success')] }, [], 'deployed', null],
    ['this commit, asked anew', { deployments: [makeOver('success')], labelings: AGAIN }, [], 'deployed', null],
    ['another commit', { deployments: [other] }, ['deploy shop 2: deploy.yml a for L1 with 5'], 'deploying', null],
    ['another commit, and no redeploying', { deployments: [other], config: KEEP }, [], 'deployed', /asks for it again/],
    [
      'another commit, no redeploying, asked anew',
      { deployments: [other], config: KEEP, labelings: AGAIN },
      ['deploy shop 2: deploy.yml a for L2 with 5'],
      'deploying',
      null,
    ],
    ['it failed', { deployments: [makeOver('failure')] }, [], 'failed', /the workflow run of deploy\.yml failed$/],
    ['it timed out', { deployments: [makeOver('timed_out')] }, [], 'failed', /timed out: it may take 30 min/],
    ['it is gone', { deployments: [makeOver('deleted')] }, [], 'failed', /cannot be found/],
    ['it was refused', { deployments: [refused] }, [], 'failed', /^no$/],
    [
      'it failed, asked anew',
      { deployments: [makeOver('failure')], labelings: AGAIN },
      ['deploy shop 2: deploy.yml a for L2 with 5'],
      'deploying',
      null,
    ],
    [
      'it was refused, asked anew',
      { deployments: [refused], labelings: AGAIN },
      ['deploy shop 2: deploy.yml a for L2 with 5'],
      'deploying',
      null,
    ],
    [
      'it failed on another commit',
      { deployments: [makeOver('failure', { sha: NEWER_SHA })] },
      ['deploy shop 2: deploy.yml a for L1 with 5'],
      'deploying',
      null,
    ],
    [
      'it failed after another commit succeeded',
      { deployments: [other, makeOver('failure', { number: 2 })] },
      [],
      'failed',
      /failed; bbbbbbb was deployed before$/,
    ],
    [
      'it was taken down, and is wanted again for the same label',
      {
        deployments: [makeOver('success', { told: 'inactive' }), makeOver('success', { number: 2, kind: 'teardown' })],
      },
      ['deploy shop 3: deploy.yml a for L1 with 5'],
      'deploying',
      null,
    ],
    [
      'it was taken down without success, and is wanted again',
      { deployments: [makeOver('success'), makeOver('failure', { number: 2, kind: 'teardown' })] },
      ['deploy shop 3: deploy.yml a for L1 with 5'],
      'deploying',
      null,
    ],
    [
      'it only became inactive, and is wanted again',
      { deployments: [makeOver('success', { told: 'inactive' })], labelings: AGAIN },
      ['deploy shop 2: deploy.yml a for L2 with 5'],
      'deploying',
      null,
    ],
    [
      'one is at work',
      {
        deployments: [
          { ...other, number: 1 },
          makeDeployment({ number: 2, status: 'in_progress', githubId: 2, told: 'in_progress' }),
        ],
        labelings: AGAIN,
      },
      [],
      'deploying',
      null,
    ],
    [
      'a teardown is at work',
      { deployments: [makeOver('success'), makeDeployment({ number: 2, kind: 'teardown' })] },
      [],
      'tearing_down',
      null,
    ],
    [
      'one never started',
      { deployments: [makeDeployment({ outcome: 'lost', workflowRunId: null })] },
      ['deploy shop 2: deploy.yml a for L1 with 5'],
      'deploying',
      null,
    ],
  ])('%s', (_name, facts, expected, state, reason) => {
    expect(actions(makeLabelled(facts))).toEqual(expected)
    expect(view(makeLabelled(facts))?.state).toBe(state)
    if (reason === null) expect(view(makeLabelled(facts))?.reason).toBeNull()
    else expect(view(makeLabelled(facts))?.reason).toMatch(reason)
  })

  test('after dispatches that came to nothing the next one comes later each time', () => {
    const lost = (number: number) => makeDeployment({ number, outcome: 'lost', workflowRunId: null })
    const facts = makeLabelled({ now: later(79), deployments: [lost(1), lost(2), lost(3), lost(4)] })
    expect(decide(facts)).toMatchObject({ actions: [], wakeAt: later(80), views: [{ state: 'deploying' }] })
    expect(view(facts)?.reason).toMatch(/did not answer, 4 times so far/)
    expect(actions({ ...facts, now: later(80) })).toHaveLength(1)
  })
})

describe('what a command asked for', () => {
  const asked = { preview: 'shop', request: 'comment 5', by: 'rob', at: later(20) }
  const previewRequests = [asked]
  const deployed = [makeOver('success')]
  const AGAIN = 'deploy shop 2: deploy.yml a for comment 5 with 5'
  const at = (second: number, labeling = {}) => [makeLabeling('deploy', { at: later(second), ...labeling })]
  test.each<[string, Partial<PullRequestFacts>, string[]]>([
    ['the same commit is deployed again', { deployments: deployed }, [AGAIN]],
    ['in the second of the labelling', { deployments: deployed, labelings: at(20) }, [AGAIN]],
    ['before somebody put the label on once more', { deployments: deployed, labelings: at(21, { id: 'L2' }) }, []],
    [
      'and put the label on itself',
      { labelings: at(20, { by: null, byUs: true }) },
      ['deploy shop 1: deploy.yml a for L1 with 5'],
    ],
    [
      'once',
      {
        deployments: [
          makeOver('success', { told: 'inactive' }),
          makeOver('success', { number: 2, request: 'comment 5' }),
        ],
      },
      [],
    ],
    ['also where it fails', { deployments: [makeOver('failure', { request: 'comment 5' })] }, []],
    [
      'once more where GitHub never started it',
      { deployments: [...deployed, makeDeployment({ number: 2, outcome: 'lost', request: 'comment 5' })] },
      ['deploy shop 3: deploy.yml a for comment 5 with 5'],
    ],
    ['not while one is at work', { deployments: [makeDeployment({ githubId: 3, told: 'queued' })] }, []],
    ['after the label of a reader', { labelings: at(10, { by: 'mallory' }) }, [AGAIN.replace('shop 2', 'shop 1')]],
    ['where nobody knows who labelled', { labelings: [] }, [AGAIN.replace('shop 2', 'shop 1')]],
    ['of another preview', { deployments: deployed, previewRequests: [{ ...asked, preview: 'docs' }] }, []],
    ['with the label off', { pullRequest: UNLABELLED }, []],
  ])('%s', (_name, facts, expected) => {
    expect(actions(makeLabelled({ previewRequests, ...facts }))).toEqual(expected)
  })

  test('a newer commit without redeploying', () => {
    const deployments = [makeOver('success', { sha: NEWER_SHA })]
    const config = makePreviewConfig('    redeploy: false\n')
    expect(actions(makeLabelled({ config, previewRequests, deployments }))).toEqual([AGAIN])
  })
})

describe('a preview whose repository changed', () => {
  const repository = { owner: 'acme', name: 'old' }
  const target = { ...makeDeployment().target, repository, timeoutMs: 5, teardown: workflow('old.yml') }
  const stands = makeOver('success', { target })
  const previewInstallations = new Map([
    ['acme/deploy', 5],
    ['acme/old', 6],
  ])
  const config = makePreviewConfig(TEARDOWN)
  const down = 'teardown shop 2: old.yml a for L1 with 6'
  function workflow(name: string) {
    return { workflow: name, ref: 'main', inputs: {} }
  }
  const newer = makePullRequest({ labels: ['deploy'], headSha: NEWER_SHA })
  const gone = makeOver('success', { number: 2, kind: 'teardown' })
  const replaced = { ...stands, told: 'inactive' } as const

  test.each<[string, Partial<PullRequestFacts>, string[]]>([
    ['stays while nothing is to be deployed', {}, []],
    ['is taken down where it stands', { pullRequest: UNLABELLED }, [down]],
    ['is taken down before the next commit is deployed', { pullRequest: newer }, [down]],
    ['and then deployed', { deployments: [replaced, gone] }, ['deploy shop 3: deploy.yml a for L1 with 5']],
    [
      'is only replaced where nothing takes it down',
      { pullRequest: newer, deployments: [{ ...stands, target: { ...target, teardown: null } }] },
      ['deploy shop 2: deploy.yml b for L1 with 5'],
    ],
    [
      'is where it was when only the case of its name changed',
      {
        pullRequest: UNLABELLED,
        deployments: [{ ...stands, target: { ...target, repository: { owner: 'Acme', name: 'Deploy' } } }],
      },
      ['teardown shop 2: teardown.yml a for L1 with 5'],
    ],
  ])('%s', (_name, facts, expected) => {
    expect(actions(makeLabelled({ config, previewInstallations, deployments: [stands], ...facts }))).toEqual(expected)
  })

  test('the teardown goes there, for as long as it was to take there', () => {
    const facts = { config, previewInstallations, deployments: [stands], pullRequest: UNLABELLED }
    const [action] = decide(makeLabelled(facts)).actions
    expect(action?.deployment.target).toMatchObject({ repository, timeoutMs: 5, teardown: null })
  })
})

describe('taking it down', () => {
  const config = makePreviewConfig(TEARDOWN)
  const down = 'teardown shop 2: teardown.yml a for L1 with 5'
  const standing = [makeOver('success')]
  const refused = makeDeployment({
    number: 2,
    kind: 'teardown',
    outcome: 'refused',
    refusal: 'gone',
    workflowRunId: null,
    url: null,
  })
  const stored = makeOver('success')
  const storedTarget = { ...stored.target, teardown: { workflow: 'old.yml', ref: 'main', inputs: {} } }
  test.each<[string, Partial<PullRequestFacts>, string[], string | undefined]>([
    ['label off', { pullRequest: UNLABELLED, deployments: standing }, [down], 'tearing_down'],
    ['closed', { pullRequest: CLOSED, deployments: standing }, [down], 'tearing_down'],
    [
      'label by a reader',
      { labelings: [makeLabeling('deploy', { id: 'L2', by: 'rob' })], deployments: standing },
      ['teardown shop 2: teardown.yml a for L2 with 5'],
      'tearing_down',
    ],
    [
      'a fork pushed',
      { pullRequest: makePullRequest({ ...FORK, headSha: NEWER_SHA }), deployments: standing },
      [down],
      'tearing_down',
    ],
    [
      'after a deploy that failed',
      { pullRequest: UNLABELLED, deployments: [makeOver('failure')] },
      [down],
      'tearing_down',
    ],
    [
      'a deploy is at work',
      { pullRequest: UNLABELLED, deployments: [makeDeployment({ githubId: 3, told: 'queued' })] },
      [],
      'deploying',
    ],
    [
      'a refused deploy',
      { pullRequest: UNLABELLED, deployments: [makeDeployment({ outcome: 'refused', githubId: 3, told: 'failure' })] },
      [],
      'removed',
    ],
    ['a lost deploy', { pullRequest: UNLABELLED, deployments: [makeDeployment({ outcome: 'lost' })] }, [], 'removed'],
    [
      'of a deploy before a refused one',
      {
        pullRequest: UNLABELLED,
        deployments: [
          makeOver('success'),
          makeDeployment({ number: 2, outcome: 'refused', sha: NEWER_SHA, githubId: 3, told: 'failure' }),
        ],
      },
      ['teardown shop 3: teardown.yml a for L1 with 5'],
      'tearing_down',
    ],
    ['it was refused', { pullRequest: UNLABELLED, deployments: [...standing, refused] }, [], 'failed'],
    [
      'it was refused, and is asked for anew',
      {
        pullRequest: UNLABELLED,
        deployments: [...standing, refused],
        labelings: [makeLabeling('deploy', { id: 'L2' })],
      },
      ['teardown shop 3: teardown.yml a for L2 with 5'],
      'tearing_down',
    ],
    [
      'done, and shown',
      {
        pullRequest: UNLABELLED,
        deployments: [makeOver('success', { told: 'inactive' }), makeOver('success', { number: 2, kind: 'teardown' })],
      },
      [],
      'removed',
    ],
    [
      'done',
      { pullRequest: UNLABELLED, deployments: [...standing, makeOver('success', { number: 2, kind: 'teardown' })] },
      ['tell shop 1: inactive'],
      'removed',
    ],
    [
      'it failed',
      { pullRequest: UNLABELLED, deployments: [...standing, makeOver('failure', { number: 2, kind: 'teardown' })] },
      [],
      'failed',
    ],
    [
      'the app is not there any more',
      { pullRequest: UNLABELLED, deployments: standing, previewInstallations: new Map([['acme/deploy', null]]) },
      [],
      'failed',
    ],
    [
      'no teardown is configured',
      { pullRequest: UNLABELLED, deployments: standing, config: makePreviewConfig() },
      ['tell shop 1: inactive'],
      'removed',
    ],
    [
      'no teardown is configured, and it became inactive',
      {
        pullRequest: UNLABELLED,
        deployments: [makeOver('success', { told: 'inactive' })],
        config: makePreviewConfig(),
      },
      [],
      'removed',
    ],
    [
      'the configuration has it no more',
      { config: makeConfig('version: 1\npipelines: {}\n'), deployments: [{ ...stored, target: storedTarget }] },
      ['teardown shop 2: old.yml a for L1 with 5'],
      'tearing_down',
    ],
    ['the configuration cannot be used now', { config: null, deployments: standing }, [], 'deployed'],
    [
      'the configuration cannot be used, and it is closed',
      { config: null, pullRequest: CLOSED, deployments: [{ ...stored, target: storedTarget }] },
      ['teardown shop 2: old.yml a for L1 with 5'],
      'tearing_down',
    ],
  ])('%s', (_name, facts, expected, state) => {
    const all = makeLabelled({ config, ...facts })
    expect(actions(all)).toEqual(expected)
    expect(view(all)?.state).toBe(state)
  })

  test('is told the commit that is deployed', () => {
    const told = makePreviewConfig('    teardown: { workflow: down.yml, ref: live, inputs: { sha: "${{ sha }}" } }\n')
    const pullRequest = makePullRequest({ headSha: NEWER_SHA })
    const [action] = decide(makeLabelled({ config: told, pullRequest, deployments: standing })).actions
    expect(action).toMatchObject({
      deployment: { sha: SHA, target: { workflow: 'down.yml', ref: 'live', inputs: { sha: SHA }, teardown: null } },
      label: 'deploy',
    })
  })
})

test('a deploy is told everything that was decided, filled in, and how it is taken down', () => {
  const [action] = decide(makeLabelled({ config: makePreviewConfig(TEARDOWN) })).actions
  expect(action).toEqual({
    kind: 'dispatch_deployment',
    installationId: 5,
    label: 'deploy',
    deployment: {
      preview: 'shop',
      number: 1,
      kind: 'deploy',
      sha: SHA,
      request: 'L1',
      target: {
        repository: { owner: 'acme', name: 'deploy' },
        workflow: 'deploy.yml',
        ref: 'main',
        inputs: { sha: SHA, number: '7' },
        environment: 'preview/shop/pr-7',
        previewUrl: 'https://pr-7.example.com',
        timeoutMs: 30 * 60_000,
        teardown: { workflow: 'teardown.yml', ref: 'main', inputs: { number: '7' } },
      },
    },
  })
})

describe('a dispatch whose end is not known', () => {
  const intended = { outcome: 'intended', workflowRunId: null, url: null } as const
  const unseen = { outcome: 'dispatched', workflowRunId: null, url: null, githubId: 3, told: 'queued' } as const
  const known = { githubId: 3, told: 'queued' } as const
  test.each<[string, Partial<DeploymentFacts>, number, string[], number | null]>([
    ['just asked for', intended, 9, [], 10],
    ['not known to have started', intended, 10, ['find_deployment_run shop 1'], null],
    ['looked for too early', { ...intended, searchedAt: later(9) }, 10, ['find_deployment_run shop 1'], null],
    ['looked for, not found', { ...intended, searchedAt: later(10) }, 10, ['give_up_deployment shop 1'], null],
    ['started, without an id', unseen, 14, [], 15],
    ['not there yet', unseen, 15, ['find_deployment_run shop 1'], null],
    ['looked for again', { ...unseen, searchedAt: later(20) }, 34, [], 35],
    ['never there', { ...unseen, searchedAt: later(300) }, 301, ['end_deployment shop 1'], null],
    ['at work', known, 1799, [], 1800],
    ['too long at work', known, 1800, ['time_out_deployment shop 1'], null],
  ])('%s', (_name, deployment, seconds, expected, wake) => {
    const decision = decide(makeLabelled({ now: later(seconds), deployments: [makeDeployment(deployment)] }))
    expect(decision.actions.map(describeAction)).toEqual(expected)
    expect(decision.wakeAt).toEqual(wake === null ? null : later(wake))
  })
})

describe("what GitHub's Deployment shows", () => {
  test.each<[string, Partial<DeploymentFacts>, string[]]>([
    ['intended', { outcome: 'intended', workflowRunId: null }, []],
    ['intended, but seen at work', { outcome: 'intended', status: 'in_progress' }, ['tell shop 1: in_progress']],
    ['dispatched', {}, ['tell shop 1: queued']],
    ['queued', { status: 'queued' }, ['tell shop 1: queued']],
    ['queued, and shown', { status: 'queued', githubId: 3, told: 'queued' }, []],
    ['at work', { status: 'in_progress', githubId: 3, told: 'queued' }, ['tell shop 1: in_progress']],
    [
      'succeeded',
      { status: 'completed', conclusion: 'success', githubId: 3, told: 'queued' },
      ['tell shop 1: success'],
    ],
    ['failed', { status: 'completed', conclusion: 'failure', githubId: 3, told: 'queued' }, ['tell shop 1: failure']],
    ['refused', { outcome: 'refused', workflowRunId: null }, ['tell shop 1: failure']],
    ['lost', { outcome: 'lost', workflowRunId: null }, []],
  ])('%s', (_name, deployment, expected) => {
    // One second after it: nothing is looked for yet, and what was lost is not tried again.
    const facts = makeLabelled({ now: later(1), deployments: [makeDeployment(deployment)] })
    expect(actions(facts)).toEqual(expected)
  })

  test('an older one becomes inactive when the newer one succeeded, and not before', () => {
    const older = makeOver('success', { sha: NEWER_SHA })
    const newer = { number: 2, githubId: 42, told: 'in_progress' } as const
    expect(
      actions(makeLabelled({ deployments: [older, makeDeployment({ ...newer, status: 'in_progress' })] })),
    ).toEqual([])
    expect(actions(makeLabelled({ deployments: [older, makeOver('failure', { ...newer, told: 'failure' })] }))).toEqual(
      [],
    )
    expect(actions(makeLabelled({ deployments: [older, makeOver('success', newer)] }))).toEqual([
      'tell shop 1: inactive',
      'tell shop 2: success',
    ])
  })

  test('its words fit into the 140 characters that GitHub shows', () => {
    const facts = makeLabelled({ deployments: [makeDeployment({ preview: 'x'.repeat(100) })] })
    const told = decide(facts).actions.flatMap((action) =>
      action.kind === 'tell_deployment' ? action.description : [],
    )
    expect(told).toHaveLength(1)
    expect(told[0]?.length).toBeLessThanOrEqual(140)
  })
})

test('previews are decided each for itself, in the order of the configuration', () => {
  const second = `  admin: { label: admin, repository: acme/deploy, workflow: admin.yml }\n`
  const facts = makeLabelled({
    config: makePreviewConfig('', second),
    pullRequest: makePullRequest({ labels: ['admin', 'deploy'] }),
    labelings: [makeLabeling('deploy'), makeLabeling('admin', { id: 'L9' })],
    deployments: [makeDeployment({ outcome: 'intended', workflowRunId: null, url: null })],
    now: later(1),
  })
  expect(actions(facts)).toEqual(['deploy admin 1: admin.yml a for L9 with 5'])
  expect(decide(facts)).toMatchObject({ wakeAt: later(10), views: [{ name: 'shop' }, { name: 'admin' }] })
})
