/** What a commit, a ref and a repository look like, and what to do about one that does not. `name` is the variable or flag. */
import { isSha } from '../../domain/build-subject.ts'
import { UsageError } from '../../domain/errors.ts'

/** The short name of a ref: the branch, the tag, `<n>/merge`. */
export function refNameOf(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags|pull)\//, '')
}

export function checkSha(name: string, sha: string): string {
  if (sha === '' || isSha(sha)) return sha
  throw new UsageError(`${name} is "${sha}", which is no commit; write all 40 digits of it (git rev-parse <commit>).`)
}

export function splitRepository(name: string, fullName: string): { owner: string; name: string } {
  if (fullName === '') return { owner: '', name: '' }
  const [, owner, repository] = /^([\w.-]+)\/([\w.-]+)$/.exec(fullName) ?? []
  if (owner === undefined || repository === undefined)
    throw new UsageError(`${name} is "${fullName}", which is no owner/name; write one such as acme/app.`)
  return { owner, name: repository }
}
