/** Pull requests, their files, and the pull requests of a commit. */

import { requireCommit } from '../commits.ts'
import { ancestors } from '../git/history.ts'
import { paginate } from '../http/paging.ts'
import { type Call, idParam, param, type Reply, type Route, repositoryRoute } from '../http/router.ts'
import type { PullRequest, Repository } from '../model.ts'
import { changedFiles } from '../pull-request-facts.ts'
import { editPullRequest, findPullRequest } from '../pull-requests.ts'
import { renderFileChange } from '../render/commit.ts'
import { renderPullRequest, renderPullRequestSimple } from '../render/conversation.ts'
import { botOf } from '../world.ts'

const MAX_LISTED_FILES = 3000

function pullsOf(repository: Repository): PullRequest[] {
  const pulls = [...repository.conversations.values()].filter((one) => one.kind === 'pull_request')
  return pulls.sort((a, b) => b.number - a.number)
}

/** Without a direction the newest come first, but in any other order what is least. */
function listingOrder(call: Call, repository: Repository): (a: PullRequest, b: PullRequest) => number {
  const sort = call.query.get('sort') ?? 'created'
  const sign = (call.query.get('direction') ?? (sort === 'created' ? 'desc' : 'asc')) === 'asc' ? 1 : -1
  const comments = new Map<number, number>()
  if (sort === 'popularity')
    for (const { number } of repository.comments.values()) comments.set(number, (comments.get(number) ?? 0) + 1)
  const keyOf = (pull: PullRequest): number => {
    if (sort === 'popularity') return comments.get(pull.number) ?? 0
    return (sort === 'updated' ? pull.updatedAt : pull.createdAt).getTime()
  }
  return (a, b) => sign * (keyOf(a) - keyOf(b) || a.number - b.number)
}

function listPulls(call: Call, repository: Repository): Reply {
  const state = call.query.get('state') ?? 'open'
  const [head, base] = [call.query.get('head'), call.query.get('base')]
  const found = pullsOf(repository).filter((pull) => {
    if (state !== 'all' && pull.state !== state) return false
    if (base !== null && pull.base.ref !== base) return false
    return head === null || `${pull.head.owner.login}:${pull.head.ref}` === head
  })
  found.sort(listingOrder(call, repository))
  const page = paginate(call, found)
  const body = page.items.map((pull) => renderPullRequestSimple(call.world, repository, pull))
  return { status: 200, headers: page.headers, body }
}

function listFiles(call: Call, repository: Repository): Reply {
  const pull = findPullRequest(repository, idParam(call, 'pull_number'))
  const page = paginate(call, changedFiles(repository, pull).slice(0, MAX_LISTED_FILES))
  const body = page.items.map((file) => renderFileChange(call.world, repository, pull.head.sha, file))
  return { status: 200, headers: page.headers, body }
}

const READ = { pull_requests: 'read' } as const

export const pullRoutes: readonly Route[] = [
  repositoryRoute('GET', '/pulls', READ, listPulls),
  repositoryRoute('GET', '/pulls/{pull_number}', READ, (call, repository) => {
    const pull = findPullRequest(repository, idParam(call, 'pull_number'))
    return { status: 200, body: renderPullRequest(call.world, repository, pull) }
  }),
  repositoryRoute('PATCH', '/pulls/{pull_number}', { pull_requests: 'write' }, (call, repository) => {
    const pull = findPullRequest(repository, idParam(call, 'pull_number'))
    const { title, body, base } = call.body
    const edit = {
      ...(typeof title === 'string' ? { title } : {}),
      ...(typeof body === 'string' || body === null ? { body } : {}),
      ...(typeof base === 'string' ? { base } : {}),
    }
    editPullRequest(call.world, repository, pull, edit, botOf(call.world, call.world.app).login)
    return { status: 200, body: renderPullRequest(call.world, repository, pull) }
  }),
  repositoryRoute('GET', '/pulls/{pull_number}/files', READ, listFiles),
  repositoryRoute('GET', '/commits/{commit_sha}/pulls', READ, (call, repository) => {
    const { sha } = requireCommit(repository, param(call, 'commit_sha'))
    const holds = (pull: PullRequest) => ancestors(repository.objects, pull.head.sha).some((one) => one.sha === sha)
    const isNew = (pull: PullRequest) => !ancestors(repository.objects, pull.base.sha).some((one) => one.sha === sha)
    const page = paginate(
      call,
      pullsOf(repository).filter((pull) => holds(pull) && isNew(pull)),
    )
    const body = page.items.map((pull) => renderPullRequestSimple(call.world, repository, pull))
    return { status: 200, headers: page.headers, body }
  }),
]
