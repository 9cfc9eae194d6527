/** A file that a command is given; `-` is standard input. */
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { UsageError } from '../domain/errors.ts'

/** @param what it is, as «the payload». @throws {UsageError} when it cannot be read. */
export async function readInput(file: string, what: string): Promise<Buffer> {
  try {
    return file === '-' ? await buffer(process.stdin) : await readFile(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    const why = code === 'ENOENT' ? 'there is no such file' : error instanceof Error ? error.message : String(error)
    throw new UsageError(`${what} cannot be read from ${file}: ${why}.`)
  }
}
