/**
 * How fast sweeps write. GitHub bounds an installation to about 80 requests that create content a minute and 500 an hour,
 * and to 900 points a minute of which a write costs 5; whoever goes beyond is kept out for longer. Sweeps leave a part of that to
 * everything else. What they wait for is decided from what they wrote in the last hour.
 *
 * Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 */

/** What was, or is to be, written at once. */
export interface Writes {
  /** Comments, issues: what notifies people. */
  readonly content: number
  /** Everything that is written, content among it. */
  readonly all: number
}

export interface TimedWrites extends Writes {
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface PaceLimit extends Writes {
  readonly withinMs: number
}

export const PACE_LIMITS: readonly PaceLimit[] = [
  { withinMs: 60_000, content: 60, all: 140 },
  { withinMs: 3_600_000, content: 400, all: 4_000 },
]

/**
 * How long to wait, in milliseconds, until so much can be written beside what was written before. More at once than a limit allows
 * waits until nothing else counts.
 * @param history oldest first.
 */
export function waitToWrite(
  history: readonly TimedWrites[],
  wanted: Writes,
  now: number,
  limits: readonly PaceLimit[] = PACE_LIMITS,
): number {
  return Math.max(0, ...limits.map((limit) => waitWithin(history, wanted, now, limit)))
}

function waitWithin(history: readonly TimedWrites[], wanted: Writes, now: number, limit: PaceLimit): number {
  const counted = history.filter((one) => one.at > now - limit.withinMs)
  let content = counted.reduce((sum, one) => sum + one.content, 0)
  let all = counted.reduce((sum, one) => sum + one.all, 0)
  const fits = () => content + wanted.content <= limit.content && all + wanted.all <= limit.all
  let freeAt = now
  for (const one of counted) {
    if (fits()) break
    content -= one.content
    all -= one.all
    freeAt = one.at + limit.withinMs
  }
  return freeAt - now
}
