/** Sweeps of images while others push, on a real registry: what changed since it was decided stays whole. */
import { describe, expect, test } from 'vitest'
import type { RegistryClient } from '../../src/adapters/registry/registry.ts'
import { RegistryError } from '../../src/domain/errors.ts'
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { SweepJournal } from '../../src/ports/sweeps.ts'
import type { Pushed } from '../support/image.ts'
import { GALLERY_RULES, type Gallery, GOING, pullStaying, STAYING, tagsStaying } from '../support/image-gallery.ts'
import { makeImagesConfig, makeImagesProject } from '../support/images-project.ts'
import { digestNamed, pullWhole, pushEntries, pushPlatform, tagAs } from '../support/oci-images.ts'
import { registryMissing } from '../support/registry.ts'
import { useStore } from '../support/stores.ts'
import { useGalleries } from '../support/use-galleries.ts'
import { useSandbox } from '../support/use-sandbox.ts'

if (registryMissing !== null) console.warn(`The tests of images that change are left out: ${registryMissing}.`)

const { sandbox, app } = await useSandbox()
const store = await useStore()
const project = makeImagesProject(sandbox, app)
const galleries = useGalleries(project)

const nameOf = ({ target }: Gallery) => `${target.host}/${target.path}`

interface Meanwhile {
  /** After it was decided, before anything is done. */
  readonly act?: () => Promise<unknown>
  /** How much time that takes. */
  readonly ms?: number
  readonly wrap?: (registry: RegistryClient) => RegistryClient
  readonly config?: object
}

async function sweep(gallery: Gallery, { act, ms = 0, wrap, config }: Meanwhile = {}): Promise<SweepReport> {
  let now = Date.now()
  let isDue = true
  const name = nameOf(gallery)
  const journal = await store.sweeps.open(await project.find(), 'images', name, new Date(now))
  const begin: SweepJournal['begin'] = async (subjects) => {
    if (isDue) await act?.()
    if (isDue) now += ms
    isDue = false
    return journal.begin(subjects)
  }
  const options = { name, config: makeImagesConfig(config), now: () => now, manifests: store.sweeps.manifests }
  return project.sweep({ ...options, journal: { ...journal, begin }, ...(wrap && { wrap }) })
}

/** Name → what became of it, and why, of all that was not done. */
function undone({ outcomes }: SweepReport, gallery: Gallery): Record<string, string> {
  const others = outcomes.filter(({ outcome }) => outcome !== 'done')
  return Object.fromEntries(
    others.map(({ subject, outcome, note }) => {
      const named = note.replaceAll(/sha256:[0-9a-f]{64}/g, (digest) => gallery.nameOf(digest))
      return [gallery.nameOf(subject), `${outcome}: ${named}`]
    }),
  )
}

const partsOf = (name: string) => [
  `${name}/amd64`,
  `${name}/amd64 provenance`,
  `${name}/arm64`,
  `${name}/arm64 provenance`,
]
const NIGHTLY = GOING.filter((name) => name.startsWith('nightly-1'))

describe.skipIf(registryMissing !== null)('between the decision and the deed', { timeout: 180_000 }, () => {
  test('what gets a tag stays with all that it contains, and all that belongs to it', async () => {
    const gallery = await galleries.make()
    const { target } = gallery
    const bytes = await manifestOf(gallery, 'nightly-1')
    const report = await sweep(gallery, { act: () => tagAs(target, bytes, 'rescued'), ms: 60_000 })
    const why = 'it was pushed, or got a tag, since that was decided'
    expect(undone(report, gallery)).toEqual({
      'nightly-1': `skipped: ${why}`,
      ...Object.fromEntries(
        partsOf('nightly-1').map((name) => [name, `skipped: nightly-1 needs it, which stays: ${why}`]),
      ),
      'nightly-1 signature': 'skipped: it belongs to nightly-1, which stays',
      'nightly-1 statement list': 'skipped: it belongs to nightly-1, which stays',
      'nightly-1 statement': expect.stringMatching(
        /^skipped: (?:it belongs to nightly-1|nightly-1 statement list needs it)/,
      ),
      'nightly-1/amd64 signature': 'skipped: it belongs to nightly-1/amd64, which stays',
    })
    expect(await gallery.manifests(galleries.registry)).toEqual([...STAYING, ...NIGHTLY].toSorted())
    expect(await pullWhole(target, 'rescued')).toEqual(await pullWhole(target, 'nightly-1'))
    await pullStaying(gallery)
  })

  test('an index that is pushed keeps the parts that it shares with what goes, and what belongs to these', async () => {
    const gallery = await galleries.make()
    const { target } = gallery
    const part = await manifestOf(gallery, 'nightly-1/amd64')
    const push = async () => pushEntries(target, [part, await pushPlatform(target)], { tag: 'keep-new' })
    const report = await sweep(gallery, { act: push, ms: 60_000 })
    expect(Object.keys(undone(report, gallery)).toSorted()).toEqual(['nightly-1/amd64', 'nightly-1/amd64 signature'])
    expect(undone(report, gallery)['nightly-1/amd64']).toMatch(
      /^skipped: .* needs it, which stays: it was pushed, or got a tag, since that was decided$/,
    )
    expect(await digestNamed(target, gallery.digest('nightly-1'))).toBeNull()
    expect(await pullWhole(target, 'keep-new')).toContain(part.digest)
    await pullStaying(gallery)
  })

  test('what loses a tag is left alone', async () => {
    const gallery = await galleries.make()
    const { target } = gallery
    const report = await sweep(gallery, { act: () => pushPlatform(target, { tag: 'main-1' }) })
    expect(undone(report, gallery)).toEqual({ 'main-1': 'skipped: it has not the tag main-1 any more' })
    expect(await gallery.manifests(galleries.registry)).toEqual([...STAYING, 'main-1', 'unknown'].toSorted())
    await pullWhole(target, 'main-1')
  })

  test('a tag that was to go and names something else by now stays there', async () => {
    const gallery = await galleries.make()
    const { target } = gallery
    const report = await sweep(gallery, { act: () => pushPlatform(target, { tag: 'main-3b' }) })
    expect(undone(report, gallery)).toEqual({
      'main-3': expect.stringMatching(/^refused: the tag main-3b: main-3b names .* by now, and not main-3\.$/),
    })
    await pullWhole(target, 'main-3b')
    expect(await gallery.tags(galleries.registry)).toEqual({ ...tagsStaying(project.pulls), 'main-3b': 'unknown' })
  })

  test('what somebody else deletes is gone, and is no fault', async () => {
    const gallery = await galleries.make()
    const { target } = gallery
    const act = async () => {
      for (const name of ['main-1', 'nightly-nest/inner'])
        await fetch(`http://${target.host}/v2/${target.path}/manifests/${gallery.digest(name)}`, { method: 'DELETE' })
    }
    const report = await sweep(gallery, { act })
    expect(undone(report, gallery)).toEqual({})
    expect(await gallery.manifests(galleries.registry)).toEqual(STAYING)
    const gone = report.outcomes.filter(({ operations }) => operations === 0)
    expect(gone.map(({ subject, note }) => [gallery.nameOf(subject), note]).toSorted()).toEqual([
      ['main-1', 'it was gone already'],
      ['nightly-nest/inner', 'it was gone already'],
    ])
  })
})

describe.skipIf(registryMissing !== null)('what the registry refuses to delete', { timeout: 180_000 }, () => {
  const refusing = (gallery: Gallery, name: string) => (client: RegistryClient) => ({
    ...client,
    deleteManifest: async (reference: Parameters<RegistryClient['deleteManifest']>[0]) => {
      if (reference.digest === gallery.digest(name)) throw new RegistryError('It is locked.', { status: 403 })
      return client.deleteManifest(reference)
    },
  })

  test('keeps its parts; once it can be deleted they go along', async () => {
    const gallery = await galleries.make()
    const report = await sweep(gallery, { wrap: refusing(gallery, 'nightly-1') })
    const outcomes = undone(report, gallery)
    expect(Object.keys(outcomes).toSorted()).toEqual(NIGHTLY)
    expect(outcomes['nightly-1']).toBe('refused: It is locked.')
    expect(outcomes['nightly-1/arm64']).toBe('skipped: nightly-1 needs it, which stays: it could not be deleted')
    expect(await gallery.manifests(galleries.registry)).toEqual([...STAYING, ...NIGHTLY].toSorted())
    await pullWhole(gallery.target, 'nightly-1')
    await sweep(gallery)
    expect(await gallery.manifests(galleries.registry)).toEqual(STAYING)
  })

  test.each(['with', 'without'])('is found again when all that named it is gone, %s a rule on such', async (which) => {
    const gallery = await galleries.make()
    const rules = rulesWith(which === 'with')
    const report = await sweep(gallery, { wrap: refusing(gallery, 'nightly-1/arm64'), config: { rules } })
    expect(undone(report, gallery)).toMatchObject({ 'nightly-1/arm64': 'refused: It is locked.' })
    const left = which === 'with' ? [] : ['orphan']
    expect(await gallery.manifests(galleries.registry)).toEqual([...STAYING, ...left, 'nightly-1/arm64'].toSorted())
    const next = await sweep(gallery, { config: { rules } })
    expect(next.outcomes.map(({ subject }) => gallery.nameOf(subject))).toEqual(['nightly-1/arm64'])
    expect(await gallery.manifests(galleries.registry)).toEqual([...STAYING, ...left].toSorted())
    expect((await sweep(gallery, { config: { rules } })).outcomes).toEqual([])
  })
})

/** The gallery's, with or without the last one, on what has no tag. */
function rulesWith(untagged: boolean) {
  return GALLERY_RULES.rules.filter((rule) => untagged || !('untagged' in rule))
}

/** As it can be pushed again. */
async function manifestOf({ target, digest }: Gallery, name: string): Promise<Pushed> {
  const mediaType = `application/vnd.oci.image.${name.includes('/') ? 'manifest' : 'index'}.v1+json`
  const url = `http://${target.host}/v2/${target.path}/manifests/${digest(name)}`
  const response = await fetch(url, { headers: { accept: mediaType } })
  const bytes = Buffer.from(await response.arrayBuffer())
  return { mediaType, digest: digest(name), size: bytes.byteLength, bytes, platform: null }
}
