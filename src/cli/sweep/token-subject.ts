/**
 * The repository whose images are swept in a workflow: as its token sees it, where there are no credentials of the app. What the
 * app's store knows is not known there, so that nothing is recorded, and what open pull requests are at is taken for previewed.
 */
import { connectInstallation } from '../../adapters/github/github.ts'
import { makePackagesOctokit } from '../../adapters/github/package-api.ts'
import { connectSweep } from '../../adapters/github/sweep.ts'
import { readPackages } from '../../adapters/registry/open-image-repository.ts'
import type { SweepFacts } from '../../app/sweep-facts.ts'
import { UsageError } from '../../domain/errors.ts'
import type { RepoName } from '../../ports.ts'
import { loadSubject, type OpenedSubject } from './sweep-subject.ts'

export function openTokenSubject(env: NodeJS.ProcessEnv, repository: RepoName): Promise<OpenedSubject> {
  const token = env.GITHUB_TOKEN || env.PACKAGES_TOKEN
  if (!token)
    throw new UsageError(
      'What a repository still needs of its images is asked at GitHub, and there are no credentials. Set GITHUB_TOKEN, as a workflow has it, or APP_ID and PRIVATE_KEY or PRIVATE_KEY_PATH, as `signalbox start` has them.',
    )
  const { apiUrl } = readPackages(env)
  const connect = () => makePackagesOctokit({ apiUrl, token })
  const nobody = { id: 0, getSlug: async () => '' }
  return loadSubject(repository, {
    installationId: 0,
    github: connectInstallation(connect(), nobody),
    sweepGitHub: connectSweep(connect(), nobody, { issueTypes: true }),
  })
}

/** What the store would know: nothing of runs, and of previews what may be one. */
export async function tokenFacts({ repo, sweepGitHub }: OpenedSubject): Promise<SweepFacts> {
  const previewedCommits = new Set<string>()
  for await (const page of sweepGitHub.listPullRequests(repo))
    for (const { state, headSha } of page) if (state === 'open') previewedCommits.add(headSha)
  return { workflowRunsInUse: new Set(), previewedCommits, pushes: [], trackingIssue: null }
}
