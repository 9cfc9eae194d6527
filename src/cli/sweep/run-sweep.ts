/**
 * Sweeps a repository from the command line, as the app would: with its credentials, its store, and the configuration of the default
 * branch. A dry run writes nothing anywhere.
 */
import { existsSync } from 'node:fs'
import { makePace } from '../../app/pace.ts'
import { carryOut, memoryJournal } from '../../app/sweep.ts'
import type { SweepTask } from '../../app/sweep-job.ts'
import { InvariantError } from '../../domain/errors.ts'
import type { SweepKind, SweepReport } from '../../domain/sweep.ts'
import type { Clock, RepoName } from '../../ports.ts'
import { openSweepAccess, type SweepAccess } from './sweep-access.ts'
import { type OpenedSubject, openSweepSubject } from './sweep-subject.ts'
import { makeSweepTasks } from './sweep-tasks.ts'

export interface SweepRequest {
  readonly kind: SweepKind
  readonly repository: RepoName
  readonly dryRun: boolean
}

/** Of a kind that has one sweep for a repository. @throws {UsageError} when it cannot be done as it was asked for. */
export async function runSweep(request: SweepRequest): Promise<SweepReport> {
  const [report] = await runSweeps(request)
  if (report === undefined) throw new InvariantError(`there is no sweep of kind ${request.kind}`)
  return report
}

/** @throws {UsageError} when it cannot be done as it was asked for. */
export async function runSweeps({ kind, repository, dryRun }: SweepRequest): Promise<SweepReport[]> {
  if (existsSync('.env')) process.loadEnvFile('.env')
  const { env } = process
  const clock = { now: () => new Date() }
  const subject = await openSweepSubject(env, repository)
  const access = await openSweepAccess(env)
  try {
    const facts = await access.facts(subject.repo.id)
    const tasks = await makeSweepTasks(kind, { subject, facts, clock })
    const reports: SweepReport[] = []
    for (const task of tasks) reports.push(await sweepOne({ subject, access, clock, dryRun }, task))
    return reports
  } finally {
    await access.close()
  }
}

interface SweepingOptions {
  readonly subject: OpenedSubject
  readonly access: SweepAccess
  readonly clock: Clock
  readonly dryRun: boolean
}

async function sweepOne({ subject, access, clock, dryRun }: SweepingOptions, task: SweepTask): Promise<SweepReport> {
  const journal = dryRun
    ? memoryJournal(clock.now())
    : await access.sweeps.open(subject, task.kind, task.target, clock.now())
  const pace = makePace({ clock, stopping: new AbortController().signal })
  return carryOut({ ...task, journal, repo: subject.repo, clock, dryRun, pace })
}
