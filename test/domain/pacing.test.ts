import { describe, expect, test } from 'vitest'
import { type TimedWrites, waitToWrite } from '../../src/domain/pacing.ts'

const LIMITS = [
  { withinMs: 60_000, content: 3, all: 5 },
  { withinMs: 3_600_000, content: 6, all: 100 },
]
const NOW = 10_000_000
const content = (ago: number, number = 1): TimedWrites => ({ at: NOW - ago, content: number, all: number })
const other = (ago: number, number = 1): TimedWrites => ({ at: NOW - ago, content: 0, all: number })

describe('the wait until something can be written', () => {
  test.each<[string, TimedWrites[], { content: number; all: number }, number]>([
    ['nothing was written', [], { content: 3, all: 5 }, 0],
    ['there is room', [content(10_000, 2)], { content: 1, all: 1 }, 0],
    [
      'the minute is full: its oldest has to be a minute ago',
      [content(50_000), content(10_000, 2)],
      { content: 1, all: 1 },
      10_000,
    ],
    ['a minute ago, to the millisecond, counts no more', [content(60_000, 3)], { content: 1, all: 1 }, 0],
    ['a millisecond less counts', [content(59_999, 3)], { content: 1, all: 1 }, 1],
    ['what is no content counts in the whole', [other(30_000, 5)], { content: 0, all: 1 }, 30_000],
    ['and leaves the content alone', [other(30_000, 4)], { content: 1, all: 1 }, 0],
    ['several have to go', [content(50_000), content(40_000), content(5_000)], { content: 2, all: 2 }, 20_000],
    ['the hour is full', [content(600_000, 6)], { content: 1, all: 1 }, 3_000_000],
    ['more than a limit at once waits until nothing else counts', [content(20_000)], { content: 9, all: 9 }, 3_580_000],
    ['more than a limit at once, and nothing counts', [], { content: 9, all: 9 }, 0],
  ])('%s', (_, history, wanted, wait) => {
    expect(waitToWrite(history, wanted, NOW, LIMITS)).toBe(wait)
  })
})
