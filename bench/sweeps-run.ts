/** One sweep of `sweeps.ts`, in a process of its own, whose time and memory is measured as a whole. */
import { connectApp } from '../src/adapters/github/github.ts'
import { carryOut, memoryJournal } from '../src/app/sweep.ts'
import { makeStaleSweep } from '../src/app/sweep-stale.ts'
import { makeLog } from '../src/cli/log.ts'
import { makeProbot } from '../src/cli/make-probot.ts'
import { type TimedWrites, type Writes, waitToWrite } from '../src/domain/pacing.ts'
import type { StaleConfig } from '../src/domain/stale.ts'
import type { SweepReport } from '../src/domain/sweep.ts'
import type { RepoName, Store } from '../src/ports.ts'

export interface SweepOrder {
  readonly env: NodeJS.ProcessEnv
  readonly repo: RepoName
  readonly config: StaleConfig
  /** Null: a dry run, which is written down nowhere. */
  readonly store: { readonly databaseUrl: string | null; readonly dataDirectory: string | null } | null
}

export interface SweepResult {
  readonly report: SweepReport
  /** How many decisions and outcomes the store has of it; null: there is no store. */
  readonly stored: { readonly decisions: number; readonly outcomes: number } | null
  /** From the connection to GitHub to the report, the store being open. */
  readonly seconds: number
  /** Of this process, since it began. */
  readonly cpuSeconds: number
  /** Before the sweep, with everything loaded and the store open, and at most. */
  readonly restBytes: number
  readonly peakBytes: number
  /** How long what was written would have taken at the pace of sweeps, which is not kept here. */
  readonly pacedSeconds: number
}

process.once('disconnect', () => process.exit())
process.once('message', async (order: SweepOrder) => {
  const result = await run(order)
  process.send?.(result, () => process.disconnect())
})

async function run({ env, repo: name, config, store: wanted }: SweepOrder): Promise<SweepResult> {
  const store = wanted && (await open(wanted))
  const probot = await makeProbot(env, makeLog('silent'))
  const restBytes = process.memoryUsage.rss()
  const started = performance.now()
  const paced = makeVirtualPace()
  const app = connectApp(probot, Number(env.APP_ID))
  const report = await sweep({ app, name, config, store, pace: paced.pace })
  const measured = {
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: Object.values(process.cpuUsage()).reduce((sum, micros) => sum + micros, 0) / 1e6,
    restBytes,
    // Linux gives it in kilobytes.
    peakBytes: process.resourceUsage().maxRSS * 1024,
    pacedSeconds: paced.seconds(),
  }
  const stored = store && (await readStored(store, report))
  await store?.close()
  return { report, stored, ...measured }
}

/** Nothing of a store is loaded where there is none. */
async function open(wanted: NonNullable<SweepOrder['store']>): Promise<Store> {
  const { openStore } = await import('../src/adapters/store/open-store.ts')
  return openStore({ ...wanted, onError: (error) => console.error(error) })
}

interface Sweeping {
  readonly app: ReturnType<typeof connectApp>
  readonly name: RepoName
  readonly config: StaleConfig
  readonly store: Store | null
  readonly pace: (writes: Writes) => Promise<void>
}

async function sweep({ app, name, config, store, pace }: Sweeping): Promise<SweepReport> {
  const installationId = await app.findInstallation(name)
  if (installationId === null) throw new Error(`The app is not installed on ${name.owner}/${name.name}`)
  const github = await app.forSweep(installationId)
  const repo = await github.getRepository(name)
  if (repo === null) throw new Error(`The app does not see ${name.owner}/${name.name}`)
  const clock = { now: () => new Date() }
  const journal =
    store === null
      ? memoryJournal(clock.now())
      : await store.sweeps.open({ repo, installationId }, 'stale', null, clock.now())
  const planned = makeStaleSweep({ github, repo, clock, config, exempt: new Set(), only: null, pushes: async () => [] })
  const dryRun = store === null
  return carryOut({ sweep: planned, journal, kind: 'stale', repo, target: null, clock, dryRun, pace })
}

/** Counts the waiting instead of doing it. */
function makeVirtualPace() {
  const history: TimedWrites[] = []
  let now = 0
  return {
    async pace(writes: Writes) {
      now += waitToWrite(history, writes, now)
      history.push({ at: now, ...writes })
    },
    seconds: () => now / 1000,
  }
}

async function readStored(store: Store, { id }: SweepReport): Promise<SweepResult['stored']> {
  const stored = id === null ? null : await store.sweeps.get(id)
  return { decisions: stored?.decisions.length ?? 0, outcomes: stored?.outcomes.length ?? 0 }
}
