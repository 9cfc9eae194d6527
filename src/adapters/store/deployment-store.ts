/** The dispatches of previews' workflows: intended before GitHub is asked, and followed like attempts. */
import { type Kysely, sql, type Transaction } from 'kysely'
import { pullRequestKey } from '../../domain/pull-request.ts'
import type { WorkflowRunObservation } from '../../domain/run.ts'
import type { DispatchOutcome, PullRequestStore } from '../../ports.ts'
import { makeId } from './make-id.ts'
import type { Queue } from './queue.ts'
import { storableJson, storableText } from './storable.ts'
import type { Tables } from './tables.ts'

type DeploymentStore = Pick<
  PullRequestStore,
  | 'intendDeployment'
  | 'recordDeploymentDispatch'
  | 'recordDeploymentSearch'
  | 'giveUpDeployment'
  | 'recordDeploymentRuns'
  | 'endDeployment'
  | 'recordGitHubDeployment'
  | 'knownDeploymentRuns'
>

export function deploymentStore(db: Kysely<Tables>, queue: Queue): DeploymentStore {
  return {
    ...deploymentFollowers(db, queue),
    intendDeployment: ({ repo, number: pullRequest }, { target, ...deployment }, intendedAt) =>
      db.transaction().execute(async (tx) => {
        const id = makeId('d')
        const row = await tx
          .insertInto('deployments')
          .values({ id, repoId: repo.id, pullRequest, ...deployment, target: storableJson(target), intendedAt })
          .onConflict((conflict) => conflict.columns(['repoId', 'pullRequest', 'preview', 'number']).doNothing())
          .returning('id')
          .executeTakeFirst()
        if (row) await reopen(tx, [{ repoId: repo.id, number: pullRequest }])
        return row?.id ?? null
      }),
    recordDeploymentDispatch: (id, outcome, refusal) => recordDispatch(db, id, outcome, refusal),
    async recordDeploymentSearch(id, lookedAt) {
      await db.updateTable('deployments').set({ searchedAt: lookedAt }).where('id', '=', id).execute()
    },
    async giveUpDeployment(id) {
      await db
        .updateTable('deployments')
        .set({ outcome: 'lost' })
        .where('id', '=', id)
        .where('workflowRunId', 'is', null)
        .execute()
    },
  }
}

function deploymentFollowers(
  db: Kysely<Tables>,
  queue: Queue,
): Pick<DeploymentStore, 'recordDeploymentRuns' | 'endDeployment' | 'recordGitHubDeployment' | 'knownDeploymentRuns'> {
  return {
    recordDeploymentRuns: (observations, options = {}) =>
      db.transaction().execute(async (tx) => {
        const { known, changed } = await updateDeployments(tx, observations)
        await reopen(tx, changed)
        const keys = changed.map((row) => pullRequestKey(row.repoId, row.number))
        if (options.enqueue !== false) await queue.sendPullRequests(tx, keys)
        return known
      }),
    async endDeployment(id, conclusion, now) {
      await db
        .updateTable('deployments')
        // A later word on the same attempt of its workflow run does not begin it again.
        .set({ status: 'completed', conclusion, completedAt: now, runAttempt: sql`greatest(run_attempt, 1)` })
        .where('id', '=', id)
        .where((where) => where.or([where('status', 'is', null), where('status', '<>', 'completed')]))
        .execute()
    },
    async recordGitHubDeployment(id, recorded) {
      if (recorded.githubId === undefined && recorded.told === undefined) return
      await db.updateTable('deployments').set(recorded).where('id', '=', id).execute()
    },
    async knownDeploymentRuns(workflowRunIds) {
      if (workflowRunIds.length === 0) return new Set()
      const { rows } = await sql<{ id: number }>`
        select workflow_run_id as id from deployments where workflow_run_id = any(${workflowRunIds}::bigint[])`.execute(
        db,
      )
      return new Set(rows.map((row) => row.id))
    },
  }
}

interface PullRequestId {
  readonly repoId: number
  readonly number: number
}

/** What is at work of one that was at rest is to be watched, in case its end is not heard of. */
async function reopen(tx: Transaction<Tables>, ids: readonly PullRequestId[]): Promise<void> {
  for (const { repoId, number } of ids)
    await tx
      .updateTable('pullRequests')
      .set({ open: true })
      .where('repoId', '=', repoId)
      .where('number', '=', number)
      .where('open', '=', false)
      .execute()
}

async function recordDispatch(
  db: Kysely<Tables>,
  id: string,
  outcome: DispatchOutcome,
  refusal: string | null,
): Promise<void> {
  const update = db.updateTable('deployments').where('id', '=', id)
  switch (outcome.kind) {
    case 'dispatched':
      await update
        .set({
          outcome: 'dispatched',
          workflowRunId: sql`coalesce(workflow_run_id, ${outcome.workflowRunId}::bigint)`,
          url: sql`coalesce(url, ${outcome.url}::text)`,
        })
        .execute()
      break
    case 'refused':
      await update.set({ outcome: 'refused', refusal: refusal === null ? null : storableText(refusal) }).execute()
      break
    case 'deferred':
      // Nothing was started: the intent is taken back, so that it is dispatched anew after the wait.
      await db.deleteFrom('deployments').where('id', '=', id).where('outcome', '=', 'intended').execute()
      break
    case 'unknown':
      break
  }
}

/**
 * By the workflow run's id alone, which no two repositories share; a title can be anybody's.
 * @returns whether any of them is a deployment's, and the pull requests of which something changed.
 */
async function updateDeployments(
  tx: Transaction<Tables>,
  observations: readonly WorkflowRunObservation[],
): Promise<{ known: boolean; changed: PullRequestId[] }> {
  if (observations.length === 0) return { known: false, changed: [] }
  const { rows } = await sql<{ repoId: number; number: number; changed: boolean }>`
    with told as (
      select distinct on (o.workflow_run_id) o.*,
        array_position(array['queued', 'in_progress', 'completed'], o.status) as rank
      from unnest(
          ${observations.map((o) => o.workflowRunId)}::bigint[],
          ${observations.map((o) => o.runAttempt)}::int[],
          ${observations.map((o) => o.url)}::text[],
          ${observations.map((o) => o.status)}::text[],
          ${observations.map((o) => o.conclusion)}::text[],
          ${observations.map((o) => o.startedAt.toISOString())}::timestamptz[],
          ${observations.map((o) => o.updatedAt.toISOString())}::timestamptz[]
        ) as o (workflow_run_id, run_attempt, url, status, conclusion, started_at, updated_at)
      order by o.workflow_run_id, o.run_attempt desc, rank desc
    ), changed as (
      update deployments d set
        outcome = 'dispatched',
        -- A re-run at GitHub has its time-out before it again.
        intended_at = case when t.run_attempt > greatest(d.run_attempt, 1) then t.started_at else d.intended_at end,
        run_attempt = t.run_attempt,
        url = t.url,
        status = t.status,
        conclusion = case when t.status = 'completed' then t.conclusion end,
        completed_at = case when t.status = 'completed' then t.updated_at end
      from told t
      where d.workflow_run_id = t.workflow_run_id and (t.run_attempt, t.rank)
        > (d.run_attempt, coalesce(array_position(array['queued', 'in_progress', 'completed'], d.status), 0))
      returning d.id
    )
    select d.repo_id as "repoId", d.pull_request as number, d.id in (select id from changed) as changed
    from deployments d where d.workflow_run_id in (select workflow_run_id from told)`.execute(tx)
  return { known: rows.length > 0, changed: rows.filter((row) => row.changed) }
}
