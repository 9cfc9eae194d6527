/** Writes down what GitHub said of workflow runs, never an older word over a newer one. */
import { type Kysely, sql } from 'kysely'
import { attemptIdIn, type Observed, type WorkflowRunObservation } from '../../domain/run.ts'
import { storableJson } from './storable.ts'
import type { Tables } from './tables.ts'

/**
 * Finds each observed run's attempt by the workflow run's id, or by the attempt id at the start of its title, among
 * the attempts of that repository: another repository's workflow may carry any title.
 * @returns ids of the runs of which something changed.
 */
export async function updateAttempts(
  db: Kysely<Tables>,
  repoId: number,
  observations: readonly WorkflowRunObservation[],
): Promise<string[]> {
  if (observations.length === 0) return []
  const { rows } = await sql<{ runId: string }>`
    update attempts a set
      workflow_run_id = o.workflow_run_id,
      outcome = 'dispatched',
      -- A re-run at GitHub has its time-out and its cancellation before it again.
      intended_at = case when o.run_attempt > greatest(a.run_attempt, 1) then o.started_at else a.intended_at end,
      cancel_requested_at = case when o.run_attempt > greatest(a.run_attempt, 1) then null else a.cancel_requested_at end,
      cancel_requests = case when o.run_attempt > greatest(a.run_attempt, 1) then 0 else a.cancel_requests end,
      run_attempt = o.run_attempt,
      url = o.url,
      status = o.status,
      conclusion = case when o.status = 'completed' then o.conclusion end,
      started_at = case when o.status = 'queued' then null
        when o.run_attempt = a.run_attempt then coalesce(a.started_at, o.started_at) else o.started_at end,
      completed_at = case when o.status = 'completed' then o.updated_at end
    from (select * from unnest(
        ${observations.map((o) => o.workflowRunId)}::bigint[],
        ${observations.map((o) => attemptIdIn(o.title))}::text[],
        ${observations.map((o) => o.runAttempt)}::int[],
        ${observations.map((o) => o.url)}::text[],
        ${observations.map((o) => o.status)}::text[],
        ${observations.map((o) => o.conclusion)}::text[],
        ${observations.map((o) => o.startedAt.toISOString())}::timestamptz[],
        ${observations.map((o) => o.updatedAt.toISOString())}::timestamptz[]
      ) as o (workflow_run_id, attempt_id, run_attempt, url, status, conclusion, started_at, updated_at)) o
    where (a.workflow_run_id = o.workflow_run_id or (a.workflow_run_id is null and a.id = o.attempt_id))
      and (o.run_attempt, array_position(array['queued', 'in_progress', 'completed'], o.status))
        > (a.run_attempt, coalesce(array_position(array['queued', 'in_progress', 'completed'], a.status), 0))
      and exists (select from runs r where r.id = a.run_id and r.repo_id = ${repoId})
    returning a.run_id as "runId"`.execute(db)
  return [...new Set(rows.map((row) => row.runId))]
}

/**
 * What observed legs follow, by leg id. Which one that is was chosen from all that there are, so that another one counts
 * whatever its id; of the same one an older word never replaces a newer one. A check run may be completed again, with
 * another conclusion.
 */
export async function updateObserved(db: Kysely<Tables>, observed: ReadonlyMap<string, Observed>): Promise<void> {
  if (observed.size === 0) return
  const rank = (side: 'l' | 'o') => sql`(
    (${sql.ref(`${side}.observed`)}->>'runAttempt')::int,
    array_position(array['queued', 'in_progress', 'completed'], ${sql.ref(`${side}.observed`)}->>'status'),
    coalesce((${sql.ref(`${side}.observed`)}->>'completedAt')::timestamptz, '-infinity'))`
  await sql`
    update legs l set observed = o.observed
    from jsonb_each(${storableJson(Object.fromEntries(observed))}::jsonb) as o (leg_id, observed)
    where l.id = o.leg_id and (l.observed is null or o.observed->'id' <> l.observed->'id' or ${rank('o')} > ${rank('l')})`.execute(
    db,
  )
}
