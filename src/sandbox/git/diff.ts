/** What changed between two trees, as GitHub lists it: by path, exact renames found, one hunk for each text file. */
import type { ObjectStore, Tree, TreeEntry } from './object-store.ts'

export interface FileChange {
  readonly path: string
  readonly previousPath: string | null
  readonly status: 'added' | 'removed' | 'modified' | 'renamed'
  /** Blob after the change, or before it for a removed file. */
  readonly sha: string
  readonly additions: number
  readonly deletions: number
  /** Null for binary files and pure renames. */
  readonly patch: string | null
}

const NOTHING: Tree = { sha: '', files: new Map(), directories: new Map() }

function textLines(store: ObjectStore, entry: TreeEntry | undefined): string[] | null {
  if (entry === undefined) return []
  const bytes = store.blobs.get(entry.sha) ?? new Uint8Array()
  if (bytes.includes(0)) return null
  const text = new TextDecoder().decode(bytes)
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

function makePatch(before: string[], after: string[]): { additions: number; deletions: number; patch: string } {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let tail = 0
  while (
    tail < before.length - start &&
    tail < after.length - start &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail++
  const removed = before.slice(start, before.length - tail)
  const added = after.slice(start, after.length - tail)
  const range = (lines: string[]) => `${lines.length === 0 ? start : start + 1},${lines.length}`
  const body = [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)]
  const patch = [`@@ -${range(removed)} +${range(added)} @@`, ...body].join('\n')
  return { additions: added.length, deletions: removed.length, patch }
}

function changeOf(
  store: ObjectStore,
  path: string,
  status: FileChange['status'],
  before: TreeEntry | undefined,
  after: TreeEntry | undefined,
): FileChange {
  const [old, fresh] = [textLines(store, before), textLines(store, after)]
  const lines = old === null || fresh === null ? { additions: 0, deletions: 0, patch: null } : makePatch(old, fresh)
  return { path, previousPath: null, status, sha: (after ?? before)?.sha ?? '', ...lines }
}

export function diffTrees(store: ObjectStore, before: Tree | null, after: Tree): FileChange[] {
  const old = before ?? NOTHING
  const removedBySha = new Map<string, string>()
  const changes = new Map<string, FileChange>()
  for (const [path, entry] of old.files) {
    if (after.files.has(path)) continue
    removedBySha.set(entry.sha, path)
    changes.set(path, changeOf(store, path, 'removed', entry, undefined))
  }
  for (const [path, entry] of after.files) {
    const was = old.files.get(path)
    if (was?.sha === entry.sha) continue
    const movedFrom = was === undefined ? removedBySha.get(entry.sha) : undefined
    if (movedFrom === undefined) {
      changes.set(path, changeOf(store, path, was === undefined ? 'added' : 'modified', was, entry))
      continue
    }
    removedBySha.delete(entry.sha)
    changes.delete(movedFrom)
    const counts = { additions: 0, deletions: 0, patch: null }
    changes.set(path, { path, previousPath: movedFrom, status: 'renamed', sha: entry.sha, ...counts })
  }
  return [...changes.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}
