/**
 * What a person asks for at a check run: to run it again, all of the commit, or what failed, or to cancel. What was done
 * is entered in the audit log, as it is for commands.
 */
import { decideRerun, describeRerun } from '../domain/decide-rerun.ts'
import { mayWrite } from '../domain/pull-request.ts'
import type { Signal } from '../domain/read-event.ts'
import type { RunFacts } from '../domain/run.ts'
import { pullRequestOf } from '../domain/trigger.ts'
import { type RerunDeps, rerun } from './rerun.ts'

export type ButtonSignal = Extract<Signal, { kind: 'check_rerequested' | 'check_action' | 'suite_rerequested' }>

/** @returns what happened, in words for the delivery's record. */
export async function pressButton(deps: RerunDeps, signal: ButtonSignal): Promise<string> {
  const permission = await deps.github.getPermission(signal.repo, signal.sender)
  if (!mayWrite(permission))
    return `${signal.sender} may not do this: it takes write permission, and theirs is ${permission}`
  const runIds = await runsMeant(deps, signal)
  const notes = await Promise.all(runIds.map((runId) => requestRun(deps, signal, runId)))
  return notes.length > 0 ? notes.join('; ') : 'the check run is not one of ours'
}

async function runsMeant({ store }: RerunDeps, signal: ButtonSignal): Promise<string[]> {
  if (signal.kind === 'suite_rerequested') return store.runs.runsOfCommit(signal.repo.id, signal.sha)
  const runId = await store.runs.findRunOf(signal.repo.id, signal.externalId)
  return runId === null ? [] : [runId]
}

async function requestRun(deps: RerunDeps, signal: ButtonSignal, runId: string): Promise<string> {
  const button = signal.kind === 'check_action' ? signal.identifier : 'rerun'
  if (!['cancel', 'rerun_failed', 'rerun'].includes(button)) return `unknown button ${button}`
  const run = await deps.store.runs.loadRun(runId, deps.clock.now())
  if (run === null) return 'the run is not known any more'
  if (button === 'cancel') return cancel(deps, run, signal.sender)
  const decision = decideRerun(run, signal.kind === 'check_rerequested' ? [signal.externalId] : null)
  const note = await rerun(deps, run, decision, signal.sender)
  if (decision.kind !== 'nothing') await audit(deps, run, signal.sender, 'retest', describeRerun(run, decision))
  return note
}

async function cancel(deps: RerunDeps, run: RunFacts, by: string): Promise<string> {
  await deps.store.runs.cancelRuns([{ runId: run.id, reason: { kind: 'requested', by } }])
  if (run.open && run.cancel === null) await audit(deps, run, by, 'cancel', run.pipeline)
  return `cancelled by ${by}`
}

async function audit(
  { store, clock }: RerunDeps,
  { id: subject, trigger }: RunFacts,
  actor: string,
  action: 'retest' | 'cancel',
  what: string,
): Promise<void> {
  const { repo } = trigger
  const pullRequest = pullRequestOf(trigger)?.number ?? null
  const entry = { at: clock.now(), repo, pullRequest, actor, action, subject, detail: `by button: ${what}` }
  await store.pullRequests.audit(entry)
}
