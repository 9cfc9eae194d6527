/**
 * What the app and the commands need from outside: GitHub, the store, the clock, registries, builders. Types only. Every method may throw `TransientError`
 * (try again later); those of GitHub may throw `GitHubError` (a refusal that stays).
 */
import type { BuildRequest } from './domain/build-command.ts'
import type { CheckState } from './domain/check-state.ts'
import type { ObservedStart } from './domain/config.ts'
import type { RunConclusion } from './domain/decide-run.ts'
import type { EarlierRun } from './domain/decide-start.ts'
import type { BranchFacts, InstallationFacts } from './domain/doctor.ts'
import type { ImageReference } from './domain/image-reference.ts'
import type { ChangedFiles, GatePlan, LegResult, ReusedResult, RunPlan } from './domain/plan.ts'
import type {
  ApprovedCommit,
  CommitIntoBase,
  DeploymentFacts,
  DeploymentState,
  DeploymentTarget,
  Labeling,
  Permission,
  PreviewRequest,
  StickyFacts,
  StickyKind,
} from './domain/pull-request.ts'
import type {
  Annotation,
  Approval,
  CancelReason,
  ConfigVerdict,
  FailedJob,
  LegHistory,
  Observed,
  Override,
  RunFacts,
  TestReport,
  WorkflowRunObservation,
} from './domain/run.ts'
import type { PullRequest, Repo, Trigger, TriggerKind } from './domain/trigger.ts'
import type { SweepGitHub, SweepStore } from './ports/sweeps.ts'

export interface Clock {
  now(): Date
}

// ── GitHub ────────────────────────────────────────────────────────────────────────────────────────────────────────

export type DispatchOutcome =
  /** `workflowRunId` and `url` are null where GitHub does not tell: older Enterprise Servers. */
  | { readonly kind: 'dispatched'; readonly workflowRunId: number | null; readonly url: string | null }
  /** GitHub's words. Nothing was started. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  /** Rate-limited: nothing was started, ask again. */
  | { readonly kind: 'deferred'; readonly retryAfterMs: number; readonly message: string }
  /** No answer, or a server error: it may or may not have been started. */
  | { readonly kind: 'unknown'; readonly message: string }

/** What a check run shows, rendered. */
export interface CheckWrite
  extends Pick<CheckState, 'name' | 'status' | 'conclusion' | 'startedAt' | 'completedAt' | 'detailsUrl' | 'buttons'> {
  /** GraphQL's id of the check run; null: create it. */
  readonly nodeId: string | null
  readonly headSha: string
  /** Leg or gate id. */
  readonly externalId: string
  readonly title: string
  /** Markdown, at most 65,535 characters. */
  readonly summary: string
  /** To be added to those that the check run shows already, at most 50. */
  readonly annotations: readonly Annotation[]
}

export type CheckWriteResult =
  | { readonly kind: 'written'; readonly nodeId: string }
  | { readonly kind: 'refused'; readonly message: string }
  /** An error at GitHub: whether it was written is not known. */
  | { readonly kind: 'failed'; readonly message: string }
  /** The check run to update does not exist any more. */
  | { readonly kind: 'gone' }

export type { Permission } from './domain/pull-request.ts'

/** What GitHub's own events started on a commit: never what was dispatched. */
export interface ObservedWorkflowRun extends Observed {
  /** Of GitHub's event: `pull_request`, `push`, `merge_group` … */
  readonly event: string
}

export interface ObservedCheckRun extends Observed {
  /** Of the app that posted it; null: GitHub does not tell. */
  readonly app: string | null
}

export interface IssueComment {
  readonly id: number
  readonly body: string
  /** Whether this app wrote it. */
  readonly isOurs: boolean
}

export interface Artifact {
  readonly id: number
  readonly name: string
  /** Of the archive, in bytes. */
  readonly size: number
  readonly expired: boolean
}

export type Reaction = 'eyes' | 'rocket' | 'confused'

export interface DeploymentRequest {
  readonly sha: string
  readonly environment: string
  /** Our deployment's id: found again in GitHub's `payload`. */
  readonly deploymentId: string
}

export interface DeploymentStatusRequest {
  readonly state: DeploymentState
  /** At most 140 characters. */
  readonly description: string
  readonly logUrl: string | null
  readonly environmentUrl: string | null
}

/** GitHub as one installation of the app sees it. */
export interface GitHub {
  /** The file's bytes; null: no such file, branch or commit. */
  readFile(repo: RepoName, path: string, ref: string): Promise<Uint8Array | null>
  /** The pull request as it is now; null: there is none. */
  getPullRequest(repo: RepoName, number: number): Promise<PullRequest | null>
  /** At most 3,000 files; more are `all`. */
  listPullRequestFiles(repo: RepoName, number: number): Promise<ChangedFiles>
  /** The files between two commits; `all` where GitHub's list is cut short (300), or cannot be made. */
  compareFiles(repo: RepoName, base: string, head: string): Promise<ChangedFiles>
  /** The commit at the tip of a branch; null: no such branch. */
  getBranchSha(repo: RepoName, branch: string): Promise<string | null>
  /** Never throws for what GitHub answered: the outcome says. */
  dispatchWorkflow(
    repo: RepoName,
    request: { workflow: string; ref: string; inputs: Record<string, string> },
  ): Promise<DispatchOutcome>
  getWorkflowRun(repo: RepoName, workflowRunId: number): Promise<WorkflowRunObservation | null>
  /**
   * Runs of `workflow_dispatch` created since, newest first, at most 1,000; of one workflow when it is given, and only
   * those that this app dispatched when `ours` is.
   */
  listDispatchedRuns(
    repo: RepoName,
    since: Date,
    workflow?: string,
    options?: { ours?: boolean },
  ): Promise<WorkflowRunObservation[]>
  /** `gone` also when it was completed already. */
  cancelWorkflowRun(repo: RepoName, workflowRunId: number, force: boolean): Promise<'asked' | 'gone'>
  /** Results in the order of the writes. One refused write does not stop the others. */
  writeChecks(repo: Repo, writes: readonly CheckWrite[]): Promise<CheckWriteResult[]>
  /** This app's own check runs on the commit: external id → GraphQL's id. */
  listChecks(repo: RepoName, headSha: string): Promise<Map<string, string>>
  getPermission(repo: RepoName, login: string): Promise<Permission>
  /** Of `organisation/team`. False also where GitHub does not let us see it. */
  isTeamMember(team: string, login: string): Promise<boolean>

  /** Runs of this workflow file on the commit that no dispatch started, newest first, at most 100. */
  listWorkflowRunsOf(repo: RepoName, workflow: string, sha: string): Promise<ObservedWorkflowRun[]>
  /** Check runs of this name on the commit, of whatever app, newest first. */
  listCheckRunsNamed(repo: RepoName, sha: string, name: string): Promise<ObservedCheckRun[]>
  /** Path → `<mode> <blob id>` of every file of the commit or tree; null: there is no such commit, or GitHub's list was cut short. */
  listTree(repo: RepoName, sha: string): Promise<ReadonlyMap<string, string> | null>
  /** Artifacts of this name of the workflow run, newest first. */
  listArtifacts(repo: RepoName, workflowRunId: number, name: string): Promise<Artifact[]>
  /** The archive; null: there is none any more, or it is larger than this. */
  downloadArtifact(repo: RepoName, artifactId: number, maxBytes: number): Promise<Uint8Array | null>

  /** How labels came to the pull request: the newest 100, oldest first. */
  listLabelings(repo: RepoName, number: number): Promise<Labeling[]>
  /** Done also when it is there already. */
  addLabel(repo: RepoName, number: number, label: string): Promise<void>
  /** Done also when it is not there. */
  removeLabel(repo: RepoName, number: number, label: string): Promise<void>
  /** Comments of an issue or pull request since, oldest first. */
  listComments(repo: RepoName, number: number, since?: Date): Promise<IssueComment[]>
  /** @returns its id. */
  createComment(repo: RepoName, number: number, body: string): Promise<number>
  /** False: it was deleted. */
  updateComment(repo: RepoName, commentId: number, body: string): Promise<boolean>
  /** Reacting twice in the same way is reacting once. Nothing happens where the comment was deleted. */
  react(repo: RepoName, commentId: number, reaction: Reaction): Promise<void>
  /** The description; null: none. */
  getDescription(repo: RepoName, number: number): Promise<string | null>
  setDescription(repo: RepoName, number: number, body: string): Promise<void>

  /** @returns GitHub's id. Looks first for one that our deployment has already. */
  createDeployment(repo: RepoName, request: DeploymentRequest): Promise<number>
  setDeploymentStatus(repo: RepoName, githubId: number, status: DeploymentStatusRequest): Promise<void>
}

export interface RepoName {
  readonly owner: string
  readonly name: string
}

/** GitHub as the app itself sees it. */
export interface GitHubApp {
  forInstallation(installationId: number): Promise<GitHub>
  /** With a count of its own. */
  forSweep(installationId: number): Promise<SweepGitHub>
  /** Id of the installation that has this repository; null: the app is not installed there. */
  findInstallation(repo: RepoName): Promise<number | null>
  /** Deliveries that GitHub tried since, newest first, at most 3,000. */
  listHookDeliveries(since: Date): Promise<HookDelivery[]>
  /** Ask GitHub to send it once more, under the same delivery id. */
  redeliver(hookDeliveryId: number): Promise<void>
}

/** How a repository is set up at GitHub, as far as it concerns this app. */
export interface Inspector {
  /** Null: the app is not installed there. */
  getInstallation(repo: RepoName): Promise<InstallationFacts | null>
  /** Null: the installation does not see it. */
  getRepository(installationId: number, repo: RepoName): Promise<Repo | null>
  /** What branch protection and rulesets say of it; never `unreadable`. */
  getBranch(installationId: number, repo: RepoName, branch: string): Promise<BranchFacts>
  /** GitHub's word: `active`, `disabled_manually` …; null: no such workflow on the default branch. */
  getWorkflowState(installationId: number, repo: RepoName, workflow: string): Promise<string | null>
}

export interface HookDelivery {
  /** GitHub's number of this attempt at delivering. */
  readonly id: number
  /** The delivery id: the same for each attempt. */
  readonly guid: string
  readonly event: string
  readonly action: string | null
  readonly deliveredAt: Date
  /** HTTP status of the receiver's answer; 0, 502 or 504 where there was none. */
  readonly status: number
}

// ── Store ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Delivery {
  /** `X-GitHub-Delivery`. */
  readonly id: string
  /** `X-GitHub-Event`. */
  readonly event: string
  /** The request's body as GitHub sent it, to the byte. */
  readonly body: Uint8Array
}

export const DELIVERY_STATES = ['received', 'done', 'failed'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

export interface Installation {
  readonly id: number
  readonly account: string
  readonly suspended: boolean
}

/** What one trigger starts, and what it ends: written in one transaction, together with the jobs that act on it. */
export interface StartRequest {
  readonly trigger: Trigger
  readonly triggerKey: string
  readonly trusted: boolean
  readonly installationId: number
  readonly runs: readonly NewRun[]
  /** Which earlier runs of the same pull request end: asked in the transaction, when no other can start one. */
  readonly supersede: (
    earlier: readonly EarlierRun[],
  ) => readonly { readonly runId: string; readonly reason: CancelReason }[]
  /** The gates of this configuration, kept for the day when a broken one replaces it; null: leave what is kept. */
  readonly goodGates: readonly GatePlan[] | null
}

export interface NewRun {
  readonly plan: RunPlan
  /** Of the check on a changed configuration; null: the run is no such check. */
  readonly verdict: ConfigVerdict | null
  /** Why the configuration could not be used; null: it could. */
  readonly problem: string | null
}

export interface AttemptIntent {
  readonly id: string
  readonly legId: string
  readonly number: number
  /** When it was intended before, for an attempt that is dispatched once more; null: it is new. */
  readonly repeats: Date | null
}

export interface RunStore {
  /** Writes the runs that do not exist yet under their key, and enqueues them. Returns the ids of those that are new, and of those that ended. */
  startRuns(request: StartRequest): Promise<{ started: string[]; superseded: string[] }>
  /** Ids of the open runs of one pull request. */
  openRunsOf(repoId: number, pullRequest: number): Promise<string[]>
  /** Marks open runs as to be cancelled, and enqueues them. */
  cancelRuns(cancels: readonly { runId: string; reason: CancelReason }[]): Promise<void>
  /** Open runs of an installation, or of some of its repositories. */
  openRunIds(filter: { installationId?: number; repoIds?: readonly number[] }): Promise<string[]>
  /** Null: no such run. */
  loadRun(runId: string, now: Date): Promise<RunFacts | null>
  /** The run of this repository that a leg or gate belongs to; null: there is none. */
  findRunOf(repoId: number, subjectId: string): Promise<string | null>
  /** Runs of a commit in a repository; of one kind of trigger when it is given. */
  runsOfCommit(repoId: number, sha: string, kind?: TriggerKind): Promise<string[]>
  /** Legs are to be run again: later attempts count anew, earlier results are not reused, a cancellation by a person is lifted. */
  rerunLegs(runId: string, legIds: readonly string[]): Promise<void>

  /**
   * Commits the intent to dispatch these attempts, new or once more. Returns the ids of those that are ours to dispatch:
   * where another worker was first, it dispatches.
   */
  intendAttempts(runId: string, attempts: readonly AttemptIntent[], now: Date): Promise<Set<string>>
  recordDispatch(attemptId: string, outcome: DispatchOutcome, refusal: string | null): Promise<void>
  /** Its workflow run was looked for and not found. */
  recordSearch(attemptId: string, lookedAt: Date): Promise<void>
  giveUpAttempt(attemptId: string): Promise<void>
  recordCancelRequest(attemptId: string, now: Date): Promise<void>
  /**
   * What GitHub said of workflow runs of this repository, by run id or by the attempt id in the title. An older word
   * never replaces a newer one. Enqueues the runs that changed, unless told not to, and returns their ids.
   */
  recordObservations(
    repoId: number,
    observations: readonly WorkflowRunObservation[],
    options?: { enqueue?: boolean },
  ): Promise<string[]>
  /** A workflow run that GitHub does not know any more: it counts as completed, without success. */
  recordVanished(attemptId: string, now: Date): Promise<void>
  recordFailedJob(repoId: number, workflowRunId: number, job: FailedJob): Promise<void>

  /** Commits the intent to create the check runs of these legs and gates. */
  intendChecks(runId: string, subjectIds: readonly string[]): Promise<void>
  /** These check runs were not created after all. */
  forgetChecks(subjectIds: readonly string[]): Promise<void>
  /** `annotated`: digest of the annotations that were added; null: those that are known stay. */
  recordChecks(
    written: readonly { subjectId: string; nodeId: string | null; digest: string | null; annotated: string | null }[],
  ): Promise<void>

  /** The results of trusted legs with these keys that succeeded since, by key. */
  findReusable(repoId: number, keys: readonly string[], since: Date): Promise<Map<string, ReusedResult>>
  /** Runs of this commit that have legs which follow this, over or not, but for those that the pull request moved away from. */
  observersOf(repoId: number, sha: string, what: ObservedStart): Promise<string[]>
  /** Runs that other pull requests started on the run's commit, but for those that they moved away from; at most 20. */
  rivalsOf(runId: string): Promise<string[]>
  /** What observed legs follow: leg id → what was chosen and seen. Of the same one an older word never replaces a newer one. Does not enqueue. */
  recordObserved(observed: ReadonlyMap<string, Observed>): Promise<void>
  recordRetag(legId: string, outcome: 'done' | 'failed'): Promise<void>
  /** The test results of a leg's attempt, with how flaky its failed tests are. Does not enqueue. */
  recordReport(legId: string, report: TestReport): Promise<void>
  /** In how many of the last 50 results of legs of this name each of these tests failed first and passed later on the same commit. */
  testHistories(repoId: number, leg: string, tests: readonly string[]): Promise<Map<string, LegHistory>>
  /**
   * Ends the run, and keeps what its legs ended as: `passed`, `failed`, or `flaky` when it failed first and passed later;
   * for trusted legs with a reuse key that succeeded, also the result to be reused.
   */
  concludeRun(runId: string, conclusion: RunConclusion, now: Date, results?: readonly LegResult[]): Promise<void>
  reopenRun(runId: string): Promise<void>
  /** Ends these runs in our records: GitHub cannot be asked about them, or told, any more. */
  abandonRuns(runIds: readonly string[], now: Date): Promise<void>
  enqueueRun(runId: string): Promise<void>
  /** Look at the run again at this time, at the latest. */
  wakeRun(runId: string, at: Date): Promise<void>
  /** Marks every open run to be compared with GitHub, enqueues it, and returns how many there are. */
  enqueueReconcile(): Promise<number>
  /** Whether the run is to be compared with GitHub; clears the mark. */
  takeReconcileMark(runId: string): Promise<boolean>
}

export type { LegResult } from './domain/plan.ts'

/** Who did what by our hands. */
export interface AuditEntry {
  readonly at: Date
  readonly repo: Repo
  readonly pullRequest: number | null
  /** Login. */
  readonly actor: string
  /** `approve`, `override`, `retest`, `cancel`, `deploy`, `undeploy`, `label_action`. */
  readonly action: string
  /** What it was done to: a commit, a gate, a run, a preview. */
  readonly subject: string
  readonly detail: string
}

/** A comment with commands, and what became of it. */
export interface CommandRecord {
  readonly commentId: number
  readonly author: string
  /** Null: at work, or its end is not known. */
  readonly outcome: CommandOutcome | null
}

export interface CommandOutcome {
  readonly ok: boolean
  /** Markdown that was to be replied; null: nothing. */
  readonly reply: string | null
  /** Whether the author was told that they may not do this. */
  readonly refused: boolean
}

export interface PullRequestSubject {
  readonly repo: Repo
  readonly number: number
  readonly installationId: number
}

/** Everything kept of one pull request beside its runs. */
export interface PullRequestRecord extends PullRequestSubject {
  /** Of whatever commits of it, into whatever branches. */
  readonly approvals: readonly ApprovedCommit[]
  /** The newest of each preview. */
  readonly previewRequests: readonly PreviewRequest[]
  readonly deployments: readonly DeploymentFacts[]
  readonly stickies: readonly StickyFacts[]
  /** Ids of the newest run of each pipeline for each commit, and of each label; newest first. */
  readonly runs: readonly {
    readonly id: string
    readonly sha: string
    readonly kind: 'pull_request' | 'label'
    readonly pipeline: string
  }[]
}

export interface PullRequestStore {
  /** Remembers the pull request as open, and enqueues its job. */
  touch(subject: PullRequestSubject): Promise<void>
  /**
   * Enqueues the jobs of those that are remembered as open; returns how many.
   * @param options `resting`: and of those of which something is deployed that nothing is to be done about.
   */
  enqueueOpen(options?: { resting?: boolean }): Promise<number>
  /** Look at it again at this time, at the latest. */
  wake(repoId: number, number: number, at: Date): Promise<void>
  /**
   * Nothing is to be done about it any more, until it is touched again. It stays open while a job for it waits: that one
   * looks again.
   * @param watchesRuns whether it is looked at nevertheless when its check runs show something new.
   */
  close(repoId: number, number: number, watchesRuns: boolean): Promise<void>
  /** Those of an installation, or of some of its repositories: GitHub cannot be asked about them any more. */
  closeAll(filter: { installationId: number; repoIds?: readonly number[] }): Promise<void>
  /** Null: it was never touched. */
  load(repoId: number, number: number): Promise<PullRequestRecord | null>

  /** With its entry in the audit log; enqueues the commit's runs and the pull request's job. A second approval of the same commit into the same branch changes nothing. */
  approve(subject: PullRequestSubject, commit: CommitIntoBase, approval: Approval): Promise<void>
  /** With its entry in the audit log; enqueues the commit's runs. */
  override(subject: PullRequestSubject, commit: CommitIntoBase, gate: string, override: Override): Promise<void>
  /** Of each preview the newest counts. With these entries in the audit log; enqueues the pull request's job. */
  requestPreviews(
    subject: PullRequestSubject,
    requests: readonly PreviewRequest[],
    entries: readonly AuditEntry[],
  ): Promise<void>
  audit(entry: AuditEntry): Promise<void>
  /** Newest first. */
  listAudit(repoId: number, limit: number): Promise<AuditEntry[]>

  /** False: the comment is known already. */
  beginCommand(subject: PullRequestSubject, commentId: number, author: string): Promise<boolean>
  getCommand(repoId: number, commentId: number): Promise<CommandRecord | null>
  finishCommand(repoId: number, commentId: number, outcome: CommandOutcome): Promise<void>
  /** Whether this author was already told on this pull request that they may not do this. */
  wasRefused(repoId: number, number: number, author: string): Promise<boolean>

  /** @returns the labelling of which this author is told on this pull request, for this reason: the first that was refused. */
  claimLabelRefusal(subject: PullRequestSubject, login: string, reason: string, labelingId: string): Promise<string>

  /** Commits the intent to post it. */
  intendSticky(subject: PullRequestSubject, kind: StickyKind): Promise<void>
  recordSticky(subject: PullRequestSubject, sticky: StickyFacts): Promise<void>

  /** Commits the intent to dispatch. False: another worker was first (the number is taken), and dispatches. */
  intendDeployment(
    subject: PullRequestSubject,
    deployment: Pick<DeploymentFacts, 'preview' | 'number' | 'kind' | 'sha' | 'request'> & {
      readonly target: DeploymentTarget
    },
    now: Date,
  ): Promise<string | null>
  recordDeploymentDispatch(id: string, outcome: DispatchOutcome, refusal: string | null): Promise<void>
  recordDeploymentSearch(id: string, lookedAt: Date): Promise<void>
  /** It was never started. */
  giveUpDeployment(id: string): Promise<void>
  /**
   * What GitHub said of workflow runs, in whatever repository: those of deployments are noted, and their pull requests
   * enqueued unless told not to. An older word never replaces a newer one. Returns whether any was ours.
   */
  recordDeploymentRuns(
    observations: readonly WorkflowRunObservation[],
    options?: { enqueue?: boolean },
  ): Promise<boolean>
  /** It took too long for us, or its workflow run is gone: it counts as completed so. */
  endDeployment(id: string, conclusion: 'timed_out' | 'deleted', now: Date): Promise<void>
  recordGitHubDeployment(
    id: string,
    recorded: { readonly githubId?: number; readonly told?: DeploymentState },
  ): Promise<void>
  /** Of these workflow runs, those that a deployment has. */
  knownDeploymentRuns(workflowRunIds: readonly number[]): Promise<Set<number>>
}

export interface DeliveryStore {
  /**
   * Commits the deliveries that were not finished before, in one transaction with the jobs that handle them, or, of a
   * burst, with the note from which workers make these jobs.
   */
  saveDeliveries(deliveries: readonly Delivery[]): Promise<void>
  loadDelivery(id: string): Promise<(Delivery & { state: DeliveryState }) | null>
  finishDelivery(id: string, outcome: { state: 'done' | 'failed'; note: string | null }): Promise<void>
  /** Enqueues deliveries that were received before this and are not finished; one that is queued already stays one. */
  enqueueUnfinished(receivedBefore: Date): Promise<void>
  /** Which of these ids were received, whatever became of them. */
  knownDeliveries(ids: readonly string[]): Promise<Set<string>>
  /** Bodies and rows older than this are removed; returns how many. */
  removeDeliveriesBefore(time: Date): Promise<number>
}

export interface InstallationStore {
  saveInstallation(installation: Installation): Promise<void>
  removeInstallation(id: number): Promise<void>
  getInstallation(id: number): Promise<Installation | null>
  /** Gates that the last good configuration of the repository had. */
  lastGoodGates(repoId: number): Promise<readonly GatePlan[]>
}

export interface JobHandlers {
  delivery(id: string): Promise<void>
  /** A delivery whose retries are used up. */
  deliveryFailed(id: string): Promise<void>
  run(id: string): Promise<void>
  /** @param key of `pullRequestKey`. */
  pullRequest(key: string): Promise<void>
  /** @param key of `sweepKey`, or of `sweepItemKey`. */
  sweep(key: string): Promise<void>
  reconcile(): Promise<void>
}

export interface Store {
  readonly runs: RunStore
  readonly pullRequests: PullRequestStore
  readonly deliveries: DeliveryStore
  readonly installations: InstallationStore
  readonly sweeps: SweepStore
  /** Throws when the database does not answer. */
  ping(): Promise<void>
  /** Starts to carry out jobs. */
  work(handlers: JobHandlers): Promise<void>
  /** Lets jobs at work finish, and takes no new ones. */
  drain(): Promise<void>
  close(): Promise<void>
}

// ── Test results ──────────────────────────────────────────────────────────────────────────────────────────────────

/** The XML files of an archive that a workflow run uploaded: whatever is in it was chosen by strangers. */
export type ReportFiles =
  | { readonly files: readonly { readonly name: string; readonly xml: string }[] }
  /** Why it cannot be read. */
  | { readonly problem: string }

export type ReadReports = (zip: Uint8Array) => Promise<ReportFiles>

/** Most bytes of an archive of test results. */
export const MAX_REPORT_BYTES = 20 * 1024 * 1024

// ── Images ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A manifest or an index of manifests, as the OCI distribution API returns it. */
export interface Manifest {
  /** `sha256:<hex>` of `bytes`. */
  readonly digest: string
  readonly mediaType: string
  readonly bytes: Uint8Array
  /** The platforms' manifests; empty: this is no index. */
  readonly children: readonly { readonly digest: string; readonly platform: string | null }[]
  /** Digest of the manifest that this one is about, as attestations and signatures have it; null: none. */
  readonly subject: string | null
}

/**
 * Registries, over the OCI distribution API. Nothing is pulled. References are `ImageReference`s of `domain`; one with
 * a digest names that, else its tag, else `latest`. Every method may throw `RegistryError` or `TransientError`.
 */
export interface Registry {
  /** Digest of what the reference names; null: the registry has no such tag, manifest or repository. */
  digestOf(reference: ImageReference): Promise<string | null>
  manifest(reference: ImageReference): Promise<Manifest | null>
  /** All tags of the repository, page by page; none for a repository that does not exist. */
  tags(repository: Pick<ImageReference, 'registry' | 'path'>): AsyncIterable<string>
  /** Gives what `from` names another tag of the same repository, byte for byte. */
  retag(from: ImageReference, tag: string): Promise<void>
  /** Deletes by digest. False: it was not there. */
  deleteManifest(reference: ImageReference & { readonly digest: string }): Promise<boolean>
}

export type { BuildRequest } from './domain/build-command.ts'

export interface BuiltImage {
  /** The first of the request's tags, or what the service says. */
  readonly image: string
  /** `sha256:<hex>`; null: the builder does not tell. */
  readonly digest: string | null
}

/** What builds images: an engine on this machine, or a service. */
export interface ImageBuilder {
  readonly kind: 'docker' | 'podman' | 'remote'
  /** Whether the image is there to be reused, without pulling it: in the engine, or known to the service. */
  exists(image: string): Promise<boolean>
  /**
   * @param onLine is told each line of the build's log as it comes.
   * @throws {BuildError} with the last lines of the log, when the build fails or is cancelled.
   */
  build(request: BuildRequest, options: BuildOptions): Promise<BuiltImage>
}

export interface BuildOptions {
  readonly onLine: (line: string) => void
  /** Cancels the build. */
  readonly signal: AbortSignal
}
