import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { pullRequestTrigger, readPullRequest, readWorkflowRun } from '../../src/domain/payload.ts'
import { HANDLED_EVENTS, type HandledEvent, isHandled, readEvent, type Signal } from '../../src/domain/read-event.ts'
import { makePullRequest, makeRepo, NEWER_SHA, SHA } from '../support/facts.ts'

const EVENTS = Object.keys(HANDLED_EVENTS) as HandledEvent[]
const ZERO = '0'.repeat(40)

/** Read as data: the package's types are of another package, which is not needed otherwise. */
const recorded: { name: string; examples: Record<string, unknown>[] }[] = createRequire(import.meta.url)(
  '@octokit/webhooks-examples',
)

const repository = { id: 1, node_id: 'R_1', name: 'shop', owner: { login: 'acme' }, default_branch: 'main' }
const common = { repository, installation: { id: 9 }, sender: { login: 'ann' } }
const inRepo = { repo: makeRepo(), installationId: 9 }

const pull_request = {
  number: 7,
  state: 'open',
  draft: false,
  head: { ref: 'feature', sha: SHA, repo: { full_name: 'acme/shop' } },
  base: { ref: 'main', sha: 'c'.repeat(40) },
  user: { login: 'ann' },
  author_association: 'MEMBER',
  labels: [],
}
const comment = { id: 55, body: '/retest', created_at: '2026-03-01T12:00:00Z', user: { login: 'ann', type: 'User' } }
const merge_group = {
  head_sha: SHA,
  head_ref: 'refs/heads/gh-readonly-queue/main/pr-7',
  base_ref: 'refs/heads/main',
  base_sha: NEWER_SHA,
}
const workflow_run = {
  id: 101,
  name: 'Executor',
  display_title: 'r1-0.1 app',
  event: 'workflow_dispatch',
  run_attempt: 2,
  status: 'completed',
  conclusion: 'success',
  html_url: 'https://github.test/runs/101',
  created_at: '2026-03-01T12:00:00Z',
  run_started_at: '2026-03-01T12:10:00Z',
  updated_at: '2026-03-01T12:20:00Z',
  head_sha: SHA,
}
const workflow_job = {
  id: 5,
  run_id: 101,
  run_attempt: 2,
  name: 'unit',
  conclusion: 'failure',
  html_url: 'https://github.test/jobs/5',
}

/** A small payload of each event that means something. */
const GOOD: Record<HandledEvent, Record<string, unknown>> = {
  push: { ...common, ref: 'refs/heads/main', before: NEWER_SHA, after: SHA, deleted: false, head_commit: { id: SHA } },
  pull_request: { ...common, action: 'opened', pull_request },
  issue_comment: { ...common, action: 'created', issue: { number: 7, pull_request: {} }, comment },
  issues: { ...common, action: 'labeled', issue: { number: 7 } },
  pull_request_review: { ...common, action: 'submitted', pull_request },
  pull_request_review_comment: { ...common, action: 'created', pull_request },
  merge_group: { ...common, action: 'checks_requested', merge_group },
  repository_dispatch: { ...common, action: 'signalbox', branch: 'main', client_payload: { reason: 'try again' } },
  check_run: {
    ...common,
    action: 'rerequested',
    check_run: { external_id: 'r1-0', name: 'docker / app', head_sha: SHA },
  },
  check_suite: { ...common, action: 'rerequested', check_suite: { head_sha: SHA } },
  workflow_run: { ...common, action: 'completed', workflow_run },
  workflow_job: { ...common, action: 'completed', workflow_job },
  installation: { action: 'created', installation: { id: 9, account: { login: 'acme' } } },
  installation_repositories: {
    action: 'removed',
    installation: { id: 9 },
    repositories_removed: [{ id: 1 }, { id: 2 }],
  },
}

function read(event: HandledEvent, changes: Record<string, unknown> = {}): Signal {
  return readEvent(event, { ...GOOD[event], ...changes })
}

/** The payload with what stands at the path replaced. */
function replaced(payload: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  const { [key]: inner, ...others } = payload as Record<string, unknown>
  return value === undefined && rest.length === 0 ? others : { ...others, [key]: replaced(inner, rest, value) }
}

test('every recorded payload of every handled event is read', () => {
  const read = recorded
    .filter((event) => event.name in HANDLED_EVENTS)
    .flatMap(({ name, examples }) =>
      examples.map((payload) => {
        const signal = readEvent(name, payload)
        const kind = signal.kind === 'trigger' ? `trigger: ${signal.trigger.kind}` : signal.kind
        const reason = 'reason' in signal ? `: ${signal.reason}` : ''
        return `${name}${payload.action === undefined ? '' : `.${payload.action}`} → ${kind}${reason}`
      }),
    )
  expect(new Set(read.map((line) => line.split(/[. ]/)[0]))).toEqual(new Set(EVENTS))
  expect(read).toMatchInlineSnapshot(`
    [
      "check_run.created → nothing: the check run Octocoders-linter has no external id: it is not ours",
      "check_run.completed → commit_observed",
      "check_run.completed → commit_observed",
      "check_run.completed → commit_observed",
      "check_run.created → nothing: the check run Octocoders-linter has no external id: it is not ours",
      "check_run.created → nothing: the check run Octocoders-linter has no external id: it is not ours",
      "check_run.requested_action → nothing: the check run API Review has no external id: it is not ours",
      "check_run.rerequested → nothing: the check run randscape has no external id: it is not ours",
      "check_run.rerequested → nothing: the check run randscape has no external id: it is not ours",
      "check_suite.completed → nothing: check_suite.completed changes nothing",
      "check_suite.completed → nothing: check_suite.completed changes nothing",
      "check_suite.completed → nothing: check_suite.completed changes nothing",
      "check_suite.completed → nothing: check_suite.completed changes nothing",
      "check_suite.requested → nothing: check_suite.requested changes nothing",
      "check_suite.requested → nothing: check_suite.requested changes nothing",
      "check_suite.requested → nothing: check_suite.requested changes nothing",
      "check_suite.rerequested → suite_rerequested",
      "check_suite.rerequested → suite_rerequested",
      "installation.deleted → installation",
      "installation.created → installation",
      "installation.created → installation",
      "installation.deleted → installation",
      "installation.new_permissions_accepted → installation",
      "installation.suspend → installation",
      "installation.unsuspend → installation",
      "installation_repositories.added → nothing: repositories were added; they are looked at when something happens in them",
      "installation_repositories.added → nothing: repositories were added; they are looked at when something happens in them",
      "installation_repositories.removed → repositories_removed",
      "issue_comment.created → nothing: the comment is on an issue, not on a pull request",
      "issue_comment.created → nothing: the comment is on an issue, not on a pull request",
      "issue_comment.created → nothing: the comment is on an issue, not on a pull request",
      "issue_comment.created → nothing: the comment is on an issue, not on a pull request",
      "issue_comment.created → nothing: the comment is on an issue, not on a pull request",
      "issue_comment.deleted → nothing: the comment was deleted: only what a new one says counts",
      "issue_comment.deleted → nothing: the comment was deleted: only what a new one says counts",
      "issue_comment.edited → nothing: the comment was edited: only what a new one says counts",
      "issue_comment.edited → nothing: the comment was edited: only what a new one says counts",
      "issues.edited → nothing: no run depends on it",
      "issues.assigned → nothing: no run depends on it",
      "issues.assigned → nothing: no run depends on it",
      "issues.assigned → nothing: no run depends on it",
      "issues.deleted → nothing: no run depends on it",
      "issues.demilestoned → nothing: no run depends on it",
      "issues.demilestoned → nothing: no run depends on it",
      "issues.edited → nothing: no run depends on it",
      "issues.edited → nothing: no run depends on it",
      "issues.labeled → nothing: no run depends on it",
      "issues.labeled → nothing: no run depends on it",
      "issues.locked → nothing: no run depends on it",
      "issues.locked → nothing: no run depends on it",
      "issues.milestoned → nothing: no run depends on it",
      "issues.milestoned → nothing: no run depends on it",
      "issues.opened → nothing: no run depends on it",
      "issues.opened → nothing: no run depends on it",
      "issues.opened → nothing: no run depends on it",
      "issues.opened → nothing: no run depends on it",
      "issues.pinned → nothing: no run depends on it",
      "issues.reopened → nothing: no run depends on it",
      "issues.transferred → nothing: no run depends on it",
      "issues.unassigned → nothing: no run depends on it",
      "issues.unassigned → nothing: no run depends on it",
      "issues.unlabeled → nothing: no run depends on it",
      "issues.unlabeled → nothing: no run depends on it",
      "issues.unlocked → nothing: no run depends on it",
      "issues.unlocked → nothing: no run depends on it",
      "issues.unpinned → nothing: no run depends on it",
      "merge_group.checks_requested → trigger: merge_group",
      "merge_group.checks_requested → trigger: merge_group",
      "pull_request.opened → trigger: pull_request",
      "pull_request.assigned → nothing: pull_request.assigned changes nothing",
      "pull_request.assigned → nothing: pull_request.assigned changes nothing",
      "pull_request.closed → pull_request_closed",
      "pull_request.closed → pull_request_closed",
      "pull_request.converted_to_draft → trigger: pull_request",
      "pull_request.converted_to_draft → trigger: pull_request",
      "pull_request.converted_to_draft → trigger: pull_request",
      "pull_request.labeled → labels_changed",
      "pull_request.labeled → labels_changed",
      "pull_request.locked → nothing: pull_request.locked changes nothing",
      "pull_request.locked → nothing: pull_request.locked changes nothing",
      "pull_request.opened → trigger: pull_request",
      "pull_request.opened → trigger: pull_request",
      "pull_request.opened → trigger: pull_request",
      "pull_request.ready_for_review → trigger: pull_request",
      "pull_request.ready_for_review → trigger: pull_request",
      "pull_request.ready_for_review → trigger: pull_request",
      "pull_request.reopened → trigger: pull_request",
      "pull_request.reopened → trigger: pull_request",
      "pull_request.review_request_removed → nothing: pull_request.review_request_removed changes nothing",
      "pull_request.review_requested → nothing: pull_request.review_requested changes nothing",
      "pull_request.synchronize → trigger: pull_request",
      "pull_request.unassigned → nothing: pull_request.unassigned changes nothing",
      "pull_request.unassigned → nothing: pull_request.unassigned changes nothing",
      "pull_request.unlabeled → labels_changed",
      "pull_request.unlabeled → labels_changed",
      "pull_request.unlocked → nothing: pull_request.unlocked changes nothing",
      "pull_request.unlocked → nothing: pull_request.unlocked changes nothing",
      "pull_request_review.submitted → nothing: no run depends on it",
      "pull_request_review.dismissed → nothing: no run depends on it",
      "pull_request_review.submitted → nothing: no run depends on it",
      "pull_request_review.submitted → nothing: no run depends on it",
      "pull_request_review_comment.created → nothing: no run depends on it",
      "pull_request_review_comment.created → nothing: no run depends on it",
      "pull_request_review_comment.created → nothing: no run depends on it",
      "pull_request_review_comment.deleted → nothing: no run depends on it",
      "pull_request_review_comment.edited → nothing: no run depends on it",
      "push → trigger: tag",
      "push → nothing: refs/tags/simple-tag was deleted",
      "push → nothing: refs/tags/simple-tag was deleted",
      "push → nothing: refs/tags/simple-tag was deleted",
      "push → trigger: push",
      "push → trigger: push",
      "push → nothing: refs/tags/simple-tag was deleted",
      "repository_dispatch.on-demand-test → nothing: the repository_dispatch is of type on-demand-test, not signalbox",
      "repository_dispatch.on-demand-test → nothing: the repository_dispatch is of type on-demand-test, not signalbox",
      "workflow_job.in_progress → nothing: workflow_job.in_progress changes nothing",
      "workflow_job.completed → workflow_job",
      "workflow_job.completed → workflow_job",
      "workflow_job.in_progress → nothing: workflow_job.in_progress changes nothing",
      "workflow_job.in_progress → nothing: workflow_job.in_progress changes nothing",
      "workflow_job.queued → nothing: workflow_job.queued changes nothing",
      "workflow_job.queued → nothing: workflow_job.queued changes nothing",
      "workflow_job.waiting → nothing: workflow_job.waiting changes nothing",
      "workflow_run.completed → workflow_run",
      "workflow_run.completed → commit_observed",
      "workflow_run.completed → commit_observed",
      "workflow_run.requested → commit_observed",
      "workflow_run.requested → commit_observed",
    ]
  `)
})

describe('what is handled', () => {
  test.each<[string, string | null, boolean]>([
    ['push', null, true],
    ['push', 'anything', true],
    ['pull_request', 'opened', true],
    ['pull_request', 'labeled', true],
    ['pull_request', 'locked', false],
    ['issue_comment', 'edited', false],
    ['check_run', 'completed', true],
    ['check_run', 'created', false],
    ['pull_request', null, false],
    ['merge_group', 'destroyed', true],
    ['repository_dispatch', 'other', false],
    ['star', 'created', false],
    ['constructor', null, false],
    ['__proto__', null, false],
  ])('%s.%s: %s', (event, action, expected) => {
    expect(isHandled(event, action)).toBe(expected)
  })

  test.each(['star', '', 'constructor', '__proto__', 'hasOwnProperty'])('not the event %j', (event) => {
    expect(readEvent(event, {})).toEqual({ kind: 'nothing', reason: `Signalbox does not handle the event ${event}` })
  })
})

describe('a push', () => {
  const trigger = { kind: 'push', repo: makeRepo(), sha: SHA, refName: 'main', before: NEWER_SHA }
  const tag = { kind: 'tag', repo: makeRepo(), sha: SHA, refName: 'v1' }

  test.each<[string, Record<string, unknown>, object]>([
    ['to a branch', {}, trigger],
    ['to a new branch', { before: ZERO }, { ...trigger, before: null }],
    ['to a branch with slashes and signs', { ref: 'refs/heads/a/b"🚂' }, { ...trigger, refName: 'a/b"🚂' }],
    ['of a tag', { ref: 'refs/tags/v1' }, tag],
    ['of an annotated tag, whose `after` is the tag object', { ref: 'refs/tags/v1', after: NEWER_SHA }, tag],
    ['without a head commit', { head_commit: null }, trigger],
  ])('%s', (_title, changes, expected) => {
    expect(read('push', changes)).toEqual({ kind: 'trigger', ...inRepo, trigger: expected })
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['that deletes a branch', { deleted: true, after: ZERO, head_commit: null }, 'refs/heads/main was deleted'],
    ['that says so by its commit only', { after: ZERO, head_commit: null }, 'refs/heads/main was deleted'],
    ['that deletes a tag', { ref: 'refs/tags/v1', deleted: true, after: ZERO }, 'refs/tags/v1 was deleted'],
    ['of something else', { ref: 'refs/notes/x' }, 'refs/notes/x is neither a branch nor a tag'],
  ])('%s means nothing', (_title, changes, reason) => {
    expect(read('push', changes)).toEqual({ kind: 'nothing', reason })
  })
})

describe('a pull request', () => {
  const triggered = (changes = {}) => ({
    kind: 'trigger',
    ...inRepo,
    trigger: pullRequestTrigger(makeRepo(), makePullRequest(changes)),
  })

  test.each<[string, Record<string, unknown>, object]>([
    ...['opened', 'synchronize', 'reopened', 'ready_for_review', 'converted_to_draft'].map(
      (action): [string, Record<string, unknown>, object] => [action, { action }, triggered()],
    ),
    ['draft', { pull_request: { ...pull_request, draft: true } }, triggered({ draft: true })],
    [
      'of a fork',
      { pull_request: { ...pull_request, head: { ...pull_request.head, repo: { full_name: 'eve/shop' } } } },
      triggered({ headRepo: 'eve/shop' }),
    ],
    [
      'of a fork that was deleted',
      { pull_request: { ...pull_request, head: { ...pull_request.head, repo: null } } },
      triggered({ headRepo: null }),
    ],
    ['edited with another base', { action: 'edited', changes: { base: { ref: { from: 'dev' } } } }, triggered()],
    [
      'edited, base as it was',
      { action: 'edited', changes: { title: { from: 'x' } } },
      nothing('the edit left the base branch as it was'),
    ],
    ['edited, no changes named', { action: 'edited' }, nothing('the edit left the base branch as it was')],
    [
      'closed',
      { action: 'closed', pull_request: { ...pull_request, state: 'closed' } },
      { kind: 'pull_request_closed', ...inRepo, number: 7 },
    ],
    [
      'pushed to after it was closed',
      { action: 'synchronize', pull_request: { ...pull_request, state: 'closed' } },
      { kind: 'pull_request_closed', ...inRepo, number: 7 },
    ],
    ['locked', { action: 'locked' }, nothing('pull_request.locked changes nothing')],
    ['in no installation', { installation: undefined }, { ...triggered(), installationId: null }],
  ])('%s', (_title, changes, expected) => {
    expect(read('pull_request', changes)).toEqual(expected)
  })

  const labelled = {
    kind: 'labels_changed',
    ...inRepo,
    number: 7,
    sha: SHA,
    baseRef: 'main',
    added: null,
    sender: 'ann',
    byBot: false,
  }
  const label = { name: 'Deploy' }

  test.each<[string, Record<string, unknown>, object]>([
    ['labelled', { action: 'labeled', label }, { added: 'Deploy' }],
    ['unlabelled', { action: 'unlabeled', label }, {}],
    ['labelled with what is deleted since', { action: 'labeled' }, {}],
    [
      'labelled after it was closed',
      { action: 'labeled', label, pull_request: { ...pull_request, state: 'closed' } },
      { added: 'Deploy' },
    ],
    [
      'labelled by a bot',
      { action: 'labeled', label, sender: { login: 'renovate', type: 'Bot' } },
      { added: 'Deploy', sender: 'renovate', byBot: true },
    ],
    [
      'labelled by an app',
      { action: 'labeled', label, sender: { login: 'signalbox[bot]' } },
      { added: 'Deploy', sender: 'signalbox[bot]', byBot: true },
    ],
  ])('%s', (_title, changes, expected) => {
    expect(read('pull_request', changes)).toEqual({ ...labelled, ...expected })
  })

  test('opened with labels is a trigger that has them', () => {
    const labels = [{ name: 'deploy' }]
    expect(read('pull_request', { pull_request: { ...pull_request, labels } })).toEqual(
      triggered({ labels: ['deploy'] }),
    )
  })

  test('is built under the name that GITHUB_REF_NAME has', () => {
    expect(pullRequestTrigger(makeRepo(), makePullRequest({ number: 12 }))).toMatchObject({
      sha: SHA,
      refName: '12/merge',
    })
  })
})

function nothing(reason: string): Signal {
  return { kind: 'nothing', reason }
}

describe('a comment', () => {
  const said = {
    kind: 'comment',
    ...inRepo,
    number: 7,
    commentId: 55,
    createdAt: new Date('2026-03-01T12:00:00Z'),
    author: 'ann',
    body: '/retest',
  }

  test.each<[string, Record<string, unknown>, object]>([
    ['by a person', {}, said],
    ['without words', { comment: { ...comment, body: null } }, { ...said, body: '' }],
    ['edited', { action: 'edited' }, nothing('the comment was edited: only what a new one says counts')],
    ['deleted', { action: 'deleted' }, nothing('the comment was deleted: only what a new one says counts')],
    ['on an issue', { issue: { number: 7 } }, nothing('the comment is on an issue, not on a pull request')],
    [
      'by a bot',
      { comment: { ...comment, user: { login: 'renovate', type: 'Bot' } } },
      nothing('the comment is by renovate, a bot'),
    ],
    [
      'by this app',
      { comment: { ...comment, user: { login: 'signalbox[bot]' } } },
      nothing('the comment is by signalbox[bot], a bot'),
    ],
    ['by nobody', { comment: { ...comment, user: null } }, nothing('the author of the comment is gone')],
    [
      'by an app in the name of a person',
      { comment: { ...comment, performed_via_github_app: { id: 1 } } },
      nothing('the comment was written by an app in the name of ann'),
    ],
  ])('%s', (_title, changes, expected) => {
    expect(read('issue_comment', changes)).toEqual(expected)
  })
})

describe('a check run that is completed', () => {
  const completed = (external_id: unknown) =>
    read('check_run', {
      action: 'completed',
      check_run: { external_id, name: 'lint', head_sha: SHA, app: { slug: 'linter' } },
    })
  const what = { kind: 'observe_check', name: 'lint', app: 'linter' }
  const observed = { kind: 'commit_observed', ...inRepo, sha: SHA, what }

  test.each<[unknown, object]>([
    ['', observed],
    [null, observed],
    [undefined, observed],
    ['build-7', observed],
    ['rabc-0', observed],
    ['rabcdefghijk23-0', nothing('the check run lint is our own')],
    ['rabcdefghijk23-12', nothing('the check run lint is our own')],
    ['rabcdefghijk23-g0', nothing('the check run lint is our own')],
  ])('with the external id %j', (externalId, expected) => {
    expect(completed(externalId)).toEqual(expected)
  })
})

describe('a merge group', () => {
  test('is built on its own commit, and follows the branch that it goes into', () => {
    expect(read('merge_group')).toEqual({
      kind: 'trigger',
      ...inRepo,
      trigger: {
        kind: 'merge_group',
        repo: makeRepo(),
        sha: SHA,
        refName: 'gh-readonly-queue/main/pr-7',
        baseRef: 'main',
        baseSha: NEWER_SHA,
      },
    })
    expect(read('merge_group', { merge_group: { ...merge_group, base_ref: 'dev' } })).toMatchObject({
      trigger: { baseRef: 'dev' },
    })
  })

  test('that is given up, and another word about it', () => {
    expect(read('merge_group', { action: 'destroyed' })).toEqual({ kind: 'merge_group_destroyed', ...inRepo, sha: SHA })
    expect(read('merge_group', { action: 'x' })).toEqual(nothing('merge_group.x changes nothing'))
  })
})

describe('a manual request', () => {
  const manual = { kind: 'manual', ...inRepo, branch: 'main', reason: '', pipelines: null }

  test.each<[unknown, object]>([
    [{ reason: 'try again' }, { reason: 'try again' }],
    [null, {}],
    [undefined, {}],
    [{}, {}],
    [{ pipelines: 'docker' }, { pipelines: ['docker'] }],
    [{ pipelines: ['a', 'b'] }, { pipelines: ['a', 'b'] }],
    [{ pipelines: [] }, {}],
    [{ pipelines: null }, {}],
    [{ branch: 'dev' }, { branch: 'dev' }],
    // Not the commit: one that is named could be a fork's.
    [{ branch: 'dev', sha: SHA, unknown: 1 }, { branch: 'dev' }],
  ])('of %j', (client_payload, expected) => {
    expect(read('repository_dispatch', { client_payload })).toEqual({ ...manual, ...expected })
  })

  test('without a branch is about the default branch, and of another type it is not ours', () => {
    const trunk = { ...repository, default_branch: 'trunk' }
    expect(read('repository_dispatch', { branch: undefined, repository: trunk })).toMatchObject({ branch: 'trunk' })
    expect(read('repository_dispatch', { action: 'deploy' })).toEqual(
      nothing('the repository_dispatch is of type deploy, not signalbox'),
    )
  })

  test.each([{ pipelines: 3 }, { pipelines: [3] }, { reason: {} }, { branch: [] }, 'text', []])(
    'of %j is malformed',
    (client_payload) => {
      expect(read('repository_dispatch', { client_payload })).toMatchObject({ kind: 'malformed' })
    },
  )
})

describe('a button', () => {
  const check = { ...inRepo, externalId: 'r1-0', sender: 'ann' }
  const requested_action = { identifier: 'cancel' }

  test.each<[string, HandledEvent, Record<string, unknown>, object]>([
    ['«Re-run»', 'check_run', {}, { kind: 'check_rerequested', ...check }],
    [
      'our own',
      'check_run',
      { action: 'requested_action', requested_action },
      { kind: 'check_action', ...check, identifier: 'cancel' },
    ],
    ['none', 'check_run', { action: 'requested_action' }, nothing('check_run.requested_action changes nothing')],
    ['no button at all', 'check_run', { action: 'created' }, nothing('check_run.created changes nothing')],
    [
      'of another app',
      'check_run',
      { check_run: { external_id: '', name: 'lint', head_sha: SHA } },
      nothing('the check run lint has no external id: it is not ours'),
    ],
    [
      'of another app, without an id',
      'check_run',
      { check_run: { name: 'lint', head_sha: SHA } },
      nothing('the check run lint has no external id: it is not ours'),
    ],
    ['«Re-run all»', 'check_suite', {}, { kind: 'suite_rerequested', ...inRepo, sha: SHA, sender: 'ann' }],
    ['none of a suite', 'check_suite', { action: 'completed' }, nothing('check_suite.completed changes nothing')],
  ])('%s', (_title, event, changes, expected) => {
    expect(read(event, changes)).toEqual(expected)
  })
})

describe('a workflow run', () => {
  const observation = {
    workflowRunId: 101,
    title: 'r1-0.1 app',
    runAttempt: 2,
    status: 'completed',
    conclusion: 'success',
    url: 'https://github.test/runs/101',
    startedAt: new Date('2026-03-01T12:10:00Z'),
    updatedAt: new Date('2026-03-01T12:20:00Z'),
  }

  test.each<[Record<string, unknown>, object]>([
    [{}, {}],
    [{ display_title: null }, { title: 'Executor' }],
    [{ display_title: undefined, name: null }, { title: '' }],
    [{ run_attempt: undefined }, { runAttempt: 1 }],
    [{ run_started_at: null }, { startedAt: new Date('2026-03-01T12:00:00Z') }],
    [
      { status: 'in_progress', conclusion: null },
      { status: 'in_progress', conclusion: null },
    ],
    ...['queued', 'requested', 'waiting', 'pending', 'anything', null].map(
      (status): [Record<string, unknown>, object] => [
        { status, conclusion: null },
        { status: 'queued', conclusion: null },
      ],
    ),
  ])('of %j', (changes, expected) => {
    const changed = { ...workflow_run, ...changes }
    expect(read('workflow_run', { workflow_run: changed })).toEqual({
      kind: 'workflow_run',
      ...inRepo,
      observation: { ...observation, ...expected },
    })
    expect(readWorkflowRun(changed)).toEqual({ ...observation, ...expected })
  })

  test('that was not dispatched may be what a leg follows', () => {
    expect(
      read('workflow_run', {
        workflow_run: { ...workflow_run, event: 'push', path: '.github/workflows/lint.yml@main' },
      }),
    ).toEqual({
      kind: 'commit_observed',
      ...inRepo,
      sha: SHA,
      what: { kind: 'observe_workflow', workflow: 'lint.yml' },
    })
  })

  test.each([null, 0, true, [], '', 'yesterday'])('whose date is %j is malformed', (updated_at) => {
    expect(read('workflow_run', { workflow_run: { ...workflow_run, updated_at } })).toMatchObject({ kind: 'malformed' })
  })
})

describe('a job of a workflow run', () => {
  const failed = { id: 5, name: 'unit', url: 'https://github.test/jobs/5', runAttempt: 2 }

  test.each<[Record<string, unknown>, object | null]>([
    [{}, failed],
    [
      { conclusion: 'timed_out', html_url: null, run_attempt: undefined },
      { ...failed, url: '', runAttempt: 1 },
    ],
    [{ conclusion: 'success' }, null],
    [{ conclusion: 'cancelled' }, null],
    [{ conclusion: null }, null],
  ])('of %j', (changes, job) => {
    const signal = read('workflow_job', { workflow_job: { ...workflow_job, ...changes } })
    expect(signal).toEqual({ kind: 'workflow_job', ...inRepo, workflowRunId: 101, job })
  })

  test('that is not over says nothing', () => {
    expect(read('workflow_job', { action: 'queued' })).toEqual(nothing('workflow_job.queued changes nothing'))
  })
})

describe('an installation', () => {
  test.each<[string, string]>([
    ['created', 'active'],
    ['unsuspend', 'active'],
    ['new_permissions_accepted', 'active'],
    ['suspend', 'suspended'],
    ['deleted', 'deleted'],
  ])('%s is %s', (action, state) => {
    expect(read('installation', { action })).toEqual({ kind: 'installation', id: 9, account: 'acme', state })
  })

  test('is named by its login, its enterprise, or not at all', () => {
    const account = (value: unknown) => read('installation', { installation: { id: 9, account: value } })
    expect(account({ slug: 'big-co' })).toMatchObject({ account: 'big-co' })
    for (const value of [null, undefined, {}]) expect(account(value)).toMatchObject({ account: 'unknown' })
  })

  test('loses repositories, or gets more', () => {
    expect(read('installation_repositories')).toEqual({
      kind: 'repositories_removed',
      installationId: 9,
      repoIds: [1, 2],
    })
    for (const repositories_removed of [[], undefined])
      expect(read('installation_repositories', { action: 'added', repositories_removed })).toEqual(
        nothing('repositories were added; they are looked at when something happens in them'),
      )
  })
})

describe('malformed payloads', () => {
  const STRANGE = [
    undefined,
    null,
    {},
    [],
    [[]],
    '',
    'text',
    0,
    1,
    Number.MAX_VALUE,
    Number.NaN,
    true,
    Symbol('x'),
    () => 1,
  ]

  test.each(EVENTS)('of %s are told with a sentence, and nothing throws', (event) => {
    for (const payload of STRANGE)
      expect(readEvent(event, payload)).toEqual({
        kind: 'malformed',
        reason: expect.stringMatching(new RegExp(`^the ${event} payload is not as GitHub documents it: .+: .+`)),
      })
  })

  /** What is required of each event: without it, and with anything of another type in its place, it is malformed. */
  const REQUIRED: Record<HandledEvent, string[]> = {
    push: [
      'repository',
      'repository.id',
      'repository.name',
      'repository.owner',
      'repository.owner.login',
      'ref',
      'before',
      'after',
    ],
    pull_request: [
      'repository',
      'action',
      'sender',
      'sender.login',
      'pull_request',
      'pull_request.number',
      'pull_request.state',
      'pull_request.head',
      'pull_request.head.ref',
      'pull_request.head.sha',
      'pull_request.base.ref',
      'pull_request.base.sha',
    ],
    issues: ['repository', 'repository.id', 'action'],
    pull_request_review: ['repository', 'repository.id', 'action'],
    pull_request_review_comment: ['repository', 'repository.id', 'action'],
    issue_comment: [
      'repository',
      'action',
      'issue',
      'issue.number',
      'comment',
      'comment.id',
      'comment.created_at',
      'comment.user.login',
    ],
    merge_group: [
      'repository',
      'action',
      'merge_group',
      'merge_group.head_sha',
      'merge_group.head_ref',
      'merge_group.base_ref',
      'merge_group.base_sha',
    ],
    repository_dispatch: ['repository', 'action'],
    check_run: ['repository', 'action', 'sender', 'sender.login', 'check_run', 'check_run.name', 'check_run.head_sha'],
    check_suite: ['repository', 'action', 'sender', 'check_suite', 'check_suite.head_sha'],
    workflow_run: [
      'repository',
      'action',
      'workflow_run',
      'workflow_run.id',
      'workflow_run.event',
      'workflow_run.html_url',
      'workflow_run.created_at',
      'workflow_run.updated_at',
      'workflow_run.head_sha',
    ],
    workflow_job: [
      'repository',
      'action',
      'workflow_job',
      'workflow_job.id',
      'workflow_job.run_id',
      'workflow_job.name',
    ],
    installation: ['action', 'installation', 'installation.id'],
    installation_repositories: ['action', 'installation', 'installation.id'],
  }

  test.each(EVENTS.flatMap((event) => REQUIRED[event].map((path) => [event, path] as const)))(
    '%s without its %s, or with something else there',
    (event, path) => {
      for (const value of [undefined, null, [], {}, true, -1, 1.5, 1e300, Number.NaN]) {
        const signal = readEvent(event, replaced(GOOD[event], path.split('.'), value))
        expect(signal, `${path} = ${JSON.stringify(value)}`).toMatchObject({ kind: 'malformed' })
        expect('reason' in signal && signal.reason).toContain(
          `the ${event} payload is not as GitHub documents it: ${path}`,
        )
      }
    },
  )

  test.each(EVENTS)('%s with anything anywhere never throws', (event) => {
    const paths = (value: unknown, path: string[]): string[][] =>
      typeof value === 'object' && value !== null
        ? [path, ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]))]
        : [path]
    for (const path of paths(GOOD[event], []))
      for (const value of STRANGE) {
        const signal = readEvent(event, replaced(GOOD[event], path, value))
        if (signal.kind === 'malformed')
          expect(signal.reason).toMatch(/^the \w+ payload is not as GitHub documents it: /)
      }
  })

  test.each(['', 'main', 'a'.repeat(39), 'a'.repeat(41), 'A'.repeat(40), 'g'.repeat(40), `${SHA}\n`])(
    '%j is no commit',
    (sha) => {
      expect(read('push', { after: sha, head_commit: null })).toEqual({
        kind: 'malformed',
        reason: 'the push payload is not as GitHub documents it: after: must be a commit id of 40 hexadecimal digits',
      })
      expect(read('push', { head_commit: { id: sha } })).toMatchObject({ kind: 'malformed' })
    },
  )
})

test('what REST answers is read the same, or is refused', () => {
  expect(readPullRequest(pull_request)).toEqual(makePullRequest())
  for (const read of [readPullRequest, readWorkflowRun])
    for (const body of [null, {}, 'text']) expect(() => read(body)).toThrow()
})
