import type { AccessLevel, Installation, Repository } from './model.ts'
import type { World } from './world.ts'

/** The installation that may see a repository; undefined: the app is not installed there. */
export function installationOf(world: World, repository: Repository): Installation | undefined {
  return [...world.installations.values()].find((one) => one.repositoryIds.has(repository.id))
}

export function repositoriesOf(world: World, installation: Installation): Repository[] {
  return [...installation.repositoryIds].flatMap((id) => world.repositories.get(id) ?? [])
}

const LEVELS: readonly (AccessLevel | undefined)[] = [undefined, 'read', 'write', 'admin']

/** Whether one level includes another. */
export function includesLevel(granted: AccessLevel | undefined, wanted: AccessLevel): boolean {
  return LEVELS.indexOf(granted) >= LEVELS.indexOf(wanted)
}
