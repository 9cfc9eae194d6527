import { describe, expect, test } from 'vitest'
import type { BuildSubject } from '../../src/domain/build-subject.ts'
import type { ImageConfig } from '../../src/domain/config.ts'
import { type PlanOptions, planImageBuild } from '../../src/domain/image-build.ts'
import { isTag, parseReference } from '../../src/domain/image-reference.ts'
import { NOT_PUSHED } from '../../src/domain/plan-tagged-build.ts'

const sha = '0123456789abcdef0123456789abcdef01234567'
const now = new Date('2026-03-20T12:00:00Z')

function makeSubject(changes: Partial<BuildSubject> = {}): BuildSubject {
  return {
    event: 'push',
    ref: 'refs/heads/main',
    refName: 'main',
    sha,
    commitDate: null,
    baseRef: '',
    pullRequest: null,
    defaultBranch: 'main',
    repository: { owner: 'Acme', name: 'app', description: '', url: 'https://github.com/Acme/app', license: 'MIT' },
    matrix: {},
    trusted: true,
    ...changes,
  }
}

function makeImage(changes: Partial<ImageConfig> = {}): ImageConfig {
  return {
    name: 'app',
    repository: 'ghcr.io/acme/app',
    dockerfile: 'Dockerfile',
    context: '.',
    target: null,
    platforms: ['linux/amd64', 'linux/arm64'],
    buildArgs: {},
    labels: {},
    cache: { repository: null, mode: 'max' },
    tags: { kind: 'default' },
    suffix: '',
    needs: [],
    runtime: null,
    ...changes,
  }
}

const OPTIONS: PlanOptions = {
  now,
  org: null,
  suffix: null,
  platforms: null,
  push: false,
  extraTags: [],
  ociLabels: false,
}

function plan(image: Partial<ImageConfig>, subject: Partial<BuildSubject> = {}, options: Partial<PlanOptions> = {}) {
  return planImageBuild(makeImage(image), makeSubject(subject), { ...OPTIONS, ...options })
}

/** Without the repository. */
const tagsOf = (build: { tags: readonly string[] }) => build.tags.map((tag) => tag.slice(tag.lastIndexOf(':') + 1))

test('a build as a whole', () => {
  const image = { buildArgs: { VERSION: '${{ image.version }}' }, labels: { 'org.example.of': '${{ repo.owner }}' } }
  expect(plan({ ...image, target: 'final' }, {}, { push: true })).toEqual({
    image: 'app',
    repository: 'ghcr.io/acme/app',
    version: 'main',
    tags: ['ghcr.io/acme/app:0123456', `ghcr.io/acme/app:${sha}`, 'ghcr.io/acme/app:main'],
    dockerfile: 'Dockerfile',
    context: '.',
    target: 'final',
    platforms: ['linux/amd64', 'linux/arm64'],
    buildArgs: { VERSION: 'main' },
    labels: { 'org.example.of': 'Acme' },
    cacheFrom: ['type=registry,ref=ghcr.io/acme/app:buildcache-main'],
    cacheTo: ['type=registry,ref=ghcr.io/acme/app:buildcache-main,mode=max'],
    push: true,
    warnings: [],
  })
})

describe('tags', () => {
  test.each<[string, Partial<ImageConfig>, Partial<BuildSubject>, Partial<PlanOptions>, string[]]>([
    ['of a version', {}, { refName: '1.2.3' }, {}, ['0123456', sha, '1', '1.2', 'latest', '1.2.3']],
    ['with a suffix', { suffix: 'ubuntu' }, {}, {}, ['0123456-ubuntu', `${sha}-ubuntu`, 'main-ubuntu']],
    [
      'with the suffix that was asked for instead',
      { suffix: 'ubuntu' },
      { sha: '' },
      { suffix: 'nikolaik' },
      ['main-nikolaik'],
    ],
    ['with no suffix asked for', { suffix: 'ubuntu' }, { sha: '' }, { suffix: '' }, ['main']],
    [
      'with the suffix of the matrix',
      { suffix: '${{ matrix.base.tag }}' },
      { sha: '', matrix: { base: { image: 'x', tag: 'debian' } } },
      {},
      ['main-debian'],
    ],
    [
      'with others, that have no suffix',
      { suffix: 'ubuntu' },
      { sha: '' },
      { extraTags: ['oh_v1_a', 'oh_v1_image_x'] },
      ['main-ubuntu', 'oh_v1_a', 'oh_v1_image_x'],
    ],
    ['each once', {}, { sha: '' }, { extraTags: ['main', 'x', 'x'] }, ['main', 'x']],
    [
      'by rules',
      { tags: { kind: 'rules', rules: ['type=raw,value=nightly', 'type=ref,event=branch'], flavor: ['latest=false'] } },
      {},
      { suffix: 's' },
      ['main-s', 'nightly-s'],
    ],
  ])('%s', (_what, image, subject, options, tags) => {
    expect(tagsOf(plan(image, subject, options))).toEqual(tags)
  })

  test.each([['-dash'], ['.dot'], ['///'], ['$(id)'], ['a'.repeat(300)], ['日本語'], ['..']])(
    'are valid and keep their suffix for the ref %j, and it says so',
    (refName) => {
      const build = plan({}, { refName, sha: '' }, { suffix: 'ubuntu' })
      for (const tag of tagsOf(build)) {
        expect(isTag(tag)).toBe(true)
        expect(tag).toMatch(/^[^-].*-ubuntu$/)
      }
      if (/^[a-z]/.test(refName) === false || refName.length > 128) expect(build.warnings).not.toEqual([])
      const caches = [...build.cacheFrom].map((cache) => cache.slice(cache.lastIndexOf(':') + 1))
      expect(caches.every(isTag)).toBe(true)
    },
  )

  test('of a suffix that no tag can hold', () => {
    const build = plan({}, { sha: '' }, { suffix: 'a b/ü' })
    expect(tagsOf(build).every(isTag)).toBe(true)
    expect(build.warnings).toEqual([expect.stringContaining('The suffix "a b/ü" cannot end a tag')])
  })
})

describe('the repository', () => {
  test.each<[string, string | null, string]>([
    ['ghcr.io/Acme/App', null, 'ghcr.io/acme/app'],
    ['ghcr.io/acme/app', 'OrgX', 'ghcr.io/orgx/app'],
    ['registry.example.com:5000/acme-co/team/app', 'OrgX', 'registry.example.com:5000/orgx/app'],
    ['localhost/acme/app', 'o', 'localhost/o/app'],
    ['acme/app', 'o', 'o/app'],
    ['app', 'o', 'o/app'],
    ['ghcr.io/${{ repo.owner }}/app', null, 'ghcr.io/acme/app'],
    ['ghcr.io/acme/${{ image.name }}', null, 'ghcr.io/acme/app'],
  ])('%s for the organisation %s', (repository, org, expected) => {
    const build = plan({ repository }, {}, { org })
    expect(build.repository).toBe(expected)
    expect(build.tags.every((tag) => tag.startsWith(`${expected}:`))).toBe(true)
  })

  test('is not made up where its owner is not known', () => {
    const repository = { owner: '', name: '', description: '', url: '', license: '' }
    expect(() => plan({ repository: 'ghcr.io/${{ repo.owner }}/app' }, { repository })).toThrow(
      'which are not known here. Set GITHUB_REPOSITORY to owner/name.',
    )
  })

  test('a suffix that comes out empty is told', () => {
    const { tags, warnings } = plan({ suffix: '${{ matrix.os }}' }, { matrix: {} })
    expect(tags.some((tag) => tag.endsWith('-'))).toBe(false)
    expect(warnings).toContainEqual(expect.stringMatching(/^The suffix .* came out empty; give one with -t/))
  })

  test.each([
    ['feature/Foo Bar', 'feature-foo-bar'],
    ['a..b__c_-d', 'a-b__c-d'],
    ['--x--', 'x'],
    ['x,ref=evil/y:1', 'x-ref-evil-y-1'],
    ['../../root', 'root'],
    ['特性', 'x'],
  ])('the branch %s is one part of it: %s', (refName, part) => {
    const build = plan({ repository: 'ghcr.io/acme/${{ ref_name }}' }, { refName })
    expect(build.repository).toBe(`ghcr.io/acme/${part}`)
    expect(parseReference(build.repository)).toMatchObject({ ok: true, reference: { path: `acme/${part}`, tag: null } })
  })

  test.each([
    ['ghcr.io/acme/app:1', null, 'leave out what follows its last part'],
    ['ghcr.io/acme/app', 'a b', 'has the part "a b"'],
  ])('%s for the organisation %s is none', (repository, org, message) => {
    expect(() => plan({ repository }, { refName: 'a b' }, { org })).toThrow(message)
  })
})

describe('the cache', () => {
  const ref = (tag: string, repository = 'ghcr.io/acme/app') => `type=registry,ref=${repository}:${tag}`

  test.each<[string, Partial<ImageConfig>, Partial<BuildSubject>, Partial<PlanOptions>, string[], string[]]>([
    [
      'of another branch, with a suffix',
      {},
      { refName: 'Feat/X' },
      { suffix: 'ubuntu', push: true },
      [ref('buildcache-feat-x-ubuntu'), ref('buildcache-main-ubuntu'), ref('buildcache-main')],
      [`${ref('buildcache-feat-x-ubuntu')},mode=max`],
    ],
    ['that is not pushed', {}, { refName: 'x' }, {}, [ref('buildcache-x'), ref('buildcache-main')], []],
    ['without a ref', {}, { refName: '' }, {}, [ref('buildcache'), ref('buildcache-main')], []],
    [
      'of a repository with another default branch',
      {},
      { refName: 'x', defaultBranch: 'trunk' },
      {},
      [ref('buildcache-x'), ref('buildcache-trunk')],
      [],
    ],
    [
      'where it is not known',
      {},
      { refName: 'x', defaultBranch: '' },
      {},
      [ref('buildcache-x'), ref('buildcache-main')],
      [],
    ],
    [
      'in a repository of its own',
      { cache: { repository: 'ghcr.io/${{ repo.owner }}/cache', mode: 'min' } },
      {},
      { push: true },
      [ref('buildcache-main', 'ghcr.io/acme/cache')],
      [`${ref('buildcache-main', 'ghcr.io/acme/cache')},mode=min`],
    ],
    ['that is switched off', { cache: null }, {}, { push: true }, [], []],
  ])('%s', (_what, image, subject, options, cacheFrom, cacheTo) => {
    expect(plan(image, subject, options)).toMatchObject({ cacheFrom, cacheTo })
  })
})

test('what is not trusted, be it a fork or not, is not pushed, and writes no cache', () => {
  const build = plan({}, { trusted: false }, { push: true })
  expect(build).toMatchObject({ push: false, cacheTo: [], warnings: [NOT_PUSHED] })
  expect(NOT_PUSHED).toMatch(/^Nothing is pushed: this code is not known to be the own code of the repository/)
  expect(plan({}, { trusted: false }).warnings).toEqual([])
})

test('platforms that were asked for', () => {
  expect(plan({}, {}, { platforms: ['linux/arm64'] }).platforms).toEqual(['linux/arm64'])
})

test('labels of its own win over those of the OCI', () => {
  const title = 'org.opencontainers.image.title'
  const { labels } = plan({ labels: { [title]: 'mine', x: '${{ image.repository }}' } }, {}, { ociLabels: true })
  expect(labels).toMatchObject({ [title]: 'mine', x: 'ghcr.io/acme/app', 'org.opencontainers.image.revision': sha })
})

test.each<[string, Partial<BuildSubject>, string]>([
  ['a tag', { ref: 'refs/tags/v1.2.3', refName: 'v1.2.3' }, 'tag 1.2.3 '],
  ['a branch', {}, 'push 0123456 '],
  [
    'a pull request',
    {
      event: 'pull_request_target',
      ref: 'refs/pull/7/merge',
      refName: '7/merge',
      pullRequest: { number: 7, headRef: 'feat', baseRef: 'main' },
    },
    'pull_request 0123456 7',
  ],
  ['a merge group', { event: 'merge_group', ref: 'refs/heads/gh-readonly-queue/x' }, 'merge_group 0123456 '],
  ['a schedule', { event: 'schedule' }, 'manual 0123456 '],
  ['nothing that is known', { event: '', ref: '' }, 'manual 0123456 '],
])('the values of %s', (_what, subject, filled) => {
  const build = plan({ buildArgs: { A: '${{ event }} ${{ version }} ${{ pr.number }}' } }, subject)
  expect(build.buildArgs).toEqual({ A: filled })
})
