/**
 * Where one sweep is written down while it is carried out. What is about to be done is committed first, so that what a killed
 * process was at is known; whoever opens the sweep anew goes on with it, and nobody else can write to it from then on.
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { SweepDecision, SweepKind, SweepOutcome, SweepReport } from '../../domain/sweep.ts'
import type { SweepJournal, SweepSubject } from '../../ports/sweeps.ts'
import { makeId } from './make-id.ts'
import { storableJson, storableText } from './storable.ts'
import { packReport } from './sweep-reports.ts'
import type { Tables } from './tables.ts'

export async function openJournal(
  db: Kysely<Tables>,
  subject: SweepSubject,
  kind: SweepKind,
  target: string | null,
  now: Date,
): Promise<SweepJournal> {
  const holder = makeId('s')
  const { repo, installationId } = subject
  const row = await db
    .insertInto('sweeps')
    .values({
      id: makeId('s'),
      repoId: repo.id,
      installationId,
      repo: storableJson(repo),
      kind,
      target: storableText(target ?? ''),
      holder,
      startedAt: now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['repoId', 'kind', 'target'])
        .where(sql<boolean>`state = 'open'`)
        .doUpdateSet({ holder, installationId, repo: storableJson(repo) }),
    )
    .returning(['id', 'startedAt', 'requests', 'points'])
    .executeTakeFirstOrThrow()
  const earlier = {
    outcomes: await loadOutcomes(db, row.id),
    ...(await loadBegun(db, row.id)),
    deleted: await loadDeleted(db, repo.id, kind, target),
  }
  return connectJournal(db, { ...row, holder, repoId: repo.id, kind }, earlier)
}

interface Opened {
  readonly id: string
  readonly startedAt: Date
  readonly requests: number
  readonly points: number
  readonly holder: string
  readonly repoId: number
  readonly kind: SweepKind
}

interface Earlier {
  readonly outcomes: readonly SweepOutcome[]
  readonly begun: readonly string[]
  readonly begunOperations: ReadonlyMap<string, number>
  readonly deleted: readonly string[]
}

function connectJournal(
  db: Kysely<Tables>,
  opened: Opened,
  { outcomes: earlier, begun, begunOperations, deleted }: Earlier,
): SweepJournal {
  const { id, holder, requests, points } = opened
  return {
    id,
    startedAt: opened.startedAt,
    earlier,
    earlierSpent: { requests, points },
    begun,
    begunOperations,
    deleted,
    begin: (subjects) =>
      db.transaction().execute(async (tx) => {
        if (!(await holds(tx, id, holder))) return null
        return claim(tx, opened, subjects.map(storableText))
      }),
    tally: (operations) =>
      db.transaction().execute(async (tx) => {
        if (!(await holds(tx, id, holder))) return false
        await saveOperations(tx, id, operations)
        return true
      }),
    record: (outcomes, spent) =>
      db.transaction().execute(async (tx) => {
        if (!(await holds(tx, id, holder))) return
        await tx
          .updateTable('sweeps')
          .set({ requests: requests + spent.requests, points: points + spent.points })
          .where('id', '=', id)
          .execute()
        await saveOutcomes(tx, id, outcomes)
      }),
    finish: (report) =>
      db.transaction().execute(async (tx) => {
        if (!(await holds(tx, id, holder))) return
        const { decisions, problems } = report
        await tx
          .updateTable('sweeps')
          .set({
            state: report.state,
            stopped: report.stopped === null ? null : storableText(report.stopped),
            endedAt: report.endedAt,
            requests: report.spent.requests,
            points: report.spent.points,
            report: await packReport({ decisions, problems }),
          })
          .where('id', '=', id)
          .execute()
        await saveOutcomes(tx, id, report.outcomes)
        await closeBegun(tx, id, report)
      }),
  }
}

/**
 * What was begun and is not to be done any more was done by a process that could not say so, or need not be done. Who came to no
 * decision cannot tell.
 */
async function closeBegun(tx: Transaction<Tables>, id: string, { state, decisions }: SweepReport): Promise<void> {
  const subjects = (some: readonly SweepDecision[]) => some.map(({ subject }) => storableText(subject))
  const open = state === 'done' ? subjects(decisions.filter((decision) => decision.do.length > 0)) : null
  const there = subjects(decisions)
  await sql`update sweep_outcomes set outcome = jsonb_build_object('subject', subject, 'do', '[]'::jsonb, 'operations', operations,
      'outcome', case when ${open}::text[] is null or subject = any(${open}::text[]) then 'failed' else 'done' end,
      'note', case when ${open}::text[] is null or subject = any(${open}::text[]) then 'it is not known whether it was done'
        when subject = any(${there}::text[]) then 'nothing is left to be done' else 'found done' end)
    where sweep_id = ${id} and outcome is null`.execute(tx)
}

/** Whether nobody opened the sweep anew since; the row is locked until the transaction ends. */
async function holds(tx: Transaction<Tables>, id: string, holder: string): Promise<boolean> {
  const row = await tx
    .selectFrom('sweeps')
    .select(['holder', 'state'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row?.holder === holder && row.state === 'open'
}

/** A sweep and a look at a single item must not write about the same one at once: whoever is first does. */
async function claim(
  tx: Transaction<Tables>,
  { id, repoId, kind }: Opened,
  subjects: readonly string[],
): Promise<ReadonlySet<string>> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`sweep ${kind} ${repoId}`}, 0))`.execute(tx)
  const { rows } = await sql<{ subject: string }>`
    select o.subject from sweep_outcomes o join sweeps s on s.id = o.sweep_id
    where s.repo_id = ${repoId} and s.kind = ${kind} and s.state = 'open' and s.id <> ${id}
      and o.outcome is null and o.subject = any(${subjects}::text[])`.execute(tx)
  const taken = new Set(rows.map((row) => row.subject))
  const free = subjects.filter((subject) => !taken.has(subject))
  if (free.length > 0)
    await sql`insert into sweep_outcomes (sweep_id, subject)
      select ${id}, unnest(${free}::text[]) on conflict (sweep_id, subject) do update set outcome = null,
        operations = coalesce((sweep_outcomes.outcome->>'operations')::integer, sweep_outcomes.operations)`.execute(tx)
  return new Set(free)
}

async function saveOutcomes(tx: Transaction<Tables>, id: string, outcomes: readonly SweepOutcome[]): Promise<void> {
  if (outcomes.length === 0) return
  const unique = [...new Map(outcomes.map((outcome) => [storableText(outcome.subject), outcome]))]
  await sql`insert into sweep_outcomes (sweep_id, subject, outcome)
    select ${id}, one.subject, one.outcome::jsonb
    from unnest(${unique.map(([subject]) => subject)}::text[], ${unique.map(([, outcome]) => storableJson(outcome))}::text[])
      as one (subject, outcome)
    on conflict (sweep_id, subject) do update set outcome = excluded.outcome`.execute(tx)
}

async function saveOperations(
  tx: Transaction<Tables>,
  id: string,
  operations: ReadonlyMap<string, number>,
): Promise<void> {
  await sql`update sweep_outcomes set operations = one.operations
    from unnest(${[...operations.keys()].map(storableText)}::text[], ${[...operations.values()]}::integer[])
      as one (subject, operations)
    where sweep_id = ${id} and sweep_outcomes.subject = one.subject`.execute(tx)
}

async function loadBegun(db: Kysely<Tables>, id: string): Promise<Pick<Earlier, 'begun' | 'begunOperations'>> {
  const rows = await db
    .selectFrom('sweepOutcomes')
    .select(['subject', 'operations'])
    .where('sweepId', '=', id)
    .where('outcome', 'is', null)
    .orderBy('position')
    .execute()
  const spent = rows.filter(({ operations }) => operations > 0)
  return {
    begun: rows.map(({ subject }) => subject),
    begunOperations: new Map(spent.map(({ subject, operations }) => [subject, operations])),
  }
}

/** Sweeps that are looked back to where something is refused each time. */
const MOST_SWEEPS = 20

/** Only a sweep that came to its end, and to which nothing was refused, left nothing half done. */
async function loadDeleted(
  db: Kysely<Tables>,
  repoId: number,
  kind: SweepKind,
  target: string | null,
): Promise<string[]> {
  const ofTarget = sql`repo_id = ${repoId} and kind = ${kind} and target = ${storableText(target ?? '')}`
  const { rows } = await sql<{ subject: string }>`
    select distinct o.subject from sweep_outcomes o
    where o.sweep_id in (
        select id from sweeps where ${ofTarget} and started_at > coalesce(
          (select max(started_at) from sweeps s where ${ofTarget} and state = 'done' and not exists (
            select from sweep_outcomes left_over where left_over.sweep_id = s.id
              and left_over.outcome->>'outcome' in ('refused', 'failed', 'handed'))), '-infinity')
        order by started_at desc limit ${MOST_SWEEPS})
      and (o.outcome is null or o.outcome->>'outcome' in ('done', 'failed', 'handed'))`.execute(db)
  return rows.map(({ subject }) => subject)
}

export async function loadOutcomes(db: Kysely<Tables>, id: string): Promise<SweepOutcome[]> {
  const rows = await db
    .selectFrom('sweepOutcomes')
    .select('outcome')
    .where('sweepId', '=', id)
    .where('outcome', 'is not', null)
    .orderBy('position')
    .execute()
  return rows.flatMap((row) => row.outcome ?? [])
}
