import { expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { CONFIG, GATE, makeProject } from '../support/project.ts'

const app = useApp()

/** What people did, oldest first. */
async function audited(repo: string) {
  const entries = await app.serving.store.pullRequests.listAudit(app.github.state.repository(repo).id, 10)
  return entries.reverse().map(({ actor, action, pullRequest, detail }) => ({ actor, action, pullRequest, detail }))
}

/** A runner whose test legs fail until told otherwise. */
function failingTests() {
  let failing = true
  return {
    runner: (run: { workflow: string }) =>
      failing && run.workflow === 'test.yml' ? { conclusion: 'failure' as const } : {},
    mend() {
      failing = false
    },
  }
}

test('«Re-run» on a leg runs that leg again and opens the gate again', async () => {
  const tests = failingTests()
  const project = makeProject(app, { runner: tests.runner })
  const { sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  tests.mend()
  app.github.rerequestCheckRun(project.repo, project.checkId(sha, 'ci / test (debian)'), 'ann')
  await project.concluded(sha, 'ci / test (debian)', 'success')
  expect(project.dispatched()).toHaveLength(5)
  await app.github.settle()
  expect(project.checks(sha)).toContain('ci / test (alpine): failure')
  expect(project.words(sha, GATE).title).toBe('ci / test (alpine) failed.')
})

test('«Re-run» on a gate, the button and «Re-run all» run what failed', async () => {
  for (const press of [
    (repo: string, id: number) => app.github.rerequestCheckRun(repo, id, 'ann'),
    (repo: string, id: number) => app.github.requestCheckAction(repo, id, 'rerun_failed', 'ann'),
  ]) {
    const tests = failingTests()
    const project = makeProject(app, { runner: tests.runner })
    const { sha } = project.openPullRequest()
    await project.concluded(sha, GATE, 'failure')
    tests.mend()
    press(project.repo, project.checkId(sha, GATE))
    await project.concluded(sha, GATE, 'success')
    expect(project.dispatched()).toHaveLength(6)
    // One check run a leg, before and after.
    expect(app.github.state.checkRuns(project.repo, sha)).toHaveLength(5)
  }
})

test('«Re-run all checks» on the commit', async () => {
  const tests = failingTests()
  const project = makeProject(app, { runner: tests.runner })
  const { sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  tests.mend()
  app.github.rerequestCheckSuite(project.repo, sha, 'ann')
  await project.concluded(sha, GATE, 'success')
})

test('«Cancel» cancels the run, and «Re-run failed» starts what was cancelled', async () => {
  let hang = true
  const project = makeProject(app, { runner: () => ({ hang }) })
  const { sha } = project.openPullRequest()
  await app.github.until('builds are shown', () => project.checks(sha).includes('ci / build (debian): in_progress'))
  hang = false
  app.github.requestCheckAction(project.repo, project.checkId(sha, GATE), 'cancel', 'ann')
  await project.concluded(sha, GATE, 'cancelled')
  expect(project.words(sha, GATE).title).toBe('Cancelled: ann asked for it.')
  expect(await audited(project.repo)).toMatchObject([{ actor: 'ann', action: 'cancel', detail: 'by button: ci' }])
  app.github.requestCheckAction(project.repo, project.checkId(sha, GATE), 'rerun_failed', 'ann')
  await project.concluded(sha, GATE, 'success')
})

test('what is done by buttons is in the audit log, and what does nothing is not', async () => {
  const tests = failingTests()
  const project = makeProject(app, { runner: tests.runner })
  const { sha, number: pullRequest } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  app.github.rerequestCheckRun(project.repo, project.checkId(sha, 'ci / build (alpine)'), 'ann')
  app.github.rerequestCheckRun(project.repo, project.checkId(sha, GATE), 'rob')
  await app.github.settle()
  tests.mend()
  app.github.rerequestCheckSuite(project.repo, sha, 'bob')
  await app.github.settle()
  app.github.setPermission(project.repo, 'bob', 'write')
  app.github.rerequestCheckSuite(project.repo, sha, 'bob')
  await project.concluded(sha, GATE, 'success')
  app.github.requestCheckAction(project.repo, project.checkId(sha, GATE), 'cancel', 'ann')
  app.github.requestCheckAction(project.repo, project.checkId(sha, GATE), 'rerun_failed', 'ann')
  await app.github.settle()
  const entry = { action: 'retest', pullRequest }
  expect(await audited(project.repo)).toEqual([
    { ...entry, actor: 'ann', detail: 'by button: ci / build (alpine)' },
    { ...entry, actor: 'bob', detail: 'by button: ci / test (debian), ci / test (alpine)' },
  ])
})

test('people without write permission change nothing', async () => {
  const tests = failingTests()
  const project = makeProject(app, { runner: tests.runner })
  const { sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  tests.mend()
  for (const login of ['rob', 'stranger']) {
    app.github.rerequestCheckRun(project.repo, project.checkId(sha, GATE), login)
    app.github.requestCheckAction(project.repo, project.checkId(sha, GATE), 'cancel', login)
  }
  await app.github.settle()
  expect(project.dispatched()).toHaveLength(4)
  expect(project.checks(sha)).toContain(`${GATE}: failure`)
})

test('a re-run of the workflow run at GitHub opens leg and gate again', async () => {
  const tests = failingTests()
  const project = makeProject(app, { runner: tests.runner })
  const { sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  tests.mend()
  for (const run of app.github.state.workflowRuns(project.repo).filter((one) => one.conclusion === 'failure'))
    app.github.rerunWorkflowRun(project.repo, run.id)
  await project.concluded(sha, GATE, 'success')
  expect(project.dispatched()).toHaveLength(4)
})

test('a superseded run is not started again', async () => {
  const project = makeProject(app, { runner: (run) => ({ hang: run.runNumber <= 2 && run.workflow === 'build.yml' }) })
  const { sha } = project.openPullRequest()
  await app.github.until('builds are under way', () => project.dispatched().length === 2)
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { x: 'y' }, author: 'ann' })
  await project.concluded(newer, GATE, 'success')
  await project.concluded(sha, GATE, 'cancelled')
  app.github.rerequestCheckRun(project.repo, project.checkId(sha, GATE), 'ann')
  await app.github.settle()
  expect(project.dispatched()).toHaveLength(6)
})

test('fail_fast, max_parallel and a time-out, at GitHub', async () => {
  const config = CONFIG.replace('fail_fast: false', 'fail_fast: false, max_parallel: 1, timeout: 2s')
  let atOnce = 0
  const project = makeProject(app, {
    config,
    runner: (run) => ({
      hang: run.workflow === 'test.yml' && JSON.stringify(run.signalbox?.matrix).includes('debian'),
    }),
  })
  const unwatch = app.github.onChange(() => {
    const tests = app.github.state.workflowRuns(project.repo).filter((run) => run.workflow.path.endsWith('test.yml'))
    atOnce = Math.max(atOnce, tests.filter((run) => run.status !== 'completed').length)
  })
  const { sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  expect(project.checks(sha)).toContain('ci / test (debian): timed_out')
  expect(project.checks(sha)).toContain('ci / test (alpine): success')
  unwatch()
  expect(atOnce).toBe(1)
  await app.github.until('GitHub was asked to cancel it', () =>
    app.github.state.workflowRuns(project.repo).every((run) => run.status === 'completed'),
  )
  await app.github.settle()
  expect(project.checks(sha)).toContain('ci / test (debian): timed_out')
})
