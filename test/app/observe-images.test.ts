import { expect, test } from 'vitest'
import { observeImages } from '../../src/app/observe-images.ts'
import type { ImageRepository, ImageUseGitHub } from '../../src/ports/sweeps.ts'
import { makeRepo, NOW } from '../support/facts.ts'
import { daysAgo, digestOf, makeVersion } from '../support/image-facts.ts'
import { rememberManifests } from '../support/images-project.ts'

const NAME = 'ghcr.io/acme/shop'
const SHA = 'a'.repeat(40)
const refuse = () => Promise.reject(new Error('nothing is written'))

/** @param there digests that can be read. */
function makeImages(there: readonly string[], facts: Partial<ImageRepository> = {}): ImageRepository {
  const { manifest: _, ...listed } = makeVersion('listed', { tags: ['x'] })
  const manifest = { mediaType: '', children: [], subject: null }
  return {
    name: NAME,
    async *listVersions() {
      yield [listed]
    },
    listsUntagged: true,
    tellsPushTime: true,
    canDelete: true,
    linkedTo: async () => null,
    readManifest: async () => manifest,
    lookUp: async (digest) => (there.includes(digest) ? manifest : null),
    findVersion: async () => null,
    deleteVersion: refuse,
    removeTag: refuse,
    restoreVersion: refuse,
    ...facts,
  }
}

function makeGitHub(): ImageUseGitHub {
  const text = `image: ${NAME}:1\nsha: ${digestOf('used')}\n`
  return {
    async *listPullRequests() {
      yield [{ number: 1, state: 'closed', headSha: SHA, headBranch: 'fix' }]
    },
    listBranches: async () => [
      { name: 'main', sha: SHA, isProtected: false },
      { name: 'fix', sha: SHA, isProtected: false },
      { name: 'next', sha: SHA, isProtected: true },
    ],
    readImageUses: async () => ({ files: new Map([['k8s/a.yaml', text]]), problems: ['k8s/b.yaml was not read.'] }),
    listReleases: async () => [{ tag: 'v2', body: `${NAME}:3` }],
  }
}

function observe(images: ImageRepository) {
  return observeImages({
    github: makeGitHub(),
    images,
    repo: makeRepo({ defaultBranch: 'main' }),
    now: NOW,
    manifests: rememberManifests(),
    previewedCommits: async () => new Set(['b'.repeat(40)]),
    deleted: [],
  })
}

test('what is in use, which releases there are, and which branches last', async () => {
  const { facts, problems } = await observe(makeImages([digestOf('used')]))
  expect([...facts.inUse].sort()).toEqual(['1', '3', 'b'.repeat(7), 'b'.repeat(40), digestOf('used')])
  expect([...(facts.released ?? [])]).toEqual(['v2'])
  expect(facts.branches).toEqual(['main', 'fix', 'next'])
  expect(facts.branchHeads).toEqual([
    { name: 'main', sha: SHA, isLasting: true },
    { name: 'fix', sha: SHA, isLasting: false },
    { name: 'next', sha: SHA, isLasting: true },
  ])
  expect(facts.versions.map(({ digest }) => digest)).toEqual([digestOf('listed'), digestOf('used')])
  expect(problems).toEqual(['k8s/b.yaml was not read.'])
})

test.each<[string, Partial<ImageRepository>, Date | undefined]>([
  ['are known for an hour', {}, daysAgo(1 / 24)],
  ['are not known of versions that are not listed', { listsUntagged: false }, undefined],
  ['are not known by when an image was made', { tellsPushTime: false }, undefined],
])('pushes %s', async (_, images, expected) => {
  const { facts } = await observe(makeImages([], images))
  expect(facts.pushingSince).toEqual(expected)
})
