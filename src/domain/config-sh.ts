/**
 * Reads a `config.sh`: lines of `KEY=value`, as text. A shell that sourced the file would also run what it says, so
 * whatever would need a shell (variables, commands, several statements on a line) is refused with its line and a way
 * out. A key that is given twice has its last value, as a shell has it.
 */

export type ConfigShResult =
  | { readonly ok: true; readonly values: ReadonlyMap<string, string> }
  /** `line` is counted from 1; `reason` is a sentence with the remedy. */
  | { readonly ok: false; readonly line: number; readonly reason: string }

const ASSIGNMENT = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/
/** What a shell takes as it stands, without quotes. */
const BARE = /^[A-Za-z0-9_./:@%+,=-]*/

export function readConfigSh(source: string): ConfigShResult {
  const values = new Map<string, string>()
  for (const [index, raw] of source
    .replace(/^\u{FEFF}/u, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const text = raw.trim()
    if (text === '' || text.startsWith('#')) continue
    const [, key, rest] = ASSIGNMENT.exec(text) ?? []
    if (key === undefined || rest === undefined) {
      return {
        ok: false,
        line: index + 1,
        reason: 'this is no KEY=value; only such lines, comments and empty lines are read',
      }
    }
    const value = readValue(rest)
    if (!value.ok) return { ok: false, line: index + 1, reason: `the value of ${key} ${value.reason}` }
    values.set(key, value.text)
  }
  return { ok: true, values }
}

type Value = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

function readValue(rest: string): Value {
  const quote = rest[0]
  if (quote === "'" || quote === '"') {
    const close = rest.indexOf(quote, 1)
    if (close === -1) return { ok: false, reason: `has no ${quote} that ends it; write it on one line` }
    const text = rest.slice(1, close)
    const active = quote === '"' ? /[$`\\]/.exec(text)?.[0] : undefined
    return active === undefined ? ended(text, rest.slice(close + 1)) : { ok: false, reason: needsShell(active) }
  }
  const text = BARE.exec(rest)?.[0] ?? ''
  return ended(text, rest.slice(text.length))
}

/** After a value there may be a comment, and nothing else. */
function ended(text: string, after: string): Value {
  if (/\p{Cc}/u.test(text)) return { ok: false, reason: 'holds a control character; remove it' }
  if (after.trim() === '' || /^[ \t]+#/.test(after)) return { ok: true, text }
  const next = after[0] ?? ''
  if (/[ \t]/.test(next)) return { ok: false, reason: 'is followed by more text; put a value with spaces in quotes' }
  return { ok: false, reason: needsShell(next) }
}

function needsShell(character: string): string {
  const shown = /[\p{Cc}\p{Cf}]/u.test(character) ? JSON.stringify(character) : character
  return `holds ${shown}, which a shell would have to read, and this file is not run; write the value out, in single quotes if it is meant as it stands`
}
