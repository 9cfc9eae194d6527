/** When something is done again and again: cron with five fields, in UTC, as workflows of GitHub Actions have it. */
import { CronExpressionParser } from 'cron-parser'
import { z } from 'zod'
import { judged } from './value-schemas.ts'

const RULE = 'must be cron with five fields, such as "30 1 * * *"'
const HOUR = 3_600_000

/** What GitHub's own schedules take; the parser knows more, such as times by chance. */
const FIELD = /^[\d*,/-]+$/
const NAMED_FIELD = /^(?:[\d*,/-]|[A-Za-z]{3}(?![A-Za-z]))+$/

/** Minute, hour, day of the month, month, day of the week; null: it is no such expression. */
export function cronFields(text: string): readonly string[] | null {
  const fields = text.trim().split(/\s+/)
  const isCron =
    text.length <= 100 &&
    fields.length === 5 &&
    fields.every((field, index) => (index < 3 ? FIELD : NAMED_FIELD).test(field)) &&
    nextTimes(text) !== null
  return isCron ? fields : null
}

export const schedule = judged(z.string(RULE), (text) => {
  const times = cronFields(text) === null ? null : nextTimes(text)
  if (times === null) return RULE
  const [first = 0, second = 0, third = 0] = times
  return second - first < HOUR || third - second < HOUR
    ? 'is more often than once an hour, which nothing here needs'
    : null
})

/** The first three ever; two that are less than an hour apart are always among them. */
function nextTimes(text: string): number[] | null {
  try {
    const expression = CronExpressionParser.parse(text, { tz: 'UTC', currentDate: new Date(0) })
    return expression.take(3).map((time) => time.getTime())
  } catch {
    return null
  }
}
