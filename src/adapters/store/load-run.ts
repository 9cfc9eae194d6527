/** Reads one run with everything that belongs to it. */
import type { Kysely } from 'kysely'
import type { AttemptFacts, GateFacts, LegFacts, PostedCheck, RunFacts } from '../../domain/run.ts'
import type { Tables } from './tables.ts'

export async function loadRunFacts(db: Kysely<Tables>, runId: string, now: Date): Promise<RunFacts | null> {
  const run = await db.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirst()
  if (!run) return null
  const [legs, gates, attempts, checks] = await Promise.all([
    db.selectFrom('legs').selectAll().where('runId', '=', runId).orderBy('position').execute(),
    db.selectFrom('gates').selectAll().where('runId', '=', runId).orderBy('position').execute(),
    db.selectFrom('attempts').selectAll().where('runId', '=', runId).orderBy('number').execute(),
    db.selectFrom('checks').selectAll().where('runId', '=', runId).execute(),
  ])
  const posted = new Map<string, PostedCheck>(checks.map((check) => [check.subjectId, check]))
  const attemptsOf = Map.groupBy(attempts, (attempt) => attempt.legId)
  return {
    now,
    id: run.id,
    installationId: run.installationId,
    trigger: run.trigger,
    trusted: run.trusted,
    pipeline: run.pipeline,
    createdAt: run.createdAt,
    open: run.open,
    reconcile: run.reconcile,
    skipped: run.skipped,
    problem: run.problem,
    cancel: run.cancel,
    legs: legs.map(
      (leg): LegFacts => ({
        id: leg.id,
        plan: leg.plan,
        firstAttempt: leg.firstAttempt,
        attempts: (attemptsOf.get(leg.id) ?? []).map(attemptFacts),
        check: posted.get(leg.id) ?? null,
      }),
    ),
    gates: gates.map((gate): GateFacts => ({ id: gate.id, plan: gate.plan, check: posted.get(gate.id) ?? null })),
  }
}

function attemptFacts(row: AttemptFacts & { runAttempt: number }): AttemptFacts {
  return {
    id: row.id,
    number: row.number,
    intendedAt: row.intendedAt,
    outcome: row.outcome,
    refusal: row.refusal,
    searchedAt: row.searchedAt,
    workflowRunId: row.workflowRunId,
    url: row.url,
    status: row.status,
    conclusion: row.conclusion,
    startedAt: row.startedAt,
    completedAt: row.completedAt,
    // A re-run at GitHub starts anew: only the failures of its latest attempt count.
    failedJobs: row.failedJobs.filter((job) => job.runAttempt === row.runAttempt),
    cancelRequestedAt: row.cancelRequestedAt,
    cancelRequests: row.cancelRequests,
  }
}
