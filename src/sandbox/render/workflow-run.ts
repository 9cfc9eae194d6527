import { isoTime, type JsonObject } from '../json.ts'
import type { Repository, Workflow, WorkflowJob, WorkflowRun, WorkflowRunAttempt } from '../model.ts'
import { nodeId } from '../node-id.ts'
import type { World } from '../world.ts'
import { renderAccount } from './account.ts'
import { renderPullRequestLinks } from './check-run.ts'
import { renderSimpleCommit } from './commit.ts'
import { renderMinimalRepository } from './repository.ts'
import { repoApi, repoWeb } from './urls.ts'

export function renderWorkflow(world: World, repository: Repository, workflow: Workflow): JsonObject {
  return {
    id: workflow.id,
    node_id: nodeId('workflow', workflow.id),
    name: workflow.name,
    path: workflow.path,
    state: workflow.state,
    created_at: isoTime(workflow.createdAt),
    updated_at: isoTime(workflow.updatedAt),
    url: repoApi(world, repository, `/actions/workflows/${workflow.id}`),
    html_url: repoWeb(world, repository, `/blob/${repository.defaultBranch}/${workflow.path}`),
    badge_url: repoWeb(world, repository, `/workflows/${encodeURIComponent(workflow.name)}/badge.svg`),
  }
}

/** GitHub's `workflow-run`, showing one of its attempts. */
export function renderWorkflowRun(
  world: World,
  repository: Repository,
  run: WorkflowRun,
  attempt: WorkflowRunAttempt | undefined = run.attempts.at(-1),
): JsonObject {
  const url = repoApi(world, repository, `/actions/runs/${run.id}`)
  const commit = repository.objects.commits.get(run.headSha)
  const number = attempt?.attempt ?? 1
  return {
    id: run.id,
    name: run.workflow.name,
    node_id: run.nodeId,
    check_suite_id: run.suiteId,
    check_suite_node_id: nodeId('checkSuite', run.suiteId),
    head_branch: run.headBranch,
    head_sha: run.headSha,
    path: run.workflow.path,
    display_title: run.displayTitle,
    run_number: run.runNumber,
    event: run.event,
    status: attempt?.status ?? 'queued',
    conclusion: attempt?.conclusion ?? null,
    workflow_id: run.workflow.id,
    url,
    html_url: repoWeb(world, repository, `/actions/runs/${run.id}`),
    pull_requests: renderPullRequestLinks(world, repository, run.headSha),
    created_at: isoTime(run.createdAt),
    updated_at: isoTime(attempt?.updatedAt ?? run.createdAt),
    actor: renderAccount(world, run.actor),
    run_attempt: number,
    referenced_workflows: [],
    run_started_at: isoTime(attempt?.startedAt ?? run.createdAt),
    triggering_actor: renderAccount(world, run.actor),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: repoApi(world, repository, `/check-suites/${run.suiteId}`),
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: number > 1 ? `${url}/attempts/${number - 1}` : null,
    workflow_url: repoApi(world, repository, `/actions/workflows/${run.workflow.id}`),
    head_commit: commit === undefined ? null : renderSimpleCommit(commit),
    repository: renderMinimalRepository(world, repository),
    head_repository: renderMinimalRepository(world, run.headRepository),
  }
}

/** GitHub's `job`. */
export function renderJob(world: World, repository: Repository, run: WorkflowRun, job: WorkflowJob): JsonObject {
  const runner = job.startedAt === null ? null : { id: 1, name: 'sandbox' }
  const step = {
    name: 'Simulated by the sandbox',
    status: job.status,
    conclusion: job.conclusion,
    number: 1,
    started_at: isoTime(job.startedAt),
    completed_at: isoTime(job.completedAt),
  }
  return {
    id: job.id,
    run_id: run.id,
    workflow_name: run.workflow.name,
    head_branch: run.headBranch,
    run_url: repoApi(world, repository, `/actions/runs/${run.id}`),
    run_attempt: job.runAttempt,
    node_id: nodeId('checkRun', job.id),
    head_sha: run.headSha,
    url: repoApi(world, repository, `/actions/jobs/${job.id}`),
    html_url: repoWeb(world, repository, `/actions/runs/${run.id}/job/${job.id}`),
    status: job.status,
    conclusion: job.conclusion,
    created_at: isoTime(job.createdAt),
    started_at: isoTime(job.startedAt ?? job.createdAt),
    completed_at: isoTime(job.completedAt),
    name: job.name,
    steps: job.startedAt === null ? [] : [step],
    check_run_url: repoApi(world, repository, `/check-runs/${job.id}`),
    labels: ['ubuntu-latest'],
    runner_id: runner?.id ?? null,
    runner_name: runner?.name ?? null,
    runner_group_id: runner?.id ?? null,
    runner_group_name: runner?.name ?? null,
  }
}
