/** Pull requests and issues: opening, and everything that people do with them, each told to the app. */
import { putCommit } from './git/object-store.ts'
import { invalidField, notFound, Problem } from './http/problem.ts'
import type { JsonObject } from './json.ts'
import type { Account, Issue, Label, PullRequest, Repository } from './model.ts'
import { mergedTree } from './pull-request-facts.ts'
import { renderLabel, renderPullRequest } from './render/conversation.ts'
import { notify } from './webhooks/notify.ts'
import { account, changed, nextId, type World } from './world.ts'

export interface NewPullRequest {
  /** A branch of the repository, or `owner:branch` of a fork. */
  readonly head: string
  readonly base?: string
  readonly title?: string
  readonly body?: string | null
  readonly draft?: boolean
  readonly author?: string
  readonly labels?: readonly string[]
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

export function notifyPull(
  world: World,
  repository: Repository,
  pull: PullRequest,
  action: string,
  sender: Account,
  fields: JsonObject = {},
): void {
  const rendered = renderPullRequest(world, repository, pull)
  notify(world, repository, 'pull_request', action, sender, { number: pull.number, pull_request: rendered, ...fields })
  changed(world)
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
  for (const name of options.labels ?? []) pull.labels.push(ensureLabel(world, repository, name).name)
  refreshTestMerge(world, repository, pull)
  notifyPull(world, repository, pull, 'opened', pull.author)
  for (const name of pull.labels) notifyLabelled(world, repository, pull, 'labeled', name, pull.author)
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

/** The repository's label of that name, made when there is none. */
export function ensureLabel(world: World, repository: Repository, name: string): Label {
  const known = repository.labels.get(name.toLowerCase())
  if (known !== undefined) return known
  const made: Label = { id: nextId(world, 'label'), name, color: 'ededed', description: '' }
  repository.labels.set(name.toLowerCase(), made)
  return made
}

function notifyLabelled(
  world: World,
  repository: Repository,
  conversation: Issue | PullRequest,
  action: 'labeled' | 'unlabeled',
  name: string,
  sender: Account,
): void {
  const label = renderLabel(world, repository, ensureLabel(world, repository, name))
  if (conversation.kind === 'pull_request') notifyPull(world, repository, conversation, action, sender, { label })
  changed(world)
}

export function addLabel(
  world: World,
  repository: Repository,
  one: Issue | PullRequest,
  name: string,
  by: Account,
): void {
  const label = ensureLabel(world, repository, name)
  if (one.labels.includes(label.name)) return
  one.labels.push(label.name)
  one.updatedAt = world.now()
  notifyLabelled(world, repository, one, 'labeled', label.name, by)
}

export function removeLabel(
  world: World,
  repository: Repository,
  one: Issue | PullRequest,
  name: string,
  by: Account,
): void {
  const found = one.labels.find((label) => label.toLowerCase() === name.toLowerCase())
  if (found === undefined) throw new Problem(404, 'Label does not exist')
  one.labels = one.labels.filter((label) => label !== found)
  one.updatedAt = world.now()
  notifyLabelled(world, repository, one, 'unlabeled', found, by)
}
