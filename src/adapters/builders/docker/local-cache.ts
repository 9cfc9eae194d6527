/**
 * A cache in a local directory, one OCI layout an image. BuildKit adds to a layout and never removes, so what a layout
 * no longer refers to, and layouts that nobody used, go after a week. The directory may hold what is not ours: only
 * what has the name and the files of such a layout is touched.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, rm, rmdir, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { isMissing, withFault } from '../../files/file-faults.ts'
import { readRegularFile } from '../../files/read-regular-file.ts'

const UNUSED_FOR_MS = 7 * 24 * 60 * 60 * 1000
/** Indexes and manifests name layers, of which an image has some hundred. */
const LONGEST_DOCUMENT_BYTES = 16 * 1024 * 1024

export interface CacheDirectory {
  /** Absolute. */
  readonly path: string
  /** False: it is read and stays as it is, since what is built must not reach those who read it after. */
  readonly written: boolean
}

export interface LocalCache {
  readonly cacheFrom: readonly string[]
  readonly cacheTo: readonly string[]
}

/** The cache of one image, by its name: to be read if it exists already, and written. */
export async function useLocalCache(directory: CacheDirectory, image: string, now: Date): Promise<LocalCache> {
  const entry = join(directory.path, entryName(image))
  const index = join(entry, 'index.json')
  const cacheFrom = [cacheField(`type=local,src=${entry}`)]
  if (!directory.written) return { cacheFrom: (await isThere(() => stat(index))) ? cacheFrom : [], cacheTo: [] }
  await withFault(directory.path, 'cannot be the cache directory', () => mkdir(directory.path, { recursive: true }))
  return {
    cacheFrom: (await isThere(() => utimes(index, now, now))) ? cacheFrom : [],
    cacheTo: [cacheField(`type=local,dest=${entry}`, 'mode=max')],
  }
}

function isThere(asked: () => Promise<unknown>): Promise<boolean> {
  return asked().then(
    () => true,
    () => false,
  )
}

/** The program reads the option as CSV: a field with a comma or a quote is quoted. */
function cacheField(...fields: readonly string[]): string {
  const [type = '', place = ''] = (fields[0] ?? '').split(/,(.*)/s)
  const quoted = /[",\n]/.test(place) ? `"${place.replaceAll('"', '""')}"` : place
  return [type, quoted, ...fields.slice(1)].join(',')
}

/** Readable, and different for different names. */
function entryName(image: string): string {
  const hash = createHash('sha256').update(image).digest('hex').slice(0, 8)
  return `${image.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(-80)}-${hash}`
}

const ENTRY_NAME = /^[A-Za-z0-9._-]+-[0-9a-f]{8}$/

/** Removes what was not used for a week; returns how many bytes that were. Only layouts of images are looked at. */
export async function pruneLocalCache(directory: string, now: Date): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  let freed = 0
  for (const entry of entries) {
    const layout = join(directory, entry.name)
    if (!entry.isDirectory() || !ENTRY_NAME.test(entry.name) || !(await isLayout(layout))) continue
    freed += await pruneLayout(layout, now.getTime() - UNUSED_FOR_MS)
  }
  return freed
}

async function isLayout(layout: string): Promise<boolean> {
  const marker = await readJson(join(layout, 'oci-layout'))
  return marker !== null && 'imageLayoutVersion' in marker
}

async function pruneLayout(layout: string, before: number): Promise<number> {
  const index = await stat(join(layout, 'index.json')).catch(() => null)
  if (index === null) return 0
  const blobs = await listBlobs(join(layout, 'blobs', 'sha256'))
  if (index.mtimeMs < before) {
    await removeLayout(layout)
    return sizeOf(blobs)
  }
  const used = await reachable(layout)
  // A layout that cannot be read is left to BuildKit, and to its age.
  if (used === null) return 0
  const unused = blobs.filter(({ name, mtimeMs }) => !used.has(name) && mtimeMs < before)
  for (const { name } of unused) await rm(join(layout, 'blobs', 'sha256', name), { force: true })
  return sizeOf(unused)
}

interface Blob {
  readonly name: string
  readonly size: number
  readonly mtimeMs: number
}

/** Another build may remove them meanwhile, or rename what it has written. */
async function listBlobs(directory: string): Promise<Blob[]> {
  const names = await readdir(directory).catch(() => [])
  const found = await Promise.all(
    names.filter(isDigest).map(async (name) => {
      const facts = await stat(join(directory, name)).catch(() => null)
      return facts === null ? [] : [{ name, size: facts.size, mtimeMs: facts.mtimeMs }]
    }),
  )
  return found.flat()
}

function isDigest(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name)
}

function sizeOf(blobs: readonly Blob[]): number {
  return blobs.reduce((sum, { size }) => sum + size, 0)
}

/** What a layout consists of, the index first: without it the rest is none to anybody. Anything else in it stays. */
async function removeLayout(layout: string): Promise<void> {
  for (const part of ['index.json', 'index.json.lock', 'blobs', 'ingest', 'oci-layout'])
    await rm(join(layout, part), { recursive: true, force: true })
  await rmdir(layout).catch(() => {})
}

/** Names of all blobs that the index leads to; null: a part of it cannot be read. */
async function reachable(layout: string): Promise<Set<string> | null> {
  const found = new Set<string>()
  const open = ['index.json']
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const document = await readJson(join(layout, file))
    if (document === null) return null
    for (const { digest, mediaType } of descriptorsOf(document)) {
      const name = digest.replace('sha256:', '')
      if (!isDigest(name) || found.has(name)) continue
      found.add(name)
      if (/\b(?:manifest|index)\b/.test(mediaType)) open.push(join('blobs', 'sha256', name))
    }
  }
  return found
}

async function readJson(file: string): Promise<object | null> {
  try {
    const value: unknown = JSON.parse((await readRegularFile(file, LONGEST_DOCUMENT_BYTES)).toString('utf8'))
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

interface Descriptor {
  readonly digest: string
  readonly mediaType: string
}

function descriptorsOf(document: object): Descriptor[] {
  const { manifests, layers, config } = document as Record<string, unknown>
  const candidates = [manifests, layers].flatMap((list): unknown[] => (Array.isArray(list) ? list : []))
  return [...candidates, config].flatMap((candidate) => {
    if (typeof candidate !== 'object' || candidate === null) return []
    const { digest, mediaType } = candidate as Record<string, unknown>
    return typeof digest === 'string' ? [{ digest, mediaType: typeof mediaType === 'string' ? mediaType : '' }] : []
  })
}
