import { describe, expect, test } from 'vitest'
import type { Config, ImageConfig, Job } from '../../src/domain/config.ts'
import { type ReuseKeyFacts, reuseKey } from '../../src/domain/reuse-key.ts'
import {
  freeze,
  makeConfig,
  makeManualTrigger,
  makePullRequestTrigger,
  makePushTrigger,
  makeTagTrigger,
  NEWER_SHA,
} from '../support/facts.ts'
import { makeRandom } from '../support/random.ts'

const BASE = `
    workflow: app.yml
    inputs: { mode: fast, os: "\${{ matrix.os }}" }
    matrix: { os: [linux, mac] }
    image: app
    reuse: { inputs: ["src/**", "!src/docs/**", "package.json"], max_age: 7d }`

const IMAGE = '{ repository: ghcr.io/acme/app, build_args: { A: "1" } }'

function configOf(job: string, image = IMAGE): Config {
  return makeConfig(`version: 1
images: { app: ${image} }
pipelines:
  ci:
    on: { push: {} }
    jobs:
      setup: { workflow: setup.yml }
      app: ${job.replaceAll('\n', '\n    ')}
`)
}

const TREE = {
  'src/a.ts': 'a1',
  'src/b/c.ts': 'c1',
  'src/docs/x.md': 'x1',
  'package.json': 'p1',
  'README.md': 'r1',
}

interface Change {
  readonly job?: string
  readonly image?: string
  readonly tree?: Readonly<Record<string, string | null>>
  readonly facts?: Partial<ReuseKeyFacts>
}

function factsOf({ job = BASE, image = IMAGE, tree = {}, facts = {} }: Change): ReuseKeyFacts {
  const config = configOf(job, image)
  const [configured] = config.images
  const found = config.pipelines[0]?.jobs.find(({ name }) => name === 'app')
  if (configured === undefined || found === undefined) throw new Error('the configuration has neither')
  const files = Object.entries({ ...TREE, ...tree }).flatMap(([path, id]) => (id === null ? [] : [[path, id] as const]))
  const rest = { matrix: { os: 'linux' }, workflow: 'w1', trigger: makePushTrigger() }
  return freeze({ tree: new Map(files), job: found, image: configured, ...rest, ...facts })
}

const keyOf = (change: Change) => reuseKey(factsOf(change))
const KEY = keyOf({})

/** The job with one line more, or one part replaced. */
const with_ = (from: string, to: string) => ({ job: BASE.replace(from, to) })
const more = (line: string) => ({ job: `${BASE}\n    ${line}` })

test('keys stay what they are: another one makes every leg run once more', () => {
  expect(keyOf({ facts: { image: null } })).toBe('913b3f618ef22d6cc3d0e672c11289ffa6fe0e10afcf4ff7ce09670bb13c7d8e')
})

test.each<[string, Change]>([
  ['a matched file changed', { tree: { 'src/a.ts': 'a2' } }],
  ['one was added', { tree: { 'src/b/d.ts': 'd1' } }],
  ['one was removed', { tree: { 'src/b/c.ts': null } }],
  ['one was renamed', { tree: { 'src/b/c.ts': null, 'src/b/e.ts': 'c1' } }],
  ['two changed places', { tree: { 'src/a.ts': 'c1', 'src/b/c.ts': 'a1' } }],
  ['the globs match another file', with_('"package.json"', '"package.json", "README.md"')],
  ['the workflow file changed', { facts: { workflow: 'w2' } }],
  ['another workflow of the same text', with_('app.yml', 'other.yml')],
  ['another ref', more('ref: next')],
  ['an input changed', with_('mode: fast', 'mode: slow')],
  ['an input was added', with_('mode: fast', 'mode: fast, more: "1"')],
  ['an input is written in another way', with_('${{ matrix.os }}', '${{matrix.os}}')],
  ['another combination', { facts: { matrix: { os: 'mac' } } }],
  ['the combination has a number where it had a text', { facts: { matrix: { os: 1 } } }],
  ['a combination with one value more', { facts: { matrix: { os: 'linux', bits: 64 } } }],
  ['no image', { job: BASE.replace(/\n *image: app/, ''), facts: { image: null } }],
  ['an image whose build argument changed', { image: IMAGE.replace('"1"', '"2"') }],
  ['an image of another Dockerfile', { image: IMAGE.replace('{ rep', '{ dockerfile: b/Dockerfile, rep') }],
  ['an image with other tags', { image: IMAGE.replace('{ rep', '{ tags: { rules: ["type=sha"] }, rep') }],
  ['the job has another name', { facts: { job: { ...factsOf({}).job, name: 'app2' } } }],
])('another key: %s', (_, change) => {
  expect(keyOf(change)).toMatch(/^[0-9a-f]{64}$/)
  expect(keyOf(change)).not.toBe(KEY)
})

test.each<[string, Change]>([
  ['a file that is not matched changed', { tree: { 'README.md': 'r2' } }],
  ['one that is taken out changed', { tree: { 'src/docs/x.md': 'x2' } }],
  ['one that is not matched was added', { tree: { 'lib/x.ts': 'x1' } }],
  ['the globs are other ones for the same files', with_('"src/**"', '"src/*", "src/*/*"')],
  ['another age', with_('7d', '1d')],
  ['needs', more('needs: [setup]')],
  ['retries', more('retries: 2')],
  ['a time-out', more('timeout: 5m')],
  ['fail_fast', more('fail_fast: false')],
  ['max_parallel', more('max_parallel: 1')],
  ['what forks may do', more('forks: skip')],
  ['test results', more('report: junit\n    artifact: results')],
  ['inputs in another order', with_('mode: fast, os: "${{ matrix.os }}"', 'os: "${{ matrix.os }}", mode: fast')],
  ['an axis of which this is no combination', with_('[linux, mac]', '[linux, mac, windows]')],
  ['another commit', { facts: { trigger: makePushTrigger('main', NEWER_SHA) } }],
  ['another branch', { facts: { trigger: makePushTrigger('dev') } }],
  ['a pull request', { facts: { trigger: makePullRequestTrigger() } }],
  ['a tag', { facts: { trigger: makeTagTrigger() } }],
])('the same key: %s', (_, change) => {
  expect(keyOf(change)).toBe(KEY)
})

describe('an input', () => {
  const other = makePullRequestTrigger({ number: 8, headRef: 'other', headSha: NEWER_SHA, baseRef: 'main' })
  const triggers = [makePullRequestTrigger(), other, makePushTrigger('dev', NEWER_SHA), makeTagTrigger()]
  const keys = (job: string) => new Set(triggers.map((trigger) => keyOf({ job, facts: { trigger } })))

  test.each([
    ['sha', 1],
    ['short_sha', 1],
    ['ref_name', 1],
    ['version', 1],
    ['image.version', 1],
    ['pr.number', 1],
    ['pr.head_ref', 1],
    ['repo.owner', 1],
    ['image.repository', 1],
    // Of a pull request into main, of a push and a tag, which go into nothing.
    ['pr.base_ref', 2],
    ['event', 3],
  ])('that names %s has as many keys as there are answers: %i', (path, count) => {
    const job = BASE.replace('mode: fast', `mode: "v\${{ ${path} }}"`)
    expect(keys(job).size).toBe(count)
    expect(keys(job)).not.toContain(KEY)
    expect(keys(BASE.replace('mode: fast', `mode: "w\${{ ${path} }}"`))).not.toEqual(keys(job))
  })

  test('and a build argument', () => {
    const image = IMAGE.replace('"1"', '"${{ event }}"')
    expect(new Set(triggers.map((trigger) => keyOf({ image, facts: { trigger } }))).size).toBe(3)
  })
})

test.each<[string, Change]>([
  ['the job says no inputs', { facts: { job: { ...factsOf({}).job, reuse: null } } }],
  ['its list of them is empty', { facts: { job: withGlobs([]) } }],
  ['no file matches', { facts: { job: withGlobs(['source/**']) } }],
  ['the commit has no files', { facts: { tree: new Map() } }],
])('no key: %s', (_, change) => {
  expect(keyOf(change)).toBe(null)
})

function withGlobs(inputs: readonly string[]): Job {
  return { ...factsOf({}).job, reuse: { inputs, maxAgeMs: 1000 } }
}

test('whatever the order in which things are listed', () => {
  const random = makeRandom(11)
  const shuffled = <T>(list: readonly T[]): T[] =>
    list
      .map((value) => ({ value, at: random.between(0, 1_000_000) }))
      .sort((a, b) => a.at - b.at)
      .map(({ value }) => value)
  const reordered = <T extends object>(value: T): T => Object.fromEntries(shuffled(Object.entries(value))) as T
  const tree = new Map(
    Array.from({ length: 60 }, (_, index) => [`src/${'éz😀a/_-'[index % 7] ?? ''}${index}.ts`, `${index}`]),
  )
  const facts = factsOf({ facts: { tree, matrix: { b: { y: 1, x: 2 }, a: 'x' } } })
  for (let round = 0; round < 100; round += 1) {
    const again: ReuseKeyFacts = {
      ...facts,
      tree: new Map(shuffled([...facts.tree])),
      matrix: reordered({ a: 'x', b: reordered({ x: 2, y: 1 }) }),
      job: { ...facts.job, inputs: reordered(facts.job.inputs) },
      image: reordered<ImageConfig>(facts.image as ImageConfig),
      trigger: random.pick([makePushTrigger('x'), makeManualTrigger(), makePullRequestTrigger()]),
    }
    expect(reuseKey(again)).toBe(reuseKey(facts))
  }
})

test('no two trees of matched files have the same key', () => {
  const random = makeRandom(12)
  const facts = factsOf({})
  const seen = new Map<string | null, string>()
  const names = ['src/a', 'src/b', 'src/a,b', 'src/"a"', 'src/a\n', 'src/é', 'src/e\u0301', 'src/\uD83D'] as const
  for (let round = 0; round < 500; round += 1) {
    const files = names.flatMap((name) => (random.chance(0.5) ? [[name, `${random.between(0, 2)}`] as const] : []))
    if (files.length === 0) continue
    const key = reuseKey({ ...facts, tree: new Map(files) })
    expect(seen.get(key) ?? JSON.stringify(files)).toBe(JSON.stringify(files))
    seen.set(key, JSON.stringify(files))
  }
  expect(seen.size).toBeGreaterThan(300)
})
