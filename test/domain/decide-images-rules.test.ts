import { describe, expect, test } from 'vitest'
import { decideImages } from '../../src/domain/decide-images.ts'
import type { ImageRetentionConfig, ImageRetentionFacts, ImageRule } from '../../src/domain/image-retention.ts'
import { DAY_MS, daysAgo, digestOf, makeImageConfig, makeImageFacts, makeVersion } from '../support/image-facts.ts'

const SHA = 'abcdef0123456789abcdef0123456789abcdef01'
const OPEN_SHA = '1234567aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'

/** One version for each tag, `tag` or `tag@days`. */
function decideTags(
  tags: readonly string[],
  rules: readonly Partial<ImageRule>[],
  facts: Partial<ImageRetentionFacts> = {},
  config: Partial<ImageRetentionConfig> = {},
) {
  const versions = tags.map((text) => {
    const [tag = '', age = '100'] = text.split('@')
    return makeVersion(tag, { tags: [tag], age: Number(age) })
  })
  return decideImages(makeImageFacts(versions, facts), makeImageConfig(rules, config), 0)
}

/** The tags that go. */
function gone(...args: Parameters<typeof decideTags>): string[] {
  return decideTags(...args).decisions.flatMap(({ keep, tags }) => (keep ? [] : tags))
}

describe('which rule decides', () => {
  test.each<[string, string[], Partial<ImageRule>[], string[]]>([
    ['no rules', ['a', 'b'], [], []],
    ['globs', ['tmp-1', 'tmp-', 'tmp', 'xtmp-1'], [{ tags: ['tmp-*'], keepLatest: 0 }], ['tmp-1', 'tmp-']],
    ['a glob with an end', ['a-rc', 'a-rc2', '-rc'], [{ tags: ['*-rc'], keepLatest: 0 }], ['a-rc', '-rc']],
    ['a glob with both', ['ab', 'aab', 'a', 'axb', 'axbc'], [{ tags: ['a*ab'], keepLatest: 0 }], ['aab']],
    ['a glob of shapes', ['v1', 'v12', 'vx'], [{ tags: ['v[0-9]'], keepLatest: 0 }], ['v1']],
    ['a glob that takes away', ['a1', 'a2'], [{ tags: ['a*', '!a2'], keepLatest: 0 }], ['a1']],
    ['a name is no glob', ['a.b', 'axb'], [{ tags: ['a.b'], keepLatest: 0 }], ['a.b']],
    ['no globs: every tag', ['a', 'latest'], [{ keepLatest: 0 }], ['a', 'latest']],
    ['the first that matches', ['a-1'], [{ tags: ['a-*'], olderThanMs: 1000 * DAY_MS }, { keepLatest: 0 }], []],
    ['the second, where the first does not', ['b-1'], [{ tags: ['a-*'], keepLatest: 9 }, { keepLatest: 0 }], ['b-1']],
    ['globs without a criterion are about no tag', ['a'], [{ tags: ['a'] }], []],
    ['rules on untagged versions are about no tag', ['a'], [{ untagged: true, olderThanMs: 0 }], []],
    ['unless they have globs', ['a', 'b'], [{ untagged: true, tags: ['a'], olderThanMs: 0 }], ['a']],
    [
      'an unknown commit is left to the next rule',
      ['deadbee'],
      [{ pullRequests: 'closed' }, { keepLatest: 0 }],
      ['deadbee'],
    ],
  ])('%s', (_, tags, rules, expected) => {
    expect(gone(tags, rules)).toEqual(expected)
  })

  test('`keep` wins over every rule, and takes no place of the newest', () => {
    const rules = [{ keepLatest: 1 }]
    expect(gone(['latest@1', 'a@2', 'b@3'], rules, {}, { keep: ['latest'] })).toEqual(['b'])
    expect(gone(['latest@1', 'a@2', 'b@3'], rules)).toEqual(['a', 'b'])
    expect(gone(['va', 'vb'], [{ keepLatest: 0 }], {}, { keep: ['v*', '!vb'] })).toEqual(['vb'])
  })

  test('what is in use stays, also a commit with a suffix', () => {
    const inUse = new Set(['a', 'abcdef0', digestOf('c')])
    const tags = ['a', 'a-web', 'b', 'c', 'abcdef0', 'abcdef0-web', 'sha-abcdef0', 'abcdef1-web']
    expect(gone(tags, [{ keepLatest: 0 }], { inUse })).toEqual(['a-web', 'b', 'abcdef1-web'])
  })
})

describe('what is called like a release', () => {
  const released = new Set([
    'v1.2.3',
    '2.0.0-rc.1',
    'web/v3.0.0',
    'cli@4.0.0',
    'v5.0.0+b.1',
    'nightly',
    'team/edge',
    'v9',
  ])
  test.each<[string, boolean]>([
    ['1.2.3', true],
    ['v1.2.3', true],
    ['1.2.3-ubuntu', true],
    ['v1.2.3-ubuntu-22.04', true],
    ['1.2.3-alpine3.22', true],
    ['1.2.3-1', true],
    ['1.2.30', false],
    ['1.2.3.4', false],
    ['1.2', false],
    ['x-1.2.3', false],
    // Older than the release.
    ['1.2.3-rc.1', false],
    ['1.2.3-beta-ubuntu', false],
    ['1.2.3-alphabet', true],
    ['2.0.0-rc.1', true],
    ['v2.0.0-rc.1-ubuntu', true],
    ['2.0.0-rc.2', false],
    ['2.0.0', false],
    ['web-v3.0.0', true],
    ['3.0.0-web', true],
    ['4.0.0', true],
    ['v4.0.0', true],
    ['5.0.0-b.1', true],
    ['9-alpine', true],
    ['nightly', true],
    ['nightly-20260301', false],
    ['team-edge', true],
    ['edge', false],
    ['vnightly', false],
  ])('%s stays: %s', (tag, stays) => {
    expect(gone([tag], [{ keepLatest: 0 }], { released })).toEqual(stays ? [] : [tag])
  })

  test('says so, and is nothing that is in use by itself', () => {
    const { decisions } = decideTags(['1.2.3-web'], [{ keepLatest: 0 }], { released })
    expect(decisions[0]?.reason).toBe('kept: 1.2.3-web: it is of the release v1.2.3')
    expect(gone(['1.2.3-web'], [{ keepLatest: 0 }], { inUse: released })).toEqual(['1.2.3-web'])
  })
})

describe('keep_latest', () => {
  test.each<[number, string[], string[]]>([
    [0, ['a@1', 'b@2'], ['a', 'b']],
    [1, ['a@2', 'b@1'], ['a']],
    [2, ['a@2', 'b@1'], []],
    [2, ['a@3', 'b@1', 'c@2'], ['a']],
    [9, ['a'], []],
    // Of the same time by digest.
    [1, ['b@5', 'a@5'], ['b']],
  ])('%i of %j', (keepLatest, tags, expected) => {
    expect(gone(tags, [{ keepLatest }])).toEqual(expected)
  })

  test('counts the tags that the rule is about, and no others', () => {
    const rules = [
      { tags: ['a-*'], keepLatest: 1 },
      { tags: ['b-*'], keepLatest: 1 },
    ]
    expect(gone(['a-1@1', 'a-2@2', 'b-1@3', 'b-2@4'], rules)).toEqual(['a-2', 'b-2'])
  })

  test('a time that is none is the newest', () => {
    const versions = [makeVersion('x', { tags: ['x'], age: Number.NaN }), makeVersion('y', { tags: ['y'], age: 1 })]
    const { decisions } = decideImages(makeImageFacts(versions), makeImageConfig([{ keepLatest: 1 }]), 0)
    expect(decisions.map(({ keep }) => keep)).toEqual([true, false])
  })
})

describe('older_than', () => {
  const rule = { olderThanMs: 30 * DAY_MS }
  const second = 1 / 86_400
  test.each<[string, number, boolean]>([
    ['a second younger', 30 - second, false],
    ['exactly so old', 30, true],
    ['a second older', 30 + second, true],
    ['of the future', -1, false],
    ['of no time', Number.NaN, false],
  ])('%s', (_, age, goes) => {
    expect(gone([`a@${age}`], [rule])).toEqual(goes ? ['a'] : [])
  })

  test('with keep_latest: what either keeps stays', () => {
    const both = { keepLatest: 1, olderThanMs: 10 * DAY_MS }
    expect(gone(['a@5', 'b@9', 'c@10', 'd@11'], [both])).toEqual(['c', 'd'])
    expect(gone(['c@10', 'd@11'], [both])).toEqual(['d'])
  })
})

describe('keep_semver', () => {
  const keep = (major: number | null, minor: number | null, patch: number | null) => ({
    keepSemver: { major, minor, patch },
  })
  test.each<[string, Partial<ImageRule>, string[], string[]]>([
    ['all', keep(null, null, null), ['1.0.0', '2.0.0-rc.1'], []],
    ['majors', keep(2, null, null), ['1.0.0', '2.0.0', '3.0.0', '10.0.0'], ['1.0.0', '2.0.0']],
    ['minors of each', keep(null, 1, null), ['1.0.0', '1.1.0', '2.3.0', '2.10.0'], ['1.0.0', '2.3.0']],
    ['patches of each', keep(null, null, 1), ['1.0.0', '1.0.1', '1.1.9', '1.1.10'], ['1.0.0', '1.1.9']],
    ['all three', keep(1, 1, 1), ['1.9.9', '2.0.5', '2.1.0', '2.1.1'], ['1.9.9', '2.0.5', '2.1.0']],
    ['with a v', keep(1, null, null), ['v1.0.0', 'v2.0.0'], ['v1.0.0']],
    ['with and without: one version', keep(null, null, 1), ['v1.0.0', '1.0.0', '0.9.0'], []],
    ['a pre-release is older than its release', keep(null, null, 1), ['1.0.0', '1.0.0-rc.1'], ['1.0.0-rc.1']],
    ['pre-releases in order', keep(null, null, 1), ['1.0.0-rc.2', '1.0.0-rc.10'], ['1.0.0-rc.2']],
    ['a pre-release takes no release’s place', keep(null, null, 1), ['1.0.1-rc.1', '1.0.0'], []],
    ['nor a major of only such', keep(1, null, null), ['2.0.0-rc.1', '1.0.0', '0.1.0'], ['0.1.0']],
    ['what is no version is not its matter', keep(1, 1, 1), ['latest', 'main', '1.0', '1.0.0-', '01.2.3'], []],
    [
      'a line goes when none of it is kept',
      keep(1, null, null),
      ['1.0.0', '2.0.0', '1', '1.0', 'v1', '2', '2.0'],
      ['1.0.0', '1', '1.0', 'v1'],
    ],
    ['a line of a minor', keep(null, 1, null), ['1.0.0', '1.1.0', '1.0', '1.1', '1'], ['1.0.0', '1.0']],
    ['a line that is not known stays', keep(1, null, null), ['2.0.0', '7', '2.9'], []],
    ['a date is no major', keep(1, null, null), ['1.0.0', '20260301', '1234567'], []],
  ])('%s', (_, rule, tags, expected) => {
    expect(gone(tags, [rule])).toEqual(expected)
  })

  test('counts what its globs match', () => {
    const rules = [{ tags: ['v*'], ...keep(1, null, null) }]
    expect(gone(['v1.0.0', 'v2.0.0', '3.0.0'], rules)).toEqual(['v1.0.0'])
  })

  test('with older_than: what either keeps stays', () => {
    expect(gone(['1.0.0@5', '1.1.0@50', '2.0.0@50'], [{ ...keep(1, null, null), olderThanMs: 30 * DAY_MS }])).toEqual([
      '1.1.0',
    ])
  })
})

describe('pull_requests: closed', () => {
  const facts = {
    pullRequests: [
      { number: 1, state: 'open' as const, headSha: OPEN_SHA },
      { number: 2, state: 'closed' as const, headSha: SHA },
      { number: 3, state: 'closed' as const, headSha: OPEN_SHA },
    ],
  }
  test.each<[string, boolean]>([
    ['pr-1', false],
    ['pr-2', true],
    ['pr-2-ubuntu', true],
    ['pr-9', false],
    ['pr-2x', false],
    ['xpr-2', false],
    ['pr-', false],
    [SHA, true],
    [SHA.slice(0, 7), true],
    [`${SHA}-ubuntu`, true],
    [`${SHA.slice(0, 7)}-ubuntu`, true],
    [`sha-${SHA.slice(0, 7)}`, true],
    [`sha-${SHA}-ubuntu`, true],
    [`sha-${SHA.slice(0, 8)}`, false],
    [`sha-${OPEN_SHA}`, false],
    [`sha256-${SHA}`, false],
    [SHA.slice(0, 8), false],
    [`${SHA.slice(0, 7)}x`, false],
    // The head of an open one and of a closed one.
    [OPEN_SHA, false],
    [OPEN_SHA.slice(0, 7), false],
    ['fffffff', false],
    ['1.2.3', false],
    ['main', false],
  ])('%s goes: %s', (tag, goes) => {
    expect(gone([tag], [{ pullRequests: 'closed' }], facts)).toEqual(goes ? [tag] : [])
  })

  test('one that is listed twice is open if it is so once', () => {
    for (const pullRequests of [facts.pullRequests, facts.pullRequests.toReversed()]) {
      const twice = pullRequests.map((one) => ({ ...one, number: 5, headSha: SHA }))
      expect(gone(['pr-5', SHA], [{ pullRequests: 'closed' }], { pullRequests: twice })).toEqual([])
    }
  })

  describe('a commit that a branch ends with', () => {
    const tags = ['pr-2', SHA, `${SHA.slice(0, 7)}-web`]
    const rules = [{ pullRequests: 'closed' as const }]
    const head = (name: string, isLasting = false, sha = SHA) => ({ name, sha, isLasting })
    const pull = (headBranch: string | null) => ({ number: 2, state: 'closed' as const, headSha: SHA, headBranch })
    test.each<[string, Partial<ImageRetentionFacts>, string[]]>([
      ['is not looked for', {}, tags],
      ['stays', { branchHeads: [head('main')] }, ['pr-2']],
      ['is another one', { branchHeads: [head('main', true, OPEN_SHA)] }, tags],
      ['is that of a fork', { branchHeads: [head('fix')], pullRequests: [pull(null)] }, ['pr-2']],
      [
        'goes where only the pull request was made from it',
        { branchHeads: [head('fix')], pullRequests: [pull('fix')] },
        tags,
      ],
      ['stays where that branch lasts', { branchHeads: [head('fix', true)], pullRequests: [pull('fix')] }, ['pr-2']],
      ['stays with another', { branchHeads: [head('fix'), head('main')], pullRequests: [pull('fix')] }, ['pr-2']],
    ])('%s', (_, more, expected) => {
      expect(gone(tags, rules, { ...facts, ...more })).toEqual(expected)
    })

    test('says so', () => {
      const { decisions } = decideTags([SHA], rules, { ...facts, branchHeads: [head('main')] })
      expect(decisions[0]?.reason).toBe(`kept: ${SHA}: it is the newest commit of the branch main`)
    })
  })

  test('of these only what the globs match', () => {
    const rules = [{ tags: ['pr-*'], pullRequests: 'closed' as const }]
    expect(gone(['pr-2', SHA, 'pr-2-x'], rules, facts)).toEqual(['pr-2', 'pr-2-x'])
  })

  test('what is younger stays, if that is asked for', () => {
    const rules = [{ pullRequests: 'closed' as const, olderThanMs: 7 * DAY_MS }]
    expect(gone(['pr-2@6', `${SHA}@7`], rules, facts)).toEqual([SHA])
  })

  test('an open one keeps its tags whatever else the rule says', () => {
    expect(gone(['pr-1', 'pr-9'], [{ pullRequests: 'closed', keepLatest: 0, olderThanMs: 0 }], facts)).toEqual([])
  })
})

describe('branches: deleted', () => {
  const facts = { branches: ['main', 'feature/Login', 'fix_it', 'release/1.x'] }
  test.each<[string, boolean]>([
    ['main', false],
    ['main-ubuntu', false],
    ['feature-login', false],
    ['feature-Login', false],
    ['fix_it', false],
    ['fix-it', false],
    ['feature-logout', true],
    ['mainly', true],
    ['gone', true],
    ['latest', false],
    ['latest-alpine', false],
    ['1.2.3', false],
    ['1.2-alpine', false],
    ['v1', false],
    ['2026-03-01', false],
    ['pr-7', false],
    [SHA, false],
    ['buildcache', false],
    // As likely as not no branch ever had the name.
    ['nightly', false],
    ['edge', false],
    ...[
      ...['production', 'prod', 'staging', 'stage', 'dev', 'development', 'test', 'testing', 'qa', 'lts'],
      ...['alpine', 'alpine3.22', 'slim', 'bookworm-slim', 'noble', 'prod-2', 'ubi9', 'sha-0123456', `sha-${SHA}`],
      ...['oh_v0.9.3_image_ubuntu_tag_22.04', 'oh_v0.9.3_0123456789abcdef', 'my_app_v1.0.0_x'],
    ].map((tag): [string, boolean] => [tag, false]),
    ['develop', true],
    ['tests', true],
    ['product', true],
    ['slimmer', true],
    ['shaw-0123456', true],
    ['feature_v2', true],
    ['feature_v2_', false],
  ])('%s goes: %s', (tag, goes) => {
    expect(gone([tag], [{ branches: 'deleted' }], facts)).toEqual(goes ? [tag] : [])
  })

  test('globs say which of the usual names are branches', () => {
    const tags = ['nightly', 'nightly-2', 'prod', 'alpine', 'oh_v0.9.3_x', 'latest', '1.0.0', 'sha-0123456']
    expect(gone(tags, [{ tags: ['*'], branches: 'deleted' }], facts)).toEqual(tags.slice(0, 5))
  })

  test('without a single branch they are not known', () => {
    const plan = decideTags(['gone'], [{ branches: 'deleted' }], { branches: [] })
    expect(plan.decisions).toMatchObject([{ keep: true, reason: 'kept: gone: no branches are known' }])
  })
})

describe('buildcache', () => {
  test.each<[string, boolean]>([
    ['buildcache', true],
    ['buildcache-main', true],
    ['buildcaches', false],
    ['cache', false],
    ['my-buildcache', false],
  ])('%s goes: %s', (tag, goes) => {
    expect(gone([tag], [{ buildcache: true }])).toEqual(goes ? [tag] : [])
  })

  test('of these only what the globs match, and what is old', () => {
    const rules = [{ tags: ['buildcache-*'], buildcache: true, olderThanMs: 10 * DAY_MS }]
    expect(gone(['buildcache', 'buildcache-a@9', 'buildcache-b@10'], rules)).toEqual(['buildcache-b'])
  })
})

describe('untagged', () => {
  const versions = [makeVersion('old', { age: 8 }), makeVersion('week', { age: 7 }), makeVersion('new', { age: 6 })]
  const decide = (rules: readonly Partial<ImageRule>[]) =>
    decideImages(makeImageFacts(versions), makeImageConfig(rules), 0).decisions.map(({ keep }) => keep)
  test.each<[string, Partial<ImageRule>[], boolean[]]>([
    ['no rule', [], [true, true, true]],
    ['a rule about tags', [{ keepLatest: 0 }], [true, true, true]],
    ['a rule', [{ untagged: true }], [false, false, false]],
    ['an age', [{ untagged: true, olderThanMs: 7 * DAY_MS }], [false, false, true]],
    ['a number', [{ untagged: true, keepLatest: 1 }], [false, false, true]],
    ['a number that is one of tags', [{ untagged: true, tags: ['a'], keepLatest: 1 }], [false, false, false]],
    ['the first such rule', [{ untagged: true, olderThanMs: 8 * DAY_MS }, { untagged: true }], [false, true, true]],
  ])('%s', (_, rules, expected) => {
    expect(decide(rules)).toEqual(expected)
  })

  describe('while something is pushed', () => {
    const HOUR = 1 / 24
    const SECOND = 1 / 86_400
    const facts = { pushingSince: daysAgo(HOUR), pullRequests: [{ number: 1, state: 'closed' as const, headSha: SHA }] }
    const keptOf = (age: number, rule: Partial<ImageRule>, more: Partial<ImageRetentionFacts> = facts) =>
      decideImages(makeImageFacts([makeVersion('a', { age })], more), makeImageConfig([rule]), 0).decisions[0]
    test.each<[string, number, boolean]>([
      ['an hour', HOUR, false],
      ['less', HOUR - SECOND, true],
      ['nothing', 0, true],
      ['of the future', -1, true],
      ['of no time', Number.NaN, true],
    ])('%s old', (_, age, stays) => {
      expect(keptOf(age, { untagged: true })?.keep).toBe(stays)
      expect(keptOf(age, { untagged: true }, {})?.keep).toBe(false)
    })

    test('says so, unless a rule keeps it', () => {
      const justNow = 'kept: it was pushed just now, and may be part of what is still being pushed'
      expect(keptOf(0, { untagged: true })?.reason).toBe(justNow)
      expect(keptOf(0, { untagged: true, olderThanMs: DAY_MS })?.reason).toMatch(/is about what is 1 day old/)
    })

    test('what a pull request left goes at once, with its parts', () => {
      const young = [makeVersion('i', { tags: ['pr-1'], age: 0, children: ['a'] }), makeVersion('a', { age: 0 })]
      const rules = [{ pullRequests: 'closed' as const }, { untagged: true }]
      const { decisions } = decideImages(makeImageFacts(young, facts), makeImageConfig(rules), 0)
      expect(decisions.map(({ keep }) => keep)).toEqual([false, false])
    })
  })
})

test('a reason names the rule and the fact', () => {
  const facts = {
    pullRequests: [
      { number: 12, state: 'closed' as const, headSha: SHA },
      { number: 13, state: 'open' as const, headSha: OPEN_SHA },
    ],
    branches: ['main'],
    inUse: new Set(['used']),
  }
  const rules = [
    { tags: ['pr-*', SHA, OPEN_SHA], pullRequests: 'closed' as const },
    { keepSemver: { major: 1, minor: null, patch: null } },
    { tags: ['nightly-*'], keepLatest: 1 },
    { tags: ['b-*'], branches: 'deleted' as const },
    { buildcache: true, olderThanMs: 30 * DAY_MS },
    { tags: ['x1', 'x2', 'x3', 'x4'], keepLatest: 0, olderThanMs: DAY_MS },
  ]
  const tags = [
    'pr-12',
    'pr-13',
    'pr-14',
    SHA,
    OPEN_SHA,
    '1.0.0',
    '2.0.0',
    '1',
    '2',
    '9',
    'nightly-1@1',
    'nightly-2@2',
    'b-x',
    'buildcache@3',
    'buildcache-a',
    'x1@1',
    'other',
    'kept',
    'used',
  ]
  const { decisions } = decideTags(tags, rules, facts, { keep: ['kept'] })
  const reasonOf = ({ tags: [tag = ''], reason }: (typeof decisions)[number]) => {
    expect(reason).toMatch(new RegExp(`^(?:kept: )?${tag}: `))
    return reason.replace(`${tag}: `, '')
  }
  expect(Object.fromEntries(decisions.map((one) => [one.tags[0], reasonOf(one)]))).toEqual({
    'pr-12': `rule 1 (tags pr-* ${SHA} ${OPEN_SHA}, pull requests): pull request #12 is closed`,
    'pr-13': 'kept: pull request #13 is open',
    'pr-14': 'kept: pull request #14 is not known',
    [SHA]: `rule 1 (tags pr-* ${SHA} ${OPEN_SHA}, pull requests): it is of pull request #12, which is closed`,
    [OPEN_SHA]: 'kept: it is of pull request #13, which is open',
    '1.0.0': 'rule 2 (versions): its version is none of the newest',
    '2.0.0': 'kept: rule 2 (versions) keeps the version 2.0.0',
    '1': 'rule 2 (versions): its version is none of the newest',
    '2': 'kept: rule 2 (versions) keeps the line 2',
    '9': 'kept: rule 2 (versions) knows no version of the line 9',
    'nightly-1': 'kept: one of the 1 newest tags that rule 3 (tags nightly-*) matches',
    'nightly-2': 'rule 3 (tags nightly-*): it is not one of the 1 newest',
    'b-x': 'rule 4 (tags b-*, branches): there is no such branch',
    buildcache: 'kept: rule 5 (build caches) is about what is 30 days old; it is 3 days old',
    'buildcache-a': 'rule 5 (build caches): it is 100 days old',
    x1: 'rule 6 (tags x1 x2 x3 …): it is not one of the 0 newest, and it is 1 day old',
    other: 'kept: no rule is about it',
    kept: 'kept: `keep` names it',
    used: 'kept: it is in use',
  })
})

test('a decision says everything about its version', () => {
  const facts = makeImageFacts([makeVersion('a', { tags: ['a'], age: 3 })], { repository: 'ghcr.io/acme/app' })
  expect(decideImages(facts, makeImageConfig([{ keepLatest: 0 }]), 0)).toEqual({
    decisions: [
      {
        subject: `ghcr.io/acme/app@${digestOf('a')}`,
        do: ['delete'],
        reason: 'a: rule 1 (all tags): it is not one of the 0 newest',
        id: 'id-a',
        digest: digestOf('a'),
        tags: ['a'],
        createdAt: daysAgo(3),
        keep: false,
        untag: [],
      },
    ],
    actions: [expect.objectContaining({ digest: digestOf('a') })],
    left: [],
    leftGroups: [],
    stopped: null,
    problems: [],
  })
})
