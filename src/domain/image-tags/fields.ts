/**
 * One entry of rules, flavor or images is one record of comma-separated values. A value that holds a comma or a quote is
 * put in double quotes, with quotes inside of it doubled. Anything else about quotes is an error and not a guess.
 */

/** Longest entry. A rule has a few words; what is longer is a mistake or an attack. */
export const MAX_ENTRY_LENGTH = 1000

export type Fields =
  | { readonly ok: true; readonly fields: readonly string[] }
  /** As the end of a sentence about the entry. */
  | { readonly ok: false; readonly reason: string }

export function readFields(entry: string): Fields {
  if (entry.length > MAX_ENTRY_LENGTH) return { ok: false, reason: `has more than ${MAX_ENTRY_LENGTH} characters` }
  if (entry.trim() === '') return { ok: false, reason: 'is empty; write a rule, such as "type=sha", or remove it' }
  const fields: string[] = []
  let at = 0
  for (;;) {
    const field = entry[at] === '"' ? readQuoted(entry, at) : readPlain(entry, at)
    if (typeof field === 'string') return { ok: false, reason: field }
    fields.push(field.text)
    if (field.end >= entry.length) return { ok: true, fields }
    at = field.end + 1
  }
}

/** `key=value`, with spaces around both gone; a field without a key has the key ''. */
export interface Attribute {
  /** Lower case. */
  readonly key: string
  readonly value: string
}

/** Splits at the first `=` that has something before it. */
export function readAttribute(field: string): Attribute {
  const equals = field.indexOf('=', 1)
  if (field.startsWith('=') || equals === -1) return { key: '', value: field.trim() }
  return { key: field.slice(0, equals).trim().toLowerCase(), value: field.slice(equals + 1).trim() }
}

interface Field {
  readonly text: string
  /** Where the comma after it is, or the end. */
  readonly end: number
}

/** A string: what is wrong. */
function readPlain(entry: string, at: number): Field | string {
  const comma = entry.indexOf(',', at)
  const end = comma === -1 ? entry.length : comma
  const text = entry.slice(at, end)
  if (text.includes('"')) return `has a quote inside of a value; put the whole value in quotes: ${example(text)}`
  if (/[\r\n]/.test(text.trim())) return 'has a line end; write each rule as an entry of its own'
  return { text, end }
}

function readQuoted(entry: string, at: number): Field | string {
  let text = ''
  let from = at + 1
  for (;;) {
    const close = entry.indexOf('"', from)
    if (close === -1) return 'has a quote that nothing closes'
    text += entry.slice(from, close)
    const next = entry[close + 1]
    if (next === undefined || next === ',') return { text, end: close + 1 }
    if (next !== '"')
      return 'has something between a closing quote and the comma; double a quote that belongs to the value'
    text += '"'
    from = close + 2
  }
}

function example(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
  return `"${shown.trim().replaceAll('"', '""')}"`
}

/** A sentence that may have ended already, with the question whether something else was meant. */
export function endSentence(text: string): string {
  return text.endsWith('?') ? text : `${text}.`
}
