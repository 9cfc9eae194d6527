/** Asks GitHub to start a workflow run, once, and says what came of it. */
import type { DispatchOutcome, RepoName } from '../../ports.ts'
import { type Failure, readFailure } from './errors.ts'
import type { Octokit } from './octokit.ts'

interface DispatchRequest {
  readonly workflow: string
  readonly ref: string
  readonly inputs: Record<string, string>
}

/** How long to wait after an answer that our credentials are wrong: a new token is made meanwhile. */
const CREDENTIALS_WAIT_MS = 30_000

export async function dispatchWorkflow(
  octokit: Octokit,
  repo: RepoName,
  request: DispatchRequest,
): Promise<DispatchOutcome> {
  const first = await tryDispatch(octokit, repo, request, true)
  // Enterprise Servers that do not know the field refuse it by name; they answer 204 without it.
  const unknownField = first.kind === 'refused' && first.message.includes('return_run_details')
  return unknownField ? tryDispatch(octokit, repo, request, false) : first
}

async function tryDispatch(
  octokit: Octokit,
  repo: RepoName,
  request: DispatchRequest,
  details: boolean,
): Promise<DispatchOutcome> {
  try {
    const { data } = await octokit.request('POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches', {
      owner: repo.owner,
      repo: repo.name,
      workflow_id: request.workflow,
      ref: request.ref,
      inputs: request.inputs,
      ...(details ? { return_run_details: true } : {}),
    })
    const run = data as unknown as { workflow_run_id?: number; html_url?: string } | undefined
    return { kind: 'dispatched', workflowRunId: run?.workflow_run_id ?? null, url: run?.html_url ?? null }
  } catch (error) {
    return outcomeOf(readFailure(error))
  }
}

function outcomeOf({ status, message, retryAfterMs }: Failure): DispatchOutcome {
  if (retryAfterMs !== null) return { kind: 'deferred', retryAfterMs, message }
  if (status === 401) return { kind: 'deferred', retryAfterMs: CREDENTIALS_WAIT_MS, message }
  if (status === null || status >= 500 || status === 408) return { kind: 'unknown', message }
  return { kind: 'refused', status, message }
}
