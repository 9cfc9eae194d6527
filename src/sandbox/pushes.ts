/** Commits arriving at a repository, and everything that GitHub does because of one. */

import { requestCheckSuite } from './check-run-events.ts'
import { startPushRuns } from './event-runs.ts'
import { diffTrees } from './git/diff.ts'
import { commitsBetween, mergeBase } from './git/history.ts'
import { type Commit, changeTree, type FileChanges, putCommit } from './git/object-store.ts'
import { notFound } from './http/problem.ts'
import { isoTime, type JsonObject } from './json.ts'
import type { Account, Repository } from './model.ts'
import { branchDeleted, headMoved } from './pull-requests.ts'
import { renderAccount } from './render/account.ts'
import { renderRepository } from './render/repository.ts'
import { repoWeb } from './render/urls.ts'
import { notify } from './webhooks/notify.ts'
import { registerWorkflows } from './workflow-files.ts'
import { account, changed, type World } from './world.ts'

export interface CommitContent {
  /** Path → new content; null removes the file. */
  readonly files: FileChanges
  readonly message?: string
  /** Login of the author, who also pushes. */
  readonly author?: string
  /** Start from this branch when the branch is new; default: the default branch. */
  readonly from?: string
  /** When, if not now: a push in the past is told to nobody and starts nothing. */
  readonly at?: Date
}

const NO_COMMIT = '0'.repeat(40)

function branchTip(repository: Repository, branch: string): Commit | null {
  const sha = repository.refs.get(`refs/heads/${branch}`)
  return sha === undefined ? null : (repository.objects.commits.get(sha) ?? null)
}

/** Puts a commit on a branch, telling nobody. */
export function commitFiles(world: World, repository: Repository, branch: string, content: CommitContent): Commit {
  const parent = branchTip(repository, branch) ?? branchTip(repository, content.from ?? repository.defaultBranch)
  const login = content.author ?? repository.owner.login
  const commit = putCommit(repository.objects, {
    tree: changeTree(repository.objects, parent?.tree ?? null, content.files),
    parents: parent === null ? [] : [parent.sha],
    message: content.message ?? 'Change files',
    author: { name: login, email: `${login}@users.noreply.github.com`, date: content.at ?? world.now() },
  })
  repository.refs.set(`refs/heads/${branch}`, commit.sha)
  repository.pushedAt = content.at ?? world.now()
  if (branch === repository.defaultBranch) registerWorkflows(world, repository, commit)
  return commit
}

function renderPushedCommit(world: World, repository: Repository, commit: Commit): JsonObject {
  const parent = repository.objects.commits.get(commit.parents[0] ?? '')
  const changes = diffTrees(repository.objects, parent?.tree ?? null, commit.tree)
  const paths = (wanted: string[]) => changes.filter((one) => wanted.includes(one.status)).map((one) => one.path)
  const who = { name: commit.author.name, email: commit.author.email, username: commit.author.name }
  return {
    id: commit.sha,
    tree_id: commit.tree.sha,
    distinct: true,
    message: commit.message,
    timestamp: isoTime(commit.author.date),
    url: repoWeb(world, repository, `/commit/${commit.sha}`),
    author: who,
    committer: who,
    added: paths(['added', 'renamed']),
    removed: paths(['removed']),
    modified: paths(['modified']),
  }
}

/** Most commits that GitHub lists in one push event. */
const MAX_LISTED_COMMITS = 2048

function notifyPush(world: World, repository: Repository, ref: string, before: string, after: string, by: Account) {
  const { objects } = repository
  const head = objects.commits.get(after)
  const created = before === NO_COMMIT
  const old = objects.commits.get(before)
  const newCommits =
    head === undefined || ref.startsWith('refs/tags/')
      ? []
      : old === undefined
        ? [head]
        : commitsBetween(objects, before, after)
  const forced = old !== undefined && head !== undefined && mergeBase(objects, before, after)?.sha !== before
  const page = created
    ? `/compare/${encodeURIComponent(ref.replace(/^refs\/[a-z]+\//, ''))}`
    : `/compare/${before}...${after}`
  notify(world, repository, 'push', null, by, {
    ref,
    before,
    after,
    created,
    deleted: after === NO_COMMIT,
    forced,
    base_ref: null,
    compare: repoWeb(world, repository, page),
    commits: newCommits.slice(0, MAX_LISTED_COMMITS).map((one) => renderPushedCommit(world, repository, one)),
    head_commit: head === undefined ? null : renderPushedCommit(world, repository, head),
    pusher: { name: by.login, email: `${by.login}@users.noreply.github.com` },
    // A push says its times in seconds since the epoch, and its owner with a name and address.
    repository: {
      ...renderRepository(world, repository),
      created_at: Math.floor(repository.createdAt.getTime() / 1000),
      pushed_at: Math.floor(repository.pushedAt.getTime() / 1000),
      owner: { ...renderAccount(world, repository.owner), name: repository.owner.login, email: null },
      stargazers: 0,
      master_branch: repository.defaultBranch,
    },
  })
}

function notifyRef(world: World, repository: Repository, event: 'create' | 'delete', ref: string, by: Account): void {
  const type = ref.startsWith('refs/tags/') ? 'tag' : 'branch'
  const made = event === 'create' ? { master_branch: repository.defaultBranch, description: null } : {}
  const name = ref.replace(/^refs\/(heads|tags)\//, '')
  notify(world, repository, event, null, by, { ref: name, ref_type: type, ...made, pusher_type: 'user' })
}

/** Points a ref at a commit (null: deletes it) and does what GitHub does then. `before` is where it pointed. */
export function announceRef(
  world: World,
  repository: Repository,
  ref: string,
  before: string | undefined,
  after: string | null,
  by: Account,
): void {
  if (after === null) repository.refs.delete(ref)
  else repository.refs.set(ref, after)
  repository.pushedAt = world.now()
  if (before === undefined) notifyRef(world, repository, 'create', ref, by)
  notifyPush(world, repository, ref, before ?? NO_COMMIT, after ?? NO_COMMIT, by)
  const pushed = after === null ? undefined : repository.objects.commits.get(after)
  if (pushed !== undefined) startPushRuns(world, repository, ref, pushed, by)
  if (after === null) {
    notifyRef(world, repository, 'delete', ref, by)
    if (ref.startsWith('refs/heads/')) branchDeleted(world, repository, ref.slice('refs/heads/'.length), by)
  }
  if (after !== null && ref.startsWith('refs/heads/')) {
    const branch = ref.slice('refs/heads/'.length)
    const commit = repository.objects.commits.get(after)
    if (branch === repository.defaultBranch && commit !== undefined) registerWorkflows(world, repository, commit)
    requestCheckSuite(world, repository, after, branch, by)
    if (before !== undefined) headMoved(world, repository, branch, before, after, by)
  }
  changed(world)
}

/** Commits to a branch, creating it when it is new, as a `git push` would. Returns the commit's SHA. */
export function pushCommit(world: World, repository: Repository, branch: string, content: CommitContent): string {
  const ref = `refs/heads/${branch}`
  const before = repository.refs.get(ref)
  const commit = commitFiles(world, repository, branch, content)
  const by = account(world, content.author ?? repository.owner.login)
  if (content.at === undefined) announceRef(world, repository, ref, before, commit.sha, by)
  else if (before !== undefined) headMoved(world, repository, branch, before, commit.sha, by, content.at)
  return commit.sha
}

/** Creates or moves a branch or tag to a commit that is already there; a move may go backwards (a forced push). */
export function pushRef(world: World, repository: Repository, ref: string, sha: string, login: string): void {
  announceRef(world, repository, ref, repository.refs.get(ref), sha, account(world, login))
}

export function deleteRef(world: World, repository: Repository, ref: string, login: string): void {
  const before = repository.refs.get(ref)
  if (before === undefined) throw notFound()
  announceRef(world, repository, ref, before, null, account(world, login))
}
