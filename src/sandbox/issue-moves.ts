/** Issues that go away: to another repository, or altogether. */
import { invalidField } from './http/problem.ts'
import { notifyIssue } from './issue-events.ts'
import type { Account, Issue, Repository } from './model.ts'
import { beginConversation } from './pull-requests.ts'
import { renderIssue } from './render/conversation.ts'
import { renderRepository } from './render/repository.ts'
import { record, recordEvent } from './timeline.ts'
import { nextId, type World } from './world.ts'

/** The issue as it is in its new repository: with its words and people, without labels and milestone that are not there. */
export function transferIssue(world: World, from: Repository, issue: Issue, to: Repository, by: Account): Issue {
  if (to === from) throw invalidField('Issue', 'repository', 'repository is the same')
  const { title, body, author, assignees, reactions, edited } = issue
  const began = beginConversation(world, to, { title, body, author, at: issue.createdAt })
  const labels = issue.labels.filter((name) => to.labels.has(name.toLowerCase()))
  const { state, closedAt, type, stateReason, app } = issue
  const kept = { state, closedAt, type, stateReason, app, assignees, reactions, edited }
  const moved: Issue = { ...began, kind: 'issue', duplicateOf: null, ...kept, labels, updatedAt: world.now() }
  for (const entry of issue.timeline) {
    if (entry.kind !== 'IssueComment') {
      moved.timeline.push(entry)
      continue
    }
    const comment = { ...entry.comment, id: nextId(world, 'comment'), number: moved.number }
    from.comments.delete(entry.comment.id)
    to.comments.set(comment.id, comment)
    record(world, moved, { ...entry, comment })
  }
  recordEvent(world, moved, 'TransferredEvent', by)
  to.conversations.set(moved.number, moved)
  from.conversations.delete(issue.number)
  from.gone.set(issue.number, { repository: to, number: moved.number })
  const changes = {
    new_issue: renderIssue(world, to, moved),
    new_repository: renderRepository(world, to),
  }
  notifyIssue(world, from, issue, 'transferred', by, { changes })
  return moved
}

export function deleteIssue(world: World, repository: Repository, issue: Issue, by: Account): void {
  for (const { kind, ...entry } of issue.timeline)
    if (kind === 'IssueComment' && 'comment' in entry) repository.comments.delete(entry.comment.id)
  repository.conversations.delete(issue.number)
  repository.gone.set(issue.number, null)
  notifyIssue(world, repository, issue, 'deleted', by)
}
