/** Where the command line finds what is known of sweeps: in the store of `signalbox start`, or from the server that alone has it. */
import { existsSync } from 'node:fs'
import { DirectoryInUseError } from '../../adapters/store/directory-lock.ts'
import { openStore } from '../../adapters/store/open-store.ts'
import { loadSweepFacts, type SweepFacts } from '../../app/sweep-facts.ts'
import type { SweepReport } from '../../domain/sweep.ts'
import type { ManifestMemory, SweepStore } from '../../ports/sweeps.ts'
import type { Store } from '../../ports.ts'
import { readEnvironment } from '../environment.ts'
import { connectSweepServer, type SweepServer } from './sweep-server.ts'

export type SweepFilter = Parameters<SweepStore['list']>[0]

interface Records {
  /** Newest first. */
  list(filter: SweepFilter): Promise<SweepReport[]>
  get(id: string): Promise<SweepReport | null>
  facts(repoId: number): Promise<SweepFacts>
  readonly manifests: ManifestMemory
  close(): Promise<void>
}

export type SweepAccess =
  | (Records & { readonly kind: 'store'; readonly sweeps: SweepStore })
  /** There is no store: nothing is recorded. */
  | (Records & { readonly kind: 'nothing' })
  /** What is to be done is done by the server. */
  | (Records & { readonly kind: 'server'; readonly server: SweepServer })

/** @param isMade whether a store is made where there is none: who only looks leaves nothing behind. */
export async function openSweepAccess(env: NodeJS.ProcessEnv, isMade: boolean): Promise<SweepAccess> {
  const { DATABASE_URL: url, SIGNALBOX_DATA_DIR: directory } = readEnvironment(env)
  if (!isMade && url === undefined && !existsSync(directory)) return accessNothing(async () => NOTHING_KNOWN)
  try {
    const store = await openStore({
      databaseUrl: url ?? null,
      dataDirectory: directory === ':memory:' ? null : directory,
      onError: (error) => console.error(`signalbox: ${error.message}`),
    })
    return throughStore(store)
  } catch (error) {
    if (!(error instanceof DirectoryInUseError)) throw error
    const server = connectSweepServer(env, directory)
    return { ...server, kind: 'server', server, close: async () => {} }
  }
}

const NOTHING_KNOWN: SweepFacts = {
  workflowRunsInUse: new Set(),
  previewedCommits: new Set(),
  pushes: [],
  trackingIssue: null,
}

/** There is no store, and what it would know of a repository is found otherwise. */
export function accessNothing(facts: Records['facts']): SweepAccess {
  return {
    kind: 'nothing',
    list: async () => [],
    get: async () => null,
    facts,
    manifests: { load: async () => new Map(), save: async () => {} },
    close: async () => {},
  }
}

function throughStore(store: Store): SweepAccess {
  const { sweeps } = store
  return {
    kind: 'store',
    sweeps,
    list: (filter) => sweeps.list(filter),
    get: (id) => sweeps.get(id),
    facts: (repoId) => loadSweepFacts(sweeps, repoId),
    manifests: sweeps.manifests,
    close: () => store.close(),
  }
}
