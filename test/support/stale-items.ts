/** Stale items and the rules that they are judged by. Times are counted in days before `NOW`. */
import { parseStaleConfig } from '../../src/domain/config/parse-stale.ts'
import type { StaleActivity, StaleConfig, StaleItem } from '../../src/domain/stale.ts'
import { NOW } from './facts.ts'

export const DAY = 86_400_000
export const ago = (days: number) => new Date(NOW.getTime() - Math.round(days * DAY))

/** Who we are in a timeline. */
export const OURS = { by: 'signalbox', bot: true, own: true }

export function makeConfig(options: object = {}): StaleConfig {
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

/** Opened 100 days ago by rob; what happened, oldest first. */
export function makeItem(activity: readonly StaleActivity[] = [], item: Partial<StaleItem> = {}): StaleItem {
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

export const makeStale = (activity: readonly StaleActivity[], item: Partial<StaleItem> = {}) =>
  makeItem(activity, { labels: ['Stale'], ...item })
