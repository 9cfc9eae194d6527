import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isTag } from '../../src/domain/image-reference.ts'
import { withConfigTags } from '../../src/domain/runtime-image/config-tags.ts'
import { compileIgnore } from '../../src/domain/runtime-image/ignore-patterns.ts'
import {
  checkVersion,
  decideRuntimeBuild,
  isRuntimeImage,
  lockHash,
  type ReuseLevel,
  type RuntimeBuildFacts,
  runtimeTags,
  shortHash,
} from '../../src/domain/runtime-image.ts'

const tagsOf = (baseImage: string, version = '1.2.3', tagPrefix = 'oh') =>
  runtimeTags({ tagPrefix, version, baseImage, lockHash: 'l'.repeat(16), sourceHash: 's'.repeat(16) })

test('the tags of an image', () => {
  expect(tagsOf('ubuntu:24.04')).toEqual({
    source: 'oh_v1.2.3_llllllllllllllll_ssssssssssssssss',
    lock: 'oh_v1.2.3_llllllllllllllll',
    versioned: 'oh_v1.2.3_ubuntu_t_24.04',
    image: 'oh_v1.2.3_image_ubuntu_tag_24.04',
  })
})

test.each([
  ['debian', 'debian', 'debian_tag_latest'],
  ['a/B:C', 'a_s_b_t_c', 'a_s_B_tag_C'],
  ['host:5000/img', 'host_t_5000_s_img', 'host_t_5000_s_img_tag_latest'],
  [
    'registry.example.com:5000/team/img:1',
    'registry.example.com_t_5000_s_team_s_img_t_1',
    'f9684138_xample.com_t_5000_s_team_s_img_tag_1',
  ],
  ['ubuntu@sha256:ab', 'ubuntu_sha256_t_ab', 'ubuntu_sha256_tag_ab'],
])('the base image %s is %s and %s in tags', (baseImage, versioned, image) => {
  const tags = tagsOf(baseImage)
  expect([tags.versioned, tags.image]).toEqual([`oh_v1.2.3_${versioned}`, `oh_v1.2.3_image_${image}`])
})

test.each([
  ['a', '1'],
  [`r.example/${'n'.repeat(200)}:${'t'.repeat(128)}`, '1.2.3'],
  [`ubuntu@sha256:${'a'.repeat(64)}`, '1.2.3'],
  ['[::1]:5000/img', '1.2.3'],
  [`r.example/${'n'.repeat(200)}`, `1${'0'.repeat(63)}`],
])('tags are always tags: %s %s', (baseImage, version) => {
  const tags = Object.values(tagsOf(baseImage, version, 'p'.repeat(20)))
  expect(tags.filter((tag) => !isTag(tag))).toEqual([])
})

test('an image tag that would be too long is a hash of the name as it was, so that what is in registries is found', () => {
  const base = `${[...'abcdefghijklmnop'].join('/')}@sha256:${'a1'.repeat(32)}`
  expect(tagsOf(base, '0.50.0').image).toBe('oh_v0.50.0_image_00a6d001a8cd1ac81c834b4d41ed1aa6')
})

test('a hash is 16 digits of base 36, least significant first', () => {
  expect(shortHash('24')).toBe('01')
  expect(shortHash('23')).toBe('z')
  expect(shortHash('f'.repeat(32))).toBe(
    [...BigInt(`0x${'f'.repeat(32)}`).toString(36)].reverse().slice(0, 16).join(''),
  )
})

const LOCK = {
  baseImage: 'ubuntu:24.04',
  browser: true,
  extraDeps: null,
  lockFiles: [Buffer.from('a'), Buffer.from('b')],
}

test('the lock hash is of everything that decides what is installed', () => {
  const hashes = [
    LOCK,
    { ...LOCK, baseImage: 'ubuntu:22.04' },
    { ...LOCK, browser: false },
    { ...LOCK, extraDeps: 'true' },
    { ...LOCK, lockFiles: [Buffer.from('a'), Buffer.from('c')] },
  ].map(lockHash)
  expect(new Set(hashes).size).toBe(hashes.length)
  expect(lockHash({ ...LOCK, lockFiles: [Buffer.from('ab')] })).toBe(hashes[0])
})

test.each([
  ['1.2.3', null],
  ['0.56.0rc1', null],
  ['', 'is empty'],
  ['latest', 'does not begin with a digit, as in 1.2.3'],
  ['1.0+local', 'holds characters that no tag can; there are letters, digits, ".", "_" and "-"'],
  ['1 2', 'holds characters that no tag can; there are letters, digits, ".", "_" and "-"'],
  [`1${'0'.repeat(64)}`, 'has more than 64 characters'],
])('the version %j: %s', (version, problem) => {
  expect(checkVersion(version)).toBe(problem)
})

const FACTS: RuntimeBuildFacts = {
  exists: {},
  forceRebuild: false,
  alwaysBuild: false,
  baseImage: 'base',
  repository: 'r',
  tags: { source: 's', lock: 'l', versioned: 'v', image: 'i' },
}

/** Decides as if these were there; also what was asked. */
function decideWith(there: readonly ReuseLevel[], more: Partial<RuntimeBuildFacts> = {}) {
  const exists: Partial<Record<ReuseLevel, boolean>> = {}
  const asked: string[] = []
  for (;;) {
    const decision = decideRuntimeBuild({ ...FACTS, ...more, exists })
    if (decision.kind !== 'ask') return { asked, decision }
    asked.push(decision.image)
    exists[decision.level] = there.includes(decision.level)
  }
}

test.each<[ReuseLevel[], Partial<RuntimeBuildFacts>, string[], object]>([
  [['source', 'lock', 'versioned'], {}, ['r:s'], { kind: 'reuse', from: 'r:s', tags: [] }],
  [['lock', 'versioned'], {}, ['r:s', 'r:l'], { kind: 'lock', from: 'r:l', tags: ['r:s', 'r:l'] }],
  [['versioned'], {}, ['r:s', 'r:l', 'r:v'], { kind: 'versioned', from: 'r:v', tags: ['r:s', 'r:l'] }],
  [[], {}, ['r:s', 'r:l', 'r:v'], { kind: 'scratch', from: 'base', tags: ['r:s', 'r:l', 'r:v'] }],
  [['source', 'lock'], { forceRebuild: true }, [], { kind: 'scratch', from: 'base', tags: ['r:s', 'r:l', 'r:v'] }],
  [['source', 'lock'], { alwaysBuild: true }, ['r:l'], { kind: 'lock', from: 'r:l', tags: ['r:s', 'r:l'] }],
  [['source'], { alwaysBuild: true }, ['r:l', 'r:v'], { kind: 'scratch', from: 'base', tags: ['r:s', 'r:l', 'r:v'] }],
])('with %j there and %j, %j is asked', (there, more, asked, decision) => {
  expect(decideWith(there, more)).toEqual({ asked, decision })
})

test.each([
  ['ghcr.io/acme/runtime:1', true],
  ['ghcr.io/acme/runtime', true],
  ['ghcr.io/acme/runtime-base:1', false],
  ['other.io/ghcr.io/acme/runtime:1', false],
  ['ubuntu:24.04', false],
])('whether %s is a runtime image: %s', (baseImage, is) => {
  expect(isRuntimeImage(baseImage, 'ghcr.io/acme/runtime')).toBe(is)
})

test.each([
  ['', 'DOCKER_IMAGE_TAG=i\nDOCKER_IMAGE_SOURCE_TAG=s\n'],
  ['A=1', 'A=1\nDOCKER_IMAGE_TAG=i\nDOCKER_IMAGE_SOURCE_TAG=s\n'],
  [
    'DOCKER_IMAGE=runtime\n# DOCKER_IMAGE_TAG=\n\nDOCKER_IMAGE_TAG=old\nDOCKER_IMAGE_SOURCE_TAG=older\n',
    'DOCKER_IMAGE=runtime\n# DOCKER_IMAGE_TAG=\n\nDOCKER_IMAGE_TAG=i\nDOCKER_IMAGE_SOURCE_TAG=s\n',
  ],
  ['A=1\r\nDOCKER_IMAGE_TAG=x\r\nB=2\r\n', 'A=1\r\nB=2\r\nDOCKER_IMAGE_TAG=i\nDOCKER_IMAGE_SOURCE_TAG=s\n'],
])('the tags end a config.sh: %j', (before, after) => {
  const tags = { image: 'i', source: 's' }
  expect(withConfigTags(before, tags)).toBe(after)
  expect(withConfigTags(after, tags)).toBe(after)
})

const PATTERNS: readonly (readonly string[])[] = [
  ['.*/', '__pycache__/', '*.pyc'],
  ['build'],
  ['/build'],
  ['docs/*.md', '!docs/keep.md'],
  ['**/tmp', 'a/**', '!a/b'],
  ['a/**/z'],
  ['?x', '[a-c]z', '[!a-c]q', 'lit\\*'],
  ['*', '!*/', '!*.py'],
  ['*a*a*b'],
  ['[]x]', '[^]x]z', '[\\]a]q', 'd[a-', '[a-]x'],
  ['x/', '!x/y', '/'],
  ['日*', 'é?'],
]
const NAMES = [
  'a',
  'b',
  'x',
  'y',
  'z',
  'ax',
  'az',
  'bz',
  'dq',
  'aq',
  'lit*',
  'lita',
  'build',
  'tmp',
  'docs',
  'keep.md',
  'other.md',
  '.env',
  '.hidden',
  '..odd',
  '__pycache__',
  'm.pyc',
  '.pyc',
  'm.py',
  'aaab',
  'aaba',
  '日本',
  'éa',
  '😀',
]

test('patterns ignore what git ignores', () => {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-ignore-'))
  try {
    execFileSync('git', ['init', '-q', directory])
    const paths = NAMES.flatMap((first) => [first, ...NAMES.map((second) => `${first}/${second}`)])
    for (const patterns of PATTERNS) {
      writeFileSync(join(directory, '.git/info/exclude'), `${patterns.join('\n')}\n`)
      const said = execFileSync('git', ['-C', directory, 'check-ignore', '--no-index', '-z', '--stdin'], {
        input: paths.join('\0'),
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      const byGit = said.toString().split('\0').filter(Boolean)
      expect({ patterns, paths: ignoredOf(patterns, paths) }).toEqual({ patterns, paths: byGit })
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
})

/** As a walk has it: what lies in something that is ignored is ignored. Nothing is there, so that nothing but a parent is a directory. */
function ignoredOf(patterns: readonly string[], paths: readonly string[]): string[] {
  const ignored = compileIgnore(patterns)
  return paths.filter((path) => {
    const parts = path.split('/')
    return parts.some((_, index) => ignored(parts.slice(0, index + 1), index + 1 < parts.length))
  })
}

test('no pattern takes long', () => {
  const ignored = compileIgnore(['*a*a*a*a*a*a*a*a*a*b', '**/a/**/a/**/a/**/a/**/b'])
  const started = performance.now()
  expect(ignored(['a'.repeat(250)], false)).toBe(false)
  expect(
    ignored(
      Array.from({ length: 500 }, () => 'a'),
      false,
    ),
  ).toBe(false)
  expect(performance.now() - started).toBeLessThan(500)
})
