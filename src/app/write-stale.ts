/**
 * Writes what was decided about issues and pull requests: comments first, then labels, then closing, each for several items in one
 * request. An item of which a write failed goes no further. Where it is not known whether something was written, the item is read
 * and decided again: what is there already is not in the decision any more.
 */
import { GitHubError, TransientError } from '../domain/errors.ts'
import type { Writes } from '../domain/pacing.ts'
import type { StaleDecision, StaleStep } from '../domain/stale.ts'
import type { SweepOutcome } from '../domain/sweep.ts'
import type { Repo } from '../domain/trigger.ts'
import type { ItemsGitHub, ItemWrite, WriteResult } from '../ports/sweeps.ts'
import { type SweepWork, skipped } from './sweep.ts'

export interface WriteStaleDeps {
  readonly github: ItemsGitHub
  readonly repo: Repo
  /** What is to be done about these items now; one of which nothing is to be done is missing. */
  readonly decideAgain: (numbers: readonly number[]) => Promise<ReadonlyMap<number, StaleDecision>>
}

/** Items whose writes share requests: their comments fit into a minute's limit, with room. */
const ITEMS_AT_ONCE = 20
/** How often an item is looked at again whose writes have no known end. */
const MOST_LOOKS = 3

const LABEL = { color: 'ededed', description: '' }

export async function writeStale(
  deps: WriteStaleDeps,
  actions: readonly StaleDecision[],
  work: SweepWork,
): Promise<void> {
  if (actions.length === 0) return
  const labels = await findLabels(deps, actions)
  for (let start = 0; start < actions.length; start += ITEMS_AT_ONCE) {
    const some = actions.slice(start, start + ITEMS_AT_ONCE)
    // Before the last look, which must not be an hour old when something is written.
    await work.pace(writesOf(some))
    const begun = await work.begin(some)
    if (begun.length > 0) await writeSome({ ...deps, labels }, begun, work)
  }
}

interface Writing extends WriteStaleDeps {
  readonly labels: Labels
}

/** An item that is being written about. */
interface Going {
  readonly action: StaleDecision
  operations: number
  state: { readonly kind: 'going' } | { readonly kind: 'unknown' | 'refused'; readonly message: string }
}

async function writeSome(deps: Writing, begun: readonly StaleDecision[], work: SweepWork): Promise<void> {
  let pending = new Map(begun.map((action) => [action.number, { planned: action, operations: 0, unknown: '' }]))
  for (let look = 0; pending.size > 0; look++) {
    if (look > 0) await work.pace(writesOf([...pending.values()].map(({ planned }) => planned)))
    const fresh = await deps.decideAgain([...pending.keys()])
    const outcomes: SweepOutcome[] = []
    const going: Going[] = []
    for (const [number, { planned, operations, unknown }] of pending) {
      const action = fresh.get(number)
      if (action === undefined || !isSame(action, planned)) outcomes.push(changed(planned, operations, look > 0))
      else if (look === MOST_LOOKS) outcomes.push(outcomeOf(planned, 'failed', operations, unknown))
      else going.push({ action, operations, state: { kind: 'going' } })
    }
    // Whoever took the sweep over while this process was not at work may have written meanwhile.
    if (going.length > 0) await work.begin(going.map(({ action }) => action))
    for (const phase of PHASES) await writePhase(deps, going, phase)
    const next: typeof pending = new Map()
    for (const { action, operations, state } of going) {
      if (state.kind === 'unknown') next.set(action.number, { planned: action, operations, unknown: state.message })
      else if (state.kind === 'refused') outcomes.push(outcomeOf(action, 'refused', operations, state.message))
      else outcomes.push(outcomeOf(action, 'done', operations, ''))
    }
    await work.record(outcomes)
    pending = next
  }
}

function writesOf(actions: readonly StaleDecision[]): Writes {
  const steps = actions.flatMap((action) => action.steps)
  return { content: steps.filter(({ kind }) => kind === 'comment').length, all: steps.length }
}

/** Its steps may be fewer by now; that something else is to be done about it makes it another action. */
function isSame(one: StaleDecision, other: StaleDecision): boolean {
  return one.do.join() === other.do.join()
}

function changed(planned: StaleDecision, operations: number, wasWritten: boolean): SweepOutcome {
  if (wasWritten) return outcomeOf(planned, 'done', operations, 'GitHub gave no answer, and had done it')
  return skipped(planned, 'it has changed since it was looked at')
}

function outcomeOf(
  { subject, do: doing }: StaleDecision,
  outcome: SweepOutcome['outcome'],
  operations: number,
  note: string,
): SweepOutcome {
  return { subject, do: doing, outcome, operations, note }
}

// ── Phases ────────────────────────────────────────────────────────────────────────────────────────────────────────

const PHASES: readonly (readonly StaleStep['kind'][])[] = [
  ['comment'],
  ['add_labels', 'remove_labels'],
  ['close'],
  ['delete_branch'],
]

async function writePhase(deps: Writing, going: readonly Going[], phase: readonly StaleStep['kind'][]): Promise<void> {
  const steps = going
    .filter((one) => one.state.kind === 'going')
    .flatMap((one) => one.action.steps.filter((step) => phase.includes(step.kind)).map((step) => ({ one, step })))
  if (steps.length === 0) return
  if (phase.includes('delete_branch')) return deleteBranches(deps, steps)
  const writes: { one: Going; write: ItemWrite }[] = []
  for (const { one, step } of steps) {
    const write = await toWrite(deps, one.action, step)
    if (write.kind === 'refused') one.state = write
    else writes.push({ one, write })
  }
  const sent = writes.filter(({ one }) => one.state.kind === 'going')
  if (sent.length === 0) return
  const results = await deps.github.writeItems(sent.map(({ write }) => write))
  for (const [index, { one }] of sent.entries()) note(one, results[index])
  const limited = results.find((result) => result.kind === 'deferred')
  if (limited) throw new TransientError(limited.message, { retryAfterMs: limited.retryAfterMs })
}

function note(one: Going, result: WriteResult | undefined): void {
  if (result?.kind === 'done') one.operations++
  else if (result?.kind === 'refused') one.state = { kind: 'refused', message: result.message }
  else one.state = { kind: 'unknown', message: result?.message ?? 'GitHub gave no answer' }
}

async function deleteBranches(
  { github, repo }: Writing,
  steps: readonly { readonly one: Going; readonly step: StaleStep }[],
): Promise<void> {
  for (const { one, step } of steps) {
    if (step.kind !== 'delete_branch') continue
    try {
      if ((await github.deleteBranch(repo, step.ref, step.sha)) === 'deleted') one.operations++
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error
      // What else was to be done is done: the item is closed.
      one.state = { kind: 'refused', message: `closed, but its branch is still there: ${error.message}` }
    }
  }
}

async function toWrite(
  { labels, github, repo }: Writing,
  { nodeId, kind }: StaleDecision,
  step: StaleStep,
): Promise<ItemWrite | { readonly kind: 'refused'; readonly message: string }> {
  switch (step.kind) {
    case 'comment':
      return { kind: 'comment', nodeId, body: step.body }
    case 'add_labels':
    case 'remove_labels': {
      const ids = step.labels.map((label) => labels.ids.get(label.toLowerCase()))
      const missing = step.labels.find((label) => !labels.ids.has(label.toLowerCase()))
      const labelIds = ids.filter((id) => id !== undefined)
      if (missing === undefined || step.kind === 'remove_labels') return { kind: step.kind, nodeId, labelIds }
      return { kind: 'refused', message: labels.problems.get(missing.toLowerCase()) ?? `there is no label ${missing}` }
    }
    case 'close': {
      if (kind === 'pull_request') return { kind: 'close_pull_request', nodeId }
      const duplicateOf = step.duplicateOf === null ? null : await findNode(github, repo, step.duplicateOf)
      return { kind: 'close_issue', nodeId, reason: step.reason, duplicateOf }
    }
    case 'delete_branch':
      return { kind: 'refused', message: 'a branch is not deleted by this request' }
  }
}

async function findNode(github: ItemsGitHub, repo: Repo, number: number): Promise<string | null> {
  const depth = { activity: 1, reactions: false, mentions: false, paths: false }
  const [item] = await github.readItems(repo, [number], depth)
  return item?.kind === 'issue' ? item.nodeId : null
}

// ── Labels ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Labels {
  /** Lower-case name → GraphQL's id. */
  readonly ids: ReadonlyMap<string, string>
  /** Lower-case name → why it cannot be created. */
  readonly problems: ReadonlyMap<string, string>
}

/** One that GitHub refuses is a problem of the items that were to have it. */
async function findLabels({ github, repo }: WriteStaleDeps, actions: readonly StaleDecision[]): Promise<Labels> {
  const steps = actions.flatMap((action) => action.steps)
  const names = new Map(
    steps.flatMap((step) => ('labels' in step ? step.labels : [])).map((name) => [name.toLowerCase(), name]),
  )
  const wanted = [...names.values()].map((name) => ({ name, ...LABEL }))
  const problems = new Map<string, string>()
  if (wanted.length === 0) return { ids: new Map(), problems }
  try {
    return { ids: (await github.ensureLabels(repo, wanted)).ids, problems }
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error
  }
  const ids = new Map<string, string>()
  for (const label of wanted) {
    try {
      for (const [name, id] of (await github.ensureLabels(repo, [label])).ids) ids.set(name, id)
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error
      problems.set(label.name.toLowerCase(), error.message)
    }
  }
  return { ids, problems }
}
