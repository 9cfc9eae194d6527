import { describe, expect, test } from 'vitest'
import type { Config } from '../../src/domain/config.ts'
import { parseReference } from '../../src/domain/image-reference.ts'
import { ALL_FILES, type ChangedFiles, needsChangedFiles, planRuns, type RunPlan } from '../../src/domain/plan.ts'
import type { Trigger } from '../../src/domain/trigger.ts'
import {
  freeze,
  makeConfig,
  makeManualTrigger,
  makeMergeGroupTrigger,
  makePullRequestTrigger,
  makePushTrigger,
  makeTagTrigger,
  NOW,
  SHA,
} from '../support/facts.ts'

/** One pipeline with one job and a gate, that listens to what the YAML says. */
function listening(on: string): Config {
  return makeConfig(`version: 1
pipelines:
  ci:
    on: ${on}
    jobs: { app: { workflow: app.yml } }
    gates: { tests: { name: Tests Passed, needs: [app] } }
`)
}

/** One pipeline that listens to everything, with these jobs, and a gate over all of them. */
function withJobs(jobs: string, gates?: string): Config {
  return makeConfig(`version: 1
matrices:
  image: [{ image: "python:3.12", tag: slim }, { name: Big Ubuntu, image: "ubuntu:24.04", tag: ubuntu }, { os: linux, bits: 64 }]
pipelines:
  ci:
    on: { push: {}, tag: {}, pull_request: {}, merge_group: {}, manual: {} }
    jobs:
${jobs.replace(/^/gm, '      ')}
    gates: ${gates ?? '{}'}
`)
}

function listed(...files: string[]): ChangedFiles {
  return { kind: 'listed', files }
}

function planned(config: Config, trigger: Trigger, changed: ChangedFiles = ALL_FILES): RunPlan {
  const [run] = planRuns(trigger, config, changed, NOW).runs
  if (run === undefined) throw new Error('no pipeline was planned')
  return run
}

const fromFork = (headRepo: string | null = 'eve/shop') => makePullRequestTrigger({ headRepo })

describe('which pipelines listen', () => {
  test.each<[string, Trigger, string | null]>([
    ['{ push: {} }', makePushTrigger('any/branch'), null],
    ['{ tag: {} }', makePushTrigger(), 'the pipeline does not run on pushes'],
    ['{ push: { branches: [main] } }', makePushTrigger('main'), null],
    ['{ push: { branches: [main] } }', makePushTrigger('dev'), 'the pipeline does not run on pushes to branch dev'],
    ['{ push: { branches: ["rel/**", "!rel/old/*"] } }', makePushTrigger('rel/1/2'), null],
    [
      '{ push: { branches: ["rel/**", "!rel/old/*"] } }',
      makePushTrigger('rel/old/1'),
      'the pipeline does not run on pushes to branch rel/old/1',
    ],
    ['{ tag: {} }', makeTagTrigger('anything'), null],
    ['{ push: {} }', makeTagTrigger(), 'the pipeline does not run on tags'],
    ['{ tag: { include: ["*"], exclude: ["ext-v*"] } }', makeTagTrigger('v1'), null],
    [
      '{ tag: { include: ["*"], exclude: ["ext-v*"] } }',
      makeTagTrigger('ext-v1'),
      'the pipeline does not run on tag ext-v1',
    ],
    ['{ pull_request: {} }', makePullRequestTrigger(), null],
    ['{ push: {} }', makePullRequestTrigger(), 'the pipeline does not run on pull requests'],
    ['{ pull_request: { branches: [main] } }', makePullRequestTrigger({ headRef: 'main', baseRef: 'main' }), null],
    [
      '{ pull_request: { branches: [main] } }',
      makePullRequestTrigger({ headRef: 'main', baseRef: 'dev' }),
      'the pipeline does not run on pull requests into dev',
    ],
    ['{ pull_request: {} }', makePullRequestTrigger({ draft: true }), null],
    ['{ pull_request: { drafts: true } }', makePullRequestTrigger({ draft: true }), null],
    [
      '{ pull_request: { drafts: false } }',
      makePullRequestTrigger({ draft: true }),
      'the pipeline does not run on draft pull requests',
    ],
    ['{ pull_request: { drafts: false } }', makePullRequestTrigger({ draft: false }), null],
    ['{ merge_group: {} }', makeMergeGroupTrigger(), null],
    ['{ pull_request: {} }', makeMergeGroupTrigger(), 'the pipeline does not run on merge groups'],
    ['{ merge_group: { branches: [main] } }', makeMergeGroupTrigger('main'), null],
    [
      '{ merge_group: { branches: [main] } }',
      makeMergeGroupTrigger('dev'),
      'the pipeline does not run on merge groups into dev',
    ],
    ['{ manual: {} }', makeManualTrigger(null), null],
    ['{ manual: {} }', makeManualTrigger(['other', 'ci']), null],
    ['{ manual: {} }', makeManualTrigger(['other']), 'the manual request did not name this pipeline'],
    ['{ push: {} }', makeManualTrigger(['ci']), 'the pipeline does not run on manual requests'],
  ])('on %s and a %o: %s', (on, trigger, reason) => {
    const run = planned(listening(on), trigger)
    expect(run).toMatchObject({ listens: reason === null, skipped: reason })
    expect([run.legs.length, run.gates.length]).toEqual(reason === null ? [1, 1] : [0, 0])
  })
})

describe('path filters', () => {
  const FILTER = '{ paths: ["src/**"], paths_ignore: ["**/*.md"] }'
  const both = listening(`{ push: ${FILTER}, pull_request: ${FILTER}, tag: {}, merge_group: {}, manual: {} }`)

  test.each<[string, ChangedFiles, string | null]>([
    ['one file that counts', listed('docs/a', 'src/a.ts'), null],
    ['a list that was cut short', ALL_FILES, null],
    ['one file that does not count', listed('src/a.md'), "none of the 1 changed file matches the pipeline's paths"],
    ['files of which none counts', listed('a', 'b'), "none of the 2 changed files matches the pipeline's paths"],
    ['no file at all', listed(), "none of the 0 changed files matches the pipeline's paths"],
  ])('%s', (_title, changed, skipped) => {
    for (const trigger of [makePushTrigger(), makePullRequestTrigger()]) {
      const run = planned(both, trigger, changed)
      expect(run).toMatchObject({ listens: true, skipped, gates: [{ id: 'tests', name: 'Tests Passed' }] })
      expect(run.legs).toHaveLength(skipped === null ? 1 : 0)
      expect(run.gates[0]?.needs).toEqual(skipped === null ? ['ci / app'] : [])
    }
  })

  test('say nothing about tags, merge groups and manual requests', () => {
    for (const trigger of [makeTagTrigger(), makeMergeGroupTrigger(), makeManualTrigger()])
      expect(planned(both, trigger, listed('docs/a')).skipped).toBeNull()
  })

  test('a pipeline without one runs for a change without files', () => {
    expect(planned(listening('{ push: {} }'), makePushTrigger(), listed()).skipped).toBeNull()
  })

  test.each<[string, Trigger, boolean]>([
    ['{ push: {} }', makePushTrigger(), false],
    ['{ push: { paths: ["a"] } }', makePushTrigger(), true],
    ['{ push: { paths_ignore: ["a"] } }', makePushTrigger(), true],
    ['{ push: { branches: [dev], paths: ["a"] } }', makePushTrigger(), false],
    ['{ push: { paths: ["a"] }, pull_request: {} }', makePullRequestTrigger(), false],
    ['{ pull_request: { paths: ["a"] } }', makePullRequestTrigger(), true],
    ['{ push: { paths: ["a"] }, tag: {} }', makeTagTrigger(), false],
  ])('on %s the changed files of %o have to be known: %s', (on, trigger, expected) => {
    expect(needsChangedFiles(trigger, listening(on))).toBe(expected)
  })
})

describe('legs', () => {
  test('of a matrix are named by its values, needed by all their names, and in the order of the file', () => {
    const config = withJobs(
      `app: { workflow: app.yml }
build: { workflow: build.yml, matrix: { image: $image } }
test: { workflow: test.yml, needs: [build, app], matrix: { image: $image, python: ["3.12", 3.13] } }`,
      '{ all: { name: All, needs: [test, app] } }',
    )
    const run = planned(config, makePushTrigger())
    expect(run.legs.map((leg) => leg.name)).toEqual([
      'ci / app',
      'ci / build (slim)',
      'ci / build (Big Ubuntu)',
      'ci / build (linux, 64)',
      'ci / test (slim, 3.12)',
      'ci / test (slim, 3.13)',
      'ci / test (Big Ubuntu, 3.12)',
      'ci / test (Big Ubuntu, 3.13)',
      'ci / test (linux, 64, 3.12)',
      'ci / test (linux, 64, 3.13)',
    ])
    for (const leg of run.legs.filter((one) => one.job === 'test'))
      expect(leg.needs).toEqual(['ci / build (slim)', 'ci / build (Big Ubuntu)', 'ci / build (linux, 64)', 'ci / app'])
    expect(run.legs[0]?.needs).toEqual([])
    expect(run.gates).toEqual([
      { id: 'all', name: 'All', needs: ['ci / app', ...run.legs.slice(4).map((leg) => leg.name)] },
    ])
  })

  test('are those of the matrix without `exclude` and with `include`', () => {
    const config = withJobs(`test:
  workflow: test.yml
  matrix:
    os: [linux, windows]
    node: [22, 24]
    exclude: [{ os: windows, node: 22 }]
    include: [{ os: linux, node: 24, extra: "yes" }, { os: mac, node: 24 }]
  inputs: { extra: "\${{ matrix.extra }}", os: "\${{ matrix.os }}" }`)
    expect(planned(config, makePushTrigger()).legs.map((leg) => [leg.name, leg.inputs])).toEqual([
      ['ci / test (linux, 22)', { extra: '', os: 'linux' }],
      ['ci / test (linux, 24, yes)', { extra: 'yes', os: 'linux' }],
      ['ci / test (windows, 24)', { extra: '', os: 'windows' }],
      ['ci / test (mac, 24)', { extra: '', os: 'mac' }],
    ])
  })

  test('carry what the job says, and the defaults of what it does not', () => {
    const config = withJobs(`one:
  workflow: one.yml
  image: runtime
  fail_fast: false
  max_parallel: 4
  retries: { max: 2, delay: 5s }
  timeout: 90s
two: { workflow: two.yml, needs: [one] }`)
    const [one, two] = planned(config, makePushTrigger()).legs
    expect(one).toEqual({
      job: 'one',
      name: 'ci / one',
      matrix: {},
      needs: [],
      start: { kind: 'dispatch', workflow: 'one.yml', ref: 'main' },
      hold: null,
      buildOnly: false,
      toldInputs: null,
      report: null,
      reuse: null,
      inputs: {},
      skip: null,
      image: { name: 'runtime', build: null },
      failFast: false,
      maxParallel: 4,
      retries: { max: 2, delayMs: 5000, only: 'any' },
      timeoutMs: 90_000,
    })
    expect(two).toMatchObject({ needs: ['ci / one'], image: null, maxParallel: null, retries: { max: 0 } })
  })
})

describe('interpolation', () => {
  const EVERYTHING = [
    '${{sha}} ${{ short_sha }} ${{ ref_name }} ${{ event }} ${{ version }}',
    '#${{ pr.number }} ${{ pr.head_ref }}>${{ pr.base_ref }}',
    '${{ repo.owner }}/${{ repo.name }} ${{ image.name }} ${{ matrix.os }}',
  ].join(' ')
  const config = withJobs(
    `app: { workflow: app.yml, image: shop, matrix: { os: [linux] }, ref: "builds/\${{ ref_name }}", inputs: { all: "${EVERYTHING}", plain: "{{ sha }} $sha" } }`,
  )

  test.each<[Trigger, string, string]>([
    [makePushTrigger('dev'), 'builds/dev', `${SHA} aaaaaaa dev push aaaaaaa # > acme/shop shop linux`],
    [makeTagTrigger('v1.2.3'), 'builds/v1.2.3', `${SHA} aaaaaaa v1.2.3 tag 1.2.3 # > acme/shop shop linux`],
    [
      makePullRequestTrigger({ headRef: 'feature' }),
      'builds/7/merge',
      `${SHA} aaaaaaa 7/merge pull_request aaaaaaa #7 feature>main acme/shop shop linux`,
    ],
    [makeManualTrigger(), 'builds/main', `${SHA} aaaaaaa main manual aaaaaaa # > acme/shop shop linux`],
  ])('%o', (trigger, ref, all) => {
    const [leg] = planned(config, trigger).legs
    expect(leg?.start).toMatchObject({ ref })
    expect(leg?.inputs).toEqual({ all, plain: '{{ sha }} $sha' })
  })

  test.each([
    '${{ sha }}',
    'a${{ pr.base_ref }}b${{',
    '`$(rm -rf /)`',
    `it's "quoted" \\ backslash`,
    'line\nbreak\r\n\u0000',
    '🚂🛤️',
    '{{ 7 * 7 }}{% raw %}',
    '$& $1 $$',
    '__proto__',
    '"},"signalbox":"forged',
  ])('puts the branch name %j in as it is, and looks at it no more', (headRef) => {
    const hostile = withJobs(
      'app: { workflow: app.yml, ref: "${{ pr.head_ref }}", inputs: { twice: "<${{ pr.head_ref }}|${{pr.head_ref}}>" } }',
    )
    const [leg] = planned(hostile, makePullRequestTrigger({ headRef })).legs
    expect(leg?.inputs).toEqual({ twice: `<${headRef}|${headRef}>` })
    expect(leg?.start).toMatchObject({ ref: headRef })
  })
})

describe('forks', () => {
  const config = withJobs(
    `app: { workflow: app.yml }
enterprise: { workflow: enterprise.yml, forks: skip, matrix: { os: [a, b] } }
test: { workflow: test.yml, needs: [app, enterprise] }
report: { workflow: report.yml, needs: [test] }
light: { workflow: light.yml, forks: build-only }`,
    '{ all: { name: All, needs: [report, light, enterprise] } }',
  )
  const skips = (trigger: Trigger) =>
    Object.fromEntries(planned(config, trigger).legs.map((leg) => [leg.name, leg.skip] as const))

  test.each([fromFork(), fromFork(null), fromFork('acme/shop-2')])(
    'what `skip` takes away takes its dependents along: %o',
    (trigger) => {
      expect(skips(trigger)).toEqual({
        'ci / app': null,
        'ci / enterprise (a)': 'not run for pull requests from forks',
        'ci / enterprise (b)': 'not run for pull requests from forks',
        'ci / test': 'needs ci / enterprise (a), which is skipped',
        'ci / report': 'needs ci / test, which is skipped',
        'ci / light': null,
      })
      const plan = planRuns(trigger, config, ALL_FILES, NOW)
      expect(plan.trusted).toBe(false)
      expect(plan.runs[0]?.gates[0]?.needs).toEqual([
        'ci / enterprise (a)',
        'ci / enterprise (b)',
        'ci / report',
        'ci / light',
      ])
    },
  )

  test.each([makePullRequestTrigger({ headRepo: 'ACME/Shop' }), makePushTrigger(), makeManualTrigger()])(
    'nothing is skipped for the repository itself: %o',
    (trigger) => {
      expect(planRuns(trigger, config, ALL_FILES, NOW).trusted).toBe(true)
      expect(Object.values(skips(trigger))).toEqual([null, null, null, null, null, null])
    },
  )
})

test('every pipeline is planned, each by its own rules', () => {
  const config = makeConfig(`version: 1
pipelines:
  one: { on: { push: {} }, concurrency: keep, jobs: { a: { workflow: a.yml } } }
  two: { on: { tag: {} }, jobs: { a: { workflow: a.yml } } }
  three: { on: { push: { paths: ["x"] } }, jobs: { a: { workflow: a.yml } } }
`)
  const plan = planRuns(makePushTrigger(), config, listed('y'), NOW)
  expect(plan.runs.map((run) => [run.pipeline, run.listens, run.concurrency, run.legs.length])).toEqual([
    ['one', true, 'keep', 1],
    ['two', false, 'cancel', 0],
    ['three', true, 'cancel', 0],
  ])
})

test('the same trigger, configuration and files give the same plan, and none of them is changed', () => {
  const config = freeze(
    withJobs(
      `app: { workflow: app.yml, matrix: { image: $image, os: [a, b], exclude: [{ os: a }], include: [{ os: b, x: 1 }] }, inputs: { tag: "\${{ matrix.image.tag }}" } }
test: { workflow: test.yml, needs: [app], forks: skip }`,
      '{ all: { name: All, needs: [test] } }',
    ),
  )
  for (const trigger of [freeze(makePullRequestTrigger()), freeze(fromFork()), freeze(makeTagTrigger())]) {
    const once = planRuns(trigger, config, freeze(listed('a')), NOW)
    const again = planRuns(structuredClone(trigger), structuredClone(config), listed('a'), NOW)
    expect(again).toEqual(once)
    expect(JSON.stringify(again)).toBe(JSON.stringify(once))
  }
})

describe('images', () => {
  const config = makeConfig(`version: 1
pipelines:
  ci:
    on: { push: , pull_request: }
    jobs:
      app: { workflow: a.yml, image: app, inputs: { tag: "\${{ image.repository }}:\${{ image.version }}" } }
      runtime: { workflow: r.yml, image: runtime, matrix: { os: [debian, alpine] } }
images:
  app: { repository: "ghcr.io/\${{ repo.owner }}/app", tags: ["type=sha", "type=raw,value={{date 'YYYY'}}"] }
  runtime: { repository: ghcr.io/acme/runtime, suffix: "\${{ matrix.os }}" }
`)
  const tagsOf = (trigger: Trigger) => planned(config, trigger).legs.map((leg) => leg.image?.build?.tags)

  test('give each leg the tags of its trigger and its matrix', () => {
    expect(tagsOf(makePushTrigger('Dev/x'))).toEqual([
      ['ghcr.io/acme/app:2026', 'ghcr.io/acme/app:sha-aaaaaaa'],
      ...['debian', 'alpine'].map((os) => ['aaaaaaa', SHA, 'dev-x'].map((tag) => `ghcr.io/acme/runtime:${tag}-${os}`)),
    ])
  })

  test('are pushed for what is trusted, and for nothing else', () => {
    const pushOf = (trigger: Trigger) => planned(config, trigger).legs.map((leg) => leg.image?.build?.push)
    expect(pushOf(makePullRequestTrigger())).toEqual([true, true, true])
    expect(pushOf(makePullRequestTrigger({ headRepo: 'stranger/shop' }))).toEqual([false, false, false])
  })

  test('can be named in inputs', () => {
    expect(planned(config, makePushTrigger()).legs[0]?.inputs.tag).toBe('ghcr.io/acme/app:2026')
  })

  test.each([
    '-',
    '.',
    '..',
    '特性',
    '--x',
    'a'.repeat(244),
    'x,ref=evil',
    '${{ sha }}',
    '{{sha}}',
    '"\n',
    '__proto__',
  ])('of the branch %j have tags', (refName) => {
    for (const tags of tagsOf(makePushTrigger(refName))) {
      expect(tags?.length).toBeGreaterThan(0)
      for (const tag of tags ?? []) expect(parseReference(tag)).toMatchObject({ ok: true })
    }
  })

  test('are planned once for all legs, however slow their rules are', () => {
    const rules = Array.from({ length: 50 }, () => '"type=match,pattern=[\\\\p{L}\\\\p{N}\\\\p{P}]{500}"').join(', ')
    const os = Array.from({ length: 256 }, (_, index) => index).join(', ')
    const slow = makeConfig(`version: 1
pipelines: { ci: { on: { tag: }, jobs: { a: { workflow: a.yml, image: app, matrix: { os: [${os}] } } } } }
images: { app: { repository: acme/app, tags: [${rules}] } }
`)
    expect(planned(slow, makeTagTrigger('x'.repeat(250))).legs).toHaveLength(256)
  })
})
