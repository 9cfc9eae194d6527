/** Files and directories as of a commit. */

import { resolveCommit } from '../commits.ts'
import type { Commit, TreeEntry } from '../git/object-store.ts'
import { notFound, Problem } from '../http/problem.ts'
import { type Call, param, type Reply, type Route, repositoryRoute } from '../http/router.ts'
import type { JsonObject } from '../json.ts'
import type { Repository } from '../model.ts'
import { escapePath, repoApi, repoWeb } from '../render/urls.ts'

/** Larger files come without their content in JSON. */
const MAX_INLINE_BYTES = 1024 * 1024
/** Larger files do not come at all. */
const MAX_BYTES = 100 * 1024 * 1024

interface Place {
  readonly path: string
  readonly type: 'file' | 'dir'
  readonly sha: string
  readonly size: number
}

function renderPlace(call: Call, repository: Repository, ref: string, place: Place): JsonObject {
  const { world } = call
  const path = escapePath(place.path)
  const query = `?ref=${encodeURIComponent(ref)}`
  const isFile = place.type === 'file'
  const self = repoApi(world, repository, `/contents/${path}${query}`)
  const git = repoApi(world, repository, `/git/${isFile ? 'blobs' : 'trees'}/${place.sha}`)
  const html = repoWeb(world, repository, `/${isFile ? 'blob' : 'tree'}/${encodeURIComponent(ref)}/${path}`)
  return {
    name: place.path.split('/').at(-1),
    path: place.path,
    sha: place.sha,
    size: place.size,
    url: self,
    html_url: html,
    git_url: git,
    download_url: isFile ? repoWeb(world, repository, `/raw/${encodeURIComponent(ref)}/${path}`) : null,
    type: place.type,
    _links: { self, git, html },
  }
}

function listDirectory(commit: Commit, directory: string): Place[] {
  const prefix = directory === '' ? '' : `${directory}/`
  const places = new Map<string, Place>()
  for (const [path, entry] of commit.tree.files) {
    if (!path.startsWith(prefix)) continue
    const [name = '', ...deeper] = path.slice(prefix.length).split('/')
    const place = `${prefix}${name}`
    if (deeper.length === 0) places.set(place, { path: place, type: 'file', sha: entry.sha, size: entry.size })
    else places.set(place, { path: place, type: 'dir', sha: commit.tree.directories.get(place) ?? '', size: 0 })
  }
  return [...places.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

function answerFile(call: Call, repository: Repository, ref: string, path: string, entry: TreeEntry): Reply {
  if (entry.size > MAX_BYTES) throw new Problem(403, 'This API returns blobs up to 100 MB in size.')
  const bytes = repository.objects.blobs.get(entry.sha) ?? new Uint8Array()
  if (/application\/vnd\.github(\.v3)?\.raw/.test(call.headers.accept ?? '')) return { status: 200, body: bytes }
  const isInline = entry.size <= MAX_INLINE_BYTES
  // GitHub breaks its base64 into lines.
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,60}/g) ?? []
  const content = isInline ? lines.map((line) => `${line}\n`).join('') : ''
  const place: Place = { path, type: 'file', sha: entry.sha, size: entry.size }
  const body = { ...renderPlace(call, repository, ref, place), content, encoding: isInline ? 'base64' : 'none' }
  return { status: 200, body }
}

export const contentRoutes: readonly Route[] = [
  repositoryRoute('GET', '/contents/{path}', { contents: 'read' }, (call, repository) => {
    const ref = call.query.get('ref') ?? repository.defaultBranch
    const commit = resolveCommit(repository, ref)
    if (commit === null) {
      const isEmpty = repository.objects.commits.size === 0
      throw new Problem(404, isEmpty ? 'This repository is empty.' : `No commit found for the ref ${ref}`)
    }
    const path = param(call, 'path').replace(/^\/|\/$/g, '')
    const entry = commit.tree.files.get(path)
    if (entry !== undefined) return answerFile(call, repository, ref, path, entry)
    const places = listDirectory(commit, path)
    if (places.length === 0) throw notFound()
    return { status: 200, body: places.map((place) => renderPlace(call, repository, ref, place)) }
  }),
]
