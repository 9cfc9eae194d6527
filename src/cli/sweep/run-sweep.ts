/**
 * Sweeps a repository from the command line, as the app would: with its credentials, its store, and the configuration of the default
 * branch. A dry run writes nothing anywhere.
 */
import { existsSync } from 'node:fs'
import { connectApp } from '../../adapters/github/github.ts'
import { openStore } from '../../adapters/store/open-store.ts'
import { loadConfig } from '../../app/load-config.ts'
import { makePace } from '../../app/pace.ts'
import { carryOut, memoryJournal } from '../../app/sweep.ts'
import { makeRunsSweep } from '../../app/sweep-runs.ts'
import { makeStaleSweep } from '../../app/sweep-stale.ts'
import { UsageError } from '../../domain/errors.ts'
import type { SweepReport } from '../../domain/sweep.ts'
import type { Repo } from '../../domain/trigger.ts'
import type { SweepGitHub } from '../../ports/sweeps.ts'
import type { RepoName, Store } from '../../ports.ts'
import { hasCredentials, readEnvironment } from '../environment.ts'
import { makeLog } from '../log.ts'
import { makeProbot } from '../make-probot.ts'

export interface SweepRequest {
  readonly kind: 'stale' | 'runs'
  readonly repository: RepoName
  readonly dryRun: boolean
}

/** @throws {UsageError} when it cannot be done as it was asked for. */
export async function runSweep({ kind, repository, dryRun }: SweepRequest): Promise<SweepReport> {
  const title = `${repository.owner}/${repository.name}`
  if (existsSync('.env')) process.loadEnvFile('.env')
  const { env } = process
  if (!hasCredentials(env))
    throw new UsageError(
      'A sweep asks GitHub as the app, and there are no credentials. Set APP_ID and PRIVATE_KEY or PRIVATE_KEY_PATH, or run it where the .env of `signalbox start` is.',
    )
  const app = connectApp(await makeProbot(env, makeLog('silent')), Number(env.APP_ID))
  const installationId = await app.findInstallation(repository)
  if (installationId === null) throw new UsageError(`The app is not installed on ${title}.`)
  const [github, sweepGitHub] = await Promise.all([app.forInstallation(installationId), app.forSweep(installationId)])
  const repo = await sweepGitHub.getRepository(repository)
  if (repo === null) throw new UsageError(`The app does not see ${title}.`)
  const loaded = await loadConfig(github, repo, repo.defaultBranch)
  if (loaded.kind === 'none') throw new UsageError(`${title} has no .github/signalbox.yml.`)
  if (loaded.kind === 'broken') throw new UsageError(loaded.problem)
  const store = await openSweepStore(env)
  try {
    const clock = { now: () => new Date() }
    const subject = { repo, installationId }
    const { stale, cleanup } = loaded.config
    const common = { github: sweepGitHub, repo, clock }
    const options = {
      kind,
      repo,
      target: null,
      clock,
      dryRun,
      pace: makePace({ clock, stopping: new AbortController().signal }),
      journal: dryRun ? memoryJournal(clock.now()) : await store.sweeps.open(subject, kind, null, clock.now()),
    }
    if (kind === 'stale') {
      if (stale === null) throw new UsageError(`${title} has no section «stale» in .github/signalbox.yml.`)
      const exempt = await exemptIssues(store, sweepGitHub, repo)
      return await carryOut({ ...options, sweep: makeStaleSweep({ ...common, config: stale, exempt, only: null }) })
    }
    if (cleanup.workflowRuns === null)
      throw new UsageError(`${title} has no section «cleanup.workflow_runs» in .github/signalbox.yml.`)
    const inUse = await store.sweeps.workflowRunsInUse(repo.id)
    return await carryOut({ ...options, sweep: makeRunsSweep({ ...common, config: cleanup.workflowRuns, inUse }) })
  } finally {
    await store.close()
  }
}

/** Where the reports are. */
async function exemptIssues(store: Store, github: SweepGitHub, repo: Repo): Promise<ReadonlySet<number>> {
  const known =
    (await store.sweeps.find(repo.id))?.trackingIssue ?? (await github.findOwnIssue(repo, 'Signalbox: sweeps'))
  return new Set(known === null ? [] : [known])
}

/** Of `signalbox start`: with PGlite, whose directory one process has at a time, while that does not run. */
export function openSweepStore(env: NodeJS.ProcessEnv): Promise<Store> {
  const { DATABASE_URL: url, SIGNALBOX_DATA_DIR: directory } = readEnvironment(env)
  return openStore({
    databaseUrl: url ?? null,
    dataDirectory: directory === ':memory:' ? null : directory,
    onError: (error) => console.error(`signalbox: ${error.message}`),
  })
}
