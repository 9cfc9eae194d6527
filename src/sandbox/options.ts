/** What a test, a benchmark or the demo may ask of the sandbox when it starts it. */
import type { CheckConclusion, Permissions } from './model.ts'

/** What the simulated runner is told about a run before it plays it. */
export interface ScriptedRun {
  readonly id: number
  /** `owner/name`. */
  readonly repo: string
  /** File name under `.github/workflows`. */
  readonly workflow: string
  readonly event: string
  readonly ref: string
  readonly headSha: string
  readonly inputs: Readonly<Record<string, string>>
  /** `inputs.signalbox`, parsed; null when it is missing or not a JSON object. */
  readonly signalbox: Readonly<Record<string, unknown>> | null
  readonly runNumber: number
  readonly runAttempt: number
}

/** How one attempt of a run goes. Times in milliseconds. */
export interface RunScript {
  readonly queuedMs?: number
  readonly durationMs?: number
  /** Default: failure when a job fails, else success. */
  readonly conclusion?: CheckConclusion
  /** Default: the jobs of the workflow file, each ending as the run does. */
  readonly jobs?: readonly { readonly name: string; readonly conclusion?: CheckConclusion }[]
  /** Never ends by itself; `queued`: never even starts. */
  readonly hang?: boolean | 'queued'
  /** Only a forced cancellation ends it. */
  readonly ignoresCancel?: boolean
  /** What is done while the attempt is in progress, which ends with it and has its conclusion; instead of `durationMs`. */
  readonly work?: () => Promise<CheckConclusion>
  /** What the attempt uploads: there once it has ended, however it ended. */
  readonly artifacts?: readonly { readonly name: string; readonly zip: Uint8Array }[]
}

export type RunnerScript = (run: ScriptedRun) => RunScript

export interface SandboxOptions {
  readonly app?: {
    readonly id?: number
    readonly slug?: string
    readonly clientId?: string
    /** PEM. Generated when not given. */
    readonly privateKey?: string
    readonly permissions?: Permissions
    /** Default: every event that the sandbox knows. */
    readonly events?: readonly string[]
  }
  /** Where webhooks go; nowhere until given (see `setWebhook`). */
  readonly webhook?: { readonly url: string; readonly secret?: string }
  readonly port?: number
  readonly now?: () => Date
  /** Default: every run is queued for 5 ms, takes 20 ms and succeeds. */
  readonly runner?: RunnerScript
  /** How long every API reply is held back. */
  readonly delayMs?: number
  /** How long GitHub waits for the answer to a webhook. */
  readonly webhookTimeoutMs?: number
  /** False: an older Enterprise Server, which refuses `return_run_details`. */
  readonly runDetails?: boolean
  /** False: an older Enterprise Server, whose GraphQL knows no types of issues. */
  readonly issueTypes?: boolean
  /** How many entries a listing of a tree has at most; default 100,000. See also `limitTrees`. */
  readonly maxTreeEntries?: number
  /** Requests an hour and installation. */
  readonly rateLimit?: { readonly core?: number; readonly graphql?: number }
  /** Check every reply against GitHub's OpenAPI description; see `Sandbox.violations`. Needs the dev dependencies. */
  readonly validateReplies?: boolean
}

/** What an installation may do unless the options say otherwise: all that Signalbox asks for, and `metadata`. */
export const DEFAULT_PERMISSIONS: Permissions = {
  actions: 'write',
  administration: 'read',
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  issues: 'write',
  members: 'read',
  merge_queues: 'read',
  metadata: 'read',
  pull_requests: 'write',
  statuses: 'write',
}

export const KNOWN_EVENTS = [
  'check_run',
  'check_suite',
  'create',
  'delete',
  'issue_comment',
  'issues',
  'merge_group',
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
  'push',
  'repository_dispatch',
  'workflow_job',
  'workflow_run',
] as const
