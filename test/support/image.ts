/** Small images, pushed into a registry over its own API: blobs first, then what names them. */
import { createHash, randomBytes } from 'node:crypto'
import { Header } from 'tar'

export interface Target {
  /** `127.0.0.1:<port>`. */
  readonly host: string
  /** Repository: `acme/app`. */
  readonly path: string
  /** Such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

export interface Pushed extends Descriptor {
  readonly bytes: Uint8Array
  readonly platform: Platform | null
}

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

export interface ImageOptions {
  /** Default: pushed by digest, without a tag. */
  readonly tag?: string
  /** What the only file, `/content`, holds; default random, so that no two images are the same. */
  readonly content?: string
  readonly platform?: Platform
  /** What this one is about, as attestations and signatures have it. */
  readonly subject?: Descriptor
  /** Media types of Docker instead of the OCI's. */
  readonly docker?: boolean
}

export const AMD64: Platform = { os: 'linux', architecture: 'amd64' }

export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export async function pushImage(target: Target, options: ImageOptions = {}): Promise<Pushed> {
  const { docker = false, platform = AMD64 } = options
  const layer = tarOf('content', options.content ?? randomBytes(16).toString('hex'))
  const config = JSON.stringify({
    ...platform,
    config: {},
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    history: [{ created_by: 'test' }],
  })
  const types = docker
    ? ['docker.distribution.manifest.v2', 'docker.container.image.v1', 'docker.image.rootfs.diff.tar']
    : ['oci.image.manifest.v1', 'oci.image.config.v1', 'oci.image.layer.v1.tar']
  const [manifestType, configType, layerType] = types.map((type) => `application/vnd.${type}`)
  const manifest = {
    schemaVersion: 2,
    mediaType: `${manifestType}+json`,
    config: await pushBlob(target, Buffer.from(config), `${configType}+json`),
    layers: [await pushBlob(target, layer, String(layerType))],
    ...(options.subject !== undefined && { subject: plain(options.subject) }),
  }
  return pushManifest(target, manifest, manifest.mediaType, options.tag, platform)
}

/** An attestation or a signature: no platform, a `subject`. */
export async function pushAttestation(target: Target, subject: Descriptor, tag?: string): Promise<Pushed> {
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/vnd.in-toto+json',
    config: await pushBlob(target, Buffer.from('{}'), 'application/vnd.oci.empty.v1+json'),
    layers: [
      await pushBlob(target, Buffer.from(JSON.stringify({ of: subject.digest })), 'application/vnd.in-toto+json'),
    ],
    subject: plain(subject),
  }
  return pushManifest(target, manifest, manifest.mediaType, tag, null)
}

export async function pushIndex(
  target: Target,
  children: readonly Pushed[],
  options: { readonly tag?: string; readonly docker?: boolean; readonly subject?: Descriptor } = {},
): Promise<Pushed> {
  const type = options.docker ? 'docker.distribution.manifest.list.v2' : 'oci.image.index.v1'
  const index = {
    schemaVersion: 2,
    mediaType: `application/vnd.${type}+json`,
    manifests: children.map((child) => ({
      ...plain(child),
      ...(child.platform !== null && { platform: child.platform }),
    })),
    ...(options.subject !== undefined && { subject: plain(options.subject) }),
  }
  return pushManifest(target, index, index.mediaType, options.tag, null)
}

export async function pushManifest(
  target: Target,
  manifest: unknown,
  mediaType: string,
  tag: string | undefined,
  platform: Platform | null,
): Promise<Pushed> {
  // Indented by three, which no parser would write again: what is copied must be these bytes.
  const bytes = Buffer.from(JSON.stringify(manifest, null, 3))
  const digest = digestOf(bytes)
  const response = await fetch(`http://${target.host}/v2/${target.path}/manifests/${tag ?? digest}`, {
    method: 'PUT',
    headers: { ...target.headers, 'content-type': mediaType },
    body: bytes,
  })
  if (response.status !== 201) throw new Error(`manifest: ${response.status} ${await response.text()}`)
  return { mediaType, digest, size: bytes.byteLength, bytes, platform }
}

export async function pushBlob(target: Target, bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
  const { headers } = target
  const digest = digestOf(bytes)
  const started = await fetch(`http://${target.host}/v2/${target.path}/blobs/uploads/`, {
    method: 'POST',
    ...(headers !== undefined && { headers }),
  })
  const location = started.headers.get('location')
  if (started.status !== 202 || location === null) throw new Error(`blob: ${started.status} ${await started.text()}`)
  const url = new URL(location, started.url)
  url.searchParams.set('digest', digest)
  const response = await fetch(url, {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'application/octet-stream' },
    body: Buffer.from(bytes),
  })
  if (response.status !== 201) throw new Error(`blob: ${response.status} ${await response.text()}`)
  return { mediaType, digest, size: bytes.byteLength }
}

function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}

/** A tar archive of one file. */
function tarOf(path: string, content: string): Uint8Array {
  const data = Buffer.from(content)
  const header = new Header({ path, type: 'File', mode: 0o644, size: data.byteLength, mtime: new Date(0) })
  const bytes = Buffer.alloc(512 + Math.ceil(data.byteLength / 512) * 512 + 1024)
  header.encode(bytes, 0)
  data.copy(bytes, 512)
  return bytes
}
