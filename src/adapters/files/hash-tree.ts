/** The hash of a directory's names and bytes. Files are hashed while others are still being found. */
import { combineDirhash } from '../../domain/dirhash.ts'
import { UsageError } from '../../domain/errors.ts'
import { type HashPool, makeHashPool } from './hash-pool.ts'
import { findInTree, type RepositoryTree } from './repository-tree.ts'
import { walkTree } from './walk-tree.ts'

export interface TreeHash {
  /** By the Dirhash Standard 0.1; hexadecimal. */
  readonly md5: string
  readonly files: number
}

/** @throws {UsageError} there is no such directory, nothing to hash in it, or something that no image can hold. */
export async function hashTree(tree: RepositoryTree, directory: string): Promise<TreeHash> {
  const real = await findInTree(tree, directory)
  if (real === null) {
    throw new UsageError(
      `There is no directory ${directory} in ${tree.root}: name the sources in \`runtime.source\` of the image.`,
    )
  }
  const pool = makeHashPool()
  try {
    return await hashFound(tree, directory, real, pool)
  } finally {
    await pool.close()
  }
}

async function hashFound(tree: RepositoryTree, directory: string, real: string, pool: HashPool): Promise<TreeHash> {
  const paths: (readonly string[])[] = []
  await walkTree(tree, directory, real, (file) => {
    paths.push(file.path)
    pool.add(file.real)
  })
  const hashes = await pool.finish()
  const md5 = combineDirhash(paths.map((path, index) => ({ path, md5: hashes[index] ?? '' })))
  if (md5 === null) {
    throw new UsageError(`${directory} holds no files that are not ignored: there is nothing to hash.`)
  }
  return { md5, files: paths.length }
}
