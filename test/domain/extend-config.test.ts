import { describe, expect, test } from 'vitest'
import { formatKeyPath } from '../../src/domain/config/key-path.ts'
import { type ConfigLayer, readLayer } from '../../src/domain/config/read-layer.ts'
import { plainValue } from '../../src/domain/config/yaml-tree.ts'
import { mergeLayers, parseExtends, readExtends } from '../../src/domain/extend-config.ts'
import { formatProblem, parseConfig } from '../../src/domain/parse-config.ts'

const CONFIG = '.github/signalbox.yml'

test.each([
  ['shared', { owner: null, repo: 'shared', path: CONFIG }],
  ['.github', { owner: null, repo: '.github', path: CONFIG }],
  ['acme/shared', { owner: 'acme', repo: 'shared', path: CONFIG }],
  ['acme/shared:ci/signalbox.yaml', { owner: 'acme', repo: 'shared', path: 'ci/signalbox.yaml' }],
  ['shared:base.yml', { owner: null, repo: 'shared', path: 'base.yml' }],
  ['', null],
  ['.', null],
  ['..', null],
  ['acme/..', null],
  ['acme/shared/x', null],
  ['-acme/shared', null],
  ['acme/shared:', null],
  ['acme/shared:base.json', null],
  ['acme/shared:/base.yml', null],
  ['acme/shared:../base.yml', null],
  ['acme/shared:a//base.yml', null],
  ['acme/shared:a/./base.yml', null],
  ['https://github.com/acme/shared', null],
  ['acme/shared\n', null],
  ['acme/sha red', null],
])('the reference %j', (reference, expected) => {
  expect(parseExtends(reference)).toEqual(expected)
})

test.each([
  ['version: 1\n_extends: acme/shared\n', { owner: 'acme', repo: 'shared', path: CONFIG }],
  ['_extends: &x shared\nversion: *x\n', { owner: null, repo: 'shared', path: CONFIG }],
  ['version: 1\n', null],
  ['_extends: [shared]\n', null],
  ['_extends: ../shared\n', null],
  ['- _extends: shared\n', null],
  ['_extends: shared\nbroken: [\n', null],
  ['', null],
])('what %j extends', (source, expected) => {
  expect(readExtends(source)).toEqual(expected)
  expect(readExtends(Buffer.from(source))).toEqual(expected)
})

test.each([
  [[], ''],
  [['jobs', 'app', 'needs', 0], 'jobs.app.needs[0]'],
])('the key path %j is %j', (path, text) => {
  expect(formatKeyPath(path)).toBe(text)
})

describe('merging', () => {
  function merged(...sources: readonly string[]): unknown {
    const [nearest, ...others] = sources.map((source) => {
      const { root } = readLayer({ path: 'x.yml', source })
      if (root === null) throw new Error(`not a layer: ${source}`)
      return root
    })
    return nearest && plainValue(mergeLayers(nearest, ...others).tree)
  }

  test.each([
    ['maps by key', ['a: { x: 1, y: 1 }', 'a: { y: 2, z: 2 }\nb: 3'], { a: { x: 1, y: 1, z: 2 }, b: 3 }],
    ['lists as a whole', ['a: [1]', 'a: [2, 3]'], { a: [1] }],
    ['an empty list too', ['a: []', 'a: [2, 3]'], { a: [] }],
    ['an empty value too', ['a:', 'a: { x: 1 }'], { a: null }],
    ['an empty map keeps what it adds nothing to', ['a: {}', 'a: { x: 1 }'], { a: { x: 1 } }],
    ['different kinds', ['a: x', 'a: { x: 1 }'], { a: 'x' }],
    [
      'three layers, nearest first',
      ['a: { x: 1 }', 'a: { x: 2, y: 2 }', 'a: { x: 3, y: 3, z: 3 }'],
      { a: { x: 1, y: 2, z: 3 } },
    ],
  ])('%s', (_title, sources, expected) => {
    expect(merged(...sources)).toEqual(expected)
  })

  test('keeps the order of the nearest, then that of the others', () => {
    expect(Object.keys(merged('c: 1\na: 1', 'b: 2\na: 2\nd: 2') as object)).toEqual(['c', 'a', 'b', 'd'])
  })
})

describe('a configuration in layers', () => {
  const SHARED = 'acme/.github:.github/signalbox.yml'
  const shared = `version: 1
matrices: { os: [linux, mac] }
pipelines:
  ci:
    on: { push: { branches: [main] } }
    jobs:
      build: { workflow: build.yml, timeout: 10m }
    gates:
      all: { name: All, needs: [build] }
`

  function parse(source: string, ...defaults: readonly ConfigLayer[]) {
    return parseConfig(source, { path: CONFIG, defaults })
  }

  function problemsOf(source: string, ...defaults: readonly ConfigLayer[]): readonly string[] {
    const parsed = parse(source, ...defaults)
    return parsed.ok ? [] : parsed.problems.map(formatProblem)
  }

  test('adds to the shared file, and overrides it', () => {
    const own = `_extends: .github
pipelines:
  ci:
    jobs:
      test: { workflow: test.yml, needs: build, matrix: { os: $os } }
      build: { timeout: 20m }
    gates:
      all: { needs: [build, test] }
`
    const parsed = parse(own, { path: SHARED, source: shared })
    expect(parsed).toMatchObject({
      ok: true,
      config: {
        pipelines: [
          {
            on: { push: { branches: ['main'] } },
            jobs: [
              { name: 'build', start: { workflow: 'build.yml' }, timeoutMs: 1_200_000 },
              { name: 'test', start: { workflow: 'test.yml' }, matrix: { axes: { os: ['linux', 'mac'] } } },
            ],
            gates: [{ id: 'all', name: 'All', needs: ['build', 'test'] }],
          },
        ],
      },
      source: { _extends: '.github', version: 1 },
    })
  })

  test('a problem is shown in the file that it was written in', () => {
    const own = `version: 1
pipelines:
  ci:
    jobs:
      test: { workflow: test.yml, needs: biuld }
      build: { matrix: { os: $oss } }
`
    const broken = shared.replace('10m', '10').replace('needs: [build]', 'needs: [build, lint]')
    expect(problemsOf(own, { path: SHARED, source: broken })).toEqual([
      `${CONFIG}:5:42: "needs" names "biuld", which is no job of this pipeline; did you mean "build"?`,
      `${CONFIG}:6:30: "os" names "$oss", but "matrices" has no "oss"; did you mean "$os"?`,
      `${SHARED}:7:46: "timeout" must be a duration with its unit, such as "90s", "60m", "1h30m" or "2d", but it is the number 10`,
      `${SHARED}:9:40: "needs" names "lint", which is no job of this pipeline; its jobs are test, build`,
    ])
  })

  test.each([
    [
      'version: 2\n',
      `${SHARED}:1:10: version 2 is not one that this Signalbox reads; write "version: 1", or update Signalbox`,
    ],
    ['[a]\n', `${SHARED}:1:1: the file must be a map that begins with "version: 1", but it is a list`],
    [
      'a: [\n',
      `${SHARED}:2:1: this is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]`,
    ],
    [
      'a: &a [*a]\n',
      `${SHARED}:1:1: the file has an unknown key "a"; it takes version, _extends, matrices, pipelines, forks, label_actions, previews, images, stale, cleanup, sweeps, pull_request_summary, override`,
    ],
    [
      '_extends: a/b/c\n',
      `${SHARED}:1:11: "_extends" must be "repo", "owner/repo" or "owner/repo:path/to/file.yml", but it is the text "a/b/c"`,
    ],
    [
      '_extends: [a]\n',
      `${SHARED}:1:1: "_extends" must be "repo", "owner/repo" or "owner/repo:path/to/file.yml", but it is a list`,
    ],
  ])('the shared file %j is refused', (source, problem) => {
    expect(problemsOf('version: 1\n', { path: SHARED, source })).toContain(problem)
  })

  test('the version may be said by the shared file alone', () => {
    expect(parse('_extends: .github\n', { path: SHARED, source: 'version: 1\n' })).toMatchObject({ ok: true })
  })

  test('what the shared file extends is its own matter', () => {
    const parsed = parse('version: 1\n', { path: SHARED, source: '_extends: base\nversion: 1\n' })
    expect(parsed).toMatchObject({ ok: true, source: { version: 1 } })
    expect(parsed.ok && parsed.source).not.toHaveProperty('_extends')
  })
})
