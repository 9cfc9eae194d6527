/**
 * Text with placeholders in the spelling of docker/metadata-action: `{{branch}}`, `{{date 'YYYYMMDD' tz='Asia/Tokyo'}}`.
 * Each is looked up in a closed list, once, and what is put in is never looked at again. There are no expressions, no
 * helpers and no paths, so that a template can do nothing but be filled in.
 */

import { didYouMean, quote } from '../config/problem-wording.ts'
import { isTimeZone } from './format-date.ts'

/** Placeholders that take a date format. */
const DATES: readonly string[] = ['date', 'commit_date']

/** What a value, a prefix or a suffix may hold. */
export const GLOBAL_PLACEHOLDERS = [
  'branch',
  'tag',
  'sha',
  'base_ref',
  'is_default_branch',
  'is_not_default_branch',
  'date',
  'commit_date',
] as const
/** What the pattern of `type=schedule` may hold. */
export const SCHEDULE_PLACEHOLDERS = ['date', 'commit_date'] as const
/** What the pattern of `type=semver` and `type=pep440` may hold. */
export const VERSION_PLACEHOLDERS = ['raw', 'version', 'major', 'minor', 'patch'] as const

export type GlobalPlaceholder = (typeof GLOBAL_PLACEHOLDERS)[number]
export type VersionPlaceholder = (typeof VERSION_PLACEHOLDERS)[number]

export type TemplatePiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'placeholder'; readonly name: string; readonly format: string; readonly timeZone: string }

export type Template = readonly TemplatePiece[]

export type ParsedTemplate =
  | { readonly ok: true; readonly template: Template }
  /** As the end of a sentence about the text. */
  | { readonly ok: false; readonly reason: string }

/** What each placeholder stands for; one that takes no format ignores it. */
export type PlaceholderValues = Readonly<Record<string, (format: string, timeZone: string) => string>>

export function parseTemplate(text: string, allowed: readonly string[]): ParsedTemplate {
  const template: TemplatePiece[] = []
  let at = 0
  for (;;) {
    const open = text.indexOf('{{', at)
    if (open === -1) {
      if (at < text.length) template.push({ kind: 'text', text: text.slice(at) })
      return { ok: true, template }
    }
    const braces = text.startsWith('{{{', open) ? 3 : 2
    const close = text.indexOf('}'.repeat(braces), open)
    if (close === -1) return { ok: false, reason: `has a "{{" without the "}}" that ends it` }
    if (open > at) template.push({ kind: 'text', text: text.slice(at, open) })
    const piece = parsePlaceholder(text.slice(open + braces, close).trim(), allowed)
    if (typeof piece === 'string') return { ok: false, reason: piece }
    template.push(piece)
    at = close + braces
  }
}

/** The template has passed `parseTemplate` with the names of `values`. */
export function renderTemplate(template: Template, values: PlaceholderValues): string {
  return template
    .map((piece) => (piece.kind === 'text' ? piece.text : (values[piece.name]?.(piece.format, piece.timeZone) ?? '')))
    .join('')
}

/** Whether this is `{{raw}}` and nothing else, which keeps a pre-release as it was written. */
export function isRawAlone(template: Template): boolean {
  const [piece, ...more] = template
  return piece?.kind === 'placeholder' && piece.name === 'raw' && more.length === 0
}

/** A string: what is wrong. */
function parsePlaceholder(inside: string, allowed: readonly string[]): TemplatePiece | string {
  const name = /^[A-Za-z_]+/.exec(inside)?.[0] ?? inside
  if (!allowed.includes(name)) {
    const shown = quote(`{{${name}}}`)
    return `has ${shown}, which is not filled in here; ${didYouMean(name, allowed, 'there are')}`
  }
  const words = inside.slice(name.length).trim()
  if (DATES.includes(name)) return parseDate(name, words)
  if (words !== '') return `gives {{${name}}} something more than its name; write {{${name}}}`
  return { kind: 'placeholder', name, format: '', timeZone: '' }
}

function parseDate(name: string, words: string): TemplatePiece | string {
  const parsed = /^(?:'(?<single>[^']*)'|"(?<double>[^"]*)")(?<more>.*)$/s.exec(words)
  const format = parsed?.groups?.single ?? parsed?.groups?.double
  if (format === undefined) return `has {{${name}}} without a format in quotes; write {{${name} 'YYYYMMDD'}}`
  const more = parsed?.groups?.more?.trim() ?? ''
  if (more === '') return { kind: 'placeholder', name, format, timeZone: 'UTC' }
  const zone = /^tz=(?:'(?<single>[^']*)'|"(?<double>[^"]*)")$/.exec(more)
  const timeZone = zone?.groups?.single ?? zone?.groups?.double
  if (timeZone === undefined)
    return `has {{${name}}} with ${quote(more)}; after the format there is only a time zone, such as tz='Europe/Paris'`
  if (!isTimeZone(timeZone))
    return `has the time zone ${quote(timeZone)}, which does not exist; write one such as Europe/Paris`
  return { kind: 'placeholder', name, format, timeZone }
}
