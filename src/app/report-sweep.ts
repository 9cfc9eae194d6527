/** Keeps the reports of a repository's sweeps in one issue, where its configuration wants that. */
import type { Logger } from 'pino'
import type { Config } from '../domain/config.ts'
import { placeBlock } from '../domain/description-block.ts'
import { GitHubError, TransientError } from '../domain/errors.ts'
import { SWEEP_KINDS, type SweepReport } from '../domain/sweep.ts'
import type { SweepGitHub, SweepSubject, SweptRepository } from '../ports/sweeps.ts'
import type { Clock, Store } from '../ports.ts'
import { renderSweeps } from './render-sweeps.ts'

export interface ReportDeps {
  readonly sweepGitHub: SweepGitHub
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  readonly config: Config
  readonly swept: SweptRepository
}

const TITLE = 'Signalbox: sweeps'
const WAIT_MS = 60_000

/** What cannot be written there is in the log and the store nevertheless: a refusal ends nothing, and a fault no sweep. */
export async function reportSweeps(deps: ReportDeps, { repo }: SweepSubject): Promise<void> {
  const { config, sweepGitHub: github } = deps
  if (config.trackingIssue === null) return
  try {
    const number = await findIssue(deps, repo)
    const issue = number === null ? null : await github.getIssue(repo, number)
    const reports = inOrder(await deps.store.sweeps.newest(repo.id))
    const placed = placeBlock(issue?.body ?? '', false, (most) => renderSweeps(reports, most))
    if (placed.kind !== 'placed') return deps.log.warn({ issue: number, why: placed.kind }, 'the reports have no place')
    if (number !== null && issue !== null) {
      if (placed.text !== issue.body) await github.setIssueBody(repo, number, placed.text)
      return
    }
    if (config.trackingIssue.kind === 'number')
      return deps.log.warn({ issue: number }, 'sweeps.tracking_issue names no issue of the repository')
    await deps.store.sweeps.recordTrackingIssue(
      repo.id,
      await github.createIssue(repo, { title: TITLE, body: placed.text }),
    )
  } catch (error) {
    if (error instanceof TransientError) {
      const waitMs = error.retryAfterMs ?? WAIT_MS
      deps.log.warn({ err: error, waitMs }, 'the reports of sweeps are written later')
      return deps.store.sweeps.enqueue('follow', repo.id, new Date(deps.clock.now().getTime() + waitMs))
    }
    if (!(error instanceof GitHubError)) throw error
    deps.log.error({ err: error }, 'the reports of sweeps cannot be kept in an issue')
  }
}

/** The one that is known; else one that was opened by a process that could not say so any more. */
async function findIssue(
  { config, swept, sweepGitHub, store }: ReportDeps,
  repo: SweepSubject['repo'],
): Promise<number | null> {
  if (config.trackingIssue?.kind === 'number') return config.trackingIssue.number
  if (swept.trackingIssue !== null) return swept.trackingIssue
  const found = await sweepGitHub.findOwnIssue(repo, TITLE)
  if (found !== null) await store.sweeps.recordTrackingIssue(repo.id, found)
  return found
}

/** As kinds are listed everywhere; those of one kind by their names. */
function inOrder(reports: readonly SweepReport[]): SweepReport[] {
  return SWEEP_KINDS.flatMap((kind) => reports.filter((report) => report.kind === kind))
}
