/**
 * Finds the files below a directory of a repository: what is ignored is left out, links are followed as long as they
 * stay in the repository, and whatever could be no file of an image is refused by name.
 */
import { isUtf8 } from 'node:buffer'
import type { Dirent, Stats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { UsageError } from '../../domain/errors.ts'
import { fileFault, isMissing, kindOf, withFault } from './file-faults.ts'
import { checkInTree, isGits, isLeftOut, type RepositoryTree } from './repository-tree.ts'

export interface TreeFile {
  /** Directories and name, below the directory that is walked. */
  readonly path: readonly string[]
  /** Where it is, without links; absolute. */
  readonly real: string
}

interface Directory {
  readonly path: readonly string[]
  readonly real: string
  readonly parent: Directory | null
}

/** How many directories are read at once. */
const AT_ONCE = 16
/** Links to directories can make a small tree endless in all but name. */
const MOST_DIRECTORY_LINKS = 10_000

interface Walk {
  readonly tree: RepositoryTree
  /** As messages begin the path of each file. */
  readonly name: string
  readonly onFile: (file: TreeFile) => void
  /** Directories still to be read. */
  readonly open: Directory[]
  links: number
}

/**
 * @param name the directory below the repository, as messages name it.
 * @param real where that directory is, without links.
 */
export async function walkTree(
  tree: RepositoryTree,
  name: string,
  real: string,
  onFile: (file: TreeFile) => void,
): Promise<void> {
  const walk: Walk = { tree, name, onFile, open: [{ path: [], real, parent: null }], links: 0 }
  while (walk.open.length > 0) {
    const next = walk.open.splice(-AT_ONCE)
    await Promise.all(next.map((directory) => readDirectory(walk, directory)))
  }
}

async function readDirectory(walk: Walk, directory: Directory): Promise<void> {
  const shown = shownPath(walk, directory.path)
  const entries = await withFault(shown, 'cannot be read', () =>
    readdir(directory.real, { withFileTypes: true, encoding: 'buffer' }),
  )
  for (const entry of entries) {
    const name = entry.name.toString('utf8')
    if (isGits(name)) continue
    const path = [...directory.path, name]
    if (entry.isSymbolicLink()) await followLink(walk, directory, path, entry)
    else takeEntry(walk, path, { real: `${directory.real}/${name}`, parent: directory, entry, bytes: entry.name })
  }
}

interface Found {
  readonly real: string
  readonly parent: Directory
  /** What it is, or what its link leads to. */
  readonly entry: Dirent<Buffer> | Stats
  readonly bytes: Buffer
}

function takeEntry(walk: Walk, path: readonly string[], { real, parent, entry, bytes }: Found): void {
  if (walk.tree.ignored(path, entry.isDirectory())) return
  refuseUnreadableName(walk, path, bytes)
  if (entry.isDirectory()) {
    if (!isLeftOut(walk.tree, real)) walk.open.push({ path, real, parent })
  } else if (entry.isFile()) walk.onFile({ path, real })
  else {
    throw new UsageError(
      `${shownPath(walk, path)} is ${kindOf(entry)}, which cannot be part of an image. Remove it, or ignore it.`,
    )
  }
}

async function followLink(
  walk: Walk,
  directory: Directory,
  path: readonly string[],
  link: Dirent<Buffer>,
): Promise<void> {
  if (walk.tree.ignored(path, false)) return
  const shown = shownPath(walk, path)
  const written = Buffer.concat([Buffer.from(`${directory.real}/`), link.name])
  let target: { real: string; stats: Stats }
  try {
    target = { real: await realpath(written), stats: await stat(written) }
  } catch (error) {
    // It may have been meant to be a directory, and ignored as one.
    if (walk.tree.ignored(path, true)) return
    throw isMissing(error)
      ? new UsageError(`${shown} is a link that leads nowhere. Remove it, or ignore it.`, { cause: error })
      : fileFault(shown, 'cannot be followed', error)
  }
  const { real, stats } = target
  if (walk.tree.ignored(path, stats.isDirectory())) return
  checkInTree(walk.tree, shown, real)
  if (stats.isDirectory()) refuseEndlessLink(walk, directory, shown, real)
  takeEntry(walk, path, { real, parent: directory, entry: stats, bytes: link.name })
}

function refuseEndlessLink(walk: Walk, from: Directory, shown: string, real: string): void {
  for (let above: Directory | null = from; above !== null; above = above.parent) {
    if (above.real !== real) continue
    throw new UsageError(
      `${shown} is a link to ${shownPath(walk, above.path)}, which it lies in: its files have no end. Remove it, or ignore it.`,
    )
  }
  walk.links += 1
  if (walk.links <= MOST_DIRECTORY_LINKS) return
  throw new UsageError(
    `${walk.name} holds links to directories that lead through more than ${MOST_DIRECTORY_LINKS} directories, the last one ${shown}. Remove some, or ignore them.`,
  )
}

function refuseUnreadableName(walk: Walk, path: readonly string[], bytes: Buffer): void {
  if (isUtf8(bytes)) return
  const escaped = [...bytes.toString('latin1')].map((c) => (/[!-~]/.test(c) ? c : `\\x${hexOf(c)}`)).join('')
  throw new UsageError(
    `${shownPath(walk, [...path.slice(0, -1), escaped])} has a name that is not UTF-8, and would not be the same everywhere. Rename it, or ignore its directory.`,
  )
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')
}

function shownPath(walk: Walk, path: readonly string[]): string {
  return [walk.name, ...path].join('/')
}
