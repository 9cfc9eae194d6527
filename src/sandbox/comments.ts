/** Comments and reactions on issues and pull requests. */
import { notFound } from './http/problem.ts'
import type { JsonObject } from './json.ts'
import type { Account, App, Comment, Reaction, ReactionContent, Repository } from './model.ts'
import { findConversation } from './pull-requests.ts'
import { renderComment, renderIssue } from './render/conversation.ts'
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
): Comment {
  const conversation = findConversation(repository, number)
  const now = world.now()
  const id = nextId(world, 'comment')
  const comment: Comment = { id, number, body, author, app, createdAt: now, updatedAt: now, reactions: [] }
  repository.comments.set(id, comment)
  conversation.updatedAt = now
  notifyComment(world, repository, comment, 'created', author)
  return comment
}

export function editComment(world: World, repository: Repository, comment: Comment, body: string, by: Account): void {
  const changes = { body: { from: comment.body } }
  comment.body = body
  comment.updatedAt = world.now()
  notifyComment(world, repository, comment, 'edited', by, { changes })
}

export function deleteComment(world: World, repository: Repository, comment: Comment, by: Account): void {
  repository.comments.delete(comment.id)
  notifyComment(world, repository, comment, 'deleted', by)
}

/** Adds a reaction, once for each user and content. `isNew` is false when it was there already. */
export function react(
  world: World,
  comment: Comment,
  content: ReactionContent,
  user: Account = botOf(world, world.app),
): { reaction: Reaction; isNew: boolean } {
  const known = comment.reactions.find((one) => one.user === user && one.content === content)
  if (known !== undefined) return { reaction: known, isNew: false }
  const reaction: Reaction = { id: nextId(world, 'reaction'), user, content, createdAt: world.now() }
  comment.reactions.push(reaction)
  changed(world)
  return { reaction, isNew: true }
}
