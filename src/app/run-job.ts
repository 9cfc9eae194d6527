/** The job `run:<id>`: observe, decide, apply, until nothing is left to do now. */
import type { Logger } from 'pino'
import { decideRun } from '../domain/decide-run.ts'
import { GitHubError, TransientError } from '../domain/errors.ts'
import { isLive, type RunFacts } from '../domain/run.ts'
import type { Clock, GitHub, GitHubApp, Store } from '../ports.ts'
import { applyActions } from './apply-run.ts'
import { startRuns } from './start.ts'

export interface RunJobDeps {
  readonly app: GitHubApp
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  /** Run id → how often in a row GitHub did not do what was asked. */
  readonly faults: Map<string, number>
}

/** Each pass makes progress; more of them than this means that a decision does not take. */
const MAX_PASSES = 30
/** How long before the next try when GitHub does not answer and does not say how long to wait: twice as long each time. */
const LOOK_AGAIN_MS = 5_000
const LOOK_AGAIN_AT_MOST_MS = 300_000
/** So many workflow runs are asked for one by one; for more their list, which holds those of other runs too, is shorter. */
const ASKED_SINGLY = 20

export async function advanceRun(deps: RunJobDeps, runId: string): Promise<void> {
  const log = deps.log.child({ run: runId })
  const first = await deps.store.runs.loadRun(runId, deps.clock.now())
  if (first === null) return log.warn('the run is not known any more')
  try {
    const github = await deps.app.forInstallation(first.installationId)
    const marked = first.reconcile && (await deps.store.runs.takeReconcileMark(runId))
    if (marked) await compareWithGitHub(deps, github, first)
    await advance({ ...deps, log }, github, marked ? null : first, runId)
    deps.faults.delete(runId)
  } catch (error) {
    await handleFault({ ...deps, log }, first, error)
  }
}

/** @param fresh the run as it was just loaded; null: it has changed since. */
async function advance(deps: RunJobDeps, github: GitHub, fresh: RunFacts | null, runId: string): Promise<void> {
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const run = pass === 0 && fresh ? fresh : await deps.store.runs.loadRun(runId, deps.clock.now())
    if (run === null) return
    const { actions, wakeAt } = decideRun(run)
    if (actions.length === 0) return wakeAt === null ? undefined : deps.store.runs.wakeRun(runId, wakeAt)
    deps.log.debug({ actions: actions.map((action) => action.kind) }, 'applying')
    await applyActions({ github, store: deps.store, now: () => deps.clock.now(), log: deps.log }, run, actions)
  }
  deps.log.error(`the run is not at rest after ${MAX_PASSES} passes; it is looked at again later`)
  await deps.store.runs.wakeRun(runId, new Date(deps.clock.now().getTime() + 60_000))
}

/** What GitHub says of everything that the run waits for: heals lost webhooks. */
async function compareWithGitHub(deps: RunJobDeps, github: GitHub, run: RunFacts): Promise<void> {
  const { trigger } = run
  const { runs } = deps.store
  // A run that is held may stay open for months, with nothing at work that a lost closing would leave running.
  if (trigger.kind === 'pull_request' && run.trusted && run.cancel === null && run.open) {
    const now = await github.getPullRequest(trigger.repo, trigger.pullRequest.number)
    if (now?.state === 'closed') await runs.cancelRuns([{ runId: run.id, reason: { kind: 'closed' } }])
    else if (now && (now.headSha !== trigger.sha || now.baseRef !== trigger.pullRequest.baseRef))
      await startRuns({ ...deps, github, installationId: run.installationId }, trigger)
  }
  const live = run.legs.flatMap((leg) => leg.attempts.filter(isLive))
  if (live.length === 0) return
  const since = new Date(Math.min(...live.map((attempt) => attempt.intendedAt.getTime())) - 60_000)
  const listed = live.length > ASKED_SINGLY ? await github.listDispatchedRuns(trigger.repo, since) : []
  await runs.recordObservations(trigger.repo.id, listed, { enqueue: false })
  const seen = new Set(listed.map((observation) => observation.workflowRunId))
  for (const attempt of live) {
    if (attempt.workflowRunId === null || seen.has(attempt.workflowRunId)) continue
    const observation = await github.getWorkflowRun(trigger.repo, attempt.workflowRunId)
    if (observation) await runs.recordObservations(trigger.repo.id, [observation], { enqueue: false })
    else await runs.recordVanished(attempt.id, deps.clock.now())
  }
}

async function handleFault(deps: RunJobDeps, run: RunFacts, error: unknown): Promise<void> {
  if (error instanceof TransientError) {
    const faults = deps.faults.get(run.id) ?? 0
    deps.faults.set(run.id, faults + 1)
    const backoff = Math.min(LOOK_AGAIN_AT_MOST_MS, LOOK_AGAIN_MS * 2 ** faults)
    const waitMs = error.retryAfterMs ?? Math.round(backoff * (0.75 + Math.random() / 2))
    deps.log.warn({ err: error, waitMs }, 'GitHub did not do what was asked; the run is looked at again')
    return deps.store.runs.wakeRun(run.id, new Date(deps.clock.now().getTime() + waitMs))
  }
  if (error instanceof GitHubError) {
    // The app was suspended, removed, or lost a permission. The reconciler tries again for as long as the run is open.
    deps.log.error({ err: error }, 'GitHub refused; the run waits')
    return
  }
  throw error
}
