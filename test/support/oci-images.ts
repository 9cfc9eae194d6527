/**
 * Images as builders push them, made by hand: many platforms, attestations, signatures, build caches, each with a time at
 * which it was made; and a look at whether what is left of them can be pulled.
 */
import { randomBytes } from 'node:crypto'
import {
  AMD64,
  type Descriptor,
  digestOf,
  type Platform,
  type Pushed,
  pushBlob,
  pushManifest,
  type Target,
} from './image.ts'

const OCI = 'application/vnd.oci.image'
const ARM64: Platform = { os: 'linux', architecture: 'arm64' }
const UNKNOWN: Platform = { os: 'unknown', architecture: 'unknown' }

export interface BuildOptions {
  readonly tag?: string
  /** ISO 8601, in the configuration; default: none. */
  readonly created?: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** A descriptor in an index. */
export interface Entry extends Descriptor {
  readonly platform?: Platform
  readonly annotations?: Readonly<Record<string, string>>
}

/** One platform, with two layers of its own. */
export async function pushPlatform(
  target: Target,
  options: BuildOptions & { readonly platform?: Platform } = {},
): Promise<Pushed> {
  const { platform = AMD64, created, annotations, tag } = options
  const layers = [randomBytes(40), randomBytes(60)]
  const config = {
    ...platform,
    ...(created !== undefined && { created }),
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: await pushBlob(target, Buffer.from(JSON.stringify(config)), `${OCI}.config.v1+json`),
    layers: await Promise.all(layers.map((layer) => pushBlob(target, layer, `${OCI}.layer.v1.tar`))),
    ...(annotations !== undefined && { annotations }),
  }
  return pushManifest(target, manifest, manifest.mediaType, tag, platform)
}

/** As BuildKit has them: in the same index, of no platform, and about another entry of it. */
async function pushProvenance(target: Target, image: Descriptor): Promise<Entry> {
  const statement = Buffer.from(JSON.stringify({ of: image.digest, salt: randomBytes(8).toString('hex') }))
  const config = { ...UNKNOWN, config: {}, rootfs: { type: 'layers', diff_ids: [digestOf(statement)] } }
  const manifest = {
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: await pushBlob(target, Buffer.from(JSON.stringify(config)), `${OCI}.config.v1+json`),
    layers: [await pushBlob(target, statement, 'application/vnd.in-toto+json')],
  }
  const { mediaType, digest, size } = await pushManifest(target, manifest, manifest.mediaType, undefined, UNKNOWN)
  return {
    mediaType,
    digest,
    size,
    platform: UNKNOWN,
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': image.digest },
  }
}

export async function pushEntries(
  target: Target,
  entries: readonly (Entry | Pushed)[],
  options: Omit<BuildOptions, 'created'> = {},
): Promise<Pushed> {
  const { annotations, tag } = options
  const index = {
    schemaVersion: 2,
    mediaType: `${OCI}.index.v1+json`,
    manifests: entries.map((entry) => ({
      mediaType: entry.mediaType,
      digest: entry.digest,
      size: entry.size,
      ...(entry.platform && { platform: entry.platform }),
      ...('annotations' in entry && { annotations: entry.annotations }),
    })),
    ...(annotations !== undefined && { annotations }),
  }
  return pushManifest(target, index, index.mediaType, tag, null)
}

export interface MultiArch {
  readonly index: Pushed
  readonly platforms: readonly Pushed[]
  readonly attestations: readonly Entry[]
}

/** As `docker buildx build --platform linux/amd64,linux/arm64 --provenance=true` pushes it. */
export async function pushMultiArch(target: Target, options: BuildOptions = {}): Promise<MultiArch> {
  const { created, ...rest } = options
  const platforms = await Promise.all(
    [AMD64, ARM64].map((platform) => pushPlatform(target, { platform, ...(created !== undefined && { created }) })),
  )
  const attestations = await Promise.all(platforms.map((image) => pushProvenance(target, image)))
  return { index: await pushEntries(target, [...platforms, ...attestations], rest), platforms, attestations }
}

/** As `cosign attest` does where there is no referrers API: a manifest with a `subject`, listed by an index with a tag of its own. */
export async function pushReferrer(target: Target, subject: Descriptor): Promise<{ referrer: Pushed; list: Pushed }> {
  const { mediaType, digest, size } = subject
  const manifest = {
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    artifactType: 'application/vnd.in-toto+json',
    config: await pushBlob(target, Buffer.from('{}'), 'application/vnd.oci.empty.v1+json'),
    layers: [await pushBlob(target, Buffer.from(JSON.stringify({ of: digest })), 'application/vnd.in-toto+json')],
    subject: { mediaType, digest, size },
  }
  const referrer = await pushManifest(target, manifest, manifest.mediaType, undefined, null)
  return { referrer, list: await pushEntries(target, [referrer], { tag: digest.replace(':', '-') }) }
}

/** As `cosign sign` does: no subject, only the tag `sha256-<hex>.sig`. */
export async function pushSignature(target: Target, subject: Descriptor): Promise<Pushed> {
  const manifest = {
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: await pushBlob(target, Buffer.from('{"architecture":""}'), `${OCI}.config.v1+json`),
    layers: [
      await pushBlob(
        target,
        Buffer.from(JSON.stringify({ sign: subject.digest })),
        'application/vnd.dev.cosign.simplesigning.v1+json',
      ),
    ],
  }
  const tag = `${subject.digest.replace(':', '-')}.sig`
  return pushManifest(target, manifest, manifest.mediaType, tag, null)
}

/** As `--cache-to type=registry` pushes it: an index of blobs. */
export async function pushBuildCache(
  target: Target,
  tag: string,
  options: Pick<BuildOptions, 'annotations'> = {},
): Promise<Pushed> {
  const entries = [
    await pushBlob(target, randomBytes(50), `${OCI}.layer.v1.tar+gzip`),
    await pushBlob(
      target,
      Buffer.from(JSON.stringify({ salt: randomBytes(8).toString('hex') })),
      'application/vnd.buildkit.cacheconfig.v0',
    ),
  ]
  return pushEntries(target, entries, { ...options, tag })
}

/** Gives a digest another tag. */
export async function tagAs(target: Target, image: Pushed, tag: string): Promise<void> {
  const response = await fetch(`http://${target.host}/v2/${target.path}/manifests/${tag}`, {
    method: 'PUT',
    headers: { ...target.headers, 'content-type': image.mediaType },
    body: Buffer.from(image.bytes),
  })
  if (response.status !== 201) throw new Error(`tag ${tag}: ${response.status} ${await response.text()}`)
}

/** In the order of the alphabet. */
export async function tagsOf(target: Target): Promise<string[]> {
  const response = await get(target, 'tags/list')
  if (response.status === 404) return []
  const { tags } = (await response.json()) as { tags: string[] | null }
  return (tags ?? []).sort()
}

/** Null: there is no such tag or digest. */
export async function digestNamed(target: Target, reference: string): Promise<string | null> {
  const response = await get(target, `manifests/${reference}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  return response.status === 200 ? digestOf(bytes) : null
}

/**
 * Fetches what the tag or digest names, and whatever that needs: each manifest and each blob, to the last byte.
 * @param pulled digests of what was fetched a moment ago.
 * @returns the digests of all of it.
 * @throws when something is missing, or is not what its digest says.
 */
export async function pullWhole(
  target: Target,
  reference: string,
  pulled: Set<string> = new Set(),
): Promise<ReadonlySet<string>> {
  if (!pulled.has(reference)) await pullInto(target, reference, pulled)
  return pulled
}

const ACCEPT = [
  `${OCI}.index.v1+json`,
  `${OCI}.manifest.v1+json`,
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

async function pullInto(target: Target, reference: string, pulled: Set<string>): Promise<void> {
  const bytes = await fetchWhole(target, `manifests/${reference}`, reference)
  pulled.add(digestOf(bytes))
  const document = JSON.parse(bytes.toString()) as {
    config?: Descriptor
    layers?: Descriptor[]
    manifests?: Descriptor[]
  }
  const inside = document.manifests ?? []
  for (const child of inside.filter(isManifest))
    if (!pulled.has(child.digest)) await pullInto(target, child.digest, pulled)
  const blobs = [...(document.config ? [document.config] : []), ...(document.layers ?? [])]
  for (const { digest } of [...blobs, ...inside.filter((child) => !isManifest(child))]) {
    if (pulled.has(digest)) continue
    await fetchWhole(target, `blobs/${digest}`, digest)
    pulled.add(digest)
  }
}

function isManifest({ mediaType }: Descriptor): boolean {
  return /\.(?:manifest|index|manifest\.list)\.v\d\+json$/.test(mediaType)
}

async function fetchWhole(target: Target, path: string, reference: string): Promise<Buffer> {
  const response = await get(target, path)
  const bytes = Buffer.from(await response.arrayBuffer())
  if (response.status !== 200) throw new Error(`${target.path} lacks ${path}: ${response.status} ${bytes}`)
  if (reference.startsWith('sha256:') && digestOf(bytes) !== reference)
    throw new Error(`${target.path} has ${digestOf(bytes)} for ${reference}`)
  return bytes
}

function get(target: Target, path: string): Promise<Response> {
  return fetch(`http://${target.host}/v2/${target.path}/${path}`, { headers: { ...target.headers, accept: ACCEPT } })
}
