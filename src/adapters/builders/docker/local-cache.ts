/**
 * A cache in a local directory, one OCI layout an image. BuildKit adds to a layout and never removes, so what a layout
 * no longer refers to, and layouts that nobody used, go after a week.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'

const UNUSED_FOR_MS = 7 * 24 * 60 * 60 * 1000

export interface LocalCache {
  readonly cacheFrom: readonly string[]
  readonly cacheTo: readonly string[]
}

/** The cache of one image, by its name: to be read if it exists already, and written. */
export async function useLocalCache(directory: string, image: string, now: Date): Promise<LocalCache> {
  const entry = join(directory, entryName(image))
  await mkdir(directory, { recursive: true })
  const index = join(entry, 'index.json')
  const exists = await utimes(index, now, now).then(
    () => true,
    () => false,
  )
  return {
    cacheFrom: exists ? [cacheField(`type=local,src=${entry}`)] : [],
    cacheTo: [cacheField(`type=local,dest=${entry}`, 'mode=max')],
  }
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

/** Removes what was not used for a week; returns how many bytes that were. Only layouts of images are looked at. */
export async function pruneLocalCache(directory: string, now: Date): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  let freed = 0
  for (const entry of entries.filter((candidate) => candidate.isDirectory())) {
    freed += await pruneLayout(join(directory, entry.name), now.getTime() - UNUSED_FOR_MS)
  }
  return freed
}

async function pruneLayout(layout: string, before: number): Promise<number> {
  const index = await stat(join(layout, 'index.json')).catch(() => null)
  if (index === null) return 0
  const blobs = join(layout, 'blobs', 'sha256')
  const files = await Promise.all(
    (await readdir(blobs).catch(() => [])).map(async (name) => ({ name, facts: await stat(join(blobs, name)) })),
  )
  const total = (list: typeof files) => list.reduce((sum, { facts }) => sum + facts.size, 0)
  if (index.mtimeMs < before) {
    await rm(layout, { recursive: true, force: true })
    return total(files)
  }
  const used = await reachable(layout)
  // A layout that cannot be read is left to BuildKit, and to its age.
  if (used === null) return 0
  const unused = files.filter(({ name, facts }) => !used.has(name) && facts.mtimeMs < before)
  for (const { name } of unused) await rm(join(blobs, name), { force: true })
  return total(unused)
}

/** Names of all blobs that the index leads to; null: a part of it cannot be read. */
async function reachable(layout: string): Promise<Set<string> | null> {
  const found = new Set<string>()
  const open = ['index.json']
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const document = await readJson(join(layout, file))
    if (document === null) return null
    for (const { digest, mediaType } of descriptorsOf(document)) {
      const name = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1]
      if (name === undefined || found.has(name)) continue
      found.add(name)
      if (/\b(?:manifest|index)\b/.test(mediaType)) open.push(join('blobs', 'sha256', name))
    }
  }
  return found
}

async function readJson(file: string): Promise<object | null> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'))
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
