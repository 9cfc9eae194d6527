/** The job `run:<id>`: observe, decide, apply, until nothing is left to do now. */
import type { Logger } from 'pino'
import { decideRun } from '../domain/decide-run.ts'
import { GitHubError, TransientError } from '../domain/errors.ts'
import { pullRequestTrigger } from '../domain/payload.ts'
import { type CancelReason, isLive, type RunFacts } from '../domain/run.ts'
import { pullRequestOf } from '../domain/trigger.ts'
import type { Clock, GitHub, GitHubApp, ReadReports, Registry, Store } from '../ports.ts'
import { applyActions } from './apply-run.ts'
import { waitBeforeRetry } from './backoff.ts'
import { findRivals, type Rivals } from './find-rivals.ts'
import { observeCommit } from './observe-commit.ts'
import { startRuns } from './start.ts'
import type { InTurn } from './turns.ts'

export interface RunJobDeps {
  readonly app: GitHubApp
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  readonly registry: Registry
  readonly readReports: ReadReports
  readonly inTurn: InTurn
  /** Run id → how often in a row GitHub did not do what was asked. */
  readonly faults: Map<string, number>
}

/** Each pass makes progress; more of them than this means that a decision does not take. */
const MAX_PASSES = 30
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
    const observed = await observeCommit({ github, store: deps.store }, first)
    const rivals = await findRivals({ ...deps, github }, first)
    await advance({ ...deps, log, rivals }, github, marked || observed ? null : first, runId)
    deps.faults.delete(runId)
  } catch (error) {
    await handleFault({ ...deps, log }, first, error)
  }
}

/** @param fresh the run as it was just loaded; null: it has changed since. */
async function advance(
  deps: RunJobDeps & { rivals: Rivals },
  github: GitHub,
  fresh: RunFacts | null,
  runId: string,
): Promise<void> {
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const loaded = pass === 0 && fresh ? fresh : await deps.store.runs.loadRun(runId, deps.clock.now())
    if (loaded === null) return
    const run = { ...loaded, rivals: deps.rivals.gates }
    const { actions, wakeAt } = decideRun(run)
    if (actions.length === 0) return wakeAt === null ? undefined : deps.store.runs.wakeRun(runId, wakeAt)
    deps.log.debug({ actions: actions.map((action) => action.kind) }, 'applying')
    const starts = actions.some((action) => action.kind === 'dispatch' || action.kind === 'retag_image')
    // A run that was over begins again when what it follows turns green: perhaps long after the pull request moved on.
    if (starts && (!run.trusted || !run.open) && (await hasMovedOn(deps, github, run))) {
      if (run.open) continue
      return
    }
    await applyActions({ ...deps, github, now: () => deps.clock.now() }, run, actions)
    const showsGates = actions.some((action) => action.kind === 'write_check' && action.check.subject === 'gate')
    if (showsGates) await Promise.all(deps.rivals.runIds.map((id) => deps.store.runs.enqueueRun(id)))
  }
  deps.log.error(`the run is not at rest after ${MAX_PASSES} passes; it is looked at again later`)
  await deps.store.runs.wakeRun(runId, new Date(deps.clock.now().getTime() + 60_000))
}

/**
 * Whether the pull request is not at the run's commit any more: what was approved is one commit, and GitHub is asked
 * for it right before anything of it is dispatched. The run is ended then, and the present head has its own.
 */
async function hasMovedOn(deps: RunJobDeps, github: GitHub, run: RunFacts): Promise<boolean> {
  const { trigger } = run
  const pullRequest = pullRequestOf(trigger)
  if (pullRequest === null) return false
  const now = await github.getPullRequest(trigger.repo, pullRequest.number)
  const isThere = now?.state === 'open' && now.headSha === trigger.sha && now.baseRef === pullRequest.baseRef
  if (isThere || !run.open) return !isThere
  if (now === null || now.state === 'closed') {
    await deps.store.runs.cancelRuns([{ runId: run.id, reason: { kind: 'closed' } }])
    return true
  }
  if (trigger.kind === 'pull_request')
    await startRuns({ ...deps, github, installationId: run.installationId }, pullRequestTrigger(trigger.repo, now))
  const reason: CancelReason =
    now.headSha === trigger.sha
      ? { kind: 'base_changed', baseRef: now.baseRef }
      : { kind: 'superseded', newerSha: now.headSha }
  await deps.store.runs.cancelRuns([{ runId: run.id, reason }])
  return true
}

/** What GitHub says of everything that the run waits for: heals lost webhooks. */
async function compareWithGitHub(deps: RunJobDeps, github: GitHub, run: RunFacts): Promise<void> {
  const { trigger } = run
  const { runs } = deps.store
  // A run that is held may stay open for months, with nothing at work that a lost closing would leave running.
  const isWaiting = !run.trusted && run.approval === null && run.legs.every((leg) => leg.attempts.length === 0)
  if (trigger.kind === 'pull_request' && !isWaiting && run.cancel === null && run.open)
    await hasMovedOn(deps, github, run)
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
    const waitMs = waitBeforeRetry(error, deps.faults, run.id)
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
