/**
 * What the clean-up of images wants to know of a manifest or an index, from its bytes.
 *
 * Source: https://github.com/opencontainers/image-spec (manifest.md, image-index.md, annotations.md),
 * https://docs.docker.com/build/metadata/attestations/attestation-storage/
 */
import { z } from 'zod'
import type { VersionManifest } from '../../domain/image-retention.ts'
import type { Manifest } from '../../ports.ts'
import { readJson } from '../http/answer.ts'

export interface ImageFacts {
  readonly manifest: VersionManifest
  /** Bytes of the blobs that it names itself, those of its children not counted; null: it does not say. */
  readonly size: number | null
  /** Digest of the image's configuration, which may tell when it was made; null: it has none of a kind that is known. */
  readonly config: string | null
  /** What its annotation says. */
  readonly created: Date | null
  /** Children that may tell when it was made: all but attestations. */
  readonly dated: readonly string[]
}

/** Of a copy that was made to take a tag away: the digest of what it is a copy of. */
export const COPY_OF = 'signalbox.untag.of'
const CREATED = 'org.opencontainers.image.created'
const IMAGE_CONFIGS: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])
/** A build cache is an index of blobs: they are no versions. Whatever is not known to be a blob may be a manifest. */
const BLOB =
  /^application\/vnd\.(?:oci\.image\.(?:layer|config)\.|docker\.(?:image\.rootfs|container\.image)\.|buildkit\.cacheconfig\.)/

/** Docker was first shown in March 2013. Builders that make the same bytes each time write an earlier time, such as 1970. */
const FIRST_BELIEVABLE = Date.parse('2013-03-01T00:00:00Z')

const annotations = z.record(z.string(), z.unknown()).nullish().catch(null)
const size = z.number().int().nonnegative().nullable().catch(null)
const blob = z.object({ mediaType: z.string().catch(''), digest: z.string().catch(''), size })
const DOCUMENT = z.object({
  config: blob.nullish().catch(null),
  layers: z.array(blob).nullish().catch(null),
  manifests: z
    .array(
      blob.extend({
        annotations,
        platform: z
          .object({ os: z.string().catch(''), architecture: z.string().catch('') })
          .nullish()
          .catch(null),
      }),
    )
    .nullish()
    .catch(null),
  annotations,
})
const CONFIG = z.object({ created: z.string() })

export function readImageFacts(manifest: Manifest): ImageFacts {
  // Its relations were read from the same bytes: where the rest is nonsense, they stand.
  const document = DOCUMENT.safeParse(readJson(manifest.bytes)).data ?? {}
  const children = document.manifests ?? []
  const blobs = children.filter((child) => BLOB.test(child.mediaType))
  const noManifests = new Set(blobs.map((child) => child.digest))
  const attestations = new Set(children.filter(isAttestation).map((child) => child.digest))
  const inside = manifest.children.map((child) => child.digest).filter((digest) => !noManifests.has(digest))
  const { config } = document
  const copyOf = document.annotations?.[COPY_OF]
  return {
    manifest: {
      mediaType: manifest.mediaType,
      children: [...new Set(inside)],
      subject: manifest.subject,
      ...(typeof copyOf === 'string' && { copyOf }),
    },
    size: sum([...(config ? [config] : []), ...(document.layers ?? []), ...blobs].map((one) => one.size)),
    config: config && IMAGE_CONFIGS.has(config.mediaType) ? config.digest : null,
    created: readTime(document.annotations?.[CREATED]),
    dated: inside.filter((digest) => !attestations.has(digest)),
  }
}

export function manifestOf(looked: ImageFacts | 'unreadable' | null): VersionManifest | 'unreadable' | null {
  return looked === null || looked === 'unreadable' ? looked : looked.manifest
}

/** When the image was made, as its configuration says; null: it does not say, or nothing that can be true. */
export function readConfigTime(bytes: Uint8Array): Date | null {
  return readTime(CONFIG.safeParse(readJson(bytes)).data?.created)
}

function isAttestation(child: {
  readonly annotations?: Readonly<Record<string, unknown>> | null | undefined
  readonly platform?: { readonly os: string; readonly architecture: string } | null | undefined
}): boolean {
  return (
    child.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest' ||
    (child.platform?.os === 'unknown' && child.platform.architecture === 'unknown')
  )
}

function readTime(value: unknown): Date | null {
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN
  return time >= FIRST_BELIEVABLE ? new Date(time) : null
}

function sum(sizes: readonly (number | null)[]): number | null {
  return sizes.reduce<number | null>((all, one) => (all === null || one === null ? null : all + one), 0)
}
