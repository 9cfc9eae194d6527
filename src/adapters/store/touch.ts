/**
 * Remembers pull requests as open, which every reason to look at one does. Written before the jobs of a transaction are
 * sent, so that transactions about the same pull request wait for one another in one order.
 */
import { sql } from 'kysely'
import { pullRequestKey } from '../../domain/pull-request.ts'
import type { PullRequestSubject } from '../../ports.ts'
import type { Executor } from './queue.ts'

/** @returns the key of its job. */
export async function touchPullRequest(executor: Executor, subject: PullRequestSubject): Promise<string> {
  const { repo, number, installationId } = subject
  const known = { repo: JSON.stringify(repo), installationId, open: true, watchesRuns: true }
  await executor
    .insertInto('pullRequests')
    .values({ repoId: repo.id, number, ...known })
    .onConflict((conflict) => conflict.columns(['repoId', 'number']).doUpdateSet(known))
    .execute()
  return pullRequestKey(repo.id, number)
}

/**
 * The pull requests of these runs, as far as their runs matter to them. What is known of one that is remembered already
 * may be newer than what its run knows.
 * @returns the keys of their jobs.
 */
export async function touchPullRequestsOf(executor: Executor, runIds: readonly string[]): Promise<string[]> {
  if (runIds.length === 0) return []
  const { rows } = await sql<{ repoId: number; number: number }>`
    with subjects as (
      select distinct on (repo_id, pull_request) repo_id, pull_request, installation_id, trigger->'repo' as repo
      from runs where id = any(${runIds}::text[]) and pull_request is not null
      order by repo_id, pull_request, created_at desc
    ), remembered as (
      insert into pull_requests (repo_id, number, installation_id, repo)
      select repo_id, pull_request, installation_id, repo from subjects
      on conflict (repo_id, number) do nothing
    )
    select s.repo_id as "repoId", s.pull_request as number
    from subjects s left join pull_requests p on p.repo_id = s.repo_id and p.number = s.pull_request
    where coalesce(p.watches_runs, true)`.execute(executor)
  return rows.map((row) => pullRequestKey(row.repoId, row.number))
}
