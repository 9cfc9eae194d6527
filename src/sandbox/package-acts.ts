/** What people and workflows do with packages, tokens, caches, releases and runs of long ago. */
import { randomBytes } from 'node:crypto'
import { addCache, type NewCache } from './caches.ts'
import { notFound } from './http/problem.ts'
import type { Installation, Permissions, Repository, Workflow } from './model.ts'
import { nodeId } from './node-id.ts'
import { type OldRun, seedRuns } from './old-runs.ts'
import type { ContainerPackage, PackageRole } from './package-model.ts'
import { deletePackage, deleteVersion, findVersion, packageNotFound, putManifest, requirePackage } from './packages.ts'
import { type NewImage, pushImage } from './push-image.ts'
import { createRelease, type NewRelease } from './releases.ts'
import { findRepository } from './repositories.ts'
import { findWorkflow } from './workflow-files.ts'
import { account, changed, type World } from './world.ts'

export interface NewToken {
  readonly login: string
  readonly scopes: readonly string[]
  /** Organisations that the person owns, and is therefore admin of all packages of. */
  readonly organizations?: readonly string[]
}

const DAY_MS = 24 * 3_600_000
const WORKFLOW_PERMISSIONS: Permissions = { contents: 'read', metadata: 'read', packages: 'write' }

function createToken(world: World, { login, scopes, organizations = [] }: NewToken): string {
  const token = `ghp_${randomBytes(27).toString('base64url')}`
  world.packageHost.personalTokens.set(token, {
    person: account(world, login),
    scopes: new Set(scopes),
    organizations: new Set(organizations.map((one) => one.toLowerCase())),
  })
  return token
}

/** GITHUB_TOKEN is a token of an installation of GitHub's own app, on this repository alone. */
function workflowToken(world: World, repository: Repository, permissions: Permissions): string {
  const installation: Installation = {
    id: repository.id,
    nodeId: nodeId('installation', repository.id),
    account: repository.owner,
    repositoryIds: new Set([repository.id]),
    permissions,
    createdAt: world.now(),
    updatedAt: world.now(),
    suspendedAt: null,
  }
  const token = `ghs_${randomBytes(27).toString('base64url')}`
  const expiresAt = new Date(world.now().getTime() + DAY_MS)
  world.tokens.set(token, { installation, repositoryIds: null, permissions, expiresAt, workflow: repository })
  return token
}

function makeContainerActs(world: World) {
  const version = (path: string, reference: string) => {
    const one = requirePackage(world, path)
    const found = findVersion(one, reference)
    if (found === undefined) throw packageNotFound()
    return { one, found }
  }
  return {
    /** Makes a personal access token (classic). It is good for packages alone. */
    createToken: (token: NewToken) => createToken(world, token),
    /** What a workflow of the repository has as GITHUB_TOKEN; good for a day. */
    workflowToken: (repo: string, permissions: Permissions = WORKFLOW_PERMISSIONS) =>
      workflowToken(world, findRepository(world, repo), permissions),
    /** Puts an image into the package `owner/name`, which is made private when it is new. Returns its digest. */
    pushImage: (path: string, image?: NewImage) => pushImage(world, path, image),
    /** Gives the version a tag, which whatever had it loses. @param reference a tag or a digest. */
    tagImage(path: string, reference: string, tag: string) {
      const { one, found } = version(path, reference)
      putManifest(world, one, { ...found, tags: [tag] })
    },
    /** @param reference a tag or a digest. */
    setDownloads(path: string, reference: string, downloads: number) {
      version(path, reference).found.downloads = downloads
    },
    setPackageVisibility(path: string, visibility: ContainerPackage['visibility']) {
      requirePackage(world, path).visibility = visibility
    },
    /** Links a package to a repository, or to none. */
    linkPackage(path: string, repo: string | null) {
      requirePackage(world, path).repository = repo === null ? null : findRepository(world, repo)
    },
    /** @param who a login, or `owner/name` of a repository, for its workflows. */
    setPackageRole(path: string, who: string, role: PackageRole) {
      requirePackage(world, path).roles.set(who.toLowerCase(), role)
    },
    /** As on the package's page; refused for what the API refuses. @param reference a tag or a digest. */
    deletePackageVersion(path: string, reference: string) {
      const { one, found } = version(path, reference)
      deleteVersion(world, one, found)
    },
    deletePackage: (path: string) => deletePackage(world, requirePackage(world, path)),
  }
}

export function makePackageActs(world: World) {
  return {
    ...makeContainerActs(world),
    /** Returns the id. */
    addCache: (repo: string, cache: NewCache) => addCache(world, findRepository(world, repo), cache).id,
    /** Returns the id. */
    createRelease: (repo: string, release: NewRelease) => createRelease(world, findRepository(world, repo), release).id,
    /** Makes runs of long ago, thousands at once, of which nobody is told. Returns their ids, in order. */
    seedRuns: (repo: string, runs: readonly OldRun[]) => seedRuns(world, findRepository(world, repo), runs),
    setWorkflowState(repo: string, file: string, state: Exclude<Workflow['state'], 'deleted'>) {
      const workflow = findWorkflow(findRepository(world, repo), file)
      if (workflow === undefined) throw notFound()
      workflow.state = state
      workflow.updatedAt = world.now()
      changed(world)
    },
  }
}
