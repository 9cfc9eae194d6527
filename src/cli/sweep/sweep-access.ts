/** Where the command line finds what is known of sweeps: the store of `signalbox start`. */
import { openStore } from '../../adapters/store/open-store.ts'
import { loadSweepFacts, type SweepFacts } from '../../app/sweep-facts.ts'
import type { SweepReport } from '../../domain/sweep.ts'
import type { SweepStore } from '../../ports/sweeps.ts'
import { readEnvironment } from '../environment.ts'

export type SweepFilter = Parameters<SweepStore['list']>[0]

export interface SweepRecords {
  /** Newest first. */
  list(filter: SweepFilter): Promise<SweepReport[]>
  get(id: string): Promise<SweepReport | null>
  facts(repoId: number): Promise<SweepFacts>
}

export interface SweepAccess extends SweepRecords {
  readonly sweeps: SweepStore
  close(): Promise<void>
}

export async function openSweepAccess(env: NodeJS.ProcessEnv): Promise<SweepAccess> {
  const { DATABASE_URL: url, SIGNALBOX_DATA_DIR: directory } = readEnvironment(env)
  const store = await openStore({
    databaseUrl: url ?? null,
    dataDirectory: directory === ':memory:' ? null : directory,
    onError: (error) => console.error(`signalbox: ${error.message}`),
  })
  const { sweeps } = store
  return {
    sweeps,
    list: (filter) => sweeps.list(filter),
    get: (id) => sweeps.get(id),
    facts: (repoId) => loadSweepFacts(sweeps, repoId),
    close: () => store.close(),
  }
}
