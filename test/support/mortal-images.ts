/** What a process that dies in the middle of a sweep of images does, and does not do, without one that has to be started. */
import { fetchWithTimeout } from '../../src/adapters/github/octokit.ts'
import type { RegistryClient } from '../../src/adapters/registry/registry.ts'
import type { ManifestMemory, SweepJournal } from '../../src/ports/sweeps.ts'
import type { GitHubApp } from '../../src/ports.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { connectTo } from './stale-project.ts'

export interface MortalImages {
  readonly app: GitHubApp
  /** Rejects everything once it is dead, as a process that is dead does nothing. */
  journal(journal: SweepJournal): SweepJournal
  manifests(memory: ManifestMemory): ManifestMemory
  wrap(registry: RegistryClient): RegistryClient
  readonly isDead: () => boolean
  /** How often it asked GitHub, the registry and the store. */
  readonly steps: () => number
}

export interface Death {
  /** At its n-th step, of which the answer never comes. */
  readonly at: number
  /** Which may have had its effect. */
  readonly hasEffect: boolean
  /** Whether steps are counted from when it is about to delete something; default: from the first. */
  readonly writing?: boolean
}

export async function startMortalImages(sandbox: Sandbox, death: Death): Promise<MortalImages> {
  const { hasEffect, writing = false } = death
  let steps = 0
  let isCounted = !writing
  let dead = false
  const live = () => {
    if (dead) throw new Error('dead')
  }
  const step = async <Value>(act: () => Promise<Value>): Promise<Value> => {
    live()
    if (isCounted && ++steps === death.at) {
      dead = true
      if (hasEffect) await act()
      throw new Error('dead')
    }
    const value = await act()
    live()
    return value
  }
  const fetch: typeof fetchWithTimeout = (input, init) => step(() => fetchWithTimeout(input, init))
  return {
    app: await connectTo(sandbox, fetch),
    isDead: () => dead,
    steps: () => steps,
    journal: (journal) => ({
      ...journal,
      begin(subjects) {
        isCounted = true
        return step(() => journal.begin(subjects))
      },
      record: (outcomes, spent) => step(() => journal.record(outcomes, spent)),
      finish: (report) => step(() => journal.finish(report)),
    }),
    manifests: (memory) => ({
      load: (digests) => step(() => memory.load(digests)),
      save: (manifests) => step(() => memory.save(manifests)),
    }),
    wrap: (registry) => ({
      ...registry,
      digestOf: (reference) => step(() => registry.digestOf(reference)),
      manifest: (reference) => step(() => registry.manifest(reference)),
      blob: (repository, digest, limit) => step(() => registry.blob(repository, digest, limit)),
      putManifest: (repository, tag, manifest) => step(() => registry.putManifest(repository, tag, manifest)),
      deleteManifest: (reference) => step(() => registry.deleteManifest(reference)),
      deleteTag: (repository, tag) => step(() => registry.deleteTag(repository, tag)),
      async *tags(repository) {
        live()
        yield* registry.tags(repository)
      },
    }),
  }
}
