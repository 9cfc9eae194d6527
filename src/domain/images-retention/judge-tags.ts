/**
 * What becomes of each tag, seen by itself. What is in use and what `keep` names stays; of the others the first rule that is
 * about a tag decides, and what no rule is about stays. A rule keeps what any of its criteria keeps.
 */
import type { ImageRetentionConfig, ImageRetentionFacts, ImageVersion } from '../image-retention.ts'
import { formatDuration } from '../wording.ts'
import { type CompiledRule, compileTagGlobs, type MatchedTag, matchTag } from './match-rules.ts'
import { indexNamedThings, type NamedThings } from './named-things.ts'
import { decideSemverKeeps, type SemverKeeps } from './semver-keeps.ts'
import { referredDigest, type Version } from './tag-kinds.ts'

export type TagVerdict =
  | { readonly kind: 'keep'; readonly tag: string; readonly reason: string }
  | { readonly kind: 'go'; readonly tag: string; readonly reason: string }
  /** It stays as long as this digest. */
  | { readonly kind: 'follow'; readonly tag: string; readonly digest: string }

/** @returns the verdicts of each node's tags, in their order. */
export function judgeTags(
  nodes: readonly ImageVersion[],
  numberOf: ReadonlyMap<string, number>,
  facts: ImageRetentionFacts,
  config: Pick<ImageRetentionConfig, 'keep'> & { readonly rules: readonly CompiledRule[] },
): readonly (readonly TagVerdict[])[] {
  const things = indexNamedThings(facts)
  const isKept = compileTagGlobs(config.keep)
  const entries = new Map<CompiledRule, Entry[]>()
  const verdicts = nodes.map((version): TagVerdict[] => {
    const own: TagVerdict[] = []
    for (const [at, tag] of version.tags.entries()) {
      const reason = isInUse(tag, facts.inUse) ? 'it is in use' : isKept(tag) ? '`keep` names it' : null
      const digest = reason === null ? referredDigest(tag, numberOf) : null
      const matched = reason === null && digest === null ? matchTag(tag, config.rules, things) : null
      if (digest !== null) own.push({ kind: 'follow', tag, digest })
      else if (matched !== null && matched.rule !== null) {
        const entry = { version, matched, verdicts: own, at }
        const others = entries.get(matched.rule)
        if (others === undefined) entries.set(matched.rule, [entry])
        else others.push(entry)
        own.push(UNDECIDED)
      } else own.push({ kind: 'keep', tag, reason: reason ?? 'no rule is about it' })
    }
    return own
  })
  for (const [rule, list] of entries) judgeByRule(rule, list, things, facts.now)
  return verdicts
}

/** A commit that is in use is so with every suffix. */
function isInUse(tag: string, inUse: ReadonlySet<string>): boolean {
  if (inUse.has(tag)) return true
  const dash = tag.indexOf('-')
  return (dash === 7 || dash === 40) && /^[0-9a-f]+$/.test(tag.slice(0, dash)) && inUse.has(tag.slice(0, dash))
}

interface Entry {
  readonly version: ImageVersion
  readonly matched: MatchedTag
  /** Where its verdict goes. */
  readonly verdicts: TagVerdict[]
  readonly at: number
}

const UNDECIDED: TagVerdict = { kind: 'keep', tag: '', reason: '' }

function judgeByRule(compiled: CompiledRule, entries: readonly Entry[], things: NamedThings, now: Date): void {
  const { rule, name } = compiled
  const latest = new Set(rule.keepLatest === null ? [] : newest(entries, now).slice(0, rule.keepLatest))
  const semver = rule.keepSemver === null ? null : decideSemverKeeps(versionsOf(entries), rule.keepSemver)
  for (const entry of entries) {
    const { tag } = entry.matched
    const named = judgeNamed(entry.matched, compiled, things)
    const age = ageOf(entry.version, now)
    const kept =
      named?.keep ??
      (latest.has(entry) ? `one of the ${rule.keepLatest} newest tags that ${name} matches` : null) ??
      (semver === null ? null : keptBySemver(entry.matched, semver, name)) ??
      (rule.olderThanMs !== null && age < rule.olderThanMs ? youngReason(name, age, rule.olderThanMs) : null)
    entry.verdicts[entry.at] =
      kept === null
        ? { kind: 'go', tag, reason: `${name}: ${goReason(entry, compiled, named?.go ?? null, age)}` }
        : { kind: 'keep', tag, reason: kept }
  }
}

function* versionsOf(entries: readonly Entry[]): Generator<Version> {
  for (const { matched } of entries) if (matched.kind.kind === 'version') yield matched.kind.version
}

/** Newest first; of the same time by digest and tag, so that it is always the same. */
function newest(entries: readonly Entry[], now: Date): Entry[] {
  const dated = entries.map((entry) => ({ entry, age: ageOf(entry.version, now) }))
  dated.sort(
    (one, other) =>
      one.age - other.age ||
      compareText(one.entry.version.digest, other.entry.version.digest) ||
      compareText(one.entry.matched.tag, other.entry.matched.tag),
  )
  return dated.map(({ entry }) => entry)
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** Milliseconds; a time that is none is as young as can be. */
export function ageOf({ createdAt }: Pick<ImageVersion, 'createdAt'>, now: Date): number {
  const age = now.getTime() - createdAt.getTime()
  return Number.isNaN(age) ? Number.NEGATIVE_INFINITY : age
}

/** What the pull request or the branch of a tag says; null: the rule asks for none, or the tag names none. */
function judgeNamed(
  { tag, kind }: MatchedTag,
  { rule }: CompiledRule,
  things: NamedThings,
): { readonly keep: string | null; readonly go: string | null } | null {
  if (kind.kind === 'pull_request' && rule.pullRequests !== null) {
    const state = things.pullRequest(kind.number)
    if (state === 'closed') return { keep: null, go: `pull request #${kind.number} is closed` }
    return { keep: `pull request #${kind.number} is ${state === 'open' ? 'open' : 'not known'}`, go: null }
  }
  if (kind.kind === 'commit' && rule.pullRequests !== null) {
    const head = things.headOf(kind.sha)
    if (head?.state === 'closed') return { keep: null, go: `it is of pull request #${head.number}, which is closed` }
    return {
      keep: head === null ? 'its commit is not known' : `it is of pull request #${head.number}, which is open`,
      go: null,
    }
  }
  if ((kind.kind === 'name' || kind.kind === 'usual') && rule.branches !== null) {
    if (!things.knowsBranches) return { keep: 'no branches are known', go: null }
    const branch = things.branch(tag)
    return branch === null
      ? { keep: null, go: 'there is no such branch' }
      : { keep: `the branch ${branch} exists`, go: null }
  }
  return null
}

function keptBySemver({ kind }: MatchedTag, semver: SemverKeeps, name: string): string | null {
  if (kind.kind === 'version')
    return semver.keepsVersion(kind.version) ? `${name} keeps the version ${kind.version.version}` : null
  if (kind.kind !== 'line') return null
  const line = kind.minor === null ? String(kind.major) : `${kind.major}.${kind.minor}`
  const keeps = semver.keepsLine(kind.major, kind.minor)
  if (keeps === null) return `${name} knows no version of the line ${line}`
  return keeps ? `${name} keeps the line ${line}` : null
}

function goReason({ matched }: Entry, { rule }: CompiledRule, named: string | null, age: number): string {
  const isVersion = matched.kind.kind === 'version' || matched.kind.kind === 'line'
  const why = [
    ...(named === null ? [] : [named]),
    ...(rule.keepLatest === null ? [] : [`it is not one of the ${rule.keepLatest} newest`]),
    ...(rule.keepSemver !== null && isVersion ? ['its version is none of the newest'] : []),
    ...(rule.olderThanMs === null ? [] : [`it is ${describeAge(age)} old`]),
  ]
  return why.length === 0 ? 'it matches' : why.join(', and ')
}

export function youngReason(name: string, age: number, least: number): string {
  return `${name} is about what is ${describeAge(least)} old; it is ${age < 0 ? 'new' : `${describeAge(age)} old`}`
}

const DAY = 86_400_000

/** Whole days where there are any. */
export function describeAge(ms: number): string {
  if (ms < DAY) return formatDuration(ms)
  const days = Math.floor(ms / DAY)
  return days === 1 ? '1 day' : `${days} days`
}
