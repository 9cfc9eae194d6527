/**
 * The tags of an image, by rules in the grammar of docker/metadata-action: every rule that applies to what is built
 * gives one tag, the rule of highest priority gives the version, and `latest` follows a version. Rules fill in a fixed
 * list of placeholders and match in linear time, since branches and tags are named by strangers and nothing that they
 * wrote may run or hang. Every tag that comes out is valid in a registry: what is not is repaired, or dropped, with a
 * warning.
 *
 * Unlike the action: placeholders are not escaped for HTML, a placeholder that does not exist is an error instead of
 * nothing, no tag appears twice, and the prefix of `latest` has its placeholders filled in too.
 *
 * Source: https://github.com/docker/metadata-action
 */

import type { BuildSubject } from './build-subject.ts'
import { quote } from './config/problem-wording.ts'
import { UsageError } from './errors.ts'
import { type EvaluationFacts, evaluateRule, globalValues } from './image-tags/evaluate-rule.ts'
import { endSentence } from './image-tags/fields.ts'
import { readImageNames } from './image-tags/image-names.ts'
import { type Flavor, readFlavor } from './image-tags/read-flavor.ts'
import { readRule, type TagRule } from './image-tags/read-rule.ts'
import { repairTag } from './image-tags/repair-tag.ts'
import { renderTemplate } from './image-tags/template.ts'

export { repairTag } from './image-tags/repair-tag.ts'

export interface ImageTags {
  /** What the tags call this version: the first tag; empty: there is none. */
  readonly version: string
  /** Without the image's name, each once, in order. */
  readonly tags: readonly string[]
  /** What was repaired, dropped or did not match, each a sentence. */
  readonly warnings: readonly string[]
}

/** Entries in the grammar of the inputs `tags` and `flavor` of docker/metadata-action. */
export interface TagRules {
  /** Empty: `DEFAULT_RULES`. */
  readonly rules: readonly string[]
  readonly flavor: readonly string[]
}

export interface RuleProblem {
  readonly in: 'rules' | 'flavor'
  readonly index: number
  /** What is wrong, as the end of a sentence about the entry. */
  readonly message: string
}

/** What the action does when it is given no rules. */
export const DEFAULT_RULES = [
  'type=schedule',
  'type=ref,event=branch',
  'type=ref,event=tag',
  'type=ref,event=pr',
] as const

/** An image with more rules is a mistake, and checking a configuration has to stay quick. */
export const MAX_RULES = 50

/** Throws `UsageError` when a rule cannot be evaluated, which `checkTagRules` would have said. */
export function decideTags(policy: TagRules, subject: BuildSubject, now: Date): ImageTags {
  const { rules, flavor, warnings } = readPolicy(policy)
  const facts = { subject, now }
  const names: string[] = []
  let latest: boolean | null = null
  for (const rule of rules) {
    const result = evaluateRule(rule, flavor, facts)
    if (result.warning !== null) warnings.push(result.warning)
    if (result.value === '') continue
    const { tag, warning } = repairTag(result.value)
    if (warning !== null) warnings.push(warning)
    if (tag === null) continue
    names.push(tag)
    latest ??= flavor.latest === 'auto' ? result.latest : flavor.latest === 'true'
  }
  if (latest === true) {
    const { tag, warning } = repairTag(latestName(flavor, facts))
    if (warning !== null) warnings.push(warning)
    if (tag !== null) names.push(tag)
  }
  return { version: names[0] ?? '', tags: [...new Set(names)], warnings: [...new Set(warnings)] }
}

/** The rules as they are evaluated: by priority, and within one in the order in which they were written. */
function readPolicy(policy: TagRules): { rules: TagRule[]; flavor: Flavor; warnings: string[] } {
  const texts = policy.rules.length === 0 ? DEFAULT_RULES : policy.rules
  const warnings: string[] = []
  const rules = texts.map((text) => {
    const read = readRule(text)
    if (!read.ok) throw new UsageError(endSentence(`The tag rule ${quote(text)} ${read.reasons[0]}`))
    for (const remark of read.remarks) warnings.push(endSentence(`The tag rule ${quote(text)} ${remark}`))
    return read.rule
  })
  const flavor = readFlavor(policy.flavor)
  const [wrong] = flavor.problems
  if (wrong !== undefined)
    throw new UsageError(endSentence(`The flavor ${quote(policy.flavor[wrong.index] ?? '')} ${wrong.message}`))
  return { rules: rules.sort((one, other) => other.priority - one.priority), flavor: flavor.flavor, warnings }
}

function latestName(flavor: Flavor, facts: EvaluationFacts): string {
  const values = globalValues(facts)
  const prefix = flavor.prefix !== null && flavor.prefixLatest ? renderTemplate(flavor.prefix, values) : ''
  const suffix = flavor.suffix !== null && flavor.suffixLatest ? renderTemplate(flavor.suffix, values) : ''
  return `${prefix}latest${suffix}`
}

/**
 * Full names: every image times every tag, image by image. `images` are in the grammar of the action's input: `org/app`,
 * `name=ghcr.io/org/app,enable=false`. Without an image that is switched on, the tags alone. Throws `UsageError`.
 */
export function nameTags(images: readonly string[], tags: Pick<ImageTags, 'tags'>): string[] {
  const names = readImageNames(images)
  if (names.length === 0) return [...tags.tags]
  return [...new Set(names.flatMap((name) => tags.tags.map((tag) => `${name}:${tag}`)))]
}

/** What is wrong with rules and flavor; `[]`: all of them can be evaluated. Never throws, and is quick whatever it gets. */
export function checkTagRules(policy: TagRules): readonly RuleProblem[] {
  const problems: RuleProblem[] = []
  for (const [index, text] of policy.rules.slice(0, MAX_RULES).entries()) {
    const read = readRule(text)
    for (const message of read.ok ? read.remarks : read.reasons) problems.push({ in: 'rules', index, message })
  }
  if (policy.rules.length > MAX_RULES) {
    const message = `comes after ${MAX_RULES} others, which are as many as an image may have; remove the rules that are not needed`
    problems.push({ in: 'rules', index: MAX_RULES, message })
  }
  const { problems: wrong } = readFlavor(policy.flavor)
  return [...problems, ...wrong.map(({ index, message }) => ({ in: 'flavor' as const, index, message }))]
}
