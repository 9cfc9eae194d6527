/** How a repository is set up: the installation, what protects a branch, which workflows are enabled. */
import type { Probot } from 'probot'
import type { BranchFacts, InstallationFacts, RequiredCheck } from '../../domain/doctor.ts'
import { GitHubError } from '../../domain/errors.ts'
import { repository } from '../../domain/payload.ts'
import type { Inspector, RepoName } from '../../ports.ts'
import { orNull, toFault } from './errors.ts'
import { inRepo, keepSilenceWhenLimited, type Octokit, PAGE } from './octokit.ts'

/** @param probot signs as the app. */
export function connectInspector(probot: Probot): Inspector {
  const connect = async (installationId: number): Promise<Octokit> =>
    keepSilenceWhenLimited(await probot.auth(installationId))
  return {
    getInstallation: async (repo) => getInstallation(await probot.auth(), repo),
    async getRepository(installationId, repo) {
      const { rest } = await connect(installationId)
      const reply = await orNull(rest.repos.get(inRepo(repo)), `reading ${repo.owner}/${repo.name}`)
      return reply && repository.parse(reply.data)
    },
    getBranch: async (installationId, repo, branch) => getBranch(await connect(installationId), repo, branch),
    async getWorkflowState(installationId, repo, workflow) {
      const { rest } = await connect(installationId)
      const request = rest.actions.getWorkflow({ ...inRepo(repo), workflow_id: workflow })
      const state = (await orNull(request, `reading the workflow ${workflow}`))?.data.state ?? null
      return state === 'deleted' ? null : state
    },
  }
}

async function getInstallation({ rest }: Octokit, repo: RepoName): Promise<InstallationFacts | null> {
  const request = rest.apps.getRepoInstallation(inRepo(repo))
  const installation = (await orNull(request, `looking for the app in ${repo.owner}/${repo.name}`))?.data
  if (!installation) return null
  const { id, suspended_at, permissions, events, html_url } = installation
  return { id, suspended: suspended_at !== null, permissions: { ...permissions }, events, url: html_url }
}

async function getBranch(octokit: Octokit, repo: RepoName, branch: string): Promise<BranchFacts> {
  const request = octokit.rest.repos.getBranch({ ...inRepo(repo), branch })
  const found = (await orNull(request, `reading the branch ${branch}`))?.data
  if (!found) return { kind: 'none' }
  const required = found.protection.required_status_checks
  const isEnforced = found.protection.enabled !== false && required?.enforcement_level !== 'off'
  const rules = await listRules(octokit, repo, branch)
  return {
    kind: 'known',
    checks: [...(required && isEnforced ? readProtection(required) : []), ...rules.flatMap(checksOfRule)],
    mergeQueue: rules.some((rule) => rule.type === 'merge_queue'),
  }
}

interface Protection {
  readonly contexts: readonly string[]
  /** Absent on older Enterprise Servers. */
  readonly checks?: readonly { readonly context: string; readonly app_id: number | null }[]
}

function readProtection({ checks, contexts }: Protection): RequiredCheck[] {
  const all = checks ?? contexts.map((context) => ({ context, app_id: null }))
  return all.map(({ context, app_id }) => ({ name: context, appId: boundTo(app_id), source: 'branch protection' }))
}

type Rule = Awaited<ReturnType<Octokit['rest']['repos']['getBranchRules']>>['data'][number]

/** Of all rulesets that are active, those of the organisation among them. */
async function listRules(octokit: Octokit, repo: RepoName, branch: string): Promise<Rule[]> {
  const what = `reading the rules of the branch ${branch}`
  try {
    const query = { ...inRepo(repo), branch, per_page: PAGE }
    return (await orNull(octokit.paginate(octokit.rest.repos.getBranchRules, query), what)) ?? []
  } catch (error) {
    const fault = toFault(error, what)
    // A private repository of a plan that has no rulesets has no rules.
    if (fault instanceof GitHubError && fault.status === 403 && /\bupgrade to\b/i.test(fault.message)) return []
    throw fault
  }
}

function checksOfRule(rule: Rule): RequiredCheck[] {
  if (rule.type !== 'required_status_checks') return []
  return (rule.parameters?.required_status_checks ?? []).map(({ context, integration_id }) => ({
    name: context,
    appId: boundTo(integration_id),
    source: 'ruleset',
  }))
}

/** GitHub writes «any app» in three ways. */
function boundTo(appId: number | null | undefined): number | null {
  return appId === undefined || appId === null || appId < 0 ? null : appId
}
