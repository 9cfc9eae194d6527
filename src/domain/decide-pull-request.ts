/**
 * What to do next about a pull request beside its runs: labels that ask for a workflow, previews, and the comments that
 * say how things stand. What is dispatched comes first, and what it comes to is part of what the comments show. A pull
 * request about which nothing can change by itself is left alone until something happens to it.
 */
import { type CommentAction, decideComments } from './decide-comments.ts'
import { decideLabelActions, type LabelDecision } from './decide-label-actions.ts'
import { decidePreviews, type PreviewAction, type PreviewView } from './decide-previews.ts'
import { labelOn, type PullRequestFacts } from './pull-request.ts'

export interface PullRequestDecision {
  readonly labels: readonly LabelDecision[]
  readonly previews: readonly PreviewAction[]
  readonly comments: readonly CommentAction[]
  /** When time alone changes something; null: never. */
  readonly wakeAt: Date | null
  /** Whether nothing is left to be watched, once the actions are carried out: the next event about it is soon enough. */
  readonly atRest: boolean
  /** Whether what its check runs show matters, once it is at rest. */
  readonly watchesRuns: boolean
}

export function decidePullRequest(facts: PullRequestFacts): PullRequestDecision {
  const labels = decideLabelActions(facts)
  const previews = decidePreviews(facts)
  const changes = labels.some(startsSomething) || previews.actions.some(startsSomething)
  return {
    labels,
    previews: previews.actions,
    comments: changes ? [] : decideComments(facts, previews.views),
    wakeAt: previews.wakeAt,
    atRest: previews.wakeAt === null && isAtRest(facts, previews.views),
    watchesRuns: facts.pullRequest.state === 'open' && (facts.config?.summary.place ?? 'off') !== 'off',
  }
}

/** Whether what is shown is not true any more as soon as it is done. */
function startsSomething({ kind }: LabelDecision | PreviewAction): boolean {
  return kind !== 'tell_deployment' && kind !== 'remove_label' && kind !== 'refuse_label'
}

const OVER: ReadonlySet<PreviewView['state']> = new Set(['removed', 'failed'])

function isAtRest(facts: PullRequestFacts, views: readonly PreviewView[]): boolean {
  if (facts.pullRequest.state === 'closed') return views.every((view) => OVER.has(view.state))
  const { config, pullRequest } = facts
  if (config === null) return facts.deployments.length === 0
  const meant = [...config.previews, ...config.labelActions].some(({ label }) => labelOn(pullRequest, label))
  return !meant && views.every((view) => OVER.has(view.state))
}
