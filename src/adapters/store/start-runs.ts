/** Writes what a trigger starts and ends, in one transaction with the jobs that act on it. */
import { sql, type Transaction } from 'kysely'
import type { EarlierRun } from '../../domain/decide-start.ts'
import type { CancelReason } from '../../domain/run.ts'
import { pullRequestOf, type Trigger } from '../../domain/trigger.ts'
import type { NewRun, StartRequest } from '../../ports.ts'
import { legHistories, NO_HISTORY } from './leg-results.ts'
import { makeId } from './make-id.ts'
import { storableJson, storableText } from './storable.ts'
import type { Tables } from './tables.ts'

/** @returns ids of the runs that are new. */
export async function insertRuns(tx: Transaction<Tables>, request: StartRequest): Promise<string[]> {
  const started: string[] = []
  for (const run of request.runs) {
    const generation = await nextGeneration(tx, request, run)
    if (generation === null) continue
    const id = await insertRun(tx, request, run, generation)
    if (id !== null) started.push(id)
  }
  if (request.goodGates !== null) {
    const goodGates = JSON.stringify(request.goodGates)
    await tx
      .insertInto('repositories')
      .values({ id: request.trigger.repo.id, goodGates })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ goodGates }))
      .execute()
  }
  return started
}

/**
 * Null: this trigger's run exists, and is not to be started again. A run that ended because the pull request moved
 * away from it, or because its configuration was broken, may be: the pull request can come back. What a label asked
 * for is run once, however it ended.
 */
async function nextGeneration(tx: Transaction<Tables>, request: StartRequest, run: NewRun): Promise<number | null> {
  const latest = await tx
    .selectFrom('runs')
    .select(['generation', 'cancel', 'problem'])
    .where('repoId', '=', request.trigger.repo.id)
    .where('pipeline', '=', run.plan.pipeline)
    .where('triggerKey', '=', request.triggerKey)
    .orderBy('generation', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!latest) return 1
  if (request.trigger.kind === 'label') return null
  const movedAway = latest.cancel !== null && latest.cancel.kind !== 'requested'
  // A configuration that is broken in the same way as before has nothing new to say.
  return movedAway || latest.problem !== storedProblem(run) ? latest.generation + 1 : null
}

function storedProblem({ problem }: NewRun): string | null {
  return problem === null ? null : storableText(problem)
}

/**
 * The runs of the trigger's pull request that it may end: those that are open, and those on the same commit. Until the
 * transaction ends nobody else starts a run of that pull request.
 */
export async function lockEarlierRuns(tx: Transaction<Tables>, trigger: Trigger): Promise<EarlierRun[]> {
  if (trigger.kind !== 'pull_request') return []
  const { number } = trigger.pullRequest
  await sql`select pg_advisory_xact_lock(hashtextextended(${`pull request ${trigger.repo.id} ${number}`}, 0))`.execute(
    tx,
  )
  return (
    tx
      .selectFrom('runs')
      .select(['id', 'sha', 'baseRef', 'open', 'concurrency'])
      .where('repoId', '=', trigger.repo.id)
      .where('pullRequest', '=', number)
      // What a label asked for is not ended by a newer commit.
      .where(sql<string>`trigger->>'kind'`, '=', 'pull_request')
      .where((where) => where.or([where('open', '=', true), where('sha', '=', trigger.sha)]))
      .execute()
  )
}

async function insertRun(
  tx: Transaction<Tables>,
  request: StartRequest,
  run: NewRun,
  generation: number,
): Promise<string | null> {
  const { trigger } = request
  const { plan, verdict } = run
  const id = makeId('r')
  const inserted = await tx
    .insertInto('runs')
    .values({
      id,
      repoId: trigger.repo.id,
      installationId: request.installationId,
      pipeline: plan.pipeline,
      triggerKey: request.triggerKey,
      generation,
      trigger: storableJson(trigger),
      trusted: request.trusted,
      sha: trigger.sha,
      pullRequest: pullRequestOf(trigger)?.number ?? null,
      baseRef: trigger.kind === 'pull_request' ? trigger.pullRequest.baseRef : null,
      concurrency: plan.concurrency,
      skipped: plan.skipped,
      problem: storedProblem(run),
      verdict: verdict === null ? null : storableJson(verdict),
    })
    .onConflict((conflict) => conflict.columns(['repoId', 'pipeline', 'triggerKey', 'generation']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!inserted) return null
  const histories = await legHistories(
    tx,
    trigger.repo.id,
    plan.legs.map((leg) => leg.name),
  )
  const legs = plan.legs.map((leg, position) => ({
    id: `${id}-${position}`,
    runId: id,
    position,
    plan: storableJson(leg),
    history: JSON.stringify(histories.get(leg.name) ?? NO_HISTORY),
  }))
  if (legs.length > 0) await tx.insertInto('legs').values(legs).execute()
  const gates = plan.gates.map((gate, position) => ({
    id: `${id}-g${position}`,
    runId: id,
    position,
    plan: JSON.stringify(gate),
  }))
  if (gates.length > 0) await tx.insertInto('gates').values(gates).execute()
  return id
}

/**
 * Marks runs as to be cancelled, and returns the ids of those that changed. The first reason stays, and what is over
 * stays as it is; only another base makes also a run that is over, or that a person cancelled, one of the past.
 */
export async function markCancelled(
  tx: Transaction<Tables>,
  cancels: readonly { runId: string; reason: CancelReason }[],
): Promise<string[]> {
  const changed: string[] = []
  for (const { runId, reason } of cancels) {
    let query = tx
      .updateTable('runs')
      .set({ cancel: JSON.stringify(reason) })
      .where('id', '=', runId)
    if (reason.kind === 'base_changed')
      query = query.where((where) =>
        where.or([where('cancel', 'is', null), where(sql`cancel->>'kind'`, '=', 'requested')]),
      )
    else query = query.where('open', '=', true).where('cancel', 'is', null)
    const row = await query.returning('id').executeTakeFirst()
    if (row) changed.push(row.id)
  }
  return changed
}
