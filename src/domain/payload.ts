/**
 * GitHub's own objects, as payloads and REST replies carry them alike: repositories, pull requests, workflow runs. They
 * are checked and put into our words here, and nowhere else.
 */
import { z } from 'zod'
import type { WorkflowRunObservation, WorkflowRunStatus } from './run.ts'
import type { PullRequest, Repo, Trigger } from './trigger.ts'

/** A commit id. */
export const sha = z.string().regex(/^[0-9a-f]{40}$/, 'must be a commit id of 40 hexadecimal digits')
export const id = z.number().int().nonnegative()
/** Text that a database keeps: no NUL, no half of a surrogate pair. What a stranger wrote may have both. */
export function cleanText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\u{FFFD}')
}

/** JSON has dates as text only; a number or a null in its place is none. */
export const date = z.string().pipe(z.coerce.date())

export const repository = z
  .object({
    id,
    node_id: z.string().default(''),
    name: z.string().min(1),
    owner: z.object({ login: z.string().min(1) }),
    default_branch: z.string().min(1).default('main'),
  })
  .transform(
    (repo): Repo => ({
      id: repo.id,
      nodeId: repo.node_id,
      owner: repo.owner.login,
      name: repo.name,
      defaultBranch: repo.default_branch,
    }),
  )

export const pullRequest = z
  .object({
    number: z.number().int().positive(),
    state: z.enum(['open', 'closed']),
    draft: z.boolean().default(false),
    head: z.object({ ref: z.string(), sha, repo: z.object({ full_name: z.string() }).nullable() }),
    base: z.object({ ref: z.string(), sha }),
    user: z.object({ login: z.string() }).nullish(),
    author_association: z.string().default('NONE'),
    labels: z.array(z.object({ name: z.string() })).default([]),
    maintainer_can_modify: z.boolean().default(false),
  })
  .transform(
    (pr): PullRequest => ({
      number: pr.number,
      headSha: pr.head.sha,
      headRef: pr.head.ref,
      headRepo: pr.head.repo?.full_name ?? null,
      baseRef: pr.base.ref,
      baseSha: pr.base.sha,
      draft: pr.draft,
      state: pr.state,
      author: pr.user?.login ?? 'ghost',
      association: pr.author_association,
      labels: pr.labels.map((label) => label.name),
      maintainersMayPush: pr.maintainer_can_modify,
    }),
  )

/** The trigger of a pull request at its present head. */
export function pullRequestTrigger(repo: Repo, pr: PullRequest): Extract<Trigger, { kind: 'pull_request' }> {
  return { kind: 'pull_request', repo, sha: pr.headSha, refName: `${pr.number}/merge`, pullRequest: pr }
}

/** Reads a pull request as REST answers it, the same object that payloads carry. Throws when it is none. */
export function readPullRequest(body: unknown): PullRequest {
  return pullRequest.parse(body)
}

export const workflowRun = z
  .object({
    id,
    name: z.string().nullish(),
    display_title: z.string().nullish(),
    event: z.string(),
    run_attempt: z.number().int().positive().default(1),
    status: z.string().nullable(),
    conclusion: z.string().nullable(),
    html_url: z.string(),
    created_at: date,
    run_started_at: date.nullish(),
    updated_at: date,
  })
  .transform((run): WorkflowRunObservation & { event: string } => ({
    workflowRunId: run.id,
    title: run.display_title ?? run.name ?? '',
    runAttempt: run.run_attempt,
    status: foldStatus(run.status),
    conclusion: run.conclusion,
    url: run.html_url,
    startedAt: run.run_started_at ?? run.created_at,
    updatedAt: run.updated_at,
    event: run.event,
  }))

/** Reads a workflow run as REST answers it. Throws when it is none. */
export function readWorkflowRun(body: unknown): WorkflowRunObservation {
  const { event: _, ...observation } = workflowRun.parse(body)
  return observation
}

/** GitHub's other words, such as `waiting` and `pending`, are kinds of `queued`. */
export function foldStatus(status: string | null): WorkflowRunStatus {
  if (status === 'completed' || status === 'in_progress') return status
  return 'queued'
}
