/** Workflow runs of long ago: there at once, without jobs, and nobody is told of them. */
import { resolveCommit } from './commits.ts'
import type { CheckConclusion, Repository, Workflow, WorkflowRun } from './model.ts'
import { nodeId } from './node-id.ts'
import { registerWorkflow } from './workflow-files.ts'
import { account, changed, nextId, type World } from './world.ts'

export interface OldRun {
  /** File name under `.github/workflows`, or a path. One that the default branch does not have is of a deleted workflow. */
  readonly workflow: string
  readonly createdAt: Date
  /** Default: the default branch. */
  readonly branch?: string
  /** Default: the tip of the branch, or of the default branch. */
  readonly headSha?: string
  /** Default `completed`. */
  readonly status?: 'queued' | 'in_progress' | 'completed'
  /** Default `success`; of a run that is not completed there is none. */
  readonly conclusion?: CheckConclusion
  /** Default `push`. */
  readonly event?: string
}

function workflowAt(world: World, repository: Repository, path: string): Workflow {
  const known = repository.workflows.get(path)
  if (known !== undefined) return known
  const made = registerWorkflow(world, repository, path, path)
  const tree = resolveCommit(repository, repository.defaultBranch)?.tree
  // GitHub's own, such as that of code scanning, have no file.
  if (!path.startsWith('dynamic/') && tree?.files.has(path) !== true) made.state = 'deleted'
  return made
}

/** Returns the ids, in the order of the runs. */
export function seedRuns(world: World, repository: Repository, runs: readonly OldRun[]): number[] {
  const actor = account(world, repository.owner.login)
  const counts = new Map<Workflow, number>()
  for (const { workflow } of repository.workflowRuns.values()) counts.set(workflow, (counts.get(workflow) ?? 0) + 1)
  const tips = new Map<string, string>()
  const tipOf = (branch: string): string => {
    const known = tips.get(branch)
    if (known !== undefined) return known
    const main = repository.refs.get(`refs/heads/${repository.defaultBranch}`) ?? '0'.repeat(40)
    const tip = repository.refs.get(`refs/heads/${branch}`) ?? main
    tips.set(branch, tip)
    return tip
  }
  const ids = runs.map((old) => {
    const { branch = repository.defaultBranch, status = 'completed', createdAt } = old
    const path = old.workflow.includes('/') ? old.workflow : `.github/workflows/${old.workflow}`
    const workflow = workflowAt(world, repository, path)
    const runNumber = (counts.get(workflow) ?? 0) + 1
    counts.set(workflow, runNumber)
    const id = nextId(world, 'workflowRun')
    const conclusion = status === 'completed' ? (old.conclusion ?? 'success') : null
    const times = { startedAt: createdAt, updatedAt: createdAt }
    const run: WorkflowRun = {
      id,
      nodeId: nodeId('workflowRun', id),
      workflow,
      runNumber,
      event: old.event ?? 'push',
      headBranch: branch,
      headSha: old.headSha ?? tipOf(branch),
      headRepository: repository,
      displayTitle: workflow.name,
      inputs: {},
      actor,
      suiteId: nextId(world, 'checkSuite'),
      createdAt,
      attempts: [{ attempt: 1, status, conclusion, ...times, jobs: [] }],
    }
    repository.workflowRuns.set(id, run)
    return id
  })
  changed(world)
  return ids
}
