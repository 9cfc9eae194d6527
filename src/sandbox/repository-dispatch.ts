import type { JsonObject } from './json.ts'
import type { Account, Repository } from './model.ts'
import { notify } from './webhooks/notify.ts'
import type { World } from './world.ts'

/** An event that somebody asks for: `repository_dispatch`. */
export function dispatchRepository(
  world: World,
  repository: Repository,
  type: string,
  payload: JsonObject,
  sender: Account,
): void {
  const fields = { branch: repository.defaultBranch, client_payload: payload }
  notify(world, repository, 'repository_dispatch', type, sender, fields)
}
