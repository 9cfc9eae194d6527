/** What a process that dies in the middle of a sweep does, and does not do, without one that has to be started. */
import { expect } from 'vitest'
import { fetchWithTimeout } from '../../src/adapters/github/octokit.ts'
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { SweepJournal } from '../../src/ports/sweeps.ts'
import type { GitHubApp, Store } from '../../src/ports.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { Random } from './random.ts'
import { connectTo } from './use-sandbox.ts'

export interface Death {
  /** At its n-th step, of which the answer never comes. */
  readonly at: number
  /** Which may have had its effect. */
  readonly hasEffect: boolean
}

export const NEVER: Death = { at: Number.POSITIVE_INFINITY, hasEffect: false }

export function randomDeath(random: Random, steps: number): Death {
  return { at: random.between(1, steps), hasEffect: random.chance(0.5) }
}

type Act = <Value>(what: () => Promise<Value>) => Promise<Value>

export interface Life {
  readonly isDead: () => boolean
  /** How many it took. */
  readonly steps: () => number
  /** Does what may be its last. */
  readonly step: Act
  /** Does it as long as it lives: who is dead asks for nothing, and hears no answer. */
  readonly act: Act
}

export function makeLife({ at, hasEffect }: Death): Life {
  let steps = 0
  let dead = false
  const live = () => {
    if (dead) throw new Error('dead')
  }
  const act: Act = async (what) => {
    live()
    const value = await what()
    live()
    return value
  }
  const step: Act = async (what) => {
    live()
    if (++steps !== at) return act(what)
    dead = true
    if (hasEffect) await what()
    throw new Error('dead')
  }
  return { isDead: () => dead, steps: () => steps, step, act }
}

/** Rejects everything once it is dead, as a process that is dead does nothing. */
export function mortalJournal(journal: SweepJournal, act: Act): SweepJournal {
  return {
    ...journal,
    begin: (subjects) => act(() => journal.begin(subjects)),
    tally: (operations) => act(() => journal.tally(operations)),
    record: (outcomes, spent) => act(() => journal.record(outcomes, spent)),
    finish: (report) => act(() => journal.finish(report)),
  }
}

export interface MortalProcess extends Omit<Life, 'act' | 'step'> {
  readonly app: GitHubApp
  journal(journal: SweepJournal): SweepJournal
}

/** Its steps are its requests to GitHub. */
export async function startMortal(sandbox: Sandbox, death: Death): Promise<MortalProcess> {
  const { step, act, ...life } = makeLife(death)
  const app = await connectTo(sandbox, (input, init) => step(() => fetchWithTimeout(input, init)))
  return { ...life, app, journal: (journal) => mortalJournal(journal, act) }
}

/** Sweeps, each time as a new process, until one comes to its end; all the others died. @returns how many these were. */
export async function sweepUntilDone<Mortal extends Pick<Life, 'isDead'>>(
  start: () => Mortal | Promise<Mortal>,
  sweep: (process: Mortal) => Promise<unknown>,
  afterDeath: () => Promise<unknown> = async () => {},
): Promise<number> {
  for (let deaths = 0; ; deaths++) {
    const process = await start()
    const failed = await sweep(process).then(
      () => null,
      (error: unknown) => error,
    )
    expect(process.isDead(), `${failed}`).toBe(failed !== null)
    if (failed === null) return deaths
    await afterDeath()
  }
}

/** Of a repository whose sweep was killed: whoever went on did so with the same one, and ended it. */
export async function onlyReport({ sweeps }: Store, repoId: number, why: string): Promise<SweepReport> {
  const [report, ...others] = await sweeps.list({ repoId, limit: 10 })
  expect([report?.state, others], why).toEqual(['done', []])
  if (report === undefined) throw new Error('there is no report')
  return report
}
