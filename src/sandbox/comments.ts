/** Comments and reactions on issues and pull requests. */
import { notFound } from './http/problem.ts'
import type { JsonObject } from './json.ts'
import type { Account, App, Comment, Reaction, ReactionContent, Repository } from './model.ts'
import { findConversation } from './pull-requests.ts'
import { renderComment, renderIssue } from './render/conversation.ts'
import { record, recordMentions, touch } from './timeline.ts'
import { notify } from './webhooks/notify.ts'
import { botOf, changed, nextId, type World } from './world.ts'

export function findComment(repository: Repository, id: number): Comment {
  const found = repository.comments.get(id)
  if (found === undefined) throw notFound()
  return found
}

function notifyComment(
  world: World,
  repository: Repository,
  comment: Comment,
  action: 'created' | 'edited' | 'deleted',
  sender: Account,
  fields: JsonObject = {},
): void {
  const issue = renderIssue(world, repository, findConversation(repository, comment.number))
  notify(world, repository, 'issue_comment', action, sender, {
    ...fields,
    issue,
    comment: renderComment(world, repository, comment),
  })
  changed(world)
}

export function addComment(
  world: World,
  repository: Repository,
  number: number,
  body: string,
  author: Account,
  app: App | null = null,
  at?: Date,
): Comment {
  const conversation = findConversation(repository, number)
  const time = at ?? world.now()
  const id = nextId(world, 'comment')
  const times = { createdAt: time, updatedAt: time, edited: null }
  const comment: Comment = { id, number, body, author, app, ...times, reactions: [] }
  repository.comments.set(id, comment)
  record(world, conversation, { kind: 'IssueComment', at: time, comment })
  recordMentions(world, conversation, body, author, time)
  touch(world, conversation, at)
  if (at === undefined) notifyComment(world, repository, comment, 'created', author)
  return comment
}

export function editComment(
  world: World,
  repository: Repository,
  comment: Comment,
  body: string,
  by: Account,
  at?: Date,
): void {
  const changes = { body: { from: comment.body } }
  comment.body = body
  comment.updatedAt = at ?? world.now()
  comment.edited = { at: comment.updatedAt, by }
  touch(world, findConversation(repository, comment.number), at)
  if (at === undefined) notifyComment(world, repository, comment, 'edited', by, { changes })
}

export function deleteComment(world: World, repository: Repository, comment: Comment, by: Account): void {
  repository.comments.delete(comment.id)
  const { timeline } = findConversation(repository, comment.number)
  const place = timeline.findIndex((entry) => entry.kind === 'IssueComment' && entry.comment === comment)
  if (place >= 0) timeline.splice(place, 1)
  notifyComment(world, repository, comment, 'deleted', by)
}

/** A user reacts with the same thing only once. `isNew` is false when the reaction was there already. */
export function makeReaction(
  world: World,
  among: readonly Reaction[],
  content: ReactionContent,
  user: Account,
  at?: Date,
): { reaction: Reaction; isNew: boolean } {
  const known = among.find((one) => one.user === user && one.content === content)
  if (known !== undefined) return { reaction: known, isNew: false }
  return { reaction: { id: nextId(world, 'reaction'), user, content, createdAt: at ?? world.now() }, isNew: true }
}

/** Reacts to a comment, which neither it nor the issue was updated by. */
export function react(
  world: World,
  comment: Comment,
  content: ReactionContent,
  user: Account = botOf(world, world.app),
  at?: Date,
): { reaction: Reaction; isNew: boolean } {
  const result = makeReaction(world, comment.reactions, content, user, at)
  if (result.isNew) comment.reactions.push(result.reaction)
  changed(world)
  return result
}
