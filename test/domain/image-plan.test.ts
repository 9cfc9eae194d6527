import { describe, expect, test } from 'vitest'
import {
  fitPlan,
  formatImagePlan,
  MAX_HANDED_PLAN,
  MAX_PLAN_AGE_MS,
  makeImagePlan,
  planDrift,
  planExpiry,
  readImagePlan,
} from '../../src/domain/image-plan.ts'
import { NOW } from '../support/facts.ts'
import { digestOf } from '../support/image-facts.ts'

const PLAN = makeImagePlan({
  sweep: '7',
  repository: 'ghcr.io/acme/app',
  decidedAt: NOW,
  actions: [
    { digest: digestOf('a'), tags: ['pr-1', 'x'], keep: false, untag: [] },
    { digest: digestOf('b'), tags: [], keep: false, untag: [] },
    { digest: digestOf('c'), tags: ['pr-2', 'main'], keep: true, untag: ['pr-2'] },
  ],
})

/** The plan as it is written, with some of it changed. */
function written(changes: Record<string, unknown>): string {
  return JSON.stringify({ ...JSON.parse(formatImagePlan(PLAN)), ...changes })
}

test('a plan is short, and read as it was made', () => {
  expect(formatImagePlan(PLAN)).toBe(
    `{"version":1,"sweep":"7","repository":"ghcr.io/acme/app","decided_at":"2026-03-01T12:00:00.000Z","actions":[` +
      `{"digest":"${digestOf('a')}","tags":["pr-1","x"]},{"digest":"${digestOf('b')}"},` +
      `{"digest":"${digestOf('c')}","tags":["pr-2","main"],"untag":["pr-2"]}]}`,
  )
  expect(readImagePlan(formatImagePlan(PLAN))).toEqual({ ok: true, plan: PLAN })
})

describe('what is no plan', () => {
  test.each<[string, string, RegExp]>([
    ['no JSON', '{"version":1,', /^is not JSON: it may have been cut off/],
    ['nothing', '', /^is not JSON/],
    ['a list', '[]', /^is none that Signalbox made: it: /],
    ['another version', written({ version: 2 }), /: version: /],
    ['no sweep', written({ sweep: '' }), /: sweep: /],
    ['a repository with a tag', written({ repository: 'ghcr.io/acme/app:1' }), /: repository: is no registry and path/],
    ['a repository that is none', written({ repository: 'https://x/' }), /: repository: /],
    ['no time', written({ decided_at: 'yesterday' }), /: decided_at: /],
    ['no digest', written({ actions: [{ digest: 'sha256:a' }] }), /: actions\.0\.digest: is no digest/],
    ['no tag', written({ actions: [{ digest: digestOf('a'), tags: ['-x'] }] }), /: actions\.0\.tags\.0: is no tag/],
    ['no tags to take away', written({ actions: [{ digest: digestOf('a'), tags: ['x'], untag: [] }] }), /untag/],
    [
      'a tag that it did not have',
      written({ actions: [{ digest: digestOf('a'), tags: ['x'], untag: ['y'] }] }),
      /: actions\.0\.untag: has a tag that the version did not have/,
    ],
    ['too long a text', ' '.repeat(10_000_001), /^has 10000001 characters; a plan may have 10000000$/],
  ])('%s', (_, text, reason) => {
    const read = readImagePlan(text)
    expect(read).toMatchObject({ ok: false })
    expect(read.ok ? '' : read.reason).toMatch(reason)
  })
})

describe('as much of a plan as fits', () => {
  const many = { ...PLAN, actions: Array.from({ length: 2000 }, () => PLAN.actions).flat() }

  test('is its beginning, to the last character', () => {
    const whole = formatImagePlan(PLAN).length
    expect(fitPlan(PLAN, whole)).toEqual(PLAN)
    expect(fitPlan(PLAN, whole - 1).actions).toEqual(PLAN.actions.slice(0, 2))
    expect(fitPlan(PLAN, 10).actions).toEqual([])
  })

  test('is what one input of a workflow can hold', () => {
    const { actions } = fitPlan(many)
    expect(formatImagePlan({ ...many, actions }).length).toBeLessThanOrEqual(MAX_HANDED_PLAN)
    const more = many.actions.slice(0, actions.length + 1)
    expect(formatImagePlan({ ...many, actions: more }).length).toBeGreaterThan(MAX_HANDED_PLAN)
  })
})

describe('what changed since', () => {
  const deletes = { digest: digestOf('a'), tags: ['x', 'y'], untag: null }
  const untags = { ...deletes, untag: ['x'] }
  const now = (tags: readonly string[], createdAt = NOW, digest = digestOf('a')) => ({ digest, tags, createdAt })
  const after = new Date(NOW.getTime() + 1)
  test.each<[string, string | null, string | null]>([
    ['nothing', planDrift(deletes, now(['y', 'x']), NOW), null],
    ['a new tag', planDrift(deletes, now(['x', 'y', 'z'])), 'it has the tag z by now'],
    ['a lost tag', planDrift(deletes, now(['x'])), 'it has not the tag y any more'],
    ['a tag that goes is gone already', planDrift(untags, now(['y'])), null],
    ['a tag that stays is gone', planDrift(untags, now(['x'])), 'it has not the tag y any more'],
    [
      'made after it was decided',
      planDrift(deletes, now(['x', 'y'], after), NOW),
      `it was made ${after.toISOString()}, after it was decided`,
    ],
    ['decided a moment ago', planDrift(deletes, now(['x', 'y'], after)), null],
    ['another digest', planDrift(deletes, now(['x', 'y'], NOW, digestOf('b'))), `it is ${digestOf('b')} by now`],
  ])('%s', (_, drift, expected) => {
    expect(drift).toBe(expected)
  })
})

test('an old plan says nothing any more', () => {
  const at = (ms: number) => planExpiry(PLAN, new Date(NOW.getTime() + ms))
  expect([at(-1), at(0), at(MAX_PLAN_AGE_MS)]).toEqual([null, null, null])
  expect(at(MAX_PLAN_AGE_MS + 1)).toBe(
    'was decided 2026-03-01T12:00:00.000Z, more than 24 hours ago; run the sweep once more',
  )
})
