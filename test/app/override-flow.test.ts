import { expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { openFork } from '../support/fork.ts'
import { GATE, makeProject, type Project } from '../support/project.ts'

const app = useApp()

/** What `/override` comes to. */
async function override({ repo }: Project, number: number, sha: string, gate = GATE, baseRef = 'main') {
  const { id, nodeId, owner, name, defaultBranch } = app.github.state.repository(repo)
  const installation = app.github.state.installations.find(({ repositoryIds }) => repositoryIds.has(id))
  const subject = {
    repo: { id, nodeId, owner: owner.login, name, defaultBranch },
    number,
    installationId: installation?.id ?? 0,
  }
  const given = { by: 'boss', reason: 'the runners are down', at: new Date() }
  await app.serving.store.pullRequests.override(subject, { sha, baseRef }, gate, given)
}

const quiet = () => app.github.settle({ quietMs: 300 })

test('a gate that failed passes for this commit, and says who and why; the next commit is judged anew', async () => {
  const project = makeProject(app, {
    runner: ({ workflow }) => (workflow === 'test.yml' ? { conclusion: 'failure' } : {}),
  })
  const { number, sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  await override(project, number, sha)
  await project.concluded(sha, GATE, 'success')
  expect(project.words(sha, GATE).title).toBe('Overridden by boss: the runners are down.')
  expect(project.checks(sha)).toContain('ci / test (debian): failure')
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { 'src/y': 'y' }, author: 'ann' })
  await project.concluded(newer, GATE, 'failure')
  await quiet()
  expect(project.checks(newer)).toContain(`${GATE}: failure`)
})

test('a gate that waits passes at once, and stays so when its legs fail', async () => {
  const project = makeProject(app, { runner: ({ workflow }) => ({ hang: workflow === 'build.yml' }) })
  const { number, sha } = project.openPullRequest()
  await app.github.until('the builds run', () => project.dispatched().length === 2)
  await override(project, number, sha)
  await project.concluded(sha, GATE, 'success')
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { 'src/y': 'y' }, author: 'ann' })
  await app.github.until('the newer commit is built', () => project.dispatched().length === 4)
  await quiet()
  expect(project.checks(newer)).toContain(`${GATE}: in_progress`)
})

test('an override of another gate, on another pull request, or into another branch, changes nothing', async () => {
  const project = makeProject(app, { runner: () => ({ conclusion: 'failure' }) })
  const { number, sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  await override(project, number, sha, 'Another gate')
  await override(project, number + 1000, sha)
  await override(project, number, sha, GATE, 'release')
  await quiet()
  expect(project.checks(sha)).toContain(`${GATE}: failure`)
})

test('an overridden gate of a fork passes, and still dispatches nothing', async () => {
  const project = makeProject(app)
  const fork = openFork(app, project)
  await app.github.until('the gate to be held', () => project.words(fork.sha, GATE).title.startsWith('Held: '))
  await override(project, fork.number, fork.sha)
  await project.concluded(fork.sha, GATE, 'success')
  await quiet()
  expect(project.dispatched()).toEqual([])
})
