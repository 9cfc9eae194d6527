/** What a sweep has to know of the store before it decides. */
import type { ItemPush } from '../domain/stale.ts'
import type { SweepStore } from '../ports/sweeps.ts'

export interface SweepFacts {
  /** Workflow runs that open runs, gates and deployments of the repository refer to. */
  readonly workflowRunsInUse: ReadonlySet<number>
  /** Commits whose images previews of open pull requests need. */
  readonly previewedCommits: ReadonlySet<string>
  /** Pushes of people to pull requests. */
  readonly pushes: readonly ItemPush[]
  /** The issue that Signalbox opened for reports; null: none is known. */
  readonly trackingIssue: number | null
}

export async function loadSweepFacts(sweeps: SweepStore, repoId: number): Promise<SweepFacts> {
  const [workflowRunsInUse, previewedCommits, pushes, swept] = await Promise.all([
    sweeps.workflowRunsInUse(repoId),
    sweeps.previewedCommits(repoId),
    sweeps.pushes(repoId),
    sweeps.find(repoId),
  ])
  return { workflowRunsInUse, previewedCommits, pushes, trackingIssue: swept?.trackingIssue ?? null }
}
