/**
 * One tag rule, read and checked before anything is known of what is built. What a rule cannot be evaluated without, or
 * cannot be evaluated with, is a reason to refuse it; what has no effect is a remark. Every rule that was read gives a tag
 * or none for anything that is built, and never an error.
 */

import { didYouMean, quote } from '../config/problem-wording.ts'
import { readAttribute, readFields } from './fields.ts'
import { type RuleAttributes, ruleAttributes } from './rule-attributes.ts'
import { MAX_GROUP, type SafePattern } from './safe-pattern.ts'
import { GLOBAL_PLACEHOLDERS, SCHEDULE_PLACEHOLDERS, type Template, VERSION_PLACEHOLDERS } from './template.ts'

export const RULE_TYPES = ['schedule', 'semver', 'pep440', 'match', 'edge', 'ref', 'raw', 'sha'] as const
export type RuleType = (typeof RULE_TYPES)[number]

/** Which rule comes first when nothing else is said. */
const PRIORITIES: Readonly<Record<RuleType, number>> = {
  schedule: 1000,
  semver: 900,
  pep440: 900,
  match: 800,
  edge: 700,
  ref: 600,
  raw: 200,
  sha: 100,
}

const REF_EVENTS = ['branch', 'tag', 'pr'] as const
const EVERY_KEY = 'type enable priority prefix suffix pattern value match group branch event format'.split(' ')

interface RuleBase {
  /** As it was written. */
  readonly text: string
  readonly priority: number
  readonly enable: boolean | 'default_branch' | 'not_default_branch'
  /** Null: the flavor's. */
  readonly prefix: Template | null
  readonly suffix: Template | null
}

/** What a rule works on instead of the tag that is built; null: that tag. */
type Value = { readonly value: Template | null }

export type TagRule = RuleBase &
  (
    | { readonly type: 'schedule'; readonly pattern: Template }
    /** `match`: the version is its first group; null: the whole. */
    | ({ readonly type: 'semver' | 'pep440'; readonly pattern: Template; readonly match: SafePattern | null } & Value)
    | ({ readonly type: 'match'; readonly pattern: SafePattern; readonly group: number } & Value)
    /** `branch`: empty: the default branch. */
    | { readonly type: 'edge'; readonly branch: string }
    | { readonly type: 'ref'; readonly event: (typeof REF_EVENTS)[number] }
    | { readonly type: 'raw'; readonly content: Template }
    | { readonly type: 'sha'; readonly format: 'short' | 'long' }
  )

export type ReadRule =
  | { readonly ok: true; readonly rule: TagRule; readonly remarks: readonly string[] }
  /** Each as the end of a sentence about the rule; at least one. */
  | { readonly ok: false; readonly reasons: readonly string[] }

export function readRule(text: string): ReadRule {
  const read = readFields(text)
  if (!read.ok) return { ok: false, reasons: [read.reason] }
  const pairs = read.fields.map(readAttribute).map(({ key, value }) => [key === '' ? 'value' : key, value] as const)
  const attributes = ruleAttributes(new Map(pairs))
  for (const [key] of pairs)
    if (!EVERY_KEY.includes(key))
      attributes.remark(`has the attribute ${quote(key)}, which is ignored; ${didYouMean(key, EVERY_KEY, 'there are')}`)
  const type = attributes.choice('type', RULE_TYPES, 'raw')
  const { reasons, remarks } = attributes
  const rule = reasons.length > 0 ? null : readOfType(type, text, attributes)
  return reasons.length > 0 || rule === null ? { ok: false, reasons } : { ok: true, rule, remarks }
}

/** Null: it was refused. */
function readOfType(type: RuleType, text: string, attributes: RuleAttributes): TagRule | null {
  const base: RuleBase = {
    text,
    priority: readPriority(type, attributes),
    enable: readEnable(attributes),
    prefix: attributes.template('prefix', GLOBAL_PLACEHOLDERS),
    suffix: attributes.template('suffix', GLOBAL_PLACEHOLDERS),
  }
  switch (type) {
    case 'schedule': {
      const pattern = attributes.template('pattern', SCHEDULE_PLACEHOLDERS)
      return { ...base, type, pattern: pattern ?? [{ kind: 'text', text: 'nightly' }] }
    }
    case 'semver':
    case 'pep440':
      return readVersion(type, base, attributes)
    case 'match':
      return readMatch(base, attributes)
    case 'edge':
      return { ...base, type, branch: attributes.get('branch') ?? '' }
    case 'ref': {
      if (attributes.get('event') === undefined)
        return attributes.refuse('has no event; write event=branch, event=tag or event=pr', null)
      const event = attributes.choice('event', REF_EVENTS, 'branch')
      return { ...base, type, event, prefix: base.prefix ?? (event === 'pr' ? asText('pr-') : null) }
    }
    case 'raw': {
      if (attributes.get('value') === undefined)
        return attributes.refuse('has no value; write value= and the tag', null)
      return { ...base, type, content: attributes.template('value', GLOBAL_PLACEHOLDERS) ?? [] }
    }
    case 'sha': {
      const format = attributes.choice('format', ['short', 'long'], 'short')
      return { ...base, type, format, prefix: base.prefix ?? asText('sha-') }
    }
  }
}

function asText(text: string): Template {
  return [{ kind: 'text', text }]
}

function readPriority(type: RuleType, attributes: RuleAttributes): number {
  const text = attributes.get('priority')
  if (text === undefined) return PRIORITIES[type]
  if (/^-?\d{1,9}(?:\.\d{1,9})?$/.test(text)) return Number(text)
  return attributes.refuse(`has priority=${quote(text)}, which is no number`, 0)
}

/** Only what is always true or false may decide, so that no branch's name makes a rule fail later. */
function readEnable(attributes: RuleAttributes): RuleBase['enable'] {
  const text = attributes.get('enable')
  if (text === undefined || text === 'true') return true
  if (text === 'false') return false
  const name = /^\{\{\{?\s*is_(?<name>(?:not_)?default_branch)\s*\}?\}\}$/.exec(text)?.groups?.name
  if (name === 'default_branch' || name === 'not_default_branch') return name
  return attributes.refuse(
    `has enable=${quote(text)}; write true, false, {{is_default_branch}} or {{is_not_default_branch}}`,
    false,
  )
}

function readValue(attributes: RuleAttributes): Template | null {
  return attributes.get('value') === '' ? null : attributes.template('value', GLOBAL_PLACEHOLDERS)
}

function readVersion(type: 'semver' | 'pep440', base: RuleBase, attributes: RuleAttributes): TagRule | null {
  if (attributes.get('pattern') === undefined)
    return attributes.refuse('has no pattern; write pattern={{version}} or pattern={{major}}.{{minor}}', null)
  const pattern = attributes.template('pattern', VERSION_PLACEHOLDERS) ?? []
  const match = (attributes.get('match') ?? '') === '' ? null : attributes.pattern('match', false)
  if (match?.groups === 0)
    return attributes.refuse(`has match=${quote(match.source)} without a group; put the version in parentheses`, null)
  return { ...base, type, pattern, match, value: readValue(attributes) }
}

function readMatch(base: RuleBase, attributes: RuleAttributes): TagRule | null {
  if (attributes.get('pattern') === undefined)
    return attributes.refuse('has no pattern; write pattern= and a regular expression', null)
  const pattern = attributes.pattern('pattern', true)
  const group = attributes.get('group') ?? '0'
  if (!/^\d{1,2}$/.test(group) || Number(group) > MAX_GROUP)
    return attributes.refuse(`has group=${quote(group)}, which is no number from 0 to ${MAX_GROUP}`, null)
  if (pattern === null) return null
  if (!pattern.global && Number(group) > pattern.groups)
    attributes.remark(
      `has group=${group}, and its pattern has ${pattern.groups || 'no'} groups, so that it makes no tag`,
    )
  return { ...base, type: 'match', pattern, group: Number(group), value: readValue(attributes) }
}
