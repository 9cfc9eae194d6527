/**
 * Configurations that jobs of pull requests read a moment ago, for this process. Runs are never started by what is kept
 * here. A push to the repository that this process hears of is seen at once, everything else a little later.
 */
import type { Repo } from '../domain/trigger.ts'
import type { Clock, GitHub } from '../ports.ts'
import { type LoadedConfig, loadConfig } from './load-config.ts'

export interface ConfigCache {
  load(github: GitHub, installationId: number, repo: Repo, ref: string): Promise<LoadedConfig>
  /** What is known of this repository may have changed. */
  forget(repoId: number): void
}

const KEPT_MS = 30_000
/** The oldest goes for one more. */
const MOST = 200

interface Kept {
  readonly repoId: number
  readonly at: number
  readonly loading: Promise<LoadedConfig>
}

export function makeConfigCache(clock: Clock): ConfigCache {
  const kept = new Map<string, Kept>()
  return {
    load(github, installationId, repo, ref) {
      const key = `${installationId} ${repo.id} ${repo.owner}/${repo.name} ${ref}`
      const now = clock.now().getTime()
      const known = kept.get(key)
      if (known !== undefined && now - known.at < KEPT_MS) return known.loading
      const entry: Kept = { repoId: repo.id, at: now, loading: loadConfig(github, repo, ref) }
      kept.delete(key)
      kept.set(key, entry)
      for (const oldest of kept.keys()) {
        if (kept.size <= MOST) break
        kept.delete(oldest)
      }
      // A failure is not kept, and is told by whoever asked.
      entry.loading.catch(() => {
        if (kept.get(key) === entry) kept.delete(key)
      })
      return entry.loading
    },
    forget(repoId) {
      for (const [key, entry] of kept) if (entry.repoId === repoId) kept.delete(key)
    },
  }
}
