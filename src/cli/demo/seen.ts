/** What was seen so far, folded from the events: runs with their check runs and attempts, and what became of previews. */
import type {
  AttemptEvent,
  CheckEvent,
  CommentEvent,
  DeploymentEvent,
  PlanEvent,
  PreviewRunEvent,
  ReactionEvent,
  TimedEvent,
} from './events.ts'

/** A workflow run as it was seen last. */
export interface SeenAttempt<Event = AttemptEvent> {
  readonly last: Event
  /** When this status began. */
  readonly since: Date
}

export interface SeenCheck {
  readonly subject: 'leg' | 'gate'
  readonly id: string
  readonly name: string
  /** Null: no check run yet. */
  readonly check: CheckEvent | null
  /** Of a leg, in the order in which they were dispatched. */
  readonly attempts: readonly SeenAttempt[]
}

export interface SeenRun {
  readonly plan: PlanEvent
  /** In the plan's order, gates last; by id of leg or gate. */
  readonly checks: ReadonlyMap<string, SeenCheck>
}

/** Everything by its id, oldest first. */
export interface Seen {
  readonly runs: ReadonlyMap<string, SeenRun>
  /** As they read now. */
  readonly comments: ReadonlyMap<number, CommentEvent>
  readonly reactions: readonly ReactionEvent[]
  /** Of each deployment all that was said of it. */
  readonly deployments: ReadonlyMap<number, readonly DeploymentEvent[]>
  readonly previewRuns: ReadonlyMap<number, SeenAttempt<PreviewRunEvent>>
}

export const NOTHING_SEEN: Seen = {
  runs: new Map(),
  comments: new Map(),
  reactions: [],
  deployments: new Map(),
  previewRuns: new Map(),
}

export function noteEvent(seen: Seen, event: TimedEvent): Seen {
  switch (event.event) {
    case 'plan':
      return { ...seen, runs: new Map(seen.runs).set(event.run, newRun(event)) }
    case 'check':
      return change(seen, event.run, event.id, (one) => ({ ...one, check: event }))
    case 'attempt':
      return change(seen, event.run, event.leg, (one) => ({ ...one, attempts: noteAttempt(one.attempts, event) }))
    case 'comment':
      return { ...seen, comments: new Map(seen.comments).set(event.id, event) }
    case 'reaction':
      return { ...seen, reactions: [...seen.reactions, event] }
    case 'deployment': {
      const said = [...(seen.deployments.get(event.id) ?? []), event]
      return { ...seen, deployments: new Map(seen.deployments).set(event.id, said) }
    }
    case 'preview_run': {
      const noted = { last: event, since: event.at }
      return { ...seen, previewRuns: new Map(seen.previewRuns).set(event.workflowRun, noted) }
    }
    default:
      return seen
  }
}

function newRun(plan: PlanEvent): SeenRun {
  const checks = new Map<string, SeenCheck>()
  const nothing = { check: null, attempts: [] }
  for (const { id, name } of plan.legs) checks.set(id, { subject: 'leg', id, name, ...nothing })
  for (const { id, name } of plan.gates) checks.set(id, { subject: 'gate', id, name, ...nothing })
  return { plan, checks }
}

function change(seen: Seen, runId: string, id: string, update: (one: SeenCheck) => SeenCheck): Seen {
  const run = seen.runs.get(runId)
  const one = run?.checks.get(id)
  if (run === undefined || one === undefined) return seen
  const checks = new Map(run.checks).set(id, update(one))
  return { ...seen, runs: new Map(seen.runs).set(runId, { ...run, checks }) }
}

function noteAttempt(attempts: readonly SeenAttempt[], event: AttemptEvent & { at: Date }): SeenAttempt[] {
  const noted = { last: event, since: event.at }
  const index = attempts.findIndex((one) => one.last.workflowRun === event.workflowRun)
  return index < 0 ? [...attempts, noted] : attempts.with(index, noted)
}

export function isOver(one: SeenCheck): boolean {
  return one.check?.status === 'completed'
}

export function findCheck(seen: Seen, runId: string, id: string): SeenCheck | undefined {
  return seen.runs.get(runId)?.checks.get(id)
}

/** The newest run that this kind of trigger started on the commit. */
export function findRun(seen: Seen, trigger: string, sha: string): SeenRun | undefined {
  return [...seen.runs.values()].findLast(({ plan }) => plan.trigger === trigger && plan.sha === sha)
}
