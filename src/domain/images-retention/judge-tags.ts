/**
 * What becomes of each tag, seen by itself. What is in use and what `keep` names stays; of the others the first rule that is
 * about a tag decides, and what no rule is about stays. A rule keeps what any of its criteria keeps.
 */
import type { ImageRetentionConfig, ImageRetentionFacts, ImageVersion } from '../image-retention.ts'
import { ageOf, describeAge, youngReason } from './age.ts'
import { judgeNamed } from './judge-named.ts'
import { type CompiledRule, compileTagGlobs, matchRule } from './match-rules.ts'
import { indexNamedThings, type NamedThings } from './named-things.ts'
import { indexReleases } from './releases.ts'
import { decideSemverKeeps, type SemverKeeps } from './semver-keeps.ts'
import { classifyTag, commitOf, referredDigest, type TagKind, type Version } from './tag-kinds.ts'

export type TagVerdict =
  | { readonly kind: 'keep' | 'go'; readonly tag: string; readonly reason: string }
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
  const isInUse = compileInUse(facts.inUse)
  const isKept = compileTagGlobs(config.keep)
  const releaseOf = indexReleases(facts.released ?? [])
  const judgings = new Map<CompiledRule, Judging>()
  for (const rule of config.rules) judgings.set(rule, { rule, things, now: facts.now, entries: [], semver: null })
  const judgeTag = (version: ImageVersion, at: number, verdicts: TagVerdict[]): TagVerdict => {
    const tag = version.tags[at] ?? ''
    if (isInUse(tag)) return { kind: 'keep', tag, reason: 'it is in use' }
    const release = releaseOf(tag)
    if (release !== null) return { kind: 'keep', tag, reason: `it is of the release ${release}` }
    if (isKept(tag)) return { kind: 'keep', tag, reason: '`keep` names it' }
    const digest = referredDigest(tag, numberOf)
    if (digest !== null) return { kind: 'follow', tag, digest }
    const kind = classifyTag(tag)
    const rule = matchRule(tag, kind, config.rules, things)
    const judging = rule === null ? undefined : judgings.get(rule)
    if (judging === undefined) return { kind: 'keep', tag, reason: 'no rule is about it' }
    if (!comparesTags(judging.rule)) return judge(version, tag, kind, judging, false)
    judging.entries.push({ version, tag, kind, verdicts, at })
    return UNDECIDED
  }
  const verdicts = nodes.map((version) => {
    if (version.tags.length === 0) return NO_VERDICTS
    // Of its length from the start: an array that grows by itself takes many times the room.
    const own = new Array<TagVerdict>(version.tags.length).fill(UNDECIDED)
    for (let at = 0; at < own.length; at++) own[at] = judgeTag(version, at, own)
    return own
  })
  for (const judging of judgings.values()) judgeTogether(judging)
  return verdicts
}

const NO_VERDICTS: readonly TagVerdict[] = []
const UNDECIDED: TagVerdict = { kind: 'keep', tag: '', reason: '' }

/** A commit that is in use is so with every suffix. */
function compileInUse(inUse: ReadonlySet<string>): (tag: string) => boolean {
  const commits = new Set([...inUse].filter((one) => commitOf(one) === one))
  return (tag) => inUse.has(tag) || (commits.size > 0 && commits.has(commitOf(tag) ?? ''))
}

/** A tag of a version. */
interface Entry {
  readonly version: ImageVersion
  readonly tag: string
  readonly kind: TagKind
  /** Where its verdict goes. */
  readonly verdicts: TagVerdict[]
  readonly at: number
}

/** What the tags that one rule decides about are judged by. */
interface Judging {
  readonly rule: CompiledRule
  readonly things: NamedThings
  readonly now: Date
  /** Those that are judged together. */
  readonly entries: Entry[]
  readonly semver: SemverKeeps | null
}

/** Whether what becomes of one tag depends on the others that the rule is about. */
function comparesTags({ rule }: CompiledRule): boolean {
  return rule.keepLatest !== null || rule.keepSemver !== null
}

function judgeTogether(judging: Judging): void {
  const { entries, now } = judging
  const { keepLatest, keepSemver } = judging.rule.rule
  const latest = keepLatest === null ? null : new Set(newest(entries, now).slice(0, keepLatest))
  const semver = keepSemver === null ? null : decideSemverKeeps(versionsOf(entries), keepSemver)
  const compared = { ...judging, semver }
  for (const entry of entries)
    entry.verdicts[entry.at] = judge(entry.version, entry.tag, entry.kind, compared, latest?.has(entry) ?? false)
}

function judge(version: ImageVersion, tag: string, kind: TagKind, judging: Judging, isLatest: boolean): TagVerdict {
  const { rule, name } = judging.rule
  const named = judgeNamed(tag, kind, rule, judging.things)
  if (named?.keep === true) return { kind: 'keep', tag, reason: named.reason }
  if (isLatest) return { kind: 'keep', tag, reason: `one of the ${rule.keepLatest} newest tags that ${name} matches` }
  const kept = judging.semver === null ? null : keptBySemver(kind, judging.semver, name)
  if (kept !== null) return { kind: 'keep', tag, reason: kept }
  const age = ageOf(version, judging.now)
  if (rule.olderThanMs !== null && age < rule.olderThanMs)
    return { kind: 'keep', tag, reason: youngReason(name, age, rule.olderThanMs) }
  return { kind: 'go', tag, reason: `${name}: ${whyItGoes(kind, rule, named?.reason ?? '', age)}` }
}

function* versionsOf(entries: readonly Entry[]): Generator<Version> {
  for (const { kind } of entries) if (kind.kind === 'version') yield kind.version
}

/** Newest first; of the same time by tag and digest, so that it is always the same, also where a tag names a copy. */
function newest(entries: readonly Entry[], now: Date): Entry[] {
  return entries.toSorted(
    (one, other) =>
      compare(ageOf(one.version, now), ageOf(other.version, now)) ||
      compare(one.tag, other.tag) ||
      compare(one.version.digest, other.version.digest),
  )
}

function compare<Value extends string | number>(one: Value, other: Value): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function keptBySemver(kind: TagKind, semver: SemverKeeps, name: string): string | null {
  if (kind.kind === 'version')
    return semver.keepsVersion(kind.version) ? `${name} keeps the version ${kind.version.version}` : null
  if (kind.kind !== 'line') return null
  const line = kind.minor === null ? String(kind.major) : `${kind.major}.${kind.minor}`
  const keeps = semver.keepsLine(kind.major, kind.minor)
  if (keeps === null) return `${name} knows no version of the line ${line}`
  return keeps ? `${name} keeps the line ${line}` : null
}

/** @param named what its pull request or branch says; empty: nothing. */
function whyItGoes(kind: TagKind, rule: CompiledRule['rule'], named: string, age: number): string {
  const isVersion = kind.kind === 'version' || kind.kind === 'line'
  let why = named
  if (rule.keepLatest !== null) why = join(why, `it is not one of the ${rule.keepLatest} newest`)
  if (rule.keepSemver !== null && isVersion) why = join(why, 'its version is none of the newest')
  if (rule.olderThanMs !== null) why = join(why, `it is ${describeAge(age)} old`)
  return why === '' ? 'it matches' : why
}

function join(why: string, more: string): string {
  return why === '' ? more : `${why}, and ${more}`
}
