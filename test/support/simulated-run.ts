/** One run from its plan to its end: decides, applies to facts in memory as the store would, and lets time pass. */
import type { CheckState } from '../../src/domain/check-state.ts'
import { type Config, type Job, NO_CONFIG } from '../../src/domain/config.ts'
import { decideRerun } from '../../src/domain/decide-rerun.ts'
import { DISPATCH_SETTLES_MS, decideRun, type RunAction, type RunConclusion } from '../../src/domain/decide-run.ts'
import { ALL_FILES, planRuns } from '../../src/domain/plan.ts'
import type { AttemptFacts, CancelReason, LegFacts, RunFacts, WorkflowRunObservation } from '../../src/domain/run.ts'
import { attemptIdIn } from '../../src/domain/run.ts'
import { freeze, later, makeAttempt, makeLeg, makePullRequestTrigger, makeRun, NOW } from './facts.ts'
import type { Random } from './random.ts'
import { SimulatedGitHub } from './simulated-github.ts'

/** Rules that were broken, in words. */
export type Complaints = string[]

const RECONCILE_EVERY = 300
/** More passes than any run of this size needs. */
const MAX_PASSES = 5_000

export class SimulatedRun {
  readonly github: SimulatedGitHub
  readonly complaints: Complaints = []
  readonly checks = new Map<string, CheckState>()
  facts: RunFacts
  conclusion: RunConclusion | null = null
  #now = 0
  readonly #random: Random
  readonly #dispatched = new Map<string, { at: number; unknown: boolean }>()

  constructor(random: Random, headRepo = 'acme/shop') {
    this.#random = random
    this.github = new SimulatedGitHub(random)
    const plan = planRuns(makePullRequestTrigger({ headRepo }), makeRandomConfig(random), ALL_FILES, NOW)
    const run = plan.runs[0] ?? { legs: [], gates: [] }
    this.facts = makeRun([], {
      trusted: plan.trusted,
      legs: run.legs.map((leg, at) => ({ ...makeLeg(leg), id: `r1-${at}` })),
      gates: run.gates.map((gate, at) => ({ id: `r1-g${at}`, plan: gate, override: null, check: null })),
    })
  }

  get now(): Date {
    return later(this.#now)
  }

  /** Decides and applies until nothing more happens, or until so many passes were made. @returns whether it is at rest. */
  advance(passes = MAX_PASSES): boolean {
    for (let pass = 0; pass < passes; pass++) {
      this.facts = freeze({ ...this.facts, now: this.now })
      const { actions, wakeAt } = decideRun(this.facts)
      for (const action of actions) this.#apply(action)
      this.#checkParallel()
      if (actions.length > 0) this.#now += this.#random.pick([0, 0.05, 1])
      else if (!this.#wait(wakeAt)) return true
    }
    return false
  }

  cancel(reason: CancelReason): void {
    if (this.facts.open && this.facts.cancel === null) this.facts = { ...this.facts, cancel: reason }
  }

  /** As a person asks for it. @returns how many legs are to run again. */
  rerun(): number {
    const decision = decideRerun({ ...this.facts, now: this.now }, null)
    if (decision.kind !== 'rerun') return 0
    const cancel = this.facts.cancel?.kind === 'requested' ? null : this.facts.cancel
    const legs = this.facts.legs.map((leg) =>
      decision.legIds.includes(leg.id) ? { ...leg, firstAttempt: (leg.attempts.at(-1)?.number ?? 0) + 1 } : leg,
    )
    this.facts = { ...this.facts, cancel, legs }
    return decision.legIds.length
  }

  /** Re-runs a workflow run at GitHub, and tells of it. */
  rerunAtGitHub(workflowRunId: number): void {
    this.github.rerun(workflowRunId, this.#now)
    this.#observe(this.github.observe(this.#now))
  }

  /** Lets time pass until something can be new. @returns whether there is something to wait for. */
  #wait(wakeAt: Date | null): boolean {
    const wake = wakeAt === null ? Number.POSITIVE_INFINITY : (wakeAt.getTime() - NOW.getTime()) / 1000
    const reconcile = this.facts.open
      ? (Math.floor(this.#now / RECONCILE_EVERY) + 1) * RECONCILE_EVERY
      : Number.POSITIVE_INFINITY
    const change = this.github.nextChange(this.#now)
    // An untrusted run waits for a person, and nobody comes.
    if (!this.facts.open || (wakeAt === null && change === Number.POSITIVE_INFINITY)) return false
    this.#now = Math.min(wake, reconcile, change)
    const isLost = this.#now === change && this.#random.chance(0.3)
    if (!isLost) this.#observe(this.github.observe(this.#now))
    return true
  }

  #apply(action: RunAction): void {
    switch (action.kind) {
      case 'dispatch':
        this.#dispatch(action)
        break
      case 'find_workflow_run':
        this.#find(action.attempt)
        break
      case 'give_up_attempt':
        if (this.github.runs.some((run) => run.named && run.attemptId === action.attempt.id))
          this.complaints.push(`${action.attempt.id} was given up, and GitHub has started it`)
        this.#change(action.attempt.id, (attempt) => (attempt.workflowRunId === null ? { outcome: 'lost' } : {}))
        break
      case 'cancel_workflow_run':
        this.github.cancel(action.workflowRunId, action.force, this.#now)
        this.#change(action.attempt.id, ({ cancelRequests }) => ({
          cancelRequestedAt: this.now,
          cancelRequests: cancelRequests + 1,
        }))
        break
      case 'write_check':
        this.#write(action)
        break
      case 'conclude_run':
        this.conclusion = action.conclusion
        this.facts = { ...this.facts, open: false, conclusion: action.conclusion }
        break
      case 'reopen_run':
        this.facts = { ...this.facts, open: true, conclusion: null }
    }
  }

  #find(attempt: AttemptFacts): void {
    const found = this.github.observe(this.#now).filter((one) => attemptIdIn(one.title) === attempt.id)
    if (found.length > 0) this.#observe(found)
    else this.#change(attempt.id, () => ({ searchedAt: this.now }))
  }

  #dispatch({ attemptId, leg, number }: Extract<RunAction, { kind: 'dispatch' }>): void {
    this.#checkDispatch(attemptId, leg)
    const intent = makeAttempt({
      id: attemptId,
      number,
      intendedAt: this.now,
      outcome: 'intended',
      workflowRunId: null,
      url: null,
      status: null,
      startedAt: null,
    })
    const others = (attempts: readonly AttemptFacts[]) => attempts.filter((attempt) => attempt.id !== attemptId)
    const setAttempts = (attempts: (before: readonly AttemptFacts[]) => AttemptFacts[]) => {
      const legs = this.facts.legs.map((one) =>
        one.id === leg.id ? { ...one, attempts: attempts(one.attempts) } : one,
      )
      this.facts = { ...this.facts, legs }
    }
    setAttempts((before) => [...others(before), intent])
    const outcome = this.github.dispatch(attemptId, leg.plan.job, this.#now)
    this.#dispatched.set(attemptId, { at: this.#now, unknown: outcome.kind === 'unknown' })
    if (outcome.kind === 'deferred') {
      this.#dispatched.delete(attemptId)
      setAttempts(others)
    } else if (outcome.kind === 'refused') this.#change(attemptId, () => ({ outcome: 'refused', refusal: 'No.' }))
    else if (outcome.kind === 'dispatched')
      this.#change(attemptId, () => ({ outcome: 'dispatched', workflowRunId: outcome.workflowRunId }))
  }

  #checkDispatch(attemptId: string, leg: LegFacts): void {
    if (!this.facts.trusted) this.complaints.push(`${attemptId} of an untrusted commit was dispatched`)
    const before = this.#dispatched.get(attemptId)
    if (before === undefined) return
    if (!before.unknown) this.complaints.push(`${attemptId} was dispatched again, and its outcome was known`)
    const searched = leg.attempts.find((attempt) => attempt.id === attemptId)?.searchedAt ?? NOW
    if (searched.getTime() < later(before.at).getTime() + DISPATCH_SETTLES_MS)
      this.complaints.push(`${attemptId} was dispatched again before it was looked for after settling`)
  }

  /** What GitHub has at work, not what we believe of it. */
  #checkParallel(): void {
    const atWork = Map.groupBy(
      this.github.unfinished(this.#now).filter((run) => run.named && run.runAttempt === 1),
      (run) => run.job,
    )
    for (const leg of this.facts.legs) {
      const { job, maxParallel } = leg.plan
      const count = atWork.get(job)?.length ?? 0
      if (maxParallel !== null && count > maxParallel) this.complaints.push(`${count} of ${job} at work at once`)
    }
  }

  #write({ check, digest, posted }: Extract<RunAction, { kind: 'write_check' }>): void {
    this.checks.set(check.id, check)
    const begun = posted === 'never' && this.#random.chance(0.1)
    const known = begun ? { nodeId: null, digest: null, annotated: null } : { nodeId: `CR_${check.id}`, digest }
    const post = <T extends { id: string }>(subject: T) =>
      subject.id === check.id ? { ...subject, check: known } : subject
    this.facts = { ...this.facts, legs: this.facts.legs.map(post), gates: this.facts.gates.map(post) }
  }

  /** As the store does it: an older word never replaces a newer one, and a re-run begins anew. */
  #observe(observations: readonly WorkflowRunObservation[]): void {
    const age = { queued: 1, in_progress: 2, completed: 3 }
    for (const seen of observations) {
      const isNewer = ({ url, status }: AttemptFacts) => {
        const knownAttempt = Number(url?.split('#')[1] ?? 0)
        if (seen.runAttempt !== knownAttempt) return seen.runAttempt > knownAttempt
        return age[seen.status] > (status === null ? 0 : age[status])
      }
      for (const { id, workflowRunId } of this.facts.legs.flatMap((leg) => leg.attempts))
        if (workflowRunId === seen.workflowRunId || (workflowRunId === null && id === attemptIdIn(seen.title)))
          this.#change(id, (attempt) => (isNewer(attempt) ? observed(attempt, seen) : {}))
    }
  }

  #change(attemptId: string, change: (attempt: AttemptFacts) => Partial<AttemptFacts>): void {
    const legs = this.facts.legs.map((leg) => ({
      ...leg,
      attempts: leg.attempts.map((attempt) =>
        attempt.id === attemptId ? { ...attempt, ...change(attempt) } : attempt,
      ),
    }))
    this.facts = { ...this.facts, legs }
  }
}

function observed(attempt: AttemptFacts, seen: WorkflowRunObservation): Partial<AttemptFacts> {
  const restarted = seen.runAttempt > 1 && !attempt.url?.endsWith(`#${seen.runAttempt}`)
  return {
    outcome: 'dispatched',
    workflowRunId: seen.workflowRunId,
    // Which of GitHub's re-runs was seen last: the facts themselves do not carry it.
    url: `https://github.test/runs/${seen.workflowRunId}#${seen.runAttempt}`,
    status: seen.status,
    conclusion: seen.conclusion,
    startedAt: seen.status === 'queued' ? null : seen.startedAt,
    completedAt: seen.status === 'completed' ? seen.updatedAt : null,
    ...(restarted ? { intendedAt: seen.startedAt, cancelRequestedAt: null, cancelRequests: 0 } : {}),
  }
}

/** One pipeline of a few jobs, each of a few legs, that need one another in any way. */
function makeRandomConfig(random: Random): Config {
  const jobs: Job[] = []
  const count = random.between(1, 4)
  for (let at = 0; at < count; at++) {
    jobs.push({
      name: `job${at}`,
      start: { kind: 'dispatch', workflow: `job${at}.yml`, ref: null },
      needs: jobs.map((job) => job.name).filter(() => random.chance(0.4)),
      matrix: { axes: { os: ['a', 'b', 'c', 'd'].slice(0, random.between(1, 4)) }, include: [], exclude: [] },
      failFast: random.chance(0.4),
      maxParallel: random.chance(0.5) ? random.between(1, 2) : null,
      retries: { max: random.between(0, 2), delayMs: random.pick([0, 5_000, 30_000]), only: 'any' },
      timeoutMs: random.pick([20_000, 90_000, 600_000]),
      inputs: {},
      image: null,
      forks: random.chance(0.2) ? 'skip' : 'run',
      report: null,
      reuse: null,
    })
  }
  const gates = [
    { id: 'all', name: 'All', needs: jobs.map((job) => job.name) },
    { id: 'first', name: 'First', needs: ['job0'] },
  ]
  const on = { pullRequest: { branches: [], paths: { include: [], exclude: [] }, drafts: true } }
  return { ...NO_CONFIG, pipelines: [{ name: 'ci', on, concurrency: 'cancel', jobs, gates }] }
}
