import { notifyCheckRun, notifyCheckSuite } from './check-run-events.ts'
import { type CheckRunInput, createCheckRun, updateCheckRun } from './check-runs.ts'
import { branchAt, suiteFor } from './check-suites.ts'
import { requireCommit } from './commits.ts'
import { notFound } from './http/problem.ts'
import { makeItemActs } from './item-acts.ts'
import type { JsonObject } from './json.ts'
import * as merging from './merging.ts'
import type { App, CheckRun } from './model.ts'
import { nodeId } from './node-id.ts'
import { makePackageActs } from './package-acts.ts'
import * as pulls from './pull-requests.ts'
import { type CommitContent, deleteRef, pushCommit, pushRef } from './pushes.ts'
import { createRepository, findRepository, forkRepository, type NewRepository } from './repositories.ts'
import { dispatchRepository } from './repository-dispatch.ts'
import { makeSettingActs } from './setting-acts.ts'
import { findWorkflow } from './workflow-files.ts'
import { disableWorkflow, rerun, startWorkflowRun } from './workflow-runs.ts'
import { account, nextId, type World } from './world.ts'

/** Another app, which posts check runs beside ours. */
function otherApp(world: World, slug: string): App {
  const known = world.otherApps.get(slug)
  if (known !== undefined) return known
  const id = nextId(world, 'app')
  const made = { ...world.app, id, nodeId: nodeId('app', id), slug, name: slug, clientId: `Iv23li${slug}` }
  world.otherApps.set(slug, made)
  return made
}

function requireCheckRun(world: World, repo: string, id: number): CheckRun {
  const found = findRepository(world, repo).checkRuns.get(id)
  if (found === undefined) throw notFound()
  return found
}

function makeCodeActs(world: World) {
  const repository = (repo: string) => findRepository(world, repo)
  const login = (repo: string, by: string | undefined) => by ?? repository(repo).owner.login
  return {
    /** Makes a repository, with the app installed on it unless `installed` is false. */
    createRepository: (options: NewRepository) => createRepository(world, options),
    /** A copy under another owner; the app is not installed there. */
    fork: (repo: string, owner: string) => forkRepository(world, repository(repo), owner),
    deleteRepository(repo: string) {
      repository(repo).deleted = true
    },
    /** Pushes one commit and returns its SHA. A new branch starts at `from`, default the default branch. */
    pushCommit: (repo: string, branch: string, content: CommitContent) =>
      pushCommit(world, repository(repo), branch, content),
    createBranch(repo: string, branch: string, from: string, by?: string) {
      const { sha } = requireCommit(repository(repo), from)
      pushRef(world, repository(repo), `refs/heads/${branch}`, sha, login(repo, by))
    },
    /** Moves a branch to a commit that is there already, also backwards. */
    forcePush(repo: string, branch: string, sha: string, by?: string) {
      pushRef(
        world,
        repository(repo),
        `refs/heads/${branch}`,
        requireCommit(repository(repo), sha).sha,
        login(repo, by),
      )
    },
    deleteBranch: (repo: string, branch: string, by?: string) =>
      deleteRef(world, repository(repo), `refs/heads/${branch}`, login(repo, by)),
    pushTag(repo: string, tag: string, sha: string, by?: string) {
      pushRef(world, repository(repo), `refs/tags/${tag}`, requireCommit(repository(repo), sha).sha, login(repo, by))
    },
    deleteTag: (repo: string, tag: string, by?: string) =>
      deleteRef(world, repository(repo), `refs/tags/${tag}`, login(repo, by)),
  }
}

function makePullActs(world: World) {
  const repository = (repo: string) => findRepository(world, repo)
  type Pull = ReturnType<typeof pulls.findPullRequest>
  /** Turns an operation on a pull request into one that is told its repository and number. */
  const onPull =
    <Rest extends unknown[], Result>(act: (repo: ReturnType<typeof repository>, pull: Pull, ...rest: Rest) => Result) =>
    (repo: string, number: number, ...rest: Rest): Result =>
      act(repository(repo), pulls.findPullRequest(repository(repo), number), ...rest)
  return {
    /** Opens a pull request and returns its number. */
    openPullRequest: (repo: string, options: pulls.NewPullRequest) =>
      pulls.openPullRequest(world, repository(repo), options).number,
    closePullRequest: onPull((repo, pull, by: string, at?: Date) => pulls.closePullRequest(world, repo, pull, by, at)),
    reopenPullRequest: onPull((repo, pull, by: string, at?: Date) =>
      pulls.reopenPullRequest(world, repo, pull, by, at),
    ),
    /** Merges with a merge commit and returns its SHA. */
    mergePullRequest: onPull((repo, pull, by: string) => merging.mergePullRequest(world, repo, pull, by)),
    convertToDraft: onPull((repo, pull, by: string, at?: Date) => pulls.setDraft(world, repo, pull, true, by, at)),
    readyForReview: onPull((repo, pull, by: string, at?: Date) => pulls.setDraft(world, repo, pull, false, by, at)),
    changeBase: onPull((repo, pull, base: string, by: string) =>
      pulls.editPullRequest(world, repo, pull, { base }, by),
    ),
    editPullRequest: onPull((repo, pull, edit: { title?: string; body?: string | null }, by: string) =>
      pulls.editPullRequest(world, repo, pull, edit, by),
    ),
    /** Puts a pull request into the merge queue and returns the SHA on which the queue wants checks. */
    createMergeGroup: onPull((repo, pull) => merging.createMergeGroup(world, repo, pull)),
    destroyMergeGroup: (repo: string, headSha: string, reason: 'merged' | 'invalidated' | 'dequeued') =>
      merging.destroyMergeGroup(world, repository(repo), headSha, reason),
  }
}

function makeCheckActs(world: World) {
  const repository = (repo: string) => findRepository(world, repo)
  return {
    /** Presses "Re-run" on a check run of the app. */
    rerequestCheckRun(repo: string, id: number, by: string) {
      const run = requireCheckRun(world, repo, id)
      notifyCheckRun(world, repository(repo), run, 'rerequested', account(world, by))
    },
    /** Presses "Re-run all checks" on a commit. */
    rerequestCheckSuite(repo: string, sha: string, by: string) {
      const suite = suiteFor(world, repository(repo), world.app, sha, branchAt(repository(repo), sha))
      notifyCheckSuite(world, repository(repo), suite, 'rerequested', account(world, by))
    },
    /** Presses one of the buttons that the app gave to a check run. Does not ask whether it did. */
    requestCheckAction(repo: string, id: number, identifier: string, by: string) {
      const fields = { requested_action: { identifier } }
      const run = requireCheckRun(world, repo, id)
      notifyCheckRun(world, repository(repo), run, 'requested_action', account(world, by), fields)
    },
    /** Posts a check run as another app. Returns its id. */
    postCheckRun: (repo: string, app: string, input: CheckRunInput & { name: string; headSha: string }) =>
      createCheckRun(world, repository(repo), otherApp(world, app), input).id,
    /** Changes a check run as the app that posted it. */
    changeCheckRun(repo: string, id: number, input: CheckRunInput) {
      const run = requireCheckRun(world, repo, id)
      updateCheckRun(world, repository(repo), run.app, run, input)
    },
    /** Starts a run for which there is no other act, as of a schedule. Returns its id. */
    startWorkflowRun(repo: string, file: string, options: Parameters<typeof startWorkflowRun>[3]) {
      const workflow = findWorkflow(repository(repo), file)
      if (workflow === undefined) throw notFound()
      return startWorkflowRun(world, repository(repo), workflow, options).id
    },
    /** Presses "Re-run all jobs" on a workflow run. */
    rerunWorkflowRun(repo: string, id: number) {
      const run = repository(repo).workflowRuns.get(id)
      if (run === undefined) throw notFound()
      rerun(world, repository(repo), run, false)
    },
    disableWorkflow(repo: string, file: string, disabled = true) {
      const workflow = findWorkflow(repository(repo), file)
      if (workflow === undefined) throw notFound()
      disableWorkflow(world, workflow, disabled)
    },
    repositoryDispatch: (repo: string, type: string, payload: JsonObject, by: string) =>
      dispatchRepository(world, repository(repo), type, payload, account(world, by)),
  }
}

export function makeActs(world: World) {
  return {
    ...makeCodeActs(world),
    ...makePullActs(world),
    ...makeItemActs(world),
    ...makeCheckActs(world),
    ...makeSettingActs(world),
    ...makePackageActs(world),
  }
}
