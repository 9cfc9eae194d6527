/**
 * Pull requests: opening, and everything that people do with them, each told to the app. What is done `at` a time in the past is
 * told to nobody: whoever asks now finds it done.
 */
import { commitsBetween } from './git/history.ts'
import { putCommit } from './git/object-store.ts'
import { invalidField, notFound, Problem } from './http/problem.ts'
import type { JsonObject } from './json.ts'
import { ensureLabel, recordLabelling } from './labels.ts'
import type { Account, Issue, PullRequest, Repository } from './model.ts'
import { notifyPull } from './pull-request-events.ts'
import { mergedTree } from './pull-request-facts.ts'
import { record, recordEvent, recordMentions, touch } from './timeline.ts'
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
  readonly at?: Date
}

export function findConversation(repository: Repository, number: number): Issue | PullRequest {
  const found = repository.conversations.get(number)
  if (repository.gone.get(number) === null) throw new Problem(410, 'This issue was deleted')
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

/** What every issue and pull request begins with. */
export function beginConversation(
  world: World,
  repository: Repository,
  content: { readonly title: string; readonly body: string | null; readonly author: Account; readonly at?: Date },
) {
  const { title, body, author, at = world.now() } = content
  return {
    id: nextId(world, 'conversation'),
    number: ++repository.lastNumber,
    title,
    body,
    author,
    state: 'open' as 'open' | 'closed',
    labels: [],
    labelEvents: [],
    createdAt: at,
    updatedAt: at,
    closedAt: null,
    app: null,
    locked: null,
    milestone: null,
    assignees: [],
    edited: null,
    reactions: [],
    timeline: [],
  }
}

/** Has the commits of a pull request in its timeline, and those that are not in it any more not. */
function recordCommits(world: World, repository: Repository, pull: PullRequest): void {
  const commits = commitsBetween(repository.objects, pull.base.sha, pull.head.sha)
  const wanted = new Map(commits.map((commit) => [commit.sha, commit.author.date]))
  for (let index = pull.timeline.length - 1; index >= 0; index--) {
    const entry = pull.timeline[index]
    if (entry?.kind === 'PullRequestCommit' && !wanted.delete(entry.sha)) pull.timeline.splice(index, 1)
  }
  for (const [sha, at] of wanted) record(world, pull, { kind: 'PullRequestCommit', at, sha })
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
  const author = account(world, options.author ?? head.owner.login)
  const { title = `Change ${head.ref}`, body = null, at } = options
  const pull: PullRequest = {
    ...beginConversation(world, repository, { title, body, author, ...(at === undefined ? {} : { at }) }),
    kind: 'pull_request',
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
  recordCommits(world, repository, pull)
  recordMentions(world, pull, body ?? '', author, pull.createdAt)
  if (at === undefined) notifyPull(world, repository, pull, 'opened', pull.author)
  const labeller = options.labelsBy === undefined ? pull.author : account(world, options.labelsBy)
  for (const label of labels) recordLabelling(world, repository, pull, 'labeled', label, labeller, at)
  return pull
}

/** A branch got a new commit: the open pull requests from it follow, and those into it are tried again. */
export function headMoved(
  world: World,
  repository: Repository,
  branch: string,
  before: string,
  after: string,
  by: Account,
  at?: Date,
): void {
  for (const home of world.repositories.values()) {
    if (home !== repository && home !== repository.parent) continue
    for (const pull of home.conversations.values()) {
      if (pull.kind !== 'pull_request' || pull.state !== 'open') continue
      if (home === repository && pull.base.ref === branch) refreshTestMerge(world, home, pull)
      if (pull.head.repository !== repository || pull.head.ref !== branch) continue
      pull.head.sha = after
      pull.base.sha = home.refs.get(`refs/heads/${pull.base.ref}`) ?? pull.base.sha
      touch(world, pull, at)
      const isForced = commitsBetween(repository.objects, after, before).length > 0
      if (isForced) recordEvent(world, pull, 'HeadRefForcePushedEvent', by, {}, at)
      recordCommits(world, home, pull)
      refreshTestMerge(world, home, pull)
      if (at === undefined) notifyPull(world, home, pull, 'synchronize', by, { before, after })
    }
  }
}

/** A branch was deleted: GitHub closes what is open from it, and what is open into it. */
export function branchDeleted(world: World, repository: Repository, branch: string, by: Account): void {
  for (const home of world.repositories.values()) {
    if (home !== repository && home !== repository.parent) continue
    for (const pull of home.conversations.values()) {
      if (pull.kind !== 'pull_request') continue
      const isHead = pull.head.repository === repository && pull.head.ref === branch
      if (isHead) recordEvent(world, pull, 'HeadRefDeletedEvent', by, { headRef: branch })
      const isBase = home === repository && pull.base.ref === branch
      if ((isHead || isBase) && pull.state === 'open') closePullRequest(world, home, pull, by.login)
    }
  }
}

export function closePullRequest(world: World, repository: Repository, pull: PullRequest, by: string, at?: Date): void {
  const person = account(world, by)
  pull.state = 'closed'
  pull.closedAt = at ?? world.now()
  touch(world, pull, at)
  recordEvent(world, pull, 'ClosedEvent', person, {}, at)
  if (at === undefined) notifyPull(world, repository, pull, 'closed', person)
}

export function reopenPullRequest(
  world: World,
  repository: Repository,
  pull: PullRequest,
  by: string,
  at?: Date,
): void {
  if (pull.merged !== null) throw new Problem(422, 'Validation Failed')
  const person = account(world, by)
  const tip = pull.head.repository.refs.get(`refs/heads/${pull.head.ref}`)
  pull.state = 'open'
  pull.closedAt = null
  touch(world, pull, at)
  if (tip !== undefined) pull.head.sha = tip
  refreshTestMerge(world, repository, pull)
  recordEvent(world, pull, 'ReopenedEvent', person, {}, at)
  if (at === undefined) notifyPull(world, repository, pull, 'reopened', person)
}

export function setDraft(
  world: World,
  repository: Repository,
  pull: PullRequest,
  draft: boolean,
  by: string,
  at?: Date,
): void {
  const person = account(world, by)
  pull.draft = draft
  touch(world, pull, at)
  recordEvent(world, pull, draft ? 'ConvertToDraftEvent' : 'ReadyForReviewEvent', person, {}, at)
  if (at === undefined) notifyPull(world, repository, pull, draft ? 'converted_to_draft' : 'ready_for_review', person)
}

/** Changes the title, body or base, and says what they were before. */
export function editPullRequest(
  world: World,
  repository: Repository,
  pull: PullRequest,
  edit: { title?: string; body?: string | null; base?: string },
  by: string,
  at?: Date,
): void {
  const changes: Record<string, JsonObject> = {}
  const person = account(world, by)
  if (edit.title !== undefined && edit.title !== pull.title) {
    changes.title = { from: pull.title }
    const titles = { previous: pull.title, current: edit.title }
    recordEvent(world, pull, 'RenamedTitleEvent', person, { titles }, at)
    pull.title = edit.title
  }
  if (edit.body !== undefined && edit.body !== pull.body) {
    changes.body = { from: pull.body ?? '' }
    pull.body = edit.body
    pull.edited = { at: at ?? world.now(), by: person }
  }
  if (edit.base !== undefined && edit.base !== pull.base.ref) {
    const sha = repository.refs.get(`refs/heads/${edit.base}`)
    if (sha === undefined) throw invalidField('PullRequest', 'base', 'base is invalid')
    changes.base = { ref: { from: pull.base.ref }, sha: { from: pull.base.sha } }
    const bases = { previous: pull.base.ref, current: edit.base }
    recordEvent(world, pull, 'BaseRefChangedEvent', person, { bases }, at)
    pull.base.ref = edit.base
    pull.base.sha = sha
    recordCommits(world, repository, pull)
    refreshTestMerge(world, repository, pull)
  }
  if (Object.keys(changes).length === 0) return
  touch(world, pull, at)
  if (at === undefined) notifyPull(world, repository, pull, 'edited', person, { changes })
}
