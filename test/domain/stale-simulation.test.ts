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
 * have the same input and different results. These agree only as pull requests. That they are some is inferred from their
 * results: of one of each pair the contradiction proves it, of the others nothing in the recording does.
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

  test('with every item as the issue that it is recorded as, all agree but these', () => {
    const others = RECORDED.filter((one) => {
      const outcome = outcomeOf(parseOne(one))
      return JSON.stringify(outcome) !== JSON.stringify({ ...outcome, unstaled: [], ...one.expect })
    })
    expect(others.map(({ id }) => id)).toEqual([...PULL_REQUESTS])
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
  ['a time that is null', JSON.stringify({ ...CASE, now: null }), /^now: /],
  ['an item without any time', JSON.stringify({ ...CASE, items: [{ number: 1 }] }), /^items\.0: it takes "created_at"/],
  ['an unknown option', JSON.stringify({ ...CASE, policy: { days: 1 } }), /^policy: .*days/],
])('%s is told', (_, text, problem) => {
  expect(parseSimulation(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) })
})

const NOW = '2026-11-30T00:00:00Z'
const daysAgo = (days: number) => new Date(Date.parse(NOW) - days * 86_400_000).toISOString()
const OLD = { number: 7, created_at: daysAgo(100), author: 'rob' }

/** What is done about one item that was opened 100 days ago. */
function doneTo(item: object, policy: object = {}): string {
  const options = { days_before_stale: 30, days_before_close: 7, stale_issue_message: 'Still?', ...policy }
  const one = parseOne({ now: NOW, policy: options, items: [{ ...OLD, ...item }] })
  return simulateStale(one)
    .actions.map((action) => action.do.join())
    .join()
}

test.each<[string, string]>([
  ['comment', 'none'],
  ['commented', 'none'],
  ['committed', 'none'],
  ['pushed', 'none'],
  ['reviewed', 'none'],
  ['renamed', 'none'],
  ['unmarked_draft', 'none'],
  ['Ready-for-review', 'none'],
  ['reopened', 'none'],
  ['transferred to the moon', 'none'],
  ['constructor', 'none'],
  ['reaction', 'mark'],
  ['mentioned', 'mark'],
])('the day before, a person did «%s»', (kind, expected) => {
  expect(doneTo({ activity: [{ at: daysAgo(1), by: 'ann', kind }] })).toBe(expected)
  expect(doneTo({ activity: [{ at: daysAgo(1), by: 'ann', bot: true, kind }] })).toBe('mark')
})

test.each<[string, object, object, string]>([
  ['labels as a text', { labels: 'bug, Stale', stale_labeled_at: daysAgo(8) }, {}, 'close'],
  ['labels as GitHub has them', { labels: [{ name: 'Stale' }], stale_labeled_at: daysAgo(8) }, {}, 'close'],
  ['a label with a comma, in a list', { labels: ['a, b'] }, { exempt_labels: ['a, b'] }, 'none'],
  ['nothing at all', { labels: null, assignees: null, activity: null, draft: null, state: 'OPEN' }, {}, 'mark'],
  ['no labels, as a text', { labels: '', assignees: '' }, { include_only_assigned: true }, 'none'],
  ['only when it was updated', { created_at: null, updated_at: daysAgo(31) }, {}, 'mark'],
  ['a pull request', { kind: 'Pull-Request', draft: true }, { exempt_draft_pr: true }, 'none'],
  [
    'the label by hand, without its name',
    { labels: ['Stale'], stale_labeled_at: daysAgo(2), activity: [{ at: daysAgo(2), by: 'ann', kind: 'labelled' }] },
    {},
    'warn',
  ],
  [
    'activity in no order',
    {
      activity: [
        { at: daysAgo(40), by: 'ann', association: 'member' },
        { at: daysAgo(50), by: 'rob', association: 'NONE' },
      ],
    },
    { only_waiting_for: 'author' },
    'mark',
  ],
  ['/keep', { activity: [{ at: daysAgo(90), by: 'ann', body: 'So:\n/keep' }] }, {}, 'none'],
  ['/keep of its author', { activity: [{ at: daysAgo(90), by: 'rob', body: '/keep' }] }, {}, 'mark'],
  [
    '/keep of a stranger',
    { activity: [{ at: daysAgo(90), by: 'eve', association: 'none', body: '/keep' }] },
    {},
    'mark',
  ],
  ['/keep of a bot', { activity: [{ at: daysAgo(90), by: 'helper', bot: true, body: '/keep' }] }, {}, 'mark'],
  [
    '/keep, taken back',
    {
      activity: [
        { at: daysAgo(90), by: 'ann', body: '/keep' },
        { at: daysAgo(80), by: 'ann', kind: 'unlabeled', label: 'keep' },
      ],
    },
    {},
    'mark',
  ],
  [
    '/keep, taken back, and said again',
    {
      activity: [
        { at: daysAgo(90), by: 'ann', kind: 'unlabeled', label: 'keep' },
        { at: daysAgo(80), by: 'ann', body: '/keep' },
      ],
    },
    {},
    'none',
  ],
  ['a commit of the far future', { activity: [{ at: daysAgo(-900), by: 'rob', kind: 'commit' }] }, {}, 'mark'],
  ['a commit of a clock that is fast', { activity: [{ at: daysAgo(-0.01), by: 'rob', kind: 'commit' }] }, {}, 'none'],
  ['a pull request without files', { kind: 'pr' }, { rules: [{ name: 'docs', paths: ['docs/**'] }] }, 'mark'],
  ['an option that is null', {}, { days_before_stale: null, days_before_issue_stale: 200 }, 'none'],
])('an item is read as it comes: %s', (_, item, policy, expected) => {
  expect(doneTo(item, policy)).toBe(expected)
})
