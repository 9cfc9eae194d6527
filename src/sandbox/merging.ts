/** Merging pull requests, at once or through the merge queue. */
import { startMergeGroupRuns } from './event-runs.ts'
import { type Commit, putCommit } from './git/object-store.ts'
import { notFound, Problem } from './http/problem.ts'
import type { Account, MergeGroup, PullRequest, Repository } from './model.ts'
import { notifyPull } from './pull-request-events.ts'
import { mergedTree } from './pull-request-facts.ts'
import { announceRef } from './pushes.ts'
import { renderSimpleCommit } from './render/commit.ts'
import { recordEvent } from './timeline.ts'
import { notify } from './webhooks/notify.ts'
import { account, changed, type World } from './world.ts'

function mergeOnto(world: World, repository: Repository, pull: PullRequest, base: Commit, by: Account): Commit {
  const head = repository.objects.commits.get(pull.head.sha)
  const tree = head === undefined ? null : mergedTree(repository, base, head)
  if (tree === null) throw new Problem(405, 'Pull Request is not mergeable')
  return putCommit(repository.objects, {
    tree,
    parents: [base.sha, pull.head.sha],
    message: `Merge pull request #${pull.number} from ${pull.head.owner.login}/${pull.head.ref}\n\n${pull.title}`,
    author: { name: by.login, email: `${by.login}@users.noreply.github.com`, date: world.now() },
  })
}

function baseTip(repository: Repository, pull: PullRequest): Commit {
  const commit = repository.objects.commits.get(repository.refs.get(`refs/heads/${pull.base.ref}`) ?? '')
  if (commit === undefined) throw notFound()
  return commit
}

function concludeMerge(world: World, repository: Repository, pull: PullRequest, commit: Commit, by: Account): void {
  const ref = `refs/heads/${pull.base.ref}`
  pull.state = 'closed'
  pull.merged = { at: world.now(), by }
  pull.closedAt = pull.updatedAt = world.now()
  pull.mergeCommitSha = commit.sha
  repository.contributors.add(pull.author)
  recordEvent(world, pull, 'MergedEvent', by)
  repository.refs.delete(`refs/pull/${pull.number}/merge`)
  announceRef(world, repository, ref, repository.refs.get(ref), commit.sha, by)
  notifyPull(world, repository, pull, 'closed', by)
}

/** Merges with a merge commit. Returns its SHA. */
export function mergePullRequest(world: World, repository: Repository, pull: PullRequest, login: string): string {
  const by = account(world, login)
  const commit = mergeOnto(world, repository, pull, baseTip(repository, pull), by)
  concludeMerge(world, repository, pull, commit, by)
  return commit.sha
}

function notifyGroup(world: World, repository: Repository, group: MergeGroup, action: string, reason: string | null) {
  const commit = repository.objects.commits.get(group.headSha)
  notify(world, repository, 'merge_group', action, account(world, 'github-merge-queue[bot]', 'Bot'), {
    ...(reason === null ? {} : { reason }),
    merge_group: {
      head_sha: group.headSha,
      head_ref: group.headRef,
      base_sha: group.baseSha,
      base_ref: group.baseRef,
      head_commit: commit === undefined ? null : renderSimpleCommit(commit),
    },
  })
  changed(world)
}

/** Puts a pull request into the queue on its own. Returns the SHA on which the queue wants the required checks. */
export function createMergeGroup(world: World, repository: Repository, pull: PullRequest): string {
  const base = baseTip(repository, pull)
  const queue = account(world, 'github-merge-queue[bot]', 'Bot')
  const commit = mergeOnto(world, repository, pull, base, queue)
  const headRef = `refs/heads/gh-readonly-queue/${pull.base.ref}/pr-${pull.number}-${base.sha}`
  const group: MergeGroup = {
    pullRequest: pull.number,
    headRef,
    headSha: commit.sha,
    baseRef: `refs/heads/${pull.base.ref}`,
    baseSha: base.sha,
    destroyed: null,
  }
  repository.mergeGroups.push(group)
  announceRef(world, repository, headRef, repository.refs.get(headRef), commit.sha, queue)
  notifyGroup(world, repository, group, 'checks_requested', null)
  startMergeGroupRuns(world, repository, headRef, commit, queue)
  return commit.sha
}

/** Ends a group: `merged` merges its pull request, the other reasons only take it out of the queue. */
export function destroyMergeGroup(
  world: World,
  repository: Repository,
  headSha: string,
  reason: 'merged' | 'invalidated' | 'dequeued',
): void {
  const group = repository.mergeGroups.find((one) => one.headSha === headSha && one.destroyed === null)
  const commit = repository.objects.commits.get(headSha)
  if (group === undefined || commit === undefined) throw notFound()
  group.destroyed = reason
  const queue = account(world, 'github-merge-queue[bot]', 'Bot')
  const pull = repository.conversations.get(group.pullRequest)
  if (reason === 'merged' && pull?.kind === 'pull_request') concludeMerge(world, repository, pull, commit, queue)
  notifyGroup(world, repository, group, 'destroyed', reason)
  announceRef(world, repository, group.headRef, group.headSha, null, queue)
}
