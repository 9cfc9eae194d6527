import { describe, expect, test } from 'vitest'
import { CONFIG_PATH, type ConfigProblem } from '../../src/domain/config.ts'
import { judgeConfigChange, MAX_ANNOTATIONS, MAX_DIFFERENCES } from '../../src/domain/config-verdict.ts'
import { type ParsedConfig, parseConfig } from '../../src/domain/parse-config.ts'
import { ALL_FILES, type ChangedFiles } from '../../src/domain/plan.ts'
import type { ConfigVerdict } from '../../src/domain/run.ts'
import type { Trigger } from '../../src/domain/trigger.ts'
import { freeze, makeConfig, makePullRequestTrigger, NOW } from '../support/facts.ts'

function judge(
  base: string | null,
  head: string | ParsedConfig,
  { trigger = makePullRequestTrigger(), changed = ALL_FILES }: { trigger?: Trigger; changed?: ChangedFiles } = {},
): ConfigVerdict {
  return judgeConfigChange(
    freeze({
      now: NOW,
      trigger,
      changed,
      base: base === null ? null : makeConfig(base),
      head: typeof head === 'string' ? parseConfig(head, { path: CONFIG_PATH }) : head,
    }),
  )
}

function config({ app = '', jobs = '', gates = 'ci: { name: CI, needs: [app] }', on = 'pull_request: {}', top = '' }) {
  return `version: 1
${top}
pipelines:
  ci:
    on: { ${on} }
    jobs:
      app:
        workflow: app.yml
        ${app}
      ${jobs}
    gates: { ${gates} }
`
}

const BASE = config({})

/** Each difference on one line. */
function lines(verdict: ConfigVerdict): string[] {
  return verdict.differences.map(({ what, subject, name, details }) =>
    [what, subject, name, ...(details.length > 0 ? [`(${details.join(', ')})`] : [])].join(' '),
  )
}

describe('a configuration that is right', () => {
  test.each<[string, string | null, string, string, string[]]>([
    ['nothing at all', BASE, BASE, 'Valid. No leg and no gate changes for this pull request.', []],
    ['a comment', BASE, `# again\n${BASE}`, 'Valid. No leg and no gate changes for this pull request.', []],
    [
      'what is for pushes only',
      BASE,
      config({ on: 'pull_request: {}, push: { branches: [main] }' }),
      'Valid. No leg and no gate changes for this pull request.',
      [],
    ],
    [
      'the first one',
      null,
      BASE,
      'Valid. For this pull request: 1 gate added; 1 leg added.',
      ['added gate CI', 'added leg ci / app'],
    ],
    [
      'a leg more, which the gate does not wait for',
      BASE,
      config({ jobs: 'lint: { workflow: lint.yml }' }),
      'Valid. For this pull request: 1 leg added.',
      ['added leg ci / lint'],
    ],
    [
      'a leg more, which it does',
      BASE,
      config({ jobs: 'lint: { workflow: lint.yml }', gates: 'ci: { name: CI, needs: [app, lint] }' }),
      'Valid. For this pull request: 1 gate changed; 1 leg added.',
      ['changed gate CI (needs)', 'added leg ci / lint'],
    ],
    [
      'a gate with another key',
      BASE,
      config({ gates: 'other: { name: CI, needs: [app] }' }),
      'Valid. No leg and no gate changes for this pull request.',
      [],
    ],
    [
      'a matrix',
      BASE,
      config({ app: 'matrix: { os: [linux, mac] }' }),
      'Valid. For this pull request: 1 gate changed; 2 legs added, 1 removed.',
      ['removed leg ci / app', 'changed gate CI (needs)', 'added leg ci / app (linux)', 'added leg ci / app (mac)'],
    ],
    [
      'a gate less',
      config({ gates: 'ci: { name: CI, needs: [app] }, all: { name: All, needs: [app] }' }),
      config({ app: 'timeout: 5m' }),
      'Valid. Gate "All" is removed: is it a required check? For this pull request: 1 gate removed; 1 leg changed.',
      ['removed gate All', 'changed leg ci / app (time-out)'],
    ],
    [
      'a gate that is renamed',
      BASE,
      config({ gates: 'ci: { name: Tests, needs: [app] }' }),
      'Valid. Gate "CI" is removed: is it a required check? For this pull request: 1 gate removed, 1 added.',
      ['removed gate CI', 'added gate Tests'],
    ],
    [
      'a pipeline that does not listen any more',
      BASE,
      config({ on: 'push: {}' }),
      'Valid. Gate "CI" is removed: is it a required check? For this pull request: 1 gate removed; 1 leg removed.',
      ['removed gate CI', 'removed leg ci / app'],
    ],
    [
      'no pipeline, as far as this pull request goes',
      config({ on: 'pull_request: { branches: [dev] }' }),
      config({ on: 'pull_request: { branches: [dev] }', app: 'timeout: 5m' }),
      'Valid. No leg and no gate changes for this pull request.',
      [],
    ],
  ])('%s', (_, base, head, headline, differences) => {
    const verdict = judge(base, head)
    expect({ ...verdict, differences: lines(verdict) }).toMatchObject({ conclusion: 'success', headline, differences })
  })

  test.each<[string, string | ReturnType<typeof config>, string, string]>([
    ['workflow', BASE, BASE.replace('app.yml', 'other.yml'), 'workflow'],
    ['ref', BASE, config({ app: 'ref: next' }), 'ref'],
    ['ref as it is', BASE, config({ app: 'ref: main' }), ''],
    [
      'what is observed',
      BASE,
      BASE.replace('workflow: app.yml', 'observe: { check: build, app: circleci }'),
      'workflow, ref, observe',
    ],
    ['inputs', BASE, config({ app: 'inputs: { a: b }' }), 'inputs'],
    [
      'inputs in another order',
      config({ app: 'inputs: { a: b, c: d }' }),
      config({ app: 'inputs: { c: d, a: b }' }),
      '',
    ],
    ['fail_fast', BASE, config({ app: 'fail_fast: false' }), 'fail_fast'],
    ['max_parallel', BASE, config({ app: 'max_parallel: 2' }), 'max_parallel'],
    ['retries', BASE, config({ app: 'retries: 2' }), 'retries'],
    ['timeout', BASE, config({ app: 'timeout: 7m' }), 'time-out'],
    ['report', BASE, config({ app: 'report: junit\n        artifact: results' }), 'report'],
    ['reuse', BASE, config({ app: 'reuse: { inputs: [src], max_age: 1d }' }), 'reuse'],
    [
      'inputs of reuse',
      config({ app: 'reuse: { inputs: [src], max_age: 1d }' }),
      config({ app: 'reuse: { inputs: [lib], max_age: 1d }' }),
      'reuse',
    ],
    ['image', BASE, config({ app: 'image: app', top: 'images: { app: { repository: ghcr.io/a/app } }' }), 'image'],
    [
      'tags of its image',
      config({ app: 'image: app', top: 'images: { app: { repository: ghcr.io/a/app } }' }),
      config({ app: 'image: app', top: 'images: { app: { repository: ghcr.io/a/app, suffix: x } }' }),
      'image',
    ],
    [
      'a field of the matrix that its name does not show',
      config({ app: 'matrix: { os: [{ name: linux, bits: 32 }] }' }),
      config({ app: 'matrix: { os: [{ name: linux, bits: 64 }] }' }),
      'matrix',
    ],
    [
      'needs',
      config({ jobs: 'lint: { workflow: lint.yml }' }),
      config({ app: 'needs: [lint]', jobs: 'lint: { workflow: lint.yml }' }),
      'needs',
    ],
    [
      'several',
      BASE,
      config({ app: 'timeout: 7m\n        inputs: { a: b }\n        retries: 1' }),
      'inputs, retries, time-out',
    ],
  ])('which settings differ: %s', (_, base, head, details) => {
    const verdict = judge(base, head)
    expect(verdict.differences.map((one) => [one.name.replace(/ \(.*/, ''), one.details.join(', ')])).toEqual(
      details === '' ? [] : [['ci / app', details]],
    )
  })

  test.each<[string, string, string]>([
    ['a job that forks skip', config({ app: 'forks: skip' }), 'whether it is skipped'],
    ['a job that only builds for forks', config({ app: 'forks: build-only' }), 'what forks may do'],
    ['forks that run at once', config({ top: 'forks: { policy: run }' }), 'what forks may do'],
  ])('for a pull request from a fork: %s', (_, head, details) => {
    const trigger = makePullRequestTrigger({ headRepo: 'eve/shop' })
    expect(lines(judge(BASE, head, { trigger }))).toEqual([`changed leg ci / app (${details})`])
    expect(lines(judge(BASE, head))).toEqual([])
  })

  test('changed files decide, as they do for the plan', () => {
    const changed: ChangedFiles = { kind: 'listed', files: [CONFIG_PATH] }
    const head = config({ on: 'pull_request: { paths: ["src/**"] }' })
    expect(lines(judge(BASE, head, { changed }))).toEqual(['removed leg ci / app', 'changed gate CI (needs)'])
    expect(lines(judge(BASE, head))).toEqual([])
  })

  test('warns of each gate that is removed', () => {
    const head = config({ gates: 'two: { name: Two, needs: [app] }' })
    expect(
      judge(config({ gates: 'one: { name: One, needs: [app] }, two: { name: Two, needs: [app] }' }), head).annotations,
    ).toEqual([
      {
        path: CONFIG_PATH,
        line: 1,
        level: 'warning',
        title: 'Gate "One" removed',
        message:
          'With this configuration the gate "One" is not posted on this pull request. Where it is a required check, the pull request waits for it for ever: change the branch protection or the ruleset first.',
      },
    ])
  })

  test('lists what it can, gates that are removed first, and counts the rest', () => {
    const values = Array.from({ length: 120 }, (_, index) => index)
    const gates = values.map((value) => `g${value}: { name: Gate ${value}, needs: [app] }`).join(', ')
    const verdict = judge(config({ gates }), config({ app: `matrix: { n: [${values.join(', ')}] }` }))
    expect(verdict.headline).toBe(
      'Valid. Gate "Gate 0" is removed: is it a required check? For this pull request: 120 gates removed, 1 added; 120 legs added, 1 removed. The first 100 are listed; 142 more are not.',
    )
    expect(verdict.differences).toHaveLength(MAX_DIFFERENCES)
    expect(lines(verdict)[0]).toBe('removed gate Gate 0')
    expect(verdict.annotations).toHaveLength(MAX_ANNOTATIONS)
  })
})

function problem(line: number, fields: Partial<ConfigProblem> = {}): ConfigProblem {
  return { path: CONFIG_PATH, line, column: 3, at: 'pipelines.ci', message: `wrong ${line}`, ...fields }
}

const broken = (...problems: ConfigProblem[]): ParsedConfig => ({ ok: false, problems })

describe('a configuration that is wrong', () => {
  test('as it was read', () => {
    expect(judge(BASE, BASE.replace('needs: [app]', 'needs: [ap]'))).toEqual({
      conclusion: 'failure',
      headline: `1 problem: ${CONFIG_PATH}:11:38: "needs" names "ap", which is no job of this pipeline; did you mean "app"?`,
      differences: [],
      annotations: [
        {
          path: CONFIG_PATH,
          line: 11,
          level: 'failure',
          title: 'pipelines.ci.gates.ci.needs[0]',
          message: '"needs" names "ap", which is no job of this pipeline; did you mean "app"?',
        },
      ],
    })
  })

  test('at its lines, and nowhere else', () => {
    const elsewhere = { path: 'acme/.github:signalbox.yml' }
    const verdict = judge(BASE, broken(problem(4), problem(9, { at: '' }), problem(2, elsewhere)))
    expect(verdict.headline).toBe(`3 problems: ${CONFIG_PATH}:4:3: wrong 4 (and 2 more)`)
    expect(
      verdict.annotations.map(({ path, line, level, title, message }) => [path, line, level, title, message]),
    ).toEqual([
      [
        CONFIG_PATH,
        1,
        'failure',
        '1 problem in files that this one extends',
        'acme/.github:signalbox.yml:2:3: wrong 2',
      ],
      [CONFIG_PATH, 4, 'failure', 'pipelines.ci', 'wrong 4'],
      [CONFIG_PATH, 9, 'failure', CONFIG_PATH, 'wrong 9'],
    ])
  })

  test('only in a file that it extends', () => {
    const verdict = judge(BASE, broken(problem(2, { path: 'acme/.github:signalbox.yml' })))
    expect(verdict.headline).toBe('1 problem: acme/.github:signalbox.yml:2:3: wrong 2')
    expect(verdict.annotations.map(({ path, line }) => [path, line])).toEqual([[CONFIG_PATH, 1]])
  })

  test('in very many places, and at length', () => {
    const many = Array.from({ length: 60 }, (_, index) => problem(index + 1, { message: '😀'.repeat(300) }))
    const others = many.map((one) => ({ ...one, path: 'acme/.github:signalbox.yml' }))
    const verdict = judge(BASE, broken(...many, ...others))
    expect(verdict.headline).toHaveLength(250)
    expect(verdict.headline).toMatch(/^120 problems: .*😀\uFFFD? \(and 119 more\)$/u)
    expect(verdict.annotations).toHaveLength(MAX_ANNOTATIONS)
    const told = verdict.annotations[0]?.message.split('\n') ?? []
    expect([told.length, told.at(-1)]).toEqual([51, '… and 10 more'])
    const endless = judge(BASE, broken(problem(1, { at: 'k'.repeat(999), message: 'm'.repeat(99_999) }))).annotations
    expect(endless.map(({ title, message }) => [title.length, message.length])).toEqual([[250, 50_000]])
  })
})
