/** Users and organisations as such, and who asks. */
import { notFound } from '../http/problem.ts'
import { param, type Route, route } from '../http/router.ts'
import { isoTime, type JsonObject } from '../json.ts'
import type { Account } from '../model.ts'
import { renderAccount } from '../render/account.ts'
import type { World } from '../world.ts'
import { requirePerson } from './packages.ts'

/** GitHub's `public-user`. */
function renderUser(world: World, account: Account): JsonObject {
  const repositories = [...world.repositories.values()].filter((one) => one.owner === account && !one.private)
  const since = isoTime(world.app.createdAt)
  return {
    ...renderAccount(world, account),
    name: null,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: repositories.length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: since,
    updated_at: since,
  }
}

export const accountRoutes: readonly Route[] = [
  route('GET', '/users/{username}', (call) => {
    const found = call.world.accounts.get(param(call, 'username').toLowerCase())
    if (found === undefined || found.deleted) throw notFound()
    return { status: 200, body: renderUser(call.world, found) }
  }),
  route('GET', '/user', (call) => ({ status: 200, body: renderUser(call.world, requirePerson(call)) })),
]
