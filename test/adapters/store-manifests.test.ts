/** What sweeps of images remember, on both databases. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/adapters/store/database.ts'
import { manifestMemory } from '../../src/adapters/store/manifest-memory.ts'
import { migrate } from '../../src/adapters/store/migrate.ts'
import { sweepReports } from '../../src/adapters/store/sweep-reports.ts'
import type { ManifestMemory, RememberedManifest } from '../../src/ports/sweeps.ts'
import { describeStores } from '../support/stores.ts'

const MADE = new Date('2026-05-01T10:00:00Z')
const DAY_MS = 86_400_000
const INDEX: RememberedManifest = {
  mediaType: 'application/vnd.oci.image.index.v1+json',
  children: ['sha256:b'],
  subject: null,
  size: null,
  created: undefined,
}

describeStores('manifests', (open) => {
  let database: Database
  let memory: ManifestMemory
  beforeAll(async () => {
    database = await open.database()
    await migrate(database)
    memory = manifestMemory(database.kysely)
  })
  afterAll(() => database.close())

  const remembered = async (digest: string) => (await memory.load([digest])).get(digest)

  test('are remembered by their digest, and never change', async () => {
    await memory.save(new Map([['sha256:a', INDEX]]))
    await memory.save(new Map([['sha256:a', { ...INDEX, children: [] }]]))
    expect(await memory.load(['sha256:a', 'sha256:c'])).toEqual(new Map([['sha256:a', INDEX]]))
    await memory.save(new Map())
    expect(await memory.load([])).toEqual(new Map())
  })

  test.each([
    ['when it was made', MADE],
    ['that it does not say when it was made', null],
  ])('it is added %s, and stays', async (what, created) => {
    const digest = `sha256:${what.length}`
    await memory.save(new Map([[digest, INDEX]]))
    expect((await remembered(digest))?.created).toBeUndefined()
    const known = { ...INDEX, size: 5_000_000_000, created }
    await memory.save(new Map([[digest, known]]))
    expect(await remembered(digest)).toEqual(known)
    await memory.save(new Map([[digest, INDEX]]))
    expect(await remembered(digest)).toEqual(known)
  })

  test('what is a copy stays known as one', async () => {
    const copy = { ...INDEX, copyOf: 'sha256:a' }
    await memory.save(new Map([['sha256:copy', copy]]))
    expect(await remembered('sha256:copy')).toEqual(copy)
  })

  test('more of them than one statement takes', async () => {
    const all = Array.from({ length: 2_500 }, (_, index) => `sha256:many-${index}`)
    await memory.save(new Map(all.map((digest) => [digest, INDEX])))
    expect((await memory.load(all)).size).toBe(2_500)
  })

  test('go with old sweeps, unless they were used since', async () => {
    const digests = ['sha256:loaded', 'sha256:saved', 'sha256:unused']
    await memory.save(new Map(digests.map((digest) => [digest, INDEX])))
    await database.exec("update manifests set used_at = now() - interval '100 days'")
    await memory.load(['sha256:loaded'])
    await memory.save(new Map([['sha256:saved', INDEX]]))
    await sweepReports(database.kysely).removeBefore(new Date(Date.now() - 90 * DAY_MS))
    expect([...(await memory.load(digests)).keys()].toSorted()).toEqual(['sha256:loaded', 'sha256:saved'])
  })
})
