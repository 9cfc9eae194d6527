/** Layers and configurations, on their way in and when they are there. */
import { randomUUID } from 'node:crypto'
import type { BlobUpload } from '../package-model.ts'
import { digestOfBytes, findPackage } from '../packages.ts'
import type { World } from '../world.ts'
import { type RegistryCall, RegistryProblem, type RegistryReply } from './exchange.ts'
import { requireRepository } from './manifests.ts'

/** Of GET and HEAD. */
export function readBlob(call: RegistryCall): RegistryReply {
  const bytes = requireRepository(call).blobs.get(call.reference)
  if (bytes === undefined) throw new RegistryProblem(404, 'BLOB_UNKNOWN', 'blob unknown to registry')
  const headers = { 'content-type': 'application/octet-stream', 'docker-content-digest': call.reference }
  return { status: 200, headers, body: bytes }
}

/** Blobs come before the manifest that makes the package. */
function blobsOf(world: World, path: string): Map<string, Uint8Array> {
  const { pendingBlobs } = world.packageHost
  const known = findPackage(world, path)?.blobs ?? pendingBlobs.get(path) ?? new Map()
  if (findPackage(world, path) === undefined) pendingBlobs.set(path, known)
  return known
}

function storeBlob({ world, url, path }: RegistryCall, bytes: Uint8Array): RegistryReply {
  const digest = digestOfBytes(bytes)
  if (url.searchParams.get('digest') !== digest)
    throw new RegistryProblem(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content')
  blobsOf(world, path).set(digest, bytes)
  return { status: 201, headers: { location: `/v2/${path}/blobs/${digest}`, 'docker-content-digest': digest } }
}

function accepted(path: string, id: string, upload: BlobUpload): RegistryReply {
  const size = upload.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  const headers = { location: `/v2/${path}/blobs/uploads/${id}`, 'docker-upload-uuid': id }
  return { status: 202, headers: { ...headers, range: `0-${Math.max(0, size - 1)}` } }
}

/** With a digest the blob is in the request already. */
export function beginUpload(call: RegistryCall): RegistryReply {
  if (call.url.searchParams.has('digest')) return storeBlob(call, call.bytes)
  const id = randomUUID()
  const upload: BlobUpload = { path: call.path, chunks: [] }
  call.world.packageHost.uploads.set(id, upload)
  return accepted(call.path, id, upload)
}

function requireUpload({ world, path, reference }: RegistryCall): BlobUpload {
  const found = world.packageHost.uploads.get(reference)
  if (found?.path !== path) throw new RegistryProblem(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry')
  return found
}

export function continueUpload(call: RegistryCall): RegistryReply {
  const upload = requireUpload(call)
  upload.chunks.push(call.bytes)
  return accepted(call.path, call.reference, upload)
}

export function endUpload(call: RegistryCall): RegistryReply {
  const { chunks } = requireUpload(call)
  const reply = storeBlob(call, Buffer.concat([...chunks, call.bytes]))
  call.world.packageHost.uploads.delete(call.reference)
  return reply
}
