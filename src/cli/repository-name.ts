/** `owner/name` as it is given to a command. */
import { UsageError } from '../domain/errors.ts'
import type { RepoName } from '../ports.ts'

export function readRepositoryName(text: string, command: string): RepoName {
  const [, owner, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(text) ?? []
  if (owner === undefined || name === undefined)
    throw new UsageError(`${command} needs the repository as owner/name, but it is given «${text}».`)
  return { owner, name }
}
