/** Gives the image of an earlier leg the tags of this commit, at the registry: nothing is pulled or built. */
import type { Logger } from 'pino'
import { RegistryError, TransientError, UsageError } from '../domain/errors.ts'
import { parseReference, splitTag } from '../domain/image-reference.ts'
import type { LegFacts } from '../domain/run.ts'
import type { Registry, Store } from '../ports.ts'

interface Deps {
  readonly store: Store
  readonly registry: Registry
  readonly log: Logger
}

/** Whatever keeps it from being done: the leg is run then, as if nothing could be reused. */
export async function retagImage(deps: Deps, leg: LegFacts): Promise<void> {
  await deps.store.runs.recordRetag(leg.id, (await retagAll(deps, leg)) ? 'done' : 'failed')
}

async function retagAll({ registry, log }: Deps, leg: LegFacts): Promise<boolean> {
  const { sha = '', imageTags = [] } = leg.plan.reuse?.from ?? {}
  // Any other tag may have moved to another image since.
  const from = imageTags.find((name) => splitTag(name).tag?.includes(sha))
  const tags = leg.plan.image?.build?.tags ?? []
  if (from === undefined || tags.length === 0) return false
  const source = parseReference(from)
  if (!source.ok) return false
  try {
    for (const name of tags) {
      const target = parseReference(name)
      const sameRepository =
        target.ok &&
        target.reference.registry === source.reference.registry &&
        target.reference.path === source.reference.path
      if (!sameRepository || target.reference.tag === null) return false
      await registry.retag(source.reference, target.reference.tag)
    }
    return true
  } catch (error) {
    if (!(error instanceof RegistryError || error instanceof TransientError || error instanceof UsageError)) throw error
    log.warn(
      { err: error, leg: leg.id, image: from },
      "the image could not be given this commit's tags; the leg is run",
    )
    return false
  }
}
