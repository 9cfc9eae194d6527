/** A pull request from a fork, whose owner may do nothing in the repository, and what was dispatched for it. */
import type { CommitContent } from '../../src/sandbox/pushes.ts'
import type { TestApp } from './app.ts'
import type { Project } from './project.ts'

export interface Fork {
  /** `owner/name` of the fork. */
  readonly repo: string
  readonly number: number
  /** The first commit. */
  readonly sha: string
  /** Pushes another commit and returns it. */
  push(files?: CommitContent['files']): string
}

export function openFork(
  app: Pick<TestApp, 'github'>,
  project: Project,
  { files = { 'src/gift.txt': 'gift' }, owner = 'eve' }: { files?: CommitContent['files']; owner?: string } = {},
): Fork {
  const { github } = app
  github.fork(project.repo, owner)
  const repo = `${owner}/${project.repo.split('/')[1]}`
  let pushes = 0
  const push: Fork['push'] = (changed = { 'src/gift.txt': `gift ${++pushes}` }) =>
    github.pushCommit(repo, 'gift', { files: changed, author: owner })
  const sha = push(files)
  const number = github.openPullRequest(project.repo, {
    head: `${owner}:gift`,
    base: 'main',
    title: 'x',
    author: owner,
  })
  return { repo, number, sha, push }
}

/** What each dispatched workflow run was told, in order. */
export function toldLegs({ github }: Pick<TestApp, 'github'>, repo: string): Record<string, unknown>[] {
  const dispatched = github.state.workflowRuns(repo).filter((run) => run.event === 'workflow_dispatch')
  return dispatched.map((run) => JSON.parse(run.inputs.signalbox ?? '{}'))
}
