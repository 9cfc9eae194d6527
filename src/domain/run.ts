/**
 * A run as it is known: what was planned, what was dispatched, what GitHub last said of it. Whatever is decided about a
 * run is derived from these facts alone, so that a process that was killed, or a webhook that was lost, changes nothing
 * but the delay.
 */
import type { GatePlan, LegPlan } from './plan.ts'
import type { Trigger } from './trigger.ts'

/** Why a run, or an attempt of it, is to stop. */
export type CancelReason =
  | { readonly kind: 'superseded'; readonly newerSha: string }
  | { readonly kind: 'base_changed'; readonly baseRef: string }
  | { readonly kind: 'closed' }
  | { readonly kind: 'requested'; readonly by: string }
  | { readonly kind: 'group_destroyed' }
  /** The configuration that kept it from being planned is good again, and another run took its place. */
  | { readonly kind: 'replanned' }
  /** GitHub cannot be asked any more. */
  | { readonly kind: 'uninstalled' }

/** GitHub's own words for the state of a workflow run; others are folded into these. */
export type WorkflowRunStatus = 'queued' | 'in_progress' | 'completed'

/** What GitHub said of one workflow run, in a webhook or in a reply. */
export interface WorkflowRunObservation {
  readonly workflowRunId: number
  /** The run's title: what `run-name` made of the attempt id and the rest. */
  readonly title: string
  /** 1, and one more for each re-run at GitHub. */
  readonly runAttempt: number
  readonly status: WorkflowRunStatus
  /** Set when completed. */
  readonly conclusion: string | null
  readonly url: string
  readonly startedAt: Date
  readonly updatedAt: Date
}

/** A job of a workflow run that ended badly. */
export interface FailedJob {
  readonly id: number
  readonly name: string
  readonly url: string
  readonly runAttempt: number
}

/** What is known of something that was dispatched: from the intent to the end of its workflow run. */
export interface Dispatched {
  /** When the intent to dispatch was committed, before GitHub was asked; of a re-run at GitHub, when that began. */
  readonly intendedAt: Date
  /** `intended`: whether GitHub started it is not known. `lost`: it is known that it never started. */
  readonly outcome: 'intended' | 'dispatched' | 'refused' | 'lost'
  /** GitHub's words and what to do, when refused. */
  readonly refusal: string | null
  /** When we last looked for its workflow run and did not find it. */
  readonly searchedAt: Date | null
  readonly workflowRunId: number | null
  readonly url: string | null
  readonly status: WorkflowRunStatus | null
  readonly conclusion: string | null
  readonly startedAt: Date | null
  readonly completedAt: Date | null
}

export interface AttemptFacts extends Dispatched {
  /** `<leg id>.<number>`; never repeats. */
  readonly id: string
  /** 1, 2, … over the whole life of the leg. */
  readonly number: number
  readonly failedJobs: readonly FailedJob[]
  /** When GitHub was last asked to cancel it, and how often it was asked. */
  readonly cancelRequestedAt: Date | null
  readonly cancelRequests: number
}

/** What the check run of a leg or a gate was last told. */
export interface PostedCheck {
  /** GraphQL's id of the check run; null: its creation was begun and the reply is not known. */
  readonly nodeId: string | null
  /** Digest of the state that it shows; null: none yet. */
  readonly digest: string | null
  /** Digest of the annotations that it shows; null: none. */
  readonly annotated: string | null
}

/** What GitHub last said of the workflow run or check run that an observed leg follows. */
export interface Observed {
  /** Of the workflow run or check run. */
  readonly id: number
  /** 1, and one more for each re-run; 1 for check runs. */
  readonly runAttempt: number
  readonly status: WorkflowRunStatus
  /** Set when completed; `action_required` of a workflow run that waits for «Approve and run». */
  readonly conclusion: string | null
  readonly url: string | null
  readonly startedAt: Date | null
  readonly completedAt: Date | null
}

/** A maintainer's word that legs of one commit of one untrusted pull request may be dispatched. */
export interface Approval {
  readonly by: string
  readonly at: Date
  readonly via: 'comment' | 'label'
}

/** A person's word that a gate passes for this commit, whatever its legs say. */
export interface Override {
  readonly by: string
  readonly reason: string
  readonly at: Date
}

/** How a leg of this name fared in the repository's last runs, when the run began. */
export interface LegHistory {
  /** At most 50. */
  readonly runs: number
  /** Of these: failed first and passed later on the same commit. */
  readonly flaky: number
}

/** A place in a file that a check run points to. */
export interface Annotation {
  readonly path: string
  /** Counted from 1. */
  readonly line: number
  readonly level: 'notice' | 'warning' | 'failure'
  readonly title: string
  readonly message: string
}

/** What a leg's test results came to. */
export interface TestReport {
  readonly attemptId: string
  readonly tests: number
  readonly failures: number
  readonly skipped: number
  /** Of the first failed tests. */
  readonly failed: readonly {
    readonly name: string
    readonly file: string | null
    readonly line: number | null
    readonly message: string
    readonly flaky: LegHistory | null
  }[]
  /** Why the results could not be read; null: they were. */
  readonly problem: string | null
}

export interface LegFacts {
  readonly id: string
  readonly plan: LegPlan
  readonly history: LegHistory
  /** Of an observed leg; null: nothing was reported yet, or the leg is dispatched. */
  readonly observed: Observed | null
  /** Of its latest attempt that has one. */
  readonly report: TestReport | null
  /** What became of giving the tags of the image that is reused to this commit; null: not tried. */
  readonly retag: 'done' | 'failed' | null
  /** The number from which attempts count towards the retries: more than 1 after a re-run. */
  readonly firstAttempt: number
  /** In order of number. */
  readonly attempts: readonly AttemptFacts[]
  readonly check: PostedCheck | null
}

export interface GateFacts {
  readonly id: string
  readonly plan: GatePlan
  readonly override: Override | null
  readonly check: PostedCheck | null
}

/**
 * A gate of another open pull request whose head is the same commit. GitHub tells check runs of one name on one commit
 * apart by nothing but which is newer, so that each shows whether all of them pass.
 */
export interface RivalGate {
  readonly name: string
  readonly pullRequest: number
  readonly passed: boolean
}

export interface RunFacts {
  readonly now: Date
  readonly id: string
  readonly installationId: number
  readonly trigger: Trigger
  readonly trusted: boolean
  readonly pipeline: string
  readonly createdAt: Date
  readonly open: boolean
  /** What it ended as when it was last over; null: it never was, or it was opened again. */
  readonly conclusion: string | null
  /** Whether it is to be compared with GitHub first. */
  readonly reconcile: boolean
  /** Why there is nothing to run; null: there are legs to run. */
  readonly skipped: string | null
  /** What is wrong with the configuration, so that nothing could be planned; null: nothing. */
  readonly problem: string | null
  readonly cancel: CancelReason | null
  /** Of this commit of this pull request into its base; null: none, or none is needed. */
  readonly approval: Approval | null
  /** What the check on a changed configuration says; null: the run is no such check. */
  readonly verdict: ConfigVerdict | null
  /** Gates of the same names that other pull requests with the same commit have. */
  readonly rivals: readonly RivalGate[]
  /** In the plan's order: every leg comes after those that it needs. */
  readonly legs: readonly LegFacts[]
  readonly gates: readonly GateFacts[]
}

/** What a pull request's own version of the configuration would change. */
export interface ConfigVerdict {
  readonly conclusion: 'success' | 'failure'
  readonly headline: string
  /** Legs and gates that the changed configuration adds, removes or changes for this pull request. */
  readonly differences: readonly {
    readonly what: 'added' | 'removed' | 'changed'
    readonly subject: 'leg' | 'gate'
    readonly name: string
    /** Which of its settings differ; empty: it was added or removed. */
    readonly details: readonly string[]
  }[]
  readonly annotations: readonly Annotation[]
}

/** Whether GitHub may still be working on the attempt, for all we know. */
export function isLive(attempt: AttemptFacts): boolean {
  if (attempt.status === 'completed' || neverAppeared(attempt)) return false
  return attempt.outcome === 'intended' || attempt.outcome === 'dispatched'
}

/** How long after a dispatch without a run id its workflow run must have appeared under the attempt's name. */
export const APPEAR_WITHIN_MS = 5 * 60_000

/** Whether GitHub accepted the dispatch, but no workflow run of the attempt's name was there when its time was over. */
export function neverAppeared(attempt: AttemptFacts): boolean {
  if (attempt.outcome !== 'dispatched' || attempt.workflowRunId !== null || attempt.searchedAt === null) return false
  return attempt.searchedAt.getTime() >= attempt.intendedAt.getTime() + APPEAR_WITHIN_MS
}

/** The id at the start of a workflow run's title, as the executor workflows' `run-name` writes it. */
export function attemptIdIn(title: string): string {
  return title.trimStart().split(/\s/, 1)[0] ?? ''
}
