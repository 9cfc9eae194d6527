/** The job `pull-request:<repository>#<number>`: observe, decide, apply, until nothing is left to do now. */
import type { Logger } from 'pino'
import { decidePullRequest, type PullRequestDecision } from '../domain/decide-pull-request.ts'
import { GitHubError, TransientError } from '../domain/errors.ts'
import { isDeploymentLive, type PullRequestFacts } from '../domain/pull-request.ts'
import type { Clock, GitHubApp, PullRequestRecord, RepoName, Store } from '../ports.ts'
import { type ApplyPreviewsDeps, compareDeployments } from './apply-previews.ts'
import { applyPullRequest } from './apply-pull-request.ts'
import { waitBeforeRetry } from './backoff.ts'
import type { ConfigCache } from './config-cache.ts'
import { type ObserveDeps, observePullRequest } from './observe-pull-request.ts'

export interface PullRequestJobDeps {
  readonly app: GitHubApp
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  /** `owner/name` in lower case: previews of whatever repository may be dispatched there. */
  readonly previewRepositories: ReadonlySet<string>
  /** Key → how often in a row GitHub did not do what was asked. */
  readonly faults: Map<string, number>
  readonly configs: ConfigCache
  /** Id of a deployment at work → when GitHub was last asked about it, in milliseconds. */
  readonly asked: Map<string, number>
}

type Deps = PullRequestJobDeps & ObserveDeps & ApplyPreviewsDeps

/** Each pass makes progress; more of them than this means that a decision does not take. */
const MAX_PASSES = 30
/** How often GitHub is asked about a deployment at work, whose webhooks may have been lost. */
const ASK_AGAIN_MS = 120_000

export async function advancePullRequest(deps: PullRequestJobDeps, key: string): Promise<void> {
  const log = deps.log.child({ pullRequest: key })
  const [repoId = 0, number = 0] = key.split('#').map(Number)
  const record = await deps.store.pullRequests.load(repoId, number)
  if (record === null) return log.warn('the pull request is not known')
  try {
    const github = await deps.app.forInstallation(record.installationId)
    const findInstallation = findOnce(deps.app, record)
    const { repo, installationId } = record
    const read = onceEach((ref) => deps.configs.load(github, installationId, repo, ref))
    const all: Deps = { ...deps, log, github, findInstallation, loadConfig: read }
    const compared = await compareLive(all, record)
    await advance(all, compared ? null : record, record)
    deps.faults.delete(key)
  } catch (error) {
    await handleFault({ ...deps, log }, key, record, error)
  }
}

/** Asked for by whoever needs it first. */
function findOnce(app: GitHubApp, { repo, installationId }: PullRequestRecord) {
  const found = new Map([[nameOf(repo), Promise.resolve<number | null>(installationId)]])
  return (repository: RepoName): Promise<number | null> => {
    const installation = found.get(nameOf(repository)) ?? app.findInstallation(repository)
    found.set(nameOf(repository), installation)
    return installation
  }
}

/** One job sees one configuration. */
function onceEach<T>(load: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const loaded = new Map<string, Promise<T>>()
  return (key) => {
    const loading = loaded.get(key) ?? load(key)
    loaded.set(key, loading)
    return loading
  }
}

function nameOf({ owner, name }: RepoName): string {
  return `${owner}/${name}`.toLowerCase()
}

/** @param fresh the record as it was just loaded; null: it has changed since. */
async function advance(
  deps: Deps,
  fresh: PullRequestRecord | null,
  { repo, number }: PullRequestRecord,
): Promise<void> {
  const { pullRequests } = deps.store
  const said = new Set<string>()
  const refused = new Set<string>()
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const record = pass === 0 && fresh ? fresh : await pullRequests.load(repo.id, number)
    const facts = record && (await observePullRequest(deps, record))
    if (facts === null) return pullRequests.close(repo.id, number, false)
    const decision = withoutRepeats(decidePullRequest(facts, refused), said)
    if (decision.labels.length + decision.previews.length + decision.comments.length === 0)
      return finish(deps, facts, decision)
    deps.log.debug({ actions: kindsOf(decision) }, 'applying')
    for (const key of await applyPullRequest(deps, facts, decision)) refused.add(key)
  }
  deps.log.error(`the pull request is not at rest after ${MAX_PASSES} passes; it is looked at again later`)
  await pullRequests.wake(repo.id, number, new Date(deps.clock.now().getTime() + 60_000))
}

/** A comment that GitHub did not take is not written again at once: it is when the pull request is looked at again. */
function withoutRepeats(decision: PullRequestDecision, said: Set<string>): PullRequestDecision {
  const comments = decision.comments.filter((action) => {
    const what = `${action.kind} ${action.view.kind} ${action.digest}`
    return !said.has(what) && said.add(what)
  })
  return { ...decision, comments }
}

function kindsOf({ labels, previews, comments }: PullRequestDecision): string[] {
  return [...labels, ...previews, ...comments].map((action) => action.kind)
}

async function finish(deps: Deps, { repo, pullRequest }: PullRequestFacts, decision: PullRequestDecision) {
  const { pullRequests } = deps.store
  if (decision.wakeAt !== null) await pullRequests.wake(repo.id, pullRequest.number, decision.wakeAt)
  else if (decision.atRest) await pullRequests.close(repo.id, pullRequest.number, decision.watchesRuns)
}

/** @returns whether anything was asked, so that the record may have changed. */
async function compareLive(deps: Deps, { deployments }: PullRequestRecord): Promise<boolean> {
  const now = deps.clock.now().getTime()
  for (const { id } of deployments.filter((deployment) => !isDeploymentLive(deployment))) deps.asked.delete(id)
  const due = deployments.filter((deployment) => {
    if (!isDeploymentLive(deployment)) return false
    return now >= (deps.asked.get(deployment.id) ?? deployment.intendedAt.getTime()) + ASK_AGAIN_MS
  })
  for (const { id } of due) deps.asked.set(id, now)
  await compareDeployments(deps, due)
  return due.length > 0
}

async function handleFault(
  deps: PullRequestJobDeps,
  key: string,
  { repo, number }: PullRequestRecord,
  error: unknown,
): Promise<void> {
  if (error instanceof TransientError) {
    const waitMs = waitBeforeRetry(error, deps.faults, key)
    deps.log.warn({ err: error, waitMs }, 'GitHub did not do what was asked; the pull request is looked at again')
    return deps.store.pullRequests.wake(repo.id, number, new Date(deps.clock.now().getTime() + waitMs))
  }
  if (error instanceof GitHubError) {
    // The app was suspended, removed, or lost a permission. The reconciler tries again for as long as there is something to do.
    deps.log.error({ err: error }, 'GitHub refused; the pull request waits')
    return
  }
  throw error
}
