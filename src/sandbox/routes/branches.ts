/** Branches, and what protects them. */
import { requireCommit } from '../commits.ts'
import { paginate } from '../http/paging.ts'
import { Problem } from '../http/problem.ts'
import { type Call, param, type Route, repositoryRoute } from '../http/router.ts'
import type { JsonObject } from '../json.ts'
import type { BranchRules, Repository } from '../model.ts'
import { renderCommit } from '../render/commit.ts'
import { fullName, repoApi, repoWeb } from '../render/urls.ts'

export function isProtected(repository: Repository, branch: string): boolean {
  const rules = repository.branchRules.get(branch)
  return rules !== undefined && (rules.protection !== null || rules.ruleset !== null)
}

function renderProtection(protection: BranchRules['protection'], api: string): JsonObject {
  const checks = protection?.checks ?? []
  const url = `${api}/protection/required_status_checks`
  const required = {
    enforcement_level: protection === null ? 'off' : 'non_admins',
    contexts: checks.map((check) => check.context),
    checks: checks.map((check) => ({ context: check.context, app_id: check.appId })),
  }
  if (protection === null) return { enabled: false, required_status_checks: required }
  const links = { url, contexts_url: `${url}/contexts`, strict: protection.strict }
  return { enabled: true, required_status_checks: { ...links, ...required } }
}

function renderBranch(call: Call, repository: Repository, name: string): JsonObject {
  const { world } = call
  const api = repoApi(world, repository, `/branches/${encodeURIComponent(name)}`)
  return {
    name,
    commit: renderCommit(world, repository, requireCommit(repository, `refs/heads/${name}`)),
    _links: { self: api, html: repoWeb(world, repository, `/tree/${encodeURIComponent(name)}`) },
    protected: isProtected(repository, name),
    protection: renderProtection(repository.branchRules.get(name)?.protection ?? null, api),
    protection_url: `${api}/protection`,
  }
}

const MERGE_QUEUE = {
  check_response_timeout_minutes: 60,
  grouping_strategy: 'ALLGREEN',
  max_entries_to_build: 5,
  max_entries_to_merge: 5,
  merge_method: 'MERGE',
  min_entries_to_merge: 1,
  min_entries_to_merge_wait_minutes: 5,
}

/** Each active rule about the branch, of all rulesets. */
function renderRules(repository: Repository, branch: string): JsonObject[] {
  const ruleset = repository.branchRules.get(branch)?.ruleset ?? null
  if (ruleset === null) return []
  const source = { ruleset_source_type: 'Repository', ruleset_source: fullName(repository), ruleset_id: 1 }
  const checks = ruleset.checks.map(({ context, appId }) => ({
    context,
    ...(appId === null ? {} : { integration_id: appId }),
  }))
  const parameters = {
    required_status_checks: checks,
    strict_required_status_checks_policy: false,
    do_not_enforce_on_create: false,
  }
  return [
    ...(checks.length === 0 ? [] : [{ type: 'required_status_checks', parameters, ...source }]),
    ...(ruleset.mergeQueue ? [{ type: 'merge_queue', parameters: MERGE_QUEUE, ...source }] : []),
  ]
}

const READ = { contents: 'read' } as const

export const branchRoutes: readonly Route[] = [
  repositoryRoute('GET', '/branches', READ, (call, repository) => {
    const wanted = call.query.get('protected')
    const branches = [...repository.refs]
      .filter(([ref]) => ref.startsWith('refs/heads/'))
      .map(([ref, sha]) => ({ name: ref.slice('refs/heads/'.length), sha }))
      .filter(({ name }) => wanted === null || isProtected(repository, name) === (wanted === 'true'))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    const page = paginate(call, branches)
    const body = page.items.map(({ name, sha }) => {
      const commit = { sha, url: repoApi(call.world, repository, `/commits/${sha}`) }
      return { name, commit, protected: isProtected(repository, name) }
    })
    return { status: 200, headers: page.headers, body }
  }),
  repositoryRoute('GET', '/branches/{branch}', READ, (call, repository) => {
    const name = param(call, 'branch')
    if (!repository.refs.has(`refs/heads/${name}`)) throw new Problem(404, 'Branch not found')
    return { status: 200, body: renderBranch(call, repository, name) }
  }),
  repositoryRoute('GET', '/rules/branches/{branch}', { metadata: 'read' }, (call, repository) => {
    const page = paginate(call, renderRules(repository, param(call, 'branch')))
    return { status: 200, headers: page.headers, body: page.items }
  }),
]
