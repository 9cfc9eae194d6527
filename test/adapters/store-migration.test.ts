import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/adapters/store/database.ts'
import { loadPullRequest } from '../../src/adapters/store/load-pull-request.ts'
import { loadRunFacts } from '../../src/adapters/store/load-run.ts'
import { migrate } from '../../src/adapters/store/migrate.ts'
import {
  makeLegPlan,
  makePullRequest,
  makePullRequestTrigger,
  makePushTrigger,
  makeRetries,
  NOW,
} from '../support/facts.ts'
import { describeStores } from '../support/stores.ts'

/** As the first version wrote them. */
const OLD_PULL_REQUEST = {
  number: 7,
  headSha: 'a'.repeat(40),
  headRef: 'feature',
  headRepo: 'eve/shop',
  baseRef: 'main',
  baseSha: 'c'.repeat(40),
  draft: false,
  state: 'open',
}
const OLD_PLAN = {
  job: 'app',
  name: 'docker / app',
  matrix: {},
  needs: [],
  workflow: 'app.yml',
  ref: 'dev',
  inputs: { note: 'is it? $1' },
  skip: null,
  image: null,
  failFast: false,
  maxParallel: null,
  retries: { max: 2, delayMs: 5 },
  timeoutMs: 3_600_000,
}

describeStores('what the first version stored', (open) => {
  let database: Database

  beforeAll(async () => {
    database = await open.database()
    const first = await readFile(new URL('../../migrations/0001_initial.sql', import.meta.url), 'utf8')
    await database.exec(first)
    await database.exec(`create table schema_migrations (name text primary key, applied_at timestamptz not null default now());
      insert into schema_migrations (name) values ('0001_initial.sql')`)
    const { repo } = makePullRequestTrigger()
    const trigger = {
      kind: 'pull_request',
      repo,
      sha: 'a'.repeat(40),
      refName: '7/merge',
      pullRequest: OLD_PULL_REQUEST,
    }
    await insertRun('rfork', trigger, { trusted: false, open: true })
    await insertRun('rover', trigger, { trusted: false, open: false })
    await insertRun('rpush', makePushTrigger(), { trusted: true, open: true })
    await migrate(database)
    await migrate(database)
  })
  afterAll(() => database.close())

  async function insertRun(
    id: string,
    trigger: object,
    { trusted, open: isOpen }: { trusted: boolean; open: boolean },
  ) {
    const text = (value: object) => `'${JSON.stringify(value).replaceAll("'", "''")}'`
    const number = 'pullRequest' in trigger ? 7 : null
    await database.exec(`
      insert into runs (id, repo_id, installation_id, pipeline, trigger_key, generation, trigger, trusted, sha,
          pull_request, concurrency, open)
        values ('${id}', 1, 9, 'docker', '${id}', 1, ${text(trigger)}, ${trusted}, '${'a'.repeat(40)}', ${number},
          'cancel', ${isOpen});
      insert into legs (id, run_id, position, plan) values ('${id}-0', '${id}', 0, ${text(OLD_PLAN)});
      insert into gates (id, run_id, position, plan) values ('${id}-g0', '${id}', 0, ${text({ id: 't', name: 'Tests', needs: [] })});
      insert into checks (subject_id, run_id, node_id, digest) values ('${id}-0', '${id}', 'CR_1', 'd')`)
  }

  const plan = makeLegPlan({
    start: { kind: 'dispatch', workflow: 'app.yml', ref: 'dev' },
    inputs: { note: 'is it? $1' },
    retries: makeRetries(2, 5),
  })

  test.each([
    ['an open run of a fork waits for approval', 'rfork', 'approval'],
    ['one that is over too: it may be run again', 'rover', 'approval'],
    ['one of a push too', 'rpush', null],
  ] as const)('is read as what it meant: %s', async (_what, id, hold) => {
    const run = await loadRunFacts(database.kysely, id, NOW)
    expect(run).toMatchObject({ approval: null, verdict: null })
    expect(run?.legs).toEqual([
      {
        id: `${id}-0`,
        plan: { ...plan, hold },
        history: { runs: 0, flaky: 0 },
        observed: null,
        report: null,
        retag: null,
        firstAttempt: 1,
        attempts: [],
        check: { nodeId: 'CR_1', digest: 'd', annotated: null },
      },
    ])
    expect(run?.gates[0]?.override).toBeNull()
    const pullRequest = makePullRequest({ headRepo: 'eve/shop', author: 'ghost', association: 'NONE' })
    const expected = id === 'rpush' ? makePushTrigger() : { ...makePullRequestTrigger(), pullRequest }
    expect(run?.trigger).toEqual(expected)
  })

  test('its open pull requests are looked at', async () => {
    expect(await loadPullRequest(database.kysely, 1, 7)).toMatchObject({ installationId: 9, repo: { name: 'shop' } })
    const rows = await database.kysely.selectFrom('pullRequests').select(['number', 'open']).execute()
    expect(rows).toEqual([{ number: 7, open: true }])
  })
})
