/**
 * Writes the comments and the block in the description that were decided. That a comment is about to be posted is
 * recorded first, so that after a crash the one that was posted is found by its marker, and not posted again.
 */
import type { Logger } from 'pino'
import type { CommentAction } from '../domain/decide-comments.ts'
import { placeBlock } from '../domain/description-block.ts'
import { GitHubError } from '../domain/errors.ts'
import type { PullRequestFacts, StickyFacts } from '../domain/pull-request.ts'
import type { GitHub, IssueComment, PullRequestSubject, Store } from '../ports.ts'
import { markerOf, renderBlock, renderComment } from './render-comment.ts'

export interface ApplyCommentsDeps {
  readonly github: GitHub
  readonly store: Store
  readonly log: Logger
}

type WriteComment = Extract<CommentAction, { kind: 'write_comment' }>
type WriteDescription = Extract<CommentAction, { kind: 'write_description' }>

/**
 * Where GitHub refuses one, as in a locked conversation, the others are written all the same, and it is tried again
 * when the pull request is looked at again.
 *
 * @throws the first fault, after everything that could be written was written.
 */
export async function applyComments(
  deps: ApplyCommentsDeps,
  facts: PullRequestFacts,
  actions: readonly CommentAction[],
): Promise<void> {
  const { repo, pullRequest, installationId } = facts
  const subject = { repo, number: pullRequest.number, installationId }
  const faults: unknown[] = []
  // One after the other: GitHub asks for content to be created so.
  for (const action of actions) {
    try {
      await (action.kind === 'write_comment'
        ? writeComment(deps, subject, action)
        : writeDescription(deps, subject, action))
    } catch (error) {
      if (error instanceof GitHubError)
        deps.log.warn({ err: error, comment: action.view.kind }, 'GitHub refused to take what Signalbox has to say')
      else faults.push(error)
    }
  }
  if (faults.length > 0) throw faults[0]
}

async function writeComment(deps: ApplyCommentsDeps, subject: PullRequestSubject, action: WriteComment): Promise<void> {
  const { kind } = action.view
  const body = renderComment(action.view)
  const record = (commentId: number, removed = false) =>
    recordSticky(deps, subject, { kind, commentId, digest: action.digest, removed })
  const known = action.sticky?.commentId ?? (await findPosted(deps, subject, action))
  if (known === null) {
    await deps.store.pullRequests.intendSticky(subject, kind)
    return record(await deps.github.createComment(subject.repo, subject.number, body))
  }
  const isThere = await deps.github.updateComment(subject.repo, known, body)
  if (!isThere) deps.log.info({ comment: kind }, 'a person removed the comment; it is not posted again')
  return record(known, !isThere)
}

/** The comment whose posting was begun and whose id never came back; null: there is none. */
async function findPosted(
  deps: ApplyCommentsDeps,
  subject: PullRequestSubject,
  { view, sticky }: WriteComment,
): Promise<number | null> {
  if (sticky === null) return null
  const isIt = (comment: IssueComment) => comment.isOurs && firstLine(comment.body) === markerOf(view.kind)
  return (await deps.github.listComments(subject.repo, subject.number)).find(isIt)?.id ?? null
}

function firstLine(body: string): string {
  return body.split(/\r?\n/, 1)[0] ?? ''
}

/** GitHub has no way to write only what did not change meanwhile, so it is read right before. */
async function writeDescription(
  deps: ApplyCommentsDeps,
  subject: PullRequestSubject,
  action: WriteDescription,
): Promise<void> {
  const { repo, number } = subject
  const record = (removed: boolean) =>
    recordSticky(deps, subject, { kind: 'description', commentId: null, digest: action.digest, removed })
  if (action.sticky === null) await deps.store.pullRequests.intendSticky(subject, 'description')
  const written = action.sticky !== null && action.sticky.digest !== null
  const present = (await deps.github.getDescription(repo, number)) ?? ''
  const placed = placeBlock(present, written, (most) => renderBlock(action.view, most))
  if (placed.kind === 'removed') {
    deps.log.info('a person took the block out of the description; it is not put there again')
    return record(true)
  }
  if (placed.kind === 'no_room') {
    deps.log.info('the description leaves no room for the block')
    // A block that never was there is not one that a person took out.
    return written ? record(false) : undefined
  }
  if (placed.text !== present) await deps.github.setDescription(repo, number, placed.text)
  return record(false)
}

function recordSticky(deps: ApplyCommentsDeps, subject: PullRequestSubject, sticky: StickyFacts): Promise<void> {
  return deps.store.pullRequests.recordSticky(subject, sticky)
}
