/**
 * Reads the `needs` of a job, a gate or an image: names of jobs of the same pipeline, or of images, each once. A name
 * that does not exist, and one that names itself, are reported and left out.
 */

import type { ConfigDocument } from './config-document.ts'
import type { KeyPath } from './key-path.ts'
import { didYouMean, quote } from './problem-wording.ts'

/** What can be needed, and its words: `no job of this pipeline; its jobs are …`. */
export interface Needable {
  readonly names: ReadonlySet<string>
  readonly one: string
  readonly lead: string
}

export function jobsOf(names: ReadonlySet<string>): Needable {
  return { names, one: 'job of this pipeline', lead: 'its jobs are' }
}

/** `self` is the name of the one whose needs they are; a gate has none. */
export function readNeeds(
  document: ConfigDocument,
  path: KeyPath,
  needs: string | readonly string[],
  known: Needable,
  self?: string,
): string[] {
  const names = typeof needs === 'string' ? [needs] : needs
  for (const [index, name] of names.entries()) {
    const problem = problemOf(name, known, self)
    if (problem !== null) document.report(typeof needs === 'string' ? path : [...path, index], problem)
  }
  return [...new Set(names)].filter((name) => name !== self && known.names.has(name))
}

/** Why this is not one to wait for; null: it is one. */
function problemOf(name: string, known: Needable, self: string | undefined): string | null {
  if (name === self) return `${quote(name)} needs itself, so it could never start; remove it from "needs"`
  if (known.names.has(name)) return null
  const remedy = didYouMean(name, [...known.names], known.lead)
  return `"needs" names ${quote(name)}, which is no ${known.one}; ${remedy}`
}
