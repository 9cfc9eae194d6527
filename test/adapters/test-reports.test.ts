import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { crc32, deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { readTestReports } from '../../src/adapters/reports/read-test-reports.ts'
import { makeRandom } from '../support/random.ts'

const XML = '<testsuite><testcase name="a"/></testsuite>'
const MB = 1024 * 1024

/** One entry of a hand-made archive; what is not given is what an honest one has. */
interface Entry {
  readonly name: string
  readonly data?: Buffer | string
  readonly packed?: Buffer
  readonly method?: number
  readonly flags?: number
  readonly size?: number
  readonly crc?: number
  /** Of Unix: kind and permissions. */
  readonly mode?: number
}

/** An archive, byte by byte, because no library makes broken ones. */
function makeZip(...entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, data = XML, method = 8, flags = 0x800, mode = 0o100644, ...rest } of entries) {
    const bytes = Buffer.from(data)
    const packed = rest.packed ?? (method === 0 ? bytes : deflateRawSync(bytes))
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(flags, 2)
    fields.writeUInt16LE(method, 4)
    fields.writeUInt32LE(rest.crc ?? crc32(bytes), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(rest.size ?? bytes.length, 18)
    fields.writeUInt16LE(Buffer.byteLength(name), 22)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE((mode << 16) >>> 0, 6)
    tail.writeUInt32LE(offset, 10)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed])
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), fields, tail, Buffer.from(name)]))
    parts.push(local)
    offset += local.length
  }
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(Buffer.concat(directory).length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, ...directory, Buffer.from('PK\x05\x06'), end])
}

async function namesIn(zip: Uint8Array): Promise<string[]> {
  const read = await readTestReports(zip)
  if ('problem' in read) throw new Error(read.problem)
  return read.files.map((file) => file.name)
}

describe('an archive that a usual tool made', () => {
  test.each([false, true])('with zip64 %s', async (forceZip64Format) => {
    const zip = new ZipFile()
    zip.addBuffer(Buffer.from(XML), 'reports/é.xml', { forceZip64Format })
    zip.addBuffer(Buffer.from(XML), 'plain.XML', { compress: false, forceZip64Format })
    zip.addBuffer(Buffer.from('no'), 'coverage.html')
    zip.addEmptyDirectory('empty.xml')
    zip.end({ forceZip64Format, comment: '' })
    expect(await readTestReports(await buffer(zip.outputStream))).toEqual({
      files: [
        { name: 'reports/é.xml', xml: XML },
        { name: 'plain.XML', xml: XML },
      ],
    })
  })

  test('that was streamed, so that sizes stand behind the data', async () => {
    const zip = new ZipFile()
    const source = new PassThrough()
    zip.addReadStream(source, 'junit.xml')
    zip.end()
    source.end(XML)
    await once(source, 'close')
    expect(await namesIn(await buffer(zip.outputStream))).toEqual(['junit.xml'])
  })

  test('is read where it lies within a larger piece of memory', async () => {
    const zip = makeZip({ name: 'a.xml' })
    const around = new Uint8Array(zip.length + 20).fill(80)
    around.set(zip, 10)
    expect(await namesIn(around.subarray(10, 10 + zip.length))).toEqual(['a.xml'])
  })
})

const UTF_16 = Buffer.from('\uFEFF<?xml version="1.0" encoding="utf-16"?><a>é</a>', 'utf16le')

test.each<[string, Buffer, string]>([
  ['UTF-8', Buffer.from('<a>é</a>'), '<a>é</a>'],
  ['UTF-8 with a mark', Buffer.from('\uFEFF<a>é</a>'), '<a>é</a>'],
  ['UTF-16', UTF_16, '<?xml version="1.0" encoding="utf-16"?><a>é</a>'],
  ['UTF-16 the other way round', Buffer.from(UTF_16).swap16(), '<?xml version="1.0" encoding="utf-16"?><a>é</a>'],
  [
    'Latin 1 as declared',
    Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>', 'latin1'),
    '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>',
  ],
  [
    'UTF-8 that claims to be UTF-16',
    Buffer.from("<?xml version='1.0' encoding='UTF-16'?><a>é</a>"),
    "<?xml version='1.0' encoding='UTF-16'?><a>é</a>",
  ],
  ['an encoding that nobody knows', Buffer.from('<?xml encoding="klingon"?>é'), '<?xml encoding="klingon"?>é'],
  ['no text at all', Buffer.from([0xff]), '\uFFFD'],
  ['nothing', Buffer.alloc(0), ''],
])('text in %s', async (_, data, xml) => {
  expect(await readTestReports(makeZip({ name: 'a.xml', data }))).toEqual({ files: [{ name: 'a.xml', xml }] })
})

test.each<[string, Entry]>([
  ['points out of the archive', { name: '../x.xml' }],
  ['points out of it from within', { name: 'a/../../x.xml' }],
  ['points out of it as on Windows', { name: 'a\\..\\..\\x.xml' }],
  ['is absolute', { name: '/etc/x.xml' }],
  ['is absolute on Windows', { name: 'C:\\x.xml' }],
  ['is a link', { name: 'link.xml', data: '/etc/passwd', mode: 0o120777 }],
  ['is a device', { name: 'device.xml', mode: 0o020666 }],
  ['is a directory', { name: 'reports.xml/', data: '' }],
  ['is no XML', { name: 'x.html' }],
  ['is no XML, and larger than it may be', { name: 'x.bin', size: 0xfffffff0 }],
  ['is no XML, and encrypted', { name: 'x.bin', flags: 1 }],
  ['has a name without end', { name: `${'x'.repeat(400)}.xml` }],
])('an entry that %s is passed over', async (_, entry) => {
  expect(await namesIn(makeZip({ name: 'a.xml' }, entry, { name: 'b.xml', mode: 0 }))).toEqual(['a.xml', 'b.xml'])
  expect(await readTestReports(makeZip(entry))).toEqual({ problem: 'the archive holds no XML file' })
})

test('of two entries with the same name the later one counts', async () => {
  const zip = makeZip({ name: 'a.xml', data: '<a/>' }, { name: 'a.xml', data: '<b/>' })
  expect(await readTestReports(zip)).toEqual({ files: [{ name: 'a.xml', xml: '<b/>' }] })
})

const ZEROS = deflateRawSync(Buffer.alloc(32 * MB))
const GOOD = makeZip({ name: 'a.xml' })

test.each<[string, Uint8Array, string]>([
  ['no archive', Buffer.from('<html>Not found</html>'), 'the archive cannot be unpacked: End of central directory'],
  ['nothing', new Uint8Array(), 'the archive cannot be unpacked: '],
  ['an archive cut short', GOOD.subarray(0, GOOD.length - 9), 'the archive cannot be unpacked: '],
  ['an archive without its beginning', GOOD.subarray(9), 'the archive cannot be unpacked: '],
  ['an encrypted file', makeZip({ name: 'a.xml', flags: 1 }), '"a.xml" is encrypted'],
  [
    'a strongly encrypted file',
    makeZip({ name: 'a.xml', flags: 0x41 }),
    'the archive cannot be unpacked: strong encryp',
  ],
  ['bzip2', makeZip({ name: 'a.xml', method: 12 }), '"a.xml" is compressed in a way that is not read here'],
  ['a wrong checksum', makeZip({ name: 'a.xml', crc: 1 }), '"a.xml" is damaged: its checksum differs'],
  [
    'data that is no deflate stream',
    makeZip({ name: 'a.xml', packed: Buffer.from('\x07nonsense') }),
    'the archive cannot be unpacked: invalid block type',
  ],
  ['a bomb that says so', makeZip({ name: 'a.xml', packed: ZEROS, size: 1024 * MB }), '"a.xml" is larger than 10 MB'],
  [
    'a bomb that lies',
    makeZip({ name: 'a.xml', packed: ZEROS, size: 43 }),
    'the archive cannot be unpacked: too many bytes',
  ],
  [
    'a file that ends too early',
    makeZip({ name: 'a.xml', size: 99 }),
    'the archive cannot be unpacked: not enough bytes',
  ],
  [
    'a file that shrank too well',
    makeZip({ name: 'a.xml', data: Buffer.alloc(2 * MB) }),
    '"a.xml" unpacks to more than 100 times its size',
  ],
  [
    'stored data of another length',
    makeZip({ name: 'a.xml', method: 0, size: 5 }),
    'the archive cannot be unpacked: compressed/uncompressed size mismatch',
  ],
])('%s is a problem', async (_, zip, problem) => {
  const read = await readTestReports(zip)
  expect(read).toEqual({ problem: expect.any(String) })
  expect('problem' in read && read.problem.slice(0, problem.length)).toBe(problem)
})

describe('limits', () => {
  const three = makeZip({ name: 'a.xml' }, { name: 'b.xml' }, { name: 'c.txt' })
  test.each<[Parameters<typeof readTestReports>[1], string | null]>([
    [{ entries: 3, totalBytes: 2 * XML.length, fileBytes: XML.length, archiveBytes: three.length }, null],
    [{ entries: 2 }, 'the archive has more than 2 entries'],
    [{ totalBytes: 2 * XML.length - 1 }, `its XML files are larger than ${2 * XML.length - 1} bytes together`],
    [{ fileBytes: XML.length - 1 }, `"a.xml" is larger than ${XML.length - 1} bytes`],
    [{ archiveBytes: three.length - 1 }, `the archive is larger than ${three.length - 1} bytes`],
  ])('%j', async (limits, problem) => {
    const read = await readTestReports(three, limits)
    expect('problem' in read ? read.problem : null).toBe(problem)
  })

  test('a short file may shrink as well as it can', async () => {
    expect(await namesIn(makeZip({ name: 'a.xml', data: Buffer.alloc(MB, 32) }))).toEqual(['a.xml'])
  })

  test('the largest archive is 20 MB, with 1,000 entries', async () => {
    expect(await readTestReports(Buffer.alloc(20 * MB + 1))).toEqual({ problem: 'the archive is larger than 20 MB' })
    const entries = Array.from({ length: 1000 }, (_, index) => ({ name: `${index}.xml` }))
    expect(await namesIn(makeZip(...entries))).toHaveLength(1000)
    const problem = 'the archive has more than 1000 entries'
    expect(await readTestReports(makeZip(...entries, { name: 'more.txt' }))).toEqual({ problem })
  })
})

test('bytes that change on their way never throw, and never become another text', async () => {
  const random = makeRandom(4)
  const whole = makeZip({ name: 'a.xml' }, { name: 'b.xml', method: 0 })
  let refused = 0
  for (let round = 0; round < 1000; round += 1) {
    const zip = Buffer.from(whole)
    for (let times = random.between(1, 4); times > 0; times -= 1)
      zip[random.between(0, zip.length - 1)] = random.between(0, 255)
    const read = await readTestReports(random.chance(0.2) ? zip.subarray(0, random.between(0, zip.length)) : zip)
    if ('problem' in read) refused += 1
    else for (const { xml } of read.files) expect(xml).toBe(XML)
  }
  expect(refused).toBeGreaterThan(300)
})
