/**
 * Checks a configuration against its schema and says what is wrong in whole sentences: which key, what it must be, what
 * it is instead, and for an unknown key the one that was probably meant. A value that may be of several shapes is judged
 * by the one that it comes nearest to.
 */

import type { z } from 'zod'
import { configJsonSchema, configSchema, type JsonSchema } from '../config-schema.ts'
import { type KeyPath, valueAt } from './key-path.ts'
import { describeValue, didYouMean, keyName, quote } from './problem-wording.ts'

/** Something in the shape of a value that is wrong, said as a whole sentence. */
export interface ShapeProblem {
  readonly path: KeyPath
  readonly message: string
  /** Whether the key is what is wrong, rather than its value. */
  readonly onKey: boolean
}

/** All that is wrong with the shape of a configuration. */
export function shapeProblems(value: unknown): ShapeProblem[] {
  const result = configSchema.safeParse(value, { error: expectation })
  return (result.error?.issues ?? []).flatMap((issue) => phrase(issue, value, []))
}

/** What a value must be, where the schema itself does not say it. */
function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${issue.values
        .map((option) => JSON.stringify(option))
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1')}`
    default:
      return 'is not what is expected here'
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
}

function phrase(issue: z.core.$ZodIssue, root: unknown, prefix: KeyPath): ShapeProblem[] {
  const path = [...prefix, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))]
  const actual = valueAt(root, path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, path), onKey: true }))
    case 'invalid_key':
      return [{ path, message: `the key ${quote(path.at(-1))} ${issue.issues[0]?.message}`, onKey: true }]
    case 'custom':
      return [{ path, message: `${keyName(path)} ${issue.message}`, onKey: false }]
    case 'invalid_union': {
      const fitting = issue.errors.filter((branch) => !branch.some((nested) => isWrongTypeOfItself(nested, actual)))
      const [only] = fitting
      if (only !== undefined && fitting.length === 1) return only.flatMap((nested) => phrase(nested, root, path))
    }
  }
  if (actual === undefined) return [missingKey(path, issue.message)]
  const message = `${keyName(path)} ${issue.message}, but it is ${describeValue(actual)}`
  return [{ path, message, onKey: false }]
}

function missingKey(path: KeyPath, rule: string): ShapeProblem {
  const parent = path.slice(0, -1)
  const message = `${keyName(parent)} has no ${quote(path.at(-1))}, which ${rule}`
  return { path: parent, message, onKey: true }
}

function isWrongTypeOfItself(issue: z.core.$ZodIssue, actual: unknown): boolean {
  if (issue.path.length > 0) return false
  // Only a text comes near to a choice of words.
  if (issue.code === 'invalid_value') return typeof actual !== 'string'
  return issue.code === 'invalid_type' || issue.code === 'invalid_union'
}

let jsonSchema: JsonSchema | undefined

function unknownKey(key: string, path: KeyPath): string {
  // Made when the first key is unknown: most configurations have none, and a command should not wait for it.
  jsonSchema ??= configJsonSchema()
  const known = knownKeys(jsonSchema, path)
  const remedy = known.length === 0 ? 'it takes no keys' : didYouMean(key, known, 'it takes', known.length)
  return `${keyName(path)} has an unknown key ${quote(key)}; ${remedy}`
}

function knownKeys(schema: JsonSchema, path: KeyPath): string[] {
  const [step, ...rest] = path
  const options = [schema, ...(schema.anyOf ?? [])]
  if (step === undefined) return options.flatMap((option) => Object.keys(option.properties ?? {}))
  return options.flatMap((option) => {
    const { additionalProperties: others } = option
    const next =
      typeof step === 'number'
        ? option.items
        : (option.properties?.[step] ?? (typeof others === 'object' ? others : undefined))
    return next === undefined ? [] : knownKeys(next, rest)
  })
}
