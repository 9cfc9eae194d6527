/**
 * Any text as a tag that a registry takes. Each run of characters that no tag holds becomes one `-`, as
 * docker/metadata-action does it and without a word. What it leaves invalid is repaired further with a warning: `-` and
 * `.` go from the front, and a tag over 128 characters keeps its beginning and ends in a digest of the whole, so that
 * two long branches do not push over one another.
 */

import { createHash } from 'node:crypto'
import { quote } from '../config/problem-wording.ts'
import { MAX_TAG_LENGTH } from '../image-reference.ts'

export interface RepairedTag {
  /** Null: nothing is left. */
  readonly tag: string | null
  /** A sentence; null: nothing to say. */
  readonly warning: string | null
}

const DIGEST_LENGTH = 8

export function repairTag(text: string): RepairedTag {
  const clean = text.replaceAll(/[^A-Za-z0-9._-]+/g, '-')
  const begun = clean.replace(/^[.-]+/, '')
  if (begun === '')
    return {
      tag: null,
      warning: `${text === '' ? 'An empty text' : quote(text)} makes no tag: nothing of it may stand in one.`,
    }
  const tag = begun.length > MAX_TAG_LENGTH ? shortenTag(begun, text, MAX_TAG_LENGTH) : begun
  if (tag === clean) return { tag, warning: null }
  const why =
    begun === clean ? `has more than ${MAX_TAG_LENGTH} characters` : 'begins with "-" or ".", which no tag may'
  return { tag, warning: `The tag ${quote(clean)} ${why}: it is now ${quote(tag)}.` }
}

/** The beginning of a tag and a digest of what it was made of, `length` characters in all. */
export function shortenTag(tag: string, original: string, length: number): string {
  const digest = createHash('sha256').update(original).digest('hex').slice(0, DIGEST_LENGTH)
  return `${tag.slice(0, length - DIGEST_LENGTH - 1)}-${digest}`
}
