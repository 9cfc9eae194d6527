/** Workflow runs: dispatching, starting, cancelling and running again, with GitHub's refusals. */
import { makeSuite } from './check-suites.ts'
import { requireCommit, resolveCommit } from './commits.ts'
import { Problem } from './http/problem.ts'
import type { Account, Repository, Workflow, WorkflowRun, WorkflowRunAttempt } from './model.ts'
import { nodeId } from './node-id.ts'
import { cancelPlay, playAttempt } from './runner.ts'
import { displayTitle, readWorkflowFile, type WorkflowFile, type WorkflowInput } from './workflow-files.ts'
import { account, changed, nextId, type World } from './world.ts'

const MAX_INPUTS = 25
const MAX_INPUT_CHARACTERS = 65_535

/** The inputs of a run: those given and the defaults of the others; or GitHub's refusal. */
function acceptInputs(
  declared: readonly WorkflowInput[],
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = Object.keys(given)
  if (names.length > MAX_INPUTS) throw new Problem(422, `you may only define up to ${MAX_INPUTS} inputs`)
  if (JSON.stringify(given).length > MAX_INPUT_CHARACTERS) throw new Problem(422, 'inputs are too large.')
  const unexpected = names.filter((name) => !declared.some((input) => input.name === name))
  if (unexpected.length > 0) throw new Problem(422, `Unexpected inputs provided: ${JSON.stringify(unexpected)}`)
  const accepted: Record<string, string> = {}
  for (const input of declared) {
    const value = given[input.name] ?? input.default
    if (value === null) {
      if (input.required) throw new Problem(422, `Required input '${input.name}' not provided`)
      continue
    }
    if (input.options !== null && !input.options.includes(value)) {
      throw new Problem(422, `Provided value '${value}' for input '${input.name}' not in the list of allowed values`)
    }
    accepted[input.name] = value
  }
  return accepted
}

export function dispatchWorkflow(
  world: World,
  repository: Repository,
  workflow: Workflow,
  request: { readonly ref: string; readonly inputs: Readonly<Record<string, string>> },
  actor: Account,
): WorkflowRun {
  if (workflow.state.startsWith('disabled_')) {
    throw new Problem(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
  }
  const name = request.ref.replace(/^refs\/(heads|tags)\//, '')
  const isRef = repository.refs.has(`refs/heads/${name}`) || repository.refs.has(`refs/tags/${name}`)
  const commit = isRef ? resolveCommit(repository, request.ref) : null
  if (commit === null) throw new Problem(422, `No ref found for: ${request.ref}`)
  const file = readWorkflowFile(repository, commit, workflow.path)
  if (file?.dispatchInputs == null) throw new Problem(422, "Workflow does not have 'workflow_dispatch' trigger")
  const inputs = acceptInputs(file.dispatchInputs, request.inputs)
  return startRun(world, repository, workflow, {
    event: 'workflow_dispatch',
    headBranch: name,
    headSha: commit.sha,
    headRepository: repository,
    displayTitle: displayTitle(file, inputs, name),
    inputs,
    actor,
    jobs: file.jobs,
  })
}

type NewRun = Pick<
  WorkflowRun,
  'event' | 'headBranch' | 'headSha' | 'headRepository' | 'displayTitle' | 'inputs' | 'actor'
> & { readonly jobs: WorkflowFile['jobs'] }

export function startRun(world: World, repository: Repository, workflow: Workflow, start: NewRun): WorkflowRun {
  const { jobs, ...about } = start
  const earlier = [...repository.workflowRuns.values()].filter((run) => run.workflow === workflow)
  const id = nextId(world, 'workflowRun')
  const run: WorkflowRun = {
    ...about,
    id,
    nodeId: nodeId('workflowRun', id),
    workflow,
    runNumber: earlier.length + 1,
    suiteId: makeSuite(world, repository, world.actionsApp, about.headSha, about.headBranch).id,
    createdAt: world.now(),
    attempts: [],
  }
  repository.workflowRuns.set(id, run)
  playAttempt(world, repository, run, jobs)
  return run
}

/** Starts a run of an event that the sandbox has no other act for, as of a schedule. */
export function startWorkflowRun(
  world: World,
  repository: Repository,
  workflow: Workflow,
  options: { readonly event: string; readonly ref: string; readonly sha?: string; readonly actor: string },
): WorkflowRun {
  const commit = requireCommit(repository, options.sha ?? options.ref)
  const file = readWorkflowFile(repository, commit, workflow.path)
  return startRun(world, repository, workflow, {
    event: options.event,
    headBranch: options.ref,
    headSha: commit.sha,
    headRepository: repository,
    displayTitle: commit.message.split('\n')[0] ?? '',
    inputs: {},
    actor: account(world, options.actor),
    jobs: file?.jobs ?? [],
  })
}

export function latestAttempt(run: WorkflowRun): WorkflowRunAttempt {
  const attempt = run.attempts.at(-1)
  if (attempt === undefined) throw new Error(`Workflow run ${run.id} has no attempt`)
  return attempt
}

export function cancelRun(world: World, repository: Repository, run: WorkflowRun, force: boolean): void {
  if (latestAttempt(run).status === 'completed') {
    throw new Problem(409, 'Cannot cancel a workflow run that is completed.')
  }
  cancelPlay(world, repository, run, force)
}

const MAX_ATTEMPTS = 50

/** Runs all jobs again, or (`failedOnly`) those that did not succeed; the others are carried over. */
export function rerun(world: World, repository: Repository, run: WorkflowRun, failedOnly: boolean): void {
  const last = latestAttempt(run)
  if (last.status !== 'completed') throw new Problem(403, 'This workflow is already running')
  if (run.attempts.length > MAX_ATTEMPTS) throw new Problem(403, 'This workflow run cannot be retried')
  const kept = failedOnly ? last.jobs.filter((job) => job.conclusion === 'success') : []
  if (failedOnly && kept.length === last.jobs.length) {
    throw new Problem(403, 'The workflow run containing these jobs has no failed jobs')
  }
  const again = last.jobs.filter((job) => !kept.includes(job)).map((job) => job.name)
  playAttempt(world, repository, run, again, kept)
}

export function disableWorkflow(world: World, workflow: Workflow, disabled: boolean): void {
  workflow.state = disabled ? 'disabled_manually' : 'active'
  workflow.updatedAt = world.now()
  changed(world)
}
