/** Which release a tag of an image is of: `1.2.3`, `v1.2.3` and `1.2.3-ubuntu` are of the release `v1.2.3`. */

import { repairTag } from '../image-tags/repair-tag.ts'

/** A release `nightly` says nothing of `nightly-20260301`. */
const VERSION = /^v?\d/
/** What begins so is a version by itself, and older than the release: `1.2.3-rc.1`. */
const PRE_RELEASE =
  /^(?:alpha|beta|rc|pre|preview|dev|snapshot|canary|nightly|next|insiders|ea|milestone|[abcm]\d)(?:[.\d-]|$)/i

/**
 * @param released names of the tags that releases were made of.
 * @returns the release that a tag is of; null: of none.
 */
export function indexReleases(released: Iterable<string>): (tag: string) => string | null {
  const releases = new Map<string, string>()
  const versions = new Set<string>()
  for (const release of released)
    for (const name of namesOf(release)) {
      if (!releases.has(name)) releases.set(name, release)
      if (VERSION.test(versionOf(release))) versions.add(name)
    }
  if (releases.size === 0) return () => null
  return (tag) => {
    const whole = releases.get(tag)
    if (whole !== undefined) return whole
    for (let dash = tag.lastIndexOf('-'); dash > 0; dash = tag.lastIndexOf('-', dash - 1)) {
      const name = tag.slice(0, dash)
      const release = releases.get(name)
      if (release !== undefined && versions.has(name) && !PRE_RELEASE.test(tag.slice(dash + 1))) return release
    }
    return null
  }
}

/** Of `app/v1.2.3` and `app@1.2.3`. */
function versionOf(release: string): string {
  return release.slice(Math.max(release.lastIndexOf('/'), release.lastIndexOf('@')) + 1)
}

/** Also by its version alone, with and without `v`. */
function namesOf(release: string): string[] {
  const version = versionOf(release)
  const texts = VERSION.test(version)
    ? [release, version.replace(/^v/, ''), version.replace(/^(?=\d)/, 'v')]
    : [release]
  return texts.flatMap((text) => [text, repairTag(text).tag ?? text])
}
