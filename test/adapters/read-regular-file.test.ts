import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withFault } from '../../src/adapters/files/file-faults.ts'
import { readRegularFile } from '../../src/adapters/files/read-regular-file.ts'

let directory: string
let file: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'signalbox-read-'))
  file = join(directory, 'file')
})

afterEach(() => rmSync(directory, { recursive: true }))

const read = async (path: string, limit = 10) => (await readRegularFile(path, limit)).toString('utf8')

test.each(['', 'x', '0123456789'])('%j is read as it is, through a link too', async (text) => {
  writeFileSync(file, text)
  symlinkSync('file', join(directory, 'link'))
  expect(await read(file)).toBe(text)
  expect(await read(join(directory, 'link'))).toBe(text)
})

test('a file of many pieces is read whole', async () => {
  const bytes = Buffer.from(Array.from({ length: 300_001 }, (_, index) => index % 251))
  writeFileSync(file, bytes)
  expect((await readRegularFile(file, bytes.length)).equals(bytes)).toBe(true)
})

test.each<[string, string, () => unknown]>([
  ['EFBIG', 'it is longer than 10 bytes', () => writeFileSync(file, '0123456789x')],
  ['EFTYPE', 'it is a named pipe, and no file', () => execFileSync('mkfifo', [file])],
  ['EFTYPE', 'it is a directory, and no file', () => symlinkSync(directory, file)],
  ['EFTYPE', 'it is a device, and no file', () => symlinkSync('/dev/zero', file)],
  ['ENOENT', 'there is no such file or directory', () => {}],
])('%s: %s', async (code, why, make) => {
  make()
  await expect(read(file)).rejects.toMatchObject({ code })
  await expect(withFault('that', 'cannot be read', () => read(file))).rejects.toThrow(`that cannot be read: ${why}.`)
})

test('a socket is refused', async () => {
  const server = createServer().listen(file)
  await once(server, 'listening')
  await expect(read(file)).rejects.toMatchObject({ code: 'EFTYPE', message: 'it is a socket, and no file' })
  server.close()
})

const PROC = '/proc/self/status'

test.skipIf(!existsSync(PROC))('a file that says it is empty is bounded by what it gives', async () => {
  expect(await read(PROC, 1_000_000)).toMatch(/^Name:/)
  await expect(read(PROC, 100)).rejects.toMatchObject({ code: 'EFBIG' })
})
