/**
 * The kinds of values that the keys of a configuration share: names, durations, patterns, references to jobs. A rule
 * ends a sentence about the key that holds the value, so that each is worded once wherever it is broken.
 */

import { z } from 'zod'
import { checkGlob, checkGlobList } from '../globs.ts'

export const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/
const NAME_RULE =
  'must be a name of at most 100 letters, digits, "_", "." and "-" that begins with a letter, a digit or "_"'
/** As GitHub has it for the inputs and the matrix of a workflow; without a dot, which separates an axis from a field. */
export const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/
export const IDENTIFIER_RULE =
  'must be a name of at most 100 letters, digits, "_" and "-" that begins with a letter or "_"'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
export const DURATION = /^(?=\d)(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/
const DURATION_RULE = 'must be a duration with its unit, such as "90s", "60m", "1h30m" or "2d"'

/** Milliseconds of `5s`, `60m`, `1h30m` or `2d`; null: not a duration. */
export function parseDuration(text: string): number | null {
  const match = DURATION.exec(text)
  if (match === null) return null
  const [days, hours, minutes, seconds] = match.slice(1).map((digits) => Number(digits ?? 0))
  return (days ?? 0) * DAY + (hours ?? 0) * HOUR + (minutes ?? 0) * MINUTE + (seconds ?? 0) * SECOND
}

/** Adds a check whose message ends a sentence about the key that holds the value; null: nothing is wrong. */
export function judged<Schema extends z.ZodType>(
  schema: Schema,
  judge: (value: z.output<Schema>) => string | null,
): Schema {
  return schema.check((context) => {
    // What is wrong already would only have follow-on problems.
    const message = context.issues.length > 0 ? null : judge(context.value)
    if (message !== null) context.issues.push({ code: 'custom', message, input: context.value })
  })
}

/** The name of a check run, which is the same for every commit. */
export const checkName = (most: number) =>
  judged(z.string('must be the name of a check, such as "All Tests Passed"'), (text) => {
    if (!/^\S(?:.*\S)?$/u.test(text) || /\p{Cc}/u.test(text) || [...text].length > most) {
      return `must be 1 to ${most} characters in one line, without spaces around them`
    }
    return text.includes('${{') ? 'must be the same for every run, so it cannot hold "${{"' : null
  })

export const name = z.string().regex(NAME, NAME_RULE)
export const identifier = z.string().regex(IDENTIFIER, IDENTIFIER_RULE)

/** Text that becomes part of a name. */
export const shownText = judged(z.string(), (text) =>
  /\p{Cc}/u.test(text) ? 'holds a control character, which no name can show' : null,
)

export function duration(bounds: { least: string; most: string }) {
  const [least, most] = [parseDuration(bounds.least) ?? 0, parseDuration(bounds.most) ?? 0]
  return judged(z.string(DURATION_RULE).regex(DURATION, DURATION_RULE), (text) => {
    const length = parseDuration(text)
    if (length === null || (length >= least && length <= most)) return null
    return `must be from ${bounds.least} to ${bounds.most}, but it is ${text}`
  })
}

const pattern = { title: 'pattern' }
export const globs = (what: string) =>
  z.array(judged(z.string(), checkGlob).meta(pattern), `must be a list of patterns, such as ${what}`)

/** Patterns where order matters, because a `!` takes away from those before it. */
export const orderedGlobs = (what: string) =>
  judged(
    z.array(
      judged(z.string(), (text) => checkGlob(text.replace(/^!(?!\()/, ''))).meta(pattern),
      `must be a list of patterns, such as ${what}`,
    ),
    checkGlobList,
  )

/** One or several jobs. */
export const needs = (what: string) =>
  z.union([name, z.array(name)], `must be the name of a job or a list of them, such as ${what}`)
