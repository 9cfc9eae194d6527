/** Does something again and again. */
import { setTimeout } from 'node:timers/promises'

/** After a fault: what failed will not be well again at once. */
const PAUSE_AFTER_FAULT_MS = 5_000

/** @param pauseMs between the end of one time and the next. @returns a function that stops it, after the time under way. */
export function repeat(
  task: () => Promise<void>,
  pauseMs: number,
  onError: (error: Error) => void,
): () => Promise<void> {
  const stop = new AbortController()
  const run = async () => {
    while (!stop.signal.aborted) {
      let pause = pauseMs
      try {
        await task()
      } catch (error) {
        pause = PAUSE_AFTER_FAULT_MS
        onError(error instanceof Error ? error : new Error(String(error)))
      }
      await setTimeout(pause, undefined, { signal: stop.signal }).catch(() => {})
    }
  }
  const ended = run()
  return () => {
    stop.abort()
    return ended
  }
}
