/** The Actions API: workflows, their runs and jobs. */
import { paginate } from '../http/paging.ts'
import { notFound, Problem } from '../http/problem.ts'
import { type Call, idParam, param, type Reply, type Route, repositoryRoute } from '../http/router.ts'
import { isJsonObject, type Json } from '../json.ts'
import type { Repository, Workflow, WorkflowJob, WorkflowRun, WorkflowRunAttempt } from '../model.ts'
import { repoApi, repoWeb } from '../render/urls.ts'
import { renderJob, renderWorkflow, renderWorkflowRun } from '../render/workflow-run.ts'
import { matchesCreated } from '../time-range.ts'
import { findWorkflow } from '../workflow-files.ts'
import { cancelRun, dispatchWorkflow, latestAttempt, rerun } from '../workflow-runs.ts'
import { botOf, changed } from '../world.ts'

/** A filtered listing stops here, however many runs there are. */
const MAX_LISTED_RUNS = 1000

function requireWorkflow(call: Call, repository: Repository): Workflow {
  const found = findWorkflow(repository, param(call, 'workflow_id'))
  if (found === undefined || found.state === 'deleted') throw notFound()
  return found
}

function requireRun(call: Call, repository: Repository): WorkflowRun {
  const found = repository.workflowRuns.get(idParam(call, 'run_id'))
  if (found === undefined) throw notFound()
  return found
}

function requireAttempt(call: Call, repository: Repository): { run: WorkflowRun; attempt: WorkflowRunAttempt } {
  const run = requireRun(call, repository)
  const attempt = run.attempts.find((one) => one.attempt === idParam(call, 'attempt_number'))
  if (attempt === undefined) throw notFound()
  return { run, attempt }
}

function inputText(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function dispatch(call: Call, repository: Repository): Reply {
  const { world, body } = call
  const workflow = requireWorkflow(call, repository)
  const { ref, inputs, return_run_details: details } = body
  if (details !== undefined && world.options.runDetails === false) {
    throw new Problem(422, 'Invalid request.\n\n"return_run_details" is not a permitted key.')
  }
  if (typeof ref !== 'string') throw new Problem(422, 'Invalid request.\n\n"ref" wasn\'t supplied.')
  const given = Object.entries(isJsonObject(inputs) ? inputs : {}).map(([name, value]) => [name, inputText(value)])
  const request = { ref, inputs: Object.fromEntries(given) }
  const run = dispatchWorkflow(world, repository, workflow, request, botOf(world, world.app))
  if (details !== true) return { status: 204 }
  return {
    status: 200,
    body: {
      workflow_run_id: run.id,
      run_url: repoApi(world, repository, `/actions/runs/${run.id}`),
      html_url: repoWeb(world, repository, `/actions/runs/${run.id}`),
    },
  }
}

function listRuns(call: Call, repository: Repository, workflow: Workflow | null): Reply {
  const { query } = call
  const filters = ['event', 'status', 'branch', 'head_sha', 'created', 'actor'].map((name) => query.get(name))
  const [event, status, branch, sha, created, actor] = filters
  const is = (wanted: string | null | undefined, ...values: (string | null)[]) =>
    wanted == null || values.includes(wanted)
  const found = [...repository.workflowRuns.values()].filter((run) => {
    const latest = latestAttempt(run)
    if (workflow !== null && run.workflow !== workflow) return false
    if (!is(event, run.event) || !is(status, latest.status, latest.conclusion)) return false
    if (!is(branch, run.headBranch) || !is(sha, run.headSha) || !is(actor, run.actor.login)) return false
    return created == null || matchesCreated(run.createdAt, created)
  })
  found.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || b.id - a.id)
  const isFiltered = filters.some((filter) => filter !== null)
  const page = paginate(call, isFiltered ? found.slice(0, MAX_LISTED_RUNS) : found)
  const workflow_runs = page.items.map((run) => renderWorkflowRun(call.world, repository, run))
  return { status: 200, headers: page.headers, body: { total_count: found.length, workflow_runs } }
}

function listJobs(call: Call, repository: Repository, run: WorkflowRun, all: readonly WorkflowJob[]): Reply {
  const page = paginate(call, all)
  const jobs = page.items.map((job) => renderJob(call.world, repository, run, job))
  return { status: 200, headers: page.headers, body: { total_count: all.length, jobs } }
}

const READ = { actions: 'read' } as const
const WRITE = { actions: 'write' } as const

const workflowRoutes: readonly Route[] = [
  repositoryRoute('GET', '/actions/workflows', READ, (call, repository) => {
    const all = [...repository.workflows.values()].filter((one) => one.state !== 'deleted')
    const page = paginate(call, all)
    const workflows = page.items.map((one) => renderWorkflow(call.world, repository, one))
    return { status: 200, headers: page.headers, body: { total_count: all.length, workflows } }
  }),
  repositoryRoute('GET', '/actions/workflows/{workflow_id}', READ, (call, repository) => {
    return { status: 200, body: renderWorkflow(call.world, repository, requireWorkflow(call, repository)) }
  }),
  repositoryRoute('POST', '/actions/workflows/{workflow_id}/dispatches', WRITE, dispatch),
  repositoryRoute('GET', '/actions/workflows/{workflow_id}/runs', READ, (call, repository) =>
    listRuns(call, repository, requireWorkflow(call, repository)),
  ),
]

const runRoutes: readonly Route[] = [
  repositoryRoute('GET', '/actions/runs', READ, (call, repository) => listRuns(call, repository, null)),
  repositoryRoute('GET', '/actions/runs/{run_id}', READ, (call, repository) => {
    return { status: 200, body: renderWorkflowRun(call.world, repository, requireRun(call, repository)) }
  }),
  repositoryRoute('DELETE', '/actions/runs/{run_id}', WRITE, (call, repository) => {
    const run = requireRun(call, repository)
    if (latestAttempt(run).status !== 'completed') throw new Problem(403, 'Could not delete the workflow run')
    repository.workflowRuns.delete(run.id)
    for (const [id, artifact] of repository.artifacts) if (artifact.run === run) repository.artifacts.delete(id)
    changed(call.world)
    return { status: 204 }
  }),
  repositoryRoute('GET', '/actions/runs/{run_id}/jobs', READ, (call, repository) => {
    const run = requireRun(call, repository)
    const every = call.query.get('filter') === 'all'
    const jobs = every ? run.attempts.flatMap((attempt) => attempt.jobs) : latestAttempt(run).jobs
    return listJobs(call, repository, run, jobs)
  }),
  repositoryRoute('GET', '/actions/runs/{run_id}/attempts/{attempt_number}', READ, (call, repository) => {
    const { run, attempt } = requireAttempt(call, repository)
    return { status: 200, body: renderWorkflowRun(call.world, repository, run, attempt) }
  }),
  repositoryRoute('GET', '/actions/runs/{run_id}/attempts/{attempt_number}/jobs', READ, (call, repository) => {
    const { run, attempt } = requireAttempt(call, repository)
    return listJobs(call, repository, run, attempt.jobs)
  }),
  repositoryRoute('GET', '/actions/jobs/{job_id}', READ, (call, repository) => {
    const id = idParam(call, 'job_id')
    for (const run of repository.workflowRuns.values()) {
      const job = run.attempts.flatMap((attempt) => attempt.jobs).find((one) => one.id === id)
      if (job !== undefined) return { status: 200, body: renderJob(call.world, repository, run, job) }
    }
    throw notFound()
  }),
]

function change(
  path: string,
  status: number,
  act: (call: Call, repository: Repository, run: WorkflowRun) => void,
): Route {
  return repositoryRoute('POST', `/actions/runs/{run_id}/${path}`, WRITE, (call, repository) => {
    act(call, repository, requireRun(call, repository))
    return { status, body: {} }
  })
}

export const actionsRoutes: readonly Route[] = [
  ...workflowRoutes,
  ...runRoutes,
  change('cancel', 202, ({ world }, repository, run) => cancelRun(world, repository, run, false)),
  change('force-cancel', 202, ({ world }, repository, run) => cancelRun(world, repository, run, true)),
  change('rerun', 201, ({ world }, repository, run) => rerun(world, repository, run, false)),
  change('rerun-failed-jobs', 201, ({ world }, repository, run) => rerun(world, repository, run, true)),
]
