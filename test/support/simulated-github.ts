/**
 * Workflow runs as GitHub plays them, in memory and in seconds of a clock that is moved by hand: dispatches that are
 * refused, deferred, lost before or after their effect, answered without a run id; runs that hang, end in any way,
 * and are not cancelled at the first request.
 */
import type { WorkflowRunObservation } from '../../src/domain/run.ts'
import { later, makeObservation } from './facts.ts'
import type { Random } from './random.ts'

export interface SimulatedWorkflowRun {
  readonly id: number
  readonly attemptId: string
  readonly job: string
  /** Whether its name begins with the attempt id, so that it can be found. */
  readonly named: boolean
  /** When GitHub lists it. */
  readonly visibleAt: number
  readonly startsAt: number
  endsAt: number
  conclusion: string
  runAttempt: number
}

export type SimulatedDispatch =
  | { readonly kind: 'refused' | 'deferred' | 'unknown' }
  | { readonly kind: 'dispatched'; readonly workflowRunId: number | null }

const NEVER = Number.POSITIVE_INFINITY
const ENDS = ['success', 'success', 'success', 'success', 'success', 'success', 'failure', 'failure'] as const
const RARE_ENDS = ['cancelled', 'timed_out', 'neutral', 'skipped', 'startup_failure', 'action_required'] as const

export class SimulatedGitHub {
  readonly runs: SimulatedWorkflowRun[] = []
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  dispatch(attemptId: string, job: string, now: number): SimulatedDispatch {
    const { chance } = this.#random
    if (chance(0.03)) return { kind: 'refused' }
    if (chance(0.05)) return { kind: 'deferred' }
    if (chance(0.15)) {
      if (chance(0.5)) this.#start(attemptId, job, now, true)
      return { kind: 'unknown' }
    }
    const tellsNoId = chance(0.1)
    const run = this.#start(attemptId, job, now, !(tellsNoId && chance(0.2)))
    return { kind: 'dispatched', workflowRunId: tellsNoId ? null : run.id }
  }

  #start(attemptId: string, job: string, now: number, named: boolean): SimulatedWorkflowRun {
    const { between, chance, pick } = this.#random
    const visibleAt = now + between(0, 8)
    const startsAt = visibleAt + between(0, 5)
    const run = {
      id: 1000 + this.runs.length,
      attemptId,
      job,
      named,
      visibleAt,
      startsAt,
      endsAt: chance(0.08) ? NEVER : startsAt + between(1, 120),
      conclusion: chance(0.08) ? pick(RARE_ENDS) : pick(ENDS),
      runAttempt: 1,
    }
    this.runs.push(run)
    return run
  }

  /** What a listing says now of the runs that can be told to be ours. */
  observe(now: number): WorkflowRunObservation[] {
    return this.runs.filter((run) => run.visibleAt <= now).map((run) => observationOf(run, now))
  }

  /** GitHub does not always cancel at the first request; by force it does. */
  cancel(workflowRunId: number, force: boolean, now: number): void {
    const run = this.#find(workflowRunId)
    if (run.endsAt <= now || (!force && this.#random.chance(0.3))) return
    run.endsAt = now + this.#random.between(1, 20)
    run.conclusion = 'cancelled'
  }

  /** A person presses «Re-run» on the workflow run itself. */
  rerun(workflowRunId: number, now: number): void {
    const run = this.#find(workflowRunId)
    Object.assign(run, { startsAt: now, endsAt: now + this.#random.between(1, 30), conclusion: 'success' })
    run.runAttempt += 1
  }

  /** The next moment after `now` at which GitHub has something new to say; infinite: none. */
  nextChange(now: number): number {
    const times = this.runs.flatMap((run) => [run.visibleAt, run.startsAt, run.endsAt])
    return Math.min(...times.filter((time) => time > now), NEVER)
  }

  unfinished(now: number): SimulatedWorkflowRun[] {
    return this.runs.filter((run) => run.endsAt > now)
  }

  #find(id: number): SimulatedWorkflowRun {
    const run = this.runs.find((one) => one.id === id)
    if (!run) throw new Error(`GitHub has no workflow run ${id}`)
    return run
  }
}

function observationOf(run: SimulatedWorkflowRun, now: number): WorkflowRunObservation {
  const status = run.endsAt <= now ? 'completed' : run.startsAt <= now ? 'in_progress' : 'queued'
  return makeObservation({
    workflowRunId: run.id,
    title: run.named ? `${run.attemptId} ${run.job}` : 'Executor',
    runAttempt: run.runAttempt,
    status,
    conclusion: status === 'completed' ? run.conclusion : null,
    startedAt: later(run.startsAt),
    updatedAt: later(Math.min(now, run.endsAt)),
  })
}
