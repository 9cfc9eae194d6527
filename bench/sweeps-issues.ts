/**
 * The issues that `sweeps.ts` has swept, and what is to become of each. Of 200 there are 30 that are stale: 18 wait, 8 are due to be
 * closed, 4 were answered. 8 more have become stale, 6 of them are as busy as only bots are, and 6 are exempt.
 */
import { parseStaleConfig } from '../src/domain/config/parse-stale.ts'
import { withMarker } from '../src/domain/stale/markers.ts'
import type { StaleConfig } from '../src/domain/stale.ts'
import type { NewIssue } from '../src/sandbox/issues.ts'

const DAY = 86_400_000
const WARNING = 'Is this still true? It is closed in a week unless somebody answers.'
const FAREWELL = 'Nobody answered.'
export const STALE_LABEL = 'Stale'
export const CLOSE_LABEL = 'abandoned'
const OURS = 'signalbox[bot]'
const OTHER_BOT = 'renovate[bot]'
/** More than a first look at a timeline reads. */
const MANY = 20

export type IssueKind = 'fresh' | 'exempt' | 'waiting' | 'buried' | 'due' | 'answered' | 'quiet' | 'noisy' | 'muttering'

/** How many of 200; the rest are fresh. */
const SHARES: readonly (readonly [IssueKind, number])[] = [
  ['waiting', 17],
  /** Waiting, and bots said so much since that the label is not among what is read first. */
  ['buried', 1],
  ['due', 8],
  ['answered', 4],
  ['quiet', 6],
  /** People were there not long ago, and bots very often since. */
  ['noisy', 4],
  /** Only bots are there any more. */
  ['muttering', 2],
  ['exempt', 6],
]
const KINDS = SHARES.flatMap(([kind, count]) => Array.from({ length: count }, () => kind))
const CYCLE = 200

/** @param number from 1. */
export function kindOf(number: number): IssueKind {
  // Kinds lie apart, so that no page of a list is all of one kind. 77 and 200 have no divisor in common.
  return KINDS[((number - 1) * 77) % CYCLE] ?? 'fresh'
}

/** What a sweep does about it. */
export const DOINGS: Readonly<Record<IssueKind, '' | 'mark' | 'unstale' | 'close'>> = {
  fresh: '',
  exempt: '',
  noisy: '',
  waiting: '',
  buried: '',
  due: 'close',
  answered: 'unstale',
  quiet: 'mark',
  muttering: 'mark',
}

/** Whether it has the label before the sweep. */
export function isStale(kind: IssueKind): boolean {
  return kind === 'waiting' || kind === 'buried' || kind === 'due' || kind === 'answered'
}

/** The section `stale` of the configuration. */
export const STALE_OPTIONS = {
  days_before_stale: 30,
  days_before_close: 7,
  stale_issue_label: STALE_LABEL,
  stale_issue_message: WARNING,
  close_issue_message: FAREWELL,
  close_issue_label: CLOSE_LABEL,
  exempt_issue_labels: ['roadmap'],
  operations_per_run: 100_000,
}

export function makeSweepConfig(): StaleConfig {
  const parsed = parseStaleConfig(STALE_OPTIONS)
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'))
  return parsed.config
}

export function makeIssues(count: number, now: Date): NewIssue[] {
  return Array.from({ length: count }, (_, index) => makeIssue(index + 1, now.getTime()))
}

interface Said {
  readonly by: string
  readonly days: number
  readonly body: string
}

function makeIssue(number: number, now: number): NewIssue {
  const kind = kindOf(number)
  const at = (days: number) => new Date(now - days * DAY)
  const people = talkOf(number, lastWordOf(kind))
  const label = labelDaysOf(kind)
  const said: Said[] = [...people, ...warningOf(label), ...answerOf(kind), ...mutterOf(number, kind)]
  return {
    title: `Something is wrong in part ${number}`,
    body: wordsOf(number, 900),
    author: personOf(number),
    labels: kind === 'exempt' ? ['roadmap', 'bug'] : ['bug'],
    at: at(100),
    comments: said.map(({ by, days, body }) => ({ by, body, at: at(days) })),
    labelled: label === null ? [] : [{ label: STALE_LABEL, by: OURS, at: at(label) }],
  }
}

/** Days ago. */
function lastWordOf(kind: IssueKind): number {
  switch (kind) {
    case 'fresh':
      return 3
    case 'noisy':
      return 25
    default:
      return 60
  }
}

function labelDaysOf(kind: IssueKind): number | null {
  if (!isStale(kind)) return null
  return kind === 'due' ? 10 : 4
}

/** From none to eight comments, and then one. */
function talkOf(number: number, lastDays: number): Said[] {
  const more = Array.from({ length: number % 9 }, (_, index) => ({
    by: personOf(number + index),
    days: lastDays + (9 - index),
    body: wordsOf(number + index, 40 + ((number * 31 + index * 397) % 1_200)),
  }))
  return [...more, { by: personOf(number + 5), days: lastDays, body: wordsOf(number, 200) }]
}

function warningOf(days: number | null): Said[] {
  return days === null ? [] : [{ by: OURS, days, body: withMarker(WARNING, 'mark') }]
}

function answerOf(kind: IssueKind): Said[] {
  return kind === 'answered' ? [{ by: 'ann', days: 1, body: 'It is.' }] : []
}

function mutterOf(number: number, kind: IssueKind): Said[] {
  if (kind !== 'buried' && kind !== 'noisy' && kind !== 'muttering') return []
  const first = kind === 'buried' ? 3 : 20
  return Array.from({ length: MANY }, (_, index) => ({
    by: OTHER_BOT,
    days: first - (index * first) / MANY,
    body: wordsOf(number, 300),
  }))
}

function personOf(number: number): string {
  return `user-${(number * 7) % 500}`
}

const WORDS =
  'the server answers late when a second request comes while its cache is being filled and nobody waits'.split(' ')

function wordsOf(seed: number, length: number): string {
  let text = ''
  for (let at = seed; text.length < length; at += 1 + (at % 5)) text += `${WORDS[at % WORDS.length]} `
  return text.slice(0, length).trimEnd()
}
