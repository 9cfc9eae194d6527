/**
 * What to do about a dispatch whose end is not known yet. One without a known workflow run is looked for before it is
 * given up; one that takes too long is cancelled; the others are waited for.
 */
import { DISPATCH_SETTLES_MS, LOOK_AGAIN_MS } from './decide-run.ts'
import type { DeploymentFacts } from './pull-request.ts'
import { APPEAR_WITHIN_MS } from './run.ts'

export type FollowAction =
  /** Look for a workflow run that it may have become. */
  | { readonly kind: 'find_deployment_run'; readonly deployment: DeploymentFacts }
  /** It never started anything. */
  | { readonly kind: 'give_up_deployment'; readonly deployment: DeploymentFacts }
  /** It took too long: cancel its workflow run, if there is one, and count it as timed out. */
  | { readonly kind: 'time_out_deployment'; readonly deployment: DeploymentFacts }
  /** GitHub took it, and has no workflow run of it. */
  | { readonly kind: 'end_deployment'; readonly deployment: DeploymentFacts }

export interface Following {
  readonly actions: readonly FollowAction[]
  readonly wakeAt: Date | null
}

export function followDeployment(deployment: DeploymentFacts, now: Date): Following {
  const intended = deployment.intendedAt.getTime()
  const searched = deployment.searchedAt?.getTime() ?? null
  const act = (kind: FollowAction['kind']): Following => ({ actions: [{ kind, deployment }], wakeAt: null })
  const from = (time: number, kind: FollowAction['kind']): Following =>
    now.getTime() >= time ? act(kind) : { actions: [], wakeAt: new Date(time) }
  if (deployment.workflowRunId !== null) return from(intended + deployment.target.timeoutMs, 'time_out_deployment')
  if (deployment.outcome === 'intended') {
    const settled = intended + DISPATCH_SETTLES_MS
    return searched !== null && searched >= settled ? act('give_up_deployment') : from(settled, 'find_deployment_run')
  }
  if (searched !== null && searched >= intended + APPEAR_WITHIN_MS) return act('end_deployment')
  return from((searched ?? intended) + LOOK_AGAIN_MS, 'find_deployment_run')
}
