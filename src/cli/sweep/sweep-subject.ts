/** The repository that is swept from the command line, as the app sees it: with its credentials, and its configuration on the default branch. */
import { connectApp } from '../../adapters/github/github.ts'
import { loadConfig } from '../../app/load-config.ts'
import type { Config } from '../../domain/config.ts'
import { UsageError } from '../../domain/errors.ts'
import type { Repo } from '../../domain/trigger.ts'
import type { SweepGitHub } from '../../ports/sweeps.ts'
import type { GitHub, RepoName } from '../../ports.ts'
import { hasCredentials } from '../environment.ts'
import { makeLog } from '../log.ts'
import { makeProbot } from '../make-probot.ts'

export interface OpenedSubject {
  readonly repo: Repo
  readonly installationId: number
  readonly github: GitHub
  /** With a count of what this sweep asks. */
  readonly sweepGitHub: SweepGitHub
  readonly config: Config
}

/** @throws {UsageError} when there are no credentials, the app does not see the repository, or its configuration is not usable. */
export async function openSweepSubject(env: NodeJS.ProcessEnv, repository: RepoName): Promise<OpenedSubject> {
  const title = `${repository.owner}/${repository.name}`
  if (!hasCredentials(env))
    throw new UsageError(
      'A sweep asks GitHub as the app, and there are no credentials. Set APP_ID and PRIVATE_KEY or PRIVATE_KEY_PATH, or run it where the .env of `signalbox start` is.',
    )
  const app = connectApp(await makeProbot(env, makeLog('silent')), Number(env.APP_ID))
  const installationId = await app.findInstallation(repository)
  if (installationId === null) throw new UsageError(`The app is not installed on ${title}.`)
  const [github, sweepGitHub] = await Promise.all([app.forInstallation(installationId), app.forSweep(installationId)])
  return loadSubject(repository, { installationId, github, sweepGitHub })
}

/** @throws {UsageError} when the repository is not seen, or its configuration is not usable. */
export async function loadSubject(
  repository: RepoName,
  connected: Pick<OpenedSubject, 'installationId' | 'github' | 'sweepGitHub'>,
): Promise<OpenedSubject> {
  const { github, sweepGitHub } = connected
  const title = `${repository.owner}/${repository.name}`
  const repo = await sweepGitHub.getRepository(repository)
  if (repo === null) throw new UsageError(`${title} is not there, or is not seen with these credentials.`)
  const loaded = await loadConfig(github, repo, repo.defaultBranch)
  if (loaded.kind === 'none') throw new UsageError(`${title} has no .github/signalbox.yml.`)
  if (loaded.kind === 'broken') throw new UsageError(loaded.problem)
  return { ...connected, repo, config: loaded.config }
}
