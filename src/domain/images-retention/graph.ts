/**
 * What versions have to do with one another: an index contains manifests, and a signature, an attestation or any other
 * referrer belongs to what its `subject`, or its tag `sha256-<hex>…`, names. Versions become numbers here, so that a
 * hundred thousand of them are walked in no time, however deep or in whatever circles they are.
 */
import type { ImageRetentionFacts, ImageVersion } from '../image-retention.ts'
import { referredDigest } from './tag-kinds.ts'

export interface ImageGraph {
  /** One of each digest: first those that are there, then those that this sweep deleted before. */
  readonly nodes: readonly ImageVersion[]
  /** How many of `nodes` are there. */
  readonly present: number
  readonly numberOf: ReadonlyMap<string, number>
  /** Index → what it contains. */
  readonly contents: Edges
  /** What is referred to → referrers. */
  readonly referrers: Edges
  /** Referrer → what it refers to. */
  readonly subjects: Edges
  /** Nodes that are contained in, or refer to, another that is there. */
  readonly hasParent: Uint8Array
  /** What an index that is there names although it is not there. */
  readonly ghosts: readonly { readonly index: string; readonly missing: string }[]
  /** Referrers → a digest that is not there. */
  readonly orphans: ReadonlyMap<number, string>
}

/** The targets of node `n` are `targets[starts[n]]` up to, and without, `targets[starts[n + 1]]`. */
export interface Edges {
  readonly starts: Int32Array
  readonly targets: Int32Array
}

export function buildGraph({ versions, gone }: Pick<ImageRetentionFacts, 'versions' | 'gone'>): ImageGraph {
  const { nodes, numberOf } = numberNodes(versions)
  const present = nodes.length
  for (const [digest, manifest] of gone ?? []) {
    if (numberOf.has(digest)) continue
    numberOf.set(digest, nodes.length)
    nodes.push({ id: digest, digest, tags: [], createdAt: new Date(0), size: null, manifest })
  }
  const contained: number[] = []
  const referring: number[] = []
  const ghosts: { index: string; missing: string }[] = []
  const orphans = new Map<number, string>()
  for (let node = 0; node < nodes.length; node++) {
    const version = nodes[node]
    if (version === undefined) continue
    for (const child of version.manifest?.children ?? []) {
      const target = numberOf.get(child)
      if (target !== undefined) contained.push(node, target)
      else if (node < present) ghosts.push({ index: version.digest, missing: child })
    }
    const missing = node < present ? referTo(version, node, numberOf, referring) : null
    if (missing !== null) orphans.set(node, missing)
  }
  const hasParent = new Uint8Array(nodes.length)
  for (const pairs of [contained, referring])
    for (let at = 1; at < pairs.length; at += 2) if (pairs[at - 1] !== pairs[at]) hasParent[pairs[at] ?? 0] = 1
  return {
    nodes,
    present,
    numberOf,
    contents: toEdges(contained, nodes.length),
    referrers: toEdges(referring, nodes.length),
    subjects: toEdges(referring.toReversed(), nodes.length),
    hasParent,
    ghosts,
    orphans,
  }
}

/** A digest that is listed twice is one node, with the tags of both. */
function numberNodes(versions: readonly ImageVersion[]): { nodes: ImageVersion[]; numberOf: Map<string, number> } {
  const nodes: ImageVersion[] = []
  const numberOf = new Map<string, number>()
  for (const version of versions) {
    const known = numberOf.get(version.digest)
    const other = known === undefined ? undefined : nodes[known]
    if (known === undefined || other === undefined) {
      numberOf.set(version.digest, nodes.length)
      nodes.push(version)
    } else {
      nodes[known] = {
        ...other,
        tags: [...new Set([...other.tags, ...version.tags])],
        createdAt: new Date(Math.max(version.createdAt.getTime(), other.createdAt.getTime())),
        manifest: other.manifest ?? version.manifest,
      }
    }
  }
  return { nodes, numberOf }
}

/**
 * @param referring gets an edge to the node from whatever it refers to.
 * @returns what it refers to that is not there; null: there is no such.
 */
function referTo(
  { manifest, tags }: ImageVersion,
  node: number,
  numberOf: ReadonlyMap<string, number>,
  referring: number[],
): string | null {
  let missing: string | null = null
  for (let at = -1; at < tags.length; at++) {
    const digest = at < 0 ? (manifest?.subject ?? null) : referredDigest(tags[at] ?? '', numberOf)
    if (digest === null) continue
    const target = numberOf.get(digest)
    if (target === undefined) missing ??= digest
    else if (target !== node) referring.push(target, node)
  }
  return missing
}

/** @param pairs from, to, from, to … */
function toEdges(pairs: readonly number[], nodes: number): Edges {
  const starts = new Int32Array(nodes + 1)
  for (let at = 0; at < pairs.length; at += 2) bump(starts, (pairs[at] ?? 0) + 1)
  for (let node = 1; node <= nodes; node++) starts[node] = (starts[node] ?? 0) + (starts[node - 1] ?? 0)
  const next = starts.slice()
  const targets = new Int32Array(pairs.length / 2)
  for (let at = 0; at < pairs.length; at += 2) {
    const from = pairs[at] ?? 0
    targets[next[from] ?? 0] = pairs[at + 1] ?? 0
    bump(next, from)
  }
  return { starts, targets }
}

function bump(counts: Int32Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1
}

/** Where the targets of a node begin, and those of the node before it end. */
export function startOf({ starts }: Edges, node: number): number {
  return starts[node] ?? 0
}
