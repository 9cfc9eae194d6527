/** How far the sweeps are that this process carries out, for whoever asks while they are at work. */
import type { SweepSpent } from '../domain/sweep.ts'
import type { SweepProgress } from './sweep.ts'

/** While it still looks, nobody knows of how many things. */
export type WatchedProgress = Omit<SweepProgress, 'of'> & { readonly of: number | null }

export interface SweepWatch {
  /** @param spent what was asked so far, which is all that is known while it looks. */
  start(id: string | null, spent: () => SweepSpent): WatchedSweep
  /** Null: it is not at work here. */
  find(id: string): WatchedProgress | null
}

export interface WatchedSweep {
  tell(progress: SweepProgress): void
  end(): void
}

export function makeSweepWatch(): SweepWatch {
  const watched = new Map<string | null, () => WatchedProgress>()
  return {
    start(id, spent) {
      watched.set(id, () => ({ done: 0, of: null, spent: spent() }))
      return {
        tell: (progress) => watched.set(id, () => progress),
        end: () => watched.delete(id),
      }
    },
    find: (id) => watched.get(id)?.() ?? null,
  }
}
