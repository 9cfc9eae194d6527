/** Holds sweeps back where they would write faster than GitHub allows. What one process writes for an installation counts together. */
import { setTimeout } from 'node:timers/promises'
import { PACE_LIMITS, type PaceLimit, type TimedWrites, type Writes, waitToWrite } from '../domain/pacing.ts'
import type { Clock } from '../ports.ts'

/** Waits until so much can be written, and counts it. @throws {SweepInterrupted} when the process is to stop. */
export type Pace = ((writes: Writes) => Promise<void>) & {
  /** Waits so long, for another reason than the limits. Missing: nothing has to be waited for. @throws {SweepInterrupted} as well. */
  readonly rest?: (ms: number) => Promise<void>
}

/** The process stops: the sweep goes on later, from what was done. */
export class SweepInterrupted extends Error {
  override readonly name = 'SweepInterrupted'
}

export interface PaceOptions {
  readonly clock: Clock
  /** Aborted when the process is to stop. */
  readonly stopping: AbortSignal
  readonly limits?: readonly PaceLimit[]
}

/** @returns the pace of an installation: the same one for all its sweeps. */
export function makePaces(options: PaceOptions): (installationId: number) => Pace {
  const paces = new Map<number, Pace>()
  return (installationId) => {
    const pace = paces.get(installationId) ?? makePace(options)
    paces.set(installationId, pace)
    return pace
  }
}

export function makePace({ clock, stopping, limits = PACE_LIMITS }: PaceOptions): Pace {
  const longest = Math.max(0, ...limits.map((limit) => limit.withinMs))
  let history: TimedWrites[] = []
  const requireGoing = () => {
    if (stopping.aborted) throw new SweepInterrupted('the process stops')
  }
  const wait = (ms: number) => setTimeout(ms, undefined, { signal: stopping }).catch(() => {})
  const pace = async (writes: Writes) => {
    for (;;) {
      requireGoing()
      const now = clock.now().getTime()
      history = history.filter((one) => one.at > now - longest && one.at <= now)
      const ms = waitToWrite(history, writes, now, limits)
      if (ms <= 0) {
        history.push({ at: now, ...writes })
        return
      }
      await wait(ms)
    }
  }
  const rest = async (ms: number) => {
    await wait(ms)
    requireGoing()
  }
  return Object.assign(pace, { rest })
}
