/** Pull requests and issues: opening, and everything that people do with them, each told to the app. */
import { putCommit } from './git/object-store.ts'
import { invalidField, notFound, Problem } from './http/problem.ts'
import type { JsonObject } from './json.ts'
import { ensureLabel, recordLabelling } from './labels.ts'
import type { Account, Issue, PullRequest, Repository } from './model.ts'
import { notifyPull } from './pull-request-events.ts'
import { mergedTree } from './pull-request-facts.ts'
import { account, nextId, type World } from './world.ts'

export interface NewPullRequest {
  /** A branch of the repository, or `owner:branch` of a fork. */
  readonly head: string
  readonly base?: string
  readonly title?: string
  readonly body?: string | null
  readonly draft?: boolean
  readonly author?: string
  readonly labels?: readonly string[]
  /** Login of who put the labels on; default: the author. */
  readonly labelsBy?: string
  readonly maintainerCanModify?: boolean
}

export function findConversation(repository: Repository, number: number): Issue | PullRequest {
  const found = repository.conversations.get(number)
  if (found === undefined) throw notFound()
  return found
}

export function findPullRequest(repository: Repository, number: number): PullRequest {
  const found = findConversation(repository, number)
  if (found.kind !== 'pull_request') throw notFound()
  return found
}

/** GitHub keeps a trial merge of every open pull request under `refs/pull/N/merge`. */
function refreshTestMerge(world: World, repository: Repository, pull: PullRequest): void {
  const { objects, refs } = repository
  const base = objects.commits.get(refs.get(`refs/heads/${pull.base.ref}`) ?? pull.base.sha)
  const head = objects.commits.get(pull.head.sha)
  refs.set(`refs/pull/${pull.number}/head`, pull.head.sha)
  const tree = base === undefined || head === undefined ? null : mergedTree(repository, base, head)
  if (tree === null || base === undefined) {
    pull.mergeCommitSha = null
    refs.delete(`refs/pull/${pull.number}/merge`)
    return
  }
  const author = { name: 'GitHub', email: 'noreply@github.com', date: world.now() }
  const message = `Merge ${pull.head.sha} into ${base.sha}`
  pull.mergeCommitSha = putCommit(objects, { tree, parents: [base.sha, pull.head.sha], message, author }).sha
  refs.set(`refs/pull/${pull.number}/merge`, pull.mergeCommitSha)
}

function nextNumber(repository: Repository): number {
  return Math.max(0, ...repository.conversations.keys()) + 1
}

function findHead(world: World, repository: Repository, head: string): PullRequest['head'] {
  const [owner, branch] = head.includes(':') ? head.split(':', 2) : [repository.owner.login, head]
  const from = [...world.repositories.values()].find(
    (one) => one.owner.login === owner && (one === repository || one.parent === repository),
  )
  const sha = from?.refs.get(`refs/heads/${branch}`)
  if (from === undefined || branch === undefined || sha === undefined) {
    throw invalidField('PullRequest', 'head', 'head is invalid')
  }
  return { repository: from, owner: from.owner, ref: branch, sha }
}

export function openPullRequest(world: World, repository: Repository, options: NewPullRequest): PullRequest {
  const head = findHead(world, repository, options.head)
  const baseRef = options.base ?? repository.defaultBranch
  const baseSha = repository.refs.get(`refs/heads/${baseRef}`)
  if (baseSha === undefined) throw invalidField('PullRequest', 'base', 'base is invalid')
  const pull: PullRequest = {
    kind: 'pull_request',
    id: nextId(world, 'conversation'),
    number: nextNumber(repository),
    title: options.title ?? `Change ${head.ref}`,
    body: options.body ?? null,
    author: account(world, options.author ?? head.owner.login),
    state: 'open',
    labels: [],
    labelEvents: [],
    createdAt: world.now(),
    updatedAt: world.now(),
    closedAt: null,
    head,
    base: { ref: baseRef, sha: baseSha },
    draft: options.draft ?? false,
    merged: null,
    mergeCommitSha: null,
    maintainerCanModify: options.maintainerCanModify ?? head.repository !== repository,
  }
  repository.conversations.set(pull.number, pull)
  const labels = (options.labels ?? []).map((name) => ensureLabel(world, repository, name))
  pull.labels.push(...labels.map((label) => label.name))
  refreshTestMerge(world, repository, pull)
  notifyPull(world, repository, pull, 'opened', pull.author)
  const labeller = options.labelsBy === undefined ? pull.author : account(world, options.labelsBy)
  for (const label of labels) recordLabelling(world, repository, pull, 'labeled', label, labeller)
  return pull
}

export function openIssue(
  world: World,
  repository: Repository,
  options: { title: string; body?: string; author: string },
): Issue {
  const issue: Issue = {
    kind: 'issue',
    id: nextId(world, 'conversation'),
    number: nextNumber(repository),
    title: options.title,
    body: options.body ?? null,
    author: account(world, options.author),
    state: 'open',
    labels: [],
    labelEvents: [],
    createdAt: world.now(),
    updatedAt: world.now(),
    closedAt: null,
  }
  repository.conversations.set(issue.number, issue)
  return issue
}

/** A branch got a new commit: the open pull requests from it follow, and those into it are tried again. */
export function headMoved(
  world: World,
  repository: Repository,
  branch: string,
  before: string,
  after: string,
  by: Account,
): void {
  for (const home of world.repositories.values()) {
    if (home !== repository && home !== repository.parent) continue
    for (const pull of home.conversations.values()) {
      if (pull.kind !== 'pull_request' || pull.state !== 'open') continue
      if (home === repository && pull.base.ref === branch) refreshTestMerge(world, home, pull)
      if (pull.head.repository !== repository || pull.head.ref !== branch) continue
      pull.head.sha = after
      pull.base.sha = home.refs.get(`refs/heads/${pull.base.ref}`) ?? pull.base.sha
      pull.updatedAt = world.now()
      refreshTestMerge(world, home, pull)
      notifyPull(world, home, pull, 'synchronize', by, { before, after })
    }
  }
}

export function closePullRequest(world: World, repository: Repository, pull: PullRequest, by: string): void {
  pull.state = 'closed'
  pull.closedAt = pull.updatedAt = world.now()
  notifyPull(world, repository, pull, 'closed', account(world, by))
}

export function reopenPullRequest(world: World, repository: Repository, pull: PullRequest, by: string): void {
  if (pull.merged !== null) throw new Problem(422, 'Validation Failed')
  const tip = pull.head.repository.refs.get(`refs/heads/${pull.head.ref}`)
  pull.state = 'open'
  pull.closedAt = null
  pull.updatedAt = world.now()
  if (tip !== undefined) pull.head.sha = tip
  refreshTestMerge(world, repository, pull)
  notifyPull(world, repository, pull, 'reopened', account(world, by))
}

export function setDraft(world: World, repository: Repository, pull: PullRequest, draft: boolean, by: string): void {
  pull.draft = draft
  pull.updatedAt = world.now()
  notifyPull(world, repository, pull, draft ? 'converted_to_draft' : 'ready_for_review', account(world, by))
}

/** Changes the title, body or base, and says what they were before. */
export function editPullRequest(
  world: World,
  repository: Repository,
  pull: PullRequest,
  edit: { title?: string; body?: string | null; base?: string },
  by: string,
): void {
  const changes: Record<string, JsonObject> = {}
  if (edit.title !== undefined && edit.title !== pull.title) {
    changes.title = { from: pull.title }
    pull.title = edit.title
  }
  if (edit.body !== undefined && edit.body !== pull.body) {
    changes.body = { from: pull.body ?? '' }
    pull.body = edit.body
  }
  if (edit.base !== undefined && edit.base !== pull.base.ref) {
    const sha = repository.refs.get(`refs/heads/${edit.base}`)
    if (sha === undefined) throw invalidField('PullRequest', 'base', 'base is invalid')
    changes.base = { ref: { from: pull.base.ref }, sha: { from: pull.base.sha } }
    pull.base.ref = edit.base
    pull.base.sha = sha
    refreshTestMerge(world, repository, pull)
  }
  if (Object.keys(changes).length === 0) return
  pull.updatedAt = world.now()
  notifyPull(world, repository, pull, 'edited', account(world, by), { changes })
}
