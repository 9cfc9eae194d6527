/** What an observed leg follows may change its mind when the pull request has long moved on. */
import { expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { makeProject } from '../support/project.ts'

const app = useApp()

const SCAN = 'ci / scan'
const CONFIG = `version: 1
pipelines:
  ci:
    on: { pull_request: {} }
    jobs:
      scan: { observe: { check: scan, app: scanner } }
      build: { workflow: build.yml, needs: [scan] }
    gates:
      all: { name: All, needs: [scan, build] }
`

/** A pull request whose scan failed, so that its build was skipped and its run is over. */
async function makeFailed() {
  const project = makeProject(app, { config: CONFIG })
  const opened = project.openPullRequest()
  const post = (conclusion: 'failure' | 'success') =>
    app.github.postCheckRun(project.repo, 'scanner', {
      name: 'scan',
      headSha: opened.sha,
      status: 'completed',
      conclusion,
    })
  post('failure')
  await project.concluded(opened.sha, 'All', 'failure')
  expect(project.checks(opened.sha)).toContain('ci / build: skipped')
  return { project, ...opened, post }
}

test('turns green: what waited for it is run', async () => {
  const { project, sha, post } = await makeFailed()
  post('success')
  await project.concluded(sha, 'All', 'success')
  expect(project.dispatched()).toEqual(['build.yml'])
})

test('turns green after the merge: nothing of the old commit is started, and nothing is asked in circles', async () => {
  const { project, number, post } = await makeFailed()
  app.github.mergePullRequest(project.repo, number, 'ann')
  await app.github.settle()
  app.github.state.clearRequests()
  post('success')
  await app.github.settle()
  expect(project.dispatched()).toEqual([])
  expect(app.github.state.requests.length).toBeLessThan(20)
})

test('turns green after a push: only the new commit counts', async () => {
  const { project, sha, post } = await makeFailed()
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { 'src/y': 'y' }, author: 'ann' })
  await app.github.until('the newer commit is looked at', () => project.checks(newer).includes(`${SCAN}: queued`))
  await app.github.settle()
  app.github.state.clearRequests()
  post('success')
  await app.github.settle()
  expect(project.dispatched()).toEqual([])
  expect(app.github.state.requests.length).toBeLessThan(20)
  expect(newer).not.toBe(sha)
})

test('the head moves while its files are listed: they are not taken for those of the commit before', async () => {
  const config = `version: 1
pipelines:
  ci:
    on: { pull_request: { paths: ["src/**"] } }
    jobs: { build: { workflow: build.yml } }
    gates: { all: { name: All, needs: [build] } }
`
  const project = makeProject(app, { config })
  const push = (file: string) =>
    app.github.pushCommit(project.repo, 'feature', { files: { [file]: 'x' }, author: 'ann' })
  const docs = push('docs/a.md')
  const code = push('src/a.ts')
  app.github.faults.webhooks({
    vanish: (delivery) => delivery.event === 'pull_request' && delivery.action === 'synchronize',
  })
  let moved = false
  const end = app.github.onChange(() => {
    const { requests } = app.github.state
    const isRead = requests.some(
      ({ path, status }) => /^\/repos\/.*\/pulls\/\d+$/.test(path) && path.includes(project.repo) && status === 200,
    )
    if (moved || !isRead) return
    moved = true
    app.github.forcePush(project.repo, 'feature', docs)
  })
  app.github.openPullRequest(project.repo, { head: 'feature', base: 'main', title: 'x', author: 'ann' })
  await project.concluded(docs, 'All', 'success')
  end()
  await app.github.settle()
  app.github.faults.webhooks({})
  expect(moved).toBe(true)
  expect(project.checks(code)).not.toContain('All: success')
})
