/** Listing, opening and editing issues; to this API pull requests are issues, too. */
import { paginate } from '../http/paging.ts'
import { invalidField, Problem } from '../http/problem.ts'
import { type Call, idParam, type Reply, type Route, repositoryRoute } from '../http/router.ts'
import { closeIssue, editIssue, openIssue, reopenIssue } from '../issues.ts'
import { STATE_REASONS } from '../item-model.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import type { Issue, PullRequest, Repository } from '../model.ts'
import { closePullRequest, editPullRequest, findConversation, reopenPullRequest } from '../pull-requests.ts'
import { renderIssue } from '../render/conversation.ts'
import { apiUrl, fullName } from '../render/urls.ts'
import { countComments } from '../timeline.ts'
import { botOf } from '../world.ts'

const READ = { issues: 'read', pull_requests: 'read' } as const
const MAX_TITLE = 256
const MAX_BODY = 65_536

function readTitle(title: Json | undefined): string {
  if (typeof title !== 'string' || title.trim() === '') throw invalidField('Issue', 'title', "title can't be blank")
  if (title.length > MAX_TITLE)
    throw invalidField('Issue', 'title', `title is too long (maximum is ${MAX_TITLE} characters)`)
  return title
}

function readText(body: Json | undefined): string | null {
  if (typeof body !== 'string') return null
  if (body.length > MAX_BODY)
    throw invalidField('Issue', 'body', `body is too long (maximum is ${MAX_BODY} characters)`)
  return body
}

function readNames(list: Json | undefined): string[] {
  return Array.isArray(list) ? list.map((one) => String(isJsonObject(one) ? one.name : one)) : []
}

function listIssues(call: Call, repository: Repository): Reply {
  const { query } = call
  const [state, creator] = [query.get('state') ?? 'open', query.get('creator')?.toLowerCase()]
  const labels = query.get('labels')?.toLowerCase().split(',') ?? []
  const since = Date.parse(query.get('since') ?? '')
  const found = [...repository.conversations.values()].filter(
    (item) =>
      (state === 'all' || item.state === state) &&
      (creator === undefined || item.author.login.toLowerCase() === creator) &&
      labels.every((label) => item.labels.some((name) => name.toLowerCase() === label)) &&
      (Number.isNaN(since) || item.updatedAt.getTime() >= since),
  )
  const sort = query.get('sort') ?? 'created'
  const keyOf = (item: Issue | PullRequest) =>
    sort === 'comments' ? countComments(item) : (sort === 'updated' ? item.updatedAt : item.createdAt).getTime()
  const sign = query.get('direction') === 'asc' ? 1 : -1
  found.sort((a, b) => sign * (keyOf(a) - keyOf(b) || a.number - b.number))
  const page = paginate(call, found)
  const body = page.items.map((item) => renderIssue(call.world, repository, item))
  return { status: 200, headers: page.headers, body }
}

function readEdit(body: JsonObject) {
  const title = body.title === undefined || body.title === null ? {} : { title: readTitle(body.title) }
  const text = typeof body.body === 'string' || body.body === null ? { body: readText(body.body) } : {}
  return { ...title, ...text }
}

function edit(call: Call, repository: Repository, item: Issue | PullRequest): void {
  const { world, body } = call
  const bot = botOf(world, world.app)
  const changes = readEdit(body)
  const wanted = body.state
  if (wanted !== undefined && wanted !== 'open' && wanted !== 'closed')
    throw invalidField('Issue', 'state', 'state is invalid')
  if (item.kind === 'pull_request') {
    editPullRequest(world, repository, item, changes, bot.login)
    if (wanted === 'closed' && item.state === 'open') closePullRequest(world, repository, item, bot.login)
    if (wanted === 'open' && item.state === 'closed') reopenPullRequest(world, repository, item, bot.login)
    return
  }
  const reason = STATE_REASONS.find((one) => one === body.state_reason)
  if (body.state_reason != null && reason === undefined)
    throw invalidField('Issue', 'state_reason', 'state_reason is invalid')
  editIssue(world, repository, item, changes, bot)
  if (wanted === 'closed')
    closeIssue(world, repository, item, bot, reason === undefined || reason === 'reopened' ? {} : { reason })
  if (wanted === 'open') reopenIssue(world, repository, item, bot)
}

/** Where an issue went that was transferred; null: it is here, or was never. */
function movedReply(call: Call, repository: Repository, number: number): Reply | null {
  const to = repository.gone.get(number) ?? null
  if (to === null) return null
  const url = apiUrl(call.world, `/repos/${fullName(to.repository)}/issues/${to.number}`)
  return { status: 301, headers: { location: url }, body: { message: 'Moved Permanently', url } }
}

export const issueEditRoutes: readonly Route[] = [
  repositoryRoute('GET', '/issues', READ, listIssues),
  repositoryRoute('POST', '/issues', { issues: 'write' }, (call, repository) => {
    const { world, body } = call
    const author = botOf(world, world.app).login
    const [title, text] = [readTitle(body.title), readText(body.body)]
    const lists = { labels: readNames(body.labels), assignees: readNames(body.assignees) }
    const issue = openIssue(world, repository, { title, body: text, author, ...lists }, world.app)
    return { status: 201, body: renderIssue(world, repository, issue) }
  }),
  repositoryRoute('GET', '/issues/{issue_number}', READ, (call, repository) => {
    const number = idParam(call, 'issue_number')
    const moved = movedReply(call, repository, number)
    if (moved !== null) return moved
    return { status: 200, body: renderIssue(call.world, repository, findConversation(repository, number)) }
  }),
  repositoryRoute(
    'PATCH',
    '/issues/{issue_number}',
    { issues: 'write', pull_requests: 'write' },
    (call, repository) => {
      const item = findConversation(repository, idParam(call, 'issue_number'))
      if (item.kind === 'pull_request' && item.merged !== null && call.body.state === 'open')
        throw new Problem(422, 'Validation Failed')
      edit(call, repository, item)
      return { status: 200, body: renderIssue(call.world, repository, item) }
    },
  ),
]
