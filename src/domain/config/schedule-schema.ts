/** When something is done again and again: cron with five fields, in UTC, as workflows of GitHub Actions have it. */
import { CronExpressionParser } from 'cron-parser'
import { z } from 'zod'
import { judged } from './value-schemas.ts'

const RULE = 'must be cron with five fields, such as "30 1 * * *"'
const HOUR = 3_600_000

export const schedule = judged(z.string(RULE), (text) => {
  if (text.trim().split(/\s+/).length !== 5) return RULE
  try {
    const expression = CronExpressionParser.parse(text, { tz: 'UTC', currentDate: new Date(0) })
    const times = expression.take(3).map((time) => time.getTime())
    const [first = 0, second = 0, third = 0] = times
    if (second - first < HOUR || third - second < HOUR)
      return 'is more often than once an hour, which nothing here needs'
    return null
  } catch {
    return RULE
  }
})
