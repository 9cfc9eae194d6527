/**
 * A job's matrix becomes its legs exactly as GitHub Actions expands `strategy.matrix`: the product of the axes in
 * their order, without what `exclude` matches, with what `include` adds. The names that legs show as check runs are
 * made here too, so that a plan and a configuration check can never disagree about them.
 * https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
 */

import type { Matrix, MatrixCombination, MatrixValue } from './config.ts'

/** The combinations of a matrix, in the order in which they are shown. A job without a matrix has one, which is empty. */
export function expandMatrix(matrix: Matrix | null): MatrixCombination[] {
  if (matrix === null) return [{}]
  const originals = productOfAxes(matrix).filter(
    (combination) => !matrix.exclude.some((partial) => contains(combination, partial)),
  )
  const extended = originals.map((original) => ({ ...original }) as Record<string, MatrixValue>)
  const added: MatrixCombination[] = []
  for (const entry of matrix.include) {
    let merged = false
    originals.forEach((original, index) => {
      if (!keepsOriginalValues(original, entry)) return
      Object.assign(extended[index] ?? {}, entry)
      merged = true
    })
    if (!merged) added.push({ ...entry })
  }
  return [...extended, ...added]
}

/** How many combinations the axes make before `exclude` and `include`; 0 for a matrix without axes. */
export function countAxesProduct(matrix: Matrix): number {
  const axes = Object.values(matrix.axes)
  return axes.length === 0 ? 0 : axes.reduce((product, values) => product * values.length, 1)
}

/** Every key that a combination can have, with all the values that it can take: those of the axes and of `include`. */
export function matrixAxes(matrix: Matrix | null): Record<string, readonly MatrixValue[]> {
  const axes = new Map<string, MatrixValue[]>()
  for (const [axis, values] of Object.entries(matrix?.axes ?? {})) axes.set(axis, [...values])
  for (const entry of matrix?.include ?? []) {
    for (const [axis, value] of Object.entries(entry)) axes.set(axis, [...(axes.get(axis) ?? []), value])
  }
  return Object.fromEntries(axes)
}

/** The values of a combination as people read them: `nikolaik, 3.12`. Empty for a job without a matrix. */
export function matrixLabel(combination: MatrixCombination): string {
  return Object.values(combination).map(valueLabel).join(', ')
}

/** A map is shown by its `name`, else by its `tag`, else by all its values. */
export function valueLabel(value: MatrixValue): string {
  if (typeof value !== 'object') return String(value)
  for (const field of ['name', 'tag']) {
    if (Object.hasOwn(value, field)) return String(value[field])
  }
  return Object.values(value).join(', ')
}

/** The name of a leg's check run: `docker / runtime (nikolaik)`, or `docker / app` for a job without a matrix. */
export function legName(pipeline: string, job: string, combination: MatrixCombination): string {
  const label = matrixLabel(combination)
  return Object.keys(combination).length === 0 ? `${pipeline} / ${job}` : `${pipeline} / ${job} (${label})`
}

function productOfAxes(matrix: Matrix): MatrixCombination[] {
  const axes = Object.entries(matrix.axes)
  // A matrix that is only `include` has no original combination to merge into: each entry is a leg of its own.
  if (axes.length === 0) return []
  return axes.reduce<MatrixCombination[]>(
    (combinations, [axis, values]) =>
      combinations.flatMap((combination) => values.map((value) => ({ ...combination, [axis]: value }))),
    [{}],
  )
}

function contains(combination: MatrixCombination, partial: MatrixCombination): boolean {
  return Object.entries(partial).every(([axis, value]) => sameValue(combination[axis], value))
}

/** Values that an earlier `include` added may be overwritten; values of the axes may not. */
function keepsOriginalValues(original: MatrixCombination, entry: MatrixCombination): boolean {
  return Object.entries(entry).every(
    ([axis, value]) => !Object.hasOwn(original, axis) || sameValue(original[axis], value),
  )
}

function sameValue(left: MatrixValue | undefined, right: MatrixValue): boolean {
  if (typeof left !== 'object' || typeof right !== 'object') return left === right
  const fields = Object.keys(left)
  return (
    fields.length === Object.keys(right).length &&
    fields.every((field) => Object.hasOwn(right, field) && left[field] === right[field])
  )
}
