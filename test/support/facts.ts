/** Small facts to decide about, each with only what a test names. */
import { CONFIG_PATH, type Config } from '../../src/domain/config.ts'
import { formatProblem, parseConfig } from '../../src/domain/parse-config.ts'
import type { GatePlan, LegPlan, RunPlan } from '../../src/domain/plan.ts'
import type { AttemptFacts, GateFacts, LegFacts, RunFacts, WorkflowRunObservation } from '../../src/domain/run.ts'
import type { PullRequest, Repo, Trigger } from '../../src/domain/trigger.ts'

export const NOW = new Date('2026-03-01T12:00:00Z')
export const SHA = 'a'.repeat(40)
export const NEWER_SHA = 'b'.repeat(40)

/** `NOW`, so many seconds later. */
export function later(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1000)
}

export function makeRepo(repo: Partial<Repo> = {}): Repo {
  return { id: 1, nodeId: 'R_1', owner: 'acme', name: 'shop', defaultBranch: 'main', ...repo }
}

export function makePullRequest(pullRequest: Partial<PullRequest> = {}): PullRequest {
  return {
    number: 7,
    headSha: SHA,
    headRef: 'feature',
    headRepo: 'acme/shop',
    baseRef: 'main',
    baseSha: 'c'.repeat(40),
    draft: false,
    state: 'open',
    author: 'ann',
    association: 'MEMBER',
    labels: [],
    maintainersMayPush: false,
    ...pullRequest,
  }
}

export function makePullRequestTrigger(pullRequest: Partial<PullRequest> = {}): Trigger {
  const made = makePullRequest(pullRequest)
  return {
    kind: 'pull_request',
    repo: makeRepo(),
    sha: made.headSha,
    refName: `${made.number}/merge`,
    pullRequest: made,
  }
}

export function makePushTrigger(refName = 'main', sha = SHA): Trigger {
  return { kind: 'push', repo: makeRepo(), sha, refName, before: null }
}

export function makeTagTrigger(refName = 'v1.2.3'): Trigger {
  return { kind: 'tag', repo: makeRepo(), sha: SHA, refName }
}

export function makeMergeGroupTrigger(baseRef = 'main'): Trigger {
  const refName = `gh-readonly-queue/${baseRef}/pr-7-${'c'.repeat(40)}`
  return { kind: 'merge_group', repo: makeRepo(), sha: SHA, refName, baseRef, baseSha: 'c'.repeat(40) }
}

export function makeManualTrigger(pipelines: readonly string[] | null = null): Trigger {
  return {
    kind: 'manual',
    repo: makeRepo(),
    sha: SHA,
    refName: 'main',
    reason: 'try again',
    pipelines,
    requestId: 'delivery-1',
  }
}

/** The configuration that a file of this text is. Throws its problems. */
export function makeConfig(yaml: string): Config {
  const parsed = parseConfig(yaml, { path: CONFIG_PATH })
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => formatProblem(problem)).join('\n'))
  return parsed.config
}

/** The same facts, of which nothing can be changed any more: what decides must not write. */
export function freeze<T>(facts: T): T {
  if (typeof facts !== 'object' || facts === null || Object.isFrozen(facts)) return facts
  Object.freeze(facts)
  for (const value of Object.values(facts)) freeze(value)
  return facts
}

export function makeLegPlan(plan: Partial<LegPlan> = {}): LegPlan {
  const job = plan.job ?? 'app'
  return {
    job,
    name: `docker / ${job}`,
    matrix: {},
    needs: [],
    start: { kind: 'dispatch', workflow: `${job}.yml`, ref: 'main' },
    hold: null,
    buildOnly: false,
    inputs: {},
    toldInputs: null,
    skip: null,
    image: null,
    failFast: false,
    maxParallel: null,
    retries: makeRetries(0),
    timeoutMs: 3_600_000,
    report: null,
    reuse: null,
    ...plan,
  }
}

export function makeRetries(max: number, delayMs = 0): LegPlan['retries'] {
  return { max, delayMs, only: 'any' }
}

export function makeRunPlan(
  legs: readonly LegPlan[],
  gates: readonly GatePlan[] = [],
  plan: Partial<RunPlan> = {},
): RunPlan {
  return { pipeline: 'docker', skipped: null, listens: true, concurrency: 'cancel', legs, gates, ...plan }
}

export function makeAttempt(attempt: Partial<AttemptFacts> = {}): AttemptFacts {
  const number = attempt.number ?? 1
  return {
    id: `r1-0.${number}`,
    number,
    intendedAt: NOW,
    outcome: 'dispatched',
    refusal: null,
    searchedAt: null,
    workflowRunId: 100 + number,
    url: `https://github.test/runs/${100 + number}`,
    status: 'in_progress',
    conclusion: null,
    startedAt: NOW,
    completedAt: null,
    failedJobs: [],
    cancelRequestedAt: null,
    cancelRequests: 0,
    ...attempt,
  }
}

/** An attempt that ended, ten seconds after it began. */
export function makeEnded(conclusion: string, attempt: Partial<AttemptFacts> = {}): AttemptFacts {
  return makeAttempt({ status: 'completed', conclusion, completedAt: later(10), ...attempt })
}

export function makeLeg(plan: Partial<LegPlan> = {}, leg: Partial<Omit<LegFacts, 'plan'>> = {}): LegFacts {
  const nothing = {
    history: { runs: 0, flaky: 0 },
    observed: null,
    report: null,
    retag: null,
    attempts: [],
    check: null,
  }
  return { id: 'r1-0', plan: makeLegPlan(plan), firstAttempt: 1, ...nothing, ...leg }
}

export function makeGate(needs: readonly string[], gate: Partial<GateFacts> = {}): GateFacts {
  return {
    id: 'r1-g0',
    plan: { id: 'tests', name: 'All Runtime Tests Passed', needs },
    override: null,
    check: null,
    ...gate,
  }
}

export function makeRun(legs: readonly LegFacts[], run: Partial<RunFacts> = {}): RunFacts {
  return {
    now: later(60),
    id: 'r1',
    installationId: 9,
    trigger: makePullRequestTrigger(),
    trusted: true,
    pipeline: 'docker',
    createdAt: NOW,
    open: true,
    conclusion: null,
    reconcile: false,
    skipped: null,
    problem: null,
    cancel: null,
    approval: null,
    verdict: null,
    rivals: [],
    legs: legs.map((leg, index) => (legs.length > 1 ? { ...leg, id: `r1-${index}` } : leg)),
    gates: [],
    ...run,
  }
}

export function makeObservation(observation: Partial<WorkflowRunObservation> = {}): WorkflowRunObservation {
  return {
    workflowRunId: 101,
    title: 'r1-0.1 app',
    runAttempt: 1,
    status: 'queued',
    conclusion: null,
    url: 'https://github.test/runs/101',
    startedAt: NOW,
    updatedAt: later(5),
    ...observation,
  }
}
