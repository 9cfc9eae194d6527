/** What a person is to a repository, as GitHub words it beside whatever they wrote. */
import type { Account, Association, Issue, PullRequest, Repository } from './model.ts'
import type { World } from './world.ts'

function isInTeam(world: World, organization: string, login: string): boolean {
  const wanted = organization.toLowerCase()
  return [...world.teams.values()].some(
    (team) => team.organization.toLowerCase() === wanted && team.members.get(login) === 'active',
  )
}

export function associationOf(world: World, repository: Repository, author: Account): Association {
  const login = author.login.toLowerCase()
  const told = repository.associations.get(login)
  if (told !== undefined) return told
  const { owner } = repository
  if (owner === author) return 'OWNER'
  if (owner.type === 'Organization' && isInTeam(world, owner.login, login)) return 'MEMBER'
  const level = repository.collaborators.get(login) ?? 'none'
  if (level !== 'none' && level !== 'read') return owner.type === 'Organization' ? 'MEMBER' : 'COLLABORATOR'
  return repository.contributors.has(author) ? 'CONTRIBUTOR' : 'NONE'
}

/** The same in an issue or pull request: who opens their first pull request is called so in it. */
export function associationIn(
  world: World,
  repository: Repository,
  conversation: Issue | PullRequest,
  author: Account,
): Association {
  const association = associationOf(world, repository, author)
  const isFirst = conversation.kind === 'pull_request' && conversation.author === author && author.type === 'User'
  return association === 'NONE' && isFirst ? 'FIRST_TIME_CONTRIBUTOR' : association
}
