/**
 * What the labels on a pull request that ask for a workflow lead to. Each labelling runs once, as a run of one leg,
 * and the label is taken off when that has concluded, so that it can be put on again. Where it cannot be run, the pull
 * request says why, once to each person, and the label goes.
 */
import type { Config, LabelAction } from './config.ts'
import { triggerKey } from './decide-start.ts'
import { interpolate, interpolationValues } from './interpolate.ts'
import type { LegPlan, RunPlan } from './plan.ts'
import { type Labeling, labelOn, mayWrite, newestLabeling, type PullRequestFacts } from './pull-request.ts'
import { isFromRepo, isTrusted, type LabelTriggered } from './trigger.ts'

export type LabelDecision =
  /** Key: the trigger's. Precondition: its commit is still the head. */
  | {
      readonly kind: 'start_label_run'
      readonly trigger: LabelTriggered
      readonly triggerKey: string
      readonly trusted: boolean
      readonly plan: RunPlan
    }
  /** What it asked for is over. Precondition: this is still the newest labelling. */
  | { readonly kind: 'remove_label'; readonly label: string; readonly labelingId: string }
  /** Say why, the same thing once to the same person, and then take the label off. */
  | {
      readonly kind: 'refuse_label'
      readonly labeling: Labeling
      /** Login of who put it on. */
      readonly by: string
      readonly label: string
      readonly refusal: LabelRefusal
    }

export type LabelRefusal =
  | { readonly reason: 'may_not_write'; readonly by: string }
  | { readonly reason: 'fork_deleted' }
  /** The workflow pushes to the fork's branch, and its author does not let maintainers do that. */
  | { readonly reason: 'may_not_push' }
  | { readonly reason: 'forks_never' }
  | { readonly reason: 'not_approved'; readonly sha: string }

export function decideLabelActions(facts: PullRequestFacts): LabelDecision[] {
  if (facts.pullRequest.state === 'closed' || facts.config === null) return []
  const { config } = facts
  return config.labelActions.flatMap((action) => decideLabel(facts, config, action) ?? [])
}

function decideLabel(facts: PullRequestFacts, config: Config, action: LabelAction): LabelDecision | null {
  const label = labelOn(facts.pullRequest, action.label)
  const labeling = newestLabeling(facts.labelings, action.label)
  if (label === undefined || labeling === undefined) return null
  const run = facts.labelRuns.find(({ trigger }) => trigger.kind === 'label' && trigger.labelingId === labeling.id)
  if (run !== undefined) return run.open ? null : { kind: 'remove_label', label, labelingId: labeling.id }
  // The one before is still at work: whatever it pushes is to be there.
  if (facts.labelRuns.some(({ open, pipeline }) => open && pipeline === labelPipeline(action.label))) return null
  const { by } = labeling
  // Apps' labels do nothing.
  if (labeling.byUs || by === null) return null
  if (!mayWrite(facts.permissions.get(by)))
    return { kind: 'refuse_label', labeling, by, label, refusal: { reason: 'may_not_write', by } }
  const refusal = refusalFor(facts, config, action)
  if (refusal !== null) return { kind: 'refuse_label', labeling, by, label, refusal }
  return startRun(facts, action, labeling, by)
}

function refusalFor(facts: PullRequestFacts, config: Config, action: LabelAction): LabelRefusal | null {
  const { pullRequest, repo, approval } = facts
  if (isFromRepo(repo, pullRequest)) return null
  if (pullRequest.headRepo === null) return { reason: 'fork_deleted' }
  if (action.pushes && !pullRequest.maintainersMayPush) return { reason: 'may_not_push' }
  if (config.forks.policy === 'never') return { reason: 'forks_never' }
  return approval === null ? { reason: 'not_approved', sha: pullRequest.headSha } : null
}

function startRun(facts: PullRequestFacts, action: LabelAction, labeling: Labeling, by: string): LabelDecision {
  const { repo, pullRequest } = facts
  const trigger: LabelTriggered = {
    kind: 'label',
    repo,
    sha: pullRequest.headSha,
    refName: `${pullRequest.number}/merge`,
    pullRequest,
    label: action.label,
    by,
    labelingId: labeling.id,
  }
  return {
    kind: 'start_label_run',
    trigger,
    triggerKey: triggerKey(trigger),
    trusted: isTrusted(trigger),
    plan: planLabelRun(trigger, action),
  }
}

function planLabelRun(trigger: LabelTriggered, action: LabelAction): RunPlan {
  return {
    pipeline: labelPipeline(action.label),
    skipped: null,
    listens: true,
    concurrency: 'keep',
    legs: [planLabelLeg(trigger, action)],
    gates: [],
  }
}

/** The pipeline that the runs of a label are shown under. */
export function labelPipeline(label: string): string {
  return `label ${label}`
}

function planLabelLeg(trigger: LabelTriggered, action: LabelAction): LegPlan {
  const values = interpolationValues(trigger, { matrix: {}, image: null })
  const inputs = Object.entries(action.inputs).map(([key, text]) => [key, interpolate(text, values)])
  return {
    job: action.label,
    name: `label / ${action.label}`,
    matrix: {},
    needs: [],
    start: { kind: 'dispatch', workflow: action.workflow, ref: action.ref ?? trigger.repo.defaultBranch },
    // The head was approved before the run was made, where that is needed.
    hold: null,
    buildOnly: false,
    inputs: Object.fromEntries(inputs),
    toldInputs: null,
    skip: null,
    image: null,
    failFast: false,
    maxParallel: null,
    retries: { max: 0, delayMs: 0, only: 'any' },
    timeoutMs: action.timeoutMs,
    report: null,
    reuse: null,
  }
}
