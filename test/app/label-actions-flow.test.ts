import { describe, expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { makeProject, type Project, WORKFLOW } from '../support/project.ts'

const app = useApp()

const CHECK = 'label / lint-fix'
const CONFIG = `version: 1
pipelines: {}
label_actions: { lint-fix: { workflow: lint-fix.yml } }
`

function makeLabelProject(): Project {
  return makeProject(app, { config: CONFIG, files: { '.github/workflows/lint-fix.yml': WORKFLOW } })
}

function label(project: Project, number: number, by = 'ann') {
  app.github.addLabel(project.repo, number, 'lint-fix', by)
}

/** Waits until the label is off, and everything is quiet. */
async function taken({ repo }: Project, number: number) {
  const isOff = () => app.github.state.pullRequest(repo, number).labels.length === 0
  await app.github.until('the label to be off', isOff)
  await app.github.settle()
  expect(isOff()).toBe(true)
}

function comments({ repo }: Project, number: number): string[] {
  return app.github.state
    .comments(repo, number)
    .map((comment) => comment.body)
    .filter((body) => body.startsWith('<!-- signalbox:label'))
}

async function openFork(project: Project, maintainerCanModify: boolean) {
  app.github.fork(project.repo, 'mallory')
  const fork = `mallory/${project.repo.split('/')[1]}`
  const sha = app.github.pushCommit(fork, 'gift', { files: { x: 'x' }, author: 'mallory' })
  const options = { head: 'mallory:gift', base: 'main', author: 'mallory', maintainerCanModify }
  return { fork, sha, number: app.github.openPullRequest(project.repo, options) }
}

test('a label runs its workflow on the pull request, shows a check run, and is taken off', async () => {
  const project = makeLabelProject()
  const { number, sha } = project.openPullRequest()
  label(project, number)
  await project.concluded(sha, CHECK, 'success')
  await taken(project, number)
  const [run, ...others] = app.github.state.workflowRuns(project.repo)
  expect(others).toEqual([])
  expect(JSON.parse(run?.inputs.signalbox ?? '')).toMatchObject({
    event: 'label',
    pipeline: 'label lint-fix',
    job: 'lint-fix',
    sha,
    pull_request: number,
    head_ref: 'feature',
    trusted: true,
  })
  expect(comments(project, number)).toEqual([])
  const [entry] = await app.serving.store.pullRequests.listAudit(app.github.state.repository(project.repo).id, 10)
  expect(entry).toMatchObject({ actor: 'ann', action: 'label_action', subject: 'lint-fix', pullRequest: number })
})

test('each labelling runs once: also when it is put on again, and however often it is delivered', async () => {
  const project = makeLabelProject()
  app.github.faults.webhooks({ repeat: (delivery) => (delivery.event === 'pull_request' ? 2 : 0) })
  const { number } = project.openPullRequest()
  label(project, number)
  await taken(project, number)
  expect(project.dispatched()).toEqual(['lint-fix.yml'])
  label(project, number)
  await taken(project, number)
  expect(project.dispatched()).toEqual(['lint-fix.yml', 'lint-fix.yml'])
})

test('put on again while its run is at work: the second run waits for the first to end', async () => {
  const project = makeLabelProject()
  app.runners.set(project.repo, () => ({ durationMs: 1_000 }))
  const { number } = project.openPullRequest()
  const atWork = () => app.github.state.workflowRuns(project.repo).filter((run) => run.status !== 'completed').length
  let most = 0
  const end = app.github.onChange(() => {
    most = Math.max(most, atWork())
  })
  label(project, number)
  await app.github.until('it runs', () => atWork() === 1)
  app.github.removeLabel(project.repo, number, 'lint-fix', 'ann')
  label(project, number)
  await taken(project, number)
  end()
  expect(project.dispatched()).toEqual(['lint-fix.yml', 'lint-fix.yml'])
  expect(most).toBe(1)
})

test('a label that is there when the pull request is opened counts once', async () => {
  const project = makeLabelProject()
  app.github.pushCommit(project.repo, 'feature', { files: { x: 'x' }, author: 'ann' })
  const number = app.github.openPullRequest(project.repo, { head: 'feature', author: 'ann', labels: ['lint-fix'] })
  await taken(project, number)
  expect(project.dispatched()).toEqual(['lint-fix.yml'])
})

test('a run that failed: the label goes too, and the check run says why', async () => {
  const project = makeLabelProject()
  app.runners.set(project.repo, () => ({ conclusion: 'failure' }))
  const { number, sha } = project.openPullRequest()
  label(project, number)
  await project.concluded(sha, CHECK, 'failure')
  await taken(project, number)
  expect(project.dispatched()).toEqual(['lint-fix.yml'])
})

test('what the workflow pushes does not start it again', async () => {
  const project = makeLabelProject()
  app.runners.set(project.repo, () => ({ durationMs: 300 }))
  const { number, sha } = project.openPullRequest()
  label(project, number)
  await app.github.until('it runs', () => project.dispatched().length === 1)
  app.github.pushCommit(project.repo, 'feature', { files: { fixed: 'x' }, author: 'ann' })
  await project.concluded(sha, CHECK, 'success')
  await taken(project, number)
  expect(project.dispatched()).toEqual(['lint-fix.yml'])
})

test('a push between the labelling and the dispatch: it runs on the newer commit', async () => {
  const project = makeLabelProject()
  const { number, sha } = project.openPullRequest()
  await app.github.settle()
  let newer = ''
  const before = app.github.state.requests.length
  const end = app.github.onChange(() => {
    const asked = app.github.state.requests.slice(before).some((request) => request.body.includes('LABELED_EVENT'))
    if (newer !== '' || !asked) return
    newer = 'pushing'
    newer = app.github.pushCommit(project.repo, 'feature', { files: { z: 'z' }, author: 'ann' })
  })
  label(project, number)
  await app.github.until('the newer commit is pushed', () => newer.length === 40)
  end()
  await project.concluded(newer, CHECK, 'success')
  await taken(project, number)
  expect(project.checks(sha)).toEqual([])
  expect(project.dispatched()).toEqual(['lint-fix.yml'])
})

describe('a label that is refused is taken off, and the pull request says why, once', () => {
  test('of somebody who may not write', async () => {
    const project = makeLabelProject()
    const { number } = project.openPullRequest()
    label(project, number, 'rob')
    await taken(project, number)
    expect(comments(project, number)).toHaveLength(1)
    expect(comments(project, number)[0]).toContain(
      'that takes write permission in this repository, which rob does not have',
    )
    expect(project.dispatched()).toEqual([])
  })

  test('of the same person again: it is only taken off', async () => {
    const project = makeLabelProject()
    const { number } = project.openPullRequest()
    for (const _ of ['first', 'second', 'third']) {
      label(project, number, 'rob')
      await taken(project, number)
    }
    expect(comments(project, number)).toHaveLength(1)
    label(project, number, 'stranger')
    await taken(project, number)
    expect(comments(project, number)).toHaveLength(2)
  })

  test('the reply to the comment is lost: it is not said twice', async () => {
    const project = makeLabelProject()
    app.github.faults.loseReply({ method: 'POST', path: /\/issues\/\d+\/comments$/ })
    const { number } = project.openPullRequest()
    label(project, number, 'rob')
    await taken(project, number)
    expect(comments(project, number)).toHaveLength(1)
  }, 40_000)

  test('of a fork, until its commit is approved and it is put on again', async () => {
    const project = makeLabelProject()
    const { number, sha } = await openFork(project, true)
    label(project, number)
    await taken(project, number)
    expect(comments(project, number)[0]).toContain(`\n/ok-to-test ${sha}\n`)
    app.github.comment(project.repo, number, `/ok-to-test ${sha}`, 'ann')
    await app.github.settle()
    expect(project.dispatched()).toEqual([])
    label(project, number)
    await project.concluded(sha, CHECK, 'success')
    await taken(project, number)
    expect(JSON.parse(app.github.state.workflowRuns(project.repo)[0]?.inputs.signalbox ?? '')).toMatchObject({
      trusted: false,
      push: false,
    })
  })

  test('of a fork that maintainers may not push to', async () => {
    const project = makeLabelProject()
    const { number } = await openFork(project, false)
    label(project, number)
    await taken(project, number)
    expect(comments(project, number)[0]).toContain('«Allow edits by maintainers»')
    expect(project.dispatched()).toEqual([])
  })

  test('of a fork that was deleted', async () => {
    const project = makeLabelProject()
    const { fork, number } = await openFork(project, true)
    await app.github.settle()
    app.github.deleteRepository(fork)
    label(project, number)
    await taken(project, number)
    expect(comments(project, number)[0]).toContain('was deleted')
  })
})

test('nothing is asked of GitHub beyond the pull request and its configuration where neither means anything', async () => {
  const project = makeProject(app, { config: 'version: 1\npipelines: {}\npull_request_summary: off\n' })
  const { number } = project.openPullRequest()
  await app.github.settle()
  app.github.state.clearRequests()
  app.github.addLabel(project.repo, number, 'lint-fix', 'ann')
  const asked = () =>
    app.github.state.requests
      .map((request) => request.path.replace(project.repo, 'R'))
      .filter((path) => !path.includes('/contents/') && !path.includes('access_tokens'))
  await expect.poll(asked, { timeout: 20_000 }).not.toEqual([])
  await app.github.settle()
  expect(asked()).toEqual([`/repos/R/pulls/${number}`])
})
