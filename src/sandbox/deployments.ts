/** Deployments and their statuses, with GitHub's refusals. */
import { resolveCommit } from './commits.ts'
import { commitsBetween } from './git/history.ts'
import { invalidField, Problem } from './http/problem.ts'
import type { JsonObject } from './json.ts'
import type { Account, Deployment, DeploymentState, DeploymentStatus, Repository } from './model.ts'
import { nodeId } from './node-id.ts'
import { changed, nextId, type World } from './world.ts'

export interface NewDeployment {
  readonly ref: string
  readonly task: string
  readonly payload: JsonObject | string
  readonly environment: string
  readonly description: string | null
  readonly transient: boolean
  readonly production: boolean
  readonly autoMerge: boolean
  /** Null: every check of the commit. */
  readonly requiredContexts: readonly string[] | null
}

/** GitHub first merges the default branch into a ref that is behind it, or refuses; it makes no deployment then. */
function refuseBehind(repository: Repository, ref: string, sha: string): void {
  const base = repository.refs.get(`refs/heads/${repository.defaultBranch}`)
  if (base === undefined || commitsBetween(repository.objects, sha, base).length === 0) return
  throw new Problem(409, `Conflict merging ${repository.defaultBranch} into ${ref}.`)
}

function refuseUnchecked(repository: Repository, ref: string, sha: string, required: readonly string[] | null): void {
  const checks = new Map(
    [...repository.checkRuns.values()]
      .filter((run) => run.headSha === sha)
      .map((run) => [run.name, run.conclusion ?? 'pending']),
  )
  const contexts = (required ?? [...checks.keys()]).map((context) => ({ context, state: checks.get(context) ?? null }))
  const missing = contexts.filter(({ state }) => state !== 'success')
  if (missing.length === 0) return
  throw new Problem(409, `Conflict: Commit status checks failed for ${ref}.`, [
    { contexts, resource: 'Deployment', field: 'required_contexts', code: 'invalid' },
  ])
}

export function createDeployment(
  world: World,
  repository: Repository,
  wanted: NewDeployment,
  creator: Account,
): Deployment {
  const { autoMerge, requiredContexts, ...about } = wanted
  const commit = resolveCommit(repository, wanted.ref)
  if (commit === null) throw new Problem(422, `No ref found for: ${wanted.ref}`)
  if (autoMerge) refuseBehind(repository, wanted.ref, commit.sha)
  refuseUnchecked(repository, wanted.ref, commit.sha, requiredContexts)
  const id = nextId(world, 'deployment')
  const times = { createdAt: world.now(), updatedAt: world.now() }
  const node = nodeId('deployment', id)
  const made: Deployment = { ...about, id, nodeId: node, sha: commit.sha, creator, ...times, statuses: [] }
  repository.deployments.set(id, made)
  changed(world)
  return made
}

export type NewDeploymentStatus = Pick<DeploymentStatus, 'state' | 'description' | 'logUrl' | 'environmentUrl'> & {
  /** Whether a success ends the earlier deployments of the same environment. */
  readonly autoInactive: boolean
}

const MAX_DESCRIPTION = 140

export function deploymentState(deployment: Deployment): DeploymentState | null {
  return deployment.statuses.at(-1)?.state ?? null
}

function checkUrl(field: string, url: string): void {
  if (url === '' || /^https?:$/.test(URL.parse(url)?.protocol ?? '')) return
  throw invalidField('DeploymentStatus', field, `${field} must use http(s) scheme`)
}

function addStatus(
  world: World,
  deployment: Deployment,
  status: Omit<DeploymentStatus, 'id' | 'nodeId' | 'environment' | 'createdAt'>,
): DeploymentStatus {
  const id = nextId(world, 'deploymentStatus')
  const { environment } = deployment
  const node = nodeId('deploymentStatus', id)
  const made: DeploymentStatus = { ...status, id, nodeId: node, environment, createdAt: world.now() }
  deployment.statuses.push(made)
  deployment.updatedAt = made.createdAt
  return made
}

export function setDeploymentStatus(
  world: World,
  repository: Repository,
  deployment: Deployment,
  wanted: NewDeploymentStatus,
  creator: Account,
): DeploymentStatus {
  const { autoInactive, ...status } = wanted
  if (status.description.length > MAX_DESCRIPTION) {
    const what = `description is too long (maximum is ${MAX_DESCRIPTION} characters)`
    throw invalidField('DeploymentStatus', 'description', what)
  }
  checkUrl('log_url', status.logUrl)
  checkUrl('environment_url', status.environmentUrl)
  const made = addStatus(world, deployment, { ...status, creator })
  for (const earlier of repository.deployments.values()) {
    if (!autoInactive || made.state !== 'success' || earlier.id >= deployment.id) continue
    if (earlier.environment !== deployment.environment || earlier.transient || earlier.production) continue
    if (deploymentState(earlier) !== 'success') continue
    addStatus(world, earlier, { state: 'inactive', description: '', logUrl: '', environmentUrl: '', creator })
  }
  changed(world)
  return made
}
