/** GitHub through Octokit, as one installation and as the app. */
import type { Probot } from 'probot'
import { readPullRequest, readWorkflowRun } from '../../domain/payload.ts'
import { ALL_FILES, type ChangedFiles } from '../../domain/plan.ts'
import type { WorkflowRunObservation } from '../../domain/run.ts'
import type { Repo } from '../../domain/trigger.ts'
import type { CheckWrite, GitHub, GitHubApp, HookDelivery, Permission, RepoName } from '../../ports.ts'
import { writeChecks } from './checks.ts'
import { dispatchWorkflow } from './dispatch.ts'
import { orNull, toFault } from './errors.ts'
import { keepSilenceWhenLimited, type Octokit } from './octokit.ts'

/** GitHub's bounds: a longer list is cut short without a word. */
const MAX_PULL_REQUEST_FILES = 3_000
const MAX_COMPARED_FILES = 300
const MAX_LISTED_RUNS = 1_000
/** Of the deliveries that GitHub keeps, the newest: a list without end would use up the app's own limit. */
const MAX_LISTED_DELIVERIES = 3_000
const PAGE = 100

/** @param appId takes only check runs of this app as ours: another may use any name and external id. */
export function connectInstallation(octokit: Octokit, appId: number): GitHub {
  const { rest } = octokit
  const named = (repo: RepoName) => ({ owner: repo.owner, repo: repo.name })
  return {
    async readFile(repo, path, ref) {
      const reply = await orNull(rest.repos.getContent({ ...named(repo), path, ref }), `reading ${path}`)
      const file = reply?.data
      if (!file || Array.isArray(file) || file.type !== 'file') return null
      if ('content' in file && file.encoding === 'base64') return Buffer.from(file.content, 'base64')
      // Over 1 MB GitHub sends no content. What is refused for its size needs none.
      return new Uint8Array(file.size)
    },
    async getPullRequest(repo, number) {
      const reply = await orNull(
        rest.pulls.get({ ...named(repo), pull_number: number }),
        `reading pull request #${number}`,
      )
      return reply && readPullRequest(reply.data)
    },
    async listPullRequestFiles(repo, number) {
      const files: string[] = []
      const pages = octokit.paginate.iterator(rest.pulls.listFiles, {
        ...named(repo),
        pull_number: number,
        per_page: PAGE,
      })
      try {
        for await (const { data } of pages)
          for (const file of data)
            files.push(file.filename, ...(file.previous_filename ? [file.previous_filename] : []))
      } catch (error) {
        throw toFault(error, `listing the files of pull request #${number}`)
      }
      return files.length >= MAX_PULL_REQUEST_FILES ? ALL_FILES : { kind: 'listed', files }
    },
    async compareFiles(repo, base, head): Promise<ChangedFiles> {
      const basehead = `${base}...${head}`
      const reply = await orNull(
        rest.repos.compareCommitsWithBasehead({ ...named(repo), basehead, per_page: 1 }),
        `comparing ${basehead}`,
      )
      const files = reply?.data.files
      if (!files || files.length >= MAX_COMPARED_FILES) return ALL_FILES
      return {
        kind: 'listed',
        files: files.flatMap((file) =>
          file.previous_filename ? [file.filename, file.previous_filename] : [file.filename],
        ),
      }
    },
    async getBranchSha(repo, branch) {
      const reply = await orNull(
        rest.git.getRef({ ...named(repo), ref: `heads/${branch}` }),
        `reading branch ${branch}`,
      )
      return reply?.data.object.sha ?? null
    },
    dispatchWorkflow: (repo, request) => dispatchWorkflow(octokit, repo, request),
    async getWorkflowRun(repo, workflowRunId) {
      const reply = await orNull(
        rest.actions.getWorkflowRun({ ...named(repo), run_id: workflowRunId }),
        `reading workflow run ${workflowRunId}`,
      )
      return reply && readWorkflowRun(reply.data)
    },
    listDispatchedRuns: (repo, since, workflow) => listDispatchedRuns(octokit, repo, since, workflow),
    async cancelWorkflowRun(repo, workflowRunId, force) {
      const target = { ...named(repo), run_id: workflowRunId }
      const request = force ? rest.actions.forceCancelWorkflowRun(target) : rest.actions.cancelWorkflowRun(target)
      return (await orNull(request, `cancelling workflow run ${workflowRunId}`)) === null ? 'gone' : 'asked'
    },
    writeChecks: (repo: Repo, writes: readonly CheckWrite[]) => writeChecks(octokit, repo, writes),
    async listChecks(repo, headSha) {
      const query = { ...named(repo), ref: headSha, filter: 'all', app_id: appId, per_page: PAGE } as const
      try {
        const checks = await octokit.paginate(rest.checks.listForRef, query)
        return new Map(checks.flatMap((check) => (check.external_id ? [[check.external_id, check.node_id]] : [])))
      } catch (error) {
        throw toFault(error, `listing the check runs of ${headSha}`)
      }
    },
    async getPermission(repo, login): Promise<Permission> {
      const request = rest.repos.getCollaboratorPermissionLevel({ ...named(repo), username: login })
      const permission = (await orNull(request, `reading the permission of ${login}`))?.data.permission
      return permission === 'admin' || permission === 'write' || permission === 'read' ? permission : 'none'
    },
  }
}

async function listDispatchedRuns(
  octokit: Octokit,
  repo: RepoName,
  since: Date,
  workflow?: string,
): Promise<WorkflowRunObservation[]> {
  const query = {
    owner: repo.owner,
    repo: repo.name,
    event: 'workflow_dispatch',
    created: `>=${since.toISOString().slice(0, 19)}Z`,
    per_page: PAGE,
  }
  const found: WorkflowRunObservation[] = []
  for (let page = 1; found.length < MAX_LISTED_RUNS; page++) {
    const request =
      workflow === undefined
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

/** @param probot signs as the app; its tokens are made for one installation and kept until they expire. */
export function connectApp(probot: Probot, appId: number): GitHubApp {
  const installations = new Map<number, GitHub>()
  return {
    async forInstallation(installationId) {
      const known = installations.get(installationId)
      if (known) return known
      const octokit = keepSilenceWhenLimited(await probot.auth(installationId))
      const connected = connectInstallation(octokit, appId)
      installations.set(installationId, connected)
      return connected
    },
    async listHookDeliveries(since) {
      const octokit = await probot.auth()
      const found: HookDelivery[] = []
      try {
        const pages = octokit.paginate.iterator(octokit.rest.apps.listWebhookDeliveries, { per_page: PAGE })
        for await (const { data } of pages) {
          for (const delivery of data) {
            const deliveredAt = new Date(delivery.delivered_at)
            if (deliveredAt < since || found.length >= MAX_LISTED_DELIVERIES) return found
            const { id, guid, event, action, status_code } = delivery
            found.push({ id, guid, event, action, deliveredAt, status: status_code })
          }
        }
      } catch (error) {
        throw toFault(error, 'listing webhook deliveries')
      }
      return found
    },
    async redeliver(hookDeliveryId) {
      const octokit = await probot.auth()
      const request = octokit.rest.apps.redeliverWebhookDelivery({ delivery_id: hookDeliveryId })
      await orNull(request, `asking for webhook delivery ${hookDeliveryId} once more`)
    },
  }
}
