import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ContextFiles, findContext, writeContext } from '../../src/adapters/files/build-context.ts'
import { findBuildFolder, prepareBuildFolder } from '../../src/adapters/files/build-folder.ts'
import { openRepositoryTree } from '../../src/adapters/files/repository-tree.ts'
import { compileIgnore } from '../../src/domain/runtime-image/ignore-patterns.ts'

/** A file system of its own, that a test can fill; only root may make one. */
function mount(directory: string, ...options: string[]): void {
  mkdirSync(directory, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', directory], { stdio: 'ignore' })
}

const mountsMissing = reasonAgainstMounts()
if (mountsMissing !== null)
  console.warn(`Tests of a full disk and of a folder that cannot be moved are left out: ${mountsMissing}.`)

function reasonAgainstMounts(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'mounting needs Linux and root'
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-mount-'))
  try {
    mount(directory)
    execFileSync('umount', [directory])
    return null
  } catch {
    return 'this machine lets nobody mount'
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const FILES: ContextFiles = {
  source: 'src',
  include: ['more', 'one.txt'],
  lockFiles: ['a.lock', 'deep/b.lock'],
  dockerfile: 'FROM scratch\n',
}
const TAGS = { image: 'oh_v1_image_ubuntu_tag_24.04', source: 'oh_v1_x_y' }

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'signalbox-context-'))
  for (const path of ['src/a.py', 'src/sub/b.py', 'src/.env', 'more/m.md', 'one.txt', 'a.lock', 'deep/b.lock', 'other'])
    write(path)
})

afterEach(() => {
  rmSync(root, { recursive: true })
})

function write(path: string, text = path): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

/** Files below, with their text. */
function read(directory: string): Record<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(files.sort().map((file) => [file.slice(directory.length + 1), readFileSync(file, 'utf8')]))
}

async function writeTo(
  directory: string,
  files: Partial<ContextFiles> = {},
  signal?: AbortSignal,
  ignore: readonly string[] = ['.*/', '__pycache__/', '*.pyc'],
) {
  const tree = await openRepositoryTree(root, {
    ignored: compileIgnore(ignore),
    without: [join(root, 'out')],
  })
  const context = await findContext(tree, { ...FILES, ...files })
  await writeContext(context, directory, signal ?? new AbortController().signal)
}

const prepare = (folder: string, files: Partial<ContextFiles> = {}, signal?: AbortSignal) =>
  prepareBuildFolder(folder, (directory) => writeTo(directory, files, signal), TAGS)

const CONTEXT = {
  Dockerfile: 'FROM scratch\n',
  'code/a.lock': 'a.lock',
  'code/deep/b.lock': 'deep/b.lock',
  'code/more/m.md': 'more/m.md',
  'code/one.txt': 'one.txt',
  'code/src/.env': 'src/.env',
  'code/src/a.py': 'src/a.py',
  'code/src/sub/b.py': 'src/sub/b.py',
}

describe('a context', () => {
  let into: string

  beforeEach(() => {
    into = join(root, 'out')
    mkdirSync(into)
  })

  test('holds what is included, and nothing else', async () => {
    write('src/.git/config')
    write('more/sub/.git', 'gitdir: ../../.git/modules/sub')
    symlinkSync('/etc/passwd', join(root, 'src/sub/.git'))
    write('src/__pycache__/a.cpython-312.pyc')
    write('src/c.pyc')
    write('more/.secret/key')
    mkdirSync(join(root, 'src/empty'))
    await writeTo(into)
    expect(read(into)).toEqual(CONTEXT)
  })

  test('keeps what can be executed, and no other mode', async () => {
    chmodSync(join(root, 'src/a.py'), 0o700)
    chmodSync(join(root, 'src/sub/b.py'), 0o600)
    await writeTo(into)
    const modes = ['src/a.py', 'src/sub/b.py'].map((path) => statSync(join(into, 'code', path)).mode & 0o777)
    expect(modes).toEqual([0o755, 0o644])
  })

  test('has files where the repository has links within itself', async () => {
    symlinkSync('a.py', join(root, 'src/link.py'))
    symlinkSync('../more', join(root, 'src/linked'))
    await writeTo(into)
    expect(read(into)).toEqual({ ...CONTEXT, 'code/src/link.py': 'src/a.py', 'code/src/linked/m.md': 'more/m.md' })
    expect(lstatSync(join(into, 'code/src/link.py')).isSymbolicLink()).toBe(false)
  })

  test('may be of the whole repository, without git and itself', async () => {
    write('.git/config')
    write('src/sub/.git/config')
    await writeTo(into, { source: '.', include: [], lockFiles: ['a.lock'] }, undefined, [])
    expect(Object.keys(read(into))).toEqual([
      'Dockerfile',
      ...['a.lock', 'deep/b.lock', 'more/m.md', 'one.txt', 'other', 'src/.env', 'src/a.py', 'src/sub/b.py'].map(
        (path) => `code/${path}`,
      ),
    ])
  })

  test.each<[string, Partial<ContextFiles>, string]>([
    ['sources', { source: 'gone' }, 'There is no gone in'],
    ['what is included', { include: ['gone'] }, 'There is no gone in'],
    ['a lock file', { lockFiles: ['gone.lock'] }, 'There is no lock file gone.lock in'],
  ])('without %s is not written at all', async (_what, files, message) => {
    await expect(writeTo(into, files)).rejects.toThrow(message)
    expect(read(into)).toEqual({})
  })

  test.each([
    ['a named pipe', () => execFileSync('mkfifo', [join(root, 'src/pipe')]), 'src/pipe is a named pipe'],
    ['a link out', () => symlinkSync('/etc/passwd', join(root, 'src/out')), 'src/out leads out of the repository'],
    ['a link to git', () => symlinkSync('../.git/config', join(root, 'src/out')), 'src/out leads to'],
    [
      'a link to the git of a repository within',
      () => {
        write('within/.git/config')
        symlinkSync('../within/.git', join(root, 'src/out'))
      },
      'src/out leads to',
    ],
    ['a link to above', () => symlinkSync('..', join(root, 'src/sub/up')), 'src/sub/up is a link to src'],
    [
      'a lock file that leads out',
      () => {
        rmSync(join(root, 'a.lock'))
        symlinkSync('/etc/passwd', join(root, 'a.lock'))
      },
      'a.lock leads out of the repository',
    ],
    [
      'a lock file that is a directory',
      () => {
        rmSync(join(root, 'a.lock'))
        mkdirSync(join(root, 'a.lock'))
      },
      'a.lock is a directory: a lock file has to be a file.',
    ],
  ])('with %s is refused', async (_what, spoil, message) => {
    write('.git/config')
    spoil()
    await expect(writeTo(into)).rejects.toThrow(message)
  })
})

describe('a build folder', () => {
  const CONFIG = `DOCKER_IMAGE_TAG=${TAGS.image}\nDOCKER_IMAGE_SOURCE_TAG=${TAGS.source}\n`
  let folder: string

  beforeEach(() => {
    folder = join(root, 'containers/runtime')
  })

  test('is made where there is none', async () => {
    await prepare(folder)
    expect(read(folder)).toEqual({ ...CONTEXT, 'config.sh': CONFIG })
    expect(readdirSync(dirname(folder))).toEqual(['runtime'])
    expect(statSync(folder).mode & 0o777).toBe(0o755)
  })

  test('keeps what was there, and replaces what was prepared', async () => {
    write('containers/runtime/config.sh', 'DOCKER_ORG=acme\n')
    write('containers/runtime/README.md', 'mine')
    write('containers/runtime/code/stale', 'old')
    write('containers/runtime/Dockerfile', 'old')
    const expected = { ...CONTEXT, 'README.md': 'mine', 'config.sh': `DOCKER_ORG=acme\n${CONFIG}` }
    for (const _time of ['once', 'twice']) {
      await prepare(folder)
      expect(read(folder)).toEqual(Object.fromEntries(Object.entries(expected)))
    }
    expect(readdirSync(dirname(folder))).toEqual(['runtime'])
  })

  test.each([
    [
      'a missing file',
      (files: Partial<ContextFiles>) => ({ ...files, include: ['gone'] }),
      undefined,
      'There is no gone',
    ],
    ['an interruption', (files: Partial<ContextFiles>) => files, AbortSignal.abort(new Error('stopped')), 'stopped'],
  ])('stays as it was after %s', async (_what, spoil, signal, message) => {
    await expect(prepare(folder, spoil({}), signal)).rejects.toThrow(message)
    expect(readdirSync(dirname(folder))).toEqual([])
    write('containers/runtime/config.sh', 'A=1\n')
    write('containers/runtime/code/x', 'old')
    const before = read(folder)
    await expect(prepare(folder, spoil({}), signal)).rejects.toThrow(message)
    expect(read(folder)).toEqual(before)
    expect(readdirSync(dirname(folder))).toEqual(['runtime'])
  })

  test.skipIf(mountsMissing !== null)('is as it was when a part of it cannot be moved', async () => {
    write('containers/runtime/Dockerfile', 'old')
    write('containers/runtime/config.sh', 'A=1\n')
    mount(join(folder, 'code'))
    try {
      write('containers/runtime/code/x', 'old')
      await expect(prepare(folder)).rejects.toThrow(`${folder} cannot be prepared: `)
      expect(read(folder)).toEqual({ Dockerfile: 'old', 'code/x': 'old', 'config.sh': 'A=1\n' })
      expect(readdirSync(dirname(folder))).toEqual(['runtime'])
    } finally {
      execFileSync('umount', [join(folder, 'code')])
    }
  })

  test.skipIf(mountsMissing !== null)('is as it was when the disk is full', async () => {
    write('src/big', 'x'.repeat(300_000))
    mount(dirname(folder), '-o', 'size=128k')
    try {
      await expect(prepare(folder)).rejects.toThrow(
        'src/big cannot be copied to big of the build context: the disk is full; free some space and try again.',
      )
      expect(readdirSync(dirname(folder))).toEqual([])
    } finally {
      execFileSync('umount', [dirname(folder)])
    }
  })

  test('is as it was when its config.sh cannot be read', async () => {
    write('containers/runtime/code/x', 'old')
    write('containers/runtime/Dockerfile', 'old')
    mkdirSync(join(folder, 'config.sh'))
    await expect(prepare(folder)).rejects.toThrow('config.sh cannot be read: it is a directory')
    expect(read(folder)).toEqual({ Dockerfile: 'old', 'code/x': 'old' })
  })

  test.each<[string, (file: string) => void, string]>([
    ['a link out', (file) => symlinkSync('/etc/passwd', file), 'config.sh is a link: replace it by the file itself.'],
    ['a link', (file) => symlinkSync('../../other', file), 'config.sh is a link: replace it by the file itself.'],
    ['a dead link', (file) => symlinkSync('gone', file), 'config.sh is a link: replace it by the file itself.'],
    [
      'a named pipe',
      (file) => execFileSync('mkfifo', [file]),
      'config.sh cannot be read: it is a named pipe, and no file.',
    ],
    [
      'endless',
      (file) => writeFileSync(file, 'x'.repeat(1024 * 1024 + 1)),
      'config.sh cannot be read: it is longer than 1 MiB.',
    ],
  ])('whose config.sh is %s stays as it was', async (_what, make, message) => {
    mkdirSync(folder, { recursive: true })
    make(join(folder, 'config.sh'))
    await expect(prepare(folder)).rejects.toThrow(message)
    expect(readdirSync(folder)).toEqual(['config.sh'])
    expect(readdirSync(dirname(folder))).toEqual(['runtime'])
  })

  test('is where it is named', async () => {
    expect(await findBuildFolder(root, folder)).toBe(folder)
    mkdirSync(folder, { recursive: true })
    expect(await findBuildFolder(root, folder)).toBe(folder)
    symlinkSync('runtime', join(root, 'containers/link'))
    expect(await findBuildFolder(root, join(root, 'containers/link/new'))).toBe(join(folder, 'new'))
    expect(await findBuildFolder(join(root, 'containers'), join(root, 'more'))).toBe(join(root, 'more'))
  })

  test.each<[string, string, string, string]>([
    ['itself', '..', 'bf', 'leads out of the repository'],
    ['above it', '../../..', 'bf/a/b', 'leads out of the repository'],
    ['to git', '.git', 'bf', "leads into git's own files"],
    ['to nothing', '../gone', 'bf/a', 'bf is a link that leads nowhere: remove it'],
    ['to itself', 'bf', 'bf', 'cannot be used as the build folder: its links lead in a circle'],
  ])('is no link %s', async (_what, target, path, message) => {
    write('.git/config')
    symlinkSync(target, join(root, 'bf'))
    await expect(findBuildFolder(root, join(root, path))).rejects.toThrow(message)
    // By another name of the repository, too.
    symlinkSync('.', join(root, 'again'))
    await expect(findBuildFolder(join(root, 'again'), join(root, 'again', path))).rejects.toThrow(message)
  })

  test('is no file', async () => {
    write('containers/runtime', 'text')
    await expect(prepare(folder)).rejects.toThrow(/containers\/runtime is a file: name a directory/)
    expect(read(join(root, 'containers'))).toEqual({ runtime: 'text' })
  })
})
