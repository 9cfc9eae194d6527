/** Where the app is installed, and the tokens it gets for that. */
import { randomBytes } from 'node:crypto'
import { notFound, Problem } from './http/problem.ts'
import { includesLevel, repositoriesOf } from './installation-access.ts'
import { isoTime, type Json, type JsonObject } from './json.ts'
import type { Installation, Permissions, Repository } from './model.ts'
import { nodeId } from './node-id.ts'
import { DEFAULT_PERMISSIONS } from './options.ts'
import { renderAccount, renderInstallation, renderOrganization } from './render/account.ts'
import { renderRepository } from './render/repository.ts'
import { fullName } from './render/urls.ts'
import { emit } from './webhooks/deliver.ts'
import { changed, nextId, type TokenGrant, type World } from './world.ts'

function renderListed(repository: Repository): JsonObject {
  const { id, nodeId: node, name } = repository
  return { id, node_id: node, name, full_name: fullName(repository), private: repository.private }
}

function notifyInstallation(
  world: World,
  installation: Installation,
  event: 'installation' | 'installation_repositories',
  action: string,
  fields: JsonObject,
): void {
  const { account } = installation
  const organization = account.type === 'Organization' ? { organization: renderOrganization(world, account) } : {}
  emit(world, {
    event,
    action,
    installationId: installation.id,
    repositoryId: null,
    payload: {
      action,
      installation: renderInstallation(world, installation),
      ...fields,
      requester: null,
      ...organization,
      sender: renderAccount(world, account),
    },
  })
}

function repositoriesChanged(world: World, installation: Installation, verb: 'added' | 'removed', one: Repository) {
  notifyInstallation(world, installation, 'installation_repositories', verb, {
    repository_selection: 'selected',
    repositories_added: verb === 'added' ? [renderListed(one)] : [],
    repositories_removed: verb === 'removed' ? [renderListed(one)] : [],
  })
}

export function addToInstallation(world: World, repository: Repository): Installation {
  const known = [...world.installations.values()].find((one) => one.account === repository.owner)
  if (known !== undefined) {
    known.repositoryIds.add(repository.id)
    repositoriesChanged(world, known, 'added', repository)
    return known
  }
  const id = nextId(world, 'installation')
  const made: Installation = {
    id,
    nodeId: nodeId('installation', id),
    account: repository.owner,
    repositoryIds: new Set([repository.id]),
    permissions: world.options.app?.permissions ?? DEFAULT_PERMISSIONS,
    createdAt: world.now(),
    updatedAt: world.now(),
    suspendedAt: null,
  }
  world.installations.set(id, made)
  notifyInstallation(world, made, 'installation', 'created', { repositories: [renderListed(repository)] })
  return made
}

export function removeFromInstallation(world: World, repository: Repository): void {
  for (const installation of world.installations.values()) {
    if (!installation.repositoryIds.delete(repository.id)) continue
    repositoriesChanged(world, installation, 'removed', repository)
  }
}

export function requireInstallation(world: World, owner: string): Installation {
  const found = [...world.installations.values()].find((one) => one.account.login === owner)
  if (found === undefined) throw notFound()
  return found
}

export function suspendInstallation(world: World, owner: string, suspended: boolean): void {
  const installation = requireInstallation(world, owner)
  installation.suspendedAt = suspended ? world.now() : null
  installation.updatedAt = world.now()
  notifyInstallation(world, installation, 'installation', suspended ? 'suspend' : 'unsuspend', {})
  changed(world)
}

export function deleteInstallation(world: World, owner: string): void {
  const installation = requireInstallation(world, owner)
  const repositories = repositoriesOf(world, installation).map(renderListed)
  world.installations.delete(installation.id)
  for (const [token, grant] of world.tokens) if (grant.installation === installation) world.tokens.delete(token)
  notifyInstallation(world, installation, 'installation', 'deleted', { repositories })
  changed(world)
}

function narrowPermissions(granted: Permissions, asked: Json | undefined): Permissions {
  if (asked === undefined || asked === null) return granted
  const wanted = asked as Permissions
  for (const [name, level] of Object.entries(wanted)) {
    if (!includesLevel(granted[name], level)) {
      throw new Problem(422, 'The permissions requested are not granted to this installation.')
    }
  }
  return { metadata: 'read', ...wanted }
}

function narrowRepositories(world: World, installation: Installation, body: JsonObject): Set<number> | null {
  const { repositories: names, repository_ids: ids } = body
  if (!Array.isArray(names) && !Array.isArray(ids)) return null
  const all = repositoriesOf(world, installation)
  const chosen = new Set<number>()
  for (const wanted of [...(Array.isArray(names) ? names : []), ...(Array.isArray(ids) ? ids : [])]) {
    const found = all.find((one) => one.id === wanted || one.name === wanted)
    if (found === undefined) {
      const what =
        'There is at least one repository that does not exist or is not accessible to the parent installation.'
      throw new Problem(422, what)
    }
    chosen.add(found.id)
  }
  return chosen
}

const HOUR_MS = 3_600_000

/** Mints a token, for less than the installation may do if the request says so. */
export function mintToken(world: World, installation: Installation, body: JsonObject): JsonObject {
  if (installation.suspendedAt !== null) throw new Problem(403, 'This installation has been suspended')
  const grant: TokenGrant = {
    installation,
    permissions: narrowPermissions(installation.permissions, body.permissions),
    repositoryIds: narrowRepositories(world, installation, body),
    expiresAt: new Date(world.now().getTime() + HOUR_MS),
  }
  const token = `ghs_${randomBytes(27).toString('base64url')}`
  world.tokens.set(token, grant)
  const chosen = repositoriesOf(world, installation).filter((one) => grant.repositoryIds?.has(one.id))
  return {
    token,
    expires_at: isoTime(grant.expiresAt),
    permissions: grant.permissions,
    repository_selection: 'selected',
    ...(grant.repositoryIds === null ? {} : { repositories: chosen.map((one) => renderRepository(world, one)) }),
  }
}
