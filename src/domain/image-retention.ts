/**
 * What the clean-up of images is decided from. Rules are looked at in order, and the first whose tags match decides about a tag; a
 * tag that no rule matches is kept. A digest goes when all its tags go and nothing that is kept needs it: children of indexes,
 * attestations and signatures follow what they belong to.
 */
import type { SweepDecision } from './sweep.ts'

export interface ImageRule {
  /** Globs; empty: whatever tag (of a rule on pull requests or branches: those that name one). */
  readonly tags: readonly string[]
  /** The newest of the tags that the rule matches are kept; null: none for that reason. */
  readonly keepLatest: number | null
  /** Of the tags that are versions: the newest majors, of each the newest minors, of each the newest patches; null: no such. */
  readonly keepSemver: {
    readonly major: number | null
    readonly minor: number | null
    readonly patch: number | null
  } | null
  /** What is younger is kept; null: whatever its age. Milliseconds. */
  readonly olderThanMs: number | null
  /** Tags `pr-N`, `pr-N-…`, and the commits of pull requests that are closed (`<sha>`, `<sha>-…`, of 7 or 40 digits). */
  readonly pullRequests: 'closed' | null
  /** Tags that name branches that are gone: whatever has not the form of anything else. */
  readonly branches: 'deleted' | null
  /** Digests without a tag that nothing needs. */
  readonly untagged: boolean
  /** `buildcache` and `buildcache-…`. */
  readonly buildcache: boolean
}

export interface ImageRetentionConfig {
  /** Cron, five fields, UTC; null: when pull requests close, and by the command line. */
  readonly schedule: string | null
  /** `registry/path` of what is cleaned; empty: the repositories of `images`. May hold `${{ repo.* }}`. */
  readonly repositories: readonly string[]
  readonly rules: readonly ImageRule[]
  /** Globs of tags that always stay. */
  readonly keep: readonly string[]
  /** False: sweeps are dry runs. */
  readonly confirmed: boolean
  /** A sweep that would delete more than this share of the versions does nothing. Percent. */
  readonly maxDeletePercent: number
  /** Most versions that one sweep deletes. */
  readonly operationsPerRun: number
  /** File name of the workflow that carries plans out where there is no `PACKAGES_TOKEN`. */
  readonly workflow: string
}

export interface VersionManifest {
  readonly mediaType: string
  /** Digests. */
  readonly children: readonly string[]
  readonly subject: string | null
  /** Digest of what this is a copy of, made to take a tag away from that, and left over; absent: it is no such copy. */
  readonly copyOf?: string
}

export interface ImageVersion {
  /** Of the packages API; of another registry the digest. */
  readonly id: string
  readonly digest: string
  readonly tags: readonly string[]
  readonly createdAt: Date
  /** Bytes; null: not known. */
  readonly size: number | null
  /** Null: it cannot be read. */
  readonly manifest: VersionManifest | null
}

export interface ImageRetentionFacts {
  /** `registry/path`, as decisions name it; empty: they name digests alone. */
  readonly repository: string
  readonly now: Date
  readonly versions: readonly ImageVersion[]
  readonly pullRequests: readonly {
    readonly number: number
    readonly state: 'open' | 'closed'
    readonly headSha: string
    /** Name of the branch of this repository that it was made from; null, or absent: of another, or not known. */
    readonly headBranch?: string | null
  }[]
  /** Names of the branches that exist. */
  readonly branches: readonly string[]
  /** Newest commits of branches. Lasting ones are protected, or the default branch: they are not there for a pull request alone. */
  readonly branchHeads?: readonly { readonly name: string; readonly sha: string; readonly isLasting: boolean }[]
  /** Digests and tags that something uses. */
  readonly inUse: ReadonlySet<string>
  /** Tags that releases were made of. Images stay that are called like one, also with a suffix. */
  readonly released?: ReadonlySet<string>
  /**
   * What has no tag and was pushed since then may be part of what is still being pushed. Only where `createdAt` is when a version was
   * pushed; absent: that is not known, or does not matter.
   */
  readonly pushingSince?: Date
  /**
   * What this sweep deleted before it was interrupted, and what that contained: what belonged to it goes too, also where no
   * rule is about what has no tag.
   */
  readonly gone?: ReadonlyMap<string, VersionManifest>
}

export interface ImageDecision extends SweepDecision {
  readonly id: string
  readonly digest: string
  readonly tags: readonly string[]
  readonly createdAt: Date
  /** False: the version is deleted. */
  readonly keep: boolean
  /** Tags that go although the version stays. */
  readonly untag: readonly string[]
}

/** What `--apply` carries out: bound to what was there when it was decided. */
export interface ImagePlan {
  readonly version: 1
  /** Id of the sweep that made it. */
  readonly sweep: string
  /** `registry/path`. */
  readonly repository: string
  readonly decidedAt: Date
  /** In order: parents before their children. */
  readonly actions: readonly {
    readonly digest: string
    /** The tags that it had: when it has others by now, it is left alone. */
    readonly tags: readonly string[]
    /** Null: the version goes; otherwise these tags go. */
    readonly untag: readonly string[] | null
  }[]
}
