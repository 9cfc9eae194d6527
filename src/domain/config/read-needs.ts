/**
 * Reads the `needs` of a job or of a gate: names of jobs of the same pipeline, each once. A name that is no job of it,
 * and a job that names itself, are reported and left out.
 */

import type { ConfigDocument } from './config-document.ts'
import type { KeyPath } from './key-path.ts'
import { didYouMean, quote } from './problem-wording.ts'

/** `self` is the job whose needs they are; a gate has none. */
export function readNeeds(
  document: ConfigDocument,
  path: KeyPath,
  needs: string | readonly string[],
  jobNames: ReadonlySet<string>,
  self?: string,
): string[] {
  const names = typeof needs === 'string' ? [needs] : needs
  for (const [index, name] of names.entries()) {
    const problem = problemOf(name, jobNames, self)
    if (problem !== null) document.report(typeof needs === 'string' ? path : [...path, index], problem)
  }
  return [...new Set(names)].filter((name) => name !== self && jobNames.has(name))
}

/** Why this is not a job to wait for; null: it is one. */
function problemOf(name: string, jobNames: ReadonlySet<string>, self: string | undefined): string | null {
  if (name === self) return `${quote(name)} needs itself, so it could never start; remove it from "needs"`
  if (jobNames.has(name)) return null
  const remedy = didYouMean(name, [...jobNames], 'its jobs are')
  return `"needs" names ${quote(name)}, which is no job of this pipeline; ${remedy}`
}
