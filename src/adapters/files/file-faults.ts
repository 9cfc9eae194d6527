/** What is wrong with a file, in words that name it and say what to do. */
import type { Dirent, Stats } from 'node:fs'
import { UsageError } from '../../domain/errors.ts'

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  ENOTDIR: 'a part of the path is no directory',
  EISDIR: 'it is a directory',
  EACCES: 'this user may not read it; change its permissions',
  EPERM: 'this user may not; change its permissions',
  ELOOP: 'its links lead in a circle; remove the link, or ignore it',
  ENAMETOOLONG: 'the path is too long for this file system',
  ENOSPC: 'the disk is full; free some space and try again',
  EDQUOT: "this user's share of the disk is full; free some space and try again",
  EROFS: 'the file system is read-only; name another place',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
}

/** `cannot`: such as "cannot be read". What is no fault of a file system is thrown as it is. */
export function fileFault(path: string, cannot: string, error: unknown): unknown {
  const why = whyOf(error)
  return why === null ? error : new UsageError(`${path} ${cannot}: ${why}.`, { cause: error })
}

/** The end of a sentence; null: it is no fault of a file system. */
export function whyOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null
  return WHY[error.code] ?? error.message
}

/** Runs it, and says which file it was about where it fails. */
export async function withFault<T>(path: string, cannot: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileFault(path, cannot, error)
  }
}

/** Nothing is at that path. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

/** What is in a file's place: "a named pipe". */
export function kindOf(entry: Dirent<Buffer> | Dirent | Stats): string {
  if (entry.isDirectory()) return 'a directory'
  if (entry.isSocket()) return 'a socket'
  if (entry.isFIFO()) return 'a named pipe'
  return entry.isBlockDevice() || entry.isCharacterDevice() ? 'a device' : 'something else'
}
