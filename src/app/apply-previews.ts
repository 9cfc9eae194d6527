/** Carries out what was decided about previews. Each dispatch is recorded before GitHub is asked for it. */
import type { Logger } from 'pino'
import type { PreviewAction } from '../domain/decide-previews.ts'
import { explainPreviewRefusal } from '../domain/dispatch.ts'
import { GitHubError, TransientError } from '../domain/errors.ts'
import { type DeploymentFacts, labelOn, type PullRequestFacts } from '../domain/pull-request.ts'
import type { WorkflowRunObservation } from '../domain/run.ts'
import type { Clock, GitHub, GitHubApp, RepoName, Store } from '../ports.ts'

export interface ApplyPreviewsDeps {
  readonly app: GitHubApp
  /** Of the pull request's own repository. */
  readonly github: GitHub
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  /** Id of the app's installation that has the repository; null: there is none. */
  readonly findInstallation: (repo: RepoName) => Promise<number | null>
}

type Action<K extends PreviewAction['kind']> = Extract<PreviewAction, { kind: K }>

export async function applyPreviewAction(
  deps: ApplyPreviewsDeps,
  facts: PullRequestFacts,
  action: PreviewAction,
): Promise<void> {
  const { pullRequests } = deps.store
  switch (action.kind) {
    case 'dispatch_deployment':
      return dispatchDeployment(deps, facts, action)
    case 'find_deployment_run':
      return findDeploymentRun(deps, action.deployment)
    case 'give_up_deployment':
      return pullRequests.giveUpDeployment(action.deployment.id)
    case 'time_out_deployment':
      return timeOutDeployment(deps, action.deployment)
    case 'end_deployment':
      return pullRequests.endDeployment(action.deployment.id, 'deleted', deps.clock.now())
    case 'tell_deployment':
      return tellDeployment(deps, facts, action)
  }
}

async function dispatchDeployment(
  deps: ApplyPreviewsDeps,
  facts: PullRequestFacts,
  { deployment, installationId, label }: Action<'dispatch_deployment'>,
): Promise<void> {
  const { repo, pullRequest } = facts
  const { target } = deployment
  const { repository, workflow, ref } = target
  const github = await deps.app.forInstallation(installationId)
  if (label !== null && !(await isStillDue(deps, facts, deployment, label))) return
  const subject = { repo, number: pullRequest.number, installationId: facts.installationId }
  const id = await deps.store.pullRequests.intendDeployment(subject, deployment, deps.clock.now())
  if (id === null) return
  const outcome = await github.dispatchWorkflow(repository, { workflow, ref, inputs: { ...target.inputs } })
  const refusal = outcome.kind === 'refused' ? explainPreviewRefusal(outcome, target) : null
  await deps.store.pullRequests.recordDeploymentDispatch(id, outcome, refusal)
  deps.log.info({ preview: deployment.preview, what: deployment.kind, sha: deployment.sha, ...outcome }, 'dispatched')
  if (outcome.kind === 'deferred')
    throw new TransientError(`GitHub limits us while dispatching: ${outcome.message}`, outcome)
  if (outcome.kind === 'dispatched' && outcome.workflowRunId !== null)
    await lookAt(deps, github, repository, outcome.workflowRunId)
}

/**
 * Between the decision and the dispatch somebody may have pushed or chosen another base, and what was allowed is one
 * commit into one branch; or the label was put on again, or taken off.
 */
async function isStillDue(
  { github, log }: ApplyPreviewsDeps,
  { repo, pullRequest }: PullRequestFacts,
  { kind, sha }: Pick<DeploymentFacts, 'kind' | 'sha'>,
  label: string,
): Promise<boolean> {
  const present = await github.getPullRequest(repo, pullRequest.number)
  const isOn = present?.state === 'open' && labelOn(present, label) !== undefined
  const isSame = present?.headSha === sha && present.baseRef === pullRequest.baseRef
  const isDue = kind === 'teardown' ? !isOn : isOn && isSame
  if (!isDue) log.info({ kind, sha }, 'the pull request moved on; nothing is dispatched, and it is looked at again')
  return isDue
}

/** A webhook about the run that came before its id was recorded meant nothing to us then. */
async function lookAt(deps: ApplyPreviewsDeps, github: GitHub, repo: RepoName, workflowRunId: number): Promise<void> {
  const observation = await github.getWorkflowRun(repo, workflowRunId)
  if (observation) await note(deps, observation)
}

async function note(deps: ApplyPreviewsDeps, observation: WorkflowRunObservation): Promise<void> {
  await deps.store.pullRequests.recordDeploymentRuns([observation], { enqueue: false })
}

/** GitHub's clock and ours differ a little, and its times are whole seconds. */
const CLOCK_SKEW_MS = 5_000

/**
 * The workflow is another repository's, and is told nothing that its run could be known by: the oldest run since the
 * intent that this app dispatched and that no other deployment has is taken to be it.
 */
async function findDeploymentRun(deps: ApplyPreviewsDeps, { id, intendedAt, target }: DeploymentFacts): Promise<void> {
  const { pullRequests } = deps.store
  const { repository, workflow } = target
  const lookedAt = deps.clock.now()
  const since = new Date(intendedAt.getTime() - CLOCK_SKEW_MS)
  const github = await githubOf(deps, repository)
  const listed = (await github?.listDispatchedRuns(repository, since, workflow, { ours: true })) ?? []
  const known = await pullRequests.knownDeploymentRuns(listed.map((run) => run.workflowRunId))
  const found = listed.findLast((run) => run.startedAt >= since && !known.has(run.workflowRunId))
  if (found === undefined) return pullRequests.recordDeploymentSearch(id, lookedAt)
  const { workflowRunId, url } = found
  await pullRequests.recordDeploymentDispatch(id, { kind: 'dispatched', workflowRunId, url }, null)
  await note(deps, found)
}

async function timeOutDeployment(
  deps: ApplyPreviewsDeps,
  { id, workflowRunId, target }: DeploymentFacts,
): Promise<void> {
  const { repository } = target
  const github = await githubOf(deps, repository)
  if (github !== null && workflowRunId !== null) {
    const answer = await github.cancelWorkflowRun(repository, workflowRunId, false)
    // It may have ended without us hearing of it.
    if (answer === 'gone') await lookAt(deps, github, repository, workflowRunId)
  }
  await deps.store.pullRequests.endDeployment(id, 'timed_out', deps.clock.now())
}

/** GitHub as the installation on that repository sees it; null: the app is not installed there any more. */
async function githubOf({ app, findInstallation }: ApplyPreviewsDeps, repo: RepoName): Promise<GitHub | null> {
  const installationId = await findInstallation(repo)
  return installationId === null ? null : app.forInstallation(installationId)
}

/** What GitHub refuses to show is not tried again until there is something else to show: the preview itself goes on. */
async function tellDeployment(
  deps: ApplyPreviewsDeps,
  { repo }: PullRequestFacts,
  { deployment, state, description }: Action<'tell_deployment'>,
): Promise<void> {
  const { id, sha, target, url } = deployment
  const { pullRequests } = deps.store
  try {
    const { environment } = target
    const githubId =
      deployment.githubId ?? (await deps.github.createDeployment(repo, { sha, environment, deploymentId: id }))
    await pullRequests.recordGitHubDeployment(id, { githubId })
    const environmentUrl = state === 'success' ? target.previewUrl : null
    await deps.github.setDeploymentStatus(repo, githubId, { state, description, logUrl: url, environmentUrl })
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error
    deps.log.warn({ err: error, preview: deployment.preview, state }, 'GitHub does not show the deployment')
  }
  await pullRequests.recordGitHubDeployment(id, { told: state })
}

/** Heals lost webhooks: what GitHub says of the workflow runs of these deployments. */
export async function compareDeployments(deps: ApplyPreviewsDeps, live: readonly DeploymentFacts[]): Promise<void> {
  for (const { id, workflowRunId, target } of live) {
    const github = workflowRunId === null ? null : await githubOf(deps, target.repository)
    if (github === null || workflowRunId === null) continue
    const observation = await github.getWorkflowRun(target.repository, workflowRunId)
    if (observation) await note(deps, observation)
    else await deps.store.pullRequests.endDeployment(id, 'deleted', deps.clock.now())
  }
}
