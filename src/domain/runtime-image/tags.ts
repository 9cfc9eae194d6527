/**
 * The four tags of a runtime image. Hashes are MD5, written as a number in base 36 whose least significant digit comes
 * first, cut to 16 digits: they have to differ, not to be secret. What a tag cannot hold is written as letters.
 */
import { createHash } from 'node:crypto'
import { isTag, MAX_TAG_LENGTH, splitTag } from '../image-reference.ts'

export interface RuntimeTags {
  /** Base image, lock files and sources: the image to use. */
  readonly source: string
  /** Base image and lock files: only sources have to be copied. */
  readonly lock: string
  /** Base image and version: many of the dependencies are there. */
  readonly versioned: string
  /** Says in words what the image was made of. */
  readonly image: string
}

export interface TagFacts {
  readonly tagPrefix: string
  readonly version: string
  /** As it was asked for, to the letter. */
  readonly baseImage: string
  /** See `lockHash`. */
  readonly lockHash: string
  /** `shortHash` of the source tree's hash. */
  readonly sourceHash: string
}

const HASH_LENGTH = 16
const MAX_VERSION_LENGTH = 64
const LONGEST_BASE_IMAGE = 96
const LONGEST_REPOSITORY = 32
const END_OF_REPOSITORY = 24

export function runtimeTags(facts: TagFacts): RuntimeTags {
  const head = `${facts.tagPrefix}_v${facts.version}_`
  const lock = `${head}${facts.lockHash}`
  const base = inTag(facts.baseImage).toLowerCase()
  return {
    source: `${lock}_${facts.sourceHash}`,
    lock,
    versioned: `${head}${base.slice(-Math.min(LONGEST_BASE_IMAGE, MAX_TAG_LENGTH - head.length))}`,
    image: imageTag(`${head}image_`, facts.baseImage),
  }
}

function imageTag(head: string, baseImage: string): string {
  const { name, tag } = splitTag(baseImage)
  const short =
    name.length > LONGEST_REPOSITORY
      ? `${md5(name.slice(0, -END_OF_REPOSITORY)).slice(0, 8)}_${name.slice(-END_OF_REPOSITORY)}`
      : name
  const readable = `${head}${inTag(short)}_tag_${tag ?? 'latest'}`
  if (readable.length <= MAX_TAG_LENGTH) return readable
  // Images that are in registries already were named after the text before an `@` in it became `_`.
  return `${head}${md5(`${head}${short.replaceAll('/', '_s_')}_tag_${tag ?? 'latest'}`)}`
}

/** `registry:5000/team/image@sha256:…` in the characters of a tag. */
function inTag(name: string): string {
  return name
    .replaceAll('/', '_s_')
    .replaceAll(':', '_t_')
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
}

export interface LockFacts {
  readonly baseImage: string
  readonly browser: boolean
  /** Commands that are run beside the locked dependencies; null: none. They are part of what a lock image holds. */
  readonly extraDeps: string | null
  /** Bytes of the lock files, in order. */
  readonly lockFiles: readonly Uint8Array[]
}

export function lockHash(facts: LockFacts): string {
  const hash = createHash('md5').update(facts.baseImage)
  if (!facts.browser) hash.update('False')
  if (facts.extraDeps !== null) hash.update(`\0${facts.extraDeps}\0`)
  for (const bytes of facts.lockFiles) hash.update(bytes)
  return shortHash(hash.digest('hex'))
}

export function shortHash(hex: string): string {
  return [...BigInt(`0x${hex}`).toString(36)].reverse().join('').slice(0, HASH_LENGTH)
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

/** Why this cannot be the version in a tag, as the end of a sentence about it; null: it can. */
export function checkVersion(version: string): string | null {
  if (version === '') return 'is empty'
  if (!/^\d/.test(version)) return 'does not begin with a digit, as in 1.2.3'
  if (!isTag(version)) return 'holds characters that no tag can; there are letters, digits, ".", "_" and "-"'
  return version.length > MAX_VERSION_LENGTH ? `has more than ${MAX_VERSION_LENGTH} characters` : null
}
