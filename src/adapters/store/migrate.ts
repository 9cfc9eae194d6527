/**
 * Brings the database's tables to this version: the files of `migrations/` in the order of their names, each once, all
 * in one transaction. Forward only.
 */
import { readdir, readFile } from 'node:fs/promises'
import type { Database } from './database.ts'

const DIRECTORY = new URL('../../../migrations/', import.meta.url)
/** Any number that only Signalbox's migrations use: processes that start together wait for one another. */
const LOCK = 7_446_225

export async function migrate(database: Database): Promise<void> {
  const names = (await readdir(DIRECTORY)).filter((name) => name.endsWith('.sql')).sort()
  const steps = await Promise.all(names.map((name) => migrationStep(name)))
  await database.exec(
    [
      'begin;',
      `select pg_advisory_xact_lock(${LOCK});`,
      'create table if not exists schema_migrations (name text primary key, applied_at timestamptz not null default now());',
      ...steps,
      'commit;',
    ].join('\n'),
  )
}

async function migrationStep(name: string): Promise<string> {
  const statements = await readFile(new URL(name, DIRECTORY), 'utf8')
  if (statements.includes('$migration$')) throw new Error(`${name} must not contain $migration$`)
  return `do $step$ begin
    if not exists (select from schema_migrations where name = '${name}') then
      execute $migration$${statements}$migration$;
      insert into schema_migrations (name) values ('${name}');
    end if;
  end $step$;`
}
