/** What legs and their tests ended as: how reliable they are, and what need not be run again. */
import { type Kysely, sql } from 'kysely'
import type { LegResult, ReusedResult } from '../../domain/plan.ts'
import type { LegHistory, TestReport } from '../../domain/run.ts'
import type { Executor } from './queue.ts'
import { storableJson, storableKey } from './storable.ts'
import type { Tables } from './tables.ts'

/** Results of a leg that its rate of flakiness is made of. */
const LAST_RESULTS = 50

export const NO_HISTORY: LegHistory = { runs: 0, flaky: 0 }

/** How legs of these names fared in the repository; a name without results is left out. */
export async function legHistories(
  executor: Executor,
  repoId: number,
  names: readonly string[],
): Promise<Map<string, LegHistory>> {
  if (names.length === 0) return new Map()
  const { rows } = await sql<LegHistory & { name: string }>`
    select w.name, count(*)::int as runs, (count(*) filter (where l.result = 'flaky'))::int as flaky
    from unnest(${[...new Set(names)]}::text[]) as w (name)
    cross join lateral (
      select result from leg_results where repo_id = ${repoId} and name = w.name order by at desc limit ${LAST_RESULTS}
    ) l
    group by w.name`.execute(executor)
  return new Map(rows.map(({ name, runs, flaky }) => [name, { runs, flaky }]))
}

export async function testHistories(
  db: Kysely<Tables>,
  repoId: number,
  leg: string,
  tests: readonly string[],
): Promise<Map<string, LegHistory>> {
  if (tests.length === 0) return new Map()
  const { rows } = await sql<LegHistory & { test: string }>`
    with last as materialized (
      select leg_id from leg_results where repo_id = ${repoId} and name = ${leg} order by at desc limit ${LAST_RESULTS}
    )
    select t.test, (select count(*) from last)::int as runs, count(r.leg_id)::int as flaky
    from unnest(${[...new Set(tests.map(storableKey))]}::text[]) as t (test)
    left join test_results r on r.test = t.test and r.result = 'flaky' and r.leg_id in (select leg_id from last)
    group by t.test`.execute(db)
  const found = new Map(rows.map(({ test, runs, flaky }) => [test, { runs, flaky }]))
  return new Map(tests.map((test) => [test, found.get(storableKey(test)) ?? NO_HISTORY]))
}

/** The report replaces the one before; the tests that failed in either go on counting. */
export async function recordReport(db: Kysely<Tables>, legId: string, report: TestReport): Promise<void> {
  const failed = [...new Set(report.failed.map((test) => storableKey(test.name)))]
  await sql`
    with told as (update legs set report = ${storableJson(report)}::jsonb where id = ${legId} returning id)
    insert into test_results (leg_id, test, result)
    select told.id, t.test, 'failed' from told, unnest(${failed}::text[]) as t (test)
    on conflict (leg_id, test) do update set result = 'failed'`.execute(db)
}

export async function keepResults(
  executor: Executor,
  runId: string,
  results: readonly LegResult[],
  now: Date,
): Promise<void> {
  if (results.length === 0) return
  await sql`
    with told as (
      select l.id, r.repo_id, t.name, t.result
      from unnest(
          ${results.map((one) => one.legId)}::text[],
          ${results.map((one) => one.name)}::text[],
          ${results.map((one) => one.result)}::text[]) as t (leg_id, name, result)
        join legs l on l.id = t.leg_id join runs r on r.id = l.run_id
      where r.id = ${runId}
    ), flaky as (
      update test_results set result = 'flaky' from told where leg_id = told.id and told.result = 'flaky'
    ), refuted as (
      -- What was run again and failed is not to be reused.
      delete from reusable_results u using told where u.leg_id = told.id and told.result = 'failed'
    )
    insert into leg_results (leg_id, repo_id, name, result, at)
    select id, repo_id, name, result, ${now.toISOString()}::timestamptz from told
    on conflict (leg_id) do update set result = excluded.result, at = excluded.at`.execute(executor)
  await keepReusable(executor, runId, results, now)
}

/** Of two results with one key the newer wins. */
async function keepReusable(
  executor: Executor,
  runId: string,
  results: readonly LegResult[],
  now: Date,
): Promise<void> {
  const byKey = new Map(
    results.flatMap(({ legId, reusable }) => (reusable === null ? [] : [[reusable.key, { legId, ...reusable }]])),
  )
  if (byKey.size === 0) return
  await sql`
    insert into reusable_results (repo_id, key, leg_id, sha, url, image_tags, at)
    select r.repo_id, t.key, l.id, t.sha, t.url, t."imageTags", ${now.toISOString()}::timestamptz
    from jsonb_to_recordset(${storableJson([...byKey.values()])}::jsonb)
        as t (key text, "legId" text, sha text, url text, "imageTags" jsonb)
      join legs l on l.id = t."legId" join runs r on r.id = l.run_id
    where r.id = ${runId} and r.trusted
    order by t.key
    on conflict (repo_id, key) do update
      set leg_id = excluded.leg_id, sha = excluded.sha, url = excluded.url, image_tags = excluded.image_tags,
        at = excluded.at
      where reusable_results.at <= excluded.at`.execute(executor)
}

export async function findReusable(
  db: Kysely<Tables>,
  repoId: number,
  keys: readonly string[],
  since: Date,
): Promise<Map<string, ReusedResult>> {
  if (keys.length === 0) return new Map()
  const rows = await db
    .selectFrom('reusableResults')
    .select(['key', 'sha', 'url', 'imageTags'])
    .where('repoId', '=', repoId)
    .where('key', 'in', keys)
    .where('at', '>=', since)
    .execute()
  return new Map(rows.map(({ key, ...result }) => [key, result]))
}
