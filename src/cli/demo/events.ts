/**
 * What the demo tells, one thing at a time. Everything in an event was seen at the sandbox GitHub or in the store; the
 * events are all that the screen, the plain lines, the JSON lines and the verdict are made of.
 */
import type { TriggerKind } from '../../domain/trigger.ts'
import type { CheckConclusion, CheckStatus, DeploymentState, ReactionContent } from '../../sandbox/model.ts'
import type { StoryName } from './story-name.ts'

export interface PlannedLeg {
  readonly id: string
  readonly job: string
  readonly name: string
  /** File name of the workflow that it dispatches, or in words what it observes. */
  readonly workflow: string
  /** Names of legs. */
  readonly needs: readonly string[]
}

export interface PlannedGate {
  readonly id: string
  readonly name: string
  /** Names of legs. */
  readonly needs: readonly string[]
}

/** GitHub answered for: a delivery ended. */
export interface WebhookEvent {
  readonly event: 'webhook'
  /** `X-GitHub-Event`, and the payload's action. */
  readonly name: string
  readonly action: string | null
  readonly delivery: string
  readonly statusCode: number
  readonly durationMs: number
  /** What it is about, for pushes, pull requests and what people write. */
  readonly about: string | null
}

/** A run is in the store. */
export interface PlanEvent {
  readonly event: 'plan'
  readonly run: string
  readonly pipeline: string
  readonly trigger: TriggerKind
  readonly refName: string
  readonly pullRequest: number | null
  readonly sha: string
  readonly legs: readonly PlannedLeg[]
  readonly gates: readonly PlannedGate[]
}

/** A workflow run is there, or its status changed. */
export interface AttemptEvent {
  readonly event: 'attempt'
  readonly run: string
  /** Id of the leg. */
  readonly leg: string
  /** Name of the leg. */
  readonly name: string
  /** Id of the attempt, as the workflow run was told it. */
  readonly attempt: string
  readonly workflow: string
  /** Full names of the tags that the leg was told to give its image; none for a leg without an image. */
  readonly tags: readonly string[]
  /** What the leg was told of its commit, and of what it may do. */
  readonly trusted: boolean
  readonly push: boolean
  readonly workflowRun: number
  readonly status: 'queued' | 'in_progress' | 'completed'
  readonly conclusion: CheckConclusion | null
  /** From the start of its job; null: it did not start, or is not over. */
  readonly durationMs: number | null
  readonly url: string
}

/** A check run is there, or says something new. */
export interface CheckEvent {
  readonly event: 'check'
  readonly run: string
  readonly subject: 'leg' | 'gate'
  /** Id of the leg or gate. */
  readonly id: string
  readonly name: string
  readonly sha: string
  readonly status: CheckStatus
  readonly conclusion: CheckConclusion | null
  readonly title: string
  readonly url: string
}

/** Something was written on a pull request, or what Signalbox had written was edited by it. */
export interface CommentEvent {
  readonly event: 'comment'
  readonly change: 'created' | 'edited'
  readonly id: number
  readonly pullRequest: number
  /** Login. */
  readonly author: string
  /** What it is when Signalbox wrote it, by its hidden first line: `welcome`, `previews`, `reply` …; null: a person wrote it. */
  readonly kind: string | null
  /** Its first lines, without Markdown. */
  readonly lines: readonly string[]
  /** Where its links lead. */
  readonly links: readonly string[]
}

export interface ReactionEvent {
  readonly event: 'reaction'
  readonly content: ReactionContent
  readonly by: string
  /** Id and author of the comment. */
  readonly comment: number
  readonly author: string
}

export interface LabelEvent {
  readonly event: 'label'
  readonly change: 'labeled' | 'unlabeled'
  readonly label: string
  readonly pullRequest: number
  readonly by: string
}

/** A GitHub Deployment has a new status. */
export interface DeploymentEvent {
  readonly event: 'deployment'
  readonly id: number
  readonly environment: string
  readonly sha: string
  readonly state: DeploymentState
  readonly description: string
  /** Where the preview can be seen; null: nowhere yet, or no more. */
  readonly url: string | null
}

/** A workflow run of the repository that deploys is there, or its status changed. */
export interface PreviewRunEvent {
  readonly event: 'preview_run'
  readonly repository: string
  readonly workflow: string
  readonly workflowRun: number
  readonly inputs: Readonly<Record<string, string>>
  readonly status: 'queued' | 'in_progress' | 'completed'
  readonly conclusion: CheckConclusion | null
  /** From the start of its job; null: it did not start, or is not over. */
  readonly durationMs: number | null
  readonly url: string
}

export interface ExpectationEvent {
  readonly event: 'expectation'
  readonly name: string
  readonly expected: string
  readonly seen: string
  readonly met: boolean
}

export interface EndedEvent {
  readonly event: 'ended'
  readonly ok: boolean
  readonly expectations: number
  readonly unmet: number
  readonly durationMs: number
  readonly webhooks: number
  readonly webhooksAccepted: number
  readonly runs: number
  readonly legs: number
  readonly apiRequests: number
  readonly apiRequestsPerRun: number
  /** From the first webhook to the first request that dispatches a workflow. */
  readonly firstDispatchMs: number | null
  /** From the start of this process to the first workflow run. */
  readonly startToDispatchMs: number | null
}

export type DemoEvent =
  | { readonly event: 'starting' }
  | {
      readonly event: 'started'
      readonly story: StoryName
      readonly githubUrl: string
      readonly signalboxUrl: string
      readonly repository: string
      readonly configPath: string
      /** Since the start of this process. */
      readonly bootMs: number
      /** What is not real here, in words. */
      readonly simulation: string
    }
  | { readonly event: 'chapter'; readonly number: number; readonly title: string }
  | WebhookEvent
  | PlanEvent
  | AttemptEvent
  | CheckEvent
  | CommentEvent
  | ReactionEvent
  | LabelEvent
  | DeploymentEvent
  | PreviewRunEvent
  | ExpectationEvent
  | EndedEvent

export type TimedEvent = DemoEvent & { readonly at: Date }

/** What shows the demo to somebody. Called in order, one event at a time. */
export interface Presenter {
  show(event: TimedEvent): void
  /** What was live on the screen stays as it is; resolves when it was drawn. */
  rest(): Promise<void>
  /** The story is over; the demo stays up until it is interrupted. */
  stayUp(): void
}
