/** What a leg is told, and what the commands on its runner make of it, are the same. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { subjectOfTrigger } from '../../src/domain/build-subject.ts'
import { attemptInputs } from '../../src/domain/dispatch.ts'
import { ALL_FILES, planRuns } from '../../src/domain/plan.ts'
import { buildToldImage, readToldImage } from '../../src/domain/told-image.ts'
import type { Trigger } from '../../src/domain/trigger.ts'
import {
  makeConfig,
  makeLeg,
  makeManualTrigger,
  makeMergeGroupTrigger,
  makePullRequestTrigger,
  makePushTrigger,
  makeRun,
  makeTagTrigger,
  NOW,
} from '../support/facts.ts'

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname

const CONFIG = `version: 1
matrices: { base: [{ image: "ubuntu:24.04", tag: ubuntu }, { image: "debian:12", tag: debian }] }
pipelines:
  ci:
    on: { push: , tag: , pull_request: , merge_group: , manual: }
    jobs:
      app: { workflow: app.yml, image: app }
      runtime: { workflow: runtime.yml, image: runtime, matrix: { base: $base } }
images:
  app:
    repository: ghcr.io/\${{ repo.owner }}/app
    build_args: { VERSION: "\${{ image.version }}", SHA: "\${{ sha }}", PR: "\${{ pr.number }}" }
    tags: ["type=ref,event=branch", "type=ref,event=tag", "type=ref,event=pr", "type=raw,value=edge-{{base_ref}}", type=sha]
  runtime:
    repository: ghcr.io/acme/runtime
    platforms: [linux/amd64]
    suffix: "\${{ matrix.base.tag }}"
    build_args: { BASE: "\${{ matrix.base.image }}" }
`

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'signalbox-test-'))
  mkdirSync(join(directory, '.github'))
  write(CONFIG)
})
afterEach(() => rmSync(directory, { recursive: true }))

function write(config: string): void {
  writeFileSync(join(directory, '.github/signalbox.yml'), config)
  writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\n')
}

/** The input `signalbox` of each leg of the trigger's run. */
function toldTo(trigger: Trigger): string[] {
  const plan = planRuns(trigger, makeConfig(CONFIG), ALL_FILES, NOW)
  const legs = plan.runs.flatMap((run) => run.legs.map((leg) => makeLeg(leg)))
  const run = makeRun(legs, { trigger, trusted: plan.trusted })
  return legs.map((leg) => attemptInputs(run, leg, 'r1-0.1').signalbox ?? '')
}

/** What `signalbox build --dry --push` on the runner of the leg says that it does. */
function builtBy(signalbox: string, ...flags: string[]) {
  const name: string = JSON.parse(signalbox).image.name
  execFileSync(process.execPath, [CLI, '-C', directory, 'build', '-i', name, '--dry', '--push', ...flags], {
    // As on a runner: the executor is dispatched on the default branch.
    env: {
      PATH: process.env.PATH,
      SIGNALBOX: signalbox,
      GITHUB_EVENT_NAME: 'workflow_dispatch',
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REF_NAME: 'main',
      GITHUB_SHA: 'c'.repeat(40),
      GITHUB_REPOSITORY: 'acme/shop',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return JSON.parse(readFileSync(join(directory, 'docker-build-dry.json'), 'utf8'))
}

const TRIGGERS: [string, Trigger][] = [
  ['a push', makePushTrigger('feature/Ä b')],
  ['a tag', makeTagTrigger('1.2.3')],
  ['a pull request', makePullRequestTrigger()],
  ['a pull request from a fork', makePullRequestTrigger({ headRepo: 'stranger/shop' })],
  ['a merge group', makeMergeGroupTrigger()],
  ['a manual request', makeManualTrigger()],
]

describe.each(TRIGGERS)('for %s', (_what, trigger) => {
  test('each leg builds what it was told', () => {
    for (const signalbox of toldTo(trigger)) {
      const { image, trusted } = JSON.parse(signalbox)
      expect(image.tags.length).toBeGreaterThan(0)
      const built = builtBy(signalbox)
      expect(built).toMatchObject({
        tags: image.tags,
        version: image.version,
        build_args: image.build_args,
        platform: image.platforms.join(','),
        cache_from: image.cache_from,
        cache_to: image.cache_to,
        push: trusted,
      })
    }
  })

  test('and what the configuration itself decides is no other', () => {
    for (const signalbox of toldTo(trigger)) {
      const { image, ...others } = JSON.parse(signalbox)
      const { tags, build_args, cache_from } = builtBy(JSON.stringify({ ...others, image: { name: image.name } }))
      expect({ tags, build_args, cache_from }).toEqual({
        tags: image.tags,
        build_args: image.build_args,
        cache_from: image.cache_from,
      })
    }
  })
})

test('a configuration that the change itself brings is not obeyed; a flag is', () => {
  const [signalbox = ''] = toldTo(makePullRequestTrigger())
  const { image } = JSON.parse(signalbox)
  write(
    CONFIG.replace('ghcr.io/${{ repo.owner }}/app', 'ghcr.io/elsewhere/app\n    target: evil').replace('SHA:', 'EVIL:'),
  )
  const { tags, build_args } = image
  expect(builtBy(signalbox)).toMatchObject({ tags, build_args, target: null })
  expect(builtBy(signalbox, '-o', 'other').tags[0]).toBe('ghcr.io/other/app:pr-7')
})

test.each([
  ['no configuration', null],
  ['one that is not good', 'version: 1\nimagse: {}\n'],
  ['one without the image', 'version: 1\n'],
])('a leg builds what it was told where the checkout has %s', (_what, config) => {
  const [signalbox = ''] = toldTo(makePullRequestTrigger())
  if (config === null) rmSync(join(directory, '.github'), { recursive: true })
  else write(config)
  expect(builtBy(signalbox).tags).toEqual(JSON.parse(signalbox).image.tags)
})

test('tags are those that the leg was told, too', () => {
  const [signalbox = ''] = toldTo(makeTagTrigger('1.2.3'))
  write(CONFIG.replace('ghcr.io/${{ repo.owner }}/app', 'ghcr.io/elsewhere/app'))
  const args = [CLI, '-C', directory, 'tags', '--image', 'app', '--json']
  const printed = execFileSync(process.execPath, args, { env: { PATH: process.env.PATH, SIGNALBOX: signalbox } })
  const { version, tags } = JSON.parse(signalbox).image
  expect(JSON.parse(printed.toString())).toMatchObject({ version, tags })
})

const IMAGE = {
  name: 'app',
  repository: 'ghcr.io/acme/app',
  version: '1',
  tags: ['ghcr.io/acme/app:1'],
  build_args: ['A=b=c'],
  platforms: ['linux/amd64'],
  cache_from: [],
  cache_to: ['type=registry,ref=ghcr.io/acme/app:buildcache'],
  push: true,
  dockerfile: 'docker/Dockerfile',
  context: 'docker',
  target: null,
  labels: { a: 'b' },
}

function read(change: object = {}) {
  return readToldImage(JSON.stringify({ image: { ...IMAGE, ...change } }))
}

describe('the image of a leg', () => {
  test.each([{}, { image: null }, { image: { name: 'app' } }])('%j was not told how it is built', (told) => {
    expect(readToldImage(JSON.stringify(told))).toEqual({ ok: true, image: null })
  })

  test.each([
    [
      { tags: ['ghcr.io/other/app:1'] },
      'has an image whose tags is not as it was told: not all are tags of its repository',
    ],
    [
      { tags: ['ghcr.io/acme/app:-x'] },
      'has an image whose tags is not as it was told: not all are tags of its repository',
    ],
    [{ tags: 'x' }, 'has an image whose tags is not as it was told: '],
    [{ platforms: [1] }, 'has an image whose platforms.0 is not as it was told: '],
    [{ build_args: ['A'] }, 'has an image whose build_args.0 is not as it was told: '],
    [{ version: 1 }, 'has an image whose version is not as it was told: '],
    [{ push: 'true' }, 'has an image whose push is not as it was told: '],
  ])('with %j is none', (change, reason) => {
    expect(read(change)).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  })

  test.each([
    ['asked for, told, trusted', true, true, true, true],
    ['not asked for', false, true, true, false],
    ['told not to', true, false, true, false],
    ['not trusted', true, true, false, false],
  ])('is pushed or not: %s', (_what, asked, told, trusted, pushed) => {
    const image = read({ push: told })
    if (!image.ok || image.image === null) throw new Error('nothing was read')
    const subject = subjectOfTrigger(makePushTrigger(), {}, trusted)
    const build = buildToldImage(image.image, subject, { push: asked, extraTags: ['source tag'], now: NOW })
    expect(build).toMatchObject({
      image: 'app',
      push: pushed,
      dockerfile: 'docker/Dockerfile',
      buildArgs: { A: 'b=c' },
    })
    expect(build.labels).toMatchObject({ a: 'b', 'org.opencontainers.image.version': '1' })
    expect(build.cacheTo).toEqual(pushed ? IMAGE.cache_to : [])
    expect(build.tags).toEqual(['ghcr.io/acme/app:1', 'ghcr.io/acme/app:source-tag'])
    expect(build.warnings.some((warning) => warning.startsWith('Nothing is pushed'))).toBe(asked && !pushed)
  })
})
