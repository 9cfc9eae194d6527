/** Reads one run with everything that belongs to it. */
import { type Kysely, sql } from 'kysely'
import type { AttemptFacts, GateFacts, LegFacts, Observed, Override, PostedCheck, RunFacts } from '../../domain/run.ts'
import { pullRequestOf } from '../../domain/trigger.ts'
import type { StoredObserved, Tables } from './tables.ts'

export async function loadRunFacts(db: Kysely<Tables>, runId: string, now: Date): Promise<RunFacts | null> {
  const run = await db
    .selectFrom('runs')
    .leftJoin('approvals', (join) =>
      join
        .onRef('approvals.repoId', '=', 'runs.repoId')
        .onRef('approvals.pullRequest', '=', 'runs.pullRequest')
        .onRef('approvals.sha', '=', 'runs.sha')
        .on(sql<boolean>`approvals.base_ref = runs.trigger->'pullRequest'->>'baseRef'`)
        .on('runs.trusted', '=', false),
    )
    .selectAll('runs')
    .select(['approvals.by', 'approvals.at', 'approvals.via'])
    .where('runs.id', '=', runId)
    .executeTakeFirst()
  if (!run) return null
  const { by, at, via } = run
  const pullRequest = pullRequestOf(run.trigger)
  const [legs, gates, attempts, checks, overrides] = await Promise.all([
    db.selectFrom('legs').selectAll().where('runId', '=', runId).orderBy('position').execute(),
    db.selectFrom('gates').selectAll().where('runId', '=', runId).orderBy('position').execute(),
    db.selectFrom('attempts').selectAll().where('runId', '=', runId).orderBy('number').execute(),
    db.selectFrom('checks').selectAll().where('runId', '=', runId).execute(),
    pullRequest === null
      ? []
      : db
          .selectFrom('overrides')
          .select(['gate', 'by', 'reason', 'at'])
          .where('repoId', '=', run.repoId)
          .where('pullRequest', '=', pullRequest.number)
          .where('sha', '=', run.sha)
          .where('baseRef', '=', pullRequest.baseRef)
          .execute(),
  ])
  const overrideOf = new Map<string, Override>(overrides.map(({ gate, ...override }) => [gate, override]))
  const posted = new Map<string, PostedCheck>(
    checks.map(({ subjectId, nodeId, digest, annotated }) => [subjectId, { nodeId, digest, annotated }]),
  )
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
    conclusion: run.conclusion,
    reconcile: run.reconcile,
    skipped: run.skipped,
    problem: run.problem,
    cancel: run.cancel,
    approval: by === null || at === null || via === null ? null : { by, at, via },
    rivals: [],
    verdict: run.verdict,
    legs: legs.map(
      (leg): LegFacts => ({
        id: leg.id,
        plan: leg.plan,
        history: leg.history,
        observed: leg.observed === null ? null : observedFacts(leg.observed),
        report: leg.report,
        retag: leg.retag,
        firstAttempt: leg.firstAttempt,
        attempts: (attemptsOf.get(leg.id) ?? []).map(attemptFacts),
        check: posted.get(leg.id) ?? null,
      }),
    ),
    gates: gates.map(
      (gate): GateFacts => ({
        id: gate.id,
        plan: gate.plan,
        override: overrideOf.get(gate.plan.name) ?? null,
        check: posted.get(gate.id) ?? null,
      }),
    ),
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

function observedFacts(stored: StoredObserved): Observed {
  const date = (text: string | null) => (text === null ? null : new Date(text))
  return { ...stored, startedAt: date(stored.startedAt), completedAt: date(stored.completedAt) }
}
