/** Runs, legs, attempts and their check runs. What changes a run's state enqueues it in the same transaction. */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { ObservedStart } from '../../domain/config.ts'
import type { RunConclusion } from '../../domain/decide-run.ts'
import type { LegResult, ReusedResult } from '../../domain/plan.ts'
import type {
  CancelReason,
  FailedJob,
  LegHistory,
  Observed,
  RunFacts,
  TestReport,
  WorkflowRunObservation,
} from '../../domain/run.ts'
import type { TriggerKind } from '../../domain/trigger.ts'
import type { AttemptIntent, DispatchOutcome, RunStore, StartRequest } from '../../ports.ts'
import { findReusable, keepResults, recordReport, testHistories } from './leg-results.ts'
import { loadRunFacts } from './load-run.ts'
import { updateAttempts, updateObserved } from './observe.ts'
import type { Queue } from './queue.ts'
import { insertRuns, lockEarlierRuns, markCancelled } from './start-runs.ts'
import { storableJson } from './storable.ts'
import type { Tables } from './tables.ts'
import { touchPullRequest, touchPullRequestsOf } from './touch.ts'

export class PgRunStore implements RunStore {
  readonly #db: Kysely<Tables>
  readonly #queue: Queue

  constructor(db: Kysely<Tables>, queue: Queue) {
    this.#db = db
    this.#queue = queue
  }

  startRuns(request: StartRequest): Promise<{ started: string[]; superseded: string[] }> {
    return this.#db.transaction().execute(async (tx) => {
      const earlier = await lockEarlierRuns(tx, request.trigger)
      const superseded = await markCancelled(tx, request.supersede(earlier))
      const started = await insertRuns(tx, request)
      const { trigger, installationId } = request
      const touched =
        trigger.kind === 'pull_request'
          ? [await touchPullRequest(tx, { repo: trigger.repo, number: trigger.pullRequest.number, installationId })]
          : []
      await this.#queue.sendRuns(tx, [...started, ...superseded])
      await this.#queue.sendPullRequests(tx, touched)
      return { started, superseded }
    })
  }

  async openRunsOf(repoId: number, pullRequest: number): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('runs')
      .select('id')
      .where('repoId', '=', repoId)
      .where('pullRequest', '=', pullRequest)
      .where('open', '=', true)
      .execute()
    return rows.map((row) => row.id)
  }

  cancelRuns(cancels: readonly { runId: string; reason: CancelReason }[]): Promise<void> {
    return this.#db.transaction().execute(async (tx) => {
      await this.#queue.sendRuns(tx, await markCancelled(tx, cancels))
    })
  }

  async openRunIds(filter: { installationId?: number; repoIds?: readonly number[] }): Promise<string[]> {
    let query = this.#db.selectFrom('runs').select('id').where('open', '=', true)
    if (filter.installationId !== undefined) query = query.where('installationId', '=', filter.installationId)
    if (filter.repoIds !== undefined) query = query.where('repoId', 'in', filter.repoIds)
    return (await query.execute()).map((row) => row.id)
  }

  loadRun(runId: string, now: Date): Promise<RunFacts | null> {
    return loadRunFacts(this.#db, runId, now)
  }

  async findRunOf(repoId: number, subjectId: string): Promise<string | null> {
    const row = await this.#db
      .selectFrom('runs')
      .select('id')
      .where('repoId', '=', repoId)
      .where((where) =>
        where.or([
          where('id', 'in', where.selectFrom('legs').select('runId').where('legs.id', '=', subjectId)),
          where('id', 'in', where.selectFrom('gates').select('runId').where('gates.id', '=', subjectId)),
        ]),
      )
      .executeTakeFirst()
    return row?.id ?? null
  }

  async runsOfCommit(repoId: number, sha: string, kind?: TriggerKind): Promise<string[]> {
    let query = this.#db.selectFrom('runs').select('id').where('repoId', '=', repoId).where('sha', '=', sha)
    if (kind !== undefined) query = query.where(sql<string>`trigger->>'kind'`, '=', kind)
    return (await query.execute()).map((row) => row.id)
  }

  rerunLegs(runId: string, legIds: readonly string[]): Promise<void> {
    return this.#db.transaction().execute(async (tx) => {
      if (legIds.length > 0)
        await tx
          .updateTable('legs')
          .set({
            firstAttempt: sql`1 + coalesce((select max(number) from attempts where leg_id = legs.id), 0)`,
            // Who asks for a leg to be run does not want an earlier one's result.
            retag: 'failed',
          })
          .where('runId', '=', runId)
          .where('id', 'in', legIds)
          .execute()
      await tx
        .updateTable('runs')
        .set({
          open: true,
          conclusion: null,
          concludedAt: null,
          cancel: sql`case when cancel->>'kind' = 'requested' then null else cancel end`,
        })
        .where('id', '=', runId)
        .execute()
      await this.#queue.sendRuns(tx, [runId])
    })
  }

  async intendAttempts(runId: string, attempts: readonly AttemptIntent[], now: Date): Promise<Set<string>> {
    const fresh = attempts.filter((attempt) => attempt.repeats === null)
    const won = new Set<string>()
    await this.#db.transaction().execute(async (tx) => {
      if (fresh.length > 0) {
        const inserted = await tx
          .insertInto('attempts')
          .values(fresh.map(({ id, legId, number }) => ({ id, legId, number, runId, intendedAt: now })))
          .onConflict((conflict) => conflict.doNothing())
          .returning('id')
          .execute()
        for (const row of inserted) won.add(row.id)
      }
      for (const { id, repeats } of attempts) {
        if (repeats === null) continue
        const updated = await tx
          .updateTable('attempts')
          .set({ intendedAt: now, searchedAt: null })
          .where('id', '=', id)
          .where('outcome', '=', 'intended')
          .where('intendedAt', '=', repeats)
          .returning('id')
          .executeTakeFirst()
        if (updated) won.add(updated.id)
      }
    })
    return won
  }

  async recordDispatch(attemptId: string, outcome: DispatchOutcome, refusal: string | null): Promise<void> {
    switch (outcome.kind) {
      case 'dispatched':
        // A webhook about the run may have come first, and knows more.
        await this.#db
          .updateTable('attempts')
          .set({
            outcome: 'dispatched',
            workflowRunId: sql`coalesce(workflow_run_id, ${outcome.workflowRunId}::bigint)`,
            url: sql`coalesce(url, ${outcome.url}::text)`,
          })
          .where('id', '=', attemptId)
          .execute()
        break
      case 'refused':
        await this.#db
          .updateTable('attempts')
          .set({ outcome: 'refused', refusal })
          .where('id', '=', attemptId)
          .execute()
        break
      case 'deferred':
        // Nothing was started: the intent is taken back, so that the leg is dispatched anew after the wait.
        await this.#db.deleteFrom('attempts').where('id', '=', attemptId).where('outcome', '=', 'intended').execute()
        break
      case 'unknown':
        break
    }
  }

  async recordSearch(attemptId: string, lookedAt: Date): Promise<void> {
    await this.#db.updateTable('attempts').set({ searchedAt: lookedAt }).where('id', '=', attemptId).execute()
  }

  async giveUpAttempt(attemptId: string): Promise<void> {
    await this.#db
      .updateTable('attempts')
      .set({ outcome: 'lost' })
      .where('id', '=', attemptId)
      .where('workflowRunId', 'is', null)
      .execute()
  }

  async recordCancelRequest(attemptId: string, now: Date): Promise<void> {
    await this.#db
      .updateTable('attempts')
      .set({ cancelRequestedAt: now, cancelRequests: sql`cancel_requests + 1` })
      .where('id', '=', attemptId)
      .execute()
  }

  recordObservations(
    repoId: number,
    observations: readonly WorkflowRunObservation[],
    options: { enqueue?: boolean } = {},
  ): Promise<string[]> {
    return this.#db.transaction().execute(async (tx) => {
      const changed = await updateAttempts(tx, repoId, observations)
      if (options.enqueue !== false) await this.#queue.sendRuns(tx, changed)
      return changed
    })
  }

  async recordVanished(attemptId: string, now: Date): Promise<void> {
    await this.#db
      .updateTable('attempts')
      .set({ status: 'completed', conclusion: 'deleted', completedAt: now })
      .where('id', '=', attemptId)
      .where((where) => where.or([where('status', 'is', null), where('status', '<>', 'completed')]))
      .execute()
  }

  recordFailedJob(repoId: number, workflowRunId: number, job: FailedJob): Promise<void> {
    return this.#db.transaction().execute(async (tx) => {
      const { rows } = await sql<{ runId: string }>`
        update attempts a set failed_jobs = failed_jobs || ${JSON.stringify([job])}::jsonb
        from runs r
        where a.workflow_run_id = ${workflowRunId} and r.id = a.run_id and r.repo_id = ${repoId}
          and not failed_jobs @> ${JSON.stringify([{ id: job.id }])}::jsonb and jsonb_array_length(failed_jobs) < 20
        returning a.run_id as "runId"`.execute(tx)
      await this.#queue.sendRuns(
        tx,
        rows.map((row) => row.runId),
      )
    })
  }

  async intendChecks(runId: string, subjectIds: readonly string[]): Promise<void> {
    if (subjectIds.length === 0) return
    await this.#db
      .insertInto('checks')
      .values(subjectIds.map((subjectId) => ({ subjectId, runId, nodeId: null, digest: null })))
      .onConflict((conflict) => conflict.column('subjectId').doNothing())
      .execute()
  }

  recordChecks(
    written: readonly { subjectId: string; nodeId: string | null; digest: string | null; annotated: string | null }[],
  ): Promise<void> {
    return this.#db.transaction().execute(async (tx) => {
      if (written.length === 0) return
      const { rows } = await sql<{ runId: string }>`
        update checks c set node_id = w.node_id, digest = w.digest, annotated = coalesce(w.annotated, c.annotated)
        from (select * from unnest(
          ${written.map((check) => check.subjectId)}::text[],
          ${written.map((check) => check.nodeId)}::text[],
          ${written.map((check) => check.digest)}::text[],
          ${written.map((check) => check.annotated)}::text[]) as w (subject_id, node_id, digest, annotated)) w
        where c.subject_id = w.subject_id
        returning c.run_id as "runId"`.execute(tx)
      await this.#touchPullRequestsOf(
        tx,
        rows.map((row) => row.runId),
      )
    })
  }

  /** What the pull request shows of its runs may have changed. */
  async #touchPullRequestsOf(tx: Transaction<Tables>, runIds: readonly string[]): Promise<void> {
    await this.#queue.sendPullRequests(tx, await touchPullRequestsOf(tx, runIds))
  }

  async forgetChecks(subjectIds: readonly string[]): Promise<void> {
    if (subjectIds.length > 0) await this.#db.deleteFrom('checks').where('subjectId', 'in', subjectIds).execute()
  }

  findReusable(repoId: number, keys: readonly string[], since: Date): Promise<Map<string, ReusedResult>> {
    return findReusable(this.#db, repoId, keys, since)
  }

  async observersOf(repoId: number, sha: string, what: ObservedStart): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('runs')
      .select('id')
      .where('repoId', '=', repoId)
      .where('sha', '=', sha)
      // Of one that is over, too: what it follows may be run again.
      .where((where) => where.or([where('cancel', 'is', null), where(sql<string>`cancel->>'kind'`, '=', 'requested')]))
      .where(
        sql<boolean>`exists (select from legs l where l.run_id = runs.id and l.plan->'start' = ${storableJson(what)}::jsonb)`,
      )
      .execute()
    return rows.map((row) => row.id)
  }

  async rivalsOf(runId: string): Promise<string[]> {
    const { rows } = await sql<{ id: string }>`
      select other.id from runs own join runs other
        on other.repo_id = own.repo_id and other.sha = own.sha and other.pull_request <> own.pull_request
      where own.id = ${runId} and other.trigger->>'kind' = 'pull_request'
        and (other.cancel is null or other.cancel->>'kind' = 'requested')
      order by other.created_at desc limit 20`.execute(this.#db)
    return rows.map((row) => row.id)
  }

  recordObserved(observed: ReadonlyMap<string, Observed>): Promise<void> {
    return updateObserved(this.#db, observed)
  }

  async recordRetag(legId: string, outcome: 'done' | 'failed'): Promise<void> {
    await this.#db.updateTable('legs').set({ retag: outcome }).where('id', '=', legId).execute()
  }

  recordReport(legId: string, report: TestReport): Promise<void> {
    return recordReport(this.#db, legId, report)
  }

  testHistories(repoId: number, leg: string, tests: readonly string[]): Promise<Map<string, LegHistory>> {
    return testHistories(this.#db, repoId, leg, tests)
  }

  concludeRun(runId: string, conclusion: RunConclusion, now: Date, results: readonly LegResult[] = []): Promise<void> {
    return this.#db.transaction().execute(async (tx) => {
      await tx.updateTable('runs').set({ open: false, conclusion, concludedAt: now }).where('id', '=', runId).execute()
      await keepResults(tx, runId, results, now)
      await this.#touchPullRequestsOf(tx, [runId])
    })
  }

  async reopenRun(runId: string): Promise<void> {
    await this.#db
      .updateTable('runs')
      .set({ open: true, conclusion: null, concludedAt: null })
      .where('id', '=', runId)
      .execute()
  }

  abandonRuns(runIds: readonly string[], now: Date): Promise<void> {
    return this.#db.transaction().execute(async (tx) => {
      if (runIds.length === 0) return
      const cancel = JSON.stringify({ kind: 'uninstalled' } satisfies CancelReason)
      await tx
        .updateTable('runs')
        .set({
          open: false,
          conclusion: 'cancelled',
          concludedAt: now,
          cancel: sql`coalesce(cancel, ${cancel}::jsonb)`,
        })
        .where('id', 'in', runIds)
        .execute()
      await tx
        .updateTable('attempts')
        .set({ status: 'completed', conclusion: 'abandoned', completedAt: now })
        .where('runId', 'in', runIds)
        .where((where) => where.or([where('status', 'is', null), where('status', '<>', 'completed')]))
        .execute()
    })
  }

  enqueueRun(runId: string): Promise<void> {
    return this.#queue.sendRuns(this.#db, [runId])
  }

  wakeRun(runId: string, at: Date): Promise<void> {
    return this.#queue.sendTimer(this.#db, 'run-timer', runId, at)
  }

  enqueueReconcile(): Promise<number> {
    return this.#db.transaction().execute(async (tx) => {
      const rows = await tx
        .updateTable('runs')
        .set({ reconcile: true })
        .where('open', '=', true)
        .returning('id')
        .execute()
      await this.#queue.sendRuns(
        tx,
        rows.map((row) => row.id),
      )
      return rows.length
    })
  }

  async takeReconcileMark(runId: string): Promise<boolean> {
    const row = await this.#db
      .updateTable('runs')
      .set({ reconcile: false })
      .where('id', '=', runId)
      .where('reconcile', '=', true)
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  }
}
