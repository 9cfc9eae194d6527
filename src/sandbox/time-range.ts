/** GitHub's search syntax for dates: `2026-01-01`, `>=2026-01-01T00:00:00Z`, `2026-01-01..2026-02-01`, `*..2026-02-01`. */

const DAY_MS = 86_400_000

/** First and last millisecond that a date or time stands for. */
function span(text: string): [number, number] {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text)
  const hasZone = isDay || /(?:Z|[+-]\d\d:?\d\d)$/i.test(text)
  const start = Date.parse(hasZone ? text : `${text}Z`)
  return [start, isDay ? start + DAY_MS - 1 : start + 999]
}

export function matchesCreated(at: Date, query: string): boolean {
  const time = at.getTime()
  const [from, to] = query.split('..')
  if (from !== undefined && to !== undefined) {
    return (from === '*' || time >= span(from)[0]) && (to === '*' || time <= span(to)[1])
  }
  const comparison = /^(>=|<=|>|<)?(.+)$/.exec(query)
  const [first, last] = span(comparison?.[2] ?? '')
  switch (comparison?.[1]) {
    case '>=':
      return time >= first
    case '>':
      return time > last
    case '<=':
      return time <= last
    case '<':
      return time < first
    default:
      return time >= first && time <= last
  }
}
