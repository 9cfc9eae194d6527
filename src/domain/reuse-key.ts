/**
 * Two legs have the same key when nothing that decides their result differs: the files that the job's globs match, the
 * workflow that is dispatched, and the job as the configuration has it. An input counts as it is written, so that one
 * which names the commit (`sha`, `short_sha`, `ref_name`, `version`, `image.version`, `pr.number`, `pr.head_ref`) does
 * not make every commit its own; `event` and `pr.base_ref` say for what the job is run, and where an input names them
 * their values count too. What only decides when, how often or for how long a leg runs counts for nothing, and a job
 * whose result is more than an answer, because it publishes or deploys the commit it is given, must not be reused.
 */
import { createHash } from 'node:crypto'
import type { ImageConfig, Job, MatrixCombination } from './config.ts'
import { compileGlobs } from './globs.ts'
import { findPaths } from './interpolate.ts'
import { pullRequestOf, type Trigger } from './trigger.ts'

export interface ReuseKeyFacts {
  /** Path → mode and blob id of every file of the commit. */
  readonly tree: ReadonlyMap<string, string>
  /** Blob id, or digest, of the text of the workflow that is dispatched. */
  readonly workflow: string
  readonly job: Job
  readonly matrix: MatrixCombination
  /** The job's image as configured; null: it has none, or `images` does not have it. */
  readonly image: ImageConfig | null
  readonly trigger: Trigger
}

/** Changes whenever the key is made in another way, so that keys of before match nothing. */
const SCHEME = 1

/** 64 hexadecimal digits; null: the job cannot be reused, because it says no inputs or no file matches them. */
export function reuseKey(facts: ReuseKeyFacts): string | null {
  const { tree, job, matrix, image } = facts
  const globs = job.reuse?.inputs ?? []
  // Globs that match nothing, a typo perhaps, would make all commits the same.
  if (globs.length === 0) return null
  const matches = compileGlobs({ include: globs })
  const files = [...tree].filter(([path]) => matches(path)).sort(([left], [right]) => (left < right ? -1 : 1))
  if (files.length === 0) return null
  const parts = {
    scheme: SCHEME,
    files,
    workflow: facts.workflow,
    // Without the pipeline: what a pull request's pipeline found holds for the one that runs after the merge.
    job: { name: job.name, start: job.start, inputs: job.inputs, image: job.image },
    matrix,
    image,
    values: namedValues(facts),
  }
  return createHash('sha256').update(canonicalJson(parts)).digest('hex')
}

/** Of what the job's texts name: what it is run for, and not which commit. Repository, matrix and image are the same or counted already. */
function namedValues({ job, image, trigger }: ReuseKeyFacts): Record<string, string> {
  const texts = [...Object.values(job.inputs), ...Object.values(image?.buildArgs ?? {})]
  const paths = new Set(texts.flatMap(findPaths))
  const values: Record<string, string> = {}
  if (paths.has('event')) values.event = trigger.kind
  if (paths.has('pr.base_ref')) values.baseRef = pullRequestOf(trigger)?.baseRef ?? ''
  return values
}

/** The same text for the same value, in whatever order its keys were written. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  )
}
