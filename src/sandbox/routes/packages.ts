/** The packages API, for containers: of organisations, of users, and of whoever asks. GitHub keeps apps out of it. */
import type { Caller } from '../auth.ts'
import { paginate } from '../http/paging.ts'
import { Problem } from '../http/problem.ts'
import { type Call, idParam, param, type Reply, type Route, route } from '../http/router.ts'
import type { Account } from '../model.ts'
import { hasScope, reachesRole, roleOf, workflowOf } from '../package-access.ts'
import type { ContainerPackage, PackageRole, PackageVersion } from '../package-model.ts'
import {
  deletePackage,
  deleteVersion,
  findDeletedPackage,
  findPackage,
  listVersions,
  packageNotFound,
  restorePackage,
  restoreVersion,
} from '../packages.ts'
import { renderPackage, renderPackageVersion } from '../render/package.ts'

const TYPES = ['npm', 'maven', 'rubygems', 'docker', 'nuget', 'container']

interface Need {
  readonly scope: 'read:packages' | 'write:packages' | 'delete:packages'
  readonly role: PackageRole
  /** As in «to … .» */
  readonly doing: string
}

function read(doing: string): Need {
  return { scope: 'read:packages', role: 'read', doing }
}

function remove(doing: string): Need {
  return { scope: 'delete:packages', role: 'admin', doing }
}

function restore(doing: string): Need {
  return { scope: 'write:packages', role: 'admin', doing }
}

function requireScope(caller: Caller, { scope, doing }: Need): void {
  if (caller.kind === 'anonymous') throw new Problem(401, 'Requires authentication')
  const isApp = caller.kind === 'app' || (caller.kind === 'installation' && workflowOf(caller) === null)
  if (isApp) throw new Problem(403, 'Resource not accessible by integration')
  for (const wanted of ['read:packages', scope] as const) {
    if (!hasScope(caller, wanted)) throw new Problem(403, `You need at least ${wanted} scope to ${doing}.`)
  }
}

function requireRole(caller: Caller, one: ContainerPackage, { role }: Need): void {
  const has = roleOf(caller, one)
  if (has === 'none') throw packageNotFound()
  if (reachesRole(has, role)) return
  const message =
    caller.kind === 'personal' ? 'Must have admin rights to Package.' : 'Resource not accessible by integration'
  throw new Problem(403, message)
}

type FindOwner = (call: Call) => Account

function named(call: Call, parameter: 'org' | 'username'): Account {
  const found = call.world.accounts.get(param(call, parameter).toLowerCase())
  const isOrganization = found?.type === 'Organization'
  if (found === undefined || isOrganization !== (parameter === 'org')) throw new Problem(404, 'Not Found')
  return found
}

/** Whoever asks; a workflow is nobody. */
export function requirePerson({ caller }: Call): Account {
  if (caller.kind === 'anonymous') throw new Problem(401, 'Requires authentication')
  if (caller.kind !== 'personal') throw new Problem(403, 'Resource not accessible by integration')
  return caller.token.person
}

const PLACES: readonly (readonly [string, FindOwner])[] = [
  ['/orgs/{org}', (call) => named(call, 'org')],
  ['/users/{username}', (call) => named(call, 'username')],
  ['/user', requirePerson],
]

function pathIn(call: Call, owner: FindOwner): string {
  if (param(call, 'package_type') !== 'container') throw packageNotFound()
  return `${owner(call).login}/${param(call, 'package_name')}`
}

function access(call: Call, owner: FindOwner, need: Need): ContainerPackage {
  requireScope(call.caller, need)
  const found = findPackage(call.world, pathIn(call, owner))
  if (found === undefined) throw packageNotFound()
  requireRole(call.caller, found, need)
  return found
}

function versionIn(call: Call, one: ContainerPackage, isDeleted: boolean): PackageVersion {
  const found = one.versions.get(idParam(call, 'package_version_id'))
  if (found === undefined || (found.deletedAt !== null) !== isDeleted) throw packageNotFound()
  return found
}

function listPackages(call: Call, owner: FindOwner): Reply {
  const need = read('list packages')
  requireScope(call.caller, need)
  const type = call.query.get('package_type')
  if (type === null || !TYPES.includes(type)) throw new Problem(400, 'Package type is missing or not supported.')
  const account = owner(call)
  const visibility = call.query.get('visibility')
  const found = [...call.world.packageHost.packages.values()].filter(
    (one) =>
      type === 'container' &&
      one.owner === account &&
      one.deletedAt === null &&
      (visibility === null || one.visibility === visibility) &&
      roleOf(call.caller, one) !== 'none',
  )
  const page = paginate(call, found)
  return { status: 200, headers: page.headers, body: page.items.map((one) => renderPackage(call.world, one)) }
}

function listAll(call: Call, owner: FindOwner): Reply {
  const one = access(call, owner, read("get a package's versions"))
  const state = call.query.get('state') === 'deleted' ? 'deleted' : 'active'
  if (state === 'deleted') requireRole(call.caller, one, { ...read(''), role: 'admin' })
  const page = paginate(call, listVersions(call.world, one, state))
  const body = page.items.map((version) => renderPackageVersion(call.world, one, version))
  return { status: 200, headers: page.headers, body }
}

const DONE: Reply = { status: 204 }

function versionRoutes(all: string, owner: FindOwner): Route[] {
  const single = `${all}/{package_version_id}`
  return [
    route('GET', all, (call) => listAll(call, owner)),
    route('GET', single, (call) => {
      const one = access(call, owner, read('get a package version'))
      return { status: 200, body: renderPackageVersion(call.world, one, versionIn(call, one, false)) }
    }),
    route('DELETE', single, (call) => {
      const one = access(call, owner, remove('delete a package version'))
      deleteVersion(call.world, one, versionIn(call, one, false))
      return DONE
    }),
    route('POST', `${single}/restore`, (call) => {
      const one = access(call, owner, restore('restore a package version'))
      restoreVersion(call.world, one, versionIn(call, one, true))
      return DONE
    }),
  ]
}

function routesAt(place: string, owner: FindOwner): Route[] {
  const single = `${place}/packages/{package_type}/{package_name}`
  return [
    route('GET', `${place}/packages`, (call) => listPackages(call, owner)),
    route('GET', single, (call) => {
      return { status: 200, body: renderPackage(call.world, access(call, owner, read('get a package'))) }
    }),
    route('DELETE', single, (call) => {
      deletePackage(call.world, access(call, owner, remove('delete a package')))
      return DONE
    }),
    route('POST', `${single}/restore`, (call) => {
      const need = restore('restore a package')
      requireScope(call.caller, need)
      const found = findDeletedPackage(call.world, pathIn(call, owner))
      if (found === undefined) throw packageNotFound()
      requireRole(call.caller, found, need)
      restorePackage(call.world, found)
      return DONE
    }),
    ...versionRoutes(`${single}/versions`, owner),
  ]
}

export const packageRoutes: readonly Route[] = PLACES.flatMap(([place, owner]) => routesAt(place, owner))
