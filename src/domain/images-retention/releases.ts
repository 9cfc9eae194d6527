/** Which release a tag of an image is of: `1.2.3`, `v1.2.3` and `1.2.3-ubuntu` are of the release `v1.2.3`. */

import { repairTag } from '../image-tags/repair-tag.ts'

/** What begins so is a version by itself, and older than the release: `1.2.3-rc.1`. */
const PRE_RELEASE =
  /^(?:alpha|beta|rc|pre|preview|dev|snapshot|canary|nightly|next|insiders|ea|milestone|[abcm]\d)(?:[.\d-]|$)/i

/**
 * @param released names of the tags that releases were made of.
 * @returns the release that a tag is of; null: of none.
 */
export function indexReleases(released: Iterable<string>): (tag: string) => string | null {
  const releases = new Map<string, string>()
  for (const release of released)
    for (const name of namesOf(release)) if (!releases.has(name)) releases.set(name, release)
  if (releases.size === 0) return () => null
  return (tag) => {
    const whole = releases.get(tag)
    if (whole !== undefined) return whole
    for (let dash = tag.lastIndexOf('-'); dash > 0; dash = tag.lastIndexOf('-', dash - 1)) {
      const release = PRE_RELEASE.test(tag.slice(dash + 1)) ? undefined : releases.get(tag.slice(0, dash))
      if (release !== undefined) return release
    }
    return null
  }
}

/** Those of `app/v1.2.3` and `app@1.2.3` are called by the version alone, too; with and without its `v`. */
function namesOf(release: string): string[] {
  const version = release.slice(Math.max(release.lastIndexOf('/'), release.lastIndexOf('@')) + 1)
  const texts = [release, version].flatMap((text) => [text, text.replace(/^v(?=\d)/, ''), text.replace(/^(?=\d)/, 'v')])
  return texts.flatMap((text) => [text, repairTag(text).tag ?? text])
}
