/**
 * A folder that another command builds from. What it holds already stays, apart from what is prepared here; and either
 * all of that is in its place in the end, or the folder is as it was.
 */
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UsageError } from '../../domain/errors.ts'
import { withConfigTags } from '../../domain/runtime-image/config-tags.ts'
import { fileFault, withFault } from './file-faults.ts'

const CONFIG_FILE = 'config.sh'

/**
 * @param folder absolute.
 * @param write fills an empty directory.
 * @param tags lines that end its `config.sh`.
 */
export async function prepareBuildFolder(
  folder: string,
  write: (directory: string) => Promise<void>,
  tags: { readonly image: string; readonly source: string },
): Promise<void> {
  const isNew = await isMissingOrEmpty(folder)
  const above = dirname(folder)
  await withFault(above, 'cannot be made', () => mkdir(above, { recursive: true }))
  const staging = await withFault(folder, 'cannot be prepared', () => mkdtemp(join(above, `.${basename(folder)}-`)))
  try {
    const fresh = join(staging, 'new')
    await mkdir(fresh)
    await write(fresh)
    await writeConfig(folder, fresh, tags)
    await moveInto(folder, fresh, staging, isNew)
  } catch (error) {
    throw fileFault(folder, 'cannot be prepared', error)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function isMissingOrEmpty(folder: string): Promise<boolean> {
  try {
    if ((await stat(folder)).isDirectory()) return (await readdir(folder)).length === 0
  } catch (error) {
    if (isMissing(error)) return true
    throw fileFault(folder, 'cannot be used as the build folder', error)
  }
  throw new UsageError(`${folder} is a file: name a directory, or one that is yet to be made, with --build-folder.`)
}

async function writeConfig(
  folder: string,
  fresh: string,
  tags: { readonly image: string; readonly source: string },
): Promise<void> {
  const before = await readFile(join(folder, CONFIG_FILE), 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return ''
    throw fileFault(join(folder, CONFIG_FILE), 'cannot be read', error)
  })
  await writeFile(join(fresh, CONFIG_FILE), withConfigTags(before, tags))
}

async function moveInto(folder: string, fresh: string, staging: string, isNew: boolean): Promise<void> {
  // A rename replaces an empty directory, and nothing in between can be seen.
  if (isNew) return rename(fresh, folder)
  const old = join(staging, 'old')
  await mkdir(old)
  const undo: (() => Promise<void>)[] = []
  const move = async (from: string, to: string) => {
    await rename(from, to)
    undo.unshift(() => rename(to, from))
  }
  try {
    for (const name of (await readdir(fresh)).sort()) {
      const place = join(folder, name)
      if (await exists(place)) await move(place, join(old, name))
      await move(join(fresh, name), place)
    }
  } catch (error) {
    for (const step of undo) await step()
    throw error
  }
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
