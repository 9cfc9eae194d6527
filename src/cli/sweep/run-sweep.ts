/**
 * Sweeps a repository from the command line, as the app would: with its credentials, its store, and the configuration of the default
 * branch. A dry run writes nothing anywhere.
 */
import { existsSync } from 'node:fs'
import { makePace } from '../../app/pace.ts'
import { carryOut, memoryJournal, type SweepProgress } from '../../app/sweep.ts'
import type { SweepTask } from '../../app/sweep-job.ts'
import { InvariantError, UsageError } from '../../domain/errors.ts'
import type { SweepKind, SweepReport } from '../../domain/sweep.ts'
import type { Clock, RepoName } from '../../ports.ts'
import { hasCredentials } from '../environment.ts'
import { followSweeps } from './follow-sweeps.ts'
import { readOpenImages } from './open-images.ts'
import type { NamedImages } from './package-name.ts'
import { showSweepProgress, type TellProgress } from './show-progress.ts'
import { accessNothing, openSweepAccess, type SweepAccess } from './sweep-access.ts'
import { type OpenedSubject, openSweepSubject } from './sweep-subject.ts'
import { makeSweepTasks } from './sweep-tasks.ts'
import { openTokenSubject, tokenFacts } from './token-subject.ts'

export interface SweepRequest {
  readonly kind: SweepKind
  readonly repository: RepoName
  readonly dryRun: boolean
  /** Whether nothing but JSON is to be shown. */
  readonly json?: boolean
  /** Of images: which. */
  readonly images?: Pick<NamedImages, 'name' | 'plainHttp'>
}

/** @throws {UsageError} when it cannot be done as it was asked for. */
export async function runSweep(request: SweepRequest): Promise<SweepReport> {
  const { kind, repository, dryRun, json = false, images } = request
  if (existsSync('.env')) process.loadEnvFile('.env')
  const { env } = process
  const clock = { now: () => new Date() }
  const { subject, access } = await open(env, request)
  try {
    const isShown = process.stderr.isTTY === true && !json && !env.CI
    const whenInterrupted = describeInterruption(request, access)
    return await showSweepProgress({ kind, repository, isShown, whenInterrupted }, async (tell) => {
      const [facts, { manifests }] = [await access.facts(subject.repo.id), access]
      const openImages = readOpenImages(env, { plainHttp: images?.plainHttp ?? [] })
      const tasks = await makeSweepTasks(kind, { subject, facts, clock, manifests, openImages })
      const task = findTask(tasks, subject, images?.name ?? null)
      if (access.kind !== 'server' || dryRun) return sweepOne({ subject, access, clock, dryRun, tell }, task)
      const [report] = await followSweeps({ server: access.server, kind, subject, targets: [task.target], tell })
      if (report === undefined) throw new InvariantError(`no report of the sweep of kind ${kind} was found`)
      return report
    })
  } finally {
    await access.close()
  }
}

function describeInterruption({ kind, repository, dryRun }: SweepRequest, { kind: by }: SweepAccess): string {
  if (dryRun) return 'Interrupted. Nothing was changed.'
  if (by !== 'server') return 'Interrupted. The next sweep sees what was done, and does the rest.'
  return `The running server goes on with the sweep; «signalbox sweeps ${repository.owner}/${repository.name} --kind ${kind}» shows what came of it.`
}

/** As the app; of images also as a workflow, whose token is enough for them. */
async function open(env: NodeJS.ProcessEnv, { kind, repository, dryRun }: SweepRequest) {
  if (kind === 'images' && !hasCredentials(env)) {
    const subject = await openTokenSubject(env, repository)
    return { subject, access: accessNothing(() => tokenFacts(subject)) }
  }
  return { subject: await openSweepSubject(env, repository), access: await openSweepAccess(env, !dryRun) }
}

function findTask(tasks: readonly SweepTask[], { repo }: OpenedSubject, target: string | null): SweepTask {
  const task = tasks.find((one) => one.target === target)
  if (task !== undefined) return task
  const names = tasks.map((one) => one.target).join(', ')
  throw new UsageError(
    `The configuration of ${repo.owner}/${repo.name} is not about ${target}, but about ${names || 'no image repository'}: add it to \`cleanup.images.repositories\`, or name another package or --repository.`,
  )
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
  if (dryRun || access.kind === 'nothing') return memoryJournal(clock.now())
  if (access.kind === 'server') throw new InvariantError('what the server has is swept by the server')
  return access.sweeps.open(subject, task.kind, task.target, clock.now())
}
