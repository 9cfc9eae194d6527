/**
 * What a tag says by its form: a pull request, a commit, a version, a line of versions, a cache, what it is the signature
 * of. A tag of no such form may be the name of a branch.
 */
import parseSemver from 'semver/functions/parse.js'

export type Version = NonNullable<ReturnType<typeof parseSemver>>

export type TagKind =
  | { readonly kind: 'pull_request'; readonly number: number }
  /** Of 7 or 40 digits, lower case. */
  | { readonly kind: 'commit'; readonly sha: string }
  | { readonly kind: 'version'; readonly version: Version }
  /** `1`, `v1.2`: the newest of its versions. `minor` null: of a major. */
  | { readonly kind: 'line'; readonly major: number; readonly minor: number | null }
  | { readonly kind: 'buildcache' }
  /** `latest`, `latest-…`, and what begins like a version: never taken for a branch. */
  | { readonly kind: 'moving' }
  /** `nightly`, `edge` …: names that people give to what moves; perhaps a branch, perhaps not. */
  | { readonly kind: 'usual' }
  | { readonly kind: 'name' }

/** Whatever the tag names by itself, or before a dash and a suffix. */
const PULL_REQUEST = /^pr-(\d{1,10})(?:-|$)/
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{7})(?:-|$)/
const VERSION = /^v?\d+\.\d+\.\d+(?:-|$)/
/** Of few digits, since seven of them are more likely a commit and eight a date. */
const LINE = /^v?\d{1,4}(?:\.\d{1,9})?$/
const BUILDCACHE = /^buildcache(?:-|$)/
const MOVING = /^(?:latest(?:-|$)|v?\d+(?:[.-]|$))/
const USUAL = /^(?:nightly|edge|stable|canary|next|beta|alpha|rc|preview|snapshot|release)(?:-|$)/
const REFERRER = /^sha256-([A-Za-z0-9_]+)(?:\.|$)/
const HEX = /^[0-9a-f]{64}$/

const IS_BUILDCACHE: TagKind = { kind: 'buildcache' }
const IS_MOVING: TagKind = { kind: 'moving' }
const IS_USUAL: TagKind = { kind: 'usual' }
const IS_NAME: TagKind = { kind: 'name' }

export function classifyTag(tag: string): TagKind {
  const pullRequest = tag.startsWith('pr-') ? PULL_REQUEST.exec(tag)?.[1] : undefined
  if (pullRequest !== undefined) return { kind: 'pull_request', number: Number(pullRequest) }
  if (COMMIT.test(tag)) return { kind: 'commit', sha: tag.split('-', 1)[0] ?? '' }
  const version = VERSION.test(tag) ? parseSemver(tag) : null
  if (version !== null) return { kind: 'version', version }
  if (LINE.test(tag)) {
    const [major, minor] = tag.replace('v', '').split('.')
    return { kind: 'line', major: Number(major), minor: minor === undefined ? null : Number(minor) }
  }
  if (BUILDCACHE.test(tag)) return IS_BUILDCACHE
  if (MOVING.test(tag)) return IS_MOVING
  return USUAL.test(tag) ? IS_USUAL : IS_NAME
}

/** The digest that a tag `sha256-<hex>`, `sha256-<hex>.sig` … belongs to; null: it is a tag of its own. */
export function referredDigest(tag: string, known: ReadonlyMap<string, unknown>): string | null {
  const name = tag.startsWith('sha256-') ? REFERRER.exec(tag)?.[1] : undefined
  if (name === undefined) return null
  const digest = `sha256:${name}`
  return HEX.test(name) || known.has(digest) ? digest : null
}
