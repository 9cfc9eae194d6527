/**
 * What the clean-up of workflow runs and of Actions caches is decided from. A run goes only when it is older than the days that are
 * kept and not among the newest of its workflow that are kept; one that is not completed, or that anything open refers to, never.
 */
import type { SweepDecision } from './sweep.ts'

export interface RunKeep {
  readonly days: number
  readonly minimumRuns: number
}

/** `null` of a filter: whatever. */
export interface RunRetentionConfig extends RunKeep {
  /** Cron, five fields, UTC; null: only by the command line. */
  readonly schedule: string | null
  /** Names, file names or paths of workflows, or globs of them; empty: all. */
  readonly workflows: readonly string[]
  /** GitHub's words for states of workflows: `active`, `disabled_manually`, `disabled_inactivity`, `deleted` …; empty: all. */
  readonly states: readonly string[]
  /** Conclusions: `success`, `failure`, `cancelled` …; empty: all. */
  readonly conclusions: readonly string[]
  /** Globs of branches → what is kept of each branch that matches, in its own right; the first that matches counts. */
  readonly branches: readonly (RunKeep & { readonly branch: string })[]
  /** Whether all runs of workflows that are deleted go once they are older than `days`, however few. */
  readonly deletedWorkflows: boolean
  /** Whether Actions caches of closed pull requests go. */
  readonly closedPullRequestCaches: boolean
  /** Most runs and caches that one sweep deletes. */
  readonly operationsPerRun: number
}

export interface WorkflowFacts {
  readonly id: number
  readonly name: string
  /** `.github/workflows/test.yml`, or `dynamic/…`. */
  readonly path: string
  readonly state: string
}

export interface RunFactsToKeep {
  readonly id: number
  readonly workflowId: number
  /** As the run itself tells, for a workflow that is deleted. */
  readonly workflowPath: string
  readonly name: string
  readonly branch: string | null
  readonly event: string
  readonly status: string
  readonly conclusion: string | null
  readonly createdAt: Date
}

export interface CacheFacts {
  readonly id: number
  readonly key: string
  /** `refs/pull/12/merge`, `refs/heads/main`. */
  readonly ref: string
  readonly sizeBytes: number
  readonly lastUsedAt: Date
}

export interface RunRetentionFacts {
  readonly now: Date
  readonly workflows: readonly WorkflowFacts[]
  readonly runs: readonly RunFactsToKeep[]
  /** Workflow runs that open runs, gates and deployments refer to. */
  readonly inUse: ReadonlySet<number>
  readonly caches: readonly CacheFacts[]
  /** Of the pull requests that caches name, those that are closed. */
  readonly closedPullRequests: ReadonlySet<number>
}

export interface RetentionDecision extends SweepDecision {
  readonly target: { readonly kind: 'run' | 'cache'; readonly id: number }
}
