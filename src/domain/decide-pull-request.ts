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

/** @param refused keys of the actions that GitHub refused a moment ago: they are not tried again now. */
export function decidePullRequest(
  facts: PullRequestFacts,
  refused: ReadonlySet<string> = new Set(),
): PullRequestDecision {
  const labels = decideLabelActions(facts).filter((decision) => !refused.has(labelKey(decision)))
  const previews = decidePreviews(facts)
  const actions = previews.actions.filter((action) => !refused.has(previewKey(action)))
  const changes = labels.some(startsSomething) || actions.some(startsSomething)
  return {
    labels,
    previews: actions,
    comments: changes ? [] : decideComments(facts, previews.views),
    wakeAt: previews.wakeAt,
    atRest: refused.size === 0 && previews.wakeAt === null && isAtRest(facts, previews.views),
    watchesRuns: watchesRuns(facts, previews.views),
  }
}

export function labelKey(decision: LabelDecision): string {
  switch (decision.kind) {
    case 'start_label_run':
      return `${decision.kind} ${decision.triggerKey}`
    case 'remove_label':
      return `${decision.kind} ${decision.labelingId}`
    case 'refuse_label':
      return `${decision.kind} ${decision.labeling.id}`
  }
}

export function previewKey({ kind, deployment }: PreviewAction): string {
  return `${kind} ${deployment.preview} ${deployment.number}`
}

function watchesRuns({ pullRequest, config }: PullRequestFacts, views: readonly PreviewView[]): boolean {
  if (pullRequest.state === 'closed') return false
  return (config?.summary.place ?? 'off') !== 'off' || views.some((view) => view.state === 'deployed')
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
  if (config.labelActions.some(({ label }) => labelOn(pullRequest, label))) return false
  return views.every((view) => {
    const { label } = config.previews.find((preview) => preview.name === view.name) ?? {}
    if (label === undefined || labelOn(pullRequest, label) === undefined) return OVER.has(view.state)
    return view.state === 'deployed' && view.sha === pullRequest.headSha
  })
}
