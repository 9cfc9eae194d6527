/**
 * Takes one tag away from a digest that others still need. Registries of version 1.1 of the specification delete a tag by
 * its name. Others delete by digest alone, and with it every tag that names it: there the tag is first moved to a decoy,
 * the same manifest with one more annotation, so that whatever it names is in the repository already; then the decoy is
 * deleted. Its digest was never seen before, so nothing else can go with it. Afterwards it is looked whether all the rest
 * is still there; what is not is put back.
 */
import { randomUUID } from 'node:crypto'
import { RegistryError } from '../../domain/errors.ts'
import type { DeleteResult } from '../../ports/sweeps.ts'
import type { Manifest } from '../../ports.ts'
import { readJson } from '../http/answer.ts'
import type { RepositoryName } from './client.ts'
import { asDeleteResult } from './delete-result.ts'
import { COPY_OF } from './image-facts.ts'
import { digestOfBytes } from './read-manifest.ts'
import type { RegistryClient } from './registry.ts'
import type { ManifestToStore } from './write-manifest.ts'

export type UntagResult = DeleteResult | { readonly kind: 'unsupported' }

export interface Untag {
  readonly registry: RegistryClient
  readonly repository: RepositoryName
  readonly digest: string
  readonly tag: string
  /** The other tags that name the digest now. */
  readonly others: readonly string[]
  /** Whether the registry may be asked to delete the tag by its name. */
  readonly byName: boolean
  /** Told before the first decoy is pushed: throws where it could not be deleted afterwards. */
  readonly beforeDecoy?: () => Promise<void>
  /** Deletes a digest that only `tag` names. */
  readonly deleteDecoy: (digest: string) => Promise<UntagResult>
}

/** What tells a decoy from what it was made of. */
const MARK = 'signalbox.untag'
/** With which a registry says that it takes no manifests, or none of this type. */
const NOT_TAKEN: readonly (number | null)[] = [405, 415, 501]

export async function untag(order: Untag): Promise<UntagResult> {
  try {
    const original = await order.registry.manifest(at(order, { digest: order.digest }))
    if (original === null) return { kind: 'gone' }
    const named = await digestOfTag(order, order.tag)
    if (named === null) return { kind: 'gone' }
    if (named !== order.digest) return moved(order, named)
    if (order.byName) {
      const answer = await order.registry.deleteTag(order.repository, order.tag)
      if (answer === 'gone') return { kind: 'gone' }
      if (answer === 'deleted') return await lookAfter(order, original)
    }
    return await byDecoy(order, original)
  } catch (error) {
    return asDeleteResult(error)
  }
}

async function byDecoy(order: Untag, original: Manifest): Promise<UntagResult> {
  const { registry, repository, tag } = order
  const decoy = makeDecoy(original)
  const digest = digestOfBytes(decoy.bytes)
  await order.beforeDecoy?.()
  try {
    await registry.putManifest(repository, tag, decoy)
  } catch (error) {
    if (error instanceof RegistryError && NOT_TAKEN.includes(error.status)) return { kind: 'unsupported' }
    return endWith(asDeleteResult(error), order, original, digest)
  }
  try {
    const [now, ...others] = await Promise.all([tag, ...order.others].map((one) => digestOfTag(order, one)))
    if (others.includes(digest))
      return await endWith(
        { kind: 'refused', message: `The registry moves other tags together with ${tag}.` },
        order,
        original,
        digest,
      )
    const result = await order.deleteDecoy(digest)
    if (result.kind !== 'deleted' && result.kind !== 'gone') return await endWith(result, order, original, digest)
    // Deleted by a request whose answer was lost; or not found yet, and then the tag must not stay where it is.
    if (result.kind === 'gone' && (await digestOfTag(order, tag)) === digest)
      return await endWith(
        { kind: 'unknown', message: `The registry does not find ${digest}, to which it moved ${tag}.` },
        order,
        original,
        digest,
      )
    return now === digest ? await lookAfter(order, original) : moved(order, now ?? null)
  } catch (error) {
    return endWith(asDeleteResult(error), order, original, digest)
  }
}

/** The tag names again what it named, unless somebody has moved it; then the result. */
async function endWith(result: UntagResult, order: Untag, original: Manifest, decoy: string): Promise<UntagResult> {
  try {
    const lost: string[] = []
    for (const tag of [order.tag, ...order.others]) {
      const now = await digestOfTag(order, tag)
      if (now === null || now === decoy) lost.push(tag)
    }
    await putBack(order, original, lost)
    return result
  } catch (error) {
    const said = asDeleteResult(error).message
    const { registry, path } = order.repository
    const message =
      `${registry}/${path}:${order.tag} names a copy of ${order.digest} by now, with one more annotation, and could not ` +
      `be put back: ${said} The next sweep looks again.`
    return { kind: 'unknown', message }
  }
}

/** Whether nothing but the tag went. */
async function lookAfter(order: Untag, original: Manifest): Promise<UntagResult> {
  const lost: string[] = []
  for (const tag of order.others) if ((await digestOfTag(order, tag)) === null) lost.push(tag)
  const stays = (await order.registry.digestOf(at(order, { digest: order.digest }))) !== null
  if (stays && lost.length === 0)
    return (await digestOfTag(order, order.tag)) === order.digest
      ? { kind: 'unknown', message: `${order.tag} still names ${order.digest}: somebody may have pushed it again.` }
      : { kind: 'deleted' }
  await putBack(order, original, stays ? lost : [null, ...lost])
  const what = [...(stays ? [] : [order.digest]), ...lost].join(', ')
  return {
    kind: 'unknown',
    message: `With the tag ${order.tag} the registry deleted ${what}, which was put back. Remove no tags from it.`,
  }
}

async function putBack(order: Untag, original: Manifest, tags: readonly (string | null)[]): Promise<void> {
  for (const tag of tags) await order.registry.putManifest(order.repository, tag, original)
}

function makeDecoy(original: Manifest): ManifestToStore {
  const document = readJson(original.bytes) as Readonly<Record<string, unknown>>
  const { annotations } = document
  const kept = typeof annotations === 'object' && annotations !== null ? annotations : {}
  const changed = { ...document, annotations: { ...kept, [MARK]: randomUUID(), [COPY_OF]: original.digest } }
  return { mediaType: original.mediaType, bytes: Buffer.from(JSON.stringify(changed)) }
}

function moved(order: Untag, now: string | null): UntagResult {
  return { kind: 'refused', message: `${order.tag} names ${now ?? 'nothing'} by now, and not ${order.digest}.` }
}

function digestOfTag(order: Untag, tag: string): Promise<string | null> {
  return order.registry.digestOf(at(order, { tag }))
}

function at({ repository }: Untag, rest: { readonly tag?: string; readonly digest?: string }) {
  return { registry: repository.registry, path: repository.path, tag: rest.tag ?? null, digest: rest.digest ?? null }
}
