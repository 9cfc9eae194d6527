/** Both databases that the store runs on, each new and empty. */
import { afterAll, beforeAll, describe } from 'vitest'
import { type Database, openPglite, openPostgres } from '../../src/adapters/store/database.ts'
import { openStore, type StoreOptions } from '../../src/adapters/store/open-store.ts'
import type { JobHandlers, NewRun, StartRequest, Store } from '../../src/ports.ts'
import { makePullRequestTrigger, SHA } from './facts.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'

interface TestDatabases {
  readonly store: () => Promise<Store>
  /** Without any tables. */
  readonly database: () => Promise<Database>
}

type Place = Pick<StoreOptions, 'databaseUrl' | 'dataDirectory'>

/** By default in memory, new and empty. What goes wrong in it that nobody waits for fails the tests. */
export function openTestStore({ databaseUrl = null, dataDirectory = null }: Partial<Place> = {}): Promise<Store> {
  const onError = (error: Error) => {
    throw error
  }
  return openStore({ databaseUrl, dataDirectory, onError })
}

/** The store of all tests of a file. */
export async function useStore(): Promise<Store> {
  const store = await openTestStore()
  afterAll(() => store.close())
  return store
}

/** The same tests on PGlite and on a PostgreSQL server. */
export function describeStores(subject: string, tests: (open: TestDatabases) => void): void {
  describe(`${subject} on PGlite`, () =>
    tests({
      store: () => openTestStore(),
      database: () => openPglite(null),
    }))
  describe(`${subject} on PostgreSQL`, () => {
    let postgres: TestPostgres
    beforeAll(async () => {
      postgres = await startPostgres()
    })
    afterAll(() => postgres.stop())
    tests({
      store: async () => openTestStore({ databaseUrl: await postgres.createDatabase('store') }),
      database: async () => openPostgres(await postgres.createDatabase('tables')),
    })
  })
}

/** Starts to work, and notes what was asked to be looked at. */
export async function watchJobs(
  store: Store,
  handlers: Partial<JobHandlers> = {},
): Promise<{ readonly runs: string[]; readonly pullRequests: string[]; readonly sweeps: string[] }> {
  const seen = { runs: [] as string[], pullRequests: [] as string[], sweeps: [] as string[] }
  await store.work({
    delivery: async () => {},
    deliveryFailed: async () => {},
    async run(id) {
      seen.runs.push(id)
    },
    async pullRequest(key) {
      seen.pullRequests.push(key)
    },
    async sweep(key) {
      seen.sweeps.push(key)
    },
    reconcile: async () => {},
    ...handlers,
  })
  return seen
}

/** What starts one run of this plan for a pull request. */
export function makeStart(number: number, plan: NewRun['plan'], request: Partial<StartRequest> = {}): StartRequest {
  return {
    trigger: makePullRequestTrigger({ number }),
    triggerKey: `pull_request ${number} ${SHA} main`,
    trusted: true,
    installationId: 9,
    runs: [{ plan, problem: null, verdict: null }],
    supersede: () => [],
    goodGates: null,
    ...request,
  }
}
