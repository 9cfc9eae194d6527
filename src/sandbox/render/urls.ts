/** Where things are: the API under `/api/v3`, the pages beside it. */
import type { Account, Repository } from '../model.ts'
import type { World } from '../world.ts'

export function apiUrl(world: World, path = ''): string {
  return `${world.origin}/api/v3${path}`
}

export function webUrl(world: World, path = ''): string {
  return `${world.origin}${path}`
}

export function fullName(repository: Repository): string {
  return `${repository.owner.login}/${repository.name}`
}

export function repoApi(world: World, repository: Repository, path = ''): string {
  return apiUrl(world, `/repos/${fullName(repository)}${path}`)
}

export function repoWeb(world: World, repository: Repository, path = ''): string {
  return webUrl(world, `/${fullName(repository)}${path}`)
}

/** A path inside a URL: each segment escaped, the slashes kept. */
export function escapePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

export function userApi(world: World, account: Account, path = ''): string {
  return apiUrl(world, `/users/${encodeURIComponent(account.login)}${path}`)
}
