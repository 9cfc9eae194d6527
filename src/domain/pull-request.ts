/**
 * A pull request as it is known: what GitHub says of it now, what people asked for by labels and commands, and what
 * Signalbox did about it. What is decided about previews, labels and comments is derived from these facts alone.
 */
import type { Config, PreviewWorkflow } from './config.ts'
import type { Approval, Dispatched, RunFacts } from './run.ts'
import type { PullRequest, Repo } from './trigger.ts'

/** GitHub's word for what a login may do in a repository: `maintain` counts as `write`, `triage` as `read`. */
export type Permission = 'admin' | 'write' | 'read' | 'none'

export function mayWrite(permission: Permission | undefined): boolean {
  return permission === 'admin' || permission === 'write'
}

/** A label was put on the pull request. */
export interface Labeling {
  /** GitHub's id of the event: never repeats. */
  readonly id: string
  readonly label: string
  /** Login of a person; null: an app did it, or the user was deleted. */
  readonly by: string | null
  /** Whether it was this app itself, because a command asked for it. */
  readonly byUs: boolean
  readonly at: Date
}

/** A command asked for a deployment of a preview. */
export interface PreviewRequest {
  readonly preview: string
  /** Names the command's comment: never repeats. */
  readonly request: string
  /** Login of its author, who might write then. */
  readonly by: string
  /** When the comment was written. */
  readonly at: Date
}

/** One dispatch of a preview's workflow. */
export interface DeploymentFacts extends Omit<Dispatched, 'startedAt'> {
  readonly id: string
  readonly preview: string
  /** 1, 2, … over the whole life of the preview. */
  readonly number: number
  readonly kind: 'deploy' | 'teardown'
  readonly sha: string
  /** What asked for it: id of the labelling or of the command's comment. */
  readonly request: string
  readonly target: DeploymentTarget
  /** GitHub's Deployment; null: not created yet. */
  readonly githubId: number | null
  /** The last state that GitHub's Deployment was told. */
  readonly told: DeploymentState | null
}

/** Everything that is dispatched, decided when it was intended. */
export interface DeploymentTarget extends PreviewWorkflow {
  readonly repository: { readonly owner: string; readonly name: string }
  readonly environment: string
  /** Where the preview can be seen; null: not known. */
  readonly previewUrl: string | null
  readonly timeoutMs: number
  /** What takes a `deploy` down again, for the day when the configuration does not have the preview any more; null: nothing does. */
  readonly teardown: PreviewWorkflow | null
}

export type DeploymentState = 'queued' | 'in_progress' | 'success' | 'failure' | 'inactive'

/** A comment, or the block in the description, that is kept up to date. */
export const STICKY_KINDS = ['summary', 'previews', 'welcome', 'description'] as const
export type StickyKind = (typeof STICKY_KINDS)[number]

export interface StickyFacts {
  readonly kind: StickyKind
  /** Null: its creation was begun and the reply is not known; of `description` always null. */
  readonly commentId: number | null
  /** Digest of the text that it shows; null: none yet. */
  readonly digest: string | null
  /** A person removed it: it is left alone. */
  readonly removed: boolean
}

/** A commit of a pull request, and the branch that it is to be merged into: its author may choose another at any time. */
export interface CommitIntoBase {
  readonly sha: string
  readonly baseRef: string
}

export interface ApprovedCommit extends CommitIntoBase {
  readonly approval: Approval
}

/** The approval of the present head into the present base; null: there is none. */
export function approvalOf(
  approvals: readonly ApprovedCommit[],
  { headSha, baseRef }: Pick<PullRequest, 'headSha' | 'baseRef'>,
): Approval | null {
  return approvals.find((one) => one.sha === headSha && one.baseRef === baseRef)?.approval ?? null
}

export interface PullRequestFacts {
  readonly now: Date
  readonly repo: Repo
  readonly installationId: number
  /** As GitHub has it now. */
  readonly pullRequest: PullRequest
  /**
   * Of its base branch, with the previews of the default branch: whoever may push can make a base with a configuration
   * of its own. Null: it cannot be used now. Of a branch without one it is `NO_CONFIG`.
   */
  readonly config: Config | null
  /** Oldest first, at most the newest 100. Empty where no label on it means anything. */
  readonly labelings: readonly Labeling[]
  /** As GitHub has them now, of everybody whose label was not acted on yet; by login. */
  readonly permissions: ReadonlyMap<string, Permission>
  /** Of the present head into the present base; null: none, or none is needed. */
  readonly approval: Approval | null
  /** Of the present head: those that the pull request itself started, the newest of each pipeline. */
  readonly runs: readonly RunFacts[]
  /** Runs that labels of this pull request started, the newest of each label. */
  readonly labelRuns: readonly RunFacts[]
  /** The newest of each preview. */
  readonly previewRequests: readonly PreviewRequest[]
  /** All of this pull request, oldest first. */
  readonly deployments: readonly DeploymentFacts[]
  readonly stickies: readonly StickyFacts[]
  /** Repositories of previews that may be dispatched to, `owner/name` in lower case → id of the app's installation there; null: not installed. Absent: not allowed. */
  readonly previewInstallations: ReadonlyMap<string, number | null>
}

/** The key of its job: `<repo id>#<number>`. */
export function pullRequestKey(repoId: number, number: number): string {
  return `${repoId}#${number}`
}

/** Whether GitHub may still be working on it, for all we know. */
export function isDeploymentLive({ outcome, status }: DeploymentFacts): boolean {
  return (outcome === 'intended' || outcome === 'dispatched') && status !== 'completed'
}

/** The label as the pull request spells it: GitHub's labels differ by more than case. Undefined: it is not on. */
export function labelOn(pullRequest: Pick<PullRequest, 'labels'>, label: string): string | undefined {
  return pullRequest.labels.find((candidate) => sameName(candidate, label))
}

/** How the label came to the pull request last; undefined: it never did, or too long ago to be listed. */
export function newestLabeling(labelings: readonly Labeling[], label: string): Labeling | undefined {
  return labelings.findLast((labeling) => sameName(labeling.label, label))
}

/** The key of `previewInstallations`. */
export function repositoryKey({ owner, name }: { readonly owner: string; readonly name: string }): string {
  return `${owner}/${name}`.toLowerCase()
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
