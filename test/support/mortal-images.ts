/** What a process that dies in the middle of a sweep of images does, and does not do, without one that has to be started. */
import { fetchWithTimeout } from '../../src/adapters/github/octokit.ts'
import type { RegistryClient } from '../../src/adapters/registry/registry.ts'
import type { ManifestMemory } from '../../src/ports/sweeps.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { type Death, type MortalProcess, makeLife, mortalJournal } from './mortal-process.ts'
import { connectTo } from './use-sandbox.ts'

export interface MortalImages extends MortalProcess {
  manifests(memory: ManifestMemory): ManifestMemory
  wrap(registry: RegistryClient): RegistryClient
}

export interface DeathAmongImages extends Death {
  /** Whether steps are counted from when it is about to delete something; default: from the first. */
  readonly writing?: boolean
}

/** Its steps are all that it asks GitHub, the registry and the store. */
export async function startMortalImages(sandbox: Sandbox, death: DeathAmongImages): Promise<MortalImages> {
  let isCounted = death.writing !== true
  const { act, isDead, steps, ...life } = makeLife(death)
  const step: typeof act = (what) => (isCounted ? life.step(what) : act(what))
  return {
    app: await connectTo(sandbox, (input, init) => step(() => fetchWithTimeout(input, init))),
    isDead,
    steps,
    journal(journal) {
      const mortal = mortalJournal(journal, step)
      const begin: typeof mortal.begin = (subjects) => {
        isCounted = true
        return mortal.begin(subjects)
      }
      return { ...mortal, begin }
    },
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
        await act(async () => {})
        yield* registry.tags(repository)
      },
    }),
  }
}
