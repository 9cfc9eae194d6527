/**
 * The build context of a runtime image: sources, what is included beside them and lock files below `code/`, and a
 * Dockerfile. It is written elsewhere first, and moved to its place when all of it is there.
 */
import { constants } from 'node:fs'
import { chmod, copyFile, mkdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UsageError } from '../../domain/errors.ts'
import { fileFault, kindOf, withFault } from './file-faults.ts'
import { findInTree, type RepositoryTree } from './repository-tree.ts'
import { walkTree } from './walk-tree.ts'

export interface ContextFiles {
  readonly source: string
  /** Files and directories. */
  readonly include: readonly string[]
  readonly lockFiles: readonly string[]
  /** Text of the Dockerfile. */
  readonly dockerfile: string
}

/** Below the context. */
const CODE = 'code'
const AT_ONCE = 16

export interface Copy {
  /** As messages name it. */
  readonly shown: string
  readonly from: string
  /** Below `code/`. */
  readonly to: string
}

/** Everything that goes into a context, found and judged before the first file is copied. */
export interface Context {
  readonly copies: readonly Copy[]
  /** Text of the Dockerfile. */
  readonly dockerfile: string
}

/** Writes the context into an empty directory. */
export async function writeContext(context: Context, into: string, signal: AbortSignal): Promise<void> {
  const copies = [...context.copies]
  const made = new Set<string>()
  while (copies.length > 0) {
    signal.throwIfAborted()
    const carried = copies.splice(-AT_ONCE).map((copy) => carry(copy, join(into, CODE, copy.to), made))
    // All of them end before the first failure is told: nothing may still be written while that is cleaned up.
    const failed = (await Promise.allSettled(carried)).find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
  await withFault('Dockerfile', 'cannot be written', () => writeFile(join(into, 'Dockerfile'), context.dockerfile))
}

/** @throws {UsageError} a file is missing, or can be part of no image. */
export async function findContext(tree: RepositoryTree, files: ContextFiles): Promise<Context> {
  const copies: Copy[] = []
  for (const path of [files.source, ...files.include]) copies.push(...(await findBelow(tree, path)))
  for (const path of files.lockFiles) {
    const real = await findInTree(tree, path)
    if (real === null) throw new UsageError(`There is no lock file ${path} in ${tree.root}.`)
    const facts = await withFault(path, 'cannot be read', () => stat(real))
    if (!facts.isFile()) throw new UsageError(`${path} is ${kindOf(facts)}: a lock file has to be a file.`)
    copies.push({ shown: path, from: real, to: path })
  }
  // What is named twice is copied once.
  const copied = new Map(copies.map((copy) => [join(copy.to), copy]))
  return { copies: [...copied.values()], dockerfile: files.dockerfile }
}

async function findBelow(tree: RepositoryTree, path: string): Promise<Copy[]> {
  const real = await findInTree(tree, path)
  if (real === null) {
    throw new UsageError(`There is no ${path} in ${tree.root}: it should be part of the image, but it is not there.`)
  }
  const found = await withFault(path, 'cannot be read', () => stat(real))
  if (found.isFile()) return [{ shown: path, from: real, to: path }]
  if (!found.isDirectory()) throw new UsageError(`${path} is ${kindOf(found)}: no image can hold it.`)
  const copies: Copy[] = []
  await walkTree(tree, path, real, (file) => {
    const to = join(path, ...file.path)
    copies.push({ shown: to, from: file.real, to })
  })
  return copies
}

/** Modes are as git has them: who may read what on this machine is no matter of an image. */
async function carry(copy: Copy, to: string, made: Set<string>): Promise<void> {
  const directory = dirname(to)
  if (!made.has(directory)) {
    await withFault(directory, 'cannot be made', () => mkdir(directory, { recursive: true }))
    made.add(directory)
  }
  try {
    const { mode } = await stat(copy.from)
    await copyFile(copy.from, to, constants.COPYFILE_FICLONE)
    await chmod(to, (mode & 0o100) === 0 ? 0o644 : 0o755)
  } catch (error) {
    throw fileFault(copy.shown, `cannot be copied to ${basename(to)} of the build context`, error)
  }
}
