import { describe, expect, test } from 'vitest'
import { decideItem, decideStale, needsDeeper } from '../../src/domain/decide-stale.ts'
import type { StaleActivity, StaleDecision, StaleItem } from '../../src/domain/stale.ts'
import { freeze, NOW } from '../support/facts.ts'
import { ago, makeConfig, makeItem, makeStale, OURS } from '../support/stale-items.ts'

const SECOND = 1 / 86_400

type Did = Partial<StaleActivity> & Pick<StaleActivity, 'at' | 'kind'>
const act = (one: Did): StaleActivity => {
  const nobody = { by: 'rob', bot: false, own: false, body: null, label: null, association: null }
  return { ...nobody, ...one }
}
const said = (days: number, by = 'rob', more: Partial<StaleActivity> = {}) =>
  act({ at: ago(days), kind: 'comment', by, body: 'Words', association: 'NONE', ...more })
const labeled = (days: number, more: Partial<StaleActivity> = {}) =>
  act({ at: ago(days), kind: 'labeled', label: 'Stale', ...OURS, ...more })
const BY_HAND = { by: 'ann', bot: false, own: false }
const unlabeled = (days: number, by = 'ann') => act({ at: ago(days), kind: 'unlabeled', label: 'Stale', by })
const warned = (days: number) => said(days, 'signalbox', { ...OURS, body: 'Still?\n\n<!-- signalbox:stale mark -->' })
const farewell = (days: number) => said(days, 'signalbox', { ...OURS, body: 'Bye.\n\n<!-- signalbox:stale close -->' })

interface Facts {
  readonly options?: object
  readonly branchesInUse?: Readonly<Record<string, readonly number[]>>
  readonly protectedBranches?: readonly string[]
  readonly exempt?: readonly number[]
}

function decide(item: StaleItem, { options, branchesInUse = {}, ...facts }: Facts = {}): StaleDecision {
  const repository = {
    defaultBranch: 'main',
    protectedBranches: new Set(facts.protectedBranches),
    branchesInUse: new Map(Object.entries(branchesInUse)),
    exempt: new Set(facts.exempt),
  }
  return decideItem(freeze(item), { now: NOW, config: makeConfig(options), repository })
}

describe('what people do counts, what bots do does not', () => {
  test.each<[string, StaleItem, string, object?]>([
    ['quiet for just less than the time', makeItem([said(30 - SECOND)]), ''],
    ['quiet for exactly the time', makeItem([said(30)]), ''],
    ['quiet for just more than the time', makeItem([said(30 + SECOND)]), 'mark'],
    ['nothing ever happened', makeItem(), 'mark'],
    ['opened just now', makeItem([], { createdAt: NOW }), ''],
    ['opened in the future', makeItem([], { createdAt: ago(-3) }), ''],
    ['a comment of the future', makeItem([said(-3)]), ''],
    ['a commit of the far future', makeItem([act({ at: ago(-3650), kind: 'commit' })]), 'mark'],
    ['a commit of a clock that is fast', makeItem([act({ at: ago(-0.01), kind: 'commit' })]), ''],
    ['a bot’s comment', makeItem([said(1, 'renovate', { bot: true })]), 'mark'],
    ['a comment of a login with [bot]', makeItem([said(1, 'renovate[bot]')]), 'mark'],
    ['a comment of a user who counts as a bot', makeItem([said(1, 'Ci-User')]), 'mark', { bots: 'ci-user' }],
    ['a comment of ours', makeItem([said(1, 'signalbox', OURS)]), 'mark'],
    ['a comment of a deleted user', makeItem([act({ at: ago(1), kind: 'comment', by: null, body: '' })]), ''],
    ['GitHub says that it was updated', makeItem([], { updatedAt: ago(1) }), 'mark'],
    ['the same, where any update counts', makeItem([], { updatedAt: ago(1) }), '', { activity: 'any' }],
    ['where updates are ignored', makeItem([said(1)]), 'mark', { ignore_updates: true }],
    ['a commit', makeItem([act({ at: ago(1), kind: 'commit', by: null })]), ''],
    ['a label', makeItem([act({ at: ago(1), kind: 'labeled', label: 'bug' })]), ''],
    ['the stale label, taken off by hand', makeItem([warned(40), labeled(40), unlabeled(1)]), ''],
    ['a reaction', makeItem([act({ at: ago(1), kind: 'reaction' })]), 'mark'],
    ['a reaction that counts', makeItem([act({ at: ago(1), kind: 'reaction' })]), '', { count_reactions: true }],
    ['a mention', makeItem([act({ at: ago(1), kind: 'mentioned' })]), 'mark'],
    ['a mention that counts', makeItem([act({ at: ago(1), kind: 'mentioned' })]), '', { count_mentions: true }],
    ['never stale', makeItem(), '', { days_before_stale: -1 }],
  ])('%s', (_, item, expected, options = {}) => {
    expect(decide(item, { options }).do.join()).toBe(expected)
  })
})

describe('stale items', () => {
  const since = (days: number) => [warned(days), labeled(days)]
  test.each<[string, StaleItem, string, object?]>([
    ['quiet for exactly the time', makeStale(since(7)), ''],
    ['quiet for just more than the time', makeStale(since(7 + SECOND)), 'close'],
    ['never closed', makeStale(since(50)), '', { days_before_close: -1 }],
    ['a comment since', makeStale([...since(8), said(1)]), 'unstale'],
    ['a comment before', makeStale([said(9), ...since(8)]), 'close'],
    ['a comment in the second of the label, after it', makeStale([...since(8), said(8)]), 'unstale'],
    ['a comment in the second of the label, before it', makeStale([said(8), ...since(8)]), 'close'],
    ['a comment between our warning and our label', makeStale([warned(8), said(8), labeled(8)]), 'unstale'],
    [
      'a warning of an earlier time, which was answered',
      makeStale([warned(60), labeled(60), said(59), unlabeled(59, 'signalbox'), labeled(8)]),
      'close',
    ],
    ['a bot’s comment since', makeStale([...since(8), said(1, 'renovate', { bot: true })]), 'close'],
    ['a push since', makeStale([...since(8), act({ at: ago(1), kind: 'commit' })]), 'unstale'],
    ['a review since', makeStale([...since(8), act({ at: ago(1), kind: 'review' })]), 'unstale'],
    [
      'reopened since, even by a bot',
      makeStale([...since(8), act({ at: ago(1), kind: 'reopened', bot: true })]),
      'unstale',
    ],
    ['updates do not take it off', makeStale([...since(8), said(1)]), '', { remove_stale_when_updated: false }],
    ['the label by hand', makeStale([labeled(1, { ...OURS, by: 'ann', bot: false, own: false })]), 'warn'],
    ['the label by hand, warned', makeStale([labeled(1, { by: 'ann', bot: false, own: false }), warned(1)]), ''],
    [
      'the label by hand, where nothing is said',
      makeStale([labeled(1, { by: 'ann', bot: false, own: false })]),
      '',
      { stale_issue_message: '' },
    ],
    ['both in the future, since a clock went back', makeStale([warned(-1), labeled(-1), said(-2)]), 'unstale'],
    ['the label in the future, a comment before', makeStale([said(-1), warned(-2), labeled(-2)]), ''],
  ])('%s', (_, item, expected, options = {}) => {
    expect(decide(item, { options }).do.join()).toBe(expected)
  })
})

const comment = (body: string, what: string) => ({
  kind: 'comment',
  body: `${body}\n\n<!-- signalbox:stale ${what} -->`,
})
const close = { kind: 'close', reason: 'not_planned', duplicateOf: null }
const mark = [comment('Still?', 'mark'), { kind: 'add_labels', labels: ['Stale'] }]

describe('what was done by half is finished, and nothing is said twice', () => {
  test.each<[string, StaleItem, object[]]>([
    ['nothing yet', makeItem(), mark],
    ['warned, not labelled', makeItem([warned(1)]), mark.slice(1)],
    ['warned, and answered before it was labelled', makeItem([warned(1), said(0.5)]), []],
    ['a person’s comment that looks like ours', makeItem([{ ...warned(31), own: false, bot: false }]), mark],
    ['stale', makeStale([warned(8), labeled(8)]), [comment('Bye.', 'close'), close]],
    ['farewell was said, not closed', makeStale([warned(8), labeled(8), farewell(1)]), [close]],
    [
      'farewell of an earlier time',
      makeStale([warned(60), labeled(60), farewell(50), unlabeled(49), warned(8), labeled(8)]),
      [comment('Bye.', 'close'), close],
    ],
    [
      'farewell was said, and answered',
      makeStale([warned(8), labeled(8), farewell(1), said(0.5)]),
      [{ kind: 'remove_labels', labels: ['Stale'] }],
    ],
  ])('%s', (_, item, steps) => {
    expect(decide(item).steps).toEqual(steps)
  })
})

describe('what keeps an item open, whatever its age', () => {
  const pull = (more: Partial<StaleItem> = {}) => makeItem([], { kind: 'pull_request', ...more })
  const keep = (by: string, association: string) => said(90, by, { body: 'Important.\n/keep', association })
  test.each<[string, StaleItem, string, Facts?]>([
    ['closed', makeItem([], { state: 'closed' }), 'it is closed'],
    ['locked', makeItem([], { locked: true }), 'it is locked'],
    ['the issue of the reports', makeItem(), 'the reports of sweeps are in it', { exempt: [7] }],
    ['the label of /keep', makeItem([], { labels: ['Keep'] }), 'it has the label keep'],
    ['/keep of a member, whose label somebody took away', makeItem([keep('ann', 'MEMBER')]), ''],
    ['an author', makeItem(), 'its author rob is exempt', { options: { exempt_authors: 'ROB' } }],
    ['a label', makeItem([], { labels: ['Bug'] }), 'it has the label bug', { options: { exempt_labels: 'bug' } }],
    ['another kind’s label', makeItem([], { labels: ['bug'] }), '', { options: { exempt_pr_labels: 'bug' } }],
    ['without a label', makeItem(), 'it lacks the label bug', { options: { only_labels: 'bug' } }],
    [
      'a milestone',
      makeItem([], { milestone: 'v1' }),
      'its milestone v1 is exempt',
      { options: { exempt_milestones: ['V1'] } },
    ],
    ['assigned', makeItem([], { assignees: ['ann'] }), 'ann is assigned', { options: { exempt_all_assignees: true } }],
    ['a draft', pull({ draft: true }), 'it is a draft', { options: { exempt_draft_pr: true } }],
    ['no draft', pull(), '', { options: { exempt_draft_pr: true } }],
    ['opened at the date', makeItem(), 'it was opened before', { options: { start_date: ago(100).toISOString() } }],
    ['opened after the date', makeItem(), '', { options: { start_date: ago(101).toISOString() } }],
    [
      'another type',
      makeItem([], { type: 'Bug' }),
      'its type is none of Task',
      { options: { only_issue_types: 'Task' } },
    ],
    ['its type', makeItem([], { type: 'task' }), '', { options: { only_issue_types: 'Task' } }],
  ])('%s', (_, item, reason, facts = {}) => {
    const decision = decide(item, facts)
    expect(decision.do).toEqual(reason === '' ? ['mark'] : [])
    expect(decision.reason).toContain(reason)
  })
})

describe('waiting for the author', () => {
  const options = { only_waiting_for: 'author' }
  test.each<[string, StaleItem, string]>([
    ['nobody said anything', makeItem(), ''],
    ['the author’s is the last word', makeItem([said(50, 'ann', { association: 'MEMBER' }), said(40)]), ''],
    ['a maintainer’s is', makeItem([said(50), said(40, 'ann', { association: 'MEMBER' })]), 'mark'],
    ['a stranger’s is', makeItem([said(50, 'ann', { association: 'OWNER' }), said(40, 'eve')]), ''],
    ['the label was put on by hand', makeStale([said(50), labeled(1, BY_HAND)]), 'warn'],
    ['the same, and nobody ever said anything', makeStale([labeled(1, BY_HAND)]), 'warn'],
    ['the same, a week ago', makeStale([said(50), warned(8), labeled(8, BY_HAND)]), 'close'],
    ['the author answers to it', makeStale([labeled(8, BY_HAND), said(1)]), 'unstale'],
    ['it was put on by a bot', makeStale([said(50), labeled(1, { by: 'stale', own: false })]), 'unstale'],
    ['it was put on by hand, and taken away', makeItem([said(60), labeled(50, BY_HAND), unlabeled(40)]), ''],
    [
      'the author answers',
      makeStale([said(40, 'ann', { association: 'OWNER' }), warned(8), labeled(8), said(1)]),
      'unstale',
    ],
  ])('%s', (_, item, expected) => {
    expect(decide(item, { options }).do.join()).toBe(expected)
  })
})

describe('a branch goes with its pull request only if nothing else needs it', () => {
  const head = { ref: 'topic', sha: 'a'.repeat(40), sameRepository: true }
  test.each<[string, Partial<StaleItem>, Facts, boolean]>([
    ['of its own', {}, {}, true],
    ['not wanted', {}, { options: { delete_branch: false } }, false],
    ['of a fork', { head: { ...head, sameRepository: false } }, {}, false],
    ['the default one', { head: { ...head, ref: 'main' } }, {}, false],
    ['protected', {}, { protectedBranches: ['topic'] }, false],
    ['of another pull request, too', {}, { branchesInUse: { topic: [7, 8] } }, false],
    ['of this one alone', {}, { branchesInUse: { topic: [7] } }, true],
    ['not known', { head: null }, {}, false],
  ])('%s', (_, item, { options = { delete_branch: true }, ...facts }, isDeleted) => {
    const stale = makeStale([warned(8), labeled(8)], { kind: 'pull_request', head, ...item })
    const last = decide(stale, { options, ...facts }).steps.at(-1)
    expect(last).toEqual(isDeleted ? { kind: 'delete_branch', ref: 'topic', sha: head.sha } : close)
  })
})

test.each<[string, StaleActivity[], Partial<StaleItem>, boolean]>([
  ['closed by us', [closedBy(OURS)], {}, true],
  ['closed by a person', [closedBy({})], {}, false],
  ['closed by us, later by a person', [closedBy(OURS), closedBy({})], {}, false],
  ['closed by us and reopened', [closedBy(OURS), act({ at: ago(0.5), kind: 'reopened' })], { state: 'open' }, false],
  ['an issue', [closedBy(OURS)], { kind: 'issue' }, false],
])('a branch whose pull request is closed already: %s', (_, activity, item, isDeleted) => {
  const head = { ref: 'topic', sha: 'a'.repeat(40), sameRepository: true }
  const closed = makeStale([warned(8), labeled(8), ...activity], {
    kind: 'pull_request',
    state: 'closed',
    head,
    ...item,
  })
  const { steps } = decide(closed, { options: { delete_branch: true } })
  expect(steps.some(({ kind }) => kind === 'delete_branch')).toBe(isDeleted)
  expect(steps.some(({ kind }) => kind === 'close' || kind === 'comment')).toBe(false)
})

function closedBy(who: Partial<StaleActivity>): StaleActivity {
  return act({ at: ago(1), kind: 'closed', ...who })
}

test.each<[string, StaleActivity[], object]>([
  [
    'as a maintainer said',
    [said(20, 'ann', { body: 'Duplicate of #3', association: 'MEMBER' })],
    { reason: 'duplicate', duplicateOf: 3 },
  ],
  [
    'not as anybody else said',
    [said(20, 'eve', { body: 'Duplicate of #3' })],
    { reason: 'not_planned', duplicateOf: null },
  ],
  [
    'not of itself',
    [said(20, 'ann', { body: 'Duplicate of #7', association: 'MEMBER' })],
    { reason: 'not_planned', duplicateOf: null },
  ],
])('closed as a duplicate %s', (_, words, expected) => {
  const item = makeStale([...words, warned(8), labeled(8)])
  const options = { close_issue_reason: 'duplicate' }
  expect(decide(item, { options }).steps.at(-1)).toEqual({ kind: 'close', ...expected })
})

test.each<[string, Partial<StaleItem>, string | null]>([
  ['by label', { labels: ['Question'] }, 'questions'],
  ['by path', { kind: 'pull_request', paths: ['docs/a.md'] }, 'documents'],
  ['by both, the first', { kind: 'pull_request', paths: ['docs/a.md'], labels: ['question'] }, 'questions'],
  ['an issue is about no path', { kind: 'issue', paths: null }, null],
])('rules %s', (_, item, rule) => {
  const rules = [
    { name: 'questions', labels: 'question', days_before_stale: 3 },
    { name: 'documents', paths: ['docs/**'], days_before_stale: 300 },
  ]
  const decision = decide(makeItem([said(5)], item), { options: { rules } })
  expect([decision.rule, decision.do.join()]).toEqual([rule, rule === 'questions' ? 'mark' : ''])
})

test.each<[string, object, number[], number[]]>([
  ['oldest first', {}, [2, 3], [1]],
  ['newest first', { ascending: false }, [1, 3], [2]],
  ['what is too much ends it', { operations_per_run: 1 }, [], [2, 3, 1]],
])('a budget: %s', (_, options, done, left) => {
  const items = [40, 60, 50].map((days, index) => makeItem([said(days)], { number: index + 1 }))
  const config = makeConfig({ operations_per_run: 5, ...options })
  const repository = {
    defaultBranch: 'main',
    protectedBranches: new Set<string>(),
    branchesInUse: new Map(),
    exempt: new Set<number>(),
  }
  const plan = decideStale({ now: NOW, config, items, repository, spent: 0 })
  const subjects = [plan.actions, plan.left].map((list) => list.map(({ subject }) => subject))
  expect(subjects).toEqual([done, left].map((list) => list.map((number) => `#${number}`)))
  expect(plan.decisions).toHaveLength(3)
})

test.each<[string, StaleItem, boolean]>([
  ['only bots are seen, back to before the limit', makeItem([said(31, 'b[bot]'), said(1, 'b[bot]')]), false],
  ['only bots are seen', makeItem([said(29, 'b[bot]'), said(1, 'b[bot]')]), true],
  ['a person is seen', makeItem([said(29), said(1, 'b[bot]')]), false],
  ['nothing happened for long', makeItem([said(31, 'b[bot]')]), false],
  ['stale, since when is not seen', makeStale([said(1, 'b[bot]')]), true],
  ['stale, since when is seen', makeStale([labeled(2), said(1, 'b[bot]')]), false],
  ['locked', makeItem([said(29, 'b[bot]')], { locked: true }), false],
])('whether more has to be read: %s', (_, item, expected) => {
  expect(needsDeeper({ ...item, activityIsWhole: false }, makeConfig(), NOW)).toBe(expected)
  expect(needsDeeper(item, makeConfig(), NOW)).toBe(false)
})
