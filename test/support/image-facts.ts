/** Versions of images to decide about, each with only what a test names. */
import type {
  ImageRetentionConfig,
  ImageRetentionFacts,
  ImageRule,
  ImageVersion,
} from '../../src/domain/image-retention.ts'
import { NOW } from './facts.ts'

export const DAY_MS = 86_400_000

/** `sha256:` and 64 digits, of a short name. */
export function digestOf(name: string): string {
  const digits = [...name].map((letter) => letter.charCodeAt(0).toString(16).padStart(2, '0')).join('')
  return `sha256:${digits.slice(0, 64).padStart(64, '0')}`
}

/** Digits only, as tags of signatures have them. */
export function hexOf(name: string): string {
  return digestOf(name).slice('sha256:'.length)
}

/** Days before `NOW`. */
export function daysAgo(days: number): Date {
  return new Date(NOW.getTime() - days * DAY_MS)
}

export interface VersionParts {
  readonly tags?: readonly string[]
  /** Days. */
  readonly age?: number
  /** Names of versions. */
  readonly children?: readonly string[]
  readonly subject?: string
  /** Its manifest cannot be read. */
  readonly unreadable?: boolean
}

/** @param name what `digestOf` makes its digest of. */
export function makeVersion(name: string, parts: VersionParts = {}): ImageVersion {
  const { tags = [], age = 100, children = [], subject, unreadable = false } = parts
  const manifest = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    children: children.map(digestOf),
    subject: subject === undefined ? null : digestOf(subject),
  }
  return {
    id: `id-${name}`,
    digest: digestOf(name),
    tags,
    createdAt: daysAgo(age),
    size: null,
    manifest: unreadable ? null : manifest,
  }
}

export function makeImageFacts(
  versions: readonly ImageVersion[],
  facts: Partial<ImageRetentionFacts> = {},
): ImageRetentionFacts {
  return { repository: '', now: NOW, versions, pullRequests: [], branches: [], inUse: new Set(), ...facts }
}

function makeImageRule(rule: Partial<ImageRule>): ImageRule {
  return {
    tags: [],
    keepLatest: null,
    keepSemver: null,
    olderThanMs: null,
    pullRequests: null,
    branches: null,
    untagged: false,
    buildcache: false,
    ...rule,
  }
}

/** Nothing stands in its way. */
export function makeImageConfig(
  rules: readonly Partial<ImageRule>[],
  config: Partial<ImageRetentionConfig> = {},
): ImageRetentionConfig {
  return {
    schedule: null,
    repositories: [],
    rules: rules.map(makeImageRule),
    keep: [],
    confirmed: true,
    maxDeletePercent: 100,
    operationsPerRun: 1_000_000,
    workflow: 'signalbox-cleanup.yml',
    ...config,
  }
}
