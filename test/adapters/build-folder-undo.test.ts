import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { prepareBuildFolder } from '../../src/adapters/files/build-folder.ts'

/** Which renames fail, counted from one: no file system can be made to fail so late. */
const failing = vi.hoisted(() => ({ calls: new Set<number>(), count: 0 }))

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  return {
    ...real,
    async rename(from: string, to: string) {
      failing.count += 1
      if (failing.calls.has(failing.count)) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
      await real.rename(from, to)
    },
  }
})

let root: string
let folder: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'signalbox-undo-'))
  folder = join(root, 'runtime')
  mkdirSync(join(folder, 'code'), { recursive: true })
  writeFileSync(join(folder, 'code/mine'), 'mine')
  writeFileSync(join(folder, 'Dockerfile'), 'mine too')
  failing.count = 0
})

afterEach(() => rmSync(root, { recursive: true }))

const prepare = (...calls: number[]) => {
  failing.calls = new Set(calls)
  return prepareBuildFolder(
    folder,
    async (into) => {
      mkdirSync(join(into, 'code'))
      writeFileSync(join(into, 'code/new'), 'new')
      writeFileSync(join(into, 'Dockerfile'), 'new')
    },
    { image: 'image', source: 'source' },
  )
}

// Dockerfile: away (1), in (2); code: away (3), in (4); then what was done is undone: 3, 2, 1.
test('what could be put back is there, and nothing is left beside it', async () => {
  await expect(prepare(4)).rejects.toThrow(`${folder} cannot be prepared: EIO: i/o error.`)
  expect(readFileSync(join(folder, 'code/mine'), 'utf8')).toBe('mine')
  expect(readFileSync(join(folder, 'Dockerfile'), 'utf8')).toBe('mine too')
  expect(readdirSync(root)).toEqual(['runtime'])
})

test('what could not be put back is not lost, and it is said where it is', async () => {
  const error: Error = await prepare(4, 5).catch((thrown) => thrown)
  const [staging = ''] = readdirSync(root).filter((name) => name.startsWith('.runtime-'))
  const old = join(root, staging, 'old')
  expect(error.message).toBe(
    `${folder} cannot be prepared: EIO: i/o error. Nor could all of it be put back: EIO: i/o error. What is missing in it is in ${old}: move it back from there.`,
  )
  expect(readFileSync(join(old, 'code/mine'), 'utf8')).toBe('mine')
  // The rest was put back all the same.
  expect(readFileSync(join(folder, 'Dockerfile'), 'utf8')).toBe('mine too')
  expect(readdirSync(folder)).toEqual(['Dockerfile'])
})
