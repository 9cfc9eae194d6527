/**
 * What strangers wrote, in the form that the database takes: PostgreSQL refuses a NUL in text and halves of surrogate
 * pairs in JSON, and one such character in a test's name must not stop a run.
 */
import { createHash } from 'node:crypto'

/** Far below what an entry of an index may have, in whatever characters. */
const LONGEST_KEY = 500

export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === 'string' ? storableText(one) : one))
}

/** The text itself, or of a long one its beginning and a digest: what an index is searched by. */
export function storableKey(text: string): string {
  if (text.length <= LONGEST_KEY) return storableText(text)
  return storableText(`${text.slice(0, LONGEST_KEY - 100)} ${createHash('sha256').update(text).digest('hex')}`)
}
