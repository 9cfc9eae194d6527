/**
 * Reads the matrix of a job: `$name` becomes the values of that list, and `exclude` may only name axes that exist. A
 * matrix has to make at least one leg and not more than anybody can look at, and no two legs may have the same name.
 * A product that is far too large is refused by its size and never spelt out.
 */

import type { z } from 'zod'
import { MAX_LEGS_PER_JOB, type Matrix, type MatrixValue } from '../config.ts'
import { countAxesProduct, expandMatrix, legName } from '../matrix.ts'
import type { ConfigDocument } from './config-document.ts'
import type { KeyPath } from './key-path.ts'
import { axisSchema, type matrixSchema } from './matrix-schema.ts'
import { didYouMean, keyName, quote } from './problem-wording.ts'

/** Most combinations of a matrix before `exclude`: more are not even counted out. */
const MAX_AXES_PRODUCT = 1024

/** What is wrong is reported, and there is no matrix then. */
export function readMatrix(
  document: ConfigDocument,
  path: KeyPath,
  spec: z.output<typeof matrixSchema>,
): Matrix | 'wrong' {
  const { include = [], exclude = [], ...written } = spec
  const axes = Object.entries(written).map(
    ([axis, values]) => [axis, readAxis(document, [...path, axis], values)] as const,
  )
  for (const [index, entry] of exclude.entries()) {
    for (const axis of Object.keys(entry).filter((key) => !Object.hasOwn(written, key))) {
      const remedy = didYouMean(axis, Object.keys(written), 'it has')
      const message = `"exclude" names an axis ${quote(axis)}, which the matrix does not have; ${remedy}`
      document.report([...path, 'exclude', index, axis], message, true)
    }
  }
  const known = axes.flatMap(([axis, values]) => (values === null ? [] : [[axis, values] as const]))
  return known.length < axes.length ? 'wrong' : { axes: Object.fromEntries(known), include, exclude }
}

function readAxis(
  document: ConfigDocument,
  path: KeyPath,
  values: string | readonly MatrixValue[],
): readonly MatrixValue[] | null {
  if (typeof values !== 'string') return values
  const name = values.slice(1)
  const matrices = document.keysOf(['matrices'])
  if (matrices.includes(name)) return document.valid(axisSchema, ['matrices', name])
  const others = matrices.map((matrix) => `$${matrix}`)
  const remedy = didYouMean(values, others, 'it has')
  document.report(path, `${keyName(path)} names ${quote(values)}, but "matrices" has no ${quote(name)}; ${remedy}`)
  return null
}

/** How many legs a job with this matrix has; 0 when they are too many, which is reported. */
export function countLegs(
  document: ConfigDocument,
  path: KeyPath,
  matrix: Matrix | null,
  owner: { readonly pipeline: string; readonly job: string },
): number {
  if (matrix === null) return 1
  const report = (problem: string) => document.report(path, `"matrix" ${problem}`)
  const bound = `a job may have at most ${MAX_LEGS_PER_JOB} legs`
  const product = countAxesProduct(matrix)
  if (product > MAX_AXES_PRODUCT) {
    report(`has ${product} combinations before "exclude"; ${bound}`)
    return 0
  }
  const combinations = expandMatrix(matrix)
  if (combinations.length > MAX_LEGS_PER_JOB) {
    report(`has ${combinations.length} combinations; ${bound}`)
    return 0
  }
  if (combinations.length === 0) {
    const why = product > 0 ? 'loses all its combinations to "exclude"' : 'is empty'
    report(`${why}, so the job would run nothing; give it an axis with values, or remove it`)
  }
  const names = combinations.map((combination) => legName(owner.pipeline, owner.job, combination))
  const repeated = names.find((name, index) => names.indexOf(name) < index)
  if (repeated !== undefined) {
    const what = `two combinations whose check runs would both be called ${quote(repeated)}`
    report(`has ${what}; make their values differ, or give maps a "name"`)
  }
  return combinations.length
}
