/** Commits, refs, trees and comparisons. */

import { requireCommit, resolveCommit } from '../commits.ts'
import { commitsBetween, mergeBase } from '../git/history.ts'
import type { Commit, Tree } from '../git/object-store.ts'
import { paginate } from '../http/paging.ts'
import { notFound, Problem } from '../http/problem.ts'
import { type Call, param, type Reply, type Route, repositoryRoute } from '../http/router.ts'
import type { JsonObject } from '../json.ts'
import type { Repository } from '../model.ts'
import { nodeId } from '../node-id.ts'
import { changesSince } from '../pull-request-facts.ts'
import { deleteRef } from '../pushes.ts'
import { renderCommit, renderFileChange } from '../render/commit.ts'
import { repoApi, repoWeb } from '../render/urls.ts'
import { botOf } from '../world.ts'
import { isProtected } from './branches.ts'

const MAX_COMPARED_FILES = 300

function requireHere(repository: Repository, name: string): Commit {
  const commit = resolveCommit(repository, name)
  if (commit === null) throw notFound()
  return commit
}

function compare(call: Call, repository: Repository): Reply {
  const { world } = call
  const [baseName = '', headName = ''] = param(call, 'basehead').split('...')
  const local = (name: string) => name.slice(name.indexOf(':') + 1)
  const [base, head] = [requireHere(repository, local(baseName)), requireHere(repository, local(headName))]
  const origin = mergeBase(repository.objects, base.sha, head.sha)
  if (origin === null) throw new Problem(404, `No common ancestor between ${baseName} and ${headName}.`)
  const ahead = commitsBetween(repository.objects, base.sha, head.sha)
  const behind = commitsBetween(repository.objects, head.sha, base.sha)
  const status =
    ahead.length > 0 ? (behind.length > 0 ? 'diverged' : 'ahead') : behind.length > 0 ? 'behind' : 'identical'
  const files = changesSince(repository, base.sha, head.sha).slice(0, MAX_COMPARED_FILES)
  const page = repoWeb(world, repository, `/compare/${encodeURIComponent(baseName)}...${encodeURIComponent(headName)}`)
  const listed = paginate(call, ahead)
  const body = {
    url: repoApi(world, repository, `/compare/${encodeURIComponent(baseName)}...${encodeURIComponent(headName)}`),
    html_url: page,
    permalink_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: renderCommit(world, repository, base),
    merge_base_commit: renderCommit(world, repository, origin),
    status,
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: listed.items.map((one) => renderCommit(world, repository, one)),
    files: files.map((file) => renderFileChange(world, repository, head.sha, file)),
  }
  return { status: 200, headers: listed.headers, body }
}

function renderRef(call: Call, repository: Repository, ref: string, sha: string): JsonObject {
  const object = { sha, type: 'commit', url: repoApi(call.world, repository, `/git/commits/${sha}`) }
  const url = repoApi(call.world, repository, `/git/${encodeURI(ref)}`)
  return { ref, node_id: nodeId('ref', `${repository.id}/${ref}`), url, object }
}

function findTree(repository: Repository, name: string): { tree: Tree; directory: string } {
  const commit = resolveCommit(repository, name)
  if (commit !== null) return { tree: commit.tree, directory: '' }
  for (const { tree } of repository.objects.commits.values()) {
    for (const [directory, sha] of tree.directories) if (sha === name) return { tree, directory }
  }
  throw notFound()
}

function listTree(call: Call, repository: Repository): Reply {
  const { world } = call
  const { tree, directory } = findTree(repository, param(call, 'tree_sha'))
  const recursive = call.query.has('recursive')
  const prefix = directory === '' ? '' : `${directory}/`
  const isHere = (path: string) =>
    path.startsWith(prefix) && path !== directory && (recursive || !path.slice(prefix.length).includes('/'))
  const rows: JsonObject[] = []
  for (const [path, sha] of tree.directories) {
    if (path === '' || !isHere(path)) continue
    const url = repoApi(world, repository, `/git/trees/${sha}`)
    rows.push({ path: path.slice(prefix.length), mode: '040000', type: 'tree', sha, url })
  }
  for (const [path, entry] of tree.files) {
    if (!isHere(path)) continue
    const url = repoApi(world, repository, `/git/blobs/${entry.sha}`)
    const { mode, sha, size } = entry
    rows.push({ path: path.slice(prefix.length), mode, type: 'blob', sha, size, url })
  }
  rows.sort((a, b) => (String(a.path) < String(b.path) ? -1 : 1))
  const sha = tree.directories.get(directory) ?? tree.sha
  const url = repoApi(world, repository, `/git/trees/${sha}`)
  const truncated = rows.length > world.treeLimit
  return { status: 200, body: { sha, url, tree: rows.slice(0, world.treeLimit), truncated } }
}

const READ = { contents: 'read' } as const

export const gitRoutes: readonly Route[] = [
  repositoryRoute('GET', '/commits/{ref}', READ, (call, repository) => {
    const commit = requireCommit(repository, param(call, 'ref'))
    const parent = repository.objects.commits.get(commit.parents[0] ?? '')
    const changes = parent === undefined ? [] : changesSince(repository, parent.sha, commit.sha)
    const files = changes.slice(0, MAX_COMPARED_FILES)
    const sum = (pick: (file: (typeof files)[number]) => number) => files.reduce((all, file) => all + pick(file), 0)
    const [additions, deletions] = [sum((file) => file.additions), sum((file) => file.deletions)]
    const body = {
      ...renderCommit(call.world, repository, commit),
      stats: { additions, deletions, total: additions + deletions },
      files: files.map((file) => renderFileChange(call.world, repository, commit.sha, file)),
    }
    return { status: 200, body }
  }),
  repositoryRoute('GET', '/git/ref/{ref}', READ, (call, repository) => {
    const ref = `refs/${param(call, 'ref')}`
    const sha = repository.refs.get(ref)
    if (sha === undefined) throw notFound()
    return { status: 200, body: renderRef(call, repository, ref, sha) }
  }),
  repositoryRoute('DELETE', '/git/refs/{ref}', { contents: 'write' }, (call, repository) => {
    const { world } = call
    const ref = `refs/${param(call, 'ref')}`
    if (!repository.refs.has(ref)) throw new Problem(422, 'Reference does not exist')
    const branch = ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null
    if (branch !== null && (branch === repository.defaultBranch || isProtected(repository, branch)))
      throw new Problem(422, 'Cannot delete this branch')
    deleteRef(world, repository, ref, botOf(world, world.app).login)
    return { status: 204 }
  }),
  repositoryRoute('GET', '/git/matching-refs/{ref}', READ, (call, repository) => {
    const start = `refs/${param(call, 'ref')}`
    const found = [...repository.refs].filter(([ref]) => ref.startsWith(start))
    return { status: 200, body: found.map(([ref, sha]) => renderRef(call, repository, ref, sha)) }
  }),
  repositoryRoute('GET', '/git/trees/{tree_sha}', READ, listTree),
  repositoryRoute('GET', '/compare/{basehead}', READ, compare),
]
