/** Workflow runs and Actions caches that may be old: to list them all, and to delete them. */
import { z } from 'zod'
import { GitHubError, TransientError } from '../../domain/errors.ts'
import { cleanText, date, id } from '../../domain/payload.ts'
import type { CacheFacts, RunFactsToKeep, WorkflowFacts } from '../../domain/run-retention.ts'
import type { DeleteResult, RunsGitHub } from '../../ports/sweeps.ts'
import type { RepoName } from '../../ports.ts'
import { excerpt } from '../http/answer.ts'
import { orNull, readFailure, toFault } from './errors.ts'
import { readGraphqlFailure } from './graphql.ts'
import { inRepo, type Octokit, PAGE } from './octokit.ts'

/** GitHub's bound for a list with a filter: a longer one is cut short without a word. */
const MAX_LISTED_RUNS = 1_000
const MAX_MESSAGE = 1_000

export function connectRuns(octokit: Octokit): RunsGitHub {
  const { rest } = octokit
  return {
    listWorkflows: (repo) => listWorkflows(octokit, repo),
    listRunsBefore: (repo, before, onProblem) => listRunsBefore(octokit, repo, before, onProblem),
    async listNewestRuns(repo, workflowId, most, branch) {
      if (most <= 0) return []
      const query = { ...inRepo(repo), workflow_id: workflowId, per_page: Math.min(most, PAGE) }
      const request = rest.actions.listWorkflowRuns({
        ...query,
        ...(branch === undefined ? {} : { branch }),
      })
      // Of a workflow that is deleted GitHub may not tell.
      const reply = await orNull(request, `listing the newest runs of workflow ${workflowId}`, [404])
      return readRuns(reply?.data.workflow_runs ?? [])
    },
    deleteRun: (repo, runId) => deletion(rest.actions.deleteWorkflowRun({ ...inRepo(repo), run_id: runId })),
    listCaches: (repo) => listCaches(octokit, repo),
    deleteCache: (repo, cacheId) =>
      deletion(rest.actions.deleteActionsCacheById({ ...inRepo(repo), cache_id: cacheId })),
    closedPullRequests: (repo, numbers) => closedPullRequests(octokit, repo, numbers),
  }
}

async function listWorkflows(octokit: Octokit, repo: RepoName): Promise<WorkflowFacts[]> {
  try {
    const query = { ...inRepo(repo), per_page: PAGE }
    const workflows = await octokit.paginate(octokit.rest.actions.listRepoWorkflows, query)
    return workflows.map(({ id, name, path, state }) => ({ id, name: cleanText(name), path: cleanText(path), state }))
  } catch (error) {
    throw toFault(error, `listing the workflows of ${repo.owner}/${repo.name}`)
  }
}

// ── Runs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where a run of a workflow file of another branch or repository is from is told behind the path. */
const WHENCE = /(?<=\.ya?ml)@.*$/s
const text = z.string().transform(cleanText)

const RUN = z
  .object({
    id,
    workflow_id: id,
    path: text.nullish(),
    name: text.nullish(),
    head_branch: text.nullish(),
    event: text,
    status: text.nullable(),
    conclusion: text.nullable(),
    created_at: date,
  })
  .transform(
    (run): RunFactsToKeep => ({
      id: run.id,
      workflowId: run.workflow_id,
      workflowPath: (run.path ?? '').replace(WHENCE, ''),
      name: run.name ?? '',
      branch: run.head_branch ?? null,
      event: run.event,
      status: run.status ?? '',
      conclusion: run.conclusion,
      createdAt: run.created_at,
    }),
  )

/** One that cannot be understood is left out: it is kept. */
function readRuns(bodies: readonly unknown[]): RunFactsToKeep[] {
  return bodies.flatMap((body) => RUN.safeParse(body).data ?? [])
}

/**
 * GitHub lists the newest first, so that each slice of the time ends where the one before broke off: as few requests as there are
 * pages, however the runs are spread over the years. The second in which a slice broke off is in both.
 */
async function* listRunsBefore(
  octokit: Octokit,
  repo: RepoName,
  before: Date,
  onProblem: ((problem: string) => void) | undefined,
): AsyncGenerator<RunFactsToKeep[]> {
  const seen = new Set<number>()
  let total: number | null = null
  // GitHub counts in whole seconds.
  let until = Math.ceil(before.getTime() / 1000) - 1
  for (;;) {
    let oldest = Number.POSITIVE_INFINITY
    let most = MAX_LISTED_RUNS
    for (let page = 1; (page - 1) * PAGE < most; page++) {
      const { total_count, workflow_runs } = await listPage(octokit, repo, until, page)
      if (total === null) total = total_count
      most = Math.min(most, total_count)
      const runs = readRuns(workflow_runs)
      for (const { createdAt } of runs) oldest = Math.min(oldest, Math.floor(createdAt.getTime() / 1000))
      const fresh = runs.filter((run) => !seen.has(run.id))
      for (const run of fresh) seen.add(run.id)
      if (fresh.length > 0) yield fresh
      if (workflow_runs.length === 0) break
    }
    if (most < MAX_LISTED_RUNS || oldest > until) break
    // More in one second than GitHub lists.
    until = oldest === until ? until - 1 : oldest
  }
  if (total !== null && seen.size < total)
    onProblem?.(
      `GitHub counts ${total} workflow runs before ${before.toISOString()}, and listed ${seen.size} of them: the others are ` +
        'looked at by a later sweep.',
    )
}

/** @param until in seconds since 1970; what was created in that second is listed, too. */
async function listPage({ rest }: Octokit, repo: RepoName, until: number, page: number) {
  const to = new Date(until * 1000).toISOString()
  const created = `<=${to.slice(0, 19)}Z`
  const query = { ...inRepo(repo), created, per_page: PAGE, page }
  try {
    return (await rest.actions.listWorkflowRunsForRepo(query)).data
  } catch (error) {
    throw toFault(error, `listing the workflow runs of ${repo.owner}/${repo.name} up to ${to}`)
  }
}

// ── Caches ────────────────────────────────────────────────────────────────────────────────────────────────────────

const CACHE = z
  .object({ id, key: text, ref: text, size_in_bytes: z.number().default(0), last_accessed_at: date })
  .transform(
    (cache): CacheFacts => ({
      id: cache.id,
      key: cache.key,
      ref: cache.ref,
      sizeBytes: cache.size_in_bytes,
      lastUsedAt: cache.last_accessed_at,
    }),
  )

async function* listCaches(octokit: Octokit, repo: RepoName): AsyncGenerator<CacheFacts[]> {
  // New ones come at the end: none is pushed from a page that is still to come to one that was read.
  const query = { ...inRepo(repo), sort: 'created_at', direction: 'asc', per_page: PAGE } as const
  const seen = new Set<number>()
  try {
    for await (const { data } of octokit.paginate.iterator(octokit.rest.actions.getActionsCacheList, query)) {
      const caches = data.flatMap((body) => CACHE.safeParse(body).data ?? []).filter((cache) => !seen.has(cache.id))
      for (const cache of caches) seen.add(cache.id)
      if (caches.length > 0) yield caches
    }
  } catch (error) {
    throw toFault(error, `listing the Actions caches of ${repo.owner}/${repo.name}`)
  }
}

interface PullRequestStates {
  readonly repository: Readonly<Record<string, { readonly number: number; readonly state: string } | null>> | null
}

async function closedPullRequests(
  octokit: Octokit,
  repo: RepoName,
  numbers: readonly number[],
): Promise<ReadonlySet<number>> {
  const closed = new Set<number>()
  const distinct = [...new Set(numbers)]
  for (let start = 0; start < distinct.length; start += PAGE) {
    const states = await readStates(octokit, repo, distinct.slice(start, start + PAGE))
    for (const found of Object.values(states)) if (found !== null && found.state !== 'OPEN') closed.add(found.number)
  }
  return closed
}

async function readStates(
  octokit: Octokit,
  repo: RepoName,
  numbers: readonly number[],
): Promise<NonNullable<PullRequestStates['repository']>> {
  const what = `reading which pull requests of ${repo.owner}/${repo.name} are closed`
  const parameters = numbers.map((_, index) => `, $n${index}: Int!`).join('')
  const aliases = numbers.map((_, index) => `p${index}: pullRequest(number: $n${index}) { number state }`).join(' ')
  const query =
    `query ($owner: String!, $name: String!${parameters}) { rateLimit { cost } ` +
    `repository(owner: $owner, name: $name) { ${aliases} } }`
  const values = Object.fromEntries(numbers.map((number, index) => [`n${index}`, number]))
  let data: PullRequestStates | null
  try {
    data = await octokit.graphql<PullRequestStates>(query, { owner: repo.owner, name: repo.name, ...values })
  } catch (error) {
    const failure = readGraphqlFailure<PullRequestStates>(error, what)
    // One that is not there is not closed either.
    const other = failure.errors.find(({ type }) => type !== 'NOT_FOUND')
    if (other?.type === 'FORBIDDEN')
      throw new GitHubError(`GitHub refused while ${what}: ${other.message}`, { status: 403, cause: error })
    if (other !== undefined) throw new TransientError(`GitHub failed while ${what}: ${other.message}`, { cause: error })
    data = failure.data
  }
  if (data?.repository == null)
    throw new GitHubError(`GitHub knows no repository ${repo.owner}/${repo.name}, or does not show it to this app.`, {
      status: 404,
    })
  return data.repository
}

// ── Deleting ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Never throws for what GitHub answered. */
async function deletion(request: Promise<unknown>): Promise<DeleteResult> {
  try {
    await request
    return { kind: 'deleted' }
  } catch (error) {
    const { status, message: words, retryAfterMs } = readFailure(error)
    const message = excerpt(words, MAX_MESSAGE)
    if (retryAfterMs !== null) return { kind: 'deferred', retryAfterMs, message }
    if (status === null || status >= 500 || status === 401 || status === 408) return { kind: 'unknown', message }
    return status === 404 || status === 410 ? { kind: 'gone' } : { kind: 'refused', message }
  }
}
