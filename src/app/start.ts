/** From a trigger to runs in the store: observe what GitHub and the store say now, decide, write. */
import { decideStart, decideSupersede, type StartFacts } from '../domain/decide-start.ts'
import { pullRequestTrigger } from '../domain/payload.ts'
import { ALL_FILES, type ChangedFiles, needsChangedFiles } from '../domain/plan.ts'
import type { Trigger } from '../domain/trigger.ts'
import { count } from '../domain/wording.ts'
import type { Clock, GitHub, Store } from '../ports.ts'
import { type LoadedConfig, loadConfig } from './load-config.ts'

interface Deps {
  readonly github: GitHub
  readonly store: Store
  readonly installationId: number
  readonly clock: Clock
}

/**
 * @param signalled the trigger as the event told it, perhaps late and out of order: of a pull request only its present
 * head counts.
 */
export async function startRuns(deps: Deps, signalled: Trigger): Promise<StartResult> {
  const [trigger, early] = await Promise.all([
    present(deps.github, signalled),
    loadConfig(deps.github, signalled.repo, configBranch(signalled)),
  ])
  if (trigger === null) return { note: 'the pull request is closed by now', started: [] }
  const sameBranch = configBranch(trigger) === configBranch(signalled)
  const config = sameBranch ? early : await loadConfig(deps.github, trigger.repo, configBranch(trigger))
  if (config.kind === 'none' && !(await hasOpenRuns(deps.store, trigger)))
    return { note: 'the repository has no .github/signalbox.yml', started: [] }
  const decision = decideStart({
    now: deps.clock.now(),
    trigger,
    config: await withFiles(deps.github, trigger, config),
    lastGoodGates: config.kind === 'broken' ? await deps.store.installations.lastGoodGates(trigger.repo.id) : [],
  })
  const { started, superseded } = await deps.store.runs.startRuns({
    ...decision,
    trigger,
    installationId: deps.installationId,
    supersede: (earlier) => decideSupersede(trigger, earlier),
  })
  // Two deliveries at once may each have seen another head. Whoever ended the other's runs looks whether it was right.
  if (superseded.length > 0 && (await hasMoved(deps.github, trigger))) return startRuns(deps, trigger)
  const ended = superseded.length > 0 ? `; ${count(superseded.length, 'older run')} ended` : ''
  return { note: `${count(started.length, 'run')} started of ${decision.runs.length} planned${ended}`, started }
}

export interface StartResult {
  /** What happened, in words for the delivery's record. */
  readonly note: string
  /** Ids of the runs that are new. */
  readonly started: readonly string[]
}

async function hasOpenRuns(store: Store, trigger: Trigger): Promise<boolean> {
  if (trigger.kind !== 'pull_request') return false
  return (await store.runs.openRunsOf(trigger.repo.id, trigger.pullRequest.number)).length > 0
}

async function hasMoved(github: GitHub, trigger: Trigger): Promise<boolean> {
  const now = await present(github, trigger)
  if (now?.kind !== 'pull_request' || trigger.kind !== 'pull_request') return false
  return now.sha !== trigger.sha || now.pullRequest.baseRef !== trigger.pullRequest.baseRef
}

/** Null: the pull request is closed, or gone. */
async function present(github: GitHub, trigger: Trigger): Promise<Trigger | null> {
  if (trigger.kind !== 'pull_request') return trigger
  const pullRequest = await github.getPullRequest(trigger.repo, trigger.pullRequest.number)
  return pullRequest?.state === 'open' ? pullRequestTrigger(trigger.repo, pullRequest) : null
}

/** Pull requests and merge groups follow the branch that they go into, everything else the default branch. */
function configBranch(trigger: Trigger): string {
  if (trigger.kind === 'pull_request') return trigger.pullRequest.baseRef
  return trigger.kind === 'merge_group' ? trigger.baseRef : trigger.repo.defaultBranch
}

async function withFiles(github: GitHub, trigger: Trigger, config: LoadedConfig): Promise<StartFacts['config']> {
  if (config.kind === 'broken') return config
  if (config.kind === 'none') return { kind: 'good', config: { pipelines: [], images: [] }, changed: ALL_FILES }
  const changed = needsChangedFiles(trigger, config.config) ? await changedFiles(github, trigger) : ALL_FILES
  return { kind: 'good', config: config.config, changed }
}

async function changedFiles(github: GitHub, trigger: Trigger): Promise<ChangedFiles> {
  if (trigger.kind === 'pull_request') return github.listPullRequestFiles(trigger.repo, trigger.pullRequest.number)
  if (trigger.kind === 'push' && trigger.before !== null)
    return github.compareFiles(trigger.repo, trigger.before, trigger.sha)
  return ALL_FILES
}
