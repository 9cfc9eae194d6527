/** Reviews of pull requests, and comments on their lines. */
import type { Review, ReviewState } from './item-model.ts'
import type { Account, PullRequest, Repository } from './model.ts'
import { renderPullRequestSimple } from './render/conversation.ts'
import { renderReview, renderReviewComment } from './render/review.ts'
import { record, recordMentions, touch } from './timeline.ts'
import { notify } from './webhooks/notify.ts'
import { changed, nextId, type World } from './world.ts'

export interface NewReview {
  readonly by: Account
  /** Default: empty. */
  readonly body?: string
  /** Default: commented. */
  readonly state?: ReviewState
  readonly at?: Date
}

function submit(world: World, pull: PullRequest, { by, body = '', state = 'commented', at }: NewReview): Review {
  const submittedAt = at ?? world.now()
  const id = nextId(world, 'review')
  const { number, head } = pull
  const review: Review = {
    id,
    number,
    body,
    state,
    author: by,
    app: null,
    commitSha: head.sha,
    submittedAt,
    reactions: [],
  }
  record(world, pull, { kind: 'PullRequestReview', at: submittedAt, review })
  recordMentions(world, pull, body, by, submittedAt)
  touch(world, pull, at)
  return review
}

function pullFields(world: World, repository: Repository, pull: PullRequest) {
  return { pull_request: renderPullRequestSimple(world, repository, pull) }
}

/** Submits a review, which the app is told of unless it was in the past. */
export function addReview(world: World, repository: Repository, pull: PullRequest, options: NewReview): Review {
  const review = submit(world, pull, options)
  if (options.at === undefined) {
    const fields = { review: renderReview(world, repository, pull, review), ...pullFields(world, repository, pull) }
    notify(world, repository, 'pull_request_review', 'submitted', options.by, fields)
  }
  changed(world)
  return review
}

/** Comments on a line of a file, which is a review of its own. */
export function addReviewComment(
  world: World,
  repository: Repository,
  pull: PullRequest,
  options: { readonly by: Account; readonly body: string; readonly path: string; readonly at?: Date },
): void {
  const { by, body, path, at } = options
  const review = submit(world, pull, { by, ...(at === undefined ? {} : { at }) })
  if (at === undefined) {
    const common = pullFields(world, repository, pull)
    const rendered = renderReview(world, repository, pull, review)
    notify(world, repository, 'pull_request_review', 'submitted', by, { review: rendered, ...common })
    const comment = renderReviewComment(world, repository, pull, {
      id: nextId(world, 'reviewComment'),
      review,
      body,
      path,
    })
    notify(world, repository, 'pull_request_review_comment', 'created', by, { comment, ...common })
  }
  changed(world)
}
