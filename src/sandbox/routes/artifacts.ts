/** Archives that workflow runs left behind. */
import { createHash } from 'node:crypto'
import { downloadUrl, findArtifact, isExpired } from '../artifacts.ts'
import { paginate } from '../http/paging.ts'
import { notFound } from '../http/problem.ts'
import { type Call, idParam, param, type Reply, type Route, repositoryRoute } from '../http/router.ts'
import { isoTime, type JsonObject } from '../json.ts'
import type { Artifact, Repository } from '../model.ts'
import { repoApi } from '../render/urls.ts'
import type { World } from '../world.ts'

function renderArtifact(world: World, repository: Repository, artifact: Artifact): JsonObject {
  const url = repoApi(world, repository, `/actions/artifacts/${artifact.id}`)
  const { run } = artifact
  return {
    id: artifact.id,
    node_id: artifact.nodeId,
    name: artifact.name,
    size_in_bytes: artifact.zip.byteLength,
    url,
    archive_download_url: `${url}/zip`,
    expired: isExpired(world, artifact),
    digest: `sha256:${createHash('sha256').update(artifact.zip).digest('hex')}`,
    created_at: isoTime(artifact.createdAt),
    updated_at: isoTime(artifact.createdAt),
    expires_at: isoTime(artifact.expiresAt),
    workflow_run: {
      id: run.id,
      repository_id: repository.id,
      head_repository_id: run.headRepository.id,
      head_branch: run.headBranch,
      head_sha: run.headSha,
    },
  }
}

function list(call: Call, repository: Repository): Reply {
  const run = repository.workflowRuns.get(idParam(call, 'run_id'))
  if (run === undefined) throw notFound()
  const name = call.query.get('name')
  const found = [...repository.artifacts.values()].filter(
    (one) => one.run === run && (name === null || one.name === name),
  )
  if (call.query.get('direction') !== 'asc') found.reverse()
  const page = paginate(call, found)
  const artifacts = page.items.map((one) => renderArtifact(call.world, repository, one))
  return { status: 200, headers: page.headers, body: { total_count: found.length, artifacts } }
}

const READ = { actions: 'read' } as const

export const artifactRoutes: readonly Route[] = [
  repositoryRoute('GET', '/actions/runs/{run_id}/artifacts', READ, list),
  repositoryRoute('GET', '/actions/artifacts/{artifact_id}/{archive_format}', READ, (call, repository) => {
    if (param(call, 'archive_format') !== 'zip') throw notFound()
    const location = downloadUrl(call.world, findArtifact(repository, idParam(call, 'artifact_id')))
    return { status: 302, headers: { location } }
  }),
]
