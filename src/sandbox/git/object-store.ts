/**
 * Git's objects, with the hashes that git itself would give them. Trees are kept flat (path → blob), because that is
 * what every question to the sandbox is about; the nested tree objects exist only in their hashes.
 */
import { createHash } from 'node:crypto'

export interface TreeEntry {
  readonly sha: string
  readonly mode: '100644' | '100755'
  readonly size: number
}

export interface Tree {
  readonly sha: string
  /** Path → file, in no particular order. */
  readonly files: ReadonlyMap<string, TreeEntry>
  /** Directory (`''` is the root) → hash of its tree object. */
  readonly directories: ReadonlyMap<string, string>
}

export interface Signature {
  readonly name: string
  readonly email: string
  readonly date: Date
}

export interface Commit {
  readonly sha: string
  readonly tree: Tree
  readonly parents: readonly string[]
  readonly message: string
  readonly author: Signature
}

export interface ObjectStore {
  readonly blobs: Map<string, Uint8Array>
  readonly commits: Map<string, Commit>
}

export function makeObjectStore(): ObjectStore {
  return { blobs: new Map(), commits: new Map() }
}

/** New content of files; null removes one. */
export type FileChanges = Readonly<Record<string, string | Uint8Array | null>>

function hashObject(type: 'blob' | 'tree' | 'commit', content: Uint8Array): string {
  return createHash('sha1').update(`${type} ${content.byteLength}\0`).update(content).digest('hex')
}

function putBlob(store: ObjectStore, content: string | Uint8Array): TreeEntry {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const sha = hashObject('blob', bytes)
  store.blobs.set(sha, bytes)
  return { sha, mode: '100644', size: bytes.byteLength }
}

interface Directory {
  readonly entries: Map<string, TreeEntry | Directory>
}

function nest(files: ReadonlyMap<string, TreeEntry>): Directory {
  const root: Directory = { entries: new Map() }
  for (const [path, file] of files) {
    const names = path.split('/')
    const last = names.pop()
    let directory = root
    for (const name of names) {
      const known = directory.entries.get(name)
      const child: Directory = known !== undefined && 'entries' in known ? known : { entries: new Map() }
      directory.entries.set(name, child)
      directory = child
    }
    if (last !== undefined) directory.entries.set(last, file)
  }
  return root
}

function hashDirectory(directory: Directory, path: string, into: Map<string, string>): string {
  const rows = [...directory.entries].map(([name, entry]) => {
    if (!('entries' in entry)) return { order: Buffer.from(name), mode: entry.mode, name, sha: entry.sha }
    const sha = hashDirectory(entry, path === '' ? name : `${path}/${name}`, into)
    // git sorts a directory as if its name ended with a slash.
    return { order: Buffer.from(`${name}/`), mode: '40000', name, sha }
  })
  rows.sort((a, b) => Buffer.compare(a.order, b.order))
  const content = rows.flatMap((row) => [Buffer.from(`${row.mode} ${row.name}\0`), Buffer.from(row.sha, 'hex')])
  const sha = hashObject('tree', Buffer.concat(content))
  into.set(path, sha)
  return sha
}

export function makeTree(files: ReadonlyMap<string, TreeEntry>): Tree {
  const directories = new Map<string, string>()
  const sha = hashDirectory(nest(files), '', directories)
  return { sha, files, directories }
}

/** The tree of `parent` (none: an empty one) with the changes made to it. */
export function changeTree(store: ObjectStore, parent: Tree | null, changes: FileChanges): Tree {
  const files = new Map(parent?.files ?? [])
  for (const [path, content] of Object.entries(changes)) {
    if (content === null) files.delete(path)
    else files.set(path, putBlob(store, content))
  }
  return makeTree(files)
}

export function putCommit(store: ObjectStore, commit: Omit<Commit, 'sha'>): Commit {
  const seconds = Math.floor(commit.author.date.getTime() / 1000)
  const who = `${commit.author.name} <${commit.author.email}> ${seconds} +0000`
  const lines = [
    `tree ${commit.tree.sha}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${who}`,
    `committer ${who}`,
    '',
    commit.message,
  ]
  const sha = hashObject('commit', new TextEncoder().encode(`${lines.join('\n')}\n`))
  const known = store.commits.get(sha)
  if (known !== undefined) return known
  const made: Commit = { ...commit, sha }
  store.commits.set(sha, made)
  return made
}
