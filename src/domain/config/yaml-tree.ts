/**
 * A YAML value whose parts know the file and the line that they were written on, so that a problem is shown where it
 * can be mended, even after layers were merged. An alias shares the tree of its anchor, so a tree may stand for far
 * more values than its file has.
 */

/** Where something is written; both numbers count from 1. */
export interface Place {
  readonly path: string
  readonly line: number
  readonly column: number
}

export type Tree =
  | { readonly kind: 'scalar'; readonly value: string | number | boolean | null; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Branch[] }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Branch> }

export interface Branch {
  /** Of the key; of the value, in a list. */
  readonly keyPlace: Place
  /** Of the value, where that is a better place to point at than its key. */
  readonly place: Place
  readonly tree: Tree
}

/** A plain value as YAML has it: what the schema is applied to. */
export type YamlValue = string | number | boolean | null | YamlValue[] | { [key: string]: YamlValue }

/** The value without its places. */
export function plainValue(tree: Tree): YamlValue {
  if (tree.kind === 'scalar') return tree.value
  if (tree.kind === 'list') return tree.items.map((item) => plainValue(item.tree))
  return Object.fromEntries([...tree.entries].map(([key, branch]) => [key, plainValue(branch.tree)]))
}

/** The branch below a key or an index; undefined: there is none. */
export function childOf(tree: Tree, step: string | number): Branch | undefined {
  if (tree.kind === 'map') return tree.entries.get(String(step))
  return tree.kind === 'list' ? tree.items[Number(step)] : undefined
}
