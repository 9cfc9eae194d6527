/**
 * Which rule decides about a tag: the first that is about it. A rule is about the tags that its globs match; one on pull
 * requests, branches, caches or versions only about those of them that name such. A rule that says of tags neither how many stay
 * nor how old they have to be is about no others.
 *
 * Which tags name branches nobody can know, only what has another form: the name of a pull request, a commit, a version or a
 * line of versions, `latest`, a cache. The globs of the rule say which of the others are branches; without globs it is all
 * but the usual names of something else, such as `nightly`, `production`, `alpine`.
 */
import { compileGlobs, type NameMatcher } from '../globs.ts'
import type { ImageRule } from '../image-retention.ts'
import type { NamedThings } from './named-things.ts'
import type { TagKind } from './tag-kinds.ts'

/** A rule that was made ready to be asked often. */
export interface CompiledRule {
  readonly rule: ImageRule
  /** `rule 2 (tags pr-*)`. */
  readonly name: string
  readonly globs: NameMatcher
  /** Whether the form of tags matters. */
  readonly isSelective: boolean
}

export function compileRules(rules: readonly ImageRule[]): CompiledRule[] {
  return rules.map((rule, index) => ({
    rule,
    name: `rule ${index + 1} (${describeRule(rule)})`,
    globs: compileTagGlobs(rule.tags),
    isSelective: rule.pullRequests !== null || rule.branches !== null || rule.buildcache || rule.keepSemver !== null,
  }))
}

/** The rule that decides about a tag; null: none is about it. */
export function matchRule(
  tag: string,
  kind: TagKind,
  rules: readonly CompiledRule[],
  things: NamedThings,
): CompiledRule | null {
  for (const rule of rules) if (isAbout(rule, tag, kind, things)) return rule
  return null
}

function isAbout({ rule, globs, isSelective }: CompiledRule, tag: string, kind: TagKind, things: NamedThings): boolean {
  if (rule.tags.length > 0 && !globs(tag)) return false
  if (!isSelective)
    return (rule.keepLatest !== null || rule.olderThanMs !== null) && (rule.tags.length > 0 || !rule.untagged)
  switch (kind.kind) {
    case 'pull_request':
      return rule.pullRequests !== null
    case 'commit':
      return rule.pullRequests !== null && things.headOf(kind.sha) !== null
    case 'version':
    case 'line':
      return rule.keepSemver !== null
    case 'buildcache':
      return rule.buildcache
    case 'moving':
      return false
    case 'usual':
      return rule.branches !== null && (rule.tags.length > 0 || things.branch(tag) !== null)
    case 'name':
      return rule.branches !== null
  }
}

/** What most globs are is found without walking through the tag: names, and a star between a beginning and an end. */
export function compileTagGlobs(patterns: readonly string[]): NameMatcher {
  if (patterns.some((pattern) => pattern.startsWith('!'))) return compileGlobs({ include: patterns })
  const names = new Set(patterns.filter((pattern) => /^[\w.-]*$/.test(pattern)))
  const others = patterns.filter((pattern) => !names.has(pattern)).map(compileTagGlob)
  return (tag) => names.has(tag) || others.some((matches) => matches(tag))
}

function compileTagGlob(pattern: string): NameMatcher {
  const matches = compileGlobs({ include: [pattern] })
  const [, start, end] = /^([\w.-]*)\*{1,2}([\w.-]*)$/.exec(pattern) ?? []
  if (start === undefined || end === undefined) return matches
  return (tag) => tag.length >= start.length + end.length && tag.startsWith(start) && tag.endsWith(end)
}

const MOST_GLOBS_SHOWN = 3

function describeRule(rule: ImageRule): string {
  const shown = rule.tags.slice(0, MOST_GLOBS_SHOWN).join(' ')
  const tags = rule.tags.length === 0 ? [] : [`tags ${shown}${rule.tags.length > MOST_GLOBS_SHOWN ? ' …' : ''}`]
  const about = [
    ...tags,
    ...(rule.pullRequests === null ? [] : ['pull requests']),
    ...(rule.branches === null ? [] : ['branches']),
    ...(rule.keepSemver === null ? [] : ['versions']),
    ...(rule.buildcache ? ['build caches'] : []),
    ...(rule.untagged ? ['untagged'] : []),
  ]
  return about.length === 0 ? 'all tags' : about.join(', ')
}
