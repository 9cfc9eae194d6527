/** What workflow runs uploaded. The archives lie at a storage service, which is told nothing of us. */
import { GitHubError, TransientError } from '../../domain/errors.ts'
import type { GitHub } from '../../ports.ts'
import { orNull, toFault } from './errors.ts'
import { inRepo, type Octokit, PAGE } from './octokit.ts'

/** An archive that takes longer than this to come is asked for again. */
const DOWNLOAD_TIMEOUT_MS = 60_000
const GONE = [404, 410]

export function connectArtifacts(octokit: Octokit): Pick<GitHub, 'listArtifacts' | 'downloadArtifact'> {
  const { rest } = octokit
  return {
    async listArtifacts(repo, workflowRunId, name) {
      const query = { ...inRepo(repo), run_id: workflowRunId, name, per_page: PAGE }
      const reply = await orNull(rest.actions.listWorkflowRunArtifacts(query), 'listing artifacts')
      const artifacts = reply?.data.artifacts ?? []
      return artifacts
        .map((one) => ({ id: one.id, name: one.name, size: one.size_in_bytes, expired: one.expired }))
        .sort((left, right) => right.id - left.id)
    },
    async downloadArtifact(repo, artifactId, maxBytes) {
      const what = `downloading artifact ${artifactId}`
      const request = rest.actions.downloadArtifact({
        ...inRepo(repo),
        artifact_id: artifactId,
        archive_format: 'zip',
        // Followed by hand: the next request must not carry our token.
        request: { redirect: 'manual' },
      })
      const reply = await orNull(request, what, GONE)
      if (reply === null) return null
      const { location } = reply.headers
      if (location === undefined) throw new TransientError(`GitHub did not say where the archive is while ${what}`)
      return download(location, maxBytes, what)
    },
  }
}

/** @param address is as good as a password: it is in no message. */
async function download(address: string, maxBytes: number, what: string): Promise<Uint8Array | null> {
  try {
    const reply = await fetch(address, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) })
    if (reply.ok) return await readAtMost(reply, maxBytes)
    await reply.body?.cancel()
    if (GONE.includes(reply.status)) return null
    // 403: the address is good for a minute only.
    if (reply.status >= 500 || [403, 408, 429].includes(reply.status))
      throw new TransientError(`The storage of GitHub failed while ${what} (${reply.status})`)
    throw new GitHubError(`The storage of GitHub refused while ${what} (${reply.status})`, { status: reply.status })
  } catch (error) {
    throw toFault(error, what)
  }
}

/** The bytes; null: there are more, whatever the headers say. */
async function readAtMost(reply: Response, maxBytes: number): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of reply.body ?? []) {
    size += part.byteLength
    // Leaving the loop ends the download.
    if (size > maxBytes) return null
    parts.push(part)
  }
  return Buffer.concat(parts, size)
}
