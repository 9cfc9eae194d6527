/**
 * In which order versions go: whatever contains, or is referred to by, another goes before it, and the oldest go first. A version
 * and what goes with it alone make a group, and a budget that does not reach for a whole group ends before it: what is left of one
 * would be versions that nothing names any more. Only a group that is larger than the whole budget is begun all the same.
 */
import { type Edges, type ImageGraph, targetsOf } from './graph.ts'

export interface OrderFacts {
  readonly graph: ImageGraph
  /** How many versions are written to for it; 0: nothing is done about it. */
  costOf(node: number): number
  /** Only these come before their parts: what loses a tag stays. */
  isDeleted(node: number): boolean
}

/** Oldest group first; in each what comes first first. */
export function orderGroups(facts: OrderFacts): number[][] {
  const { graph, costOf } = facts
  const acting: number[] = []
  for (let node = 0; node < graph.present; node++) if (costOf(node) > 0) acting.push(node)
  const times = graph.nodes.map(({ createdAt }) => createdAt.getTime() || 0)
  acting.sort((one, other) => (times[other] ?? 0) - (times[one] ?? 0) || other - one)
  const below = belowOthers(facts, acting)
  const visited = new Uint8Array(graph.present)
  const groups: number[][] = []
  // Nodes in a circle are below one another: no group of another begins with them.
  for (const roots of [acting.filter((node) => below[node] === 0), acting])
    for (const root of roots) {
      const group = visited[root] === 1 ? [] : visitFrom(root, facts, visited)
      if (group.length > 0) groups.push(group)
    }
  // A group that was visited later may lead to one before, never the other way round.
  return groups.reverse()
}

function belowOthers({ graph, isDeleted }: OrderFacts, acting: readonly number[]): Uint8Array {
  const below = new Uint8Array(graph.nodes.length)
  for (const node of acting)
    if (isDeleted(node))
      for (const edges of [graph.contents, graph.referrers])
        for (const target of targetsOf(edges, node)) if (target !== node) below[target] = 1
  return below
}

/** Everything that is reached from the root and was not before, each after whatever leads to it. */
function visitFrom(root: number, { graph, costOf, isDeleted }: OrderFacts, visited: Uint8Array): number[] {
  const finished: number[] = []
  const path = [{ node: root, next: 0 }]
  visited[root] = 1
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    const target = isDeleted(step.node) ? targetAt(graph, step.node, step.next) : undefined
    step.next++
    if (target === undefined) {
      finished.push(step.node)
      path.pop()
    } else if (target < graph.present && visited[target] === 0 && costOf(target) > 0 && isDeleted(target)) {
      visited[target] = 1
      path.push({ node: target, next: 0 })
    }
  }
  return finished.reverse()
}

function targetAt({ contents, referrers }: ImageGraph, node: number, at: number): number | undefined {
  const contained = countOf(contents, node)
  return at < contained ? targetOf(contents, node, at) : targetOf(referrers, node, at - contained)
}

function countOf({ starts }: Edges, node: number): number {
  return (starts[node + 1] ?? 0) - (starts[node] ?? 0)
}

function targetOf(edges: Edges, node: number, at: number): number | undefined {
  return at < countOf(edges, node) ? edges.targets[(edges.starts[node] ?? 0) + at] : undefined
}

/** @param spent of the budget, by an earlier part of the same sweep. */
export function fitBudget(
  groups: readonly (readonly number[])[],
  costOf: (node: number) => number,
  budget: number,
  spent: number,
): { readonly now: readonly number[]; readonly left: readonly number[] } {
  const now: number[] = []
  const left: number[] = []
  let used = spent
  for (const group of groups) {
    const cost = group.reduce((sum, node) => sum + costOf(node), 0)
    const isTooLarge = cost > budget && now.length === 0 && left.length === 0
    const isBegun = left.length === 0 && (used + cost <= budget || isTooLarge)
    for (const node of group) {
      used += costOf(node)
      if (isBegun && left.length === 0 && used <= budget) now.push(node)
      else left.push(node)
    }
  }
  return { now, left }
}
