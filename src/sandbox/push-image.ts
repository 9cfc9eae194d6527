/** Images without a builder: a manifest of one small layer of its own, or an index of what is there. */
import { Problem } from './http/problem.ts'
import type { Json, JsonObject } from './json.ts'
import type { ContainerPackage } from './package-model.ts'
import { digestOfBytes, packageAt, putManifest } from './packages.ts'
import { missingParts } from './registry/manifest-parts.ts'
import { findRepository } from './repositories.ts'
import { nextId, type World } from './world.ts'

const OCI = 'application/vnd.oci.image'
const INDEX_TYPE = `${OCI}.index.v1+json`
const MANIFEST_TYPE = `${OCI}.manifest.v1+json`

export interface IndexEntry {
  readonly digest: string
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string }
  readonly annotations?: Readonly<Record<string, string>>
}

export interface NewImage {
  /** Default: none. */
  readonly tags?: readonly string[]
  /** When it was pushed; default now. */
  readonly at?: Date
  /** What makes it an index; each has to be there. Default: an image of one layer, like no other. */
  readonly children?: readonly (string | IndexEntry)[]
  /** Digest of what it is about, which does not have to be there. */
  readonly subject?: string
  /** Default: the OCI's. */
  readonly mediaType?: string
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  /** `owner/name`: links the package to a repository. */
  readonly repository?: string
  readonly visibility?: ContainerPackage['visibility']
}

function addBlob(one: ContainerPackage, mediaType: string, content: string): JsonObject {
  const bytes = Buffer.from(content)
  const digest = digestOfBytes(bytes)
  one.blobs.set(digest, bytes)
  return { mediaType, digest, size: bytes.byteLength }
}

function makeImage(world: World, one: ContainerPackage, at: Date): JsonObject {
  const layer = addBlob(one, `${OCI}.layer.v1.tar`, `layer ${nextId(world, 'layer')} of ${one.name}`)
  const rootfs = { type: 'layers', diff_ids: [layer.digest] }
  const config = { created: at.toISOString(), architecture: 'amd64', os: 'linux', config: {}, rootfs }
  return { config: addBlob(one, `${OCI}.config.v1+json`, JSON.stringify(config)), layers: [layer] }
}

function makeIndex(one: ContainerPackage, children: readonly (string | IndexEntry)[]): JsonObject {
  const manifests = children.map((child): Json => {
    const { digest, platform, annotations }: IndexEntry = typeof child === 'string' ? { digest: child } : child
    const version = one.active.get(digest)
    const mediaType = version?.mediaType ?? 'application/octet-stream'
    const size = (version?.bytes ?? one.blobs.get(digest))?.byteLength ?? 0
    return { mediaType, digest, size, ...(platform && { platform }), ...(annotations && { annotations }) }
  })
  return { manifests }
}

/** @param path `owner/name`. Returns the digest. */
export function pushImage(world: World, path: string, image: NewImage = {}): string {
  const { at = world.now(), children, subject, tags = [] } = image
  const one = packageAt(world, path, at)
  if (image.repository !== undefined) one.repository = findRepository(world, image.repository)
  if (image.visibility !== undefined) one.visibility = image.visibility
  const mediaType = image.mediaType ?? (children === undefined ? MANIFEST_TYPE : INDEX_TYPE)
  const document: JsonObject = {
    schemaVersion: 2,
    mediaType,
    ...(image.artifactType === undefined ? {} : { artifactType: image.artifactType }),
    ...(children === undefined ? makeImage(world, one, at) : makeIndex(one, children)),
    ...(subject === undefined ? {} : { subject: { mediaType: MANIFEST_TYPE, digest: subject, size: 0 } }),
    ...(image.annotations === undefined ? {} : { annotations: image.annotations }),
  }
  const missing = missingParts(one.blobs, one, document)
  if (missing.length > 0) throw new Problem(400, `${path} does not have ${missing.join(', ')}`)
  return putManifest(world, one, { bytes: Buffer.from(JSON.stringify(document)), mediaType, tags }, at).digest
}
