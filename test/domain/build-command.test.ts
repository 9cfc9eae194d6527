import { describe, expect, test } from 'vitest'
import { type BuildEngine, type BuildRequest, buildCommand } from '../../src/domain/build-command.ts'

const platform = 'linux/amd64'
const BUILDX: BuildEngine = { frontend: 'buildx', platform }
const BUILDKIT: BuildEngine = { frontend: 'buildkit', platform }
const PODMAN: BuildEngine = { frontend: 'podman', platform }

function makeInput(changes: Partial<BuildRequest> = {}): BuildRequest {
  return {
    context: '/r',
    dockerfile: '/r/containers/app/Dockerfile',
    target: null,
    tags: ['ghcr.io/acme/app:0123456', 'ghcr.io/acme/app:main'],
    platforms: ['linux/amd64', 'linux/arm64'],
    buildArgs: { OPENHANDS_BUILD_VERSION: 'main' },
    labels: {},
    cacheFrom: [
      'type=registry,ref=ghcr.io/acme/app:buildcache-dev',
      'type=registry,ref=ghcr.io/acme/app:buildcache-main',
    ],
    cacheTo: [],
    push: false,
    load: false,
    ...changes,
  }
}

const CACHE_TO = ['type=registry,ref=ghcr.io/acme/app:buildcache-dev,mode=max']
const TAGS = ['-t', 'ghcr.io/acme/app:0123456', '-t', 'ghcr.io/acme/app:main']
const VERSION = ['--build-arg', 'OPENHANDS_BUILD_VERSION=main']
const CACHE_FROM = [
  '--cache-from=type=registry,ref=ghcr.io/acme/app:buildcache-dev',
  '--cache-from=type=registry,ref=ghcr.io/acme/app:buildcache-main',
]
const BOTH = ['--platform', 'linux/amd64,linux/arm64']
const END = ['--metadata-file', '/m', '--progress=plain', '-f', '/r/containers/app/Dockerfile', '/r']

describe('buildx', () => {
  test.each<[string, Partial<BuildRequest>, string[]]>([
    ['neither', {}, [...TAGS, ...VERSION, ...CACHE_FROM, ...BOTH, '--provenance=false', ...END]],
    [
      'pushed',
      { push: true, cacheTo: CACHE_TO },
      [
        ...TAGS,
        '--push',
        `--cache-to=${CACHE_TO[0]}`,
        ...VERSION,
        ...CACHE_FROM,
        ...BOTH,
        '--provenance=false',
        ...END,
      ],
    ],
    [
      'loaded',
      { load: true, platforms: ['linux/arm64'] },
      [...TAGS, '--load', ...VERSION, ...CACHE_FROM, '--platform', 'linux/arm64', '--provenance=false', ...END],
    ],
    [
      'with labels, a stage, no cache, no file, on the own platform',
      { labels: { a: 'x=y', b: '' }, target: 'final', cacheFrom: [], dockerfile: null, platforms: [], buildArgs: {} },
      [
        ...TAGS,
        '--provenance=false',
        ...['--label', 'a=x=y', '--label', 'b=', '--target', 'final'],
        ...['--metadata-file', '/m', '--progress=plain', '/r'],
      ],
    ],
  ])('%s', (_what, changes, args) => {
    expect(buildCommand(BUILDX, makeInput(changes), '/m')).toMatchObject({
      args: ['buildx', 'build', ...args],
      env: {},
      pushes: [],
    })
  })

  test('an image that nobody keeps is warned of', () => {
    const warningsOf = (changes: Partial<BuildRequest>) => buildCommand(BUILDX, makeInput(changes), '/m').warnings
    expect(warningsOf({})).toEqual([expect.stringContaining('--push or --load')])
    expect(warningsOf({ push: true })).toEqual([])
    expect(warningsOf({ load: true, platforms: [] })).toEqual([])
  })
})

describe('docker build', () => {
  const own = { platforms: ['linux/amd64'] }
  const refs = [
    ...['--cache-from', 'ghcr.io/acme/app:buildcache-dev'],
    ...['--cache-from', 'ghcr.io/acme/app:buildcache-main'],
  ]
  const end = ['--iidfile', '/m', '--progress=plain', '-f', '/r/containers/app/Dockerfile', '/r']

  test('for the engine', () => {
    expect(buildCommand(BUILDKIT, makeInput(own), '/m')).toEqual({
      args: ['build', ...TAGS, ...VERSION, ...refs, '--platform', 'linux/amd64', ...end],
      env: { DOCKER_BUILDKIT: '1' },
      pushes: [],
      warnings: [],
    })
  })

  test('pushed: each name afterwards, and the cache as an image', () => {
    const command = buildCommand(BUILDKIT, makeInput({ ...own, push: true, cacheTo: CACHE_TO }), '/m')
    const inline = ['--build-arg', 'BUILDKIT_INLINE_CACHE=1']
    expect(command.args).toEqual([
      'build',
      ...TAGS,
      ...VERSION,
      ...inline,
      ...refs,
      '--platform',
      'linux/amd64',
      ...end,
    ])
    expect(command.pushes).toEqual([
      'ghcr.io/acme/app:0123456',
      'ghcr.io/acme/app:main',
      'ghcr.io/acme/app:buildcache-dev',
    ])
    expect(command.warnings).toEqual([expect.stringContaining('the last stage only')])
  })

  test('no cache directory, and it says so', () => {
    const cacheTo = ['type=local,dest=/cache,mode=max']
    const command = buildCommand(BUILDKIT, makeInput({ ...own, cacheTo, cacheFrom: ['type=local,src=/cache'] }), '/m')
    expect(command.args.join(' ')).not.toContain('cache')
    expect(command.warnings).toEqual([expect.stringContaining('no cache directory')])
  })
})

test('Podman pushes each name afterwards, in the format of Docker', () => {
  const input = makeInput({
    platforms: ['linux/amd64'],
    push: true,
    cacheTo: CACHE_TO,
    labels: { a: 'b' },
    target: 's',
  })
  expect(buildCommand(PODMAN, input, '/m')).toEqual({
    args: [
      ...['build', '--format=docker', '--layers', ...TAGS, ...VERSION, '--platform', 'linux/amd64'],
      ...['--label', 'a=b', '--target', 's', '--iidfile', '/m', '-f', '/r/containers/app/Dockerfile', '/r'],
    ],
    env: {},
    pushes: input.tags,
    warnings: [expect.stringContaining('no other cache is read or written')],
  })
})

test.each([
  ['no tag', BUILDX, { tags: [] }, 'has no tag'],
  ['several platforms to load', BUILDX, { load: true }, 'choose one with --platform'],
  ['several platforms without buildx', BUILDKIT, {}, 'not for linux/arm64; install buildx'],
  ['another platform with Podman', PODMAN, { platforms: ['linux/arm64'] }, 'Podman builds for linux/amd64 only here'],
])('%s is refused with a way out', (_what, engine, changes, message) => {
  expect(() => buildCommand(engine, makeInput(changes), '/m')).toThrow(message)
})

test.each([
  ['linux/arm64', 'linux/arm64/v8'],
  ['linux/amd64/v1', 'linux/amd64'],
])('%s is %s', (own, asked) => {
  const engine: BuildEngine = { frontend: 'buildkit', platform: own }
  expect(buildCommand(engine, makeInput({ platforms: [asked] }), '/m').args).toContain(asked)
})
