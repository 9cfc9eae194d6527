/** Waiting for the sandbox: until it has nothing more to do, or until something is so. */
import { changed, type World } from './world.ts'

const DEFAULT_QUIET_MS = 50
const DEFAULT_TIMEOUT_MS = 45_000

function isIdle(world: World): boolean {
  const { deliveries, steps, requests } = world.busy
  return deliveries === 0 && steps === 0 && requests === 0
}

export interface WaitOptions {
  readonly timeoutMs?: number
}

/** Resolves once `isSo` answers true; it is asked again after every change. Rejects, with `what`, after the time. */
export function until(world: World, what: string, isSo: () => boolean, options: WaitOptions = {}): Promise<void> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  return new Promise((resolve, reject) => {
    const end = (finish: () => void) => {
      clearTimeout(timer)
      world.watchers.delete(look)
      finish()
    }
    const look = () => {
      try {
        if (isSo()) end(resolve)
      } catch (error) {
        end(() => reject(error))
      }
    }
    const timer = setTimeout(
      () => end(() => reject(new Error(`Waited ${timeoutMs} ms in vain for ${what}`))),
      timeoutMs,
    )
    world.watchers.add(look)
    look()
  })
}

/**
 * Resolves when, for `quietMs` on end, no webhook was on its way, no step of the runner was due and no request was
 * being answered. Runs that hang by their script do not count.
 */
export async function settle(world: World, options: WaitOptions & { readonly quietMs?: number } = {}): Promise<void> {
  const { quietMs = DEFAULT_QUIET_MS, ...wait } = options
  const activity = () => world.requests.length + world.deliveries.length
  for (;;) {
    await until(world, 'the sandbox to settle', () => isIdle(world), wait)
    const before = activity()
    await new Promise((resolve) => setTimeout(resolve, quietMs))
    changed(world)
    if (isIdle(world) && activity() === before) return
  }
}
