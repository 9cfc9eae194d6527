/**
 * What a trigger starts and what it ends. A pull request has one commit that matters: runs on its other commits are
 * superseded. Pushes and tags end nothing. A broken configuration starts a run of its own, in which every gate that
 * the last good one had fails with the reason, so that nothing is silently green.
 */
import type { Config } from './config.ts'
import { type ChangedFiles, type GatePlan, planRuns, type ReuseFacts, type RunPlan } from './plan.ts'
import type { CancelReason, ConfigVerdict } from './run.ts'
import { isTrusted, type Trigger } from './trigger.ts'

/** The pipeline of the run that stands for a broken configuration, and the check that shows it. */
export const CONFIG_PIPELINE = 'signalbox config'

export interface StartFacts {
  readonly now: Date
  readonly trigger: Trigger
  readonly config:
    | {
        readonly kind: 'good'
        readonly config: Config
        readonly changed: ChangedFiles
        /** Null: nothing can be reused. */
        readonly reuse: ReuseFacts | null
      }
    | { readonly kind: 'broken'; readonly problem: string }
  /** Gates of the last good configuration. */
  readonly lastGoodGates: readonly GatePlan[]
  /** Of the pull request's own version of the configuration; null: it leaves it as it is. */
  readonly verdict: ConfigVerdict | null
}

/** A run of the same pull request: one that is open, or was on the same commit. */
export interface EarlierRun {
  readonly id: string
  readonly sha: string
  readonly baseRef: string | null
  readonly open: boolean
  readonly concurrency: RunPlan['concurrency']
}

export interface StartDecision {
  readonly triggerKey: string
  readonly trusted: boolean
  readonly runs: readonly {
    readonly plan: RunPlan
    readonly problem: string | null
    readonly verdict: ConfigVerdict | null
  }[]
  readonly goodGates: readonly GatePlan[] | null
}

export function decideStart(facts: StartFacts): StartDecision {
  const { trigger } = facts
  const base = { triggerKey: triggerKey(trigger), trusted: isTrusted(trigger) }
  if (facts.config.kind === 'broken') {
    // Which branches its pipelines listen to is not known; a push that nobody waits for is not worth a failed check.
    if (trigger.kind === 'push' && trigger.refName !== trigger.repo.defaultBranch)
      return { ...base, runs: [], goodGates: null }
    const own = facts.verdict === null ? '' : `\nThis pull request's own version: ${facts.verdict.headline}`
    const run = { plan: configPlan(facts.lastGoodGates), problem: `${facts.config.problem}${own}`, verdict: null }
    return { ...base, runs: [run], goodGates: null }
  }
  const { config, changed, reuse } = facts.config
  const plans = planRuns(trigger, config, changed, facts.now, reuse).runs.filter((plan) => plan.listens)
  const goodGates = config.pipelines.flatMap((pipeline) =>
    pipeline.gates.map((gate) => ({ id: gate.id, name: gate.name, needs: [] })),
  )
  const runs = plans.map((plan) => ({ plan, problem: null, verdict: null }))
  const judged = facts.verdict === null ? [] : [{ plan: configPlan([]), problem: null, verdict: facts.verdict }]
  return { ...base, runs: [...runs, ...judged], goodGates }
}

/** Two deliveries with the same key mean the same thing, and start it once. */
export function triggerKey(trigger: Trigger): string {
  switch (trigger.kind) {
    case 'push':
      return `push ${trigger.refName} ${trigger.before ?? 'new'} ${trigger.sha}`
    case 'tag':
      return `tag ${trigger.refName} ${trigger.sha}`
    case 'pull_request':
      return `pull_request ${trigger.pullRequest.number} ${trigger.sha} ${trigger.pullRequest.baseRef}`
    case 'merge_group':
      return `merge_group ${trigger.refName} ${trigger.sha}`
    case 'manual':
      return `manual ${trigger.requestId}`
    case 'label':
      return `label ${trigger.pullRequest.number} ${trigger.labelingId}`
  }
}

/**
 * Which earlier runs of the pull request the trigger ends. A run on the same commit for another base is ended also when
 * it is over: its gates judged by other rules, so that a pull request that comes back to a base is judged anew.
 */
export function decideSupersede(
  trigger: Trigger,
  earlier: readonly EarlierRun[],
): { runId: string; reason: CancelReason }[] {
  if (trigger.kind !== 'pull_request') return []
  const { baseRef } = trigger.pullRequest
  return earlier.flatMap((run): { runId: string; reason: CancelReason }[] => {
    if (run.sha === trigger.sha)
      return run.baseRef === baseRef ? [] : [{ runId: run.id, reason: { kind: 'base_changed', baseRef } }]
    if (!run.open || run.concurrency === 'keep') return []
    return [{ runId: run.id, reason: { kind: 'superseded', newerSha: trigger.sha } }]
  })
}

/** The check on the configuration itself, and the gates that fail with it. */
function configPlan(gates: readonly GatePlan[]): RunPlan {
  const own = { id: 'config', name: CONFIG_PIPELINE, needs: [] }
  return {
    pipeline: CONFIG_PIPELINE,
    skipped: null,
    listens: true,
    concurrency: 'cancel',
    legs: [],
    gates: [own, ...gates.map((gate) => ({ ...gate, needs: [] }))],
  }
}
