/**
 * A suffix ends every tag that was decided for an image, after a dash, so that the legs of a matrix do not overwrite
 * one another's images. A tag is made valid before the suffix is put on, and one that would be too long loses
 * characters before its suffix, never of it: `-ubuntu` must not be the tag of a branch without a name. What is repaired
 * or left out is told.
 */
import { quote } from './config/problem-wording.ts'
import { MAX_TAG_LENGTH } from './image-reference.ts'
import { repairTag, shortenTag } from './image-tags/repair-tag.ts'

export interface FinishedTags {
  readonly tags: readonly string[]
  readonly warnings: readonly string[]
}

/** @param suffix Empty: none. */
export function finishTags(tags: readonly string[], suffix: string): FinishedTags {
  const ending = readSuffix(suffix)
  const finished = tags.map((tag) => finishTag(tag, ending.text))
  return {
    tags: [...new Set(finished.flatMap(({ tag }) => tag ?? []))],
    warnings: [...new Set([...ending.warnings, ...finished.flatMap(({ warning }) => warning ?? [])])],
  }
}

/** `-ubuntu` of `ubuntu`, of characters that a tag can hold; empty: none. */
function readSuffix(suffix: string): { readonly text: string; readonly warnings: readonly string[] } {
  if (suffix === '') return { text: '', warnings: [] }
  // What comes before a suffix makes any beginning of it a good one.
  const { tag, warning } = repairTag(`x-${suffix}`)
  const text = (tag ?? 'x').slice(1, 1 + MAX_SUFFIX_LENGTH)
  const changed = text !== `-${suffix}`
  const told = `The suffix ${quote(suffix)} cannot end a tag: it is now ${quote(text.slice(1))}.`
  return { text, warnings: changed || warning !== null ? [told] : [] }
}

/** The commit in full and a dash before it still have room. */
const MAX_SUFFIX_LENGTH = 80

function finishTag(text: string, ending: string): { readonly tag: string | null; readonly warning: string | null } {
  const { tag, warning } = repairTag(text)
  if (tag === null || tag.length + ending.length <= MAX_TAG_LENGTH) return { tag: tag && `${tag}${ending}`, warning }
  const short = `${shortenTag(tag, text, MAX_TAG_LENGTH - ending.length)}${ending}`
  const told = `The tag ${quote(`${tag}${ending}`)} has more than ${MAX_TAG_LENGTH} characters: it is now ${quote(short)}.`
  return { tag: short, warning: told }
}
