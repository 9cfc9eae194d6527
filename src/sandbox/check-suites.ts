import type { App, CheckConclusion, CheckRun, CheckStatus, CheckSuite, Repository } from './model.ts'
import { nodeId } from './node-id.ts'
import { nextId, type World } from './world.ts'

export function makeSuite(
  world: World,
  repository: Repository,
  app: App,
  headSha: string,
  headBranch: string | null,
): CheckSuite {
  const id = nextId(world, 'checkSuite')
  const before = repository.objects.commits.get(headSha)?.parents[0] ?? null
  const made = { id, nodeId: nodeId('checkSuite', id), app, headSha, headBranch, before, createdAt: world.now() }
  repository.checkSuites.set(id, made)
  return made
}

/** The suite of an app on a commit, made when there is none yet. */
export function suiteFor(
  world: World,
  repository: Repository,
  app: App,
  headSha: string,
  branch: string | null,
): CheckSuite {
  const known = [...repository.checkSuites.values()].find((one) => one.app.id === app.id && one.headSha === headSha)
  return known ?? makeSuite(world, repository, app, headSha, branch)
}

/** A branch of the repository that points at the commit; null when none does. */
export function branchAt(repository: Repository, sha: string): string | null {
  for (const [ref, tip] of repository.refs) {
    if (tip === sha && ref.startsWith('refs/heads/')) return ref.slice('refs/heads/'.length)
  }
  return null
}

const WORST_FIRST: readonly CheckConclusion[] = ['failure', 'timed_out', 'action_required', 'cancelled', 'success']

export interface SuiteState {
  readonly runs: readonly CheckRun[]
  readonly status: CheckStatus
  readonly conclusion: CheckConclusion | null
  readonly updatedAt: Date
}

export function suiteState(repository: Repository, suite: CheckSuite): SuiteState {
  const runs = [...repository.checkRuns.values()].filter((run) => run.suiteId === suite.id)
  const times = runs.flatMap((run) => [run.startedAt, run.completedAt].filter((time) => time !== null))
  const updatedAt = new Date(Math.max(suite.createdAt.getTime(), ...times.map((time) => time.getTime())))
  if (runs.length === 0) return { runs, status: 'queued', conclusion: null, updatedAt }
  if (runs.some((run) => run.status !== 'completed')) {
    const status = runs.some((run) => run.status === 'in_progress') ? 'in_progress' : 'queued'
    return { runs, status, conclusion: null, updatedAt }
  }
  const conclusion = WORST_FIRST.find((one) => runs.some((run) => run.conclusion === one)) ?? 'neutral'
  return { runs, status: 'completed', conclusion, updatedAt }
}
