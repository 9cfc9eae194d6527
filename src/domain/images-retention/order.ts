/**
 * In which order versions go: whatever contains, or is referred to by, another goes before it, and the oldest go first. A version
 * and what goes with it alone make a group, and a budget that does not reach for a whole group ends before it: what is left of one
 * would be versions that nothing names any more, and that no later sweep might find. So a group that is larger than the whole
 * budget goes all the same, as the only one, and what is left of a group that was begun before goes first, whatever it takes.
 */
import { type Edges, type ImageGraph, startOf } from './graph.ts'

export interface OrderFacts {
  readonly graph: ImageGraph
  /** How many versions are written to for it; 0: nothing is done about it. */
  costOf(node: number): number
  /** Only these come before their parts: what loses a tag stays. */
  isDeleted(node: number): boolean
}

/** Nodes in their order, and where in it each group begins. */
export interface Order {
  readonly nodes: readonly number[]
  readonly starts: readonly number[]
}

export function orderNodes(facts: OrderFacts): Order {
  const { graph, costOf } = facts
  const acting: number[] = []
  for (let node = 0; node < graph.present; node++) if (costOf(node) > 0) acting.push(node)
  const times = new Float64Array(graph.present)
  acting.forEach((node) => {
    times[node] = graph.nodes[node]?.createdAt.getTime() || 0
  })
  acting.sort((one, other) => (times[other] ?? 0) - (times[one] ?? 0) || other - one)
  const below = belowOthers(facts, acting)
  // The newest root is visited first, and what is finished last comes first: the oldest root, before whatever it leads to. A
  // group that was visited later may lead to one before, never the other way round.
  const visit = new Visit(facts)
  acting.forEach((root) => {
    if (below[root] === 0) visit.from(root)
  })
  // What is left is in circles, or below them.
  acting.forEach((root) => {
    visit.from(root)
  })
  const nodes = visit.finished.reverse()
  return { nodes, starts: visit.ends.reverse().map((end) => nodes.length - end) }
}

function belowOthers({ graph, isDeleted }: OrderFacts, acting: readonly number[]): Uint8Array {
  const below = new Uint8Array(graph.nodes.length)
  const mark = (edges: Edges, node: number) => {
    for (let at = startOf(edges, node); at < startOf(edges, node + 1); at++) {
      const target = edges.targets[at] ?? node
      if (target !== node) below[target] = 1
    }
  }
  acting.forEach((node) => {
    if (!isDeleted(node)) return
    mark(graph.contents, node)
    mark(graph.referrers, node)
  })
  return below
}

/** Goes down from node to node without recursion; a node is finished after everything that it leads to. */
class Visit {
  readonly finished: number[] = []
  /** How many were finished after each group. */
  readonly ends: number[] = []
  private readonly facts: OrderFacts
  private readonly visited: Uint8Array
  /** From the root to where the visit is, and which target of each is next. */
  private readonly path: number[] = []
  private readonly next: number[] = []

  constructor(facts: OrderFacts) {
    this.facts = facts
    this.visited = new Uint8Array(facts.graph.present)
  }

  from(root: number): void {
    if (this.visited[root] === 1) return
    this.enter(root)
    for (let node = this.path.at(-1); node !== undefined; node = this.path.at(-1)) {
      const target = this.takeTarget(node)
      if (target === undefined) {
        this.finished.push(node)
        this.path.pop()
        this.next.pop()
      } else if (this.isOpen(target)) this.enter(target)
    }
    this.ends.push(this.finished.length)
  }

  private enter(node: number): void {
    this.visited[node] = 1
    this.path.push(node)
    this.next.push(0)
  }

  private isOpen(node: number): boolean {
    const { graph, costOf, isDeleted } = this.facts
    return node < graph.present && this.visited[node] === 0 && costOf(node) > 0 && isDeleted(node)
  }

  private takeTarget(node: number): number | undefined {
    const { contents, referrers } = this.facts.graph
    if (!this.facts.isDeleted(node)) return undefined
    const depth = this.next.length - 1
    const at = this.next[depth] ?? 0
    this.next[depth] = at + 1
    const contained = startOf(contents, node + 1) - startOf(contents, node)
    if (at < contained) return contents.targets[startOf(contents, node) + at]
    const referring = startOf(referrers, node + 1) - startOf(referrers, node)
    return at - contained < referring ? referrers.targets[startOf(referrers, node) + at - contained] : undefined
  }
}

/**
 * @param spent of the budget, by an earlier part of the same sweep.
 * @returns what is left in its groups.
 */
export function fitBudget(
  { nodes, starts }: Order,
  { graph, costOf }: Pick<OrderFacts, 'graph' | 'costOf'>,
  budget: number,
  spent: number,
): { readonly now: readonly number[]; readonly left: readonly (readonly number[])[] } {
  const begunBefore = belowGone(graph)
  const now: number[] = []
  const left: (readonly number[])[] = []
  const others: (readonly number[])[] = []
  let used = spent
  const take = (members: readonly number[]) => {
    for (const node of members) {
      used += costOf(node)
      now.push(node)
    }
  }
  starts.forEach((start, group) => {
    const members = nodes.slice(start, starts[group + 1])
    if (members.some((node) => begunBefore[node] === 1)) take(members)
    else others.push(members)
  })
  let isUsedUp = false
  for (const members of others) {
    const cost = members.reduce((sum, node) => sum + costOf(node), 0)
    if (!isUsedUp && (used === 0 || used + cost <= budget)) take(members)
    else {
      isUsedUp = true
      left.push(members)
    }
  }
  return { now, left }
}

/** What belonged to a version that was deleted before. */
function belowGone(graph: ImageGraph): Uint8Array {
  const below = new Uint8Array(graph.nodes.length)
  for (let node = graph.present; node < graph.nodes.length; node++)
    for (const edges of [graph.contents, graph.referrers])
      for (let at = startOf(edges, node); at < startOf(edges, node + 1); at++) below[edges.targets[at] ?? node] = 1
  return below
}
