/** Previews: GitHub's Deployments of the repository, and the workflow runs of the one that deploys. */
import type { SeenDeployment, SeenWorkflowRun } from '../../../sandbox/sandbox-state.ts'
import type { DeploymentEvent, PreviewRunEvent } from '../events.ts'
import { DEPLOY_REPOSITORY, REPOSITORY, type Stage } from '../stage.ts'
import { fileOf, jobDuration, stateOf } from './runs.ts'
import type { Sight } from './sight.ts'

export function lookAtPreviews(stage: Stage): Sight[] {
  const { state } = stage.github
  return [
    ...state.workflowRuns(DEPLOY_REPOSITORY).map((run) => ({
      key: `workflow run ${run.id}`,
      content: stateOf(run),
      event: () => describePreviewRun(run, stage),
    })),
    ...state.deployments(REPOSITORY).flatMap(lookAtDeployment),
  ]
}

function lookAtDeployment({ id, environment, sha, statuses }: SeenDeployment): Sight[] {
  return statuses.map((status) => {
    const { state, description, environmentUrl } = status
    const url = environmentUrl === '' ? null : environmentUrl
    const event: DeploymentEvent = { event: 'deployment', id, environment, sha, state, description, url }
    return { key: `deployment status ${status.id}`, content: '', event: () => event }
  })
}

function describePreviewRun(run: SeenWorkflowRun, stage: Stage): PreviewRunEvent {
  return {
    event: 'preview_run',
    repository: DEPLOY_REPOSITORY,
    workflow: fileOf(run),
    workflowRun: run.id,
    inputs: run.inputs,
    status: run.status,
    conclusion: run.conclusion,
    durationMs: jobDuration(run),
    url: `${stage.githubUrl}/${DEPLOY_REPOSITORY}/actions/runs/${run.id}`,
  }
}
