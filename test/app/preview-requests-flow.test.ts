/** What people ask of previews beside the label alone, where previews are deployed, and what it costs to watch them. */
import { describe, expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { makePreviewProject, type PreviewProject } from '../support/preview-project.ts'

const app = useApp({ env: { SIGNALBOX_PREVIEW_REPOSITORIES: 'elsewhere/deploy-shared, friends/deploy-me' } })

const quiet = () => app.github.settle({ quietMs: 300 })

async function deploy(project: PreviewProject) {
  const opened = project.openPullRequest()
  project.label(opened.number)
  const what = `deploy.yml ${opened.sha.slice(0, 7)}`
  await project.ran(what)
  return { ...opened, what }
}

function labels({ repo }: PreviewProject, number: number): readonly string[] {
  return app.github.state.pullRequest(repo, number).labels
}

function requestsTo(part: RegExp): string[] {
  return app.github.state.requests.map(({ method, path }) => `${method} ${path}`).filter((line) => part.test(line))
}

describe('/deploy where the label is on', () => {
  test('deploys the same commit again, once for each time that it is asked, and leaves the label alone', async () => {
    const project = makePreviewProject(app, { needs: false })
    const { number, what } = await deploy(project)
    app.github.state.clearRequests()
    app.github.faults.webhooks({ repeat: () => 1 })
    app.github.comment(project.repo, number, '/deploy', 'ann')
    await project.ran(what, what)
    app.github.comment(project.repo, number, '/deploy shop', 'ann')
    await project.ran(what, what, what)
    expect(requestsTo(/\/labels/)).toEqual([])
    expect(labels(project, number)).toEqual(['deploy'])
    expect(project.shown()).toEqual(['inactive', 'inactive', 'success'])
    const { id } = app.github.state.repository(project.repo)
    const log = await app.serving.store.pullRequests.listAudit(id, 10)
    expect(log.map(({ action, subject, actor }) => `${actor} ${action} ${subject}`)).toEqual([
      'ann deploy shop',
      'ann deploy shop',
    ])
  })

  test('a label that is put on once more deploys nothing of the same commit', async () => {
    const project = makePreviewProject(app, { needs: false })
    app.runners.set(project.deploy, () => ({ durationMs: 1_000 }))
    const { number, sha } = project.openPullRequest()
    project.label(number)
    await app.github.until('it is being deployed', () => project.deployed().length === 1)
    project.unlabel(number)
    project.label(number)
    await project.ran(`deploy.yml ${sha.slice(0, 7)}`)
  })

  test('where it is off: it is put on, and the commit is deployed once', async () => {
    const project = makePreviewProject(app, { needs: false })
    const { number, sha } = project.openPullRequest()
    app.github.comment(project.repo, number, '/deploy', 'ann')
    await project.ran(`deploy.yml ${sha.slice(0, 7)}`)
    await quiet()
    expect(project.deployed()).toHaveLength(1)
    expect(labels(project, number)).toEqual(['deploy'])
  })
})

describe('a preview whose repository changes', () => {
  test('is taken down where it stands', async () => {
    const project = makePreviewProject(app, { needs: false })
    const other = makePreviewProject(app, { needs: false })
    const { number, what } = await deploy(project)
    project.configure(other.deploy)
    await quiet()
    project.unlabel(number)
    await project.ran(what, 'teardown.yml')
    expect(other.deployed()).toEqual([])
    await expect.poll(() => project.shown(), { timeout: 20_000 }).toEqual(['inactive'])
  })

  test('and is deployed in the new one after that', async () => {
    const project = makePreviewProject(app, { needs: false })
    const other = makePreviewProject(app, { needs: false })
    const { number, what } = await deploy(project)
    project.configure(other.deploy)
    await quiet()
    app.github.comment(project.repo, number, '/deploy', 'ann')
    await app.github.until('it is there', () => other.deployed().length === 1)
    await quiet()
    expect(project.deployed()).toEqual([what, 'teardown.yml'])
    expect(other.deployed()).toEqual([what])
    expect(project.shown()).toEqual(['inactive', 'success'])
  })
})

test('two previews of one configuration are deployed and taken down each by itself', async () => {
  const project = makePreviewProject(app, { needs: false })
  const inputs = '{ number: "${{ pr.number }}", sha: "${{ sha }}" }'
  project.configure(
    project.deploy,
    `  docs:
    { label: docs, repository: ${project.deploy}, workflow: teardown.yml, inputs: ${inputs}, environment: docs }
`,
  )
  await quiet()
  const { number, what, sha } = await deploy(project)
  const docs = `teardown.yml ${sha.slice(0, 7)}`
  project.label(number, 'docs')
  await project.ran(what, docs)
  app.github.comment(project.repo, number, '/deploy docs', 'ann')
  await project.ran(what, docs, docs)
  project.unlabel(number)
  await project.ran(what, docs, docs, 'teardown.yml')
  await quiet()
  expect(project.said(number)).toMatch(/docs/)
  expect(project.shown()).toEqual(['inactive', 'inactive', 'success'])
  project.unlabel(number, 'docs')
  await app.github.until('both to be off', () => project.shown().join() === 'inactive,inactive,inactive')
  expect(project.deployed()).toHaveLength(4)
})

test("a repository of another owner that is allowed, and one of the same owner's that is not", async () => {
  const [allowed, other] = ['elsewhere/deploy-shared', 'elsewhere/deploy-other']
  const files = makePreviewProject(app, { needs: false })
  for (const repo of [allowed, other]) {
    const [owner = '', name = ''] = repo.split('/')
    app.github.createRepository({ owner, name, ownerType: 'Organization', installed: true, files: WORKFLOWS })
    files.configure(repo)
    await quiet()
    const { number } = files.openPullRequest(`to-${name}`)
    files.label(number)
    await app.github.until('the preview is told of', () => /deployed|not of this repository/i.test(files.said(number)))
    await quiet()
  }
  expect(app.github.state.workflowRuns(allowed)).toHaveLength(1)
  expect(app.github.state.workflowRuns(other)).toEqual([])
})

const INPUTS = '{ number: { type: string }, sha: { type: string } }'
const WORKFLOWS = Object.fromEntries(
  ['deploy', 'teardown'].map((name) => [
    `.github/workflows/${name}.yml`,
    `on: { workflow_dispatch: { inputs: ${INPUTS} } }\njobs: { a: { runs-on: x, steps: [{ run: "true" }] } }\n`,
  ]),
)

test('a lost dispatch is not taken to be what a person dispatched meanwhile', async () => {
  const project = makePreviewProject(app, { needs: false })
  const path = `${project.deploy}/actions/workflows/deploy.yml/dispatches`
  app.github.faults.respond({ method: 'POST', path, status: 502 })
  const { number, sha } = project.openPullRequest()
  project.label(number)
  await app.github.until('it was tried', () => requestsTo(/deploy\.yml\/dispatches/).some((one) => one.includes(path)))
  const theirs = { event: 'workflow_dispatch', ref: 'main', actor: 'ann' }
  const id = app.github.startWorkflowRun(project.deploy, 'deploy.yml', theirs)
  await project.ran('deploy.yml', `deploy.yml ${sha.slice(0, 7)}`)
  expect(project.deployRuns().map((run) => run.actor.login === 'ann')).toEqual([true, false])
  expect(project.said(number)).not.toContain(`/runs/${id}`)
}, 60_000)

test('when Signalbox is removed, nothing is asked about its pull requests any more', async () => {
  const project = makePreviewProject(app, { needs: false, preview: 'pull_request_summary: comment\n' })
  const other = makePreviewProject(app, { needs: false })
  const { pullRequests } = app.serving.store
  const all = { resting: true }
  for (const { repo, openPullRequest, label } of [project, other]) {
    app.runners.set(repo, () => ({ hang: true }))
    label(openPullRequest().number)
  }
  await quiet()
  const before = await pullRequests.enqueueOpen(all)
  await quiet()
  app.github.removeRepository(project.repo)
  await quiet()
  expect(await pullRequests.enqueueOpen(all)).toBe(before - 1)
  await quiet()
  app.github.state.clearRequests()
  await pullRequests.enqueueOpen(all)
  await quiet()
  expect(requestsTo(new RegExp(project.repo))).toEqual([])
})

test('a pull request with preview and summary costs few requests, and none at rest', async () => {
  const project = makePreviewProject(app, { preview: 'pull_request_summary: comment\n' })
  app.runners.set(project.repo, () => ({ durationMs: 300 }))
  await quiet()
  app.github.state.clearRequests()
  const { number, what } = await deploy(project)
  await quiet()
  const spent = app.github.state.requests.length
  expect(spent, JSON.stringify(app.github.state.requestCounts)).toBeLessThanOrEqual(65)
  // Each start reads its configuration; all jobs of the pull request together do once.
  expect(requestsTo(/contents/).length).toBeLessThanOrEqual(8)
  app.github.state.clearRequests()
  const { runs, pullRequests } = app.serving.store
  await runs.enqueueReconcile()
  await pullRequests.enqueueOpen()
  await quiet()
  const mine = new RegExp(`${project.repo}|${project.deploy}`)
  expect(requestsTo(mine)).toEqual([])
  // It is looked at once in a while nevertheless, and whatever happens to it is seen.
  await pullRequests.enqueueOpen({ resting: true })
  await quiet()
  expect(requestsTo(mine).length).toBeGreaterThan(0)
  project.unlabel(number)
  await project.ran(what, 'teardown.yml')
})
