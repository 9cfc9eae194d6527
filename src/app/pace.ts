/** Holds sweeps back where they would write faster than GitHub allows. What one process writes for an installation counts together. */
import { setTimeout } from 'node:timers/promises'
import { PACE_LIMITS, type PaceLimit, type TimedWrites, type Writes, waitToWrite } from '../domain/pacing.ts'
import type { Clock } from '../ports.ts'

/** Waits until so much can be written, and counts it. @throws {SweepInterrupted} when the process is to stop. */
export type Pace = (writes: Writes) => Promise<void>

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
  return async (writes) => {
    for (;;) {
      if (stopping.aborted) throw new SweepInterrupted('the process stops')
      const now = clock.now().getTime()
      history = history.filter((one) => one.at > now - longest && one.at <= now)
      const wait = waitToWrite(history, writes, now, limits)
      if (wait <= 0) {
        history.push({ at: now, ...writes })
        return
      }
      await setTimeout(wait, undefined, { signal: stopping }).catch(() => {})
    }
  }
}
