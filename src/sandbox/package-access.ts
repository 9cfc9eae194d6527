/**
 * Who may do what with a package: people by their role and the scopes of their token, workflows by the link between the
 * package and their repository. Apps may not do anything that everybody may not.
 */
import type { Caller } from './auth.ts'
import { OLD_LEVELS, type Repository } from './model.ts'
import {
  type ContainerPackage,
  PACKAGE_ROLES,
  type PackageRole,
  type PersonalToken,
  type RegistryToken,
} from './package-model.ts'
import { findPackage, splitPath } from './packages.ts'
import { fullName } from './render/urls.ts'
import type { World } from './world.ts'

export function reachesRole(role: PackageRole, wanted: PackageRole): boolean {
  return PACKAGE_ROLES.indexOf(role) >= PACKAGE_ROLES.indexOf(wanted)
}

function highest(...roles: readonly PackageRole[]): PackageRole {
  return roles.reduce((best, role) => (reachesRole(role, best) ? role : best), 'none')
}

/** The repository whose workflow asks; null: somebody else does. */
export function workflowOf(caller: Caller): Repository | null {
  return caller.kind === 'installation' ? (caller.grant.workflow ?? null) : null
}

function owns(token: PersonalToken, owner: string): boolean {
  const { login } = token.person
  return login.toLowerCase() === owner.toLowerCase() || token.organizations.has(owner.toLowerCase())
}

function roleOfPerson(one: ContainerPackage, token: PersonalToken): PackageRole {
  if (owns(token, one.owner.login)) return 'admin'
  const login = token.person.login.toLowerCase()
  const level = one.repository?.collaborators.get(login) ?? 'none'
  return highest(one.roles.get(login) ?? 'none', OLD_LEVELS[level])
}

/** What the caller is to the package, whatever the token's scopes. */
export function roleOf(caller: Caller, one: ContainerPackage): PackageRole {
  const everybody = one.visibility === 'public' ? 'read' : 'none'
  if (caller.kind === 'personal') return highest(everybody, roleOfPerson(one, caller.token))
  const repository = workflowOf(caller)
  if (repository === null || caller.kind !== 'installation') return everybody
  const linked = one.repository === repository ? 'admin' : 'none'
  const role = highest(linked, one.roles.get(fullName(repository).toLowerCase()) ?? 'none')
  const { packages } = caller.grant.permissions
  if (packages === undefined) return everybody
  return highest(everybody, packages === 'read' && reachesRole(role, 'read') ? 'read' : role)
}

export function hasScope(caller: Caller, scope: 'read:packages' | 'write:packages' | 'delete:packages'): boolean {
  if (caller.kind !== 'personal') return true
  const { scopes } = caller.token
  return scopes.has(scope) || (scope === 'read:packages' && scopes.has('write:packages'))
}

/** Whether the caller may make a package under this owner by pushing to it. */
function mayCreate(world: World, caller: Caller, owner: string): boolean {
  const repository = workflowOf(caller)
  if (repository !== null && caller.kind === 'installation')
    return repository.owner.login.toLowerCase() === owner && caller.grant.permissions.packages === 'write'
  if (caller.kind !== 'personal' || !hasScope(caller, 'write:packages')) return false
  if (owns(caller.token, owner)) return true
  const login = caller.token.person.login.toLowerCase()
  return [...world.repositories.values()].some(
    (one) =>
      one.owner.login.toLowerCase() === owner &&
      reachesRole(OLD_LEVELS[one.collaborators.get(login) ?? 'none'], 'write'),
  )
}

export type RegistryAction = 'pull' | 'push' | 'delete'

/** What the registry lets the caller do. `delete` is never done there, whoever asks. */
export function mayInRegistry(world: World, caller: Caller, path: string, action: RegistryAction): boolean {
  const parts = splitPath(path)
  if (parts === null || !world.accounts.has(parts.owner)) return false
  const one = findPackage(world, path)
  if (action === 'pull') {
    if (one === undefined) return caller.kind === 'personal' || workflowOf(caller) !== null
    return (
      one.visibility === 'public' || (hasScope(caller, 'read:packages') && reachesRole(roleOf(caller, one), 'read'))
    )
  }
  if (one === undefined) return mayCreate(world, caller, parts.owner)
  return hasScope(caller, 'write:packages') && reachesRole(roleOf(caller, one), 'write')
}

export function isGranted(token: Pick<RegistryToken, 'granted'>, path: string, action: RegistryAction): boolean {
  return token.granted.has(`${path}:${action}`)
}
