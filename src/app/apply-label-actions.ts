/** Carries out what was decided about labels that ask for a workflow. */
import type { Logger } from 'pino'
import type { LabelDecision } from '../domain/decide-label-actions.ts'
import { newestLabeling, type PullRequestFacts } from '../domain/pull-request.ts'
import type { Clock, GitHub, Store } from '../ports.ts'
import { refusalMarker, renderRefusal } from './render-refusal.ts'

export interface ApplyLabelsDeps {
  readonly github: GitHub
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
}

type Decision<K extends LabelDecision['kind']> = Extract<LabelDecision, { kind: K }>

export function applyLabelAction(
  deps: ApplyLabelsDeps,
  facts: PullRequestFacts,
  decision: LabelDecision,
): Promise<void> {
  switch (decision.kind) {
    case 'start_label_run':
      return startLabelRun(deps, facts, decision)
    case 'remove_label':
      return removeLabel(deps, facts, decision)
    case 'refuse_label':
      return refuseLabel(deps, facts, decision)
  }
}

async function startLabelRun(
  deps: ApplyLabelsDeps,
  facts: PullRequestFacts,
  { trigger, triggerKey, trusted, plan }: Decision<'start_label_run'>,
): Promise<void> {
  const { repo, installationId } = facts
  const { number } = facts.pullRequest
  // What was allowed is this commit into this branch, and no other.
  const present = await deps.github.getPullRequest(repo, number)
  const isSame = present?.headSha === trigger.sha && present.baseRef === trigger.pullRequest.baseRef
  if (present?.state !== 'open' || !isSame)
    return deps.log.info({ label: trigger.label }, 'the pull request moved on; the label is looked at again')
  const { started } = await deps.store.runs.startRuns({
    trigger,
    triggerKey,
    trusted,
    installationId,
    runs: [{ plan, verdict: null, problem: null }],
    supersede: () => [],
    goodGates: null,
  })
  if (started.length === 0) return
  await deps.store.pullRequests.audit({
    at: deps.clock.now(),
    repo,
    pullRequest: number,
    actor: trigger.by,
    action: 'label_action',
    subject: trigger.label,
    detail: `run ${started.join(', ')} on ${trigger.sha}`,
  })
}

async function removeLabel(
  { github, log }: ApplyLabelsDeps,
  { repo, pullRequest }: PullRequestFacts,
  { label, labelingId }: Decision<'remove_label'>,
): Promise<void> {
  // Somebody may have put it on again meanwhile, which is one more request.
  const labelings = await github.listLabelings(repo, pullRequest.number)
  if (newestLabeling(labelings, label)?.id !== labelingId)
    return log.info({ label }, 'the label was put on again meanwhile; it stays')
  await github.removeLabel(repo, pullRequest.number, label)
}

/**
 * The label goes last: until it has gone, all of this is done again, and the comment that is there is found. The same
 * thing is said to the same person once; a stranger could have us write without end.
 */
async function refuseLabel(
  deps: ApplyLabelsDeps,
  facts: PullRequestFacts,
  decision: Decision<'refuse_label'>,
): Promise<void> {
  const { repo, installationId } = facts
  const { number } = facts.pullRequest
  const { labeling, by, refusal } = decision
  const reason = refusal.reason === 'not_approved' ? `${refusal.reason} ${refusal.sha}` : refusal.reason
  const subject = { repo, number, installationId }
  const told = await deps.store.pullRequests.claimLabelRefusal(subject, by, reason, labeling.id)
  if (told === labeling.id) await sayRefusal(deps, facts, decision)
  await deps.github.removeLabel(repo, number, decision.label)
}

async function sayRefusal(
  { github }: ApplyLabelsDeps,
  { repo, pullRequest: { number } }: PullRequestFacts,
  decision: Decision<'refuse_label'>,
): Promise<void> {
  const marker = refusalMarker(decision.labeling.id)
  const comments = await github.listComments(repo, number, decision.labeling.at)
  if (!comments.some((comment) => comment.isOurs && comment.body.startsWith(marker)))
    await github.createComment(repo, number, renderRefusal(decision))
}
