/** Carries out what was decided about a pull request. Each action leaves a record, so that it is not taken twice. */
import type { PullRequestDecision } from '../domain/decide-pull-request.ts'
import type { PullRequestFacts } from '../domain/pull-request.ts'
import { applyComments } from './apply-comments.ts'
import { applyLabelAction } from './apply-label-actions.ts'
import { type ApplyPreviewsDeps, applyPreviewAction } from './apply-previews.ts'

/** @throws the first fault, after everything that could be done was done. */
export async function applyPullRequest(
  deps: ApplyPreviewsDeps,
  facts: PullRequestFacts,
  decision: Pick<PullRequestDecision, 'labels' | 'previews' | 'comments'>,
): Promise<void> {
  const results = await Promise.allSettled([
    ...decision.labels.map((action) => applyLabelAction(deps, facts, action)),
    ...decision.previews.map((action) => applyPreviewAction(deps, facts, action)),
    applyComments(deps, facts, decision.comments),
  ])
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}
