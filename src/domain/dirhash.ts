/**
 * One hash for a whole directory, as the Dirhash Standard 0.1 has it with the entry properties `name` and `data`. Each
 * directory is the hash of its entries, ordered by code point, so that the order of the file system does not count.
 * A directory that holds nothing does not count either, as in git.
 *
 * Source: https://github.com/andhus/dirhash
 */
import { createHash } from 'node:crypto'

export interface HashedFile {
  /** Its directories and its name, below the root; at least the name. */
  readonly path: readonly string[]
  /** Hexadecimal MD5 of its bytes. */
  readonly md5: string
}

interface Directory {
  readonly directories: Map<string, Directory>
  readonly files: { readonly name: string; readonly md5: string }[]
}

/** Hexadecimal MD5 of the tree that holds these files; null: there are none, and nothing to hash. */
export function combineDirhash(files: Iterable<HashedFile>): string | null {
  const root = emptyDirectory()
  for (const { path, md5 } of files) {
    const name = path.at(-1)
    if (name === undefined) continue
    directoryAt(root, path.slice(0, -1)).files.push({ name, md5 })
  }
  return root.files.length + root.directories.size === 0 ? null : hashDirectory(root)
}

function emptyDirectory(): Directory {
  return { directories: new Map(), files: [] }
}

function directoryAt(root: Directory, path: readonly string[]): Directory {
  let directory = root
  for (const name of path) {
    const next = directory.directories.get(name) ?? emptyDirectory()
    directory.directories.set(name, next)
    directory = next
  }
  return directory
}

function hashDirectory(directory: Directory): string {
  const descriptors = [
    ...[...directory.directories].map(([name, below]) => `dirhash:${hashDirectory(below)}\0name:${name}`),
    ...directory.files.map(({ name, md5 }) => `data:${md5}\0name:${name}`),
  ]
  return createHash('md5').update(byCodePoint(descriptors).join('\0\0')).digest('hex')
}

/** JavaScript orders its strings by UTF-16, which differs beyond the first plane; the bytes of UTF-8 do not. */
function byCodePoint(texts: string[]): string[] {
  if (!texts.some((text) => /[\uD800-\uDFFF]/.test(text))) return texts.sort()
  const encoded = texts.map((text) => Buffer.from(text))
  return encoded.sort(Buffer.compare).map((bytes) => bytes.toString())
}
