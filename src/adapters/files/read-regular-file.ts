/** Reads a file that strangers may have made: never waits for a pipe, never fills memory. */
import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { kindOf } from './file-faults.ts'

/** Whatever was asked for, no configuration, lock file or event is longer. */
export const LONGEST_FILE_BYTES = 32 * 1024 * 1024

/**
 * Follows links. Who reads text calls `toString('utf8')`.
 *
 * @param limit in bytes.
 * @throws {NodeJS.ErrnoException} with a `code` in any case: ENOENT and others of the file system, EFTYPE for what is no
 *   file, EFBIG for one that is longer. `withFault` and `fileFault` make a message of it that names the file.
 */
export async function readRegularFile(path: string, limit: number): Promise<Buffer> {
  // Asked before it is opened, since opening alone can have effects; and again after, since it may be another by then.
  demandFile(await stat(path))
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const facts = await file.stat()
    demandFile(facts)
    if (facts.size > limit) throw tooBig(limit)
    return await readUpTo(file, Number(facts.size), limit)
  } finally {
    await file.close()
  }
}

function demandFile(facts: Parameters<typeof kindOf>[0] & { isFile(): boolean }): void {
  if (facts.isFile()) return
  throw Object.assign(new Error(`it is ${kindOf(facts)}, and no file`), { code: 'EFTYPE' })
}

function tooBig(limit: number): Error {
  const size = limit >= 1024 * 1024 ? `${Math.floor(limit / (1024 * 1024))} MiB` : `${limit} bytes`
  return Object.assign(new Error(`it is longer than ${size}`), { code: 'EFBIG' })
}

/** A file may be longer than it says, or grow. */
async function readUpTo(file: FileHandle, expected: number, limit: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for (;;) {
    const room = Buffer.alloc(Math.min(Math.max(expected - length, 4096), limit - length) + 1)
    const { bytesRead } = await file.read(room, 0, room.length, null)
    if (bytesRead === 0) return Buffer.concat(parts, length)
    length += bytesRead
    if (length > limit) throw tooBig(limit)
    parts.push(room.subarray(0, bytesRead))
  }
}
