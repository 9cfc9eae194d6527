/**
 * The attributes of one rule, each read as what it has to be. What is wrong with one is noted and something harmless
 * stands in for it, so that reading goes on and every fault of a rule is found at once. Nothing is decided here.
 */

import { didYouMean, quote } from '../config/problem-wording.ts'
import { parsePattern, type SafePattern } from './safe-pattern.ts'
import { parseTemplate, type Template } from './template.ts'

export interface RuleAttributes {
  /** What makes the rule unusable, each as the end of a sentence about it. */
  readonly reasons: readonly string[]
  /** What has no effect, likewise. */
  readonly remarks: readonly string[]
  get(key: string): string | undefined
  /** Notes the reason; `instead` stands in. */
  refuse<T>(reason: string, instead: T): T
  remark(remark: string): void
  choice<T extends string>(key: string, choices: readonly T[], fallback: T): T
  /** Null: the attribute is not there, or wrong. */
  template(key: string, placeholders: readonly string[]): Template | null
  /** `delimited`: whether it may be `/expression/flags`. Null: wrong. */
  pattern(key: string, delimited: boolean): SafePattern | null
}

export function ruleAttributes(values: ReadonlyMap<string, string>): RuleAttributes {
  const reasons: string[] = []
  const remarks: string[] = []
  const refuse = <T>(reason: string, instead: T): T => {
    reasons.push(reason)
    return instead
  }
  return {
    reasons,
    remarks,
    refuse,
    get: (key) => values.get(key),
    remark: (remark) => void remarks.push(remark),
    choice: (key, choices, fallback) => {
      const value = values.get(key)
      if (value === undefined) return fallback
      const found = choices.find((choice) => choice === value)
      return found ?? refuse(`has ${key}=${quote(value)}; ${didYouMean(value, choices, 'there are')}`, fallback)
    },
    template: (key, placeholders) => {
      const text = values.get(key)
      if (text === undefined) return null
      const parsed = parseTemplate(text, placeholders)
      return parsed.ok ? parsed.template : refuse(parsed.reason, null)
    },
    pattern: (key, delimited) => {
      const parsed = parsePattern(values.get(key) ?? '', { delimited })
      return parsed.ok ? parsed.pattern : refuse(parsed.reason, null)
    },
  }
}
