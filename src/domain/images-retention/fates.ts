/**
 * What becomes of each version, seen with all others. What is kept for its own sake keeps all that it contains, however deep,
 * and all that refers to it. What is not kept goes when its own tags go, or with what it is part of, or by a rule on untagged
 * versions. What may be part of something that cannot be read stays.
 */
import type { ImageRetentionFacts, ImageVersion } from '../image-retention.ts'
import { type ImageGraph, startOf } from './graph.ts'
import type { TagVerdict } from './judge-tags.ts'
import { judgeUntagged } from './judge-untagged.ts'
import type { CompiledRule } from './match-rules.ts'
import { mayBePart } from './unreadable.ts'

export interface Fates {
  isKept(node: number): boolean
  reasonOf(node: number): string
  /** Whether it stays as it is, with all its tags. */
  isUntouched(node: number): boolean
  /** How many versions are kept only because something cannot be read. */
  readonly shielded: number
  readonly unreadable: readonly string[]
}

export interface FateFacts extends Pick<ImageRetentionFacts, 'now' | 'inUse' | 'pushingSince'> {
  readonly graph: ImageGraph
  /** Of each node's tags. */
  readonly verdicts: readonly (readonly TagVerdict[])[]
  readonly rules: readonly CompiledRule[]
}

export function decideFates(facts: FateFacts): Fates {
  const { graph } = facts
  const walk = new Walk(graph)
  const own = keepOwn(facts, walk)
  walk.spreadKept()
  const shielded = own.unreadable.length === 0 ? NONE_SHIELDED : shieldParts(facts, walk, own.unreadable)
  const untouched = new Set([...own.untouched, ...shielded.untouched])
  judge(facts, walk, (node) => graph.hasParent[node] === 0)
  for (let node = graph.present; node < graph.nodes.length; node++) walk.go(node, '')
  walk.spreadGoing()
  // What is left contains itself, in a circle: nothing else names it.
  judge(facts, walk, () => true)
  return {
    isKept: (node) => walk.isKept(node),
    reasonOf: (node) => walk.reasonOf(node),
    isUntouched: (node) => untouched.has(node),
    shielded: shielded.parts,
    unreadable: own.unreadable.map(({ digest }) => digest),
  }
}

const NONE_SHIELDED: Shielded = { parts: 0, untouched: [] }

interface OwnFates {
  readonly untouched: ReadonlySet<number>
  readonly unreadable: readonly ImageVersion[]
}

/** What is kept, or goes, for its own sake. */
function keepOwn({ graph, verdicts, inUse }: FateFacts, walk: Walk): OwnFates {
  const untouched = new Set<number>()
  const unreadable: ImageVersion[] = []
  for (let node = 0; node < graph.present; node++) {
    const version = graph.nodes[node]
    if (version === undefined) continue
    const tags = verdicts[node] ?? []
    const missing = graph.orphans.get(node)
    const kept = findOwn(tags, 'keep')
    const going = findOwn(tags, 'go')
    if (version.manifest === null) unreadable.push(version)
    if (inUse.has(version.digest) || version.manifest === null) untouched.add(node)
    if (inUse.has(version.digest)) keepWithSubject(graph, walk, node, 'it is in use')
    else if (missing !== undefined && inUse.has(missing)) walk.keep(node, `it belongs to ${missing}, which is in use`)
    else if (kept !== undefined) keepWithSubject(graph, walk, node, nameTag(kept))
    else if (version.manifest === null) walk.keep(node, `what it contains cannot be read (${version.digest})`)
    else if (going !== undefined) walk.go(node, nameTag(going))
  }
  return { untouched, unreadable }
}

/** A referrer that has a tag of its own says nothing without what it refers to. */
function keepWithSubject(graph: ImageGraph, walk: Walk, node: number, reason: string): void {
  walk.keep(node, reason)
  for (let at = startOf(graph.subjects, node); at < startOf(graph.subjects, node + 1); at++) {
    const subject = graph.subjects.targets[at] ?? 0
    if (subject < graph.present) walk.keep(subject, `the kept ${graph.nodes[node]?.digest} refers to it`)
  }
}

type OwnVerdict = Exclude<TagVerdict, { readonly kind: 'follow' }>

function findOwn(verdicts: readonly TagVerdict[], kind: 'keep' | 'go'): OwnVerdict | undefined {
  for (const verdict of verdicts) if (verdict.kind === kind) return verdict
  return undefined
}

/** A digest alone tells nobody what it is. */
function nameTag({ tag, reason }: OwnVerdict): string {
  return `${tag}: ${reason}`
}

interface Shielded {
  /** How many that may be part of something that cannot be read. */
  readonly parts: number
  /** Those of them that have tags, and those that such are part of, or belong to: without these nobody would find them any more. */
  readonly untouched: readonly number[]
}

function shieldParts(facts: FateFacts, walk: Walk, unreadable: readonly ImageVersion[]): Shielded {
  const { graph } = facts
  const wholeOf = mayBePart(unreadable, facts)
  const wholes = graph.nodes.map((version, node) =>
    node >= graph.present || walk.isKept(node) ? null : wholeOf(version),
  )
  const name = unreadable[0]?.digest
  const untouched: number[] = []
  wholes.forEach((whole, node) => {
    if (whole !== null) {
      walk.keep(node, `it may be part of ${whole}, which cannot be read`)
      if (graph.nodes[node]?.tags.length !== 0) untouched.push(node)
    } else if (node < graph.present && leadsTo(graph, node, (target) => wholes[target] != null)) {
      walk.keep(node, `parts of it may be parts of ${name}, which cannot be read`)
      untouched.push(node)
    }
  })
  walk.spreadKept()
  return { parts: wholes.filter((whole) => whole !== null).length, untouched }
}

function leadsTo({ contents, referrers }: ImageGraph, node: number, isMeant: (node: number) => boolean): boolean {
  for (const edges of [contents, referrers])
    for (let at = startOf(edges, node); at < startOf(edges, node + 1); at++)
      if (isMeant(edges.targets[at] ?? node)) return true
  return false
}

/** Those of what nothing decided about yet. */
function judge({ graph, rules, ...facts }: FateFacts, walk: Walk, isMeant: (node: number) => boolean): void {
  const untagged = []
  for (let node = 0; node < graph.present; node++) {
    const version = graph.nodes[node]
    if (version !== undefined && walk.isOpen(node) && isMeant(node))
      untagged.push({ node, version, orphanOf: graph.orphans.get(node) ?? null })
  }
  for (const [node, { keep, reason }] of judgeUntagged(untagged, rules, facts)) {
    if (keep) walk.keep(node, reason)
    else walk.go(node, reason)
  }
  walk.spreadKept()
}

/** Spreads what is decided about nodes along the graph, without recursion. To be kept is stronger than to go. */
class Walk {
  private readonly graph: ImageGraph
  private readonly kept: Uint8Array
  private readonly going: Uint8Array
  private readonly reasons: string[]
  private readonly newlyKept: number[] = []
  private readonly newlyGoing: number[] = []

  constructor(graph: ImageGraph) {
    this.graph = graph
    this.kept = new Uint8Array(graph.nodes.length)
    this.going = new Uint8Array(graph.nodes.length)
    this.reasons = new Array<string>(graph.nodes.length).fill('')
  }

  isKept(node: number): boolean {
    return this.kept[node] === 1
  }

  isOpen(node: number): boolean {
    return this.kept[node] === 0 && this.going[node] === 0
  }

  reasonOf(node: number): string {
    return this.reasons[node] ?? ''
  }

  /** The first reason counts. */
  keep(node: number, reason: string): void {
    if (this.kept[node] === 1) return
    this.kept[node] = 1
    this.reasons[node] = `kept: ${reason}`
    this.newlyKept.push(node)
  }

  go(node: number, reason: string): void {
    if (!this.isOpen(node)) return
    this.going[node] = 1
    this.reasons[node] = reason
    this.newlyGoing.push(node)
  }

  spreadKept(): void {
    const { contents, referrers, nodes } = this.graph
    for (let node = this.newlyKept.pop(); node !== undefined; node = this.newlyKept.pop()) {
      const digest = nodes[node]?.digest ?? ''
      for (let at = startOf(contents, node); at < startOf(contents, node + 1); at++) {
        const child = contents.targets[at] ?? 0
        if (this.isThere(child) && !this.isKept(child)) this.keep(child, `the kept index ${digest} needs it`)
      }
      for (let at = startOf(referrers, node); at < startOf(referrers, node + 1); at++) {
        const referrer = referrers.targets[at] ?? 0
        if (this.isThere(referrer) && !this.isKept(referrer)) this.keep(referrer, `it belongs to the kept ${digest}`)
      }
    }
  }

  /** What is kept has kept all that it leads to by now, so that nothing goes with it. */
  spreadGoing(): void {
    const { contents, referrers, nodes } = this.graph
    for (let node = this.newlyGoing.pop(); node !== undefined; node = this.newlyGoing.pop()) {
      const digest = nodes[node]?.digest ?? ''
      // There are many parts: those of one index share a text.
      let reason: string | null = null
      for (let at = startOf(contents, node); at < startOf(contents, node + 1); at++) {
        const child = contents.targets[at] ?? 0
        reason ??= `it goes with ${digest}, which contains it`
        if (this.isThere(child) && this.isOpen(child)) this.go(child, reason)
      }
      for (let at = startOf(referrers, node); at < startOf(referrers, node + 1); at++) {
        const referrer = referrers.targets[at] ?? 0
        if (this.isThere(referrer) && this.isOpen(referrer))
          this.go(referrer, `it goes with ${digest}, which it belongs to`)
      }
    }
  }

  private isThere(node: number): boolean {
    return node < this.graph.present
  }
}
