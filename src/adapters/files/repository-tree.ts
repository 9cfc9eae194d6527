/**
 * Paths of a repository on disk, none of which leads out of it: a link counts as what it leads to. What git keeps for
 * itself is no part of the tree, be it this repository's or that of one within: it may hold credentials.
 */
import { realpath } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { UsageError } from '../../domain/errors.ts'
import type { IgnoreRule } from '../../domain/runtime-image/ignore-patterns.ts'
import { isMissing, withFault } from './file-faults.ts'

export interface RepositoryTree {
  /** Its root, without links; absolute. */
  readonly root: string
  readonly ignored: IgnoreRule
  /** Directories that are no part of it, without links; absolute. */
  readonly without: readonly string[]
}

export async function openRepositoryTree(
  directory: string,
  options: Pick<RepositoryTree, 'ignored'> & { readonly without?: readonly string[] },
): Promise<RepositoryTree> {
  const root = await withFault(directory, 'cannot be used as the repository', () => realpath(directory))
  return { root, ignored: options.ignored, without: options.without ?? [] }
}

/** Where a path of the repository really is; null: nothing is there. */
export async function findInTree(tree: RepositoryTree, path: string): Promise<string | null> {
  let real: string
  try {
    real = await realpath(join(tree.root, path))
  } catch (error) {
    if (isMissing(error)) return null
    return withFault(path, 'cannot be found', () => Promise.reject(error))
  }
  checkInTree(tree, path, real)
  return real
}

/** @throws {UsageError} `real` is outside of the repository, or in a part that does not count. */
export function checkInTree(tree: RepositoryTree, path: string, real: string): void {
  if (!isWithin(tree.root, real)) {
    throw new UsageError(
      `${path} leads out of the repository, to ${real}: only files of the repository go into an image. Replace the link by what it leads to, or ignore it.`,
    )
  }
  if (isLeftOut(tree, real)) {
    throw new UsageError(`${path} leads to ${real}, which is never part of an image. Remove the link, or ignore it.`)
  }
}

/** `real` is within the repository. */
export function isLeftOut(tree: RepositoryTree, real: string): boolean {
  if (relative(tree.root, real).split(sep).some(isGits)) return true
  return tree.without.some((directory) => isWithin(directory, real))
}

/** Whether an entry of that name is git's own: its directory, or the file of a submodule that says where that is. */
export function isGits(name: string): boolean {
  return name === '.git'
}

/** Whether it is the directory, or something in it. Both paths are absolute and without links. */
export function isWithin(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : `${directory}${sep}`)
}
