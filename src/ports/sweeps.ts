/**
 * What sweeps need from outside: of GitHub, of registries, of the store. Types only. As everywhere, GitHub's methods may throw
 * `TransientError` (try again later) and `GitHubError` (a refusal that stays); a registry's `RegistryError` instead.
 */
import type { ImageVersion, VersionManifest } from '../domain/image-retention.ts'
import type { CacheFacts, RunFactsToKeep, WorkflowFacts } from '../domain/run-retention.ts'
import type { CloseReason, ItemPush, StaleItem } from '../domain/stale.ts'
import type { SweepKind, SweepOutcome, SweepReport, SweepSpent } from '../domain/sweep.ts'
import type { Repo } from '../domain/trigger.ts'
import type { RepoName } from '../ports.ts'

// ── Issues and pull requests ──────────────────────────────────────────────────────────────────────────────────────

/** How much of each item is read. */
export interface ItemDepth {
  /** Newest entries of the timeline, at most 100. */
  readonly activity: number
  /** Whether reactions to the item and to its comments, and who was mentioned, are read. */
  readonly reactions: boolean
  readonly mentions: boolean
  readonly paths: boolean
}

/** One thing to write, in the order of `StaleStep`. */
export type ItemWrite =
  | { readonly kind: 'comment'; readonly nodeId: string; readonly body: string }
  | { readonly kind: 'add_labels'; readonly nodeId: string; readonly labelIds: readonly string[] }
  | { readonly kind: 'remove_labels'; readonly nodeId: string; readonly labelIds: readonly string[] }
  | {
      readonly kind: 'close_issue'
      readonly nodeId: string
      readonly reason: CloseReason
      /** GraphQL's id of the issue that it duplicates; null: it is no duplicate. */
      readonly duplicateOf: string | null
    }
  | { readonly kind: 'close_pull_request'; readonly nodeId: string }

export type WriteResult =
  | { readonly kind: 'done' }
  /** GitHub's words. Nothing was written. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Whether it was written is not known: look again. */
  | { readonly kind: 'unknown'; readonly message: string }
  /** GitHub limits us; nothing was written. */
  | { readonly kind: 'deferred'; readonly retryAfterMs: number; readonly message: string }

export interface LabelIds {
  /** Lower-case name → GraphQL's id. */
  readonly ids: ReadonlyMap<string, string>
}

/** Issues and pull requests of a repository, read and written by GraphQL as far as it goes. */
export interface ItemsGitHub {
  /**
   * All open items, issues and pull requests in the same requests, up to 100 of each a request, those that were updated the longest
   * ago first. An item that moves to another page while the list is read may come twice; it is given once.
   */
  listOpenItems(repo: RepoName, depth: ItemDepth): AsyncIterable<readonly StaleItem[]>
  /** These items as they are now, whatever their state, up to 100 a request; one that is gone or was moved is left out. */
  readItems(repo: RepoName, numbers: readonly number[], depth: ItemDepth): Promise<StaleItem[]>
  /** The labels with these names, whose case does not matter; one that is missing is created. Names of more than 50 characters are refused. */
  ensureLabels(
    repo: RepoName,
    names: readonly { readonly name: string; readonly color: string; readonly description: string }[],
  ): Promise<LabelIds>
  /** One request. Results in the order of the writes; one that is refused does not stop the others. Never throws for what GitHub answered. */
  writeItems(writes: readonly ItemWrite[]): Promise<WriteResult[]>
  /** Of these branches those that are protected, by whatever means. */
  protectedBranches(repo: RepoName, branches: readonly string[]): Promise<ReadonlySet<string>>
  /** Numbers of open pull requests that come from this branch of the repository, or go into it. */
  pullRequestsOfBranch(repo: RepoName, branch: string): Promise<number[]>
  /** `moved`: it has another commit by now. `gone`: there is no such branch. */
  deleteBranch(repo: RepoName, branch: string, sha: string): Promise<'deleted' | 'moved' | 'gone'>
  /** @returns the new issue's number. */
  createIssue(repo: RepoName, issue: { readonly title: string; readonly body: string }): Promise<number>
  /** The description of an issue; null: there is none, or it is a pull request. */
  getIssue(repo: RepoName, number: number): Promise<{ readonly body: string } | null>
  /** The newest open issue with this title that this app opened; null: there is none. */
  findOwnIssue(repo: RepoName, title: string): Promise<number | null>
  setIssueBody(repo: RepoName, number: number, body: string): Promise<void>
}

// ── Workflow runs and caches ──────────────────────────────────────────────────────────────────────────────────────

export type DeleteResult =
  | { readonly kind: 'deleted' }
  /** It was not there any more. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string }
  | { readonly kind: 'deferred'; readonly retryAfterMs: number; readonly message: string }

export interface RunsGitHub {
  /** Also those that are disabled. Deleted ones are known only by their runs. */
  listWorkflows(repo: RepoName): Promise<WorkflowFacts[]>
  /**
   * All runs created before, however many: the time is cut into slices of at most 1,000 runs. In no order.
   * @param onProblem told, in a whole sentence, when GitHub did not list them all.
   */
  listRunsBefore(
    repo: RepoName,
    before: Date,
    onProblem?: (problem: string) => void,
  ): AsyncIterable<readonly RunFactsToKeep[]>
  /** The newest runs of one workflow, perhaps of one branch, newest first, at most 100. */
  listNewestRuns(repo: RepoName, workflowId: number, most: number, branch?: string): Promise<RunFactsToKeep[]>
  deleteRun(repo: RepoName, runId: number): Promise<DeleteResult>
  listCaches(repo: RepoName): AsyncIterable<readonly CacheFacts[]>
  deleteCache(repo: RepoName, cacheId: number): Promise<DeleteResult>
  /** Of these pull requests, those that are closed. By GraphQL, up to 100 a request. */
  closedPullRequests(repo: RepoName, numbers: readonly number[]): Promise<ReadonlySet<number>>
}

// ── Images ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ImageUseFiles {
  /** Path → text. */
  readonly files: ReadonlyMap<string, string>
  /** What was not read, and what to do about it. */
  readonly problems: readonly string[]
}

/** What image clean-up asks of the repository that the images belong to. */
export interface ImageUseGitHub {
  /** All pull requests, open or closed, newest first. */
  listPullRequests(repo: RepoName): AsyncIterable<
    /** `headBranch`: of this repository; null: of another one. */
    readonly { number: number; state: 'open' | 'closed'; headSha: string; headBranch: string | null }[]
  >
  listBranches(
    repo: RepoName,
  ): Promise<readonly { readonly name: string; readonly sha: string; readonly isProtected: boolean }[]>
  /** Files of the default branch that may name images. */
  readImageUses(repo: RepoName): Promise<ImageUseFiles>
  /** Names of tags, and texts, of the releases that are not drafts. */
  listReleases(repo: RepoName): Promise<readonly { readonly tag: string; readonly body: string }[]>
}

/** Where versions of one image repository are listed and deleted: GHCR by the packages API, other registries by their own. */
export interface ImageRepository {
  /** `registry/path`. */
  readonly name: string
  /**
   * Versions without their manifests, page by page. Whether those without a tag are among them is told by `listsUntagged`.
   *
   * @param memory where a version has to be read to be listed: saves reading it again, and is told of what was read.
   */
  listVersions(memory?: ManifestMemory): AsyncIterable<readonly Omit<ImageVersion, 'manifest'>[]>
  readonly listsUntagged: boolean
  /** Whether `createdAt` is when a version was pushed; elsewhere it is when it was made, as it says itself. */
  readonly tellsPushTime: boolean
  /** False: nothing can be deleted from here, for want of a token; a workflow of the repository has to do it. */
  readonly canDelete: boolean
  /** `owner/name` of the repository at GitHub that it belongs to; null: to none, or nobody tells. */
  linkedTo(): Promise<string | null>
  /** Null: it cannot be read, or there is none. */
  readManifest(digest: string): Promise<VersionManifest | null>
  /** As the registry has it, listed or not; null: it is not there. */
  lookUp(digest: string): Promise<VersionManifest | 'unreadable' | null>
  /** The version as it is now; null: it is gone. */
  findVersion(digest: string): Promise<Omit<ImageVersion, 'manifest'> | null>
  deleteVersion(version: Pick<ImageVersion, 'id' | 'digest'>): Promise<DeleteResult>
  /** Takes a tag away from a digest that keeps others. `unsupported`: the registry cannot do that. */
  removeTag(digest: string, tag: string): Promise<DeleteResult | { readonly kind: 'unsupported' }>
  /** Brings back a version that was deleted within 30 days. `unsupported`: the registry cannot do that. */
  restoreVersion(
    digest: string,
  ): Promise<DeleteResult | { readonly kind: 'restored' } | { readonly kind: 'unsupported' }>
}

export interface OpenedImageRepository extends ImageRepository {
  /** Whether whoever runs Signalbox lets the configuration of any repository clean it up. */
  readonly isShared: boolean
  /** How often the registry and GitHub were asked for it. */
  requests(): number
}

/** @param name `registry/path`. */
export type OpenImageRepository = (name: string) => Promise<OpenedImageRepository>

export interface RememberedManifest extends VersionManifest {
  /** Bytes, as of a version; null: not known. */
  readonly size: number | null
  /** When it was made; null: it does not say; undefined: nobody looked. */
  readonly created: Date | null | undefined
}

/** Manifests that were read before: what a digest names never changes. */
export interface ManifestMemory {
  load(digests: readonly string[]): Promise<ReadonlyMap<string, RememberedManifest>>
  save(manifests: ReadonlyMap<string, RememberedManifest>): Promise<void>
}

/** GitHub for one sweep, with a count of what it was asked. */
export interface SweepGitHub extends ItemsGitHub, RunsGitHub, ImageUseGitHub {
  /** As it is now, also where it was renamed; null: the installation does not see it. */
  getRepository(repo: RepoName): Promise<Repo | null>
  spent(): SweepSpent
}

// ── Store ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where one sweep is written down while it is carried out. */
export interface SweepJournal {
  /** Null: it is not kept. */
  readonly id: string | null
  /** When it began, perhaps in another process. */
  readonly startedAt: Date
  /** What earlier processes did in this sweep, before they were stopped. */
  readonly earlier: readonly SweepOutcome[]
  readonly earlierSpent: SweepSpent
  /** Subjects that earlier processes began in this sweep, of which it is not known how far they came. */
  readonly begun: readonly string[]
  /** Of these, how many operations were done already, or may have been. One without any is left out. */
  readonly begunOperations: ReadonlyMap<string, number>
  /**
   * Subjects that this sweep, or one of the same target since the last that came to its end, deleted or may have deleted: what
   * belonged to them may be left.
   */
  readonly deleted: readonly string[]
  /**
   * Commits the intent to do these.
   * @param subjects as in the decisions.
   * @returns those that may be done now: another sweep may be at one of them. Null: another worker goes on with this sweep; stop.
   */
  begin(subjects: readonly string[]): Promise<ReadonlySet<string> | null>
  /**
   * Writes down how many operations were done of what was begun, or may be by now: in the whole sweep, in place of what was written
   * down before.
   * @returns false: another worker goes on with this sweep; stop.
   */
  tally(operations: ReadonlyMap<string, number>): Promise<boolean>
  record(outcomes: readonly SweepOutcome[], spent: SweepSpent): Promise<void>
  /** Ends it, with everything that was decided. */
  finish(report: SweepReport): Promise<void>
}

export interface SweepSubject {
  readonly repo: Repo
  readonly installationId: number
}

export interface SweepSchedule {
  readonly kind: SweepKind
  /** Five fields, UTC. */
  readonly cron: string
}

/** What is known of a repository that has sweeps. */
export interface SweptRepository extends SweepSubject {
  readonly schedules: readonly SweepSchedule[]
  /** Lower case: what is looked at when an item with one of these has news. Empty: stale handling is off. */
  readonly staleLabels: readonly string[]
  /** Whether images are looked at when a pull request closes. */
  readonly imagesOnClose: boolean
  /** Number of the issue that Signalbox opened for reports; null: none yet. */
  readonly trackingIssue: number | null
}

/** How the sweeps of one kind in a repository stand; looks at single items are left out. */
export interface SweepStanding {
  /** Whether one is enqueued, or at work. */
  readonly isAwaited: boolean
  /** The newest, newest first. */
  readonly sweeps: readonly SweepHead[]
}

export interface SweepHead extends Pick<SweepReport, 'target' | 'state'> {
  readonly id: string
}

export interface SweepStore {
  /** What the repository's configuration wants now; replaces what was known, and schedules the sweeps with it. */
  follow(repository: Omit<SweptRepository, 'trackingIssue'>): Promise<void>
  /** Of an installation, or of some of its repositories: nothing is scheduled any more. */
  unfollow(filter: { installationId: number; repoIds?: readonly number[] }): Promise<void>
  /** Null: it has no sweeps, as far as is known. */
  find(repoId: number): Promise<SweptRepository | null>
  recordTrackingIssue(repoId: number, number: number): Promise<void>

  /** Enqueues a sweep; one that waits already stays one. */
  enqueue(kind: SweepKind | 'follow', repoId: number, at?: Date): Promise<void>
  /** Enqueues a look at one item. */
  enqueueItem(repoId: number, number: number, at?: Date): Promise<void>
  /** Enqueues a look at what the configuration wants of sweeps. The repository is remembered until then. */
  enqueueFollow(subject: SweepSubject): Promise<void>
  /** Enqueues the sweeps that are open and neither wait nor are at work; returns how many. */
  enqueueOpen(): Promise<number>

  /**
   * The repository's open sweep of this kind and target, to go on with, or a new one. Whoever had it before cannot write to it any more.
   */
  open(subject: SweepSubject, kind: SweepKind, target: string | null, now: Date): Promise<SweepJournal>
  /**
   * Ends what is open and not wanted any more, without doing anything of it.
   * @param which `item`: only that of this item; otherwise all but those of items. `wanted`: targets that go on.
   */
  endUnwanted(
    repoId: number,
    kind: SweepKind,
    which: { readonly item: string | null; readonly wanted: readonly (string | null)[] },
    now: Date,
  ): Promise<void>
  /** Newest first. @param filter with `items`, looks at single issues and pull requests are among them. */
  list(filter: {
    repoId?: number
    repository?: string
    kind?: SweepKind
    items?: boolean
    limit: number
  }): Promise<SweepReport[]>
  /** Of each kind and target of a repository the newest that is over, without looks at single items. */
  newest(repoId: number): Promise<SweepReport[]>
  get(id: string): Promise<(SweepReport & SweepSubject) | null>
  standing(kind: SweepKind, repoId: number): Promise<SweepStanding>
  /** Removes those that began before, and manifests that no sweep has used since. Returns how many sweeps were removed. */
  removeBefore(time: Date): Promise<number>
  readonly manifests: ManifestMemory
  /** Workflow runs that open runs dispatched or follow, and that deployments wait for which are carried out in this repository. */
  workflowRunsInUse(repoId: number): Promise<ReadonlySet<number>>
  /** That a person pushed to a pull request. Of each person the latest push is kept. */
  recordPush(repoId: number, push: ItemPush): Promise<void>
  /** To these pull requests of a repository; without numbers, to all. */
  pushes(repoId: number, numbers?: readonly number[]): Promise<ItemPush[]>
  /** Of a pull request that is closed. */
  forgetPushes(repoId: number, number: number): Promise<void>
  /** Commits of open pull requests that a preview of was deployed, and whose images are therefore in use. */
  previewedCommits(repoId: number): Promise<ReadonlySet<string>>
}
