/** What a name means in a repository: a branch, a tag, a commit. */
import type { Commit } from './git/object-store.ts'
import { Problem } from './http/problem.ts'
import type { Repository } from './model.ts'

/** The commit that a branch, tag, full ref or (abbreviated) SHA names; null when there is none. */
export function resolveCommit(repository: Repository, name: string): Commit | null {
  const wanted = name === 'HEAD' ? repository.defaultBranch : name
  for (const ref of [wanted, `refs/heads/${wanted}`, `refs/tags/${wanted}`, `refs/${wanted}`]) {
    const sha = repository.refs.get(ref)
    if (sha !== undefined) return repository.objects.commits.get(sha) ?? null
  }
  const exact = repository.objects.commits.get(wanted)
  if (exact !== undefined || !/^[0-9a-f]{7,39}$/.test(wanted)) return exact ?? null
  const matches = [...repository.objects.commits.values()].filter((commit) => commit.sha.startsWith(wanted))
  return matches.length === 1 ? (matches[0] ?? null) : null
}

/** The same, for operations to which an unknown commit is a mistake of the caller. */
export function requireCommit(repository: Repository, name: string): Commit {
  const commit = resolveCommit(repository, name)
  if (commit === null) throw new Problem(422, `No commit found for SHA: ${name}`)
  return commit
}
