/**
 * Writes several files of a repository, all or none: every place is looked at before anything is written, and when one of
 * them cannot be written after all, those before it are as they were. Nothing is written through a link that leads out.
 */
import { lstat, mkdir, readFile, realpath, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { UsageError } from '../../domain/errors.ts'

export interface NewFile {
  /** Relative to the repository. */
  readonly path: string
  readonly text: string
}

/** Which of the files are there already. Throws when one of the places leads out of the repository, or is no file. */
export async function findInTheWay(root: string, files: readonly NewFile[]): Promise<string[]> {
  const inTheWay: string[] = []
  for (const { path } of files) {
    await refuseLinks(root, path)
    const stats = await lstat(join(root, path)).catch(() => null)
    if (stats === null) continue
    if (!stats.isFile()) throw new UsageError(`${path} is not a file, so nothing can be written there; move it away.`)
    inTheWay.push(path)
  }
  return inTheWay
}

/** Every part of the path that exists must really lie in the repository. */
async function refuseLinks(root: string, path: string): Promise<void> {
  const home = await realpath(root)
  const parts = path.split('/')
  for (let count = 1; count <= parts.length; count += 1) {
    const part = parts.slice(0, count).join('/')
    const stats = await lstat(join(root, part)).catch(() => null)
    if (stats === null) return
    const real = await realpath(join(root, part)).catch(() => null)
    const way = real === null ? '..' : relative(home, real)
    const isOutside = way === '..' || way.startsWith(`..${sep}`)
    if (isOutside || (stats.isSymbolicLink() && count === parts.length))
      throw new UsageError(
        `${part} is a link${isOutside ? ' that leads out of the repository' : ''}; init writes only into the repository itself. Replace it with a real ${count === parts.length ? 'file' : 'directory'}.`,
      )
  }
}

/** `force`: what is there is replaced. Without it, a file that appeared since `findInTheWay` is an error, too. */
export async function placeFiles(root: string, files: readonly NewFile[], force: boolean): Promise<void> {
  const undo: (() => Promise<unknown>)[] = []
  try {
    for (const { path, text } of files) {
      const file = join(root, path)
      undo.push(...(await makeDirectories(root, dirname(path))))
      const before = force ? await readFile(file).catch(() => null) : null
      await writeFile(file, text, { flag: force ? 'w' : 'wx' }).catch((error: unknown) => {
        // A full disk leaves part of a file; one that was there already was not touched.
        if (force || codeOf(error) !== 'EEXIST') undo.push(() => restore(file, before))
        throw error
      })
      undo.push(() => restore(file, before))
    }
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => null)
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError(`Nothing was written, because one file could not be: ${why}.`, { cause: error })
  }
}

function restore(file: string, before: Buffer | null): Promise<void> {
  return before === null ? rm(file, { force: true }) : writeFile(file, before)
}

/** Makes those that are missing; each is undone only while it is empty. */
async function makeDirectories(root: string, path: string): Promise<(() => Promise<unknown>)[]> {
  const parts = path.split('/')
  const made: (() => Promise<unknown>)[] = []
  for (let count = 1; count <= parts.length; count += 1) {
    const directory = join(root, ...parts.slice(0, count))
    const first = await mkdir(directory, { recursive: true })
    if (first !== undefined) made.push(() => rmdir(directory))
  }
  return made
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null
}
