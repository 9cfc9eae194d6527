/**
 * Manifests and indexes, of the OCI and of Docker, as far as their relations go.
 *
 * Source: https://github.com/opencontainers/image-spec, https://distribution.github.io/distribution/spec/manifest-v2-2/
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Manifest } from '../../ports.ts'
import { readJson } from '../http/answer.ts'

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json'

/** What we understand, for the header `Accept`. */
export const ACCEPTED = [OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST].join(', ')
const TYPES: ReadonlySet<string> = new Set([OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX])

/** Of any algorithm, as the OCI's grammar has it. */
const digest = z.string().regex(/^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]{1,128}$/)
const platform = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
})
const DOCUMENT = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: z.array(z.object({ digest, platform: platform.nullish() })).optional(),
  subject: z.object({ digest }).nullish(),
})

export function digestOfBytes(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** @param contentType of the answer. Null: this is no manifest of a kind that is understood. */
export function readManifest(bytes: Uint8Array, contentType: string): Manifest | null {
  const document = DOCUMENT.safeParse(readJson(bytes)).data
  if (document === undefined) return null
  const { manifests, subject } = document
  const told = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  const guessed = manifests === undefined ? OCI_MANIFEST : OCI_INDEX
  return {
    digest: digestOfBytes(bytes),
    mediaType: document.mediaType ?? (TYPES.has(told) ? told : guessed),
    bytes,
    children: (manifests ?? []).map((child) => ({ digest: child.digest, platform: platformOf(child.platform) })),
    subject: subject?.digest ?? null,
  }
}

function platformOf(platform: { os: string; architecture: string; variant?: string | undefined } | null | undefined) {
  if (platform === null || platform === undefined) return null
  return [platform.os, platform.architecture, platform.variant ?? ''].filter((part) => part !== '').join('/')
}
