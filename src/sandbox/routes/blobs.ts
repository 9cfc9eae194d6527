/** Contents of files by their hash, whatever they are called. */
import { notFound, Problem } from '../http/problem.ts'
import { type Call, param, type Reply, type Route, repositoryRoute } from '../http/router.ts'
import type { Repository } from '../model.ts'
import { nodeId } from '../node-id.ts'
import { repoApi } from '../render/urls.ts'

const MAX_BYTES = 100 * 1024 * 1024

function readBlob(call: Call, repository: Repository): Reply {
  const sha = param(call, 'file_sha')
  const bytes = repository.objects.blobs.get(sha)
  if (bytes === undefined) throw notFound()
  if (bytes.byteLength > MAX_BYTES) throw new Problem(403, 'This API returns blobs up to 100 MB in size.')
  if (/application\/vnd\.github(\.v3)?\.raw/.test(call.headers.accept ?? '')) return { status: 200, body: bytes }
  const body = {
    sha,
    node_id: nodeId('blob', sha),
    size: bytes.byteLength,
    url: repoApi(call.world, repository, `/git/blobs/${sha}`),
    content: Buffer.from(bytes).toString('base64'),
    encoding: 'base64',
  }
  return { status: 200, body }
}

export const blobRoutes: readonly Route[] = [
  repositoryRoute('GET', '/git/blobs/{file_sha}', { contents: 'read' }, readBlob),
]
