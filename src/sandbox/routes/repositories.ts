/** Repositories as such: what they are, who may do what, and events that are asked for. */
import { invalidField } from '../http/problem.ts'
import { param, type Route, repositoryRoute } from '../http/router.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { type CollaboratorLevel, OLD_LEVELS, type Repository } from '../model.ts'
import { renderAccount } from '../render/account.ts'
import { renderFullRepository } from '../render/repository.ts'
import { dispatchRepository } from '../repository-dispatch.ts'
import { account, botOf, type World } from '../world.ts'

/** GitHub answers with the old level in `permission` and the exact one in `role_name`. */
function renderPermission(world: World, repository: Repository, login: string): JsonObject {
  const known = repository.collaborators.get(login.toLowerCase())
  const level = known ?? (repository.private ? 'none' : 'read')
  const has = (...levels: CollaboratorLevel[]) => levels.includes(level)
  const permissions = {
    admin: has('admin'),
    maintain: has('admin', 'maintain'),
    push: has('admin', 'maintain', 'write'),
    triage: has('admin', 'maintain', 'write', 'triage'),
    pull: level !== 'none',
  }
  const user = { ...renderAccount(world, account(world, login)), role_name: level, permissions }
  return { permission: OLD_LEVELS[level], role_name: level, user }
}

export const repositoryRoutes: readonly Route[] = [
  repositoryRoute('GET', '', { metadata: 'read' }, ({ world }, repository) => {
    return { status: 200, body: renderFullRepository(world, repository) }
  }),
  repositoryRoute('GET', '/collaborators/{username}/permission', { metadata: 'read' }, (call, repository) => {
    return { status: 200, body: renderPermission(call.world, repository, param(call, 'username')) }
  }),
  repositoryRoute('POST', '/dispatches', { contents: 'write' }, ({ world, body }, repository) => {
    const type = body.event_type
    if (typeof type !== 'string' || type === '' || type.length > 100) {
      throw invalidField('RepositoryDispatch', 'event_type', 'event_type is invalid')
    }
    const payload = body.client_payload
    dispatchRepository(world, repository, type, isJsonObject(payload) ? payload : {}, botOf(world, world.app))
    return { status: 204 }
  }),
]
