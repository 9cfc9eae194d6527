/** GitHub's Deployments of previews: each knows, in its payload, which deployment of ours it stands for. */
import type { DeploymentRequest, GitHub, RepoName } from '../../ports.ts'
import { toFault } from './errors.ts'
import { inRepo, type Octokit, PAGE } from './octokit.ts'

/** GitHub refuses longer ones. */
const MAX_DESCRIPTION = 140

export function connectDeployments(octokit: Octokit): Pick<GitHub, 'createDeployment' | 'setDeploymentStatus'> {
  const { rest } = octokit
  return {
    async createDeployment(repo, request) {
      try {
        return (await findDeployment(octokit, repo, request)) ?? (await makeDeployment(octokit, repo, request))
      } catch (error) {
        throw toFault(error, `creating the deployment to ${request.environment}`)
      }
    },
    async setDeploymentStatus(repo, githubId, status) {
      try {
        await rest.repos.createDeploymentStatus({
          ...inRepo(repo),
          deployment_id: githubId,
          state: status.state,
          description: cutTo(status.description, MAX_DESCRIPTION),
          ...(status.logUrl === null ? {} : { log_url: status.logUrl }),
          ...(status.environmentUrl === null ? {} : { environment_url: status.environmentUrl }),
          // Which of the earlier ones are inactive is ours to say.
          auto_inactive: false,
        })
      } catch (error) {
        throw toFault(error, `telling the state of deployment ${githubId}`)
      }
    },
  }
}

async function findDeployment(octokit: Octokit, repo: RepoName, request: DeploymentRequest): Promise<number | null> {
  const { sha, environment, deploymentId } = request
  const query = { ...inRepo(repo), sha, environment, per_page: PAGE }
  for await (const { data } of octokit.paginate.iterator(octokit.rest.repos.listDeployments, query)) {
    const found = data.find((one) => idIn(one.payload) === deploymentId)
    if (found) return found.id
  }
  return null
}

async function makeDeployment(octokit: Octokit, repo: RepoName, request: DeploymentRequest): Promise<number> {
  const { data } = await octokit.rest.repos.createDeployment({
    ...inRepo(repo),
    ref: request.sha,
    environment: request.environment,
    payload: { signalbox: request.deploymentId },
    // What must have passed is decided already, and nothing is merged.
    auto_merge: false,
    required_contexts: [],
    transient_environment: true,
    production_environment: false,
  })
  if ('id' in data) return data.id
  throw new Error(data.message ?? 'GitHub made no deployment')
}

/** GitHub gives the payload back as an object, or as the JSON text of one. */
function idIn(payload: unknown): unknown {
  const value = typeof payload === 'string' ? parse(payload) : payload
  return value !== null && typeof value === 'object' && 'signalbox' in value ? value.signalbox : null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Whole characters, so that nothing is cut in half. */
function cutTo(text: string, length: number): string {
  if (text.length <= length) return text
  let cut = ''
  for (const character of text) {
    if (cut.length + character.length > length - 1) break
    cut += character
  }
  return `${cut}…`
}
