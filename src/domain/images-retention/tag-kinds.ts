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
  /** `nightly`, `production`, `alpine` …: what people call things that are no branches; perhaps one is, perhaps not. */
  | { readonly kind: 'usual' }
  | { readonly kind: 'name' }

/** Whatever the tag names by itself, or before a dash and a suffix. */
const PULL_REQUEST = /^pr-(\d{1,10})(?:-|$)/
const COMMIT = /^(?:sha-)?(?:[0-9a-f]{40}|[0-9a-f]{7})(?:-|$)/
const VERSION = /^v?\d+\.\d+\.\d+(?:-|$)/
/** Of few digits, since seven of them are more likely a commit and eight a date. */
const LINE = /^v?\d{1,4}(?:\.\d{1,9})?$/
const BUILDCACHE = /^buildcache(?:-|$)/
const MOVING = /^(?:latest(?:-|$)|v?\d+(?:[.-]|$))/
const USUAL_NAMES = [
  ...['nightly', 'edge', 'stable', 'canary', 'next', 'beta', 'alpha', 'rc', 'preview', 'snapshot', 'release', 'lts'],
  ...[
    'production',
    'prod',
    'preprod',
    'live',
    'staging',
    'stage',
    'uat',
    'qa',
    'test',
    'testing',
    'development',
    'dev',
  ],
  ...[
    'alpine',
    'debian',
    'ubuntu',
    'fedora',
    'centos',
    'rockylinux',
    'almalinux',
    'ubi',
    'busybox',
    'windowsservercore',
  ],
  ...[
    'slim',
    'distroless',
    'nanoserver',
    'jessie',
    'stretch',
    'buster',
    'bullseye',
    'bookworm',
    'trixie',
    'forky',
    'sid',
  ],
  ...['trusty', 'xenial', 'bionic', 'focal', 'jammy', 'noble', 'oracular', 'plucky', 'questing', 'resolute'],
]
/** Also with a version: `alpine3.22`. */
const USUAL = new RegExp(`^(?:${USUAL_NAMES.join('|')})\\d{0,3}(?:\\.\\d{1,3})*(?:-|$)`)
/** As runtime images are tagged: `oh_v0.56.0_…`. */
const RUNTIME = /^\w[\w.-]{0,19}_v\d[\w.-]*_/
const REFERRER = /^sha256-([A-Za-z0-9_]+)(?:\.|$)/
const HEX = /^[0-9a-f]{64}$/

const IS_BUILDCACHE: TagKind = { kind: 'buildcache' }
const IS_MOVING: TagKind = { kind: 'moving' }
const IS_USUAL: TagKind = { kind: 'usual' }
const IS_NAME: TagKind = { kind: 'name' }

export function classifyTag(tag: string): TagKind {
  const pullRequest = tag.startsWith('pr-') ? PULL_REQUEST.exec(tag)?.[1] : undefined
  if (pullRequest !== undefined) return { kind: 'pull_request', number: Number(pullRequest) }
  const sha = commitOf(tag)
  if (sha !== null) return { kind: 'commit', sha }
  const version = VERSION.test(tag) ? parseSemver(tag) : null
  if (version !== null) return { kind: 'version', version }
  if (LINE.test(tag)) {
    const [major, minor] = tag.replace('v', '').split('.')
    return { kind: 'line', major: Number(major), minor: minor === undefined ? null : Number(minor) }
  }
  if (BUILDCACHE.test(tag)) return IS_BUILDCACHE
  if (MOVING.test(tag)) return IS_MOVING
  return USUAL.test(tag) || RUNTIME.test(tag) ? IS_USUAL : IS_NAME
}

/** Of 7 or 40 digits, also before a suffix; null: it names none. */
export function commitOf(tag: string): string | null {
  if (!COMMIT.test(tag)) return null
  const digits = tag.startsWith('sha-') ? tag.slice('sha-'.length) : tag
  const dash = digits.indexOf('-')
  return dash === -1 ? digits : digits.slice(0, dash)
}

/** The digest that a tag `sha256-<hex>`, `sha256-<hex>.sig` … belongs to; null: it is a tag of its own. */
export function referredDigest(tag: string, known: ReadonlyMap<string, unknown>): string | null {
  const name = tag.startsWith('sha256-') ? REFERRER.exec(tag)?.[1] : undefined
  if (name === undefined) return null
  const digest = `sha256:${name}`
  return HEX.test(name) || known.has(digest) ? digest : null
}
