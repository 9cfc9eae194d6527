/**
 * Dates in the format language of moment, which tag rules are written in: `YYYYMMDD-HHmmss`. Months and weekdays are
 * English. What is in square brackets, after a backslash, or no token stays as it is.
 *
 * Source: https://momentjs.com/docs/#/displaying/format/
 */

const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** The time zone has passed `isTimeZone`. */
export function formatDate(date: Date, format: string, timeZone: string): string {
  const offset = offsetMinutes(date, timeZone)
  const clock: Clock = { date, offset, local: new Date(date.getTime() + offset * MINUTE_MS) }
  let text = ''
  let at = 0
  while (at < format.length) {
    const bracket = format[at] === '[' ? format.indexOf(']', at) : -1
    if (bracket !== -1) {
      text += format.slice(at + 1, bracket)
      at = bracket + 1
      continue
    }
    const escaped = format[at] === '\\'
    const token = tokenAt(format, escaped ? at + 1 : at)
    const fill = TOKENS[token]
    text += escaped || fill === undefined ? token : fill(clock)
    at += token.length + (escaped ? 1 : 0)
  }
  return text
}

interface Clock {
  readonly date: Date
  /** East of UTC. */
  readonly offset: number
  /** What its UTC methods say is the time on the zone's own clocks. */
  readonly local: Date
}

function offsetMinutes(date: Date, timeZone: string): number {
  if (timeZone === 'UTC') return 0
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(date)
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes] = /^GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0))
}

const pad = (number: number, width = 2) => String(number).padStart(width, '0')
const month = ({ local }: Clock) => local.getUTCMonth()
const day = ({ local }: Clock) => local.getUTCDate()
const weekday = ({ local }: Clock) => local.getUTCDay()
const year = ({ local }: Clock) => local.getUTCFullYear()
const hour = ({ local }: Clock) => local.getUTCHours()
const hour12 = (clock: Clock) => hour(clock) % 12 || 12
const isoWeekday = (clock: Clock) => weekday(clock) || 7
const quarter = (clock: Clock) => Math.floor(month(clock) / 3) + 1

function dayOfYear(local: Date): number {
  return Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 1)) / DAY_MS) + 1
}

/** The day that decides which year a week belongs to: its Thursday in ISO 8601, its Saturday in the United States. */
const isoDecider = (clock: Clock) => new Date(clock.local.getTime() + (4 - isoWeekday(clock)) * DAY_MS)
const localDecider = (clock: Clock) => new Date(clock.local.getTime() + (6 - weekday(clock)) * DAY_MS)
const weekOf = (decider: Date) => Math.ceil(dayOfYear(decider) / 7)

function ordinal(number: number): string {
  const last = number % 100 >= 11 && number % 100 <= 13 ? 0 : number % 10
  return `${number}${last === 1 ? 'st' : last === 2 ? 'nd' : last === 3 ? 'rd' : 'th'}`
}

function zone({ offset }: Clock, between: string): string {
  const minutes = Math.abs(offset)
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}${between}${pad(minutes % 60)}`
}

function fraction(digits: number): (clock: Clock) => string {
  return ({ local }) => pad(local.getUTCMilliseconds(), 3).padEnd(9, '0').slice(0, digits)
}

const whole =
  (format: string) =>
  ({ date, offset, local }: Clock) =>
    format.replaceAll(/\w+/g, (token) => TOKENS[token]?.({ date, offset, local }) ?? token)

const TOKENS: Readonly<Record<string, (clock: Clock) => string>> = {
  YYYY: (clock) => pad(year(clock), 4),
  YY: (clock) => pad(year(clock) % 100),
  Y: (clock) => String(year(clock)),
  gggg: (clock) => pad(localDecider(clock).getUTCFullYear(), 4),
  gg: (clock) => pad(localDecider(clock).getUTCFullYear() % 100),
  GGGG: (clock) => pad(isoDecider(clock).getUTCFullYear(), 4),
  GG: (clock) => pad(isoDecider(clock).getUTCFullYear() % 100),
  Q: (clock) => String(quarter(clock)),
  Qo: (clock) => ordinal(quarter(clock)),
  MMMM: (clock) => MONTHS[month(clock)] ?? '',
  MMM: (clock) => (MONTHS[month(clock)] ?? '').slice(0, 3),
  MM: (clock) => pad(month(clock) + 1),
  M: (clock) => String(month(clock) + 1),
  Mo: (clock) => ordinal(month(clock) + 1),
  w: (clock) => String(weekOf(localDecider(clock))),
  ww: (clock) => pad(weekOf(localDecider(clock))),
  wo: (clock) => ordinal(weekOf(localDecider(clock))),
  W: (clock) => String(weekOf(isoDecider(clock))),
  WW: (clock) => pad(weekOf(isoDecider(clock))),
  Wo: (clock) => ordinal(weekOf(isoDecider(clock))),
  DDDD: ({ local }) => pad(dayOfYear(local), 3),
  DDD: ({ local }) => String(dayOfYear(local)),
  DDDo: ({ local }) => ordinal(dayOfYear(local)),
  DD: (clock) => pad(day(clock)),
  D: (clock) => String(day(clock)),
  Do: (clock) => ordinal(day(clock)),
  dddd: (clock) => WEEKDAYS[weekday(clock)] ?? '',
  ddd: (clock) => (WEEKDAYS[weekday(clock)] ?? '').slice(0, 3),
  dd: (clock) => (WEEKDAYS[weekday(clock)] ?? '').slice(0, 2),
  d: (clock) => String(weekday(clock)),
  do: (clock) => ordinal(weekday(clock)),
  e: (clock) => String(weekday(clock)),
  E: (clock) => String(isoWeekday(clock)),
  HH: (clock) => pad(hour(clock)),
  H: (clock) => String(hour(clock)),
  hh: (clock) => pad(hour12(clock)),
  h: (clock) => String(hour12(clock)),
  kk: (clock) => pad(hour(clock) || 24),
  k: (clock) => String(hour(clock) || 24),
  A: (clock) => (hour(clock) < 12 ? 'AM' : 'PM'),
  a: (clock) => (hour(clock) < 12 ? 'am' : 'pm'),
  mm: ({ local }) => pad(local.getUTCMinutes()),
  m: ({ local }) => String(local.getUTCMinutes()),
  ss: ({ local }) => pad(local.getUTCSeconds()),
  s: ({ local }) => String(local.getUTCSeconds()),
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((digits) => ['S'.repeat(digits), fraction(digits)])),
  Z: (clock) => zone(clock, ':'),
  ZZ: (clock) => zone(clock, ''),
  X: ({ date }) => String(Math.floor(date.getTime() / 1000)),
  x: ({ date }) => String(date.getTime()),
  LT: whole('h:mm A'),
  LTS: whole('h:mm:ss A'),
  L: whole('MM/DD/YYYY'),
  l: whole('M/D/YYYY'),
  LL: whole('MMMM D, YYYY'),
  ll: whole('MMM D, YYYY'),
  LLL: whole('MMMM D, YYYY h:mm A'),
  lll: whole('MMM D, YYYY h:mm A'),
  LLLL: whole('dddd, MMMM D, YYYY h:mm A'),
  llll: whole('ddd, MMM D, YYYY h:mm A'),
}

const LONGEST_TOKEN = Math.max(...Object.keys(TOKENS).map((token) => token.length))

/** The longest token that begins here, or else one character. */
function tokenAt(format: string, at: number): string {
  for (let length = LONGEST_TOKEN; length > 1; length -= 1) {
    const token = format.slice(at, at + length)
    if (token.length === length && Object.hasOwn(TOKENS, token)) return token
  }
  return format.slice(at, at + 1)
}
