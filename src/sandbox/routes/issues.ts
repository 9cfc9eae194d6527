/** What issues and pull requests share: labels, comments, reactions. */
import { addComment, deleteComment, editComment, findComment, react } from '../comments.ts'
import { paginate } from '../http/paging.ts'
import { invalidField, Problem } from '../http/problem.ts'
import { type Call, idParam, param, type Reply, type Route, repositoryRoute } from '../http/router.ts'
import { isJsonObject, isoTime, type JsonObject } from '../json.ts'
import { addLabel, removeLabel } from '../labels.ts'
import { type Issue, type PullRequest, REACTIONS, type Reaction, type Repository } from '../model.ts'
import { nodeId } from '../node-id.ts'
import { findConversation } from '../pull-requests.ts'
import { renderAccount } from '../render/account.ts'
import { renderComment, renderLabels } from '../render/conversation.ts'
import { commentsOf } from '../timeline.ts'
import { botOf, type World } from '../world.ts'

const MAX_BODY = 65_536

/** Pull requests are issues too, and either permission will do. */
const READ = { issues: 'read', pull_requests: 'read' } as const
const WRITE = { issues: 'write', pull_requests: 'write' } as const

function conversationOf(call: Call, repository: Repository): Issue | PullRequest {
  return findConversation(repository, idParam(call, 'issue_number'))
}

function labelsReply(call: Call, repository: Repository, one: Issue | PullRequest): Reply {
  return { status: 200, body: renderLabels(call.world, repository, one) }
}

function readLabels(body: JsonObject): string[] {
  const labels = body.labels
  if (!Array.isArray(labels)) throw invalidField('Issue', 'labels', 'labels is invalid')
  return labels.map((label) => String(isJsonObject(label) ? label.name : label))
}

function readBody(body: JsonObject): string {
  const text = body.body
  if (typeof text !== 'string' || text.trim() === '') throw invalidField('IssueComment', 'body', "Body can't be blank")
  if (text.length > MAX_BODY) {
    throw invalidField('IssueComment', 'body', `body is too long (maximum is ${MAX_BODY} characters)`)
  }
  return text
}

const labelRoutes: readonly Route[] = [
  repositoryRoute('GET', '/issues/{issue_number}/labels', READ, (call, repository) =>
    labelsReply(call, repository, conversationOf(call, repository)),
  ),
  repositoryRoute('POST', '/issues/{issue_number}/labels', WRITE, (call, repository) => {
    const one = conversationOf(call, repository)
    const { world } = call
    for (const name of readLabels(call.body)) addLabel(world, repository, one, name, botOf(world, world.app))
    return labelsReply(call, repository, one)
  }),
  repositoryRoute('DELETE', '/issues/{issue_number}/labels/{name}', WRITE, (call, repository) => {
    const one = conversationOf(call, repository)
    removeLabel(call.world, repository, one, param(call, 'name'), botOf(call.world, call.world.app))
    return labelsReply(call, repository, one)
  }),
]

const commentRoutes: readonly Route[] = [
  repositoryRoute('GET', '/issues/{issue_number}/comments', READ, (call, repository) => {
    const since = call.query.get('since')
    const from = since === null ? 0 : Date.parse(since)
    if (Number.isNaN(from)) throw invalidField('IssueComment', 'since', 'since is invalid')
    // GitHub tells whole seconds, and compares with what it tells.
    const isSince = (time: Date) => Math.floor(time.getTime() / 1000) * 1000 >= from
    const found = commentsOf(conversationOf(call, repository)).filter((one) => isSince(one.updatedAt))
    const page = paginate(call, found)
    const body = page.items.map((one) => renderComment(call.world, repository, one))
    return { status: 200, headers: page.headers, body }
  }),
  repositoryRoute('POST', '/issues/{issue_number}/comments', WRITE, (call, repository) => {
    const { world } = call
    const { number, locked } = conversationOf(call, repository)
    if (locked?.refusesComments === true) throw new Problem(403, 'Unable to create comment because issue is locked.')
    const comment = addComment(world, repository, number, readBody(call.body), botOf(world, world.app), world.app)
    return { status: 201, body: renderComment(world, repository, comment) }
  }),
  repositoryRoute('GET', '/issues/comments/{comment_id}', READ, (call, repository) => {
    const comment = findComment(repository, idParam(call, 'comment_id'))
    return { status: 200, body: renderComment(call.world, repository, comment) }
  }),
  repositoryRoute('PATCH', '/issues/comments/{comment_id}', WRITE, (call, repository) => {
    const { world } = call
    const comment = findComment(repository, idParam(call, 'comment_id'))
    editComment(world, repository, comment, readBody(call.body), botOf(world, world.app))
    return { status: 200, body: renderComment(world, repository, comment) }
  }),
  repositoryRoute('DELETE', '/issues/comments/{comment_id}', WRITE, (call, repository) => {
    const { world } = call
    deleteComment(world, repository, findComment(repository, idParam(call, 'comment_id')), botOf(world, world.app))
    return { status: 204 }
  }),
]

function renderReaction(world: World, reaction: Reaction): JsonObject {
  return {
    id: reaction.id,
    node_id: nodeId('reaction', reaction.id),
    user: renderAccount(world, reaction.user),
    content: reaction.content,
    created_at: isoTime(reaction.createdAt),
  }
}

const reactionRoutes: readonly Route[] = [
  repositoryRoute('GET', '/issues/comments/{comment_id}/reactions', READ, (call, repository) => {
    const page = paginate(call, findComment(repository, idParam(call, 'comment_id')).reactions)
    return { status: 200, headers: page.headers, body: page.items.map((one) => renderReaction(call.world, one)) }
  }),
  repositoryRoute('POST', '/issues/comments/{comment_id}/reactions', WRITE, (call, repository) => {
    const comment = findComment(repository, idParam(call, 'comment_id'))
    const content = REACTIONS.find((one) => one === call.body.content)
    if (content === undefined) throw new Problem(422, 'Validation Failed')
    const { reaction, isNew } = react(call.world, comment, content)
    return { status: isNew ? 201 : 200, body: renderReaction(call.world, reaction) }
  }),
]

export const issueRoutes: readonly Route[] = [...labelRoutes, ...commentRoutes, ...reactionRoutes]
