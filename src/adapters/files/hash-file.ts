/** MD5 of one file, read into a buffer that is used again: however big the file, memory stays the same. */
import { createHash, hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'

/** Fits into the cache of a core. */
export const HASH_BUFFER_BYTES = 256 * 1024

/** In hexadecimal digits. Synchronous: it is called where waiting is no loss, or where nobody else waits. */
export function hashFile(path: string, buffer: Buffer): string {
  const file = openSync(path, 'r')
  try {
    let filled = fill(file, buffer)
    if (filled < buffer.length) return hash('md5', buffer.subarray(0, filled), 'hex')
    const parts = createHash('md5')
    for (; filled > 0; filled = fill(file, buffer)) parts.update(buffer.subarray(0, filled))
    return parts.digest('hex')
  } finally {
    closeSync(file)
  }
}

/** Reads on until the buffer is full or the file ends: a single read may give less. */
function fill(file: number, buffer: Buffer): number {
  let filled = 0
  let read = 0
  do {
    read = readSync(file, buffer, filled, buffer.length - filled, null)
    filled += read
  } while (read > 0 && filled < buffer.length)
  return filled
}
