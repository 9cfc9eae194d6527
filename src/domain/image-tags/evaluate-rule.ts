/**
 * What one rule makes of what is built: a text that becomes a tag, or nothing when the rule is about something else. Only
 * tags of Git make versions, unless the rule brings a value of its own. A pre-release is never shortened, because `1.2`
 * must not move to `1.2.0-rc.1`.
 */

import parseSemver from 'semver/functions/parse.js'
import type { BuildSubject } from '../build-subject.ts'
import { quote } from '../config/problem-wording.ts'
import { shortSha } from '../wording.ts'
import { formatDate } from './format-date.ts'
import { readPythonVersion } from './pep440.ts'
import type { Flavor } from './read-flavor.ts'
import type { TagRule } from './read-rule.ts'
import {
  type GlobalPlaceholder,
  isRawAlone,
  type PlaceholderValues,
  renderTemplate,
  type Template,
  type VersionPlaceholder,
} from './template.ts'

export interface EvaluationFacts {
  readonly subject: BuildSubject
  readonly now: Date
}

export interface Evaluation {
  /** Not yet a valid tag; empty: the rule makes none. */
  readonly value: string
  /** Whether `latest` goes with this tag when the flavor leaves it to the rule. */
  readonly latest: boolean
  /** A sentence; null: nothing to say. */
  readonly warning: string | null
}

/** Events that GitHub only raises for the last commit of the default branch. */
const DEFAULT_BRANCH_EVENTS = ['create', 'discussion', 'issues', 'schedule']

const NOTHING: Evaluation = { value: '', latest: false, warning: null }
const nothing = (warning: string): Evaluation => ({ ...NOTHING, warning })

export function evaluateRule(rule: TagRule, flavor: Flavor, facts: EvaluationFacts): Evaluation {
  if (!isEnabled(rule, facts.subject)) return NOTHING
  const made = makeValue(rule, facts)
  if (made === null) return NOTHING
  if (made.warning !== null) return made
  const values = globalValues(facts)
  const prefix = rule.prefix ?? flavor.prefix ?? []
  const suffix = rule.suffix ?? flavor.suffix ?? []
  return { ...made, value: `${renderTemplate(prefix, values)}${made.value}${renderTemplate(suffix, values)}` }
}

/** What `GLOBAL_PLACEHOLDERS` stand for. */
export function globalValues({ subject, now }: EvaluationFacts): PlaceholderValues {
  const values: Record<GlobalPlaceholder, (format: string, timeZone: string) => string> = {
    branch: () => afterPrefix(subject.ref, 'refs/heads/') ?? '',
    tag: () => tagOf(subject) ?? '',
    sha: () => shortSha(subject.sha),
    base_ref: () => baseRefOf(subject),
    is_default_branch: () => String(isDefaultBranch(subject)),
    is_not_default_branch: () => String(!isDefaultBranch(subject)),
    date: (format, timeZone) => formatDate(now, format, timeZone),
    commit_date: (format, timeZone) => formatDate(subject.commitDate ?? now, format, timeZone),
  }
  return values
}

function isEnabled(rule: TagRule, subject: BuildSubject): boolean {
  if (typeof rule.enable === 'boolean') return rule.enable
  return isDefaultBranch(subject) === (rule.enable === 'default_branch')
}

function isDefaultBranch({ ref, event, defaultBranch }: BuildSubject): boolean {
  const branch = afterPrefix(ref, 'refs/heads/') ?? ref
  if (branch === '') return false
  return branch === defaultBranch || DEFAULT_BRANCH_EVENTS.some((name) => event.includes(name))
}

function baseRefOf({ ref, baseRef, pullRequest }: BuildSubject): string {
  if (ref.startsWith('refs/tags/')) return afterPrefix(baseRef, 'refs/heads/') ?? baseRef
  return ref.startsWith('refs/pull/') ? (pullRequest?.baseRef ?? baseRef) : ''
}

function tagOf(subject: BuildSubject): string | null {
  return afterPrefix(subject.ref, 'refs/tags/')
}

function afterPrefix(text: string, prefix: string): string | null {
  return text.startsWith(prefix) ? text.slice(prefix.length) : null
}

/** Null: the rule is about something else than what is built. */
function makeValue(rule: TagRule, facts: EvaluationFacts): Evaluation | null {
  const { subject } = facts
  const plain = (value: string | null): Evaluation | null => (value === null ? null : { ...NOTHING, value })
  switch (rule.type) {
    case 'schedule':
      return plain(subject.event.includes('schedule') ? renderTemplate(rule.pattern, globalValues(facts)) : null)
    case 'semver':
    case 'pep440':
      return makeVersion(rule, facts)
    case 'match':
      return makeMatch(rule, facts)
    case 'edge': {
      const branch = afterPrefix(subject.ref, 'refs/heads/')
      const edge = rule.branch || subject.defaultBranch
      if (branch !== null && edge === '')
        return nothing(
          `The tag rule ${quote(rule.text)} makes no tag: the default branch is not known; write branch= and its name.`,
        )
      return plain(branch !== null && branch === edge ? 'edge' : null)
    }
    case 'ref':
      return makeRef(rule.event, subject)
    case 'raw':
      return plain(renderTemplate(rule.content, globalValues(facts)))
    case 'sha':
      if (subject.sha === '') return null
      return plain(rule.format === 'short' ? shortSha(subject.sha) : subject.sha)
  }
}

function makeRef(event: 'branch' | 'tag' | 'pr', subject: BuildSubject): Evaluation | null {
  const prefix = { branch: 'refs/heads/', tag: 'refs/tags/', pr: 'refs/pull/' }[event]
  const name = afterPrefix(subject.ref, prefix)
  if (name === null) return null
  return { value: event === 'pr' ? name.replace(/\/merge$/, '') : name, latest: event === 'tag', warning: null }
}

/** The text that a rule about versions works on: its own value, or else the tag that is built; null: neither. */
function sourceOf(value: Template | null, facts: EvaluationFacts): string | null {
  return value === null ? tagOf(facts.subject) : renderTemplate(value, globalValues(facts))
}

function makeMatch(rule: TagRule & { type: 'match' }, facts: EvaluationFacts): Evaluation | null {
  const source = sourceOf(rule.value, facts)
  if (source === null) return null
  const value = rule.pattern.find(source, rule.group)
  if (value === null) return nothing(`The pattern ${quote(rule.pattern.source)} does not match ${quote(source)}.`)
  if (value === undefined)
    return nothing(`The pattern ${quote(rule.pattern.source)} has no group ${rule.group} in ${quote(source)}.`)
  return { value, latest: true, warning: null }
}

function makeVersion(rule: TagRule & { type: 'semver' | 'pep440' }, facts: EvaluationFacts): Evaluation | null {
  const whole = sourceOf(rule.value, facts)
  if (whole === null) return null
  const source = (rule.match?.find(whole, 1) ?? whole).replaceAll('/', '-')
  const version = rule.type === 'semver' ? readSemver(source) : readPep440(source)
  if (version === null) {
    const scheme = rule.type === 'semver' ? 'semantic version (https://semver.org)' : 'version of PEP 440'
    return nothing(`${quote(source)} is no ${scheme}, so that the tag rule ${quote(rule.text)} makes no tag.`)
  }
  const { values, released } = version
  const keeps = released || isRawAlone(rule.pattern)
  return { value: keeps ? renderTemplate(rule.pattern, values) : values.version(), latest: released, warning: null }
}

interface Version {
  readonly values: Readonly<Record<VersionPlaceholder, () => string>>
  /** Neither a pre-release nor the like, which are not shortened and are not the latest. */
  readonly released: boolean
}

function readSemver(text: string): Version | null {
  const version = parseSemver(text)
  if (version === null) return null
  const values = {
    raw: () => version.raw,
    version: () => version.version,
    major: () => String(version.major),
    minor: () => String(version.minor),
    patch: () => String(version.patch),
  }
  return { values, released: version.prerelease.length === 0 }
}

function readPep440(text: string): Version | null {
  const version = readPythonVersion(text)
  if (version === null) return null
  const [major = '0', minor = '0', patch = '0'] = version.release
  const values = {
    raw: () => text,
    version: () => version.normal,
    major: () => major,
    minor: () => minor,
    patch: () => patch,
  }
  return { values, released: version.final }
}
