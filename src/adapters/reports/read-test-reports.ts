/**
 * Takes the XML files out of an archive that a workflow run uploaded. Whatever is in it was chosen by strangers: sizes are
 * checked before and while it is unpacked, and nothing is ever written to a disk.
 */
import { crc32 } from 'node:zlib'
import { type Entry, fromBufferPromise, getFileNameLowLevel, validateFileName, type ZipFile } from 'yauzl'
import { MAX_REPORT_BYTES, type ReportFiles } from '../../ports.ts'

export interface ArchiveLimits {
  /** Of the archive itself, in bytes. */
  readonly archiveBytes: number
  /** Of whatever kind. */
  readonly entries: number
  /** Of one XML file and of all together, unpacked. */
  readonly fileBytes: number
  readonly totalBytes: number
  /** How many times larger an unpacked file may be, once it is larger than `RATIO_FROM`. */
  readonly ratio: number
}

const MB = 1024 * 1024

export const ARCHIVE_LIMITS: ArchiveLimits = {
  archiveBytes: MAX_REPORT_BYTES,
  entries: 1000,
  fileBytes: 10 * MB,
  totalBytes: 10 * MB,
  ratio: 100,
}

/** A short report of many tests that are alike shrinks to less than a hundredth, and harms nobody. */
const RATIO_FROM = MB

export async function readTestReports(zip: Uint8Array, limits: Partial<ArchiveLimits> = {}): Promise<ReportFiles> {
  const bounds = { ...ARCHIVE_LIMITS, ...limits }
  if (zip.byteLength > bounds.archiveBytes)
    return { problem: `the archive is larger than ${size(bounds.archiveBytes)}` }
  try {
    return await readArchive(Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength), bounds)
  } catch (error) {
    if (error instanceof Refused) return { problem: error.message }
    // Every other fault comes of the bytes: nothing else is touched.
    return { problem: `the archive cannot be unpacked: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** What the archive holds is more than is read, or cannot be read. */
class Refused extends Error {}

async function readArchive(zip: Buffer, limits: ArchiveLimits): Promise<ReportFiles> {
  // Names are not decoded by the library, which would refuse the whole archive for one that points elsewhere.
  const archive = await fromBufferPromise(zip, { decodeStrings: false, validateEntrySizes: true })
  const most = `the archive has more than ${limits.entries} entries`
  if (archive.entryCount > limits.entries) throw new Refused(most)
  const files = new Map<string, string>()
  let total = 0
  for await (const entry of archive.eachEntry()) {
    const name = reportName(entry)
    if (name === null) continue
    checkEntry(entry, name, limits)
    total += entry.uncompressedSize
    if (total > limits.totalBytes)
      throw new Refused(`its XML files are larger than ${size(limits.totalBytes)} together`)
    // Of two with the same name the later one counts, as if they had been unpacked.
    files.set(name, decode(await readEntry(archive, entry, name)))
  }
  if (files.size === 0) return { problem: 'the archive holds no XML file' }
  return { files: [...files].map(([name, xml]) => ({ name, xml })) }
}

const MAX_NAME = 300
const UNIX = 3
const FILE_KIND = 0o170000
const REGULAR = 0o100000

/** The name of a regular XML file that lies within the archive; null: it is something else, and no report. */
function reportName(entry: Entry): string | null {
  const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false)
  if (!name.toLowerCase().endsWith('.xml') || name.length > MAX_NAME || validateFileName(name) !== null) return null
  // Only archives made on Unix say what kind of file it is, and not all of them do.
  const kind = entry.versionMadeBy >> 8 === UNIX ? (entry.externalFileAttributes >>> 16) & FILE_KIND : 0
  return kind === 0 || kind === REGULAR ? name : null
}

function checkEntry(entry: Entry, name: string, limits: ArchiveLimits): void {
  const refuse = (why: string) => new Refused(`${JSON.stringify(name)} ${why}`)
  if (entry.isEncrypted()) throw refuse('is encrypted')
  if (!entry.canDecodeFileData()) throw refuse('is compressed in a way that is not read here; deflate is')
  const { compressedSize: packed, uncompressedSize: unpacked } = entry
  if (unpacked > limits.fileBytes) throw refuse(`is larger than ${size(limits.fileBytes)}`)
  if (unpacked > RATIO_FROM && unpacked > packed * limits.ratio) {
    throw refuse(`unpacks to more than ${limits.ratio} times its size, as no test report does`)
  }
}

/** No more than the entry claims: the library ends the stream in an error at the first byte too many. */
async function readEntry(archive: ZipFile, entry: Entry, name: string): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of await archive.openReadStreamPromise(entry)) parts.push(part)
  const bytes = Buffer.concat(parts)
  if (crc32(bytes) !== entry.crc32) throw new Refused(`${JSON.stringify(name)} is damaged: its checksum differs`)
  return bytes
}

/** By its byte order mark, else by what its first line declares, else as UTF-8. */
function decode(bytes: Buffer): string {
  const declared = /^<\?xml[^>]*?\bencoding=["']([\w.:-]{1,40})["']/.exec(bytes.toString('latin1', 0, 200))?.[1]
  return new TextDecoder(markOf(bytes) ?? (declared !== undefined && isKnown(declared) ? declared : 'utf-8')).decode(
    bytes,
  )
}

function markOf(bytes: Buffer): string | null {
  if (bytes.length < 2) return null
  const mark = bytes.readUInt16BE(0)
  if (mark === 0xfffe) return 'utf-16le'
  if (mark === 0xfeff) return 'utf-16be'
  return mark === 0xefbb ? 'utf-8' : null
}

function isKnown(encoding: string): boolean {
  try {
    new TextDecoder(encoding)
    // Its first line could be read, so that it is not what it says.
    return !encoding.toLowerCase().startsWith('utf-16')
  } catch {
    return false
  }
}

function size(bytes: number): string {
  return bytes >= MB ? `${Math.floor(bytes / MB)} MB` : `${bytes} bytes`
}
