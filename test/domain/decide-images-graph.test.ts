import { describe, expect, test } from 'vitest'
import { decideImages } from '../../src/domain/decide-images.ts'
import type { ImageRetentionFacts, ImageRule, ImageVersion } from '../../src/domain/image-retention.ts'
import {
  DAY_MS,
  daysAgo,
  digestOf,
  hexOf,
  makeImageConfig,
  makeImageFacts,
  makeVersion,
} from '../support/image-facts.ts'

/** Tags `old…` go; all others stay. */
const OLD: Partial<ImageRule> = { tags: ['old*'], keepLatest: 0 }
const UNTAGGED: Partial<ImageRule> = { untagged: true }

function decide(
  versions: readonly ImageVersion[],
  rules: readonly Partial<ImageRule>[] = [OLD],
  facts: Partial<ImageRetentionFacts> = {},
) {
  const plan = decideImages(makeImageFacts(versions, facts), makeImageConfig(rules), 0)
  return { ...plan, of: (name: string) => plan.decisions.find(({ id }) => id === `id-${name}`) }
}

/** Names of the versions that go. */
function gone(...args: Parameters<typeof decide>): string[] {
  return decide(...args).decisions.flatMap(({ keep, id }) => (keep ? [] : id.replace('id-', '')))
}

describe('indexes', () => {
  const index = (name: string, tag: string, children: string[]) => makeVersion(name, { tags: [tag], children })

  test.each<[string, ImageVersion[], string[]]>([
    ['parts stay with a kept index', [index('i', 'new', ['a', 'b']), makeVersion('a'), makeVersion('b')], []],
    ['parts go with their index', [index('i', 'old', ['a', 'b']), makeVersion('a'), makeVersion('b')], ['i', 'a', 'b']],
    [
      'a part that a kept index shares stays',
      [index('i', 'old', ['a', 'b']), index('j', 'new', ['b']), makeVersion('a'), makeVersion('b')],
      ['i', 'a'],
    ],
    [
      'a part that two share goes with both',
      [index('i', 'old', ['a']), index('j', 'old2', ['a']), makeVersion('a')],
      ['i', 'j', 'a'],
    ],
    [
      'nested: all of it stays',
      [index('i', 'new', ['j']), makeVersion('j', { children: ['a'] }), makeVersion('a')],
      [],
    ],
    [
      'nested: all of it goes',
      [index('i', 'old', ['j']), makeVersion('j', { children: ['a'] }), makeVersion('a')],
      ['i', 'j', 'a'],
    ],
    [
      'an index whose tag goes is kept by one that contains it',
      [index('i', 'new', ['j']), index('j', 'old', ['a']), makeVersion('a')],
      [],
    ],
    [
      'an index that goes takes no kept part',
      [index('i', 'old', ['j']), index('j', 'new', ['a']), makeVersion('a')],
      ['i'],
    ],
    ['an untagged index that no rule is about', [makeVersion('i', { children: ['a'] }), makeVersion('a')], []],
    [
      'a part with a tag that goes stays with its index',
      [index('i', 'new', ['a']), makeVersion('a', { tags: ['old-arm64'] })],
      [],
    ],
    ['a part that is not there', [index('i', 'old', ['ghost', 'a']), makeVersion('a')], ['i', 'a']],
    ['itself', [index('i', 'old', ['i'])], ['i']],
  ])('%s', (_, versions, expected) => {
    expect(gone(versions)).toEqual(expected)
  })

  test('a rule on untagged versions leaves parts of what stays', () => {
    const versions = [
      index('i', 'new', ['a']),
      makeVersion('a'),
      makeVersion('j', { children: ['b', 'a'] }),
      makeVersion('b'),
      makeVersion('c'),
    ]
    expect(gone(versions, [UNTAGGED])).toEqual(['j', 'b', 'c'])
  })

  test('parts follow their index, whatever a rule says of the age of untagged ones', () => {
    const versions = [index('i', 'old', ['a']), makeVersion('a', { age: 1 }), makeVersion('b', { age: 1 })]
    expect(gone(versions, [OLD, { untagged: true, olderThanMs: 10 * DAY_MS }])).toEqual(['i', 'a'])
  })

  test('reasons say with what a part stays or goes', () => {
    const versions = [
      index('i', 'new', ['a', 'b']),
      index('j', 'old', ['b', 'c']),
      makeVersion('a'),
      makeVersion('b', { tags: ['old-b'] }),
      makeVersion('c'),
      makeVersion('d'),
    ]
    const { of } = decide(versions)
    expect(of('a')?.reason).toBe(`kept: the kept index ${digestOf('i')} needs it`)
    expect(of('b')?.reason).toBe(
      `kept: the kept index ${digestOf('i')} needs it; old-b goes: rule 1 (tags old*): it is not one of the 0 newest`,
    )
    expect(of('c')?.reason).toBe(`it goes with ${digestOf('j')}, which contains it`)
    expect(of('d')?.reason).toBe('kept: it has no tag and nothing needs it, and no rule is about such')
    expect(decide(versions, [OLD, UNTAGGED]).of('d')?.reason).toBe(
      'rule 2 (untagged): it has no tag and nothing needs it',
    )
  })

  test('100,000 levels are no matter', () => {
    const chain = Array.from(
      { length: 100_000 },
      (_, at): ImageVersion => ({
        ...makeVersion(`${at}`, { tags: at === 0 ? ['old'] : [], children: [`${at + 1}`] }),
      }),
    )
    const plan = decide(chain)
    expect(plan.actions.map(({ digest }) => digest)).toEqual(chain.map(({ digest }) => digest))
    expect(gone([makeVersion('top', { tags: ['new'], children: ['0'] }), ...chain])).toEqual([])
  })
})

describe('circles', () => {
  const circle = (tags: readonly string[]) => [
    makeVersion('a', { tags, children: ['b'] }),
    makeVersion('b', { children: ['c'] }),
    makeVersion('c', { children: ['a', 'd'] }),
    makeVersion('d'),
  ]
  test.each<[string, readonly string[], Partial<ImageRule>[], string[]]>([
    ['stays with a tag that stays', ['new'], [OLD, UNTAGGED], []],
    ['goes with a tag that goes', ['old'], [OLD], ['a', 'b', 'c', 'd']],
    ['without a tag is untagged', [], [UNTAGGED], ['a', 'b', 'c', 'd']],
    ['without a tag stays without a rule', [], [OLD], []],
  ])('one that %s', (_, tags, rules, expected) => {
    expect(gone(circle(tags), rules)).toEqual(expected)
  })

  test('one member that is young keeps all', () => {
    const versions = circle([]).map((one) =>
      one.id === 'id-b' ? { ...one, createdAt: makeVersion('b', { age: 1 }).createdAt } : one,
    )
    expect(gone(versions, [{ untagged: true, olderThanMs: 10 * DAY_MS }])).toEqual([])
  })
})

describe('referrers', () => {
  const image = (tag: string) => makeVersion('x', { tags: [tag] })
  const signature = (tags: readonly string[] = [`sha256-${hexOf('x')}.sig`]) => makeVersion('sig', { tags })
  const attestation = (tags: readonly string[] = []) => makeVersion('att', { tags, subject: 'x' })

  test.each<[string, ImageVersion[], Partial<ImageRule>[], string[]]>([
    ['a signature stays', [image('new'), signature()], [OLD, UNTAGGED], []],
    ['a signature goes', [image('old'), signature()], [OLD], ['x', 'sig']],
    [
      'of every ending',
      [image('old'), signature([`sha256-${hexOf('x')}.sbom`, `sha256-${hexOf('x')}`])],
      [OLD],
      ['x', 'sig'],
    ],
    ['rules are not about such tags', [image('new'), signature()], [{ tags: ['sha256-*'], keepLatest: 0 }], []],
    ['what has a subject stays', [image('new'), attestation()], [OLD, UNTAGGED], []],
    ['what has a subject goes', [image('old'), attestation()], [OLD], ['x', 'att']],
    [
      'a referrer of a referrer',
      [image('old'), attestation(), makeVersion('z', { subject: 'att' })],
      [OLD],
      ['x', 'att', 'z'],
    ],
    [
      'an index of referrers',
      [image('old'), makeVersion('i', { tags: [`sha256-${hexOf('x')}`], children: ['att'] }), attestation()],
      [OLD],
      ['x', 'i', 'att'],
    ],
    [
      'an index of referrers that stays',
      [image('new'), makeVersion('i', { tags: [`sha256-${hexOf('x')}`], children: ['b'] }), makeVersion('b')],
      [OLD, UNTAGGED],
      [],
    ],
    ['an orphan without a rule', [signature(), attestation()], [OLD], []],
    ['an orphan with one', [signature(), attestation()], [UNTAGGED], ['sig', 'att']],
    [
      'a referrer of a part',
      [makeVersion('i', { tags: ['old'], children: ['x'] }), makeVersion('x'), attestation()],
      [OLD],
      ['i', 'x', 'att'],
    ],
    [
      'a referrer that a kept index contains',
      [image('old'), attestation(), makeVersion('i', { tags: ['new'], children: ['att'] })],
      [OLD],
      ['x'],
    ],
    [
      'of two, one of which stays',
      [
        image('old'),
        makeVersion('y', { tags: ['new'] }),
        signature([`sha256-${hexOf('x')}.sig`, `sha256-${hexOf('y')}.sig`]),
      ],
      [OLD],
      ['x'],
    ],
    ['a referrer with a tag of its own keeps what it refers to', [image('old'), attestation(['sbom-1'])], [OLD], []],
    ['and goes when that tag goes', [image('old'), attestation(['old-sbom'])], [OLD], ['x', 'att']],
    [
      'a tag that only looks like one',
      [makeVersion('a', { tags: ['sha256-old'] })],
      [{ tags: ['sha256-*'], keepLatest: 0 }],
      ['a'],
    ],
  ])('%s', (_, versions, rules, expected) => {
    expect(gone(versions, rules)).toEqual(expected)
  })

  test('the tag of what is gone goes from a signature that stays', () => {
    const tags = [`sha256-${hexOf('x')}.sig`, `sha256-${hexOf('y')}.sig`]
    const { of } = decide([image('old'), makeVersion('y', { tags: ['new'] }), signature(tags)])
    expect(of('sig')).toMatchObject({ keep: true, do: ['untag'], untag: tags.slice(0, 1) })
  })

  test('reasons say what a referrer belongs to', () => {
    expect(decide([image('new'), attestation()]).of('att')?.reason).toBe(
      `kept: it belongs to the kept ${digestOf('x')}`,
    )
    expect(decide([image('old'), attestation()]).of('att')?.reason).toBe(
      `it goes with ${digestOf('x')}, which it belongs to`,
    )
    expect(decide([attestation()], [UNTAGGED]).of('att')?.reason).toBe(
      `rule 1 (untagged): it is an orphan of ${digestOf('x')}, which is not there`,
    )
  })

  test('an orphan of what is in use stays', () => {
    const facts = { inUse: new Set([digestOf('x')]) }
    expect(gone([attestation(), signature()], [UNTAGGED], facts)).toEqual([])
    const both = signature([`sha256-${hexOf('x')}.sig`, `sha256-${hexOf('y')}.sig`])
    expect(gone([makeVersion('y', { tags: ['old'] }), both], [OLD], facts)).toEqual(['y'])
  })
})

describe('what is in use', () => {
  const versions = [
    makeVersion('i', { tags: ['old', 'old-2'], children: ['a'] }),
    makeVersion('a'),
    makeVersion('s', { subject: 'i' }),
    makeVersion('z', { tags: ['old-z'] }),
  ]
  test.each<[string, string, string[]]>([
    ['a digest keeps its tags and all that is in it', digestOf('i'), []],
    ['a tag', 'old-2', ['old']],
  ])('%s', (_, used, untag) => {
    const { of } = decide(versions, [OLD, UNTAGGED], { inUse: new Set([used]) })
    expect(of('i')).toMatchObject({ keep: true, untag })
    expect(of('i')?.reason).toMatch(/it is in use/)
    expect(['a', 's', 'z'].map((name) => of(name)?.keep)).toEqual([true, true, false])
  })

  test('a part keeps neither its index nor the other parts', () => {
    const parts = [makeVersion('i', { tags: ['old'], children: ['a', 'b'] }), makeVersion('a'), makeVersion('b')]
    expect(gone(parts, [OLD], { inUse: new Set([digestOf('a')]) })).toEqual(['i', 'b'])
  })
})

describe('several tags', () => {
  test('a digest with a tag that stays loses the others', () => {
    const { of } = decide([makeVersion('a', { tags: ['new', 'old-1', 'old-2'] })])
    expect(of('a')).toMatchObject({ keep: true, do: ['untag'], untag: ['old-1', 'old-2'] })
    expect(of('a')?.reason).toBe(
      'kept: new: no rule is about it; old-1 goes: rule 1 (tags old*): it is not one of the 0 newest; ' +
        'old-2 goes: rule 1 (tags old*): it is not one of the 0 newest',
    )
  })

  test('a digest whose tags all go goes', () => {
    expect(gone([makeVersion('a', { tags: ['old-1', 'old-2'] })])).toEqual(['a'])
  })

  test('a long list is not told whole', () => {
    const { of } = decide([makeVersion('a', { tags: ['new', 'old1', 'old2', 'old3', 'old4', 'old5'] })])
    expect(of('a')?.reason).toMatch(/old3 goes: [^;]*; 2 more tags go$/)
  })

  test('a digest that is listed twice is one', () => {
    const twice = [makeVersion('a', { tags: ['new'] }), { ...makeVersion('a', { tags: ['old'] }), id: 'id-b' }]
    const plan = decide(twice)
    expect(plan.decisions).toMatchObject([
      { id: 'id-a', keep: true, tags: ['new'], untag: [] },
      { id: 'id-b', keep: true, tags: ['old'], untag: ['old'] },
    ])
    expect(plan.actions).toHaveLength(1)
  })
})

describe('what cannot be read', () => {
  const broken = (tag: string) => makeVersion('u', { tags: [tag, 'old-x'], unreadable: true })

  test.each<[string, string]>([
    ['stays', 'new'],
    ['stays, also when its tags go', 'old'],
  ])('%s, and so does every version without a tag, and what leads to one', (_, tag) => {
    const versions = [
      broken(tag),
      makeVersion('a'),
      makeVersion('i', { tags: ['older'], children: ['b'] }),
      makeVersion('b'),
      makeVersion('z', { tags: ['oldest'] }),
    ]
    const { of, problems } = decide(versions, [OLD, UNTAGGED])
    expect(of('u')).toMatchObject({ keep: true, untag: [] })
    expect(of('i')).toMatchObject({ keep: true, untag: [] })
    expect(['a', 'b', 'z'].map((name) => of(name)?.keep)).toEqual([true, true, false])
    expect(of('a')?.reason).toBe(`kept: it may be part of ${digestOf('u')}, which cannot be read`)
    expect(problems).toEqual([
      `${digestOf('u')} cannot be read, so 2 versions that may be part of it stay: push it again, or delete it by hand.`,
    ])
    expect(decide(versions.slice(0, 2), [OLD, UNTAGGED]).problems).toEqual([
      expect.stringContaining('1 version that may be part of it stays'),
    ])
  })

  test('says so', () => {
    expect(decide([broken('old')]).of('u')?.reason).toBe(`kept: what it contains cannot be read (${digestOf('u')})`)
  })

  test('parts of what is kept are kept for that', () => {
    const versions = [broken('new'), makeVersion('i', { tags: ['new-i'], children: ['a'] }), makeVersion('a')]
    expect(decide(versions).of('a')?.reason).toBe(`kept: the kept index ${digestOf('i')} needs it`)
  })
})

describe('what may be part of what cannot be read', () => {
  const HOUR = 1 / 24
  const SECOND = 1 / 86_400
  const broken = (age: number) => makeVersion('u', { tags: ['1.0'], age, unreadable: true })
  const rules = [{ tags: ['1.0-*', '1.1-*', 'x'], keepLatest: 0 }, UNTAGGED]

  test('has a tag that begins as one of its tags', () => {
    const versions = [
      broken(10),
      makeVersion('a', { tags: ['1.0-amd64'] }),
      makeVersion('b', { tags: ['x', '1.0-linux-arm64'] }),
      makeVersion('c', { tags: ['1.1-amd64'] }),
      makeVersion('d', { tags: ['x'] }),
    ]
    const { of, problems } = decide(versions, rules)
    expect(gone(versions, rules)).toEqual(['c', 'd'])
    expect(of('b')).toMatchObject({
      untag: [],
      reason: `kept: it may be part of ${digestOf('u')}, which cannot be read`,
    })
    expect(problems[0]).toMatch(/so 2 versions that may be part of it stay/)
  })

  test.each<[string, number, boolean]>([
    ['before it', 11, true],
    ['an hour after it', 10 - HOUR, true],
    ['later', 10 - HOUR - SECOND, false],
    ['at no time', Number.NaN, true],
  ])('was pushed %s', (_, age, stays) => {
    const versions = [broken(10), makeVersion('a', { age }), makeVersion('b', { tags: ['1.0-amd64'], age })]
    const facts = { pushingSince: daysAgo(HOUR) }
    expect(gone(versions, rules, facts)).toEqual(stays ? [] : ['a', 'b'])
    // Where nothing is known of pushes it may be anything.
    expect(gone(versions, rules)).toEqual([])
  })

  test('is looked for at the newest of several, and at one of no time', () => {
    const other = (age: number) => ({ ...makeVersion('v', { age, unreadable: true }) })
    const facts = { pushingSince: daysAgo(HOUR) }
    const untagged = makeVersion('a', { age: 5 })
    expect(gone([broken(10), other(6), untagged], rules, facts)).toEqual(['a'])
    expect(gone([broken(10), other(5), untagged], rules, facts)).toEqual([])
    expect(decide([broken(10), other(5), untagged], rules, facts).of('a')?.reason).toContain(digestOf('v'))
    expect(gone([broken(10), other(Number.NaN), untagged], rules, facts)).toEqual([])
  })
})

describe('what this sweep deleted before', () => {
  const gonePart = { mediaType: '', children: [digestOf('a'), digestOf('b')], subject: null }
  const facts = { gone: new Map([[digestOf('i'), gonePart]]) }

  test('takes along what belonged to it, without a rule on untagged versions', () => {
    const versions = [
      makeVersion('a'),
      makeVersion('b'),
      makeVersion('j', { tags: ['new'], children: ['b'] }),
      makeVersion('s', { subject: 'i' }),
      makeVersion('t', { tags: [`sha256-${hexOf('i')}.sig`] }),
      makeVersion('c'),
    ]
    expect(gone(versions, [OLD], facts)).toEqual(['a', 's', 't'])
    expect(gone(versions, [OLD])).toEqual([])
  })

  test('is not decided about', () => {
    expect(decide([makeVersion('a')], [OLD], facts).decisions).toHaveLength(1)
  })

  test('what is there again is not gone', () => {
    expect(gone([makeVersion('i', { tags: ['new'], children: ['a'] }), makeVersion('a')], [OLD], facts)).toEqual([])
  })
})

test('what an index that stays lacks is told', () => {
  const versions = [
    makeVersion('i', { tags: ['new'], children: ['ghost'] }),
    makeVersion('j', { tags: ['old'], children: ['ghost'] }),
  ]
  expect(decide(versions, [OLD], { repository: 'ghcr.io/acme/app' }).problems).toEqual([
    `ghcr.io/acme/app@${digestOf('i')} names ${digestOf('ghost')}, which is not there: it cannot be pulled whole.`,
  ])
  const many = makeVersion('i', { tags: ['new'], children: Array.from({ length: 25 }, (_, at) => `ghost${at}`) })
  expect(decide([many]).problems).toHaveLength(21)
  expect(decide([many]).problems.at(-1)).toBe('5 more digests that an index names are not there.')
})
