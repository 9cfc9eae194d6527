/** Reads what is kept of one pull request, and which of its runs still say something about it. */
import { type Kysely, sql } from 'kysely'
import type { ApprovedCommit, DeploymentFacts, PreviewRequest, StickyFacts } from '../../domain/pull-request.ts'
import type { PullRequestRecord } from '../../ports.ts'
import type { Tables } from './tables.ts'

/** Of a pull request with more runs than this the oldest are of no interest any more. */
const LAST_RUNS = 200

export async function loadPullRequest(
  db: Kysely<Tables>,
  repoId: number,
  number: number,
): Promise<PullRequestRecord | null> {
  const [row, approvals, previewRequests, deployments, stickies, runs] = await Promise.all([
    db
      .selectFrom('pullRequests')
      .select(['repo', 'installationId'])
      .where('repoId', '=', repoId)
      .where('number', '=', number)
      .executeTakeFirst(),
    loadApprovals(db, repoId, number),
    loadPreviewRequests(db, repoId, number),
    loadDeployments(db, repoId, number),
    loadStickies(db, repoId, number),
    loadRuns(db, repoId, number),
  ])
  if (!row) return null
  const { repo, installationId } = row
  return { repo, number, installationId, approvals, previewRequests, deployments, stickies, runs }
}

async function loadApprovals(db: Kysely<Tables>, repoId: number, number: number): Promise<ApprovedCommit[]> {
  const rows = await db
    .selectFrom('approvals')
    .select(['sha', 'baseRef', 'by', 'at', 'via'])
    .where('repoId', '=', repoId)
    .where('pullRequest', '=', number)
    .orderBy('at')
    .execute()
  return rows.map(({ sha, baseRef, ...approval }) => ({ sha, baseRef, approval }))
}

function loadPreviewRequests(db: Kysely<Tables>, repoId: number, number: number): Promise<PreviewRequest[]> {
  return db
    .selectFrom('previewRequests')
    .select(['preview', 'request', 'by', 'at'])
    .where('repoId', '=', repoId)
    .where('pullRequest', '=', number)
    .execute()
}

async function loadDeployments(db: Kysely<Tables>, repoId: number, number: number): Promise<DeploymentFacts[]> {
  const rows = await db
    .selectFrom('deployments')
    .selectAll()
    .where('repoId', '=', repoId)
    .where('pullRequest', '=', number)
    // A re-run at GitHub gives an older one a newer time.
    .orderBy('number')
    .orderBy('intendedAt')
    .execute()
  return rows.map(({ repoId: _repo, pullRequest: _number, runAttempt: _attempt, ...facts }) => facts)
}

function loadStickies(db: Kysely<Tables>, repoId: number, number: number): Promise<StickyFacts[]> {
  return db
    .selectFrom('stickyComments')
    .select(['kind', 'commentId', 'digest', 'removed'])
    .where('repoId', '=', repoId)
    .where('pullRequest', '=', number)
    .execute()
}

/** A run that ended because the pull request moved to another base, or was planned anew, judged by other rules. */
async function loadRuns(db: Kysely<Tables>, repoId: number, number: number): Promise<PullRequestRecord['runs']> {
  const { rows } = await sql<PullRequestRecord['runs'][number]>`
    select id, sha, kind, pipeline from (
      select distinct on (kind, commit, pipeline) id, sha, kind, pipeline, created_at, generation
      from (
        select id, sha, pipeline, generation, created_at, cancel->>'kind' as ended, trigger->>'kind' as kind,
          -- Of a label the newest run counts, whatever its commit.
          case when trigger->>'kind' = 'label' then '' else sha end as commit
        from runs where repo_id = ${repoId} and pull_request = ${number}
        order by runs.created_at desc limit ${LAST_RUNS}
      ) last
      where kind in ('pull_request', 'label') and (ended is null or ended not in ('base_changed', 'replanned'))
      order by kind, commit, pipeline, created_at desc, generation desc
    ) newest
    order by created_at desc, id`.execute(db)
  return rows
}
