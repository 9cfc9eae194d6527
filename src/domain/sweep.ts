/**
 * A sweep is a scheduled pass over a repository: over its issues and pull requests, its workflow runs, or its images. Each
 * looks at everything, decides about every single thing and says why, and then does what it decided, in order. It keeps
 * no place of its own: one that was stopped looks again, and finds done what was done.
 */
import { createHash } from 'node:crypto'
import type { Repo } from './trigger.ts'

export const SWEEP_KINDS = ['stale', 'runs', 'images'] as const
export type SweepKind = (typeof SWEEP_KINDS)[number]

/** What was decided about one thing. */
export interface SweepDecision {
  /** What it is about, as people name it: `#12`, `run 123456`, `cache setup-node-x`, `ghcr.io/acme/app@sha256:…`. */
  readonly subject: string
  /** What is to be done about it, in order: `mark`, `close`, `delete` …; empty: nothing. */
  readonly do: readonly string[]
  /** Why, as the end of a sentence about it. */
  readonly reason: string
}

/** What became of something that was to be done. */
export interface SweepOutcome {
  readonly subject: string
  readonly do: readonly string[]
  /**
   * `done`; `handed`: to a workflow, which does it, and the next sweep sees whether it did; `refused`: GitHub or the registry said no, and trying again changes nothing; `failed`: it may or may not be done,
   * the next sweep sees; `skipped`: it had changed since it was looked at; `left`: the budget was used up, or the sweep was stopped.
   */
  readonly outcome: 'done' | 'handed' | 'refused' | 'failed' | 'skipped' | 'left'
  /** How many things were written for it, each of which counts in the budget. */
  readonly operations: number
  /** More about it, such as GitHub's words; empty: nothing more to say. */
  readonly note: string
}

export interface SweepSpent {
  readonly requests: number
  /** Of GraphQL, as GitHub tells; a request that writes counts 1. */
  readonly points: number
}

/** Everything that a sweep decided, before any of it is done. */
export interface SweepPlan<Action extends SweepDecision> {
  /** One for everything that was looked at. */
  readonly decisions: readonly Action[]
  /** What is to be done now, in this order. */
  readonly actions: readonly Action[]
  /** Decided, but not to be done now: the budget ends before. The next sweep begins with these. */
  readonly left: readonly SweepDecision[]
  /** Why nothing is to be done although something was decided; null: nothing stands in the way. */
  readonly stopped: string | null
  /** What could not be looked at or understood, in whole sentences. */
  readonly problems: readonly string[]
}

export const SWEEP_STATES = ['open', 'done', 'stopped', 'failed'] as const

/** The record of a sweep. */
export interface SweepReport {
  /** Null: it is not kept anywhere. */
  readonly id: string | null
  readonly kind: SweepKind
  readonly repo: Pick<Repo, 'owner' | 'name'>
  /** Of images: `registry/path`; null: of the repository. */
  readonly target: string | null
  readonly dryRun: boolean
  /** `open`: at work; `stopped`: a guard kept it from doing anything, `stopped` says why; `failed`: it could not look. */
  readonly state: (typeof SWEEP_STATES)[number]
  readonly stopped: string | null
  readonly startedAt: Date
  readonly endedAt: Date | null
  readonly spent: SweepSpent
  readonly decisions: readonly SweepDecision[]
  /** In the order in which they came. Empty for a dry run. */
  readonly outcomes: readonly SweepOutcome[]
  readonly problems: readonly string[]
}

/** Key of the job of a sweep, or of a look at what the configuration wants of sweeps (`follow`). */
export function sweepKey(kind: SweepKind | 'follow', repoId: number): string {
  return `${kind}:${repoId}`
}

/** Key of a look at one issue or pull request between sweeps. */
export function sweepItemKey(repoId: number, number: number): string {
  return `item:${repoId}#${number}`
}

/** From 0 to `atMostMs`, always the same for a key, and spread evenly over all of them. */
export function jitterMs(key: string, atMostMs: number): number {
  const share = createHash('sha256').update(key).digest().readUInt32BE() / 0x1_0000_0000
  return Math.floor(share * atMostMs)
}

/** The parts of a key; null: it is none. */
export function readSweepKey(
  key: string,
): { readonly kind: SweepKind | 'follow' | 'item'; readonly repoId: number; readonly number: number | null } | null {
  const [, kind, repoId, number] = /^(stale|runs|images|follow|item):(\d+)(?:#(\d+))?$/.exec(key) ?? []
  if (kind === undefined || repoId === undefined) return null
  return {
    kind: kind as SweepKind | 'follow' | 'item',
    repoId: Number(repoId),
    number: number === undefined ? null : Number(number),
  }
}

/** How many decisions say `do`: `{ none: 9_500, mark: 12, close: 3 }`. */
export function countDecisions(decisions: readonly SweepDecision[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const decision of decisions)
    for (const what of decision.do.length === 0 ? ['none'] : decision.do) counts[what] = (counts[what] ?? 0) + 1
  return counts
}
