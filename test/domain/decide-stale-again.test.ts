/** Stale items, decided again and again while what was decided is carried out, and is stopped anywhere. */
import { describe, expect, test } from 'vitest'
import {
  decideItem,
  decideStale,
  depthFor,
  needsDeeper,
  needsFiles,
  reactionOf,
} from '../../src/domain/decide-stale.ts'
import type { StaleActivity, StaleItem, StaleStep } from '../../src/domain/stale.ts'
import { freeze, NOW } from '../support/facts.ts'
import { makeRandom, type Random } from '../support/random.ts'
import { ago, DAY, makeConfig, makeItem, makeStale, OURS } from '../support/stale-items.ts'

const REPOSITORY = {
  defaultBranch: 'main',
  protectedBranches: new Set<string>(),
  branchesInUse: new Map<string, number[]>(),
  exempt: new Set<number>(),
}

function act(at: Date, kind: StaleActivity['kind'], more: Partial<StaleActivity> = {}): StaleActivity {
  return { at, kind, by: 'rob', bot: false, own: false, body: null, label: null, association: null, ...more }
}

const labeled = (days: number, more: Partial<StaleActivity> = OURS) =>
  act(ago(days), 'labeled', { label: 'Stale', ...more })
const ours = (days: number, what: 'mark' | 'close') =>
  act(ago(days), 'comment', { ...OURS, body: `Words\n\n<!-- signalbox:stale ${what} -->` })
const said = (days: number, more: Partial<StaleActivity> = {}) =>
  act(ago(days), 'comment', { body: 'Words', association: 'NONE', ...more })
const bot = (days: number) => said(days, { by: 'renovate', bot: true })

function decide(item: StaleItem, options: object = {}, now = NOW) {
  return decideItem(freeze(item), { now, config: makeConfig(options), repository: REPOSITORY })
}

describe('where any update counts', () => {
  const MS = 1 / DAY
  test.each<[string, StaleItem, string, object?]>([
    ['updated exactly so long ago', makeItem([], { updatedAt: ago(30) }), ''],
    ['a millisecond longer', makeItem([], { updatedAt: ago(30 + MS) }), 'mark'],
    ['a bot’s comment is one', makeItem([bot(1)]), ''],
    ['closed after no days', makeItem(), 'mark,close', { days_before_close: 0 }],
    ['never stale, closed after no days', makeItem(), '', { days_before_stale: -1, days_before_close: 0 }],
    ['what we wrote ourselves does not make it fresh', makeStale([said(50), ours(8, 'mark'), labeled(8)]), 'close'],
    ['nor does what was before it make it old', makeStale([said(50), ours(1, 'mark'), labeled(1)]), ''],
    ['stale for exactly so long', makeStale([said(50), ours(7, 'mark'), labeled(7)]), ''],
    ['a farewell of ours is no update', makeStale([said(50), ours(9, 'mark'), labeled(9), ours(1, 'close')]), 'close'],
    ['a person’s label since', makeStale([labeled(9), act(ago(1), 'labeled', { label: 'bug' })]), 'unstale'],
    [
      'updates leave the label on, and put off the closing',
      makeStale([labeled(9), act(ago(1), 'labeled', { label: 'bug' })]),
      '',
      { remove_stale_when_updated: false },
    ],
    ['a comment puts it off for ever', makeStale([labeled(60), said(50)]), '', { remove_stale_when_updated: false }],
    ['warned, not labelled', makeItem([said(50), ours(1, 'mark')]), 'mark'],
    ['warned, and a bot was there since', makeItem([said(50), ours(2, 'mark'), bot(1)]), ''],
    ['in the future, as the label is', makeStale([labeled(-2)], { updatedAt: ago(-3) }), ''],
  ])('%s', (_, item, expected, options = {}) => {
    expect(decide(item, { activity: 'any', ...options }).do.join()).toBe(expected)
  })
})

describe('who put the label on', () => {
  const byHand = (days: number) => labeled(days, { by: 'ann' })
  test.each<[string, StaleItem, string]>([
    ['a person', makeStale([byHand(1)]), 'warn'],
    ['a person, exactly so long ago as it takes to be closed', makeStale([byHand(7)]), 'warn'],
    ['a person, who was the warning for longer than that', makeStale([byHand(8)]), 'close'],
    ['another bot, which has its own words', makeStale([labeled(1, { by: 'stale', bot: true })]), ''],
    ['a person, right after our warning', makeStale([ours(1.1, 'mark'), byHand(1)]), ''],
    ['a person, after our warning was answered', makeStale([ours(3, 'mark'), said(2), byHand(1)]), 'warn'],
    ['a person, after an earlier label', makeStale([ours(9, 'mark'), labeled(9), labeled(8, { by: 'ann' })]), 'close'],
    ['a person, and a bot took it off', makeItem([byHand(9), unlabeled(8, { by: 'stale', bot: true })]), 'mark'],
    ['nobody knows, and nothing happened', makeStale([], { staleLabeledAt: ago(8) }), 'close'],
    ['nobody knows when', makeStale([], { updatedAt: ago(3) }), ''],
    [
      'nobody knows when, of what is read in part',
      makeStale([bot(20), said(9)], { activityIsWhole: false }),
      'unstale',
    ],
    [
      'the time is told beside a labelling without a name',
      makeStale([act(ago(8), 'labeled')], { staleLabeledAt: ago(8) }),
      'close',
    ],
  ])('%s', (_, item, expected) => {
    expect(decide(item).do.join()).toBe(expected)
  })
})

describe('what was done by half', () => {
  test.each<[string, StaleItem, StaleStep['kind'][], object?]>([
    ['warned, and somebody reacted since', makeItem([ours(2, 'mark'), act(ago(1), 'reaction')]), ['add_labels']],
    ['warned, and a bot spoke since', makeItem([ours(2, 'mark'), bot(1)]), ['add_labels']],
    ['warned, and the label was taken off', makeItem([ours(2, 'mark'), labeled(2), unlabeled(1)]), []],
    [
      'farewell, the label of it is on',
      makeStale([labeled(9), ours(1, 'close')], { labels: ['Stale', 'shut'] }),
      ['close'],
    ],
    ['farewell', makeStale([labeled(9), ours(1, 'close')]), ['add_labels', 'close']],
    [
      'closed and opened again',
      makeStale([labeled(9), ours(2, 'close'), act(ago(2), 'closed', OURS), act(ago(1), 'reopened')], {
        labels: ['Stale', 'shut'],
      }),
      ['remove_labels'],
    ],
  ])('%s', (_, item, kinds) => {
    expect(decide(item, { close_issue_label: 'shut' }).steps.map(({ kind }) => kind)).toEqual(kinds)
  })
})

function unlabeled(days: number, more: Partial<StaleActivity> = { by: 'ann' }): StaleActivity {
  return act(ago(days), 'unlabeled', { label: 'Stale', ...more })
}

test.each<[string, StaleItem, string]>([
  [
    'of a stale item takes the label off',
    makeStale([labeled(2), said(1, { body: '/keep', association: 'OWNER' })]),
    'unstale',
  ],
  ['of its author keeps it by the label alone', makeItem([said(90, { body: '/keep', association: 'OWNER' })]), 'mark'],
  [
    'before the label was put on by hand leaves it on',
    makeStale([said(90, { body: '/keep' }), labeled(9)], { labels: ['Stale', 'keep'] }),
    '',
  ],
])('/keep %s', (_, item, expected) => {
  expect(decide(item).do.join()).toBe(expected)
})

test('labels change in one step each way, whatever their case', () => {
  const options = {
    labels_to_remove_when_stale: 'active',
    labels_to_add_when_unstale: ['active', 'a, b'],
    labels_to_remove_when_unstale: 'waiting, absent',
  }
  expect(decide(makeItem([], { labels: ['Active'] }), options).steps.slice(1)).toEqual([
    { kind: 'remove_labels', labels: ['active'] },
    { kind: 'add_labels', labels: ['Stale'] },
  ])
  expect(decide(makeStale([labeled(2), said(1)], { labels: ['STALE', 'Waiting'] }), options).steps).toEqual([
    { kind: 'add_labels', labels: ['active', 'a, b'] },
    { kind: 'remove_labels', labels: ['waiting', 'Stale'] },
  ])
})

test('a path rule is about pull requests alone', () => {
  const options = { rules: [{ name: 'docs', paths: ['docs/**'] }] }
  const item = (kind: StaleItem['kind']) => makeItem([], { kind, paths: ['docs/a.md'] })
  expect([decide(item('pull_request'), options).rule, decide(item('issue'), options).rule]).toEqual(['docs', null])
})

describe('a budget', () => {
  const items = [60, 50, 40].map((days, index) => makeItem([said(days)], { number: index + 1 }))
  const plan = (options: object, spent = 0) =>
    decideStale({ now: NOW, config: makeConfig(options), items, repository: REPOSITORY, spent })
  const numbers = (list: readonly { number: number }[]) => list.map(({ number }) => number)

  test.each([
    [6, 0, [1, 2, 3]],
    [5, 0, [1, 2]],
    [6, 1, [1, 2]],
    [6, 5, []],
  ])('of %i, of which %i are spent', (operations_per_run, spent, done) => {
    const { actions, left, problems } = plan({ operations_per_run }, spent)
    expect(numbers(actions)).toEqual(done)
    expect(numbers([...actions, ...left].map((one) => ({ number: Number(one.subject.slice(1)) })))).toEqual([1, 2, 3])
    expect(problems).toEqual([])
  })

  test('what never fits is told, and does not keep the others from being done', () => {
    const closing = makeStale([labeled(90)], { number: 9 })
    const options = { operations_per_run: 2, close_issue_label: 'shut' }
    const facts = { now: NOW, config: makeConfig(options), repository: REPOSITORY, spent: 0 }
    const { actions, left, problems } = decideStale({ ...facts, items: [closing, ...items] })
    expect([numbers(actions), left.map(({ subject }) => subject)]).toEqual([[1], ['#9', '#2', '#3']])
    expect(problems).toEqual(['#9 takes 3 operations, and a sweep may do 2: raise `operations_per_run`'])
  })

  test.each<[object, number[]]>([
    [{ sort_by: 'created' }, [3, 1, 2]],
    [{ sort_by: 'created', ascending: false }, [2, 1, 3]],
    [{ sort_by: 'updated' }, [2, 3, 1]],
    [{ sort_by: 'comments' }, [3, 2, 1]],
  ])('is spent in the order of %o', (options, order) => {
    const [one, two, three] = [
      makeItem([], { number: 1, createdAt: ago(80), updatedAt: ago(40), comments: 3 }),
      makeItem([], { number: 2, createdAt: ago(70), updatedAt: ago(60), comments: 2 }),
      makeItem([], { number: 3, createdAt: ago(90), updatedAt: ago(50), comments: 1 }),
    ]
    const config = makeConfig({ operations_per_run: 50, ...options })
    const facts = { now: NOW, config, repository: REPOSITORY, spent: 0 }
    expect(numbers(decideStale({ ...facts, items: [one, two, three] }).actions)).toEqual(order)
  })

  test('is not touched by a look that only decides', () => {
    expect(plan({ debug_only: true }).stopped).toContain('debug_only')
    expect(plan({}).stopped).toBeNull()
  })
})

test.each<[string, StaleItem, string | null]>([
  ['what is to be taken off', makeStale([labeled(2), said(1)]), 'unstale'],
  ['what was put on by hand', makeStale([labeled(1, { by: 'ann' })]), 'warn'],
  ['what becomes stale', makeItem(), null],
  ['what is closed', makeStale([labeled(9)]), null],
  ['nothing', makeItem([said(1)]), null],
])('what cannot wait for the next sweep: %s', (_, item, expected) => {
  expect(reactionOf(decide(item))?.do.join() ?? null).toBe(expected)
})

test.each<[string, object, object]>([
  ['by default', {}, { reactions: false, mentions: false, paths: false }],
  ['reactions', { count_reactions: true }, { reactions: true, mentions: false, paths: false }],
  ['mentions', { count_mentions: true }, { reactions: false, mentions: true, paths: false }],
  ['paths of a rule', { rules: [{ name: 'a', paths: ['a/*'] }] }, { reactions: false, mentions: false, paths: true }],
])('what is read: %s', (_, options, expected) => {
  expect(depthFor(makeConfig(options))).toMatchObject(expected)
})

const DOCS = {
  days_before_stale: 60,
  rules: [
    { name: 'bug', labels: 'bug', days_before_stale: -1 },
    { name: 'docs', paths: ['docs/**'], days_before_stale: 30, stale_pr_label: 'quiet' },
  ],
}
const pull = (days: number, more: Partial<StaleItem> = {}) =>
  makeItem([], { kind: 'pull_request', createdAt: ago(days), ...more })

test.each<[string, StaleItem, boolean, string]>([
  ['old enough for one of the rules', pull(31), true, 'it is too young for any rule that may be about it'],
  ['too young for all', pull(30), false, 'it is too young for any rule that may be about it'],
  ['stale by one of them', pull(5, { labels: ['Quiet'] }), true, 'it is too young for any rule that may be about it'],
  ['locked', pull(90, { locked: true }), false, 'it is locked'],
  [
    'a rule before is about it',
    pull(90, { labels: ['bug'] }),
    false,
    'last active 90 days ago; it never becomes stale',
  ],
  ['its files are known', pull(31, { paths: ['docs/a.md'] }), false, 'last active 31 days ago'],
  ['an issue', pull(31, { kind: 'issue' }), false, 'last active 31 days ago; it becomes stale after 60 days'],
])('whether the files of a pull request have to be read: %s', (_, item, expected, reason) => {
  expect(needsFiles(item, makeConfig(DOCS), NOW)).toBe(expected)
  expect(decide(item, DOCS).reason).toBe(reason)
})

describe('the label of what was closed, on what is open', () => {
  const options = { activity: 'any', close_issue_label: 'shut' }
  const shut = { labels: ['Shut'], updatedAt: ago(1) }
  test.each<[string, StaleItem, string, object?]>([
    ['goes', makeItem([], shut), 'unclose'],
    ['goes also where something keeps it open', makeItem([], shut), 'unclose', { exempt_labels: 'shut' }],
    ['goes with becoming stale', makeItem([], { labels: ['shut'] }), 'mark'],
    ['stays until it is closed', makeStale([labeled(9)], { labels: ['Stale', 'shut'], updatedAt: ago(9) }), 'close'],
    ['stays on what is locked', makeItem([], { ...shut, locked: true }), ''],
    ['stays on what is closed', makeItem([], { ...shut, state: 'closed' }), ''],
    ['stays on what the options are not about', makeItem([], shut), '', { only_labels: 'bug' }],
    ['stays where people count', makeItem([said(1)], shut), '', { activity: 'human' }],
  ])('%s', (_, item, expected, more = {}) => {
    const { do: doing, steps } = decide(item, { ...options, ...more })
    expect(doing.join()).toBe(expected)
    const removes = steps.some((step) => step.kind === 'remove_labels' && step.labels.includes('shut'))
    expect(removes).toBe(['unclose', 'mark'].includes(expected))
  })
})

test.each<[string, StaleItem, boolean]>([
  ['old, and nobody said anything that was read', makeItem([bot(60)]), true],
  ['too new to be stale', makeItem([bot(1)], { createdAt: ago(9) }), false],
  ['a word was read', makeItem([said(60), bot(40)]), false],
  ['exempt', makeItem([bot(60)], { labels: ['keep'] }), false],
  ['stale, and no word was read', makeStale([labeled(3)]), true],
])('whether more has to be read for the last word: %s', (_, item, expected) => {
  const config = makeConfig({ only_waiting_for: 'author' })
  expect(needsDeeper({ ...item, activityIsWhole: false }, config, NOW)).toBe(expected)
})

// ── Again and again ───────────────────────────────────────────────────────────────────────────────────────────────

/** One step, as GitHub has the item afterwards. */
function applyStep(item: StaleItem, step: StaleStep, at: Date): StaleItem {
  const done = (entries: StaleActivity[], more: Partial<StaleItem> = {}): StaleItem => ({
    ...item,
    updatedAt: at,
    ...more,
    activity: [...item.activity, ...entries],
  })
  switch (step.kind) {
    case 'comment':
      return done([act(at, 'comment', { ...OURS, body: step.body })])
    case 'add_labels':
      return done(
        step.labels.map((label) => act(at, 'labeled', { ...OURS, label })),
        { labels: [...item.labels, ...step.labels] },
      )
    case 'remove_labels': {
      const removed = new Set(step.labels.map((label) => label.toLowerCase()))
      return done(
        step.labels.map((label) => act(at, 'unlabeled', { ...OURS, label })),
        { labels: item.labels.filter((label) => !removed.has(label.toLowerCase())) },
      )
    }
    case 'close':
      return done([act(at, 'closed', OURS)], { state: 'closed' })
    case 'delete_branch':
      return item
  }
}

/** What a person or a bot does meanwhile. */
function disturb(random: Random, item: StaleItem, at: Date): StaleItem {
  const kind = random.pick(['comment', 'commit', 'labeled', 'reaction', 'bot', 'unlabeled'] as const)
  const isStale = item.labels.includes('Stale')
  const entry =
    kind === 'bot'
      ? act(at, 'comment', { by: 'renovate', bot: true, body: 'Bump' })
      : act(at, kind, { body: kind === 'comment' ? 'Words' : null, label: kind === 'unlabeled' ? 'Stale' : 'bug' })
  if (kind === 'unlabeled' && !isStale) return item
  const labels = kind === 'unlabeled' ? item.labels.filter((label) => label !== 'Stale') : item.labels
  return { ...item, labels, updatedAt: kind === 'reaction' ? item.updatedAt : at, activity: [...item.activity, entry] }
}

const isNews = ({ own, kind, bot: isBot }: StaleActivity, activity: string) =>
  !own && (activity === 'any' ? kind !== 'reaction' : !isBot && kind !== 'reaction')

describe.each(['human', 'any'])('with `activity: %s`', (activity) => {
  test.each(Array.from({ length: 60 }, (_, index) => index + 1))('stopped anywhere, seed %i', (seed) => {
    const random = makeRandom(seed)
    const options = {
      activity,
      close_issue_label: 'shut',
      labels_to_remove_when_stale: 'active',
      labels_to_add_when_unstale: 'active',
    }
    let item = makeItem([said(random.between(20, 60))], { labels: random.pick([[], ['active']]) })
    let now = NOW
    for (let look = 0; look < 60 && item.state === 'open'; look++) {
      now = new Date(now.getTime() + random.pick([60_000, DAY / 2, 3 * DAY]))
      if (random.chance(0.1)) item = disturb(random, item, new Date(now.getTime() - 30_000))
      const { steps } = decide(item, options, now)
      for (const step of steps.slice(0, random.between(0, steps.length))) {
        item = applyStep(item, step, now)
        now = new Date(now.getTime() + 1000)
      }
    }
    // Undisturbed, it comes to rest: everything is done, and nothing is left to do.
    for (let look = 0; look < 20 && item.state === 'open'; look++) {
      now = new Date(now.getTime() + 31 * DAY)
      for (const step of decide(item, options, now).steps) {
        item = applyStep(item, step, now)
        now = new Date(now.getTime() + 1000)
      }
    }
    expect(item).toMatchObject({ state: 'closed', labels: expect.arrayContaining(['Stale', 'shut']) })
    expect(decide(item, options, now).steps).toEqual([])
    expectNothingSaidTwice(item.activity, activity)
  })
})

/** Between two comments of ours of one kind somebody did something, or the label went. */
function expectNothingSaidTwice(entries: readonly StaleActivity[], activity: string): void {
  for (const marker of ['mark', 'close']) {
    const places = entries.flatMap((one, index) =>
      one.own && one.body?.endsWith(`<!-- signalbox:stale ${marker} -->`) ? [index] : [],
    )
    for (const [nth, place] of places.entries()) {
      const next = places[nth + 1]
      if (next === undefined) continue
      const between = entries.slice(place + 1, next)
      expect(between.some((one) => isNews(one, activity))).toBe(true)
    }
  }
}
