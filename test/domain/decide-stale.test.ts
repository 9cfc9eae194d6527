import { describe, expect, test } from 'vitest'
import { parseStaleConfig } from '../../src/domain/config/parse-stale.ts'
import { decideItem, decideStale, needsDeeper } from '../../src/domain/decide-stale.ts'
import type { StaleActivity, StaleConfig, StaleDecision, StaleItem } from '../../src/domain/stale.ts'
import { freeze, NOW } from '../support/facts.ts'

const DAY = 86_400_000
const SECOND = 1 / 86_400
const ago = (days: number) => new Date(NOW.getTime() - Math.round(days * DAY))

function makeConfig(options: object = {}): StaleConfig {
  const basis = {
    days_before_stale: 30,
    days_before_close: 7,
    stale_issue_message: 'Still?',
    close_issue_message: 'Bye.',
  }
  const parsed = parseStaleConfig({ ...basis, ...options })
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'))
  return parsed.config
}

type Did = Partial<StaleActivity> & Pick<StaleActivity, 'at' | 'kind'>
const act = (one: Did): StaleActivity => {
  const nobody = { by: 'rob', bot: false, own: false, body: null, label: null, association: null }
  return { ...nobody, ...one }
}
const said = (days: number, by = 'rob', more: Partial<StaleActivity> = {}) =>
  act({ at: ago(days), kind: 'comment', by, body: 'Words', association: 'NONE', ...more })
const OURS = { by: 'signalbox', bot: true, own: true }
const labeled = (days: number, more: Partial<StaleActivity> = {}) =>
  act({ at: ago(days), kind: 'labeled', label: 'Stale', ...OURS, ...more })
const unlabeled = (days: number, by = 'ann') => act({ at: ago(days), kind: 'unlabeled', label: 'Stale', by })
const warned = (days: number) => said(days, 'signalbox', { ...OURS, body: 'Still?\n\n<!-- signalbox:stale mark -->' })
const farewell = (days: number) => said(days, 'signalbox', { ...OURS, body: 'Bye.\n\n<!-- signalbox:stale close -->' })

/** Opened 100 days ago by rob; what happened, oldest first. */
function makeItem(activity: readonly StaleActivity[] = [], item: Partial<StaleItem> = {}): StaleItem {
  return {
    number: 7,
    kind: 'issue',
    nodeId: 'I_7',
    title: 'Old',
    state: 'open',
    createdAt: ago(100),
    updatedAt: activity.at(-1)?.at ?? ago(100),
    draft: false,
    locked: false,
    labels: [],
    milestone: null,
    assignees: [],
    type: null,
    author: 'rob',
    authorBot: false,
    comments: 0,
    staleLabeledAt: null,
    activity,
    activityIsWhole: true,
    paths: null,
    head: null,
    ...item,
  }
}
const makeStale = (activity: readonly StaleActivity[], item: Partial<StaleItem> = {}) =>
  makeItem(activity, { labels: ['Stale'], ...item })

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
    [
      'both in the future: a clock went back',
      makeStale([said(-1), warned(-2), labeled(-2)].toSorted(byTime)),
      'unstale',
    ],
    ['the label in the future, a comment before', makeStale([said(-1), warned(-2), labeled(-2)]), ''],
  ])('%s', (_, item, expected, options = {}) => {
    expect(decide(item, { options }).do.join()).toBe(expected)
  })
})

function byTime(one: StaleActivity, other: StaleActivity): number {
  return one.at.getTime() - other.at.getTime()
}
