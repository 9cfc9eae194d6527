/**
 * The workflow runs that GitHub starts by itself, of workflows with `on: pull_request`, `push` or `merge_group`. What
 * the file at the event's commit says is what runs: of a pull request that is its own file, and anyone can write there.
 */
import type { Commit } from './git/object-store.ts'
import type { Account, PullRequest, Repository } from './model.ts'
import { displayTitle, readWorkflowFile, registerWorkflow, workflowPaths } from './workflow-files.ts'
import { startRun } from './workflow-runs.ts'
import type { World } from './world.ts'

const ACTIONS_BY_DEFAULT = ['opened', 'synchronize', 'reopened']

interface Happened {
  readonly event: 'pull_request' | 'push' | 'merge_group'
  /** Null: the event has none. */
  readonly action: string | null
  /** Where the workflow files are read. */
  readonly commit: Commit
  readonly headSha: string
  readonly headBranch: string
  readonly headRepository: Repository
  readonly title: string
  readonly actor: Account
}

function startRuns(world: World, repository: Repository, happened: Happened): void {
  const { event, action, commit, title, ...about } = happened
  for (const path of workflowPaths(commit)) {
    const file = readWorkflowFile(repository, commit, path)
    if (file === null || !file.events.has(event)) continue
    const types = file.events.get(event) ?? ACTIONS_BY_DEFAULT
    if (event === 'pull_request' && action !== null && !types.includes(action)) continue
    if (repository.workflows.get(path)?.state.startsWith('disabled_') === true) continue
    const workflow = registerWorkflow(world, repository, path, file.name)
    const name = file.runName === null ? title : displayTitle(file, {}, about.headBranch)
    startRun(world, repository, workflow, { ...about, event, displayTitle: name, inputs: {}, jobs: file.jobs })
  }
}

/** GitHub reads the files in the trial merge, and starts nothing while there is a conflict. */
export function startPullRequestRuns(
  world: World,
  repository: Repository,
  pull: PullRequest,
  action: string,
  actor: Account,
): void {
  const commit = repository.objects.commits.get(pull.mergeCommitSha ?? '')
  const { sha, ref, repository: from } = pull.head
  if (commit === undefined) return
  const head = { headSha: sha, headBranch: ref, headRepository: from }
  startRuns(world, repository, { event: 'pull_request', action, commit, ...head, title: pull.title, actor })
}

/** In forks nothing runs: Actions are off there until their owner turns them on. */
export function startPushRuns(world: World, repository: Repository, ref: string, commit: Commit, actor: Account): void {
  if (repository.parent !== null || !/^refs\/(heads|tags)\//.test(ref)) return
  const headBranch = ref.replace(/^refs\/(heads|tags)\//, '')
  const title = commit.message.split('\n')[0] ?? ''
  const head = { headSha: commit.sha, headBranch, headRepository: repository }
  startRuns(world, repository, { event: 'push', action: null, commit, ...head, title, actor })
}

export function startMergeGroupRuns(
  world: World,
  repository: Repository,
  headRef: string,
  commit: Commit,
  actor: Account,
): void {
  const headBranch = headRef.replace(/^refs\/heads\//, '')
  const title = commit.message.split('\n')[0] ?? ''
  const head = { headSha: commit.sha, headBranch, headRepository: repository }
  startRuns(world, repository, { event: 'merge_group', action: null, commit, ...head, title, actor })
}
