/** What people may do, and which teams they belong to. */
import type { GitHub, Permission } from '../../ports.ts'
import { orNull, readFailure, toFault } from './errors.ts'
import { inRepo, type Octokit } from './octokit.ts'

export function connectPeople(octokit: Octokit): Pick<GitHub, 'getPermission' | 'isTeamMember'> {
  const { rest } = octokit
  return {
    async getPermission(repo, login): Promise<Permission> {
      const request = rest.repos.getCollaboratorPermissionLevel({ ...inRepo(repo), username: login })
      const permission = (await orNull(request, `reading the permission of ${login}`))?.data.permission
      return permission === 'admin' || permission === 'write' || permission === 'read' ? permission : 'none'
    },
    async isTeamMember(team, login) {
      const [org, slug, ...others] = team.split('/')
      if (!org || !slug || others.length > 0) return false
      try {
        const query = { org, team_slug: slug, username: login }
        const { data } = await rest.teams.getMembershipForUserInOrg(query)
        return data.state === 'active'
      } catch (error) {
        const { status, retryAfterMs } = readFailure(error)
        // 404: no member, no such team, or one of an organisation that we do not see. 403: we may not read members.
        if (status === 404 || (status === 403 && retryAfterMs === null)) return false
        throw toFault(error, `reading whether ${login} belongs to ${team}`)
      }
    },
  }
}
