/** A pace that rests goes on when the time is over, and ends at once when the process is to stop. */
import { expect, test } from 'vitest'
import { makePace, SweepInterrupted } from '../../src/app/pace.ts'

const clock = { now: () => new Date() }
const HOUR_MS = 3_600_000

test('it rests until the time is over', async () => {
  const { rest } = makePace({ clock, stopping: new AbortController().signal })
  await expect(rest?.(1)).resolves.toBeUndefined()
})

test('it does not rest while the process stops', async () => {
  const stopping = new AbortController()
  const pace = makePace({ clock, stopping: stopping.signal })
  const resting = pace.rest?.(HOUR_MS)
  stopping.abort()
  await expect(resting).rejects.toThrow(SweepInterrupted)
  await expect(pace.rest?.(HOUR_MS)).rejects.toThrow(SweepInterrupted)
  await expect(pace({ content: 0, all: 1 })).rejects.toThrow(SweepInterrupted)
})

test('it waits for the limits, and stops waiting when the process stops', async () => {
  const stopping = new AbortController()
  const limits = [{ withinMs: HOUR_MS, content: 1, all: 1 }]
  const pace = makePace({ clock, stopping: stopping.signal, limits })
  await pace({ content: 1, all: 1 })
  const waiting = pace({ content: 1, all: 1 })
  stopping.abort()
  await expect(waiting).rejects.toThrow(SweepInterrupted)
})
