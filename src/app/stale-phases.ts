/**
 * Writes about a few items at once: comments first, then labels, then closing, each for all of them in one request, and their
 * branches last. An item of which a write failed goes no further. How much is written is committed before it is written.
 */
import { GitHubError, TransientError } from '../domain/errors.ts'
import type { StaleDecision, StaleStep } from '../domain/stale.ts'
import type { Repo } from '../domain/trigger.ts'
import type { ItemsGitHub, ItemWrite, WriteResult } from '../ports/sweeps.ts'
import type { StaleLabels } from './stale-labels.ts'
import type { SweepWork } from './sweep.ts'

export interface PhaseDeps {
  readonly github: ItemsGitHub
  readonly repo: Repo
  readonly labels: StaleLabels
}

/** An item that is being written about. */
export interface Going {
  readonly action: StaleDecision
  operations: number
  /** More about what was done; empty: nothing. */
  note: string
  state: WritingState
}

type WritingState =
  | { readonly kind: 'going' }
  | { readonly kind: 'refused'; readonly message: string }
  | ({ readonly kind: 'unknown' } & UnknownSteps)

/** It is not known whether these steps were carried out. */
export interface UnknownSteps {
  readonly message: string
  readonly steps: readonly StaleStep['kind'][]
}

type Step<Kind extends StaleStep['kind']> = Extract<StaleStep, { readonly kind: Kind }>

interface Due<One extends StaleStep = StaleStep> {
  readonly one: Going
  readonly step: One
}

const PHASES: readonly (readonly StaleStep['kind'][])[] = [
  ['comment'],
  ['add_labels', 'remove_labels'],
  ['close'],
  ['delete_branch'],
]

/** @throws {TransientError} when we are limited: the sweep goes on later. */
export async function writePhases(deps: PhaseDeps, going: readonly Going[], work: SweepWork): Promise<void> {
  for (const phase of PHASES) {
    const due = going
      .filter(({ state }) => state.kind === 'going')
      .flatMap((one) => one.action.steps.filter(({ kind }) => phase.includes(kind)).map((step) => ({ one, step })))
    if (due.length === 0) continue
    await tally(work, going, due)
    try {
      await writePhase(deps, due)
    } catch (error) {
      if (error instanceof TransientError) await tally(work, going, [])
      throw error
    }
  }
}

/** What is due now may be written by the time that anybody reads this; so may be what is not known. */
async function tally(work: SweepWork, going: readonly Going[], due: readonly Due[]): Promise<void> {
  const operations = new Map(
    going.map(({ action, operations, state }) => [
      action.subject,
      operations + (state.kind === 'unknown' ? state.steps.length : 0),
    ]),
  )
  for (const { one } of due) operations.set(one.action.subject, (operations.get(one.action.subject) ?? 0) + 1)
  await work.tally(operations)
}

async function writePhase(deps: PhaseDeps, due: readonly Due[]): Promise<void> {
  const branches = due.filter((one): one is Due<Step<'delete_branch'>> => one.step.kind === 'delete_branch')
  if (branches.length > 0) return deleteBranches(deps, branches)
  const writes: ItemWrite[] = []
  for (const { one, step } of due) writes.push(...(await toWrite(deps, one.action, step)))
  const results = await deps.github.writeItems(writes)
  for (const [index, { one, step }] of due.entries()) take(one, step, results[index])
  const limited = results.find((result) => result.kind === 'deferred')
  if (limited) throw new TransientError(limited.message, { retryAfterMs: limited.retryAfterMs })
}

function take(one: Going, { kind }: StaleStep, result: WriteResult | undefined): void {
  const message = result === undefined || result.kind === 'done' ? 'GitHub gave no answer' : result.message
  if (result?.kind === 'done') one.operations++
  else if (result?.kind !== 'refused' && result?.kind !== 'deferred') {
    const earlier = one.state.kind === 'unknown' ? one.state.steps : []
    one.state = { kind: 'unknown', message, steps: [...earlier, kind] }
  } else if (result.kind === 'refused' && one.state.kind === 'going') one.state = { kind: 'refused', message }
}

async function deleteBranches({ github, repo }: PhaseDeps, due: readonly Due<Step<'delete_branch'>>[]): Promise<void> {
  for (const { one, step } of due) {
    try {
      const end = await github.deleteBranch(repo, step.ref, step.sha)
      if (end === 'deleted') one.operations++
      else if (end === 'moved') one.note = `its branch ${step.ref} stays: it has another commit by now`
      else one.note = `its branch ${step.ref} was gone already`
    } catch (error) {
      // What else was to be done is done: the item is closed.
      if (error instanceof GitHubError)
        one.state = { kind: 'refused', message: `closed, but its branch ${step.ref} is still there: ${error.message}` }
      else if (error instanceof TransientError) {
        one.state = { kind: 'unknown', message: error.message, steps: [step.kind] }
        throw error
      } else throw error
    }
  }
}

/** Empty: it is not written here. */
async function toWrite(
  { labels, github, repo }: PhaseDeps,
  { nodeId, kind }: StaleDecision,
  step: StaleStep,
): Promise<ItemWrite[]> {
  switch (step.kind) {
    case 'comment':
      return [{ kind: 'comment', nodeId, body: step.body }]
    case 'add_labels':
    case 'remove_labels':
      return [{ kind: step.kind, nodeId, labelIds: labels.idsOf(step) }]
    case 'close': {
      if (kind === 'pull_request') return [{ kind: 'close_pull_request', nodeId }]
      const duplicateOf = step.duplicateOf === null ? null : await findNode(github, repo, step.duplicateOf)
      return [{ kind: 'close_issue', nodeId, reason: step.reason, duplicateOf }]
    }
    case 'delete_branch':
      return []
  }
}

async function findNode(github: ItemsGitHub, repo: Repo, number: number): Promise<string | null> {
  const depth = { activity: 1, reactions: false, mentions: false, paths: false }
  const [item] = await github.readItems(repo, [number], depth)
  return item?.kind === 'issue' ? item.nodeId : null
}
