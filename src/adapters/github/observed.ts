/** What GitHub's own events and other apps started on a commit, for legs that follow it. */
import { foldStatus, workflowRun } from '../../domain/payload.ts'
import type { GitHub, ObservedWorkflowRun } from '../../ports.ts'
import { orNull } from './errors.ts'
import { inRepo, type Octokit, PAGE } from './octokit.ts'

/** Who starts these chooses the branch and the inputs: they say nothing about the commit that they are shown on. */
const NOT_OF_THE_COMMIT = new Set(['workflow_dispatch', 'schedule', 'repository_dispatch'])

export function connectObserved(octokit: Octokit): Pick<GitHub, 'listWorkflowRunsOf' | 'listCheckRunsNamed'> {
  const { rest } = octokit
  return {
    async listWorkflowRunsOf(repo, workflow, sha) {
      const request = rest.actions.listWorkflowRuns({
        ...inRepo(repo),
        workflow_id: workflow,
        head_sha: sha,
        per_page: PAGE,
      })
      const reply = await orNull(request, `listing the runs of ${workflow}`)
      const runs = reply?.data.workflow_runs ?? []
      return runs
        .map(readObservedRun)
        .filter((run) => !NOT_OF_THE_COMMIT.has(run.event))
        .sort(newestFirst)
    },
    async listCheckRunsNamed(repo, sha, name) {
      const query = { ...inRepo(repo), ref: sha, check_name: name, filter: 'latest', per_page: PAGE } as const
      const checks = await orNull(octokit.paginate(rest.checks.listForRef, query), 'listing check runs by their name')
      return (checks ?? [])
        .map((check) => ({
          id: check.id,
          runAttempt: 1,
          status: foldStatus(check.status),
          conclusion: check.conclusion,
          url: check.html_url,
          startedAt: readDate(check.started_at),
          completedAt: readDate(check.completed_at),
          app: check.app?.slug ?? null,
        }))
        .sort(newestFirst)
    },
  }
}

function readObservedRun(body: unknown): ObservedWorkflowRun {
  const { workflowRunId, runAttempt, status, conclusion, url, startedAt, updatedAt, event } = workflowRun.parse(body)
  const run = { id: workflowRunId, runAttempt, url, startedAt, event }
  // A newcomer's run that waits for «Approve and run» is told as completed, and goes on as the same run.
  if (conclusion === 'action_required') return { ...run, status: 'queued', conclusion, completedAt: null }
  return { ...run, status, conclusion, completedAt: status === 'completed' ? updatedAt : null }
}

/** GitHub counts upwards. */
function newestFirst(left: { readonly id: number }, right: { readonly id: number }): number {
  return right.id - left.id
}

function readDate(text: string | null): Date | null {
  return text === null ? null : new Date(text)
}
