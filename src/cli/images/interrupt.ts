/**
 * SIGINT, SIGTERM and SIGHUP, for commands that have something to clean up: the first one aborts the work, which may
 * then tidy up and ends as a shell expects it; a second one ends the process at once.
 */
import { printable } from '../printable.ts'

/** 128 and the number of the signal. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
type Interrupting = keyof typeof EXIT_CODES
const INTERRUPTING = Object.keys(EXIT_CODES) as Interrupting[]

/** npm hands on to its child what the terminal has sent that child already: that is one signal, not two. */
const SAME_SIGNAL_MS = 300

/** Whatever the work throws once it is interrupted is told as that; the process ends when the work has ended. */
export async function runInterruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interrupt = new AbortController()
  const first: { code: number | null; at: number } = { code: null, at: 0 }
  // Not `once`: execa's own listener, finding itself alone, would end the process before anything is cleaned up.
  const stop = (name: Interrupting) => {
    if (first.code === null) {
      first.code = EXIT_CODES[name]
      first.at = performance.now()
      interrupt.abort(new Error('Interrupted: nothing half-written is left.'))
    } else if (performance.now() - first.at > SAME_SIGNAL_MS) process.exit(EXIT_CODES[name])
  }
  for (const name of INTERRUPTING) process.on(name, stop)
  try {
    await work(interrupt.signal)
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    console.error(printable(`signalbox: ${error instanceof Error ? error.message : String(error)}`))
  } finally {
    for (const name of INTERRUPTING) process.removeListener(name, stop)
  }
  // Questions that nobody waits for any more would keep the process alive until they are answered.
  if (first.code !== null) process.exit(first.code)
}

/** What is pending, or the interruption, whichever comes first; for what cannot be stopped and leaves nothing behind. */
export async function orInterrupted<T>(signal: AbortSignal, pending: Promise<T>): Promise<T> {
  const interrupted = Promise.withResolvers<never>()
  const reject = () => interrupted.reject(signal.reason)
  if (signal.aborted) reject()
  signal.addEventListener('abort', reject, { once: true })
  try {
    return await Promise.race([interrupted.promise, pending])
  } finally {
    signal.removeEventListener('abort', reject)
  }
}
