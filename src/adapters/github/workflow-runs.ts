/** Workflow runs: to start them, to read what became of them, to cancel them. */
import { readWorkflowRun } from '../../domain/payload.ts'
import type { WorkflowRunObservation } from '../../domain/run.ts'
import type { GitHub, RepoName } from '../../ports.ts'
import { dispatchWorkflow } from './dispatch.ts'
import { orNull } from './errors.ts'
import { inRepo, type Octokit, PAGE } from './octokit.ts'

/** GitHub's bound for a list with a filter: a longer one is cut short without a word. */
const MAX_LISTED_RUNS = 1_000

type WorkflowRuns = Pick<GitHub, 'dispatchWorkflow' | 'getWorkflowRun' | 'listDispatchedRuns' | 'cancelWorkflowRun'>

/** @param getSlug of this app: its bot is named after it. */
export function connectWorkflowRuns(octokit: Octokit, getSlug: () => Promise<string>): WorkflowRuns {
  const { rest } = octokit
  return {
    dispatchWorkflow: (repo, request) => dispatchWorkflow(octokit, repo, request),
    async getWorkflowRun(repo, workflowRunId) {
      const reply = await orNull(
        rest.actions.getWorkflowRun({ ...inRepo(repo), run_id: workflowRunId }),
        `reading workflow run ${workflowRunId}`,
      )
      return reply && readWorkflowRun(reply.data)
    },
    async listDispatchedRuns(repo, since, workflow, { ours = false } = {}) {
      const actor = ours ? `${await getSlug()}[bot]` : null
      return listDispatchedRuns(octokit, repo, since, { workflow: workflow ?? null, actor })
    },
    async cancelWorkflowRun(repo, workflowRunId, force) {
      const target = { ...inRepo(repo), run_id: workflowRunId }
      const request = force ? rest.actions.forceCancelWorkflowRun(target) : rest.actions.cancelWorkflowRun(target)
      return (await orNull(request, `cancelling workflow run ${workflowRunId}`)) === null ? 'gone' : 'asked'
    },
  }
}

async function listDispatchedRuns(
  octokit: Octokit,
  repo: RepoName,
  since: Date,
  { workflow, actor }: { readonly workflow: string | null; readonly actor: string | null },
): Promise<WorkflowRunObservation[]> {
  const query = {
    owner: repo.owner,
    repo: repo.name,
    event: 'workflow_dispatch',
    created: `>=${since.toISOString().slice(0, 19)}Z`,
    per_page: PAGE,
    ...(actor === null ? {} : { actor }),
  }
  const found: WorkflowRunObservation[] = []
  for (let page = 1; found.length < MAX_LISTED_RUNS; page++) {
    const request =
      workflow === null
        ? octokit.rest.actions.listWorkflowRunsForRepo({ ...query, page })
        : octokit.rest.actions.listWorkflowRuns({ ...query, page, workflow_id: workflow })
    // A workflow that does not exist has no runs.
    const reply = await orNull(request, 'listing workflow runs')
    if (reply === null) break
    found.push(...reply.data.workflow_runs.map(readWorkflowRun))
    if (reply.data.workflow_runs.length < PAGE) break
  }
  return found
}
