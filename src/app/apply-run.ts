/** Carries out what was decided about a run. Each action leaves a record, so that it is not taken twice. */

import type { Logger } from 'pino'
import type { RunAction } from '../domain/decide-run.ts'
import { attemptInputs, explainRefusal } from '../domain/dispatch.ts'
import { InvariantError, TransientError } from '../domain/errors.ts'
import { workflowOf } from '../domain/leg-state.ts'
import { attemptIdIn, type RunFacts } from '../domain/run.ts'
import type { CheckWrite, DispatchOutcome, GitHub, ReadReports, Registry, Store } from '../ports.ts'
import { readReport } from './read-report.ts'
import { renderCheck } from './render-check.ts'
import { retagImage } from './retag-image.ts'
import type { InTurn } from './turns.ts'

export interface ApplyDeps {
  readonly github: GitHub
  readonly store: Store
  readonly now: () => Date
  readonly log: Logger
  readonly registry: Registry
  readonly readReports: ReadReports
  readonly inTurn: InTurn
}

type Action<K extends RunAction['kind']> = Extract<RunAction, { kind: K }>

/** @throws the first fault, after everything that could be done was done. */
export async function applyActions(deps: ApplyDeps, run: RunFacts, actions: readonly RunAction[]): Promise<void> {
  const only = <K extends RunAction['kind']>(kind: K) =>
    actions.filter((action): action is Action<K> => action.kind === kind)
  const results = await Promise.allSettled([
    applyDispatches(deps, run, only('dispatch')),
    applyChecks(deps, run, only('write_check')),
    ...only('find_workflow_run').map((action) => findWorkflowRun(deps, run, action)),
    ...only('cancel_workflow_run').map((action) => cancelWorkflowRun(deps, run, action)),
    ...only('give_up_attempt').map((action) => deps.store.runs.giveUpAttempt(action.attempt.id)),
    ...only('retag_image').map((action) => retagImage(deps, action.leg)),
    ...only('read_report').map((action) => readReport(deps, run, action)),
    ...only('conclude_run').map(({ conclusion, results }) =>
      deps.store.runs.concludeRun(run.id, conclusion, deps.now(), results),
    ),
    ...only('reopen_run').map(() => deps.store.runs.reopenRun(run.id)),
  ])
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

/** GitHub allows 100 requests at once for all of an app's processes. */
const DISPATCHES_AT_ONCE = 10

async function applyDispatches(deps: ApplyDeps, run: RunFacts, actions: readonly Action<'dispatch'>[]): Promise<void> {
  if (actions.length === 0) return
  const intents = actions.map(({ attemptId: id, leg, number, repeats }) => ({ id, legId: leg.id, number, repeats }))
  const won = await deps.store.runs.intendAttempts(run.id, intents, deps.now())
  const ours = actions.filter((action) => won.has(action.attemptId))
  const outcomes: DispatchOutcome[] = []
  for (let start = 0; start < ours.length; start += DISPATCHES_AT_ONCE) {
    const slice = ours.slice(start, start + DISPATCHES_AT_ONCE)
    outcomes.push(...(await Promise.all(slice.map((action) => dispatch(deps, run, action)))))
  }
  const deferred = outcomes.filter((outcome) => outcome.kind === 'deferred')
  if (deferred.length > 0) {
    const retryAfterMs = Math.max(...deferred.map((outcome) => outcome.retryAfterMs))
    throw new TransientError(`GitHub limits us while dispatching: ${deferred[0]?.message}`, { retryAfterMs })
  }
}

async function dispatch(deps: ApplyDeps, run: RunFacts, action: Action<'dispatch'>): Promise<DispatchOutcome> {
  const { start } = action.leg.plan
  if (start.kind !== 'dispatch') throw new InvariantError(`The leg ${action.leg.id} is observed, not dispatched`)
  const { workflow, ref } = start
  const inputs = attemptInputs(run, action.leg, action.attemptId)
  const outcome = await deps.github.dispatchWorkflow(run.trigger.repo, { workflow, ref, inputs })
  const refusal = outcome.kind === 'refused' ? explainRefusal(outcome, { workflow, ref }) : null
  await deps.store.runs.recordDispatch(action.attemptId, outcome, refusal)
  return outcome
}

/** Clocks differ a little, and GitHub's listing counts whole seconds. */
const CLOCK_SKEW_MS = 60_000

async function findWorkflowRun(deps: ApplyDeps, run: RunFacts, action: Action<'find_workflow_run'>): Promise<void> {
  const { leg, attempt } = action
  const since = new Date(attempt.intendedAt.getTime() - CLOCK_SKEW_MS)
  const { repo } = run.trigger
  // The moment of looking, not of finding: what starts in between is found the next time.
  const lookedAt = deps.now()
  const listed = await deps.github.listDispatchedRuns(repo, since, workflowOf(leg))
  const found = listed.filter((observation) => attemptIdIn(observation.title) === attempt.id)
  if (found.length > 0) await deps.store.runs.recordObservations(repo.id, found, { enqueue: false })
  else await deps.store.runs.recordSearch(attempt.id, lookedAt)
}

async function cancelWorkflowRun(deps: ApplyDeps, run: RunFacts, action: Action<'cancel_workflow_run'>): Promise<void> {
  const { repo } = run.trigger
  // Recorded first: a cancellation that GitHub refuses is asked for again after a while, and by force in the end.
  await deps.store.runs.recordCancelRequest(action.attempt.id, deps.now())
  const answer = await deps.github.cancelWorkflowRun(repo, action.workflowRunId, action.force)
  if (answer === 'asked') return
  // It ended without us hearing of it, or was deleted.
  const observation = await deps.github.getWorkflowRun(repo, action.workflowRunId)
  if (observation) await deps.store.runs.recordObservations(repo.id, [observation], { enqueue: false })
  else await deps.store.runs.recordVanished(action.attempt.id, deps.now())
}

async function applyChecks(deps: ApplyDeps, run: RunFacts, actions: readonly Action<'write_check'>[]): Promise<void> {
  if (actions.length === 0) return
  const { runs } = deps.store
  const created = actions.filter((action) => action.posted === 'never').map((action) => action.check.id)
  await runs.intendChecks(run.id, created)
  const known = await findNodeIds(deps, run, actions)
  const writes = actions.map((action, index) => makeWrite(run, action, known[index] ?? null))
  const results = await deps.github.writeChecks(run.trigger.repo, writes)
  await runs.recordChecks(
    results.flatMap((result, index) => {
      const action = actions[index]
      if (!action || result.kind === 'gone' || result.kind === 'failed') return []
      const nodeId = result.kind === 'written' ? result.nodeId : (known[index] ?? null)
      // A refused write is not repeated until there is something else to show.
      const annotated = result.kind === 'written' ? action.annotate : null
      return [{ subjectId: action.check.id, nodeId, digest: action.digest, annotated }]
    }),
  )
  const gone = results.flatMap((result, index) => (result.kind === 'gone' ? [actions[index]?.check.id ?? ''] : []))
  await runs.forgetChecks(gone)
  for (const [index, result] of results.entries())
    if (result.kind === 'refused')
      deps.log.error({ check: actions[index]?.check.name, reason: result.message }, 'GitHub refused a check run')
  const failed = results.find((result) => result.kind === 'failed')
  if (failed) throw new TransientError(`GitHub failed while writing check runs: ${failed.message}`)
}

/** A check run whose creation was begun without a known end is looked for before another one is made. */
async function findNodeIds(
  deps: ApplyDeps,
  run: RunFacts,
  actions: readonly Action<'write_check'>[],
): Promise<(string | null)[]> {
  const unknown = actions.some((action) => action.posted === 'unknown')
  const listed = unknown ? await deps.github.listChecks(run.trigger.repo, run.trigger.sha) : new Map<string, string>()
  return actions.map(({ posted, check }) =>
    typeof posted === 'object' ? posted.nodeId : posted === 'unknown' ? (listed.get(check.id) ?? null) : null,
  )
}

function makeWrite(run: RunFacts, { check, annotate }: Action<'write_check'>, nodeId: string | null): CheckWrite {
  return {
    nodeId,
    headSha: run.trigger.sha,
    externalId: check.id,
    name: check.name,
    status: check.status,
    conclusion: check.conclusion,
    startedAt: check.startedAt,
    completedAt: check.completedAt,
    detailsUrl: check.detailsUrl,
    ...renderCheck(check),
    buttons: check.buttons,
    annotations: annotate === null ? [] : check.annotations,
  }
}
