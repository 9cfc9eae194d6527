/** What is written at GitHub for a decision, in order: words before what they announce. */
import type { CloseReason, StaleItem, StaleRepositoryFacts, StaleStep } from '../stale.ts'
import type { Judgement } from './judge.ts'
import { withMarker } from './markers.ts'
import { hasLabel, type Rules } from './match-policy.ts'
import { isMaintainer, isPerson } from './people.ts'

export function stepsOf(
  item: StaleItem,
  { do: doing, isSaid }: Judgement,
  rules: Rules,
  repository: StaleRepositoryFacts,
): StaleStep[] {
  const isClosed = doing.includes('close')
  const steps = {
    unclose: () => removal(closeLabelOf(item, rules)),
    mark: () => markSteps(item, rules, isSaid, isClosed),
    warn: () => comment(rules.kind.staleMessage, 'mark'),
    unstale: () => unstaleSteps(item, rules),
    close: () => closeSteps(item, rules, repository, isSaid && !doing.includes('mark')),
  }
  return doing.flatMap((what) => steps[what]())
}

function markSteps(item: StaleItem, rules: Rules, isSaid: boolean, isClosed: boolean): StaleStep[] {
  const { kind, policy } = rules
  const removed = policy.labelsToRemoveWhenStale.filter((label) => hasLabel(item, label))
  const ended = policy.activity === 'any' && !isClosed ? closeLabelOf(item, rules) : []
  return [
    ...(isSaid ? [] : comment(kind.staleMessage, 'mark')),
    ...removal([...new Set([...removed, ...ended])]),
    { kind: 'add_labels', labels: [kind.staleLabel] },
  ]
}

/** An item that was opened again still says that it was closed. */
export function closeLabelOf(item: StaleItem, { kind: { closeLabel } }: Rules): string[] {
  return closeLabel !== null && hasLabel(item, closeLabel) ? [closeLabel] : []
}

/** The stale label goes last: until then the item is seen to be unfinished. */
function unstaleSteps(item: StaleItem, rules: Rules): StaleStep[] {
  const { kind, policy } = rules
  const added = policy.labelsToAddWhenUnstale.filter((label) => !hasLabel(item, label))
  const removed = policy.labelsToRemoveWhenUnstale.filter((label) => hasLabel(item, label))
  return [
    ...(added.length > 0 ? [{ kind: 'add_labels' as const, labels: added }] : []),
    ...removal([...new Set([...removed, ...closeLabelOf(item, rules), kind.staleLabel])]),
  ]
}

function closeSteps(
  item: StaleItem,
  { kind, policy }: Rules,
  repository: StaleRepositoryFacts,
  isSaid: boolean,
): StaleStep[] {
  const { closeLabel, closeMessage } = kind
  const duplicateOf = policy.closeIssueReason === 'duplicate' ? duplicateFor(item, policy) : null
  const reason: CloseReason =
    policy.closeIssueReason === 'duplicate' && duplicateOf === null ? 'not_planned' : policy.closeIssueReason
  return [
    ...(isSaid ? [] : comment(closeMessage, 'close')),
    ...(closeLabel !== null && !hasLabel(item, closeLabel)
      ? [{ kind: 'add_labels' as const, labels: [closeLabel] }]
      : []),
    { kind: 'close', reason, duplicateOf },
    ...branchSteps(item, policy.deleteBranch, repository),
  ]
}

/** What is left to do of a pull request that we closed ourselves, and nobody has closed again since. */
export function stepsAfterClosing(item: StaleItem, { policy }: Rules, repository: StaleRepositoryFacts): StaleStep[] {
  const closing = item.activity.findLast(({ kind }) => kind === 'closed')
  return item.state === 'closed' && closing?.own ? branchSteps(item, policy.deleteBranch, repository) : []
}

/** Only the head branch in the same repository, which nothing else needs. */
function branchSteps(
  { kind, head, number }: StaleItem,
  deletes: boolean,
  repository: StaleRepositoryFacts,
): StaleStep[] {
  if (kind !== 'pull_request' || !deletes || !head?.sameRepository) return []
  const { defaultBranch, protectedBranches, branchesInUse } = repository
  const isNeeded = (branchesInUse.get(head.ref) ?? []).some((other) => other !== number)
  if (head.ref === defaultBranch || protectedBranches.has(head.ref) || isNeeded) return []
  return [{ kind: 'delete_branch', ref: head.ref, sha: head.sha }]
}

function comment(body: string, marker: 'mark' | 'close'): StaleStep[] {
  return body.trim() === '' ? [] : [{ kind: 'comment', body: withMarker(body, marker) }]
}

function removal(labels: readonly string[]): StaleStep[] {
  return labels.length === 0 ? [] : [{ kind: 'remove_labels', labels }]
}

const DUPLICATE = /^duplicate of #(\d{1,9})\s*$/im

/** As a maintainer said it last. */
function duplicateFor(item: StaleItem, policy: Rules['policy']): number | null {
  const words = item.activity.filter(
    (one) => one.kind === 'comment' && isPerson(one, policy) && isMaintainer(one, item),
  )
  const said = words.findLast((one) => DUPLICATE.test(one.body ?? ''))
  const number = DUPLICATE.exec(said?.body ?? '')?.[1]
  return number === undefined || Number(number) === item.number ? null : Number(number)
}
