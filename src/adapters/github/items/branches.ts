/** The branches of pull requests that were closed: whether they may go, and how they go. */
import { GitHubError } from '../../../domain/errors.ts'
import type { ItemsGitHub } from '../../../ports/sweeps.ts'
import type { RepoName } from '../../../ports.ts'
import { orNull, toFault } from '../errors.ts'
import { inRepo, type Octokit, PAGE } from '../octokit.ts'

type Branches = Pick<ItemsGitHub, 'protectedBranches' | 'pullRequestsOfBranch' | 'deleteBranch'>

export function connectItemBranches(octokit: Octokit): Branches {
  return {
    async protectedBranches(repo, branches) {
      const found = new Set<string>()
      for (const branch of new Set(branches)) if (await isProtected(octokit, repo, branch)) found.add(branch)
      return found
    },
    pullRequestsOfBranch: (repo, branch) => pullRequestsOfBranch(octokit, repo, branch),
    deleteBranch: (repo, branch, sha) => deleteBranch(octokit, repo, branch, sha),
  }
}

/** By branch protection, or by any rule of a ruleset: those of an organisation are not in the branch itself everywhere. */
async function isProtected({ rest }: Octokit, repo: RepoName, branch: string): Promise<boolean> {
  const found = await orNull(rest.repos.getBranch({ ...inRepo(repo), branch }), `reading the branch ${branch}`, [404])
  if (found === null) return false
  if (found.data.protected) return true
  const what = `reading the rules of the branch ${branch}`
  try {
    const rules = await orNull(rest.repos.getBranchRules({ ...inRepo(repo), branch, per_page: 1 }), what, [404])
    return (rules?.data.length ?? 0) > 0
  } catch (error) {
    // A private repository of a plan that has no rulesets has no rules.
    if (error instanceof GitHubError && error.status === 403 && /\bupgrade to\b/i.test(error.message)) return false
    throw error
  }
}

async function pullRequestsOfBranch(octokit: Octokit, repo: RepoName, branch: string): Promise<number[]> {
  const numbers = new Set<number>()
  const open = { ...inRepo(repo), state: 'open', per_page: PAGE } as const
  try {
    const from = await octokit.paginate(octokit.rest.pulls.list, { ...open, head: `${repo.owner}:${branch}` })
    // A fork that belongs to the same owner may have a branch of this name, too.
    for (const { number, head, base } of from)
      if (head.ref === branch && head.repo?.id === base.repo.id) numbers.add(number)
    for (const { number } of await octokit.paginate(octokit.rest.pulls.list, { ...open, base: branch }))
      numbers.add(number)
  } catch (error) {
    throw toFault(error, `listing the pull requests of the branch ${branch}`)
  }
  return [...numbers]
}

/** GitHub deletes a branch whatever its commit is by then, so that is read right before. */
async function deleteBranch(
  { rest }: Octokit,
  repo: RepoName,
  branch: string,
  sha: string,
): Promise<'deleted' | 'moved' | 'gone'> {
  const ref = { ...inRepo(repo), ref: `heads/${branch}` }
  const found = await orNull(rest.git.getRef(ref), `reading the branch ${branch}`, [404])
  if (found === null) return 'gone'
  if (found.data.object.sha !== sha) return 'moved'
  try {
    await rest.git.deleteRef(ref)
    return 'deleted'
  } catch (error) {
    const fault = toFault(error, `deleting the branch ${branch}`)
    if (fault instanceof GitHubError && (fault.status === 404 || /reference does not exist/i.test(fault.message)))
      return 'gone'
    throw fault
  }
}
