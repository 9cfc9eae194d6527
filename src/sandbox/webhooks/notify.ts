import { installationOf } from '../installation-access.ts'
import type { JsonObject } from '../json.ts'
import type { Account, Repository } from '../model.ts'
import { renderAccount, renderOrganization } from '../render/account.ts'
import { renderRepository } from '../render/repository.ts'
import type { World } from '../world.ts'
import { emit, isWanted } from './deliver.ts'

/** Tells the app, if it is installed on the repository and not suspended, what happened there. */
export function notify(
  world: World,
  repository: Repository,
  event: string,
  action: string | null,
  sender: Account,
  fields: JsonObject,
): void {
  if (!isWanted(world, event)) return
  const installation = installationOf(world, repository)
  if (installation === undefined || installation.suspendedAt !== null) return
  const { owner } = repository
  const organization = owner.type === 'Organization' ? { organization: renderOrganization(world, owner) } : {}
  emit(world, {
    event,
    action,
    installationId: installation.id,
    repositoryId: repository.id,
    payload: {
      ...(action === null ? {} : { action }),
      repository: renderRepository(world, repository),
      ...organization,
      sender: renderAccount(world, sender),
      installation: { id: installation.id, node_id: installation.nodeId },
      ...fields,
    },
  })
}
