/** From a trigger to runs in the store: observe what GitHub and the store say now, decide, write. */
import { createHash } from 'node:crypto'
import { type Config, NO_CONFIG } from '../domain/config.ts'
import { decideStart, decideSupersede, type StartDecision, type StartFacts } from '../domain/decide-start.ts'
import { pullRequestTrigger } from '../domain/payload.ts'
import {
  ALL_FILES,
  type ChangedFiles,
  needsChangedFiles,
  type ReuseFacts,
  reusableWorkflows,
  withReusable,
  workflowKey,
} from '../domain/plan.ts'
import type { Trigger } from '../domain/trigger.ts'
import { count } from '../domain/wording.ts'
import type { Clock, GitHub, Store } from '../ports.ts'
import { judgeOwnConfig } from './judge-own-config.ts'
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
  if (trigger === null)
    return { note: 'the pull request is closed by now', started: [], isWritten: false, config: null }
  const sameBranch = configBranch(trigger) === configBranch(signalled)
  const config = sameBranch ? early : await loadConfig(deps.github, trigger.repo, configBranch(trigger))
  const ofDefault = configBranch(trigger) === trigger.repo.defaultBranch ? config : null
  const files = changedOnce(deps.github, trigger)
  const facts = await gatherFacts(deps, trigger, config, files)
  // GitHub lists the files of the head that it has by then: a push in between must not lend its files to this commit.
  if (files.wereListed() && (await hasMoved(deps.github, trigger))) return startRuns(deps, trigger)
  if (config.kind === 'none' && facts.verdict === null && !(await hasOpenRuns(deps.store, trigger)))
    return { note: 'the repository has no .github/signalbox.yml', started: [], isWritten: false, config: ofDefault }
  const decision = await reuseResults(deps, trigger, decideStart(facts))
  const { started, superseded } = await deps.store.runs.startRuns({
    ...decision,
    trigger,
    installationId: deps.installationId,
    supersede: (earlier) => decideSupersede(trigger, earlier),
  })
  // Two deliveries at once may each have seen another head. Whoever ended the other's runs looks whether it was right.
  if (superseded.length > 0 && (await hasMoved(deps.github, trigger))) return startRuns(deps, trigger)
  const ended = superseded.length > 0 ? `; ${count(superseded.length, 'older run')} ended` : ''
  return {
    note: `${count(started.length, 'run')} started of ${decision.runs.length} planned${ended}`,
    started,
    isWritten: true,
    config: ofDefault,
  }
}

export interface StartResult {
  /** What happened, in words for the delivery's record. */
  readonly note: string
  /** Ids of the runs that are new. */
  readonly started: readonly string[]
  /** Whether the plan was written, which has its pull request looked at as well. */
  readonly isWritten: boolean
  /** Of the default branch; null: it was not read. */
  readonly config: LoadedConfig | null
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

async function gatherFacts(deps: Deps, trigger: Trigger, loaded: LoadedConfig, files: FileList): Promise<StartFacts> {
  const { github, store } = deps
  const now = deps.clock.now()
  const verdict = await judgeOwnConfig({ github, now, files: files.list }, trigger, loaded)
  if (loaded.kind === 'broken') {
    const lastGoodGates = await store.installations.lastGoodGates(trigger.repo.id)
    return { now, trigger, verdict, lastGoodGates, config: { kind: 'broken', problem: loaded.problem } }
  }
  const config = loaded.kind === 'good' ? loaded.config : NO_CONFIG
  const [changed, reuse] = await Promise.all([
    needsChangedFiles(trigger, config) ? files.list() : ALL_FILES,
    gatherReuse(github, trigger, config),
  ])
  return { now, trigger, verdict, lastGoodGates: [], config: { kind: 'good', config, changed, reuse } }
}

interface FileList {
  list(): Promise<ChangedFiles>
  /** Whether GitHub was asked. */
  wereListed(): boolean
}

/** Asked for by whoever needs it first. */
function changedOnce(github: GitHub, trigger: Trigger): FileList {
  let asked: Promise<ChangedFiles> | null = null
  return {
    list() {
      asked ??= changedFiles(github, trigger)
      return asked
    },
    wereListed: () => asked !== null,
  }
}

/** One request for the commit's files, and one for each workflow; null: nothing can be reused. */
async function gatherReuse(github: GitHub, trigger: Trigger, config: Config): Promise<ReuseFacts | null> {
  const wanted = reusableWorkflows(trigger, config)
  if (wanted.length === 0) return null
  const [tree, ...texts] = await Promise.all([
    github.listTree(trigger.repo, trigger.sha),
    ...wanted.map(({ ref, workflow }) => github.readFile(trigger.repo, `.github/workflows/${workflow}`, ref)),
  ])
  if (tree === null) return null
  const workflows = wanted.flatMap(({ ref, workflow }, index): [string, string][] => {
    const text = texts[index]
    return text ? [[workflowKey(ref, workflow), createHash('sha256').update(text).digest('hex')]] : []
  })
  return { tree, workflows: new Map(workflows) }
}

/** Looks up which legs' results are known already. */
async function reuseResults(deps: Deps, trigger: Trigger, decision: StartDecision): Promise<StartDecision> {
  const reuses = decision.runs.flatMap(({ plan }) => plan.legs.flatMap((leg) => leg.reuse ?? []))
  const byAge = Map.groupBy(reuses, (reuse) => reuse.maxAgeMs)
  const found = await Promise.all(
    [...byAge].map(([age, group]) => {
      const since = new Date(deps.clock.now().getTime() - age)
      const keys = [...new Set(group.map((reuse) => reuse.key))]
      return deps.store.runs.findReusable(trigger.repo.id, keys, since)
    }),
  )
  if (found.every((results) => results.size === 0)) return decision
  const results = new Map(found.flatMap((one) => [...one]))
  const plans = withReusable(
    decision.runs.map((run) => run.plan),
    results,
  )
  return { ...decision, runs: decision.runs.map((run, index) => ({ ...run, plan: plans[index] ?? run.plan })) }
}

async function changedFiles(github: GitHub, trigger: Trigger): Promise<ChangedFiles> {
  if (trigger.kind === 'pull_request') return github.listPullRequestFiles(trigger.repo, trigger.pullRequest.number)
  if (trigger.kind === 'push' && trigger.before !== null)
    return github.compareFiles(trigger.repo, trigger.before, trigger.sha)
  return ALL_FILES
}
