/**
 * A folder that another command builds from. What it holds already stays, apart from what is prepared here; and either
 * all of that is in its place in the end, or the folder is as it was. A link in a repository may be a stranger's: none
 * of them makes us write out of the repository, or copy into the folder what is elsewhere.
 */
import { lstat, mkdir, mkdtemp, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { UsageError } from '../../domain/errors.ts'
import { withConfigTags } from '../../domain/runtime-image/config-tags.ts'
import { fileFault, isMissing, whyOf, withFault } from './file-faults.ts'
import { readRegularFile } from './read-regular-file.ts'
import { isGits, isWithin } from './repository-tree.ts'

const CONFIG_FILE = 'config.sh'
const LONGEST_CONFIG_BYTES = 1024 * 1024

/**
 * Where the folder really is, which may be yet to be made; absolute, without links.
 *
 * @param repository as it was named, absolute.
 * @param folder absolute.
 * @throws {UsageError} it is named as a part of the repository, and a link makes it another place; or its link leads
 *   nowhere.
 */
export async function findBuildFolder(repository: string, folder: string): Promise<string> {
  const real = await withFault(folder, 'cannot be used as the build folder', () => realOf(folder))
  const root = await withFault(repository, 'cannot be used as the repository', () => realpath(repository))
  if (!isWithin(repository, folder) && !isWithin(root, folder)) return real
  const where = isWithin(root, real)
    ? relative(root, real).split(sep).some(isGits) && "into git's own files"
    : 'out of the repository'
  if (where === false) return real
  throw new UsageError(
    `The build folder ${folder} leads ${where}, to ${real}. Remove the link, or name another one with --build-folder.`,
  )
}

/** Of a path whose last parts need not be there. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isMissing(error) || dirname(path) === path) throw error
    if (await exists(path)) {
      throw new UsageError(`${path} is a link that leads nowhere: remove it, or name another build folder.`, {
        cause: error,
      })
    }
    return join(await realOf(dirname(path)), basename(path))
  }
}

/**
 * @param folder absolute, without links.
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
  let holdsUsersFiles = false
  try {
    const fresh = join(staging, 'new')
    await mkdir(fresh)
    await write(fresh)
    await writeConfig(folder, fresh, tags)
    await moveInto(folder, fresh, staging, isNew)
  } catch (error) {
    holdsUsersFiles = error instanceof NotPutBackError
    throw fileFault(folder, 'cannot be prepared', error)
  } finally {
    if (!holdsUsersFiles) await rm(staging, { recursive: true, force: true })
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
  const before = await readConfig(join(folder, CONFIG_FILE))
  await writeFile(join(fresh, CONFIG_FILE), withConfigTags(before, tags))
}

async function readConfig(file: string): Promise<string> {
  const facts = await lstat(file).catch((error: unknown) => {
    if (isMissing(error)) return null
    throw fileFault(file, 'cannot be read', error)
  })
  if (facts === null) return ''
  // The folder is handed on, and its config.sh would be a copy of whatever the link leads to.
  if (facts.isSymbolicLink()) throw new UsageError(`${file} is a link: replace it by the file itself.`)
  const bytes = await withFault(file, 'cannot be read', () => readRegularFile(file, LONGEST_CONFIG_BYTES))
  return bytes.toString('utf8')
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
    await putBack(undo, { folder, old }, error)
    throw error
  }
}

/** What the folder held could not be put back, and is where the message says. */
class NotPutBackError extends UsageError {}

/** Each step, whether or not one before it failed. */
async function putBack(
  undo: readonly (() => Promise<void>)[],
  { folder, old }: { readonly folder: string; readonly old: string },
  first: unknown,
): Promise<void> {
  const failures: unknown[] = []
  for (const step of undo) await step().catch((error: unknown) => failures.push(error))
  if (failures.length === 0) return
  const [why, whyNotBack] = [first, failures[0]].map((error) => whyOf(error) ?? String(error))
  throw new NotPutBackError(
    `${folder} cannot be prepared: ${why}. Nor could all of it be put back: ${whyNotBack}. What is missing in it is in ${old}: move it back from there.`,
    { cause: first },
  )
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
