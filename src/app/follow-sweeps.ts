/** Has a repository swept as its configuration on the default branch wants it. */
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../domain/config.ts'
import type { Repo } from '../domain/trigger.ts'
import type { SweepSchedule, SweepStore, SweptRepository } from '../ports/sweeps.ts'
import type { LoadedConfig } from './load-config.ts'

export interface FollowSweeps {
  /**
   * A broken configuration changes nothing: the sweeps wait until it is mended.
   * @param anew whether it is written even if it was before: the repository may have been given up since, here or in another process.
   */
  follow(repo: Repo, installationId: number, loaded: LoadedConfig, anew?: boolean): Promise<void>
}

/** Compares with what is known, so that each event of a repository does not write it again. */
export function makeFollowSweeps(store: SweepStore): FollowSweeps {
  return {
    async follow(repo, installationId, loaded, anew = false) {
      if (loaded.kind === 'broken') return
      const wanted = { repo, installationId, ...(loaded.kind === 'good' ? sweepsOf(loaded.config) : NOTHING) }
      const found = anew ? null : await store.find(repo.id)
      if (found === null) {
        // Most repositories have no sweeps.
        const isNothing = wanted.schedules.length + wanted.staleLabels.length === 0 && !wanted.imagesOnClose
        if (anew || !isNothing) await store.follow(wanted)
        return
      }
      const { installationId: by, schedules, staleLabels, imagesOnClose } = found
      const known = { repo: found.repo, installationId: by, schedules, staleLabels, imagesOnClose }
      if (!isDeepStrictEqual(known, wanted)) await store.follow(wanted)
    },
  }
}

type Wanted = Pick<SweptRepository, 'schedules' | 'staleLabels' | 'imagesOnClose'>

const NOTHING: Wanted = { schedules: [], staleLabels: [], imagesOnClose: false }

function sweepsOf({ stale, cleanup }: Config): Wanted {
  const { workflowRuns, images } = cleanup
  const schedules: SweepSchedule[] = []
  if (stale?.schedule) schedules.push({ kind: 'stale', cron: stale.schedule })
  if (workflowRuns?.schedule) schedules.push({ kind: 'runs', cron: workflowRuns.schedule })
  if (images?.schedule) schedules.push({ kind: 'images', cron: images.schedule })
  const labels = stale?.policies.flatMap(({ issue, pullRequest }) => [issue.staleLabel, pullRequest.staleLabel]) ?? []
  return {
    schedules,
    staleLabels: [...new Set(labels.map((label) => label.toLowerCase()))],
    // Before it is confirmed, every pull request would only be another dry run.
    imagesOnClose: images?.confirmed === true && images.rules.some((rule) => rule.pullRequests !== null),
  }
}
