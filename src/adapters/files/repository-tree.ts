/**
 * Paths of a repository on disk, none of which leads out of it: a link counts as what it leads to. Git's own directory
 * is no part of the tree, since it may hold credentials.
 */
import { realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { UsageError } from '../../domain/errors.ts'
import type { IgnoreRule } from '../../domain/runtime-image/ignore-patterns.ts'
import { withFault } from './file-faults.ts'

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
  const without = [join(root, '.git'), ...(options.without ?? [])]
  return { root, ignored: options.ignored, without }
}

/** Where a path of the repository really is; null: nothing is there. */
export async function findInTree(tree: RepositoryTree, path: string): Promise<string | null> {
  let real: string
  try {
    real = await realpath(join(tree.root, path))
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null
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

export function isLeftOut(tree: RepositoryTree, real: string): boolean {
  return tree.without.some((directory) => isWithin(directory, real))
}

function isWithin(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : `${directory}${sep}`)
}
