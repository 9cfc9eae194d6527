import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { combineDirhash, type HashedFile } from '../../src/domain/dirhash.ts'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const file = (path: string, text: string): HashedFile => ({ path: path.split('/'), md5: md5(text) })

test('a directory is the hash of its entries, each its properties', () => {
  const expected = md5(`data:${md5('1')}\0name:a.py`)
  expect(combineDirhash([file('a.py', '1')])).toBe(expected)
})

test('a directory below is an entry of its own', () => {
  const below = md5(`data:${md5('2')}\0name:b.py`)
  const entries = [`data:${md5('1')}\0name:a.py`, `dirhash:${below}\0name:sub`]
  expect(combineDirhash([file('sub/b.py', '2'), file('a.py', '1')])).toBe(md5(entries.join('\0\0')))
})

test('entries are ordered by their descriptors, which begin with what is in them', () => {
  const texts = ['x', 'y', 'z', 'w'].sort((a, b) => (md5(a) < md5(b) ? -1 : 1))
  const files = texts.map((text, index) => file(`${9 - index}`, text))
  const expected = md5(files.map((f) => `data:${f.md5}\0name:${f.path[0]}`).join('\0\0'))
  expect(combineDirhash(files.toReversed())).toBe(expected)
})

test('names of equal files are ordered by code point, not by UTF-16', () => {
  const names = ['\u{FF5E}', '\u{1F600}']
  expect(names.toSorted()).not.toEqual(names)
  const expected = md5(names.map((name) => `data:${md5('same')}\0name:${name}`).join('\0\0'))
  expect(combineDirhash(names.toReversed().map((name) => file(name, 'same')))).toBe(expected)
})

test.each([
  ['another name', [file('b', '1')]],
  ['other bytes', [file('a', '2')]],
  ['another directory', [file('d/a', '1')]],
  ['one more file', [file('a', '1'), file('b', '1')]],
])('%s makes another hash', (_what, files) => {
  expect(combineDirhash(files)).not.toBe(combineDirhash([file('a', '1')]))
})

test('nothing has no hash', () => {
  expect(combineDirhash([])).toBeNull()
})
