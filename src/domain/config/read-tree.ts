/**
 * Turns a parsed YAML document into a tree. Aliases and merge keys are followed; a repeated key, an alias of nothing or
 * of itself and a key that is no text are problems. How deep and how large a tree may be once its aliases are spelt out
 * is bounded, because a small file can stand for an enormous value.
 */

import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { ConfigProblem } from '../config.ts'
import { formatKeyPath, type KeyPath } from './key-path.ts'
import type { Branch, Place, Tree } from './yaml-tree.ts'

interface Size {
  /** Values in it with every alias spelt out; a long text counts as one for each 50 characters. */
  readonly weight: number
  /** How many levels of lists and maps are in it. */
  readonly height: number
}

const MAX_WEIGHT = 20_000
const MAX_HEIGHT = 32

export const TOO_DEEP = `lists and maps are nested more than ${MAX_HEIGHT} levels deep; a configuration needs far fewer`
const TOO_LARGE = `the file stands for more than ${MAX_WEIGHT} values once its aliases are spelt out; use fewer aliases of large values`
const EMPTY: Tree = { kind: 'scalar', value: null, text: '' }

/** The tree, and what was wrong on the way; no tree for a file that is out of bounds. */
export function readTree(
  contents: ParsedNode,
  start: Place,
  placeAt: (offset: number) => Place,
): { root: Branch | null; problems: readonly ConfigProblem[] } {
  const reader = new TreeReader(placeAt)
  const root = reader.read(contents, start, [])
  return { root: reader.overflowing ? null : root, problems: reader.problems }
}

/** Reads in one pass in the order of the file, in which every anchor comes before its aliases. */
class TreeReader {
  readonly problems: ConfigProblem[] = []
  /** Nothing that was read is worth anything: the file is out of bounds. */
  overflowing = false
  private readonly placeAt: (offset: number) => Place
  private readonly anchors = new Map<string, Tree | 'open'>()
  private readonly sizes = new Map<Tree, Size>()

  constructor(placeAt: (offset: number) => Place) {
    this.placeAt = placeAt
  }

  /** `owner` is the place of the key, which is where people look for a value that is empty or goes on below. */
  read(node: unknown, owner: Place, at: KeyPath): Branch {
    const tree = this.readBounded(node, owner, at)
    const inline = tree.kind === 'scalar' && tree.text !== ''
    return { keyPlace: owner, place: inline ? this.placeOf(node, owner) : owner, tree }
  }

  private readBounded(node: unknown, owner: Place, at: KeyPath): Tree {
    if (this.overflowing) return EMPTY
    if (isAlias(node)) return this.readAlias(node, owner, at)
    if (at.length > MAX_HEIGHT) return this.overflow(TOO_DEEP, owner)
    const anchor = isNode(node) ? node.anchor : undefined
    if (anchor !== undefined) this.anchors.set(anchor, 'open')
    const tree = this.readValue(node, owner, at)
    if (anchor !== undefined) this.anchors.set(anchor, tree)
    const { weight, height } = this.sizeOf(tree)
    if (height > MAX_HEIGHT) return this.overflow(TOO_DEEP, owner)
    return weight > MAX_WEIGHT ? this.overflow(TOO_LARGE, owner) : tree
  }

  private readValue(node: unknown, owner: Place, at: KeyPath): Tree {
    if (isMap(node)) return this.readMap(node, owner, at)
    if (isSeq(node)) return this.readList(node, owner, at)
    if (!isScalar(node)) return EMPTY
    const { value } = node
    const text = typeof value === 'string' ? value : (node.source ?? '')
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return { kind: 'scalar', value: isPlain ? value : null, text }
  }

  private readAlias(alias: Alias, owner: Place, at: KeyPath): Tree {
    const target = this.anchors.get(alias.source)
    if (target !== undefined && target !== 'open') return target
    const place = this.placeOf(alias, owner)
    if (target === 'open') this.report(place, at, `the alias *${alias.source} stands inside the value that it repeats`)
    else this.report(place, at, `the alias *${alias.source} has no anchor &${alias.source} before it`)
    return EMPTY
  }

  private readList(list: YAMLSeq, owner: Place, at: KeyPath): Tree {
    const items = list.items.map((item, index) => this.read(item, this.placeOf(item, owner), [...at, index]))
    return { kind: 'list', items }
  }

  private readMap(map: YAMLMap, owner: Place, at: KeyPath): Tree {
    const entries = new Map<string, Branch>()
    const merged: ReadonlyMap<string, Branch>[] = []
    for (const pair of map.items) {
      const key = this.readKey(pair, owner, at)
      if (key === null) continue
      const path = [...at, key.text]
      const first = key.merges ? undefined : entries.get(key.text)
      if (first !== undefined) {
        const message = `the key ${JSON.stringify(key.text)} is here twice, first on line ${first.keyPlace.line}`
        this.report(key.place, path, message)
      }
      const branch = this.read(pair.value, key.place, path)
      if (key.merges) merged.push(...this.readMerge(branch, path))
      else if (first === undefined) entries.set(key.text, branch)
    }
    for (const source of merged) {
      for (const [key, branch] of source) if (!entries.has(key)) entries.set(key, branch)
    }
    return { kind: 'map', entries }
  }

  /** The maps that a `<<` names. Where two have a key, the first counts, and the map's own key before both. */
  private readMerge(branch: Branch, at: KeyPath): ReadonlyMap<string, Branch>[] {
    const sources = branch.tree.kind === 'list' ? branch.tree.items : [branch]
    const maps = sources.flatMap(({ tree }) => (tree.kind === 'map' ? [tree.entries] : []))
    if (maps.length === sources.length) return maps
    this.report(branch.keyPlace, at, '"<<" merges maps: give it an alias of a map, or a list of such')
    return []
  }

  private readKey(pair: Pair, owner: Place, at: KeyPath): { text: string; place: Place; merges: boolean } | null {
    const place = this.placeOf(pair.key, owner)
    const tree = isAlias(pair.key) || isScalar(pair.key) ? this.readBounded(pair.key, place, at) : null
    if (tree?.kind !== 'scalar' || tree.text === '') {
      this.report(place, at, 'a key is a text; this one is empty, a list or a map')
      return null
    }
    if (tree.text === '__proto__') {
      this.report(place, at, '"__proto__" cannot be a key; choose another name')
      return null
    }
    const merges = tree.text === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN'
    return { text: tree.text, place, merges }
  }

  private placeOf(node: unknown, otherwise: Place): Place {
    return isNode(node) && node.range ? this.placeAt(node.range[0]) : otherwise
  }

  /** Of a tree whose parts were measured when they were read. */
  private sizeOf(tree: Tree): Size {
    if (tree.kind === 'scalar') return { weight: 1 + Math.floor(tree.text.length / 50), height: 0 }
    const known = this.sizes.get(tree)
    if (known !== undefined) return known
    let weight = 1
    let height = 0
    for (const branch of tree.kind === 'list' ? tree.items : tree.entries.values()) {
      const part = this.sizeOf(branch.tree)
      weight += part.weight
      height = Math.max(height, part.height)
    }
    if (tree.kind === 'map') for (const key of tree.entries.keys()) weight += Math.floor(key.length / 50)
    const size = { weight, height: height + 1 }
    this.sizes.set(tree, size)
    return size
  }

  private report(place: Place, at: KeyPath, message: string): void {
    if (!this.overflowing) this.problems.push({ ...place, at: formatKeyPath(at), message })
  }

  /** Ends the reading: whatever follows would only be more of the same. */
  private overflow(message: string, place: Place): Tree {
    this.report(place, [], message)
    this.overflowing = true
    return EMPTY
  }
}
