import { expect, test } from 'vitest'
import type { CancelReason } from '../../src/domain/run.ts'
import { count, describeCancel, describeConclusion, formatDuration, shortSha } from '../../src/domain/wording.ts'
import { NEWER_SHA } from '../support/facts.ts'

test.each<[CancelReason, string]>([
  [{ kind: 'superseded', newerSha: NEWER_SHA }, 'superseded by the newer commit bbbbbbb'],
  [{ kind: 'base_changed', baseRef: 'dev' }, 'the pull request now goes into dev'],
  [{ kind: 'closed' }, 'the pull request was closed'],
  [{ kind: 'requested', by: 'ann' }, 'ann asked for it'],
  [{ kind: 'group_destroyed' }, 'the merge queue gave the group up'],
  [{ kind: 'replanned' }, 'the configuration is good again, and the commit was planned anew'],
])('the reason %o', (reason, words) => {
  expect(describeCancel(reason)).toBe(words)
})

test.each([
  ['success', 'passed'],
  ['failure', 'failed'],
  ['cancelled', 'was cancelled'],
  ['timed_out', 'timed out'],
  ['skipped', 'was skipped'],
  ['neutral', 'ended as neutral'],
  ['', 'ended as '],
])('the conclusion %j', (conclusion, words) => {
  expect(describeConclusion(conclusion)).toBe(words)
})

test.each([
  [-5, '0 ms'],
  [0, '0 ms'],
  [850, '850 ms'],
  [999.4, '999 ms'],
  [1000, '1 s'],
  [42_400, '42 s'],
  [59_499, '59 s'],
  [59_500, '1 min 00 s'],
  [185_000, '3 min 05 s'],
  [3_599_400, '59 min 59 s'],
  [3_599_500, '1 h 00 min'],
  [3_720_000, '1 h 02 min'],
  [90_000_000, '25 h 00 min'],
])('%d milliseconds', (ms, words) => {
  expect(formatDuration(ms)).toBe(words)
})

test('counts and commits', () => {
  expect([count(0, 'leg'), count(1, 'leg'), count(2, 'leg')]).toEqual(['0 legs', '1 leg', '2 legs'])
  expect([count(1, 'delivery', 'deliveries'), count(2, 'delivery', 'deliveries')]).toEqual([
    '1 delivery',
    '2 deliveries',
  ])
  expect([shortSha(NEWER_SHA), shortSha('abc')]).toEqual(['bbbbbbb', 'abc'])
})
