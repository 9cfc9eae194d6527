import { describe, expect, test } from 'vitest'
import type { Matrix, MatrixCombination } from '../../src/domain/config.ts'
import {
  countAxesProduct,
  expandMatrix,
  legName,
  matrixAxes,
  matrixLabel,
  valueLabel,
} from '../../src/domain/matrix.ts'

function makeMatrix(parts: Partial<Matrix>): Matrix {
  return { axes: {}, include: [], exclude: [], ...parts }
}

interface Expansion {
  readonly title: string
  readonly matrix: Partial<Matrix>
  readonly combinations: readonly MatrixCombination[]
}

const EXPANSIONS: readonly Expansion[] = [
  {
    title: 'the product, the first axis slowest',
    matrix: { axes: { os: ['a', 'b'], version: [10, 12] } },
    combinations: [
      { os: 'a', version: 10 },
      { os: 'a', version: 12 },
      { os: 'b', version: 10 },
      { os: 'b', version: 12 },
    ],
  },
  {
    title: "GitHub's example of include: fruits and animals",
    matrix: {
      axes: { fruit: ['apple', 'pear'], animal: ['cat', 'dog'] },
      include: [
        { color: 'green' },
        { color: 'pink', animal: 'cat' },
        { fruit: 'apple', shape: 'circle' },
        { fruit: 'banana' },
        { fruit: 'banana', animal: 'cat' },
      ],
    },
    combinations: [
      { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
      { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
      { fruit: 'pear', animal: 'cat', color: 'pink' },
      { fruit: 'pear', animal: 'dog', color: 'green' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ],
  },
  {
    title: "GitHub's example of exclude",
    matrix: {
      axes: { os: ['macos', 'windows'], version: [12, 14, 16], environment: ['staging', 'production'] },
      exclude: [
        { os: 'macos', version: 12, environment: 'production' },
        { os: 'windows', version: 16 },
      ],
    },
    combinations: [
      { os: 'macos', version: 12, environment: 'staging' },
      { os: 'macos', version: 14, environment: 'staging' },
      { os: 'macos', version: 14, environment: 'production' },
      { os: 'macos', version: 16, environment: 'staging' },
      { os: 'macos', version: 16, environment: 'production' },
      { os: 'windows', version: 12, environment: 'staging' },
      { os: 'windows', version: 12, environment: 'production' },
      { os: 'windows', version: 14, environment: 'staging' },
      { os: 'windows', version: 14, environment: 'production' },
    ],
  },
  {
    title: 'an include that extends one combination',
    matrix: { axes: { os: ['a', 'b'], node: [14, 16] }, include: [{ os: 'a', node: 16, npm: 6 }] },
    combinations: [
      { os: 'a', node: 14 },
      { os: 'a', node: 16, npm: 6 },
      { os: 'b', node: 14 },
      { os: 'b', node: 16 },
    ],
  },
  {
    title: 'only include: one combination each, none merged into another',
    matrix: { include: [{ site: 'production' }, { site: 'staging' }, { color: 'green' }] },
    combinations: [{ site: 'production' }, { site: 'staging' }, { color: 'green' }],
  },
  {
    title: 'an include after everything was excluded',
    matrix: { axes: { os: ['a'] }, exclude: [{ os: 'a' }], include: [{ os: 'b' }, { extra: true }] },
    combinations: [{ os: 'b' }, { extra: true }],
  },
  {
    title: 'an include can bring back what was excluded',
    matrix: { axes: { os: ['a', 'b'] }, exclude: [{ os: 'a' }], include: [{ os: 'a' }] },
    combinations: [{ os: 'b' }, { os: 'a' }],
  },
  {
    title: 'maps are compared by their fields, in any order',
    matrix: {
      axes: {
        image: [
          { name: 'x', tag: '1' },
          { name: 'y', tag: '1' },
        ],
        user: ['root', 'me'],
      },
      exclude: [{ image: { tag: '1', name: 'x' }, user: 'root' }],
      include: [{ image: { tag: '1', name: 'y' }, workers: 2 }],
    },
    combinations: [
      { image: { name: 'x', tag: '1' }, user: 'me' },
      { image: { name: 'y', tag: '1' }, user: 'root', workers: 2 },
      { image: { name: 'y', tag: '1' }, user: 'me', workers: 2 },
    ],
  },
  {
    title: 'a map with fewer fields, a text like a number, and an unknown axis exclude nothing',
    matrix: {
      axes: { image: [{ name: 'x', tag: '1' }], version: [1] },
      exclude: [{ image: { name: 'x' } }, { version: '1' }, { os: 'a' }],
    },
    combinations: [{ image: { name: 'x', tag: '1' }, version: 1 }],
  },
  { title: 'no axis and no include', matrix: {}, combinations: [] },
]

test.each(EXPANSIONS)('expands $title', ({ matrix, combinations }) => {
  expect(expandMatrix(makeMatrix(matrix))).toEqual(combinations)
})

test('a job without a matrix has one empty combination', () => {
  expect(expandMatrix(null)).toEqual([{}])
})

test('an expansion leaves the matrix as it was', () => {
  const matrix = makeMatrix({ axes: { os: ['a'] }, include: [{ color: 'red' }, { os: 'b' }] })
  const before = structuredClone(matrix)
  expandMatrix(matrix)
  expect(matrix).toEqual(before)
})

test('the axes that a combination can have, with their values', () => {
  const matrix = makeMatrix({ axes: { os: ['a'], node: [1, 2] }, include: [{ os: 'b', zone: { name: 'x' } }] })
  expect(matrixAxes(matrix)).toEqual({ os: ['a', 'b'], node: [1, 2], zone: [{ name: 'x' }] })
  expect(matrixAxes(null)).toEqual({})
})

test.each([
  [{}, 0],
  [{ a: [1, 2, 3] }, 3],
  [{ a: [1, 2], b: [1, 2, 3] }, 6],
  [{ a: [1, 2], b: [] }, 0],
])('the axes %j make %i combinations', (axes, count) => {
  expect(countAxesProduct(makeMatrix({ axes }))).toBe(count)
})

describe('names', () => {
  test.each([
    ['root', 'root'],
    [3.5, '3.5'],
    [false, 'false'],
    [{ image: 'ubuntu:24.04', tag: 'ubuntu' }, 'ubuntu'],
    [{ tag: 't', name: 'n' }, 'n'],
    [{ image: 'x', cpus: 2 }, 'x, 2'],
  ])('the value %j is shown as %j', (value, label) => {
    expect(valueLabel(value)).toBe(label)
  })

  test.each<[MatrixCombination, string, string]>([
    [{}, '', 'docker / app'],
    [{ base_image: { image: 'x', tag: 'nikolaik' } }, 'nikolaik', 'docker / app (nikolaik)'],
    [{ os: 'linux', node: 22 }, 'linux, 22', 'docker / app (linux, 22)'],
  ])('the combination %j is shown as %j', (combination, label, name) => {
    expect(matrixLabel(combination)).toBe(label)
    expect(legName('docker', 'app', combination)).toBe(name)
  })
})
