/**
 * One process at a time in a data directory: PGlite does not guard its files, and two writers would destroy them.
 * A lock whose process is gone is taken over, so that a killed process can simply be started again.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** @returns a function that gives the lock back. Throws when another live process holds it. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const file = join(directory, 'signalbox.pid')
  for (let tries = 0; tries < 2; tries++) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' })
      return () => rm(file, { force: true })
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
      const holder = Number(await readFile(file, 'utf8').catch(() => ''))
      if (holder > 0 && holder !== process.pid && isAlive(holder)) break
      await rm(file, { force: true })
    }
  }
  throw new Error(
    `The data directory ${directory} is in use by another Signalbox (its process id is in signalbox.pid). ` +
      'Stop that one, choose another SIGNALBOX_DATA_DIR, or set DATABASE_URL to share one PostgreSQL server.',
  )
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isErrno(error, 'EPERM')
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
