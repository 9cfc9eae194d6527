/** The tables of `migrations/`, as Kysely sees them: names in camelCase, converted by its plugin. */
import type { ColumnType, Generated } from 'kysely'
import type { GatePlan, LegPlan } from '../../domain/plan.ts'
import type { CancelReason, FailedJob, WorkflowRunStatus } from '../../domain/run.ts'
import type { Trigger } from '../../domain/trigger.ts'
import type { DeliveryState } from '../../ports.ts'

/** Read as a value, written as its JSON text: drivers disagree on what an array is. */
type Json<T> = ColumnType<T, string, string>

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
    cancel: Json<CancelReason | null> | null
    open: Generated<boolean>
    conclusion: string | null
    reconcile: Generated<boolean>
    createdAt: Generated<Date>
    concludedAt: Date | null
  }
  legs: { id: string; runId: string; position: number; plan: Json<LegPlan>; firstAttempt: Generated<number> }
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
  checks: { subjectId: string; runId: string; nodeId: string | null; digest: string | null }
}
