/**
 * `node bench/image-decisions.ts`, once the sources are built: how long it takes to decide about 100,000 versions of images, 30 % of
 * which are parts of indexes, against `JSON.parse` of the same facts. Each is measured in a process of its own, whose memory counts
 * with everything in it. Exits with 1 when an aim is missed.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { builtProgram } from './built-program.ts'
import type { Measured } from './image-decisions-run.ts'

const AIM_SECONDS = 1
const AIM_BYTES = 300 * 1024 * 1024

export interface ImageDecisionsResult {
  readonly versions: number
  readonly deleted: number
  /** Of the first decision of a process, and of `JSON.parse` of the same facts; medians over processes. */
  readonly seconds: number
  readonly referenceSeconds: number
  readonly ratio: number
  /** Most memory that a process had, with the runtime and the facts. */
  readonly peakBytes: number
}

/** Runs processes one after another. */
export function benchImageDecisions(options: { versions?: number; rounds?: number } = {}): ImageDecisionsResult {
  const { versions = 100_000, rounds = 5 } = options
  const measured = Array.from({ length: rounds }, () => measureInProcess(versions))
  const seconds = median(measured.map((one) => one.seconds))
  const referenceSeconds = median(measured.map((one) => one.referenceSeconds))
  return {
    versions,
    deleted: measured[0]?.deleted ?? 0,
    seconds,
    referenceSeconds,
    ratio: seconds / referenceSeconds,
    peakBytes: Math.max(...measured.map((one) => one.peakBytes)),
  }
}

function measureInProcess(versions: number): Measured {
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [...builtProgram('image-decisions-run.ts'), String(versions)],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`The process that measures ended with ${status}: ${stderr}`)
  return JSON.parse(stdout) as Measured
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Prints it; the process is to exit with 1 when an aim is missed. */
export function reportImageDecisions(result: ImageDecisionsResult): void {
  const { versions, deleted, seconds, referenceSeconds, ratio, peakBytes } = result
  console.log(`Decided about ${versions} versions, of which ${deleted} go`)
  console.log(`decideImages: ${seconds.toFixed(2)} s (aim: under ${AIM_SECONDS} s)`)
  console.log(`JSON.parse of the facts: ${referenceSeconds.toFixed(2)} s; ratio: ${ratio.toFixed(2)}`)
  console.log(`Peak memory: ${(peakBytes / 1024 / 1024).toFixed(0)} MB (aim: under ${AIM_BYTES / 1024 / 1024} MB)`)
  if (seconds >= AIM_SECONDS || peakBytes >= AIM_BYTES) process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) reportImageDecisions(benchImageDecisions())
