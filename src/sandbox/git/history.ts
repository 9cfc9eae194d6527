/** Questions about the graph of commits, and the path-level merge that stands in for git's. */
import { type Commit, makeTree, type ObjectStore, type Tree, type TreeEntry } from './object-store.ts'

/** The commit and everything before it, nearest first. */
export function ancestors(store: ObjectStore, sha: string): Commit[] {
  const seen = new Set<string>()
  const found: Commit[] = []
  let generation = [sha]
  while (generation.length > 0) {
    const next: string[] = []
    for (const current of generation) {
      const commit = store.commits.get(current)
      if (commit === undefined || seen.has(current)) continue
      seen.add(current)
      found.push(commit)
      next.push(...commit.parents)
    }
    generation = next
  }
  return found
}

/** The nearest common ancestor; null for unrelated histories. */
export function mergeBase(store: ObjectStore, one: string, other: string): Commit | null {
  const reachable = new Set(ancestors(store, other).map((commit) => commit.sha))
  return ancestors(store, one).find((commit) => reachable.has(commit.sha)) ?? null
}

/** Commits of `head` that `base` does not have, oldest first. */
export function commitsBetween(store: ObjectStore, base: string, head: string): Commit[] {
  const reachable = new Set(ancestors(store, base).map((commit) => commit.sha))
  return ancestors(store, head)
    .filter((commit) => !reachable.has(commit.sha))
    .reverse()
}

/** Merges file by file; null when both sides changed the same file differently. */
export function mergeTrees(origin: Tree | null, ours: Tree, theirs: Tree): Tree | null {
  const files = new Map<string, TreeEntry>(ours.files)
  const before = origin?.files ?? new Map<string, TreeEntry>()
  for (const path of new Set([...before.keys(), ...theirs.files.keys()])) {
    const [was, mine, new_] = [before.get(path), ours.files.get(path), theirs.files.get(path)]
    if (new_?.sha === was?.sha || new_?.sha === mine?.sha) continue
    if (mine?.sha !== was?.sha) return null
    if (new_ === undefined) files.delete(path)
    else files.set(path, new_)
  }
  return makeTree(files)
}
