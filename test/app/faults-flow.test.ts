import { describe, expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { CONFIG, GATE, makeProject, type Project, WORKFLOW } from '../support/project.ts'

const app = useApp()

const DISPATCHES = /\/dispatches$/

function expectDispatchedOnce(project: Project, count = 4) {
  expect(project.attempts()).toHaveLength(count)
  expect(new Set(project.attempts()).size).toBe(count)
}

describe('a dispatch that GitHub refuses fails its leg, with its words and what to do', () => {
  const REFUSALS: [string, Parameters<typeof makeProject>[1], (repo: string) => void, RegExp][] = [
    [
      'workflow missing',
      { files: { '.github/workflows/build.yml': 'name: none' } },
      (repo) => {
        app.github.pushCommit(repo, 'main', { files: { '.github/workflows/build.yml': null }, author: 'ann' })
      },
      /refused to dispatch build\.yml on main: Not Found \(404\)\. Check that \.github\/workflows\/build\.yml is on the default branch/,
    ],
    [
      'no workflow_dispatch',
      { files: { '.github/workflows/build.yml': WORKFLOW.replace('workflow_dispatch', 'workflow_call') } },
      () => {},
      /workflow_dispatch.*Add/,
    ],
    [
      'unexpected inputs',
      { config: CONFIG.replace('build.yml,', 'build.yml, inputs: { colour: red },') },
      () => {},
      /Unexpected inputs provided.*colour.*Declare these/,
    ],
    [
      'required input missing',
      {
        files: {
          '.github/workflows/build.yml': WORKFLOW.replace(
            'inputs:\n',
            'inputs:\n      shape: { type: string, required: true }\n',
          ),
        },
      },
      () => {},
      /Required input.*shape.*not provided.*Give the job that input/,
    ],
    ['disabled', {}, (repo) => app.github.disableWorkflow(repo, 'build.yml'), /disabled.*Enable build\.yml/],
    [
      'no such ref',
      { config: CONFIG.replace('build.yml,', 'build.yml, ref: gone,') },
      () => {},
      /No ref found for: gone.*Create the branch or tag gone/,
    ],
  ]
  test.each(REFUSALS)('%s', async (_name, options, prepare, words) => {
    const project = makeProject(app, options)
    prepare(project.repo)
    const { sha } = project.openPullRequest()
    await project.concluded(sha, GATE, 'failure')
    const failed = project.checks(sha).filter((check) => check.startsWith('ci / build') && check.endsWith('failure'))
    expect(failed.length).toBeGreaterThan(0)
    const name = failed[0]?.split(': ')[0] ?? ''
    expect(project.words(sha, name).summary.replaceAll(/&#\d+;/g, '_')).toMatch(
      new RegExp(words.source.replaceAll('_', '.'), 's'),
    )
  })
})

test('the reply to a dispatch is lost after GitHub acted: it is found, not dispatched again', async () => {
  const project = makeProject(app)
  app.github.faults.loseReply({ method: 'POST', path: DISPATCHES, times: 2 })
  app.github.faults.loseReply({ method: 'POST', path: DISPATCHES, times: 1, with: 502 })
  const { sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  expectDispatchedOnce(project)
})

test('the reply to a dispatch never comes, though GitHub acted', async () => {
  const project = makeProject(app)
  app.github.faults.hang({ method: 'POST', path: DISPATCHES })
  const { sha } = project.openPullRequest()
  await app.github.until('the gate is green', () => project.checks(sha).includes(`${GATE}: success`), {
    timeoutMs: 40_000,
  })
  expectDispatchedOnce(project)
}, 60_000)

test('a dispatch that failed without effect is repeated, once it is sure that it had none', async () => {
  const project = makeProject(app)
  app.github.faults.respond({ method: 'POST', path: DISPATCHES, times: 2, status: 500 })
  const { sha } = project.openPullRequest()
  await app.github.until('the gate is green', () => project.checks(sha).includes(`${GATE}: success`), {
    timeoutMs: 40_000,
  })
  expectDispatchedOnce(project)
}, 60_000)

test('rate limits are waited for', async () => {
  const project = makeProject(app)
  app.github.faults.rateLimit({ method: 'POST', path: DISPATCHES, limit: 'secondary', times: 2 })
  app.github.faults.rateLimit({ path: '/graphql', limit: 'primary', times: 1 })
  app.github.faults.rateLimit({ path: /\/pulls\//, limit: 'primary', status: 429, times: 1 })
  const { sha } = project.openPullRequest()
  await app.github.until('the gate is green', () => project.checks(sha).includes(`${GATE}: success`), {
    timeoutMs: 40_000,
  })
  expectDispatchedOnce(project)
}, 60_000)

test('check runs whose creation got no reply are not created twice', async () => {
  const project = makeProject(app)
  app.github.faults.loseReply({ path: '/graphql', times: 2 })
  const { sha } = project.openPullRequest()
  await app.github.until('the gate is green', () => project.checks(sha).includes(`${GATE}: success`), {
    timeoutMs: 40_000,
  })
  expect(app.github.state.checkRuns(project.repo, sha)).toHaveLength(5)
  expectDispatchedOnce(project)
}, 60_000)

test('webhooks repeated and out of order end the same', async () => {
  const project = makeProject(app)
  app.github.faults.webhooks({ repeat: () => 9, reorderWithinMs: 60 })
  const { sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  await app.github.settle()
  expectDispatchedOnce(project)
  expect(app.github.state.checkRuns(project.repo, sha)).toHaveLength(5)
})

test('commits that arrive in the wrong order: the newest wins', async () => {
  const project = makeProject(app)
  app.github.faults.webhooks({ reorderWithinMs: 150 })
  const { sha } = project.openPullRequest()
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { x: '1' }, author: 'ann' })
  const newest = app.github.pushCommit(project.repo, 'feature', { files: { x: '2' }, author: 'ann' })
  await project.concluded(newest, GATE, 'success')
  await app.github.settle()
  for (const old of [sha, newer]) expect(project.checks(old).filter((check) => check.endsWith('success'))).toEqual([])
})

test('every webhook about workflow runs is lost: reconciling brings the truth', async () => {
  const project = makeProject(app)
  app.github.faults.webhooks({ vanish: ({ event }) => event === 'workflow_run' || event === 'workflow_job' })
  const { sha } = project.openPullRequest()
  await app.github.until(
    'builds ended at GitHub',
    () => app.github.state.workflowRuns(project.repo).filter((run) => run.conclusion === 'success').length === 2,
  )
  await app.github.settle()
  expect(project.checks(sha)).toContain(`${GATE}: in_progress`)
  await app.serving.store.runs.enqueueReconcile()
  await app.github.until(
    'tests ended at GitHub',
    () => app.github.state.workflowRuns(project.repo).filter((run) => run.conclusion === 'success').length === 4,
  )
  await app.github.settle()
  await app.serving.store.runs.enqueueReconcile()
  await project.concluded(sha, GATE, 'success')
  expectDispatchedOnce(project)
})

test('a closing that was lost is noticed', async () => {
  const project = makeProject(app, { runner: () => ({ hang: true }) })
  const { sha, number } = project.openPullRequest()
  await app.github.until('builds are shown', () => project.checks(sha).includes('ci / build (debian): in_progress'))
  app.github.faults.webhooks({ vanish: () => true })
  app.github.closePullRequest(project.repo, number, 'ann')
  app.github.faults.webhooks({})
  await app.serving.store.runs.enqueueReconcile()
  await project.concluded(sha, GATE, 'cancelled')
})

test('a workflow run that was deleted counts as failed', async () => {
  const project = makeProject(app, { runner: () => ({ hang: true }) })
  const { sha } = project.openPullRequest()
  await app.github.until('builds are shown', () => project.checks(sha).includes('ci / build (debian): in_progress'))
  app.github.state.repository(project.repo).workflowRuns.clear()
  await app.serving.store.runs.enqueueReconcile()
  await project.concluded(sha, GATE, 'failure')
  expect(project.words(sha, 'ci / build (debian)').title).toBe(
    'Failed: the workflow run ended as deleted; only success passes.',
  )
})

test('a workflow run that does not heed its cancellation does not hold the checks back', async () => {
  const project = makeProject(app, { runner: () => ({ hang: true, ignoresCancel: true }) })
  const { sha } = project.openPullRequest()
  await app.github.until('builds are shown', () => project.checks(sha).includes('ci / build (debian): in_progress'))
  app.github.requestCheckAction(project.repo, project.checkId(sha, GATE), 'cancel', 'ann')
  await project.concluded(sha, GATE, 'cancelled')
  await app.github.settle()
  expect(app.github.state.workflowRuns(project.repo).map((run) => run.status)).toEqual(['in_progress', 'in_progress'])
})

test('another app that posts the name of the gate changes nothing', async () => {
  const project = makeProject(app, { runner: () => ({ conclusion: 'failure' }) })
  const { sha } = project.openPullRequest()
  app.github.postCheckRun(project.repo, 'forger', {
    name: GATE,
    headSha: sha,
    status: 'completed',
    conclusion: 'success',
  })
  await project.concluded(sha, GATE, 'failure')
})

test('a workflow run that a person starts under the name of an attempt of another repository is nothing', async () => {
  const victim = makeProject(app, { runner: () => ({ hang: true }) })
  const { sha } = victim.openPullRequest()
  await app.github.until('builds are shown', () => victim.checks(sha).includes('ci / build (debian): in_progress'))
  const [attempt] = victim.attempts()
  const forger = makeProject(app, {
    files: { '.github/workflows/build.yml': WORKFLOW.replace(/run-name:.*/, `run-name: "${attempt} forged"`) },
  })
  const forged = forger.openPullRequest()
  await app.github.until('the forged run ended', () =>
    app.github.state.workflowRuns(forger.repo).some((run) => run.conclusion === 'success'),
  )
  await app.github.settle()
  expect(victim.checks(sha)).toContain('ci / build (debian): in_progress')
  expect(forged.sha).not.toBe(sha)
})

describe('an installation', () => {
  test('that is suspended is left alone, and its runs go on when it is back', async () => {
    const project = makeProject(app, { owner: 'sleepy' })
    app.github.suspendInstallation('sleepy')
    await app.github.settle()
    const { sha } = project.openPullRequest()
    await app.github.settle()
    expect(project.checks(sha)).toEqual([])
    app.github.unsuspendInstallation('sleepy')
    const next = app.github.pushCommit(project.repo, 'feature', { files: { x: '1' }, author: 'ann' })
    await project.concluded(next, GATE, 'success')
  })

  test('that is deleted ends its open runs in the records', async () => {
    const project = makeProject(app, { owner: 'leaver', runner: () => ({ hang: true }) })
    const { sha } = project.openPullRequest()
    await app.github.until('builds are shown', () => project.checks(sha).includes('ci / build (debian): in_progress'))
    const runId = project.attempts()[0]?.split('-')[0] ?? ''
    app.github.deleteInstallation('leaver')
    await expect.poll(async () => (await app.serving.store.runs.loadRun(runId, new Date()))?.open).toBe(false)
  })

  test('that loses a repository ends that one only', async () => {
    const kept = makeProject(app, { owner: 'shrinker' })
    const lost = makeProject(app, { owner: 'shrinker', runner: () => ({ hang: true }) })
    const { sha } = lost.openPullRequest()
    await app.github.until('builds are shown', () => lost.checks(sha).includes('ci / build (debian): in_progress'))
    const runId = lost.attempts()[0]?.split('-')[0] ?? ''
    app.github.removeRepository(lost.repo)
    await expect.poll(async () => (await app.serving.store.runs.loadRun(runId, new Date()))?.open).toBe(false)
    const still = kept.openPullRequest()
    await kept.concluded(still.sha, GATE, 'success')
  })
})

test('a repository that vanished between webhook and handling is a recorded failure, not a storm', async () => {
  const project = makeProject(app)
  app.github.faults.webhooks({ delayMs: () => 300 })
  const { sha } = project.openPullRequest()
  app.github.deleteRepository(project.repo)
  app.github.faults.webhooks({})
  await app.github.settle()
  const requests = app.github.state.requests.length
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(app.github.state.requests.length - requests).toBeLessThan(5)
  expect(sha).toHaveLength(40)
})

test('an empty repository and a branch that is gone are nothing to fail on', async () => {
  const project = makeProject(app)
  app.github.createRepository({ owner: 'acme', name: 'empty' })
  app.github.repositoryDispatch('acme/empty', 'signalbox', { reason: 'x' }, 'acme')
  app.github.repositoryDispatch(project.repo, 'signalbox', { reason: 'x', branch: 'gone' }, 'ann')
  app.github.createBranch(project.repo, 'short', 'main')
  app.github.deleteBranch(project.repo, 'short')
  await app.github.settle()
  expect(project.dispatched()).toEqual([])
  const { sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
})

test('checks are shown though GitHub keeps refusing to cancel', async () => {
  const project = makeProject(app, { runner: () => ({ hang: true }) })
  const { sha, number } = project.openPullRequest()
  await app.github.until('builds are shown', () => project.checks(sha).includes('ci / build (debian): in_progress'))
  app.github.faults.respond({ method: 'POST', path: /\/cancel$/, times: 1_000, status: 500 })
  app.github.closePullRequest(project.repo, number, 'ann')
  await project.concluded(sha, GATE, 'cancelled')
})

test('checks are shown though the outcome of a dispatch is unknown and its workflow does not exist', async () => {
  const project = makeProject(app, { files: { '.github/workflows/build.yml': 'name: none' } })
  const files = { '.github/workflows/build.yml': null }
  const tip = app.github.pushCommit(project.repo, 'main', { files, author: 'ann' })
  // Its own run must not be who meets the fault.
  await project.concluded(tip, GATE, 'failure')
  app.github.faults.respond({ method: 'POST', path: DISPATCHES, times: 2, status: 502 })
  const { sha } = project.openPullRequest()
  await app.github.until('the gate is shown', () => project.checks(sha).includes(`${GATE}: in_progress`))
})

test('a head whose webhook was lost is planned by the reconciler', async () => {
  const project = makeProject(app, { runner: (run) => ({ hang: run.runNumber <= 2 && run.workflow === 'build.yml' }) })
  const { sha } = project.openPullRequest()
  await app.github.until('builds are shown', () => project.checks(sha).includes('ci / build (debian): in_progress'))
  app.github.faults.webhooks({ vanish: () => true })
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { x: '1' }, author: 'ann' })
  app.github.faults.webhooks({})
  await app.serving.store.runs.enqueueReconcile()
  await project.concluded(newer, GATE, 'success')
  await project.concluded(sha, GATE, 'cancelled')
})

test('text that no database keeps is kept without what it cannot', async () => {
  const project = makeProject(app)
  app.github.repositoryDispatch(project.repo, 'signalbox', { reason: 'nul \0 and half \ud800 a pair' }, 'ann')
  const [tip] = [app.github.state.repository(project.repo).refs.get('refs/heads/main') ?? '']
  await project.concluded(tip, GATE, 'success')
})
