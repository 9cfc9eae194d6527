/**
 * The files that images are built from: each of them is within the repository, wherever links and `..` lead. The rest of
 * the machine is no part of an image, whatever a change to the repository says.
 */
import { stat } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { findInTree, openRepositoryTree, type RepositoryTree } from '../../adapters/files/repository-tree.ts'
import { UsageError } from '../../domain/errors.ts'

/** @throws {UsageError} there is no such directory. */
export async function openRepository(directory: string): Promise<RepositoryTree> {
  const tree = await openRepositoryTree(directory, { ignored: () => false })
  if ((await stat(tree.root)).isDirectory()) return tree
  throw new UsageError(`${directory} cannot be used as the repository: it is no directory. Choose another with -C.`)
}

/**
 * Where it really is; null: there is none.
 *
 * @param path as a person wrote it: below the root, or absolute.
 * @throws {UsageError} it is outside of the repository, or a part of it that no image gets.
 */
export async function findIn(tree: RepositoryTree, path: string, kind: 'file' | 'directory'): Promise<string | null> {
  const real = await findInTree(tree, relative(tree.root, resolve(tree.root, path)) || '.')
  const facts = real === null ? null : await stat(real).catch(() => null)
  if (facts === null) return null
  return (kind === 'file' ? facts.isFile() : facts.isDirectory()) ? real : null
}
