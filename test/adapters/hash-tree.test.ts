import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeHashPool } from '../../src/adapters/files/hash-pool.ts'
import { hashTree } from '../../src/adapters/files/hash-tree.ts'
import { readVersion } from '../../src/adapters/files/read-version.ts'
import { openRepositoryTree } from '../../src/adapters/files/repository-tree.ts'
import { compileIgnore } from '../../src/domain/runtime-image/ignore-patterns.ts'
import { lockHash, runtimeTags, shortHash } from '../../src/domain/runtime-image.ts'

interface OracleCase {
  readonly files: Readonly<Record<string, string>>
  /** Directories that hold nothing. */
  readonly directories?: readonly string[]
  readonly expected: {
    readonly version: string
    readonly source: string
    readonly images: Readonly<Record<string, OracleImage>>
  }
}

interface OracleImage {
  readonly lock_browser: string
  readonly lock_no_browser: string
  readonly versioned: string
  readonly repo?: string
  readonly tag?: string
  /** What the original says instead of a tag. */
  readonly error?: string
}

/** Recorded from OpenHands' own Python code over the same files. */
const CASES: readonly OracleCase[] = JSON.parse(
  readFileSync(new URL('../fixtures/oracles/runtime-image-cases.json', import.meta.url), 'utf8'),
)
const IGNORE = ['.*/', '__pycache__/', '*.pyc']

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'signalbox-tree-'))
})

afterEach(() => {
  rmSync(root, { recursive: true })
})

function write(path: string, text: string | Uint8Array = path): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

const treeOf = (ignore: readonly string[] = IGNORE, without: readonly string[] = []) =>
  openRepositoryTree(root, { ignored: compileIgnore(ignore), without })
const hashOf = async (ignore?: readonly string[]) => (await hashTree(await treeOf(ignore), 'src')).md5

describe.each(CASES.map((oracle, index) => ({ oracle, name: `recorded tree ${index + 1}` })))('$name', ({ oracle }) => {
  beforeEach(() => {
    for (const [path, text] of Object.entries(oracle.files)) write(path, text)
    for (const path of oracle.directories ?? []) mkdirSync(join(root, path), { recursive: true })
  })

  test('has the recorded version and source hash', async () => {
    const tree = await treeOf()
    const version = await readVersion(tree, { file: 'pyproject.toml', key: 'tool.poetry.version' })
    const { md5 } = await hashTree(tree, 'openhands')
    expect({ version, source: shortHash(md5) }).toEqual({
      version: oracle.expected.version,
      source: oracle.expected.source,
    })
  })

  test.each(Object.entries(oracle.expected.images))('has the recorded tags on %s', (baseImage, expected) => {
    const lockFiles = ['pyproject.toml', 'poetry.lock'].map((path) => readFileSync(join(root, path)))
    const lock = (browser: boolean) => lockHash({ baseImage, browser, extraDeps: null, lockFiles })
    const { version, source } = oracle.expected
    const tags = runtimeTags({ tagPrefix: 'oh', version, baseImage, lockHash: lock(true), sourceHash: source })
    expect({ lock_browser: lock(true), lock_no_browser: lock(false), ...tags }).toEqual({
      lock_browser: expected.lock_browser,
      lock_no_browser: expected.lock_no_browser,
      lock: `oh_v${version}_${expected.lock_browser}`,
      source: `oh_v${version}_${expected.lock_browser}_${source}`,
      versioned: `oh_v${version}_${expected.versioned}`,
      image: expected.tag ?? expect.stringMatching(/^oh_v[A-Za-z0-9._-]+_image_[A-Za-z0-9._-]+$/),
    })
  })
})

test('directories that hold nothing, or only what is ignored, do not count', async () => {
  write('src/a.py')
  const before = await hashOf()
  mkdirSync(join(root, 'src/empty/below'), { recursive: true })
  write('src/.hidden/a.py')
  write('src/b/__pycache__/b.pyc')
  expect(await hashOf()).toBe(before)
  write('src/b/c.py')
  expect(await hashOf()).not.toBe(before)
})

test('many files in threads have the hash that they have without', async () => {
  for (let index = 0; index < 1500; index++) write(`src/d${index % 30}/f${index}`, String(index % 100))
  write('src/big', Buffer.alloc(3 * 256 * 1024 + 1, 'b'))
  write('src/even', Buffer.alloc(256 * 1024, 'e'))
  write('src/none', '')
  const tree = await treeOf()
  const { md5, files } = await hashTree(tree, 'src')
  expect(files).toBe(1503)
  const sums = new Map(
    execFileSync('sh', ['-c', 'find src -type f -print0 | xargs -0 md5sum'], { cwd: root, encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line) => [line.slice(34), line.slice(0, 32)] as const),
  )
  const pool = makeHashPool(3)
  const paths = [...sums.keys()]
  for (const path of paths) pool.add(join(root, path))
  expect(await pool.finish()).toEqual([...sums.values()])
  await pool.close()
  const { combineDirhash } = await import('../../src/domain/dirhash.ts')
  expect(combineDirhash([...sums].map(([path, sum]) => ({ path: path.split('/').slice(1), md5: sum })))).toBe(md5)
})

test('a link counts as what it leads to', async () => {
  write('src/a.py', 'a')
  write('src/d/b.py', 'b')
  write('src/e.py', 'a')
  write('src/f/b.py', 'b')
  const copied = await hashOf()
  rmSync(join(root, 'src/e.py'))
  rmSync(join(root, 'src/f'), { recursive: true })
  symlinkSync('a.py', join(root, 'src/e.py'))
  symlinkSync(join(root, 'src/d'), join(root, 'src/f'))
  expect(await hashOf()).toBe(copied)
})

test('what is ignored is not looked at', async () => {
  write('src/a.py')
  const before = await hashOf()
  symlinkSync('/etc', join(root, 'src/.etc'))
  symlinkSync('nowhere', join(root, 'src/x.pyc'))
  execFileSync('mkfifo', [join(root, 'src/pipe.pyc')])
  execFileSync('sh', ['-c', 'mkdir .d && : > ".d/$(printf "\\377")"'], { cwd: join(root, 'src') })
  expect(await hashOf()).toBe(before)
})

test('git is no part of the tree, at any depth and whatever is ignored', async () => {
  write('src/a')
  const before = await hashOf([])
  write('src/within/.git/config', '[remote]')
  write('src/module/.git', 'gitdir: ../../.git/modules/module')
  mkdirSync(join(root, 'src/linked'))
  symlinkSync('/etc', join(root, 'src/linked/.git'))
  expect(await hashOf([])).toBe(before)
  expect(await hashOf(['!.git'])).toBe(before)
})

test('a folder that is prepared, and git, are no part of the tree', async () => {
  write('.git/config')
  write('containers/runtime/code/x')
  write('a')
  const tree = await treeOf([], [join(root, 'containers/runtime')])
  expect((await hashTree(tree, '.')).files).toBe(1)
})

test.each<[string, () => void, RegExp]>([
  [
    'no directory',
    () => rmSync(join(root, 'src'), { recursive: true }),
    /^There is no directory src in .*`runtime\.source`/,
  ],
  [
    'nothing in it',
    () => rmSync(join(root, 'src/a')),
    /^src holds no files that are not ignored: there is nothing to hash/,
  ],
  [
    'a link out',
    () => symlinkSync('/etc/hostname', join(root, 'src/out')),
    /^src\/out leads out of the repository, to \/etc\/hostname.*Replace/,
  ],
  [
    'a link to git',
    () => symlinkSync('../.git', join(root, 'src/git')),
    /^src\/git leads to .*\.git, which is never part of an image/,
  ],
  [
    'a link to nothing',
    () => symlinkSync('gone', join(root, 'src/dead')),
    /^src\/dead is a link that leads nowhere. Remove it, or ignore it/,
  ],
  [
    'a link to itself',
    () => symlinkSync('self', join(root, 'src/self')),
    /^src\/self cannot be followed: its links lead in a circle/,
  ],
  [
    'a link to above',
    () => symlinkSync('..', join(root, 'src/d/up')),
    /^src\/d\/up is a link to src, which it lies in/,
  ],
  [
    'a named pipe',
    () => execFileSync('mkfifo', [join(root, 'src/pipe')]),
    /^src\/pipe is a named pipe, which cannot be part of an image/,
  ],
  [
    'a name in Latin-1',
    () => execFileSync('sh', ['-c', ': > "$(printf "caf\\351")"'], { cwd: join(root, 'src') }),
    /^src\/caf\\xe9 has a name that is not UTF-8.*Rename it/,
  ],
])('%s is refused by name', async (_what, spoil, message) => {
  write('.git/config')
  write('src/a')
  mkdirSync(join(root, 'src/d'))
  spoil()
  await expect(hashOf()).rejects.toThrow(message)
})

test('a socket is refused by name', async () => {
  write('src/a')
  const server = createServer().listen(join(root, 'src/sock'))
  await new Promise((resolve) => server.once('listening', resolve))
  await expect(hashOf()).rejects.toThrow(
    'src/sock is a socket, which cannot be part of an image. Remove it, or ignore it.',
  )
  await new Promise((resolve) => server.close(resolve))
})

test('links that multiply come to an end', async () => {
  write('src/d0/file')
  for (let index = 1; index < 20; index++) {
    mkdirSync(join(root, `src/d${index}`))
    for (const name of ['l', 'm', 'n']) symlinkSync(`../d${index - 1}`, join(root, `src/d${index}/${name}`))
  }
  await expect(hashOf()).rejects.toThrow(
    /^src holds links to directories that lead through more than 10000 directories/,
  )
})

test.each<[string, string, string, string | RegExp]>([
  ['v.toml', 'tool.poetry.version', '[tool.poetry]\nversion = "0.5.0"\n', '0.5.0'],
  ['v.json', 'version', '{"version":"1.2.3"}', '1.2.3'],
  ['v.yaml', 'a.b', 'a: { b: "2.0" }', '2.0'],
  [
    'v.toml',
    'tool.poetry.version',
    '[project]\nversion = "1"\n',
    /^v\.toml has no tool\.poetry\.version, which should hold the version; say where/,
  ],
  ['v.json', 'constructor', '{}', /^v\.json has no constructor/],
  ['v.yaml', 'v', 'v: 1.10', /^v in v\.yaml is a number and no text; put the version in quotes/],
  ['v.json', 'v', '{"v": null}', /^v\.json has no v, which should hold the version/],
  ['v.json', 'v', '{"v": {}}', /^v in v\.json is a table and no text/],
  ['v.toml', 'v', 'v = = 1', /^v\.toml should hold the version, but cannot be read as TOML: /],
  ['v.json', 'v', '{', /^v\.json should hold the version, but cannot be read as JSON: /],
  ['v.txt', 'v', '1.2.3', /^v\.txt should hold the version, but only \.toml/],
])('the version in %s under %s', async (file, key, text, expected) => {
  write(file, text)
  const version = readVersion(await treeOf(), { file, key })
  if (typeof expected === 'string') expect(await version).toBe(expected)
  else await expect(version).rejects.toThrow(expected)
})

test('a version file that is no file, or no end of one, is not read', async () => {
  const tree = await treeOf()
  execFileSync('mkfifo', [join(root, 'p.toml')])
  await expect(readVersion(tree, { file: 'p.toml', key: 'v' })).rejects.toThrow(
    'p.toml cannot be read: it is a named pipe, and no file.',
  )
  write('p.json', Buffer.alloc(4 * 1024 * 1024 + 1, ' '))
  await expect(readVersion(tree, { file: 'p.json', key: 'v' })).rejects.toThrow(
    'p.json cannot be read: it is longer than 4 MiB.',
  )
})

test('a version file that is not there, or not in the repository, is named', async () => {
  const tree = await treeOf()
  await expect(readVersion(tree, { file: 'p.toml', key: 'v' })).rejects.toThrow(
    'p.toml should hold the version, but there is no such file; say where it is in `runtime.version` of the image, or give the version itself there.',
  )
  symlinkSync('/etc/os-release', join(root, 'p.toml'))
  await expect(readVersion(tree, { file: 'p.toml', key: 'v' })).rejects.toThrow(/^p\.toml leads out of the repository/)
})
