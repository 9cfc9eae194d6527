/** Repositories: finding, making, forking. */
import { makeObjectStore } from './git/object-store.ts'
import { notFound } from './http/problem.ts'
import { addToInstallation } from './installations.ts'
import type { CollaboratorLevel, Repository } from './model.ts'
import { nodeId } from './node-id.ts'
import { type CommitContent, commitFiles } from './pushes.ts'
import { account, nextId, type World } from './world.ts'

export interface NewRepository {
  readonly owner: string
  readonly name: string
  readonly ownerType?: 'Organization' | 'User'
  /** The first commit. None: an empty repository. */
  readonly files?: CommitContent['files']
  readonly defaultBranch?: string
  readonly private?: boolean
  /** Default true. */
  readonly installed?: boolean
  /** Login → level. The owner, if a user, is an admin anyway. */
  readonly collaborators?: Readonly<Record<string, CollaboratorLevel>>
}

export function findRepository(world: World, name: string): Repository {
  const wanted = name.toLowerCase()
  for (const repository of world.repositories.values()) {
    const known = `${repository.owner.login}/${repository.name}`.toLowerCase()
    if (known === wanted && !repository.deleted) return repository
  }
  throw notFound()
}

function addRepository(
  world: World,
  options: Pick<NewRepository, 'owner' | 'name' | 'ownerType' | 'private'> & { defaultBranch: string },
  parent: Repository | null,
): Repository {
  const id = nextId(world, 'repository')
  const now = world.now()
  const repository: Repository = {
    id,
    nodeId: nodeId('repository', id),
    owner: account(world, options.owner, options.ownerType ?? 'User'),
    name: options.name,
    private: options.private ?? false,
    defaultBranch: options.defaultBranch,
    parent,
    objects: parent?.objects ?? makeObjectStore(),
    refs: new Map(),
    conversations: new Map(),
    lastNumber: 0,
    gone: new Map(),
    milestones: new Map(),
    contributors: new Set(),
    labels: new Map(),
    comments: new Map(),
    checkRuns: new Map(),
    checkSuites: new Map(),
    workflows: new Map(),
    workflowRuns: new Map(),
    collaborators: new Map(),
    mergeGroups: [],
    artifacts: new Map(),
    deployments: new Map(),
    caches: new Map(),
    releases: new Map(),
    associations: new Map(),
    branchRules: new Map(),
    createdAt: now,
    pushedAt: now,
    deleted: false,
  }
  if (repository.owner.type === 'User') repository.collaborators.set(options.owner.toLowerCase(), 'admin')
  world.repositories.set(id, repository)
  return repository
}

/** Makes a repository, with the app installed on it; the app is told of the installation, not of the first commit. */
export function createRepository(world: World, options: NewRepository): Repository {
  const defaultBranch = options.defaultBranch ?? 'main'
  const ownerType = options.ownerType ?? 'Organization'
  const repository = addRepository(world, { ...options, ownerType, defaultBranch }, null)
  for (const [login, level] of Object.entries(options.collaborators ?? {})) {
    repository.collaborators.set(login.toLowerCase(), level)
  }
  if (options.files !== undefined) {
    commitFiles(world, repository, defaultBranch, { files: options.files, message: 'Initial commit' })
  }
  if (options.installed !== false) addToInstallation(world, repository)
  return repository
}

/** A copy of a repository's branches and tags under another owner. The app is not installed on it. */
export function forkRepository(world: World, parent: Repository, owner: string): Repository {
  const { name, defaultBranch } = parent
  const fork = addRepository(world, { owner, name, defaultBranch, private: parent.private }, parent)
  for (const [ref, sha] of parent.refs) if (!ref.startsWith('refs/pull/')) fork.refs.set(ref, sha)
  return fork
}
