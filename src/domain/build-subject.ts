/**
 * What an image is built of: the event, the ref and the commit, in the words of GitHub Actions. The app makes it from a
 * trigger, the command line from the environment of a workflow run, and both decide tags with the same functions, so
 * that a leg is told exactly the tags that its executor pushes.
 */
import type { MatrixCombination } from './config.ts'
import { pullRequestOf, type Trigger } from './trigger.ts'

export interface BuildSubject {
  /** GitHub's name of the event: `push`, `pull_request`, `pull_request_target`, `merge_group`, `schedule`, `release`, …; empty: not known. */
  readonly event: string
  /** `refs/heads/<branch>`, `refs/tags/<tag>`, `refs/pull/<n>/merge`; empty: not known. */
  readonly ref: string
  /** As GITHUB_REF_NAME has it: the branch, the tag, `<n>/merge`; empty: not known. */
  readonly refName: string
  /** The commit, 40 hexadecimal digits; empty: not known. */
  readonly sha: string
  /** When it was committed; null: not known. */
  readonly commitDate: Date | null
  /** The branch that the event is about beside `ref`: a pull request's base, the branch a pushed tag came from; empty: none. */
  readonly baseRef: string
  /** Null: the event is not about a pull request. */
  readonly pullRequest: { readonly number: number; readonly headRef: string; readonly baseRef: string } | null
  /** Empty: not known. */
  readonly defaultBranch: string
  readonly repository: RepositoryFacts
  /** `{}`: not a leg of a matrix. */
  readonly matrix: MatrixCombination
  /** Whether the code is the repository's own: the result of an untrusted one is never pushed. */
  readonly trusted: boolean
}

/** What labels say of the repository; empty text: not known. */
export interface RepositoryFacts {
  readonly owner: string
  readonly name: string
  readonly description: string
  /** Its page, such as `https://github.com/acme/app`. */
  readonly url: string
  /** SPDX id, such as `MIT`. */
  readonly license: string
}

/** What the app knows when it plans a leg. */
export function subjectOfTrigger(trigger: Trigger, matrix: MatrixCombination, trusted: boolean): BuildSubject {
  const { repo } = trigger
  const pullRequest = pullRequestOf(trigger)
  return {
    event: EVENT_NAMES[trigger.kind],
    ref: refOf(trigger.kind, trigger.refName, pullRequest?.number ?? null),
    refName: trigger.refName,
    sha: trigger.sha,
    commitDate: null,
    baseRef: trigger.kind === 'merge_group' ? trigger.baseRef : (pullRequest?.baseRef ?? ''),
    pullRequest,
    defaultBranch: repo.defaultBranch,
    repository: { owner: repo.owner, name: repo.name, description: '', url: '', license: '' },
    matrix,
    trusted,
  }
}

/** GitHub's name of the event behind each of our triggers. */
export const EVENT_NAMES: Record<Trigger['kind'], string> = {
  push: 'push',
  tag: 'push',
  pull_request: 'pull_request',
  merge_group: 'merge_group',
  manual: 'workflow_dispatch',
  label: 'pull_request',
}

/** `number`: the pull request's; null: it is about none. */
export function refOf(kind: Trigger['kind'], refName: string, number: number | null): string {
  if (kind === 'tag') return `refs/tags/${refName}`
  if ((kind === 'pull_request' || kind === 'label') && number !== null) return `refs/pull/${number}/merge`
  return refName === '' ? '' : `refs/heads/${refName}`
}

/** A whole commit id, of SHA-1 or of SHA-256. */
export function isSha(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text)
}
