/** Records a maintainer's approval of one commit of a pull request, whatever way it was given. */
import { pullRequestTrigger } from '../domain/payload.ts'
import type { CommitIntoBase } from '../domain/pull-request.ts'
import type { Approval } from '../domain/run.ts'
import type { Clock, GitHub, PullRequestSubject, Store } from '../ports.ts'
import { startRuns } from './start.ts'

interface Deps {
  readonly github: GitHub
  readonly store: Store
  readonly installationId: number
  readonly clock: Clock
}

/** What waits for it goes on. Where the webhook of the commit was lost nothing waits yet: that is made up for first. */
export async function approveCommit(
  deps: Deps,
  subject: PullRequestSubject,
  commit: CommitIntoBase,
  approval: Approval,
): Promise<void> {
  const { repo, number } = subject
  const { sha, baseRef } = commit
  const known = await deps.store.runs.runsOfCommit(repo.id, sha, 'pull_request')
  const pullRequest = known.length > 0 ? null : await deps.github.getPullRequest(repo, number)
  if (pullRequest?.headSha === sha && pullRequest.baseRef === baseRef)
    await startRuns(deps, pullRequestTrigger(repo, pullRequest))
  await deps.store.pullRequests.approve(subject, commit, approval)
}
