import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import type { ContainerPackage } from '../package-model.ts'

function digestIn(descriptor: Json | undefined): string[] {
  return isJsonObject(descriptor) && typeof descriptor.digest === 'string' ? [descriptor.digest] : []
}

function digestsIn(descriptors: Json | undefined): string[] {
  return Array.isArray(descriptors) ? descriptors.flatMap(digestIn) : []
}

/**
 * Digests that a manifest names and that are not there: its own blobs; of an index its children, which are manifests, or
 * blobs where it is a build cache. Its subject does not have to be there.
 */
export function missingParts(
  blobs: ReadonlyMap<string, Uint8Array>,
  one: Pick<ContainerPackage, 'active'> | undefined,
  document: JsonObject,
): string[] {
  const own = [...digestIn(document.config), ...digestsIn(document.layers)].filter((digest) => !blobs.has(digest))
  const children = digestsIn(document.manifests).filter(
    (digest) => !blobs.has(digest) && one?.active.has(digest) !== true,
  )
  return [...own, ...children]
}
