/**
 * Decides about the versions of one image repository: which stay, which go, which lose a tag, each with a reason. The rules decide
 * about tags; a digest goes when all its tags go and nothing that is kept needs it, and takes along what belonged to it alone.
 * Nothing is decided about a version by itself: what an index, a signature or something unreadable may need stays whole.
 */

import { InvariantError } from './errors.ts'
import type { ImageDecision, ImageRetentionConfig, ImageRetentionFacts, ImageVersion } from './image-retention.ts'
import { decideFates, type Fates } from './images-retention/fates.ts'
import { buildGraph, type ImageGraph } from './images-retention/graph.ts'
import { judgeTags, type TagVerdict } from './images-retention/judge-tags.ts'
import { compileRules } from './images-retention/match-rules.ts'
import { fitBudget, orderNodes } from './images-retention/order.ts'
import type { SweepPlan } from './sweep.ts'
import { count } from './wording.ts'

export interface ImageSweepPlan extends SweepPlan<ImageDecision> {
  /** One for each of the versions, in their order. */
  readonly decisions: readonly ImageDecision[]
  /** `left`, as what goes together. */
  readonly leftGroups: readonly (readonly ImageDecision[])[]
}

/**
 * Works in time linear in versions, tags and what manifests name, but for sorting.
 *
 * @param spent versions that an interrupted sweep has written to already.
 */
export function decideImages(facts: ImageRetentionFacts, config: ImageRetentionConfig, spent: number): ImageSweepPlan {
  const graph = buildGraph(facts)
  const rules = compileRules(config.rules)
  const verdicts = judgeTags(graph.nodes, graph.numberOf, facts, { rules, keep: config.keep })
  const fates = decideFates({ ...facts, graph, verdicts, rules })
  const byNode = decideEach(graph, fates, verdicts, facts.repository)
  const costOf = (node: number) => costOfDecision(byNode[node])
  const order = orderNodes({ graph, costOf, isDeleted: (node) => byNode[node]?.keep === false })
  const { now, left } = fitBudget(order, { graph, costOf }, config.operationsPerRun, spent)
  const decisionsOf = (nodes: readonly number[]) => nodes.flatMap((node) => byNode[node] ?? [])
  return {
    decisions: facts.versions.map((version) => decisionOf(version, byNode[graph.numberOf.get(version.digest) ?? -1])),
    actions: decisionsOf(now),
    left: decisionsOf(left.flat()),
    leftGroups: left.map(decisionsOf),
    stopped: order.nodes.length === 0 ? null : whyStopped(byNode, config),
    problems: [...ghostProblems(graph, fates, facts.repository), ...unreadableProblems(fates)],
  }
}

/** One for each node that is there. */
function decideEach(
  graph: ImageGraph,
  fates: Fates,
  verdicts: readonly (readonly TagVerdict[])[],
  repository: string,
): ImageDecision[] {
  const decisions: ImageDecision[] = []
  const prefix = repository === '' ? '' : `${repository}@`
  for (let node = 0; node < graph.present; node++) {
    const version = graph.nodes[node]
    if (version === undefined) continue
    const keep = fates.isKept(node)
    const untag = keep ? untagged(node, verdicts[node] ?? [], graph, fates) : NO_VERDICTS
    const reason =
      untag.length === 0 ? fates.reasonOf(node) : [fates.reasonOf(node), ...describeUntagged(untag)].join('; ')
    decisions.push({
      subject: `${prefix}${version.digest}`,
      do: keep ? (untag.length > 0 ? UNTAG : NOTHING) : DELETE,
      reason,
      id: version.id,
      digest: version.digest,
      tags: version.tags,
      createdAt: version.createdAt,
      keep,
      untag: untag.length === 0 ? NOTHING : untag.map(({ tag }) => tag),
    })
  }
  return decisions
}

const DELETE: readonly string[] = ['delete']
const UNTAG: readonly string[] = ['untag']
const NOTHING: readonly string[] = []
const NO_VERDICTS: readonly TagVerdict[] = []

/** The tags that go although the version stays. */
function untagged(
  node: number,
  verdicts: readonly TagVerdict[],
  graph: ImageGraph,
  fates: Fates,
): readonly TagVerdict[] {
  if (fates.isUntouched(node) || verdicts.every(({ kind }) => kind === 'keep')) return NO_VERDICTS
  return verdicts.filter((verdict) => {
    if (verdict.kind !== 'follow') return verdict.kind === 'go'
    const followed = graph.numberOf.get(verdict.digest)
    return followed !== undefined && !fates.isKept(followed)
  })
}

const MOST_TAGS_EXPLAINED = 3

function describeUntagged(untag: readonly TagVerdict[]): string[] {
  const shown = untag
    .slice(0, MOST_TAGS_EXPLAINED)
    .map((verdict) =>
      verdict.kind === 'follow'
        ? `${verdict.tag} goes with ${verdict.digest}`
        : `${verdict.tag} goes: ${verdict.reason}`,
    )
  const more = untag.length - shown.length
  return more === 0 ? shown : [...shown, `${count(more, 'more tag')} ${more === 1 ? 'goes' : 'go'}`]
}

/** Of a digest that is listed twice each has its own id and tags. */
function decisionOf({ id, digest, tags }: ImageVersion, decision: ImageDecision | undefined): ImageDecision {
  if (decision === undefined) throw new InvariantError(`Nothing was decided about ${digest}`)
  if (decision.id === id && decision.tags === tags) return decision
  return { ...decision, id, tags, untag: decision.untag.filter((tag) => tags.includes(tag)) }
}

function costOfDecision(decision: ImageDecision | undefined): number {
  if (decision === undefined) return 0
  return decision.keep ? decision.untag.length : 1
}

function whyStopped(decisions: readonly ImageDecision[], config: ImageRetentionConfig): string | null {
  const all = decisions.length
  const deleted = decisions.reduce((sum, { keep }) => sum + (keep ? 0 : 1), 0)
  const percent = (deleted / all) * 100
  if (percent > config.maxDeletePercent)
    return (
      `${deleted} of ${count(all, 'version')} would be deleted (${Math.ceil(percent)} %), and ` +
      `\`max_delete_percent\` is ${config.maxDeletePercent}: look at the decisions, and mend the rules or raise it`
    )
  return config.confirmed
    ? null
    : 'sweeps of images are dry runs until `confirmed: true` is set in `cleanup.images`: look at the decisions first'
}

const MOST_GHOSTS_TOLD = 20

/** What is to be deleted may lack whatever it likes. */
function ghostProblems(graph: ImageGraph, fates: Fates, repository: string): string[] {
  const name = repository === '' ? '' : `${repository}@`
  const ghosts = graph.ghosts.filter(({ index }) => fates.isKept(graph.numberOf.get(index) ?? -1))
  const told = ghosts
    .slice(0, MOST_GHOSTS_TOLD)
    .map(({ index, missing }) => `${name}${index} names ${missing}, which is not there: it cannot be pulled whole.`)
  const more = ghosts.length - told.length
  return more === 0
    ? told
    : [...told, `${count(more, 'more digest')} that an index names ${more === 1 ? 'is' : 'are'} not there.`]
}

function unreadableProblems({ unreadable, shielded }: Fates): string[] {
  if (unreadable.length === 0) return []
  const what = unreadable.length === 1 ? unreadable[0] : `${unreadable[0]} and ${unreadable.length - 1} more`
  const parts = `${count(shielded, 'version')} that may be part of it ${shielded === 1 ? 'stays' : 'stay'}`
  return [`${what} cannot be read, so ${parts}: push it again, or delete it by hand.`]
}
