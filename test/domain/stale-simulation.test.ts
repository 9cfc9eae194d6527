import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseSimulation, type StaleCase, simulateStale } from '../../src/domain/stale-simulation.ts'

interface Recorded {
  readonly id: number
  readonly group: string
  readonly policy: Readonly<Record<string, unknown>>
  readonly items: readonly object[]
  readonly expect: { readonly marked: number[]; readonly closed: number[]; readonly unstaled?: number[] }
}

const TEXT = readFileSync(new URL('../fixtures/oracles/stale-cases.json', import.meta.url), 'utf8')
const RECORDED: Recorded[] = JSON.parse(TEXT)

/**
 * The recording has every item as an issue, also where actions/stale's own test is about a pull request: eleven pairs of cases
 * have the same input and different results. These are the ones about pull requests whose result depends on it.
 */
const PULL_REQUESTS: ReadonlySet<number> = new Set([
  39, 72, 246, 255, 273, 279, 294, 297, 318, 327, 333, 339, 366, 372, 375, 381, 384, 387, 396, 402, 408, 438, 444, 489,
  501, 516, 537, 546, 552, 558, 567, 573, 585, 591, 609, 621, 627, 648, 663, 675, 702, 711, 717, 783, 789, 795,
])

function parseOne(recorded: object): StaleCase {
  const parsed = parseSimulation(JSON.stringify(recorded))
  if (!parsed.ok) throw new Error(parsed.problem)
  const [one] = parsed.cases
  if (one === undefined) throw new Error('no case')
  return one
}

function outcomeOf(one: StaleCase) {
  const { actions } = simulateStale(one)
  const numbers = (what: string) => actions.filter((action) => action.do.includes(what)).map(({ number }) => number)
  return { marked: numbers('mark'), closed: numbers('close'), unstaled: numbers('unstale') }
}

describe('as recorded from actions/stale', () => {
  test.each(RECORDED)('$group, case $id', (recorded) => {
    const kind = PULL_REQUESTS.has(recorded.id) ? 'pull_request' : 'issue'
    const one = parseOne({ ...recorded, items: recorded.items.map((item) => ({ ...item, kind })) })
    expect(outcomeOf(one)).toEqual({ unstaled: [], ...recorded.expect })
  })

  test('the recording contradicts itself where it has pull requests as issues', () => {
    const byInput = Map.groupBy(RECORDED, ({ policy, items }) => JSON.stringify([policy, items]))
    const pairs = [...byInput.values()].filter(
      (same) => new Set(same.map((one) => JSON.stringify(one.expect))).size > 1,
    )
    expect(pairs).toHaveLength(11)
    for (const pair of pairs) expect(pair.filter(({ id }) => PULL_REQUESTS.has(id))).toHaveLength(1)
  })
})

const CASE = {
  now: '2026-11-30T00:00:00Z',
  policy: { days_before_stale: 40, stale_issue_message: 'Still there?' },
  items: [{ number: 7, created_at: '2026-01-01T00:00:00Z' }],
}

test('a list of cases gives a list, with a reason for everything', () => {
  const parsed = parseSimulation(JSON.stringify([CASE, { ...CASE, now: '2026-01-02T00:00:00Z' }]))
  if (!parsed.ok) throw new Error(parsed.problem)
  expect(parsed.isArray).toBe(true)
  expect(parsed.cases.map(simulateStale)).toEqual([
    { actions: [{ number: 7, do: ['mark'], reason: 'last active 333 days ago' }] },
    { actions: [{ number: 7, do: ['none'], reason: 'last active 24 h 00 min ago; it becomes stale after 40 days' }] },
  ])
})

test.each<[string, string, RegExp]>([
  ['no JSON', '{', /^it is not JSON: /],
  ['no time', JSON.stringify({ ...CASE, now: 'soon' }), /^now: /],
  ['an item without a number', JSON.stringify([CASE, { ...CASE, items: [{}] }]), /^\[1\]items\.0\.number: /],
  ['an unknown option', JSON.stringify({ ...CASE, policy: { days: 1 } }), /^policy: .*days/],
])('%s is told', (_, text, problem) => {
  expect(parseSimulation(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) })
})
