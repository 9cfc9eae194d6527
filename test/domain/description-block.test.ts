import { describe, expect, test } from 'vitest'
import { BLOCK_BEGIN, BLOCK_END, MAX_DESCRIPTION, placeBlock } from '../../src/domain/description-block.ts'
import { makeRandom, type Random } from '../support/random.ts'

const OURS = `${BLOCK_BEGIN}\ncontent\n${BLOCK_END}`
const content = () => 'content'

describe('the description', () => {
  test.each<[string, string]>([
    ['', OURS],
    ['Fixes #1', `Fixes #1\n\n${OURS}`],
    ['Fixes #1\n', `Fixes #1\n\n${OURS}`],
    ['Fixes #1\n\n', `Fixes #1\n\n${OURS}`],
    ['Fixes\r\n#1', `Fixes\r\n#1\r\n\r\n${OURS}`],
    ['Fixes\r\n#1\r\n', `Fixes\r\n#1\r\n\r\n${OURS}`],
    // One that was copied from another pull request with all that is in it.
    [`a\r\n${BLOCK_BEGIN}\r\nolder\r\n${BLOCK_END}\r\nb`, `a\r\n${OURS}\r\nb`],
    [`${BLOCK_BEGIN}${BLOCK_END}`, OURS],
  ])('%j gets the block', (before, after) => {
    expect(placeBlock(before, false, content)).toEqual({ kind: 'placed', text: after })
  })

  test.each<[string, string]>([
    ['half a pair, its begin', `a ${BLOCK_BEGIN} b`],
    ['half a pair, its end', `a ${BLOCK_END} b`],
    ['a pair that is reversed', `${BLOCK_END}\n${BLOCK_BEGIN}`],
    ['two pairs', `${OURS}\n${OURS}`],
    ['a pair in a pair', `${BLOCK_BEGIN}${OURS}${BLOCK_END}`],
    ['a begin too many', `${BLOCK_BEGIN}\n${OURS}`],
    ['an end too many', `${OURS}\n${BLOCK_END}`],
  ])('with %s is left alone', (_, description) => {
    for (const written of [true, false]) expect(placeBlock(description, written, content)).toEqual({ kind: 'removed' })
  })

  test('that lost the block does not get it back', () => {
    expect(placeBlock('Fixes #1', true, content)).toEqual({ kind: 'removed' })
    expect(placeBlock('', true, content)).toEqual({ kind: 'removed' })
  })

  test('gets a content that cannot end its block', () => {
    const placed = placeBlock('', false, () => `x ${BLOCK_END} ${BLOCK_BEGIN} y`)
    const text = placed.kind === 'placed' ? placed.text : ''
    expect(text.split(BLOCK_BEGIN)).toHaveLength(2)
    expect(text.split(BLOCK_END)).toHaveLength(2)
    expect(placeBlock(text, true, content)).toEqual({ kind: 'placed', text: OURS })
  })
})

describe('the bound of GitHub', () => {
  test('is told to what renders, and is never passed', () => {
    const told: number[] = []
    const author = 'x'.repeat(60_000)
    const placed = placeBlock(author, false, (most) => {
      told.push(most)
      return 'y'.repeat(most)
    })
    expect(placed.kind === 'placed' && placed.text.length).toBe(MAX_DESCRIPTION)
    expect(placed.kind === 'placed' && placed.text.startsWith(author)).toBe(true)
    expect(told).toEqual([MAX_DESCRIPTION - author.length - '\n\n'.length - OURS.length + 'content'.length])
  })

  test.each([MAX_DESCRIPTION, MAX_DESCRIPTION - OURS.length + 'content'.length - '\n\n'.length])(
    'leaves no room beside %i characters',
    (length) => {
      expect(placeBlock('x'.repeat(length), false, content)).toEqual({ kind: 'no_room' })
    },
  )

  test('leaves no room for what cannot be shorter', () => {
    expect(placeBlock('x', false, () => null)).toEqual({ kind: 'no_room' })
    expect(placeBlock(OURS, true, () => null)).toEqual({ kind: 'no_room' })
  })
})

describe('whatever the author wrote around the block', () => {
  const random = makeRandom(20_260_301)
  const texts = Array.from({ length: 400 }, () => [randomText(random), randomText(random)] as const)

  test('is there afterwards, byte for byte', () => {
    for (const [before, after] of texts) {
      const description = `${before}${BLOCK_BEGIN}${randomText(random)}${BLOCK_END}${after}`
      const placed = placeBlock(description, random.chance(0.5), content)
      expect(placed).toEqual({ kind: 'placed', text: `${before}${OURS}${after}` })
    }
  })

  test('is there before a block that is new, and writing it again changes nothing', () => {
    for (const [before] of texts) {
      const first = placeBlock(before, false, content)
      const text = first.kind === 'placed' ? first.text : ''
      expect(text.startsWith(before) && text.endsWith(OURS)).toBe(true)
      expect(text.slice(before.length, -OURS.length)).toMatch(/^(?:\r?\n){0,2}$/)
      expect(placeBlock(text, true, content)).toEqual(first)
    }
  })

  test('a marker more or less, anywhere, makes it be left alone', () => {
    for (const [before, after] of texts) {
      const whole = `${before}${OURS}${after}`
      const at = random.between(0, whole.length)
      const marker = random.pick([BLOCK_BEGIN, BLOCK_END])
      const more = `${whole.slice(0, at)}${marker}${whole.slice(at)}`
      const isStillOnePair = more.split(BLOCK_BEGIN).length === 2 && more.split(BLOCK_END).length === 2
      expect(placeBlock(more, true, content).kind).toBe(isStillOnePair ? 'placed' : 'removed')
      expect(placeBlock(whole.replace(marker, ''), true, content)).toEqual({ kind: 'removed' })
    }
  })
})

/** Text with line ends of each kind, pieces of markers, and what Markdown and templates act on. */
function randomText(random: Random): string {
  const pieces = [
    'a',
    '\n',
    '\r\n',
    '\r',
    ' ',
    '<!--',
    '-->',
    '<!-- signalbox:',
    'signalbox:end',
    '```',
    '{{ x }}',
    '$&',
    '$1',
    '😀',
    '\u0000',
  ] as const
  return Array.from({ length: random.between(0, 30) }, () => random.pick([...pieces] as [string, ...string[]])).join('')
}
