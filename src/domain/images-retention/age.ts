/** How old versions are, and how that is said. */
import type { ImageVersion } from '../image-retention.ts'
import { formatDuration } from '../wording.ts'

const DAY = 86_400_000

/** Milliseconds, less than 0 in the future; a time that is none is as young as can be. */
export function ageOf({ createdAt }: Pick<ImageVersion, 'createdAt'>, now: Date): number {
  const age = now.getTime() - createdAt.getTime()
  return Number.isNaN(age) ? Number.NEGATIVE_INFINITY : age
}

/** Whole days where there are any. */
export function describeAge(ms: number): string {
  if (ms < DAY) return formatDuration(ms)
  const days = Math.floor(ms / DAY)
  return days === 1 ? '1 day' : `${days} days`
}

/** Why a rule on older ones keeps it. */
export function youngReason(rule: string, age: number, least: number): string {
  return `${rule} is about what is ${describeAge(least)} old; it is ${age < 0 ? 'new' : `${describeAge(age)} old`}`
}
