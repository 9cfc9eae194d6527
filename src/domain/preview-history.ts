/**
 * What was done about one preview of a pull request, and what has come of it. A dispatch that is known never to have
 * started anything is as if it had not been. After a teardown the story begins anew.
 */
import { type DeploymentFacts, type DeploymentState, isDeploymentLive } from './pull-request.ts'
import { count, describeConclusion, formatDuration } from './wording.ts'

export interface PreviewHistory {
  /** Oldest first. */
  readonly all: readonly DeploymentFacts[]
  /** GitHub may be at work on it; null: on none. */
  readonly live: DeploymentFacts | null
  /** The newest deploy since the last teardown, refused or not; null: none. */
  readonly lastDeploy: DeploymentFacts | null
  /** The newest deploy since the last teardown that GitHub started: something of it may be there. Null: none. */
  readonly standing: DeploymentFacts | null
  /** The newest deploy since the last teardown that succeeded; null: none. */
  readonly succeeded: DeploymentFacts | null
  /** The newest teardown, refused or not; null: none. */
  readonly lastTeardown: DeploymentFacts | null
  /** So many times in a row GitHub did not start what it was asked for, and did not say so. */
  readonly lost: number
}

export function historyOf(deployments: readonly DeploymentFacts[], preview: string): PreviewHistory {
  const all = deployments.filter((deployment) => deployment.preview === preview)
  const known = all.filter((deployment) => deployment.outcome !== 'lost')
  const deploys = known.slice(storyBegins(known)).filter((deployment) => deployment.kind === 'deploy')
  return {
    all,
    live: known.findLast(isDeploymentLive) ?? null,
    lastDeploy: deploys.at(-1) ?? null,
    standing: deploys.findLast((deployment) => deployment.outcome !== 'refused') ?? null,
    succeeded: deploys.findLast(succeeded) ?? null,
    lastTeardown: known.findLast((deployment) => deployment.kind === 'teardown') ?? null,
    lost: all.length - 1 - all.findLastIndex((deployment) => deployment.outcome !== 'lost'),
  }
}

/** Index after the last teardown, or after the last deploy of a preview that only became inactive. */
function storyBegins(known: readonly DeploymentFacts[]): number {
  const torn = known.findLastIndex(({ kind, outcome }) => kind === 'teardown' && outcome !== 'refused')
  const newest = known.findLastIndex(({ kind, outcome }) => kind === 'deploy' && outcome !== 'refused')
  return known[newest]?.told === 'inactive' ? newest + 1 : torn + 1
}

export function succeeded(deployment: DeploymentFacts): boolean {
  return deployment.status === 'completed' && deployment.conclusion === 'success'
}

/** Whether it ended, and not well. */
export function failed(deployment: DeploymentFacts): boolean {
  if (deployment.outcome === 'refused') return true
  return deployment.status === 'completed' && deployment.conclusion !== 'success'
}

/** Why it failed, in plain text. */
export function describeFailure(deployment: DeploymentFacts): string {
  if (deployment.outcome === 'refused') return deployment.refusal ?? 'GitHub refused the dispatch'
  const what = `the workflow run of ${deployment.target.workflow}`
  if (deployment.conclusion === 'deleted') return `${what} cannot be found any more`
  if (deployment.conclusion === 'timed_out')
    return `${what} timed out: it may take ${formatDuration(deployment.target.timeoutMs)}`
  return `${what} ${describeConclusion(deployment.conclusion ?? 'unknown')}`
}

/**
 * The state that GitHub's Deployment is to show; null: it is not shown, or not any more.
 * @param removed the preview is not wanted any more, and nothing has to be dispatched to take it down
 */
export function stateToTell(
  deployment: DeploymentFacts,
  history: PreviewHistory,
  removed: boolean,
): DeploymentState | null {
  const { kind, outcome, status, told } = deployment
  if (kind === 'teardown' || outcome === 'lost' || (outcome === 'intended' && deployment.workflowRunId === null))
    return null
  if (failed(deployment)) return 'failure'
  if (!succeeded(deployment)) return status === 'in_progress' ? 'in_progress' : 'queued'
  const replaced = history.all.some((other) => other.number > deployment.number && succeeded(other))
  return told === 'inactive' || replaced || (removed && history.standing === deployment) ? 'inactive' : 'success'
}

const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 300_000

/** When the next dispatch may be tried after some that came to nothing: later each time. */
export function pauseEnds({ all, lost }: PreviewHistory): Date | null {
  const last = all.at(-1)
  if (lost === 0 || last === undefined) return null
  return new Date(last.intendedAt.getTime() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (lost - 1)))
}

export function describePause({ lost }: PreviewHistory): string {
  return `GitHub did not answer, ${count(lost, 'time')} so far; it is tried again`
}
