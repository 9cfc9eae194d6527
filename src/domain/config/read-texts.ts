/**
 * Reads texts that hold `${{ … }}` apart from jobs: each place says which values it can hold, because not everything is
 * known everywhere, and because what strangers choose must not become part of a link, a name or a command.
 */

import { checkText, VALUE_PATHS } from '../interpolate.ts'
import type { ConfigDocument } from './config-document.ts'
import type { KeyPath } from './key-path.ts'
import { didYouMean, keyName } from './problem-wording.ts'

/** Of a pull request's commit, without any leg of it. */
export const COMMIT_PATHS = Object.keys(VALUE_PATHS).filter((path) => !path.startsWith('image.'))

/** What nobody but the repository and GitHub chooses. */
export const SAFE_PATHS = ['pr.number', 'sha', 'short_sha', 'repo.owner', 'repo.name']

/** `why` ends the sentence `"url" names "pr.head_ref", …`. */
export function reportPaths(
  document: ConfigDocument,
  path: KeyPath,
  text: string,
  allowed: { readonly paths: readonly string[]; readonly why: string },
): void {
  const { paths, why } = allowed
  const refuse = (named: string) =>
    paths.includes(named) ? null : `${why}; ${didYouMean(named, paths, 'there are', paths.length)}`
  for (const problem of checkText(text, { axes: null, refuse })) document.report(path, `${keyName(path)} ${problem}`)
}

/** Those of a workflow that is dispatched for a pull request. */
export function reportInputPaths(
  document: ConfigDocument,
  path: KeyPath,
  inputs: Readonly<Record<string, string>>,
  owner: string,
): void {
  const allowed = { paths: COMMIT_PATHS, why: `which is not a value that ${owner} has` }
  for (const [input, text] of Object.entries(inputs)) reportPaths(document, [...path, input], text, allowed)
}
