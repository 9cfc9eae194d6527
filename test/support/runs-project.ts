/** A repository of its own whose old workflow runs and caches are swept over HTTP, as the app does it, at whatever time a test wants. */
import { carryOut, memoryJournal } from '../../src/app/sweep.ts'
import { makeRunsSweep } from '../../src/app/sweep-runs.ts'
import type { RunRetentionConfig } from '../../src/domain/run-retention.ts'
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { SweepJournal, SweepSubject } from '../../src/ports/sweeps.ts'
import type { GitHubApp } from '../../src/ports.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { makeConfig } from './facts.ts'
import { findSubject } from './use-sandbox.ts'

export const DAY_MS = 86_400_000

export function makeRunsConfig(options: object = {}): RunRetentionConfig {
  const section = { minimum_runs: 0, operations_per_run: 10_000, ...options }
  const { workflowRuns } = makeConfig(JSON.stringify({ version: 1, cleanup: { workflow_runs: section } })).cleanup
  if (workflowRuns === null) throw new Error('there is no section')
  return workflowRuns
}

/** GitHub's times are of whole seconds; so is this one, from which all ages are counted. */
export const NOW = new Date(Math.floor(Date.now() / 1000) * 1000)

export function daysBefore(days: number): Date {
  return new Date(NOW.getTime() - days * DAY_MS)
}

export interface RunsSweepOptions {
  readonly config?: RunRetentionConfig
  readonly inUse?: readonly number[]
  readonly dryRun?: boolean
  readonly journal?: SweepJournal
  /** Through which GitHub is asked, instead of the usual one. */
  readonly app?: GitHubApp
}

export interface RunsProject {
  /** `owner/name`. */
  readonly repo: string
  /** As the app knows it. */
  find(): Promise<SweepSubject>
  sweep(options?: RunsSweepOptions): Promise<SweepReport>
  /** Ids of the runs that are there, oldest first. */
  runs(): number[]
  /** Ids of the caches that are there, oldest first. */
  caches(): number[]
  /** Of `test.yml`, one for each age in days; ids in that order. */
  seedOld(...days: number[]): number[]
  /** Ids of what GitHub was asked to delete, in order; one that stands twice was asked for twice. */
  deletions(): number[]
  /** Subject → outcome. */
  outcomes(report: SweepReport): Record<string, string>
}

let numbers = 0

export function makeRunsProject(sandbox: Sandbox, app: GitHubApp, files: Record<string, string> = {}): RunsProject {
  const name = `runs-${++numbers}`
  const repo = `acme/${name}`
  sandbox.createRepository({
    owner: 'acme',
    name,
    ownerType: 'Organization',
    collaborators: { ann: 'write' },
    files: {
      'README.md': 'hello',
      '.github/workflows/test.yml': 'name: Tests\non: workflow_dispatch\njobs: {}\n',
      ...files,
    },
  })
  const find = () => findSubject(app, repo)
  return {
    repo,
    find,
    async sweep({ config = makeRunsConfig(), inUse = [], dryRun = false, ...more } = {}) {
      const subject = await find()
      const github = await (more.app ?? app).forSweep(subject.installationId)
      const clock = { now: () => NOW }
      const sweep = makeRunsSweep({ github, repo: subject.repo, clock, config, inUse: new Set(inUse) })
      const journal = more.journal ?? memoryJournal(NOW)
      const pace = async () => {}
      return carryOut({ sweep, journal, kind: 'runs', repo: subject.repo, target: null, clock, dryRun, pace })
    },
    runs: () => sandbox.state.workflowRuns(repo).map(({ id }) => id),
    caches: () => sandbox.state.caches(repo).map(({ id }) => id),
    seedOld: (...days) =>
      sandbox.seedRuns(
        repo,
        days.map((age) => ({ workflow: 'test.yml', createdAt: daysBefore(age) })),
      ),
    deletions: () => deletionsOf(sandbox, repo),
    outcomes: ({ outcomes }) => Object.fromEntries(outcomes.map((one) => [one.subject, one.outcome])),
  }
}

export function deletionsOf(sandbox: Sandbox, repo: string): number[] {
  return sandbox.state.requests.flatMap(({ method, path }) => {
    const id = /^\/repos\/([^/]+\/[^/]+)\/actions\/(?:runs|caches)\/(\d+)$/.exec(path)
    return method === 'DELETE' && id?.[1] === repo ? [Number(id[2])] : []
  })
}
