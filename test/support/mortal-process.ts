/** What a process that dies in the middle of a sweep does, and does not do, without one that has to be started. */
import { fetchWithTimeout } from '../../src/adapters/github/octokit.ts'
import type { SweepJournal } from '../../src/ports/sweeps.ts'
import type { GitHubApp } from '../../src/ports.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { connectTo } from './stale-project.ts'

export interface MortalProcess {
  readonly app: GitHubApp
  /** Rejects everything once it is dead, as a process that is dead does nothing. */
  journal(journal: SweepJournal): SweepJournal
  readonly isDead: () => boolean
}

/** Dies at its n-th request to GitHub, of which the answer never comes; it may have had its effect. */
export async function startMortal(sandbox: Sandbox, dieAt: number, hasEffect: boolean): Promise<MortalProcess> {
  let requests = 0
  let dead = false
  const live = () => {
    if (dead) throw new Error('dead')
  }
  const fetch: typeof fetchWithTimeout = async (input, init) => {
    live()
    if (++requests < dieAt) return fetchWithTimeout(input, init)
    if (hasEffect) await fetchWithTimeout(input, init)
    dead = true
    throw new Error('dead')
  }
  return {
    app: await connectTo(sandbox, fetch),
    isDead: () => dead,
    journal: (journal) => ({
      ...journal,
      async begin(subjects) {
        live()
        return journal.begin(subjects)
      },
      async record(outcomes, spent) {
        live()
        return journal.record(outcomes, spent)
      },
      async finish(report) {
        live()
        return journal.finish(report)
      },
    }),
  }
}
