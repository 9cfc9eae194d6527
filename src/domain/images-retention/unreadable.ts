/**
 * What may be part of something that cannot be read. An index contains what was there before it, most often without a tag; or with
 * one that says of what it is a part, as `1.0-amd64` is one of `1.0`.
 */
import type { ImageRetentionFacts, ImageVersion } from '../image-retention.ts'

/** Clocks differ, and a push takes its time. */
const MARGIN_MS = 3_600_000

/**
 * @returns the digest of what a version may be part of, or null. Where it is not known when versions were pushed, what has no tag
 * may be part of anything.
 */
export function mayBePart(
  unreadable: readonly ImageVersion[],
  { pushingSince }: Pick<ImageRetentionFacts, 'pushingSince'>,
): (version: ImageVersion) => string | null {
  const byTag = new Map(unreadable.flatMap(({ tags, digest }) => tags.map((tag) => [tag, digest] as const)))
  const [newest] = unreadable.toSorted((one, other) => timeOf(other) - timeOf(one))
  if (newest === undefined) return () => null
  const until = pushingSince === undefined ? Number.POSITIVE_INFINITY : timeOf(newest) + MARGIN_MS
  return ({ tags, createdAt }) => {
    if (createdAt.getTime() > until) return null
    if (tags.length === 0) return newest.digest
    for (const tag of tags) {
      const whole = wholeOfTag(tag, byTag)
      if (whole !== null) return whole
    }
    return null
  }
}

/** A time that is none may be any. */
function timeOf({ createdAt }: ImageVersion): number {
  const time = createdAt.getTime()
  return Number.isNaN(time) ? Number.MAX_SAFE_INTEGER : time
}

function wholeOfTag(tag: string, byTag: ReadonlyMap<string, string>): string | null {
  for (let dash = tag.lastIndexOf('-'); dash > 0; dash = tag.lastIndexOf('-', dash - 1)) {
    const whole = byTag.get(tag.slice(0, dash))
    if (whole !== undefined) return whole
  }
  return null
}
