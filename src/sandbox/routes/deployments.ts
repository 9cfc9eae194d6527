/** The Deployments API. */
import { createDeployment, type NewDeployment, setDeploymentStatus } from '../deployments.ts'
import { paginate } from '../http/paging.ts'
import { notFound, Problem } from '../http/problem.ts'
import { type Call, idParam, type Reply, type Route, repositoryRoute } from '../http/router.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { DEPLOYMENT_STATES, type Deployment, type Repository } from '../model.ts'
import { renderDeployment, renderDeploymentStatus } from '../render/deployment.ts'
import { botOf } from '../world.ts'

function findDeployment(call: Call, repository: Repository): Deployment {
  const found = repository.deployments.get(idParam(call, 'deployment_id'))
  if (found === undefined) throw notFound()
  return found
}

function text(value: Json | undefined, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}

function readDeployment(body: JsonObject): NewDeployment {
  const { ref, payload, required_contexts: contexts } = body
  if (typeof ref !== 'string' || ref === '') throw new Problem(422, 'Invalid request.\n\n"ref" wasn\'t supplied.')
  const environment = text(body.environment, 'production')
  return {
    ref,
    environment,
    task: text(body.task, 'deploy'),
    payload: isJsonObject(payload) ? payload : text(payload, ''),
    description: text(body.description, ''),
    transient: body.transient_environment === true,
    production:
      body.production_environment === undefined ? environment === 'production' : !!body.production_environment,
    autoMerge: body.auto_merge !== false,
    requiredContexts: Array.isArray(contexts) ? contexts.map(String) : null,
  }
}

function list(call: Call, repository: Repository): Reply {
  const is = (name: string, value: string) => {
    const wanted = call.query.get(name)
    return wanted === null || wanted === value
  }
  const found = [...repository.deployments.values()].filter(
    ({ sha, ref, task, environment }) =>
      is('sha', sha) && is('ref', ref) && is('task', task) && is('environment', environment),
  )
  const page = paginate(call, found.reverse())
  const body = page.items.map((one) => renderDeployment(call.world, repository, one))
  return { status: 200, headers: page.headers, body }
}

function setStatus(call: Call, repository: Repository): Reply {
  const { world, body } = call
  const deployment = findDeployment(call, repository)
  const state = DEPLOYMENT_STATES.find((one) => one === body.state)
  if (state === undefined) {
    const allowed = DEPLOYMENT_STATES.join(', ')
    throw new Problem(422, `Validation Failed: state must be one of ${allowed}`)
  }
  const wanted = {
    state,
    description: text(body.description, ''),
    logUrl: text(body.log_url, text(body.target_url, '')),
    environmentUrl: text(body.environment_url, ''),
    autoInactive: body.auto_inactive !== false,
  }
  const status = setDeploymentStatus(world, repository, deployment, wanted, botOf(world, world.app))
  return { status: 201, body: renderDeploymentStatus(world, repository, deployment, status) }
}

const READ = { deployments: 'read' } as const
const WRITE = { deployments: 'write' } as const

export const deploymentRoutes: readonly Route[] = [
  repositoryRoute('GET', '/deployments', READ, list),
  repositoryRoute('POST', '/deployments', WRITE, ({ world, body }, repository) => {
    const deployment = createDeployment(world, repository, readDeployment(body), botOf(world, world.app))
    return { status: 201, body: renderDeployment(world, repository, deployment) }
  }),
  repositoryRoute('GET', '/deployments/{deployment_id}', READ, (call, repository) => {
    return { status: 200, body: renderDeployment(call.world, repository, findDeployment(call, repository)) }
  }),
  repositoryRoute('GET', '/deployments/{deployment_id}/statuses', READ, (call, repository) => {
    const deployment = findDeployment(call, repository)
    const page = paginate(call, deployment.statuses.toReversed())
    const body = page.items.map((one) => renderDeploymentStatus(call.world, repository, deployment, one))
    return { status: 200, headers: page.headers, body }
  }),
  repositoryRoute('POST', '/deployments/{deployment_id}/statuses', WRITE, setStatus),
]
