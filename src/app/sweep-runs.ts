/**
 * The sweep of workflow runs and Actions caches. What is old is listed whole; of the newer runs only as many as have to be there for
 * an older one to go. What cannot be looked at is a problem of its own, and keeps what it is about.
 */
import pMap from 'p-map'
import { decideRunRetention, fewestDays, pullRequestOfCache, wantedNewestRuns } from '../domain/decide-run-retention.ts'
import { GitHubError } from '../domain/errors.ts'
import type {
  CacheFacts,
  RetentionDecision,
  RunFactsToKeep,
  RunRetentionConfig,
  RunRetentionFacts,
} from '../domain/run-retention.ts'
import type { Repo } from '../domain/trigger.ts'
import type { DeleteResult, SweepGitHub } from '../ports/sweeps.ts'
import type { Clock } from '../ports.ts'
import { deleteInTurn, deleteOnce } from './delete-in-turn.ts'
import type { Sweep, SweepWork } from './sweep.ts'

export interface RunsSweepOptions {
  readonly github: SweepGitHub
  readonly repo: Repo
  readonly clock: Clock
  readonly config: RunRetentionConfig
  /** Workflow runs that open runs, gates and deployments refer to. */
  readonly inUse: ReadonlySet<number>
}

const DAY_MS = 86_400_000
/** Lists of newest runs that are asked for at once, and how many lists take longer than all runs together. */
const LISTS_AT_ONCE = 4
const MOST_LISTS = 100
/** Most newest runs that are listed of a workflow. */
const MOST_LISTED = 100

export function makeRunsSweep(options: RunsSweepOptions): Sweep<RetentionDecision> {
  const { github, config } = options
  let spare: readonly (readonly RetentionDecision[])[] = []
  return {
    spent: () => github.spent(),
    async plan({ spent, begun }) {
      const { facts, problems } = await observe(options)
      const plan = decideRunRetention(facts, config, spent, begun)
      spare = plan.left.map((decision) => [decision])
      return { ...plan, problems: [...problems, ...plan.problems] }
    },
    apply: (actions, work) => deleteAll(options, actions, spare, work),
  }
}

// ── Looking ───────────────────────────────────────────────────────────────────────────────────────────────────────

async function observe(options: RunsSweepOptions): Promise<{ facts: RunRetentionFacts; problems: string[] }> {
  const { github, repo, clock, config, inUse } = options
  const now = clock.now()
  const problems: string[] = []
  const tell = (problem: string) => problems.push(problem)
  const before = new Date(now.getTime() - fewestDays(config) * DAY_MS)
  const workflows = await github.listWorkflows(repo)
  const runs = await collect(github.listRunsBefore(repo, before, tell))
  const caches = config.closedPullRequestCaches ? await observeCaches(options, tell) : NO_CACHES
  const facts = { now, workflows, runs, inUse, ...caches }
  const newest = await listNewest(options, facts, tell)
  return { facts: { ...facts, runs: [...runs, ...newest] }, problems }
}

type Tell = (problem: string) => void

async function collect<Value>(pages: AsyncIterable<readonly Value[]>): Promise<Value[]> {
  const all: Value[] = []
  for await (const page of pages) all.push(...page)
  return all
}

async function listNewest(
  { github, repo, config }: RunsSweepOptions,
  facts: RunRetentionFacts,
  tell: Tell,
): Promise<RunFactsToKeep[]> {
  const wanted = wantedNewestRuns(facts, config)
  // Many branches that are kept in their own right, or more of one than a list has.
  if (wanted.length > MOST_LISTS || wanted.some(({ most }) => most > MOST_LISTED))
    return collect(github.listRunsBefore(repo, new Date(facts.now.getTime() + DAY_MS), tell))
  const lists = await pMap(
    wanted,
    async ({ workflowId, branch, most }) => {
      const where = branch === null ? `workflow ${workflowId}` : `workflow ${workflowId} on ${branch}`
      const what = `The newest runs of ${where} could not be listed, so that more of its old ones are kept`
      const list = () => github.listNewestRuns(repo, workflowId, most, branch ?? undefined)
      return orProblem(list, [], what, tell)
    },
    { concurrency: LISTS_AT_ONCE },
  )
  return lists.flat()
}

type CachesOfFacts = Pick<RunRetentionFacts, 'caches' | 'closedPullRequests'>

const NO_CACHES: CachesOfFacts = { caches: [], closedPullRequests: new Set() }

function observeCaches({ github, repo }: RunsSweepOptions, tell: Tell): Promise<CachesOfFacts> {
  const look = async (): Promise<CachesOfFacts> => {
    const caches: CacheFacts[] = await collect(github.listCaches(repo))
    const numbers = new Set(caches.flatMap(({ ref }) => pullRequestOfCache(ref) ?? []))
    if (numbers.size === 0) return { caches, closedPullRequests: new Set() }
    return { caches, closedPullRequests: await github.closedPullRequests(repo, [...numbers]) }
  }
  return orProblem(look, NO_CACHES, 'Actions caches could not be looked at, so that all are kept', tell)
}

/** A refusal that stays is told, and does not end the sweep. */
async function orProblem<Value>(look: () => Promise<Value>, nothing: Value, what: string, tell: Tell): Promise<Value> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error
    tell(`${what}: ${error.message}`)
    return nothing
  }
}

// ── Deleting ──────────────────────────────────────────────────────────────────────────────────────────────────────

async function deleteAll(
  options: RunsSweepOptions,
  actions: readonly RetentionDecision[],
  spare: readonly (readonly RetentionDecision[])[],
  work: SweepWork,
): Promise<void> {
  const deleteOne = (action: RetentionDecision) => deleteOnce(action, work.pace, () => deleteAtGitHub(options, action))
  await deleteInTurn(actions, work, deleteOne, spare)
}

function deleteAtGitHub({ github, repo }: RunsSweepOptions, { target }: RetentionDecision): Promise<DeleteResult> {
  return target.kind === 'run' ? github.deleteRun(repo, target.id) : github.deleteCache(repo, target.id)
}
