/** What a leg is told, and what the commands on its runner make of it, are the same. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { attemptInputs } from '../../src/domain/dispatch.ts'
import { ALL_FILES, planRuns } from '../../src/domain/plan.ts'
import { obeyToldImage, readToldImage } from '../../src/domain/told-image.ts'
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
  write(CONFIG.replace('ghcr.io/${{ repo.owner }}/app', 'ghcr.io/elsewhere/app').replace('SHA:', 'EVIL:'))
  expect(builtBy(signalbox)).toMatchObject({ tags: image.tags, build_args: image.build_args })
  expect(builtBy(signalbox, '-o', 'other').tags[0]).toBe('ghcr.io/other/app:pr-7')
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
}

describe('the image of a leg', () => {
  test('is read', () => {
    const read = readToldImage(JSON.stringify({ image: IMAGE }))
    expect(read).toMatchObject({ ok: true, image: { image: 'app', buildArgs: { A: 'b=c' }, push: true } })
  })

  test.each([{}, { image: null }, { image: { name: 'app' } }])('%j was not told how it is built', (told) => {
    expect(readToldImage(JSON.stringify(told))).toEqual({ ok: true, image: null })
  })

  test.each([
    [{ tags: ['ghcr.io/other/app:1'] }, 'has the tag "ghcr.io/other/app:1", which is none of ghcr.io/acme/app'],
    [{ tags: ['ghcr.io/acme/app:-x'] }, 'has the tag "ghcr.io/acme/app:-x", which is none of ghcr.io/acme/app'],
    [{ tags: 'x' }, 'has an image whose "tags" is no list of texts'],
    [{ platforms: [1] }, 'has an image whose "platforms" is no list of texts'],
    [{ version: 1 }, 'has an image without a name, a repository or a version'],
  ])('with %j is none', (change, reason) => {
    expect(readToldImage(JSON.stringify({ image: { ...IMAGE, ...change } }))).toEqual({ ok: false, reason })
  })

  test.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ])('pushed by the build: %s, told: %s: %s', (asked, told, pushed) => {
    const read = readToldImage(JSON.stringify({ image: { ...IMAGE, push: told } }))
    if (!read.ok || read.image === null) throw new Error('nothing was read')
    const build = obeyToldImage(
      { ...read.image, dockerfile: 'D', context: '.', target: null, labels: { a: 'b' }, push: asked, warnings: ['w'] },
      read.image,
      ['source tag'],
    )
    expect(build).toMatchObject({ push: pushed, dockerfile: 'D', labels: { a: 'b' }, warnings: ['w'] })
    expect(build.cacheTo).toEqual(pushed ? IMAGE.cache_to : [])
    expect(build.tags).toEqual(['ghcr.io/acme/app:1', 'ghcr.io/acme/app:source-tag'])
  })
})
