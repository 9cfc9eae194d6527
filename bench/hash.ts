/**
 * `npm run bench:hash`: how long a source tree takes to be hashed, against `find | sort | xargs md5sum | md5sum` over
 * the same files. The tree (32,000 files of 32 KB: 1 GB) is made in the directory for temporary files, and removed in
 * the end. Both read from a warm cache, and take turns.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hashTree } from '../src/adapters/files/hash-tree.ts'
import { openRepositoryTree } from '../src/adapters/files/repository-tree.ts'
import { compileIgnore } from '../src/domain/runtime-image/ignore-patterns.ts'

const FILES = Number(process.argv[2] ?? 32_000)
const ROUNDS = Number(process.argv[3] ?? 7)
const FILE_BYTES = 32 * 1024
const FILES_PER_DIRECTORY = 100
const AIM = 0.6
const REFERENCE = "find src -type f | LC_ALL=C sort | tr '\\n' '\\0' | xargs -0 md5sum | md5sum"

/** One of ours, in a process of its own, as a command has it: nothing is warm but the cache of the disk. */
const ONE = '--one'

interface Result {
  /** From the call to the hash, with the start of its threads. */
  readonly seconds: number
  /** With the start and the end of Node. */
  readonly processSeconds: number
  readonly peakBytes: number
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-hash-'))
  try {
    console.log(`Making ${FILES} files of ${FILE_BYTES / 1024} KB in ${directory}; they are removed in the end.`)
    makeTree(directory)
    await hashOurs(directory)
    hashByReference(directory)
    const ours: Result[] = []
    const theirs: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await hashOurs(directory))
      theirs.push(hashByReference(directory))
    }
    report(ours, theirs)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** No two files are alike. */
function makeTree(directory: string): void {
  const bytes = Buffer.alloc(FILE_BYTES)
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 31 + (at >> 7)) & 0xff
  for (let index = 0; index < FILES; index++) {
    const below = join(directory, 'src', `d${Math.floor(index / FILES_PER_DIRECTORY)}`)
    if (index % FILES_PER_DIRECTORY === 0) mkdirSync(below, { recursive: true })
    bytes.writeUInt32LE(index)
    writeFileSync(join(below, `f${index}.py`), bytes)
  }
}

async function hashOurs(directory: string): Promise<Result> {
  const started = performance.now()
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ONE, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  const processSeconds = (performance.now() - started) / 1000
  const said = JSON.parse(output) as { files: number; seconds: number; peakBytes: number }
  if (code !== 0 || said.files !== FILES) throw new Error(`Our hash ended with ${code}, over ${said.files} files`)
  return { seconds: said.seconds, processSeconds, peakBytes: said.peakBytes }
}

function hashByReference(directory: string): number {
  const started = performance.now()
  execFileSync('sh', ['-c', REFERENCE], { cwd: directory })
  return (performance.now() - started) / 1000
}

function report(ours: readonly Result[], theirs: readonly number[]): void {
  const our = median(ours.map(({ seconds }) => seconds))
  const whole = median(ours.map(({ processSeconds }) => processSeconds))
  const their = median(theirs)
  const peak = Math.max(...ours.map(({ peakBytes }) => peakBytes))
  const ratio = our / their
  const list = (seconds: readonly number[]) => seconds.map((value) => value.toFixed(2)).join(' ')
  console.log(`Cores: ${availableParallelism()}`)
  console.log(`hashTree: ${our.toFixed(2)} s (${list(ours.map(({ seconds }) => seconds))})`)
  console.log(`find | sort | xargs md5sum | md5sum: ${their.toFixed(2)} s (${list(theirs)})`)
  console.log(`Peak memory of ours: ${(peak / 1024 / 1024).toFixed(0)} MB`)
  console.log(`Ratio: ${ratio.toFixed(2)} (aim: at most ${AIM}); with the start of Node: ${(whole / their).toFixed(2)}`)
  process.exitCode = ratio <= AIM ? 0 : 1
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function hashOnce(directory: string): Promise<void> {
  const tree = await openRepositoryTree(directory, { ignored: compileIgnore(['.*/', '__pycache__/', '*.pyc']) })
  const started = performance.now()
  const { files } = await hashTree(tree, 'src')
  const seconds = (performance.now() - started) / 1000
  // Linux gives it in kilobytes.
  console.log(JSON.stringify({ files, seconds, peakBytes: process.resourceUsage().maxRSS * 1024 }))
}

const [flag, directory] = process.argv.slice(2)
await (flag === ONE && directory !== undefined ? hashOnce(directory) : main())
