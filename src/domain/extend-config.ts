/**
 * A configuration can be made of layers: the repository's own file, the file that its `_extends` names, the file that
 * that one names, and an organisation's defaults. Maps are merged key by key and the nearest layer wins; lists and
 * values are replaced whole. Every value remembers the file and the line that it was written on, so that a problem in
 * the merged document is shown where it can be mended.
 */

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { CONFIG_PATH, type ConfigProblem, MAX_CONFIG_BYTES } from './config.ts'

/** Most files that follow one another by `_extends`. The caller reads them, counts them and refuses a cycle. */
export const MAX_EXTENDS_DEPTH = 5

/** The file that `_extends` names. */
export interface ExtendsRef {
  /** Null: the owner of the repository whose file says it. */
  readonly owner: string | null
  readonly repo: string
  readonly path: string
}

/** One file of a configuration, and the name that its problems carry. */
export interface ConfigLayer {
  readonly path: string
  readonly source: Uint8Array | string
}

/** Where something is written; both numbers count from 1. */
export interface Place {
  readonly path: string
  readonly line: number
  readonly column: number
}

/** A YAML value whose parts know their places. An alias shares the tree of its anchor, so a tree may be far larger than its file. */
export type Tree =
  | (Size & { readonly kind: 'scalar'; readonly value: string | number | boolean | null; readonly text: string })
  | (Size & { readonly kind: 'list'; readonly items: readonly Branch[] })
  | (Size & { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Branch> })

export interface Branch {
  /** Of the key; of the value, in a list. */
  readonly keyPlace: Place
  /** Of the value, where that is a better place to point at than its key. */
  readonly place: Place
  readonly tree: Tree
}

interface Size {
  /** Values in it with every alias spelt out; a long text counts as one for each 50 characters. */
  readonly weight: number
  /** How many levels of lists and maps are in it. */
  readonly height: number
}

/** A plain value as YAML has it: what the schema is applied to. */
export type YamlValue = string | number | boolean | null | YamlValue[] | { [key: string]: YamlValue }

const MAX_WEIGHT = 20_000
const MAX_HEIGHT = 32

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
  const value = root?.tree.kind === 'map' ? root.tree.entries.get('_extends')?.tree : undefined
  return value?.kind === 'scalar' && typeof value.value === 'string' ? parseExtends(value.value) : null
}

/** Merges layers, nearest first. What a further layer extends is its own matter. */
export function mergeLayers(nearest: Branch, ...others: readonly Branch[]): Branch {
  return others.map(withoutExtends).reduce(mergeBranches, nearest)
}

function withoutExtends(layer: Branch): Branch {
  if (layer.tree.kind !== 'map') return layer
  const entries = new Map(layer.tree.entries)
  entries.delete('_extends')
  return { ...layer, tree: { ...layer.tree, entries } }
}

function mergeBranches(near: Branch, far: Branch): Branch {
  if (near.tree.kind !== 'map' || far.tree.kind !== 'map') return near
  const entries = new Map(near.tree.entries)
  for (const [key, branch] of far.tree.entries) {
    const own = entries.get(key)
    entries.set(key, own === undefined ? branch : mergeBranches(own, branch))
  }
  return { ...near, tree: { kind: 'map', entries, ...sizeOf(entries.values()) } }
}

/** `['jobs', 'app', 'needs', 0]`. */
export type KeyPath = readonly (string | number)[]

/** `jobs.app.needs[0]`. */
export function formatKeyPath(path: KeyPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return text === '' ? step : `${text}.${step}`
  }, '')
}

/** The value without its places. */
export function plainValue(tree: Tree): YamlValue {
  if (tree.kind === 'scalar') return tree.value
  if (tree.kind === 'list') return tree.items.map((item) => plainValue(item.tree))
  return Object.fromEntries([...tree.entries].map(([key, branch]) => [key, plainValue(branch.tree)]))
}

/** Reads one file. With problems there may still be a root, which holds all that could be understood. */
export function readLayer(layer: ConfigLayer): { root: Branch | null; problems: ConfigProblem[] } {
  const start = { path: layer.path, line: 1, column: 1 }
  const refuse = (message: string, place: Place = start) => ({ root: null, problems: [{ ...place, at: '', message }] })
  const bytes = typeof layer.source === 'string' ? new TextEncoder().encode(layer.source) : layer.source
  if (bytes.length > MAX_CONFIG_BYTES) {
    return refuse(`the file has ${bytes.length} bytes; a configuration may have ${MAX_CONFIG_BYTES}`)
  }
  const text = decode(bytes)
  if (text === null) return refuse('the file is not UTF-8 text; save it as UTF-8')
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: true,
    resolveKnownTags: false,
    // A repeated key is reported by us, in linear time and at both its places.
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  })
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { path: layer.path, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const nul = text.indexOf('\0')
  if (nul !== -1) return refuse('the file is not text: it holds a NUL byte', placeAt(nul))
  const problems = syntaxProblems(document, placeAt)
  if (problems.length > 0) return { root: null, problems }
  if (document.contents === null) return refuse('the file is empty; a configuration begins with "version: 1"')
  const reader = new TreeReader(placeAt)
  const root = reader.read(document.contents, start, [])
  return { root: reader.overflowing ? null : root, problems: reader.problems }
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

function syntaxProblems(document: Document.Parsed, placeAt: (offset: number) => Place): ConfigProblem[] {
  const errors = [...document.errors, ...document.warnings]
  const exhausted = errors.find((error) => error.code === 'RESOURCE_EXHAUSTION')
  return (exhausted === undefined ? errors : [exhausted]).map((error) => {
    const place = { ...placeAt(error.pos[0]), at: '' }
    switch (error.code) {
      case 'RESOURCE_EXHAUSTION':
        return { ...place, message: TOO_DEEP }
      case 'MULTIPLE_DOCS':
        return { ...place, message: 'a second YAML document begins here; keep one document in the file' }
      case 'TAG_RESOLVE_FAILED':
        return { ...place, message: `YAML tags such as "!name" mean nothing here (${error.message}); remove the tag` }
      default:
        return { ...place, message: `this is not valid YAML: ${error.message}` }
    }
  })
}

const TOO_DEEP = `lists and maps are nested more than ${MAX_HEIGHT} levels deep; a configuration needs far fewer`
const EMPTY: Tree = { kind: 'scalar', value: null, text: '', weight: 1, height: 0 }

/** Turns a document into a tree in one pass in the order of the file, in which every anchor comes before its aliases. */
class TreeReader {
  readonly problems: ConfigProblem[] = []
  private readonly placeAt: (offset: number) => Place
  private readonly anchors = new Map<string, Tree | 'open'>()
  /** Nothing that was read is worth anything: the file is out of bounds. */
  overflowing = false

  constructor(placeAt: (offset: number) => Place) {
    this.placeAt = placeAt
  }

  /** `owner` is the place of the key, which is where people look for a value that is empty or goes on below. */
  read(node: unknown, owner: Place, at: KeyPath): Branch {
    const tree = this.readTree(node, owner, at)
    const inline = tree.kind === 'scalar' && tree.text !== ''
    return { keyPlace: owner, place: inline ? this.placeOf(node, owner) : owner, tree }
  }

  private readTree(node: unknown, owner: Place, at: KeyPath): Tree {
    if (this.overflowing) return EMPTY
    if (isAlias(node)) return this.readAlias(node, owner, at)
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined
    if (anchor !== undefined) this.anchors.set(anchor, 'open')
    const tree = at.length > MAX_HEIGHT ? this.overflow(TOO_DEEP, owner) : this.readValue(node, owner, at)
    if (anchor !== undefined) this.anchors.set(anchor, tree)
    if (tree.height > MAX_HEIGHT) return this.overflow(TOO_DEEP, owner)
    if (tree.weight <= MAX_WEIGHT) return tree
    return this.overflow(
      `the file stands for more than ${MAX_WEIGHT} values once its aliases are spelt out; use fewer aliases of large values`,
      owner,
    )
  }

  private readValue(node: unknown, owner: Place, at: KeyPath): Tree {
    if (isMap(node)) return this.readMap(node, at)
    if (isSeq(node)) return this.readList(node, owner, at)
    if (!isScalar(node)) return EMPTY
    const { value } = node
    const isPlain = ['string', 'number', 'boolean'].includes(typeof value)
    const text = typeof value === 'string' ? value : (node.source ?? '')
    const weight = 1 + Math.floor(text.length / 50)
    return { kind: 'scalar', value: isPlain ? (value as string | number | boolean) : null, text, weight, height: 0 }
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
    return { kind: 'list', items, ...sizeOf(items) }
  }

  private readMap(map: YAMLMap, at: KeyPath): Tree {
    const entries = new Map<string, Branch>()
    const merged: Branch[] = []
    for (const pair of map.items) {
      const key = this.readKey(pair, at)
      if (key === null) continue
      const path = [...at, key.text]
      const branch = this.read(pair.value, key.place, path)
      const first = entries.get(key.text)
      if (key.merges) merged.push(...this.readMerge(branch, path))
      else if (first === undefined) entries.set(key.text, branch)
      else
        this.report(
          key.place,
          path,
          `the key ${JSON.stringify(key.text)} is here twice, first on line ${first.keyPlace.line}`,
        )
    }
    for (const source of merged) {
      if (source.tree.kind !== 'map') continue
      for (const [key, branch] of source.tree.entries) if (!entries.has(key)) entries.set(key, branch)
    }
    return { kind: 'map', entries, ...sizeOf(entries.values(), entries.keys()) }
  }

  /** The maps that a `<<` names. Where two have a key, the first counts, and the map's own key before both. */
  private readMerge(branch: Branch, at: KeyPath): readonly Branch[] {
    const sources = branch.tree.kind === 'list' ? branch.tree.items : [branch]
    if (sources.every((source) => source.tree.kind === 'map')) return sources
    if (!this.overflowing)
      this.report(branch.keyPlace, at, '"<<" merges maps: give it an alias of a map, or a list of such')
    return []
  }

  private readKey(pair: Pair, at: KeyPath): { text: string; place: Place; merges: boolean } | null {
    const place = this.placeOf(pair.key, { path: '', line: 1, column: 1 })
    const tree = isAlias(pair.key) || isScalar(pair.key) ? this.readTree(pair.key, place, at) : null
    if (tree?.kind !== 'scalar' || tree.text === '') {
      if (!this.overflowing) this.report(place, at, 'a key is a text; this one is empty, a list or a map')
      return null
    }
    if (tree.text === '__proto__') {
      this.report(place, at, '"__proto__" cannot be a key; choose another name')
      return null
    }
    const merges = tree.text === '<<' && isScalar(pair.key) && (pair.key as Scalar).type === 'PLAIN'
    return { text: tree.text, place, merges }
  }

  private placeOf(node: unknown, otherwise: Place): Place {
    const anchored = isPair(node) ? node.key : node
    if (!isAlias(anchored) && !isScalar(anchored) && !isMap(anchored) && !isSeq(anchored)) return otherwise
    return anchored.range ? this.placeAt(anchored.range[0]) : otherwise
  }

  private report(place: Place, at: KeyPath, message: string): void {
    this.problems.push({ ...place, at: formatKeyPath(at), message })
  }

  /** Ends the reading: whatever follows would only be more of the same. */
  private overflow(message: string, place: Place): Tree {
    if (!this.overflowing) this.report(place, [], message)
    this.overflowing = true
    return EMPTY
  }
}

function sizeOf(branches: Iterable<Branch>, keys: Iterable<string> = []): Size {
  let weight = 1
  let height = 0
  for (const branch of branches) {
    weight += branch.tree.weight
    height = Math.max(height, branch.tree.height)
  }
  for (const key of keys) weight += Math.floor(key.length / 50)
  return { weight, height: height + 1 }
}
