/**
 * Issues, and what they have in common with pull requests: who is assigned, milestones, locks, reactions. What is done `at` a time
 * in the past is told to nobody.
 */
import { addComment, makeReaction } from './comments.ts'
import { invalidField, notFound } from './http/problem.ts'
import { notifyIssue } from './issue-events.ts'
import type { CloseReason, Lock, Milestone } from './item-model.ts'
import type { JsonObject } from './json.ts'
import { addLabel, ensureLabel, recordLabelling, removeLabel } from './labels.ts'
import type { Account, App, Issue, PullRequest, ReactionContent, Repository } from './model.ts'
import { notifyPull } from './pull-request-events.ts'
import { beginConversation, findConversation } from './pull-requests.ts'
import { renderAccount } from './render/account.ts'
import { renderMilestone } from './render/milestone.ts'
import { recordEvent, recordMentions, touch } from './timeline.ts'
import { account, changed, nextId, type World } from './world.ts'

type Item = Issue | PullRequest

export function findIssue(repository: Repository, number: number): Issue {
  const found = findConversation(repository, number)
  if (found.kind !== 'issue') throw notFound()
  return found
}

/** Tells the app of either. */
function notifyItem(
  world: World,
  repository: Repository,
  item: Item,
  action: string,
  sender: Account,
  fields: JsonObject = {},
): void {
  if (item.kind === 'issue') notifyIssue(world, repository, item, action, sender, fields)
  else notifyPull(world, repository, item, action, sender, fields)
}

export interface NewIssue {
  readonly title: string
  readonly body?: string | null
  /** Login; default: the owner of the repository. */
  readonly author?: string
  /** Made where the repository has none of these names. */
  readonly labels?: readonly string[]
  /** Logins. */
  readonly assignees?: readonly string[]
  /** Its title. */
  readonly milestone?: string
  /** Name of its type. */
  readonly type?: string
  readonly at?: Date
  /** What was said and done since; `at` wants times here, too, or the app is told. Oldest first. */
  readonly comments?: readonly { readonly body: string; readonly by: string; readonly at?: Date }[]
  readonly labelled?: readonly {
    readonly label: string
    readonly by: string
    readonly at?: Date
    readonly off?: boolean
  }[]
}

export function openIssue(world: World, repository: Repository, options: NewIssue, app: App | null = null): Issue {
  const author = account(world, options.author ?? repository.owner.login)
  const { title, body = null, at } = options
  const content = { title, body, author, ...(at === undefined ? {} : { at }) }
  const issue: Issue = {
    ...beginConversation(world, repository, content),
    kind: 'issue',
    app,
    type: options.type ?? null,
    stateReason: null,
    duplicateOf: null,
  }
  repository.conversations.set(issue.number, issue)
  if (options.milestone !== undefined) issue.milestone = ensureMilestone(world, repository, options.milestone)
  issue.assignees = (options.assignees ?? []).map((login) => account(world, login))
  const labels = (options.labels ?? []).map((name) => ensureLabel(world, repository, name))
  issue.labels.push(...labels.map((label) => label.name))
  recordMentions(world, issue, body ?? '', author, issue.createdAt)
  if (at === undefined) notifyIssue(world, repository, issue, 'opened', author)
  for (const label of labels) recordLabelling(world, repository, issue, 'labeled', label, author, at)
  for (const assignee of issue.assignees) recordEvent(world, issue, 'AssignedEvent', author, { assignee }, at)
  for (const { body: words, by, at: time } of options.comments ?? [])
    addComment(world, repository, issue.number, words, account(world, by), null, time)
  for (const { label, by, at: time, off = false } of options.labelled ?? [])
    (off ? removeLabel : addLabel)(world, repository, issue, label, account(world, by), time)
  return issue
}

/** Closes an issue, or gives a closed one another reason. */
export function closeIssue(
  world: World,
  repository: Repository,
  issue: Issue,
  by: Account,
  {
    reason = 'completed',
    duplicateOf = null,
    at,
  }: { reason?: CloseReason; duplicateOf?: number | null; at?: Date } = {},
): void {
  if (issue.state === 'closed' && issue.stateReason === reason) return
  issue.state = 'closed'
  issue.stateReason = reason
  issue.duplicateOf = duplicateOf
  issue.closedAt = at ?? world.now()
  touch(world, issue, at)
  if (duplicateOf !== null) recordEvent(world, issue, 'MarkedAsDuplicateEvent', by, {}, at)
  recordEvent(world, issue, 'ClosedEvent', by, { stateReason: reason }, at)
  if (at === undefined) notifyIssue(world, repository, issue, 'closed', by)
}

export function reopenIssue(world: World, repository: Repository, issue: Issue, by: Account, at?: Date): void {
  if (issue.state === 'open') return
  issue.state = 'open'
  issue.stateReason = 'reopened'
  issue.duplicateOf = null
  issue.closedAt = null
  touch(world, issue, at)
  recordEvent(world, issue, 'ReopenedEvent', by, { stateReason: 'reopened' }, at)
  if (at === undefined) notifyIssue(world, repository, issue, 'reopened', by)
}

export function editIssue(
  world: World,
  repository: Repository,
  issue: Issue,
  edit: { readonly title?: string; readonly body?: string | null },
  by: Account,
  at?: Date,
): void {
  const changes: Record<string, JsonObject> = {}
  if (edit.title !== undefined && edit.title !== issue.title) {
    changes.title = { from: issue.title }
    const titles = { previous: issue.title, current: edit.title }
    recordEvent(world, issue, 'RenamedTitleEvent', by, { titles }, at)
    issue.title = edit.title
  }
  if (edit.body !== undefined && edit.body !== issue.body) {
    changes.body = { from: issue.body ?? '' }
    issue.body = edit.body
    issue.edited = { at: at ?? world.now(), by }
  }
  if (Object.keys(changes).length === 0) return
  touch(world, issue, at)
  if (at === undefined) notifyIssue(world, repository, issue, 'edited', by, { changes })
}

export function ensureMilestone(world: World, repository: Repository, title: string): Milestone {
  const known = repository.milestones.get(title)
  if (known !== undefined) return known
  const number = repository.milestones.size + 1
  const made = { id: nextId(world, 'milestone'), number, title, creator: repository.owner, createdAt: world.now() }
  repository.milestones.set(title, made)
  return made
}

/** Null: into none. */
export function setMilestone(
  world: World,
  repository: Repository,
  item: Item,
  title: string | null,
  by: Account,
  at?: Date,
): void {
  const before = item.milestone
  if ((before?.title ?? null) === title) return
  const put = (kind: 'MilestonedEvent' | 'DemilestonedEvent', one: Milestone) => {
    item.milestone = kind === 'MilestonedEvent' ? one : null
    touch(world, item, at)
    recordEvent(world, item, kind, by, { milestone: one.title }, at)
    const fields = { milestone: renderMilestone(world, repository, one) }
    const action = kind === 'MilestonedEvent' ? 'milestoned' : 'demilestoned'
    if (at === undefined) notifyItem(world, repository, item, action, by, fields)
  }
  if (before !== null) put('DemilestonedEvent', before)
  if (title !== null) put('MilestonedEvent', ensureMilestone(world, repository, title))
}

export function setAssigned(
  world: World,
  repository: Repository,
  item: Item,
  assignee: Account,
  isAssigned: boolean,
  by: Account,
  at?: Date,
): void {
  if (item.assignees.includes(assignee) === isAssigned) return
  item.assignees = isAssigned ? [...item.assignees, assignee] : item.assignees.filter((one) => one !== assignee)
  touch(world, item, at)
  recordEvent(world, item, isAssigned ? 'AssignedEvent' : 'UnassignedEvent', by, { assignee }, at)
  const fields = { assignee: renderAccount(world, assignee) }
  if (at === undefined) notifyItem(world, repository, item, isAssigned ? 'assigned' : 'unassigned', by, fields)
}

/** Null: unlocks. */
export function setLock(
  world: World,
  repository: Repository,
  item: Item,
  lock: Lock | null,
  by: Account,
  at?: Date,
): void {
  const facts = { lockReason: lock?.reason ?? null }
  item.locked = lock
  touch(world, item, at)
  recordEvent(world, item, lock === null ? 'UnlockedEvent' : 'LockedEvent', by, lock === null ? {} : facts, at)
  if (at === undefined) notifyItem(world, repository, item, lock === null ? 'unlocked' : 'locked', by)
}

/** Reacts to an issue or pull request, which does not count as updated by it. */
export function reactToItem(world: World, item: Item, content: ReactionContent, user: Account, at?: Date): void {
  const { reaction, isNew } = makeReaction(world, item.reactions, content, user, at)
  if (isNew) item.reactions = [...item.reactions, reaction]
  changed(world)
}

export function setIssueType(world: World, repository: Repository, issue: Issue, type: string | null): void {
  if (type !== null && type.trim() === '') throw invalidField('Issue', 'type', 'type is invalid')
  issue.type = type
  touch(world, issue)
  notifyIssue(world, repository, issue, 'edited', repository.owner, { changes: {} })
}
