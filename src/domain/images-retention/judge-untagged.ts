/**
 * What becomes of a version that nothing names: it has no tag, and no other version that is there contains it or is what it
 * belongs to. The first rule on untagged versions decides; without one it stays. What a rule keeps of the newest, it keeps of these.
 */
import type { ImageRetentionFacts, ImageVersion } from '../image-retention.ts'
import { ageOf, describeAge, youngReason } from './age.ts'
import type { CompiledRule } from './match-rules.ts'

export interface UntaggedVerdict {
  readonly keep: boolean
  readonly reason: string
}

export interface UntaggedVersion {
  readonly node: number
  readonly version: ImageVersion
  /** What it belongs to although that is not there; null: it belongs to nothing. */
  readonly orphanOf: string | null
}

/** @returns by node. */
export function judgeUntagged(
  untagged: readonly UntaggedVersion[],
  rules: readonly CompiledRule[],
  { now, pushingSince }: Pick<ImageRetentionFacts, 'now' | 'pushingSince'>,
): ReadonlyMap<number, UntaggedVerdict> {
  const compiled = rules.find(({ rule }) => rule.untagged)
  if (compiled === undefined)
    return new Map(untagged.map((one) => [one.node, { keep: true, reason: `${what(one)}, and no rule is about such` }]))
  const latest = new Set(newestOf(untagged, compiled.rule.tags.length === 0 ? compiled.rule.keepLatest : null, now))
  const verdictOf = (one: UntaggedVersion) => {
    const verdict = judgeOne(one, compiled, latest.has(one.node), now)
    return verdict.keep || !mayBePushing(one.version, pushingSince) ? verdict : PUSHED_JUST_NOW
  }
  return new Map(untagged.map((one) => [one.node, verdictOf(one)]))
}

const PUSHED_JUST_NOW: UntaggedVerdict = {
  keep: true,
  reason: 'it was pushed just now, and may be part of what is still being pushed',
}

function mayBePushing({ createdAt }: ImageVersion, since: Date | undefined): boolean {
  return since !== undefined && !(createdAt.getTime() <= since.getTime())
}

function judgeOne(one: UntaggedVersion, { rule, name }: CompiledRule, isLatest: boolean, now: Date): UntaggedVerdict {
  const age = ageOf(one.version, now)
  if (isLatest) return { keep: true, reason: `one of the ${rule.keepLatest} newest that ${name} matches` }
  if (rule.olderThanMs === null) return { keep: false, reason: `${name}: ${what(one)}` }
  if (age < rule.olderThanMs) return { keep: true, reason: youngReason(name, age, rule.olderThanMs) }
  return { keep: false, reason: `${name}: ${what(one)}, and is ${describeAge(age)} old` }
}

function what({ orphanOf }: UntaggedVersion): string {
  return orphanOf === null ? 'it has no tag and nothing needs it' : `it is an orphan of ${orphanOf}, which is not there`
}

function newestOf(untagged: readonly UntaggedVersion[], most: number | null, now: Date): number[] {
  if (most === null) return []
  const dated = untagged.map((one) => ({ ...one, age: ageOf(one.version, now) }))
  dated.sort((one, other) => one.age - other.age || (one.version.digest < other.version.digest ? -1 : 1))
  return dated.slice(0, most).map(({ node }) => node)
}
