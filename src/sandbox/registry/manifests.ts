/** Manifests and tags: each manifest is a version of the package, a tag belongs to one of them. */
import { isJsonObject, type JsonObject } from '../json.ts'
import { workflowOf } from '../package-access.ts'
import type { ContainerPackage, PackageVersion } from '../package-model.ts'
import { digestOfBytes, findPackage, findVersion, packageAt, putManifest } from '../packages.ts'
import { type RegistryCall, RegistryProblem, type RegistryReply } from './exchange.ts'
import { missingParts } from './manifest-parts.ts'

const MAX_BYTES = 4 * 1024 * 1024
const MAX_TAGS = 1000
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/
const TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
])

export function requireRepository({ world, path }: RegistryCall): ContainerPackage {
  const found = findPackage(world, path)
  if (found === undefined) throw new RegistryProblem(404, 'NAME_UNKNOWN', 'repository name not known to registry')
  return found
}

function requireManifest(call: RegistryCall): PackageVersion {
  const found = findVersion(requireRepository(call), call.reference)
  if (found === undefined) throw new RegistryProblem(404, 'MANIFEST_UNKNOWN', 'manifest unknown')
  return found
}

/** Of GET and HEAD. */
export function readManifest(call: RegistryCall): RegistryReply {
  const { mediaType, digest, bytes } = requireManifest(call)
  return { status: 200, headers: { 'content-type': mediaType, 'docker-content-digest': digest }, body: bytes }
}

function invalid(message: string): RegistryProblem {
  return new RegistryProblem(400, 'MANIFEST_INVALID', message)
}

function parseManifest({ bytes, headers }: RegistryCall): {
  readonly document: JsonObject
  readonly mediaType: string
} {
  if (bytes.byteLength > MAX_BYTES) throw new RegistryProblem(413, 'SIZE_INVALID', 'manifest is too large')
  let document: unknown
  try {
    document = JSON.parse(Buffer.from(bytes).toString())
  } catch {
    throw invalid('manifest is not JSON')
  }
  const mediaType = headers['content-type']?.split(';')[0]?.trim() ?? ''
  if (!TYPES.has(mediaType)) throw invalid(`unknown media type "${mediaType}"`)
  if (!isJsonObject(document) || document.schemaVersion !== 2) throw invalid('manifest has no schemaVersion 2')
  if (document.mediaType !== undefined && document.mediaType !== mediaType)
    throw invalid(`media type of the manifest is not "${mediaType}"`)
  return { document, mediaType }
}

/** Whoever makes a package by pushing to it is its admin. */
function makePackage(call: RegistryCall): ContainerPackage {
  const { caller } = call.who
  const made = packageAt(call.world, call.path, call.world.now())
  made.repository = workflowOf(caller)
  if (caller.kind === 'personal') made.roles.set(caller.token.person.login.toLowerCase(), 'admin')
  return made
}

export function storeManifest(call: RegistryCall): RegistryReply {
  const { world, path, reference, bytes } = call
  const { document, mediaType } = parseManifest(call)
  const digest = digestOfBytes(bytes)
  const isDigest = reference.includes(':')
  if (isDigest && reference !== digest)
    throw new RegistryProblem(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content')
  if (!isDigest && !TAG.test(reference)) throw new RegistryProblem(400, 'TAG_INVALID', 'manifest tag did not match URI')
  const known = findPackage(world, path)
  const blobs = known?.blobs ?? world.packageHost.pendingBlobs.get(path) ?? new Map()
  const missing = missingParts(blobs, known, document)
  if (missing.length > 0) {
    const message = `manifest references what is not in the repository: ${missing.join(', ')}`
    throw new RegistryProblem(400, 'MANIFEST_BLOB_UNKNOWN', message)
  }
  putManifest(world, known ?? makePackage(call), { bytes, mediaType, tags: isDigest ? [] : [reference] })
  const headers = { location: `/v2/${path}/manifests/${digest}`, 'docker-content-digest': digest }
  return { status: 201, headers }
}

export function listTags(call: RegistryCall): RegistryReply {
  const all = [...requireRepository(call).tags.keys()].sort()
  const last = call.url.searchParams.get('last')
  const asked = Number(call.url.searchParams.get('n') ?? MAX_TAGS)
  const size = Math.min(Number.isInteger(asked) && asked > 0 ? asked : MAX_TAGS, MAX_TAGS)
  const rest = last === null ? all : all.filter((tag) => tag > last)
  const tags = rest.slice(0, size)
  const next = `</v2/${call.path}/tags/list?last=${tags.at(-1) ?? ''}&n=${size}>; rel="next"`
  return { status: 200, headers: rest.length > size ? { link: next } : {}, body: { name: call.path, tags } }
}
