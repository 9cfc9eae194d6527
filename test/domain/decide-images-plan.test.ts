import { describe, expect, test } from 'vitest'
import { decideImages } from '../../src/domain/decide-images.ts'
import type {
  ImageRetentionConfig,
  ImageRetentionFacts,
  ImageRule,
  ImageVersion,
} from '../../src/domain/image-retention.ts'
import { digestOf, hexOf, makeImageConfig, makeImageFacts, makeVersion } from '../support/image-facts.ts'

const OLD: Partial<ImageRule> = { tags: ['old*'], keepLatest: 0 }

function plan(
  versions: readonly ImageVersion[],
  config: Partial<ImageRetentionConfig> = {},
  spent = 0,
  facts: Partial<ImageRetentionFacts> = {},
) {
  const made = decideImages(makeImageFacts(versions, facts), makeImageConfig([OLD], config), spent)
  const names = (decisions: readonly { readonly subject: string }[]) =>
    decisions.map(({ subject }) => versions.find(({ digest }) => digest === subject)?.id.replace('id-', ''))
  return { ...made, now: names(made.actions), later: names(made.left) }
}

const old = (name: string, age: number, children: readonly string[] = []) =>
  makeVersion(name, { tags: [`old-${name}`], age, children })
const part = (name: string, age: number, children: readonly string[] = []) => makeVersion(name, { age, children })

describe('the order', () => {
  test.each<[string, ImageVersion[], string[]]>([
    ['the oldest first', [old('a', 1), old('b', 3), old('c', 2)], ['b', 'c', 'a']],
    ['an index before its parts', [part('a', 9), part('b', 9), old('i', 5, ['a', 'b'])], ['i', 'b', 'a']],
    ['a part after all that contain it', [part('a', 9), old('i', 5, ['a']), old('j', 3, ['a'])], ['i', 'j', 'a']],
    ['nested', [part('a', 9), part('j', 9, ['a']), old('i', 5, ['j'])], ['i', 'j', 'a']],
    ['also where a part is there twice', [part('a', 9), part('j', 9, ['a']), old('i', 5, ['a', 'j'])], ['i', 'j', 'a']],
    ['groups by their age', [old('i', 5, ['a']), part('a', 5), old('j', 8, ['b']), part('b', 8)], ['j', 'b', 'i', 'a']],
    ['a part that is newer', [old('i', 5, ['a']), part('a', 1), old('j', 3)], ['i', 'a', 'j']],
    [
      'what is referred to before referrers',
      [
        makeVersion('s', { subject: 'x', age: 9 }),
        old('x', 5),
        makeVersion('t', { tags: [`sha256-${hexOf('x')}.sig`], age: 9 }),
      ],
      ['x', 't', 's'],
    ],
    [
      'what loses a tag by its age',
      [old('a', 1), makeVersion('u', { tags: ['new', 'old'], age: 3 }), old('b', 5)],
      ['b', 'u', 'a'],
    ],
  ])('%s', (_, versions, expected) => {
    expect(plan(versions).now).toEqual(expected)
  })

  test('everything that goes has a place, in circles too', () => {
    const circle = [old('a', 3, ['b']), part('b', 2, ['c', 'd']), part('c', 1, ['a']), part('d', 5)]
    expect(plan(circle).now.toSorted()).toEqual(['a', 'b', 'c', 'd'])
    expect(plan(circle).now.at(-1)).toBe('d')
  })
})

describe('the budget', () => {
  const versions = [old('i', 9, ['a', 'b']), part('a', 9), part('b', 9), old('j', 5, ['c']), part('c', 5), old('k', 3)]
  test.each<[budget: number, spent: number, now: string[]]>([
    [6, 0, ['i', 'b', 'a', 'j', 'c', 'k']],
    [5, 0, ['i', 'b', 'a', 'j', 'c']],
    // Half an index would leave parts that nothing names.
    [4, 0, ['i', 'b', 'a']],
    [3, 0, ['i', 'b', 'a']],
    // Larger than any sweep: it goes whole, and alone.
    [2, 0, ['i', 'b', 'a']],
    [2, 1, []],
    [6, 3, ['i', 'b', 'a']],
    [6, 4, []],
    [6, 6, []],
    [6, 9, []],
  ])('of %i, %i of them spent', (operationsPerRun, spent, expected) => {
    const { now, later, decisions } = plan(versions, { operationsPerRun }, spent)
    expect(now).toEqual(expected)
    expect([...now, ...later]).toEqual(['i', 'b', 'a', 'j', 'c', 'k'])
    expect(decisions).toHaveLength(6)
  })

  test('each tag that is taken away counts', () => {
    const tagged = [makeVersion('u', { tags: ['new', 'old-1', 'old-2'], age: 9 }), old('a', 1)]
    expect(plan(tagged, { operationsPerRun: 3 }).now).toEqual(['u', 'a'])
    expect(plan(tagged, { operationsPerRun: 2 }).now).toEqual(['u'])
  })

  test('what is left of a group that was begun before goes first, whatever it takes', () => {
    const index = { mediaType: '', children: [digestOf('a'), digestOf('b')], subject: null }
    const later = [old('z', 20), part('a', 9), part('b', 9), old('k', 3)]
    const gone = new Map([[digestOf('i'), index]])
    expect(plan(later, { operationsPerRun: 2 }, 2, { gone }).now).toEqual(['a', 'b'])
    expect(plan(later, { operationsPerRun: 3 }, 0, { gone }).now).toEqual(['a', 'b', 'z'])
  })

  test('a group that does not fit ends it, also where a smaller one would', () => {
    const groups = [old('z', 20), ...versions]
    for (const operationsPerRun of [2, 3]) expect(plan(groups, { operationsPerRun }).now).toEqual(['z'])
  })
})

describe('the guard', () => {
  const versions = [
    old('a', 1),
    old('b', 2),
    makeVersion('c', { tags: ['new'] }),
    makeVersion('d', { tags: ['new-2'] }),
  ]
  test.each<[number, boolean, RegExp | null]>([
    [50, true, null],
    [49, true, /^2 of 4 versions would be deleted \(50 %\), and `max_delete_percent` is 49: look at the decisions/],
    [49, false, /max_delete_percent/],
    [50, false, /are dry runs until `confirmed: true` is set in `cleanup\.images`/],
  ])('of %i %%, confirmed %s', (maxDeletePercent, confirmed, expected) => {
    const { stopped, decisions, actions } = plan(versions, { maxDeletePercent, confirmed })
    if (expected === null) expect(stopped).toBeNull()
    else expect(stopped).toMatch(expected)
    expect(decisions.filter(({ keep }) => !keep)).toHaveLength(2)
    expect(actions).toHaveLength(2)
  })

  test('does not mind the budget: all that would go counts', () => {
    expect(plan(versions, { maxDeletePercent: 49, operationsPerRun: 1 }).stopped).not.toBeNull()
  })

  test('does not mind tags that go', () => {
    const tagged = [makeVersion('u', { tags: ['new', 'old'] })]
    expect(plan(tagged, { maxDeletePercent: 1 }).stopped).toBeNull()
  })

  test('where nothing is to be done nothing stands in the way', () => {
    expect(plan([makeVersion('c', { tags: ['new'] })], { confirmed: false }).stopped).toBeNull()
    expect(plan([], { confirmed: false })).toMatchObject({ stopped: null, decisions: [], actions: [] })
  })
})
