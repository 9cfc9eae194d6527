/**
 * Reads one job of a pipeline, key by key, so that one key of wrong shape does not hide what is wrong with the others.
 * Beyond their shapes, what it needs has to exist, its matrix has to make legs, and every `${{ path }}` has to name a
 * value that its legs have. A job of which something was reported is only good for looking further.
 */

import type { z } from 'zod'
import type { Job, MatrixValue } from '../config.ts'
import { checkText } from '../interpolate.ts'
import { matrixAxes } from '../matrix.ts'
import type { ConfigDocument } from './config-document.ts'
import { jobSchema } from './job-schema.ts'
import type { KeyPath } from './key-path.ts'
import { keyName } from './problem-wording.ts'
import { countLegs, readMatrix } from './read-matrix.ts'
import { jobsOf, readNeeds } from './read-needs.ts'
import { readStart } from './read-start.ts'
import { parseDuration } from './value-schemas.ts'
import { inputTexts } from './workflow-schema.ts'

type JobSpec = z.output<typeof jobSchema>

export interface JobWithLegs {
  readonly job: Job
  /** How many legs it has; 0 when its matrix is wrong. */
  readonly legs: number
}

export function readJob(
  document: ConfigDocument,
  owner: { readonly pipeline: string; readonly job: string },
  jobNames: ReadonlySet<string>,
): JobWithLegs {
  const { shape } = jobSchema
  const at = (key: keyof JobSpec) => ['pipelines', owner.pipeline, 'jobs', owner.job, key]
  document.reportChangedNumbers(at('inputs'))
  document.reportChangedNumbers(at('matrix'))
  const matrixSpec = document.valid(shape.matrix, at('matrix'))
  const matrix = matrixSpec ? readMatrix(document, at('matrix'), matrixSpec) : null
  const isMatrixWrong = matrixSpec === null || matrix === 'wrong'
  const job: Job = {
    name: owner.job,
    start: readStart(document, ['pipelines', owner.pipeline, 'jobs', owner.job]),
    needs: readNeeds(
      document,
      at('needs'),
      document.valid(shape.needs, at('needs')) ?? [],
      jobsOf(jobNames),
      owner.job,
    ),
    matrix: matrix === 'wrong' ? null : matrix,
    failFast: document.valid(shape.fail_fast, at('fail_fast')) ?? true,
    maxParallel: document.valid(shape.max_parallel, at('max_parallel')) ?? null,
    retries: readRetries(document.valid(shape.retries, at('retries')) ?? 0),
    timeoutMs: parseDuration(document.valid(shape.timeout, at('timeout')) ?? '') ?? 0,
    inputs: inputTexts(document.valid(shape.inputs, at('inputs'))),
    image: document.valid(shape.image, at('image')) ?? null,
    forks: document.valid(shape.forks, at('forks')) ?? 'run',
    report: readReport(document, at),
    reuse: readReuse(document.valid(shape.reuse, at('reuse')) ?? null),
  }
  // Of a wrong matrix nobody knows which values its legs would have had.
  const axes = isMatrixWrong ? null : matrixAxes(job.matrix)
  const ref = job.start.kind === 'dispatch' ? job.start.ref : null
  reportPaths(document, at('ref'), ref ?? '', axes)
  reportPaths(document, at('artifact'), job.report?.artifact ?? '', axes)
  if (job.reuse !== null && ref?.includes('${{')) {
    const message = '"reuse" has to know the workflow file, but "ref" holds "${{"; name one branch or tag, or remove it'
    document.report(at('reuse'), message, true)
  }
  for (const [input, text] of Object.entries(job.inputs)) reportPaths(document, [...at('inputs'), input], text, axes)
  return { job, legs: isMatrixWrong ? 0 : countLegs(document, at('matrix'), job.matrix, owner) }
}

function readRetries(retries: JobSpec['retries']): Job['retries'] {
  if (typeof retries === 'number') return { max: retries, delayMs: 0, only: 'any' }
  return { max: retries.max, delayMs: parseDuration(retries.delay) ?? 0, only: retries.only }
}

function readReport(document: ConfigDocument, at: (key: keyof JobSpec) => KeyPath): Job['report'] {
  const { shape } = jobSchema
  const format = document.valid(shape.report, at('report')) ?? null
  return format === null ? null : { format, artifact: document.valid(shape.artifact, at('artifact')) ?? '' }
}

function readReuse(reuse: JobSpec['reuse'] | null): Job['reuse'] {
  if (reuse === null || reuse === undefined) return null
  return { inputs: reuse.inputs, maxAgeMs: parseDuration(reuse.max_age) ?? 0 }
}

function reportPaths(
  document: ConfigDocument,
  path: KeyPath,
  text: string,
  axes: Record<string, readonly MatrixValue[]> | null,
): void {
  for (const problem of checkText(text, { axes })) document.report(path, `${keyName(path)} ${problem}`)
}
