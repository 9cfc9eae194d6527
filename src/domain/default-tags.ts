/**
 * The tags of an image whose configuration has no rules of its own: the commit, short and long; for a version the lines
 * of versions that it belongs to, and `latest`; the branch or the tag. What no tag can hold becomes a dash. The version
 * that the image is told keeps the case of the ref, its tag does not.
 */
import type { BuildSubject } from './build-subject.ts'
import { shortSha } from './wording.ts'

export interface DefaultTags {
  /** `dev` without a ref. */
  readonly version: string
  /** Not repaired yet: a ref can begin with a dash, and be longer than a tag. */
  readonly tags: readonly string[]
}

const VERSION = /^(\d+)\.(\d+)\.\d+$/

export function decideDefaultTags({ sha, refName }: Pick<BuildSubject, 'sha' | 'refName'>): DefaultTags {
  const commit = sha === '' ? [] : [shortSha(sha), sha]
  if (refName === '') return { version: 'dev', tags: commit }
  const [, major, minor] = VERSION.exec(refName) ?? []
  const lines = major === undefined || minor === undefined ? [] : [major, `${major}.${minor}`, 'latest']
  const version = dashedRef(refName)
  return { version, tags: [...commit, ...lines, version.toLowerCase()] }
}

/** The ref with a dash for each run of characters outside `[a-zA-Z0-9.-]`. */
export function dashedRef(refName: string): string {
  return refName.replaceAll(/[^a-zA-Z0-9.-]+/g, '-')
}
