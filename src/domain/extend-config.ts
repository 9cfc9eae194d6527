/**
 * A configuration can be made of layers: the repository's own file, the file that its `_extends` names, the file that
 * that one names, and an organisation's defaults. Maps are merged key by key and the nearest layer wins; lists and
 * values are replaced whole. What was merged keeps the places of the file that it came from.
 */

import { readLayer } from './config/read-layer.ts'
import { type Branch, childOf } from './config/yaml-tree.ts'
import { CONFIG_PATH } from './config.ts'

/** Most files that follow one another by `_extends`. The caller reads them, counts them and refuses a cycle. */
export const MAX_EXTENDS_DEPTH = 5

/** The file that `_extends` names. */
export interface ExtendsRef {
  /** Null: the owner of the repository whose file says it. */
  readonly owner: string | null
  readonly repo: string
  readonly path: string
}

/** The reference in `_extends`: `repo`, `owner/repo` or `owner/repo:path/to/file.yml`, as in Probot's config plugin; null: it is none. */
export function parseExtends(reference: string): ExtendsRef | null {
  const match = /^(?:([a-z\d](?:[a-z\d-]{0,38})?)\/)?([\w.-]{1,100})(?::([\w./-]{1,200}\.ya?ml))?$/i.exec(reference)
  const [, owner, repo, path] = match ?? []
  if (repo === undefined || repo === '.' || repo === '..') return null
  if (path?.split('/').some((segment) => ['', '.', '..'].includes(segment))) return null
  return { owner: owner ?? null, repo, path: path ?? CONFIG_PATH }
}

/** What the file extends; null: nothing, or nothing that can be read, which `parseConfig` then reports. */
export function readExtends(source: Uint8Array | string): ExtendsRef | null {
  const { root } = readLayer({ path: '', source })
  const reference = root === null ? undefined : childOf(root.tree, '_extends')?.tree
  return reference?.kind === 'scalar' && typeof reference.value === 'string' ? parseExtends(reference.value) : null
}

/** Merges layers, nearest first. What a further layer extends is its own matter. */
export function mergeLayers(nearest: Branch, ...others: readonly Branch[]): Branch {
  return others.map(withoutExtends).reduce(mergeBranches, nearest)
}

function withoutExtends(layer: Branch): Branch {
  if (layer.tree.kind !== 'map') return layer
  const entries = new Map(layer.tree.entries)
  entries.delete('_extends')
  return { ...layer, tree: { kind: 'map', entries } }
}

function mergeBranches(near: Branch, far: Branch): Branch {
  if (near.tree.kind !== 'map' || far.tree.kind !== 'map') return near
  const entries = new Map(near.tree.entries)
  for (const [key, branch] of far.tree.entries) {
    const own = entries.get(key)
    entries.set(key, own === undefined ? branch : mergeBranches(own, branch))
  }
  return { ...near, tree: { kind: 'map', entries } }
}
