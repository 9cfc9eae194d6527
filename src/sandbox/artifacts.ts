/** Archives that workflow runs leave behind: kept for a while, and fetched from an address that is good for a minute. */
import { randomBytes } from 'node:crypto'
import { notFound, Problem } from './http/problem.ts'
import type { Artifact, Repository, WorkflowRun } from './model.ts'
import { nodeId } from './node-id.ts'
import type { RunScript } from './options.ts'
import { webUrl } from './render/urls.ts'
import { changed, nextId, type World } from './world.ts'

const KEPT_MS = 90 * 24 * 3_600_000
const DOWNLOAD_MS = 60_000
const DOWNLOADS = '/_artifacts/'

export function uploadArtifacts(
  world: World,
  repository: Repository,
  run: WorkflowRun,
  uploads: NonNullable<RunScript['artifacts']>,
): void {
  for (const { name, zip } of uploads) {
    const id = nextId(world, 'artifact')
    const createdAt = world.now()
    const expiresAt = new Date(createdAt.getTime() + KEPT_MS)
    repository.artifacts.set(id, { id, nodeId: nodeId('artifact', id), name, zip, run, createdAt, expiresAt })
  }
}

export function findArtifact(repository: Repository, id: number): Artifact {
  const found = repository.artifacts.get(id)
  if (found === undefined) throw notFound()
  return found
}

export function isExpired(world: World, artifact: Artifact): boolean {
  return artifact.expiresAt <= world.now()
}

export function expireArtifact(world: World, artifact: Artifact): void {
  artifact.expiresAt = world.now()
  changed(world)
}

/** Where the archive can be fetched without a token. */
export function downloadUrl(world: World, artifact: Artifact): string {
  if (isExpired(world, artifact)) throw new Problem(410, 'Artifact has expired')
  const secret = randomBytes(16).toString('hex')
  world.downloads.set(secret, { artifact, until: new Date(world.now().getTime() + DOWNLOAD_MS) })
  return webUrl(world, DOWNLOADS + secret)
}

export function isDownload(path: string): boolean {
  return path.startsWith(DOWNLOADS)
}

/** The archive at this address; null: there is none, or no longer. */
export function readDownload(world: World, path: string): Uint8Array | null {
  const known = world.downloads.get(path.slice(DOWNLOADS.length))
  return known === undefined || known.until <= world.now() ? null : known.artifact.zip
}
