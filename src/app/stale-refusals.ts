/**
 * What GitHub refuses during a stale sweep. A permission that is missing is missing for all issues, or for all pull requests: after a
 * few of them it is not asked again for the others. What else is refused is counted, so that a sweep comes to an end.
 */
import type { ItemKind, StaleDecision } from '../domain/stale.ts'
import type { SweepOutcome } from '../domain/sweep.ts'

export interface StaleRefusals {
  take(actions: readonly StaleDecision[], outcomes: readonly SweepOutcome[]): void
  /** Why it is of no use to ask for this one; null: it may be done. */
  whyNot(action: StaleDecision): string | null
  /** Whether nothing else is to be tried instead. */
  areTooMany(): boolean
}

/** So many of a kind in a row: it is about all of them. */
const MOST_ALIKE = 5
/** Each may have taken a comment's place in GitHub's hourly limit. */
const MOST_REFUSED = 500

const ABOUT_ALL = /not accessible by integration|archived|read-only/i

export function makeStaleRefusals(): StaleRefusals {
  const alike: Record<ItemKind, string[]> = { issue: [], pull_request: [] }
  let refused = 0
  return {
    take(actions, outcomes) {
      const kinds = new Map(actions.map(({ subject, kind }) => [subject, kind]))
      for (const { subject, outcome, note, operations } of outcomes) {
        const kind = kinds.get(subject)
        if (outcome === 'refused') refused++
        if (kind === undefined) continue
        if (operations > 0) alike[kind] = []
        else if (outcome === 'refused' && ABOUT_ALL.test(note)) alike[kind].push(note)
      }
    },
    whyNot({ kind }) {
      const words = alike[kind]
      return words.length < MOST_ALIKE ? null : `the same was refused before: ${words.at(-1)}`
    },
    areTooMany: () => refused >= MOST_REFUSED,
  }
}
