/**
 * The jobs of sweeps: `stale:<repository>`, `runs:<repository>`, `images:<repository>`, and `item:<repository>#<number>` for a look at
 * one issue or pull request in between. What to do is read from the configuration of the default branch each time.
 */
import type { Logger } from 'pino'
import type { Config } from '../domain/config.ts'
import { GitHubError, RegistryError, TransientError, UsageError } from '../domain/errors.ts'
import { readSweepKey, type SweepDecision, type SweepKind, type SweepReport } from '../domain/sweep.ts'
import type { OpenImageRepository, SweepGitHub, SweepSubject, SweptRepository } from '../ports/sweeps.ts'
import type { Clock, GitHub, GitHubApp, Store } from '../ports.ts'
import { waitBeforeRetry } from './backoff.ts'
import type { FollowSweeps } from './follow-sweeps.ts'
import { loadConfig } from './load-config.ts'
import { type Pace, SweepInterrupted } from './pace.ts'
import { reportSweeps } from './report-sweep.ts'
import { carryOut, failedReport, type Sweep, type SweepProgress, SweepTakenOver } from './sweep.ts'
import { makeImageSweeps } from './sweep-images.ts'
import { makeRunsSweep } from './sweep-runs.ts'
import { makeStaleSweep } from './sweep-stale.ts'
import type { SweepWatch } from './sweep-watch.ts'

export interface SweepJobDeps {
  readonly app: GitHubApp
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  readonly follows: FollowSweeps
  readonly paceOf: (installationId: number) => Pace
  readonly openImages: OpenImageRepository
  readonly sweepWatch: SweepWatch
  /** Key → how often in a row GitHub did not do what was asked. */
  readonly faults: Map<string, number>
}

/** After so many faults in a row a sweep ends as failed; the next one begins anew. */
const MOST_FAULTS = 12

export async function advanceSweep(deps: SweepJobDeps, key: string): Promise<void> {
  const log = deps.log.child({ sweep: key })
  const parsed = readSweepKey(key)
  const swept = parsed && (await deps.store.sweeps.find(parsed.repoId))
  if (!parsed) return log.warn('there is no such sweep')
  if (!swept) {
    await endUnwanted(deps, parsed, [])
    return log.info('the repository has no sweeps any more')
  }
  try {
    await advance({ ...deps, log }, swept, key, parsed)
    deps.faults.delete(key)
  } catch (error) {
    await handleFault({ ...deps, log }, key, error)
  }
}

async function advance(deps: SweepJobDeps, swept: SweptRepository, key: string, parsed: SweepJob): Promise<void> {
  const { kind, number } = parsed
  const { installationId } = swept
  const [github, sweepGitHub] = await Promise.all([
    deps.app.forInstallation(installationId),
    deps.app.forSweep(installationId),
  ])
  const repo = await sweepGitHub.getRepository(swept.repo)
  if (repo === null) return deps.log.warn('the repository is gone, or the app does not see it any more')
  const loaded = await loadConfig(github, repo, repo.defaultBranch)
  await deps.follows.follow(repo, installationId, loaded, kind === 'follow')
  deps.log.info({ config: loaded.kind }, 'the configuration was looked at')
  if (loaded.kind === 'none') return endUnwanted(deps, parsed, [])
  if (loaded.kind === 'broken') return
  const subject = { repo, installationId }
  const all = { ...deps, github, sweepGitHub, config: loaded.config, swept, key }
  if (kind === 'follow') return reportSweeps(all, subject)
  const tasks = await sweepsFor(all, subject, kind, number)
  await endUnwanted(
    deps,
    parsed,
    tasks.map(({ target }) => target),
  )
  await inTurn(tasks, (task) => sweepOne(all, subject, task))
}

type SweepJob = NonNullable<ReturnType<typeof readSweepKey>>

/** What the configuration does not want any more does not stay open. */
async function endUnwanted(
  { store, clock }: SweepJobDeps,
  { kind, repoId, number }: SweepJob,
  wanted: readonly (string | null)[],
): Promise<void> {
  if (kind === 'follow') return
  const ofItem = kind === 'item' ? `#${number}` : null
  await store.sweeps.endUnwanted(repoId, kind === 'item' ? 'stale' : kind, { item: ofItem, wanted }, clock.now())
}

/** One that has to wait does not keep the others waiting. */
async function inTurn<Task>(tasks: readonly Task[], work: (task: Task) => Promise<void>): Promise<void> {
  let fault: TransientError | null = null
  for (const task of tasks) {
    try {
      await work(task)
    } catch (error) {
      if (!(error instanceof TransientError)) throw error
      fault ??= error
    }
  }
  if (fault !== null) throw fault
}

interface AdvanceDeps extends SweepJobDeps {
  readonly github: GitHub
  readonly sweepGitHub: SweepGitHub
  readonly config: Config
  readonly swept: SweptRepository
  /** Of the job. */
  readonly key: string
}

/** One thing to sweep. */
export interface SweepTask {
  readonly kind: SweepKind
  /** Null: the repository. */
  readonly target: string | null
  readonly sweep: Sweep<SweepDecision>
}

async function sweepsFor(
  deps: AdvanceDeps,
  subject: SweepSubject,
  kind: SweepKind | 'item',
  number: number | null,
): Promise<readonly SweepTask[]> {
  const { config, sweepGitHub: github, store, clock, swept } = deps
  const { repo } = subject
  const { stale, cleanup } = config
  const exempt = new Set(trackingIssues(config, swept))
  const common = { github, repo, clock }
  if (kind === 'item' || kind === 'stale') {
    if (stale === null) return []
    const pushes = (numbers: readonly number[]) => store.sweeps.pushes(repo.id, numbers)
    const sweep = makeStaleSweep({ ...common, config: stale, exempt, only: number, pushes })
    return [{ kind: 'stale', target: number === null ? null : `#${number}`, sweep }]
  }
  if (kind === 'runs') {
    const { workflowRuns } = cleanup
    if (workflowRuns === null) return []
    const inUse = await store.sweeps.workflowRunsInUse(repo.id)
    return [{ kind, target: null, sweep: makeRunsSweep({ ...common, config: workflowRuns, inUse }) }]
  }
  return makeImageSweeps({
    ...common,
    config,
    installation: deps.github,
    store: store.sweeps,
    openImages: deps.openImages,
  })
}

function trackingIssues(config: Config, { trackingIssue }: SweptRepository): number[] {
  const configured = config.trackingIssue?.kind === 'number' ? [config.trackingIssue.number] : []
  return [...configured, ...(trackingIssue === null ? [] : [trackingIssue])]
}

async function sweepOne(deps: AdvanceDeps, subject: SweepSubject, task: SweepTask): Promise<void> {
  const { store, clock, log, sweepGitHub } = deps
  const journal = await store.sweeps.open(subject, task.kind, task.target, clock.now())
  const watched = deps.sweepWatch.start(journal.id, () => sweepGitHub.spent())
  const options = {
    ...task,
    journal,
    onProgress: (progress: SweepProgress) => {
      // Faults count in a row: what goes on between them is not given up.
      if (progress.done > journal.earlier.length) deps.faults.delete(deps.key)
      watched.tell(progress)
    },
    repo: subject.repo,
    clock,
    dryRun: false,
    pace: deps.paceOf(subject.installationId),
  }
  let report: SweepReport
  try {
    report = await carryOut(options)
  } catch (error) {
    const givesUp = error instanceof TransientError && (deps.faults.get(deps.key) ?? 0) >= MOST_FAULTS
    if (!givesUp && !isRefusal(error)) throw error
    report = failedReport(options, error.message, task.sweep.spent())
    await journal.finish(report)
  } finally {
    watched.end()
  }
  logReport(log, report)
  if (task.kind !== 'stale' || task.target === null) await reportSweeps(deps, subject)
}

/** A name that is none is refused as well: the configuration can be read, and cannot be carried out. */
function isRefusal(error: unknown): error is GitHubError | RegistryError | UsageError {
  return error instanceof GitHubError || error instanceof RegistryError || error instanceof UsageError
}

/** One line for the sweep, and one for each thing that was done or is to be done. */
function logReport(log: Logger, report: SweepReport): void {
  const { decisions, outcomes, problems, spent, state, stopped, id, target } = report
  const ms = (report.endedAt?.getTime() ?? 0) - report.startedAt.getTime()
  const record = { id, target, looked: decisions.length, done: outcomes.length, problems, ...spent, state, stopped, ms }
  log.info(record, 'swept')
  const reasons = new Map(decisions.map((decision) => [decision.subject, decision.reason]))
  for (const outcome of outcomes) log.info({ ...outcome, reason: reasons.get(outcome.subject) }, 'sweep: outcome')
  for (const decision of decisions) log.debug({ decision }, 'sweep: decision')
}

async function handleFault(deps: SweepJobDeps, key: string, error: unknown): Promise<void> {
  if (error instanceof SweepTakenOver) return deps.log.info(error.message)
  if (error instanceof SweepInterrupted) {
    await again(deps, key, deps.clock.now())
    return deps.log.info('the process stops; the sweep goes on later')
  }
  if (error instanceof TransientError) {
    const waitMs = waitBeforeRetry(error, deps.faults, key)
    deps.log.warn({ err: error, waitMs }, 'GitHub did not do what was asked; the sweep goes on later')
    return again(deps, key, new Date(deps.clock.now().getTime() + waitMs))
  }
  if (error instanceof GitHubError) {
    // The app was suspended, removed, or lost a permission: the next schedule tries again.
    return deps.log.error({ err: error }, 'GitHub refused; the sweep is given up until its next time')
  }
  throw error
}

async function again({ store }: SweepJobDeps, key: string, at: Date): Promise<void> {
  const parsed = readSweepKey(key)
  if (parsed === null) return
  const { kind, repoId, number } = parsed
  if (kind === 'item' && number !== null) return store.sweeps.enqueueItem(repoId, number, at)
  if (kind !== 'item') return store.sweeps.enqueue(kind, repoId, at)
}
