import { expect, test } from 'vitest'
import { deleteInTurn } from '../../src/app/delete-in-turn.ts'
import type { SweepDecision, SweepOutcome } from '../../src/domain/sweep.ts'

const act = (subject: string): SweepDecision => ({ subject, do: ['delete'], reason: '' })

/** What came of each, in order, where these are refused. */
async function deleteAll(actions: string, spare: readonly string[], refused: string, words = 'no') {
  const recorded: string[] = []
  const begun: number[] = []
  await deleteInTurn(
    [...actions].map(act),
    {
      begin: async (some) => {
        begun.push(some.length)
        return some
      },
      record: async (outcomes) => {
        recorded.push(...outcomes.map(({ subject, outcome }) => `${subject} ${outcome}`))
      },
    },
    async ({ subject, do: doing }): Promise<SweepOutcome> => {
      const isRefused = refused.includes(subject)
      return isRefused
        ? { subject, do: doing, outcome: 'refused', operations: 0, note: words }
        : { subject, do: doing, outcome: 'done', operations: 1, note: '' }
    },
    spare.map((group) => [...group].map(act)),
  )
  return { recorded, begun }
}

test.each<[string, string, string[], string, string[]]>([
  ['nothing is refused', 'ab', ['c'], '', ['a done', 'b done']],
  ['one is refused', 'ab', ['c', 'd'], 'a', ['a refused', 'b done', 'c done']],
  ['what goes together goes whole', 'abc', ['de', 'f'], 'ab', ['a refused', 'b refused', 'c done', 'd done', 'e done']],
  ['or not at all, and nothing behind it', 'ab', ['cd', 'e'], 'a', ['a refused', 'b done']],
  ['what is spare is refused as well', 'ab', ['c', 'd', 'e'], 'ac', ['a refused', 'b done', 'c refused', 'd done']],
])('%s', async (_, actions, spare, refused, expected) => {
  expect((await deleteAll(actions, spare, refused)).recorded).toEqual(expected)
})

test('after a refusal that is about all, nothing more is asked for', async () => {
  const { recorded } = await deleteAll('abc', ['d'], 'a', 'You need at least delete:packages scope.')
  expect(recorded).toEqual(['a refused', 'b refused', 'c refused'])
})

test('ten are begun at once, of what is spare as many as there is room for', async () => {
  const { begun, recorded } = await deleteAll('abcdefghijkl', ['m', 'n', 'o'], 'abc')
  expect(begun).toEqual([10, 2, 3])
  expect(recorded).toHaveLength(15)
})
