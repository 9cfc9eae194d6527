import { describe, expect, test } from 'vitest'
import { InvariantError } from '../../src/domain/errors.ts'
import {
  checkPath,
  checkText,
  findPaths,
  type InterpolationValues,
  interpolate,
  interpolationValues,
  VALUE_PATHS,
  versionOf,
} from '../../src/domain/interpolate.ts'
import type { LabelTriggered, PullRequest, PullRequestTriggered, PushTriggered } from '../../src/domain/trigger.ts'

const SHA = '0123456789abcdef0123456789abcdef01234567'
const REPO = { id: 1, nodeId: 'R_1', owner: 'acme', name: 'rails', defaultBranch: 'main' }

function makeValues(parts: Partial<InterpolationValues> = {}): InterpolationValues {
  return {
    sha: SHA,
    refName: 'main',
    event: 'push',
    version: '0123456',
    pullRequest: null,
    repo: { owner: 'acme', name: 'rails' },
    matrix: {},
    image: null,
    ...parts,
  }
}

const VALUES = makeValues({
  refName: '7/merge',
  event: 'pull_request',
  pullRequest: { number: 7, headRef: 'feature', baseRef: 'main' },
  matrix: { os: 'linux', node: 22, root: false, image: { tag: 'ubuntu', cpus: 2 } },
  image: { name: 'runtime', repository: 'ghcr.io/acme/runtime', version: '1.2.3' },
})

test.each([
  ['nothing to do', 'nothing to do'],
  ['', ''],
  ['${{ sha }}', SHA],
  ['${{sha}}', SHA],
  ['${{   short_sha\t}}', '0123456'],
  ['${{ ref_name }} ${{ event }}', '7/merge pull_request'],
  ['v${{ version }}-x', 'v0123456-x'],
  ['pr-${{ pr.number }}: ${{ pr.head_ref }} to ${{ pr.base_ref }}', 'pr-7: feature to main'],
  ['${{ repo.owner }}/${{ repo.name }}', 'acme/rails'],
  ['${{ image.name }}', 'runtime'],
  ['${{ image.repository }}:${{ image.version }}', 'ghcr.io/acme/runtime:1.2.3'],
  ['${{ matrix.os }}${{ matrix.node }}${{ matrix.root }}', 'linux22false'],
  ['${{ matrix.image.tag }}-${{ matrix.image.cpus }}', 'ubuntu-2'],
  ['${{ matrix.zone }}${{ matrix.image.zone }}${{ matrix.os.tag }}${{ matrix.toString }}', ''],
  ['$${{ sha }}', `$${SHA}`],
  ['${ sha } {{ sha }} $', '${ sha } {{ sha }} $'],
  ['${{ sha', '${{ sha'],
  ['}} ${{ event }}', '}} pull_request'],
])('%j becomes %j', (text, result) => {
  expect(interpolate(text, VALUES)).toBe(result)
})

test('without a pull request, its values are empty, and so is an image that there is none of', () => {
  const text =
    '[${{ pr.number }}${{ pr.head_ref }}${{ pr.base_ref }}${{ image.name }}${{ image.repository }}${{ image.version }}]'
  expect(interpolate(text, makeValues())).toBe('[]')
})

test('a value is never looked at again', () => {
  const values = makeValues({ refName: '${{ sha }}', matrix: { os: '$& ${{ event }}' } })
  expect(interpolate('${{ ref_name }} ${{ matrix.os }}', values)).toBe('${{ sha }} $& ${{ event }}')
})

test('two values cannot make a new one between them', () => {
  const values = makeValues({ refName: '${{ sh', matrix: { os: 'a }}' } })
  expect(interpolate('${{ ref_name }}${{ matrix.os }}', values)).toBe('${{ sha }}')
})

test.each(['github.sha', 'constructor', '__proto__', '', 'matrix'])('%j was never checked', (path) => {
  expect(() => interpolate(`\${{ ${path} }}`, VALUES)).toThrow(InvariantError)
})

test('every value of the list can be checked and filled in', () => {
  for (const path of Object.keys(VALUE_PATHS)) {
    expect(checkPath(path, { axes: {} })).toBeNull()
    expect(interpolate(`\${{ ${path} }}`, VALUES)).not.toBe('')
  }
})

test('a long text takes linear time', () => {
  const begin = performance.now()
  expect(findPaths('${{'.repeat(100_000))).toEqual([])
  expect(interpolate('${{ sha }}'.repeat(50_000), VALUES)).toHaveLength(50_000 * 40)
  expect(performance.now() - begin).toBeLessThan(1000)
})

test.each([
  ['a', []],
  ['${{ sha }} and ${{pr.number}}', ['sha', 'pr.number']],
  ['${{ sha }}${{ sha }}', ['sha', 'sha']],
  ['${{}}', ['']],
  ['${{ ${{ sha }} }}', ['${{ sha']],
  ["${{ sha == 'x' }}", ["sha == 'x'"]],
])('the paths in %j', (text, paths) => {
  expect(findPaths(text)).toEqual(paths)
})

describe('checks', () => {
  const axes = {
    os: ['linux'],
    image: [
      { name: 'a', tag: 'b' },
      { name: 'c', cpus: 2 },
    ],
    mixed: ['x', { tag: 'y' }],
  }

  test.each([
    ['matrix.os', null],
    ['matrix.image.tag', null],
    ['matrix.image.cpus', null],
    ['matrix.mixed.tag', null],
    ['matrix.mixed', 'names "matrix.mixed", which is a map; name one of its fields: matrix.mixed.tag'],
    [
      'matrix.image',
      'names "matrix.image", which is a map; name one of its fields: matrix.image.name, matrix.image.tag, matrix.image.cpus',
    ],
    ['matrix.imge', 'names "matrix.imge", but the matrix has no axis "imge"; did you mean "image"?'],
    ['matrix.toString', 'names "matrix.toString", but the matrix has no axis "toString"; it has os, image, mixed'],
    [
      'matrix.image.nmae',
      'names "matrix.image.nmae", but no value of "image" has a field "nmae"; they have name, tag, cpus',
    ],
    ['matrix.image.tags', 'names "matrix.image.tags", but no value of "image" has a field "tags"; did you mean "tag"?'],
    ['matrix.os.tag', 'names "matrix.os.tag", but the values of "os" have no fields; write matrix.os'],
    ['pr.numbr', 'names "pr.numbr", which is not a value that Signalbox fills in; did you mean "pr.number"?'],
  ])('%s', (path, problem) => {
    expect(checkPath(path, { axes })).toBe(problem)
  })

  test('nothing is known about a matrix that is wrong itself', () => {
    expect(checkPath('matrix.anything.at', { axes: null })).toBeNull()
    expect(checkPath('matrx.os', { axes: null })).toMatch(/^names "matrx.os", which is not a value/)
  })

  test('a text is told everything that is wrong with it once', () => {
    expect(checkText('${{ matrix.o }} ${{ matrix.o }} ${{ sha }} ${{ shaa }} ${{', { axes: {} })).toEqual([
      'names "matrix.o", but the job has no matrix',
      'names "shaa", which is not a value that Signalbox fills in; did you mean "sha"?',
      'has a "${{" without the "}}" that ends it',
    ])
  })
})

test.each([
  ['v1.2.3', '1.2.3'],
  ['1.2.3', '1.2.3'],
  ['v1.2.3-rc.1+build', '1.2.3-rc.1+build'],
  ['v1.2', '0123456'],
  ['vv1.2.3', '0123456'],
  ['=1.2.3', '0123456'],
  [' 1.2.3', '0123456'],
  ['ext-v1.2.3', '0123456'],
])('the version of the tag %j is %j', (refName, version) => {
  expect(versionOf({ kind: 'tag', refName, sha: SHA })).toBe(version)
})

test('a branch is no version', () => {
  expect(versionOf({ kind: 'push', refName: 'v1.2.3', sha: SHA })).toBe('0123456')
})

test('the values of a trigger', () => {
  const push: PushTriggered = { kind: 'push', repo: REPO, sha: SHA, refName: 'main', before: null }
  expect(interpolationValues(push, { matrix: {}, image: null })).toEqual(makeValues())
  const pullRequest: PullRequest = {
    number: 7,
    headSha: SHA,
    headRef: 'feature',
    headRepo: 'acme/rails',
    baseRef: 'main',
    baseSha: SHA,
    draft: false,
    state: 'open',
    author: 'ann',
    association: 'MEMBER',
    labels: [],
    maintainersMayPush: false,
  }
  const opened: PullRequestTriggered = { kind: 'pull_request', repo: REPO, sha: SHA, refName: '7/merge', pullRequest }
  const leg = { matrix: { os: 'linux' }, image: { name: 'runtime', repository: '', version: '' } }
  const values = interpolationValues(opened, leg)
  expect(values).toMatchObject({ event: 'pull_request', refName: '7/merge', ...leg })
  expect(interpolate('${{ pr.number }} ${{ pr.head_ref }} ${{ pr.base_ref }}', values)).toBe('7 feature main')
  const labelled: LabelTriggered = { ...opened, kind: 'label', label: 'lint-fix', by: 'ann', labelingId: 'LE_1' }
  expect(interpolate('${{ event }} ${{ pr.number }} ${{ pr.head_ref }}', interpolationValues(labelled, leg))).toBe(
    'label 7 feature',
  )
})
