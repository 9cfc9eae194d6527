/** The tables of `migrations/`, as Kysely sees them: names in camelCase, converted by its plugin. */
import type { ColumnType, Generated } from 'kysely'
import type { GatePlan, LegPlan } from '../../domain/plan.ts'
import type { DeploymentState, DeploymentTarget, StickyKind } from '../../domain/pull-request.ts'
import type {
  CancelReason,
  ConfigVerdict,
  FailedJob,
  LegHistory,
  Observed,
  TestReport,
  WorkflowRunStatus,
} from '../../domain/run.ts'
import type { SweepKind, SweepOutcome, SweepReport } from '../../domain/sweep.ts'
import type { Repo, Trigger } from '../../domain/trigger.ts'
import type { SweepSchedule } from '../../ports/sweeps.ts'
import type { CommandOutcome, DeliveryState, LegResult } from '../../ports.ts'

/** Read as a value, written as its JSON text: drivers disagree on what an array is. */
type Json<T> = ColumnType<T, string, string>
/** Null when the row is new. */
type LaterJson<T> = ColumnType<T | null, undefined, string | null>

/** As JSON keeps it: dates are text. */
export type StoredObserved = Omit<Observed, 'startedAt' | 'completedAt'> & {
  readonly startedAt: string | null
  readonly completedAt: string | null
}

export interface Tables {
  deliveries: {
    id: string
    event: string
    body: Uint8Array
    state: Generated<DeliveryState>
    note: string | null
    receivedAt: Generated<Date>
    finishedAt: Date | null
  }
  arrivals: { id: Generated<number>; deliveryIds: string[] }
  installations: { id: number; account: string; suspended: boolean }
  repositories: { id: number; goodGates: Json<readonly GatePlan[]> }
  runs: {
    id: string
    repoId: number
    installationId: number
    pipeline: string
    triggerKey: string
    generation: number
    trigger: Json<Trigger>
    trusted: boolean
    sha: string
    pullRequest: number | null
    baseRef: string | null
    concurrency: 'cancel' | 'keep'
    skipped: string | null
    problem: string | null
    verdict: Json<ConfigVerdict | null> | null
    cancel: Json<CancelReason | null> | null
    open: Generated<boolean>
    conclusion: string | null
    reconcile: Generated<boolean>
    createdAt: Generated<Date>
    concludedAt: Date | null
  }
  legs: {
    id: string
    runId: string
    position: number
    plan: Json<LegPlan>
    firstAttempt: Generated<number>
    history: Json<LegHistory>
    observed: LaterJson<StoredObserved>
    report: LaterJson<TestReport>
    retag: ColumnType<'done' | 'failed' | null, undefined, 'done' | 'failed'>
  }
  gates: { id: string; runId: string; position: number; plan: Json<GatePlan> }
  attempts: {
    id: string
    legId: string
    runId: string
    number: number
    intendedAt: Date
    outcome: Generated<'intended' | 'dispatched' | 'refused' | 'lost'>
    refusal: string | null
    searchedAt: Date | null
    workflowRunId: number | null
    runAttempt: Generated<number>
    url: string | null
    status: WorkflowRunStatus | null
    conclusion: string | null
    startedAt: Date | null
    completedAt: Date | null
    failedJobs: ColumnType<readonly FailedJob[], string | undefined, string>
    cancelRequestedAt: Date | null
    cancelRequests: Generated<number>
  }
  checks: {
    subjectId: string
    runId: string
    nodeId: string | null
    digest: string | null
    annotated: Generated<string | null>
  }
  pullRequests: {
    repoId: number
    number: number
    installationId: number
    repo: Json<Repo>
    open: Generated<boolean>
    watchesRuns: Generated<boolean>
  }
  approvals: {
    repoId: number
    pullRequest: number
    sha: string
    baseRef: string
    by: string
    via: 'comment' | 'label'
    at: Date
  }
  overrides: {
    repoId: number
    pullRequest: number
    sha: string
    baseRef: string
    gate: string
    by: string
    reason: string
    at: Date
  }
  audit: {
    id: Generated<number>
    at: Date
    repoId: number
    repo: Json<Repo>
    pullRequest: number | null
    actor: string
    action: string
    subject: string
    detail: string
  }
  commands: {
    repoId: number
    commentId: number
    pullRequest: number
    author: string
    outcome: LaterJson<CommandOutcome>
  }
  refusedLabels: { repoId: number; pullRequest: number; login: string; reason: string; labelingId: string }
  stickyComments: {
    repoId: number
    pullRequest: number
    kind: StickyKind
    commentId: number | null
    digest: string | null
    removed: Generated<boolean>
  }
  deployments: {
    id: string
    repoId: number
    pullRequest: number
    preview: string
    number: number
    kind: 'deploy' | 'teardown'
    sha: string
    request: string
    target: Json<DeploymentTarget>
    intendedAt: Date
    outcome: Generated<'intended' | 'dispatched' | 'refused' | 'lost'>
    refusal: Generated<string | null>
    searchedAt: Generated<Date | null>
    workflowRunId: Generated<number | null>
    runAttempt: Generated<number>
    url: Generated<string | null>
    status: Generated<WorkflowRunStatus | null>
    conclusion: Generated<string | null>
    completedAt: Generated<Date | null>
    githubId: Generated<number | null>
    told: Generated<DeploymentState | null>
  }
  previewRequests: {
    repoId: number
    pullRequest: number
    preview: string
    request: string
    by: string
    at: Date
  }
  legResults: { legId: string; repoId: number; name: string; result: LegResult['result']; at: Date }
  testResults: { legId: string; test: string; result: 'failed' | 'flaky' }
  sweptRepositories: {
    repoId: number
    installationId: number
    repo: Json<Repo>
    schedules: Json<readonly SweepSchedule[]>
    staleLabels: string[]
    imagesOnClose: boolean
    trackingIssue: Generated<number | null>
  }
  itemPushes: { repoId: number; number: number; by: string; at: Date }
  sweeps: {
    id: string
    repoId: number
    installationId: number
    repo: Json<Repo>
    kind: SweepKind
    target: string
    state: Generated<SweepReport['state']>
    holder: string
    startedAt: Date
    endedAt: Generated<Date | null>
    requests: Generated<number>
    points: Generated<number>
    stopped: Generated<string | null>
    report: Generated<Uint8Array | null>
  }
  sweepOutcomes: {
    sweepId: string
    subject: string
    position: Generated<number>
    operations: Generated<number>
    outcome: Json<SweepOutcome> | null
  }
  manifests: {
    digest: string
    mediaType: string
    children: string[]
    subject: string | null
    copyOf: string | null
    size: number | null
    isDated: boolean
    createdAt: Date | null
    usedAt: Generated<Date>
  }
  reusableResults: {
    repoId: number
    key: string
    legId: string
    sha: string
    url: string | null
    imageTags: Json<readonly string[]>
    at: Date
  }
}
