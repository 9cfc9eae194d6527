/** What follows from a pull request's two commits: its files, and whether it can be merged. */
import { diffTrees, type FileChange } from './git/diff.ts'
import { mergeBase, mergeTrees } from './git/history.ts'
import type { Commit, Tree } from './git/object-store.ts'
import type { JsonObject } from './json.ts'
import type { PullRequest, Repository } from './model.ts'

const filesByRange = new WeakMap<Repository, Map<string, FileChange[]>>()

/** Changes from the merge base to `head`, as GitHub shows them with three dots. */
export function changesSince(repository: Repository, base: string, head: string): FileChange[] {
  const known = filesByRange.get(repository) ?? new Map<string, FileChange[]>()
  filesByRange.set(repository, known)
  const key = `${base}...${head}`
  const before = known.get(key)
  if (before !== undefined) return before
  const { objects } = repository
  const tip = objects.commits.get(head)
  const origin = mergeBase(objects, base, head)
  const files = tip === undefined ? [] : diffTrees(objects, origin?.tree ?? null, tip.tree)
  known.set(key, files)
  return files
}

export function changedFiles(repository: Repository, pull: PullRequest): FileChange[] {
  return changesSince(repository, pull.base.sha, pull.head.sha)
}

/** The tree of merging `head` into `base`; null when they conflict. */
export function mergedTree(repository: Repository, base: Commit, head: Commit): Tree | null {
  const origin = mergeBase(repository.objects, base.sha, head.sha)
  return mergeTrees(origin?.tree ?? null, base.tree, head.tree)
}

export function mergeabilityOf(pull: PullRequest): JsonObject {
  if (pull.state === 'closed') return { mergeable: null, mergeable_state: 'unknown', rebaseable: null }
  const mergeable = pull.mergeCommitSha !== null
  const state = pull.draft ? 'draft' : mergeable ? 'clean' : 'dirty'
  return { mergeable, mergeable_state: state, rebaseable: mergeable }
}
