/**
 * Deletes one thing after the other, each written down before and after. What is refused does not stop the others; but a refusal that
 * is about all of them is not asked for again, and where nothing is answered any more the sweep goes on later.
 */
import { TransientError } from '../domain/errors.ts'
import type { SweepDecision, SweepOutcome } from '../domain/sweep.ts'
import type { DeleteResult } from '../ports/sweeps.ts'
import type { Pace } from './pace.ts'
import type { SweepWork } from './sweep.ts'

/** Things whose intent is committed together. */
const AT_ONCE = 10
/** How often something is deleted again of which it is not known whether it is gone. */
const MOST_RETRIES = 2
/** So many in a row that have no known end: it is not about them. */
const MOST_FAILED = 5
/** So many that are refused: something is wrong with all of them, and no others are tried instead. */
const MOST_REFUSED = 1_000

/**
 * @param spare what is deleted instead of what was refused or was gone already, in order, and of what goes together all or nothing:
 * what is refused at every sweep must not use up the budget of every sweep.
 */
export async function deleteInTurn<Action extends SweepDecision>(
  actions: readonly Action[],
  work: Pick<SweepWork, 'begin' | 'record'>,
  deleteOne: (action: Action) => Promise<SweepOutcome>,
  spare: readonly (readonly Action[])[] = [],
): Promise<void> {
  /** The words of the other side, once they are about everything. */
  let refusal: string | null = null
  let refusals = 0
  let failed = 0
  let operations = 0
  const deleteSome = async (some: readonly Action[]) => {
    for (const action of await work.begin(some)) {
      const outcome: SweepOutcome =
        refusal === null ? await deleteOne(action) : refused(action, `the same was refused before: ${refusal}`)
      if (refusal === null && outcome.outcome === 'refused' && isAboutAll(outcome.note)) refusal = outcome.note
      await work.record([outcome])
      operations += outcome.operations
      if (outcome.outcome === 'refused') refusals++
      failed = outcome.outcome === 'failed' ? failed + 1 : 0
      if (failed === MOST_FAILED) throw new TransientError(`Nothing is deleted at the moment: ${outcome.note}`)
    }
  }
  for (let start = 0; start < actions.length; start += AT_ONCE) await deleteSome(actions.slice(start, start + AT_ONCE))
  for (let next = 0; next < spare.length; ) {
    const room = actions.length - operations
    if (refusal !== null || refusals >= MOST_REFUSED) break
    const some: Action[] = []
    for (let group = spare[next]; group !== undefined && some.length + group.length <= room; group = spare[++next]) {
      some.push(...group)
      if (some.length >= AT_ONCE) {
        next++
        break
      }
    }
    if (some.length === 0) break
    await deleteSome(some)
  }
}

/** For want of a permission, since the repository is archived, or since the registry deletes nothing. */
function isAboutAll(message: string): boolean {
  return /not accessible by integration|must have admin rights|delete:packages|read-only|archived|does not delete images/i.test(
    message,
  )
}

/**
 * One deletion, tried again where its answer was lost.
 *
 * @param attempt begins after the wait for the limits, so that what it looks at is fresh; an outcome ends it.
 * @throws {TransientError} when we are limited: the sweep goes on later.
 */
export async function deleteOnce(
  action: Pick<SweepDecision, 'subject' | 'do'>,
  pace: Pace,
  attempt: () => Promise<DeleteResult | SweepOutcome>,
): Promise<SweepOutcome> {
  const base = { subject: action.subject, do: action.do }
  for (let unanswered = 0; ; unanswered++) {
    await pace({ content: 0, all: 1 })
    const result = await attempt()
    if ('outcome' in result) return result
    switch (result.kind) {
      case 'deleted':
        return { ...base, outcome: 'done', operations: 1, note: '' }
      case 'gone':
        return unanswered > 0
          ? { ...base, outcome: 'done', operations: 1, note: 'there was no answer, and it was done' }
          : { ...base, outcome: 'done', operations: 0, note: 'it was gone already' }
      case 'refused':
        return refused(action, result.message)
      case 'deferred':
        throw new TransientError(result.message, { retryAfterMs: result.retryAfterMs })
      case 'unknown':
        if (unanswered === MOST_RETRIES) return { ...base, outcome: 'failed', operations: 1, note: result.message }
    }
  }
}

function refused({ subject, do: doing }: Pick<SweepDecision, 'subject' | 'do'>, note: string): SweepOutcome {
  return { subject, do: doing, outcome: 'refused', operations: 0, note }
}
