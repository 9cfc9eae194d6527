/** One commit that is the head of several pull requests: GitHub shows the newest check run of a name for all of them. */
import { expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { CONFIG, GATE, makeProject } from '../support/project.ts'

const app = useApp()

/** Rules by which nothing has to be done for any change. */
const WEAK = CONFIG.replace('pull_request: {}', 'pull_request: { paths: ["never/**"] }')

/** A project with a branch of weak rules, whose builds end when they are let go. */
function makeProjectWithWeakBranch() {
  const project = makeProject(app)
  app.github.createBranch(project.repo, 'weak', 'main')
  app.github.pushCommit(project.repo, 'weak', { files: { '.github/signalbox.yml': WEAK }, author: 'ann' })
  return project
}

test("a stranger's commit does not pass by a second pull request into a branch with weaker rules", async () => {
  const project = makeProjectWithWeakBranch()
  app.github.fork(project.repo, 'eve')
  const sha = app.github.pushCommit(`eve/${project.repo.split('/')[1]}`, 'evil', {
    files: { 'src/x': 'x' },
    author: 'eve',
  })
  const open = (base: string) =>
    app.github.openPullRequest(project.repo, { head: 'eve:evil', base, title: 'x', author: 'eve' })
  const first = open('main')
  await app.github.until('the gate is shown', () => project.checks(sha).includes(`${GATE}: in_progress`))
  const second = open('weak')
  await app.github.until('both gates are held', () => {
    const gates = app.github.state.checkRuns(project.repo, sha).filter((check) => check.name === GATE)
    return gates.length === 2 && gates.every((gate) => gate.status === 'in_progress')
  })
  await app.github.settle()
  expect(project.words(sha, GATE).title).toBe(
    `Held: pull request #${first} has the same commit, and has not passed its gate of this name.`,
  )
  expect(second).toBeGreaterThan(first)
})

test('a second pull request of a stranger does not hold up what is trusted', async () => {
  const project = makeProject(app)
  const { sha } = project.openPullRequest()
  app.github.fork(project.repo, 'mallory')
  const fork = `mallory/${project.repo.split('/')[1]}`
  app.github.createBranch(fork, 'same', sha)
  app.github.openPullRequest(project.repo, { head: 'mallory:same', base: 'main', title: 'x', author: 'mallory' })
  await app.github.until('the trusted legs ran', () => project.dispatched().length === 4)
  await app.github.until('its own gate passed', () =>
    app.github.state
      .checkRuns(project.repo, sha)
      .some((check) => check.name === GATE && check.conclusion === 'success'),
  )
})

test('a branch that goes into two others passes when both are satisfied', async () => {
  const project = makeProjectWithWeakBranch()
  const { sha } = project.openPullRequest()
  app.github.openPullRequest(project.repo, { head: 'feature', base: 'weak', title: 'x', author: 'ann' })
  await app.github.until('both gates passed', () => {
    const gates = app.github.state.checkRuns(project.repo, sha).filter((check) => check.name === GATE)
    return gates.length === 2 && gates.every((gate) => gate.conclusion === 'success')
  })
})
