/** The labels that a stale sweep needs: looked up, and created where they are missing, before anything is said about an item. */
import { GitHubError } from '../domain/errors.ts'
import type { StaleDecision, StaleStep } from '../domain/stale.ts'
import type { Repo } from '../domain/trigger.ts'
import type { ItemsGitHub } from '../ports/sweeps.ts'

export interface StaleLabels {
  /** Looks for the labels of these that were not looked for before. */
  ensure(actions: readonly StaleDecision[]): Promise<void>
  /** Why a label that it is to have cannot be put on; null: all of them can. */
  problemOf(action: StaleDecision): string | null
  /** GraphQL's ids. One that there is not is left out. */
  idsOf(step: Extract<StaleStep, { readonly labels: unknown }>): string[]
}

const LABEL = { color: 'ededed', description: '' }

export function makeStaleLabels({ github, repo }: { github: ItemsGitHub; repo: Repo }): StaleLabels {
  /** Lower-case name → id. */
  const ids = new Map<string, string>()
  /** Lower-case name → why it cannot be created. */
  const problems = new Map<string, string>()
  /** @returns why not, in GitHub's words; null: all of them are there. */
  const look = async (names: readonly string[]): Promise<string | null> => {
    try {
      const wanted = names.map((name) => ({ name, ...LABEL }))
      for (const [name, id] of (await github.ensureLabels(repo, wanted)).ids) ids.set(name, id)
      return null
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error
      return error.message
    }
  }
  return {
    async ensure(actions) {
      const names = new Map(actions.flatMap(labelsOf).map((name) => [name.toLowerCase(), name]))
      const unknown = [...names].filter(([lower]) => !ids.has(lower) && !problems.has(lower))
      if (unknown.length === 0 || (await look(unknown.map(([, name]) => name))) === null) return
      // One that GitHub refuses is a problem of the items that are to have it alone.
      for (const [lower, name] of unknown) {
        const problem = await look([name])
        if (problem !== null) problems.set(lower, problem)
      }
    },
    problemOf({ steps }) {
      const added = steps.flatMap((step) => (step.kind === 'add_labels' ? step.labels : []))
      const missing = added.find((name) => !ids.has(name.toLowerCase()))
      if (missing === undefined) return null
      return problems.get(missing.toLowerCase()) ?? `there is no label ${missing}`
    },
    idsOf: ({ labels }) => labels.flatMap((name) => ids.get(name.toLowerCase()) ?? []),
  }
}

function labelsOf({ steps }: StaleDecision): readonly string[] {
  return steps.flatMap((step) => ('labels' in step ? step.labels : []))
}
