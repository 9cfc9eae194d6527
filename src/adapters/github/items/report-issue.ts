/** The issue that the reports of sweeps are kept in. */
import type { ItemsGitHub } from '../../../ports/sweeps.ts'
import type { RepoName } from '../../../ports.ts'
import { orNull, toFault } from '../errors.ts'
import type { OwnApp } from '../github.ts'
import { inRepo, type Octokit, PAGE } from '../octokit.ts'

type ReportIssue = Pick<ItemsGitHub, 'createIssue' | 'getIssue' | 'findOwnIssue' | 'setIssueBody'>

export function connectReportIssue(octokit: Octokit, own: OwnApp): ReportIssue {
  const { rest } = octokit
  return {
    async createIssue(repo, issue) {
      try {
        return (await rest.issues.create({ ...inRepo(repo), ...issue })).data.number
      } catch (error) {
        throw toFault(error, 'opening an issue')
      }
    },
    async getIssue(repo, number) {
      const request = rest.issues.get({ ...inRepo(repo), issue_number: number })
      const issue = (await orNull(request, `reading #${number}`, [404, 410]))?.data
      // GitHub leads on to where an issue was transferred to.
      if (!issue || issue.pull_request || issue.number !== number || !isIn(repo, issue.repository_url)) return null
      return { body: issue.body ?? '' }
    },
    findOwnIssue: (repo, title) => findOwnIssue(octokit, own, repo, title),
    async setIssueBody(repo, number, body) {
      try {
        await rest.issues.update({ ...inRepo(repo), issue_number: number, body })
      } catch (error) {
        throw toFault(error, `editing #${number}`)
      }
    },
  }
}

async function findOwnIssue(octokit: Octokit, own: OwnApp, repo: RepoName, title: string): Promise<number | null> {
  const creator = `${await own.getSlug()}[bot]`
  const newest = { state: 'open', sort: 'created', direction: 'desc', per_page: PAGE } as const
  const pages = octokit.paginate.iterator(octokit.rest.issues.listForRepo, { ...inRepo(repo), creator, ...newest })
  try {
    for await (const { data } of pages) {
      const found = data.find(
        (issue) => issue.title === title && !issue.pull_request && issue.performed_via_github_app?.id === own.id,
      )
      if (found) return found.number
    }
  } catch (error) {
    throw toFault(error, 'looking for the issue that reports are kept in')
  }
  return null
}

function isIn(repo: RepoName, url: string): boolean {
  return url.toLowerCase().endsWith(`/repos/${repo.owner}/${repo.name}`.toLowerCase())
}
