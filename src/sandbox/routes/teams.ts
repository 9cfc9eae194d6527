/** Who is in a team of an organisation. */
import { requireGrant } from '../auth.ts'
import { notFound, Problem } from '../http/problem.ts'
import { param, type Route, route } from '../http/router.ts'
import { includesLevel } from '../installation-access.ts'
import { apiUrl } from '../render/urls.ts'

export const teamRoutes: readonly Route[] = [
  route('GET', '/orgs/{org}/teams/{team_slug}/memberships/{username}', (call) => {
    const { installation, permissions } = requireGrant(call.caller)
    const [org, slug, username] = [param(call, 'org'), param(call, 'team_slug'), param(call, 'username')]
    // Of another organisation nothing is told, not even that it exists.
    if (installation.account.login.toLowerCase() !== org.toLowerCase()) throw notFound()
    const mayRead = [permissions, installation.permissions].every((one) => includesLevel(one.members, 'read'))
    if (!mayRead) throw new Problem(403, 'Resource not accessible by integration')
    const state = call.world.teams.get(`${org}/${slug}`.toLowerCase())?.members.get(username.toLowerCase())
    if (state === undefined) throw notFound()
    const url = apiUrl(call.world, `/organizations/${installation.account.id}/team/${slug}/memberships/${username}`)
    return { status: 200, body: { url, role: 'member', state } }
  }),
]
