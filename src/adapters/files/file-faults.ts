/** What is wrong with a file, in words that name it and say what to do. */
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
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error
  return new UsageError(`${path} ${cannot}: ${WHY[error.code] ?? error.message}.`, { cause: error })
}

/** Runs it, and says which file it was about where it fails. */
export async function withFault<T>(path: string, cannot: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileFault(path, cannot, error)
  }
}
