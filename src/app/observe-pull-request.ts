/** Gathers everything that is known of a pull request: from GitHub only what something depends on. */
import { type Config, NO_CONFIG, type PreviewConfig } from '../domain/config.ts'
import { labelPipeline } from '../domain/decide-label-actions.ts'
import { historyOf } from '../domain/preview-history.ts'
import {
  approvalOf,
  type Labeling,
  labelOn,
  newestLabeling,
  type Permission,
  type PullRequestFacts,
  repositoryKey,
} from '../domain/pull-request.ts'
import type { RunFacts } from '../domain/run.ts'
import { isFromRepo, type PullRequest } from '../domain/trigger.ts'
import type { Clock, GitHub, PullRequestRecord, RepoName, Store } from '../ports.ts'
import type { LoadedConfig } from './load-config.ts'

export interface ObserveDeps {
  readonly github: GitHub
  readonly store: Store
  readonly clock: Clock
  /** `owner/name` in lower case: may be dispatched to by whatever repository. */
  readonly previewRepositories: ReadonlySet<string>
  readonly findInstallation: (repo: RepoName) => Promise<number | null>
  readonly loadConfig: (ref: string) => Promise<LoadedConfig>
}

/** Null: there is no such pull request. */
export async function observePullRequest(
  deps: ObserveDeps,
  record: PullRequestRecord,
): Promise<PullRequestFacts | null> {
  const { repo, number, installationId, previewRequests, deployments, stickies } = record
  const pullRequest = await deps.github.getPullRequest(repo, number)
  if (pullRequest === null) return null
  const config = await configOf(deps, record, pullRequest)
  const meant = labelsMeant(pullRequest, config)
  const labelRuns = await loadRuns(deps, runsOfLabels(record, meant))
  const labelings = await listLabelings(deps, record, pullRequest, meant)
  return {
    now: deps.clock.now(),
    repo,
    installationId,
    pullRequest,
    config,
    labelings,
    permissions: await askPermissions(deps, record, unheard(labelings, meant, { labelRuns, deployments })),
    approval: approvalOf(record.approvals, pullRequest),
    runs: await loadRuns(deps, runsOfHead(record, pullRequest, config)),
    labelRuns,
    previewRequests,
    deployments,
    stickies,
    previewInstallations: await findInstallations(deps, record, meant.previews),
  }
}

/** Null: it cannot be used now. */
async function configOf(
  deps: ObserveDeps,
  { repo, deployments, stickies }: PullRequestRecord,
  { state, baseRef, labels }: PullRequest,
): Promise<Config | null> {
  // Of a closed one only what was deployed matters, and what is said of it.
  if (state === 'closed' && deployments.length + stickies.length === 0) return NO_CONFIG
  const config = await loadUsable(deps, baseRef)
  if (config === null || baseRef === repo.defaultBranch) return config
  const isAsked = state === 'open' && labels.length > 0
  if (!isAsked && deployments.length === 0) return { ...config, previews: [] }
  const trusted = await loadUsable(deps, repo.defaultBranch)
  if (trusted !== null) return { ...config, previews: trusted.previews }
  // What is deployed stays as it is while nobody knows what is to become of it.
  return deployments.length > 0 ? null : { ...config, previews: [] }
}

/** Null: it cannot be used now. */
async function loadUsable({ loadConfig }: ObserveDeps, branch: string): Promise<Config | null> {
  const loaded = await loadConfig(branch)
  if (loaded.kind === 'broken') return null
  return loaded.kind === 'none' ? NO_CONFIG : loaded.config
}

interface Meant {
  readonly previews: readonly PreviewConfig[]
  /** Labels that ask for a workflow, as the configuration spells them. */
  readonly labels: readonly string[]
}

/** What the labels on an open pull request mean. */
function labelsMeant(pullRequest: PullRequest, config: Config | null): Meant {
  if (pullRequest.state === 'closed' || config === null) return { previews: [], labels: [] }
  const isOn = ({ label }: { readonly label: string }) => labelOn(pullRequest, label) !== undefined
  return {
    previews: config.previews.filter(isOn),
    labels: config.labelActions.filter(isOn).map((action) => action.label),
  }
}

function runsOfLabels({ runs }: PullRequestRecord, { labels }: Meant): string[] {
  const pipelines = new Set(labels.map(labelPipeline))
  return runs.filter((run) => run.kind === 'label' && pipelines.has(run.pipeline)).map((run) => run.id)
}

/** For the summary, for the previews that need them, and for the welcome, which names what waits for an approval. */
function runsOfHead(
  { repo, runs, stickies }: PullRequestRecord,
  pullRequest: PullRequest,
  config: Config | null,
): string[] {
  if (config === null || (pullRequest.state === 'closed' && stickies.length === 0)) return []
  const isShown = config.summary.place !== 'off' || config.previews.length > 0 || !isFromRepo(repo, pullRequest)
  const isOfHead = (run: PullRequestRecord['runs'][number]) =>
    run.kind === 'pull_request' && run.sha === pullRequest.headSha
  return isShown ? runs.filter(isOfHead).map((run) => run.id) : []
}

async function loadRuns({ store, clock }: ObserveDeps, runIds: readonly string[]): Promise<RunFacts[]> {
  const runs = await Promise.all(runIds.map((runId) => store.runs.loadRun(runId, clock.now())))
  return runs.filter((run) => run !== null)
}

async function listLabelings(
  { github }: ObserveDeps,
  { repo, number, deployments }: PullRequestRecord,
  { state }: PullRequest,
  { previews, labels }: Meant,
): Promise<readonly Labeling[]> {
  if (state === 'closed') return []
  const deployed = new Set(deployments.map((deployment) => deployment.preview))
  const stands = [...deployed].some((name) => historyOf(deployments, name).standing !== null)
  return previews.length + labels.length > 0 || stands ? github.listLabelings(repo, number) : []
}

/** Logins of those whose label was not acted on yet. */
function unheard(
  labelings: readonly Labeling[],
  { previews, labels }: Meant,
  { labelRuns, deployments }: Pick<PullRequestFacts, 'labelRuns' | 'deployments'>,
): Set<string> {
  const ran = (id: string) => labelRuns.some(({ trigger }) => trigger.kind === 'label' && trigger.labelingId === id)
  const waiting = [
    ...labels.map((label) => newestLabeling(labelings, label)).filter((labeling) => labeling && !ran(labeling.id)),
    ...previews.flatMap(({ name, label }) => {
      const labeling = newestLabeling(labelings, label)
      const acted = deployments.some(({ preview, request }) => preview === name && request === labeling?.id)
      return acted ? [] : [labeling]
    }),
  ]
  return new Set(waiting.flatMap((labeling) => (labeling?.byUs ? [] : (labeling?.by ?? []))))
}

async function askPermissions(
  { github }: ObserveDeps,
  { repo }: PullRequestRecord,
  logins: ReadonlySet<string>,
): Promise<Map<string, Permission>> {
  const asked = [...logins].map(async (login) => [login, await github.getPermission(repo, login)] as const)
  return new Map(await Promise.all(asked))
}

/** Of the previews that are asked for, or that something is deployed of. */
async function findInstallations(
  deps: ObserveDeps,
  { repo, deployments }: PullRequestRecord,
  wanted: readonly PreviewConfig[],
): Promise<Map<string, number | null>> {
  const names = new Set(deployments.map((deployment) => deployment.preview))
  const standing = [...names].flatMap((name) => historyOf(deployments, name).standing ?? [])
  const repositories = [...wanted, ...standing.map(({ target }) => target)].map(({ repository }) => repository)
  const byKey = new Map(repositories.map((repository) => [repositoryKey(repository), repository]))
  const isAllowed = (key: string) => deps.previewRepositories.has(key) || key.startsWith(`${repo.owner.toLowerCase()}/`)
  const found = [...byKey]
    .filter(([key]) => isAllowed(key))
    .map(async ([key, repository]) => [key, await deps.findInstallation(repository)] as const)
  return new Map(await Promise.all(found))
}
