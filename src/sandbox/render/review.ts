/** Reviews of pull requests, as webhooks carry them. */
import { associationIn } from '../associations.ts'
import type { Review } from '../item-model.ts'
import { isoTime, type JsonObject } from '../json.ts'
import type { PullRequest, Repository } from '../model.ts'
import { nodeId } from '../node-id.ts'
import type { World } from '../world.ts'
import { renderAccount } from './account.ts'
import { renderReactionCounts } from './conversation.ts'
import { repoApi, repoWeb } from './urls.ts'

export function renderReview(world: World, repository: Repository, pull: PullRequest, review: Review): JsonObject {
  const url = repoApi(world, repository, `/pulls/${pull.number}`)
  const html = repoWeb(world, repository, `/pull/${pull.number}#pullrequestreview-${review.id}`)
  return {
    id: review.id,
    node_id: nodeId('review', review.id),
    user: renderAccount(world, review.author),
    body: review.body === '' ? null : review.body,
    commit_id: review.commitSha,
    submitted_at: isoTime(review.submittedAt),
    updated_at: isoTime(review.submittedAt),
    state: review.state,
    html_url: html,
    pull_request_url: url,
    author_association: associationIn(world, repository, pull, review.author),
    _links: { html: { href: html }, pull_request: { href: url } },
  }
}

export function renderReviewComment(
  world: World,
  repository: Repository,
  pull: PullRequest,
  {
    id,
    review,
    body,
    path,
  }: { readonly id: number; readonly review: Review; readonly body: string; readonly path: string },
): JsonObject {
  const pullUrl = repoApi(world, repository, `/pulls/${pull.number}`)
  const url = repoApi(world, repository, `/pulls/comments/${id}`)
  const html = repoWeb(world, repository, `/pull/${pull.number}#discussion_r${id}`)
  return {
    url,
    pull_request_review_id: review.id,
    id,
    node_id: nodeId('reviewComment', id),
    diff_hunk: '@@ -1 +1 @@',
    path,
    commit_id: review.commitSha,
    original_commit_id: review.commitSha,
    user: renderAccount(world, review.author),
    body,
    created_at: isoTime(review.submittedAt),
    updated_at: isoTime(review.submittedAt),
    html_url: html,
    pull_request_url: pullUrl,
    author_association: associationIn(world, repository, pull, review.author),
    _links: { self: { href: url }, html: { href: html }, pull_request: { href: pullUrl } },
    reactions: renderReactionCounts(url, []),
    start_line: null,
    original_start_line: null,
    start_side: null,
    line: 1,
    original_line: 1,
    side: 'RIGHT',
    original_position: 1,
    position: 1,
    subject_type: 'line',
  }
}
