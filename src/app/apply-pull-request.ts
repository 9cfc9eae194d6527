/** Carries out what was decided about a pull request. Each action leaves a record, so that it is not taken twice. */
import { labelKey, type PullRequestDecision, previewKey } from '../domain/decide-pull-request.ts'
import { GitHubError } from '../domain/errors.ts'
import type { PullRequestFacts } from '../domain/pull-request.ts'
import { applyComments } from './apply-comments.ts'
import { applyLabelAction } from './apply-label-actions.ts'
import { type ApplyPreviewsDeps, applyPreviewAction } from './apply-previews.ts'

/**
 * What GitHub refuses of one label or preview is no reason to leave the others.
 * @returns the keys of what was refused.
 * @throws the first other fault, after everything that could be done was done.
 */
export async function applyPullRequest(
  deps: ApplyPreviewsDeps,
  facts: PullRequestFacts,
  decision: Pick<PullRequestDecision, 'labels' | 'previews' | 'comments'>,
): Promise<string[]> {
  const refused: string[] = []
  const attempt = async (key: string, applied: Promise<void>) => {
    try {
      await applied
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error
      deps.log.error({ err: error, action: key }, 'GitHub refused; it is tried again later')
      refused.push(key)
    }
  }
  const results = await Promise.allSettled([
    ...decision.labels.map((action) => attempt(labelKey(action), applyLabelAction(deps, facts, action))),
    ...decision.previews.map((action) => attempt(previewKey(action), applyPreviewAction(deps, facts, action))),
    applyComments(deps, facts, decision.comments),
  ])
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
  return refused
}
