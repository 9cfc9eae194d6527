/**
 * From signals to changes in the store. Each handler is a few lines: what the signal says, what is known, what is
 * written; the jobs that this enqueues do the rest.
 */
import type { Context, Probot } from 'probot'
import { mayWrite } from '../domain/pull-request.ts'
import { HANDLED_EVENTS, type HandledEvent, readEvent, type Signal } from '../domain/read-event.ts'
import type { Repo } from '../domain/trigger.ts'
import { count } from '../domain/wording.ts'
import type { Clock, GitHub, GitHubApp, Store } from '../ports.ts'
import { approveCommit } from './approve-commit.ts'
import type { ConfigCache } from './config-cache.ts'
import type { FollowSweeps } from './follow-sweeps.ts'
import { type ButtonSignal, pressButton } from './press-button.ts'
import { runCommands } from './run-commands.ts'
import { startRuns } from './start.ts'
import { handleSweepNews } from './sweep-news.ts'

export interface HandlerDeps {
  readonly app: GitHubApp
  readonly store: Store
  readonly clock: Clock
  /** What jobs of pull requests read before. */
  readonly configs: ConfigCache
  readonly follows: FollowSweeps
  /** Told what a delivery came to, in words for its record. */
  readonly record: (deliveryId: string, note: string) => void
}

export function registerHandlers(probot: Probot, deps: HandlerDeps): void {
  for (const event of Object.keys(HANDLED_EVENTS) as HandledEvent[])
    probot.on(event, async (context: Context) => {
      const notes = [
        await handleSignal(deps, readEvent(event, context.payload), context.id),
        await handleSweepNews(deps, event, context.payload),
      ]
      deps.record(context.id, notes.filter((note) => note !== null).join('; '))
    })
}

async function handleSignal(deps: HandlerDeps, signal: Signal, deliveryId: string): Promise<string> {
  switch (signal.kind) {
    case 'nothing':
    case 'malformed':
      return signal.reason
    case 'installation':
      return handleInstallation(deps, signal)
    case 'repositories_removed':
      return cancelOpenRuns(deps, { installationId: signal.installationId, repoIds: signal.repoIds })
    case 'workflow_run':
      return handleWorkflowRun(deps, signal)
    case 'commit_observed':
      return handleObserved(deps, signal)
    case 'workflow_job':
      if (signal.job) await deps.store.runs.recordFailedJob(signal.repo.id, signal.workflowRunId, signal.job)
      return 'noted'
    case 'merge_group_destroyed':
      return handleDestroyed(deps, signal.repo, signal.sha)
    default:
      return handleInInstallation(deps, signal, deliveryId)
  }
}

type InstalledKind = 'trigger' | 'manual' | 'pull_request_closed' | 'labels_changed' | 'comment'
type InstalledSignal = Extract<Signal, { kind: InstalledKind }> | ButtonSignal

async function handleInInstallation(deps: HandlerDeps, signal: InstalledSignal, deliveryId: string): Promise<string> {
  const { installationId } = signal
  if (installationId === null)
    return 'the payload names no installation of this app: it was sent to a repository webhook'
  const installation = await deps.store.installations.getInstallation(installationId)
  if (installation?.suspended) return `the installation on ${installation.account} is suspended`
  const github = await deps.app.forInstallation(installationId)
  const starting = { ...deps, github, installationId }
  switch (signal.kind) {
    case 'trigger': {
      const { trigger } = signal
      const { note, isWritten, config } = await startRuns(starting, trigger)
      if (config !== null) await deps.follows.follow(signal.repo, installationId, config)
      if (trigger.kind === 'push') deps.configs.forget(signal.repo.id)
      if (trigger.kind === 'pull_request' && !isWritten)
        await deps.store.pullRequests.touch({ repo: signal.repo, number: trigger.pullRequest.number, installationId })
      return note
    }
    case 'manual': {
      const { repo, branch, reason, pipelines } = signal
      const sha = await github.getBranchSha(repo, branch)
      if (sha === null) return `the branch ${branch} does not exist`
      const { note } = await startRuns(starting, {
        kind: 'manual',
        repo,
        sha,
        refName: branch,
        reason,
        pipelines,
        requestId: deliveryId,
      })
      return note
    }
    case 'pull_request_closed':
      await deps.store.pullRequests.touch({ repo: signal.repo, number: signal.number, installationId })
      await sweepImagesOf(deps, signal.repo)
      return handleClosed(deps, github, signal.repo, signal.number)
    case 'labels_changed':
      return handleLabels(deps, github, signal, installationId)
    case 'comment':
      return runCommands(starting, signal)
    default:
      return pressButton(starting, signal)
  }
}

async function handleInstallation(
  deps: HandlerDeps,
  signal: Extract<Signal, { kind: 'installation' }>,
): Promise<string> {
  const { id, account, state } = signal
  if (state === 'deleted') await deps.store.installations.removeInstallation(id)
  else await deps.store.installations.saveInstallation({ id, account, suspended: state === 'suspended' })
  return state === 'deleted'
    ? cancelOpenRuns(deps, { installationId: id })
    : `the installation on ${account} is ${state}`
}

/** GitHub cannot be told any more: what is open ends in our records only. */
async function cancelOpenRuns(
  deps: HandlerDeps,
  filter: { installationId: number; repoIds?: readonly number[] },
): Promise<string> {
  await deps.store.pullRequests.closeAll(filter)
  await deps.store.sweeps.unfollow(filter)
  const open = await deps.store.runs.openRunIds(filter)
  await deps.store.runs.abandonRuns(open, deps.clock.now())
  return `Signalbox was removed; ${count(open.length, 'open run')} ended`
}

async function handleClosed(deps: HandlerDeps, github: GitHub, repo: Repo, number: number): Promise<string> {
  const open = await deps.store.runs.openRunsOf(repo.id, number)
  if (open.length === 0) return 'the pull request was closed; none of its runs is open'
  const now = await github.getPullRequest(repo, number)
  if (now?.state === 'open') return 'the pull request is open again by now'
  await deps.store.runs.cancelRuns(open.map((runId) => ({ runId, reason: { kind: 'closed' } })))
  return `the pull request was closed; ${count(open.length, 'run')} cancelled`
}

/** Images of a pull request are due when it closes. */
async function sweepImagesOf({ store }: HandlerDeps, repo: Repo): Promise<void> {
  const swept = await store.sweeps.find(repo.id)
  if (swept?.imagesOnClose) await store.sweeps.enqueue('images', repo.id)
}

async function handleDestroyed(deps: HandlerDeps, repo: Repo, sha: string): Promise<string> {
  // A group that was merged is destroyed too, and its commit is then the branch's: pushes of it stand alone.
  const runIds = await deps.store.runs.runsOfCommit(repo.id, sha, 'merge_group')
  await deps.store.runs.cancelRuns(runIds.map((runId) => ({ runId, reason: { kind: 'group_destroyed' } })))
  return `the merge group is gone; ${count(runIds.length, 'run')} cancelled`
}

/** In whatever repository: a preview's workflow may be another repository's. */
async function handleWorkflowRun(
  deps: HandlerDeps,
  { repo, observation }: Extract<Signal, { kind: 'workflow_run' }>,
): Promise<string> {
  const runIds = await deps.store.runs.recordObservations(repo.id, [observation])
  if (runIds.length > 0) return `noted for run ${runIds.join(', ')}`
  const deploys = await deps.store.pullRequests.recordDeploymentRuns([observation])
  return deploys ? 'noted for a preview' : 'nothing new, or not a workflow run of ours'
}

async function handleObserved(
  deps: HandlerDeps,
  { repo, sha, what }: Extract<Signal, { kind: 'commit_observed' }>,
): Promise<string> {
  const observers = await deps.store.runs.observersOf(repo.id, sha, what)
  await Promise.all(observers.map((runId) => deps.store.runs.enqueueRun(runId)))
  return observers.length > 0 ? `looked at by run ${observers.join(', ')}` : 'no run follows it'
}

/** The label that approves the commit that was the head when it was put on, into the branch that was the base. */
const APPROVAL_LABEL = 'ok-to-test'

async function handleLabels(
  deps: HandlerDeps,
  github: GitHub,
  signal: Extract<Signal, { kind: 'labels_changed' }>,
  installationId: number,
): Promise<string> {
  const { repo, number, sha, baseRef, added, sender } = signal
  const subject = { repo, number, installationId }
  await deps.store.pullRequests.touch(subject)
  if (added?.toLowerCase() !== APPROVAL_LABEL) return 'noted'
  if (signal.byBot) return `${sender} is a bot: only a person approves`
  const permission = await github.getPermission(repo, sender)
  if (!mayWrite(permission)) return `${sender} may not approve: it takes write permission, and theirs is ${permission}`
  const approval = { by: sender, at: deps.clock.now(), via: 'label' } as const
  await approveCommit({ ...deps, github, installationId }, subject, { sha, baseRef }, approval)
  return `${sender} approved ${sha}`
}
