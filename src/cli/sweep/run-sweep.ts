/**
 * Sweeps a repository from the command line, as the app would: with its credentials, its store, and the configuration of the default
 * branch. A dry run writes nothing anywhere.
 */
import { existsSync } from 'node:fs'
import { makePace } from '../../app/pace.ts'
import { carryOut, memoryJournal, type SweepProgress } from '../../app/sweep.ts'
import type { SweepTask } from '../../app/sweep-job.ts'
import { InvariantError } from '../../domain/errors.ts'
import type { SweepKind, SweepReport } from '../../domain/sweep.ts'
import type { Clock, RepoName } from '../../ports.ts'
import { followSweeps } from './follow-sweeps.ts'
import { showSweepProgress, type TellProgress } from './show-progress.ts'
import { openSweepAccess, type SweepAccess } from './sweep-access.ts'
import { type OpenedSubject, openSweepSubject } from './sweep-subject.ts'
import { makeSweepTasks } from './sweep-tasks.ts'

export interface SweepRequest {
  readonly kind: SweepKind
  readonly repository: RepoName
  readonly dryRun: boolean
  /** Whether nothing but JSON is to be shown. */
  readonly json?: boolean
}

/** Of a kind that has one sweep for a repository. @throws {UsageError} when it cannot be done as it was asked for. */
export async function runSweep(request: SweepRequest): Promise<SweepReport> {
  const [report] = await runSweeps(request)
  if (report === undefined) throw new InvariantError(`there is no sweep of kind ${request.kind}`)
  return report
}

/** @throws {UsageError} when it cannot be done as it was asked for. */
export async function runSweeps({ kind, repository, dryRun, json = false }: SweepRequest): Promise<SweepReport[]> {
  if (existsSync('.env')) process.loadEnvFile('.env')
  const { env } = process
  const clock = { now: () => new Date() }
  const subject = await openSweepSubject(env, repository)
  const access = await openSweepAccess(env)
  try {
    const isShown = process.stderr.isTTY === true && !json && !env.CI
    return await showSweepProgress({ kind, repository, isShown }, async (tell) => {
      const facts = await access.facts(subject.repo.id)
      const tasks = await makeSweepTasks(kind, { subject, facts, clock })
      if (access.kind === 'server' && !dryRun) {
        const targets = tasks.map(({ target }) => target)
        return followSweeps({ server: access.server, kind, subject, targets, tell })
      }
      const reports: SweepReport[] = []
      for (const task of tasks) reports.push(await sweepOne({ subject, access, clock, dryRun, tell }, task))
      return reports
    })
  } finally {
    await access.close()
  }
}

interface SweepingOptions {
  readonly subject: OpenedSubject
  readonly access: SweepAccess
  readonly clock: Clock
  readonly dryRun: boolean
  readonly tell: TellProgress
}

/** While it looks, only the count of its requests changes. */
const TELL_MS = 200

async function sweepOne(options: SweepingOptions, task: SweepTask): Promise<SweepReport> {
  const { subject, clock, dryRun, tell } = options
  const journal = await openJournal(options, task)
  const pace = makePace({ clock, stopping: new AbortController().signal })
  let progress: SweepProgress | null = null
  const tellNow = () => tell(progress ?? { done: 0, of: null, spent: task.sweep.spent() }, task.target)
  const onProgress = (one: SweepProgress) => {
    progress = one
    tellNow()
  }
  const timer = setInterval(tellNow, TELL_MS)
  try {
    return await carryOut({ ...task, journal, repo: subject.repo, clock, dryRun, pace, onProgress })
  } finally {
    clearInterval(timer)
  }
}

async function openJournal({ subject, access, clock, dryRun }: SweepingOptions, task: SweepTask) {
  if (dryRun) return memoryJournal(clock.now())
  if (access.kind === 'server') throw new InvariantError('what the server has is swept by the server')
  return access.sweeps.open(subject, task.kind, task.target, clock.now())
}
