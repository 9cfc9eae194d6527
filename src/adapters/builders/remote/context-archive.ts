/**
 * A build context as one file to send: a tar archive, compressed, in base64. The same files make the same bytes,
 * wherever and whenever they are archived: sorted, without times, owners and what a umask took away.
 */
import { createWriteStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Header, Pack, ReadEntry } from 'tar'
import { UsageError } from '../../../domain/errors.ts'
import { withFault } from '../../files/file-faults.ts'
import { readRegularFile } from '../../files/read-regular-file.ts'

export interface ArchiveRequest {
  /** Directory; absolute. */
  readonly context: string
  /** Absolute; null: `Dockerfile` in the context. It becomes `Dockerfile` in the archive. */
  readonly dockerfile: string | null
  /** What to write; must not exist. */
  readonly file: string
  readonly signal: AbortSignal
}

const DOCKERFILE = 'Dockerfile'
const MAX_DOCKERFILE_BYTES = 4 * 1024 * 1024
/** Files and directories. */
const MAX_ENTRIES = 1_000_000

/** Returns how many files and directories are in it. */
export async function archiveContext({ context, dockerfile, file, signal }: ArchiveRequest): Promise<number> {
  const other =
    dockerfile === null || dockerfile === join(context, DOCKERFILE) ? null : await readDockerfile(dockerfile)
  const paths = await listFiles(context, signal)
  if (other === null && !paths.includes(DOCKERFILE))
    throw new UsageError(`${context} has no ${DOCKERFILE}. Put one there, or name another with its path.`)
  const kept = other === null ? paths : paths.filter((path) => path !== DOCKERFILE)
  const pack = new Pack({
    cwd: context,
    portable: true,
    mtime: new Date(0),
    noDirRecurse: true,
    gzip: { level: 6 },
  })
  if (other !== null) pack.add(entryOf(other))
  for (const path of kept) pack.add(path)
  pack.end()
  await pipeline(Readable.from(pack), toBase64, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal })
  return kept.length + (other === null ? 0 : 1)
}

function readDockerfile(file: string): Promise<Uint8Array> {
  return withFault(`The Dockerfile ${file}`, 'cannot be read', () => readRegularFile(file, MAX_DOCKERFILE_BYTES))
}

function entryOf(bytes: Uint8Array): ReadEntry {
  const header = new Header({ path: DOCKERFILE, type: 'File', mode: 0o644, size: bytes.byteLength, mtime: new Date(0) })
  const entry = new ReadEntry(header)
  entry.end(Buffer.from(bytes))
  return entry
}

/** Paths below the directory, each directory before what is in it, in the order of their bytes. */
async function listFiles(context: string, signal: AbortSignal): Promise<string[]> {
  const found = await stat(context).catch(() => null)
  if (!found?.isDirectory()) throw new UsageError(`The build context ${context} is no directory. Check its path.`)
  const paths: string[] = []
  const walk = async (directory: string): Promise<void> => {
    signal.throwIfAborted()
    const entries = await readdir(join(context, directory), { withFileTypes: true, encoding: 'buffer' })
    entries.sort((a, b) => Buffer.compare(a.name, b.name))
    for (const entry of entries) {
      const path = directory === '' ? nameOf(entry.name, directory) : `${directory}/${nameOf(entry.name, directory)}`
      if (!entry.isFile() && !entry.isDirectory() && !entry.isSymbolicLink())
        throw new UsageError(`${join(context, path)} is no file, directory or link. Take it out of the build context.`)
      if (paths.push(path) > MAX_ENTRIES)
        throw new UsageError(`${context} has over ${MAX_ENTRIES} files. Is it the directory to build from?`)
      if (entry.isDirectory()) await walk(path)
    }
  }
  await walk('')
  return paths
}

function nameOf(name: Uint8Array, directory: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(name)
  } catch {
    const shown = JSON.stringify(Buffer.from(name).toString('latin1'))
    throw new UsageError(`${shown} in ${directory || 'the build context'} has a name that is not UTF-8. Rename it.`)
  }
}

async function* toBase64(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk])
    // Three bytes are four characters: only whole threes can be written one after the other.
    const whole = bytes.byteLength - (bytes.byteLength % 3)
    if (whole > 0) yield bytes.toString('base64', 0, whole)
    rest = bytes.subarray(whole)
  }
  if (rest.byteLength > 0) yield rest.toString('base64')
}
