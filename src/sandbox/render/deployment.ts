import { isoTime, type JsonObject } from '../json.ts'
import type { Deployment, DeploymentStatus, Repository } from '../model.ts'
import type { World } from '../world.ts'
import { renderAccount, renderApp } from './account.ts'
import { repoApi } from './urls.ts'

/** GitHub's `deployment`. */
export function renderDeployment(world: World, repository: Repository, deployment: Deployment): JsonObject {
  const url = repoApi(world, repository, `/deployments/${deployment.id}`)
  return {
    url,
    id: deployment.id,
    node_id: deployment.nodeId,
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: renderAccount(world, deployment.creator),
    created_at: isoTime(deployment.createdAt),
    updated_at: isoTime(deployment.updatedAt),
    statuses_url: `${url}/statuses`,
    repository_url: repoApi(world, repository),
    transient_environment: deployment.transient,
    production_environment: deployment.production,
    performed_via_github_app: renderApp(world, world.app),
  }
}

/** GitHub's `deployment-status`. */
export function renderDeploymentStatus(
  world: World,
  repository: Repository,
  deployment: Deployment,
  status: DeploymentStatus,
): JsonObject {
  const url = repoApi(world, repository, `/deployments/${deployment.id}`)
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: status.nodeId,
    state: status.state,
    creator: renderAccount(world, status.creator),
    description: status.description,
    environment: status.environment,
    // The older name of `log_url`.
    target_url: status.logUrl,
    created_at: isoTime(status.createdAt),
    updated_at: isoTime(status.createdAt),
    deployment_url: url,
    repository_url: repoApi(world, repository),
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
    performed_via_github_app: renderApp(world, world.app),
  }
}
